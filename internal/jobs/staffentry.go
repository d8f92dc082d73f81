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

// asTold is the visit that a letter tells of: as it is, and for the office of a calendar
// that it has left as it was there. dropped: it is back.
func (o *outgoing) asTold() (*agenda.Booking, error) {
	id, left := strings.CutPrefix(o.p.Kind, booking.KindStaffLeft)
	if !left {
		return o.b, nil
	}
	from, known := o.setup.CalendarOf(id)
	is, ok := o.setup.CalendarOf(o.b.Calendar)
	if known && ok && (is == from || is.StaffMail.Entries && agenda.SameMailbox(is.StaffMail.To, from.StaffMail.To)) {
		return nil, dropped("the visit is back")
	}
	b := *o.b
	b.Calendar = id
	if start := o.leftAt(); !start.IsZero() {
		b.Start, b.End = start, start.Add(b.End.Sub(b.Start))
	}
	return &b, nil
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
		if (p.Kind == booking.KindStaffBooked || p.Kind == booking.KindStaffMoved) && p.State != "dropped" && p.Version < o.p.Version {
			return true
		}
	}
	return false
}
