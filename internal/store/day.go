package store

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// PoolDay is one day of one pool: what acts lock.
type PoolDay struct {
	Pool int64
	Date agenda.Date
}

// LockDays locks days in sorted order and raises their versions, then fixes the
// transaction's time. Whoever counts and then claims must hold the lock: the
// claim key forbids the same seat twice, the lock forbids one seat too many.
func (tx *Tx) LockDays(days ...PoolDay) error {
	days = inOrder(days)
	tx.touch.days = append(tx.touch.days, days...)
	if err := tx.raise(days); err != nil {
		return err
	}
	tx.now = time.Time{}
	_, err := tx.Now()
	return err
}

const lockDay = "INSERT INTO day (pool, date, version) VALUES ($1, $2, 1) ON CONFLICT (pool, date) DO UPDATE SET version = day.version + 1"

// inOrder is each day once, in the order in which all acts lock them.
func inOrder(days []PoolDay) []PoolDay {
	slices.SortFunc(days, func(a, b PoolDay) int {
		return cmp.Or(cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.Date, b.Date))
	})
	return slices.Compact(days)
}

func (tx *Tx) raise(days []PoolDay) error {
	if on, ok := tx.on.(shared); ok {
		return on.raise(days) // one writer is the lock
	}
	for _, d := range days {
		if _, err := tx.exec(lockDay, d.Pool, int(d.Date)); err != nil {
			return err
		}
	}
	return nil
}

// Claims lists the claims of a pool from one tick to before another, expired ones
// included.
func (tx *Tx) Claims(pool int64, from, to agenda.Tick) (list []agenda.Claim, err error) {
	err = tx.rows(claimsBetween, []any{pool, int64(from), int64(to)}, func(r row) error {
		c, err := scanClaim(r)
		list = append(list, c)
		return err
	})
	return list, err
}

const claimsBetween = "SELECT tick, seat, booking, public, overbooked, expires FROM claim WHERE pool = $1 AND tick >= $2 AND tick < $3 ORDER BY tick, seat"

func scanClaim(r row) (c agenda.Claim, err error) {
	var public, over int
	var expires int64
	if err := r.Scan(&c.Tick, &c.Seat, &c.Booking, &public, &over, &expires); err != nil {
		return c, err
	}
	c.Public, c.Overbooked = public == 1, over == 1
	if expires > 0 {
		c.Expires = time.Unix(expires, 0).UTC()
	}
	return c, nil
}

// Claim gives the booking one seat in every tick of its From to To: the lowest
// number that none of taken has, some time before the transaction ends. When the key
// finds a seat gone all the same, the act fails with agenda.ErrTaken.
func (tx *Tx) Claim(b *agenda.Booking, taken []agenda.Claim) error {
	used := map[agenda.Tick]map[int]bool{}
	for _, c := range taken {
		if used[c.Tick] == nil {
			used[c.Tick] = map[int]bool{}
		}
		used[c.Tick][c.Seat] = true
	}
	expires := claimExpiry(b)
	for from := b.From; from < b.To; from += claimRows {
		if err := tx.claimSome(b, from, min(from+claimRows, b.To), used, expires); err != nil {
			return err
		}
	}
	return nil
}

// claimExpiry is how a claim keeps when its booking expires.
func claimExpiry(b *agenda.Booking) int64 {
	if b.Expires.IsZero() {
		return 0
	}
	return b.Expires.Unix()
}

// claimRows is how many ticks one statement claims: a visit rarely has more, and
// the statement texts stay few.
const claimRows = 12

func (tx *Tx) claimSome(b *agenda.Booking, from, to agenda.Tick, used map[agenda.Tick]map[int]bool, expires int64) error {
	text := []byte("INSERT INTO claim (pool, tick, seat, booking, public, overbooked, expires) VALUES ")
	args := []any{b.Pool, b.Number, flag(b.Channel == agenda.Public), flag(b.Overbooked), expires}
	for t := from; t < to; t++ {
		seat := 0
		for used[t][seat] {
			seat++
		}
		if t > from {
			text = append(text, ", "...)
		}
		text = strconv.AppendInt(append(text, "($1, $"...), int64(len(args)+1), 10)
		text = strconv.AppendInt(append(text, ", $"...), int64(len(args)+2), 10)
		text = append(text, ", $2, $3, $4, $5)"...)
		args = append(args, int64(t), seat)
	}
	return tx.later(int64(to-from), agenda.ErrTaken, string(append(text, " ON CONFLICT DO NOTHING"...)), args...)
}

// Free gives the seats back that a booking has where it is, some time before the
// transaction ends.
func (tx *Tx) Free(b *agenda.Booking) error {
	return tx.later(-1, nil, "DELETE FROM claim WHERE pool = $1 AND tick >= $2 AND tick < $3 AND booking = $4", b.Pool, int64(b.From), int64(b.To), b.Number)
}

// PassOn gives seats of one booking to another, which has no others, with its expiry,
// some time before the transaction ends. Where there are fewer, somebody was faster: the
// act fails with agenda.ErrConflict.
func (tx *Tx) PassOn(b, to *agenda.Booking) error {
	return tx.later(int64(to.To-to.From), agenda.ErrConflict, "UPDATE claim SET booking = $5, public = $6, overbooked = 0, expires = $7 WHERE pool = $1 AND tick >= $2 AND tick < $3 AND booking = $4",
		to.Pool, int64(to.From), int64(to.To), b.Number, to.Number, flag(to.Channel == agenda.Public), claimExpiry(to))
}

// Keep makes a booking's seats expire when it does, some time before the transaction
// ends. Where it no longer has all of them, the act fails with agenda.ErrExpired.
func (tx *Tx) Keep(b *agenda.Booking) error {
	return tx.later(int64(b.To-b.From), agenda.ErrExpired, "UPDATE claim SET expires = $5 WHERE pool = $1 AND tick >= $2 AND tick < $3 AND booking = $4",
		b.Pool, int64(b.From), int64(b.To), b.Number, claimExpiry(b))
}

// DayVersion tells apart how a pool's day was before and after any transaction that
// changed it: it only grows. 0 is a day that never changed.
func (tx *Tx) DayVersion(d PoolDay) (v int64, err error) {
	err = tx.one("SELECT COALESCE(MAX(version), 0) FROM day WHERE pool = $1 AND date = $2", []any{d.Pool, int(d.Date)}, &v)
	if on, ok := tx.on.(shared); ok && on.raised(d) {
		v++
	}
	return v, err
}

// DayVersions are the versions of pools' days from one to before another, without those
// that never changed.
func (tx *Tx) DayVersions(from, to agenda.Date, pools ...int64) (map[PoolDay]int64, error) {
	versions := map[PoolDay]int64{}
	for some := range slices.Chunk(pools, 256) {
		args := []any{int(from), int(to)}
		var in strings.Builder
		for _, pool := range some {
			args = append(args, pool)
		}
		for n := len(some); n&(n-1) != 0; n++ { // as few statement texts as there are powers of two
			args = append(args, some[0])
		}
		for i := range args[2:] {
			fmt.Fprintf(&in, ", $%d", i+3)
		}
		err := tx.rows("SELECT pool, date, version FROM day WHERE pool IN ("+in.String()[2:]+") AND date >= $1 AND date < $2", args, func(r row) error {
			var pool, version int64
			var date int
			err := r.Scan(&pool, &date, &version)
			versions[PoolDay{pool, agenda.Date(date)}] = version
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return versions, nil
}
