package booking

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// unfinished is how long a hold or request that nobody finished is kept: as long
// as an idempotency key may ask for the answer again.
const unfinished = 24 * time.Hour

// Forget deletes what is past its retention. Of a visit that had been certain,
// everything about its visitor goes n days after it; the bare row stays as long as
// feeds show it (FeedDays), so that an entry does not vanish from the staff's
// calendars. Other bookings go as a whole, unfinished ones after a day; so do
// journal entries, looks, old answers, spent proofs, daily lists, figures, and sessions of the staff. Of a row that goes its number
// stays: it is counted in the same transaction, so exactly once. Forget reports how
// many bookings it dealt with, at most 3 limit of each tenant, and leaves no trace of
// them in the database's files: on SQLite at once, on PostgreSQL after the next night.
func (d *Desk) Forget(ctx context.Context, limit int) (n int, err error) {
	var tenants []string
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		tenants, err = tx.Tenants()
		return err
	})
	for _, t := range tenants {
		if err == nil {
			var m int
			m, err = d.forget(ctx, t, limit)
			n += m
		}
	}
	if err != nil {
		return n, err
	}
	now, err := d.Store.Now(ctx)
	if err == nil && now.Hour() == rewriteHour {
		err = d.Store.Rewrite(ctx)
	}
	return n, errors.Join(err, d.Store.Scrub(ctx)) // also when n is 0: a reader may have been in the way last time
}

// rewriteHour is when in UTC the tables of PostgreSQL are written anew: the job comes by
// once in it, and nobody books.
const rewriteHour = 1

// old is what a tenant has to forget.
type old struct {
	bookings []*agenda.Booking
	bare     time.Time // bookings before it go as a whole
	journal  time.Time
	answers  time.Time
	figures  agenda.Date

	addresses time.Time // that letters came back from
}

func (d *Desk) old(ctx context.Context, tenant string, limit int) (o old, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		daysAgo := func(n int) time.Time { return s.DaysAgo(now, n) }
		o = old{bare: daysAgo(max(s.Retention.BookingDays, FeedDays)), journal: daysAgo(s.Retention.JournalDays), answers: now.Add(-unfinished),
			figures: agenda.DateOf(daysAgo(s.Retention.StatisticsDays)), addresses: daysAgo(s.Retention.BookingDays)}
		for _, list := range []func() ([]*agenda.Booking, error){
			func() ([]*agenda.Booking, error) { return tx.Past(tenant, daysAgo(s.Retention.BookingDays), limit) },
			func() ([]*agenda.Booking, error) { return tx.Bare(tenant, o.bare, limit) },
			func() ([]*agenda.Booking, error) { return tx.Unfinished(tenant, o.answers, limit) },
		} {
			more, err := list()
			if err != nil {
				return err
			}
			o.bookings = append(o.bookings, more...)
		}
		return nil
	})
	return o, err
}

func (d *Desk) forget(ctx context.Context, tenant string, limit int) (n int, err error) {
	o, err := d.old(ctx, tenant, limit)
	if err != nil {
		return 0, err
	}
	for _, b := range o.bookings {
		err := d.onBooking(ctx, tenant, b.ID, b, func(tx *store.Tx, s *agenda.Setup, now *agenda.Booking) error {
			if now.Version != b.Version {
				return nil // something happened to it; the next round decides
			}
			if now.Since.IsZero() || now.Start.Before(o.bare) {
				return errors.Join(count(tx, s, now), tx.DeleteBooking(now))
			}
			return errors.Join(countCanceller(tx, s, now), strip(tx, now))
		})
		if err != nil && !errors.Is(err, agenda.ErrNotFound) {
			return n, err
		}
		n++
	}
	return n, d.Store.Update(ctx, func(tx *store.Tx) error {
		incidents, err := tx.PastIncidents(tenant, o.journal)
		for _, id := range incidents {
			err = errors.Join(err, tx.DropIncident(tenant, id))
		}
		return errors.Join(err, tx.ForgetJournal(tenant, o.journal), tx.ForgetViewings(tenant, o.journal), tx.ForgetAnswers(o.answers), tx.ForgetNewAddresses(o.answers.Add(unfinished-addressKept)), tx.ForgetStrayLetters(o.answers), tx.ForgetServiceLinks(o.answers.Add(unfinished-linkKept)), tx.ForgetPostings(o.answers), tx.ForgetDeliveries(tenant, o.answers, o.addresses), tx.ForgetFigures(tenant, o.figures), tx.ForgetBarriers(tenant, o.answers.Add(unfinished-barrierKept)), tx.ForgetSessions(tenant), tx.ForgetHookTests(tenant, o.answers.Add(unfinished-hookTestKept)), tx.ForgetProofs(o.answers.Add(unfinished)), tx.ForgetSignInTries(o.answers.Add(unfinished)))
	})
}

// strip leaves of a booking what is no personal data: when, where and what for.
// Its last change stays as it was: the visit has not changed.
func strip(tx *store.Tx, b *agenda.Booking) error {
	if err := tx.Bury(b); err != nil {
		return err
	}
	b.Sealed, b.EmailHash, b.PhoneHash, b.Notify = nil, "", "", false
	b.HoldHash, b.ManageHash, b.ConfirmHash = "", "", ""
	for i := range b.Items {
		b.Items[i].Answers = nil // people write about themselves in them
	}
	return tx.SaveBooking(b)
}
