package store

import "terminvergabe/internal/agenda"

// Identity is how a sign-on provider knows somebody: for ever, and nobody else.
type Identity struct{ Issuer, Subject string }

// Identified finds a tenant's account by an identity.
func (tx *Tx) Identified(tenant string, id Identity) (Account, error) {
	return tx.account("person JOIN identity ON identity.tenant = person.tenant AND identity.person = person.id WHERE identity.tenant = $1 AND identity.issuer = $2 AND identity.subject = $3",
		tenant, id.Issuer, id.Subject)
}

// Identify ties an identity to an account, unless that issuer already knows the account
// as somebody else: then done is false.
func (tx *Tx) Identify(p agenda.Person, id Identity) (done bool, err error) {
	n, err := tx.exec("INSERT INTO identity (tenant, issuer, subject, person) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", p.Tenant, id.Issuer, id.Subject, p.ID)
	return n == 1, err
}
