package booking_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

const secretAddress = "https://outlook.example/owa/secret-4711/calendar.ics"

// elsewhere gives the citizens' office a calendar elsewhere that takes two of its three
// seats.
func elsewhere(change func(*agenda.BusySource)) func(*agenda.Setup) {
	return func(s *agenda.Setup) {
		b := agenda.BusySource{ID: "outlook", URL: secretAddress, Seats: 2, EveryMinutes: 15, StaleDays: 3, WhenStale: agenda.StaleRelease}
		if change != nil {
			change(&b)
		}
		s.Calendars[0].Busy = []agenda.BusySource{b}
	}
}

var outlook = store.BusyKey{Tenant: town, Calendar: "buergerbuero", Source: "outlook"}

// told is an answer: times of days from Start on, such as "1 09:00-10:00".
func told(times ...string) booking.BusyNews {
	n := booking.BusyNews{Digest: strings.Join(times, " "), Entries: len(times)}
	for _, text := range times {
		day, clock, _ := strings.Cut(text, " ")
		from, to, _ := strings.Cut(clock, "-")
		n.Times = append(n.Times, agenda.BusyTime{Source: "outlook", From: desktest.At(int(day[0]-'0'), from), To: desktest.At(int(day[0]-'0'), to)})
	}
	return n
}

// keep asks the calendar elsewhere, which says this.
func (k kit) keep(n booking.BusyNews) {
	k.Helper()
	a, err := k.AskBusy(k.Context(), outlook)
	if err != nil {
		k.Fatal(err)
	}
	if err := k.KeepBusy(k.Context(), a, n); err != nil {
		k.Fatal(err)
	}
}

func (k kit) busyState() (b store.BusyState) {
	k.Helper()
	k.view(func(tx *store.Tx) (err error) {
		b, err = tx.BusyState(outlook)
		return err
	})
	return b
}

// freeAt is how many seats a search offers at times of a day.
func (k kit) freeAt(day int, by agenda.Channel, clocks ...string) (seats []int) {
	k.Helper()
	date := agenda.DateOf(desktest.At(day, "08:00"))
	found, err := k.Availability(k.Context(), booking.Search{Tenant: town, Wish: desktest.Wish("ausweis"), Calendars: []string{"buergerbuero"}, From: date, To: date, By: by})
	if err != nil {
		k.Fatal(err)
	}
	for _, clock := range clocks {
		n := 0
		for _, slot := range found.Days[0].Slots {
			if slot.Start.Equal(desktest.At(day, clock)) {
				n = slot.Free
			}
		}
		seats = append(seats, n)
	}
	return seats
}

func (k kit) free(what string, day int, by agenda.Channel, want []int, clocks ...string) {
	k.Helper()
	if got := k.freeAt(day, by, clocks...); !slices.Equal(got, want) {
		k.Errorf("%s: %v free at %v for %v, want %v", what, got, clocks, by, want)
	}
}

// Busy times take seats as a closure with seats does: from the total, and of the public's
// what is then too many.
func TestBusyTimesTakeSeats(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(nil))
		k.free("before anybody asked", 1, agenda.Public, []int{2, 2, 2, 2}, "08:50", "09:00", "09:50", "10:00")
		k.keep(told("1 09:00-09:30", "1 09:20-10:00", "2 00:00-24:00"))
		k.free("overlapping entries of one source", 1, agenda.Public, []int{2, 1, 1, 2}, "08:50", "09:00", "09:50", "10:00")
		k.free("of staff", 1, agenda.Staff, []int{3, 1, 1, 3}, "08:50", "09:00", "09:50", "10:00")
		k.free("a whole day", 2, agenda.Public, []int{1, 1}, "08:00", "11:50")
		k.now(ask("buergerbuero", desktest.At(1, "09:00"), "ausweis"))
		k.is("a second visit beside two busy seats", k.try(ask("buergerbuero", desktest.At(1, "09:00"), "ausweis")), agenda.ErrTaken)
		k.is("the same by staff", k.try(clerk("buergerbuero", desktest.At(1, "09:00"), "ausweis")), agenda.ErrTaken)
		r := k.now(overbooked(clerk("buergerbuero", desktest.At(1, "09:00"), "ausweis")))
		if !r.Booking.Overbooked {
			k.Error("a visit beyond what is busy elsewhere is not marked as overbooked")
		}
		_, err := k.Move(k.Context(), town, k.now(ask("buergerbuero", desktest.At(1, "11:00"), "ausweis")).Manage, booking.Target{Start: desktest.At(1, "09:00")})
		k.is("a move into it", err, agenda.ErrTaken)
		k.keep(told("1 09:30-10:00"))
		k.free("the entry has moved", 1, agenda.Public, []int{1, 1, 1}, "09:00", "09:30", "09:50") // one of the public and one of staff have booked
		k.free("the whole day is gone", 2, agenda.Public, []int{2}, "08:00")
	})
}

func TestBusyTimesThatTakeAllCloseForEverybody(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(func(b *agenda.BusySource) { b.Seats = 3 }))
		k.keep(told("1 09:00-10:00"))
		k.is("a visitor", k.try(ask("buergerbuero", desktest.At(1, "09:00"), "ausweis")), agenda.ErrTaken)
		k.is("staff that overbook", k.try(overbooked(clerk("buergerbuero", desktest.At(1, "09:00"), "ausweis"))), agenda.ErrTaken)
		e := k.explained(clerk("buergerbuero", desktest.At(1, "09:00"), "ausweis"), nil)
		i := slices.IndexFunc(e.Rulings, func(r slots.Ruling) bool { return r.Rule == slots.RuleBusy })
		if e.Bookable || i < 0 || e.Rulings[i].Allows || len(e.Rulings[i].Closings) != 1 || e.Rulings[i].Reason != slots.BusyElsewhere {
			k.Errorf("explained as %+v", e.Rulings)
		}
		for _, r := range e.Rulings {
			if !r.Allows && r.Rule != slots.RuleBusy && r.Rule != slots.RuleCapacity {
				k.Errorf("%s objects too", r.Rule)
			}
		}
	})
}

// A source that says the same again writes nothing on any day; another answer raises the
// versions of the days that differ, and of no others.
func TestUnchangedBusyTimesTouchNoDay(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(nil))
		version := func(day int) (v int64) {
			k.view(func(tx *store.Tx) (err error) {
				s, err := tx.Setup(town)
				if err != nil {
					return err
				}
				v, err = tx.DayVersion(store.PoolDay{Pool: s.Calendars[0].PoolNumber, Date: agenda.DateOf(desktest.At(day, "08:00"))})
				return err
			})
			return v
		}
		k.keep(told("1 09:00-10:00", "2 09:00-10:00"))
		one, two := version(1), version(2)
		k.keep(told("1 09:00-10:00", "2 09:00-10:00"))
		k.keep(booking.BusyNews{Same: true})
		if version(1) != one || version(2) != two {
			k.Error("the same answer raised the version of a day")
		}
		k.keep(told("1 09:00-10:00", "2 09:00-10:30"))
		if version(1) != one || version(2) != two+1 {
			k.Errorf("day 1 went from %d to %d and day 2 from %d to %d, want only the second raised", one, version(1), two, version(2))
		}
	})
}

// What was known last holds while nobody answers, until it is too old; then as the set-up
// wants it.
func TestBusyTimesOfASourceThatFails(t *testing.T) {
	for _, stale := range []string{agenda.StaleRelease, agenda.StaleKeep} {
		t.Run(stale, func(t *testing.T) {
			onEach(t, func(k kit) {
				k.mustApply(elsewhere(func(b *agenda.BusySource) { b.WhenStale = stale }))
				k.keep(told("8 09:00-10:00"))
				k.clock.Advance(time.Hour)
				k.keep(booking.BusyNews{Fault: "unreachable"})
				state := k.busyState()
				if state.Fault != "unreachable" || !state.Failing.Equal(k.clock.Now()) || state.Due.Before(k.clock.Now().Add(15*time.Minute)) {
					k.Errorf("got %+v", state)
				}
				k.clock.Set(desktest.Start.AddDate(0, 0, 3).Add(-time.Hour))
				k.keep(booking.BusyNews{Fault: "timed_out"})
				k.free("not yet stale", 8, agenda.Public, []int{1}, "09:00")
				if again := k.busyState(); !again.Failing.Equal(state.Failing) || again.Due.After(k.clock.Now().Add(7*time.Hour)) {
					k.Errorf("failing since %v, to be asked at %v", again.Failing, again.Due)
				}
				k.clock.Advance(time.Hour)
				k.keep(booking.BusyNews{Fault: "timed_out"})
				want := 1
				if stale == agenda.StaleRelease {
					want = 2
				}
				k.free("stale", 8, agenda.Public, []int{want}, "09:00")
				if got := k.busyState().Released; got != (stale == agenda.StaleRelease) {
					k.Errorf("released: %v", got)
				}
				k.keep(told("8 09:00-10:00"))
				k.free("it answers again", 8, agenda.Public, []int{1}, "09:00")
				if state := k.busyState(); state.Fault != "" || !state.Failing.IsZero() || state.Released {
					k.Errorf("got %+v", state)
				}
			})
		})
	}
}

// Only one asks at a time; who was too slow changes nothing any more.
func TestOneAsksACalendarElsewhere(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(nil))
		errs := together(8, func(int) error {
			_, err := k.AskBusy(k.Context(), outlook)
			return err
		})
		if n := k.won(errs, agenda.ErrConflict); n != 1 {
			k.Errorf("%d ask at once, want 1", n)
		}
		k.clock.Advance(3 * time.Minute) // whoever it was is gone
		slow, err := k.AskBusy(k.Context(), outlook)
		k.is("asking after a lease ran out", err, nil)
		k.clock.Advance(3 * time.Minute)
		k.keep(told("1 09:00-10:00"))
		k.is("the slow one", k.KeepBusy(k.Context(), slow, told()), nil)
		k.free("after the slow one", 1, agenda.Public, []int{1}, "09:00")
		if due, err := k.BusyDue(k.Context(), 9); err != nil || len(due) != 0 {
			k.Errorf("to be asked now: %v, %v; want none for a quarter of an hour", due, err)
		}
		k.clock.Advance(19 * time.Minute)
		if due, err := k.BusyDue(k.Context(), 9); err != nil || len(due) != 1 || due[0].BusyKey != outlook {
			k.Errorf("to be asked: %v, %v", due, err)
		}
	})
}

// The set-up is what decides on sources: another address begins anew, one that is left
// out takes no seats.
func TestSourcesFollowTheSetup(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(nil))
		k.keep(told("1 09:00-10:00"))
		old, err := k.AskBusy(k.Context(), outlook)
		k.is("asking", err, nil)
		k.mustApply(elsewhere(func(b *agenda.BusySource) { b.Seats = 1 }))
		k.free("fewer seats", 1, agenda.Staff, []int{2}, "09:00")
		k.mustApply(elsewhere(func(b *agenda.BusySource) { b.URL += "?other" }))
		k.free("another address", 1, agenda.Staff, []int{3}, "09:00")
		k.is("the answer of the former address", k.KeepBusy(k.Context(), old, told("1 09:00-10:00")), nil)
		k.free("after it", 1, agenda.Staff, []int{3}, "09:00")
		k.keep(told("1 09:00-10:00"))
		k.mustApply(func(*agenda.Setup) {})
		k.free("no source", 1, agenda.Staff, []int{3}, "09:00")
		if due, err := k.BusyDue(k.Context(), 9); err != nil || len(due) != 0 {
			k.Errorf("to be asked: %v, %v", due, err)
		}
	})
}

// The address is a secret: what is kept of it is sealed, and whoever writes the file gets
// it back.
func TestAddressesOfCalendarsElsewhereAreSealed(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(nil))
		s, err := k.Setup(k.Context(), town)
		k.is("set-up", err, nil)
		sealed := s.Calendars[0].Busy[0].URL
		if !strings.HasPrefix(sealed, agenda.SealedAddress) || strings.Contains(sealed, "4711") {
			k.Errorf("kept as %q", sealed)
		}
		open, err := k.Revealed(s)
		k.is("revealing", err, nil)
		if open.Calendars[0].Busy[0].URL != secretAddress || s.Calendars[0].Busy[0].URL != sealed {
			k.Errorf("revealed as %q", open.Calendars[0].Busy[0].URL)
		}
		k.mustApply(elsewhere(nil))
		if s, err = k.Setup(k.Context(), town); err != nil || s.Calendars[0].Busy[0].URL != sealed {
			k.Errorf("the same address is kept as another one, %v", err)
		}
		for _, foreign := range []string{"sealed:AAAA", "sealed:%", sealed[:len(sealed)-4] + "AAAA"} {
			_, err := k.apply(booking.ApplyOptions{}, elsewhere(func(b *agenda.BusySource) { b.URL = foreign }))
			k.is(foreign, err, booking.ErrSealedElsewhere)
		}
		k.view(func(tx *store.Tx) error {
			_, kept, err := tx.Revision(town, s.Revision)
			if err == nil && kept.Calendars[0].Busy[0].URL != sealed {
				k.Errorf("the revision has %q", kept.Calendars[0].Busy[0].URL)
			}
			return err
		})
	})
}

// What staff have of our own visits in their calendars is not busy time.
func TestOwnVisitsAreKnown(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "09:00"), "ausweis"))
		staffs := k.StaffUID(r.Booking)
		own, err := k.OwnVisits(k.Context(), town, []string{staffs, r.Booking.ID + ".AAAAAAAAAAAAAAAAAAAAAA@terminvergabe"})
		if err != nil || !own[staffs] || own[r.Booking.ID+".AAAAAAAAAAAAAAAAAAAAAA@terminvergabe"] {
			k.Errorf("got %v, %v; want the office's own entry, and no forged one", own, err)
		}
		own, err = k.OwnVisits(k.Context(), town, []string{r.Booking.UID, "040000008200E00074C5B7101A82E008", "@terminvergabe", "NOBODY@terminvergabe"})
		if err != nil || own["NOBODY@terminvergabe"] || !own[r.Booking.UID] {
			k.Errorf("got %v, %v; want only %s", own, err, r.Booking.UID)
		}
		if own, err = k.OwnVisits(k.Context(), "anderswo", []string{r.Booking.UID}); err != nil || len(own) != 0 {
			k.Errorf("another tenant's visits: %v, %v", own, err)
		}
	})
}

// Busy time comes while many book: whoever asks after it is in force sees it, and no seat
// is given twice.
func TestRaceOfBusyTimesAgainstBookings(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(nil))
		for day := 1; day <= 4; day++ {
			at := desktest.At(day, "09:00")
			var inForce atomic.Bool
			var late atomic.Int64
			errs := together(33, func(i int) error {
				if i == 0 {
					a, err := k.AskBusy(k.Context(), outlook)
					if err == nil {
						err = k.KeepBusy(k.Context(), a, told(strconv.Itoa(day)+" 09:00-09:20"))
					}
					inForce.Store(true)
					return errors.Join(err, agenda.ErrTaken)
				}
				after := inForce.Load()
				r := ask("buergerbuero", at, "pass")
				if i%2 == 0 {
					r = clerk("buergerbuero", at, "pass")
				}
				err := k.try(r)
				if err == nil && after {
					late.Add(1)
				}
				return err
			})
			n := k.won(errs, agenda.ErrTaken)
			if n > 3 || late.Load() > 0 && n > 1 || n == 0 {
				k.Errorf("day %d: %d got a seat, %d of them after two of three had been taken elsewhere", day, n, late.Load())
			}
		}
	})
}

// What calendars elsewhere take is not offered: neither in the figures, of days to come and
// of those that have passed, nor in what a change of times would give and take.
func TestBusyTimesAreNotOffered(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(elsewhere(nil)) // two of three seats
		k.keep(told("1 08:00-10:00", "2 00:00-24:00"))
		const all = 5 * 4 * 60 * 6 // minutes of the week: four hours a day, six seats
		const taken = 2*2*60 + 2*4*60
		week := agenda.DateOf(desktest.Start)
		offered := func(what string, want int64) {
			k.Helper()
			f := k.figures()
			if got := f.Week[week].Offered; got != want {
				k.Errorf("%s: %d minutes offered, want %d", what, got, want)
			}
			if got := f.Calendar["buergerbuero"].Offered - f.Calendar["ausweise"].Offered*3; what == "to come" && got != -taken {
				k.Errorf("%s: the calendar offers %d less than usual, want %d", what, -got, taken)
			}
		}
		offered("to come", all-taken)
		date := week + 1
		v, err := k.Preview(k.Context(), planner(town), agenda.Change{Act: agenda.ActClose, Calendars: []string{"buergerbuero"},
			Closure: &agenda.Closure{From: agenda.Moment{Date: date}, To: agenda.Moment{Date: date}}})
		want := slots.Supply{Visits: 12*1 + 12*3, Public: 12*1 + 12*2, Minutes: 3*4*60 - 2*2*60}
		if err != nil || len(v.Days) != 1 || v.Days[0].Before != want || v.Days[0].After != (slots.Supply{}) {
			k.Errorf("closing the day: %+v, %v; want %+v lost", v.Days, err, want)
		}
		k.now(ask("buergerbuero", desktest.At(0, "10:00"), "ausweis"))
		k.clock.Set(desktest.At(8, "06:00"))
		k.keep(told("8 08:00-09:00")) // the days that have passed are not asked for any more
		if err := k.CountOffered(k.Context()); err != nil {
			k.Fatal(err)
		}
		offered("counted", all-taken)
		k.clock.Set(desktest.At(20, "06:00"))
		k.keep(told())
		offered("long ago", all-taken)
		k.view(func(tx *store.Tx) error {
			days, err := tx.BusyDays(outlook)
			if err == nil && len(days) != 0 {
				k.Errorf("what is kept of days long ago: %v", days)
			}
			return err
		})
	})
}
