package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// lapseWithin is how long after the last moment to answer a visit can still lapse. Where
// nobody looked in time the program was down, perhaps also for who wanted to answer: such
// a visit stands.
const lapseWithin = time.Hour

// LapseUnanswered calls off the visits of services that want it whose visitors did not
// say in time that they come, and reports how many. Their seats are free at once. A visit
// lapses only where the last letter that asked in good time was delivered to the address
// that the visit has now, and no letter about it failed: nobody loses a visit by our mail.
func (d *Desk) LapseUnanswered(ctx context.Context) (int, error) {
	var list []*agenda.Booking
	failed := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = unanswered(tx)
		return err
	})
	n := 0
	for _, b := range list {
		lapsed, err := d.lapse(ctx, b)
		switch {
		case err != nil && !errors.Is(err, agenda.ErrNotFound): // one that cannot be called off does not hold up the others
			failed = errors.Join(failed, fmt.Errorf("lapse of booking %s: %w", b.ID, err))
		case lapsed:
			n++
		}
	}
	return n, failed
}

func (d *Desk) lapse(ctx context.Context, seen *agenda.Booking) (lapsed bool, err error) {
	err = d.onBooking(ctx, seen.Tenant, seen.ID, seen, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		lapsed = false
		now, err := tx.Now()
		if err != nil {
			return err
		}
		letters, err := tx.Postings(b.Tenant, b.ID)
		if err != nil {
			return err
		}
		asked, told := hasLapsed(s, b, letters, now)
		if !told {
			return nil
		}
		if reached, err := wentTo(tx, asked, b.EmailHash); err != nil || !reached {
			return err
		}
		unreached, err := tx.TasksOf(b.Tenant, b.ID)
		if err != nil || len(unreached) > 0 {
			return err
		}
		by, _ := s.AnswerBy(b.Items, b.Start)
		lapsed = true
		return d.endVisit(tx, s, b, now, ending{act: actLapse, by: &agenda.Person{Tenant: b.Tenant, ID: ActorJob}, silent: by}, KindLapsed)
	})
	return lapsed && err == nil, err
}

// unanswered lists the visits that may have lapsed just now, of all tenants.
func unanswered(tx *store.Tx) (list []*agenda.Booking, err error) {
	stretches := func(s *agenda.Setup, now time.Time) (list []stretch) {
		for _, span := range answerSpans(s) {
			from := now.Add(lengthOf(span) - lapseWithin - clockChange)
			if from.Before(now) {
				from = now
			}
			list = append(list, stretch{from, now.Add(lengthOf(span) + clockChange)})
		}
		return list
	}
	err = eachAhead(tx, stretches, func(s *agenda.Setup, b *agenda.Booking, now time.Time) {
		if silent(s, b, now) && !slices.ContainsFunc(list, func(o *agenda.Booking) bool { return o.Number == b.Number }) {
			list = append(list, b)
		}
	})
	return list, err
}

// answerSpans are how long before visits answers are due, in a tenant's services.
func answerSpans(s *agenda.Setup) (spans []agenda.Span) {
	for i := range s.Services {
		if r := s.Services[i].Reconfirm; r.Wanted() && !slices.Contains(spans, r.By) {
			spans = append(spans, r.By)
		}
	}
	return spans
}

// silent reports whether the last moment to say that one comes has just passed unused.
func silent(s *agenda.Setup, b *agenda.Booking, now time.Time) bool {
	by, wanted := s.AnswerBy(b.Items, b.Start)
	return wanted && b.Status == agenda.Confirmed && b.Notify && b.Coming.IsZero() &&
		!now.Before(by) && now.Sub(by) < lapseWithin && now.Before(b.Start)
}

// wentTo reports whether a letter was taken for an address. Whoever was asked at another
// one, which has been changed since, was not asked.
func wentTo(tx *store.Tx, p store.Posting, emailHash string) (bool, error) {
	life, err := tx.Life(p.Tenant, p.Subject)
	return slices.ContainsFunc(life[p.MessageID], func(s store.Said) bool { return s.What == store.Accepted && tx.SameHash(s.EmailHash, emailHash) }), err
}

// hasLapsed reports whether a visitor's silence ends the visit, and the letter that asked
// them in time.
func hasLapsed(s *agenda.Setup, b *agenda.Booking, letters []store.Posting, now time.Time) (asked store.Posting, told bool) {
	if !silent(s, b, now) {
		return asked, false
	}
	by, _ := s.AnswerBy(b.Items, b.Start)
	latest := by.Add(-agenda.FairNotice)
	kind := ""
	for _, r := range ladder(s, b) {
		if r.Asks() && r.At.After(b.Since) && !r.At.After(latest) {
			kind = KindReminder + r.Name
		}
	}
	for _, p := range letters {
		switch {
		case strings.HasPrefix(p.Kind, "staff-"), p.State == "dropped":
		case p.State != "sent" && p.State != "queued":
			return asked, false // at this address letters fail
		case p.Kind == kind && p.Version == b.Sequence:
			asked, told = p, p.State == "sent" && !p.Done.After(latest)
		}
	}
	return asked, told
}
