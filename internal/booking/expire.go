package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// expire marks a booking whose time has run out and frees all its seats. A visitor
// whose request the office left unanswered gets a letter. What was typed into a
// request that nobody confirmed is deleted by Forget.
func (d *Desk) expire(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time) error {
	if b.Status == agenda.Expired {
		return nil
	}
	return d.runOut(tx, s, b, now, "expire", ActorJob)
}

func (d *Desk) runOut(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time, act, actor string) error {
	unanswered := b.Awaits == agenda.ConfirmStaff
	b.Status, b.Awaits, b.Changed = agenda.Expired, "", now
	if err := errors.Join(tx.Free(b), tx.SaveBooking(b)); err != nil {
		return err
	}
	if err := log(tx, b, act, actor, nil); err != nil {
		return err
	}
	c, ok := s.CalendarOf(b.Calendar)
	if !ok || !unanswered {
		return nil
	}
	return d.tell(tx, c, b, KindExpired, "")
}

// ExpireOverdue marks up to limit bookings whose time has run out, and reports how
// many. Availability does not wait for it: an expired claim counts as free at
// once. It lets letters go out and what was typed be forgotten.
func (d *Desk) ExpireOverdue(ctx context.Context, limit int) (int, error) {
	var list []*agenda.Booking
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		list, err = tx.Overdue(now, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	n := 0
	var failed error
	for _, b := range list {
		err := d.onBooking(ctx, b.Tenant, b.ID, b, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
			now, err := tx.Now()
			if err != nil || !b.ExpiredAt(now) {
				return err
			}
			return d.expire(tx, s, b, now)
		})
		switch {
		case err == nil:
			n++
		case !errors.Is(err, agenda.ErrNotFound): // one that cannot be marked does not hold up the others
			failed = errors.Join(failed, fmt.Errorf("expire booking %s: %w", b.ID, err))
		}
	}
	return n, failed
}
