package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

const (
	rightsTown = "musterstadt"
	neighbours = "nachbarstadt"
	rightsWord = "korrekt pferd batterie"
)

// named is what a variable in an address stands for.
type named struct {
	id    string
	bound bool // to the department soziales: in another one it does not exist
}

// building is the whole back office of two towns, with one thing of every kind.
type building struct {
	*testing.T
	desk     *booking.Desk
	accounts *auth.Accounts
	parts    []part
	handler  http.Handler
	clock    *desktest.Clock
	things   map[string]func(role agenda.Role) named // by the address up to the variable
	mu       sync.Mutex
	secrets  map[string]string // session of each person, by address
	table    *route.Table      // of the whole site
	visit    booking.Receipt   // of Sozia Kanar, in soziales
}

// sozia, buerga and nacha are visitors of soziales, of buergerdienste and of the other
// town. Their words are nobody else's.
func sozia() agenda.Visitor {
	return agenda.Visitor{Name: "Sozia Kanarsozia", Email: "kanarsozia@beispiel.example", Phone: "05550 471101", Note: "Notizkanarsozia"}
}

func buerga() agenda.Visitor {
	return agenda.Visitor{Name: "Buerga Kanarbuerga", Email: "kanarbuerga@beispiel.example", Phone: "05550 471102", Note: "Notizkanarbuerga"}
}

func nacha() agenda.Visitor {
	return agenda.Visitor{Name: "Nacha Kanarnacha", Email: "kanarnacha@beispiel.example", Phone: "05550 471103", Note: "Notizkanarnacha"}
}

func newBuilding(t *testing.T) *building {
	t.Helper()
	d, c := desktest.SQLite(t)
	return buildOn(t, d, c)
}

// buildOn is a building on a database in which there is Musterstadt.
func buildOn(t *testing.T, d *booking.Desk, c *desktest.Clock) *building {
	t.Helper()
	c.Set(desktest.At(0, "08:00"))
	conf := &config.Service{BaseURL: "http://127.0.0.1:1"}
	conf.Mail.Transport, conf.Mail.Directory = "directory", t.TempDir()
	h := &house{config: conf, store: d.Store, desk: d, links: booking.Links{Base: conf.BaseURL}}
	s, err := h.furnish(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	pages := s.server.Pages
	b := &building{T: t, desk: d, accounts: s.accounts, parts: s.backOffice(pages), clock: c, secrets: map[string]string{}}
	r := route.NewTable()
	for _, p := range b.parts {
		p.Mount(r)
	}
	refuse := page.Handlers{Pages: pages, Frame: func(r *http.Request) page.Frame { return pages.Frame(r, nil) }}
	s.server.Audiences = append(s.audience, s.site)
	b.table = s.server.Table()
	b.handler = pages.Guard(r, refuse.Always(&page.Error{Status: http.StatusForbidden}))
	b.settle()
	b.furnish()
	return b
}

// settle founds the other town, whose things all have names of their own.
func (b *building) settle() {
	b.Helper()
	s := desktest.Musterstadt()
	s.Tenant.ID, s.Tenant.Name = neighbours, agenda.Plain("Nachbarstadt")
	for i := range s.Departments {
		s.Departments[i].ID = "n-" + s.Departments[i].ID
	}
	for i := range s.Sites {
		s.Sites[i].ID = "n-" + s.Sites[i].ID
	}
	for i := range s.Services {
		s.Services[i].ID = "n-" + s.Services[i].ID
		s.Services[i].Combinable = nil
	}
	for i := range s.Calendars {
		x := &s.Calendars[i]
		x.ID, x.Department, x.Site = "n-"+x.ID, "n-"+x.Department, "n-"+x.Site
		for j := range x.Services {
			x.Services[j].ID = "n-" + x.Services[j].ID
		}
	}
	if _, err := b.desk.Apply(b.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		b.Fatal(err)
	}
}

// furnish makes one thing of every kind that addresses name. A part whose addresses
// name something else adds it here.
func (b *building) furnish() {
	b.Helper()
	ctx := b.Context()
	admin := &agenda.Person{Tenant: rightsTown, ID: b.account(rightsTown, agenda.Admin, "soziales", "chefin"), Role: agenda.Admin}
	colleague := b.account(rightsTown, agenda.Clerk, "soziales", "kollege")
	official := b.account(rightsTown, agenda.County, "", "kreis")
	b.must(b.accounts.Grant(ctx, &agenda.Person{Tenant: rightsTown, ID: "x", Role: agenda.Admin}, colleague,
		auth.FurtherRole{Grant: agenda.Grant{Role: agenda.Planner, Calendar: "soziales"}, From: agenda.DateOf(b.clock.Now())}))
	member, err := b.accounts.Member(ctx, admin, colleague)
	b.must(err)
	visit, err := b.desk.BookNow(ctx, booking.Request{Tenant: rightsTown, Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(1, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor},
		booking.Form{Visitor: sozia(), Language: "de"}, booking.Once{})
	b.must(err)
	b.visit = visit
	var letters []store.Posting
	b.must(b.desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		letters, err = tx.Postings(rightsTown, visit.Booking.ID)
		return err
	}))
	incident, err := b.desk.OpenIncident(ctx, admin, agenda.Incident{Reason: "ill", Calendars: []string{"soziales"}, From: desktest.At(1, "08:00"), To: desktest.At(1, "12:00"), Close: agenda.CloseNothing})
	b.must(err)
	feed, _, err := b.desk.CreateFeed(ctx, store.Feed{Tenant: rightsTown, Scope: "calendar", Target: "soziales", Detail: "busy"}, "test")
	b.must(err)
	token, _, err := b.accounts.CreateToken(ctx, rightsTown, "Test", agenda.Clerk, "soziales", 0)
	b.must(err)
	var revision int // that the neighbours have not come to
	for range 5 {
		setup, err := b.desk.Setup(ctx, rightsTown)
		b.must(err)
		setup.Webhooks = []agenda.Webhook{{ID: "faelle", URL: "https://faelle.example", Events: []string{agenda.EventMoved}, Detail: agenda.DetailReference, Messages: agenda.MessagesNoEmail}}
		a, err := b.desk.Apply(ctx, setup, booking.ApplyOptions{Actor: "test"})
		b.must(err)
		revision = a.Revision
	}
	always := func(id string, bound bool) func(agenda.Role) named {
		return func(agenda.Role) named { return named{id, bound} }
	}
	b.things = map[string]func(agenda.Role) named{
		"/staff/bookings/{id}":                  always(visit.Booking.ID, true),
		"/staff/bookings/{id}/letters/{letter}": always(letters[0].MessageID, true),
		"/staff/new/done/{id}":                  always(visit.Booking.ID, true),
		"/staff/incidents/{id}":                 always(incident.ID, true),
		"/staff/setup/letters/{id}":             always("soziales", true),
		"/staff/setup/feeds/{id}":               always(feed, true),
		"/staff/account/feeds/{id}":             always("nobodys", false),
		"/staff/setup/tokens/{id}":              always(token, true),
		"/staff/setup/departments/{id}":         always("soziales", true),
		"/staff/setup/sites/{id}":               always("nebenstelle", false),
		"/staff/setup/services/{id}":            always("beratung", false),
		"/staff/setup/calendars/{id}":           always("soziales", true),
		"/staff/setup/webhooks/{id}":            always("faelle", true),
		"/staff/people/{person}": func(r agenda.Role) named { // of whom everybody has no less than they
			if r == agenda.County {
				return named{official, true}
			}
			return named{colleague, true}
		},
		"/staff/people/{person}/grants/{grant}": always(member.Further[0].ID, true),
		"/staff/account/sessions/{session}":     always("nobodys", false),
		"/staff/links/{id}":                     always("nobodys", false),
		"/staff/docs/pictures/{picture}":        always("none", false),
		"/staff/docs/samples/{sample}":          always("config.example.yaml", false),
		"/staff/docs/{topic}":                   always("stoerungen", false),
		"/staff/plan/history/{number}":          always(strconv.Itoa(revision), false),
	}
}

func (b *building) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

var pathVariable = regexp.MustCompile(`\{[a-z]+(:[^/]*)?\}`)

// address fills in the variables of a route for somebody with a role.
func (b *building) address(path string, role agenda.Role) (filled string, bound, names bool) {
	b.Helper()
	for {
		at := pathVariable.FindStringIndex(path)
		if at == nil {
			return filled + path, bound, names
		}
		whole := path[:at[1]]
		known := b.things[b.pattern(filled, whole)]
		if known == nil {
			b.Fatalf("%s: nobody knows what %s stands for: add it to furnish in rights_test.go", filled+path, path[at[0]:at[1]])
		}
		x := known(role)
		filled, path = filled+path[:at[0]]+x.id, path[at[1]:]
		bound, names = bound || x.bound, true
	}
}

// pattern is the address up to a variable, as routes write it.
func (b *building) pattern(filled, rest string) string {
	switch {
	case filled == "":
		return rest
	case strings.HasPrefix(filled, "/staff/bookings/"):
		return "/staff/bookings/{id}" + rest
	}
	return "/staff/people/{person}" + rest
}

// account makes somebody who can sign in.
func (b *building) account(tenant string, role agenda.Role, department, name string) string {
	b.Helper()
	id, err := b.accounts.AddPerson(b.Context(), auth.NewPerson{Tenant: tenant, Email: name + "@" + tenant + ".example", Role: role, Department: department, Password: rightsWord})
	b.must(err)
	return id
}

// as is a session of somebody with a role, which is opened anew where the last request
// ended it.
func (b *building) as(tenant string, role agenda.Role, department string) string {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	name := "r-" + string(role) + department
	email := name + "@" + tenant + ".example"
	if secret := b.secrets[email]; secret != "" {
		if _, err := b.accounts.Session(b.Context(), secret); err == nil {
			return secret
		}
	} else {
		b.account(tenant, role, department, name)
	}
	secret, _, err := b.accounts.SignIn(b.Context(), tenant, email, rightsWord, "")
	b.must(err)
	b.secrets[email] = secret
	return secret
}

// ask sends a request and gives the status and where it leads. Streams are left after a
// moment.
func (b *building) ask(method, path, secret string) (status int, to string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	if strings.HasSuffix(path, "/events") {
		ctx, cancel = context.WithTimeout(b.Context(), 100*time.Millisecond)
	}
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(""))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if secret != "" {
		r.AddCookie(&http.Cookie{Name: "staff", Value: secret})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		b.Errorf("%s %s: got %d", method, path, w.Code)
	}
	return w.Code, w.Header().Get("Location")
}

// routes are the routes of all parts.
func (b *building) routes() (list []office.Route) {
	for _, p := range b.parts {
		list = append(list, p.Routes()...)
	}
	return list
}

// demanded are the routes that demand a right.
func (b *building) demanded() (list []office.Route) {
	for _, x := range b.routes() {
		if x.Needs.DemandsSession() && x.Needs != office.SignedIn {
			list = append(list, x)
		}
	}
	return list
}

func TestEveryRouteDeclaresARight(t *testing.T) {
	b := newBuilding(t)
	seen := map[string]bool{}
	for _, x := range b.routes() {
		right := agenda.Right(x.Needs)
		if x.Needs.DemandsSession() && x.Needs != office.SignedIn && !slices.Contains(agenda.Rights(), right) {
			t.Errorf("%s %s demands %q, which is no right", x.Method, x.Path, x.Needs)
		}
		if x.Method != http.MethodGet && x.Method != http.MethodPost {
			t.Errorf("%s %s: neither shows nor changes", x.Method, x.Path)
		}
		if !x.Needs.DemandsSession() && !strings.HasPrefix(x.Path, "/staff/sign-") && !strings.HasPrefix(x.Path, "/staff/invitation/") {
			t.Errorf("%s %s is open to anybody", x.Method, x.Path)
		}
		if !slices.ContainsFunc(agenda.Roles(), func(r agenda.Role) bool { return r.May(right) }) && x.Needs.DemandsSession() && x.Needs != office.SignedIn {
			t.Errorf("%s %s: no role has the right to %s", x.Method, x.Path, right)
		}
		if key := x.Method + " " + x.Path; seen[key] {
			t.Errorf("%s is there twice", key)
		} else {
			seen[key] = true
		}
	}
	for _, x := range b.routes() {
		if x.Method != http.MethodPost || !x.Needs.DemandsSession() || seen["GET "+x.Path] {
			continue
		}
		path, _, _ := b.address(x.Path, agenda.Admin)
		if status, _ := b.ask(http.MethodGet, path, b.as(rightsTown, agenda.Admin, "")); status != http.StatusMethodNotAllowed && status != http.StatusNotFound {
			t.Errorf("GET %s: got %d, want 405 or 404: a link would do what only a form may", path, status)
		}
	}
}

func TestWhoHasNotSignedInIsAskedTo(t *testing.T) {
	b := newBuilding(t)
	for _, x := range b.routes() {
		if !x.Needs.DemandsSession() {
			continue
		}
		path, _, _ := b.address(x.Path, agenda.Admin)
		for _, secret := range []string{"", "not-a-session"} {
			if status, to := b.ask(x.Method, path, secret); status != http.StatusSeeOther || to != "/staff/sign-in" {
				t.Errorf("%s %s with %q: got %d to %q, want the sign-in page", x.Method, path, secret, status, to)
			}
		}
	}
}

// Every route with every role: who has the right is never refused, who lacks it always.
func TestEveryRouteWithEveryRole(t *testing.T) {
	b := newBuilding(t)
	for _, role := range agenda.Roles() {
		for _, x := range b.demanded() {
			path, _, _ := b.address(x.Path, role)
			status, _ := b.ask(x.Method, path, b.as(rightsTown, role, ""))
			if may := role.May(agenda.Right(x.Needs)); may == (status == http.StatusForbidden) {
				t.Errorf("%s: %s %s: got %d, and the role may %s: %v", role, x.Method, path, status, x.Needs, may)
			}
		}
	}
}

// What belongs to another department or another town does not exist.
func TestForeignThingsDoNotExist(t *testing.T) {
	b := newBuilding(t)
	for _, role := range agenda.Roles() {
		for _, x := range b.demanded() {
			path, bound, names := b.address(x.Path, role)
			if !names || !role.May(agenda.Right(x.Needs)) {
				continue
			}
			if status, _ := b.ask(x.Method, path, b.as(neighbours, role, "")); status != http.StatusNotFound {
				t.Errorf("%s of another town: %s %s: got %d, want 404", role, x.Method, path, status)
			}
			if !bound || role == agenda.County { // whose role has no limits
				continue
			}
			if status, _ := b.ask(x.Method, path, b.as(rightsTown, role, "buergerdienste")); status != http.StatusNotFound {
				t.Errorf("%s of another department: %s %s: got %d, want 404", role, x.Method, path, status)
			}
		}
	}
}

// The county in a town sees set-up and figures, and bookings only after it has said that
// it looks, while the town lets it.
func TestTheCountyInATown(t *testing.T) {
	b := newBuilding(t)
	ctx := t.Context()
	county := b.as(neighbours, agenda.County, "")
	b.must(b.accounts.LookAt(ctx, county, rightsTown))
	admin, err := b.accounts.Session(ctx, b.as(rightsTown, agenda.Admin, ""))
	b.must(err)
	walk := func(when string, sees bool) {
		t.Helper()
		for _, x := range b.demanded() {
			path, _, _ := b.address(x.Path, agenda.Admin)
			if strings.HasPrefix(x.Path, "/staff/tenant") || strings.HasPrefix(x.Path, "/staff/people/{") {
				continue // turns away from the town; decides about who has more
			}
			right := agenda.Right(x.Needs)
			may := agenda.County.May(right) || sees && right == agenda.SeeBookings
			if status, _ := b.ask(x.Method, path, county); may == (status == http.StatusForbidden) {
				t.Errorf("%s: %s %s: got %d, and the county may %s: %v", when, x.Method, path, status, right, may)
			}
		}
	}
	walk("before", false)
	if err := b.accounts.LookIn(ctx, county); err == nil {
		t.Error("the county looks without the town's leave")
	}
	b.must(b.accounts.OpenToCounty(ctx, admin.Person, agenda.DateOf(b.clock.Now())+1))
	walk("granted, not looked", false)
	b.must(b.accounts.LookIn(ctx, county))
	walk("looking", true)
	b.clock.Advance(auth.CountyLook)
	walk("an hour later", false)
	b.must(b.accounts.LookIn(ctx, county))
	b.must(b.accounts.CloseToCounty(ctx, admin.Person))
	walk("ended by the town", false)
	seen := 0
	b.must(b.desk.Store.View(ctx, func(tx *store.Tx) error {
		entries, err := tx.Journal(rightsTown, rightsTown)
		for _, e := range entries {
			if e.Act == "county.seen" {
				seen++
			}
		}
		return err
	}))
	if seen != 2 {
		t.Errorf("the town's journal tells of %d looks, want 2", seen)
	}
}
