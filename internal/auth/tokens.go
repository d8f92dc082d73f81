package auth

import (
	"context"
	"crypto/rand"
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
		return journal(tx, t.Person, "token.create", actorCLI, map[string]any{"role": role, "department": department})
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
