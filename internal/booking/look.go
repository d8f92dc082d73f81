package booking

import (
	"context"
	"errors"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Card is a booking with what it refers to, opened for somebody who may see it.
type Card struct {
	*agenda.Booking
	Private  agenda.Private
	Setup    *agenda.Setup
	Calendar *agenda.Calendar
	Gone     bool // cancelled or expired: no personal data is shown
	Busy     bool // in a private calendar, seen by a colleague: when, and nothing else
}

// Manage opens a booking for the bearer of its manage secret. A cancelled or
// expired one shows its state without personal data.
func (d *Desk) Manage(ctx context.Context, tenant, secret string) (*Card, error) {
	return d.card(ctx, tenant, secret, store.ForManage)
}

// Asked opens a booking for the bearer of the mailed confirmation secret.
func (d *Desk) Asked(ctx context.Context, tenant, secret string) (*Card, error) {
	return d.card(ctx, tenant, secret, store.ForConfirm)
}

// HeldBy opens a hold for the bearer of its secret; one that has run out is
// ErrExpired, one that has become a booking ErrNotFound.
func (d *Desk) HeldBy(ctx context.Context, tenant, secret string) (*Card, error) {
	c, err := d.card(ctx, tenant, secret, store.ForHold)
	switch {
	case err != nil:
		return nil, err
	case c.Status == agenda.Expired:
		return c, agenda.ErrExpired
	case c.Status != agenda.Held:
		return nil, agenda.ErrNotFound
	}
	return c, nil
}

func (d *Desk) card(ctx context.Context, tenant, secret string, p store.Purpose) (*Card, error) {
	b, err := d.bySecret(ctx, tenant, secret, p)
	if err != nil {
		return nil, err
	}
	return d.Card(ctx, b)
}

// Card opens a booking that the caller was right to read. One whose time has run
// out is shown as expired, whether or not a job has marked it yet.
func (d *Desk) Card(ctx context.Context, b *agenda.Booking) (*Card, error) {
	c := &Card{Booking: b}
	p, err := d.Store.Present(ctx, b.Tenant)
	if err != nil {
		return nil, err
	}
	if c.Setup = p.Setup; b.ExpiredAt(p.Now) {
		b.Status, b.Awaits = agenda.Expired, ""
	}
	var ok bool
	if c.Calendar, ok = c.Setup.CalendarOf(b.Calendar); !ok {
		return nil, agenda.ErrNotFound
	}
	if c.Private, err = d.Private(b); err != nil {
		return nil, err
	}
	if c.Gone = !b.Status.Live(); c.Gone {
		c.Private.Visitor, c.Private.StaffNote, c.Private.CaseReference = agenda.Visitor{}, "", ""
	}
	return c, nil
}

// Seen opens a booking for staff, within their rights, and notes who looked.
func (d *Desk) Seen(ctx context.Context, p *agenda.Person, id string) (*Card, error) {
	b, err := d.find(ctx, p.Tenant, id)
	if err != nil {
		return nil, err
	}
	c, err := d.Card(ctx, b)
	if err != nil {
		return nil, err
	}
	if !p.MayIn(agenda.SeeBookings, c.Calendar) {
		return nil, agenda.ErrNotFound
	}
	c.closeFor(p)
	return c, d.Saw(ctx, p, WayPage, c)
}

// closeFor leaves of a visit in a private calendar only when it is, for a colleague
// without the right to open it.
func (c *Card) closeFor(p *agenda.Person) {
	if p.MayOpen(c.Calendar) {
		return
	}
	c.Busy, c.Private = true, agenda.Private{}
	c.Items, c.Reference, c.Language, c.UID, c.Sealed, c.EmailHash, c.PhoneHash = nil, "", "", "", nil, "", ""
}

// List opens the bookings of the local days from to to (both included) that a
// person may see, of one calendar or ("") of all, and notes who looked. Holds and what
// has expired are left out.
func (d *Desk) List(ctx context.Context, p *agenda.Person, calendar string, from, to agenda.Date) (cards []*Card, err error) {
	return d.ListFor(ctx, p, WayList, calendar, from, to)
}

// ListFor is List for another way to look. way "": nobody looks yet.
func (d *Desk) ListFor(ctx context.Context, p *agenda.Person, way, calendar string, from, to agenda.Date) (cards []*Card, err error) {
	cards, err = d.list(ctx, p, calendar, from, to)
	if err == nil && way != "" {
		err = d.SawList(ctx, p, way, from, to, cards)
	}
	if err != nil {
		return nil, err
	}
	return cards, nil
}

func (d *Desk) list(ctx context.Context, p *agenda.Person, calendar string, from, to agenda.Date) (cards []*Card, err error) {
	var list []*agenda.Booking
	var s *agenda.Setup
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if s, err = tx.Setup(p.Tenant); err != nil {
			return err
		}
		begin, _ := agenda.At(from, 0, s.Zone())
		end, _ := agenda.At(to+1, 0, s.Zone())
		list, err = tx.BookingsBetween(p.Tenant, calendar, begin, end)
		return err
	})
	if err != nil {
		return nil, err
	}
	if calendar != "" {
		if c, ok := s.CalendarOf(calendar); !ok || !p.MayIn(agenda.SeeBookings, c) {
			return nil, agenda.ErrNotFound
		}
	}
	for _, b := range list {
		c, ok := s.CalendarOf(b.Calendar)
		if !ok || !p.MayIn(agenda.SeeBookings, c) {
			continue
		}
		card, err := d.Card(ctx, b)
		if errors.Is(err, seal.ErrOpen) || errors.Is(err, seal.ErrOtherKey) { // it is listed without its visitor: one row hides no other
			b.Sealed = nil
			card, err = d.Card(ctx, b)
		}
		if err != nil {
			return nil, err
		}
		if card.Status != agenda.Held && card.Status != agenda.Expired {
			card.closeFor(p)
			cards = append(cards, card)
		}
	}
	return cards, nil
}
