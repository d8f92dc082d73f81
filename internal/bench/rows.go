package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// seats is how many visits fit side by side into the bench's one calendar, so that
// no booking is refused.
const seats = 1000

// tick is the calendar's tick in minutes.
const tick = 5

// each is how long one measurement takes bookings.
const each = time.Second

// rows gives the table of one engine: the product on the database book, the bare
// limit on bare. Later rows find the bookings that earlier ones have made.
func rows(ctx context.Context, engine, book, bare string) ([]row, error) {
	s, err := store.Open(ctx, book, store.Options{})
	if err != nil {
		return nil, err
	}
	keys, err := seal.NewKeys(make([]byte, seal.KeySize))
	if err != nil {
		return nil, err
	}
	desk := &booking.Desk{Store: s, Keys: keys}
	if _, err := desk.Apply(ctx, office(), booking.ApplyOptions{Actor: "bench"}); err != nil {
		return nil, err
	}
	b, err := openBare(ctx, bare)
	if err != nil {
		return nil, err
	}
	today := agenda.DateOf(time.Now())
	var next atomic.Int64
	var list []row
	for _, clients := range []int{1, 64} {
		list = append(list, row{
			name: fmt.Sprintf("%s: durable bookings, %d clients", engine, clients), unit: "/s", faster: true,
			limit: func() (float64, error) { return rate(clients, func() error { return b.book(ctx, next.Add(1)) }) },
			product: func() (float64, error) {
				return rate(clients, func() error { return bookOne(ctx, desk, today, next.Add(1)) })
			},
		})
	}
	raw, err := openDB(book)
	if err != nil {
		return nil, err
	}
	availability := func() (float64, error) { return duration(func() error { return look(ctx, desk, today) }) }
	return append(list, row{
		name: engine + ": availability, 60 days: bare query", unit: "s", product: availability,
		limit: func() (float64, error) {
			return duration(func() error { _, err := readClaims(ctx, raw, today); return err })
		},
	}, row{
		name: engine + ": availability, 60 days: in memory", unit: "s", product: availability,
		limit: func() (float64, error) {
			taken, err := readClaims(ctx, raw, today)
			if err != nil {
				return 0, err
			}
			return duration(func() error { return floor(taken) })
		},
	}), nil
}

// office has one calendar that is open around the clock.
func office() *agenda.Setup {
	days := []string{"mo", "tu", "we", "th", "fr", "sa", "su"}
	return &agenda.Setup{
		Tenant:      agenda.Tenant{ID: "bench", Name: agenda.Plain("Bench"), Timezone: "Europe/Berlin", Languages: []string{"de"}},
		Departments: []agenda.Department{{ID: "amt", Name: agenda.Plain("Amt"), Invite: "request"}},
		Sites:       []agenda.Site{{ID: "haus", Name: agenda.Plain("Haus"), Street: "Weg 1", PostalCode: "37000", City: "Musterstadt", Public: true}},
		Services: []agenda.Service{{ID: "ausweis", Name: agenda.Plain("Ausweis"), Minutes: 10, MinutesMore: -1, MaxQuantity: 1, HorizonDays: 365,
			Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic}},
		Calendars: []agenda.Calendar{{ID: "schalter", Department: "amt", Site: "haus", Services: []agenda.Offer{{ID: "ausweis"}},
			Contact: agenda.Contact{Email: agenda.ContactRequired, Phone: agenda.ContactOptional}, TickMinutes: tick, Confirm: agenda.ConfirmNone, ConfirmMinutes: 60,
			SlotTemplates: []agenda.SlotTemplate{{ID: "immer", Weekdays: days, From: 6 * 60, To: 22 * 60, SlotMinutes: 10, EveryWeeks: 1, Seats: agenda.Seats{Total: seats, Public: seats}}}}},
	}
}

func startOf(today agenda.Date, n int64) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err) // the bench's own zone
	}
	perDay := int64(16 * 6)
	t, _ := agenda.At(today+1+agenda.Date(n/perDay%60), agenda.Minute(6*60+n%perDay*10), zone)
	return t
}

func bookOne(ctx context.Context, d *booking.Desk, today agenda.Date, n int64) error {
	_, err := d.BookNow(ctx, booking.Request{Tenant: "bench", Wish: agenda.Wish{Items: []agenda.Item{{Service: "ausweis", Quantity: 1}}},
		Calendar: "schalter", Start: startOf(today, n), By: agenda.Public, Actor: booking.ActorVisitor},
		booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: "ada@beispiel.example"}, Language: "de"}, booking.Once{})
	return err
}

func look(ctx context.Context, d *booking.Desk, today agenda.Date) error {
	f, err := d.Availability(ctx, booking.Search{Tenant: "bench", Wish: agenda.Wish{Items: []agenda.Item{{Service: "ausweis", Quantity: 1}}},
		From: today, To: today + 59, By: agenda.Public})
	if err == nil && f.Empty() {
		err = errors.New("nothing is free")
	}
	return err
}

// bareBook is the least that a durable booking can be: a row, two claims and an
// outbox row in one transaction.
type bareBook struct{ db *sql.DB }

func openDB(url string) (*sql.DB, error) {
	if strings.HasPrefix(url, "postgres://") {
		db, err := sql.Open("pgx", url)
		if err == nil {
			db.SetMaxIdleConns(32)
			db.SetMaxOpenConns(32)
		}
		return db, err
	}
	db, err := sql.Open("sqlite", "file:"+url+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err == nil {
		db.SetMaxOpenConns(1) // waiting for the writer in a queue is faster than polling for its lock
	}
	return db, err
}

func openBare(ctx context.Context, url string) (*bareBook, error) {
	db, err := openDB(url)
	if err != nil {
		return nil, err
	}
	for _, q := range []string{
		"CREATE TABLE b (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL)",
		"CREATE TABLE c (pool INTEGER, tick INTEGER, seat BIGINT, booking TEXT, PRIMARY KEY (pool, tick, seat))",
		"CREATE TABLE o (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL)",
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return nil, err
		}
	}
	return &bareBook{db}, nil
}

func (b *bareBook) book(ctx context.Context, n int64) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	id := rand.Text()
	data := strings.Repeat("x", 400)
	if _, err := tx.ExecContext(ctx, "INSERT INTO b VALUES ($1, $2)", id, data); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO c VALUES ($1, $2, $3, $4), ($1, $5, $3, $4)", 1, n%1000, n, id, n%1000+1000); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO o VALUES ($1, $2)", id, data[:100]); err != nil {
		return err
	}
	return tx.Commit()
}

// rate runs an act from so many clients for a while and gives acts per second.
func rate(clients int, act func() error) (float64, error) {
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	begin := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(begin) < each {
				if err := act(); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(begin).Seconds(), nil
}

// duration is the median time of one call, in seconds.
func duration(act func() error) (float64, error) {
	var all []float64
	for begin := time.Now(); len(all) < 5 || time.Since(begin) < each/4; {
		t := time.Now()
		if err := act(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(t).Seconds())
	}
	return median(all), nil
}

// readClaims is the least that availability from the database can be: one query for
// the claims of the 60 days, counted by tick.
func readClaims(ctx context.Context, db *sql.DB, today agenda.Date) ([]uint16, error) {
	first := agenda.TickAt(startOf(today, 0).Add(-6*time.Hour), tick)
	taken := make([]uint16, 61*24*60/tick)
	rows, err := db.QueryContext(ctx, "SELECT tick, seat, booking, public, overbooked, expires FROM claim WHERE pool = 1 AND tick >= $1 AND tick < $2 ORDER BY tick, seat",
		int64(first), int64(first)+int64(len(taken)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var at, seat, booking, public, over, expires int64
		if err := rows.Scan(&at, &seat, &booking, &public, &over, &expires); err != nil {
			return nil, err
		}
		taken[at-int64(first)]++
	}
	return taken, rows.Err()
}

// floor is the least that availability can be: the taken seats are in memory, one
// number per tick, and every start looks at its ticks.
func floor(taken []uint16) error {
	starts := make([]int, 0, 60*16*6)
	const hour = 60 / tick
	for day := range 60 {
		for start := 6 * hour; start < 22*hour; start += 2 {
			k := day*24*hour + start
			if taken[k] < seats && taken[k+1] < seats {
				starts = append(starts, k)
			}
		}
	}
	if len(starts) == 0 {
		return errors.New("nothing is free")
	}
	return nil
}
