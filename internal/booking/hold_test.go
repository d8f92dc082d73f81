package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestHold(t *testing.T) {
	onEach(t, func(k kit) {
		h := k.held(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		if want := desktest.Start.Add(20 * time.Minute); h.Booking.Status != agenda.Held || !h.Booking.Expires.Equal(want) {
			k.Errorf("got %s until %v, want held until %v", h.Booking.Status, h.Booking.Expires, want)
		}
		k.left(h.Booking, "hold by visitor; ")
		card, err := k.HeldBy(k.Context(), town, h.Secret)
		if err != nil || card.ID != h.Booking.ID {
			k.Errorf("got %+v, %v", card, err)
		}
		if slices.Contains(k.offered("ausweise", 1, agenda.Public, "ausweis"), "08:00") {
			k.Error("a held start is offered")
		}
		r, err := k.Book(k.Context(), town, h.Secret, form(), booking.Once{})
		if err != nil {
			k.Fatal(err)
		}
		k.clock.Advance(time.Hour - time.Second)
		if s := k.stored(r.Booking); s.Status != agenda.Pending || s.ExpiredAt(k.clock.Now()) {
			k.Errorf("got %s, want pending for the confirmMinutes from now, whatever the hold had", s.Status)
		}
	})
}

// Every refusal leaves the book as it was.
func TestRefusedWishes(t *testing.T) {
	eight := desktest.At(1, "08:00")
	twice := ask("buergerbuero", eight, "ausweis", "ausweis")
	answered := ask("buergerbuero", eight, "ausweis")
	answered.Wish.Items[0].Answers = map[string]string{"odd": "x"}
	video := ask("buergerbuero", eight, "ausweis")
	video.Wish.Mode = agenda.ModeVideo
	elsewhere := ask("buergerbuero", eight, "ausweis")
	elsewhere.Tenant = "nirgendwo"
	tests := []struct {
		what  string
		r     booking.Request
		want  error
		field string
	}{
		{"off the raster", ask("buergerbuero", desktest.At(1, "08:05"), "ausweis"), agenda.ErrTaken, ""},
		{"with seconds", ask("buergerbuero", eight.Add(time.Second), "ausweis"), agenda.ErrTaken, ""},
		{"before opening", ask("buergerbuero", desktest.At(1, "07:50"), "ausweis"), agenda.ErrTaken, ""},
		{"over the end", ask("buergerbuero", desktest.At(1, "11:50"), "pass"), agenda.ErrTaken, ""},
		{"on Saturday", ask("buergerbuero", desktest.At(5, "08:00"), "ausweis"), agenda.ErrTaken, ""},
		{"yesterday", ask("buergerbuero", desktest.At(-3, "08:00"), "ausweis"), agenda.ErrWindowClosed, ""},
		{"too soon", ask("buergerbuero", desktest.At(0, "08:00").Add(-time.Hour), "ausweis"), agenda.ErrTaken, ""},
		{"beyond the horizon", ask("buergerbuero", desktest.At(63, "08:00"), "ausweis"), agenda.ErrWindowClosed, ""},
		{"in the year 1", ask("buergerbuero", time.Time{}, "ausweis"), agenda.ErrWindowClosed, ""},
		{"in the year 9999", ask("buergerbuero", time.Date(9999, 12, 31, 8, 0, 0, 0, time.UTC), "ausweis"), agenda.ErrWindowClosed, ""},
		{"a calendar that does not offer it", ask("soziales", eight, "ausweis"), agenda.ErrTaken, ""},
		{"not combinable", ask("buergerbuero", eight, "pass", "beratung"), agenda.ErrNotCombinable, ""},
		{"too many", times(ask("buergerbuero", eight, "ausweis"), 4), agenda.ErrTooMany, ""},
		{"none at all", times(ask("buergerbuero", eight, "ausweis"), 0), nil, "services"},
		{"less than none", times(ask("buergerbuero", eight, "ausweis"), -1), nil, "services"},
		{"no services", ask("buergerbuero", eight), nil, "services"},
		{"one service twice", twice, nil, "services"},
		{"an unknown service", ask("buergerbuero", eight, "hund"), nil, "services"},
		{"an unknown answer", answered, nil, "ausweis.odd"},
		{"a mode that is not offered", video, agenda.ErrTaken, ""},
		{"an unknown calendar", ask("keller", eight, "ausweis"), nil, "calendar"},
		{"a calendar with NUL", ask("buergerbuero\x00", eight, "ausweis"), nil, "calendar"},
		{"a calendar that is no text", ask("\xff", eight, "ausweis"), nil, "calendar"},
		{"another tenant", elsewhere, agenda.ErrNotFound, ""},
	}
	onEach(t, func(k kit) {
		for _, test := range tests {
			k.sub(test.what, func(k kit) {
				k.unchanged(test.what, func() {
					_, hold := k.Hold(k.Context(), test.r)
					for _, err := range []error{hold, k.try(test.r)} {
						if test.field != "" {
							k.invalid(test.what, err, test.field)
						} else {
							k.is(test.what, err, test.want)
						}
					}
				})
			})
		}
		k.unchanged("a hold where there are none", func() {
			_, err := k.Hold(k.Context(), ask("impfung", eight, "impfen"))
			k.is("hold", err, agenda.ErrNoHolds)
		})
		k.clock.Set(desktest.At(1, "07:00").Add(time.Second))
		k.is("less than the lead ahead", k.try(ask("buergerbuero", eight, "ausweis")), agenda.ErrWindowClosed)
		k.clock.Set(desktest.At(1, "07:00"))
		k.is("exactly the lead ahead", k.try(ask("buergerbuero", eight, "ausweis")), nil)
		k.is("the last day of the horizon", k.try(ask("buergerbuero", desktest.At(60, "08:00"), "ausweis")), nil)
		k.clock.Set(desktest.At(1, "08:00"))
		k.is("staff know no lead", k.try(clerk("buergerbuero", eight, "ausweis")), nil)
		k.is("staff know no horizon", k.try(clerk("buergerbuero", desktest.At(350, "08:00"), "ausweis")), nil)
		k.clock.Advance(time.Second)
		k.is("nobody books the past", k.try(clerk("buergerbuero", eight, "ausweis")), agenda.ErrWindowClosed)
	})
}

func TestHoldExpiresAtItsInstant(t *testing.T) {
	onEach(t, func(k kit) {
		eight, ten := desktest.At(1, "08:00"), desktest.At(1, "08:10")
		first := k.held(times(ask("ausweise", eight, "ausweis"), 3)) // 08:00 to 08:30
		k.clock.Advance(20*time.Minute - time.Second)
		k.is("a second before", k.try(ask("ausweise", ten, "ausweis")), agenda.ErrTaken)
		if got := k.offered("ausweise", 1, agenda.Public, "ausweis"); got[0] != "08:30" {
			k.Errorf("a second before: offered from %s, want 08:30", got[0])
		}
		k.clock.Advance(time.Second)
		if got := k.offered("ausweise", 1, agenda.Public, "ausweis"); got[0] != "08:00" {
			k.Errorf("at the instant: offered from %s, want 08:00", got[0])
		}
		if _, err := k.HeldBy(k.Context(), town, first.Secret); err == nil {
			k.Error("a hold that has run out is shown")
		}
		k.unchanged("booking an expired hold that nobody took", func() {
			_, err := k.Book(k.Context(), town, first.Secret, form(), booking.Once{})
			k.is("book", err, agenda.ErrExpired)
		})
		k.now(ask("ausweise", ten, "ausweis"))
		if s := k.stored(first.Booking); s.Status != agenda.Expired {
			k.Errorf("got %s, want expired since its seat was taken", s.Status)
		}
		k.left(first.Booking, "hold by visitor, expire by job; ")
		k.is("its other seats", k.try(ask("ausweise", eight, "ausweis")), nil)
		_, err := k.Book(k.Context(), town, first.Secret, form(), booking.Once{})
		k.is("booking what somebody else has", err, agenda.ErrExpired)
		if n, err := k.ExpireOverdue(k.Context(), 10); n != 0 || err != nil {
			k.Errorf("got %d, %v; want nothing left to expire", n, err)
		}
	})
}

func TestRelease(t *testing.T) {
	onEach(t, func(k kit) {
		h := k.held(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		k.clock.Advance(time.Second)
		k.is("release", k.Release(k.Context(), town, h.Secret), nil)
		k.left(h.Booking, "hold by visitor, release by visitor; ")
		k.is("twice", k.Release(k.Context(), town, h.Secret), agenda.ErrState)
		k.is("the seat is free", k.try(ask("ausweise", desktest.At(1, "08:00"), "ausweis")), nil)
		_, err := k.Book(k.Context(), town, h.Secret, form(), booking.Once{})
		k.is("booking it", err, agenda.ErrExpired)
		k.is("another tenant", k.Release(k.Context(), "nirgendwo", h.Secret), agenda.ErrNotFound)
		k.is("no secret", k.Release(k.Context(), town, ""), agenda.ErrNotFound)
	})
}

// The last second of a hold: its owner books while others want the seat, and the
// job that marks what has expired comes by.
func TestHoldRacedAtItsEnd(t *testing.T) {
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
				switch {
				case i == 0:
					_, err := k.Book(k.Context(), town, h.Secret, form(), booking.Once{})
					return err
				case i == 8:
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
		}
	})
}
