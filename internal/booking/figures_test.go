package booking_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// chief sees all figures of the town.
func chief() *agenda.Person {
	return &agenda.Person{Tenant: town, ID: "chief", Role: agenda.Lead}
}

// figures reads all there is.
func (k kit) figures() *booking.Figures { return k.figuresBack(10) }

func (k kit) figuresBack(days int) *booking.Figures {
	k.Helper()
	today := agenda.DateOf(desktest.Start)
	f, err := k.Figures(k.Context(), chief(), today-agenda.Date(days), today+300)
	if err != nil {
		k.Fatal(err)
	}
	return f
}

// past is a visit as a diary beside the book has it.
type past struct {
	*agenda.Booking
	manage    string
	byVisitor bool
	walkIn    bool
}

// diary plays at random what happens in an office, and writes down what it did.
type diary struct {
	kit
	*rand.Rand
	visits []*past
}

func (d *diary) step() {
	d.Helper()
	switch d.IntN(13) {
	case 0, 1, 2, 3:
		d.book()
	case 4, 5:
		d.cancel()
	case 6, 7, 8:
		d.visit()
	case 9:
		d.clock.Advance(time.Duration(d.IntN(30*60)) * time.Minute)
	case 10:
		d.tidy()
	case 11:
		d.move()
	case 12:
		d.walkIn()
	}
}

// tidy runs the jobs, as often as somebody pleases.
func (d *diary) tidy() {
	d.Helper()
	for range 1 + d.IntN(2) {
		_, err := d.Forget(d.Context(), 1+d.IntN(20))
		if err = errors.Join(err, d.CountOffered(d.Context()), d.FlushSearches(d.Context())); err != nil {
			d.Fatal(err)
		}
	}
}

func (d *diary) book() {
	d.Helper()
	wishes := map[string][]string{"buergerbuero": {"ausweis", "pass"}, "impfung": {"impfen"}, "soziales": {"beratung"}}
	calendar := []string{"buergerbuero", "buergerbuero", "impfung", "soziales"}[d.IntN(4)]
	services := wishes[calendar][:1+d.IntN(len(wishes[calendar]))]
	day := desktest.At(int(d.clock.Now().Sub(desktest.Start).Hours()/24)+1+d.IntN(20), "08:00")
	r := ask(calendar, day.Add(time.Duration(d.IntN(8))*30*time.Minute), services...)
	if d.IntN(2) == 0 {
		r.By, r.Person = agenda.Staff, desktest.Clerk()
	}
	got, err := d.BookNow(d.Context(), r, form(), booking.Once{})
	if errors.Is(err, agenda.ErrTaken) || errors.Is(err, agenda.ErrWindowClosed) {
		return
	}
	if err != nil {
		d.Fatal(err)
	}
	d.visits = append(d.visits, &past{Booking: got.Booking, manage: got.Manage})
}

// fine takes what the rules refuse, and what is gone, for a no.
func (d *diary) fine(err error) bool {
	d.Helper()
	for _, no := range []error{agenda.ErrState, agenda.ErrTooLate, agenda.ErrNotFound, agenda.ErrExpired, agenda.ErrTaken, agenda.ErrWindowClosed} {
		if errors.Is(err, no) {
			return false
		}
	}
	if err != nil {
		d.Fatal(err)
	}
	return true
}

func (d *diary) any() *past {
	if len(d.visits) == 0 {
		return &past{Booking: &agenda.Booking{ID: "none"}}
	}
	return d.visits[d.IntN(len(d.visits))]
}

// walkIn takes somebody in at half past nine.
func (d *diary) walkIn() {
	d.Helper()
	zone := desktest.At(0, "08:00").Location()
	y, m, day := d.clock.Now().In(zone).Date()
	at := time.Date(y, m, day, 9, 30, d.IntN(200), 0, zone)
	if at.Before(d.clock.Now()) {
		return
	}
	d.clock.Set(at)
	r := ask("buergerbuero", at, "ausweis")
	r.By, r.Person, r.Overbook = agenda.Staff, desktest.Clerk(), d.IntN(2) == 0
	got, err := d.WalkIn(d.Context(), r, booking.Form{}, booking.Once{})
	if d.fine(err) {
		d.visits = append(d.visits, &past{Booking: got.Booking, walkIn: true})
	}
}

func (d *diary) cancel() {
	d.Helper()
	v := d.any()
	if v.Status == agenda.Cancelled {
		return
	}
	var b *agenda.Booking
	var err error
	byVisitor := d.IntN(2) == 0
	if byVisitor {
		b, err = d.Cancel(d.Context(), town, v.manage)
	} else {
		b, err = d.CancelFor(d.Context(), desktest.Clerk(), v.ID)
	}
	if d.fine(err) {
		v.Booking, v.byVisitor = b, byVisitor
	}
}

func (d *diary) visit() {
	d.Helper()
	v := d.any()
	to := []agenda.Status{agenda.CheckedIn, agenda.Served, agenda.NoShow, agenda.Confirmed}[d.IntN(4)]
	if v.Status == agenda.Pending {
		if b, err := d.Approve(d.Context(), desktest.Clerk(), v.ID); d.fine(err) {
			v.Booking = b
		}
		return
	}
	if b, err := d.Visit(d.Context(), desktest.Clerk(), v.ID, to); d.fine(err) {
		v.Booking = b
	}
}

func (d *diary) move() {
	d.Helper()
	v := d.any()
	if v.Status == agenda.Pending {
		return
	}
	got, err := d.MoveFor(d.Context(), desktest.Clerk(), v.ID, booking.Target{Start: v.Start.AddDate(0, 0, 7)})
	if d.fine(err) {
		v.Booking, v.walkIn = got, false // somebody who comes later after all has an appointment
	}
}

// recount adds the diary up, as plainly as can be.
func (d *diary) recount() (total booking.Numbers, calendars, services map[string]booking.Numbers) {
	calendars, services = map[string]booking.Numbers{}, map[string]booking.Numbers{}
	zone := desktest.At(0, "08:00").Location()
	for _, v := range d.visits {
		if v.Since.IsZero() {
			continue
		}
		one := booking.Numbers{Booked: 1, LeadDays: max(0, int64(v.Date-agenda.DateOf(v.Created.In(zone))))}
		if v.Channel == agenda.Staff {
			one.Staff = 1
		}
		if v.walkIn {
			one.WalkIn = 1
		}
		switch v.Status {
		case agenda.Cancelled:
			one.Cancelled = 1
			if v.byVisitor {
				one.CancelledByVisitor = 1
			}
		case agenda.NoShow:
			one.Missed = 1
		case agenda.Served, agenda.CheckedIn:
			one.Served = 1
		}
		for _, it := range v.Items {
			s := services[it.Service]
			s.Add(&one)
			services[it.Service] = s
		}
		if v.Status != agenda.Cancelled {
			one.Claimed = int64(v.To-v.From) * 5
		}
		if !v.walkIn {
			one.Leads = map[int]int64{int(one.LeadDays): 1}
		}
		c := calendars[v.Calendar]
		c.Add(&one)
		calendars[v.Calendar] = c
		total.Add(&one)
	}
	return total, calendars, services
}

// bare compares what bookings say alone.
func bare(n booking.Numbers) string {
	n.Offered, n.InVain = 0, 0
	return fmt.Sprintf("%+v", n)
}

// Whatever happens, whenever jobs run, and however much is forgotten: figures are what a
// diary adds up to.
func TestFiguresAreWhatHappened(t *testing.T) {
	for seed := range uint64(3) {
		onEach(t, func(k kit) {
			d := &diary{kit: k, Rand: rand.New(rand.NewPCG(seed, 4))}
			for range 160 {
				d.step()
			}
			d.tidy() // what is offered of the last days is not known before
			d.check()
			d.clock.Advance(40 * 24 * time.Hour) // long enough that every row is gone
			for range 20 {
				d.tidy()
			}
			d.check()
			d.clock.Advance(-24 * time.Hour) // the clock is put right
			d.tidy()
			d.check()
		})
	}
}

func (d *diary) check() {
	d.Helper()
	got := d.figures()
	total, calendars, services := d.recount()
	if bare(got.Total) != bare(total) {
		d.Errorf("total:\ngot  %s\nwant %s", bare(got.Total), bare(total))
	}
	for id, want := range calendars {
		if n := got.Calendar[id]; n == nil || bare(*n) != bare(want) {
			d.Errorf("calendar %s: got %+v, want %s", id, n, bare(want))
		}
	}
	for id, want := range services {
		if n := got.Service[id]; n == nil || bare(*n) != bare(want) {
			d.Errorf("service %s: got %+v, want %s", id, n, bare(want))
		}
	}
	for what, parts := range map[string]map[agenda.Date]*booking.Numbers{"weeks": got.Week, "months": got.Month} {
		var sum booking.Numbers
		for n := range maps.Values(parts) {
			sum.Add(n)
		}
		if fmt.Sprintf("%+v", sum) != fmt.Sprintf("%+v", got.Total) {
			d.Errorf("the %s add up to %+v, want %+v", what, sum, got.Total)
		}
	}
}

// A job that is broken off between counting and deleting has done neither.
func TestCountedExactlyOnce(t *testing.T) {
	onEach(t, func(k kit) {
		t := k.T
		for i := range 6 {
			k.now(ask("buergerbuero", desktest.At(1, "08:00").Add(time.Duration(i)*30*time.Minute), "ausweis"))
		}
		k.clock.Set(desktest.At(40, "06:00"))
		for range 4 { // killed at ever other places
			ctx, kill := context.WithTimeout(k.Context(), 3*time.Millisecond)
			_, _ = k.Forget(ctx, 100)
			kill()
			if got := k.figures().Total.Booked; got != 6 {
				t.Fatalf("after a kill: got %d, want 6", got)
			}
		}
		done := make(chan error, 3) // and by several processes at once
		for range cap(done) {
			go func() {
				_, err := k.Forget(k.Context(), 100)
				done <- err
			}()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if f := k.figures(); f.Total.Booked != 6 || f.Service["ausweis"].Booked != 6 {
			t.Errorf("got %+v, want 6 booked", f.Total)
		}
	})
}

// What was offered on a day that has passed stays what it was, whatever becomes of the
// templates; days on which no job ran are made up for, once.
func TestOfferedIsKept(t *testing.T) {
	onEach(t, func(k kit) {
		t := k.T
		k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		const day = 4 * 60 * (3 + 1 + 1 + 1) // minutes: four hours, six seats
		if got := k.figures().Week[agenda.DateOf(desktest.Start)].Offered; got != 5*day {
			t.Errorf("a week to come: got %d minutes, want %d", got, 5*day)
		}
		k.clock.Set(desktest.At(9, "06:00")) // Wednesday of the week after
		for range 2 {
			if err := k.CountOffered(k.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s, err := k.Setup(k.Context(), town)
		if err != nil {
			t.Fatal(err)
		}
		next := *s
		next.Calendars = nil
		for _, c := range s.Calendars {
			if c.ID == "soziales" {
				c.SlotTemplates = nil
			}
			next.Calendars = append(next.Calendars, c)
		}
		if _, err := k.Apply(k.Context(), &next, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		f := k.figures()
		week := agenda.DateOf(desktest.Start)
		for i, want := range []int64{4 * day, 5*day - 3*240, 5*day - 5*240} { // stored from the oldest visit on
			if got := f.Week[week+agenda.Date(7*i)].Offered; got != want {
				t.Errorf("week %d: got %d minutes, want %d", i, got, want)
			}
		}
	})
}

// Where visits of another book are taken over later, what was offered then is made up for.
func TestOfferedBeforeTheBookBegan(t *testing.T) {
	d, _ := desktest.SQLite(t)
	if err := d.CountOffered(t.Context()); err != nil {
		t.Fatal(err)
	}
	earlier := booking.Earlier{Calendar: "impfung", Wish: desktest.Wish("impfen"), Start: desktest.At(-54, "08:00"), Status: agenda.Served, Form: form(), Made: desktest.At(-60, "12:00")}
	if n, err := d.TakeOver(t.Context(), town, []booking.Earlier{earlier}, "test"); err != nil || n != 1 {
		t.Fatalf("got %d, %v", n, err)
	}
	for range 2 {
		if err := d.CountOffered(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f := kit{T: t, Desk: d}.figuresBack(70)
	if got, want := f.Week[agenda.DateOf(desktest.Start)-14].Offered, int64(5*4*60*6); got != want {
		t.Errorf("a week in between: got %d minutes, want %d", got, want)
	}
	if days, ok := f.Total.MedianLead(); !ok || days != 6 {
		t.Errorf("got %d days between booking and visit, want 6", days)
	}
}

// The third free time of today is the start of what visitors wait for; a day is sampled
// once.
func TestWaitingIsSampled(t *testing.T) {
	onEach(t, func(k kit) {
		t := k.T
		r := func(day int, at string) booking.Request { return ask("soziales", desktest.At(day, at), "beratung") }
		for _, at := range []string{"08:30", "09:00", "09:30", "10:00", "10:30", "11:00"} {
			k.now(r(0, at))
		}
		for range 2 {
			if err := k.SampleWaiting(k.Context()); err != nil {
				t.Fatal(err)
			}
		}
		// Left are 11:30 today, and 08:00 and 08:30 tomorrow.
		if w := k.figures().Waiting[booking.Place{Site: "nebenstelle", Service: "beratung"}]; w == nil || *w != (booking.Wait{Samples: 1, Days: 1}) {
			t.Errorf("got %+v, want one day, sampled once", w)
		}
		k.clock.Advance(24 * time.Hour)
		if err := k.SampleWaiting(k.Context()); err != nil {
			t.Fatal(err)
		}
		if w := k.figures().Waiting[booking.Place{Site: "nebenstelle", Service: "beratung"}]; w == nil || w.Samples != 2 {
			t.Errorf("got %+v, want two samples", w)
		}
	})
}

// Searches of the public that find nothing are counted, each of those who look once a day;
// those of staff, of robots, of the job that samples, and those that find something are not.
func TestSearchesInVain(t *testing.T) {
	onEach(t, func(k kit) {
		t := k.T
		s := desktest.Musterstadt()
		s.Revision = 1
		s.Calendars[3].SlotTemplates = nil
		if _, err := k.Apply(k.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		today := agenda.DateOf(desktest.Start)
		look := func(by agenda.Channel, service, asker string) {
			t.Helper()
			q := booking.Search{Tenant: town, Wish: desktest.Wish(service), From: today, To: today + 6, By: by, Asker: asker}
			_, err := k.Availability(k.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := k.NextFree(k.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			look(agenda.Public, "impfen", "Ada")
		}
		look(agenda.Public, "impfen", "Grace")
		look(agenda.Public, "impfen", "") // a robot
		look(agenda.Staff, "impfen", "Ada")
		look(agenda.Public, "ausweis", "Ada")
		if err := k.SampleWaiting(k.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := k.FlushSearches(k.Context()); err != nil {
				t.Fatal(err)
			}
		}
		f := k.figures()
		if f.Total.InVain != 2 || f.Service["impfen"].InVain != 2 {
			t.Errorf("got %+v, want 2 for the service that nobody offers a time for", f.Total)
		}
		k.clock.Advance(24 * time.Hour)
		look(agenda.Public, "impfen", "Ada")
		if err := k.FlushSearches(k.Context()); err != nil {
			t.Fatal(err)
		}
		if f := k.figures(); f.Total.InVain != 3 {
			t.Errorf("got %d after looking again the next day, want 3", f.Total.InVain)
		}
	})
}

// Figures end where the limits of whoever reads them do.
func TestFiguresWithinLimits(t *testing.T) {
	d, _ := desktest.SQLite(t)
	k := kit{T: t, Desk: d}
	k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
	k.now(ask("impfung", desktest.At(1, "08:00"), "impfen"))
	today := agenda.DateOf(desktest.Start)
	see := func(p *agenda.Person) (*booking.Figures, error) {
		p.Tenant = town
		return d.Figures(t.Context(), p, today, today+6)
	}
	f, err := see(&agenda.Person{Role: agenda.Lead, Department: "soziales"})
	if err != nil || f.Total.Booked != 0 || len(f.Calendars) != 1 || f.Total.Offered != 5*240 {
		t.Errorf("a department: got %+v, %v", f.Total, err)
	}
	f, err = see(&agenda.Person{Role: agenda.Clerk, Grants: []agenda.Grant{{Role: agenda.Auditor, Calendar: "impfung"}}})
	if err != nil || f.Total.Booked != 1 || f.Service["ausweis"] != nil {
		t.Errorf("a calendar: got %+v, %v", f.Total, err)
	}
	_, err = see(&agenda.Person{Role: agenda.Clerk})
	k.is("a clerk", err, agenda.ErrForbidden)
	_, err = d.ActsOfStaff(t.Context(), chief(), today, today)
	k.is("acts per person", err, agenda.ErrForbidden)
	s := desktest.Musterstadt()
	s.Revision, s.Figures.PerClerk = 1, true
	if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "anna"}); err != nil {
		t.Fatal(err)
	}
	acts, err := d.ActsOfStaff(t.Context(), chief(), today, today)
	if err != nil || len(acts) == 0 || acts[0].Actor != "anna" || acts[0].Acts["apply"] != 1 {
		t.Errorf("acts per person: got %+v, %v", acts, err)
	}
	_, err = d.ActsOfStaff(t.Context(), &agenda.Person{Tenant: town, Role: agenda.Lead, Department: "soziales"}, today, today)
	k.is("acts per person, for a department", err, agenda.ErrForbidden)
}
