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
	Revoked       time.Time // zero: in force
}

// CreateToken makes an API token. The token itself is returned here and never
// again. It fails with agenda.Invalid (name: required; role, department: unknown)
// and agenda.ErrNotFound for a tenant that does not exist.
func (a *Accounts) CreateToken(ctx context.Context, tenant, name string, role agenda.Role, department string) (id, token string, err error) {
	return a.createToken(ctx, tenant, name, agenda.Grant{Role: role, Department: department}, actorCLI)
}

// CreateTokenBy is CreateToken for a member of staff, who gives no more than they have:
// else it fails with agenda.ErrForbidden (agenda.Person.MayGrant).
func (a *Accounts) CreateTokenBy(ctx context.Context, by *agenda.Person, name string, g agenda.Grant) (id, token string, err error) {
	if !by.MayGrant(g) {
		return "", "", agenda.ErrForbidden
	}
	return a.createToken(ctx, by.Tenant, name, g, by.ID)
}

func (a *Accounts) createToken(ctx context.Context, tenant, name string, g agenda.Grant, actor string) (id, token string, err error) {
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

// Tokens lists a tenant's tokens, revoked ones too, oldest first.
func (a *Accounts) Tokens(ctx context.Context, tenant string) (list []Token, err error) {
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		stored, err := tx.Tokens(tenant)
		list = nil
		for _, t := range stored {
			list = append(list, Token(t))
		}
		return err
	})
	return list, err
}

// Bearer is who acts with a token: unknown and revoked ones, and those of another
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
