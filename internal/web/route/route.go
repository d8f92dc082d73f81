// Package route is the table of addresses. A route enters it only with its policy: who may
// ask, what an answer holds, who may keep it, how often it may be asked for. The audiences
// get a table instead of a router, so that nothing can be mounted without one.
//
// The policy is what is enforced where that can be done in one place: rights by the back
// office and the API, limits by package web. The rest is a promise, which the matrix of
// all routes and all askers in cmd/terminvergabe holds the running program to. It
// refuses to know what any handler does. Start reading at Policy.
package route

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
)

// Policy is what an address demands and promises. Who, Data, Keep and Rate must be said.
type Policy struct {
	Who    Who
	Data   Data
	Keep   Keep
	Rate   Rate
	Framed bool // by the websites that the tenant names
	Letter bool // as a program for mail shows it: with styles of its own and nothing else, in a sandbox, framed by this site
}

// Files is the policy of what looks the same to everybody: stylesheets, fonts, pictures.
func Files() Policy {
	return Policy{Who: Who{Shows: Nothing}, Data: Open, Keep: Everyone, Rate: Unlimited}
}

// InFrames is the policy of the same page in a frame on the tenant's own website.
func (p Policy) InFrames() Policy {
	p.Framed = true
	return p
}

// Limited is the same policy with another limit.
func (p Policy) Limited(by Rate) Policy {
	p.Rate = by
	return p
}

// Who may ask. The zero value is nobody.
type Who struct {
	Shows Secret
	Right agenda.Right // of whoever shows a session or a token; "": any
	More  Secret       // shows more to who has it
}

// Data is what an answer holds.
type Data string

// What answers hold.
const (
	Open     Data = "open"     // what everybody may know
	Personal Data = "personal" // something about a visitor, or about whoever asks
	Offices  Data = "office's" // of the office, about nobody
)

// Keep is who may keep an answer.
type Keep string

// Who may keep answers.
const (
	Nobody   Keep = "nobody"
	Asker    Keep = "asker" // their own program, not one on the way
	Everyone Keep = "everyone"
)

// Rate is what limits how often an address can be asked for, beside what limits guesses
// of secrets.
type Rate string

// What limits requests, each of one client.
const (
	Unlimited Rate = "unlimited" // files, and what watchdogs ask
	Requests  Rate = "requests"  // requests_per_minute
	Holds     Rate = "holds"     // and holds_per_client
	Bookings  Rate = "bookings"  // and a multiple of it
	Reports   Rate = "reports"   // and ten an hour
	Letters   Rate = "letters"   // and thirty an hour
	Passwords Rate = "passwords" // and sign_in_attempts
)

// Route is one address with its policy. A GET answers HEAD as well.
type Route struct {
	Method  string
	Path    string // as gorilla/mux takes it; of a whole folder it ends in "*"
	Changes bool   // something that stays
	Policy
}

// Table is where all routes are mounted. It is filled before it serves.
type Table struct {
	router *mux.Router
	routes []Route
	known  map[*mux.Route]Route
}

// NewTable makes an empty table.
func NewTable() *Table {
	return &Table{router: mux.NewRouter(), known: map[*mux.Route]Route{}}
}

// Get mounts what shows something. It changes nothing: scanners of mail follow links.
func (t *Table) Get(path string, p Policy, h http.Handler) {
	t.add(t.router.Handle(path, h), Route{Method: http.MethodGet, Path: path, Policy: p})
}

// Post mounts what changes something.
func (t *Table) Post(path string, p Policy, h http.Handler) {
	t.add(t.router.Handle(path, h), Route{Method: http.MethodPost, Path: path, Changes: true, Policy: p})
}

// Ask mounts what is sent by POST because it does not belong into an address, and changes
// nothing.
func (t *Table) Ask(path string, p Policy, h http.Handler) {
	t.add(t.router.Handle(path, h), Route{Method: http.MethodPost, Path: path, Policy: p})
}

// GetWhere is Get for requests that fulfil a condition.
func (t *Table) GetWhere(path string, p Policy, h http.Handler, condition mux.MatcherFunc) {
	t.add(t.router.Handle(path, h).MatcherFunc(condition), Route{Method: http.MethodGet, Path: path, Policy: p})
}

// GetBelow is Get for all addresses that begin with a path.
func (t *Table) GetBelow(path string, p Policy, h http.Handler) {
	t.add(t.router.PathPrefix(path).Handler(h), Route{Method: http.MethodGet, Path: path + "*", Policy: p})
}

// add refuses a route whose policy is not said or contradicts itself. That is a mistake
// of whoever wrote it, so the program does not start.
func (t *Table) add(at *mux.Route, x Route) {
	if fault := x.fault(); fault != "" {
		panic(fmt.Sprintf("route %s %s: %s", x.Method, x.Path, fault))
	}
	if x.Method == http.MethodGet {
		at.Methods(http.MethodGet, http.MethodHead)
	} else {
		at.Methods(x.Method)
	}
	t.routes = append(t.routes, x)
	t.known[at] = x
}

func (x Route) fault() string {
	shows, known := KindOf(x.Who.Shows)
	switch {
	case !known:
		return "does not say who may ask"
	case x.Data == "" || x.Keep == "" || x.Rate == "":
		return "does not say what it holds, who may keep it or what limits it"
	case x.Keep == Everyone && (x.Data != Open || x.Who.Shows != Nothing):
		return "lets everyone keep what is not for everyone"
	case x.Keep != Nobody && x.Method != http.MethodGet:
		return "lets the answer to a form be kept"
	case x.Who.Right != "" && x.Who.Shows != Session && x.Who.Shows != Token:
		return "demands a right of somebody whom it does not know"
	case strings.Contains(x.Path, "{secret") != shows.Link:
		return "has a secret in its address and does not say which, or the other way round"
	}
	return ""
}

// Refuse answers whatever no route mounted before answers, at a path and all below it
// where the path ends in a slash.
func (t *Table) Refuse(path string, h http.Handler) {
	if strings.HasSuffix(path, "/") {
		t.router.PathPrefix(path).Handler(h)
		return
	}
	t.router.Handle(path, h)
}

// Missing and Wrong answer where there is no such address, and none by this method.
func (t *Table) Missing(h http.Handler) { t.router.NotFoundHandler = h }

// Wrong names the methods that there are.
func (t *Table) Wrong(h http.Handler) {
	t.router.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(t.methods(r), ", "))
		h.ServeHTTP(w, r)
	})
}

// methods are those that the address of a request has.
func (t *Table) methods(r *http.Request) (list []string) {
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		same := *r
		same.Method = m
		var match mux.RouteMatch
		if t.router.Match(&same, &match) && match.MatchErr == nil && t.known[match.Route].Path != "" {
			list = append(list, m)
		}
	}
	return list
}

// Around lets every route be answered within h.
func (t *Table) Around(h ...mux.MiddlewareFunc) { t.router.Use(h...) }

// ServeHTTP answers a request by its route.
func (t *Table) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.router.ServeHTTP(w, r) }

// Of is the route that a request has taken; false: it is refused.
func (t *Table) Of(r *http.Request) (Route, bool) {
	x, ok := t.known[mux.CurrentRoute(r)]
	return x, ok
}

// Routes are all routes in the order in which they were mounted.
func (t *Table) Routes() []Route { return slices.Clone(t.routes) }
