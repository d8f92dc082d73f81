package booking_test

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// A span shows holds and visits as they are now, whoever changed them, and is the same
// reading as long as nothing has changed.
func TestSpan(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		day := agenda.DateOf(desktest.At(1, "08:00"))
		look := func(from, to agenda.Date) (*booking.Span, *agenda.Calendar) {
			t.Helper()
			p, err := d.Present(t.Context(), "musterstadt")
			if err != nil {
				t.Fatal(err)
			}
			calendar := &p.Setup.Calendars[2]
			s, err := d.Span(t.Context(), desktest.Clerk(), []*agenda.Calendar{calendar, &p.Setup.Calendars[0]}, from, to)
			if err != nil {
				t.Fatal(err)
			}
			return s, calendar
		}
		shows := func(want ...agenda.Status) booking.Block {
			t.Helper()
			s, calendar := look(day, day+6)
			list := s.Day(calendar, day, nil)
			if len(list) != len(want) {
				t.Fatalf("got %d, want %v", len(list), want)
			}
			for i, b := range list {
				if b.Status != want[i] {
					t.Errorf("got %s, want %s", b.Status, want[i])
				}
			}
			if len(list) == 0 {
				return booking.Block{}
			}
			return list[0]
		}
		shows()
		r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(1, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}
		if _, err := d.Hold(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if b := shows(agenda.Held); b.ID != "" || b.Name != "" {
			t.Errorf("a hold shows %+v", b)
		}
		r.Start = desktest.At(1, "09:00")
		got, err := d.BookNow(t.Context(), r, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		shows(agenda.Held, agenda.Pending)
		before, calendar := look(day, day)
		was, until := before.Reading(calendar, day)
		if until.IsZero() {
			t.Error("the hold does not run out")
		}
		after, _ := look(day, day)
		if same, _ := after.Reading(calendar, day); same != was {
			t.Error("read again though nothing has changed")
		}
		c.Set(until)
		if b := shows(agenda.Pending); b.Name != "Ada Beispiel" || b.ID != got.Booking.ID {
			t.Errorf("got %+v", b)
		}
		if _, err := d.Approve(t.Context(), desktest.Clerk(), got.Booking.ID); err != nil {
			t.Fatal(err)
		}
		shows(agenda.Confirmed)
		if _, err := d.CancelFor(t.Context(), desktest.Clerk(), got.Booking.ID); err != nil {
			t.Fatal(err)
		}
		shows()
	})
}
