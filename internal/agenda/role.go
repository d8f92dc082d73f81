package agenda

import "slices"

// Role is what a member of staff, or a token, is.
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
)

// Roles lists them all.
func Roles() []Role { return []Role{Clerk, Reception, Planner, Lead, Admin, County, Auditor} }

// ParseRole reads a role's name.
func ParseRole(s string) (Role, bool) { return Role(s), slices.Contains(Roles(), Role(s)) }

// Right is one thing a role may do.
type Right string

// The rights there are so far.
const (
	SeeBookings   Right = "see bookings"
	ActOnBookings Right = "act on bookings"
	ChangeSetup   Right = "change the set-up"
)

// May says what a role may do. County sees set-up and figures; a town's bookings
// are the town's.
func (r Role) May(right Right) bool {
	switch r {
	case Clerk, Reception, Lead, Admin:
		return right != ChangeSetup || r == Lead || r == Admin
	case Planner:
		return right == SeeBookings || right == ChangeSetup
	case County:
		return right == ChangeSetup
	case Auditor:
		return right == SeeBookings
	}
	return false
}

// Person is who acts: staff signed in, or the bearer of a token. Department
// limits the rights to its calendars; empty means the whole tenant.
type Person struct {
	Tenant     string
	ID         string
	Name       string
	Role       Role
	Department string
}

// MayIn reports whether the person has a right in a calendar.
func (p *Person) MayIn(right Right, c *Calendar) bool {
	return p.Role.May(right) && (p.Department == "" || p.Department == c.Department)
}

// MayOpen reports whether the person may know who comes to a calendar, and why. In
// a private one that is its own department and those who lead the office; others
// see that a time is taken, no more.
func (p *Person) MayOpen(c *Calendar) bool {
	return p.MayIn(SeeBookings, c) && (!c.Private || p.Department != "" || p.Role == Lead || p.Role == Admin)
}
