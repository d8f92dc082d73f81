package store

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// BusyKey names a calendar elsewhere.
type BusyKey struct{ Tenant, Calendar, Source string }

// BusyState is what is known of a calendar elsewhere, and when somebody asks it next.
type BusyState struct {
	BusyKey
	Due      time.Time
	Lease    time.Time   // until when somebody is at it; zero: nobody
	Tried    time.Time   // when it was last asked; zero: never
	Fetched  time.Time   // when it last answered; zero: never
	Failing  time.Time   // since when it has not; zero: it does
	Fault    string      // what is wrong since, a word of ours
	Released bool        // it has not answered for so long that its times were let go
	Until    agenda.Date // how far its times are known
	ETag     string      // what it said of its last answer, to ask whether that still holds
	Modified string
	Digest   string // of its last answer
	Entries  int    // that take time, in its last answer
	Strange  int    // that nobody could read
	Floating int    // that name no zone
	Clock    string // the time zone that most were read in; "" unknown
}

const busyColumns = "tenant, calendar, source, due, lease, tried, fetched, failing, fault, released, until, etag, modified, digest, entries, strange, floating, clock"

func scanBusy(r row) (b BusyState, err error) {
	var released, until int
	err = r.Scan(&b.Tenant, &b.Calendar, &b.Source, at{&b.Due}, at{&b.Lease}, at{&b.Tried}, at{&b.Fetched}, at{&b.Failing}, &b.Fault, &released, &until,
		&b.ETag, &b.Modified, &b.Digest, &b.Entries, &b.Strange, &b.Floating, &b.Clock)
	b.Released, b.Until = released == 1, agenda.Date(until)
	return b, err
}

// BusyDue lists the sources that may be asked now, those that wait for longest first.
func (tx *Tx) BusyDue(now time.Time, limit int) ([]BusyState, error) {
	return tx.busyStates("due <= $1 AND lease <= $1 ORDER BY due LIMIT $2", stamp(now), limit)
}

// BusyStates lists what is known of the sources of a tenant's calendar.
func (tx *Tx) BusyStates(tenant, calendar string) ([]BusyState, error) {
	return tx.busyStates("tenant = $1 AND calendar = $2 ORDER BY source", tenant, calendar)
}

// BusyFailing lists the sources of a tenant that do not answer, in no order.
func (tx *Tx) BusyFailing(tenant string) ([]BusyState, error) {
	return tx.busyStates("tenant = $1 AND failing <> ''", tenant)
}

func (tx *Tx) busyStates(where string, args ...any) (list []BusyState, err error) {
	err = tx.rows("SELECT "+busyColumns+" FROM busy_source WHERE "+where, args, func(r row) error {
		b, err := scanBusy(r)
		list = append(list, b)
		return err
	})
	return list, err
}

// BusyState is what is known of one source; agenda.ErrNotFound where there is none.
func (tx *Tx) BusyState(k BusyKey) (b BusyState, err error) {
	list, err := tx.busyStates("tenant = $1 AND calendar = $2 AND source = $3", k.Tenant, k.Calendar, k.Source)
	if err != nil || len(list) == 0 {
		return b, cmp.Or(err, agenda.ErrNotFound)
	}
	return list[0], nil
}

// LeaseBusy makes sure that nobody else asks a source until a time: false where somebody
// is at it already. Who holds the lease names it again to save.
func (tx *Tx) LeaseBusy(k BusyKey, now, until time.Time) (bool, error) {
	n, err := tx.exec("UPDATE busy_source SET lease = $5 WHERE tenant = $1 AND calendar = $2 AND source = $3 AND lease <= $4",
		k.Tenant, k.Calendar, k.Source, stamp(now), stamp(until))
	return n == 1, err
}

// SaveBusy writes what has become of a source and gives the lease back, which b names;
// agenda.ErrConflict where somebody else has it by now, or the source is gone. Whoever
// changes the source's times calls it first: its row is their lock.
func (tx *Tx) SaveBusy(b BusyState) error {
	n, err := tx.exec(`UPDATE busy_source SET due = $5, lease = '', tried = $6, fetched = $7, failing = $8, fault = $9, released = $10, until = $11,
		etag = $12, modified = $13, digest = $14, entries = $15, strange = $16, floating = $17, clock = $18
		WHERE tenant = $1 AND calendar = $2 AND source = $3 AND lease = $4`,
		b.Tenant, b.Calendar, b.Source, stamp(b.Lease), stamp(b.Due), stamp(b.Tried), stamp(b.Fetched), stamp(b.Failing), b.Fault, flag(b.Released), int(b.Until),
		b.ETag, b.Modified, b.Digest, b.Entries, b.Strange, b.Floating, b.Clock)
	if err == nil && n == 0 {
		err = agenda.ErrConflict
	}
	return err
}

// BeginBusy makes a source known, to be asked from a time on, as if it never had been.
func (tx *Tx) BeginBusy(k BusyKey, due time.Time) error {
	if err := tx.EndBusy(k); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO busy_source (`+busyColumns+`) VALUES ($1, $2, $3, $4, '', '', '', '', '', 0, 0, '', '', '', 0, 0, 0, '')`,
		k.Tenant, k.Calendar, k.Source, stamp(due))
	return err
}

// EndBusy lets go of a source and of its times.
func (tx *Tx) EndBusy(k BusyKey) error {
	for _, q := range []string{
		"DELETE FROM busy_time WHERE tenant = $1 AND calendar = $2 AND source = $3",
		"DELETE FROM busy_source WHERE tenant = $1 AND calendar = $2 AND source = $3",
	} {
		if _, err := tx.exec(q, k.Tenant, k.Calendar, k.Source); err != nil {
			return err
		}
	}
	return nil
}

// BusyDays are a source's times by local day, as they are kept: written by BusyText.
func (tx *Tx) BusyDays(k BusyKey) (map[agenda.Date]string, error) {
	days := map[agenda.Date]string{}
	err := tx.rows("SELECT date, times FROM busy_time WHERE tenant = $1 AND calendar = $2 AND source = $3", []any{k.Tenant, k.Calendar, k.Source}, func(r row) error {
		var date int
		var times string
		err := r.Scan(&date, &times)
		days[agenda.Date(date)] = times
		return err
	})
	return days, err
}

// SetBusyDay puts a source's times of a day in the place of those that were there; no
// text: it has none. The day's lock is held.
func (tx *Tx) SetBusyDay(k BusyKey, date agenda.Date, times string) error {
	if times == "" {
		_, err := tx.exec("DELETE FROM busy_time WHERE tenant = $1 AND calendar = $2 AND source = $3 AND date = $4", k.Tenant, k.Calendar, k.Source, int(date))
		return err
	}
	_, err := tx.exec(`INSERT INTO busy_time (tenant, calendar, source, date, times) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant, calendar, date, source) DO UPDATE SET times = excluded.times`, k.Tenant, k.Calendar, k.Source, int(date), times)
	return err
}

// BusyTimes are the times that the sources of a calendar take on days from one to before
// another, in the order of days. A calendar without sources costs no query.
func (tx *Tx) BusyTimes(tenant string, c *agenda.Calendar, from, to agenda.Date) (list []agenda.BusyTime, err error) {
	if len(c.Busy) == 0 {
		return nil, nil
	}
	a := busyBetween(tenant, c.ID, from, to, &list)
	return list, tx.rows(a.query, a.args, a.each)
}

func busyBetween(tenant, calendar string, from, to agenda.Date, into *[]agenda.BusyTime) ask {
	return ask{query: "SELECT source, times FROM busy_time WHERE tenant = $1 AND calendar = $2 AND date >= $3 AND date < $4 ORDER BY date, source",
		args: []any{tenant, calendar, int(from), int(to)}, each: func(r row) error {
			var source, times string
			if err := r.Scan(&source, &times); err != nil {
				return err
			}
			found, err := readBusy(source, times)
			*into = append(*into, found...)
			return err
		}}
}

// BusyText writes the times of a day as they are kept: ISO 8601 intervals with blanks
// between them.
func BusyText(times []agenda.BusyTime) string {
	var b strings.Builder
	for i, t := range times {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(stamp(t.From) + "/" + stamp(t.To))
	}
	return b.String()
}

func readBusy(source, text string) (list []agenda.BusyTime, err error) {
	for part := range strings.SplitSeq(text, " ") {
		from, to, _ := strings.Cut(part, "/")
		a, err1 := time.Parse(time.RFC3339, from)
		b, err2 := time.Parse(time.RFC3339, to)
		if err1 != nil || err2 != nil || !a.Before(b) {
			return nil, fmt.Errorf("busy times of %s: damaged", source)
		}
		list = append(list, agenda.BusyTime{Source: source, From: a, To: b})
	}
	return list, nil
}
