package booking_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// damages are statements that no act would write, and a word of what verify says.
var damages = []struct{ name, statement, want string }{
	{"a seat too few", "DELETE FROM claim WHERE tick = (SELECT min(tick) FROM claim)", "has not exactly its seats"},
	{"a cancelled visit with seats", "UPDATE booking SET status = 'cancelled' WHERE status = 'confirmed'", "still has seats"},
	{"seats elsewhere", "UPDATE claim SET tick = tick + 1000", "at another time"},
	{"seats that expire", "UPDATE claim SET expires = 99 WHERE expires = 0", "disagree on when they expire"},
	{"seats of nobody", "UPDATE claim SET booking = 99", "belong to no booking"},
	{"no pool", "UPDATE booking SET pool = 99 WHERE status = 'confirmed'", "in a pool that is not there"},
	{"somebody else's journal", "UPDATE journal SET tenant = 'nobody'", "of a tenant that is not there"},
	{"no visitor", "UPDATE booking SET sealed = NULL WHERE status = 'confirmed'", "without a visitor"},
	{"a damaged seal", "UPDATE booking SET sealed = (SELECT sealed FROM booking WHERE status = 'pending') WHERE status = 'confirmed'", "cannot be opened"},
	{"a visit that could expire", "UPDATE booking SET expires = '2030-01-01T00:00:00Z' WHERE status = 'confirmed'", "could still expire"},
	{"a request nobody can confirm", "UPDATE booking SET confirm_hash = ''", "no link confirms it"},
	{"another manage link", "UPDATE booking SET manage_hash = 'x' WHERE status = 'confirmed'", "is not what its manage link opens"},
	{"a letter about nothing", "UPDATE outbox SET subject = 'nobody' WHERE kind = 'confirmed'", "is about a booking that is not there"},
	{"a letter done and not done", "UPDATE outbox SET state = 'sent' WHERE kind = 'confirmed'", "and yet not done"},
	{"an offer of a retired service", "UPDATE service SET retired = 1 WHERE id = 'beratung'", "offers service beratung"},
	{"a calendar of a retired site", "UPDATE site SET retired = 1 WHERE id = 'nebenstelle'", "site that is not there or retired"},
	{"an account without a department", "INSERT INTO person (tenant, id, email, name, role, department, password, disabled, created) VALUES ('musterstadt', 'p', 'p@x.example', 'P', 'clerk', 'nowhere', '', 0, '2026-07-06T05:00:00Z')", "department nowhere"},
	{"the wrong day", "UPDATE booking SET date = date + 1 WHERE status = 'confirmed'", "filed under another day"},
	{"too short", "UPDATE booking SET ends = '2026-07-07T22:00:00Z' WHERE status = 'confirmed'", "seats for a shorter time"},
	{"another address", "UPDATE booking SET email_hash = 'x' WHERE status = 'confirmed'", "not its visitor's"},
	{"a visit that nobody will see to", anIncident + "INSERT INTO incident_item (tenant, incident, booking, position, state, spec) VALUES ('musterstadt', 'n', 'x', 0, 'ready', '{}')", "and yet is done"},
	{"seats kept for an answer that was given", anIncident + aProposal("declined"), "its seats are still kept"},
	{"seats kept for another time", anIncident + aProposal("open"), "until when they are kept"},
	{"a proposal about nobody", anIncident + aProposal("open"), "its incident does not know"},
	{"less than nothing", "INSERT INTO figure (tenant, date, calendar, service, name, amount) VALUES ('musterstadt', 20000, 'buergerbuero', '', 'booked', -1)", "less than nothing"},
	{"a set-up that contradicts itself", "UPDATE tenant SET spec = '{}'", "set-up"},
	{"a webhook that is gone", "INSERT INTO hook (tenant, id, generation, renewed, disabled) VALUES ('musterstadt', 'weg', 1, '', '')", "webhook weg: is not in the set-up"},
	{"told nobody", aPost("weg", "(SELECT min(id) FROM booking)", "booking.moved", "", "queued", ""), "webhook weg: is not in the set-up"},
	{"told of nobody", aPost("weg", "'nobody'", "booking.moved", "", "queued", ""), "is about a booking that is not there"},
	{"told and not told", aPost("weg", "(SELECT min(id) FROM booking)", "booking.moved", "", "sent", ""), "and yet not done"},
	{"a message about nothing", aPost("weg", "(SELECT min(id) FROM booking)", "message.send", "", "queued", ""), "a message about no letter"},
	{"one id for two", aPost("weg", "'test/a'", "test", "", "queued", "") + "; " + aPost("weg", "'test/b'", "test", "", "queued", ""), "is told 2 things under one id"},
	{"too few seats", `UPDATE slot_template SET spec = REPLACE(spec, '"total":3', '"total":0') WHERE calendar = 'buergerbuero'`, "visits in 0 seats"},
}

// aPost is something that a webhook is to be told.
func aPost(hook, subject, event, kind, state, done string) string {
	return "INSERT INTO hook_post (tenant, hook, subject, version, event, kind, id, state, due, lease, attempts, status, took, reason, created, done) VALUES ('musterstadt', '" +
		hook + "', " + subject + ", 1, '" + event + "', '" + kind + "', 'msg_x', '" + state + "', '2026-07-06T05:00:00Z', '', 0, 0, 0, '', '2026-07-06T05:00:00Z', '" + done + "')"
}

const anIncident = "INSERT INTO incident (tenant, id, step, version, ends, spec) VALUES ('musterstadt', 'n', 'done', 1, '2026-07-07T10:00:00Z', '{}'); "

// aProposal keeps the seats of a visit that is none.
func aProposal(state string) string {
	return "UPDATE booking SET status = 'held', expires = '2030-01-01T00:00:00Z' WHERE status = 'confirmed'; " +
		"INSERT INTO proposal (tenant, id, incident, booking, held, hash, state, version, expires, fallback, created) " +
		"SELECT tenant, 'p', 'n', 'x', id, 'h', '" + state + "', 1, '2031-01-01T00:00:00Z', 'call', '2026-07-06T05:00:00Z' FROM booking WHERE status = 'held'"
}

func TestVerifyFindsWhatIsBroken(t *testing.T) {
	engines := map[string]func(t *testing.T) (url, driver string){
		"SQLite":     func(t *testing.T) (string, string) { return filepath.Join(t.TempDir(), "book.db"), "sqlite" },
		"PostgreSQL": func(t *testing.T) (string, string) { return pgtest.URL(t), "pgx" },
	}
	for engine, open := range engines {
		for _, damage := range damages {
			t.Run(engine+"/"+damage.name, func(t *testing.T) {
				url, driver := open(t)
				d, _ := desktest.Open(t, url)
				for calendar, clock := range map[string]string{"buergerbuero": "09:00", "ausweise": "10:00"} {
					if _, err := d.BookNow(t.Context(), ask(calendar, desktest.At(1, clock), "ausweis"), booking.Form{Visitor: desktest.Ada}, booking.Once{}); err != nil {
						t.Fatal(err)
					}
				}
				if got := verify(t, d); len(got) != 0 {
					t.Fatalf("before: got %q, want a sound book", got)
				}
				spoil(t, driver, url, damage.statement)
				if got := verify(t, d); !strings.Contains(strings.Join(got, "\n"), damage.want) {
					t.Errorf("got %q, want %q", got, damage.want)
				}
			})
		}
	}
}

// Two calendars share seats, of which one gives out four and the other three. The fourth
// visitor has come already, and sits there still when the three come.
func TestSharedSeatsAreThoseOfWhoHasCome(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, clock *desktest.Clock) {
		s := desktest.Musterstadt()
		s.Revision = 1
		for i, total := range []int{4, 3} {
			c := &s.Calendars[i]
			c.Pool, c.Confirm, c.SlotTemplates[0].Seats = "ein", agenda.ConfirmNone, agenda.Seats{Total: total, Public: total}
		}
		if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		requests := []booking.Request{ask("buergerbuero", desktest.At(1, "09:00"), "pass")}
		for range 3 {
			requests = slices.Insert(requests, 0, ask("ausweise", desktest.At(1, "09:10"), "ausweis"))
		}
		for _, r := range requests {
			if _, err := d.BookNow(t.Context(), r, booking.Form{Visitor: desktest.Ada}, booking.Once{}); err != nil {
				t.Fatal(err)
			}
		}
		clock.Set(desktest.At(1, "09:05"))
		if got := verify(t, d); len(got) != 0 {
			t.Errorf("got %q, want a sound book", got)
		}
	})
}

func verify(t *testing.T, d *booking.Desk) (lines []string) {
	t.Helper()
	fresh := booking.Desk{Store: d.Store, Keys: d.Keys}
	broken, err := fresh.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		lines = append(lines, b.String())
	}
	return lines
}

// spoil writes past the program, as a careless administrator would.
func spoil(t *testing.T, driver, url, statement string) {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{statement, "UPDATE tenant SET revision = revision + 1"} { // so that no set-up is remembered
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestForeignKeyIsNoticed(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		if known, err := d.HasKey(t.Context()); known || err != nil {
			t.Fatalf("a fresh database: got %v, %v", known, err)
		}
		for range 2 {
			if err := d.CheckKey(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		other := make([]byte, seal.KeySize)
		other[0] = 1
		keys, err := seal.NewKeys(other)
		if err != nil {
			t.Fatal(err)
		}
		foreign := &booking.Desk{Store: d.Store, Keys: keys}
		if err := foreign.CheckKey(t.Context()); !errors.Is(err, seal.ErrOtherKey) {
			t.Errorf("another key: got %v, want ErrOtherKey", err)
		}
	})
}

func TestTakeOver(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		visit := func(calendar string, days int, clock string, status agenda.Status, services ...string) booking.Earlier {
			return booking.Earlier{Calendar: calendar, Wish: desktest.Wish(services...), Start: desktest.At(days, clock), Status: status, Form: booking.Form{Visitor: desktest.Ada}}
		}
		list := []booking.Earlier{
			visit("impfung", 1, "08:00", agenda.Confirmed, "impfen"),
			visit("impfung", 1, "08:00", agenda.Confirmed, "impfen"),         // the seat is taken
			visit("impfung", 1, "08:03", agenda.Confirmed, "impfen"),         // off the raster
			visit("impfung", 1, "13:00", agenda.Confirmed, "impfen"),         // closed
			visit("impfung", 1, "09:00", agenda.Cancelled, "impfen"),         // leaves the seat free
			visit("impfung", 1, "09:00", agenda.Confirmed, "impfen"),         // and somebody has it
			visit("impfung", -3, "10:00", agenda.Served, "impfen"),           // the past, a Friday
			visit("soziales", 1, "08:00", agenda.Pending, "beratung"),        // waits for the office
			visit("buergerbuero", 1, "08:00", agenda.Confirmed, "beratung"),  // not offered there
			visit("buergerbuero", 1, "08:00", agenda.Confirmed, "ausweis"),   // two public seats ...
			visit("buergerbuero", 1, "08:00", agenda.CheckedIn, "ausweis"),   // ...
			visit("buergerbuero", 1, "08:00", agenda.Confirmed, "ausweis"),   // ... of three
			visit("buergerbuero", 400, "08:00", agenda.Confirmed, "ausweis"), // beyond the horizon
		}
		n, err := d.TakeOver(t.Context(), "musterstadt", list, "test")
		if err != nil {
			t.Fatal(err)
		}
		if want := 8; n != want {
			t.Errorf("got %d visits, want %d", n, want)
		}
		if got := verify(t, d); len(got) != 0 {
			t.Errorf("got %q, want a sound book", got)
		}
		cards, err := d.List(t.Context(), desktest.Clerk(), "impfung", agenda.DateOf(desktest.Start)+1, agenda.DateOf(desktest.Start)+1)
		if err != nil {
			t.Fatal(err)
		}
		if len(cards) != 3 || cards[0].Private.Name != desktest.Ada.Name {
			t.Errorf("got %d cards, want the two visits and the cancelled one with their visitor", len(cards))
		}
		if _, err := d.TakeOver(t.Context(), "musterstadt", []booking.Earlier{list[4], visit("nirgends", 1, "08:00", agenda.Confirmed, "impfen")}, "test"); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("an unknown calendar: got %v, want ErrNotFound", err)
		}
	})
}

// A tenant whose set-up cannot be read, after a slip in the database, kept all others'
// visitors without reminders.
func TestABrokenTenantLeavesTheOthersTheirReminders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	d, c := desktest.Open(t, file)
	other := desktest.Musterstadt()
	other.Tenant.ID = "altstadt" // it comes first
	if _, err := d.Apply(t.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	r, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("pass"), Calendar: "buergerbuero", Start: desktest.At(3, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor},
		booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	spoil(t, "sqlite", file, "UPDATE tenant SET spec = '{' WHERE id = 'altstadt'")
	c.Set(desktest.At(2, "08:01"))
	if err := d.Remind(t.Context(), time.Time{}); err == nil {
		t.Error("nobody hears of the broken tenant")
	}
	reminded := false
	err = d.Store.View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Postings("musterstadt", r.Booking.ID)
		for _, p := range list {
			reminded = reminded || strings.HasPrefix(p.Kind, booking.KindReminder)
		}
		return err
	})
	if err != nil || !reminded {
		t.Errorf("reminded %t, %v", reminded, err)
	}
}
