package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// What keeps a copy from being restored.
var (
	ErrNotOurs   = errors.New("it is no copy of a database of terminvergabe")
	ErrOtherSort = errors.New("it is a copy of a database of another engine")
	ErrDamaged   = errors.New("it is damaged")
	ErrInUse     = errors.New("another program has the database open")
	ErrNoTools   = errors.New("a PostgreSQL database is restored with pg_restore and psql, which are not here: install them (Debian: postgresql-client)")
)

// How files of the two engines begin.
const (
	beginSQLite = "SQLite format 3\x00"
	beginDump   = "PGDMP"
)

// IsPostgres reports whether an address names a PostgreSQL database, not a file.
func IsPostgres(target string) bool {
	return strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://")
}

// LooksLike refuses a file that cannot be a copy of such a database.
func LooksLike(target, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(beginSQLite))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	want, other := beginSQLite, beginDump
	if IsPostgres(target) {
		want, other = other, want
	}
	switch {
	case bytes.HasPrefix(head[:n], []byte(want)):
		return nil
	case bytes.HasPrefix(head[:n], []byte(other)):
		return ErrOtherSort
	}
	return ErrNotOurs
}

// CheckSound refuses an SQLite file that SQLite itself finds damaged (ErrDamaged), that
// is not ours (ErrNotOurs), or that a newer version has written (ErrNewer).
func CheckSound(ctx context.Context, file string) (Upgrade, error) {
	if err := checkPages(ctx, file); err != nil {
		return Upgrade{}, fmt.Errorf("%w: %w", ErrDamaged, errors.New(err.Error())) // its code would send somebody to the wrong file
	}
	up, err := Missing(ctx, file)
	if err == nil && up.From == 0 || errors.Is(err, agenda.ErrNotFound) { // it may have a table of that name
		err = ErrNotOurs
	}
	return up, err
}

func checkPages(ctx context.Context, file string) (err error) {
	on, err := connectAlone(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, on.close()) }()
	r, err := on.query(ctx, "PRAGMA integrity_check(1)", nil)
	if err != nil {
		return err
	}
	defer r.Close()
	var said string
	if !r.Next() {
		return fmt.Errorf("no answer: %w", r.Err())
	}
	if err := r.Scan(&said); err != nil || said == "ok" {
		return err
	}
	return errors.New(said)
}

// connectAlone opens an SQLite file without a log beside it, which nobody else may have
// open: the log that was there is moved into the file.
func connectAlone(file string) (*connection, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	return connectFile((&url.URL{Scheme: "file", Path: path}).String() + "?_pragma=busy_timeout(2000)&_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)")
}

// Detach moves the log of an SQLite file into it, so that all of it is one file. Where
// another program has it open it is ErrInUse.
func Detach(file string) error {
	on, err := connectAlone(file)
	if err != nil {
		if busy(err) {
			return ErrInUse
		}
		return err
	}
	return on.close()
}

// MarkCopied makes a database a copy that has not been seen to, made at about when,
// unless it knows that already. See Backup.
func (tx *Tx) MarkCopied(when time.Time) error {
	_, err := tx.exec("INSERT INTO meta (name, value) VALUES ('copied', $1) ON CONFLICT (name) DO NOTHING", stamp(when))
	return err
}

// InUse reports whether anybody else is connected to a PostgreSQL database.
func InUse(ctx context.Context, target string) (others int, err error) {
	err = onBare(target, func(s *Store) error {
		return s.View(ctx, func(tx *Tx) error {
			return tx.one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'", nil, &others)
		})
	})
	return others, err
}

// Holds tells whether a PostgreSQL database has tables where ours belong.
func Holds(ctx context.Context, target string) (some bool, err error) {
	err = onBare(target, func(s *Store) error {
		return s.View(ctx, func(tx *Tx) error {
			return tx.one("SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public')", nil, &some)
		})
	})
	return some, err
}

// Unpack writes what an archive of pg_dump holds to a new file of statements beside the
// given name, for its owner alone; it reads all of the archive.
func Unpack(ctx context.Context, archive, script string) error {
	out, err := os.OpenFile(script, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	restore := exec.CommandContext(ctx, "pg_restore", "--no-owner", "--no-privileges", "--file=-", archive)
	restore.Stdout = out
	var said bytes.Buffer
	restore.Stderr = &said
	err = errors.Join(restore.Run(), out.Close())
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return ErrNoTools
	case err != nil:
		return fmt.Errorf("%w: pg_restore: %s", ErrDamaged, strings.TrimSpace(said.String()))
	}
	return ours(script)
}

// ours refuses statements that do not make the table that every database of ours has.
func ours(script string) error {
	f, err := os.Open(script)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadString('\n') // however long: a set-up is one line
		if strings.HasPrefix(line, "CREATE TABLE public.meta ") {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return ErrNotOurs
		}
		if err != nil {
			return err
		}
	}
}

// Replace puts what a file of statements holds into the place of a PostgreSQL database, in
// one transaction. What was there is kept in a schema of its own, aside.
func Replace(ctx context.Context, target, script, aside string) error {
	return psql(ctx, target, "--command=ALTER SCHEMA public RENAME TO "+aside, "--command=CREATE SCHEMA public", "--file="+script)
}

// PutBack undoes Replace.
func PutBack(ctx context.Context, target, aside string) error {
	return psql(ctx, target, "--command=DROP SCHEMA public CASCADE", "--command=ALTER SCHEMA "+aside+" RENAME TO public")
}

func psql(ctx context.Context, target string, what ...string) error {
	name, env, err := forTools(target)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "psql", append([]string{"--no-psqlrc", "--quiet", "--no-password", "--single-transaction", "--set=ON_ERROR_STOP=1", "--dbname=" + name}, what...)...)
	cmd.Env = env
	said, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return ErrNoTools
	}
	if err != nil {
		return fmt.Errorf("psql: %s", strings.TrimSpace(string(said)))
	}
	return nil
}

// forTools is an address as PostgreSQL's own tools are told it: the password comes by the
// environment (nil: this process's), since the list of processes shows arguments to everybody.
func forTools(target string) (name string, env []string, err error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", nil, errors.New("not a PostgreSQL address") // the cause may show the password
	}
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	u.RawQuery = forDump(u.Query()).Encode()
	if password != "" {
		env = append(os.Environ(), "PGPASSWORD="+password)
	}
	return u.String(), env, nil
}
