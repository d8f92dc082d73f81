package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// engine is the little that differs between the two databases.
type engine struct {
	name      string
	view      *sql.TxOptions
	forShare  string // appended to a SELECT that locks rows
	forUpdate string
	skip      string // ... and passes over rows that others have locked
	clock     func(*Tx) (time.Time, error)
	again     func(error) bool // worth another attempt
}

func connect(target string) (*Store, error) {
	if strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://") {
		return connectPostgres(target)
	}
	return connectSQLite(target)
}

func connectPostgres(target string) (*Store, error) {
	db, err := sql.Open("pgx", target)
	if err != nil {
		return nil, errors.New("database: not a PostgreSQL address: expected postgres://user@host/name") // the cause may show the password
	}
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	e := engine{
		name:      "PostgreSQL",
		view:      &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		forShare:  " FOR SHARE",
		forUpdate: " FOR NO KEY UPDATE",
		skip:      " FOR UPDATE SKIP LOCKED",
		clock: func(tx *Tx) (t time.Time, err error) {
			err = tx.one("SELECT clock_timestamp()", nil, &t)
			return t, err
		},
		again: func(err error) bool {
			var pg *pgconn.PgError
			return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
		},
	}
	return &Store{engine: e, read: db, write: db}, nil
}

// busyTimeout is how long SQLite waits for another process's lock.
const busyTimeout = 10 * time.Second

// makePrivate makes an empty file that only its owner can read, where there is none;
// what SQLite puts beside it gets the same rights.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func connectSQLite(file string) (*Store, error) {
	if file == "" || strings.Contains(file, ":memory:") {
		return nil, fmt.Errorf("database: %q: expected the name of a file or postgres://user@host/name", file)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if err := makePrivate(path); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	// The timeout comes first: the other pragmas already wait for locks.
	dsn := (&url.URL{Scheme: "file", Path: path}).String() + "?_pragma=busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)"
	write, err := sql.Open("sqlite", dsn+"&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(16)
	read.SetMaxIdleConns(16)
	e := engine{
		name:  "SQLite",
		clock: func(*Tx) (time.Time, error) { return time.Now(), nil },
		again: func(err error) bool {
			var sq *sqlite.Error
			return errors.As(err, &sq) && sq.Code()&0xff == sqlite3.SQLITE_BUSY
		},
	}
	return &Store{engine: e, read: read, write: write}, nil
}
