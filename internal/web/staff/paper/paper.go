// Package paper is the day list to print, as a page and as a PDF file, and what keeps
// it printable when the database cannot be reached: today's and tomorrow's visits of
// each office at work are held in memory. It refuses to change anything, and to write
// what it holds anywhere: with the day, or with the process, it is gone.
//
// Start reading at Part, then Memory.
package paper

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the printed lists. Its fields are set once.
type Part struct {
	*office.Office
	Desk   *booking.Desk
	Memory *Memory
}

// Routes are the part's routes.
func (p *Part) Routes() []office.Route {
	see := office.Needs(agenda.SeeBookings)
	return []office.Route{
		office.Get("/staff/day/print", see, p.page),
		office.Get("/staff/day/list.pdf", see, p.pdf),
	}
}

// Mount registers the routes.
func (p *Part) Mount(t *route.Table) { p.Office.Mount(t, p.Routes()) }
