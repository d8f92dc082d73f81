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

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
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

// Permission is what a route demands of whoever asks: a right of agenda, or one of the
// two below. Beyond it, acts and agenda.Person limit everything to the person's tenant,
// departments and calendars.
type Permission string

// Pages for anybody, and for everybody who is signed in.
const (
	Anybody  Permission = "anybody"
	SignedIn Permission = "signed in"
)

// Needs is the permission that a right gives.
func Needs(r agenda.Right) Permission { return Permission(r) }

// Route is one address of the back office. A GET answers HEAD as well and never
// changes anything.
type Route struct {
	Method string
	Path   string
	Needs  Permission
	Do     Handler
}

// Get is a route that shows something.
func Get(path string, needs Permission, do Handler) Route {
	return Route{Method: http.MethodGet, Path: path, Needs: needs, Do: do}
}

// Post is a route that changes something.
func Post(path string, needs Permission, do Handler) Route {
	return Route{Method: http.MethodPost, Path: path, Needs: needs, Do: do}
}

// Mount registers the routes of one part.
func (o *Office) Mount(r *mux.Router, routes []Route) {
	for _, x := range routes {
		h := r.Handle(x.Path, o.Guard(x.Needs, x.Do))
		if x.Method == http.MethodGet {
			h.Methods(http.MethodGet, http.MethodHead)
		} else {
			h.Methods(x.Method)
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
			if needs == Anybody {
				return do(w, q)
			}
			err := o.recognise(q)
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

// CookieName binds the cookie to this host, as far as a browser can: on plain http,
// for tests and the demo, it refuses the prefix.
func (o *Office) CookieName() string {
	if o.Secure {
		return "__Host-staff"
	}
	return "staff"
}

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
