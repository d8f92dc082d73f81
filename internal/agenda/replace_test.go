package agenda

import (
	"slices"
	"testing"
)

func town() *Setup {
	return &Setup{Tenant: Tenant{ID: "t"}, Departments: []Department{{ID: "a"}, {ID: "b"}}, Sites: []Site{{ID: "x"}},
		Services: []Service{{ID: "mine"}, {ID: "both"}, {ID: "nowhere"}},
		Calendars: []Calendar{{ID: "a1", Department: "a", Services: []Offer{{ID: "mine"}, {ID: "both"}}}, {ID: "a2", Department: "a", Pool: "p"},
			{ID: "b1", Department: "b", Services: []Offer{{ID: "both"}}}}}
}

// A table of changes with who may make them is long, and easier to read as one.
func TestWhoMayReplaceWhat(t *testing.T) {
	lead := &Person{Tenant: "t", Role: Lead, Department: "a"}
	whole := &Person{Tenant: "t", Role: Planner}
	calendar := &Person{Tenant: "t", Role: Clerk, Department: "a", Grants: []Grant{{Role: Planner, Calendar: "a1"}}}
	clerk := &Person{Tenant: "t", Role: Clerk}
	for _, x := range []struct {
		name    string
		change  func(*Setup)
		lead    bool
		one     bool // who has one calendar
		changes []string
	}{
		{"nothing", func(*Setup) {}, true, true, nil},
		{"an empty list is no list", func(s *Setup) { s.Calendars[2].Reminders = []Span{} }, true, true, nil},
		{"a calendar", func(s *Setup) { s.Calendars[0].Private = true }, true, true, []string{"calendars/a1"}},
		{"another calendar", func(s *Setup) { s.Calendars[2].Private = true }, false, false, []string{"calendars/b1"}},
		{"a calendar away", func(s *Setup) { s.Calendars = s.Calendars[1:] }, true, true, []string{"calendars/a1"}},
		{"a calendar given away", func(s *Setup) { s.Calendars[1].Department = "b" }, false, false, []string{"calendars/a2"}},
		{"a foreign pool", func(s *Setup) { s.Calendars[1].Pool = "b1" }, false, false, []string{"calendars/a2"}},
		{"a pool of one's own", func(s *Setup) { s.Calendars[0].Pool = "p" }, true, false, []string{"calendars/a1"}},
		{"a new calendar", func(s *Setup) { s.Calendars = append(s.Calendars, Calendar{ID: "a3", Department: "a"}) }, true, false, []string{"calendars/a3"}},
		{"a new calendar elsewhere", func(s *Setup) { s.Calendars = append(s.Calendars, Calendar{ID: "b3", Department: "b"}) }, false, false, []string{"calendars/b3"}},
		{"its department", func(s *Setup) { s.Departments[0].Phone = "1" }, true, false, []string{"departments/a"}},
		{"another department", func(s *Setup) { s.Departments[1].Phone = "1" }, false, false, []string{"departments/b"}},
		{"a new department", func(s *Setup) { s.Departments = append(s.Departments, Department{ID: "c"}) }, false, false, []string{"departments/c"}},
		{"its service", func(s *Setup) { s.Services[0].Minutes = 7 }, true, true, []string{"services/mine"}},
		{"a shared service", func(s *Setup) { s.Services[1].Minutes = 7 }, false, false, []string{"services/both"}},
		{"a service of nobody", func(s *Setup) { s.Services[2].Minutes = 7 }, false, false, []string{"services/nowhere"}},
		{"a new service, offered", func(s *Setup) {
			s.Services = append(s.Services, Service{ID: "new"})
			s.Calendars[0].Services = append(slices.Clone(s.Calendars[0].Services), Offer{ID: "new"})
		}, true, true, []string{"services/new", "calendars/a1"}},
		{"the order", func(s *Setup) { s.Services[0], s.Services[1] = s.Services[1], s.Services[0] }, false, false, []string{"services"}},
		{"a site", func(s *Setup) { s.Sites[0].City = "y" }, false, false, []string{"sites/x"}},
		{"the tenant", func(s *Setup) { s.Tenant.Phone, s.Brand.Colour = "1", "#000000" }, false, false, []string{"tenant", "brand"}},
	} {
		before, after := town(), town()
		x.change(after)
		if got := Changes(before, after); !slices.Equal(got, x.changes) {
			t.Errorf("%s: got changes %q, want %q", x.name, got, x.changes)
		}
		for _, who := range []struct {
			p    *Person
			want bool
		}{{lead, x.lead}, {calendar, x.one}, {whole, true}, {clerk, x.changes == nil}, {&Person{Tenant: "u", Role: Admin}, false}} {
			if got := who.p.MayReplace(before, after); got != who.want {
				t.Errorf("%s: %s of %q: got %v, want %v", x.name, who.p.Role, who.p.Department, got, who.want)
			}
		}
	}
}

func TestTheCountyMakesTenants(t *testing.T) {
	for _, role := range Roles() {
		p := &Person{Tenant: "county", Role: role}
		if got, want := p.MayReplace(nil, town()), role == County; got != want {
			t.Errorf("%s: got %v, want %v", role, got, want)
		}
	}
	if p := (&Person{Tenant: "county", Role: County, Department: "a"}); p.MayReplace(nil, town()) {
		t.Error("somebody of a department made a tenant")
	}
}

// The county could read a town's bookings by having its mail sent to itself, and a
// planner a private calendar by making it public: whoever sets a town up tells nobody
// more of who comes than they may.
func TestWhoMayReplaceKeepsConfidence(t *testing.T) {
	before := town()
	before.Calendars[2].Private = true
	county := &Person{Tenant: "t", Role: County}
	looks := &Person{Tenant: "t", Role: County, Grants: []Grant{{Role: Onlooker, To: 1 << 20}}}
	planner := &Person{Tenant: "t", Role: Planner}
	admin := &Person{Tenant: "t", Role: Admin}
	for _, x := range []struct {
		name            string
		change          func(*Setup)
		county, planner bool
	}{
		{"the office's mailbox", func(s *Setup) { s.Calendars[0].StaffMail.To = "a@b.example" }, false, true},
		{"that of a private calendar", func(s *Setup) { s.Calendars[2].StaffMail.To = "a@b.example" }, false, false},
		{"that of a new calendar", func(s *Setup) {
			s.Calendars = append(s.Calendars, Calendar{ID: "new", Department: "a", StaffMail: StaffMail{To: "a@b.example"}})
		}, false, true},
		{"when it is told", func(s *Setup) { s.Calendars[0].StaffMail.On = []string{"booked"} }, true, true},
		{"a private calendar opened", func(s *Setup) { s.Calendars[2].Private = false }, false, false},
		{"a private calendar given to others", func(s *Setup) { s.Calendars[2].Department = "a" }, false, false},
		{"a calendar made private", func(s *Setup) { s.Calendars[0].Private = true }, true, true},
		{"where answers go", func(s *Setup) { s.Mail.ReplyTo = "a@b.example" }, false, true},
		{"whom letters are from", func(s *Setup) { s.Mail.From = "a@b.example" }, false, true},
		{"a department's mailbox", func(s *Setup) { s.Departments[0].Mail = "a@b.example" }, false, true},
		{"a new department's mailbox", func(s *Setup) { s.Departments = append(s.Departments, Department{ID: "c", Mail: "a@b.example"}) }, false, true},
		{"where links lead", func(s *Setup) { s.Tenant.Host = "https://b.example" }, false, true},
		{"times", func(s *Setup) { s.Calendars[2].SlotTemplates = []SlotTemplate{{ID: "x"}} }, true, true},
	} {
		after := town()
		after.Calendars[2].Private = true
		x.change(after)
		for _, who := range []struct {
			name string
			p    *Person
			want bool
		}{{"county", county, x.county}, {"county that looks", looks, x.county}, {"planner", planner, x.planner}, {"admin", admin, true}} {
			if got := who.p.MayReplace(before, after); got != who.want {
				t.Errorf("%s, %s: got %v, want %v", x.name, who.name, got, who.want)
			}
		}
	}
	fresh, after := &Setup{Tenant: Tenant{ID: "t"}}, town()
	after.Calendars[0].StaffMail.To, after.Mail.From = "a@b.example", "a@b.example"
	if !county.MayReplace(fresh, after) {
		t.Error("the county may not set up a town in which nobody can have booked yet")
	}
}

// What is counted of the staff and what is demanded of them is the whole tenant's, and
// the journal names it.
func TestStaffRulesAreTheTenants(t *testing.T) {
	lead := &Person{Tenant: "t", Role: Lead, Department: "a"}
	for _, key := range []string{"figures", "staff"} {
		after := town()
		after.Figures.PerClerk = key == "figures"
		if key == "staff" {
			after.Staff.TOTP = "required"
		}
		if got := Changes(town(), after); !slices.Equal(got, []string{key}) {
			t.Errorf("got changes %q, want %q", got, key)
		}
		if lead.MayReplace(town(), after) {
			t.Errorf("%s: a department's lead changed it", key)
		}
	}
}
