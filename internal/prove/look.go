package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"
)

// openDatabase opens a database past the product: what is there counts, not what the
// product makes of it. A file is not created.
func openDatabase(database string) (*sql.DB, error) {
	if strings.Contains(database, "://") {
		return sql.Open("pgx", database)
	}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: database}).String()+"?mode=rw&_pragma=busy_timeout(10000)")
}

// look reads all bookings with their letters.
func look(ctx context.Context, database string) (rows map[string]*row, err error) {
	db, err := openDatabase(database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows = map[string]*row{}
	err = each(ctx, db, "SELECT id, status, starts FROM booking", func(scan func(...any) error) error {
		r := &row{letters: map[string]int{}}
		var start string
		if err := scan(&r.id, &r.status, &start); err != nil {
			return err
		}
		rows[r.id] = r
		r.start, err = time.Parse(time.RFC3339, start)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, each(ctx, db, "SELECT subject, kind, count(*) FROM outbox GROUP BY subject, kind", func(scan func(...any) error) error {
		var id, kind string
		var n int
		if err := scan(&id, &kind, &n); err != nil {
			return err
		}
		if rows[id] == nil {
			return fmt.Errorf("a letter %s is about booking %s, which is not there", kind, id)
		}
		rows[id].letters[kind] = n
		return nil
	})
}

func each(ctx context.Context, db *sql.DB, query string, f func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return rows.Err()
}
