package jobs

import (
	"errors"
	"fmt"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// aboutAddress tells letters about a visit's e-mail address from those about the visit.
func aboutAddress(kind string) bool {
	return kind == booking.KindAddressRequest || kind == booking.KindAddressChanged
}

func (o *outgoing) readAddress(tx *store.Tx) (err error) {
	o.address, err = tx.NewAddress(o.p.Tenant, o.p.Subject, o.p.Version)
	if errors.Is(err, agenda.ErrNotFound) {
		return dropped("the request is gone")
	}
	return err
}

// aboutAddress asks whoever is at a new address, or tells whoever is at the one before.
// To the first it comes from the tenant: they may be a stranger.
func (o *outgoing) aboutAddress() (l mail.Letter, err error) {
	asks, b, zone := o.p.Kind == booking.KindAddressRequest, o.b, o.setup.Zone()
	c, ok := o.setup.CalendarOf(b.Calendar)
	switch {
	case !ok:
		return l, dropped("the calendar is gone")
	case b.Sealed == nil || !o.now.Before(b.End):
		return l, dropped("too late")
	case asks && (o.address.State != store.AddressOpen || !o.now.Before(o.address.Expires) || b.MayChange(agenda.Public, o.now) != nil):
		return l, dropped("too late")
	}
	email, former, secret, err := o.Desk.AddressLetter(o.address)
	if err != nil {
		return l, err
	}
	to := former
	if asks {
		to, c = email, &agenda.Calendar{}
	}
	l = o.letter(c)
	l.Sensitive = o.setup.Sensitive(b.Items)
	if l.To, err = agenda.CheckAddress(to); err != nil {
		return l, dropped("there is no address")
	}
	l.Start, l.End = b.Start.In(zone), b.End.In(zone)
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
	if asks {
		l.ConfirmURL, l.ConfirmBy = o.Links.Address(&o.setup.Tenant, secret), o.address.Expires.In(zone)
		return l, nil
	}
	l.Reference = b.Reference
	return l, o.takeOut(&l, c)
}

// takeOut adds what takes the visit's entry out of the calendar of an address that was
// given up. Its number is below that of the entry at the new address (see
// booking.ConfirmAddress), and it tells nothing that the reader did not know.
func (o *outgoing) takeOut(l *mail.Letter, c *agenda.Calendar) (err error) {
	if d, ok := o.setup.DepartmentOf(c.Department); ok && d.Invite == "publish" {
		l.EntriesByHand = !o.b.Since.IsZero()
		return nil
	}
	if o.b.Since.IsZero() || o.b.Sequence < 2 {
		return nil // there never was an entry
	}
	e := entry.Event(entry.Visit{Booking: o.b, Setup: o.setup, Calendar: c}, l.Printer, entry.ForVisitor)
	from := l.Sender()
	e.Sequence--
	e.Description, e.Location, e.Geo = "", "", nil
	e.Organizer, e.Attendee = ical.Address{Name: from.Name, Mail: from.Address}, ical.Address{Mail: l.To}
	if l.Calendar, err = ical.Letter(ical.Cancel, e, o.now); err != nil {
		return fmt.Errorf("%w: the calendar part", errUnwritable)
	}
	l.Method = string(ical.Cancel)
	return nil
}
