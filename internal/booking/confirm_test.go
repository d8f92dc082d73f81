package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestConfirm(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		secret := k.confirmSecret(r.Booking)
		_, err := k.Confirm(k.Context(), town, r.Manage)
		k.is("the manage secret confirms nothing", err, agenda.ErrNotFound)
		_, err = k.Manage(k.Context(), town, secret)
		k.is("the confirm secret manages nothing", err, agenda.ErrNotFound)
		_, err = k.Confirm(k.Context(), "nirgendwo", secret)
		k.is("another tenant", err, agenda.ErrNotFound)
		k.clock.Advance(time.Hour - time.Second)
		errs := together(50, func(int) error {
			b, err := k.Confirm(k.Context(), town, secret)
			if err == nil && b.Status != agenda.Confirmed {
				k.Errorf("got %s, want confirmed", b.Status)
			}
			return err
		})
		if n := k.won(errs); n != 50 {
			k.Errorf("%d of 50 were told that it is confirmed", n)
		}
		k.left(r.Booking, "book by visitor, confirm by visitor; confirm-request/1 confirmed/2")
		if b := k.stored(r.Booking); b.Sequence != 0 || !b.Since.Equal(k.clock.Now()) || !b.Expires.IsZero() {
			k.Errorf("got sequence %d, certain since %v, expires %v", b.Sequence, b.Since, b.Expires)
		}
		k.clock.Advance(48 * time.Hour)
		if _, err := k.ExpireOverdue(k.Context(), 10); err != nil {
			k.Error(err)
		}
		if b := k.stored(r.Booking); b.Status != agenda.Confirmed {
			k.Errorf("a confirmed visit became %s", b.Status)
		}
	})
}

func TestConfirmTooLate(t *testing.T) {
	onEach(t, func(k kit) {
		lone := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		lost := k.now(ask("ausweise", desktest.At(1, "09:00"), "ausweis"))
		k.clock.Advance(time.Hour)
		winner := k.now(ask("ausweise", desktest.At(1, "09:00"), "ausweis"))
		for range 2 {
			for _, r := range []booking.Receipt{lone, lost} {
				_, err := k.Confirm(k.Context(), town, k.confirmSecret(r.Booking))
				k.is("after its expiry", err, agenda.ErrExpired)
			}
		}
		for _, r := range []booking.Receipt{lone, lost} {
			if b := k.stored(r.Booking); b.Status != agenda.Expired {
				k.Errorf("got %s, want expired", b.Status)
			}
			k.left(r.Booking, "book by visitor, expire by job; confirm-request/1")
			if c, err := k.Manage(k.Context(), town, r.Manage); err != nil || !c.Gone || c.Private.Name != "" {
				k.Errorf("the manage link of an expired request shows %+v, %v", c, err)
			}
			_, err := k.Cancel(k.Context(), town, r.Manage)
			k.is("cancelling it", err, agenda.ErrExpired)
			_, err = k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(2, "08:00")})
			k.is("moving it", err, agenda.ErrExpired)
		}
		if _, err := k.Confirm(k.Context(), town, k.confirmSecret(winner.Booking)); err != nil {
			k.Errorf("who took the seat: %v", err)
		}
	})
}

// Two requests for one seat, the first one expired: both are confirmed at once.
func TestConfirmRacedByWhoTookTheSeat(t *testing.T) {
	onEach(t, func(k kit) {
		for round := range 4 {
			at := desktest.At(1, "08:00").Add(time.Duration(round) * time.Hour)
			first := k.now(ask("ausweise", at, "ausweis"))
			k.clock.Advance(time.Hour)
			secret := k.confirmSecret(first.Booking)
			errs := together(8, func(i int) error {
				if i%2 == 0 {
					_, err := k.Confirm(k.Context(), town, secret)
					return err
				}
				return k.try(ask("ausweise", at, "ausweis"))
			})
			if n := k.won(errs, agenda.ErrExpired, agenda.ErrTaken); n != 1 {
				k.Errorf("round %d: %d have the seat", round, n)
			}
		}
	})
}

// Nobody confirms a visit that has begun, however long the link is good for.
func TestConfirmEndsAtTheStart(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) {
			s.Calendars[1].ConfirmMinutes = 3 * 24 * 60
			s.Services[0].CancelByMinutes = 0
		})
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		moved, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(0, "09:00")})
		if err != nil || moved.Status != agenda.Pending || !moved.Expires.Equal(desktest.At(0, "09:00")) {
			k.Fatalf("got %+v, %v; want a request until its new start", moved, err)
		}
		k.clock.Set(desktest.At(0, "09:00"))
		_, err = k.Confirm(k.Context(), town, k.confirmSecret(r.Booking))
		k.is("at the start", err, agenda.ErrExpired)
	})
}

func TestApproval(t *testing.T) {
	onEach(t, func(k kit) {
		ask := func(clock string) booking.Receipt { return k.now(ask("soziales", desktest.At(1, clock), "beratung")) }
		p := desktest.Clerk()
		yes, no, never := ask("08:00"), ask("08:30"), ask("09:00")
		k.clock.Advance(time.Second)
		got, err := k.Approve(k.Context(), p, yes.Booking.ID)
		if err != nil || got.Status != agenda.Confirmed || got.Sequence != 0 {
			k.Errorf("got %+v, %v", got, err)
		}
		_, err = k.Approve(k.Context(), p, yes.Booking.ID)
		k.is("approving twice", err, agenda.ErrState)
		_, err = k.Reject(k.Context(), p, yes.Booking.ID)
		k.is("rejecting what is approved", err, agenda.ErrState)
		k.left(yes.Booking, "book by visitor, approve by clerk; received/1 confirmed/2")
		for range 2 {
			got, err = k.Reject(k.Context(), p, no.Booking.ID)
			if err != nil || got.Status != agenda.Cancelled {
				k.Errorf("got %+v, %v", got, err)
			}
		}
		_, err = k.Approve(k.Context(), p, no.Booking.ID)
		k.is("approving what is rejected", err, agenda.ErrState)
		k.left(no.Booking, "book by visitor, reject by clerk; received/1 rejected/2")
		k.is("the seat of the rejected", k.try(clerk("soziales", desktest.At(1, "08:30"), "beratung")), nil)
		k.clock.Set(desktest.At(1, "09:00").Add(-time.Second))
		if n, err := k.ExpireOverdue(k.Context(), 10); n != 0 || err != nil {
			k.Errorf("before its start: %d expired, %v", n, err)
		}
		k.clock.Advance(time.Second)
		for want := 1; want >= 0; want-- {
			if n, err := k.ExpireOverdue(k.Context(), 10); n != want || err != nil {
				k.Errorf("at its start: %d expired, %v; want %d", n, err, want)
			}
		}
		k.left(never.Booking, "book by visitor, expire by job; received/1 expired/2")
		_, err = k.Approve(k.Context(), p, never.Booking.ID)
		k.is("approving what has expired", err, agenda.ErrExpired)
	})
}

// The office's yes after the start finds the request expired, and the letter goes
// out once, whoever marks it.
func TestApproveAtTheStart(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("soziales", desktest.At(1, "08:00"), "beratung"))
		k.clock.Set(desktest.At(1, "08:00"))
		errs := together(8, func(i int) error {
			if i == 0 {
				_, err := k.ExpireOverdue(k.Context(), 10)
				return err
			}
			_, err := k.Approve(k.Context(), desktest.Clerk(), r.Booking.ID)
			return err
		})
		k.won(errs, agenda.ErrExpired)
		k.left(r.Booking, "book by visitor, expire by job; received/1 expired/2")
	})
}

func TestApproveRejectCancelRaced(t *testing.T) {
	onEach(t, func(k kit) {
		for round := range 4 {
			r := k.now(ask("soziales", desktest.At(1, "08:00").Add(time.Duration(round)*30*time.Minute), "beratung"))
			errs := together(9, func(i int) (err error) {
				switch i % 3 {
				case 0:
					_, err = k.Approve(k.Context(), desktest.Clerk(), r.Booking.ID)
				case 1:
					_, err = k.Reject(k.Context(), desktest.Clerk(), r.Booking.ID)
				default:
					_, err = k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(2+round, "08:00")})
				}
				return err
			})
			k.won(errs, agenda.ErrState, agenda.ErrTaken)
			b := k.stored(r.Booking)
			if b.Status != agenda.Confirmed && b.Status != agenda.Cancelled {
				k.Errorf("round %d: got %s", round, b.Status)
			}
		}
	})
}
