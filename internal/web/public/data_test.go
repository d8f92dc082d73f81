package public_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// data is what a visitor sees of what is kept, and the wish to have it forgotten.
func (g *gallery) data() {
	b := g.at("service=pass", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	g.keep("data", b.get(manage+"/data"), 200)
	lookAt(g.T, g.desk, manage)
	g.keep("data-looked", b.get(manage+"/data"), 200)
	g.keep("erase", b.get(manage+"/erase"), 200)
	b.post(manage+"/erase", nil)
	g.keep("data-wished", b, 200)
	sendAll(g.T, g.desk)
	b.post(manage+"/erase", nil)
	g.keep("erased", b, 200)
}

// lookAt opens a visit as somebody of the office does.
func lookAt(t *testing.T, d *booking.Desk, manage string) {
	t.Helper()
	b, err := d.Manage(t.Context(), "musterstadt", manage[strings.LastIndex(manage, "/")+1:])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Seen(t.Context(), desktest.Clerk(), b.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteViewings(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sendAll settles every letter that waits.
func sendAll(t *testing.T, d *booking.Desk) {
	t.Helper()
	err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
		lanes, err := tx.Lanes()
		for _, lane := range lanes {
			list, failed := tx.Lease(lane, 1000, desktest.Start.AddDate(1, 0, 0))
			if failed != nil {
				return failed
			}
			for _, p := range list {
				p.State = "sent"
				if err := tx.Settle(p); err != nil {
					return err
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A visitor sees everything that is kept about the visit, who looked without names, takes
// it along as a file, and has it forgotten; then the link opens nothing any more.
func TestVisitorSeesAndErasesTheirData(t *testing.T) {
	g := newGallery(t, "de")
	b := g.at("service=pass", "buergerbuero@"+wednesday, "email", ada, "phone", "05550 4711")
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	b.get(manage).want(200, manage+"/data")
	lookAt(t, g.desk, manage)
	b.get(manage+"/data").want(200, "Ada Beispiel", ada, "4711", "wird noch verschickt", "Ihr Termin wurde geöffnet", "Am Samstag, 11. Juli 2026")
	var file struct {
		Visitor        struct{ Name, Email string }
		Looks          []struct{ Way, Role string }
		Letters, Deeds []struct{ Kind, Act, By string }
	}
	body := b.get(manage + "/data.json").want(200).body
	if err := json.Unmarshal([]byte(body), &file); err != nil {
		t.Fatal(err)
	}
	if file.Visitor.Name != "Ada Beispiel" || file.Visitor.Email != ada || len(file.Looks) != 1 || file.Looks[0].Way != "page" || len(file.Letters) == 0 || len(file.Deeds) == 0 || file.Deeds[0].By != "visitor" {
		t.Errorf("got %s", body)
	}
	secret := manage[strings.LastIndex(manage, "/")+1:]
	if strings.Contains(body, secret) || strings.Contains(body, desktest.Clerk().ID) {
		t.Errorf("it tells a secret or who looked: %s", body)
	}
	b.get(manage+"/erase").want(200, "wird dabei abgesagt", "24 Stunden")
	b.post(manage+"/erase", nil).want(200, "sobald die Absage verschickt ist", "!Ja, jetzt löschen")
	b.get(manage+"/erase").want(200, "sobald die Absage verschickt ist")
	sendAll(t, g.desk)
	b.post(manage+"/erase", nil).want(200, "Ihre Daten sind gelöscht")
	b.get(manage).want(404)
	b.get(manage + "/data.json").want(404)
}

// Each message is called by the subject it came with, in every language, and one that was
// overtaken is no failure.
func TestVisitorReadsWhichMessages(t *testing.T) {
	g := newGallery(t, "de")
	b := g.at("service=pass", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	secret := manage[strings.LastIndex(manage, "/")+1:]
	visit, err := g.desk.Manage(t.Context(), "musterstadt", secret)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{booking.KindReminder + "24h", booking.KindLapsed, booking.KindProposal, booking.KindIncidentMoved, booking.KindIncidentCancelled, booking.KindAddressRequest, booking.KindAddressChanged,
		booking.KindConfirmRequest, booking.KindReceived, booking.KindChanged, booking.KindCancelled, booking.KindRejected, booking.KindExpired, booking.KindStaffBooked, booking.KindStaffLeft + "schalter"}
	err = g.desk.Store.Update(t.Context(), func(tx *store.Tx) error {
		for i, kind := range kinds {
			if err := tx.Post(store.Posting{Tenant: "musterstadt", Subject: visit.ID, Kind: kind, Version: 70 + i, MessageID: kind, Due: desktest.At(4, "12:00")}); err != nil {
				return err
			}
		}
		for name, reason := range map[string]string{"changed": "a newer letter tells it", "rejected": booking.KeptBack} {
			if err := tx.Settle(store.Posting{Tenant: "musterstadt", Subject: visit.ID, Kind: name, Version: 70 + slices.Index(kinds, name), MessageID: name, State: "dropped", Reason: reason}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.get(manage+"/data").want(200, "Ihr Termin ist gebucht", "Erinnerung an Ihren Termin", "Ihr Termin ist abgesagt: Ihre Antwort fehlt", "An das Amt", "wird noch verschickt", "nicht mehr nötig", "nicht verschickt")
	for _, lang := range []string{"de", "en", "de-x-leicht", "tr", "uk", "ru", "ar", "pl", "fr"} {
		b.get(manage+"/data?lang="+lang).want(200, "!mail.", "!public.data")
	}
	b.get(manage+"/data?lang=de").want(200, "von selbst", "Freitag, 10. Juli 2026, 12:00 Uhr: wird noch verschickt")
	b.post(manage+"/erase", nil).want(200, "sobald die Absage verschickt ist", "!von selbst")
}

// Who came is told when everything goes by itself, and offered nothing else.
func TestWhoCameIsToldWhenDataGoes(t *testing.T) {
	g := newGallery(t, "de")
	b := g.at("service=pass", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	manage := strings.TrimSuffix(b.path, "?done=1")
	g.time.Set(desktest.At(40, "08:00"))
	b.get(manage + "/data").want(404)
	g.time.Set(desktest.Start)
	b.get(manage+"/data").want(200, "von selbst", manage+"/erase")
}
