package booking

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Confirm answers the mailed link of a double opt-in. Done twice it says the same
// again. It fails with ErrNotFound and ErrExpired.
func (d *Desk) Confirm(ctx context.Context, tenant, secret string) (*agenda.Booking, error) {
	found, err := d.bySecret(ctx, tenant, secret, store.ForConfirm)
	if err != nil {
		return nil, err
	}
	return d.settle(ctx, tenant, found.ID, found, agenda.ConfirmEmail, nil)
}

// Approve says the office's yes to a request.
func (d *Desk) Approve(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
	return d.settle(ctx, p.Tenant, id, nil, agenda.ConfirmStaff, p)
}

func (d *Desk) settle(ctx context.Context, tenant, id string, seen *agenda.Booking, awaits string, p *agenda.Person) (done *agenda.Booking, err error) {
	expired := false
	err = d.onBooking(ctx, tenant, id, seen, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if expired = b.ExpiredAt(now); expired {
			return d.expire(tx, s, b, now)
		}
		if awaits == agenda.ConfirmEmail && !b.Since.IsZero() && b.Status.Live() {
			return nil // confirmed before: the same answer
		}
		if b.Status != agenda.Pending || b.Awaits != awaits {
			return agenda.ErrState
		}
		return d.makeCertain(tx, s, b, now, actor(p))
	})
	if err == nil && expired {
		err = agenda.ErrExpired
	}
	return done, err
}

func (d *Desk) makeCertain(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time, actor string) error {
	waited := b.Awaits
	b.Status, b.Awaits, b.Expires, b.Changed, b.Since = agenda.Confirmed, "", time.Time{}, now, now
	if err := errors.Join(tx.Keep(b), tx.SaveBooking(b)); err != nil {
		return err
	}
	if waited == agenda.ConfirmEmail { // somebody reads letters there
		if err := tx.Deliverable(b.Tenant, b.EmailHash); err != nil {
			return err
		}
	}
	act := "confirm"
	if waited == agenda.ConfirmStaff {
		act = "approve"
	}
	if err := log(tx, b, act, actor, nil); err != nil {
		return err
	}
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return agenda.ErrNotFound
	}
	news := onBooked
	if waited == agenda.ConfirmStaff && !hasStaffEntry(c, b) {
		news = "" // the office knew of it
	}
	return d.tell(tx, c, b, KindConfirmed, news)
}
