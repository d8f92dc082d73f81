package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// guarded is Musterstadt where each seat costs a proof.
func guarded(t *testing.T) (*booking.Desk, *browser) {
	t.Helper()
	d, _ := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Protection.Proof, s.Revision = agenda.ProofAlways, 1
	s.Calendars[3].Contact = agenda.Contact{Email: agenda.ContactOff, Phone: agenda.ContactRequired}
	apply(t, d, s)
	return d, serve(t, d).browser(t)
}

// mailedCode is the code in the letter that was posted last.
func mailedCode(t *testing.T, d *booking.Desk, id string) (code string) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Postings("musterstadt", "code/"+id)
		if err != nil || len(list) == 0 {
			t.Fatalf("no letter: %v", err)
		}
		l, _, err := d.CodeTo(tx, list[0])
		code = l.Code
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// Without a script: a code by e-mail, typed once, and nothing that was chosen is lost.
func TestProofWithoutScript(t *testing.T) {
	d, b := guarded(t)
	b.get("/musterstadt/times?service=ausweis&site=rathaus").want(200)
	const slot = "ausweise@2026-07-08T08:00:00+02:00"
	b.post("/musterstadt/reserve", b.form("slot", slot)).want(428, "Einen Moment bitte", "Code per E-Mail", "Code schicken", "/api/v1/musterstadt/challenge", "05550 110")
	b.post("/musterstadt/reserve", b.form("code_ask", "1", "code_email", "no address")).want(422, "E-Mail", "!Code aus der E-Mail")
	b.post("/musterstadt/reserve", b.form("code_ask", "1", "code_email", ada)).want(200, "Wir haben einen Code an "+ada, "Code aus der E-Mail", "!/challenge")
	id := b.form().Get("code_id")
	b.post("/musterstadt/reserve", b.form("code", "12")).want(422, "Dieser Code stimmt nicht")
	b.post("/musterstadt/reserve", b.form("code", "")).want(422)
	b.post("/musterstadt/reserve", b.form("code", mailedCode(t, d, id))).want(200, "08:00")
	b.want(200, "Name")
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "email", ada)).want(200)
	b.post("/musterstadt/book", b.form()).want(200)
	// Second thoughts cost no second code.
	b.get("/musterstadt/times?service=ausweis&site=rathaus").want(200)
	b.post("/musterstadt/reserve", b.form("slot", "ausweise@2026-07-09T08:00:00+02:00")).want(200, "Name")
}

// A calendar that keeps no times asks when it books, and what was typed stays.
func TestProofWhereNothingIsKept(t *testing.T) {
	_, b := guarded(t)
	b.get("/musterstadt/times?service=impfen").want(200)
	b.post("/musterstadt/reserve", b.form("slot", "impfung@2026-07-08T08:00:00+02:00")).want(200)
	b.post("/musterstadt/review", b.form("name", "Ada Beispiel", "phone", "05551 123")).want(200)
	b.post("/musterstadt/book", b.form()).want(428, "Bitte rufen Sie uns an. Wir buchen den Termin für Sie.", "05550 110", "!Code schicken")
	for _, typed := range []string{`name="name" value="Ada Beispiel"`, `name="phone" value="05551 123"`, `name="key"`} {
		if !strings.Contains(b.body, typed) {
			t.Errorf("%s is lost", typed)
		}
	}
}

// Cases B2 and D13: a visitor changes no name, whatever they send, and neither service
// nor length.
func TestB2D13TheNameStays(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(1, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}
	made, err := d.BookNow(t.Context(), r, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	page := "/musterstadt/m/" + made.Manage
	b.get(page + "/move").want(200)
	b.post(page+"/move", b.formOf("slot", "buergerbuero@2026-07-08T08:00:00+02:00", "name", "Eve Käufer", "email", "eve@beispiel.example", "service", "pass*3", "contactName", "Eve")).want(200)
	for _, to := range []string{page, page + "/name", page + "/details", page + "/data", page + "/contact"} {
		b.post(to, b.formOf("name", "Eve Käufer", "contactName", "Eve Käufer", "email", ada, "phone", "1"))
	}
	err = d.Store.View(t.Context(), func(tx *store.Tx) error {
		now, err := tx.Booking("musterstadt", made.Booking.ID)
		if err != nil {
			return err
		}
		p, err := d.Private(now)
		if p.Name != desktest.Ada.Name || p.ContactName != desktest.Ada.ContactName || now.Items[0].Service != "ausweis" || len(now.Items) != 1 || now.End.Sub(now.Start).Minutes() != 10 {
			t.Errorf("got %q, %q, %+v, %v", p.Name, p.ContactName, now.Items, now.End.Sub(now.Start))
		}
		if got := now.Start; !got.Equal(desktest.At(2, "08:00")) {
			t.Errorf("it was not moved: %v", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
