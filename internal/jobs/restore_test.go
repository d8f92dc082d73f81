package jobs_test

import (
	"errors"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// TestResumeWithoutWhatWasSent: after a restore exactly what is counted as sent before is
// dropped, letters, events and messages; what came later goes out, and staff can have what
// was dropped sent all the same. Without a restored backup nothing happens.
func TestResumeWithoutWhatWasSent(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...), hook("sms", s.URL, agenda.DetailFull, agenda.EventMessageSend))
		r, _ := caller(t, d)
		if err := d.PauseLetters(t.Context(), nil, "", "maintenance"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.ResumeWithoutSent(t.Context(), nil, ""); !errors.Is(err, agenda.ErrState) {
			t.Errorf("no backup: got %v, want ErrState", err)
		}
		if err := d.ResumeLetters(t.Context(), nil, ""); err != nil {
			t.Fatalf("the pause that is none of a backup ended: %v", err)
		}
		before := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass").Booking.ID
		phone := wish(t, d, desktest.At(10, "08:00"), "+49 170 4711", "de").ID
		copied := c.Now()
		c.Advance(time.Hour)
		restore(t, d, copied, c.Now())
		c.Advance(time.Minute)
		after := book(t, d, "buergerbuero", desktest.At(3, "09:00"), "de", "pass").Booking.ID
		again := marked(t, d)
		if _, err := d.ResumeWithoutSent(t.Context(), admin(), ""); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("a tenant's administrator for all: got %v", err)
		}
		if dropped, err := d.ResumeWithoutSent(t.Context(), nil, ""); err != nil || dropped != again || again < 4 { // letter and event, message and event
			t.Errorf("dropped %d, %v, want the %d that were marked", dropped, err, again)
		}
		if _, err := d.ResumeWithoutSent(t.Context(), nil, ""); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("resumed twice: got %v", err)
		}
		for _, subject := range []string{before, phone} {
			for _, p := range post(t, d, subject) {
				if p.State != "dropped" || p.Reason != booking.SentBefore {
					t.Errorf("got %+v, want it dropped", p)
				}
			}
		}
		if got := letterStates(t, d, before); got[booking.KindConfirmed] != "dropped" {
			t.Errorf("got %v, want the letter dropped", got)
		}
		once(t, r)
		if got := s.take(); len(got) != 1 || got[0].Data.Booking.ID != after {
			t.Errorf("told %v, want the event after the restore alone", types(got))
		}
		if got := letterStates(t, d, after); got[booking.KindConfirmed] != "sent" {
			t.Errorf("got %v, want the letter after the restore sent", got)
		}
		sendDroppedAgain(t, d, before)
		if broken, err := d.Verify(t.Context(), func(string) {}); err != nil || len(broken) > 0 {
			t.Errorf("got %v, %v", broken, err)
		}
	})
}

// restore plays that a copy of a moment was put in the place of the database at another.
func restore(t *testing.T, d *booking.Desk, copied, since time.Time) {
	t.Helper()
	err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.PauseMail(store.Pause{Since: since, Actor: booking.ActorJob, Reason: booking.RestoredReason, Copied: copied})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func marked(t *testing.T, d *booking.Desk) (again int) {
	t.Helper()
	q, err := d.QueuedLetters(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range q.Kinds {
		again += k.Again
	}
	return again
}

func letterStates(t *testing.T, d *booking.Desk, subject string) map[string]string {
	t.Helper()
	states := map[string]string{}
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Postings("musterstadt", subject)
		for _, p := range list {
			states[p.Kind] = p.State
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// sendDroppedAgain has staff send the visitor's letter about a booking that was dropped.
func sendDroppedAgain(t *testing.T, d *booking.Desk, subject string) {
	t.Helper()
	var b *agenda.Booking
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		b, err = tx.Booking("musterstadt", subject)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := d.LettersAbout(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range x.Letters {
		if l.Kind != booking.KindConfirmed {
			continue
		}
		if !booking.NotReached(l.Posting) || l.Reason != booking.SentBefore {
			t.Errorf("got %+v, want a letter that can be sent again", l.Posting)
		}
		if _, err := d.SendAgain(t.Context(), admin(), subject, l.MessageID); err != nil {
			t.Error(err)
		}
	}
	if got := letterStates(t, d, subject); got[booking.KindConfirmed] != "queued" {
		t.Errorf("got %v, want the letter queued", got)
	}
}
