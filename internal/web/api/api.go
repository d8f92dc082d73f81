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
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/keep"
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

// Mount registers all calls.
func (a API) Mount(root *mux.Router) {
	a.answers = &keep.Map[answered]{Most: answeredBytes}
	r := root.PathPrefix("/api/v1").Subrouter()
	a.route(r, "/openapi.json", verbs{"GET": a.document})

	t := r.PathPrefix("/{tenant}").Subrouter()
	a.route(t, "/services", verbs{"GET": a.either(a.services)})
	a.route(t, "/sites", verbs{"GET": a.either(a.sites)})
	a.route(t, "/calendars", verbs{"GET": a.either(a.calendars)})
	a.route(t, "/availability", verbs{"GET": a.either(a.availability)})
	a.route(t, "/next-free", verbs{"GET": a.either(a.nextFree)})

	a.route(t, "/explain", verbs{"GET": a.staff(agenda.SeeBookings, a.why)})

	a.route(t, "/challenge", verbs{"GET": a.public(a.challenge)})
	a.route(t, "/holds", verbs{"POST": a.public(a.hold)})
	a.route(t, "/bookings", verbs{"POST": a.public(a.book), "GET": a.staff(agenda.SeeBookings, a.list)})
	a.route(t, "/bookings/{secret}", verbs{"GET": a.public(a.show)})
	a.route(t, "/bookings/{secret}/availability", verbs{"GET": a.public(a.elsewhere)})
	a.route(t, "/bookings/{secret}/confirm", verbs{"POST": a.public(a.confirm)})
	a.route(t, "/bookings/{secret}/move", verbs{"POST": a.public(a.move)})
	a.route(t, "/bookings/{secret}/cancel", verbs{"POST": a.public(a.cancel)})
	a.route(t, "/bookings/{secret}/coming", verbs{"POST": a.public(a.coming)})

	a.route(t, "/staff-bookings", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffBook)})
	a.route(t, "/staff-bookings/{id}/approve", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.Desk.Approve))})
	a.route(t, "/staff-bookings/{id}/reject", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.Desk.Reject))})
	a.route(t, "/staff-bookings/{id}/cancel", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.Desk.CancelFor))})
	a.route(t, "/staff-bookings/{id}/move", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffMove)})
	a.route(t, "/staff-bookings/{id}/check-in", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.visit(agenda.CheckedIn)))})
	a.route(t, "/staff-bookings/{id}/serve", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.visit(agenda.Served)))})
	a.route(t, "/staff-bookings/{id}/no-show", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.visit(agenda.NoShow)))})
	a.route(t, "/staff-bookings/{id}/coming", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.says(true)))})
	a.route(t, "/staff-bookings/{id}/not-coming", verbs{"POST": a.staff(agenda.ActOnBookings, a.staffAct(a.says(false)))})

	r.PathPrefix("/").Handler(a.Refuse(http.StatusNotFound))
}

// handler answers a call, or says why not; then it has written nothing.
type handler func(c *call) error

// verbs are what a path answers to.
type verbs map[string]handler

// route registers a path with its methods; where there is GET there is HEAD.
func (a API) route(r *mux.Router, path string, v verbs) {
	if get, ok := v[http.MethodGet]; ok {
		v[http.MethodHead] = get
	}
	allow := strings.Join(slices.Sorted(maps.Keys(v)), ", ")
	r.Handle(path, a.serve(func(c *call) error {
		h, ok := v[c.r.Method]
		if !ok {
			c.w.Header().Set("Allow", allow)
			return &refusal{status: http.StatusMethodNotAllowed}
		}
		return h(c)
	}))
}

// Refuse answers every request with the problem of a status, for what is decided
// around this package: 403 for a form sent from another site, 429 for a limit, 503
// for an overload.
func (a API) Refuse(status int) http.Handler {
	return a.serve(func(*call) error { return &refusal{status: status} })
}
