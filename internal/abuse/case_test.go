package abuse

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"terminvergabe/internal/store"
)

// Section is a letter of the catalogue, with an installation per engine.
type Section struct {
	t      *testing.T
	mu     sync.Mutex
	houses map[string]*house
	ledger map[string]*ledger
}

// Open opens a section. Its installations start with the first case that needs them.
func Open(t *testing.T) *Section {
	return &Section{t: t, houses: map[string]*house{}, ledger: map[string]*ledger{}}
}

// settle checks at the end of an installation that every letter that was due has left
// and no other, and that `verify` finds nothing broken.
func settle(t *testing.T, h *house, l *ledger) {
	t.Helper()
	h.t = t
	c := &C{T: t, house: h, ledger: l}
	h.clock((h.lag - suite.lag + 5*time.Second).String()) // letters wait two seconds for what else happens
	h.quiet(c)
	l.compare(t, h)
	h.must("", "verify")
}

// Case runs a case on each engine. Both at once: they share nothing.
func (s *Section) Case(id, what string, f func(*C)) {
	s.t.Helper()
	s.t.Run(id, func(t *testing.T) {
		for _, engine := range engines() {
			t.Run(engine, func(t *testing.T) {
				t.Parallel()
				c := &C{T: t, ID: id, section: s}
				result := "FAILED"
				t.Cleanup(func() {
					if t.Skipped() {
						result = "skipped"
					} else if !t.Failed() {
						result = "passed"
					}
					suite.note(id, what, engine, result, c.how)
				})
				h, l := s.house(t, engine)
				c.ledger = l
				c.enter(h)
				f(c)
				c.finish()
				if len(c.how) == 0 {
					t.Error("the case proves neither a refusal (Refused) nor says what became of the attack (Harmless)")
				}
			})
		}
	})
}

// house is the section's installation on an engine, which starts now where none runs yet.
func (s *Section) house(t *testing.T, engine string) (*house, *ledger) {
	t.Helper()
	m := suite.mould(t, engine)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.houses[engine] == nil {
		h, l := open(s.t, m, Setting{}), newLedger()
		s.houses[engine], s.ledger[engine] = h, l
		s.t.Cleanup(func() {
			if !s.t.Failed() {
				settle(s.t, h, l)
			}
		})
	}
	h := s.houses[engine]
	h.t = t
	return h, s.ledger[engine]
}

// C is a case while it runs on one engine. As a Client it is a visitor without cookies.
type C struct {
	*testing.T
	*Client
	ID      string
	section *Section
	house   *house
	ledger  *ledger
	how     []string
	mu      sync.Mutex
	may     []*Visitor
	status  []int // of 5xx that are allowed
	answers []heard
	own     bool
	parent  *C
	leapt   bool // the clock was set, and jobs may not have done what is due since
}

// heard is an answer and who got it.
type heard struct {
	by *Client
	a  *Answer
}

func (c *C) enter(h *house) {
	c.house = h
	c.Client = c.From(c.address())
}

// Engine is the engine that the case runs on.
func (c *C) Engine() string { return c.house.engine }

// X is a visit in k1 (o1), Y one in k2 (o2), Z one of the other town in z1.
func (c *C) X() *Booking { return c.house.x }

// Y is a visit of the other department.
func (c *C) Y() *Booking { return c.house.y }

// Z is a visit of the other town.
func (c *C) Z() *Booking { return c.house.z }

// Person is an account of the fixture, with its password.
func (c *C) Person(who string) *account {
	c.Helper()
	a := c.house.people[who]
	if a == nil {
		c.Fatalf("the fixture has nobody named %q", who)
	}
	return a
}

// address is a network address that nobody else has.
func (c *C) address() string {
	c.house.mu.Lock()
	defer c.house.mu.Unlock()
	c.house.clients++
	return fmt.Sprintf("198.18.%d.%d", c.house.clients/250, c.house.clients%250+1)
}

// From is a visitor with a network address; "" is that of the trusted web server itself.
func (c *C) From(address string) *Client {
	return &Client{c: c, target: c.house.address, from: address, cookies: map[string]string{}, headers: map[string]string{}}
}

// Stranger is a visitor with a network address of their own.
func (c *C) Stranger() *Client { return c.From(c.address()) }

// Direct is somebody who comes past the web server: what they say of addresses does not count.
func (c *C) Direct() *Client {
	x := c.From("")
	x.source = "127.0.0.2"
	return x
}

// As is signed-in staff of the fixture. The session is shared by the section's cases.
func (c *C) As(who string) *Client {
	c.Helper()
	c.house.mu.Lock()
	secret := c.house.sessions[who]
	c.house.mu.Unlock()
	x := c.Stranger()
	if x.who = c.Person(who); secret == "" {
		x = c.SignIn(who)
		c.house.mu.Lock()
		c.house.sessions[who] = x.cookies["staff"]
		c.house.mu.Unlock()
	}
	if secret != "" {
		x.cookies["staff"] = secret
	}
	return x
}

// SignIn is staff of the fixture in a session of this case's own.
func (c *C) SignIn(who string) *Client {
	c.Helper()
	x, a := c.Stranger(), c.Person(who)
	x.who = a
	answer := x.Form("/staff/sign-in", url.Values{"tenant": {a.tenant}, "email": {a.email}, "password": {a.password}})
	if answer.Status != http.StatusSeeOther || x.cookies["staff"] == "" {
		c.Fatalf("%s cannot sign in: %s", who, answer)
	}
	c.house.mu.Lock()
	c.house.secrets = append(c.house.secrets, x.cookies["staff"])
	c.house.mu.Unlock()
	return x
}

// Token is a program with an API token of the fixture.
func (c *C) Token(who string) *Client {
	c.Helper()
	x := c.Stranger()
	x.who = c.Person(who)
	if x.token = c.house.tokens[who]; x.token == "" {
		c.Fatalf("the fixture has no token %q", who)
	}
	return x
}

// Feed is the path of a feed of the fixture.
func (c *C) Feed(name string) string {
	c.Helper()
	if c.house.feeds[name] == "" {
		c.Fatalf("the fixture has no feed %q", name)
	}
	return c.house.feeds[name]
}

// Trap is the address inside our own network that nobody may contact.
func (c *C) Trap() string { return c.house.trap.address }

// MayShow allows answers to anybody in this case to show a visitor.
func (c *C) MayShow(list ...*Visitor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.may = append(c.may, list...)
}

// MayAnswer allows a status of 500 and above.
func (c *C) MayAnswer(status int) { c.status = append(c.status, status) }

// Visitor invents somebody whose values may show nowhere but where they booked.
func (c *C) Visitor() *Visitor {
	v := NewVisitor()
	c.watch(v)
	return v
}

func (c *C) watch(v *Visitor) {
	c.house.mu.Lock()
	defer c.house.mu.Unlock()
	if !slices.Contains(c.house.visitors, v) {
		c.house.visitors = append(c.house.visitors, v)
	}
}

// At is a wall-clock time in Berlin, days after the fixture's Monday.
func At(days int, clock string) time.Time {
	t, err := time.ParseInLocation("15:04", clock, berlin())
	if err != nil {
		panic(err)
	}
	return time.Date(2027, 3, 1+days, t.Hour(), t.Minute(), 0, 0, berlin())
}

// Slot is a start in a calendar that no other case has: an hour of its own, from the
// fixture's Thursday on.
func (c *C) Slot(calendar string) time.Time {
	c.house.mu.Lock()
	defer c.house.mu.Unlock()
	n := c.house.slots[calendar]
	c.house.slots[calendar]++
	return At(3+n/10, fmt.Sprintf("%02d:00", 8+n%10))
}

// Booking is a visit that was booked.
type Booking struct {
	Tenant, Calendar, Service string
	ID, Reference, Status     string
	Start                     time.Time
	Secret                    string // of the manage link
	Manage, API               string // paths
	Visitor                   *Visitor
}

// Order is the body with which a program books.
func Order(v *Visitor, calendar string, start time.Time, service string) map[string]any {
	return map[string]any{"services": []map[string]any{{"id": service}}, "calendar": calendar, "start": start.Format(time.RFC3339),
		"name": v.Name, "email": v.Email, "phone": v.Phone, "note": v.Note, "language": "de"}
}

// Book books a visit of somebody new at a start of its own. One letter is expected.
func (c *C) Book(calendar, service string) *Booking {
	c.Helper()
	return c.BookAs(c.Visitor(), calendar, c.Slot(calendar), service)
}

// BookAs books a visit of somebody.
func (c *C) BookAs(v *Visitor, calendar string, start time.Time, service string) *Booking {
	c.Helper()
	a := c.Stranger().MayShow(v).JSON("POST", "/api/v1/"+tenantOf(calendar)+"/bookings", Order(v, calendar, start, service))
	if a.Status != http.StatusCreated {
		c.Fatalf("book %s at %s: %s", calendar, start, a)
	}
	return c.Booked(v, calendar, service, a)
}

// Booked reads the answer to an order. One letter is expected.
func (c *C) Booked(v *Visitor, calendar, service string, a *Answer) *Booking {
	c.Helper()
	var r struct {
		ID, Reference, Status, ManageURL string
		Start                            time.Time
	}
	a.Decode(c, &r)
	tenant := tenantOf(calendar)
	b := &Booking{Tenant: tenant, Calendar: calendar, Service: service, ID: r.ID, Reference: r.Reference, Status: r.Status, Start: r.Start, Secret: path.Base(r.ManageURL), Visitor: v}
	b.Manage, b.API = "/"+tenant+"/m/"+b.Secret, "/api/v1/"+tenant+"/bookings/"+b.Secret
	v.Tenant, v.Department = tenant, departments()[calendar]
	c.watch(v)
	c.house.mu.Lock()
	c.house.secrets = append(c.house.secrets, b.Secret)
	c.house.mu.Unlock()
	c.Expect(v.Email, 1)
	return b
}

func tenantOf(calendar string) string {
	if calendar == "z1" {
		return "t2"
	}
	return "t1"
}

// Refused proves that a request is refused with a status, and that it has changed nothing.
func (c *C) Refused(status int, f func() *Answer) *Answer {
	c.Helper()
	before := c.atRest()
	a := f()
	if a == nil {
		c.Errorf("no answer, want %d", status)
		return &Answer{}
	}
	if a.Status != status {
		c.Errorf("%s: want %d", a, status)
	}
	for table, rows := range c.Digest() {
		if rows != before[table] {
			c.Errorf("%s %s: refused, and yet the table %s is other than before", a.Method, a.Path, table)
		}
	}
	c.says(strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.Code())))
	return a
}

// atRest is the digest when nothing goes on that a leap of the clock made due.
func (c *C) atRest() map[string]string {
	c.Helper()
	if c.leapt {
		c.rest()
	}
	return c.Digest()
}

// Unchanged proves that something changes nothing, but for some tables.
func (c *C) Unchanged(f func(), but ...string) {
	c.Helper()
	before := c.atRest()
	f()
	for table, rows := range c.Digest() {
		if rows != before[table] && !slices.Contains(but, table) {
			c.Errorf("the table %s is other than before", table)
		}
	}
}

// Harmless says what became of an attack that is no refusal; for the table.
func (c *C) Harmless(how string) { c.says(how) }

func (c *C) says(how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c := c; c != nil; c = c.parent {
		if !slices.Contains(c.how, how) {
			c.how = append(c.how, how)
		}
	}
}

// Race has n requests sent at the same moment, each from a stranger of its own.
func (c *C) Race(n int, f func(i int, x *Client) *Answer) []*Answer {
	c.Helper()
	answers, gate := make([]*Answer, n), make(chan struct{})
	clients := make([]*Client, n)
	for i := range n {
		clients[i] = c.Stranger()
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-gate
			answers[i] = f(i, clients[i])
		})
	}
	close(gate)
	wg.Wait()
	return answers
}

// Count is how many answers there are of each status.
func Count(answers []*Answer) map[int]int {
	n := map[int]int{}
	for _, a := range answers {
		n[a.Status]++
	}
	return n
}

// Same proves that two answers cannot be told apart, but for the address that was asked,
// the time, and what else is named.
func (c *C) Same(a, b *Answer, but ...string) {
	c.Helper()
	if x, y := a.plain(but), b.plain(but); x != y {
		c.Errorf("the answers can be told apart:\n%s %s\n%s\n--- and ---\n%s %s\n%s", a.Method, a.Path, difference(x, y), b.Method, b.Path, difference(y, x))
	}
}

// plain is an answer without what may differ.
func (a *Answer) plain(but []string) string {
	var b strings.Builder
	fmt.Fprintln(&b, a.Status)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range a.Header {
			if !yield(k) {
				return
			}
		}
	}) {
		if name != "Date" && name != "Content-Length" && name != "X-Request-Id" {
			fmt.Fprintln(&b, name, a.Header[name])
		}
	}
	b.WriteString(a.Body)
	text := b.String()
	asked, _, _ := strings.Cut(a.Path, "?")
	for _, part := range append([]string{a.Path, url.QueryEscape(a.Path), asked, path.Base(asked)}, but...) {
		if len(part) > 3 {
			text = strings.ReplaceAll(text, part, "*")
		}
	}
	return text
}

// difference is where a text begins to be other than another one.
func difference(x, y string) string {
	i := 0
	for i < min(len(x), len(y)) && x[i] == y[i] {
		i++
	}
	return "..." + x[max(0, i-60):min(len(x), i+160)]
}

// moves are the tables and columns that change without anybody having asked for it; they
// are no part of a digest. "*" is the whole table.
func moves() map[string]string {
	return map[string]string{
		"outbox":      "state lease attempts reason done due deferred", // letters of before leave; a new letter is a new row
		"delivery":    "*",                                             // what became of letters
		"session":     "used",                                          // noted every few minutes
		"feed":        "used tag changed",                              // as it is read
		"figure":      "*",                                             // what is searched for and offered, counted by jobs
		"waiting":     "*",                                             // sampled by a job
		"day":         "version",                                       // a lock, raised by whoever takes it
		"key_holder":  "*",                                             // processes say that they live
		"viewing":     "*",                                             // who of the staff looked, which every page of theirs notes
		"sign_in_try": "*",                                             // wrong passwords are counted
	}
}

// Digest is a hash of every table.
func (c *C) Digest() map[string]string {
	c.Helper()
	list := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if c.Engine() == postgres {
		list = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	digest := map[string]string{}
	for _, row := range c.Query(list) {
		table := row[0]
		omit := moves()[table]
		if omit == "*" {
			continue
		}
		columns := "*"
		if omit != "" {
			columns = strings.Join(c.columns(table, strings.Fields(omit)), ", ")
		}
		var lines []string
		for _, r := range c.Query("SELECT " + columns + " FROM " + table) {
			lines = append(lines, strings.Join(r, "|"))
		}
		slices.Sort(lines)
		digest[table] = fmt.Sprintf("%d %x", len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))
	}
	return digest
}

// columns are those of a table, but for some.
func (c *C) columns(table string, omit []string) (list []string) {
	c.Helper()
	query := "SELECT name FROM pragma_table_info('" + table + "')"
	if c.Engine() == postgres {
		query = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '" + table + "'"
	}
	for _, r := range c.Query(query) {
		if !slices.Contains(omit, r[0]) {
			list = append(list, r[0])
		}
	}
	return list
}

// Query looks into the database: rows as text. Placeholders are $1, $2.
func (c *C) Query(query string, args ...any) [][]string {
	c.Helper()
	rows, err := c.house.rows(query, args...)
	if err != nil {
		c.Fatalf("%s: %v", query, err)
	}
	return rows
}

// Own starts an installation of the case's own, a copy of the fixture.
func (c *C) Own(s Setting) *C {
	c.Helper()
	own := &C{T: c.T, ID: c.ID, section: c.section, ledger: newLedger(), own: true, parent: c, status: c.status}
	own.enter(open(c.T, c.house.mould, s))
	c.Cleanup(func() {
		if !c.Failed() && own.house.db != nil {
			own.finish()
			if own.running() {
				settle(c.T, own.house, own.ledger)
			}
		}
	})
	return own
}

func (c *C) running() bool {
	c.house.mu.Lock()
	defer c.house.mu.Unlock()
	return len(c.house.services) > 0
}

// Clock sets the time of an own installation, as an offset from the fixture's start.
// Requests see it at once, jobs within two seconds.
func (c *C) Clock(offset string) {
	c.Helper()
	c.alone()
	c.house.clock(offset)
	c.leapt = true
}

// rest waits until jobs have seen a clock that was set far ahead, and have done what is
// due by then, such as forgetting visits: what a digest would take for a change.
func (c *C) rest() {
	c.Helper()
	c.alone()
	c.leapt = false
	time.Sleep(2200 * time.Millisecond) // jobs look at the clock every two seconds at the latest
	for before, again := c.Digest(), 0; again < 2; again++ {
		time.Sleep(300 * time.Millisecond)
		if now := c.Digest(); !maps.Equal(now, before) {
			before, again = now, 0
		}
	}
}

func (c *C) alone() {
	c.Helper()
	if !c.own {
		c.Fatal("the section's installation belongs to all its cases; take c.Own")
	}
}

// Stop ends the service as an administrator does, Kill as a power cut.
func (c *C) Stop() { c.Helper(); c.ends(syscall.SIGTERM) }

// Kill ends the service without notice.
func (c *C) Kill() { c.Helper(); c.ends(syscall.SIGKILL) }

func (c *C) ends(signal syscall.Signal) {
	c.Helper()
	c.alone()
	c.logs()
	for _, p := range c.house.services {
		c.house.stop(p, signal)
	}
	c.house.services = nil
	c.house.wires().CloseIdleConnections()
}

// Start starts the service again.
func (c *C) Start() {
	c.Helper()
	c.alone()
	c.house.start()
}

// Replica starts a second service on the same database and gives a stranger who asks it.
// SQLite has none.
func (c *C) Replica() *Client {
	c.Helper()
	c.alone()
	address := freeAddress(c.T)
	c.house.write("conf-"+address+".yaml", c.house.conf(address))
	c.house.launch("conf-"+address+".yaml", address)
	x := c.Stranger()
	x.target = address
	return x
}

// CLI runs a command of the program with the installation's configuration.
func (c *C) CLI(in, command string, args ...string) (out, said string, status int) {
	c.Helper()
	return c.house.cli(in, command, args...)
}

// Apply gives t1 another set-up: the text of a tenant file such as townFile, which gets the
// revision it needs.
func (c *C) Apply(town string, args ...string) (out string, status int) {
	c.Helper()
	c.alone()
	text, said, status := c.CLI("", "export", "t1")
	if status != 0 {
		c.Fatalf("export: %s", said)
	}
	revision, _, _ := strings.Cut(text[strings.Index(text, "revision:"):], "\n")
	c.Write("t1.yaml", revision+"\n"+town)
	out, said, status = c.CLI("", "apply", append([]string{"t1.yaml"}, args...)...)
	if status == 0 && c.Engine() == postgres {
		time.Sleep(store.Recheck) // the service may look at what it knew for so long
	}
	return out + said, status
}

// Starts are what is free for s1 from one day to another, in the order of time.
func (c *C) Starts(x *Client, calendar string, from, to time.Time) []time.Time {
	c.Helper()
	var found struct {
		Days []struct{ Slots []struct{ Start time.Time } }
	}
	a := x.Get(fmt.Sprintf("/api/v1/%s/availability?service=s1&calendar=%s&from=%s&to=%s", tenantOf(calendar), calendar, from.Format(time.DateOnly), to.Format(time.DateOnly)))
	if a.Status != http.StatusOK {
		c.Fatalf("%s", a)
	}
	a.Decode(c, &found)
	var list []time.Time
	for _, d := range found.Days {
		for _, s := range d.Slots {
			list = append(list, s.Start)
		}
	}
	return list
}

// Write writes a file into the installation's folder.
func (c *C) Write(name, text string) { c.Helper(); c.house.write(name, text) }

// File is the path of a file of the installation.
func (c *C) File(name string) string { return path.Join(c.house.folder, name) }

// Log is all that the service has written to its log.
func (c *C) Log() string {
	var b strings.Builder
	for _, p := range c.house.services {
		b.WriteString(p.log.all())
	}
	return b.String()
}

// leaks are words of the inside, which no answer tells.
var leaks = regexp.MustCompile(`goroutine \d+ \[|runtime error|panic:|SQLSTATE|sqlite3?_|modernc|\.go:\d+|/(tmp|root|home|var)/[a-z]|no such table|\bpgx\b`)
