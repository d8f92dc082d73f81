package booking

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Held is a slot kept for somebody who is filling in the form.
type Held struct {
	Secret  string // opens it, to nobody else
	Booking *agenda.Booking
}

// NewHoldSecret makes the secret of a hold before there is one, so that a request that
// is sent twice keeps one slot and not two.
func NewHoldSecret() string { return seal.NewDatedSecret() }

// Hold keeps a slot for the calendar's holdMinutes. It fails with ErrTaken,
// ErrWindowClosed, ErrNoHolds, ErrUnproven, or what CheckWish refuses; with ErrConflict or ErrTaken
// where the request's own secret has been used already.
func (d *Desk) Hold(ctx context.Context, r Request) (Held, error) {
	h := Held{Secret: r.Secret}
	if h.Secret == "" {
		h.Secret = NewHoldSecret()
	}
	hash := seal.SecretHash(h.Secret)
	spend, err := d.proven(ctx, r)
	if err != nil {
		return h, err
	}
	err = insist(func() error {
		a, err := d.aim(ctx, r)
		if err != nil {
			return err
		}
		if a.plan.Calendar.HoldMinutes == 0 {
			return agenda.ErrNoHolds
		}
		fresh := newBooking(r)
		fresh.HoldHash = hash
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			b := *fresh
			h.Booking = &b
			return spend.after(tx, d.hold(tx, a, r, &b))
		})
	})
	if err == nil {
		d.seatTaken(ctx, r)
	}
	return h, err
}

func (d *Desk) hold(tx *store.Tx, a aim, r Request, b *agenda.Booking) error {
	f, err := d.look(tx, a, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(mayHold(tx, r), d.place(f, r, b)); err != nil {
		return err
	}
	b.Status, b.Created, b.Changed = agenda.Held, f.now, f.now
	b.Expires = f.now.Add(time.Duration(f.plan.Calendar.HoldMinutes) * time.Minute)
	if err := tx.AddBooking(b); err != nil {
		return err
	}
	if err := tx.Claim(b, f.taken); err != nil {
		return err
	}
	return log(tx, b, "hold", r.Actor, nil)
}

// newBooking makes what a booking has from its first moment. It is made before the
// transaction, so that a transaction run again writes the same one.
func newBooking(r Request) *agenda.Booking {
	id := newID()
	return &agenda.Booking{
		Tenant: r.Tenant, ID: id, Number: newNumber(), Reference: newReference(), UID: id + uidEnd,
		Channel: r.By, Items: r.Wish.Items, Mode: r.Wish.Mode, Language: "de", Version: 1,
	}
}

// Release gives a held slot back before its time.
func (d *Desk) Release(ctx context.Context, tenant, secret string) error {
	b, err := d.bySecret(ctx, tenant, secret, store.ForHold)
	if err != nil {
		return err
	}
	return d.onBooking(ctx, tenant, b.ID, b, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		if b.Status != agenda.Held {
			return agenda.ErrState
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		return d.runOut(tx, s, b, now, "release", ActorVisitor)
	})
}
