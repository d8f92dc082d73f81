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

// Forget deletes what is past its retention: bookings n days after the visit,
// unfinished ones after a day, journal entries, old answers and daily lists. It
// reports how many bookings it deleted; at most limit of each tenant.
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
	return n, err
}

func (d *Desk) forget(ctx context.Context, tenant string, limit int) (int, error) {
	var old []*agenda.Booking
	var journal, answers time.Time
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		today := agenda.DateOf(now.In(s.Zone()))
		ends, _ := agenda.At(today-agenda.Date(s.Retention.BookingDays), 0, s.Zone())
		journal, _ = agenda.At(today-agenda.Date(s.Retention.JournalDays), 0, s.Zone())
		answers = now.Add(-unfinished)
		if old, err = tx.EndedBefore(tenant, ends, limit); err != nil {
			return err
		}
		more, err := tx.Unfinished(tenant, answers, limit)
		old = append(old, more...)
		return err
	})
	if err != nil {
		return 0, err
	}
	deleted := 0
	for _, b := range old {
		err := d.onBooking(ctx, tenant, b.ID, func(tx *store.Tx, _ *agenda.Setup, now *agenda.Booking) error {
			if now.Version != b.Version {
				return nil // something happened to it; the next round decides
			}
			deleted++
			return tx.DeleteBooking(now)
		})
		if err != nil && !errors.Is(err, agenda.ErrNotFound) {
			return deleted, err
		}
	}
	return deleted, d.Store.Update(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.ForgetJournal(tenant, journal), tx.ForgetAnswers(answers), tx.ForgetPostings(answers))
	})
}
