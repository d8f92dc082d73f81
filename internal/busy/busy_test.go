package busy_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/busy"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/store"
)

// elsewhere is a server that publishes a calendar.
type elsewhere struct {
	*httptest.Server
	mu     sync.Mutex
	handle http.HandlerFunc
	asked  int
}

func publish(t *testing.T) *elsewhere {
	e := &elsewhere{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.asked++
		handle := e.handle
		e.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *elsewhere) says(handle http.HandlerFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.handle = handle
}

// text publishes a calendar as it stands.
func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
}

func loopback() *outbound.Client {
	return outbound.New(nil, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
}

// name gives the citizens' office a calendar elsewhere that takes two of three seats.
func name(t *testing.T, d *booking.Desk, addresses ...string) {
	t.Helper()
	s := desktest.Musterstadt()
	for i, address := range addresses {
		s.Calendars[0].Busy = append(s.Calendars[0].Busy, agenda.BusySource{ID: fmt.Sprintf("k%d", i), URL: address, Seats: 2, EveryMinutes: 15, StaleDays: 3, WhenStale: agenda.StaleRelease})
	}
	if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		t.Fatal(err)
	}
}

func due(t *testing.T, m *busy.Importer) {
	t.Helper()
	if err := m.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// free is what staff find free at a time of the citizens' office.
func free(t *testing.T, d *booking.Desk, date, clock string) int {
	t.Helper()
	day, err := agenda.ParseDate(date)
	if err != nil {
		t.Fatal(err)
	}
	minute, err := agenda.ParseMinute(clock)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := agenda.At(day, minute, desktest.At(0, "08:00").Location())
	found, err := d.Availability(t.Context(), booking.Search{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendars: []string{"buergerbuero"}, From: day, To: day, By: agenda.Staff})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found.Days[0].Slots {
		if s.Start.Equal(at) {
			return s.Free
		}
	}
	return 0
}

func state(t *testing.T, d *booking.Desk, source string) store.BusyState {
	t.Helper()
	b, err := d.BusyState(t.Context(), store.BusyKey{Tenant: "musterstadt", Calendar: "buergerbuero", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Calendars as Exchange, Nextcloud and Google publish them block the right seats, before
// and after both clock changes.
func TestPublishedCalendarsBlockSeats(t *testing.T) {
	type seen struct {
		date, clock string
		want        int
	}
	for file, all := range map[string][]seen{
		"exchange": {{"2026-10-12", "08:50", 3}, {"2026-10-12", "09:00", 1}, {"2026-10-19", "09:50", 1}, {"2026-10-19", "10:00", 3}, {"2026-10-26", "11:00", 1}, {"2026-10-27", "08:00", 1}, {"2026-11-02", "09:00", 3},
			{"2026-11-09", "09:00", 1}, {"2026-11-09", "10:00", 3}, {"2026-11-16", "09:00", 3}, {"2027-02-26", "08:20", 1}, {"2027-04-30", "08:00", 1}, {"2027-04-30", "08:30", 3}},
		"nextcloud": {{"2027-03-22", "08:00", 1}, {"2027-03-24", "11:50", 1}, {"2027-03-29", "11:50", 0}, {"2027-04-01", "10:00", 3}},
		"google":    {{"2026-10-05", "09:00", 1}, {"2026-10-05", "09:50", 3}, {"2026-10-06", "10:00", 3}, {"2026-10-07", "10:00", 3}},
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile("../foreign/testdata/" + file + ".ics")
			if err != nil {
				t.Fatal(err)
			}
			desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
				e := publish(t)
				e.says(text(string(data)))
				name(t, d, e.URL+"/calendar.ics")
				due(t, &busy.Importer{Desk: d, Client: loopback()})
				for _, s := range all {
					if got := free(t, d, s.date, s.clock); got != s.want {
						t.Errorf("%s %s: %d free, want %d", s.date, s.clock, got, s.want)
					}
				}
				if b := state(t, d, "k0"); b.Fault != "" || b.Strange != 0 || b.Entries == 0 {
					t.Errorf("got %+v", b)
				}
			})
		})
	}
}

const monday = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTART:20260713T070000Z\r\nDTEND:20260713T080000Z\r\nSUMMARY:Canary-4711\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

// An unchanged calendar is not sent again, and if it is, nothing is written.
func TestAnUnchangedCalendarWritesNothing(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		e := publish(t)
		var validators []string
		e.says(func(w http.ResponseWriter, r *http.Request) {
			validators = append(validators, r.Header.Get("If-None-Match"))
			if r.Header.Get("If-None-Match") == `"v1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("ETag", `"v1"`)
			fmt.Fprintf(w, monday, "a")
		})
		name(t, d, e.URL+"/a.ics")
		m := &busy.Importer{Desk: d, Client: loopback()}
		due(t, m)
		due(t, m) // not yet due again
		before := state(t, d, "k0")
		c.Advance(20 * time.Minute)
		due(t, m)
		after := state(t, d, "k0")
		if !slices.Equal(validators, []string{"", `"v1"`}) || !after.Fetched.After(before.Fetched) || after.Digest != before.Digest {
			t.Errorf("asked with %q; before %+v, after %+v", validators, before, after)
		}
		if got := free(t, d, "2026-07-13", "09:00"); got != 1 {
			t.Errorf("%d free, want 1", got)
		}
		c.Set(desktest.Start.AddDate(0, 0, 20)) // the window has moved on: it is wanted whole
		due(t, m)
		if last := validators[len(validators)-1]; last != "" {
			t.Errorf("asked with %q after three weeks", last)
		}
	})
}

// A visit booked here that stands in a clerk's own calendar takes no second seat.
func TestOwnVisitsTakeNoSeats(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		r, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(7, "11:00"), By: agenda.Public, Actor: booking.ActorVisitor},
			booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		e := publish(t)
		e.says(text(fmt.Sprintf(monday, r.Booking.UID)))
		name(t, d, e.URL+"/a.ics")
		due(t, &busy.Importer{Desk: d, Client: loopback()})
		if got := free(t, d, "2026-07-13", "09:00"); got != 3 {
			t.Errorf("%d free, want 3", got)
		}
	})
}

// What is wrong elsewhere becomes a word, disturbs no other source, and neither address
// nor answer gets anywhere.
func TestWhatGoesWrongElsewhereH2H5H7(t *testing.T) {
	d, c := desktest.SQLite(t)
	good, bad := publish(t), publish(t)
	good.says(text(fmt.Sprintf(monday, "a")))
	name(t, d, bad.URL+"/secret-4711.ics", good.URL+"/a.ics")
	m := &busy.Importer{Desk: d, Client: loopback()}
	bomb := "BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\r\nDTSTART:20260713T070000Z\r\nEND:VEVENT\r\n", 21_000) + "END:VCALENDAR\r\n"
	for _, test := range []struct {
		what string
		says http.HandlerFunc
		want string
	}{
		{"a page", text("<html>Canary-4711</html>"), busy.NoCalendar},
		{"nothing", text(""), busy.NoCalendar},
		{"not there", http.NotFound, string(outbound.BadStatus)},
		{"broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, string(outbound.BadStatus)},
		{"very many entries", text(bomb), busy.TooMuch},
		{"more than is read", func(w http.ResponseWriter, _ *http.Request) {
			for range 6 {
				fmt.Fprint(w, strings.Repeat("A", 1<<20))
			}
		}, string(outbound.TooLarge)},
		{"into the inner network", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/canary", http.StatusFound)
		}, string(outbound.Forbidden)},
	} {
		t.Run(test.what, func(t *testing.T) {
			bad.says(test.says)
			c.Advance(12 * time.Hour)
			due(t, m)
			if b := state(t, d, "k0"); b.Fault != test.want {
				t.Errorf("got %q, want %q", b.Fault, test.want)
			}
			if b := state(t, d, "k1"); b.Fault != "" || !b.Fetched.Equal(c.Now()) {
				t.Errorf("the other source: %+v", b)
			}
		})
	}
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		entries, err := tx.Journal("musterstadt", "setup")
		for _, e := range entries {
			if strings.Contains(fmt.Sprint(e), "4711") {
				t.Errorf("the journal has %v", e)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func planner() *agenda.Person {
	return &agenda.Person{Tenant: "musterstadt", ID: "planer", Name: "Uwe Muster", Role: agenda.Planner}
}

// By hand a source is asked at once, but not again and again.
func TestAskedByHandH8(t *testing.T) {
	d, c := desktest.SQLite(t)
	e := publish(t)
	e.says(text(fmt.Sprintf(monday, "a")))
	name(t, d, e.URL+"/a.ics")
	m := &busy.Importer{Desk: d, Client: loopback()}
	k := store.BusyKey{Tenant: "musterstadt", Calendar: "buergerbuero", Source: "k0"}
	if err := m.Now(t.Context(), planner(), k); err != nil {
		t.Fatal(err)
	}
	if err := m.Now(t.Context(), planner(), k); !errors.Is(err, booking.ErrJustAsked) {
		t.Errorf("at once again: %v", err)
	}
	c.Advance(time.Minute)
	if err := m.Now(t.Context(), planner(), k); err != nil || e.asked != 2 {
		t.Errorf("a minute later: %v, asked %d times", err, e.asked)
	}
}
