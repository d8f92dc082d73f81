package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/api"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// client calls the API over HTTP and holds every answer against the document.
type client struct {
	t     *testing.T
	desk  *booking.Desk
	clock *desktest.Clock
	api   api.API
	base  string // up to and with the tenant
	doc   *openapi3.T
	find  routers.Router
}

// each runs a test against a server on each engine.
func each(t *testing.T, f func(t *testing.T, c *client)) {
	t.Helper()
	desktest.Each(t, func(t *testing.T, d *booking.Desk, clock *desktest.Clock) { f(t, serve(t, d, clock)) })
}

func serve(t *testing.T, d *booking.Desk, clock *desktest.Clock) *client {
	t.Helper()
	locale := builttest.Texts(t)
	c := &client{t: t, desk: d, clock: clock}
	c.api = api.API{Desk: d, Accounts: &auth.Accounts{Store: d.Store}, Links: booking.Links{Base: "https://termine.example"}, Catalogue: locale}
	router := route.NewTable()
	c.api.Mount(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		if missing := locale.Missing(); len(missing) > 0 {
			t.Errorf("texts without words: %v", missing)
		}
	})
	c.base = server.URL + "/api/v1/musterstadt"
	c.doc = document(t)
	var err error
	if c.find, err = gorillamux.NewRouter(c.doc); err != nil {
		t.Fatal(err)
	}
	return c
}

func document(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := fs.ReadFile(ui.Files, "api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// change puts another set-up in force.
func (c *client) change(f func(s *agenda.Setup)) {
	c.t.Helper()
	s := desktest.Musterstadt()
	f(s)
	if _, err := c.desk.Apply(c.t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		c.t.Fatal(err)
	}
}

// token makes a token with a role.
func (c *client) token(role agenda.Role, department string) string {
	c.t.Helper()
	_, token, err := c.api.Accounts.CreateToken(c.t.Context(), "musterstadt", "Test", role, department, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return token
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// bearer is the header of a token, for do.
func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// do sends a request below the tenant. A body that is no string is sent as JSON.
func (c *client) do(method, path string, body any, header ...string) answer {
	c.t.Helper()
	target := path
	if strings.HasPrefix(path, "/") {
		target = c.base + path
	}
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			c.t.Fatal(err)
		}
	}
	request := func() *http.Request {
		r, err := http.NewRequestWithContext(c.t.Context(), method, target, bytes.NewReader(sent))
		if err != nil {
			c.t.Fatal(err)
		}
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return r
	}
	response, err := http.DefaultClient.Do(request())
	if err != nil {
		c.t.Error(err)
		return answer{}
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Error(err)
	}
	a := answer{response.StatusCode, response.Header, got}
	c.hold(request(), a)
	return a
}

// hold validates an answer, and the request of a good one, against the document.
func (c *client) hold(r *http.Request, a answer) {
	c.t.Helper()
	ctx := c.t.Context()
	if a.status >= 500 {
		c.t.Errorf("%s %s: got %d: %s", r.Method, r.URL.Path, a.status, a.body)
	}
	described := r.Clone(ctx)
	if r.Method == http.MethodHead {
		described.Method = http.MethodGet
	}
	route, vars, err := c.find.FindRoute(described)
	if err != nil { // no such call: there must be a problem all the same
		c.isProblem(a)
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: vars, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if a.status < 300 {
		if err := openapi3filter.ValidateRequest(ctx, in); err != nil {
			c.t.Errorf("%s %s was answered with %d, but the document does not allow it: %v", r.Method, r.URL, a.status, err)
		}
	} else if a.status >= 400 && r.Method != http.MethodHead {
		c.isProblem(a)
	}
	err = openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.status, Header: a.header,
		Body: io.NopCloser(bytes.NewReader(a.body)), Options: &openapi3filter.Options{IncludeResponseStatus: true}})
	if err != nil {
		c.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
}

func (c *client) isProblem(a answer) {
	c.t.Helper()
	var p any
	if err := json.Unmarshal(a.body, &p); err != nil {
		c.t.Errorf("a refusal with %d is no JSON: %q", a.status, a.body)
		return
	}
	if err := c.doc.Components.Schemas["Problem"].Value.VisitJSON(p, openapi3.EnableJSONSchema2020()); err != nil {
		c.t.Error(err)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		c.t.Errorf("got a problem as %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		c.t.Errorf("got a problem with Cache-Control %q", got)
	}
}

// problem is what a refusal says.
type problem struct {
	Title, Code, Detail string
	Status              int
	Errors              []agenda.FieldError
	Alternatives        []slot
}

type slot struct {
	Start, Calendar, Site string
	DurationMinutes, Free int
	Modes                 []string
}

type bookingAnswer struct {
	ID, Reference, Status, Awaits, Start, End, Calendar, Site, Mode      string
	Name, Email, Phone, Note, ContactName, Language, ManageURL, ICSURL   string
	StaffNote, CaseReference, Channel, CancelBy, Expires, Hold, Timezone string
	Overbooked, Notify                                                   bool
	DurationMinutes                                                      int
	Services                                                             []agenda.Item
	Bookings                                                             []bookingAnswer
}

// secret is the last part of the manage address.
func (b bookingAnswer) secret() string {
	return b.ManageURL[strings.LastIndexByte(b.ManageURL, '/')+1:]
}

type availability struct {
	Timezone              string
	DurationMinutes       int
	NextFree, NextRelease *string
	Days                  []struct {
		Date  string
		Slots []slot
	}
}

// read decodes an answer, and demands a status.
func read[T any](c *client, a answer, status int) (v T) {
	c.t.Helper()
	if a.status != status {
		c.t.Errorf("got %d %s, want %d", a.status, a.body, status)
		return v
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		c.t.Errorf("%v: %s", err, a.body)
	}
	return v
}

// refused demands a status and a code, and gives the problem back.
func (c *client) refused(a answer, status int, code string) problem {
	c.t.Helper()
	p := read[problem](c, a, status)
	if a.status == status && (p.Code != code || p.Status != status) {
		c.t.Errorf("got code %q, status %d, want %q: %s", p.Code, p.Status, code, a.body)
	}
	return p
}

// fields are the faults of a problem as "field code".
func (p problem) fields() (list []string) {
	for _, e := range p.Errors {
		list = append(list, e.Field+" "+e.Code)
	}
	slices.Sort(list)
	return list
}

// at is a start in Musterstadt as programs write it.
func at(days int, clock string) string {
	return desktest.At(days, clock).Format("2006-01-02T15:04:05Z07:00")
}

type object = map[string]any

func want(services ...string) []object {
	var list []object
	for _, s := range services {
		list = append(list, object{"id": s, "quantity": 1})
	}
	return list
}

// direct is the body of a booking without a hold.
func direct(calendar, start string, services ...string) object {
	return object{"services": want(services...), "calendar": calendar, "start": start, "name": "Ada Beispiel", "email": "ada@beispiel.example"}
}
