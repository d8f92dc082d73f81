package jobs_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// An invitation goes out with a link that works, and no letter goes out for one that
// was replaced before.
func TestInvitations(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		a := &auth.Accounts{Store: d.Store, Keys: d.Keys, Passwords: auth.NewPasswords(0)}
		admin, err := a.AddPerson(t.Context(), auth.NewPerson{Tenant: "musterstadt", Email: "chefin@musterstadt.example", Role: agenda.Admin, Password: "korrekt pferd batterie"})
		if err != nil {
			t.Fatal(err)
		}
		by := &agenda.Person{Tenant: "musterstadt", ID: admin, Role: agenda.Admin}
		id, err := a.AddPerson(t.Context(), auth.NewPerson{Tenant: "musterstadt", Email: "neu@musterstadt.example", Name: "Nora Neu", Role: agenda.Clerk, By: by, Letter: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.InviteByLetter(t.Context(), by, id); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		list := arrived(t, s, "neu@musterstadt.example")
		if len(list) != 1 || list[0].subject != "Ihr Zugang zur Terminverwaltung – Musterstadt" || !strings.Contains(list[0].text, "Guten Tag Nora Neu,") {
			t.Fatalf("got %v, want one invitation", subjects(list))
		}
		_, link, _ := strings.Cut(list[0].text, "/staff/invitation/")
		secret := strings.Fields(link)[0]
		if who, err := a.AcceptInvitation(t.Context(), secret, "korrekt pferd batterie"); err != nil || who.ID != id {
			t.Errorf("got %+v, %v, want the password set", who, err)
		}
		if err := a.InviteByLetter(t.Context(), by, id); err != nil {
			t.Fatal(err)
		}
		c.Advance(auth.LetterLink)
		once(t, r)
		if list := arrived(t, s, "neu@musterstadt.example"); len(list) != 0 {
			t.Errorf("a letter with a link that ran out: %v", subjects(list))
		}
		if faults, err := d.Verify(t.Context(), func(string) {}); err != nil || len(faults) > 0 {
			t.Errorf("got %v, %v", faults, err)
		}
	})
}
