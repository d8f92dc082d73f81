package booking_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// What was applied is what is in force, key by key.
func TestApplyIsTheIdentity(t *testing.T) {
	onEach(t, func(k kit) {
		got, err := k.Desk.Setup(k.Context(), town)
		if err != nil {
			k.Fatal(err)
		}
		g, w := reflect.ValueOf(*got), reflect.ValueOf(*desktest.Musterstadt())
		for i := range g.NumField() {
			f := g.Type().Field(i)
			if !f.IsExported() || f.Name == "Revision" {
				continue
			}
			have := g.Field(i).Interface()
			if list, ok := have.([]agenda.Calendar); ok {
				list = slices.Clone(list) // a set-up is shared
				for j := range list {
					list[j].PoolNumber = 0
				}
				have = list
			}
			if !reflect.DeepEqual(have, w.Field(i).Interface()) {
				k.Errorf("%s: got\n%+v, want\n%+v", f.Name, have, w.Field(i).Interface())
			}
		}
	})
}

// A set-up that has no place for booked visits is refused with their list, and so are
// files of another revision. Long, because it is a table of what can be taken away.
func TestApplyRefusesAndChangesNothing(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		gone := func(s *agenda.Setup) { s.Calendars = s.Calendars[1:] }
		for what, change := range map[string]struct {
			why    string
			n      int
			change func(*agenda.Setup)
		}{
			"calendar gone": {"calendar retired", 2, gone},
			"service gone": {"service retired", 2, func(s *agenda.Setup) {
				s.Services = s.Services[1:]
				s.Calendars[0].Services, s.Calendars[1].Services = s.Calendars[0].Services[1:], nil
			}},
			"offer gone":  {"service no longer offered there", 2, func(s *agenda.Setup) { s.Calendars[0].Services = s.Calendars[0].Services[1:] }},
			"other hours": {"not open", 2, func(s *agenda.Setup) { s.Calendars[0].SlotTemplates[0].From = 9 * 60 }},
			"closed": {"not open", 2, func(s *agenda.Setup) {
				d := agenda.DateOf(desktest.At(1, "08:00"))
				s.Sites[0].Closures = []agenda.Closure{{From: agenda.Moment{Date: d}, To: agenda.Moment{Date: d}}}
			}},
			"fewer seats": {"over capacity", 2, func(s *agenda.Setup) { s.Calendars[0].SlotTemplates[0].Seats = agenda.Seats{Total: 1, Public: 1} }},
		} {
			k.unchanged(what, func() {
				_, err := k.apply(booking.ApplyOptions{}, change.change)
				var stranded booking.StrandedError
				if !errors.As(err, &stranded) || len(stranded) != change.n || stranded[0].Why != change.why || !strings.Contains(err.Error(), r.Booking.Reference) {
					k.Errorf("%s: got %v, want %d stranded: %s", what, err, change.n, change.why)
				}
				_, err = k.apply(booking.ApplyOptions{DryRun: true}, change.change)
				if !errors.As(err, &stranded) {
					k.Errorf("%s, dry: got %v, want the same list", what, err)
				}
				if a, err := k.apply(booking.ApplyOptions{DryRun: true, Strand: true}, change.change); err != nil || len(a.Stranded) != change.n || a.Revision != 2 {
					k.Errorf("%s, dry and stranding: got %+v, %v", what, a, err)
				}
			})
		}
		k.unchanged("others", func() {
			_, err := k.apply(booking.ApplyOptions{}, func(s *agenda.Setup) { s.Revision = 0 })
			k.is("an old file", err, booking.ErrRevision)
			_, err = k.apply(booking.ApplyOptions{}, func(s *agenda.Setup) { s.Revision = 9 })
			k.is("a file of the future", err, booking.ErrRevision)
			if _, err = k.apply(booking.ApplyOptions{}, func(s *agenda.Setup) { s.Services[0].Minutes = 0 }); err == nil {
				k.Error("a set-up with a service of no length was taken")
			}
			fresh := desktest.Musterstadt()
			fresh.Tenant.ID = "neustadt"
			if a, err := k.Apply(k.Context(), fresh, booking.ApplyOptions{DryRun: true}); err != nil || a.Revision != 1 || a.Before != nil {
				k.Errorf("a dry run of a new tenant: %+v, %v", a, err)
			}
			_, err = k.Desk.Setup(k.Context(), "neustadt")
			k.is("it is not there", err, agenda.ErrNotFound)
		})
		if a, err := k.apply(booking.ApplyOptions{Merge: true}, func(s *agenda.Setup) { s.Revision = 0 }); err != nil || a.Revision != 2 || a.Before.Revision != 1 {
			k.Errorf("an import: %+v, %v", a, err)
		}
		k.left(r.Booking, "book by visitor; confirmed/1 staff-booked/1")
	})
}

// Stranded visits stay and are marked, can be cancelled and moved, and the mark
// goes when there is a place for them again.
func TestStrand(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		s := k.now(ask("buergerbuero", desktest.At(2, "08:00"), "ausweis"))
		other := k.now(ask("impfung", desktest.At(1, "08:00"), "impfen"))
		k.clock.Advance(time.Second)
		gone := func(s *agenda.Setup) { s.Calendars = s.Calendars[1:] }
		a, err := k.apply(booking.ApplyOptions{Strand: true}, gone)
		if err != nil || len(a.Stranded) != 2 {
			k.Fatalf("got %+v, %v; want two stranded", a, err)
		}
		if !k.stored(r.Booking).Stranded || k.stored(other.Booking).Stranded {
			k.Error("want the visits of the retired calendar marked, and no other")
		}
		k.invalid("a new visit there", k.try(ask("buergerbuero", desktest.At(3, "08:00"), "ausweis")), "calendar")
		k.mustApply(gone) // those that are marked stop nothing more
		if c, err := k.Manage(k.Context(), town, r.Manage); err != nil || c.Calendar.ID != "buergerbuero" {
			k.Errorf("its manage link shows %+v, %v", c, err)
		}
		b, err := k.Move(k.Context(), town, s.Manage, booking.Target{Start: desktest.At(2, "09:00"), Calendar: "ausweise"})
		if err != nil || b.Stranded || b.Calendar != "ausweise" {
			k.Errorf("moved into a calendar that is there: %+v, %v", b, err)
		}
		k.mustApply(func(*agenda.Setup) {})
		if k.stored(r.Booking).Stranded {
			k.Error("the mark stays though the calendar is back")
		}
		if _, err := k.apply(booking.ApplyOptions{Strand: true}, gone); err != nil {
			k.Fatal(err)
		}
		if b, err := k.Cancel(k.Context(), town, r.Manage); err != nil || b.Status != agenda.Cancelled {
			k.Errorf("cancelling a stranded visit: %+v, %v", b, err)
		}
	})
}

// What is over, cancelled or expired strands nothing.
func TestApplyOnlyAsksForWhatIsToCome(t *testing.T) {
	onEach(t, func(k kit) {
		k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		gone := k.now(ask("buergerbuero", desktest.At(2, "08:00"), "ausweis"))
		if _, err := k.Cancel(k.Context(), town, gone.Manage); err != nil {
			k.Fatal(err)
		}
		k.clock.Set(desktest.At(1, "08:05"))
		k.held(ask("buergerbuero", desktest.At(2, "08:00"), "ausweis"))
		k.clock.Advance(20 * time.Minute)
		k.mustApply(func(s *agenda.Setup) { s.Calendars = s.Calendars[1:] })
	})
}

// Another tick or pool: visits keep their time and count in the new seats, those
// under way included.
func TestApplyReseats(t *testing.T) {
	onEach(t, func(k kit) {
		k.now(times(ask("ausweise", desktest.At(1, "08:00"), "ausweis"), 3)) // until 08:30, waits for its mail
		visit := k.now(clerk("ausweise", desktest.At(1, "09:00"), "ausweis"))
		long := k.now(times(clerk("ausweise", desktest.At(0, "08:00"), "ausweis"), 3))
		odd := k.now(clerk("impfung", desktest.At(1, "08:05"), "impfen"))
		k.clock.Set(desktest.At(0, "07:40")) // within the hour of the request
		k.is("held before", k.try(ask("ausweise", desktest.At(1, "08:20"), "ausweis")), agenda.ErrTaken)
		for _, tick := range []int{10, 1, 5} {
			k.mustApply(func(s *agenda.Setup) {
				s.Calendars[1].TickMinutes, s.Calendars[1].Pool = tick, map[int]string{10: "", 1: "neu", 5: "neu"}[tick]
			})
			for _, clock := range []string{"08:00", "08:20", "09:00"} {
				k.is("taken at "+clock, k.try(clerk("ausweise", desktest.At(1, clock), "ausweis")), agenda.ErrTaken)
			}
			if b := k.stored(visit.Booking); b.Tick != tick || !b.Start.Equal(desktest.At(1, "09:00")) || !b.From.Time(b.Tick).Equal(b.Start) || !b.To.Time(b.Tick).Equal(b.End) {
				k.Errorf("tick %d: got %+v", tick, b)
			}
			k.verify()
		}
		k.clock.Set(desktest.At(0, "08:10")) // one of them is under way
		k.mustApply(func(s *agenda.Setup) { s.Calendars[1].TickMinutes = 10 })
		k.is("taken by who is being served", k.try(clerk("ausweise", desktest.At(0, "08:20"), "ausweis")), agenda.ErrTaken)
		if b := k.stored(long.Booking); b.Tick != 10 || b.Stranded {
			k.Errorf("the visit under way: %+v", b)
		}
		// A visit that does not lie on the new ticks takes those that it touches.
		k.mustApply(func(s *agenda.Setup) {
			s.Calendars[3].TickMinutes, s.Calendars[3].SlotTemplates[0].SlotMinutes = 10, 10
		})
		if b := k.stored(odd.Booking); b.To-b.From != 1 || !b.From.Time(10).Equal(desktest.At(1, "08:00")) {
			k.Errorf("got %+v, want the ten minutes from 08:00", b)
		}
	})
}

// Two calendars that get one pool: what was booked in both does not fit any more.
func TestApplyJoinsPools(t *testing.T) {
	onEach(t, func(k kit) {
		k.now(ask("soziales", desktest.At(1, "08:00"), "beratung"))
		k.now(ask("impfung", desktest.At(1, "08:10"), "impfen"))
		k.now(ask("impfung", desktest.At(1, "09:00"), "impfen"))
		join := func(s *agenda.Setup) { s.Calendars[2].Pool, s.Calendars[3].Pool = "einer", "einer" }
		var stranded booking.StrandedError
		if _, err := k.apply(booking.ApplyOptions{}, join); !errors.As(err, &stranded) || len(stranded) != 2 || stranded[0].Why != "over capacity" {
			k.Errorf("got %v, want the two visits at 08:10", err)
		}
		swap := func(s *agenda.Setup) { s.Calendars[2].Pool, s.Calendars[3].Pool = "impfung", "soziales" }
		k.mustApply(swap)
		k.verify()
		k.is("its own seat", k.try(ask("soziales", desktest.At(1, "08:00"), "beratung")), agenda.ErrTaken)
		k.is("its own seat", k.try(ask("impfung", desktest.At(1, "08:10"), "impfen")), agenda.ErrTaken)
	})
}

// A visit that was overbooked in its first ticks excuses nothing in the others.
func TestCutIsLookedAtTickByTick(t *testing.T) {
	onEach(t, func(k kit) {
		eight, full := desktest.At(1, "08:00"), clerk("buergerbuero", desktest.At(1, "08:00"), "pass")
		for range 3 {
			k.is("pass", k.try(full), nil)
		}
		k.is("overbooked", k.try(overbooked(clerk("buergerbuero", eight, "ausweis"))), nil)
		day := agenda.DateOf(eight)
		var stranded booking.StrandedError
		_, err := k.apply(booking.ApplyOptions{}, func(s *agenda.Setup) {
			s.Calendars[0].Closures = []agenda.Closure{{From: agenda.Moment{Date: day, Minute: 8*60 + 10, Timed: true}, To: agenda.Moment{Date: day, Minute: 8*60 + 20, Timed: true}, Seats: 1}}
		})
		if !errors.As(err, &stranded) || len(stranded) < 3 {
			k.Errorf("got %v, want the visits that last until 08:20", err)
		}
		k.verify()
	})
}

// Somebody cuts seats while others book: either the change is refused with the
// list, or it holds and nobody got a seat that is no more.
func TestCutRacedByBookings(t *testing.T) {
	onEach(t, func(k kit) {
		cuts := 0
		for day := 1; day <= 4; day++ {
			eight := desktest.At(day, "08:00")
			strand := day%2 == 0
			k.mustApply(func(*agenda.Setup) {})
			var a booking.Applied
			errs := together(13, func(i int) (err error) {
				if i == 6 {
					a, err = k.apply(booking.ApplyOptions{Strand: strand}, func(s *agenda.Setup) {
						s.Calendars[0].Closures = []agenda.Closure{{From: agenda.Moment{Date: agenda.DateOf(eight)}, To: agenda.Moment{Date: agenda.DateOf(eight)}, Seats: 2}}
					})
					var stranded booking.StrandedError
					if errors.As(err, &stranded) {
						a.Stranded = stranded
						err = nil
					} else if err == nil {
						cuts++
					}
					return err
				}
				return k.try(clerk("buergerbuero", eight, "ausweis"))
			})
			n := k.won(errs, agenda.ErrTaken) - 1
			switch {
			case n == 1 && len(a.Stranded) == 0: // the cut came first
			case n == 3 && len(a.Stranded) >= 2: // the cut came last, or after two of them and was refused
			case (n == 2 || n == 3) && len(a.Stranded) == n: // in between
			default:
				k.Errorf("day %d: %d visits and %d stranded", day, n, len(a.Stranded))
			}
			if _, err := k.apply(booking.ApplyOptions{Strand: true}, func(*agenda.Setup) {}); err != nil {
				k.Error(err)
			}
			k.verify()
		}
	})
}

// Two people make one tenant at once, two people change one at once: one of each
// is told.
func TestApplyRaced(t *testing.T) {
	onEach(t, func(k kit) {
		for _, revision := range []int{0, 1} {
			errs := together(6, func(int) error {
				s := desktest.Musterstadt()
				s.Tenant.ID, s.Revision = "neustadt", revision
				_, err := k.Apply(k.Context(), s, booking.ApplyOptions{Actor: "test"})
				return err
			})
			if n := k.won(errs, booking.ErrRevision); n != 1 {
				k.Errorf("%d of 6 changed revision %d", n, revision)
			}
		}
	})
}

// Somebody filling in a form stopped every change of the set-up that closed the
// wished time.
func TestHoldsDoNotStopAChange(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		held, err := d.Hold(t.Context(), ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		if err != nil {
			t.Fatal(err)
		}
		s := desktest.Musterstadt()
		s.Calendars[0].SlotTemplates[0].From = 10 * 60
		a, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true})
		if err != nil || len(a.Stranded) != 0 {
			t.Fatalf("got %v, %v", a.Stranded, err)
		}
		if _, err := d.Book(t.Context(), "musterstadt", held.Secret, form(), booking.Once{}); !errors.Is(err, agenda.ErrExpired) {
			t.Errorf("the hold: got %v, want expired", err)
		}
	})
}
