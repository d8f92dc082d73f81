package store

import (
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
)

// Want is what an act needs before it may decide: what to lock, and what to read
// under the locks. All of it is known before the act begins, so that an engine far
// away is asked once.
type Want struct {
	Tenant    string
	Calendars []string  // kept from set-up changes
	Days      []PoolDay // locked, and their versions raised
	Booking   string    // id of a booking to read; empty: none

	Pool     int64       // whose claims are to be read,
	From, To agenda.Tick // from a tick to before another; From == To: none

	Busy     string      // calendar whose busy times of
	BusyDate agenda.Date // a day are to be read; "": none are

	Visitor *agenda.Booking // whose Standing the act will ask for; nil: none is
	As      time.Time       // what counts as now for that: a moment ago is near enough
}

// Locked is what was found under the locks.
type Locked struct {
	Setup   *agenda.Setup
	Now     time.Time
	Booking *agenda.Booking
	Claims  []agenda.Claim // expired ones included
	Busy    []agenda.BusyTime
}

// Lock takes an act's locks in the one order that all acts keep, calendars, then days
// in sorted order, and then reads: what it gives stays so until the transaction ends.
// A booking that is not there is agenda.ErrNotFound.
func (tx *Tx) Lock(w Want) (l Locked, err error) {
	if on, ok := tx.on.(*pgSession); ok {
		return tx.lockAtOnce(on, w)
	}
	if err = tx.ShareCalendars(w.Tenant, w.Calendars...); err != nil {
		return l, err
	}
	if l.Setup, err = tx.Setup(w.Tenant); err != nil {
		return l, err
	}
	if err = tx.LockDays(w.Days...); err != nil {
		return l, err
	}
	if l.Now, err = tx.Now(); err != nil {
		return l, err
	}
	if w.Booking != "" {
		if l.Booking, err = tx.Booking(w.Tenant, w.Booking); err != nil {
			return l, err
		}
	}
	if w.From < w.To {
		if l.Claims, err = tx.Claims(w.Pool, w.From, w.To); err != nil {
			return l, err
		}
	}
	if w.Busy != "" {
		a := busyBetween(w.Tenant, w.Busy, w.BusyDate, w.BusyDate+1, &l.Busy)
		err = tx.rows(a.query, a.args, a.each)
	}
	return l, err
}

// later runs a statement that changes rows some time before the transaction ends, at
// the latest before anything else is asked of it. Where it changes other than want
// rows (any: -1), the act fails with short, as it does with the statement's own error:
// not here but where it is found, which may be at the end, and no savepoint helps.
//
// The query is one INSERT, UPDATE or DELETE without WITH and RETURNING; where rows are
// counted, an INSERT lists them, and may end with ON CONFLICT DO NOTHING. All that is put
// off after the last question travels to PostgreSQL together with COMMIT, also where
// rows are counted: there the server counts them and stops before it commits. So an act
// that asks everything by Lock and writes everything by later takes two round trips.
func (tx *Tx) later(want int64, short error, query string, args ...any) error {
	if textless(args) {
		return fmt.Errorf("%.40s: a text that cannot be stored: %w", query, agenda.ErrNotFound)
	}
	return tx.on.later(want, short, query, args)
}
