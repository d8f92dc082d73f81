// Package desktest gives tests a desk on a real, fresh database of each engine,
// with a clock they set and a small invented town. Only tests import it.
package desktest

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Clock is the time that a test's database tells.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the time the test has set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set sets the time.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Advance moves the time on.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// Start is Monday, 6 July 2026, 07:00 in Musterstadt: when tests begin.
var Start = time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC)

// Each runs a test on a desk of each engine.
func Each(t *testing.T, f func(t *testing.T, d *booking.Desk, c *Clock)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		d, c := SQLite(t)
		f(t, d, c)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		d, c := Open(t, pgtest.URL(t))
		f(t, d, c)
	})
}

// SQLite gives a desk on a fresh file, with Musterstadt in it.
func SQLite(t testing.TB) (*booking.Desk, *Clock) {
	t.Helper()
	return Open(t, filepath.Join(t.TempDir(), "book.db"))
}

// Open gives a desk on an empty database, with Musterstadt in it.
func Open(t testing.TB, url string) (*booking.Desk, *Clock) {
	t.Helper()
	c := &Clock{now: Start}
	d := Beside(t, url, c)
	if _, err := d.Apply(t.Context(), Musterstadt(), booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	return d, c
}

// Beside gives another desk on a database that is open already, as another process has
// one: a command beside the running service, or a second service.
func Beside(t testing.TB, url string, c *Clock) *booking.Desk {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{Clock: func(time.Time) time.Time { return c.Now() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := seal.NewKeys(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return &booking.Desk{Store: s, Keys: keys, Compare: func(err error) { t.Error(err) }}
}

// Musterstadt is a town with four calendars, open Monday to Friday 08:00 to 12:00:
// "buergerbuero" with 3 seats, 2 of them public, confirmed at once; "ausweise", the
// same site, confirmed by mail; "soziales", one seat, by approval, e-mail optional;
// "impfung", no holds, one seat every 5 minutes.
func Musterstadt() *agenda.Setup {
	week := []string{"mo", "tu", "we", "th", "fr"}
	hours := func(slot int, seats agenda.Seats) []agenda.SlotTemplate {
		return []agenda.SlotTemplate{{ID: "vormittag", Weekdays: week, From: 8 * 60, To: 12 * 60, SlotMinutes: slot, Seats: seats, EveryWeeks: 1}}
	}
	service := func(id, name string, minutes int, with ...string) agenda.Service {
		return agenda.Service{ID: id, Name: agenda.Plain(name), Minutes: minutes, MinutesMore: -1, MaxQuantity: 3, Combinable: with,
			LeadMinutes: 60, HorizonDays: 60, CancelByMinutes: 120, Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic}
	}
	s := &agenda.Setup{
		Tenant:    agenda.Tenant{ID: "musterstadt", Name: agenda.Plain("Musterstadt"), Timezone: "Europe/Berlin", State: "NI", Languages: []string{"de", "en"}, Phone: "05550 100"},
		Mail:      agenda.TenantMail{From: "Musterstadt <termine@musterstadt.example>"},
		Retention: agenda.Retention{BookingDays: 2, StatisticsDays: 400, JournalDays: 90},
		Departments: []agenda.Department{
			{ID: "buergerdienste", Name: agenda.Text{"de": "Bürgerdienste", "en": "Citizens' office"}, Phone: "05550 110", Mail: "Bürgerdienste <buerger@musterstadt.example>", Invite: "request"},
			{ID: "soziales", Name: agenda.Plain("Soziales"), Phone: "05550 120", Mail: "Soziales <soziales@musterstadt.example>", Invite: "publish"},
		},
		Sites: []agenda.Site{
			{ID: "rathaus", Name: agenda.Plain("Rathaus"), Street: "Marktplatz 1", PostalCode: "37000", City: "Musterstadt", Lat: 51.7, Lon: 9.9, Public: true},
			{ID: "nebenstelle", Name: agenda.Plain("Nebenstelle"), Street: "Lindenweg 5", PostalCode: "37000", City: "Musterstadt", Public: true},
		},
		Services: []agenda.Service{
			service("ausweis", "Personalausweis", 10, "pass"), service("pass", "Reisepass", 20), service("beratung", "Beratung", 30), service("impfen", "Impfung", 5),
		},
	}
	calendar := func(id, department, site, confirm string, hold int, templates []agenda.SlotTemplate, offers ...string) agenda.Calendar {
		c := agenda.Calendar{ID: id, Department: department, Site: site, Contact: agenda.Contact{Email: agenda.ContactRequired, Phone: agenda.ContactOptional},
			TickMinutes: 5, Confirm: confirm, HoldMinutes: hold, ConfirmMinutes: 60, SlotTemplates: templates}
		for _, o := range offers {
			c.Services = append(c.Services, agenda.Offer{ID: o})
		}
		return c
	}
	s.Calendars = []agenda.Calendar{
		calendar("buergerbuero", "buergerdienste", "rathaus", agenda.ConfirmNone, 20, hours(10, agenda.Seats{Total: 3, Public: 2}), "ausweis", "pass"),
		calendar("ausweise", "buergerdienste", "rathaus", agenda.ConfirmEmail, 20, hours(10, agenda.Seats{Total: 1, Public: 1}), "ausweis"),
		calendar("soziales", "soziales", "nebenstelle", agenda.ConfirmStaff, 20, hours(30, agenda.Seats{Total: 1, Public: 1}), "beratung"),
		calendar("impfung", "buergerdienste", "nebenstelle", agenda.ConfirmNone, 0, hours(5, agenda.Seats{Total: 1, Public: 1}), "impfen"),
	}
	s.Calendars[0].Reminders = []agenda.Span{{Days: 7}, {Minutes: 24 * 60}}
	s.Calendars[0].StaffMail = agenda.StaffMail{To: "buero@musterstadt.example", On: []string{"booked", "moved", "cancelled"}, DailyList: "07:00"}
	s.Calendars[2].Contact = agenda.Contact{Email: agenda.ContactOptional, Phone: agenda.ContactOptional}
	return s
}

// Ada is somebody who books.
var Ada = agenda.Visitor{Name: "Ada Beispiel", Email: "ada@beispiel.example", Phone: "05550 4711"}

// Clerk is staff of the whole town.
func Clerk() *agenda.Person {
	return &agenda.Person{Tenant: "musterstadt", ID: "clerk", Name: "Uwe Muster", Role: agenda.Clerk}
}

// At is a wall-clock time in Musterstadt, days after Start's date.
func At(days int, clock string) time.Time {
	m, err := agenda.ParseMinute(clock)
	if err != nil {
		panic(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	t, _ := agenda.At(agenda.DateOf(Start)+agenda.Date(days), m, zone)
	return t
}

// Wish is one or more services, one of each.
func Wish(services ...string) agenda.Wish {
	var w agenda.Wish
	for _, s := range services {
		w.Items = append(w.Items, agenda.Item{Service: s, Quantity: 1})
	}
	return w
}
