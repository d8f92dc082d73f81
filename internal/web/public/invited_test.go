package public_test

import (
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// invite gives out a link to services that are public by link only.
func invite(t *testing.T, d *booking.Desk, uses int, calendar string, services ...string) (l *agenda.ServiceLink, way string) {
	t.Helper()
	w := booking.LinkWish{Services: services, Calendar: calendar, Until: agenda.DateOf(desktest.At(9, "00:00")), Uses: uses}
	l, secret, err := d.InviteByLink(t.Context(), desktest.Clerk(), w)
	if err != nil {
		t.Fatal(err)
	}
	return l, "/musterstadt/i/" + secret
}

// byLink makes two services of Musterstadt bookable by link only.
func byLink(t *testing.T, d *booking.Desk) {
	t.Helper()
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[0].Public, s.Services[2].Public = agenda.VisibleLink, agenda.VisibleLink
	s.Calendars[2].Contact.Email = agenda.ContactRequired
	if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
}

// Whoever bears a link goes the ordinary way; nobody else sees the service, and looking
// never uses the link up.
func TestBookByInvitation(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		byLink(t, d)
		_, way := invite(t, d, 1, "buergerbuero", "ausweis")
		b := serve(t, d).browser(t)
		b.get("/musterstadt/").want(200, "!Personalausweis", "Reisepass")
		b.get("/musterstadt/times?service=ausweis").want(404)
		b.get("/musterstadt/i/GERATEN").want(404)
		b.get("/musterstadt/i/GERATEN/times?service=ausweis").want(404)
		b.post("/musterstadt/i/GERATEN/book", nil).want(404)
		b.get(way + "/times?service=beratung").want(404)
		for range 3 {
			b.get(way).want(200, "Personalausweis", "Wann möchten Sie kommen?", "Für mehrere Personen")
			b.get(b.links("/choose")[0]).want(200, "Personalausweis", "Wie oft?", "Reisepass")
		}
		b.get(way+"/choose?service=ausweis*2&next=1").want(200, "Wann möchten Sie kommen?", "2 × Personalausweis")
		b.get(way+"/times?service=ausweis*1&view=month").want(200, "Juli 2026")
		b.post(way+"/reserve", url.Values{"service": {"ausweis*1"}, "slot": {"ausweise@2026-07-07T08:00:00+02:00"}}).want(404)
		b.get(way+"/times?service=ausweis*1").want(200, "Der früheste Termin")
		b.get(way + "/times?service=ausweis*1&day=2026-07-08").want(200)
		b.post(way+"/reserve", b.form("slot", b.slots()[0])).want(200, "Wer kommt?", "reserviert")
		if !strings.HasPrefix(b.path, way+"/details?") {
			t.Errorf("got %s, want to stay on the way of the link", b.path)
		}
		b.post(way+"/review", b.form("name", "Ada Beispiel", "email", "ada@beispiel.example")).want(200, "Stimmt alles?")
		sent := b.form()
		b.post(way+"/others", sent).want(200, "Personalausweis")
		b.post("/musterstadt/book", sent).want(410) // the same form without its link
		b.post(way+"/book", sent).want(200, "Vorgangsnummer")
		done := b.path
		b.post(way+"/book", sent).want(200)
		if b.path != done || len(cards(t, d)) != 1 {
			t.Errorf("sent twice: got %s and %d bookings", b.path, len(cards(t, d)))
		}
		manage := strings.TrimSuffix(done, "?done=1")
		b.get(manage+"/move?day=2026-07-09").want(200, "08:40 Uhr")
		b.get(b.links("slot=")[2]).want(200)
		b.post(manage+"/move", b.form()).want(200, "Ihr Termin ist verschoben")
		b.get(way).want(410, "Dieser Link gilt nicht mehr")
		b.get(way + "/times?service=ausweis").want(410)
		b.post(way+"/reserve", sent).want(410)
	})
}

// Two people have the same form open; the link is for one.
func TestInvitationIsUsedUpMeanwhile(t *testing.T) {
	d, _ := desktest.SQLite(t)
	byLink(t, d)
	_, way := invite(t, d, 1, "buergerbuero", "ausweis")
	site := serve(t, d)
	ready := func() *browser {
		b := site.browser(t)
		b.get(way + "/times?service=ausweis*1").want(200)
		b.post(way+"/reserve", b.form("slot", b.slots()[0])).want(200)
		return b.post(way+"/review", b.form("name", "Ada Beispiel", "email", "ada@beispiel.example")).want(200)
	}
	first, second := ready(), ready()
	second.post(way+"/book", second.form()).want(200, "Vorgangsnummer")
	first.post(way+"/book", first.form()).want(410, "Dieser Link gilt nicht mehr")
}

func TestInvitationForSeveralServices(t *testing.T) {
	d, _ := desktest.SQLite(t)
	byLink(t, d)
	l, way := invite(t, d, 3, "", "ausweis", "beratung")
	for _, lang := range []string{"de", "en"} {
		b := serve(t, d).browser(t)
		b.lang = lang
		b.get(way).want(200, "Personalausweis", "Beratung", "2026", "!Reisepass")
		b.get(b.links("beratung")[0]).want(200)
	}
	if err := d.RevokeServiceLink(t.Context(), desktest.Clerk(), l.ID); err != nil {
		t.Fatal(err)
	}
	serve(t, d).browser(t).get(way).want(410)
}
