package booking_test

import (
	"errors"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/slots"
)

func (k kit) explained(r booking.Request, own *agenda.Booking) booking.Explained {
	k.Helper()
	r.Person = desktest.Clerk()
	e, err := k.Explain(k.Context(), r, own)
	if err != nil {
		k.Fatal(err)
	}
	return e
}

// Whatever Explain says of a start, the act that follows finds; and saying it changes
// nothing.
func TestExplainAgreesWithBooking(t *testing.T) {
	onEach(t, func(k kit) {
		k.clock.Set(desktest.At(0, "08:31"))
		k.held(ask("buergerbuero", desktest.At(1, "09:00"), "pass"))
		met := map[slots.Rule]bool{}
		for _, days := range []int{0, 1, 5, 61} {
			for _, clock := range []string{"07:55", "08:00", "08:05", "08:50", "09:00", "09:10", "09:40", "11:40", "11:50", "12:00"} {
				start := desktest.At(days, clock)
				for _, by := range []agenda.Channel{agenda.Public, agenda.Public, agenda.Staff, agenda.Staff} {
					r := ask("buergerbuero", start, "pass")
					r.By = by
					e := k.explained(r, nil)
					for _, ruling := range e.Rulings {
						met[ruling.Rule] = met[ruling.Rule] || !ruling.Allows
					}
					if err := k.try(r); e.Bookable != (err == nil) {
						k.Errorf("%v for %s: got bookable %t, but booking says %v: %+v", start, by, e.Bookable, err, e.Rulings)
					}
				}
			}
		}
		for _, rule := range []slots.Rule{slots.RuleTemplate, slots.RuleRhythm, slots.RuleLead, slots.RuleHorizon, slots.RuleCapacity, slots.RuleHold} {
			if !met[rule] {
				k.Errorf("%s never objected", rule)
			}
		}
		k.unchanged("explaining", func() { k.explained(ask("buergerbuero", desktest.At(1, "09:00"), "pass"), nil) })
	})
}

// A visit that would be moved is not in its own way; a hold that has run out is in
// nobody's.
func TestExplainCountsWhatIsThere(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("soziales", desktest.At(1, "08:00"), "beratung"))
		again := ask("soziales", desktest.At(1, "08:00"), "beratung")
		if e := k.explained(again, nil); e.Bookable || e.Rulings[7].Allows || e.Calendar.ID != "soziales" {
			k.Errorf("taken: got %+v", e.Rulings)
		}
		if e := k.explained(again, r.Booking); !e.Bookable {
			k.Errorf("its own seat: got %+v", e.Rulings)
		}
		held := ask("soziales", desktest.At(1, "09:00"), "beratung")
		k.held(held)
		if e := k.explained(held, nil); e.Bookable || e.Rulings[8].Allows {
			k.Errorf("held: got %+v", e.Rulings)
		}
		k.clock.Advance(21 * time.Minute)
		if e := k.explained(held, nil); !e.Bookable || !e.Rulings[8].Allows {
			k.Errorf("after the hold: got %+v", e.Rulings)
		}
	})
}

func TestExplainRefuses(t *testing.T) {
	onEach(t, func(k kit) {
		person := func(tenant string, role agenda.Role, department string) *agenda.Person {
			return &agenda.Person{Tenant: tenant, ID: "x", Role: role, Department: department}
		}
		at := desktest.At(1, "08:00")
		for _, test := range []struct {
			what string
			r    booking.Request
			p    *agenda.Person
			want error
			code string
		}{
			{"its own", ask("soziales", at, "beratung"), person(town, agenda.Clerk, "soziales"), nil, ""},
			{"an auditor", ask("soziales", at, "beratung"), person(town, agenda.Auditor, ""), nil, ""},
			{"a planner", ask("soziales", at, "beratung"), person(town, agenda.Planner, ""), nil, ""},
			{"another department", ask("soziales", at, "beratung"), person(town, agenda.Admin, "buergerdienste"), agenda.ErrNotFound, ""},
			{"another tenant", ask("soziales", at, "beratung"), person("nachbarstadt", agenda.Admin, ""), agenda.ErrNotFound, ""},
			{"the county", ask("soziales", at, "beratung"), person(town, agenda.County, ""), agenda.ErrForbidden, ""},
			{"no calendar", ask("nirgends", at, "beratung"), desktest.Clerk(), nil, "calendar unknown"},
			{"not offered", ask("soziales", at, "pass"), desktest.Clerk(), nil, "calendar not_offered"},
			{"no service", ask("soziales", at, "zauberei"), desktest.Clerk(), nil, "services unknown"},
			{"a year nobody means", ask("soziales", at.AddDate(5000, 0, 0), "beratung"), desktest.Clerk(), nil, "start range"},
			{"not to be combined", ask("buergerbuero", at, "ausweis", "beratung"), desktest.Clerk(), agenda.ErrNotCombinable, ""},
		} {
			test.r.Person = test.p
			_, err := k.Explain(k.Context(), test.r, nil)
			bad, _ := errors.AsType[agenda.Invalid](err)
			switch {
			case test.code != "" && (len(bad) != 1 || bad[0].Field+" "+bad[0].Code != test.code):
				k.Errorf("%s: got %v, want %s", test.what, err, test.code)
			case test.code == "" && !errors.Is(err, test.want):
				k.Errorf("%s: got %v, want %v", test.what, err, test.want)
			}
		}
	})
}
