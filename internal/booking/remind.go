package booking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// onTime is how late a reminder may be without counting as overdue.
const onTime = 15 * time.Minute

// Remind posts the reminders that are due, each once per booking, rung of its ladder and
// time of the visit. Of several overdue ones only the latest goes out. A reminder whose
// moment had passed when the visit was booked or moved is never sent: the visitor
// has just read the time. since is when Remind was last called: only moments after
// it are looked at; the zero time means all, as after downtime.
func (d *Desk) Remind(ctx context.Context, since time.Time) error {
	var list []reminder
	failed := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = dueReminders(tx, since)
		return err
	})
	for batch := range slices.Chunk(list, 100) {
		err := d.Store.Update(ctx, func(tx *store.Tx) error {
			for _, x := range batch {
				if err := postAt(tx, x.b, KindReminder+x.Name, x.b.Sequence, x.at); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return errors.Join(failed, err)
		}
	}
	return failed
}

// reminder is one that is due, to leave at a moment: now, or when quiet hours end.
type reminder struct {
	agenda.Rung
	b  *agenda.Booking
	at time.Time
}

func dueReminders(tx *store.Tx, since time.Time) (list []reminder, err error) {
	stretches := func(s *agenda.Setup, now time.Time) []stretch { return remindable(s, since, now) }
	err = eachAhead(tx, stretches, func(s *agenda.Setup, b *agenda.Booking, now time.Time) {
		if x, ok := reminderDue(b, s, now); ok && x.At.After(since) {
			x.b.Sealed = nil // the most of it, and posting does not open it
			list = append(list, x)
		}
	})
	return list, err
}

// eachAhead calls f for the visits of all tenants that start in some stretches, for each
// stretch anew.
func eachAhead(tx *store.Tx, stretches func(*agenda.Setup, time.Time) []stretch, f func(*agenda.Setup, *agenda.Booking, time.Time)) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	tenants, err := tx.Tenants()
	if err != nil {
		return err
	}
	var failed error
	for _, t := range tenants {
		s, err := tx.Setup(t)
		if err != nil { // one that cannot be read keeps no other's visitors waiting
			failed = errors.Join(failed, err)
			continue
		}
		for _, w := range stretches(s, now) {
			for from := w.from; from.Before(w.to); from = from.Add(24 * time.Hour) { // a day at a time is kept in memory
				ahead, err := tx.Ahead(t, from, earlier(from.Add(24*time.Hour), w.to))
				if err != nil {
					return err
				}
				for _, b := range ahead {
					f(s, b, now)
				}
			}
		}
	}
	return failed
}

// stretch is some of the time, from one instant to before another.
type stretch struct{ from, to time.Time }

// remindable are the starts of visits that may have a reminder between since and now:
// those that lie one of the spans in use later, give or take the hours by which a clock
// change or quiet hours shift it.
func remindable(s *agenda.Setup, since, now time.Time) (list []stretch) {
	spans, quiet := spansOf(s), longestQuiet(s)
	if len(spans) == 0 {
		return nil
	}
	slices.SortFunc(spans, agenda.CompareSpans)
	if since.IsZero() { // whatever starts within the longest
		return []stretch{{now, now.Add(lengthOf(spans[len(spans)-1]) + clockChange + quiet)}}
	}
	for _, span := range spans {
		w := stretch{since.Add(lengthOf(span) - clockChange - quiet), now.Add(lengthOf(span) + clockChange + quiet)}
		if w.from.Before(now) {
			w.from = now
		}
		switch n := len(list); {
		case n > 0 && !list[n-1].to.Before(w.from):
			list[n-1].to = w.to
		case w.from.Before(w.to):
			list = append(list, w)
		}
	}
	return list
}

func lengthOf(s agenda.Span) time.Duration {
	return time.Duration(s.Days*1440+s.Minutes) * time.Minute
}

// spansOf gives the spans before visits at which a tenant's reminders stand, before quiet
// hours shift them.
func spansOf(s *agenda.Setup) (spans []agenda.Span) {
	add := func(list ...agenda.Span) {
		for _, span := range list {
			if !slices.Contains(spans, span) {
				spans = append(spans, span)
			}
		}
	}
	for i := range s.Calendars {
		add(s.Calendars[i].Reminders...)
	}
	for i := range s.Services {
		svc := &s.Services[i]
		add(svc.Reminders...)
		if r := svc.Reconfirm; r.Wanted() {
			add(r.Ask, agenda.Span{Minutes: int((lengthOf(r.By) + agenda.LastAsk) / time.Minute)})
		}
	}
	return spans
}

// longestQuiet is more than quiet hours of the tenant shift a reminder.
func longestQuiet(s *agenda.Setup) (most time.Duration) {
	longer := func(q agenda.QuietHours) {
		if q.Some() {
			most = max(most, time.Duration((q.To-q.From+1440)%1440)*time.Minute+agenda.BeforeQuiet)
		}
	}
	longer(s.Mail.QuietHours)
	for i := range s.Calendars {
		longer(s.Calendars[i].QuietHours)
	}
	return most
}

// clockChange is more than any zone turns its clock.
const clockChange = 3 * time.Hour

// ladder is when a booking's reminders go out, without those that ask what the visitor
// has answered.
func ladder(s *agenda.Setup, b *agenda.Booking) []agenda.Rung {
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(s.Ladder(c, b.Items, b.Start), func(r agenda.Rung) bool { return r.Spare && !b.Coming.IsZero() })
}

// quietUntil is the end of the quiet hours that an instant lies in, or else that instant.
func quietUntil(s *agenda.Setup, b *agenda.Booking, t time.Time) time.Time {
	if c, ok := s.CalendarOf(b.Calendar); ok {
		if _, to, in := s.QuietHoursOf(c).Around(t.In(s.Zone())); in {
			return to
		}
	}
	return t
}

// reminderDue is the latest reminder of a booking that should have gone out by now.
func reminderDue(b *agenda.Booking, s *agenda.Setup, now time.Time) (x reminder, due bool) {
	for _, r := range ladder(s, b) {
		if r.At.After(now) {
			break
		}
		x, due = reminder{r, b, quietUntil(s, b, now)}, r.At.After(b.Since)
	}
	if !due || stale(x.Rung, b, x.at) {
		return reminder{}, false
	}
	return x, true
}

// stale reports whether a reminder that leaves at a moment is too late to be of use.
func stale(r agenda.Rung, b *agenda.Booking, at time.Time) bool {
	return !at.Before(b.Start) || at.Sub(r.At) > onTime && b.Start.Sub(at) <= agenda.TooCloseToRemind
}

// StillDue says whether a letter from the outbox should go out as the booking is
// now; if not, reason is a word for the record. newest is the version of the
// visitor's newest letter other than reminders.
func StillDue(p store.Posting, b *agenda.Booking, newest int, now time.Time, s *agenda.Setup) (reason string, ok bool) {
	name, isReminder := strings.CutPrefix(p.Kind, KindReminder)
	switch {
	case isReminder:
		return reminderStillDue(p, name, b, now, s)
	case strings.HasPrefix(p.Kind, "staff-"):
	case p.Kind == KindProposal: // Enclose knows whether it is open
	case p.Version < newest:
		return "a newer letter tells it", false
	case p.Kind == KindConfirmRequest && (b.Awaits != agenda.ConfirmEmail || b.ExpiredAt(now)):
		return "too late", false
	case !now.Before(b.End): // also that it is off: whoever came knows
		return "too late", false
	}
	return "", true
}

func reminderStillDue(p store.Posting, name string, b *agenda.Booking, now time.Time, s *agenda.Setup) (reason string, ok bool) {
	rungs := ladder(s, b)
	i := slices.IndexFunc(rungs, func(r agenda.Rung) bool { return r.Name == name })
	switch {
	case b.Status != agenda.Confirmed:
		return "not confirmed any more", false
	case b.Sequence != p.Version:
		return "moved meanwhile", false
	case i < 0 && agenda.Asks(name) && !b.Coming.IsZero():
		return "the visitor has answered", false
	case i < 0:
		return "not wanted any more", false
	case stale(rungs[i], b, quietUntil(s, b, now)):
		return "too late", false
	case i+1 < len(rungs) && !rungs[i+1].At.After(now):
		return "a later reminder tells it", false
	}
	return "", true
}

// QuietUntil is until when a letter about a booking has to wait, for a reminder does not
// go out in quiet hours; the zero time: it need not.
func QuietUntil(p store.Posting, b *agenda.Booking, now time.Time, s *agenda.Setup) time.Time {
	if !strings.HasPrefix(p.Kind, KindReminder) {
		return time.Time{}
	}
	if until := quietUntil(s, b, now); until.After(now) {
		return until
	}
	return time.Time{}
}
