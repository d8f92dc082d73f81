package auth

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Member is a person as those see them who manage the people.
type Member struct {
	Account
	Further  []FurtherRole // not yet ended
	SignedIn time.Time     // zero: never
	Factor   bool          // they have a second factor
	Mine     bool          // whoever looks may change the account
}

// FurtherRole is what somebody may beside their first role, from one day to another,
// both included.
type FurtherRole struct {
	ID string
	agenda.Grant
	From agenda.Date
	Mine bool // whoever looks may end it
}

// People lists a tenant's people by address.
func (a *Accounts) People(ctx context.Context, tenant string) ([]Member, error) {
	return a.members(ctx, tenant, func(agenda.Grant) bool { return true })
}

// Members lists the people of by's tenant whom by has to do with: for who manages the
// people of a department, those who have a role in it.
func (a *Accounts) Members(ctx context.Context, by *agenda.Person) ([]Member, error) {
	list, err := a.members(ctx, by.Tenant, func(g agenda.Grant) bool { return by.MayManage([]agenda.Grant{g}) })
	if by.MayEverywhere(agenda.ManagePeople) {
		return list, err
	}
	return slices.DeleteFunc(list, func(m Member) bool {
		return !m.Mine && !slices.ContainsFunc(m.Further, func(r FurtherRole) bool { return r.Mine })
	}), err
}

// Member is one of them; whom by has nothing to do with is agenda.ErrNotFound.
func (a *Accounts) Member(ctx context.Context, by *agenda.Person, id string) (m Member, err error) {
	list, err := a.Members(ctx, by)
	if err != nil {
		return m, err
	}
	i := slices.IndexFunc(list, func(m Member) bool { return m.ID == id })
	if i < 0 {
		return m, agenda.ErrNotFound
	}
	return list[i], nil
}

func (a *Accounts) members(ctx context.Context, tenant string, mine func(agenda.Grant) bool) (list []Member, err error) {
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		setup, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		people, err := tx.Accounts(tenant)
		if err != nil {
			return err
		}
		used, err := tx.SignIns(tenant)
		if err != nil {
			return err
		}
		roles, err := tx.AllRoles(tenant)
		today := agenda.DateOf(now.In(setup.Zone()))
		for _, s := range people {
			m := Member{Account: show(s), SignedIn: used[s.ID].SignedIn, Factor: used[s.ID].TOTP != nil, Mine: mine(agenda.Grant{Role: s.Role, Department: s.Department})}
			for _, r := range roles {
				if r.Person != s.ID || r.To != 0 && r.To < today {
					continue
				}
				own := mine(placed(setup, r.Grant))
				m.Mine = m.Mine && own
				m.Further = append(m.Further, FurtherRole{ID: r.ID, Grant: r.Grant, From: r.From, Mine: own})
			}
			list = append(list, m)
		}
		return err
	})
	return list, err
}

// maxRoles is how many further roles one person can have: every page reads them.
const maxRoles = 20

// Grant gives a person a further role from a day on; one with an end expires by itself
// after that day. It fails with agenda.Invalid (role, department, calendar: unknown;
// from, to: required, past, order; role: too_many) and agenda.ErrForbidden for more than
// by may grant.
func (a *Accounts) Grant(ctx context.Context, by *agenda.Person, id string, r FurtherRole) error {
	return a.onKnown(ctx, by, id, func(f *file) error {
		if err := f.checkGrant(r); err != nil {
			return err
		}
		if by.ID == id || !f.by.MayGrant(placed(f.setup, r.Grant)) {
			return agenda.ErrForbidden
		}
		return f.addRole(r, actor(by))
	})
}

// GrantFrom is Grant from the command line.
func (a *Accounts) GrantFrom(ctx context.Context, tenant, email string, r FurtherRole) error {
	return a.byAddress(ctx, tenant, email, func(f *file) error {
		if r.From == 0 {
			r.From = f.today
		}
		if err := f.checkGrant(r); err != nil {
			return err
		}
		return f.addRole(r, actorCLI)
	})
}

func (f *file) checkGrant(r FurtherRole) error {
	var bad agenda.Invalid
	fault := func(field, code string) { bad = append(bad, agenda.FieldError{Field: field, Code: code}) }
	if _, ok := agenda.ParseRole(string(r.Role)); !ok {
		fault("role", "unknown")
	} else if len(f.roles) >= maxRoles {
		fault("role", "too_many")
	}
	if _, ok := f.setup.Department(r.Department); !ok && r.Department != "" {
		fault("department", "unknown")
	}
	if _, ok := f.setup.Calendar(r.Calendar); !ok && r.Calendar != "" {
		fault("calendar", "unknown")
	}
	switch {
	case r.From == 0:
		fault("from", "required")
	case r.To != 0 && r.To < r.From:
		fault("to", "order")
	case r.To != 0 && r.To < f.today:
		fault("to", "past")
	}
	return bad.Or()
}

func (f *file) addRole(r FurtherRole, actor string) error {
	id := rand.Text()
	if err := f.tx.AddRole(f.account.Tenant, store.PersonRole{Person: f.account.ID, ID: id, Grant: r.Grant, From: r.From}); err != nil {
		return err
	}
	return journal(f.tx, f.account.Person, "account.grant", actor, map[string]any{
		"grant": id, "role": r.Role, "department": r.Department, "calendar": r.Calendar, "from": r.From.String(), "to": r.To.String()})
}

// EndGrant takes a further role away, at once. Whoever could give it may end it.
func (a *Accounts) EndGrant(ctx context.Context, by *agenda.Person, id, grant string) error {
	return a.onKnown(ctx, by, id, func(f *file) error {
		i := slices.IndexFunc(f.roles, func(r store.PersonRole) bool { return r.ID == grant })
		if i < 0 {
			return agenda.ErrNotFound
		}
		if !f.by.MayManage([]agenda.Grant{placed(f.setup, f.roles[i].Grant)}) {
			return agenda.ErrForbidden
		}
		if err := f.tx.DropRole(f.account.Tenant, id, grant); err != nil {
			return err
		}
		return journal(f.tx, f.account.Person, "account.grant-end", actor(by), map[string]any{"grant": grant})
	})
}
