package jobs_test

import (
	"context"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// What was counted since the last minute is written down when the process ends, not
// forgotten.
func TestSearchesAreKeptAtTheEnd(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		change(t, d, func(s *agenda.Setup) { s.Calendars[3].SlotTemplates = nil }, desktest.Musterstadt())
		r := settled(t, d, start(t))
		if _, err := d.NextFree(t.Context(), booking.Search{Tenant: "musterstadt", Wish: desktest.Wish("impfen"), By: agenda.Public, Asker: "Ada"}); err != nil {
			t.Fatal(err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		r.Run(ended)
		today := agenda.DateOf(desktest.Start)
		f, err := d.Figures(t.Context(), &agenda.Person{Tenant: "musterstadt", Role: agenda.Lead}, today, today)
		if err != nil || f.Total.InVain != 1 {
			t.Errorf("got %+v, %v; want one search without a free time", f, err)
		}
	})
}
