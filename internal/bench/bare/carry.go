package bare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Carry copies what Fill has written of visits and days from a SQLite file into a
// PostgreSQL database to which the same tenant has been applied.
func Carry(ctx context.Context, file, url, tenant string) (err error) {
	from, err := openFiller(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	to, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close(ctx)) }()
	if err := samePools(ctx, from, to, tenant); err != nil {
		return err
	}
	for _, table := range []string{"day", "booking"} {
		rows, err := from.conn.QueryContext(ctx, "SELECT * FROM "+table)
		if err != nil {
			return err
		}
		columns, err := rows.Columns()
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		next := func() ([]any, error) {
			if !rows.Next() {
				return nil, rows.Err()
			}
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			return values, rows.Scan(into...)
		}
		_, err = to.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(next))
		if err = errors.Join(err, rows.Close()); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	_, err = to.Exec(ctx, "ANALYZE") // as autovacuum does, a minute later
	return err
}

// samePools fails where the calendars of the two have not the same pools.
func samePools(ctx context.Context, from *filler, to *pgx.Conn, tenant string) error {
	const query = "SELECT string_agg(id || ' ' || pool, ',' ORDER BY pool, id) FROM calendar WHERE tenant = $1"
	var one sql.NullString
	var other *string
	err := errors.Join(from.conn.QueryRowContext(ctx, query, tenant).Scan(&one), to.QueryRow(ctx, query, tenant).Scan(&other))
	if err == nil && (other == nil || one.String != *other) {
		err = errors.New("the calendars' pools are not the same")
	}
	return err
}
