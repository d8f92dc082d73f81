package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// TestBookMoveCancel is the whole way of a visitor, with the faults people make.
// It is long because it is one story.
func TestBookMoveCancel(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		b := serve(t, d).browser(t)
		b.get("/").want(200, "Musterstadt", "Personalausweis")
		b.get("/musterstadt").want(200, "Was möchten Sie erledigen?")
		b.get("/musterstadt/?q=PERSONALAUSW").want(200, "1 Anliegen", "Personalausweis", "!Impfung")
		b.get(b.links("times")[0]).want(200, "Wann möchten Sie kommen?", "Für mehrere Personen oder mehrere Anliegen")
		b.get(b.links("choose")[0]).want(200, "Gleich mit erledigen", "Reisepass", "Wie oft?")
		b.get("/musterstadt/choose?service=ausweis*2&add=pass").want(200, "Entfernen")
		b.get("/musterstadt/choose?service=ausweis*2&service=pass*1&next=1").want(200, "Wann möchten Sie kommen?", "2 × Personalausweis", "Der früheste Termin")
		if got, want := b.slots()[0], "buergerbuero@2026-07-06T08:00:00+02:00"; got != want {
			t.Fatalf("got first slot %s, want %s", got, want)
		}
		b.get("/musterstadt/times?service=ausweis*2&service=pass&day=2026-07-08").want(200, "08:00 Uhr")
		b.post("/musterstadt/reserve", b.form("slot", b.slots()[0])).want(200, "Wer kommt?", "bis 07:20 Uhr für Sie reserviert", "08:00–08:40 Uhr")
		if !strings.HasPrefix(b.path, "/musterstadt/details?") {
			t.Errorf("got %s, want the details", b.path)
		}
		b.post("/musterstadt/review", b.form("name", "", "email", "keine-adresse", "note", "Bitte <laut>")).
			want(422, "Bitte prüfen Sie Ihre Angaben", "vollständige E-Mail-Adresse", "Feld „Vorname und Nachname“", "keine-adresse", "Bitte &lt;laut&gt;")
		b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "email", "ada@beispiel.example", "note", "Zeile 1\r\nZeile 2")).
			want(200, "Stimmt alles?", "Ada Beispiel", "ada@beispiel.example", "Termin jetzt buchen")
		sent := b.form()
		b.post("/musterstadt/details", sent).want(200, "Wer kommt?", `value="Ada Beispiel"`, "Zeile 2")
		b.post("/musterstadt/book", sent).want(200, "Ihr Termin ist gebucht", "ada@beispiel.example", "Vorgangsnummer", "Marktplatz 1")
		done := b.path
		b.post("/musterstadt/book", sent).want(200)
		if b.path != done || len(cards(t, d)) != 1 {
			t.Errorf("sent twice: got %s and %d bookings, want %s again", b.path, len(cards(t, d)), done)
		}
		manage := strings.TrimSuffix(done, "?done=1")
		b.get(manage+"/termin.ics").want(200, "BEGIN:VEVENT", "METHOD:PUBLISH", "DTSTART;TZID=Europe/Berlin:20260708T080000", "!/m/", "!ATTENDEE")
		if got := b.header.Get("Content-Type") + " " + b.header.Get("Content-Disposition"); got != `text/calendar; charset=utf-8 attachment; filename="termin.ics"` {
			t.Errorf("got %s", got)
		}
		b.get(manage).want(200, "Ihr Termin", "Termin verschieben", "Mittwoch, 8. Juli 2026, 06:00 Uhr")
		b.get(manage+"/move?day=2026-07-09").want(200, "Auf wann", "Bisheriger Termin", "08:40 Uhr")
		b.get(b.links("slot=")[2]).want(200, "Termin verschieben?", "Mittwoch, 8. Juli 2026", "Donnerstag, 9. Juli 2026", "08:20–09:00 Uhr")
		b.post(manage+"/move", b.form()).want(200, "Ihr Termin ist verschoben", "Donnerstag, 9. Juli 2026", "08:20–09:00 Uhr")
		b.get(manage+"/cancel").want(200, "Termin wirklich absagen?")
		if got := cards(t, d)[0].Status; got != agenda.Confirmed {
			t.Errorf("got %s after looking at the page that cancels", got)
		}
		b.post(manage+"/cancel", nil).want(200, "Termin abgesagt", "!Ada")
		b.get(manage).want(200, "findet nicht statt", "!Ada", "!ada@")
		b.get(manage + "/termin.ics").want(404)
	})
}

func cards(t *testing.T, d *booking.Desk) []*booking.Card {
	t.Helper()
	today := agenda.DateOf(desktest.Start)
	list, err := d.List(t.Context(), desktest.Clerk(), "", today, today+60)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
