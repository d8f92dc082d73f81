package agenda_test

import (
	"testing"

	"terminvergabe/internal/agenda"
)

func TestRoles(t *testing.T) {
	want := map[agenda.Role][3]bool{ // see, act, change the set-up
		agenda.Clerk:     {true, true, false},
		agenda.Reception: {true, true, false},
		agenda.Planner:   {true, false, true},
		agenda.Lead:      {true, true, true},
		agenda.Admin:     {true, true, true},
		agenda.County:    {false, false, true},
		agenda.Auditor:   {true, false, false},
		"boss":           {},
		"":               {},
	}
	for role, may := range want {
		got := [3]bool{role.May(agenda.SeeBookings), role.May(agenda.ActOnBookings), role.May(agenda.ChangeSetup)}
		if got != may {
			t.Errorf("%q: got %v, want %v", role, got, may)
		}
	}
	if got := len(agenda.Roles()); got != 7 {
		t.Errorf("got %d roles, want 7", got)
	}
	for _, r := range agenda.Roles() {
		if got, ok := agenda.ParseRole(string(r)); !ok || got != r {
			t.Errorf("ParseRole(%q): got %q, %v", r, got, ok)
		}
	}
	for _, bad := range []string{"", "boss", "Clerk", " clerk"} {
		if r, ok := agenda.ParseRole(bad); ok {
			t.Errorf("ParseRole(%q): got %q", bad, r)
		}
	}
}

func TestRightsEndAtTheDepartment(t *testing.T) {
	mine, other := &agenda.Calendar{Department: "fb35"}, &agenda.Calendar{Department: "fb36"}
	p := &agenda.Person{Role: agenda.Clerk, Department: "fb35"}
	if !p.MayIn(agenda.ActOnBookings, mine) || p.MayIn(agenda.ActOnBookings, other) || p.MayIn(agenda.ChangeSetup, mine) {
		t.Error("a department's clerk acts there and nowhere else")
	}
	p.Department = ""
	if !p.MayIn(agenda.ActOnBookings, mine) || !p.MayIn(agenda.ActOnBookings, other) {
		t.Error("a clerk without department acts in the whole tenant")
	}
}
