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

// proposed books Ada's visit on Tuesday at nine and proposes half past nine to her: the
// address of the proposal, and her manage link.
func proposed(t *testing.T, d *booking.Desk, fallback string) (at, manage string) {
	t.Helper()
	lead := &agenda.Person{Tenant: "musterstadt", ID: "lead", Role: agenda.Lead}
	r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(1, "09:00"), By: agenda.Public, Actor: booking.ActorVisitor}
	v, err := d.BookNow(t.Context(), r, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := d.OpenIncident(t.Context(), lead, agenda.Incident{Reason: "ill", Calendars: []string{"buergerbuero"}, From: desktest.At(1, "09:00"), To: desktest.At(1, "09:20"), Close: agenda.CloseAll})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = d.ChooseAffected(t.Context(), lead, n.ID, []string{v.Booking.ID}); err != nil {
		t.Fatal(err)
	}
	x := booking.Decisions{Act: agenda.ActPropose, Days: 3, Fallback: fallback, Each: map[string]booking.Decision{v.Booking.ID: {Calendar: "buergerbuero", Start: desktest.At(1, "09:30")}}}
	if _, err = d.Decide(t.Context(), lead, n.ID, x); err != nil {
		t.Fatal(err)
	}
	if _, err = d.ConfirmIncident(t.Context(), lead, n.ID); err != nil {
		t.Fatal(err)
	}
	if err = d.CarryOut(t.Context(), "musterstadt", n.ID, 9); err != nil {
		t.Fatal(err)
	}
	err = d.Store.View(t.Context(), func(tx *store.Tx) error {
		b, err := tx.Booking("musterstadt", v.Booking.ID)
		if err != nil {
			return err
		}
		s, err := tx.Setup("musterstadt")
		if err != nil {
			return err
		}
		letters, err := tx.Postings("musterstadt", b.ID)
		for _, p := range letters {
			if p.Kind == booking.KindProposal {
				e, _, err := d.Enclose(tx, p, s, b)
				at = "/musterstadt/p/" + e.Secret
				return err
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at, "/musterstadt/m/" + v.Manage
}

// Looking answers nothing; the yes moves the visit, and is said once.
func TestProposalAccepted(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	at, manage := proposed(t, d, agenda.FallbackCancel)
	b := w.browser(t)
	for range 2 {
		b.get(at).want(200, "Unser Vorschlag", "09:30", "09:00", "sagen wir Ihren Termin ab", manage+"/move", "!Ada")
	}
	b.get(manage).want(200, "09:00", "Vorschlag ansehen", at)
	b.post(at, nil).want(200, "09:30")
	if want := manage + "?moved=1"; b.path != want {
		t.Errorf("got %s, want %s", b.path, want)
	}
	b.post(at, nil).want(200, "09:30", "!Vorschlag ansehen")
	b.get(at).want(200, "schon angenommen", manage)
	b.post(at+"/cancel", nil).want(409, "schon angenommen")
	b.get("/musterstadt/p/" + strings.TrimPrefix(manage, "/musterstadt/m/")).want(404)
}

func TestProposalDeclined(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	at, _ := proposed(t, d, agenda.FallbackCall)
	b := w.browser(t)
	b.get(at).want(200, "rufen wir Sie an")
	b.get(at+"/cancel").want(200, "wirklich absagen")
	b.post(at+"/cancel", nil).want(200, "Termin abgesagt")
	b.get(at).want(200, "erledigt")
}

// Too late for the manage page, the proposal can still be answered; when it has run out
// it says so, and leads to the visit.
func TestProposalLate(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := serve(t, d)
	at, manage := proposed(t, d, agenda.FallbackCall)
	b := w.browser(t)
	c.Set(desktest.At(1, "08:00"))
	b.get(at).want(200, "Ja, diese Zeit", "!"+manage+"/move", "05550 110")
	c.Set(desktest.At(1, "09:30").Add(time.Second))
	b.get(at).want(200, "gilt nicht mehr", manage)
	b.post(at, nil).want(409, "gilt nicht mehr")
}
