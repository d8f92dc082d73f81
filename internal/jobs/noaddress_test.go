package jobs_test

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// A visitor without an e-mail address gets no letter through a whole life, and
// nothing waits for one; the office is told all the same.
func TestVisitorWithoutAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, func(s *agenda.Setup) {
			s.Calendars[0].StaffMail = agenda.StaffMail{}
			s.Calendars[2].StaffMail = agenda.StaffMail{To: office, On: []string{"booked", "moved", "cancelled"}}
			s.Calendars[2].Reminders = []agenda.Span{{Minutes: 24 * 60}}
		}, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		b, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(3, "08:00"),
			By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Phone: "05550 4711"}, Language: "de"}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		told := func(what string, act func() error) {
			t.Helper()
			if err := act(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			once(t, r)
			got := s.take()
			for _, l := range got {
				if l.to != office {
					t.Errorf("%s: a letter to %q", what, l.to)
				}
			}
			if len(got) != 1 {
				t.Errorf("%s: got %d letters, want the office's", what, len(got))
			}
		}
		told("book", func() error { return nil })
		if _, err := d.Approve(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		told("move", func() error {
			_, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(4, "08:00")})
			return err
		})
		c.Set(desktest.At(3, "08:00")) // when a reminder would go out
		once(t, r)
		told("cancel", func() error { _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); return err })
		for kind, p := range postings(t, d, b.Booking.ID) {
			if p.State != "sent" && p.State != "dropped" {
				t.Errorf("%s: got %+v, want nothing that waits", kind, p)
			}
		}
	})
}
