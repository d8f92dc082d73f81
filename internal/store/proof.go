package store

import (
	"time"

	"terminvergabe/internal/agenda"
)

// SpendProof notes that a proof of work was used, some time before the transaction ends.
// Where it has been used before, the act fails with agenda.ErrUnproven.
func (tx *Tx) SpendProof(tenant, nonce string, expires time.Time) error {
	return tx.later(1, agenda.ErrUnproven, "INSERT INTO proof (tenant, nonce, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", tenant, nonce, stamp(expires))
}

// ProofCode is a code that was sent to an address.
type ProofCode struct {
	Tenant    string
	ID        string
	EmailHash string
	PassHash  string // empty: it was not typed yet
	Language  string
	Tries     int
	Created   time.Time
	Expires   time.Time
	Sealed    []byte
}

// AddProofCode writes a new code.
func (tx *Tx) AddProofCode(c ProofCode) (err error) {
	if c.EmailHash, err = tx.Hash(c.EmailHash); err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO proof_code (tenant, id, email_hash, pass_hash, language, tries, uses, created, expires, sealed) VALUES ($1, $2, $3, '', $4, 0, 0, $5, $6, $7)`,
		c.Tenant, c.ID, c.EmailHash, c.Language, stamp(c.Created), stamp(c.Expires), c.Sealed)
	return err
}

// ProofCode finds a code by its id.
func (tx *Tx) ProofCode(tenant, id string) (c ProofCode, err error) {
	c.Tenant, c.ID = tenant, id
	err = tx.one("SELECT email_hash, pass_hash, language, tries, created, expires, sealed FROM proof_code WHERE tenant = $1 AND id = $2", []any{tenant, id},
		&c.EmailHash, &c.PassHash, &c.Language, &c.Tries, at{&c.Created}, at{&c.Expires}, &c.Sealed)
	return c, err
}

// CountProofCodes counts the codes sent to an address since a time.
func (tx *Tx) CountProofCodes(tenant, emailHash string, since time.Time) (n int, err error) {
	if emailHash, err = tx.Hash(emailHash); err != nil {
		return 0, err
	}
	err = tx.one("SELECT count(*) FROM proof_code WHERE email_hash = $2 AND created > $3 AND tenant || '' = $1", []any{tenant, emailHash, stamp(since)}, &n)
	return n, err
}

// CountAllProofCodes counts a tenant's codes since a time.
func (tx *Tx) CountAllProofCodes(tenant string, since time.Time) (n int, err error) {
	err = tx.one("SELECT count(*) FROM proof_code WHERE tenant = $1 AND created > $2", []any{tenant, stamp(since)}, &n)
	return n, err
}

// TryProofCode counts an attempt to type a code, of at most so many; false: there were
// enough.
func (tx *Tx) TryProofCode(tenant, id string, most int) (bool, error) {
	n, err := tx.exec("UPDATE proof_code SET tries = tries + 1 WHERE tenant = $1 AND id = $2 AND tries < $3", tenant, id, most)
	return n == 1, err
}

// GivePass notes the hash of the pass of whoever typed the code.
func (tx *Tx) GivePass(tenant, id, passHash string, expires time.Time) error {
	return changed(tx.exec("UPDATE proof_code SET pass_hash = $3, expires = $4 WHERE tenant = $1 AND id = $2", tenant, id, passHash, stamp(expires)))
}

// SpendPass uses a pass once more, some time before the transaction ends. Where it is
// over, used up or unknown, the act fails with agenda.ErrUnproven.
func (tx *Tx) SpendPass(tenant, passHash string, most int, now time.Time) error {
	return tx.later(1, agenda.ErrUnproven, "UPDATE proof_code SET uses = uses + 1 WHERE pass_hash = $2 AND pass_hash <> '' AND tenant || '' = $1 AND uses < $3 AND expires > $4",
		tenant, passHash, most, stamp(now))
}

// ForgetProofs deletes what has expired: proofs that nobody can use again, and codes a
// day later, for as long they count against their address.
func (tx *Tx) ForgetProofs(now time.Time) error {
	if _, err := tx.exec("DELETE FROM proof WHERE expires < $1", stamp(now)); err != nil {
		return err
	}
	_, err := tx.exec("DELETE FROM proof_code WHERE expires < $1", stamp(now.Add(-24*time.Hour)))
	return err
}
