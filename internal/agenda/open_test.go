package agenda_test

import (
	"testing"

	"terminvergabe/internal/agenda"
)

func TestPrivateCalendars(t *testing.T) {
	open, private := &agenda.Calendar{Department: "fb35"}, &agenda.Calendar{Department: "fb35", Private: true}
	for _, c := range []struct {
		role          agenda.Role
		department    string
		open, private bool
	}{
		{agenda.Clerk, "fb35", true, true},
		{agenda.Clerk, "fb36", false, false},
		{agenda.Clerk, "", true, false},
		{agenda.Reception, "", true, false},
		{agenda.Auditor, "", true, false},
		{agenda.Auditor, "fb35", true, true},
		{agenda.Lead, "", true, true},
		{agenda.Admin, "", true, true},
		{agenda.County, "", false, false},
		{agenda.County, "fb35", false, false},
	} {
		p := &agenda.Person{Role: c.role, Department: c.department}
		if got := p.MayOpen(open); got != c.open {
			t.Errorf("%s of %q: open calendar: got %v", c.role, c.department, got)
		}
		if got := p.MayOpen(private); got != c.private {
			t.Errorf("%s of %q: private calendar: got %v", c.role, c.department, got)
		}
	}
}
