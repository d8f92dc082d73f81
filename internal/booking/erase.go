package booking

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// eraseWithin is how long a wish to be forgotten waits for letters at most: that the visit
// is called off has to reach the office's calendar, in which the name stands, too.
const eraseWithin = 24 * time.Hour

// actErase is the wish in the journal.
const actErase = "erase"

// erasing is what the wishes to be forgotten leave to do.
type erasing struct {
	scrub atomic.Bool // the files still hold what was deleted
}

// Erased is what becomes of a wish to be forgotten.
type Erased struct {
	Done  bool      // it is
	Until time.Time // else the latest moment at which it will be
}

// Erase forgets a visit on its visitor's wish, and calls it off where that has not been
// done. While letters about it are on their way it waits for them, a day at most. What is
// left is the bare row, as after the retention. It fails with ErrTooLate, ErrState (somebody
// came, or the time is past: the retention has begun) or ErrExpired.
func (d *Desk) Erase(ctx context.Context, tenant, secret string) (done Erased, err error) {
	b, err := d.bySecret(ctx, tenant, secret, store.ForManage)
	if err != nil {
		return done, err
	}
	err = d.onBooking(ctx, tenant, b.ID, b, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if b.ExpiredAt(now) {
			err = d.expire(tx, s, b, now)
		} else if b.Status.Live() {
			if err = b.MayChange(agenda.Public, now); err == nil {
				err = d.endVisit(tx, s, b, now, ending{act: "cancel"}, KindCancelled)
			}
		}
		if err != nil {
			return err
		}
		wish, err := tx.ErasureOf(b.Tenant, b.ID)
		if errors.Is(err, agenda.ErrNotFound) {
			wish = store.Erasure{Tenant: b.Tenant, Booking: b.ID, At: now}
			err = errors.Join(tx.WishErasure(wish), log(tx, b, actErase, ActorVisitor, nil))
		}
		if err != nil {
			return err
		}
		done, err = erase(tx, s, b, wish, now)
		return err
	})
	if err == nil && done.Done {
		d.erasing.scrub.Store(true)
	}
	return done, err
}

// erase forgets a visit once everybody was told, or when that takes too long.
func erase(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, wish store.Erasure, now time.Time) (Erased, error) {
	n, err := tx.Untold(b.Tenant, b.ID)
	if err != nil {
		return Erased{}, err
	}
	if until := wish.At.Add(eraseWithin); n > 0 && now.Before(until) {
		return Erased{Until: until}, nil
	}
	return Erased{Done: true}, errors.Join(countCanceller(tx, s, b), strip(tx, b))
}

// EraseWished forgets the visits whose visitors wish it and whose letters are done, up to
// limit of them, and what is left of them in the files. Of a visit that the office has
// taken back meanwhile the wish is dropped.
func (d *Desk) EraseWished(ctx context.Context, limit int) error {
	var list []store.Erasure
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Erasures(limit)
		return err
	})
	for _, wish := range list {
		done := Erased{}
		failed := d.onBooking(ctx, wish.Tenant, wish.Booking, nil, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
			now, err := tx.Now()
			if err != nil {
				return err
			}
			if b.Status.Live() {
				return tx.DropErasure(wish.Tenant, wish.Booking)
			}
			done, err = erase(tx, s, b, wish, now)
			return err
		})
		if done.Done && failed == nil {
			d.erasing.scrub.Store(true)
		}
		err = errors.Join(err, failed)
	}
	if d.erasing.scrub.Swap(false) {
		if failed := d.Store.Scrub(ctx); failed != nil {
			d.erasing.scrub.Store(true) // the next round
			if !errors.Is(failed, store.ErrBusy) {
				err = errors.Join(err, failed)
			}
		}
	}
	return err
}
