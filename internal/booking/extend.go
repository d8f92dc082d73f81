package booking

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Extensions is how often the time of a hold can be had again from the start: what
// WCAG 2.2, 2.2.1 asks for at least. All of it together is the bound; asking early and
// often gives no more.
const Extensions = 10

// leastGain is how much longer a hold must last for an extension to be written down:
// pressing a button twice is one extension.
const leastGain = time.Minute

// Extend keeps a hold for the calendar's holdMinutes from now on, within its bound and
// not beyond the start of the visit, and gives the hold as it is then. Where that is no
// longer than before, nothing changes and it is no error. It fails with ErrNotFound
// where the hold has become a booking, and with ErrExpired where it has run out: its
// seat may be somebody else's already.
func (d *Desk) Extend(ctx context.Context, tenant, secret string) (*agenda.Booking, error) {
	held, err := d.bySecret(ctx, tenant, secret, store.ForHold)
	if err != nil {
		return nil, err
	}
	var after *agenda.Booking
	err = d.onBooking(ctx, tenant, held.ID, held, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		after = b
		return d.extend(tx, s, b, now)
	})
	return after, err
}

func (d *Desk) extend(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time) error {
	switch {
	case b.Status == agenda.Expired || b.ExpiredAt(now):
		return agenda.ErrExpired
	case b.Status != agenda.Held:
		return agenda.ErrNotFound // already used
	}
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return agenda.ErrNotFound
	}
	until := extended(b, c, now)
	if until.Sub(b.Expires) < leastGain {
		return nil
	}
	b.Expires, b.Changed = until, now
	if err := errors.Join(tx.Keep(b), tx.SaveBooking(b)); err != nil {
		return err
	}
	return log(tx, b, "extend", ActorVisitor, nil)
}

// extended is how long a hold can last that is extended now.
func extended(b *agenda.Booking, c *agenda.Calendar, now time.Time) time.Time {
	return earlier(now.Add(time.Duration(c.HoldMinutes)*time.Minute), longest(b, c))
}

// longest is when a hold ends at the latest, however often it is extended.
func longest(b *agenda.Booking, c *agenda.Calendar) time.Time {
	return earlier(b.Created.Add(time.Duration((1+Extensions)*c.HoldMinutes)*time.Minute), b.Start)
}

// MayExtend reports whether a hold could last longer than it does.
func (c *Card) MayExtend() bool {
	return c.Status == agenda.Held && longest(c.Booking, c.Calendar).Sub(c.Expires) >= leastGain
}
