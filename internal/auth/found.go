package auth

import (
	"context"
	"crypto/rand"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// FirstAdmin gives a tenant that nobody works in yet its first administrator, and the
// secret of the link by which they set their password. Only the county does, which
// makes tenants: else it fails with agenda.ErrForbidden; where there is somebody
// already, with agenda.ErrState, for then it is up to them. It fails with agenda.Invalid
// for an address that is none.
func (a *Accounts) FirstAdmin(ctx context.Context, by *agenda.Person, tenant, email string) (secret string, err error) {
	if !by.MayMakeTenants() {
		return "", agenda.ErrForbidden
	}
	s := store.Account{Person: agenda.Person{Tenant: tenant, ID: rand.Text(), Role: agenda.Admin}}
	if s.Email, err = foldEmail(email); err != nil {
		return "", err
	}
	s.Name = s.Email
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	return secret, a.Store.Update(ctx, func(tx *store.Tx) error {
		if err := checkRights(tx, s.Person); err != nil {
			return err
		}
		if err := tx.LockPeople(tenant); err != nil {
			return err
		}
		there, err := tx.Accounts(tenant)
		if err != nil {
			return err
		}
		if len(there) > 0 {
			return agenda.ErrState
		}
		if s.Created, err = tx.Now(); err != nil {
			return err
		}
		if _, err := tx.AddAccount(s); err != nil {
			return err
		}
		if err := tx.AddInvitation(s.Person, store.Invitation{Hash: hash, Expires: s.Created.Add(FirstLink)}); err != nil {
			return err
		}
		return journal(tx, s.Person, "account.add", by.ID, map[string]any{"role": s.Role})
	})
}
