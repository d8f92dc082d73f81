package public_test

import (
	"os"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/desktest"
)

// A visit for three services of Munich's whole catalogue, from the search to the
// calendar entry.
func TestMunich(t *testing.T) {
	data, err := os.ReadFile("../../config/testdata/munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := config.ReadCatalogue(data, "munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	empty := &agenda.Setup{Tenant: agenda.Tenant{ID: "muenchen", Name: agenda.Plain("München"), Timezone: "Europe/Berlin", State: "BY", Languages: []string{"de", "en"}},
		Mail: agenda.TenantMail{From: "München <termine@muenchen.example>"}, Retention: agenda.Retention{BookingDays: 2, StatisticsDays: 400, JournalDays: 90}}
	setup, _ := config.Import(empty, catalogue, nil)
	c, ok := setup.Calendar("10308013")
	if !ok {
		t.Fatal("the catalogue has lost an office")
	}
	c.SlotTemplates = []agenda.SlotTemplate{{ID: "tag", Weekdays: []string{"mo", "tu", "we", "th", "fr"}, From: 8 * 60, To: 16 * 60, SlotMinutes: 10, Seats: agenda.Seats{Total: 3, Public: 2}, EveryWeeks: 1}}
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		apply(t, d, setup)
		b := serve(t, d).browser(t)
		b.get("/muenchen/?q=personalausweis").want(200, "Personalausweis")
		three := "service=1063425*2&service=1063424*1&service=1064121*1"
		b.get("/muenchen/choose?"+three).want(200, "Weiter")
		b.get("/muenchen/times?"+three+"&day=2026-07-08").want(200, "Wann möchten Sie kommen?", "08:00 Uhr")
		b.post("/muenchen/reserve", b.form("slot", b.slots()[0])).want(200, "Wer kommt?", "08:00–09:00 Uhr")
		b.post("/muenchen/review", b.form("name", "Ada Beispiel", "email", "ada@beispiel.example")).want(200, "Stimmt alles?")
		b.post("/muenchen/book", b.form()).want(200, "Fast geschafft")
		manage := strings.TrimSuffix(b.path, "?done=1")
		clerk := &agenda.Person{Tenant: "muenchen", ID: "clerk", Role: agenda.Clerk}
		date := agenda.DateOf(desktest.At(2, "08:00"))
		list, err := d.List(t.Context(), clerk, "10308013", date, date)
		if err != nil || len(list) != 1 || len(list[0].Items) != 3 || list[0].Items[0].Quantity != 2 {
			t.Fatalf("got %d bookings, %v", len(list), err)
		}
		b.post("/muenchen/c/"+list[0].Private.Confirm, nil).want(200, "Ihr Termin ist gebucht")
		b.get(manage+"/termin.ics").want(200, "BEGIN:VEVENT", "DTSTART;TZID=Europe/Berlin:20260708T080000", "DTEND;TZID=Europe/Berlin:20260708T090000")
	})
}
