// Package staff is the back office at /staff/: signing in, the day of a calendar,
// and what a clerk does with a visit. It turns requests into acts of booking and
// cards into pages; it refuses to know the rules of the book, which are agenda's
// and booking's, and how accounts are kept, which is auth's.
//
// Start reading at Office and its routes, then request.go for who is asking; each
// page has one file of handlers and one template of the same name in ui/staff.
package staff

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Office is the back office's daily work. Its fields are set once.
type Office struct {
	*office.Office
	Desk     *booking.Desk
	Links    booking.Links
	Accounts *auth.Accounts
	Doors    []Door // beside passwords, or in their place

	// Mailboxes are the names of those that letters come back to, by the tenants with a mail
	// server of their own; those of all others under "".
	Mailboxes map[string][]string
}

// Door leads to a sign-on provider.
type Door struct {
	Href    string
	Tenants []string // whose staff signs in there
	Only    bool     // passwords do not work for them
}

// What the routes demand.
const (
	anybody  = office.Anybody
	signedIn = office.SignedIn
	see      = office.Permission(agenda.SeeBookings)
	act      = office.Permission(agenda.ActOnBookings)
	change   = office.Permission(agenda.ChangeSetup)
)

// Routes are the part's routes.
func (o *Office) Routes() []office.Route {
	return []office.Route{
		office.Get("/staff", signedIn, o.home),
		office.Get("/staff/", signedIn, o.home),
		office.Get("/staff/sign-in", anybody, o.signInForm),
		office.Tried(office.Post("/staff/sign-in", anybody, o.signIn)),
		office.Get("/staff/sign-in/code", office.HalfIn, o.codeForm),
		office.Tried(office.Post("/staff/sign-in/code", office.HalfIn, o.enterCode)),
		office.Post("/staff/sign-out", signedIn, o.signOut),
		office.Get("/staff/invitation/{secret}", office.Invited, o.invitation),
		office.Post("/staff/invitation/{secret}", office.Invited, o.acceptInvitation),

		office.Get("/staff/day", see, o.day),
		office.Get("/staff/letters", see, o.letterList),
		office.Post("/staff/letters/pause", change, o.pauseLetters),
		office.Post("/staff/letters/resume", change, o.resumeLetters),
		office.Get("/staff/explain", see, o.why),
		office.Get("/staff/bookings/{id}", see, o.booking),
		office.Get("/staff/bookings/{id}/edit", act, o.editForm),
		office.Post("/staff/bookings/{id}/edit", act, o.edit),
		office.Post("/staff/bookings/{id}/resend", act, o.resend),
		office.Post("/staff/bookings/{id}/letters/{letter}/again", act, o.sendAgain),
		office.Post("/staff/bookings/{id}/reached", act, o.reached),
		office.Post("/staff/bookings/{id}/write-again", act, o.writeAgain),
		office.Get("/staff/bookings/{id}/slip", see, o.slip),
		office.Post("/staff/bookings/{id}/approve", act, o.actOn(approve)),
		office.Post("/staff/bookings/{id}/check-in", act, o.actOn(checkIn)),
		office.Post("/staff/bookings/{id}/serve", act, o.actOn(serve)),
		office.Post("/staff/bookings/{id}/no-show", act, o.actOn(noShow)),
		office.Post("/staff/bookings/{id}/undo", act, o.actOn(undo)),
		office.Post("/staff/bookings/{id}/coming", act, o.actOn(comes)),
		office.Post("/staff/bookings/{id}/not-coming", act, o.actOn(comesNot)),
		office.Post("/staff/bookings/{id}/take-back", act, o.takeBack),
		office.Get("/staff/bookings/{id}/reject", act, o.endForm(reject)),
		office.Post("/staff/bookings/{id}/reject", act, o.actOn(reject)),
		office.Get("/staff/bookings/{id}/cancel", act, o.endForm(cancel)),
		office.Post("/staff/bookings/{id}/cancel", act, o.actOn(cancel)),
		office.Get("/staff/bookings/{id}/move", act, o.moveForm),
		office.Post("/staff/bookings/{id}/move", act, o.move),
		office.Get("/staff/bookings/{id}/service", act, o.serviceForm),
		office.Post("/staff/bookings/{id}/service", act, o.changeService),
		office.Get("/staff/new", act, o.newForm),
		office.Post("/staff/new", act, o.book),
		office.Get("/staff/new/done/{id}", act, o.booked),
		office.Get("/staff/walk-in", act, o.walkInForm),
		office.Post("/staff/walk-in", act, o.walkIn),
		office.Get("/staff/links", act, o.links),
		office.Post("/staff/links", act, o.invite),
		office.Post("/staff/links/{id}/revoke", act, o.revoke),
	}
}

// Mount registers the routes.
func (o *Office) Mount(t *route.Table) { o.Office.Mount(t, o.Routes()) }
