package store

import (
	"time"

	"terminvergabe/internal/agenda"
)

// Near lists a tenant's visits from a time on, of one calendar or ("") of all, in the
// order of their distance from it, at most limit: towards until, which is later, or
// earlier for those before it. Holds and what has expired are left out.
func (tx *Tx) Near(tenant, calendar string, from, until time.Time, limit int) ([]*agenda.Booking, error) {
	const there = " AND status NOT IN ('held', 'expired') "
	lo, hi, order := from, until, "ORDER BY starts LIMIT $4"
	if until.Before(from) {
		lo, hi, order = until, from, "ORDER BY starts DESC LIMIT $4"
	}
	if calendar == "" {
		return tx.bookings("tenant = $1 AND starts >= $2 AND starts < $3"+there+order, tenant, stamp(lo), stamp(hi), limit)
	}
	return tx.bookings("tenant = $1 AND calendar = $5 AND starts >= $2 AND starts < $3"+there+order, tenant, stamp(lo), stamp(hi), limit, calendar)
}

// ByAddress lists a tenant's visits in [from, to) whose visitor has an e-mail address or
// a telephone number with this hash, in order of start, at most limit.
func (tx *Tx) ByAddress(tenant, email, phone string, from, to time.Time, limit int) (list []*agenda.Booking, err error) {
	const between = " AND starts >= $2 AND starts < $3 AND tenant || '' = $4 ORDER BY starts LIMIT $5"
	column, hash := "email_hash", email
	if email == "" {
		column, hash = "phone_hash", phone
	}
	hashes, err := tx.hashes(hash)
	for _, h := range hashes {
		if err == nil && len(list) == 0 { // an address has its visits under one of them
			list, err = tx.bookings(column+" = $1 AND "+column+" <> ''"+between, h, stamp(from), stamp(to), tenant, limit)
		}
	}
	return list, err
}
