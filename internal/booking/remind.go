package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Reminders that are overdue, after downtime, go out only while the visit is this
// far ahead.
const tooCloseToRemind = 2 * time.Hour

// onTime is how late a reminder may be without counting as overdue.
const onTime = 15 * time.Minute

// Remind posts the reminders that are due, each once per booking, span and time of
// the visit. Of several overdue ones only the latest goes out. A reminder whose
// moment had passed when the visit was booked or moved is never sent: the visitor
// has just read the time. since is when Remind was last called: only moments after
// it are looked at; the zero time means all, as after downtime.
func (d *Desk) Remind(ctx context.Context, since time.Time) error {
	var list []reminder
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = dueReminders(tx, since)
		return err
	})
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(list, 100) {
		err := d.Store.Update(ctx, func(tx *store.Tx) error {
			for _, x := range batch {
				if err := post(tx, x.b, KindReminder+x.span.String(), x.b.Sequence); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

type reminder struct {
	b    *agenda.Booking
	span agenda.Span
}

func dueReminders(tx *store.Tx, since time.Time) (list []reminder, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	ahead, err := remindable(tx, since, now)
	if err != nil {
		return nil, err
	}
	for _, b := range ahead {
		s, err := tx.Setup(b.Tenant)
		if err != nil {
			return nil, err
		}
		c, ok := s.CalendarOf(b.Calendar)
		if !ok {
			continue
		}
		span, ok := reminderDue(b, c, now, s.Zone())
		if ok && span.Before(b.Start.In(s.Zone())).After(since) {
			list = append(list, reminder{b, span})
		}
	}
	return list, nil
}

// remindable lists the bookings that may have a reminder between since and now:
// those that start one of the spans in use later, give or take the hours by which
// a clock change shifts a day.
func remindable(tx *store.Tx, since, now time.Time) (list []*agenda.Booking, err error) {
	tenants, err := tx.Tenants()
	if err != nil {
		return nil, err
	}
	for _, t := range tenants {
		s, err := tx.Setup(t)
		if err != nil {
			return nil, err
		}
		spans := spansOf(s)
		if since.IsZero() && len(spans) > 0 { // whatever starts within the longest
			spans = []agenda.Span{slices.MaxFunc(spans, agenda.CompareSpans)}
		}
		for _, span := range spans {
			length := time.Duration(span.Days*1440+span.Minutes) * time.Minute
			from, to := since.Add(length-clockChange), now.Add(length+clockChange)
			if from.Before(now) {
				from = now
			}
			some, err := tx.Ahead(t, from, to)
			if err != nil {
				return nil, err
			}
			list = append(list, some...)
		}
	}
	return list, nil
}

// spansOf gives the spans that a tenant's calendars remind at.
func spansOf(s *agenda.Setup) (spans []agenda.Span) {
	for i := range s.Calendars {
		for _, span := range s.Calendars[i].Reminders {
			if !slices.Contains(spans, span) {
				spans = append(spans, span)
			}
		}
	}
	return spans
}

// clockChange is more than any zone turns its clock.
const clockChange = 3 * time.Hour

// reminderDue is the latest reminder of a booking that should have gone out by now.
func reminderDue(b *agenda.Booking, c *agenda.Calendar, now time.Time, zone *time.Location) (agenda.Span, bool) {
	spans := slices.SortedFunc(slices.Values(c.Reminders), agenda.CompareSpans)
	for _, span := range spans { // the shortest is the latest
		at := span.Before(b.Start.In(zone))
		if at.After(now) {
			continue
		}
		if !at.After(b.Since) || now.Sub(at) > onTime && b.Start.Sub(now) <= tooCloseToRemind {
			return agenda.Span{}, false
		}
		return span, true
	}
	return agenda.Span{}, false
}

// StillDue says whether a letter from the outbox should go out as the booking is
// now; if not, reason is a word for the record. newest is the version of the
// visitor's newest letter other than reminders.
func StillDue(p store.Posting, b *agenda.Booking, newest int, now time.Time, zone *time.Location) (reason string, ok bool) {
	span, isReminder := strings.CutPrefix(p.Kind, KindReminder)
	switch {
	case isReminder:
		s, err := agenda.ParseSpan(span)
		at := s.Before(b.Start.In(zone))
		switch {
		case err != nil || b.Status != agenda.Confirmed:
			return "not confirmed any more", false
		case b.Sequence != p.Version:
			return "moved meanwhile", false
		case !now.Before(b.Start), now.Sub(at) > onTime && b.Start.Sub(now) <= tooCloseToRemind:
			return "too late", false
		}
	case strings.HasPrefix(p.Kind, "staff-"):
	case p.Kind == KindProposal: // Enclose knows whether it is open
	case p.Version < newest:
		return "a newer letter tells it", false
	case p.Kind == KindConfirmRequest && (b.Awaits != agenda.ConfirmEmail || b.ExpiredAt(now)):
		return "too late", false
	case (p.Kind == KindConfirmed || p.Kind == KindChanged || p.Kind == KindIncidentMoved || p.Kind == KindReceived) && !now.Before(b.End):
		return "too late", false
	}
	return "", true
}
