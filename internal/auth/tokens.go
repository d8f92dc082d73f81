package auth

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Token is a program's access to the API, without its secret.
type Token struct {
	agenda.Person // what it may; ID and Name are the token's
	Created       time.Time
	Revoked       time.Time   // zero: not
	Last          agenda.Date // on which it opens anything; zero: made before tokens ended by themselves
	Expired       bool
}

// For how many days a token is good where nothing else is wished, and at most. A program
// that nobody misses any more ends so, and no secret stays good for ever.
const (
	TokenDays    = 365
	MaxTokenDays = 730
)

// Ending reports a token that ends within some days, or has ended and was not revoked.
func (t *Token) Ending(today agenda.Date, days int) bool {
	return t.Revoked.IsZero() && !t.Last.IsZero() && t.Last < today+agenda.Date(days)
}

// CreateToken makes an API token that is good until the end of a day; zero: for
// TokenDays. The token itself is returned here and never again. It fails with
// agenda.Invalid (name: required; role, department: unknown; expires: past, too_far)
// and agenda.ErrNotFound for a tenant that does not exist.
func (a *Accounts) CreateToken(ctx context.Context, tenant, name string, role agenda.Role, department string, last agenda.Date) (id, token string, err error) {
	return a.createToken(ctx, tenant, name, agenda.Grant{Role: role, Department: department}, last, actorCLI)
}

// CreateTokenBy is CreateToken for a member of staff, who gives no more than they have:
// else it fails with agenda.ErrForbidden (agenda.Person.MayGrant).
func (a *Accounts) CreateTokenBy(ctx context.Context, by *agenda.Person, name string, g agenda.Grant, last agenda.Date) (id, token string, err error) {
	if !by.MayGrant(g) {
		return "", "", agenda.ErrForbidden
	}
	return a.createToken(ctx, by.Tenant, name, g, last, by.ID)
}

func (a *Accounts) createToken(ctx context.Context, tenant, name string, g agenda.Grant, last agenda.Date, actor string) (id, token string, err error) {
	role, department := g.Role, g.Department
	t := store.Token{Person: agenda.Person{Tenant: tenant, ID: rand.Text(), Name: strings.TrimSpace(name), Role: role, Department: department}}
	if t.Name == "" {
		return "", "", agenda.Invalid{{Field: "name", Code: "required"}}
	}
	token = seal.NewSecret()
	hash := seal.SecretHash(token)
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		if err := checkRights(tx, t.Person); err != nil {
			return err
		}
		var err error
		if t.Created, err = tx.Now(); err != nil {
			return err
		}
		if t.Expires, err = tokenEnd(tx, tenant, last); err != nil {
			return err
		}
		if err := tx.AddToken(hash, t); err != nil {
			return err
		}
		return journal(tx, t.Person, "token.create", actor, map[string]any{"role": role, "department": department})
	})
	if err != nil {
		return "", "", err
	}
	return t.ID, token, nil
}

// tokenEnd is when a day ends at the tenant's that is to be a new token's last.
func tokenEnd(tx *store.Tx, tenant string, last agenda.Date) (end time.Time, err error) {
	setup, err := tx.Setup(tenant)
	if err != nil {
		return end, err
	}
	now, err := tx.Now()
	if err != nil {
		return end, err
	}
	today := agenda.DateOf(now.In(setup.Zone()))
	switch {
	case last.IsZero():
		last = today + TokenDays
	case last < today:
		return end, agenda.Invalid{{Field: "expires", Code: "past"}}
	case last > today+MaxTokenDays:
		return end, agenda.Invalid{{Field: "expires", Code: "too_far"}}
	}
	end, _ = agenda.At(last+1, 0, setup.Zone())
	return end, nil
}

// RevokeToken ends a token at once; one that is not in force is agenda.ErrNotFound.
func (a *Accounts) RevokeToken(ctx context.Context, tenant, id string) error {
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.RevokeToken(tenant, id); err != nil {
			return err
		}
		return journal(tx, agenda.Person{Tenant: tenant, ID: id}, "token.revoke", actorCLI, nil)
	})
}

// RevokeTokenBy is RevokeToken for a member of staff, for tokens that they could have
// made; others are agenda.ErrNotFound.
func (a *Accounts) RevokeTokenBy(ctx context.Context, by *agenda.Person, id string) error {
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		list, err := tx.Tokens(by.Tenant)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(t store.Token) bool { return t.ID == id })
		if i < 0 || !by.MayGrant(agenda.Grant{Role: list[i].Role, Department: list[i].Department}) {
			return agenda.ErrNotFound
		}
		if err := tx.RevokeToken(by.Tenant, id); err != nil {
			return err
		}
		return journal(tx, list[i].Person, "token.revoke", by.ID, nil)
	})
}

// Tokens lists a tenant's tokens, revoked and expired ones too, oldest first.
func (a *Accounts) Tokens(ctx context.Context, tenant string) (list []Token, err error) {
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		setup, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		stored, err := tx.Tokens(tenant)
		list = nil
		for _, t := range stored {
			k := Token{Person: t.Person, Created: t.Created, Revoked: t.Revoked}
			if !t.Expires.IsZero() {
				k.Last, k.Expired = agenda.DateOf(t.Expires.Add(-time.Second).In(setup.Zone())), !now.Before(t.Expires)
			}
			list = append(list, k)
		}
		return err
	})
	return list, err
}

// Bearer is who acts with a token: unknown, revoked and expired ones, and those of another
// tenant, are agenda.ErrNotFound.
func (a *Accounts) Bearer(ctx context.Context, tenant, token string) (p *agenda.Person, err error) {
	hash := seal.SecretHash(token)
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		t, err := tx.Token(tenant, hash)
		p = &t.Person
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}
