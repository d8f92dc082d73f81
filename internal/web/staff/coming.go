package staff

import (
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// offerAnswer lets staff note what a visitor says on the phone, or take that back.
func offerAnswer(p *bookingPage, c *booking.Card, now time.Time) {
	if c.Status != agenda.Confirmed || !now.Before(c.Start) {
		return
	}
	x, kind := comes, "secondary"
	if !c.Coming.IsZero() {
		x, kind = comesNot, "quiet"
	}
	p.Visit.Acts = append(p.Visit.Acts, press{page.Button{Kind: kind, Label: p.T("staff.act." + x.name), Context: p.Visit.Clock + ", " + p.Visit.Name, Href: p.Visit.Href + "/" + x.name}, ""})
}
