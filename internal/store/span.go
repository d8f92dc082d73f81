package store

import (
	"encoding/json"
	"time"

	"terminvergabe/internal/agenda"
)

// Taking lists a tenant's bookings that start in [from, to) and have seats, or had them
// until they expired, in order of start: of one pool or (0) of all, with what a calendar on the
// wall shows of them, and nothing else. Of each is read: ID, Number, Reference, Status,
// Awaits, Calendar, Pool, Date, Items, Start, End, From, To, Tick, Expires, Version,
// Overbooked, Stranded and Sealed.
func (tx *Tx) Taking(tenant string, pool int64, from, to time.Time) (list []*agenda.Booking, err error) {
	err = tx.rows(`SELECT id, number, reference, status, awaits, calendar, pool, date, items, starts, ends, from_tick, to_tick, tick, expires, version,
		overbooked, stranded, created, sealed FROM booking WHERE tenant = $1 AND starts >= $2 AND starts < $3 AND (pool = $4 OR $4 = 0) AND status NOT IN ('cancelled', 'expired') ORDER BY starts, number`,
		[]any{tenant, stamp(from), stamp(to), pool}, func(r row) error {
			b := &agenda.Booking{Tenant: tenant}
			var items string
			var over, stranded int
			err := r.Scan(&b.ID, &b.Number, &b.Reference, &b.Status, &b.Awaits, &b.Calendar, &b.Pool, &b.Date, &items, at{&b.Start}, at{&b.End},
				&b.From, &b.To, &b.Tick, at{&b.Expires}, &b.Version, &over, &stranded, at{&b.Created}, &b.Sealed)
			if err != nil {
				return err
			}
			b.Overbooked, b.Stranded = over == 1, stranded == 1
			list = append(list, b)
			return json.Unmarshal([]byte(items), &b.Items)
		})
	return list, err
}
