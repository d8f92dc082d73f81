package store

import (
	"time"

	"terminvergabe/internal/agenda"
)

// Unanswered lists a tenant's requests that the office has to answer and that have
// not run out, in order of start.
func (tx *Tx) Unanswered(tenant string, now time.Time) ([]*agenda.Booking, error) {
	return tx.bookings("tenant = $1 AND status = 'pending' AND awaits = 'staff' AND (expires = '' OR expires > $2) ORDER BY starts, number", tenant, stamp(now))
}
