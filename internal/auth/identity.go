package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

var (
	// ErrNoRights: a provider knows somebody whose groups give no right in the tenant.
	ErrNoRights = errors.New("the groups at the sign-on provider give no rights here")

	// ErrNoAddress: a provider names no verified e-mail address of somebody who has no
	// account yet.
	ErrNoAddress = errors.New("the sign-on provider names no verified e-mail address")
)

// Recognised is whom a sign-on provider has signed in.
type Recognised struct {
	store.Identity
	Email string // "": none that is verified
	Name  string
	Agent string // how their browser names itself
}

// SignInAs opens a session for somebody whom a sign-on provider recognised. Their rights
// are the grants, from now on and for all their sessions: what the groups no longer give
// is gone. What they were granted here, for a time or for good, stays beside it. Who comes for the first time gets an account; one with
// the same verified address becomes theirs and loses its password, since from then on
// the provider says who they are. It fails with ErrNoRights where there are no grants
// (then all their sessions end), ErrNoAddress, and ErrSignIn for a disabled account or
// one that the provider knows as somebody else.
func (a *Accounts) SignInAs(ctx context.Context, tenant string, who Recognised, grants []agenda.Grant) (secret string, p *agenda.Person, err error) {
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := a.known(tx, tenant, who, len(grants) > 0)
		if err != nil || len(grants) == 0 {
			return err
		}
		if s.Disabled {
			return ErrSignIn
		}
		if name := strings.TrimSpace(who.Name); name != "" {
			s.Name = name
		}
		s.Role, s.Department = grants[0].Role, grants[0].Department
		if err := checkRights(tx, s.Person); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		c, err := tx.LockCredential(s.Person)
		if err != nil {
			return err
		}
		p = &s.Person
		session := store.Session{ID: rand.Text(), Device: device(who.Agent), Expires: now.Add(SessionLength)}
		return errors.Join(tx.SaveAccount(s), provided(tx, s.Person, grants[1:]),
			begin(tx, hash, s.Person, session, c, map[string]any{"role": s.Role, "department": s.Department, "provider": who.Issuer}))
	})
	if err == nil && len(grants) == 0 {
		err = ErrNoRights
	}
	if err != nil {
		return "", nil, err
	}
	return secret, p, nil
}

// fromProvider begins the ids of further roles that groups give.
const fromProvider = "provider-"

// provided replaces the further roles that groups gave last time.
func provided(tx *store.Tx, p agenda.Person, grants []agenda.Grant) error {
	roles, err := tx.Roles(p.Tenant, p.ID)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if strings.HasPrefix(r.ID, fromProvider) {
			if err := tx.DropRole(p.Tenant, p.ID, r.ID); err != nil {
				return err
			}
		}
	}
	for i, g := range grants {
		if err := tx.AddRole(p.Tenant, store.PersonRole{Person: p.ID, ID: fromProvider + strconv.Itoa(i), Grant: g}); err != nil {
			return err
		}
	}
	return nil
}

// known finds or makes the account of somebody. Who has no rights is not made one, and
// the sessions they have end.
func (a *Accounts) known(tx *store.Tx, tenant string, who Recognised, rights bool) (s store.Account, err error) {
	s, err = tx.Identified(tenant, who.Identity)
	switch {
	case err == nil && !rights:
		return s, errors.Join(tx.DropSessions(s.Person, ""), journal(tx, s.Person, "account.no-rights", s.ID, nil))
	case err == nil || !errors.Is(err, agenda.ErrNotFound) || !rights:
		if !rights && errors.Is(err, agenda.ErrNotFound) {
			err = nil
		}
		return s, err
	case who.Email == "":
		return s, ErrNoAddress
	}
	if s, err = a.adopt(tx, tenant, who); err != nil {
		return s, err
	}
	done, err := tx.Identify(s.Person, who.Identity)
	if err == nil && !done {
		err = ErrSignIn
	}
	return s, err
}

// adopt gives somebody the account with their address, or a new one.
func (a *Accounts) adopt(tx *store.Tx, tenant string, who Recognised) (s store.Account, err error) {
	address, err := foldEmail(who.Email)
	if err != nil {
		return s, ErrNoAddress
	}
	s, err = tx.Account(tenant, address)
	if err == nil {
		s.Password = ""
		return s, errors.Join(tx.DropSessions(s.Person, ""), tx.DropInvitations(s.Person))
	}
	if !errors.Is(err, agenda.ErrNotFound) {
		return s, err
	}
	s = store.Account{Person: agenda.Person{Tenant: tenant, ID: rand.Text(), Name: address}, Email: address}
	if s.Created, err = tx.Now(); err != nil {
		return s, err
	}
	added, err := tx.AddAccount(s)
	if err == nil && !added {
		err = agenda.ErrConflict
	}
	return s, err
}
