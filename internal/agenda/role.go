package agenda

import "slices"

// Role is what a member of staff, or a token, is: a name for some rights.
type Role string

// The roles, from the desk to the county.
const (
	Clerk     Role = "clerk"
	Reception Role = "reception"
	Planner   Role = "planner"
	Lead      Role = "lead"
	Admin     Role = "admin"
	County    Role = "county"
	Auditor   Role = "auditor"

	// Onlooker is nobody's role: it is what a town lets the county do with its bookings.
	Onlooker Role = "onlooker"
)

// Roles lists those that people can have.
func Roles() []Role { return []Role{Clerk, Reception, Planner, Lead, Admin, County, Auditor} }

// ParseRole reads a role's name.
func ParseRole(s string) (Role, bool) { return Role(s), slices.Contains(Roles(), Role(s)) }

// Right is one thing that somebody may do. Every act and every page of the back office
// demands one of them.
type Right string

// The rights there are.
const (
	SeeBookings     Right = "see bookings"
	ActOnBookings   Right = "act on bookings"
	ManageIncidents Right = "manage incidents" // act on many bookings at once
	PlanTimes       Right = "plan times"       // slot templates and closures
	SeeSetup        Right = "see the set-up"
	ChangeSetup     Right = "change the set-up"
	ManagePeople    Right = "manage people"
	SeeFigures      Right = "see figures"
	SeeJournal      Right = "see the journal"
	OpenToCounty    Right = "open the bookings to the county"
	ManageTenants   Right = "manage tenants" // set up towns
)

// Rights lists them all.
func Rights() []Right {
	return []Right{SeeBookings, ActOnBookings, ManageIncidents, PlanTimes, SeeSetup, ChangeSetup, ManagePeople, SeeFigures, SeeJournal, OpenToCounty, ManageTenants}
}

// Rights are what a role may do. County sets up towns and sees their figures; a town's
// bookings are the town's, and only the town opens them.
func (r Role) Rights() []Right {
	switch r {
	case Clerk, Reception:
		return []Right{SeeBookings, ActOnBookings}
	case Planner:
		return []Right{SeeBookings, PlanTimes, SeeSetup, ChangeSetup, SeeFigures}
	case Lead:
		return []Right{SeeBookings, ActOnBookings, ManageIncidents, PlanTimes, SeeSetup, ChangeSetup, ManagePeople, SeeFigures, SeeJournal}
	case Admin:
		return []Right{SeeBookings, ActOnBookings, ManageIncidents, PlanTimes, SeeSetup, ChangeSetup, ManagePeople, SeeFigures, SeeJournal, OpenToCounty}
	case County:
		return []Right{PlanTimes, SeeSetup, ChangeSetup, ManagePeople, SeeFigures, ManageTenants}
	case Auditor:
		return []Right{SeeBookings, SeeFigures, SeeJournal}
	case Onlooker:
		return []Right{SeeBookings}
	}
	return nil
}

// May says whether a role has a right.
func (r Role) May(right Right) bool { return slices.Contains(r.Rights(), right) }

// Grant is a role within limits: a department's calendars, a single calendar, or, both
// empty, the whole tenant.
type Grant struct {
	Role       Role
	Department string
	Calendar   string
	To         Date // the last day of it; zero: without end
}

// covers reports whether a calendar is within the limits.
func (g Grant) covers(c *Calendar) bool {
	return (g.Department == "" || g.Department == c.Department) && (g.Calendar == "" || g.Calendar == c.ID)
}

// whole reports whether there are no limits.
func (g Grant) whole() bool { return g.Department == "" && g.Calendar == "" }

// opensPrivate reports whether the grant tells who comes to a private calendar: that of
// its own department, the one it names, and for those who lead the office all.
func (g Grant) opensPrivate() bool {
	return g.Role.May(SeeBookings) && (!g.whole() || g.Role == Lead || g.Role == Admin)
}

// Person is who acts: staff signed in, or the bearer of a token. Department
// limits the rights of Role to its calendars; empty means the whole tenant. Grants are
// what is in force for them beside that at this moment.
type Person struct {
	Tenant     string
	ID         string
	Name       string
	Role       Role
	Department string
	Grants     []Grant
}

// All are the person's grants, that of their role first.
func (p *Person) All() []Grant {
	return append([]Grant{{Role: p.Role, Department: p.Department}}, p.Grants...)
}

// Lasting is the person with only what they may for good: what outlives a deputy, or a
// look that a town allows the county, is not theirs to make.
func (p *Person) Lasting() *Person {
	q := *p
	q.Grants = slices.DeleteFunc(slices.Clone(p.Grants), func(g Grant) bool { return g.To != 0 })
	return &q
}

// any reports whether one of the person's grants is like that.
func (p *Person) any(like func(Grant) bool) bool {
	return p.Role != "" && like(Grant{Role: p.Role, Department: p.Department}) || slices.ContainsFunc(p.Grants, like)
}

// May reports whether the person has a right anywhere in the tenant.
func (p *Person) May(right Right) bool {
	return p.any(func(g Grant) bool { return g.Role.May(right) })
}

// MayEverywhere reports whether the person has a right in the whole tenant.
func (p *Person) MayEverywhere(right Right) bool {
	return p.any(func(g Grant) bool { return g.whole() && g.Role.May(right) })
}

// MayInDepartment reports whether the person has a right in all of a department.
func (p *Person) MayInDepartment(right Right, department string) bool {
	return p.any(func(g Grant) bool {
		return g.Calendar == "" && (g.Department == "" || g.Department == department) && g.Role.May(right)
	})
}

// MayIn reports whether the person has a right in a calendar.
func (p *Person) MayIn(right Right, c *Calendar) bool {
	return p.any(func(g Grant) bool { return g.covers(c) && g.Role.May(right) })
}

// Knows reports whether a calendar is within any of the person's limits: what is not
// does not exist for them.
func (p *Person) Knows(c *Calendar) bool {
	return p.any(func(g Grant) bool { return g.covers(c) })
}

// MayOpen reports whether the person may know who comes to a calendar, and why. In
// a private one that is its own department, whom it was granted to by name, and those
// who lead the office; others see that a time is taken, no more.
func (p *Person) MayOpen(c *Calendar) bool {
	return p.any(func(g Grant) bool {
		return g.covers(c) && g.Role.May(SeeBookings) && (!c.Private || g.opensPrivate())
	})
}
