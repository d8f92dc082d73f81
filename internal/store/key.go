package store

import (
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
)

// DataKey is what the database knows of a data key: never the key itself, unless sealed
// under the one that took its place.
type DataKey struct {
	Number      int
	Fingerprint string
	State       string    // next, current, old, retired
	Since       time.Time // when it became current; zero: not yet, or nobody noted it
	Done        time.Time // when all rows had come to be under it; zero: not yet, or it is the first
	Key, Lookup []byte
}

// DataKeys is the line of data keys, the first one first; empty where nothing has been
// written yet.
func (tx *Tx) DataKeys() (line []DataKey, err error) {
	err = tx.rows("SELECT number, fingerprint, state, since, done, key, lookup FROM data_key ORDER BY number", nil, func(r row) error {
		var k DataKey
		err := r.Scan(&k.Number, &k.Fingerprint, &k.State, at{&k.Since}, at{&k.Done}, &k.Key, &k.Lookup)
		line = append(line, k)
		return err
	})
	return line, err
}

// LockDataKeys keeps two changes of the line apart.
func (tx *Tx) LockDataKeys() error {
	if tx.store.words.forShare == "" {
		return nil
	}
	return tx.rows("SELECT number FROM data_key ORDER BY number FOR UPDATE", nil, func(row) error { return nil })
}

// AddDataKey adds a data key to the line. Where one with its number is there already,
// that one stays: false.
func (tx *Tx) AddDataKey(k DataKey) (bool, error) {
	n, err := tx.exec("INSERT INTO data_key (number, fingerprint, state, since, done) VALUES ($1, $2, $3, $4, '') ON CONFLICT DO NOTHING", k.Number, k.Fingerprint, k.State, stamp(k.Since))
	return n == 1, err
}

// SaveDataKey writes a data key over what is there.
func (tx *Tx) SaveDataKey(k DataKey) error {
	return changed(tx.exec("UPDATE data_key SET state = $2, since = $3, done = $4, key = $5, lookup = $6 WHERE number = $1",
		k.Number, k.State, stamp(k.Since), stamp(k.Done), k.Key, k.Lookup))
}

// DropDataKey takes a key out of the line that nothing was ever sealed with.
func (tx *Tx) DropDataKey(number int) error {
	return changed(tx.exec("DELETE FROM data_key WHERE number = $1 AND state = 'next'", number))
}

// KeyHolder is a running process, and what it has adopted of the line of data keys.
type KeyHolder struct {
	ID, Name, Adopted string
	Seen              time.Time
}

// HoldKeys notes that a process runs, and lets go of those that have been silent since a
// time.
func (tx *Tx) HoldKeys(h KeyHolder, silent time.Time) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO key_holder (id, name, adopted, seen) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET adopted = excluded.adopted, seen = excluded.seen`, h.ID, h.Name, h.Adopted, stamp(now)); err != nil {
		return err
	}
	_, err = tx.exec("DELETE FROM key_holder WHERE seen < $1", stamp(silent))
	return err
}

// DropKeyHolder notes that a process ends.
func (tx *Tx) DropKeyHolder(id string) error {
	_, err := tx.exec("DELETE FROM key_holder WHERE id = $1", id)
	return err
}

// KeyHolders lists the processes that were seen after a time.
func (tx *Tx) KeyHolders(since time.Time) (list []KeyHolder, err error) {
	err = tx.rows("SELECT id, name, adopted, seen FROM key_holder WHERE seen > $1 ORDER BY id", []any{stamp(since)}, func(r row) error {
		var h KeyHolder
		err := r.Scan(&h.ID, &h.Name, &h.Adopted, at{&h.Seen})
		list = append(list, h)
		return err
	})
	return list, err
}

// SealedPlace is a place where sealed values are: a column of a table.
type SealedPlace struct {
	Name   string   // for people
	table  string   // and
	column string   // in it
	order  []string // columns of an index by which it is walked, all of them texts
	Bind   []string // columns that say what the values are bound to
}

// SealedPlaces lists them all, but for addresses in set-ups.
func SealedPlaces() []SealedPlace {
	id := []string{"tenant", "id"}
	person := []string{"tenant", "person"}
	return []SealedPlace{
		{"bookings", "booking", "sealed", id, id},
		{"incidents", "incident", "sealed", id, id},
		{"proposals", "proposal", "sealed", id, id},
		{"invitations", "invitation", "sealed", []string{"hash"}, []string{"tenant", "hash"}},
		{"second factors", "credential", "totp", person, person},
		{"second factors begun", "credential", "totp_next", person, person},
		{"codes", "proof_code", "sealed", id, id},
		{"new addresses", "new_address", "sealed", []string{"hash"}, []string{"tenant", "booking"}},
		{"reports", "barrier", "sealed", id, id},
		{"answers of servers", "delivery", "sealed", []string{"tenant", "subject", "message_id", "id"}, []string{"tenant", "message_id"}},
	}
}

// SealedRow is a value in its place.
type SealedRow struct {
	at     []string // in the order of the walk
	Bind   []string
	Sealed []byte
}

// SealedAfter lists up to so many values of a place in the order of its walk, behind a
// row or (nil) from the start.
func (tx *Tx) SealedAfter(p SealedPlace, after *SealedRow, limit int) (list []SealedRow, err error) {
	args, where := []any{limit}, ""
	if after != nil {
		where = " AND (" + columns(p.order) + ") > (" + places(2, len(p.order)) + ")"
		for _, v := range after.at {
			args = append(args, v)
		}
	}
	query := "SELECT " + columns(p.order) + ", " + columns(p.Bind) + ", " + p.column + " FROM " + p.table + " WHERE " + p.column + " IS NOT NULL" + where + " ORDER BY " + columns(p.order) + " LIMIT $1"
	err = tx.rows(query, args, func(r row) error {
		v := SealedRow{at: make([]string, len(p.order)), Bind: make([]string, len(p.Bind))}
		var into []any
		for i := range v.at {
			into = append(into, &v.at[i])
		}
		for i := range v.Bind {
			into = append(into, &v.Bind[i])
		}
		err := r.Scan(append(into, &v.Sealed)...)
		list = append(list, v)
		return err
	})
	return list, err
}

// Reseal puts a value sealed anew in its place, where nobody has changed it meanwhile.
func (tx *Tx) Reseal(p SealedPlace, was SealedRow, sealed []byte) error {
	args := []any{sealed, was.Sealed}
	where := ""
	for i, c := range p.order {
		args = append(args, was.at[i])
		where += " AND " + c + " = $" + strconv.Itoa(i+3)
	}
	_, err := tx.exec("UPDATE "+p.table+" SET "+p.column+" = $1 WHERE "+p.column+" = $2"+where, args...)
	return err
}

// revisionNumbers lists the numbers of a tenant's kept set-ups.
func (tx *Tx) revisionNumbers(tenant string) (list []int, err error) {
	err = tx.rows("SELECT number FROM revision WHERE tenant = $1", []any{tenant}, func(r row) error {
		var n int
		err := r.Scan(&n)
		list = append(list, n)
		return err
	})
	return list, err
}

// EachRevision gives a tenant's kept set-ups to a function, and keeps what it gives back
// where that is another one.
func (tx *Tx) EachRevision(tenant string, f func(*agenda.Setup) (other bool, err error)) error {
	numbers, err := tx.revisionNumbers(tenant)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		r, s, err := tx.Revision(tenant, n)
		if err != nil {
			return err
		}
		other, err := f(s)
		if err != nil {
			return err
		}
		if !other {
			continue
		}
		if err := tx.addRevision(s, r); err != nil {
			return err
		}
	}
	return nil
}
