package agenda

import "slices"

// includes reports whether everything within the limits of other is within those of g.
func (g Grant) includes(other Grant) bool {
	return (g.Department == "" || g.Department == other.Department) && (g.Calendar == "" || g.Calendar == other.Calendar)
}

// outlasts reports whether g is in force for as long as other.
func (g Grant) outlasts(other Grant) bool {
	return g.To == 0 || other.To != 0 && other.To <= g.To
}

// MayGrant reports whether the person may give g to somebody: they manage people
// within its limits, have every right of it there themselves, and have both for as long
// as it lasts. Only the county gives the role of the county, which reaches beyond one
// tenant.
//
// A grant of a calendar is asked for with its department, so that who manages the
// people of that department may give it.
func (p *Person) MayGrant(g Grant) bool {
	return len(g.Role.Rights()) > 0 && p.reaches(g, Grant.outlasts)
}

// MayManage reports whether the person may change the account of somebody who has
// these grants: nobody decides about who has more than themselves. How long either lasts
// does not matter, so that a deputy can close an account.
func (p *Person) MayManage(theirs []Grant) bool {
	return !slices.ContainsFunc(theirs, func(g Grant) bool {
		return !p.reaches(g, func(Grant, Grant) bool { return true })
	})
}

// reaches reports whether all that g gives is also the person's, by grants that are
// long enough.
func (p *Person) reaches(g Grant, enough func(mine, g Grant) bool) bool {
	mine := func(like func(Grant) bool) bool {
		return p.any(func(x Grant) bool { return x.includes(g) && enough(x, g) && like(x) })
	}
	return !slices.ContainsFunc(append(g.Role.Rights(), ManagePeople), func(r Right) bool {
		return !mine(func(x Grant) bool { return x.Role.May(r) })
	}) &&
		(!g.opensPrivate() || mine(Grant.opensPrivate)) &&
		(g.Role != County || mine(func(x Grant) bool { return x.Role == County }))
}
