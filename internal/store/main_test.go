package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/pgtest"
)

// child names what a copy of this test program is to do instead of testing, until
// somebody kills it.
const child = "TERMINVERGABE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "half a migration" {
		halfAMigration(os.Args[len(os.Args)-1])
	}
	if os.Getenv(child) == "a killed migration" {
		killedMigration(os.Args[len(os.Args)-1])
	}
	os.Exit(pgtest.Main(m))
}

// startChild runs a copy of this test program until it says "ready".
func startChild(t *testing.T, what, argument string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], argument)
	cmd.Env = append(os.Environ(), child+"="+what)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	return cmd
}

// eachURL runs a test on an empty database of each engine.
func eachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "book.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { f(t, pgtest.URL(t)) })
}

// each runs a test on a fresh store of each engine.
func each(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Helper()
	eachURL(t, func(t *testing.T, url string) { f(t, open(t, url)) })
}

func open(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// bare connects without bringing the schema up to date.
func bare(t *testing.T, url string) *Store {
	t.Helper()
	s, err := newStore(url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t *testing.T, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// outside runs a statement on the connection that writes.
func outside(t *testing.T, s *Store, query string) {
	t.Helper()
	err := s.engine.outside(t.Context(), func(on session) error {
		_, err := on.exec(query, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hamlet is the smallest set-up: one calendar with one template.
func hamlet(id string) *agenda.Setup {
	return &agenda.Setup{
		Tenant:      agenda.Tenant{ID: id, Name: agenda.Plain("Weiler " + id), Timezone: "Europe/Berlin", Languages: []string{"de"}},
		Departments: []agenda.Department{{ID: "amt", Name: agenda.Plain("Amt")}},
		Sites:       []agenda.Site{{ID: "haus", Name: agenda.Plain("Haus"), Street: "Weg 1", PostalCode: "37000", City: "Weiler"}},
		Services:    []agenda.Service{{ID: "rat", Name: agenda.Plain("Rat"), Minutes: 10, MaxQuantity: 1, Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic}},
		Calendars: []agenda.Calendar{{ID: "stube", Department: "amt", Site: "haus", TickMinutes: 5, ConfirmMinutes: 60, Confirm: agenda.ConfirmNone,
			Services:      []agenda.Offer{{ID: "rat"}},
			SlotTemplates: []agenda.SlotTemplate{{ID: "mo", Weekdays: []string{"mo"}, From: 480, To: 720, SlotMinutes: 10, Seats: agenda.Seats{Total: 1, Public: -1}, EveryWeeks: 1}}}},
	}
}

func save(t *testing.T, s *Store, setup *agenda.Setup) (revision int) {
	t.Helper()
	update(t, s, func(tx *Tx) (err error) {
		revision, err = tx.SaveSetup(setup)
		return err
	})
	return revision
}

// visit is a booking of a hamlet that AddBooking takes.
func visit(tenant string, number int64) *agenda.Booking {
	start := time.Date(2026, 7, 6, 6, 0, 0, 0, time.UTC)
	from := agenda.TickAt(start, 5)
	return &agenda.Booking{Tenant: tenant, ID: fmt.Sprint("b", number), Number: number, Reference: fmt.Sprint("R", number), UID: fmt.Sprint(tenant, number),
		Status: agenda.Confirmed, Channel: agenda.Public, Calendar: "stube", Pool: 1, Date: agenda.DateOf(start), Items: []agenda.Item{{Service: "rat", Quantity: 1}},
		Mode: agenda.ModeOnsite, Start: start, End: start.Add(10 * time.Minute), From: from, To: from + 2, Tick: 5, Language: "de", Version: 1, Created: start, Changed: start}
}

// column gives the only column of a query, as text.
func (tx *Tx) column(query string) (list []string, err error) {
	err = tx.rows(query, nil, func(r row) error {
		var v any
		if err := r.Scan(&v); err != nil {
			return err
		}
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		list = append(list, fmt.Sprint(v))
		return nil
	})
	return list, err
}

func halfAMigration(url string) {
	s, err := newStore(url, Options{})
	if err != nil {
		panic(err)
	}
	err = s.Update(context.Background(), func(tx *Tx) error {
		if _, err := tx.lockVersion(); err != nil {
			return err
		}
		if err := tx.runScript(strings.Repeat("INSERT INTO meta (name, value) VALUES ('half', 'done') ON CONFLICT (name) DO NOTHING;\n", 2)+"CREATE TABLE half (n INTEGER NOT NULL);\n", 2); err != nil {
			return err
		}
		fmt.Println("ready")
		select {}
	})
	panic(err)
}
