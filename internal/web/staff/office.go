// Package staff is the back office at /staff/: signing in, the day of a calendar,
// and what a clerk does with a visit. It turns requests into acts of booking and
// cards into pages; it refuses to know the rules of the book, which are agenda's
// and booking's, and how accounts are kept, which is auth's.
//
// Start reading at Office and its routes, then request.go for who is asking; each
// page has one file of handlers and one template of the same name in ui/staff.
package staff

import (
	"net/http"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// Office is the back office. Its fields are set once.
type Office struct {
	Desk     *booking.Desk
	Accounts *auth.Accounts
	Pages    *page.Pages
	Secure   bool // the site is reached by https: the cookie goes nowhere else
}

// permission is what a route demands of whoever asks. Beyond it, desk and Person
// limit everything to the person's tenant, department and calendars.
type permission string

const (
	anybody  permission = "anybody"
	signedIn permission = "signed in"
	see      permission = permission(agenda.SeeBookings)
	act      permission = permission(agenda.ActOnBookings)
)

// route is one address of the back office.
type route struct {
	method string // GET answers HEAD as well
	path   string
	needs  permission
	do     handler
}

// routes is all there is. A GET never changes anything.
func (o *Office) routes() []route {
	return []route{
		{http.MethodGet, "/staff", signedIn, o.home},
		{http.MethodGet, "/staff/", signedIn, o.home},
		{http.MethodGet, "/staff/sign-in", anybody, o.signInForm},
		{http.MethodPost, "/staff/sign-in", anybody, o.signIn},
		{http.MethodPost, "/staff/sign-out", signedIn, o.signOut},
		{http.MethodGet, "/staff/invitation/{secret}", anybody, o.invitation},
		{http.MethodPost, "/staff/invitation/{secret}", anybody, o.acceptInvitation},

		{http.MethodGet, "/staff/day", see, o.day},
		{http.MethodGet, "/staff/explain", see, o.why},
		{http.MethodGet, "/staff/bookings/{id}", see, o.booking},
		{http.MethodPost, "/staff/bookings/{id}/approve", act, o.actOn(approve)},
		{http.MethodPost, "/staff/bookings/{id}/check-in", act, o.actOn(checkIn)},
		{http.MethodPost, "/staff/bookings/{id}/serve", act, o.actOn(serve)},
		{http.MethodPost, "/staff/bookings/{id}/no-show", act, o.actOn(noShow)},
		{http.MethodPost, "/staff/bookings/{id}/undo", act, o.actOn(undo)},
		{http.MethodGet, "/staff/bookings/{id}/reject", act, o.endForm(reject)},
		{http.MethodPost, "/staff/bookings/{id}/reject", act, o.actOn(reject)},
		{http.MethodGet, "/staff/bookings/{id}/cancel", act, o.endForm(cancel)},
		{http.MethodPost, "/staff/bookings/{id}/cancel", act, o.actOn(cancel)},
		{http.MethodGet, "/staff/bookings/{id}/move", act, o.moveForm},
		{http.MethodPost, "/staff/bookings/{id}/move", act, o.move},
		{http.MethodGet, "/staff/new", act, o.newForm},
		{http.MethodPost, "/staff/new", act, o.book},
	}
}

// Mount registers the back office.
func (o *Office) Mount(r *mux.Router) {
	for _, x := range o.routes() {
		h := r.Handle(x.path, o.guard(x.needs, x.do))
		if x.method == http.MethodGet {
			h.Methods(http.MethodGet, http.MethodHead)
		} else {
			h.Methods(x.method)
		}
	}
}
