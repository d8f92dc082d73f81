package public_test

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// stored is the booking that a manage link opens.
func stored(t *testing.T, d *booking.Desk, path string) *agenda.Booking {
	t.Helper()
	secret := path[strings.LastIndex(path, "/")+1:]
	card, err := d.Manage(t.Context(), "musterstadt", secret)
	if err != nil {
		t.Fatal(err)
	}
	return card.Booking
}

// Following the link answers nothing; pressing the button does, once; after the start and
// after a cancellation the page says that nothing is left to do. It never says so of a visit
// that is not confirmed yet: there something is left to do.
func TestComing(t *testing.T) {
	d, clock := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	r, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero",
		Start: desktest.At(2, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	path := "/musterstadt/m/" + r.Manage
	b.get(path+"/coming").want(200, "Kommen Sie zu Ihrem Termin?", "Ich komme", `href="`+path+`/move"`, `href="`+path+`/cancel"`)
	if got := stored(t, d, path); !got.Coming.IsZero() || got.Version != r.Booking.Version {
		t.Fatalf("got %+v: a GET answered", got)
	}
	b.post(path+"/coming", nil).want(200, "Vielen Dank. Sie haben uns gesagt, dass Sie kommen.")
	first := stored(t, d, path)
	if !first.Coming.Equal(clock.Now()) || first.Sequence != r.Booking.Sequence {
		t.Errorf("got %v, sequence %d; want %v, %d", first.Coming, first.Sequence, clock.Now(), r.Booking.Sequence)
	}
	clock.Advance(time.Hour)
	b.post(path+"/coming", nil).want(200, "Vielen Dank.")
	if again := stored(t, d, path); again.Version != first.Version || !again.Coming.Equal(first.Coming) {
		t.Errorf("got %+v after the second press, want nothing changed", again)
	}
	if _, err := d.Move(t.Context(), "musterstadt", r.Manage, booking.Target{Start: desktest.At(2, "09:00")}); err != nil {
		t.Fatal(err)
	}
	if moved := stored(t, d, path); !moved.Coming.IsZero() {
		t.Error("the answer holds for another time")
	}
	clock.Set(desktest.At(2, "09:00"))
	b.post(path+"/coming", nil).want(200, "Eine Antwort ist nicht mehr nötig")
	clock.Set(desktest.At(1, "09:00"))
	if _, err := d.Cancel(t.Context(), "musterstadt", r.Manage); err != nil {
		t.Fatal(err)
	}
	b.post(path+"/coming", nil).want(200, "Termin abgesagt")
	clock.Set(desktest.Start)
	for calendar, service := range map[string]string{"ausweise": "ausweis", "soziales": "beratung"} { // by e-mail, by staff
		open, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish(service), Calendar: calendar,
			Start: desktest.At(2, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		b.get("/musterstadt/m/"+open.Manage+"/coming").want(200, "!nicht mehr nötig", "!nichts weiter", "!Ich komme")
	}
	acts := 0
	err = d.Store.View(t.Context(), func(tx *store.Tx) error {
		entries, err := tx.Journal("musterstadt", r.Booking.ID)
		for _, e := range entries {
			if e.Act == "coming" && e.Actor == booking.ActorVisitor {
				acts++
			}
		}
		return err
	})
	if err != nil || acts != 1 {
		t.Errorf("got %d entries of the journal, %v; want 1", acts, err)
	}
}

// Whoever has the page open while the office moves the visit said yes to a time that they
// had never read, and kept it by that.
func TestComingToAnotherTime(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	r, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero",
		Start: desktest.At(2, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	path := "/musterstadt/m/" + r.Manage
	read := b.get(path+"/coming").want(200, "08:00").lastForm()
	if _, err := d.MoveFor(t.Context(), desktest.Clerk(), r.Booking.ID, booking.Target{Start: desktest.At(3, "09:00")}); err != nil {
		t.Fatal(err)
	}
	b.post(path+"/coming", read).want(200, "Kommen Sie zu Ihrem Termin?", "09:00", "!Vielen Dank")
	if got := stored(t, d, path); !got.Coming.IsZero() {
		t.Errorf("said to come at %v", got.Start)
	}
	b.post(path+"/coming", b.lastForm()).want(200, "Vielen Dank")
}

// That a visit has to be confirmed once more stands there before anybody books it: on the
// service's page, and with the day on which it ends in the review; where nobody will ask,
// nowhere.
func TestThatWeAskIsSaidBeforeBooking(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[1].Reconfirm = agenda.Reconfirm{Ask: agenda.Span{Days: 4}, By: agenda.Span{Days: 1}}
	apply(t, d, s)
	w := serve(t, d)
	const asks = "Vor dem Termin fragen wir Sie per E-Mail, ob Sie kommen."
	b := w.browser(t)
	b.get("/musterstadt/s/pass").want(200, asks+" Bitte bestätigen Sie den Termin dann, spätestens 1 Tag vorher. Ohne Ihre Antwort sagen wir den Termin ab")
	b.get("/musterstadt/s/ausweis").want(200, "!"+asks)
	w.reviewed(t, "service=pass", "buergerbuero@2026-07-10T08:00:00+02:00").want(200, asks+" Bitte antworten Sie bis Donnerstag, 9. Juli 2026, 08:00 Uhr. Ohne Ihre Antwort")
	w.reviewed(t, "service=ausweis", "ausweise@2026-07-10T08:00:00+02:00").want(200, "!"+asks)
	c.Set(desktest.At(3, "09:00")) // too late to ask
	w.reviewed(t, "service=pass", "buergerbuero@2026-07-10T08:00:00+02:00").want(200, "!"+asks)
}
