package store

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// Broken is one invariant of the data that does not hold: where, and what is wrong
// there, without personal data.
type Broken struct {
	Tenant  string // "" where it concerns no tenant
	Subject string // such as booking and its id
	What    string
}

func (b Broken) String() string {
	if b.Tenant == "" {
		return b.Subject + ": " + b.What
	}
	return b.Tenant + ": " + b.Subject + ": " + b.What
}

// checks are the invariants that SQL can see. Each query gives tenant, subject and
// the words of what is wrong, for every row that breaks it. A visitor is forgotten
// together with all links to the visit, whatever the clock says.
var checks = []string{
	`SELECT b.tenant, 'booking ' || b.id, 'is ' || b.status || ' and has not exactly its seats'
		FROM booking b LEFT JOIN claim c ON c.booking = b.number AND c.pool = b.pool AND c.tick >= b.from_tick AND c.tick < b.to_tick
		WHERE b.status NOT IN ('cancelled', 'expired')
		GROUP BY b.tenant, b.id, b.status, b.from_tick, b.to_tick HAVING count(DISTINCT c.tick) <> b.to_tick - b.from_tick OR count(c.tick) <> b.to_tick - b.from_tick`,
	`SELECT b.tenant, 'booking ' || b.id, 'is ' || b.status || ' and still has seats'
		FROM booking b WHERE b.status IN ('cancelled', 'expired') AND b.number IN (SELECT booking FROM claim)`,
	`SELECT b.tenant, 'booking ' || b.id, 'has seats at another time or in another pool'
		FROM claim c JOIN booking b ON b.number = c.booking WHERE c.pool <> b.pool OR c.tick < b.from_tick OR c.tick >= b.to_tick GROUP BY b.tenant, b.id`,
	`SELECT b.tenant, 'booking ' || b.id, 'and its seats disagree on when they expire'
		FROM claim c JOIN booking b ON b.number = c.booking WHERE b.status NOT IN ('cancelled', 'expired') AND (c.expires = 0) <> (b.expires = '') GROUP BY b.tenant, b.id`,
	`SELECT '', 'pool ' || CAST(c.pool AS TEXT), 'has seats that belong to no booking'
		FROM claim c LEFT JOIN booking b ON b.number = c.booking WHERE b.number IS NULL GROUP BY c.pool`,
	`SELECT b.tenant, 'booking ' || b.id, 'is in a pool that is not its calendar''s and is not marked'
		FROM booking b JOIN calendar c ON c.tenant = b.tenant AND c.id = b.calendar JOIN pool p ON p.number = c.pool
		WHERE b.status IN ('pending', 'confirmed') AND b.stranded = 0 AND b.starts > $1 AND (c.pool <> b.pool OR p.tick_minutes <> b.tick)`,
	`SELECT b.tenant, 'booking ' || b.id, 'is ' || b.status || ' without a visitor'
		FROM booking b WHERE b.status NOT IN ('held', 'cancelled', 'expired') AND b.sealed IS NULL
		AND b.hold_hash || b.manage_hash || b.confirm_hash <> ''`,
	`SELECT b.tenant, 'booking ' || b.id, 'is ' || b.status || ' and could still expire, or the other way round'
		FROM booking b WHERE (b.status = 'held' AND b.expires = '') OR (b.status IN ('confirmed', 'checked_in', 'served', 'no_show') AND b.expires <> '')`,
	`SELECT b.tenant, 'booking ' || b.id, 'waits for its visitor, but no link confirms it'
		FROM booking b WHERE b.awaits = 'email' AND b.confirm_hash = ''`,
	`SELECT b.tenant, 'booking ' || b.id, 'is in a pool that is not there'
		FROM booking b LEFT JOIN pool p ON p.number = b.pool AND p.tenant = b.tenant WHERE p.number IS NULL`,
	`SELECT j.tenant, 'journal', 'is of a tenant that is not there'
		FROM journal j LEFT JOIN tenant t ON t.id = j.tenant WHERE t.id IS NULL GROUP BY j.tenant`,
	`SELECT v.tenant, 'looks', 'are of a tenant that is not there'
		FROM viewing v LEFT JOIN tenant t ON t.id = v.tenant WHERE t.id IS NULL GROUP BY v.tenant`,
	`SELECT o.tenant, 'letter ' || o.kind || ' about ' || o.subject, 'is about a booking that is not there'
		FROM outbox o LEFT JOIN booking b ON b.tenant = o.tenant AND b.id = o.subject WHERE b.id IS NULL AND o.subject NOT LIKE '%/%'`,
	`SELECT o.tenant, 'letter ' || o.kind || ' about ' || o.subject, 'is ' || o.state || ' and yet ' || CASE WHEN o.done = '' THEN 'not done' ELSE 'done' END
		FROM outbox o WHERE (o.state = 'queued') <> (o.done = '')`,
	`SELECT d.tenant, 'letter ' || d.message_id, 'has a delivery and is not in the outbox'
		FROM delivery d LEFT JOIN outbox o ON o.tenant = d.tenant AND o.subject = d.subject AND o.message_id = d.message_id
		WHERE o.message_id IS NULL AND d.subject NOT LIKE '%/%' GROUP BY d.tenant, d.message_id`,
	`SELECT t.tenant, 'task about booking ' || t.booking, 'is about a letter that is not in the outbox'
		FROM task t LEFT JOIN outbox o ON o.tenant = t.tenant AND o.subject = t.booking AND o.message_id = t.message_id WHERE o.message_id IS NULL`,
	`SELECT i.tenant, 'answer under an idempotency key', 'is about booking ' || i.booking || ', which is not there'
		FROM idempotency i LEFT JOIN booking b ON b.tenant = i.tenant AND b.id = i.booking WHERE b.id IS NULL`,
	`SELECT o.tenant, 'calendar ' || o.calendar, 'offers service ' || o.service || ', which is not there or retired'
		FROM offer o JOIN calendar c ON c.tenant = o.tenant AND c.id = o.calendar AND c.retired = 0
		LEFT JOIN service s ON s.tenant = o.tenant AND s.id = o.service WHERE s.id IS NULL OR s.retired = 1`,
	`SELECT c.tenant, 'calendar ' || c.id, 'belongs to a department or site that is not there or retired'
		FROM calendar c LEFT JOIN department d ON d.tenant = c.tenant AND d.id = c.department LEFT JOIN site s ON s.tenant = c.tenant AND s.id = c.site
		WHERE c.retired = 0 AND (d.id IS NULL OR d.retired = 1 OR s.id IS NULL OR s.retired = 1)`,
	`SELECT p.tenant, 'account ' || p.id, 'is limited to department ' || p.department || ', which is not there'
		FROM person p LEFT JOIN department d ON d.tenant = p.tenant AND d.id = p.department WHERE p.department <> '' AND d.id IS NULL`,
	`SELECT i.tenant, 'incident ' || i.incident, 'waits to do something about booking ' || i.booking || ', and yet is ' || n.step
		FROM incident_item i JOIN incident n ON n.tenant = i.tenant AND n.id = i.incident WHERE i.state = 'ready' AND n.step NOT IN ('running', 'paused', 'undoing')`,
	`SELECT p.tenant, 'proposal ' || p.id, 'is ' || p.state || ' and its seats are still kept'
		FROM proposal p JOIN booking h ON h.tenant = p.tenant AND h.id = p.held WHERE p.state <> 'open' AND h.status = 'held'`,
	`SELECT p.tenant, 'proposal ' || p.id, 'and its seats disagree on until when they are kept'
		FROM proposal p JOIN booking h ON h.tenant = p.tenant AND h.id = p.held WHERE p.state = 'open' AND h.status = 'held' AND h.expires <> p.expires`,
	`SELECT p.tenant, 'proposal ' || p.id, 'is about a booking that its incident does not know'
		FROM proposal p LEFT JOIN incident_item i ON i.tenant = p.tenant AND i.incident = p.incident AND i.booking = p.booking WHERE i.booking IS NULL`,
	`SELECT f.tenant, 'figures of day ' || CAST(f.date AS TEXT), 'count less than nothing: ' || f.name FROM figure f WHERE f.amount < 0`,
	`SELECT t.tenant, 'calendar ' || t.calendar, 'is busy after ' || t.source || ', of which nothing else is known'
		FROM busy_time t LEFT JOIN busy_source s ON s.tenant = t.tenant AND s.calendar = t.calendar AND s.source = t.source WHERE s.source IS NULL GROUP BY t.tenant, t.calendar, t.source`,
	`SELECT s.tenant, 'calendar ' || s.calendar, 'has let go of the times of ' || s.source || ', which answers'
		FROM busy_source s WHERE s.released = 1 AND s.failing = ''`,
	`SELECT v.tenant, 'feed ' || v.feed, 'shows booking ' || v.booking || ', which is not there'
		FROM feed_visit v LEFT JOIN booking b ON b.tenant = v.tenant AND b.id = v.booking WHERE b.id IS NULL`,
	`SELECT f.tenant, 'feed ' || f.id, 'is a visitor''s and shows no visit'
		FROM feed f WHERE f.scope = 'visits' AND NOT EXISTS (SELECT 1 FROM feed_visit v WHERE v.tenant = f.tenant AND v.feed = f.id)`,
	`SELECT f.tenant, 'feed ' || f.id, 'belongs to an account that is not there'
		FROM feed f LEFT JOIN person p ON p.tenant = f.tenant AND p.id = f.target WHERE f.scope = 'clerk' AND p.id IS NULL`,
	`SELECT p.tenant, 'post ' || p.event || ' about ' || p.subject, 'is about a booking that is not there'
		FROM hook_post p LEFT JOIN booking b ON b.tenant = p.tenant AND b.id = p.subject WHERE b.id IS NULL AND p.subject NOT LIKE 'test/%'`,
	`SELECT p.tenant, 'post ' || p.event || ' about ' || p.subject, 'is ' || p.state || ' and yet ' || CASE WHEN p.done = '' THEN 'not done' ELSE 'done' END
		FROM hook_post p WHERE (p.state = 'queued') <> (p.done = '')`,
	`SELECT p.tenant, 'post ' || p.event || ' about ' || p.subject, 'is a message about no letter, or no message about one'
		FROM hook_post p WHERE (p.event = 'message.send') <> (p.kind <> '')`,
	`SELECT p.tenant, 'webhook ' || p.hook, 'is told ' || CAST(count(*) AS TEXT) || ' things under one id' FROM hook_post p GROUP BY p.tenant, p.hook, p.id HAVING count(*) > 1`,
	`SELECT s.tenant, 'session', 'belongs to an account that is not there'
		FROM session s LEFT JOIN person p ON p.tenant = s.tenant AND p.id = s.person WHERE p.id IS NULL`,
}

// Check runs the invariants that SQL can see and gives what does not hold.
func (tx *Tx) Check() (broken []Broken, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	for _, q := range checks {
		args := []any{}
		if strings.Contains(q, "$1") {
			args = append(args, stamp(now))
		}
		err := tx.rows(q, args, func(r row) error {
			var b Broken
			err := r.Scan(&b.Tenant, &b.Subject, &b.What)
			broken = append(broken, b)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return broken, nil
}

// CheckFile asks SQLite whether its own file is sound; PostgreSQL has tools of its
// own for that.
func (tx *Tx) CheckFile() (broken []Broken, err error) {
	if tx.store.words.forShare != "" {
		return nil, nil
	}
	err = tx.rows("PRAGMA integrity_check(20)", nil, func(r row) error {
		var line string
		if err := r.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			broken = append(broken, Broken{Subject: "database file", What: line})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = tx.rows("PRAGMA foreign_key_check", nil, func(r row) error {
		var table, parent string
		var row sql.NullInt64
		var key int
		if err := r.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		broken = append(broken, Broken{Subject: fmt.Sprintf("row %d of %s", row.Int64, table), What: "refers to a row of " + parent + " that is not there"})
		return nil
	})
	return broken, err
}

// EachBooking calls f for every booking of a tenant, in the order of their ids,
// without holding all of them in memory.
func (tx *Tx) EachBooking(tenant string, f func(*agenda.Booking) error) error {
	return tx.rows("SELECT "+bookingColumns+" FROM booking WHERE tenant = $1 ORDER BY id", []any{tenant}, func(r row) error {
		b, err := scanBooking(r.Scan)
		if err != nil {
			return err
		}
		return f(b)
	})
}

// KeptHooks lists the webhooks of a tenant of which something is kept.
func (tx *Tx) KeptHooks(tenant string) (ids []string, err error) {
	err = tx.rows("SELECT id FROM hook WHERE tenant = $1 AND generation > 0 UNION SELECT hook FROM hook_post WHERE tenant = $1 ORDER BY 1", []any{tenant}, func(r row) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// Load is how many seats of one tick bookings have that may not exceed the total:
// those that staff overbooked or that a change of the set-up stranded are left out, and
// so are seats that wait to be offered again.
type Load struct {
	Calendar string
	Pool     int64
	Date     agenda.Date
	Tick     agenda.Tick
	Seats    int
}

// Loads gives the load of every tick of a tenant's pools that somebody comes to from a
// time on, once for each calendar that has bookings there.
func (tx *Tx) Loads(tenant string, from time.Time) (list []Load, err error) {
	err = tx.rows(`SELECT l.calendar, l.pool, l.date, l.tick, t.seats FROM (
			SELECT DISTINCT b.calendar, c.pool, b.date, c.tick FROM claim c JOIN booking b ON b.number = c.booking
			WHERE b.tenant = $1 AND b.overbooked = 0 AND b.stranded = 0 AND b.number > 0) l
		JOIN (SELECT c.pool, c.tick, count(*) AS seats FROM claim c JOIN booking b ON b.number = c.booking
			WHERE b.tenant = $1 AND b.overbooked = 0 AND b.stranded = 0 AND b.number > 0 AND b.status NOT IN ('cancelled', 'expired')
			GROUP BY c.pool, c.tick HAVING max(b.starts) >= $2) t
		ON t.pool = l.pool AND t.tick = l.tick ORDER BY l.pool, l.tick, l.calendar`,
		[]any{tenant, stamp(from)}, func(r row) error {
			var l Load
			err := r.Scan(&l.Calendar, &l.Pool, &l.Date, &l.Tick, &l.Seats)
			list = append(list, l)
			return err
		})
	return list, err
}
