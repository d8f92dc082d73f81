package booking_test

import (
	"fmt"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// varied gives the citizens' office seats that vary within one stretch: 4 (3 of
// them public) until 09:00, then 5 (4), and a closure that takes 2 of these from
// 09:10 to 09:20 on each of some days.
func varied(days []int) func(*agenda.Setup) {
	return func(s *agenda.Setup) {
		c := &s.Calendars[0]
		early := c.SlotTemplates[0]
		early.To, early.Seats = 9*60, agenda.Seats{Total: 4, Public: 3}
		late := early
		late.ID, late.From, late.To, late.Seats = "spaeter", 9*60, 12*60, agenda.Seats{Total: 5, Public: 4}
		c.SlotTemplates = []agenda.SlotTemplate{early, late}
		for _, day := range days {
			date := agenda.DateOf(desktest.Start) + agenda.Date(day)
			c.Closures = append(c.Closures, agenda.Closure{From: agenda.Moment{Date: date, Minute: 9*60 + 10, Timed: true}, To: agenda.Moment{Date: date, Minute: 9*60 + 20, Timed: true}, Seats: 2})
		}
	}
}

// 64 visitors want an hour across two templates and a closure, where staff have
// overbooked and then cancelled: the overbooked seats have high numbers, and still
// only the count matters. Counting and then claiming without the day's lock let
// PostgreSQL exceed the limit in most rounds.
func TestRaceWhereCapacityVaries(t *testing.T) {
	days := []int{1, 2, 3, 4, 7}
	onEach(t, func(k kit) {
		k.mustApply(varied(days))
		for round, day := range days {
			at := desktest.At(day, "08:40")
			var staff []booking.Receipt
			for range 4 {
				staff = append(staff, k.now(clerk("buergerbuero", at, "ausweis")))
			}
			if r := k.now(overbooked(clerk("buergerbuero", at, "ausweis"))); !r.Booking.Overbooked {
				k.Fatal("a fifth visit in four seats is not overbooked")
			}
			for _, r := range staff[:round] {
				if _, err := k.CancelFor(k.Context(), desktest.Clerk(), r.Booking.ID); err != nil {
					k.Fatal(err)
				}
			}
			want := max(0, round-1) // 4 - (5 - round), and the public has 3 before nine
			errs := together(64, func(int) error {
				return k.try(times(ask("buergerbuero", desktest.At(day, "08:30"), "pass"), 3))
			})
			if n := k.won(errs, agenda.ErrTaken); n != want {
				k.Errorf("round %d: %d visitors got a seat, want %d", round, n, want)
			}
		}
	})
}

func TestPublicAndStaffRaced(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(varied(nil))
		for day := 1; day <= 3; day++ {
			eight := desktest.At(day, "08:00")
			errs := together(48, func(i int) error {
				switch i % 3 {
				case 0:
					return k.try(clerk("buergerbuero", eight, "pass"))
				case 1:
					return k.try(ask("buergerbuero", eight, "pass"))
				}
				_, err := k.Hold(k.Context(), ask("buergerbuero", eight, "pass"))
				return err
			})
			var public, staff []error
			for i, err := range errs {
				if i%3 == 0 {
					staff = append(staff, err)
				} else {
					public = append(public, err)
				}
			}
			p, s := k.won(public, agenda.ErrTaken), k.won(staff, agenda.ErrTaken)
			if p+s != 4 || p > 3 {
				k.Errorf("day %d: %d of the public and %d of staff, want 4 in all and at most 3 of the public", day, p, s)
			}
		}
	})
}

// Two calendars with different rasters share one clerk.
func TestSharedPoolRaced(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) {
			s.Calendars[0].Pool, s.Calendars[2].Pool = "kopf", "kopf"
			s.Calendars[0].SlotTemplates[0].Seats = agenda.Seats{Total: 1, Public: -1}
			s.Calendars[2].Confirm = agenda.ConfirmNone
		})
		for day := 1; day <= 3; day++ {
			errs := together(40, func(i int) error {
				if i%2 == 0 {
					return k.try(ask("soziales", desktest.At(day, "08:00"), "beratung")) // until 08:30
				}
				return k.try(ask("buergerbuero", desktest.At(day, []string{"08:20", "08:10"}[i/2%2]), "pass"))
			})
			if n := k.won(errs, agenda.ErrTaken); n != 1 {
				k.Errorf("day %d: %d visits with one clerk at 08:20, want 1", day, n)
			}
		}
		r := k.now(ask("soziales", desktest.At(4, "09:00"), "beratung"))
		k.is("the other calendar", k.try(ask("buergerbuero", desktest.At(4, "09:20"), "ausweis")), agenda.ErrTaken)
		if _, err := k.Move(k.Context(), town, r.Manage, to(4, "10:00")); err != nil {
			k.Fatal(err)
		}
		k.is("after the move", k.try(ask("buergerbuero", desktest.At(4, "09:20"), "ausweis")), nil)
	})
}

// Everything at once on two days: whatever comes of it, the book is whole.
func TestMixedActsRaced(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(varied([]int{1}))
		began := time.Now()
		for range 3 {
			errs := together(32, func(i int) error {
				at := desktest.At(1+i%2, fmt.Sprintf("08:%d0", i%6))
				r := ask("buergerbuero", at, "pass")
				if i%5 == 0 {
					r = overbooked(clerk("buergerbuero", at, "pass"))
				}
				if i == 7 {
					_, err := k.apply(booking.ApplyOptions{}, func(s *agenda.Setup) { varied([]int{1})(s) })
					return err
				}
				got, err := k.BookNow(k.Context(), r, form(), booking.Once{})
				if err != nil {
					return err
				}
				if _, err := k.Move(k.Context(), town, got.Manage, booking.Target{Start: desktest.At(2-i%2, "09:30")}); err != nil {
					return err
				}
				if i%3 == 0 {
					_, err = k.Cancel(k.Context(), town, got.Manage)
				}
				return err
			})
			k.won(errs, agenda.ErrTaken, agenda.ErrConflict, booking.ErrRevision)
		}
		if took := time.Since(began); took > 10*time.Second {
			k.Errorf("it took %v: somebody waits for somebody", took)
		}
	})
}
