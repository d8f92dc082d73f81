package jobs

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/mail"
)

// asTold is the visit that a letter tells of, and its calendar: as they are, and for the
// office of a calendar that it has left, or that has another mailbox, as they were there.
// dropped: it is back.
func (o *outgoing) asTold() (*agenda.Booking, *agenda.Calendar, error) {
	is, ok := o.setup.CalendarOf(o.b.Calendar)
	id, _, left := booking.WhereLeft(o.p.Kind)
	if !left {
		if !ok {
			return nil, nil, dropped("the calendar is gone")
		}
		return o.b, is, nil
	}
	there := o.setup
	if o.before != nil {
		there = o.before
	}
	from, known := there.CalendarOf(id)
	if !known {
		return nil, nil, dropped("the calendar is gone")
	}
	if ok && (is == from || is.StaffMail.Entries && agenda.SameMailbox(is.StaffMail.To, from.StaffMail.To)) {
		return nil, nil, dropped("the visit is back")
	}
	b := *o.b
	b.Calendar = id
	if start := o.leftAt(); !start.IsZero() {
		b.Start, b.End = start, start.Add(b.End.Sub(b.Start))
	}
	if o.before != nil {
		b.Sequence++ // the visit has not changed, and this entry ends all the same
	}
	return &b, from, nil
}

// leftAt is when the visit was to begin before the move that this letter is about.
func (o *outgoing) leftAt() time.Time {
	for _, e := range o.moves {
		var move struct {
			From    time.Time
			Version int
		}
		if json.Unmarshal([]byte(e.Detail), &move) == nil && move.Version == o.p.Version {
			return move.From
		}
	}
	return time.Time{}
}

// addStaffEntry adds the calendar part for the office's own calendar, where that wants
// one: the visit as it is, or that its entry goes. Only a visit that was certain has one.
func (o *outgoing) addStaffEntry(l *mail.Letter, v entry.Visit) (err error) {
	from := l.Sender()
	left := l.Kind == mail.StaffLeft
	if v.Since.IsZero() || !v.Calendar.StaffMail.Entries && !left || strings.EqualFold(from.Address, l.To) {
		return nil
	}
	method := ical.Request
	switch {
	case left || l.Kind == mail.StaffCancelled && v.Status == agenda.Cancelled:
		if method = ical.Cancel; !o.entered() {
			return nil
		}
	case l.Kind == mail.StaffCancelled || v.Status == agenda.Cancelled:
		return nil // another letter says how the visit stands now
	}
	v.Private.Name = mail.SafeName(v.Private.Name)
	e := entry.Event(v, l.Printer, entry.ForStaff)
	e.UID = o.Desk.StaffUID(o.b)
	e.Organizer, e.Attendee = ical.Address{Name: from.Name, Mail: from.Address}, ical.Address{Mail: l.To}
	if l.Calendar, err = ical.Letter(method, e, o.now); err != nil {
		return fmt.Errorf("%w: the calendar part", errUnwritable)
	}
	l.Method = string(method)
	return nil
}

// entered reports whether a letter may have brought the entry before.
func (o *outgoing) entered() bool {
	for _, p := range o.mail {
		if (p.Kind == booking.KindStaffBooked || p.Kind == booking.KindStaffMoved) && p.State != "dropped" && (p.Version < o.p.Version || o.before != nil) {
			return true
		}
	}
	return false
}
