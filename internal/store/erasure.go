package store

import (
	"errors"
	"time"

	"terminvergabe/internal/agenda"
)

// Erasure is a visitor's wish that a visit that was called off be forgotten at once.
type Erasure struct {
	Tenant, Booking string
	At              time.Time
}

// WishErasure notes a wish; the first one counts.
func (tx *Tx) WishErasure(e Erasure) error {
	_, err := tx.exec("INSERT INTO erasure (tenant, booking, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", e.Tenant, e.Booking, stamp(e.At))
	return err
}

// DropErasure takes a wish back.
func (tx *Tx) DropErasure(tenant, booking string) error {
	_, err := tx.exec("DELETE FROM erasure WHERE tenant = $1 AND booking = $2", tenant, booking)
	return err
}

// Erasures lists the wishes that wait, the oldest first.
func (tx *Tx) Erasures(limit int) ([]Erasure, error) {
	return tx.erasures("SELECT tenant, booking, at FROM erasure ORDER BY at LIMIT $1", limit)
}

// ErasureOf is the wish that waits for a booking; none is agenda.ErrNotFound.
func (tx *Tx) ErasureOf(tenant, booking string) (Erasure, error) {
	list, err := tx.erasures("SELECT tenant, booking, at FROM erasure WHERE tenant = $1 AND booking = $2", tenant, booking)
	if err != nil || len(list) == 0 {
		return Erasure{}, errors.Join(err, agenda.ErrNotFound)
	}
	return list[0], nil
}

func (tx *Tx) erasures(query string, args ...any) (list []Erasure, err error) {
	err = tx.rows(query, args, func(r row) error {
		var e Erasure
		err := r.Scan(&e.Tenant, &e.Booking, at{&e.At})
		list = append(list, e)
		return err
	})
	return list, err
}

// Untold counts the letters and messages about a booking that still have to go.
func (tx *Tx) Untold(tenant, booking string) (n int, err error) {
	for _, query := range []string{
		"SELECT count(*) FROM outbox WHERE tenant = $1 AND subject = $2 AND state = 'queued'",
		"SELECT count(*) FROM hook_post WHERE tenant = $1 AND subject = $2 AND state = 'queued'",
	} {
		some := 0
		if err := tx.one(query, []any{tenant, booking}, &some); err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}
