package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// What is not theirs does not exist for staff; what is theirs to see alone they are
// refused to change.
func TestRights(t *testing.T) {
	onEach(t, func(k kit) {
		other := desktest.Musterstadt()
		other.Tenant.ID = "nachbarstadt"
		if _, err := k.Apply(k.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
			k.Fatal(err)
		}
		r := k.now(ask("soziales", desktest.At(1, "08:00"), "beratung"))
		person := func(tenant string, role agenda.Role, department string) *agenda.Person {
			return &agenda.Person{Tenant: tenant, ID: "x", Role: role, Department: department}
		}
		tests := []struct {
			what  string
			p     *agenda.Person
			act   error
			seen  error
			offer bool
		}{
			{"a clerk of another department", person(town, agenda.Clerk, "buergerdienste"), agenda.ErrNotFound, agenda.ErrNotFound, false},
			{"a clerk of another tenant", person("nachbarstadt", agenda.Clerk, ""), agenda.ErrNotFound, agenda.ErrNotFound, false},
			{"an admin of another tenant", person("nachbarstadt", agenda.Admin, ""), agenda.ErrNotFound, agenda.ErrNotFound, false},
			{"an auditor", person(town, agenda.Auditor, ""), agenda.ErrForbidden, nil, true},
			{"an auditor of another department", person(town, agenda.Auditor, "buergerdienste"), agenda.ErrNotFound, agenda.ErrNotFound, false},
			{"a planner", person(town, agenda.Planner, ""), agenda.ErrForbidden, nil, true},
			{"the county", person(town, agenda.County, ""), agenda.ErrForbidden, agenda.ErrNotFound, false},
			{"somebody without a role", person(town, "", ""), agenda.ErrNotFound, agenda.ErrNotFound, false},
			{"nobody", &agenda.Person{}, agenda.ErrNotFound, agenda.ErrNotFound, false},
		}
		for _, test := range tests {
			k.sub(test.what, func(k kit) {
				k.unchanged(test.what, func() {
					for act, f := range k.staffActs(test.p, r.Booking.ID) {
						k.is(act, f(), test.act)
					}
					_, err := k.Seen(k.Context(), test.p, r.Booking.ID)
					k.is("seeing it", err, test.seen)
					k.offersTo(test.p, test.offer)
				})
			})
		}
		if _, err := k.Approve(k.Context(), person(town, agenda.Clerk, "soziales"), r.Booking.ID); err != nil {
			k.Errorf("the department's own clerk: %v", err)
		}
		card, err := k.Seen(k.Context(), person(town, agenda.Reception, "soziales"), r.Booking.ID)
		if err != nil || card.Private.Name != desktest.Ada.Name {
			k.Errorf("got %+v, %v", card, err)
		}
	})
}

func (k kit) staffActs(p *agenda.Person, id string) map[string]func() error {
	ctx := k.Context()
	wish := ask("soziales", desktest.At(1, "09:00"), "beratung")
	wish.By, wish.Person = agenda.Staff, p
	drop := func(_ any, err error) error { return err }
	return map[string]func() error{
		"approve": func() error { b, err := k.Approve(ctx, p, id); return drop(b, err) },
		"reject":  func() error { b, err := k.Reject(ctx, p, id); return drop(b, err) },
		"cancel":  func() error { b, err := k.CancelFor(ctx, p, id); return drop(b, err) },
		"move":    func() error { b, err := k.MoveFor(ctx, p, id, to(1, "09:00")); return drop(b, err) },
		"visit":   func() error { b, err := k.Desk.Visit(ctx, p, id, agenda.CheckedIn); return drop(b, err) },
		"book":    func() error { return k.try(wish) },
		"hold":    func() error { h, err := k.Hold(ctx, wish); return drop(h, err) },
	}
}

func (k kit) offersTo(p *agenda.Person, want bool) {
	k.Helper()
	date := agenda.DateOf(desktest.At(1, "08:00"))
	f, err := k.Availability(k.Context(), booking.Search{Tenant: town, Wish: desktest.Wish("beratung"), From: date, To: date, By: agenda.Staff, Person: p})
	if got := err == nil && !f.Empty(); got != want {
		k.Errorf("free times are shown: %v (%v), want %v", got, err, want)
	}
	list, err := k.List(k.Context(), p, "", date, date)
	if got := err == nil && len(list) > 0; got != want {
		k.Errorf("bookings are listed: %v (%v), want %v", got, err, want)
	}
	if p.Tenant != town {
		return // their own calendar has the same id
	}
	_, err = k.List(k.Context(), p, "soziales", date, date)
	if got := err == nil; got != want {
		k.Errorf("the calendar is listed: %v (%v), want %v", got, err, want)
	}
}

// A clerk moves nothing into a calendar of another department.
func TestRightsInTheTarget(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) {
			s.Calendars[2].Services = append(s.Calendars[2].Services, agenda.Offer{ID: "ausweis"})
		})
		r := k.now(ask("buergerbuero", desktest.At(1, "10:00"), "ausweis"))
		p := &agenda.Person{Tenant: town, ID: "x", Role: agenda.Clerk, Department: "buergerdienste"}
		k.unchanged("into another department", func() {
			_, err := k.MoveFor(k.Context(), p, r.Booking.ID, booking.Target{Start: desktest.At(1, "08:30"), Calendar: "soziales"})
			k.is("move", err, agenda.ErrNotFound)
		})
		if _, err := k.MoveFor(k.Context(), p, r.Booking.ID, booking.Target{Start: desktest.At(1, "08:30"), Calendar: "ausweise"}); err != nil {
			k.Errorf("within the department: %v", err)
		}
	})
}

// A secret opens its own booking at its own tenant for its own purpose.
func TestSecretsOfAnotherTenant(t *testing.T) {
	onEach(t, func(k kit) {
		other := desktest.Musterstadt()
		other.Tenant.ID = "nachbarstadt"
		if _, err := k.Apply(k.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
			k.Fatal(err)
		}
		r := k.now(ask("buergerbuero", desktest.At(1, "10:00"), "ausweis"))
		h := k.held(ask("buergerbuero", desktest.At(1, "10:00"), "ausweis"))
		k.unchanged("secrets elsewhere", func() {
			for _, tenant := range []string{"nachbarstadt", "nirgendwo", "", "\x00"} {
				_, err := k.Manage(k.Context(), tenant, r.Manage)
				k.is("manage", err, agenda.ErrNotFound)
				_, err = k.Cancel(k.Context(), tenant, r.Manage)
				k.is("cancel", err, agenda.ErrNotFound)
				_, err = k.Move(k.Context(), tenant, r.Manage, to(2, "10:00"))
				k.is("move", err, agenda.ErrNotFound)
				_, err = k.Book(k.Context(), tenant, h.Secret, form(), booking.Once{})
				k.is("book", err, agenda.ErrNotFound)
			}
			for _, id := range []string{r.Booking.ID, r.Booking.Reference, r.Booking.UID, desktest.Ada.Email, r.Manage[1:], r.Manage + "A", h.Secret} {
				_, err := k.Manage(k.Context(), town, id)
				k.is("manage with "+id, err, agenda.ErrNotFound)
			}
		})
		// The same pool name at two tenants is two pools.
		in := ask("buergerbuero", desktest.At(1, "10:00"), "ausweis")
		in.Tenant = "nachbarstadt"
		for range 2 {
			k.is("the neighbour's seats", k.try(in), nil)
		}
		k.clock.Advance(time.Second)
	})
}
