package booking

import (
	"context"
	"encoding/json"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Visit records that somebody arrived, was served or was missed; Confirmed takes
// all of it back. A visit that ended keeps its seats: it took place, or the time
// has passed.
func (d *Desk) Visit(ctx context.Context, p *agenda.Person, id string, to agenda.Status) (*agenda.Booking, error) {
	return d.visit(ctx, p, id, func(*store.Tx, *agenda.Booking) (agenda.Status, error) { return to, nil })
}

// Undo takes the last step of a visit back: somebody marked as served by mistake
// is still there if they had arrived.
func (d *Desk) Undo(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
	return d.visit(ctx, p, id, func(tx *store.Tx, b *agenda.Booking) (agenda.Status, error) {
		if b.Status == agenda.CheckedIn || b.MayVisit(agenda.CheckedIn) != nil {
			return agenda.Confirmed, nil
		}
		entries, err := tx.Journal(b.Tenant, b.ID)
		before := agenda.Confirmed
		for _, e := range entries {
			var step struct{ From, To agenda.Status }
			if e.Act == actVisit && json.Unmarshal([]byte(e.Detail), &step) == nil && step.To == b.Status {
				before = step.From
			}
		}
		if before != agenda.CheckedIn {
			before = agenda.Confirmed
		}
		return before, err
	})
}

// actVisit is the steps of a visit in the journal.
const actVisit = "visit"

func (d *Desk) visit(ctx context.Context, p *agenda.Person, id string, goal func(*store.Tx, *agenda.Booking) (agenda.Status, error)) (done *agenda.Booking, err error) {
	err = d.onBooking(ctx, p.Tenant, id, nil, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		to, err := goal(tx, b)
		if err != nil || b.Status == to {
			return err
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
		return log(tx, b, actVisit, actor(p), map[string]any{"from": was, "to": to})
	})
	return done, err
}
