package store

import "time"

// Barrier is what somebody wrote about a barrier on the pages, sealed; nil once the letter
// that takes it to the office is done.
type Barrier struct {
	Tenant, ID string
	Created    time.Time
	Sealed     []byte
}

// AddBarrier keeps a report until its letter has left.
func (tx *Tx) AddBarrier(b Barrier) error {
	_, err := tx.exec("INSERT INTO barrier (tenant, id, created, sealed) VALUES ($1, $2, $3, $4)", b.Tenant, b.ID, stamp(b.Created), b.Sealed)
	return err
}

// Barrier finds a report.
func (tx *Tx) Barrier(tenant, id string) (b Barrier, err error) {
	b.Tenant, b.ID = tenant, id
	return b, tx.one("SELECT created, sealed FROM barrier WHERE tenant = $1 AND id = $2", []any{tenant, id}, at{&b.Created}, &b.Sealed)
}

// CountBarriers counts a tenant's reports since a time.
func (tx *Tx) CountBarriers(tenant string, since time.Time) (n int, err error) {
	err = tx.one("SELECT count(*) FROM barrier WHERE tenant = $1 AND created > $2", []any{tenant, stamp(since)}, &n)
	return n, err
}

// EmptyBarrier forgets what a report says; that there was one stays, to be counted.
func (tx *Tx) EmptyBarrier(tenant, id string) error {
	_, err := tx.exec("UPDATE barrier SET sealed = NULL WHERE tenant = $1 AND id = $2", tenant, id)
	return err
}

// ForgetBarriers deletes a tenant's reports from before a time.
func (tx *Tx) ForgetBarriers(tenant string, before time.Time) error {
	_, err := tx.exec("DELETE FROM barrier WHERE tenant = $1 AND created < $2", tenant, stamp(before))
	return err
}
