package booking_test

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// Taking "served" back forgot that the visitor had arrived.
func TestUndoGoesOneStepBack(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		r, err := d.BookNow(t.Context(), ask("buergerbuero", desktest.At(0, "08:00"), "ausweis"), form(), booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		step := func(to, want agenda.Status) {
			t.Helper()
			do := func() (*agenda.Booking, error) { return d.Visit(t.Context(), desktest.Clerk(), r.Booking.ID, to) }
			if to == "" {
				do = func() (*agenda.Booking, error) { return d.Undo(t.Context(), desktest.Clerk(), r.Booking.ID) }
			}
			if b, err := do(); err != nil || b.Status != want {
				t.Errorf("got %v, %v, want %s", b, err, want)
			}
		}
		const undo = agenda.Status("")
		step(undo, agenda.Confirmed) // nothing to take back
		step(agenda.CheckedIn, agenda.CheckedIn)
		step(agenda.Served, agenda.Served)
		step(undo, agenda.CheckedIn)
		step(undo, agenda.Confirmed)
		step(agenda.NoShow, agenda.NoShow)
		step(undo, agenda.Confirmed)
		step(agenda.Served, agenda.Served)
		step(undo, agenda.Confirmed)
	})
}
