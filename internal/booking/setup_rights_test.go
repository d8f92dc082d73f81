package booking_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// A department's lead changes what belongs to the department and nothing else, the
// county makes towns, and the journal says who changed what.
func TestSetupWithinRights(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		lead := &agenda.Person{Tenant: town, ID: "leitung", Role: agenda.Lead, Department: "soziales"}
		try := func(p *agenda.Person, f func(*agenda.Setup)) error {
			t.Helper()
			now, err := d.Setup(t.Context(), town)
			if err != nil {
				t.Fatal(err)
			}
			s := *now
			s.Calendars, s.Departments = slices.Clone(s.Calendars), slices.Clone(s.Departments)
			f(&s)
			_, err = d.Apply(t.Context(), &s, booking.ApplyOptions{Actor: p.ID, Person: p})
			return err
		}
		for name, f := range map[string]func(*agenda.Setup){
			"the tenant":         func(s *agenda.Setup) { s.Tenant.Phone = "1" },
			"another calendar":   func(s *agenda.Setup) { s.Calendars[0].Private = true },
			"another department": func(s *agenda.Setup) { s.Departments[0].Phone = "1" },
		} {
			if err := try(lead, f); !errors.Is(err, agenda.ErrForbidden) {
				t.Errorf("%s: got %v, want ErrForbidden", name, err)
			}
		}
		if err := try(lead, func(s *agenda.Setup) { s.Calendars[2].Private, s.Departments[1].Phone = true, "2" }); err != nil {
			t.Fatal(err)
		}
		var last store.Entry
		err := d.Store.View(t.Context(), func(tx *store.Tx) error {
			list, err := tx.Journal(town, "setup")
			last = list[len(list)-1]
			return err
		})
		var detail struct{ Changes []string }
		if err != nil || json.Unmarshal([]byte(last.Detail), &detail) != nil || last.Actor != "leitung" || !slices.Equal(detail.Changes, []string{"departments/soziales", "calendars/soziales"}) {
			t.Errorf("got %+v, %v", last, err)
		}
		next := desktest.Musterstadt()
		next.Tenant.ID = "neustadt"
		if _, err := d.Apply(t.Context(), next, booking.ApplyOptions{Actor: "x", Person: &agenda.Person{Tenant: town, Role: agenda.Admin}}); !errors.Is(err, agenda.ErrForbidden) {
			t.Errorf("a town's admin makes another town: got %v, want ErrForbidden", err)
		}
		if _, err := d.Apply(t.Context(), next, booking.ApplyOptions{Actor: "x", Person: &agenda.Person{Tenant: town, Role: agenda.County}}); err != nil {
			t.Error(err)
		}
	})
}

// A feed is made by whoever sets up what it covers and may see what it shows; it is
// ended by whoever sets it up.
func TestFeedsWithinRights(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		now, err := d.Setup(t.Context(), town)
		if err != nil {
			t.Fatal(err)
		}
		s := *now
		s.Calendars = slices.Clone(s.Calendars)
		s.Calendars[2].Private = true
		if _, err := d.Apply(t.Context(), &s, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		person := func(role agenda.Role, department string) *agenda.Person {
			return &agenda.Person{Tenant: town, ID: "x", Role: role, Department: department}
		}
		looks := person(agenda.County, "")
		looks.Grants = []agenda.Grant{{Role: agenda.Onlooker, To: 1 << 20}}
		all, soziales := store.Feed{Scope: "all", Detail: "full"}, store.Feed{Scope: "calendar", Target: "soziales", Detail: "full"}
		for _, x := range []struct {
			p    *agenda.Person
			f    store.Feed
			want error
		}{
			{person(agenda.Lead, ""), all, nil}, {person(agenda.Planner, ""), all, agenda.ErrForbidden}, // a private calendar
			{person(agenda.Planner, "soziales"), soziales, nil},
			{person(agenda.Planner, ""), store.Feed{Scope: "all", Detail: "busy"}, nil},
			{person(agenda.Lead, "soziales"), all, agenda.ErrForbidden},
			{person(agenda.Lead, "buergerdienste"), soziales, agenda.ErrForbidden},
			{person(agenda.County, ""), store.Feed{Scope: "site", Target: "rathaus", Detail: "busy"}, agenda.ErrForbidden},
			{person(agenda.Clerk, ""), soziales, agenda.ErrForbidden},
			{looks, store.Feed{Scope: "all", Detail: "busy"}, agenda.ErrForbidden}, // a feed would outlast the look
		} {
			id, _, err := d.CreateFeedBy(t.Context(), x.p, x.f)
			if !errors.Is(err, x.want) {
				t.Errorf("%s of %q makes %+v: got %v, want %v", x.p.Role, x.p.Department, x.f, err, x.want)
			}
			if err != nil {
				continue
			}
			if err := d.RevokeFeedBy(t.Context(), person(agenda.Lead, "buergerdienste"), id); !errors.Is(err, agenda.ErrNotFound) {
				t.Errorf("ended by another department: got %v, want ErrNotFound", err)
			}
			if err := d.RevokeFeedBy(t.Context(), person(agenda.County, ""), id); err != nil {
				t.Error(err)
			}
		}
	})
}

// To restore an earlier set-up is to change all that differs: whoever may not open a
// private calendar does not open it that way either.
func TestRestoreWithinRights(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		now, err := d.Setup(t.Context(), town)
		if err != nil {
			t.Fatal(err)
		}
		s := *now
		s.Calendars = slices.Clone(s.Calendars)
		s.Calendars[2].Private = true
		if _, err := d.Apply(t.Context(), &s, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		restore := agenda.Change{Act: agenda.ActRestore, Revision: now.Revision}
		for role, want := range map[agenda.Role]error{agenda.Planner: agenda.ErrForbidden, agenda.County: agenda.ErrForbidden} {
			_, err := d.Plan(t.Context(), &agenda.Person{Tenant: town, ID: "x", Role: role}, restore, booking.PlanOptions{Revision: now.Revision + 1})
			if !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", role, err, want)
			}
		}
		if _, err := d.Plan(t.Context(), &agenda.Person{Tenant: town, ID: "x", Role: agenda.Admin}, restore, booking.PlanOptions{Revision: now.Revision + 1}); err != nil {
			t.Error(err)
		}
	})
}
