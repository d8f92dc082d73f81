package people

import (
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// roleName is a role in a word.
func roleName(f page.Frame, r agenda.Role) string {
	if _, ok := agenda.ParseRole(string(r)); !ok {
		return f.T("staff.people.role.none")
	}
	return f.T("staff.people.role." + string(r))
}

// limitName says where a grant holds.
func limitName(f page.Frame, s *agenda.Setup, g agenda.Grant) string {
	if g.Calendar != "" {
		if c, ok := s.CalendarOf(g.Calendar); ok {
			return office.CalendarName(f, s, c)
		}
		return g.Calendar
	}
	if g.Department != "" {
		if d, ok := s.DepartmentOf(g.Department); ok {
			return office.Plain(f, d.Name)
		}
		return g.Department
	}
	return f.T("staff.people.everywhere")
}

// period says from when to when a further role is in force.
func period(f page.Frame, r auth.FurtherRole) string {
	from := f.Printer().ShortDate(r.From.Noon())
	if r.To == 0 {
		return f.T("staff.people.from", "from", from)
	}
	return f.T("staff.people.fromTo", "from", from, "to", f.Printer().ShortDate(r.To.Noon()))
}

// Limits are written as one word: all, department-ID or calendar-ID.
const (
	everywhere   = "all"
	inDepartment = "department-"
	inCalendar   = "calendar-"
)

func limitWord(g agenda.Grant) string {
	switch {
	case g.Calendar != "":
		return inCalendar + g.Calendar
	case g.Department != "":
		return inDepartment + g.Department
	}
	return everywhere
}

// limited is a role within a limit.
func limited(role agenda.Role, word string) agenda.Grant {
	g := agenda.Grant{Role: role}
	if id, ok := strings.CutPrefix(word, inDepartment); ok {
		g.Department = id
	}
	if id, ok := strings.CutPrefix(word, inCalendar); ok {
		g.Calendar = id
	}
	return g
}

// roles are those that somebody may give anywhere, and the one that is there already.
func roles(f page.Frame, q *office.Request, has agenda.Role) (list []page.Choice) {
	for _, r := range agenda.Roles() {
		if r == has || mayGive(q, r) {
			list = append(list, page.Choice{Value: string(r), Label: roleName(f, r), Hint: f.T("staff.people.role." + string(r) + ".hint"), Selected: r == has})
		}
	}
	return list
}

func mayGive(q *office.Request, r agenda.Role) bool {
	for _, g := range places(q.Setup, true) {
		g.Role, g.To = r, 1 // however short
		if q.Person.MayGrant(g) {
			return true
		}
	}
	return false
}

// places are all limits there are, each with the department that it lies in.
func places(s *agenda.Setup, calendars bool) []agenda.Grant {
	list := []agenda.Grant{{}}
	for i := range s.Departments {
		list = append(list, agenda.Grant{Department: s.Departments[i].ID})
	}
	for i := range s.Calendars {
		if c := &s.Calendars[i]; calendars {
			list = append(list, agenda.Grant{Department: c.Department, Calendar: c.ID})
		}
	}
	return list
}

// limits are those in which somebody may give any role, and the one that is there
// already.
func limits(f page.Frame, q *office.Request, has string, calendars bool) (list []page.Choice) {
	for _, g := range places(q.Setup, calendars) {
		word := limitWord(g)
		may := word == has
		for _, r := range agenda.Roles() {
			g.Role, g.To = r, 1
			may = may || q.Person.MayGrant(g)
		}
		if !may {
			continue
		}
		c := page.Choice{Value: word, Label: limitName(f, q.Setup, g), Selected: word == has}
		if g.Calendar != "" {
			c.Label = f.T("staff.people.calendar", "name", c.Label)
		}
		list = append(list, c)
	}
	if has == "" && len(list) > 1 { // nobody gets rights in the first of the list by mistake
		list = append([]page.Choice{{Label: f.T("staff.people.choose"), Selected: true}}, list...)
	}
	return list
}

// values are what a choice may send.
func values(list []page.Choice) (v []string) {
	for _, c := range list {
		if c.Value != "" {
			v = append(v, c.Value)
		}
	}
	return v
}

// moment is a time for lists, in the office's zone; "" for never.
func moment(f page.Frame, q *office.Request, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return office.Short(f, t.In(q.Setup.Zone()))
}

// states are what is to be known of an account at a glance, in form and words.
func states(f page.Frame, m *auth.Member) (list []page.Badge) {
	switch {
	case m.Disabled:
		list = append(list, page.Badge{Kind: "danger", Label: f.T("staff.people.state.disabled"), Icon: "close"})
	case m.SignedIn.IsZero() && !m.HasPassword:
		list = append(list, page.Badge{Kind: "warning", Label: f.T("staff.people.state.invited"), Icon: "mail"})
	}
	if m.Factor {
		list = append(list, page.Badge{Kind: "success", Label: f.T("staff.people.state.factor"), Icon: "check"})
	}
	return list
}
