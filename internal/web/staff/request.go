package staff

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// request is a request with who makes it.
type request struct {
	*http.Request
	person *agenda.Person // nil on pages for anybody
	setup  *agenda.Setup  // of the person's tenant
	now    time.Time      // in the office's zone
}

// handler answers a request. Where it returns an error it has written nothing.
type handler func(w http.ResponseWriter, q *request) error

// asker is the key of a request within the context.
type asker struct{}

// guard lets a request through to its handler: who is not signed in is asked to,
// who lacks the right is refused.
func (o *Office) guard(needs permission, do handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{}
		q.Request = r.WithContext(context.WithValue(r.Context(), asker{}, q))
		o.handlers().Do(func(w http.ResponseWriter, r *http.Request) error {
			if needs == anybody {
				return do(w, q)
			}
			err := o.recognise(q)
			switch {
			case errors.Is(err, agenda.ErrNotFound):
				http.Redirect(w, r, "/staff/sign-in", http.StatusSeeOther)
				return nil
			case err != nil:
				return err
			case needs != signedIn && !q.person.Role.May(agenda.Right(needs)):
				return agenda.ErrForbidden
			}
			return do(w, q)
		}).ServeHTTP(w, q.Request)
	})
}

// recognise finds out whose session the cookie carries; without one it fails with
// agenda.ErrNotFound.
func (o *Office) recognise(q *request) error {
	c, err := q.Cookie(o.cookieName())
	if err != nil || c.Value == "" {
		return agenda.ErrNotFound
	}
	p, err := o.Accounts.Session(q.Context(), c.Value)
	if err != nil {
		return err
	}
	s, err := o.Desk.Setup(q.Context(), p.Tenant)
	if err != nil {
		return err
	}
	now, err := o.Desk.Now(q.Context())
	if err != nil {
		return err
	}
	q.person, q.setup, q.now = p, s, now.In(s.Zone())
	return nil
}

func (o *Office) handlers() page.Handlers {
	return page.Handlers{Pages: o.Pages, Explain: explain, Frame: func(r *http.Request) page.Frame {
		if q, ok := r.Context().Value(asker{}).(*request); ok {
			return o.frame(q)
		}
		return o.frame(&request{Request: r})
	}}
}

// frame is what stands around every page of the back office.
func (o *Office) frame(q *request) page.Frame {
	if q.person == nil {
		f := o.Pages.Frame(q.Request, nil)
		f.Staff = &page.Staff{Home: "/staff/"}
		return f
	}
	t := &q.setup.Tenant
	home := "/" + t.ID + "/"
	tenant := &page.Tenant{Name: t.Name, Home: home, Languages: t.Languages}
	if q.setup.Brand.Colour != "" {
		tenant.Brand = page.BrandURL(home, q.setup.Brand.Colour)
	}
	f := o.Pages.Frame(q.Request, tenant)
	f.Staff = &page.Staff{Name: q.person.Name, Home: "/staff/", SignOut: "/staff/sign-out"}
	if q.person.Role.May(agenda.SeeBookings) {
		f.Staff.Nav = append(f.Staff.Nav, page.Link{Label: f.T("staff.nav.day"), Href: "/staff/day", Current: q.URL.Path == "/staff/day"})
	}
	if q.person.Role.May(agenda.ActOnBookings) {
		f.Staff.Nav = append(f.Staff.Nav, page.Link{Label: f.T("staff.nav.new"), Href: "/staff/new", Current: q.URL.Path == "/staff/new"})
	}
	return f
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

// source is whom wrong passwords are counted for: the client's address, of IPv6
// the part that a network gives to one customer.
func source(r *http.Request) string {
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
