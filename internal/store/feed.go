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
	now, err := tx.Now()
	if err != nil {
		return Feed{}, err
	}
	return tx.feed("hash = $1 AND revoked = '' AND (expires = '' OR expires > $2)", hash, stamp(now))
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

// shownColumns are read as one text: of ten thousand rows most of the time goes into
// handing out single columns. Nothing before the items, which are JSON, can hold the mark
// between them.
const (
	shownColumns = "concat_ws('\x1f', id, uid, reference, status, calendar, pool, date, mode, starts, ends, changed, since, sequence, items)"
	shownFields  = 14
)

func (b *Shown) read(line string) error {
	var f [shownFields]string
	for i := range f {
		f[i], line, _ = strings.Cut(line, "\x1f")
	}
	pool, errPool := strconv.ParseInt(f[5], 10, 64)
	date, errDate := strconv.Atoi(f[6])
	sequence, errSequence := strconv.Atoi(f[12])
	*b = Shown{ID: f[0], UID: f[1], Reference: f[2], Status: agenda.Status(f[3]), Calendar: f[4], Pool: pool, Date: agenda.Date(date), Mode: f[7],
		Start: parseStamp(f[8]), End: parseStamp(f[9]), Changed: parseStamp(f[10]), Certain: f[11] != "", Sequence: sequence, Items: f[13]}
	return errors.Join(errPool, errDate, errSequence)
}

// Shown calls each for a tenant's bookings that start in [from, to), in calendars, or
// (nil) in all, in no order. sealed says whether visitors' data is wanted too.
func (tx *Tx) Shown(tenant string, calendars []string, from, to time.Time, sealed bool, each func(*Shown)) error {
	columns := shownColumns
	if sealed {
		columns += ", sealed"
	}
	query := "SELECT " + columns + " FROM booking WHERE tenant = $1 AND starts >= $2 AND starts < $3"
	var room []Shown // for the next ones: many are made at once
	size := 8
	read := func(query string, args ...any) error {
		return tx.rows(query, args, func(r row) error {
			if len(room) == 0 {
				size = min(2*size, 512)
				room = make([]Shown, size)
			}
			b := &room[0]
			room = room[1:]
			var line string
			var data []byte
			into := [...]any{&line, &data}
			columns := into[:1]
			if sealed {
				columns = into[:]
			}
			err := r.Scan(columns...)
			if err == nil {
				err = b.read(line)
			}
			if err != nil {
				return err
			}
			b.Sealed = data
			each(b)
			return nil
		})
	}
	if calendars == nil {
		return read(query, tenant, stamp(from), stamp(to))
	}
	for _, c := range calendars {
		if err := read(query+" AND calendar = $4", tenant, stamp(from), stamp(to), c); err != nil {
			return err
		}
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
