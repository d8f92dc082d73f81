package store

import (
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
)

// NewAddress is a new e-mail address for a visit, from the request on.
type NewAddress struct {
	Tenant  string
	Booking string
	Version int    // of the booking with the request
	Hash    string // of the link's secret
	State   string // open used over
	Expires time.Time
	Sealed  []byte
}

// What becomes of a request for a new address.
const (
	AddressOpen = "open"
	AddressUsed = "used"
	AddressOver = "over" // by a newer one
)

func (tx *Tx) newAddresses(rest string, args ...any) (list []NewAddress, err error) {
	err = tx.rows("SELECT tenant, booking, version, hash, state, expires, sealed FROM new_address WHERE "+rest, args, func(r row) error {
		var a NewAddress
		err := r.Scan(&a.Tenant, &a.Booking, &a.Version, &a.Hash, &a.State, at{&a.Expires}, &a.Sealed)
		list = append(list, a)
		return err
	})
	return list, err
}

func (tx *Tx) newAddress(where string, args ...any) (a NewAddress, err error) {
	list, err := tx.newAddresses(where, args...)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("new address: %w", err)
	}
	return list[0], nil
}

// NewAddressByHash finds the request that the secret with this hash answers, within a
// tenant.
func (tx *Tx) NewAddressByHash(tenant, hash string) (NewAddress, error) {
	return tx.newAddress("hash = $1 AND tenant = $2", hash, tenant)
}

// NewAddress finds the request that a version of a visit made.
func (tx *Tx) NewAddress(tenant, booking string, version int) (NewAddress, error) {
	return tx.newAddress("tenant = $1 AND booking = $2 AND version = $3", tenant, booking, version)
}

// OpenNewAddress finds the request of a visit that can be answered until after now.
func (tx *Tx) OpenNewAddress(tenant, booking string, now time.Time) (NewAddress, error) {
	return tx.newAddress("tenant = $1 AND booking = $2 AND state = 'open' AND expires > $3", tenant, booking, stamp(now))
}

// AddNewAddress writes a request; those before it are over.
func (tx *Tx) AddNewAddress(a NewAddress) error {
	if err := tx.later(-1, nil, "UPDATE new_address SET state = 'over' WHERE tenant = $1 AND booking = $2 AND state = 'open'", a.Tenant, a.Booking); err != nil {
		return err
	}
	return tx.later(1, agenda.ErrConflict, "INSERT INTO new_address (tenant, booking, version, hash, state, expires, sealed) VALUES ($1, $2, $3, $4, 'open', $5, $6) ON CONFLICT DO NOTHING",
		a.Tenant, a.Booking, a.Version, a.Hash, stamp(a.Expires), a.Sealed)
}

// UseNewAddress notes that a request was answered. One that is no longer open makes the
// act fail with agenda.ErrConflict.
func (tx *Tx) UseNewAddress(a NewAddress) error {
	return tx.later(1, agenda.ErrConflict, "UPDATE new_address SET state = 'used' WHERE tenant = $1 AND booking = $2 AND version = $3 AND state = 'open'", a.Tenant, a.Booking, a.Version)
}

// ForgetNewAddresses deletes requests that ran out before a time.
func (tx *Tx) ForgetNewAddresses(before time.Time) error {
	_, err := tx.exec("DELETE FROM new_address WHERE expires < $1", stamp(before))
	return err
}

// AddStrayLetters counts letters about a visit to an address that is not the visit's.
func (tx *Tx) AddStrayLetters(tenant, emailHash, booking string, n int) error {
	now, err := tx.Now()
	if err != nil || n == 0 || emailHash == "" {
		return err
	}
	if emailHash, err = tx.Hash(emailHash); err != nil {
		return err
	}
	return tx.later(-1, nil, `INSERT INTO stray_letter (tenant, email_hash, at, booking, letters) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant, email_hash, at, booking) DO UPDATE SET letters = stray_letter.letters + excluded.letters`, tenant, emailHash, stamp(now), booking, n)
}

// StrayLetters counts those to an address since a time.
func (tx *Tx) StrayLetters(tenant, emailHash string, since time.Time) (n int, err error) {
	return tx.counted(emailHash, func(hash string, n *int) error {
		return tx.one("SELECT COALESCE(SUM(letters), 0) FROM stray_letter WHERE tenant = $1 AND email_hash = $2 AND at > $3", []any{tenant, hash, stamp(since)}, n)
	})
}

// ForgetStrayLetters deletes what was counted before a time.
func (tx *Tx) ForgetStrayLetters(before time.Time) error {
	_, err := tx.exec("DELETE FROM stray_letter WHERE at < $1", stamp(before))
	return err
}
