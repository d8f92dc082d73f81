package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"terminvergabe"
	"terminvergabe/internal/pgtest"
)

func firstSteps(t *testing.T) []migration {
	t.Helper()
	steps, err := readMigrations(migrations)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// runFirst makes a database of version 1.
func runFirst(t *testing.T, s *Store, steps []migration) {
	t.Helper()
	update(t, s, func(tx *Tx) error { return tx.runScript(steps[0].text, 1) })
}

// The proof of the migrations: the first schema and all that followed give what a
// fresh database gets.
func TestMigrationsLeadToTheNewestSchema(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		fresh := bare(t, url)
		if err := fresh.migrate(t.Context(), Options{}); err != nil {
			t.Fatal(err)
		}
		want := shape(t, fresh)
		if len(want) < 100 {
			t.Fatalf("only %d facts about the schema: the look at it is broken", len(want))
		}
		old := bare(t, other(t, url))
		steps := firstSteps(t)
		runFirst(t, old, steps)
		if err := old.migrate(t.Context(), Options{}); err != nil {
			t.Fatal(err)
		}
		got := shape(t, old)
		for _, fact := range got {
			if !slices.Contains(want, fact) {
				t.Errorf("migrated, but not in schema.sql: %s", fact)
			}
		}
		for _, fact := range want {
			if !slices.Contains(got, fact) {
				t.Errorf("in schema.sql, but not migrated: %s", fact)
			}
		}
	})
}

// The look at a schema sees what migrations are likely to forget.
func TestShapeSeesDifferences(t *testing.T) {
	const plain = "CREATE TABLE pet (a TEXT NOT NULL PRIMARY KEY, b INTEGER NOT NULL CHECK (b > 0));\n"
	scripts := []string{
		plain,
		"CREATE TABLE pet (a TEXT NOT NULL PRIMARY KEY, b INTEGER CHECK (b > 0));\n",
		"CREATE TABLE pet (a TEXT NOT NULL PRIMARY KEY, b BIGINT NOT NULL CHECK (b > 0));\n",
		"CREATE TABLE pet (a TEXT NOT NULL PRIMARY KEY, b INTEGER NOT NULL CHECK (b > 1));\n",
		"CREATE TABLE pet (a TEXT NOT NULL PRIMARY KEY, b INTEGER NOT NULL UNIQUE CHECK (b > 0));\n",
		"CREATE TABLE pet (a TEXT NOT NULL PRIMARY KEY REFERENCES pet (a), b INTEGER NOT NULL CHECK (b > 0));\n",
		"CREATE TABLE pet (a TEXT NOT NULL, b INTEGER NOT NULL CHECK (b > 0), PRIMARY KEY (a, b));\n",
		"CREATE TABLE pet (a TEXT NOT NULL PRIMARY KEY DEFAULT '', b INTEGER NOT NULL CHECK (b > 0));\n",
		plain + "CREATE INDEX pet_b ON pet (b);\n",
		plain + "CREATE UNIQUE INDEX pet_b ON pet (b);\n",
		plain + "CREATE INDEX pet_b ON pet (b, a);\n",
	}
	eachURL(t, func(t *testing.T, url string) {
		s := bare(t, url)
		var seen [][]string
		for _, script := range scripts {
			update(t, s, func(tx *Tx) error {
				_, err := tx.exec("DROP TABLE IF EXISTS pet")
				for _, stmt := range statements(script) {
					if err == nil {
						_, err = tx.exec(stmt)
					}
				}
				return err
			})
			now := shape(t, s)
			for i, earlier := range seen {
				if slices.Equal(earlier, now) {
					t.Errorf("no difference seen between\n%s%s", scripts[i], script)
				}
			}
			seen = append(seen, now)
		}
	})
}

// other is a second empty database beside one that eachURL gave.
func other(t *testing.T, url string) (second string) {
	t.Helper()
	if strings.HasPrefix(url, "postgres") {
		return pgtest.URL(t)
	}
	return url + ".other"
}

func TestMigrationsRunInOrderAndOnce(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		steps := firstSteps(t)
		n := len(steps)
		steps = append(steps,
			migration{n + 1, "one", "CREATE TABLE extra (n INTEGER NOT NULL);\nINSERT INTO extra (n) VALUES (1); -- two; dashes\nINSERT INTO extra (n) VALUES (length('a -- b; c'));\n"},
			migration{n + 2, "two", "UPDATE extra SET n = n * 10;\n"})
		s := bare(t, url)
		runFirst(t, s, steps)
		for range 2 { // the second start finds nothing to do
			if err := s.migrateTo(t.Context(), "never run", len(steps), steps); err != nil {
				t.Fatal(err)
			}
		}
		view(t, s, func(tx *Tx) error {
			got, err := tx.column("SELECT n FROM extra ORDER BY n")
			if want := []string{"10", "90"}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if v, err := tx.Version(); v != n+2 || err != nil {
				t.Errorf("got version %d, %v; want %d", v, err, n+2)
			}
			return err
		})
	})
}

func TestFailedMigrationLeavesTheVersionBefore(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		good := firstSteps(t)[:1]
		good = append(good, migration{2, "0002", "CREATE TABLE second (n INTEGER NOT NULL);\n"})
		bad := append(slices.Clone(good), migration{3, "0003", "CREATE TABLE third (n INTEGER NOT NULL);\nINSERT INTO nowhere (n) VALUES (1);\n"})
		s := bare(t, url)
		runFirst(t, s, good)
		if err := s.migrateTo(t.Context(), "", len(bad), bad); err == nil {
			t.Fatal("a migration that cannot run was no error")
		}
		view(t, s, func(tx *Tx) error {
			if v, err := tx.Version(); v != 2 || err != nil {
				t.Errorf("got version %d, %v; want 2", v, err)
			}
			return nil
		})
		if got := strings.Join(shape(t, s), "\n"); strings.Contains(got, "third") || !strings.Contains(got, "second") {
			t.Errorf("want the second table and nothing of the third, got\n%s", got)
		}
		mended := append(slices.Clone(good), migration{3, "0003", "CREATE TABLE third (n INTEGER NOT NULL);\n"})
		if err := s.migrateTo(t.Context(), "", len(mended), mended); err != nil {
			t.Fatal(err)
		}
	})
}

// A process was killed while a migration ran: the next start does it again, whole.
func TestKilledMigrationIsContinued(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		steps := firstSteps(t)[:1]
		s := bare(t, url)
		runFirst(t, s, steps)
		cmd := startChild(t, "half a migration", url)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		steps = append(steps, migration{2, "0002", "CREATE TABLE half (n INTEGER NOT NULL);\nINSERT INTO half (n) VALUES (1);\n"})
		if err := s.migrateTo(t.Context(), "", len(steps), steps); err != nil {
			t.Fatal(err)
		}
		view(t, s, func(tx *Tx) error {
			if got, err := tx.column("SELECT n FROM half"); !slices.Equal(got, []string{"1"}) || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
			if got, err := tx.column("SELECT value FROM meta WHERE name = 'half'"); len(got) != 0 || err != nil {
				t.Errorf("a write of the killed process stayed: %v, %v", got, err)
			}
			return nil
		})
	})
}

func TestManyProcessesStartAtOnce(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		steps := append(firstSteps(t), migration{len(firstSteps(t)) + 1, "next", "CREATE TABLE extra (n INTEGER NOT NULL);\nINSERT INTO extra (n) VALUES (1);\n"})
		for _, round := range []struct {
			what  string
			steps []migration
		}{{"fresh", steps[:len(steps)-1]}, {"older", steps}} {
			var wg sync.WaitGroup
			for range 8 {
				s := bare(t, url)
				wg.Go(func() {
					if err := s.migrateTo(t.Context(), terminvergabe.Schema, len(round.steps), round.steps); err != nil {
						t.Errorf("%s: %v", round.what, err)
					}
				})
			}
			wg.Wait()
		}
		view(t, bare(t, url), func(tx *Tx) error {
			got, err := tx.column("SELECT n FROM extra")
			if !slices.Equal(got, []string{"1"}) {
				t.Errorf("the migration ran %d times", len(got))
			}
			return err
		})
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		s := open(t, url)
		if up, err := Missing(t.Context(), url); len(up.Steps) != 0 || err != nil {
			t.Errorf("got %v missing, %v; want none", up.Steps, err)
		}
		update(t, s, func(tx *Tx) error {
			_, err := tx.exec("UPDATE meta SET value = '99' WHERE name = 'version'")
			return err
		})
		if _, err := Open(t.Context(), url, Options{}); !errors.Is(err, ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		}
		if _, err := Missing(t.Context(), url); !errors.Is(err, ErrNewer) {
			t.Errorf("missing: got %v, want ErrNewer", err)
		}
	})
}

func TestWrongMigrationFilesAreRefused(t *testing.T) {
	for _, names := range [][]string{
		{"1_first.sql"}, {"0001first.sql"}, {"0001.sql"}, {"abcd_first.sql"}, {"+001_first.sql"}, {"0002_second.sql"}, {"0000_none.sql"},
		{"0001_first.sql", "0003_third.sql"}, {"0001_first.sql", "0001_again.sql"}, {"00001_first.sql"},
	} {
		files := fstest.MapFS{}
		for _, n := range names {
			files["migrations/"+n] = &fstest.MapFile{Data: []byte("SELECT 1;\n")}
		}
		if _, err := readMigrations(files); err == nil {
			t.Errorf("%v were taken", names)
		}
	}
	if _, err := fs.Stat(migrations, "migrations/0001_first.sql"); err != nil {
		t.Error(err)
	}
}

// shape lists everything about a schema that matters, one fact per entry, sorted.
func shape(t *testing.T, s *Store) (facts []string) {
	t.Helper()
	view(t, s, func(tx *Tx) (err error) {
		if s.words.forShare == "" {
			facts, err = shapeSQLite(tx)
			return err
		}
		facts, err = shapePostgres(tx)
		return err
	})
	slices.Sort(facts)
	return facts
}

func shapePostgres(tx *Tx) (facts []string, err error) {
	for _, q := range []string{
		`SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || COALESCE(column_default, '')
			FROM information_schema.columns WHERE table_schema = current_schema()`,
		`SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace`,
		`SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = current_schema()`,
	} {
		more, err := tx.column(q)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

func shapeSQLite(tx *Tx) (facts []string, err error) {
	tables, err := tx.column("SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		for _, q := range []string{
			`SELECT 'column %[1]s.' || name || ' ' || type || ' ' || "notnull" || ' ' || COALESCE(dflt_value, '') || ' ' || pk FROM pragma_table_xinfo('%[1]s')`,
			`SELECT 'key %[1]s ' || id || '.' || seq || ' ' || "from" || ' -> ' || "table" || '.' || "to" || on_update || on_delete FROM pragma_foreign_key_list('%[1]s')`,
			`SELECT 'index %[1]s ' || l."unique" || l.origin || l.partial || ' ' || CASE WHEN l.origin = 'c' THEN l.name ELSE '' END || ' ' || (SELECT group_concat(i.name || i.desc) FROM (SELECT * FROM pragma_index_xinfo(l.name) WHERE key = 1 ORDER BY seqno) i) FROM pragma_index_list('%[1]s') l`,
		} {
			more, err := tx.column(fmt.Sprintf(q, table))
			if err != nil {
				return nil, err
			}
			facts = append(facts, more...)
		}
		text, err := tx.column("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '" + table + "'")
		if err != nil {
			return nil, err
		}
		for _, c := range checksIn(text[0]) {
			facts = append(facts, "check "+table+" "+c)
		}
	}
	return facts, nil
}

// checksIn cuts the CHECK conditions out of a CREATE TABLE.
func checksIn(text string) (list []string) {
	for {
		_, rest, found := strings.Cut(text, "CHECK (")
		if !found {
			return list
		}
		deep, end := 1, 0
		for ; deep > 0; end++ {
			switch rest[end] {
			case '(':
				deep++
			case ')':
				deep--
			}
		}
		list = append(list, strings.Join(strings.Fields(rest[:end-1]), " "))
		text = rest[end:]
	}
}
