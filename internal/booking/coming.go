package booking

import (
	"context"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Acts in the journal about whether a visitor comes.
const (
	actComing    = "coming"     // they said so, or somebody of the staff for them
	actNotComing = "not-coming" // staff took it back
	actLapse     = "lapse"      // nobody said so in time
)

// Coming records that the bearer of the manage secret said that they come. Said twice it
// says the same again. It fails with ErrState where there is no certain visit, ErrTooLate
// once it has begun.
func (d *Desk) Coming(ctx context.Context, tenant, secret string) (*agenda.Booking, error) {
	b, err := d.bySecret(ctx, tenant, secret, store.ForManage)
	if err != nil {
		return nil, err
	}
	return d.coming(ctx, tenant, b.ID, b, nil, true)
}

// ComingFor records for a visitor who has told the office that they come, or takes that
// back.
func (d *Desk) ComingFor(ctx context.Context, p *agenda.Person, id string, comes bool) (*agenda.Booking, error) {
	return d.coming(ctx, p.Tenant, id, nil, p, comes)
}

func (d *Desk) coming(ctx context.Context, tenant, id string, seen *agenda.Booking, p *agenda.Person, comes bool) (done *agenda.Booking, err error) {
	err = d.onBooking(ctx, tenant, id, seen, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		now, err := tx.Now()
		switch {
		case err != nil:
			return err
		case b.Status != agenda.Confirmed:
			return agenda.ErrState
		case !now.Before(b.Start):
			return agenda.ErrTooLate
		case comes == !b.Coming.IsZero():
			return nil
		}
		act := actNotComing
		b.Coming, b.Changed = time.Time{}, now
		if comes {
			b.Coming, act = now, actComing
		}
		if err := tx.SaveBooking(b); err != nil {
			return err
		}
		return log(tx, b, act, actor(p), map[string]any{"version": b.Version})
	})
	return done, err
}

// AsksUntil is until when a visitor is asked whether they come, and loses the visit by
// silence; ok is false where nobody has asked, they have answered, or the time is over.
func AsksUntil(s *agenda.Setup, b *agenda.Booking, now time.Time) (by time.Time, ok bool) {
	by, wanted := s.AnswerBy(b.Items, b.Start)
	if !wanted || b.Status != agenda.Confirmed || !b.Notify || !b.Coming.IsZero() || !now.Before(by) {
		return by, false
	}
	for _, r := range ladder(s, b) {
		if r.Asks() && r.At.After(b.Since) && !r.At.After(now) {
			return by, true
		}
	}
	return by, false
}
