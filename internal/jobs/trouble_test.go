package jobs_test

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// relay is a real mail server whose behaviour is a rule, asked at each step: hello, mail,
// rcpt, data (before the message is read), dot (when it is whole) and answer (when it is
// taken).
type relay struct {
	port  int
	clock *desktest.Clock

	mu    sync.Mutex
	rule  func(v *visit, step string) error
	taken []taken
	tries int            // letters that came as far as their recipient
	under map[string]int // letters on their way, by recipient domain, and all under ""
	most  map[string]int
}

// taken is a letter that the relay took.
type taken struct {
	letter
	at       time.Time
	answered bool
}

type visit struct {
	r        *relay
	conn     *gosmtp.Conn
	to       string
	unspoken bool // no answer follows
}

func relayAt(t *testing.T, c *desktest.Clock) *relay {
	t.Helper()
	r := &relay{clock: c, under: map[string]int{}, most: map[string]int{}}
	srv := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		v := &visit{r: r, conn: c}
		return v, v.ask("hello")
	}))
	srv.Domain, srv.ErrorLog = "mx.example.org", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.port = l.Addr().(*net.TCPAddr).Port
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return r
}

func (r *relay) behave(rule func(*visit, string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rule = rule
}

func (v *visit) ask(step string) error {
	v.r.mu.Lock()
	rule := v.r.rule
	v.r.mu.Unlock()
	if rule == nil {
		return nil
	}
	return rule(v, step)
}

func (v *visit) Mail(string, *gosmtp.MailOptions) error { return v.ask("mail") }

func (v *visit) count(n int) {
	for _, name := range []string{"", mail.DomainOf(v.to)} {
		v.r.under[name] += n
		v.r.most[name] = max(v.r.most[name], v.r.under[name])
	}
}

func (v *visit) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	v.r.mu.Lock()
	v.to = to
	v.r.tries++
	v.count(1)
	v.r.mu.Unlock()
	return v.ask("rcpt")
}

func (v *visit) Data(body io.Reader) error {
	if err := v.ask("data"); err != nil {
		return err
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err // it was cut off: no letter
	}
	if err := v.ask("dot"); err != nil {
		return err
	}
	v.r.mu.Lock()
	v.r.taken = append(v.r.taken, taken{letter{v.to, raw}, v.r.clock.Now(), true})
	last := len(v.r.taken) - 1
	v.r.mu.Unlock()
	err = v.ask("answer")
	if v.unspoken {
		v.r.mu.Lock()
		v.r.taken[last].answered = false
		v.r.mu.Unlock()
	}
	return err
}

func (v *visit) Reset() {
	v.r.mu.Lock()
	defer v.r.mu.Unlock()
	if v.to != "" {
		v.count(-1)
	}
	v.to = ""
}

func (v *visit) Logout() error {
	v.Reset()
	return nil
}

// cut ends the connection in the middle of a step.
func (v *visit) cut() error {
	v.unspoken = true
	v.conn.Conn().Close()
	return nil
}

// hang says nothing until the client has gone.
func (v *visit) hang() error {
	v.unspoken = true
	buffer := make([]byte, 1)
	for {
		if _, err := v.conn.Conn().Read(buffer); err != nil {
			return err
		}
	}
}

func (r *relay) transport(t *testing.T, timeout time.Duration, port int, tls string) mail.Transport {
	t.Helper()
	x, err := mail.NewSMTP(mail.SMTPSettings{Host: "127.0.0.1", Port: port, TLS: tls, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// says is a rule that answers a step with a code.
func says(step string, code int) func(*visit, string) error {
	return func(_ *visit, at string) error {
		if at == step {
			return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{code / 100, 7, 1}, Message: "not today"}
		}
		return nil
	}
}

// greylist turns away whom it sees for the first time, for five minutes, and for some
// hours a whole domain.
func greylist() func(*visit, string) error {
	first := map[string]time.Time{}
	var begun time.Time
	later := &gosmtp.SMTPError{Code: 450, EnhancedCode: gosmtp.EnhancedCode{4, 7, 1}, Message: "come again"}
	return func(v *visit, step string) error {
		if step != "rcpt" {
			return nil
		}
		v.r.mu.Lock()
		defer v.r.mu.Unlock()
		now := v.r.clock.Now()
		if begun.IsZero() {
			begun = now
		}
		if first[v.to].IsZero() {
			first[v.to] = now
		}
		if now.Sub(first[v.to]) < 5*time.Minute || strings.HasSuffix(v.to, "@d2.beispiel.example") && now.Sub(begun) < 3*time.Hour {
			return later
		}
		return nil
	}
}

// trouble is a way in which a mail server fails.
type trouble struct {
	name    string
	hours   int // that it lasts
	rule    func() func(*visit, string) error
	port    int           // where nobody listens; 0: the relay
	tls     string        // "": none
	timeout time.Duration // of each step; 0: enough
	refused bool          // for good: letters fail, each once
	takes   bool          // letters arrive all the same
}

func troubles() []trouble {
	at := func(step string, do func(*visit) error) func() func(*visit, string) error {
		return func() func(*visit, string) error {
			return func(v *visit, s string) error {
				if s == step {
					return do(v)
				}
				return nil
			}
		}
	}
	code := func(step string, code int) func() func(*visit, string) error {
		return func() func(*visit, string) error { return says(step, code) }
	}
	drip := func(*visit) error { time.Sleep(30 * time.Millisecond); return nil }
	half := func(v *visit) error { // some of the message is on its way
		v.conn.Conn().Close()
		return nil
	}
	return []trouble{
		{name: "down for a day", hours: 24, port: 1},
		{name: "down for three days", hours: 72, port: 1},
		{name: "slow", hours: 3, rule: at("dot", drip), takes: true},
		{name: "too slow at the recipient", hours: 2, rule: at("rcpt", (*visit).hang), timeout: 150 * time.Millisecond},
		{name: "too slow to answer the message", hours: 1, rule: at("answer", (*visit).hang), timeout: 120 * time.Millisecond, takes: true},
		{name: "greylisting", hours: 6, rule: greylist, takes: true},
		{name: "the recipient refused for good", hours: 3, rule: code("rcpt", 550), refused: true},
		{name: "the message refused for good", hours: 3, rule: code("dot", 554), refused: true},
		{name: "the sender refused for good", hours: 8, rule: code("mail", 550)},
		{name: "dies before the dot", hours: 12, rule: at("data", half)},
		{name: "dies after the dot", hours: 3, rule: at("answer", (*visit).cut), takes: true},
		{name: "offers no STARTTLS", hours: 12, tls: "starttls"},
		{name: "too many connections", hours: 12, rule: code("hello", 421)},
	}
}

// town is an office whose visitors book, move and cancel while its mail server fails.
type town struct {
	*testing.T
	desk   *booking.Desk
	clock  *desktest.Clock
	relay  *relay
	runner *jobs.Runner
	random *rand.Rand
	acts   int
	stays  map[string]*stand // by UID
	order  []string
}

// stand is how a visit stood, from act to act.
type stand struct {
	id, email string
	history   []moment
}

type moment struct {
	at    time.Time
	start time.Time // zero: off
}

func (x *stand) now() moment { return x.history[len(x.history)-1] }

func (x *stand) then(at time.Time) (m moment) {
	for _, h := range x.history {
		if !h.at.After(at) {
			m = h
		}
	}
	return m
}

func newTown(t *testing.T, d *booking.Desk, c *desktest.Clock, seed uint64) *town {
	change(t, d, func(s *agenda.Setup) {
		s.Calendars[0].SlotTemplates[0].Seats = agenda.Seats{Total: 50, Public: -1}
		s.Calendars[0].StaffMail = agenda.StaffMail{}
	}, desktest.Musterstadt())
	w := &town{T: t, desk: d, clock: c, relay: relayAt(t, c), random: rand.New(rand.NewPCG(6, seed)), stays: map[string]*stand{}}
	w.runner = runner(t, d, &server{port: 1})
	w.well()
	return w
}

func (w *town) well() {
	w.relay.behave(nil)
	w.runner.Transport = w.relay.transport(w.T, 10*time.Second, w.relay.port, "none")
}

func (w *town) fail(x trouble) {
	port, tls, timeout := w.relay.port, "none", 10*time.Second
	if x.port != 0 {
		port = x.port
	}
	if x.tls != "" {
		tls = x.tls
	}
	if x.timeout != 0 {
		timeout = x.timeout
	}
	w.runner.Transport = w.relay.transport(w.T, timeout, port, tls)
	if x.rule != nil {
		w.relay.behave(x.rule())
	}
}

// act books, moves or cancels for somebody; it must succeed, whatever the mail does.
func (w *town) act() {
	w.Helper()
	w.acts++
	now := w.clock.Now()
	days := []int{1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18}
	start := desktest.At(days[w.random.IntN(len(days))], "08:00").Add(time.Duration(w.random.IntN(23)) * 10 * time.Minute)
	if start.Sub(now) < 2*time.Hour {
		start = desktest.At(21, "09:00")
	}
	var open []*stand
	for _, uid := range w.order {
		if s := w.stays[uid]; s.now().start.Sub(now) > time.Hour {
			open = append(open, s)
		}
	}
	var err error
	switch n := w.random.IntN(10); {
	case n < 6 || len(open) == 0:
		email := fmt.Sprintf("v%d@d%d.beispiel.example", w.acts, w.random.IntN(4))
		r, failed := w.desk.BookNow(w.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: start,
			By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: email}, Language: "de"}, booking.Once{})
		if err = failed; err == nil {
			w.stays[r.Booking.UID] = &stand{r.Booking.ID, email, []moment{{now, start}}}
			w.order = append(w.order, r.Booking.UID)
		}
	case n < 8:
		s := open[w.random.IntN(len(open))]
		if _, err = w.desk.MoveFor(w.Context(), desktest.Clerk(), s.id, booking.Target{Start: start}); err == nil {
			s.history = append(s.history, moment{now, start})
		}
	default:
		s := open[w.random.IntN(len(open))]
		if _, err = w.desk.CancelFor(w.Context(), desktest.Clerk(), s.id); err == nil {
			s.history = append(s.history, moment{at: now})
		}
	}
	if err != nil {
		w.Fatalf("act %d at %v: %v", w.acts, now, err)
	}
}

// pass lets some time go by, in steps, with as many acts in it.
func (w *town) pass(during, step time.Duration, acts int) {
	w.Helper()
	n := int(during / step)
	for i := range n {
		for range acts*(i+1)/n - acts*i/n {
			w.act()
		}
		if err := w.desk.Remind(w.Context(), time.Time{}); err != nil {
			w.Fatal(err)
		}
		if err := w.runner.Deliver(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.clock.Advance(step)
	}
}

func (w *town) queued() (list []store.Posting) {
	err := w.desk.Store.View(w.Context(), func(tx *store.Tx) error {
		list = nil
		return tx.EachQueued("", func(p store.Posting) { list = append(list, p) })
	})
	if err != nil {
		w.Fatal(err)
	}
	return list
}

// check holds what arrived against what happened.
func (w *town) check(x trouble) {
	w.Helper()
	seen, last, steps := map[string]bool{}, map[string]read{}, map[string]int{}
	answered := map[string]bool{}
	for _, k := range w.relay.taken {
		l := parse(w.T, k.letter)
		if answered[l.id] {
			w.Errorf("%s came again after it had been taken and answered", l.subject)
		}
		seen[l.id], answered[l.id] = true, k.answered
		if l.calendar == nil {
			w.Fatalf("%s has no entry", l.subject)
		}
		e := l.calendar.Events[0]
		s := w.stays[e.UID]
		if s == nil {
			w.Fatalf("%s is about no visit", l.subject)
		}
		then := s.then(k.at)
		if e.Cancelled != then.start.IsZero() || !e.Cancelled && !e.Start.Equal(then.start) || l.to != s.email {
			w.Errorf("at %v %s to %s told of %v, it stood at %v", k.at, l.subject, l.to, e.Start, then.start)
		}
		if e.Sequence < steps[e.UID] || !k.at.Before(e.End) {
			w.Errorf("%s: stale: sequence %d after %d, at %v for a visit until %v", l.subject, e.Sequence, steps[e.UID], k.at, e.End)
		}
		steps[e.UID] = e.Sequence
		last[e.UID] = l
	}
	states := w.states()
	for _, uid := range w.order {
		s := w.stays[uid]
		l, ok := last[uid]
		switch told := ok && l.calendar.Events[0].Cancelled == s.now().start.IsZero() && (s.now().start.IsZero() || l.calendar.Events[0].Start.Equal(s.now().start)); {
		case told, x.refused && states[s.id]["failed"] > 0:
		case w.overBeforeWell(s):
		default:
			w.Errorf("visit %v to %s: its newest letter never came; got %v, %v", s.history, s.email, ok, states[s.id])
		}
	}
	w.account(states, len(seen), x)
}

// overBeforeWell reports whether a visit ended before its letter could arrive.
func (w *town) overBeforeWell(s *stand) bool {
	for _, h := range s.history {
		if !h.start.IsZero() && h.start.Add(10*time.Minute).After(w.clock.Now()) {
			return false
		}
	}
	return true
}

// states counts the letters about each visit by what became of them.
func (w *town) states() map[string]map[string]int {
	all := map[string]map[string]int{}
	for _, uid := range w.order {
		id := w.stays[uid].id
		all[id] = map[string]int{}
		err := w.desk.Store.View(w.Context(), func(tx *store.Tx) error {
			list, err := tx.Postings("musterstadt", id)
			for _, p := range list {
				all[id][p.State]++
				if p.State == "dropped" && strings.HasPrefix(p.Kind, booking.KindReminder) {
					all[id]["reminder"]++
				}
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
	}
	return all
}

// account holds the book and the counters against the relay.
func (w *town) account(states map[string]map[string]int, arrived int, x trouble) {
	w.Helper()
	sum := map[string]int{}
	for _, s := range states {
		for state, n := range s {
			sum[state] += n
		}
	}
	sent, failed, dropped, deferred := w.runner.Tally.Counts()
	if int(sent) != sum["sent"] || int(failed) != sum["failed"] || int(dropped) != sum["dropped"] {
		w.Errorf("counted %d sent, %d failed, %d dropped; the book says %v", sent, failed, dropped, sum)
	}
	if repeated := sum["sent"] < arrived && x.takes; sum["sent"] != arrived && !repeated { // what arrived unanswered may have been overtaken since
		w.Errorf("%d letters are sent and %d arrived", sum["sent"], arrived)
	}
	if x.refused != (sum["failed"] > 0) {
		w.Errorf("%d letters failed", sum["failed"])
	}
	if !x.refused && !x.takes && deferred == 0 {
		w.Error("nothing was put off: there was no trouble")
	}
	if x.hours >= 72 && sum["reminder"] == 0 {
		w.Error("no reminder was too late: nothing is proved of them")
	}
	if broken, err := w.desk.Verify(w.Context(), nil); err != nil || len(broken) > 0 {
		w.Errorf("the book: %v %v", broken, err)
	}
	w.Logf("%d acts, %d visits: %v, %d put off, %d tries", w.acts, len(w.order), sum, deferred, w.relay.tries)
}

// Whatever the mail server does meanwhile: bookings go on, and once it is well each
// visit's newest letter is there, once, and none that is too late.
func TestTroublesWithTheMailServer(t *testing.T) {
	for i, x := range troubles() {
		t.Run(x.name, func(t *testing.T) {
			live := func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
				w := newTown(t, d, c, uint64(i))
				w.pass(30*time.Minute, 10*time.Minute, 20)
				w.fail(x)
				w.pass(time.Duration(x.hours)*time.Hour, 10*time.Minute, 80)
				w.well()
				w.pass(5*time.Hour, 10*time.Minute, 20)
				w.pass(5*time.Hour, 10*time.Minute, 0)
				if left := slices.DeleteFunc(w.queued(), func(p store.Posting) bool { return p.Due.After(c.Now()) && p.Attempts == 0 }); len(left) > 0 {
					t.Errorf("%d letters still wait, such as %+v", len(left), left[0])
				}
				w.check(x)
			}
			if x.hours == 24 {
				desktest.Each(t, live)
				return
			}
			d, c := desktest.SQLite(t)
			live(t, d, c)
		})
	}
}

// A hundred people with one provider that turns away everybody whom it sees for the
// first time do not wait for one another.
func TestGreylistingOfManyAtOnce(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := newTown(t, d, c, 99)
	w.relay.behave(greylist())
	for i := range 100 {
		email := fmt.Sprintf("v%d@d0.beispiel.example", i)
		if _, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(8, "08:00").Add(time.Duration(i/5) * 10 * time.Minute),
			By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: email}, Language: "de"}, booking.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(20*time.Minute, time.Minute, 0)
	if got := len(w.relay.taken); got != 100 {
		t.Errorf("got %d letters within twenty minutes, want 100", got)
	}
}

// A letter that waited a day behind others that its domain did not take is tried itself,
// more than once, before it is given up.
func TestGivenUpAfterATryOfItsOwn(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := newTown(t, d, c, 98)
	tried := map[string]int{}
	w.relay.behave(func(v *visit, step string) error {
		if step != "rcpt" {
			return nil
		}
		v.r.mu.Lock()
		defer v.r.mu.Unlock()
		tried[v.to]++
		return &gosmtp.SMTPError{Code: 452, Message: "too busy"}
	})
	for i := range 60 {
		email := fmt.Sprintf("v%d@d0.beispiel.example", i)
		if _, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(18, "08:00").Add(time.Duration(i/5) * 10 * time.Minute),
			By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: email}, Language: "de"}, booking.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(24*time.Hour, 30*time.Minute, 0)
	if _, failed, _, _ := w.runner.Tally.Counts(); failed > 0 || w.relay.tries > 100 {
		t.Errorf("within the day %d letters were given up and %d tried; want none, and few", failed, w.relay.tries)
	}
	untried := 60 - len(tried)
	w.pass(12*time.Hour, 10*time.Minute, 0)
	if _, failed, _, _ := w.runner.Tally.Counts(); failed != 60 || untried < 10 {
		t.Errorf("%d of 60 letters were given up, %d of them not tried within the day", failed, untried)
	}
	for to, n := range tried {
		if n < 2 {
			t.Errorf("%s was given up after %d tries", to, n)
		}
	}
	if len(tried) != 60 {
		t.Errorf("only %d were tried", len(tried))
	}
}
