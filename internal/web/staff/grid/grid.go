// Package grid is the calendar on the wall: the day or the week of one calendar, of a
// site, or of several side by side, as a table with time from top to bottom and seats
// from left to right. It shows the whole, lets visits be moved within it, and tells open
// pages of changes.
//
// It refuses to know what is done with a single visit, and the rules of moving one,
// which are booking's. Start reading at Part and its routes, then calendar.go for the
// page, table.go for what stands where, and write.go for the HTML.
package grid

import (
	"context"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the calendar's part of the back office. Its fields are set once.
type Part struct {
	*office.Office
	Desk *booking.Desk
	// Ending is over when the service is about to end: then open streams end too.
	Ending context.Context

	news    news
	written kept
}

// What the routes demand.
const (
	see = office.Permission(agenda.SeeBookings)
	act = office.Permission(agenda.ActOnBookings)
)

// Routes are the part's routes.
func (p *Part) Routes() []office.Route {
	return []office.Route{
		office.Get("/staff/calendar", see, p.calendar),
		office.Get("/staff/calendar/next", see, p.nextFree),
		office.Get("/staff/calendar/events", see, p.events),
		office.Ask("/staff/calendar/keys", see, p.keys),
		office.Post("/staff/calendar/move", act, p.move),
		office.Post("/staff/calendar/take-back", act, p.takeBack),
	}
}

// Mount registers the routes.
func (p *Part) Mount(t *route.Table) { p.Office.Mount(t, p.Routes()) }
