package plan

import (
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// placed is a closure with where it stands.
type placed struct {
	*agenda.Closure
	Level string // calendar, department, site, everything
	ID    string // of what Level names
	n     int    // in its list
}

// closures are those that bear on a calendar, the nearest level first.
func closures(s *agenda.Setup, c *agenda.Calendar) (list []placed) {
	add := func(level, id string, from []agenda.Closure) {
		for i := range from {
			list = append(list, placed{&from[i], level, id, i})
		}
	}
	add("calendar", c.ID, c.Closures)
	if d, ok := s.Department(c.Department); ok {
		add("department", d.ID, d.Closures)
	}
	if site, ok := s.Site(c.Site); ok {
		add("site", site.ID, site.Closures)
	}
	add("everything", "", s.Closures)
	return list
}

// may says whether the person may change what stands at a level.
func may(q *office.Request, level, id string) bool {
	switch level {
	case "calendar":
		c, ok := q.Setup.Calendar(id)
		return ok && q.Person.MayIn(agenda.PlanTimes, c)
	case "department":
		_, ok := q.Setup.Department(id)
		return ok && q.Person.MayInDepartment(agenda.PlanTimes, id)
	case "site":
		_, ok := q.Setup.Site(id)
		return ok && q.Person.MayEverywhere(agenda.PlanTimes)
	}
	return level == "everything" && q.Person.MayEverywhere(agenda.PlanTimes)
}

// edit is the address of the closure's form; "" for those who may not change it.
func (x placed) edit(q *office.Request) string {
	if !may(q, x.Level, x.ID) {
		return ""
	}
	return address("/staff/plan/closure", "at", x.Level+":"+x.ID, "n", strconv.Itoa(x.n))
}

// placeAt finds the closure that an address names; what is not there, or not the
// person's, is agenda.ErrNotFound.
func placeAt(q *office.Request, at, n string) (x placed, err error) {
	level, id, _ := strings.Cut(at, ":")
	if !may(q, level, id) {
		return x, agenda.ErrNotFound
	}
	list := q.Setup.Closures
	switch level {
	case "calendar":
		c, _ := q.Setup.Calendar(id)
		list = c.Closures
	case "department":
		d, _ := q.Setup.Department(id)
		list = d.Closures
	case "site":
		s, _ := q.Setup.Site(id)
		list = s.Closures
	}
	i, err := strconv.Atoi(n)
	if err != nil || i < 0 || i >= len(list) {
		return x, agenda.ErrNotFound
	}
	return placed{&list[i], level, id, i}, nil
}

// at puts the place into a change.
func (x placed) at(c *agenda.Change) {
	switch x.Level {
	case "calendar":
		c.Calendars = []string{x.ID}
	case "department":
		c.Departments = []string{x.ID}
	case "site":
		c.Sites = []string{x.ID}
	default:
		c.Everything = true
	}
}

// whereWords says for whom a closure holds.
func whereWords(f page.Frame, s *agenda.Setup, level, id string) string {
	switch level {
	case "calendar":
		return name(f, s, id)
	case "department":
		if d, ok := s.DepartmentOf(id); ok {
			return f.T("staff.plan.at.department", "name", office.Plain(f, d.Name))
		}
	case "site":
		if x, ok := s.SiteOf(id); ok {
			return f.T("staff.plan.at.site", "name", office.Plain(f, x.Name))
		}
	}
	return f.T("staff.plan.at.everything")
}

// closedWords says why is closed.
func closedWords(f page.Frame, x placed) string {
	if why := office.Plain(f, x.Reason); why != "" {
		return why
	}
	return f.T("staff.plan.closed")
}

// toCome are the closures that are not over, by their beginning.
func toCome(list []placed, today agenda.Date) (left []placed) {
	for _, x := range list {
		if x.To.Date >= today {
			left = append(left, x)
		}
	}
	slices.SortStableFunc(left, func(a, b placed) int { return int(a.From.Date - b.From.Date) })
	return left
}
