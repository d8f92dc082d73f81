package jobs

import (
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/mail"
)

// aboutComing announces to visitors that they will be asked whether they come, lets a
// reminder ask, and who lost a visit by silence book again.
func (o *outgoing) aboutComing(l *mail.Letter, v entry.Visit) {
	t, zone := &o.setup.Tenant, o.setup.Zone()
	switch l.Kind {
	case mail.Confirmed, mail.Changed, mail.IncidentMoved:
		if by, ok := o.setup.WillAsk(v.Calendar, v.Items, v.Start, v.Since); ok && v.Status == agenda.Confirmed && v.Coming.IsZero() {
			l.AnswerBy = by.In(zone)
		}
	case mail.Reminder:
		l.ComingURL, l.Comes = o.Links.Coming(t, v.Private.Manage), !v.Coming.IsZero()
		name := strings.TrimPrefix(o.p.Kind, booking.KindReminder)
		if by, ok := booking.AsksUntil(o.setup, o.b, o.now); ok && agenda.Asks(name) {
			l.AnswerBy = by.In(zone)
		}
	case mail.Lapsed:
		if by, ok := o.setup.AnswerBy(v.Items, v.Start); ok {
			l.AnswerBy = by.In(zone)
		}
		if len(v.Items) == 1 {
			if svc, ok := o.setup.Service(v.Items[0].Service); ok && svc.Public == agenda.VisiblePublic {
				l.BookURL = o.Links.Service(t, svc.ID)
			}
		}
	}
}
