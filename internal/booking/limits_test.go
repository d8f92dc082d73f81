package booking_test

import (
	"errors"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestLimitsPerAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		d.Limits = booking.Limits{BookingsPerPerson: 2}
		book := func(calendar, clock string, v agenda.Visitor) error {
			_, err := d.BookNow(t.Context(), ask(calendar, desktest.At(1, clock), "ausweis"), booking.Form{Visitor: v, Language: "de"}, booking.Once{})
			return err
		}
		for _, clock := range []string{"08:00", "08:30"} {
			if err := book("buergerbuero", clock, desktest.Ada); err != nil {
				t.Fatal(err)
			}
		}
		if err := book("buergerbuero", "09:00", desktest.Ada); !errors.Is(err, agenda.ErrLimited) {
			t.Errorf("a third visit: got %v, want limited", err)
		}
		same := agenda.Visitor{Name: "A. Beispiel", Email: "ADA@beispiel.example"}
		if err := book("buergerbuero", "09:00", same); !errors.Is(err, agenda.ErrLimited) {
			t.Errorf("the same address in capitals: got %v, want limited", err)
		}
	})
}

// Who books on many days at the same moment gets no more visits than one after the other.
func TestLimitsHoldForAllAtOnce(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{BookingsPerPerson: 3}
		errs := together(12, func(i int) error {
			return k.try(ask("buergerbuero", desktest.At(1+i%3, "08:00").Add(time.Duration(i/3*30)*time.Minute), "ausweis"))
		})
		if n := k.won(errs, agenda.ErrLimited); n != 3 {
			k.Errorf("got %d visits, want 3", n)
		}
	})
}

// A stranger's address must not be flooded, by whatever act.
func TestLettersPerUnconfirmedAddress(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{MailsPerDay: 3}
		book := func(calendar string, minute int, email string) (booking.Receipt, error) {
			f := booking.Form{Visitor: agenda.Visitor{Name: "Bert Beispiel", Email: email}, Language: "de"}
			r := ask(calendar, desktest.At(1, "08:00").Add(time.Duration(minute)*time.Minute), "ausweis")
			return k.BookNow(k.Context(), r, f, booking.Once{})
		}
		// until asks for one act after the other until the desk has had enough.
		until := func(what string, want int, act func(i int) error) {
			k.Helper()
			for i := range want {
				if err := act(i); err != nil {
					k.Fatalf("%s %d: %v", what, i, err)
				}
			}
			if err := act(want); !errors.Is(err, agenda.ErrLimited) {
				k.Errorf("%s %d: got %v, want limited", what, want, err)
			}
		}
		until("request", 3, func(i int) error {
			_, err := book("ausweise", 20*i, "requests@beispiel.example")
			return err
		})
		until("visit that asks for no confirmation", 3, func(i int) error {
			_, err := book("buergerbuero", 20*i, "visits@beispiel.example")
			return err
		})
		until("visit booked and cancelled", 2, func(int) error { // with two letters each
			r, err := book("buergerbuero", 120, "to-and-fro@beispiel.example")
			if err != nil {
				return err
			}
			_, err = k.Cancel(k.Context(), town, r.Manage)
			return err
		})
		for _, calendar := range []string{"ausweise", "buergerbuero"} {
			r, err := book(calendar, 140, "moves-"+calendar+"@beispiel.example")
			if err != nil {
				k.Fatal(err)
			}
			until("move in "+calendar, 2, func(i int) error {
				_, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(2, "08:00").Add(time.Duration(20*i) * time.Minute)})
				return err
			})
		}
	})
}

// Who has answered from an address is not held up.
func TestLettersToConfirmedAddress(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{MailsPerDay: 1}
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		p, err := k.Private(r.Booking)
		if err != nil {
			k.Fatal(err)
		}
		if _, err := k.Confirm(k.Context(), town, p.Confirm); err != nil {
			k.Fatal(err)
		}
		for _, clock := range []string{"09:00", "10:00", "11:00"} {
			if _, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(1, clock)}); err != nil {
				k.Errorf("to %s: %v", clock, err)
			}
		}
	})
}

// Whoever knew an address could book in its name, confirm nothing, and so lock its
// owner out.
func TestRequestsOfStrangersLockNobodyOut(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		d.Limits = booking.Limits{BookingsPerPerson: 1}
		for _, clock := range []string{"08:00", "08:30", "09:00"} {
			if _, err := d.BookNow(t.Context(), ask("ausweise", desktest.At(1, clock), "ausweis"), form(), booking.Once{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.BookNow(t.Context(), ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"), form(), booking.Once{}); err != nil {
			t.Errorf("the owner's own visit: %v", err)
		}
	})
}
