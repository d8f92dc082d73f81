package booking_test

import (
	"errors"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// A clerk of the whole town could read through the desk who comes to a colleague's
// private calendar, though the pages hid it.
func TestPrivateCalendarIsBusyForColleagues(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		s := desktest.Musterstadt()
		s.Calendars[0].Private = true
		if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
			t.Fatal(err)
		}
		r, err := d.BookNow(t.Context(), ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"), form(), booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		date := agenda.DateOf(desktest.At(1, "08:00"))
		cards, err := d.List(t.Context(), desktest.Clerk(), "buergerbuero", date, date)
		if err != nil || len(cards) != 1 {
			t.Fatalf("got %d bookings, %v", len(cards), err)
		}
		if c := cards[0]; !c.Busy || c.Private.Name != "" || c.Items != nil || c.Reference != "" || !c.Start.Equal(desktest.At(1, "08:00")) {
			t.Errorf("got %+v, want the time alone", c)
		}
		if _, err := d.CancelFor(t.Context(), desktest.Clerk(), r.Booking.ID); !errors.Is(err, agenda.ErrForbidden) {
			t.Errorf("cancelling: got %v, want forbidden", err)
		}
		own := desktest.Clerk()
		own.Department = "buergerdienste"
		card, err := d.Seen(t.Context(), own, r.Booking.ID)
		if err != nil || card.Private.Name != desktest.Ada.Name {
			t.Errorf("the department's own clerk: got %+v, %v", card, err)
		}
	})
}
