package jobs_test

import (
	"errors"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// A sample of a department's letter goes to whoever asks for it, ten times an hour.
func TestSamples(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		setup := desktest.Musterstadt()
		change(t, d, func(s *agenda.Setup) {
			s.Departments[0].Letters = agenda.Letters{Confirmed: agenda.Text{"de": "Bis bald, {name}.", "en": "See you, {name}."}, Signature: agenda.Plain("Ihr Team")}
		}, setup)
		me := &agenda.Person{Tenant: "musterstadt", ID: "ich", Name: "Ich", Role: agenda.Lead, Department: "buergerdienste"}
		err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.AddAccount(store.Account{Person: *me, Email: "ich@musterstadt.example", Created: c.Now()})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s := start(t)
		r := settled(t, d, s)
		what := booking.Sample{Department: "buergerdienste", Kind: "confirmed", Language: "en"}
		for range 10 {
			if err := d.SendSample(t.Context(), me, what); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.SendSample(t.Context(), me, what); !errors.Is(err, agenda.ErrLimited) {
			t.Errorf("the eleventh: got %v, want ErrLimited", err)
		}
		other := what
		other.Department = "soziales"
		if err := d.SendSample(t.Context(), me, other); !errors.Is(err, agenda.ErrForbidden) {
			t.Errorf("another department: got %v, want ErrForbidden", err)
		}
		once(t, r)
		list := arrived(t, s, "ich@musterstadt.example")
		if len(list) != 10 {
			t.Fatalf("got %v", subjects(list))
		}
		if l := list[0]; !strings.HasPrefix(l.subject, "Trial: ") || !strings.Contains(l.text, "See you, Erika Example.") || !strings.Contains(l.text, "Ihr Team") || len(l.inline) > 0 {
			t.Errorf("got %s\n%s", l.subject, l.text)
		}
		if faults, err := d.Verify(t.Context(), func(string) {}); err != nil || len(faults) > 0 {
			t.Errorf("got %v, %v", faults, err)
		}
	})
}
