package booking_test

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// The law of agreement between looking and acting: what is offered can be booked,
// what is not offered cannot, for visitors and staff, and again after each booking,
// move, hold and passing hour. Many offices on SQLite, few on PostgreSQL: each is a
// tenant of its own in one database.
func TestLawAgreement(t *testing.T) {
	cases := map[string]int{"SQLite": 60, "PostgreSQL": 8}
	onEach(t, func(k kit) {
		n, booked, refused := 0, 0, 0
		few(k.T, cases[k.Store.Engine()], func(rt *rapid.T) {
			n++
			w := &office{T: rt, kit: k, tenant: fmt.Sprint("amt", n)}
			k.clock.Set(desktest.Start)
			if _, err := k.Apply(k.Context(), w.draw(), booking.ApplyOptions{Actor: "test"}); err != nil {
				rt.Fatal(err)
			}
			for range 5 {
				b, r := w.step()
				booked, refused = booked+b, refused+r
			}
		})
		if least := cases[k.Store.Engine()]; booked < least || refused < least {
			k.Errorf("the random offices gave only %d bookings and %d refusals", booked, refused)
		}
	})
}

// few runs a property n times: each case costs a database.
func few(t *testing.T, n int, property func(*rapid.T)) {
	t.Helper()
	count := flag.Lookup("rapid.checks").Value
	was := count.String()
	defer func() { _ = count.Set(was) }()
	if err := count.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, property)
}

// office is a random office with one or two calendars that share their seats.
type office struct {
	*rapid.T
	kit    kit
	tenant string
	last   booking.Receipt
	holds  []string // secrets
}

// n is evenly spread: rapid's own ranges favour their ends.
func (w *office) n(from, to int) int {
	return from + int(rapid.Uint64().Draw(w.T, "n")*0x9E3779B97F4A7C15>>33)%(to-from+1)
}

func (w *office) often(percent int) bool { return w.n(0, 99) < percent }

func one[T any](w *office, of ...T) T { return of[w.n(0, len(of)-1)] }

func (w *office) draw() *agenda.Setup {
	s := desktest.Musterstadt()
	s.Tenant.ID, s.Revision = w.tenant, 0
	s.Tenant.State = one(w, "NI", "")
	for i := range s.Services {
		v := &s.Services[i]
		v.Minutes, v.MinutesMore = w.n(3, 25), one(w, -1, 0, 7)
		v.LeadMinutes, v.HorizonDays = one(w, 0, 60, 1500), one(w, 0, 1, 3, 60)
		v.Combinable = []string{"pass"}
		v.Public = one(w, agenda.VisiblePublic, agenda.VisiblePublic, agenda.VisiblePublic, agenda.VisibleStaff)
		v.Modes = one(w, []string{agenda.ModeOnsite}, []string{agenda.ModePhone, agenda.ModeOnsite}, []string{agenda.ModeHome})
	}
	if w.often(30) {
		s.Services[0].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Art"), Type: "choice", Options: []agenda.Option{
			{ID: "lang", Label: agenda.Plain("L"), Minutes: 35}, {ID: "dort", Label: agenda.Plain("D"), Calendars: []string{"ausweise"}}}}}
	}
	s.Calendars = s.Calendars[:2]
	tick := one(w, 5, 10)
	for i := range s.Calendars {
		c := &s.Calendars[i]
		c.Pool, c.TickMinutes, c.Confirm = one(w, "", "ein", "ein"), tick, one(w, agenda.ConfirmNone, agenda.ConfirmEmail, agenda.ConfirmStaff)
		c.BeforeMinutes, c.AfterMinutes = one(w, 0, 0, 3, 10), one(w, 0, 0, 5, 12)
		c.Services = []agenda.Offer{{ID: "ausweis", Minutes: one(w, 0, 12)}, {ID: "pass"}}
		c.SlotTemplates = w.templates(tick)
		c.Closures = w.closures(tick)
	}
	s.Sites[0].Public = w.often(95)
	return s
}

func (w *office) templates(tick int) (list []agenda.SlotTemplate) {
	at, raster := 8*60, tick*w.n(1, 4)
	for i := range w.n(1, 4) {
		if w.often(25) {
			raster = tick * w.n(1, 4)
		}
		if w.often(25) {
			at += tick * w.n(1, 6)
		}
		end := at + raster*w.n(2, 8)
		if end > 24*60 {
			break
		}
		total := w.n(1, 4)
		t := agenda.SlotTemplate{ID: fmt.Sprint("t", i), Weekdays: []string{"mo", "tu", "we", "th"}, From: agenda.Minute(at), To: agenda.Minute(end), SlotMinutes: raster,
			Seats: agenda.Seats{Total: total, Public: w.n(-1, total)}, EveryWeeks: 1}
		if w.often(15) {
			t.Services = []string{"ausweis"}
		}
		if w.often(15) {
			t.Modes = []string{agenda.ModeOnsite}
		}
		list, at = append(list, t), end
	}
	return list
}

func (w *office) closures(tick int) (list []agenda.Closure) {
	for range w.n(0, 2) {
		date := agenda.DateOf(desktest.Start) + agenda.Date(w.n(0, 2))
		from := agenda.Minute(8*60 + tick*w.n(0, 12))
		list = append(list, agenda.Closure{From: agenda.Moment{Date: date, Minute: from, Timed: true}, To: agenda.Moment{Date: date, Minute: from + agenda.Minute(tick*w.n(1, 6)), Timed: true}, Seats: w.n(0, 2)})
	}
	return list
}

func (w *office) wish() agenda.Wish {
	wish := desktest.Wish(one(w, []string{"ausweis"}, []string{"ausweis"}, []string{"pass"}, []string{"ausweis", "pass"})...)
	wish.Items[0].Quantity = one(w, 1, 1, 1, 2, 3)
	wish.Mode = one(w, "", "", "", agenda.ModeOnsite)
	if wish.Items[0].Service == "ausweis" && w.often(20) {
		wish.Items[0].Answers = map[string]string{"art": one(w, "lang", "dort")}
	}
	return wish
}

// step looks, acts on what it saw and on what it did not see, and lets time pass.
func (w *office) step() (booked, refused int) {
	ctx := w.kit.Context()
	for _, secret := range w.holds {
		if _, err := w.kit.Extend(ctx, w.tenant, secret); err != nil && !errors.Is(err, agenda.ErrExpired) {
			w.Fatalf("extending what is held gave %v", err)
		}
	}
	r := booking.Request{Tenant: w.tenant, Wish: w.wish(), By: one(w, agenda.Public, agenda.Public, agenda.Staff), Actor: "test"}
	from := agenda.DateOf(desktest.Start)
	q := booking.Search{Tenant: w.tenant, Wish: r.Wish, From: from, To: from + 3, By: r.By}
	f, err := w.kit.Availability(ctx, q)
	if err != nil {
		r.Calendar, r.Start = "ausweise", desktest.At(1, "08:00")
		if err := w.kit.try(r); err == nil {
			w.Fatalf("the search for %+v was refused, the booking was not", r)
		}
		return 0, 1
	}
	offered := w.check(f)
	var all []agenda.Slot
	for _, c := range []string{"buergerbuero", "ausweise"} {
		for range 4 {
			r.Calendar, r.Start = c, desktest.At(w.n(0, 3), "08:00").Add(time.Duration(5*w.n(-2, 60))*time.Minute)
			if offered[at(r)] {
				continue
			}
			if err := w.kit.try(r); !errors.Is(err, agenda.ErrTaken) && !errors.Is(err, agenda.ErrWindowClosed) && !errors.As(err, new(agenda.Invalid)) {
				w.Fatalf("%+v was not offered, and booking it gave %v", r, err)
			}
			refused++
		}
	}
	for _, day := range f.Days {
		all = append(all, day.Slots...)
	}
	if len(all) > 0 {
		s := one(w, all...)
		r.Calendar, r.Start = s.Calendar, s.Start
		for range min(s.Free, 2) {
			w.act(r)
			booked++
		}
	}
	w.kit.clock.Advance(time.Duration(one(w, 0, 0, 1, 20, 45, 90)) * time.Minute)
	return booked, refused
}

func at(r booking.Request) string { return fmt.Sprint(r.Calendar, r.Start.Unix()) }

// check wants what nextFree says to be what the days show.
func (w *office) check(f booking.Found) map[string]bool {
	offered := map[string]bool{}
	for _, day := range f.Days {
		for i, s := range day.Slots {
			offered[fmt.Sprint(s.Calendar, s.Start.Unix())] = true
			if agenda.DateOf(s.Start) != day.Date || i > 0 && !inOrder(day.Slots[i-1], s) || s.Free < 1 {
				w.Fatalf("odd slot %+v on %v", s, day.Date)
			}
		}
	}
	if f.Empty() == (f.Why == "") {
		w.Fatalf("empty %v, why %q", f.Empty(), f.Why)
	}
	return offered
}

// inOrder: by start, and where that is the same by the calendar.
func inOrder(a, b agenda.Slot) bool {
	return a.Start.Before(b.Start) || a.Start.Equal(b.Start) && a.Calendar < b.Calendar
}

// act takes an offered start in one of the ways there are.
func (w *office) act(r booking.Request) {
	ctx := w.kit.Context()
	if w.last.Booking != nil && slices.EqualFunc(w.last.Booking.Items, r.Wish.Items, func(a, b agenda.Item) bool {
		return a.Service == b.Service && a.Quantity == b.Quantity && len(a.Answers)+len(b.Answers) == 0
	}) && w.often(40) {
		w.move(r)
		return
	}
	if w.often(40) {
		h, err := w.kit.Hold(ctx, r)
		if err != nil {
			w.Fatalf("%+v was offered, and holding it gave %v", r, err)
		}
		if w.often(50) {
			w.holds = append(w.holds, h.Secret)
			return // it runs out some time
		}
		if w.last, err = w.kit.Book(ctx, w.tenant, h.Secret, form(), booking.Once{}); err != nil {
			w.Fatalf("%+v was held, and booking it gave %v", r, err)
		}
		return
	}
	got, err := w.kit.BookNow(ctx, r, form(), booking.Once{})
	if err != nil {
		w.Fatalf("%+v was offered, and booking it gave %v", r, err)
	}
	w.last = got
}

// move agrees with the search that counts the visit's own seats as free.
func (w *office) move(r booking.Request) {
	ctx := w.kit.Context()
	own := w.kit.stored(w.last.Booking)
	date := agenda.DateOf(r.Start)
	f, err := w.kit.Availability(ctx, booking.Search{Tenant: w.tenant, Wish: agenda.Wish{Items: own.Items, Mode: own.Mode}, Calendars: []string{r.Calendar}, From: date, To: date, By: agenda.Public, Own: own})
	if err != nil {
		return // not a wish of the public any more
	}
	offered := w.check(f)[at(r)]
	_, err = w.kit.Move(ctx, w.tenant, w.last.Manage, booking.Target{Start: r.Start, Calendar: r.Calendar})
	switch {
	case errors.Is(err, agenda.ErrTooLate), errors.Is(err, agenda.ErrExpired), errors.Is(err, agenda.ErrState):
	case own.Start.Equal(r.Start) && own.Calendar == r.Calendar:
	case offered != (err == nil):
		w.Fatalf("moving %+v to %s: offered %v, and the answer was %v", own, at(r), offered, err)
	}
}
