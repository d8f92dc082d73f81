package store

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"terminvergabe"
)

// Migrations bring a database from schema version N-1 to N, each a file
// NNNN_what.sql that both engines run. Version 1 is the first schema; a fresh
// database runs schema.sql and starts at the newest version.
//
//go:embed migrations
var migrations embed.FS

type migration struct {
	version int
	name    string
	text    string
}

func readMigrations(fsys fs.FS) ([]migration, error) {
	files, err := fs.Glob(fsys, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var out []migration
	for _, f := range files {
		number, _, _ := strings.Cut(strings.TrimPrefix(f, "migrations/"), "_")
		v, err := strconv.Atoi(number)
		if err != nil || len(number) != 4 || strings.Trim(number, "0123456789") != "" {
			return nil, fmt.Errorf("%s: expected a name such as 0002_what.sql", f)
		}
		b, err := fs.ReadFile(fsys, f)
		if err != nil {
			return nil, err
		}
		out = append(out, migration{v, f, string(b)})
	}
	slices.SortFunc(out, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	for i, m := range out {
		if m.version != i+1 {
			return nil, fmt.Errorf("%s: expected version %04d", m.name, i+1)
		}
	}
	return out, nil
}

// ErrNewer is a database that a newer version of the program has written.
var ErrNewer = errors.New("the database was written by a newer version of terminvergabe: use that version, or restore the copy that was made before the upgrade")

// Version is the schema version of the database.
func (tx *Tx) Version() (int, error) {
	var v string
	if err := tx.one("SELECT value FROM meta WHERE name = 'version'", nil, &v); err != nil {
		return 0, err
	}
	return strconv.Atoi(v)
}

// migrate runs what is missing, each step in its own transaction under a lock, so
// that several processes may start at once and a killed one is continued.
func (s *Store) migrate(ctx context.Context, o Options) error {
	steps, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	s.pulse.newest = len(steps)
	if o.Until > 0 {
		return s.migrateTo(ctx, steps[0].text, 1, steps[:o.Until])
	}
	if o.Before != nil {
		up, err := s.lacks(ctx, steps)
		if err == nil && up.From > 0 && len(up.Steps) > 0 {
			err = o.Before(ctx, up)
		}
		if err != nil {
			return err
		}
	}
	return s.migrateTo(ctx, terminvergabe.Schema, len(steps), steps)
}

// migrateTo runs what is missing of steps; an empty database gets schema, which is of
// version first.
func (s *Store) migrateTo(ctx context.Context, schema string, first int, steps []migration) error {
	newest := len(steps)
	for {
		done := false
		err := s.Update(ctx, func(tx *Tx) error {
			have, err := tx.lockVersion()
			switch {
			case err != nil:
				return err
			case have > newest:
				return ErrNewer
			case have == newest:
				done = true
				return nil
			case have == 0:
				return tx.runScript(schema, first)
			}
			return tx.runScript(steps[have].text, have+1)
		})
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if done {
			return nil
		}
	}
}

// lockVersion keeps other processes out until the transaction ends and gives the
// version, 0 for an empty database.
func (tx *Tx) lockVersion() (int, error) {
	tables := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'"
	if tx.store.words.forShare != "" {
		// Another process may take long, and so may the locks of our own steps.
		if _, err := tx.exec("SET LOCAL lock_timeout = 0"); err != nil {
			return 0, err
		}
		if _, err := tx.exec("SELECT pg_advisory_xact_lock(7446)"); err != nil {
			return 0, err
		}
		tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'meta'"
	}
	var n int
	if err := tx.one(tables, nil, &n); err != nil || n == 0 {
		return 0, err
	}
	return tx.Version()
}

func (tx *Tx) runScript(text string, version int) error {
	for _, stmt := range statements(text) {
		if _, err := tx.exec(tx.store.words.dialect(stmt)); err != nil {
			return err
		}
	}
	_, err := tx.exec("INSERT INTO meta (name, value) VALUES ('version', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", strconv.Itoa(version))
	return err
}

// statements cuts a script at semicolons that end a line; comments go.
func statements(script string) []string {
	var lines []string
	for line := range strings.Lines(script) {
		if code := strings.TrimRight(uncommented(line), " \t\r\n"); code != "" {
			lines = append(lines, code)
		}
	}
	var out []string
	for _, s := range strings.Split(strings.Join(lines, "\n")+"\n", ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// dialect puts right what the engines do not share of a schema: see schema.sql.
func (w words) dialect(stmt string) string {
	if w.forShare == "" {
		return strings.ReplaceAll(stmt, "BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")
	}
	return strings.TrimSuffix(stmt, " WITHOUT ROWID")
}

// uncommented is a line without its comment; two dashes in a quoted text are none.
func uncommented(line string) string {
	for from := 0; ; {
		dashes := strings.Index(line[from:], "--")
		if dashes < 0 {
			return line
		}
		if strings.Count(line[:from+dashes], "'")%2 == 0 {
			return line[:from+dashes]
		}
		from += dashes + 2
	}
}
