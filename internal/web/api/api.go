// Package api is the book for programs: portals, form engines and scripts of the
// office speak JSON with it at /api/v1, as ui/api/openapi.json describes. A handler
// reads a request, asks the desk, and writes the answer or returns an error;
// problem.go alone decides what a program is told of an error.
//
// It refuses to know how anything is stored or looks on a page. It sets and reads
// no cookie. Pages of other sites may read what everybody may keep, and nothing else; a
// program shows a token where it acts for staff.
//
// Start reading at Mount, the table of all calls, then at call in call.go.
package api

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/keep"
	"terminvergabe/internal/web/route"
)

// API answers the calls. Its fields are set once; Log may be nil.
type API struct {
	Desk      *booking.Desk
	Accounts  *auth.Accounts
	Links     booking.Links
	Catalogue *i18n.Catalogue
	Log       *slog.Logger

	answers *keep.Map[answered]
}

// What the calls promise. Answers about the office may be kept where no token was shown.
var (
	anybody = route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}
	office  = route.Policy{Who: route.Who{Shows: route.Nothing, More: route.Token}, Data: route.Open, Keep: route.Everyone, Rate: route.Requests}
	manages = route.Policy{Who: route.Who{Shows: route.Manage}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}
)

// staff is the policy of what needs a token with a right.
func staff(right agenda.Right) route.Policy {
	return route.Policy{Who: route.Who{Shows: route.Token, Right: right}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}
}

// Mount registers all calls.
func (a API) Mount(table *route.Table) {
	a.answers = &keep.Map[answered]{Most: answeredBytes}
	t := calls{API: a, table: table, allow: map[string][]string{}}
	t.get("openapi.json", office, a.document)

	t.get("{tenant}/services", office, a.services)
	t.get("{tenant}/sites", office, a.sites)
	t.get("{tenant}/calendars", office, a.calendars)
	t.get("{tenant}/availability", office, a.availability)
	t.get("{tenant}/next-free", office, a.nextFree)

	see, act := staff(agenda.SeeBookings), staff(agenda.ActOnBookings)
	t.get("{tenant}/explain", see, a.why)

	t.get("{tenant}/challenge", anybody, a.challenge)
	t.post("{tenant}/holds", anybody.Limited(route.Holds), a.hold)
	t.post("{tenant}/bookings", anybody.Limited(route.Bookings), a.book)
	t.get("{tenant}/bookings", see, a.list)
	t.get("{tenant}/bookings/{secret}", manages, a.show)
	t.get("{tenant}/bookings/{secret}/availability", manages, a.elsewhere)
	t.post("{tenant}/bookings/{secret}/confirm", route.Policy{Who: route.Who{Shows: route.Confirm}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}, a.confirm)
	t.post("{tenant}/bookings/{secret}/move", manages, a.move)
	t.post("{tenant}/bookings/{secret}/cancel", manages, a.cancel)
	t.post("{tenant}/bookings/{secret}/coming", manages, a.coming)

	t.post("{tenant}/staff-bookings", act, a.staffBook)
	t.post("{tenant}/staff-bookings/{id}/approve", act, a.staffAct(a.Desk.Approve))
	t.post("{tenant}/staff-bookings/{id}/reject", act, a.staffAct(a.Desk.Reject))
	t.post("{tenant}/staff-bookings/{id}/cancel", act, a.staffAct(a.Desk.CancelFor))
	t.post("{tenant}/staff-bookings/{id}/move", act, a.staffMove)
	t.post("{tenant}/staff-bookings/{id}/check-in", act, a.staffAct(a.visit(agenda.CheckedIn)))
	t.post("{tenant}/staff-bookings/{id}/serve", act, a.staffAct(a.visit(agenda.Served)))
	t.post("{tenant}/staff-bookings/{id}/no-show", act, a.staffAct(a.visit(agenda.NoShow)))
	t.post("{tenant}/staff-bookings/{id}/coming", act, a.staffAct(a.says(true)))
	t.post("{tenant}/staff-bookings/{id}/not-coming", act, a.staffAct(a.says(false)))

	t.refuseTheRest()
}

// handler answers a call, or says why not; then it has written nothing.
type handler func(c *call) error

// calls puts the calls into the table of all addresses.
type calls struct {
	API
	table *route.Table
	allow map[string][]string // methods by path
}

const prefix = "/api/v1/"

func (t calls) get(path string, p route.Policy, h handler) {
	t.allow[prefix+path] = append(t.allow[prefix+path], http.MethodGet, http.MethodHead)
	t.table.Get(prefix+path, p, t.serve(t.guard(path, p.Who, h)))
}

func (t calls) post(path string, p route.Policy, h handler) {
	t.allow[prefix+path] = append(t.allow[prefix+path], http.MethodPost)
	t.table.Post(prefix+path, p, t.serve(t.guard(path, p.Who, h)))
}

// guard lets in whom the policy lets in.
func (t calls) guard(path string, who route.Who, h handler) handler {
	switch {
	case !strings.HasPrefix(path, "{tenant}/"):
		return h
	case who.Shows == route.Token:
		return t.staff(who.Right, h)
	case who.More == route.Token:
		return t.either(h)
	}
	return t.public(h)
}

// refuseTheRest answers as programs expect it where there is no such call.
func (t calls) refuseTheRest() {
	for path, methods := range t.allow {
		allow := strings.Join(slices.Sorted(slices.Values(methods)), ", ")
		t.table.Refuse(path, t.serve(func(c *call) error {
			c.w.Header().Set("Allow", allow)
			return &refusal{status: http.StatusMethodNotAllowed}
		}))
	}
	t.table.Refuse(prefix, t.API.Refuse(http.StatusNotFound))
}

// Refuse answers every request with the problem of a status, for what is decided
// around this package: 403 for a form sent from another site, 429 for a limit, 503
// for an overload.
func (a API) Refuse(status int) http.Handler {
	return a.serve(func(*call) error { return &refusal{status: status} })
}
