package agenda_test

import (
	"testing"

	"terminvergabe/internal/agenda"
)

func TestNobodyGrantsMoreThanTheyHave(t *testing.T) {
	const a, b = "fb35", "fb36"
	whole := func(r agenda.Role) agenda.Grant { return agenda.Grant{Role: r} }
	in := func(r agenda.Role, department string) agenda.Grant {
		return agenda.Grant{Role: r, Department: department}
	}
	until := func(g agenda.Grant, to agenda.Date) agenda.Grant { g.To = to; return g }
	desk := agenda.Grant{Role: agenda.Clerk, Department: a, Calendar: "schalter"}
	for _, x := range []struct {
		name   string
		first  agenda.Grant
		more   []agenda.Grant
		grants agenda.Grant
		want   bool
	}{
		{"admin makes an admin", whole(agenda.Admin), nil, whole(agenda.Admin), true},
		{"admin makes an auditor", whole(agenda.Admin), nil, whole(agenda.Auditor), true},
		{"admin cannot reach beyond the tenant", whole(agenda.Admin), nil, whole(agenda.County), false},
		{"county makes county", whole(agenda.County), nil, whole(agenda.County), true},
		{"county sees no bookings", whole(agenda.County), nil, whole(agenda.Clerk), false},
		{"lead makes no admin", whole(agenda.Lead), nil, whole(agenda.Admin), false},
		{"lead of a department, there", in(agenda.Lead, a), nil, in(agenda.Lead, a), true},
		{"lead of a department, elsewhere", in(agenda.Lead, a), nil, in(agenda.Clerk, b), false},
		{"lead of a department, everywhere", in(agenda.Lead, a), nil, whole(agenda.Clerk), false},
		{"lead of a department, a calendar of it", in(agenda.Lead, a), nil, desk, true},
		{"lead of a calendar, its department", agenda.Grant{Role: agenda.Lead, Calendar: "schalter"}, nil, in(agenda.Clerk, a), false},
		{"lead of a calendar, that calendar", agenda.Grant{Role: agenda.Lead, Calendar: "schalter"}, nil, desk, true},
		{"clerk grants nothing", whole(agenda.Clerk), nil, whole(agenda.Clerk), false},
		{"no such role", whole(agenda.Admin), nil, whole("boss"), false},
		{"leads there and works here", in(agenda.Lead, a), []agenda.Grant{whole(agenda.Clerk)}, in(agenda.Clerk, b), false},
		{"county and clerk open no private calendar", whole(agenda.County), []agenda.Grant{whole(agenda.Clerk)}, in(agenda.Clerk, a), false},
		{"county and clerk make a clerk", whole(agenda.County), []agenda.Grant{whole(agenda.Clerk)}, whole(agenda.Clerk), true},
		{"a deputy, for as long", in(agenda.Clerk, a), []agenda.Grant{until(in(agenda.Lead, a), 100)}, until(in(agenda.Clerk, a), 100), true},
		{"a deputy, for longer", in(agenda.Clerk, a), []agenda.Grant{until(in(agenda.Lead, a), 100)}, until(in(agenda.Clerk, a), 101), false},
		{"a deputy, for ever", in(agenda.Clerk, a), []agenda.Grant{until(in(agenda.Lead, a), 100)}, in(agenda.Clerk, a), false},
	} {
		p := &agenda.Person{Role: x.first.Role, Department: x.first.Department, Grants: x.more}
		if x.first.Calendar != "" {
			p = &agenda.Person{Role: "", Grants: append(x.more, x.first)}
		}
		if got := p.MayGrant(x.grants); got != x.want {
			t.Errorf("%s: got %v, want %v", x.name, got, x.want)
		}
	}
}

func TestNobodyDecidesAboutWhoHasMore(t *testing.T) {
	lead := &agenda.Person{Role: agenda.Lead, Department: "fb35"}
	deputy := &agenda.Person{Role: agenda.Clerk, Department: "fb35", Grants: []agenda.Grant{{Role: agenda.Lead, Department: "fb35", To: 100}}}
	clerk := []agenda.Grant{{Role: agenda.Clerk, Department: "fb35"}}
	for _, p := range []*agenda.Person{lead, deputy} {
		if !p.MayManage(clerk) {
			t.Errorf("%+v does not manage the department's clerk", p)
		}
		if p.MayManage(append(clerk, agenda.Grant{Role: agenda.Clerk, Department: "fb36"})) {
			t.Errorf("%+v manages who also works elsewhere", p)
		}
		if p.MayManage([]agenda.Grant{{Role: agenda.Admin}}) {
			t.Errorf("%+v manages an admin", p)
		}
	}
}
