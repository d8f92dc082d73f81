package booking_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// planner may change the times of the whole tenant, lead may all else too.
func planner(tenant string) *agenda.Person {
	return &agenda.Person{Tenant: tenant, ID: "planer", Name: "Petra Plan", Role: agenda.Planner}
}

// What a preview shows is what saving then does: the same days gain and lose the same
// seats, the same bookings are stranded, and nothing had changed before.
func TestPreviewIsWhatPlanDoes(t *testing.T) {
	cases := map[string]int{"SQLite": 40, "PostgreSQL": 6}
	onEach(t, func(k kit) {
		n, stranded, differ := 0, 0, 0
		few(k.T, cases[k.Store.Engine()], func(rt *rapid.T) {
			n++
			w := &office{T: rt, kit: k, tenant: fmt.Sprint("plan", n)}
			k.clock.Set(desktest.Start)
			if _, err := k.Apply(k.Context(), w.draw(), booking.ApplyOptions{Actor: "test"}); err != nil {
				rt.Fatal(err)
			}
			for range 15 {
				w.step()
			}
			k.clock.Set(desktest.Start)
			s, d := w.replan()
			stranded, differ = stranded+s, differ+d
		})
		k.Logf("the random changes stranded %d bookings and changed %d offices", stranded, differ)
		if stranded == 0 && n > 10 || differ < cases[k.Store.Engine()]/2 {
			k.Errorf("the random changes stranded %d bookings and changed %d offices", stranded, differ)
		}
	})
}

// replan shows a change, saves it and compares.
func (w *office) replan() (stranded, differ int) {
	ctx, p := w.kit.Context(), planner(w.tenant)
	before, err := w.kit.Setup(ctx, w.tenant)
	if err != nil {
		w.Fatal(err)
	}
	c := w.change(before)
	v, err := w.kit.Preview(ctx, p, c)
	if _, invalid := errors.AsType[agenda.Invalid](err); invalid {
		return 0, 0
	}
	if err != nil {
		w.Fatal(err)
	}
	still, err := w.kit.Setup(ctx, w.tenant)
	if err != nil || still.Revision != before.Revision {
		w.Fatalf("showing has changed something: %v", err)
	}
	a, err := w.kit.Plan(ctx, p, c, booking.PlanOptions{Revision: before.Revision, Strand: true})
	if len(v.Faults) > 0 {
		if err == nil {
			w.Fatalf("%+v has faults %v and was saved", c, v.Faults)
		}
		return 0, 0
	}
	if err != nil {
		w.Fatalf("%+v had no faults, and saving it gave %v", c, err)
	}
	ids := func(list []booking.Stranded) (out []string) {
		for _, s := range list {
			out = append(out, s.Booking.ID+s.Why)
		}
		slices.Sort(out)
		return out
	}
	if got, want := ids(v.Stranded), ids(a.Stranded); !slices.Equal(got, want) {
		w.Fatalf("shown as stranded %v, stranded %v", got, want)
	}
	w.daysAgree(v, before)
	if len(v.Days) > 0 {
		differ = 1
	}
	return len(v.Stranded), differ
}

// daysAgree wants the days shown to differ, and the others not.
func (w *office) daysAgree(v booking.Preview, before *agenda.Setup) {
	now, err := w.kit.Setup(w.kit.Context(), w.tenant)
	if err != nil {
		w.Fatal(err)
	}
	supply := func(s *agenda.Setup, id string, d agenda.Date) slots.Supply {
		c, ok := s.Calendar(id)
		if !ok {
			return slots.Supply{}
		}
		return slots.Compile(s, c, d).Supply()
	}
	shown := map[string]bool{}
	for _, x := range v.Days {
		shown[fmt.Sprint(x.Calendar, x.Date)] = true
		if got := supply(before, x.Calendar, x.Date); got != x.Before {
			w.Fatalf("%v before: shown %v, is %v", x.Date, x.Before, got)
		}
		if got := supply(now, x.Calendar, x.Date); got != x.After {
			w.Fatalf("%v after: shown %v, is %v", x.Date, x.After, got)
		}
	}
	for d := v.Today; d <= v.Until; d++ {
		for i := range now.Calendars {
			id := now.Calendars[i].ID
			if differs := supply(before, id, d) != supply(now, id, d); differs != shown[fmt.Sprint(id, d)] {
				w.Fatalf("%s on %v: differs %v, was shown %v", id, d, differs, shown[fmt.Sprint(id, d)])
			}
		}
	}
}

// change is any of the things that can be done to the office.
func (w *office) change(s *agenda.Setup) agenda.Change {
	cal := &s.Calendars[w.n(0, len(s.Calendars)-1)]
	t := cal.SlotTemplates[w.n(0, len(cal.SlotTemplates)-1)]
	day := agenda.DateOf(desktest.Start) + agenda.Date(w.n(0, 3))
	c := agenda.Change{Calendar: cal.ID, Template: t.ID, Day: day}
	c.Act = one(w, agenda.ActFrom, agenda.ActOnly, agenda.ActAlways, agenda.ActSkip, agenda.ActEnd, agenda.ActDelete, agenda.ActClose, agenda.ActClose)
	switch c.Act {
	case agenda.ActFrom, agenda.ActOnly, agenda.ActAlways:
		as := t
		as.Seats = agenda.Seats{Total: w.n(1, 4), Public: -1}
		if w.often(30) {
			as.To -= agenda.Minute(as.SlotMinutes)
		}
		c.As = &as
	case agenda.ActClose:
		c = agenda.Change{Act: agenda.ActClose, Closure: &agenda.Closure{From: agenda.Moment{Date: day}, To: agenda.Moment{Date: day, Minute: 12 * 60, Timed: true}}}
		if w.often(30) {
			c.Departments = []string{cal.Department}
			break
		}
		c.Calendars, c.Closure.Seats = []string{cal.ID}, w.n(0, 2)
	}
	return c
}

// Somebody who plans for a department changes its calendars and nothing else; what
// belongs to others does not exist for them.
func TestRightsToPlan(t *testing.T) {
	closed := &agenda.Closure{From: agenda.Moment{Date: agenda.DateOf(desktest.Start) + 30}, To: agenda.Moment{Date: agenda.DateOf(desktest.Start) + 30}}
	limited := func(role agenda.Role, department, calendar string) *agenda.Person {
		return &agenda.Person{Tenant: town, ID: "x", Role: agenda.Auditor, Department: "buergerdienste", Grants: []agenda.Grant{{Role: role, Department: department, Calendar: calendar}}}
	}
	in := func(calendars ...string) agenda.Change {
		return agenda.Change{Act: agenda.ActClose, Calendars: calendars, Closure: closed}
	}
	onEach(t, func(k kit) {
		for _, x := range []struct {
			what   string
			who    *agenda.Person
			change agenda.Change
			want   error
		}{
			{"own department's calendar", limited(agenda.Planner, "buergerdienste", ""), in("buergerbuero", "ausweise"), nil},
			{"another department's", limited(agenda.Planner, "buergerdienste", ""), in("buergerbuero", "soziales"), agenda.ErrNotFound},
			{"another's series", limited(agenda.Planner, "buergerdienste", ""), agenda.Change{Act: agenda.ActDelete, Calendar: "soziales", Template: "vormittag"}, agenda.ErrNotFound},
			{"a copy of another's series", limited(agenda.Planner, "buergerdienste", ""), agenda.Change{Act: agenda.ActCopy, Calendar: "soziales", Template: "vormittag", Calendars: []string{"ausweise"}}, agenda.ErrNotFound},
			{"own department", limited(agenda.Lead, "buergerdienste", ""), agenda.Change{Act: agenda.ActClose, Departments: []string{"buergerdienste"}, Closure: closed}, nil},
			{"another department", limited(agenda.Lead, "buergerdienste", ""), agenda.Change{Act: agenda.ActClose, Departments: []string{"soziales"}, Closure: closed}, agenda.ErrNotFound},
			{"a site", limited(agenda.Lead, "buergerdienste", ""), agenda.Change{Act: agenda.ActClose, Sites: []string{"rathaus"}, Closure: closed}, agenda.ErrForbidden},
			{"everything", limited(agenda.Lead, "buergerdienste", ""), agenda.Change{Act: agenda.ActClose, Everything: true, Closure: closed}, agenda.ErrForbidden},
			{"everything, as who may", planner(town), agenda.Change{Act: agenda.ActClose, Everything: true, Closure: closed}, nil},
			{"one calendar", limited(agenda.Planner, "", "ausweise"), in("ausweise"), nil},
			{"beside the one calendar", limited(agenda.Planner, "", "ausweise"), in("buergerbuero"), agenda.ErrForbidden},
			{"the department of the one calendar", limited(agenda.Planner, "", "ausweise"), agenda.Change{Act: agenda.ActClose, Departments: []string{"buergerdienste"}, Closure: closed}, agenda.ErrNotFound},
			{"a clerk", desktest.Clerk(), in("ausweise"), agenda.ErrForbidden},
			{"a restoring department", limited(agenda.Planner, "buergerdienste", ""), agenda.Change{Act: agenda.ActRestore, Revision: 1}, agenda.ErrForbidden},
			{"somebody of nowhere", planner("nirgendwo"), in("ausweise"), agenda.ErrNotFound},
			{"nothing there", planner(town), in("nirgends"), agenda.ErrNotFound},
			{"a revision that never was", planner(town), agenda.Change{Act: agenda.ActRestore, Revision: 99}, agenda.ErrNotFound},
		} {
			_, err := k.Preview(k.Context(), x.who, x.change)
			k.is(x.what+", shown", err, x.want)
			if x.want != nil {
				k.unchanged(x.what, func() {
					_, err := k.Plan(k.Context(), x.who, x.change, booking.PlanOptions{Revision: 1})
					k.is(x.what, err, x.want)
				})
			}
		}
	})
}

// Bookings stop a change unless it is to strand them, and somebody else's change
// meanwhile stops it always.
func TestPlanStops(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		day := agenda.DateOf(desktest.At(1, "08:00"))
		c := agenda.Change{Act: agenda.ActSkip, Calendar: "buergerbuero", Template: "vormittag", Day: day}
		k.unchanged("what strands", func() {
			v, err := k.Preview(k.Context(), planner(town), c)
			if err != nil || len(v.Stranded) != 1 || v.Stranded[0].Booking.ID != r.Booking.ID {
				k.Errorf("got %+v, %v", v.Stranded, err)
			}
			_, err = k.Plan(k.Context(), planner(town), c, booking.PlanOptions{Revision: 1})
			if _, ok := errors.AsType[booking.StrandedError](err); !ok {
				k.Errorf("got %v, want the stranded", err)
			}
			_, err = k.Plan(k.Context(), planner(town), c, booking.PlanOptions{Revision: 7, Strand: true})
			k.is("another revision", err, booking.ErrRevision)
		})
		a, err := k.Plan(k.Context(), planner(town), c, booking.PlanOptions{Revision: 1, Strand: true})
		if err != nil || a.Revision != 2 || !k.stored(r.Booking).Stranded {
			k.Errorf("got %+v, %v", a, err)
		}
		_, err = k.Plan(k.Context(), planner(town), c, booking.PlanOptions{Revision: 1, Strand: true})
		k.is("sent twice", err, booking.ErrRevision)
	})
}

// Every set-up that was put in force can be looked at and restored, that from before
// too, and the book of them does not grow for ever.
func TestRevisions(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		k.clock.Advance(time.Hour)
		c := agenda.Change{Act: agenda.ActSkip, Calendar: "buergerbuero", Template: "vormittag", Day: agenda.DateOf(desktest.At(1, "08:00"))}
		if _, err := k.Plan(k.Context(), planner(town), c, booking.PlanOptions{Revision: 1, Strand: true}); err != nil {
			k.Fatal(err)
		}
		if got, want := k.revisions(), "2 planer 08:00, 1 test 07:00"; got != want {
			k.Errorf("got %s, want %s", got, want)
		}
		if _, err := k.Plan(k.Context(), planner(town), agenda.Change{Act: agenda.ActRestore, Revision: 1}, booking.PlanOptions{Revision: 2}); err != nil {
			k.Fatal(err)
		}
		now, err := k.Desk.Setup(k.Context(), town)
		if err != nil || now.Revision != 3 || len(now.Calendars[0].SlotTemplates[0].Except) != 0 || k.stored(r.Booking).Stranded {
			k.Errorf("got %+v, %v", now.Calendars[0].SlotTemplates, err)
		}
		for range store.KeptRevisions {
			if _, err := k.apply(booking.ApplyOptions{Actor: "test"}, func(*agenda.Setup) {}); err != nil {
				k.Fatal(err)
			}
		}
		k.view(func(tx *store.Tx) error {
			list, err := tx.Revisions(town, 1<<30, 1000)
			if err == nil && (len(list) != store.KeptRevisions || list[len(list)-1].Number != 4) {
				k.Errorf("got %d revisions down to %d, want %d", len(list), list[len(list)-1].Number, store.KeptRevisions)
			}
			return err
		})
	})
}

// revisions lists those that are kept.
func (k kit) revisions() (out string) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		list, err := tx.Revisions(town, 1<<30, 10)
		for i, r := range list {
			if i > 0 {
				out += ", "
			}
			out += fmt.Sprint(r.Number, " ", r.Actor, " ", r.At.In(desktest.At(0, "08:00").Location()).Format("15:04"))
		}
		return err
	})
	return out
}
