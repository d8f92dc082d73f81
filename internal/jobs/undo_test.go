package jobs_test

import (
	"testing"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// A move that was taken back told the visitor a time that never was: the letter of the
// booking itself went out in the minute, written from where the visit then stood.
func TestWhatIsTakenBackTellsNobody(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "ausweis")
		c.Advance(time.Second)
		moved, err := d.MoveUndoable(t.Context(), desktest.Clerk(), b.Booking.ID, booking.Target{Start: desktest.At(3, "09:00")}, booking.UndoFor)
		if err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if early := arrived(t, s, ""); len(early) > 0 {
			t.Errorf("got %v while the move could be taken back", subjects(early))
		}
		c.Advance(30 * time.Second)
		if _, err := d.TakeBack(t.Context(), desktest.Clerk(), moved.ID, moved.Version); err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
		once(t, r)
		mine := map[string][]read{}
		for _, l := range arrived(t, s, "") {
			mine[l.to] = append(mine[l.to], l)
		}
		if l := mine[ada]; len(l) != 1 || l[0].calendar == nil || !l[0].calendar.Events[0].Start.Equal(desktest.At(2, "08:00")) {
			t.Errorf("got %v, want the confirmation of the booking as it stands", subjects(l))
		}
		if l := mine[office]; len(l) != 1 {
			t.Errorf("the office got %v, want the new booking alone", subjects(l))
		}

		off, err := d.CancelUndoable(t.Context(), desktest.Clerk(), b.Booking.ID, booking.UndoFor)
		if err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if early := arrived(t, s, ""); len(early) > 0 {
			t.Errorf("got %v at once", subjects(early))
		}
		c.Advance(booking.UndoFor)
		once(t, r)
		if got := len(arrived(t, s, ada)); got != 1 {
			t.Errorf("got %d letters of the cancellation %d, want 1", got, off.Version)
		}
	})
}
