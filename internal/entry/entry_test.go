package entry_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/web/builttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// card is a visit for two services in an invented town.
func card(t *testing.T) *booking.Card {
	t.Helper()
	s := &agenda.Setup{
		Tenant: agenda.Tenant{ID: "musterstadt", Name: agenda.Plain("Stadt Musterstadt"), Timezone: "Europe/Berlin", Languages: []string{"de", "en"}},
		Mail:   agenda.TenantMail{From: "Musterstadt <termine@musterstadt.example>"},
		Departments: []agenda.Department{
			{ID: "hilfe", Name: agenda.Plain("Schuldnerberatung"), Mail: "Schuldnerberatung <schulden@musterstadt.example>"},
		},
		Sites: []agenda.Site{{ID: "rathaus", Name: agenda.Plain("Rathaus"), Street: "Marktplatz 1", PostalCode: "37000", City: "Musterstadt", Lat: 51.7, Lon: 9.9}},
		Services: []agenda.Service{
			{ID: "ausweis", Name: agenda.Text{"de": "Personalausweis", "en": "Identity card"}, Checklist: []agenda.Text{agenda.Plain("Foto"), agenda.Plain("Alter Ausweis")}},
			{ID: "pass", Name: agenda.Plain("Reisepass"), Checklist: []agenda.Text{agenda.Plain("Foto")},
				Questions: []agenda.Question{
					{ID: "art", Label: agenda.Plain("Anlass"), Type: "choice", Options: []agenda.Option{{ID: "neu", Label: agenda.Plain("Neu")}}},
					{ID: "kind", Label: agenda.Plain("Für ein Kind?"), Type: "yesno"},
				}},
		},
		Calendars: []agenda.Calendar{{ID: "buero", Department: "hilfe", Site: "rathaus", Room: agenda.Plain("Zimmer 12, Erdgeschoss")}},
	}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 7, 7, 6, 30, 0, 0, time.UTC)
	return &booking.Card{
		Booking: &agenda.Booking{
			UID: "FIXED@terminvergabe", Reference: "ABCD-2345", Status: agenda.Confirmed, Mode: agenda.ModeOnsite, Sequence: 1,
			Start: start, End: start.Add(30 * time.Minute), Changed: start.Add(-48 * time.Hour), Sealed: []byte("x"),
			Items: []agenda.Item{{Service: "ausweis", Quantity: 2}, {Service: "pass", Quantity: 1, Answers: map[string]string{"art": "neu", "kind": "no"}}},
		},
		Private: agenda.Private{Manage: "MANAGESECRET", Confirm: "CONFIRMSECRET", StaffNote: "ruhiger Raum", CaseReference: "AZ 7/26",
			Visitor: agenda.Visitor{Name: "Ada Beispiel", ContactName: "Grace Beispiel", Email: "ada@beispiel.example", Phone: "05550 4711", Note: "Bitte\nlaut sprechen"}},
		Setup: s, Calendar: &s.Calendars[0],
	}
}

func printer(t *testing.T, lang string) *i18n.Printer {
	t.Helper()
	cat := builttest.Texts(t)
	return cat.Printer(lang)
}

// TestGolden holds every level of detail to its file; it is long because its table is.
func TestGolden(t *testing.T) {
	sensitive := func(c *booking.Card) { c.Setup.Services[0].Sensitive = true }
	phone := func(c *booking.Card) { c.Mode = agenda.ModePhone }
	pending := func(c *booking.Card) { c.Status = agenda.Pending }
	forgotten := func(c *booking.Card) { c.Sealed, c.Private = nil, agenda.Private{} }
	for _, g := range []struct {
		name   string
		lang   string
		detail entry.Detail
		change func(*booking.Card)
	}{
		{"visitor", "de", entry.ForVisitor, nil},
		{"visitor-en", "en", entry.ForVisitor, nil},
		{"visitor-sensitive", "de", entry.ForVisitor, sensitive},
		{"visitor-phone", "de", entry.ForVisitor, phone},
		{"busy", "de", entry.Busy, nil},
		{"busy", "de", entry.Busy, sensitive}, // nobody sees which
		{"service", "de", entry.Service, pending},
		{"service-sensitive", "de", entry.Service, sensitive},
		{"full", "de", entry.Full, sensitive},
		{"full-forgotten", "de", entry.Full, forgotten},
	} {
		t.Run(g.name, func(t *testing.T) {
			c := card(t)
			if g.change != nil {
				g.change(c)
			}
			got := encode(t, entry.Event(entry.Visit(*c), printer(t, g.lang), g.detail))
			file := filepath.Join("testdata", g.name+".ics")
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if strings.Contains(string(got), "SECRET") {
				t.Error("a secret is in the entry")
			}
		})
	}
}

// encode writes the entry as it travels: a letter where there is somebody to
// write to, else a download.
func encode(t *testing.T, e ical.Event) []byte {
	t.Helper()
	at := time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC)
	write := func() ([]byte, error) { return ical.Download(e, at) }
	if e.Attendee.Mail != "" {
		write = func() ([]byte, error) { return ical.Letter(ical.Request, e, at) }
	}
	b, err := write()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStates(t *testing.T) {
	for _, s := range []struct {
		status               agenda.Status
		cancelled, tentative bool
	}{
		{agenda.Pending, false, true}, {agenda.Confirmed, false, false}, {agenda.Served, false, false},
		{agenda.Cancelled, true, false}, {agenda.Expired, true, false},
	} {
		c := card(t)
		c.Status = s.status
		e := entry.Event(entry.Visit(*c), printer(t, "de"), entry.ForVisitor)
		if e.Cancelled != s.cancelled || e.Tentative != s.tentative {
			t.Errorf("%s: got cancelled %v, tentative %v", s.status, e.Cancelled, e.Tentative)
		}
	}
}
