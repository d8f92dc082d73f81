package jobs

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

func (o *outgoing) readLinks(tx *store.Tx) error {
	visits, reason, err := o.Desk.LinksTo(tx, o.p)
	if err == nil && reason != "" {
		err = dropped(reason)
	}
	o.visits = visits
	return err
}

// links writes to an address where its visits are seen and changed. It goes to the
// address that stands in the visits, never to what somebody typed, and comes from the
// tenant, for the visits may be at several departments.
func (o *outgoing) links() (l mail.Letter, err error) {
	last := o.visits[0] // that was booked: its language is the newest that we know
	for _, b := range o.visits {
		if b.Created.After(last.Created) {
			last = b
		}
	}
	o.b = last
	asked := o.p
	o.p.Kind = string(mail.Links)
	l = o.letter(&agenda.Calendar{})
	l.Tenant.Name = o.text(l, o.setup.Tenant.Name)
	for _, b := range o.visits {
		c, ok := o.setup.CalendarOf(b.Calendar)
		private, err := o.Desk.Private(b)
		if err != nil { // one visit that cannot be opened keeps no other back
			o.Log.Error("a visit is left out of a letter with links", "tenant", b.Tenant, "error", err)
			continue
		}
		to, err := agenda.CheckAddress(private.Email)
		if !ok || err != nil || !o.Desk.Spelled(asked, to) {
			continue
		}
		l.To, l.Sensitive = to, l.Sensitive || o.setup.Sensitive(b.Items)
		v := mail.Visit{Start: b.Start.In(o.setup.Zone()), End: b.End.In(o.setup.Zone()), Items: o.items(l, b.Items), Mode: b.Mode, Place: o.place(l, c),
			ManageURL: o.Links.Manage(&o.setup.Tenant, private.Manage)}
		l.Visits = append(l.Visits, v)
	}
	if len(l.Visits) == 0 {
		return l, dropped("the address is spelled otherwise")
	}
	l.Start, l.End = l.Visits[0].Start, l.Visits[0].End
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
	return l, nil
}
