package store

import (
	"fmt"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// lockAtOnce is Lock in one round trip. The order is what makes it exact: a statement
// of a pipeline begins when the one before it is through, so the set-up is read when
// its change is kept out, and clock, booking and claims when the days are locked.
func (tx *Tx) lockAtOnce(on *pgSession, w Want) (l Locked, err error) {
	if textless([]any{w.Tenant, w.Booking}) {
		return l, fmt.Errorf("lock: a text that cannot be stored: %w", agenda.ErrNotFound)
	}
	if w.Visitor != nil {
		if w.Visitor, err = tx.asKept(w.Visitor); err != nil {
			return l, err
		}
	}
	var asks []ask
	if len(w.Calendars) > 0 {
		asks = append(asks, ask{query: tx.store.words.forShare, args: []any{w.Tenant}})
	}
	var revision int
	var now time.Time
	state := func(r row) error { return r.Scan(&revision, &now) }
	days := inOrder(w.Days)
	for i, d := range days {
		a := ask{query: lockDay, args: []any{d.Pool, int(d.Date)}}
		if i == len(days)-1 { // what it returns is found out when it has the lock
			a = ask{query: lockDay + " RETURNING COALESCE((SELECT revision FROM tenant WHERE id = $3), 0), clock_timestamp()", args: append(a.args, w.Tenant), each: state}
		}
		asks = append(asks, a)
		tx.touch.days = append(tx.touch.days, d)
	}
	if len(days) == 0 {
		asks = append(asks, ask{query: "SELECT revision, clock_timestamp() FROM tenant WHERE id = $1", args: []any{w.Tenant}, each: state})
	}
	if w.Booking != "" {
		asks = append(asks, ask{query: "SELECT " + bookingColumns + " FROM booking WHERE tenant = $1 AND id = $2", args: []any{w.Tenant, w.Booking}, each: func(r row) (err error) {
			l.Booking, err = scanBooking(r.Scan)
			return err
		}})
	}
	if w.From < w.To {
		asks = append(asks, ask{query: claimsBetween, args: []any{w.Pool, int64(w.From), int64(w.To)}, each: func(r row) error {
			c, err := scanClaim(r)
			l.Claims = append(l.Claims, c)
			return err
		}})
	}
	if w.Busy != "" {
		asks = append(asks, busyBetween(w.Tenant, w.Busy, w.BusyDate, w.BusyDate+1, &l.Busy))
	}
	var met standing
	if w.Visitor != nil {
		a := met.ask(w.Visitor, w.As)
		if textless(a.args) {
			return l, fmt.Errorf("lock: a text that cannot be stored: %w", agenda.ErrNotFound)
		}
		asks = append(append(asks, oneAtATime(w.Visitor)...), a)
	}
	if err := on.all(asks...); err != nil {
		return l, fmt.Errorf("lock: %w", err)
	}
	if revision == 0 {
		return l, fmt.Errorf("tenant %q: %w", w.Tenant, agenda.ErrNotFound)
	}
	if w.Booking != "" && l.Booking == nil {
		return l, fmt.Errorf("booking: %w", agenda.ErrNotFound)
	}
	if w.Visitor != nil {
		tx.met = &met
	}
	on.home.ears.clock.Store(&reading{now, time.Now()})
	tx.now = tx.store.shown(now)
	l.Now = tx.now
	if l.Setup, err = tx.setupAt(w.Tenant, revision); err == nil {
		tx.store.seenAgain(w.Tenant, l.Setup)
	}
	return l, err
}

// oneAtATime keeps two bookings of one person apart, which else would each count the
// visits without the other, on days of their own. It comes after the days, in one
// order, so that nobody waits in a circle.
func oneAtATime(b *agenda.Booking) (asks []ask) {
	hashes := []string{b.EmailHash, b.PhoneHash}
	slices.Sort(hashes)
	for _, h := range hashes {
		if h != "" {
			asks = append(asks, ask{query: "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", args: []any{b.Tenant + " " + h}})
		}
	}
	return asks
}
