// Package office is what all parts of the back office share: who is asking, what a
// route demands of them, the frame around their pages, and words for what every part
// shows. It refuses to know any page and any act: each part of the back office is a
// package beside it that lists its routes and mounts them here.
//
// Start reading at Office, then Route.
package office

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// Office stands around every part of the back office. Its fields are set once.
type Office struct {
	Pages  *page.Pages
	Secure bool // the site is reached by https: the cookie goes nowhere else

	// Recognise finds out whose session a secret opens, and what they see it in. A
	// session that does not hold is agenda.ErrNotFound.
	Recognise func(ctx context.Context, secret string) (Known, error)
}

// Known is somebody who is signed in.
type Known struct {
	Person *agenda.Person
	Setup  *agenda.Setup // of the person's tenant
	Now    time.Time     // in the office's zone
	Home   string        // the tenant of their account: the county looks at others
	Opened time.Time     // until when the county sees that other tenant's bookings; zero: not
	First  string        // what is to be done before anything else: an address; empty: nothing
}

// Request is a request with who makes it.
type Request struct {
	*http.Request
	Known // zero on pages for anybody
}

// Handler answers a request. Where it returns an error it has written nothing.
type Handler func(w http.ResponseWriter, q *Request) error

// Permission is what a route demands of whoever asks: a right of agenda, or one of those
// below. Beyond it, acts and agenda.Person limit everything to the person's tenant,
// departments and calendars.
type Permission string

// Pages for anybody, for everybody who is signed in, and for those whose handlers ask for
// another secret than a session.
const (
	Anybody  Permission = "anybody"
	SignedIn Permission = "signed in"
	Invited  Permission = Permission(route.Invitation)
	HalfIn   Permission = Permission(route.Waiting)
	Returned Permission = Permission(route.Ticket)
)

// who is what the table of all addresses says of a permission.
func (p Permission) who() route.Who {
	switch p {
	case Anybody:
		return route.Who{Shows: route.Nothing}
	case SignedIn:
		return route.Who{Shows: route.Session}
	case Invited, HalfIn, Returned:
		return route.Who{Shows: route.Secret(p)}
	}
	return route.Who{Shows: route.Session, Right: agenda.Right(p)}
}

// DemandsSession reports a permission that only who is signed in can have.
func (p Permission) DemandsSession() bool { return p.who().Shows == route.Session }

// Needs is the permission that a right gives.
func Needs(r agenda.Right) Permission { return Permission(r) }

// Route is one address of the back office. A GET answers HEAD as well and never
// changes anything.
type Route struct {
	Method  string
	Path    string
	Changes bool
	Rate    route.Rate
	Letter  bool // see route.Policy
	Needs   Permission
	Do      Handler
}

// Get is a route that shows something.
func Get(path string, needs Permission, do Handler) Route {
	return Route{Method: http.MethodGet, Path: path, Rate: route.Requests, Needs: needs, Do: do}
}

// Post is a route that changes something.
func Post(path string, needs Permission, do Handler) Route {
	return Route{Method: http.MethodPost, Path: path, Changes: true, Rate: route.Requests, Needs: needs, Do: do}
}

// Ask is a route that shows something to whoever sends it a form: what is asked does not
// belong into an address.
func Ask(path string, needs Permission, do Handler) Route {
	return Route{Method: http.MethodPost, Path: path, Rate: route.Requests, Needs: needs, Do: do}
}

// Tried is a route where passwords and codes can be tried out.
func Tried(x Route) Route {
	x.Rate = route.Passwords
	return x
}

// Letter is a route that shows a letter as programs for mail do.
func Letter(x Route) Route {
	x.Letter = true
	return x
}

// Mount mounts the routes of one part. Every page of the back office names who is asking,
// so nobody may keep any.
func (o *Office) Mount(t *route.Table, routes []Route) {
	for _, x := range routes {
		p := route.Policy{Who: x.Needs.who(), Data: route.Personal, Keep: route.Nobody, Rate: x.Rate, Letter: x.Letter}
		h := o.Guard(x.Needs, x.Do)
		switch {
		case x.Method == http.MethodGet:
			t.Get(x.Path, p, h)
		case x.Changes:
			t.Post(x.Path, p, h)
		default:
			t.Ask(x.Path, p, h)
		}
	}
}

// asker is the key of a request within the context.
type asker struct{}

// Guard lets a request through to its handler: who is not signed in is asked to,
// who lacks the right is refused.
func (o *Office) Guard(needs Permission, do Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &Request{}
		q.Request = r.WithContext(context.WithValue(r.Context(), asker{}, q))
		o.Handlers().Do(func(w http.ResponseWriter, r *http.Request) error {
			if !needs.DemandsSession() {
				return do(w, q)
			}
			err := o.recognise(q)
			if log, ok := w.(interface{ Recognised(account string) }); ok && err == nil {
				log.Recognised(q.Person.ID)
			}
			switch {
			case errors.Is(err, agenda.ErrNotFound):
				http.Redirect(w, r, "/staff/sign-in", http.StatusSeeOther)
				return nil
			case err != nil:
				return err
			case q.First != "" && !strings.HasPrefix(q.URL.Path, q.First) && q.URL.Path != signOut:
				http.Redirect(w, r, q.First, http.StatusSeeOther)
				return nil
			case needs != SignedIn && !q.Person.May(agenda.Right(needs)):
				return agenda.ErrForbidden
			}
			return do(w, q)
		}).ServeHTTP(w, q.Request)
	})
}

// signOut is the way out, which is open to everybody who is in.
const signOut = "/staff/sign-out"

// Secret is the secret of the session that a request belongs to.
func (o *Office) Secret(q *Request) string {
	if c, err := q.Cookie(o.CookieName()); err == nil {
		return c.Value
	}
	return ""
}

// recognise finds out whose session the cookie carries; without one it fails with
// agenda.ErrNotFound.
func (o *Office) recognise(q *Request) error {
	c, err := q.Cookie(o.CookieName())
	if err != nil || c.Value == "" {
		return agenda.ErrNotFound
	}
	q.Known, err = o.Recognise(q.Context(), c.Value)
	return err
}

// CookieName is the name of the cookie with the session.
func (o *Office) CookieName() string { return page.CookieName("staff", o.Secure, true) }

// Cookie carries a session's secret.
func (o *Office) Cookie(secret string) *http.Cookie {
	return &http.Cookie{Name: o.CookieName(), Value: secret, Path: "/", HttpOnly: true, Secure: o.Secure, SameSite: http.SameSiteLaxMode}
}

// Handlers turn errors into pages of the back office.
func (o *Office) Handlers() page.Handlers {
	return page.Handlers{Pages: o.Pages, Explain: explain, Frame: func(r *http.Request) page.Frame {
		if q, ok := r.Context().Value(asker{}).(*Request); ok {
			return o.Frame(q)
		}
		return o.Frame(&Request{Request: r})
	}}
}

// explain gives the situations of the book their pages. What is not within one's
// rights looks like what does not exist.
func explain(err error) *page.Error {
	for _, x := range []struct {
		situation error
		status    int
		text      string // key of a detail of our own
	}{
		{agenda.ErrNotFound, http.StatusNotFound, "staff.error.missing"},
		{agenda.ErrForbidden, http.StatusForbidden, "staff.error.forbidden"},
		{agenda.ErrState, http.StatusConflict, "staff.error.state"},
		{agenda.ErrExpired, http.StatusGone, "staff.error.expired"},
		{agenda.ErrConflict, http.StatusConflict, ""},
		{agenda.ErrKeyReused, http.StatusConflict, "staff.error.again"},
	} {
		if errors.Is(err, x.situation) {
			return &page.Error{Status: x.status, Detail: x.text, Err: err}
		}
	}
	if _, ok := errors.AsType[agenda.Invalid](err); ok {
		return &page.Error{Status: http.StatusBadRequest, Err: err}
	}
	return nil
}

// Source is whom wrong passwords are counted for: the client's address, of IPv6
// the part that a network gives to one customer.
func Source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
