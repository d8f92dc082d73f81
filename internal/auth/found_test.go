package auth

import (
	"errors"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// The county gives a new town its first administrator, and nobody a second one.
func TestFirstAdmin(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		a := &Accounts{Store: d.Store, Passwords: NewPasswords(0)}
		s := desktest.Musterstadt()
		s.Tenant.ID = "neustadt"
		county := &agenda.Person{Tenant: town, ID: "kreis", Role: agenda.County}
		if _, err := a.FirstAdmin(t.Context(), county, "neustadt", "chefin@neustadt.example"); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("no such tenant: got %v, want ErrNotFound", err)
		}
		if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: county.ID, Person: county}); err != nil {
			t.Fatal(err)
		}
		for _, role := range []agenda.Role{agenda.Admin, agenda.Lead, agenda.Planner} {
			if _, err := a.FirstAdmin(t.Context(), &agenda.Person{Tenant: town, Role: role}, "neustadt", "a@neustadt.example"); !errors.Is(err, agenda.ErrForbidden) {
				t.Errorf("%s: got %v, want ErrForbidden", role, err)
			}
		}
		secret, err := a.FirstAdmin(t.Context(), county, "neustadt", "Chefin@neustadt.example")
		if err != nil {
			t.Fatal(err)
		}
		if who, err := a.AcceptInvitation(t.Context(), secret, "korrekt pferd batterie"); err != nil || who.Role != agenda.Admin || who.Tenant != "neustadt" {
			t.Errorf("got %+v, %v", who, err)
		}
		if _, err := a.FirstAdmin(t.Context(), county, "neustadt", "zweite@neustadt.example"); !errors.Is(err, agenda.ErrState) {
			t.Errorf("a second one: got %v, want ErrState", err)
		}
	})
}

// Nobody makes a token that may do more than they may, or ends another one's.
func TestTokensWithinRights(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		a := &Accounts{Store: d.Store, Passwords: NewPasswords(0)}
		lead := &agenda.Person{Tenant: town, ID: "leitung", Role: agenda.Lead, Department: "soziales"}
		for _, g := range []agenda.Grant{{Role: agenda.Admin, Department: "soziales"}, {Role: agenda.Clerk}, {Role: agenda.Clerk, Department: "buergerdienste"}, {Role: agenda.County}, {}} {
			if _, _, err := a.CreateTokenBy(t.Context(), lead, "x", g, 0); !errors.Is(err, agenda.ErrForbidden) {
				t.Errorf("%+v: got %v, want ErrForbidden", g, err)
			}
		}
		id, token, err := a.CreateTokenBy(t.Context(), lead, "x", agenda.Grant{Role: agenda.Clerk, Department: "soziales"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := a.Bearer(t.Context(), town, token); err != nil || p.Role != agenda.Clerk || p.Department != "soziales" {
			t.Errorf("got %+v, %v", p, err)
		}
		other := &agenda.Person{Tenant: town, ID: "andere", Role: agenda.Lead, Department: "buergerdienste"}
		if err := a.RevokeTokenBy(t.Context(), other, id); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("another department: got %v, want ErrNotFound", err)
		}
		if err := a.RevokeTokenBy(t.Context(), lead, id); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Bearer(t.Context(), town, token); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("a revoked token: got %v, want ErrNotFound", err)
		}
	})
}
