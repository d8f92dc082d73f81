package jobs_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// Words that an older program let through, or that came back with a restored book, do not
// keep a letter from its way: ours stand there, and the log says where to look.
func TestBrokenWordsDoNotBlockALetter(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		setup := *desktest.Musterstadt()
		setup.Letters.Subjects.Confirmed = agenda.Text{"de": "Hallo {vorname}"}
		setup.Letters.Openings.Confirmed = agenda.Text{"de": "{{name}}"}
		setup.Letters.Confirmed = agenda.Text{"de": "Bis bald, {name}."}
		me := &agenda.Person{Tenant: "musterstadt", ID: "ich", Name: "Ich", Role: agenda.Admin}
		err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.LockSetup("musterstadt"); err != nil {
				return err
			}
			if _, err := tx.SaveSetup(&setup); err != nil {
				return err
			}
			_, err := tx.AddAccount(store.Account{Person: *me, Email: "ich@musterstadt.example", Created: c.Now()})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s := start(t)
		r := settled(t, d, s)
		var log bytes.Buffer
		r.Log = slog.New(slog.NewTextHandler(&log, nil))
		if err := d.SendSample(t.Context(), me, booking.Sample{Kind: "confirmed", Language: "de", Service: "ausweis", State: "moved"}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		l := one(t, s, "ich@musterstadt.example")
		if !strings.HasPrefix(l.subject, "Probe: Ihr Termin ist gebucht") || !strings.Contains(l.text, "Ihr Termin ist gebucht.") || !strings.Contains(l.text, "Bis bald, Erika Beispiel.") || strings.Contains(l.text, "vorname") {
			t.Errorf("got %s\n%s", l.subject, l.text)
		}
		if !strings.Contains(log.String(), "letters.subjects.confirmed") || !strings.Contains(log.String(), "letters.openings.confirmed") {
			t.Errorf("the log says\n%s", log.String())
		}
	})
}
