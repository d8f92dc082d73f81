package store

import (
	"encoding/json"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
)

// Figure is how often something happened on a day.
type Figure struct {
	Date     agenda.Date
	Calendar string // '' the tenant
	Service  string // '' the calendar as a whole
	Name     string
	Amount   int64
}

// AddFigures adds to what has been counted. The list is in the order of the key, so
// that two who add wait for each other and no more.
func (tx *Tx) AddFigures(tenant string, list []Figure) error {
	for _, f := range list {
		if _, err := tx.exec(`INSERT INTO figure (tenant, date, calendar, service, name, amount) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (tenant, date, calendar, service, name) DO UPDATE SET amount = figure.amount + excluded.amount`,
			tenant, int64(f.Date), f.Calendar, f.Service, f.Name, f.Amount); err != nil {
			return err
		}
	}
	return nil
}

// MarkDay marks a day of the tenant as dealt with; false: somebody has done so before.
// Whoever marks the same day at the same time waits for the end of this transaction.
func (tx *Tx) MarkDay(tenant string, date agenda.Date, name string) (fresh bool, err error) {
	n, err := tx.exec("INSERT INTO figure (tenant, date, calendar, service, name, amount) VALUES ($1, $2, '', '', $3, 1) ON CONFLICT DO NOTHING", tenant, int64(date), name)
	return n > 0, err
}

// MarkedDays are the first and the last day that were marked, from a day on; zero: none.
func (tx *Tx) MarkedDays(tenant string, from agenda.Date, name string) (first, last agenda.Date, err error) {
	const marked = "SELECT date FROM figure WHERE tenant = $1 AND date >= $2 AND calendar = '' AND service = '' AND name = $3 ORDER BY date"
	args := []any{tenant, int64(from), name}
	err = tx.one(marked+" LIMIT 1", args, &first)
	if err == nil {
		err = tx.one(marked+" DESC LIMIT 1", args, &last)
	}
	if errors.Is(err, agenda.ErrNotFound) {
		return 0, 0, nil
	}
	return first, last, err
}

// EachFigure goes through what was counted on the days from from to to, both included:
// of calendars as a whole day by day; of their services added up, without a date.
func (tx *Tx) EachFigure(tenant string, from, to agenda.Date, f func(Figure) error) error {
	const period = "FROM figure WHERE tenant = $1 AND date >= $2 AND date <= $3"
	for _, query := range []string{
		"SELECT date, calendar, service, name, amount " + period + " AND (service = '' OR calendar = '')",
		"SELECT 0, calendar, service, name, CAST(SUM(amount) AS BIGINT) " + period + " AND service <> '' AND calendar <> '' GROUP BY calendar, service, name",
	} {
		err := tx.rows(query, []any{tenant, int64(from), int64(to)}, func(r row) error {
			var x Figure
			if err := r.Scan(&x.Date, &x.Calendar, &x.Service, &x.Name, &x.Amount); err != nil {
				return err
			}
			return f(x)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ForgetFigures deletes what was counted before a day.
func (tx *Tx) ForgetFigures(tenant string, before agenda.Date) error {
	_, err := tx.exec("DELETE FROM figure WHERE tenant = $1 AND date < $2", tenant, int64(before))
	if err == nil {
		_, err = tx.exec("DELETE FROM waiting WHERE tenant = $1 AND date < $2", tenant, int64(before))
	}
	return err
}

// Certain is what figures want to know of a booking: nothing about its visitor.
type Certain struct {
	agenda.Booking      // of which only some fields are there
	ByVisitor      bool // cancelled by the visitor, and not counted as such yet
}

// Its visitor cancelled a booking where the journal says so.
const byVisitor = "EXISTS (SELECT 1 FROM journal j WHERE j.tenant = b.tenant AND j.subject = b.id AND j.act = 'cancel' AND j.actor = 'visitor')"

// EachCertain goes through the bookings that are or were certain and start in
// [from, to). Who cancelled one is counted when its visitor is forgotten, for the journal
// may be shorter than the book.
func (tx *Tx) EachCertain(tenant string, from, to time.Time, f func(*Certain) error) error {
	return tx.rows("SELECT b.status, b.channel, b.calendar, b.date, b.items, b.from_tick, b.to_tick, b.tick, b.starts, b.created, CASE WHEN b.status = 'cancelled' AND b.sealed IS NOT NULL AND "+byVisitor+` THEN 1 ELSE 0 END
		FROM booking b WHERE b.tenant = $1 AND b.starts >= $2 AND b.starts < $3 AND b.since <> ''`, []any{tenant, stamp(from), stamp(to)}, func(r row) error {
		var c Certain
		var items string
		var visitor int
		if err := r.Scan(&c.Status, &c.Channel, &c.Calendar, &c.Date, &items, &c.From, &c.To, &c.Tick, at{&c.Start}, at{&c.Created}, &visitor); err != nil {
			return err
		}
		c.ByVisitor = visitor == 1
		if err := json.Unmarshal([]byte(items), &c.Items); err != nil {
			return err
		}
		return f(&c)
	})
}

// CancelledByVisitor reports whether the journal says that a booking's visitor
// cancelled it.
func (tx *Tx) CancelledByVisitor(b *agenda.Booking) (bool, error) {
	n := 0
	err := tx.one("SELECT count(*) FROM journal WHERE tenant = $1 AND subject = $2 AND act = 'cancel' AND actor = 'visitor'", []any{b.Tenant, b.ID}, &n)
	return n > 0, err
}

// OldestVisit is the day of the tenant's first booking that is still there; zero: none.
func (tx *Tx) OldestVisit(tenant string) (date agenda.Date, err error) {
	err = tx.one("SELECT date FROM booking WHERE tenant = $1 AND starts > '' ORDER BY starts LIMIT 1", []any{tenant}, &date)
	if errors.Is(err, agenda.ErrNotFound) {
		return 0, nil
	}
	return date, err
}

// Waiting is after how many days the third free time of a service at a site was;
// -1: not within the horizon.
type Waiting struct {
	Date          agenda.Date
	Site, Service string
	Days          int
}

// AddWaiting keeps what was found on a day.
func (tx *Tx) AddWaiting(tenant string, list []Waiting) error {
	for _, w := range list {
		if _, err := tx.exec("INSERT INTO waiting (tenant, date, site, service, days) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", tenant, int64(w.Date), w.Site, w.Service, w.Days); err != nil {
			return err
		}
	}
	return nil
}

// EachWaiting goes through what was found on the days from from to to.
func (tx *Tx) EachWaiting(tenant string, from, to agenda.Date, f func(Waiting)) error {
	return tx.rows("SELECT date, site, service, days FROM waiting WHERE tenant = $1 AND date >= $2 AND date <= $3", []any{tenant, int64(from), int64(to)}, func(r row) error {
		var w Waiting
		err := r.Scan(&w.Date, &w.Site, &w.Service, &w.Days)
		f(w)
		return err
	})
}

// Acts is how often somebody did something.
type Acts struct {
	Actor, Act string
	Amount     int64
}

// ActsBetween counts the journal's entries of [from, to) by who did what.
func (tx *Tx) ActsBetween(tenant string, from, to time.Time) (list []Acts, err error) {
	err = tx.rows("SELECT actor, act, count(*) FROM journal WHERE tenant = $1 AND id >= $2 AND id < $3 GROUP BY actor, act ORDER BY actor, act", []any{tenant, journalID(from), journalID(to)}, func(r row) error {
		var a Acts
		err := r.Scan(&a.Actor, &a.Act, &a.Amount)
		list = append(list, a)
		return err
	})
	return list, err
}
