package bare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Crowd is how many bookings Fill invents, and where.
type Crowd struct {
	Past, Future int
	Calendars    int // the first so many; 0: all
	Today        int // days since 1970-01-01
}

// The office of the bench, as Fill knows it: times of the clock in UTC.
const (
	pastDays   = 400
	futureDays = 90
	opens      = 9 * 60 // minutes of the day
	slotTime   = 10     // minutes
	slotsADay  = 42
	seats      = 4
	aDay       = slotsADay * seats
)

// filler runs statements on one connection to a file that nobody else uses, without
// waiting for the disk.
type filler struct {
	ctx  context.Context
	db   *sql.DB
	conn *sql.Conn
}

func openFiller(ctx context.Context, file string) (*filler, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-262144)")
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &filler{ctx, db, conn}, nil
}

func (f *filler) do(statements ...string) error {
	for _, s := range statements {
		if _, err := f.conn.ExecContext(f.ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

func (f *filler) close() error { return errors.Join(f.conn.Close(), f.db.Close()) }

// series gives the whole numbers from 0 under n as s(i).
func series(n int) string {
	return fmt.Sprintf("WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM s WHERE i+1 < %d)", n)
}

// spread is a text of four letters that grows with i, so that rows are written in
// the order of the key, and that covers the alphabet, so that what is booked later
// falls between them.
func spread(n int) string {
	x := fmt.Sprintf("(i*456976/%d)", n)
	return fmt.Sprintf("char(65+%s/17576%%26, 65+%s/676%%26, 65+%s/26%%26, 65+%s%%26)", x, x, x, x)
}

// FillQueue gives a bare book n bookings, before it is opened.
func FillQueue(ctx context.Context, file string, n int) (err error) {
	f, err := openFiller(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	id := spread(n) + "||printf('%022d', i)"
	each := (n + pools - 1) / pools
	return f.do(schema,
		fmt.Sprintf("INSERT INTO b (id, data) %s SELECT %s, '%s' FROM s", series(n), id, strings.Repeat("x", rowBytes)),
		fmt.Sprintf("INSERT INTO c (pool, tick, seat, booking) %s SELECT i/%d, k%%%d, 0, %s FROM (SELECT i/2 AS i, i AS k FROM s)", series(2*n), each, 2*each, id),
		fmt.Sprintf("INSERT INTO o (id, data) %s SELECT %s, '%s' FROM s", series(n), id, strings.Repeat("x", letterBytes)))
}

// Fill gives a tenant's book bookings that look like those made by visitors, with all
// that belongs to them, on a SQLite file that nobody has open. The tenant has been
// applied. Indexes are made afterwards, from their own text.
func Fill(ctx context.Context, file, tenant, service string, c Crowd) (err error) {
	f, err := openFiller(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	calendars, err := f.calendars(tenant, c.Calendars)
	if err != nil {
		return err
	}
	indexes, err := f.dropIndexes()
	if err != nil {
		return err
	}
	n := (c.Past + c.Future) / calendars * calendars
	past := c.Past / calendars
	each := n / calendars
	if past > pastDays*aDay || each-past > futureDays*aDay {
		return fmt.Errorf("%d past and %d future bookings do not fit into %d calendars", c.Past, c.Future, calendars)
	}
	from := fmt.Sprintf("FROM (%s) AS v JOIN temp.cal ON cal.k = v.k", moments(n, each, past, c.Today))
	for _, t := range tables(tenant, service, n) {
		if err := f.do(t.statement(series(n), from)); err != nil {
			return err
		}
	}
	err = f.do("INSERT INTO day (pool, date, version) SELECT pool, date, count(*) FROM booking GROUP BY pool, date")
	if err != nil {
		return err
	}
	return f.do(indexes...)
}

// calendars makes a table of the calendars to fill and counts them.
func (f *filler) calendars(tenant string, most int) (n int, err error) {
	if most == 0 {
		most = 1 << 30
	}
	err = f.do("CREATE TEMP TABLE cal (k INTEGER PRIMARY KEY, id TEXT, pool INTEGER, tick_minutes INTEGER)",
		fmt.Sprintf(`INSERT INTO temp.cal SELECT row_number() OVER (ORDER BY c.pool) - 1, c.id, c.pool, p.tick_minutes
			FROM calendar c JOIN pool p ON p.number = c.pool WHERE c.tenant = '%s' ORDER BY c.pool LIMIT %d`, tenant, most))
	if err != nil {
		return 0, err
	}
	err = f.conn.QueryRowContext(f.ctx, "SELECT count(*) FROM temp.cal").Scan(&n)
	if err == nil && n == 0 {
		err = fmt.Errorf("tenant %s has no calendars", tenant)
	}
	return n, err
}

// dropIndexes drops the indexes that are no keys and gives the statements that make
// them again.
func (f *filler) dropIndexes() (again []string, err error) {
	rows, err := f.conn.QueryContext(f.ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drop []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		drop, again = append(drop, "DROP INDEX "+name), append(again, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	return again, f.do(drop...)
}

// moments says of each number which calendar it books (k), from when (start, seconds)
// and on which seat. A calendar's bookings are spread evenly, first those before
// today, then those after.
func moments(n, each, past, today int) string {
	place := func(j string, days, of int) string { return fmt.Sprintf("(%s)*%d/%d", j, days*aDay, max(1, of)) }
	return fmt.Sprintf(`SELECT i, k, date, date*86400 + %d + at%%%d/%d*%d AS start, at%%%d AS seat FROM (
		SELECT i, k, at, at/%d + %d AS date FROM (
			SELECT i, i/%d AS k, CASE WHEN i%%%d < %d THEN %s ELSE %s END AS at FROM s))`,
		opens*60, aDay, seats, slotTime*60, seats,
		aDay, today-pastDays,
		each, each, past, place(fmt.Sprintf("i%%%d", each), pastDays, past),
		fmt.Sprintf("%d + %s", (pastDays+1)*aDay, place(fmt.Sprintf("i%%%d-%d", each, past), futureDays, each-past)))
}

// table says what Fill writes into one table: columns and the expression of each, and
// how many rows a booking has there.
type table struct {
	name    string
	rows    int
	columns [][2]string
}

func (t table) statement(series, from string) string {
	var names, values []string
	for _, c := range t.columns {
		names, values = append(names, c[0]), append(values, c[1])
	}
	if t.rows > 1 {
		from += fmt.Sprintf(", (WITH RECURSIVE r(x) AS (SELECT 0 UNION ALL SELECT x+1 FROM r WHERE x+1 < %d) SELECT x FROM r) AS more", t.rows)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) %s SELECT %s %s", t.name, strings.Join(names, ", "), series, strings.Join(values, ", "), from)
}

// instant is seconds as the schema writes them.
func instant(seconds string) string {
	return "strftime('%Y-%m-%dT%H:%M:%SZ', " + seconds + ", 'unixepoch')"
}

// tables is everything that belongs to a visit of slotTime minutes which a visitor
// booked three days before it and which was certain at once; min(now) keeps what was
// booked in the past.
func tables(tenant, service string, n int) []table {
	text := func(s string) string { return "'" + s + "'" }
	id := spread(n) + "||printf('%022d', i)"
	hash := spread(n) + "||printf('%039d', i)"
	at := fmt.Sprintf("min(v.start-3*86400, %d)", time.Now().Unix()-2*86400)
	booked := instant(at)
	tick := "v.start/(cal.tick_minutes*60)"
	ticks := fmt.Sprintf("%d/cal.tick_minutes", slotTime)
	return []table{
		{"booking", 1, [][2]string{
			{"tenant", text(tenant)}, {"id", id}, {"number", "i+1"}, {"reference", spread(n) + "||'-'||printf('%04d', i%10000)"},
			{"uid", id + "||'@terminvergabe'"}, {"status", text("confirmed")}, {"awaits", "''"}, {"channel", text("public")},
			{"calendar", "cal.id"}, {"pool", "cal.pool"}, {"date", "v.date"},
			{"items", fmt.Sprintf(`'[{"id":"%s","quantity":1}]'`, service)}, {"mode", text("onsite")},
			{"starts", instant("v.start")}, {"ends", instant(fmt.Sprintf("v.start+%d", slotTime*60))},
			{"from_tick", tick}, {"to_tick", tick + "+" + ticks}, {"tick", "cal.tick_minutes"},
			{"expires", "''"}, {"cancel_by", instant("v.start-7200")}, {"language", text("de")}, {"notify", "1"},
			{"sequence", "0"}, {"version", "2"}, {"overbooked", "0"}, {"stranded", "0"},
			{"created", booked}, {"changed", booked}, {"since", booked},
			{"sealed", "randomblob(230)"}, {"email_hash", "hex(randomblob(21))||'x'"}, {"phone_hash", "''"},
			{"hold_hash", "''"}, {"manage_hash", hash}, {"confirm_hash", "''"},
		}},
		{"claim", visitTicks, [][2]string{
			{"pool", "cal.pool"}, {"tick", tick + "+x"}, {"seat", "v.seat"}, {"booking", "i+1"}, {"public", "1"}, {"overbooked", "0"}, {"expires", "0"},
		}},
		{"outbox", 1, [][2]string{
			{"tenant", text(tenant)}, {"subject", id}, {"kind", text("confirmed")}, {"version", "2"}, {"message_id", id}, {"state", text("sent")},
			{"due", booked}, {"lease", "''"}, {"attempts", "1"}, {"reason", "''"}, {"created", booked}, {"done", booked},
		}},
		{"journal", 1, [][2]string{
			{"tenant", text(tenant)}, {"id", "printf('%08x%018d', " + at + ", i)"}, {"at", booked}, {"act", text("book")}, {"subject", id}, {"actor", text("visitor")},
			{"detail", `'{"overbooked":false,"status":"confirmed"}'`},
		}},
	}
}

// visitTicks is how many ticks of the bench's calendars a visit takes.
const visitTicks = 2
