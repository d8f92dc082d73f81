package store

import (
	"errors"
	"time"

	"terminvergabe/internal/agenda"
)

// PersonRole is what somebody may do beside their first role, from one day to another,
// both included.
type PersonRole struct {
	Person string
	ID     string
	agenda.Grant
	From agenda.Date
}

// In reports whether it is in force on a day.
func (r PersonRole) In(day agenda.Date) bool { return r.From <= day && (r.To == 0 || day <= r.To) }

func (tx *Tx) personRoles(where string, args ...any) (list []PersonRole, err error) {
	err = tx.rows("SELECT person, id, role, department, calendar, from_date, to_date FROM person_role WHERE "+where, args, func(r row) error {
		var p PersonRole
		err := r.Scan(&p.Person, &p.ID, &p.Role, &p.Department, &p.Calendar, &p.From, &p.To)
		list = append(list, p)
		return err
	})
	return list, err
}

// Roles lists what somebody has beside their first role, also what has passed and what
// is still to come.
func (tx *Tx) Roles(tenant, person string) ([]PersonRole, error) {
	return tx.personRoles("tenant = $1 AND person = $2 ORDER BY from_date, id", tenant, person)
}

// AllRoles lists what the people of a tenant have beside their first roles.
func (tx *Tx) AllRoles(tenant string) ([]PersonRole, error) {
	return tx.personRoles("tenant = $1 ORDER BY person, from_date, id", tenant)
}

// AddRole gives somebody a further role.
func (tx *Tx) AddRole(tenant string, r PersonRole) error {
	_, err := tx.exec("INSERT INTO person_role (tenant, person, id, role, department, calendar, from_date, to_date) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		tenant, r.Person, r.ID, string(r.Role), r.Department, r.Calendar, int(r.From), int(r.To))
	return err
}

// DropRole takes a further role away.
func (tx *Tx) DropRole(tenant, person, id string) error {
	return changed(tx.exec("DELETE FROM person_role WHERE tenant = $1 AND person = $2 AND id = $3", tenant, person, id))
}

// ForgetRoles deletes further roles that ended before a day.
func (tx *Tx) ForgetRoles(tenant, person string, before agenda.Date) error {
	_, err := tx.exec("DELETE FROM person_role WHERE tenant = $1 AND person = $2 AND to_date <> 0 AND to_date < $3", tenant, person, int(before))
	return err
}

// Credential is what somebody signs in with beside their password, and when they did.
type Credential struct {
	Language string // empty: as the browser asks
	SignedIn time.Time
	TOTP     []byte // sealed; nil: none
	Next     []byte // sealed, waits for its first code; nil: none does
	Step     int64  // of the last code used
}

// Credential finds the credential of an account; who has never signed in has an empty
// one.
func (tx *Tx) Credential(p agenda.Person) (c Credential, err error) {
	err = tx.one("SELECT language, signed_in, totp, totp_next, totp_step FROM credential WHERE tenant = $1 AND person = $2", []any{p.Tenant, p.ID},
		&c.Language, at{&c.SignedIn}, &c.TOTP, &c.Next, &c.Step)
	if errors.Is(err, agenda.ErrNotFound) {
		return Credential{}, nil
	}
	return c, err
}

// LockCredential is Credential for who is going to write it: others who want to, too, wait
// until the transaction ends.
func (tx *Tx) LockCredential(p agenda.Person) (c Credential, err error) {
	if err := changed(tx.exec("UPDATE person SET disabled = disabled WHERE tenant = $1 AND id = $2", p.Tenant, p.ID)); err != nil {
		return c, err
	}
	return tx.Credential(p)
}

// SaveCredential writes the credential of an account.
func (tx *Tx) SaveCredential(p agenda.Person, c Credential) error {
	_, err := tx.exec(`INSERT INTO credential (tenant, person, language, signed_in, totp, totp_next, totp_step) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant, person) DO UPDATE SET language = excluded.language, signed_in = excluded.signed_in, totp = excluded.totp, totp_next = excluded.totp_next, totp_step = excluded.totp_step`,
		p.Tenant, p.ID, c.Language, stamp(c.SignedIn), c.TOTP, c.Next, c.Step)
	return err
}

// SignIns tells of each of a tenant's people when they last signed in, and whether they
// have a second factor.
func (tx *Tx) SignIns(tenant string) (map[string]Credential, error) {
	all := map[string]Credential{}
	err := tx.rows("SELECT person, signed_in, totp FROM credential WHERE tenant = $1", []any{tenant}, func(r row) error {
		var id string
		var c Credential
		err := r.Scan(&id, at{&c.SignedIn}, &c.TOTP)
		all[id] = c
		return err
	})
	return all, err
}

// SetRecoveryCodes replaces an account's recovery codes, given by their hashes.
func (tx *Tx) SetRecoveryCodes(p agenda.Person, hashes []string) error {
	if _, err := tx.exec("DELETE FROM recovery_code WHERE tenant = $1 AND person = $2", p.Tenant, p.ID); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := tx.exec("INSERT INTO recovery_code (tenant, person, hash) VALUES ($1, $2, $3)", p.Tenant, p.ID, h); err != nil {
			return err
		}
	}
	return nil
}

// TakeRecoveryCode uses a code up, which has one of some hashes; one that is not there is
// agenda.ErrNotFound.
func (tx *Tx) TakeRecoveryCode(p agenda.Person, hashes []string) error {
	args := []any{p.Tenant, p.ID}
	for _, h := range hashes {
		args = append(args, h)
	}
	return changed(tx.exec("DELETE FROM recovery_code WHERE tenant = $1 AND person = $2 AND hash IN ("+places(3, len(hashes))+")", args...))
}

// RecoveryCodes counts the codes an account has left.
func (tx *Tx) RecoveryCodes(p agenda.Person) (n int, err error) {
	err = tx.one("SELECT count(*) FROM recovery_code WHERE tenant = $1 AND person = $2", []any{p.Tenant, p.ID}, &n)
	return n, err
}

// CountyAccess is until when a town lets the county look at its bookings, that day
// included, and who opened them.
type CountyAccess struct {
	To      agenda.Date
	Person  string
	Created time.Time
}

// CountyAccess finds what a town has granted last, be it in force or not; nothing ever
// granted is agenda.ErrNotFound.
func (tx *Tx) CountyAccess(tenant string) (c CountyAccess, err error) {
	err = tx.one("SELECT to_date, person, created FROM county_access WHERE tenant = $1", []any{tenant}, &c.To, &c.Person, at{&c.Created})
	return c, err
}

// GrantCounty opens a town's bookings to the county.
func (tx *Tx) GrantCounty(tenant string, c CountyAccess) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO county_access (tenant, to_date, person, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant) DO UPDATE SET to_date = excluded.to_date, person = excluded.person, created = excluded.created`, tenant, int(c.To), c.Person, stamp(now))
	return err
}

// EndCounty closes them again; where they are not open it is agenda.ErrNotFound.
func (tx *Tx) EndCounty(tenant string) error {
	return changed(tx.exec("DELETE FROM county_access WHERE tenant = $1", tenant))
}
