package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// Feed is a calendar to subscribe to: whose bookings it shows and how much of
// them. Its secret is known by hash alone.
type Feed struct {
	Tenant   string
	ID       string
	Scope    string // calendar department site all clerk visits
	Target   string // the id of what Scope names: of clerk the account; "" for all and visits
	Detail   string // busy service full
	Name     string // as whoever made it calls it; "": by what it shows
	Language string // "": the tenant's first
	Alarm    int    // minutes before a visit at which calendar programs remind; 0: not
	Created  time.Time
	Expires  time.Time // zero: never
	Used     time.Time // zero: never
	Revoked  time.Time // zero: in force
	Tag      string    // of the bytes that were given last; "" none yet
	Changed  time.Time // when those were given first
}

const feedColumns = "tenant, id, scope, target, detail, name, language, alarm, created, expires, used, revoked, tag, changed"

func (tx *Tx) feeds(where string, args ...any) (list []Feed, err error) {
	err = tx.rows("SELECT "+feedColumns+" FROM feed WHERE "+where, args, func(r row) error {
		var f Feed
		err := r.Scan(&f.Tenant, &f.ID, &f.Scope, &f.Target, &f.Detail, &f.Name, &f.Language, &f.Alarm, at{&f.Created}, at{&f.Expires}, at{&f.Used}, at{&f.Revoked}, &f.Tag, at{&f.Changed})
		list = append(list, f)
		return err
	})
	return list, err
}

func (tx *Tx) feed(where string, args ...any) (Feed, error) {
	list, err := tx.feeds(where, args...)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return Feed{}, fmt.Errorf("feed: %w", err)
	}
	return list[0], nil
}

// AddFeed writes a new feed, made now, under the hash of its secret.
func (tx *Tx) AddFeed(f Feed, hash string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO feed (tenant, id, scope, target, detail, name, language, alarm, hash, created, expires, used, revoked, tag, changed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', '', '')`,
		f.Tenant, f.ID, f.Scope, f.Target, f.Detail, f.Name, f.Language, f.Alarm, hash, stamp(now), stamp(f.Expires))
	return err
}

// FeedByHash finds the feed in force that a secret opens; one that was revoked or has
// run out is agenda.ErrNotFound.
func (tx *Tx) FeedByHash(hash string) (Feed, error) {
	f, err := tx.feed("hash = $1 AND revoked = ''", hash)
	if err != nil || f.Expires.IsZero() {
		return f, err
	}
	now, err := tx.Now() // asked for afterwards it costs no round trip of its own
	if err == nil && !now.Before(f.Expires) {
		err = fmt.Errorf("feed: %w", agenda.ErrNotFound)
	}
	return f, err
}

// Feeds lists a tenant's feeds, revoked ones too, oldest first.
func (tx *Tx) Feeds(tenant string) ([]Feed, error) {
	return tx.feeds("tenant = $1 ORDER BY created, id", tenant)
}

// FeedsFor lists a tenant's feeds of one scope and target, revoked ones too, oldest first.
func (tx *Tx) FeedsFor(tenant, scope, target string) ([]Feed, error) {
	return tx.feeds("tenant = $1 AND scope = $2 AND target = $3 ORDER BY created, id", tenant, scope, target)
}

// RevokeFeed ends a feed for good; one that is not there or was revoked before is
// agenda.ErrNotFound.
func (tx *Tx) RevokeFeed(tenant, id string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return changed(tx.exec("UPDATE feed SET revoked = $3 WHERE tenant = $1 AND id = $2 AND revoked = ''", tenant, id, stamp(now)))
}

// TouchFeed records that a feed has been read, unless it is known to have been after a time.
func (tx *Tx) TouchFeed(tenant, id string, since time.Time) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.exec("UPDATE feed SET used = $3 WHERE tenant = $1 AND id = $2 AND used <= $4", tenant, id, stamp(now), stamp(since))
	return err
}

// TagFeed records of which bytes a feed consists now, and tells since when. No two tags
// that follow one another have the same time. A feed that is gone is agenda.ErrNotFound.
func (tx *Tx) TagFeed(tenant, id, tag string) (since time.Time, err error) {
	now, err := tx.Now()
	if err != nil {
		return now, err
	}
	f, err := tx.feed("tenant = $1 AND id = $2", tenant, id)
	if err != nil || f.Tag == tag {
		return f.Changed, err
	}
	since = now
	if !since.After(f.Changed) {
		since = f.Changed.Add(time.Second)
	}
	return since, changed(tx.exec("UPDATE feed SET tag = $3, changed = $4 WHERE tenant = $1 AND id = $2", tenant, id, tag, stamp(since)))
}

// AddFeedVisit shows a visit in a visitor's feed, once.
func (tx *Tx) AddFeedVisit(tenant, feed, booking string) error {
	_, err := tx.exec("INSERT INTO feed_visit (tenant, feed, booking) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", tenant, feed, booking)
	return err
}

// FeedsOfVisit lists the visitors' feeds that show a visit, revoked ones too, oldest first.
func (tx *Tx) FeedsOfVisit(tenant, booking string) ([]Feed, error) {
	return tx.feeds("tenant = $1 AND id IN (SELECT feed FROM feed_visit WHERE tenant = $1 AND booking = $2) ORDER BY created, id", tenant, booking)
}

// FeedVisits lists what a visitor's feed shows.
func (tx *Tx) FeedVisits(tenant, feed string) (list []*agenda.Booking, err error) {
	var ids []string
	err = tx.rows("SELECT booking FROM feed_visit WHERE tenant = $1 AND feed = $2 ORDER BY booking", []any{tenant, feed}, func(r row) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		if err == nil {
			var b *agenda.Booking
			b, err = tx.Booking(tenant, id)
			list = append(list, b)
		}
	}
	return list, err
}

// dropFeedVisit takes a visit out of visitors' feeds. A feed that shows nothing else goes.
func (tx *Tx) dropFeedVisit(tenant, booking string) error {
	for _, q := range []string{
		`DELETE FROM feed WHERE tenant = $1 AND id IN (SELECT feed FROM feed_visit WHERE tenant = $1 AND booking = $2)
			AND NOT EXISTS (SELECT 1 FROM feed_visit o WHERE o.tenant = feed.tenant AND o.feed = feed.id AND o.booking <> $2)`,
		"DELETE FROM feed_visit WHERE tenant = $1 AND booking = $2",
	} {
		if _, err := tx.exec(q, tenant, booking); err != nil {
			return err
		}
	}
	return nil
}

// Shown is what a feed needs to know of a booking.
type Shown struct {
	ID, UID, Reference  string
	Status              agenda.Status
	Calendar            string
	Pool                int64
	Date                agenda.Date
	Items               string // as JSON
	Mode                string
	Start, End, Changed time.Time
	Certain             bool // its time is, or was
	Sequence            int
	Sealed              []byte
}

// shownColumns are read as one text, and where that is faster many rows as one: of ten
// thousand rows most of the time goes into handing out single columns. Nothing before the
// items, which are JSON, can hold the marks between them. What is sealed is opened by the
// booking's id, which nobody else needs.
const (
	shownColumns = "concat_ws('\x1f', uid, reference, status, calendar, pool, date, mode, starts, ends, changed, since, sequence, items)"
	shownFields  = 13
)

// shownReader reads rows. It keeps what the next row is likely to say too.
type shownReader struct {
	each  func(*Shown)
	lines string
	dates [3]stampReader
	room  []Shown // for the next ones: many are made at once
	size  int
}

func (r *shownReader) read(line string) (*Shown, error) {
	if len(r.room) == 0 {
		r.size = min(max(8, 2*r.size), 512)
		r.room = make([]Shown, r.size)
	}
	b := &r.room[0]
	r.room = r.room[1:]
	var f [shownFields]string
	for i := range f {
		n := strings.IndexByte(line, '\x1f')
		if n < 0 || i == len(f)-1 {
			f[i], line = line, ""
			continue
		}
		f[i], line = line[:n], line[n+1:]
	}
	pool, errPool := strconv.ParseInt(f[4], 10, 64)
	date, errDate := strconv.Atoi(f[5])
	sequence, errSequence := strconv.Atoi(f[11])
	*b = Shown{UID: f[0], Reference: f[1], Status: agenda.Status(f[2]), Calendar: f[3], Pool: pool, Date: agenda.Date(date), Mode: f[6],
		Start: r.dates[0].parse(f[7]), End: r.dates[1].parse(f[8]), Changed: r.dates[2].parse(f[9]), Certain: f[10] != "", Sequence: sequence, Items: f[12]}
	if errPool != nil || errDate != nil || errSequence != nil {
		return nil, errors.Join(errPool, errDate, errSequence)
	}
	return b, nil
}

// stampReader is parseStamp for many instants of which most are of the day of the one
// before.
type stampReader struct {
	day  string // "2006-01-02T"
	dawn int64
}

func (r *stampReader) parse(s string) time.Time {
	const form = "2006-01-02T15:04:05Z"
	if len(s) != len(form) || s[13] != ':' || s[16] != ':' || s[19] != 'Z' {
		return parseStamp(s)
	}
	seconds := int64(0)
	for i, unit := range [...]int64{36000, 3600, 0, 600, 60, 0, 10, 1} {
		if unit == 0 {
			continue
		}
		c := s[11+i]
		if c < '0' || c > '9' {
			return parseStamp(s)
		}
		seconds += int64(c-'0') * unit
	}
	if s[:11] != r.day {
		dawn := parseStamp(s[:11] + "00:00:00Z")
		if dawn.IsZero() {
			return parseStamp(s)
		}
		r.day, r.dawn = s[:11], dawn.Unix()
	}
	return time.Unix(r.dawn+seconds, 0).UTC()
}

// Shown calls each for a tenant's bookings that start in [from, to), or (zero) at any time
// after from, in calendars, or (nil) in all, in no order. sealed says whether visitors'
// data is wanted too, which is opened by the ID: else that is not told.
func (tx *Tx) Shown(tenant string, calendars []string, from, to time.Time, sealed bool, each func(*Shown)) error {
	where, args := "tenant = $1 AND starts >= $2", []any{tenant, stamp(from)}
	if !to.IsZero() {
		where, args = where+" AND starts < $3", append(args, stamp(to))
	}
	if calendars == nil {
		return tx.shown(where, args, sealed, each)
	}
	for _, c := range calendars {
		if err := tx.shown(fmt.Sprintf("%s AND calendar = $%d", where, len(args)+1), append(args[:len(args):len(args)], c), sealed, each); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) shown(where string, args []any, sealed bool, each func(*Shown)) error {
	r := &shownReader{each: each}
	from := " FROM booking WHERE " + where
	gather := tx.store.words.gather
	switch {
	case sealed:
		return tx.rows("SELECT "+shownColumns+", id, sealed"+from, args, r.sealed)
	case gather != "":
		return tx.rows("SELECT COALESCE("+gather+"("+shownColumns+", '\x1e'), '')"+from, args, r.many)
	}
	return tx.rows("SELECT "+shownColumns+from, args, r.many)
}

func (r *shownReader) sealed(row row) error {
	var line, id string
	var data []byte
	if err := row.Scan(&line, &id, &data); err != nil {
		return err
	}
	b, err := r.read(line)
	if err == nil {
		b.ID, b.Sealed = id, data
		r.each(b)
	}
	return err
}

// many reads a row that is one booking or many.
func (r *shownReader) many(row row) error {
	if err := row.Scan(&r.lines); err != nil {
		return err
	}
	for lines := r.lines; lines != ""; {
		var line string
		line, lines, _ = strings.Cut(lines, "\x1e")
		b, err := r.read(line)
		if err != nil {
			return err
		}
		r.each(b)
	}
	return nil
}

// DaySums are the versions of pools' days from a date on, added up for each date: a sum
// is another one when any of the days has changed, since versions only grow.
func (tx *Tx) DaySums(from agenda.Date, pools []int64) (map[agenda.Date]int64, error) {
	sums := map[agenda.Date]int64{}
	for len(pools) > 0 {
		some := pools[:min(256, len(pools))]
		pools = pools[len(some):]
		args, in := []any{int(from)}, strings.Builder{}
		for _, pool := range some {
			args = append(args, pool)
		}
		for n := len(some); n&(n-1) != 0; n++ { // as few statement texts as there are powers of two
			args = append(args, some[0])
		}
		for i := range args[1:] {
			fmt.Fprintf(&in, ", $%d", i+2)
		}
		err := tx.rows("SELECT date, CAST(SUM(version) AS BIGINT) FROM day WHERE pool IN ("+in.String()[2:]+") AND date >= $1 GROUP BY date", args, func(r row) error {
			var date int
			var sum int64
			err := r.Scan(&date, &sum)
			sums[agenda.Date(date)] += sum
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return sums, nil
}
