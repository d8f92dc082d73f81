package booking

import (
	"context"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Visit records that somebody arrived, was served or was missed; Confirmed takes
// such a step back. A visit that ended keeps its seats: it took place, or the time
// has passed.
func (d *Desk) Visit(ctx context.Context, p *agenda.Person, id string, to agenda.Status) (done *agenda.Booking, err error) {
	err = d.onBooking(ctx, p.Tenant, id, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		if b.Status == to {
			return nil
		}
		if err := b.MayVisit(to); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		was := b.Status
		b.Status, b.Changed = to, now
		if err := tx.SaveBooking(b); err != nil {
			return err
		}
		return log(tx, b, "visit", actor(p), map[string]any{"from": was, "to": to})
	})
	return done, err
}
