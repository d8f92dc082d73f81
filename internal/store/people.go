package store

import (
	"time"

	"terminvergabe/internal/agenda"
)

// Account is a member of staff as stored.
type Account struct {
	agenda.Person
	Email    string // in small letters
	Password string // argon2id, as PHC string; empty: none yet
	Disabled bool
	Created  time.Time
}

const accountColumns = "person.tenant, person.id, person.email, person.name, person.role, person.department, person.password, person.disabled, person.created"

func (a *Account) scan(scan func(...any) error) error {
	var disabled int
	err := scan(&a.Tenant, &a.ID, &a.Email, &a.Name, &a.Role, &a.Department, &a.Password, &disabled, at{&a.Created})
	a.Disabled = disabled == 1
	return err
}

func (tx *Tx) accounts(rest string, args ...any) (list []Account, err error) {
	err = tx.rows("SELECT "+accountColumns+" FROM "+rest, args, func(r row) error {
		var a Account
		err := a.scan(r.Scan)
		list = append(list, a)
		return err
	})
	return list, err
}

func (tx *Tx) account(rest string, args ...any) (a Account, err error) {
	list, err := tx.accounts(rest, args...)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return a, err
	}
	return list[0], nil
}

// AddAccount writes a new account, unless the tenant has one with this address:
// then added is false.
func (tx *Tx) AddAccount(a Account) (added bool, err error) {
	n, err := tx.exec(`INSERT INTO person (tenant, id, email, name, role, department, password, disabled, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (tenant, email) DO NOTHING`, a.Tenant, a.ID, a.Email, a.Name, string(a.Role), a.Department, a.Password, flag(a.Disabled), stamp(a.Created))
	return n == 1, err
}

// SaveAccount writes what can change of an account: its rights, password and
// whether it is disabled.
func (tx *Tx) SaveAccount(a Account) error {
	return changed(tx.exec("UPDATE person SET name = $3, role = $4, department = $5, password = $6, disabled = $7 WHERE tenant = $1 AND id = $2",
		a.Tenant, a.ID, a.Name, string(a.Role), a.Department, a.Password, flag(a.Disabled)))
}

// Account finds an account by its address, in small letters.
func (tx *Tx) Account(tenant, email string) (Account, error) {
	return tx.account("person WHERE tenant = $1 AND email = $2", tenant, email)
}

// AccountByID finds an account by its id.
func (tx *Tx) AccountByID(tenant, id string) (Account, error) {
	return tx.account("person WHERE tenant = $1 AND id = $2", tenant, id)
}

// LockPeople keeps other changes of a tenant's people out until the transaction ends.
func (tx *Tx) LockPeople(tenant string) error {
	return changed(tx.exec("UPDATE tenant SET revision = revision WHERE id = $1", tenant))
}

// Accounts lists a tenant's accounts by address.
func (tx *Tx) Accounts(tenant string) ([]Account, error) {
	return tx.accounts("person WHERE tenant = $1 ORDER BY email", tenant)
}

// Token is a program's access to the API.
type Token struct {
	agenda.Person           // what it may; ID and Name are the token's
	Created       time.Time // and since when
	Revoked       time.Time // zero: in force, as long as it has not expired
	Expires       time.Time // zero: never; made before tokens ended by themselves
}

const tokenColumns = "tenant, id, name, role, department, created, revoked, expires"

func (tx *Tx) tokens(where string, args ...any) (list []Token, err error) {
	err = tx.rows("SELECT "+tokenColumns+" FROM token WHERE "+where, args, func(r row) error {
		var t Token
		err := r.Scan(&t.Tenant, &t.ID, &t.Name, &t.Role, &t.Department, at{&t.Created}, at{&t.Revoked}, at{&t.Expires})
		list = append(list, t)
		return err
	})
	return list, err
}

// AddToken writes a new token by the hash of its secret.
func (tx *Tx) AddToken(hash string, t Token) error {
	_, err := tx.exec("INSERT INTO token (tenant, id, name, role, department, hash, created, revoked, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8)",
		t.Tenant, t.ID, t.Name, string(t.Role), t.Department, hash, stamp(t.Created), stamp(t.Expires))
	return err
}

// Token finds a token in force by the hash of its secret, within a tenant; one that was
// revoked or has expired is agenda.ErrNotFound.
func (tx *Tx) Token(tenant, hash string) (t Token, err error) {
	list, err := tx.tokens("hash = $1 AND tenant = $2 AND revoked = ''", hash, tenant)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return t, err
	}
	if list[0].Expires.IsZero() {
		return list[0], nil
	}
	now, err := tx.Now()
	if err == nil && !now.Before(list[0].Expires) {
		err = agenda.ErrNotFound
	}
	return list[0], err
}

// Tokens lists a tenant's tokens, revoked ones too, oldest first.
func (tx *Tx) Tokens(tenant string) ([]Token, error) {
	return tx.tokens("tenant = $1 ORDER BY created, id", tenant)
}

// RevokeToken ends a token; one that is not in force is agenda.ErrNotFound.
func (tx *Tx) RevokeToken(tenant, id string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return changed(tx.exec("UPDATE token SET revoked = $3 WHERE tenant = $1 AND id = $2 AND revoked = ''", tenant, id, stamp(now)))
}
