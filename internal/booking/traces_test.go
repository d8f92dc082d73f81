package booking_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/rawtest"
	"terminvergabe/internal/store"
)

// traced is what a visit leaves: what a person typed, and what was made of it.
type traced struct {
	booking *agenda.Booking
	typed   []string // by the visitor and the office: nowhere as it is, at any time
	made    []string // hashes, sealed bytes, secrets, answers: gone with the visitor
	row     []string // gone with the bare row
}

// plant books a visit with words that occur nowhere else in every field, has it changed,
// found, shown in a feed and written about, and notes what could be left of it.
func (k kit) plant() (x traced) {
	k.Helper()
	k.mustApply(func(s *agenda.Setup) {
		s.Services[1].Questions = []agenda.Question{{ID: "warum", Label: agenda.Plain("Warum?"), Type: "text"}}
	})
	visitor := agenda.Visitor{Name: rawtest.Word("Name") + " " + rawtest.Word("Nach"), ContactName: rawtest.Word("Kontakt"), Email: strings.ToLower(rawtest.Word("post")) + "@beispiel.example",
		Phone: "0" + rawtest.Digits(13), Note: rawtest.Word("Notiz")}
	answer := rawtest.Word("Antwort")
	r := ask("buergerbuero", desktest.At(1, "08:00"), "pass")
	r.Wish.Items[0].Answers = map[string]string{"warum": answer}
	key := rawtest.Word("Schluessel")
	made, err := k.BookNow(k.Context(), r, booking.Form{Visitor: visitor, Language: "de"}, booking.Once{Path: "bookings", Key: key, Request: "r"})
	if err != nil {
		k.Fatal(err)
	}
	id, clerk := made.Booking.ID, desktest.Clerk()
	card, err := k.Seen(k.Context(), clerk, id)
	if err != nil {
		k.Fatal(err)
	}
	a := card.Amendable()
	a.StaffNote, a.CaseReference = rawtest.Word("Vermerk"), rawtest.Word("Akte")
	if _, err := k.Amend(k.Context(), clerk, id, k.Print(card.Booking, card.Amendable()), a); err != nil {
		k.Fatal(err)
	}
	next := booking.Contact{Email: strings.ToLower(rawtest.Word("neu")) + "@beispiel.example", Phone: visitor.Phone}
	if _, err := k.ChangeContact(k.Context(), town, made.Manage, next); err != nil {
		k.Fatal(err)
	}
	if err := k.AskForLinks(k.Context(), town, visitor.Email); err != nil {
		k.Fatal(err)
	}
	k.names(clerk, booking.Finding{Email: visitor.Email, To: 1 << 20})
	if err := k.WriteViewings(k.Context()); err != nil {
		k.Fatal(err)
	}
	b, letters := rows(k.T, k.Desk, id)
	if letters == 0 {
		k.Fatal("no letter waits")
	}
	x.booking = b
	x.typed = append(strings.Fields(visitor.Name), visitor.ContactName, visitor.Email, visitor.Phone, visitor.Note, a.StaffNote, a.CaseReference, next.Email, made.Manage)
	x.made = []string{answer, key, string(b.Sealed[len(b.Sealed)/2:]), b.EmailHash, b.PhoneHash, b.ManageHash}
	x.row = []string{b.Reference, b.UID}
	return x
}

// A month after a visit, and of its visitor two days after, there is nothing left of it in
// the raw files: what was typed is nowhere at any time, what was made of it goes with the
// visitor, and a copy made then has none of it either. PostgreSQL's log of writes is the
// server's: it holds what was sealed until the server reuses it, and nothing as it was
// typed. It is long because it is one story.
func TestNothingIsLeftInRawFiles(t *testing.T) {
	begin := func(t *testing.T, url string) (k kit, x traced) {
		d, c := desktest.Open(t, url)
		k = kit{T: t, Desk: d, clock: c}
		return k, k.plant()
	}
	story := func(t *testing.T, k kit, x traced, url string, settle func(), files, log []string) {
		settle()
		for _, word := range x.made {
			if hits, err := rawtest.For(word).Under(files...); err != nil || len(hits) == 0 {
				t.Fatalf("before: %q is not found (%v): the search sees nothing", word, err)
			}
		}
		nowhere := func(words ...string) {
			t.Helper()
			settle()
			rawtest.For(append(slices.Clone(words), x.typed...)...).None(t, files...)
			if len(log) > 0 {
				rawtest.For(x.typed...).None(t, log...)
			}
		}
		nowhere()
		k.clock.Set(desktest.At(4, "03:30")) // 01:30 UTC
		forget(t, k.Desk)
		nowhere(x.made...)
		backup := func(what string, words ...string) {
			t.Helper()
			file := filepath.Join(t.TempDir(), what)
			if err := store.Backup(t.Context(), url, file); err != nil {
				t.Fatal(err)
			}
			rawtest.For(append(slices.Clone(words), x.typed...)...).None(t, file)
		}
		backup("after-term", x.made...)
		k.clock.Set(desktest.At(40, "03:30"))
		forget(t, k.Desk)
		nowhere(append(x.made, x.row...)...)
		backup("a-month-later", append(x.made, x.row...)...)
	}
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		file := filepath.Join(dir, "book.db")
		k, x := begin(t, file)
		story(t, k, x, file, func() {}, []string{dir}, nil)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := pgtest.URL(t)
		k, x := begin(t, url)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		var data, database string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting('data_directory'), oid::text FROM pg_database WHERE datname = current_database()").Scan(&data, &database); err != nil {
			t.Fatal(err)
		}
		if _, err := os.ReadDir(data); err != nil {
			t.Fatalf("the server's files: %v", err)
		}
		settle := func() { // what the server remembers is in its files then, and what it dropped is gone
			if _, err := conn.Exec(t.Context(), "CHECKPOINT"); err != nil {
				t.Fatal(err)
			}
		}
		story(t, k, x, url, settle, []string{filepath.Join(data, "base", database)}, []string{filepath.Join(data, "pg_wal")})
	})
}

// What is over by the time a backup is restored is forgotten by the first round of the
// job, whatever the backup still held.
func TestRestoredBackupForgets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	d, c := desktest.Open(t, file)
	k := kit{T: t, Desk: d, clock: c}
	x := k.plant()
	folder := t.TempDir()
	restored := filepath.Join(folder, "book.db")
	if err := store.Backup(t.Context(), file, restored); err != nil {
		t.Fatal(err)
	}
	for _, word := range x.made[1:] {
		if hits, err := rawtest.For(word).Under(folder); err != nil || len(hits) == 0 {
			t.Fatalf("before: %q is not in the backup (%v)", word, err)
		}
	}
	later := &desktest.Clock{}
	later.Set(desktest.At(60, "08:00"))
	forget(t, desktest.Beside(t, restored, later))
	rawtest.For(slices.Concat(x.made, x.row, x.typed)...).None(t, folder)
	if b, _ := rows(t, d, x.booking.ID); b == nil || b.Sealed == nil {
		t.Error("the original lost it, too")
	}
}
