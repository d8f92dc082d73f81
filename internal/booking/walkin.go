package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// actWalkIn is somebody without appointment in the journal.
const actWalkIn = "walk-in"

// thisTick is the start of a visit that begins at a moment.
func thisTick(c *agenda.Calendar, now time.Time) time.Time {
	return agenda.TickAt(now, c.TickMinutes).Time(c.TickMinutes)
}

// WalkIn books for somebody who stands there without appointment: the seats are claimed
// from this tick on, whatever the raster, within bookable hours and those for visitors
// without appointment, and the visit is checked in. Of the visitor nothing need be known,
// not even a name; a letter goes out only where there is an e-mail address.
//
// Without a seat it is ErrTaken. Knowingly overbooked (Request.Overbook) the visit may
// exceed the seats and last longer than the office is open, which the journal says.
func (d *Desk) WalkIn(ctx context.Context, r Request, f Form, once Once) (Receipt, error) {
	if r.Person == nil {
		return Receipt{}, agenda.ErrForbidden
	}
	if rec, found, err := d.answered(ctx, r.Tenant, once); found || err != nil {
		return rec, err
	}
	r.By, r.WalkIn = agenda.Staff, true
	f.walkIn = true
	b := newBooking(r)
	w, err := d.write(b, f)
	if err != nil {
		return Receipt{}, err
	}
	var rec Receipt
	err = insist(func() error {
		a, err := d.aim(ctx, r)
		if err != nil {
			return err
		}
		b.Number, b.Reference = newNumber(), newReference()
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			fresh := *b
			rec = Receipt{&fresh, w.private.Manage}
			return d.walkIn(tx, a, r, f, w, once, &fresh)
		})
	})
	return d.orAnswered(ctx, r.Tenant, once, rec, err)
}

func (d *Desk) walkIn(tx *store.Tx, a aim, r Request, f Form, w written, once Once, b *agenda.Booking) error {
	x, err := d.look(tx, a, 0)
	if err != nil {
		return err
	}
	c := x.plan.Calendar
	if from, _ := slots.ClaimFor(x.start, x.plan); from != agenda.TickAt(x.now, c.TickMinutes) {
		return agenda.ErrConflict // the next tick began while we waited for the lock
	}
	if err := d.place(x, r, b); err != nil {
		return err
	}
	bad := c.Contact.CheckVisitor(f.Visitor, agenda.Staff)
	bad = slices.DeleteFunc(bad, func(e agenda.FieldError) bool { return e.Field == "name" && e.Code == "required" })
	if err := bad.Or(); err != nil {
		return err
	}
	b.Created, b.Changed, b.Since = x.now, x.now, x.now
	b.Status, b.Sealed, b.EmailHash, b.PhoneHash = agenda.CheckedIn, w.sealed, w.emailHash, w.phoneHash
	b.Language, b.Notify, b.ManageHash = x.setup.Language(f.Language), f.Email != "" && !f.Silent, w.manageHash
	if err := errors.Join(tx.AddBooking(b), tx.Claim(b, x.taken)); err != nil {
		return err
	}
	if err := log(tx, b, actWalkIn, r.Actor, map[string]any{"overbooked": b.Overbooked}); err != nil {
		return err
	}
	if err := d.tell(tx, c, b, KindConfirmed, ""); err != nil || once.Key == "" {
		return err
	}
	return tx.Answer(b.Tenant, once.Path, once.Key, store.Answer{Request: once.Request, Booking: b.ID, Status: b.Status, Start: b.Start, End: b.End})
}
