package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// extend demands that a hold lasts until then.
func (k kit) extend(what string, h booking.Held, until time.Time) {
	k.Helper()
	b, err := k.Extend(k.Context(), town, h.Secret)
	if err != nil {
		k.Fatalf("%s: %v", what, err)
	}
	if now := k.stored(h.Booking); !b.Expires.Equal(until) || !now.Expires.Equal(until) {
		k.Errorf("%s: got %v, stored %v, want %v", what, b.Expires, now.Expires, until)
	}
}

func TestExtend(t *testing.T) {
	onEach(t, func(k kit) {
		eight := desktest.At(1, "08:00")
		h := k.held(ask("ausweise", eight, "ausweis"))
		began := desktest.Start
		k.extend("at once", h, began.Add(20*time.Minute))
		k.clock.Advance(30 * time.Second)
		k.extend("for less than a minute more", h, began.Add(20*time.Minute))
		k.clock.Set(began.Add(20*time.Minute - time.Second))
		k.extend("in the last second", h, began.Add(40*time.Minute-time.Second))
		k.left(h.Booking, "hold by visitor, extend by visitor; ")
		k.clock.Set(began.Add(21 * time.Minute))
		k.is("somebody else, after the first time", k.try(ask("ausweise", eight, "ausweis")), agenda.ErrTaken)
		if n, err := k.ExpireOverdue(k.Context(), 10); n != 0 || err != nil {
			k.Errorf("got %d expired, %v; want none", n, err)
		}
		if got := k.offered("ausweise", 1, agenda.Public, "ausweis"); got[0] == "08:00" {
			k.Error("an extended hold is offered")
		}
		_, err := k.Book(k.Context(), town, h.Secret, form(), booking.Once{})
		k.is("book", err, nil)
		_, err = k.Extend(k.Context(), town, h.Secret)
		k.is("extend what is booked", err, agenda.ErrNotFound)
	})
}

// WCAG 2.2.1 asks for ten extensions; more than that nobody keeps a seat from others.
func TestExtendEnds(t *testing.T) {
	onEach(t, func(k kit) {
		h := k.held(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		until := h.Booking.Expires
		for range booking.Extensions {
			k.clock.Set(until.Add(-time.Second))
			until = until.Add(20*time.Minute - time.Second)
			k.extend("again", h, until)
		}
		card, err := k.HeldBy(k.Context(), town, h.Secret)
		if err != nil || card.MayExtend() {
			k.Errorf("got %v, %v; want that this was the last time", card.MayExtend(), err)
		}
		k.clock.Set(until.Add(-time.Second))
		k.extend("once too often", h, until)
		k.clock.Set(until)
		_, err = k.Extend(k.Context(), town, h.Secret)
		k.is("extend what has run out", err, agenda.ErrExpired)
		k.is("the seat is free", k.try(ask("ausweise", desktest.At(1, "08:00"), "ausweis")), nil)
		_, err = k.Extend(k.Context(), town, h.Secret)
		k.is("extend what somebody else has", err, agenda.ErrExpired)
		_, err = k.Extend(k.Context(), "nirgendwo", h.Secret)
		k.is("another tenant", err, agenda.ErrNotFound)
	})
}

// A seat is nobody's any more when the visit begins.
func TestExtendEndsAtTheStart(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) { s.Services[0].LeadMinutes = 0 })
		k.clock.Set(desktest.At(1, "07:35"))
		h := k.held(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		k.clock.Set(desktest.At(1, "07:50"))
		k.extend("shortly before", h, desktest.At(1, "08:00"))
		card, err := k.HeldBy(k.Context(), town, h.Secret)
		if err != nil || card.MayExtend() {
			k.Errorf("got %v, %v; want a hold that cannot last longer", card.MayExtend(), err)
		}
	})
}

// The last second of a hold: its owner wants more time while others want the seat and
// the job comes by; and the owner books and extends at once.
func TestExtendRaced(t *testing.T) {
	onEach(t, func(k kit) {
		for round := range 6 {
			at := desktest.At(1+round/3, "08:00").Add(time.Duration(round%3) * time.Hour)
			h := k.held(ask("ausweise", at, "ausweis"))
			late := round%2 == 1
			k.clock.Advance(20*time.Minute - time.Second)
			if late {
				k.clock.Advance(time.Second)
			}
			errs := together(9, func(i int) error {
				switch i {
				case 0:
					_, err := k.Extend(k.Context(), town, h.Secret)
					return err
				case 8:
					_, err := k.ExpireOverdue(k.Context(), 10)
					return err
				}
				return k.try(ask("ausweise", at, "ausweis"))
			})
			if owner := errs[0] == nil; owner == late {
				k.Errorf("round %d: owner got %v", round, errs[0])
			}
			if n := k.won(errs[:8], agenda.ErrTaken, agenda.ErrExpired); n != 1 || errs[8] != nil {
				k.Errorf("round %d: %d have the seat; the job: %v", round, n, errs[8])
			}
			if late {
				continue
			}
			both := together(2, func(i int) error {
				if i == 0 {
					_, err := k.Extend(k.Context(), town, h.Secret)
					return err
				}
				_, err := k.Book(k.Context(), town, h.Secret, form(), booking.Once{})
				return err
			})
			k.is("book beside an extension", both[1], nil)
			if both[0] != nil {
				k.is("extend beside the booking", both[0], agenda.ErrNotFound)
			}
			if b := k.stored(h.Booking); b.Status != agenda.Pending || !b.Expires.Equal(k.clock.Now().Add(time.Hour)) {
				k.Errorf("round %d: got %s until %v, want pending for its confirmMinutes", round, b.Status, b.Expires)
			}
		}
	})
}
