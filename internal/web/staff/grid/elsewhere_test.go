package grid

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// Time that is taken elsewhere is shown as such, and the visits that stand in it are
// named: they stay booked.
func TestTimeTakenElsewhere(t *testing.T) {
	h := sqlite(t)
	h.apply(func(s *agenda.Setup) {
		s.Calendars[2].Busy = []agenda.BusySource{{ID: "outlook", URL: "https://outlook.example/secret-4711.ics", Seats: 1, EveryMinutes: 15, StaleDays: 3, WhenStale: agenda.StaleKeep}}
	})
	b := h.ask("soziales", 1, "09:00", "Ada Beispiel", "beratung")
	clerk := h.as(agenda.Clerk, "")
	const day = "/staff/calendar?calendar=soziales&date=2026-07-07"
	h.get(day, clerk).want(200, "!anderem Kalender", "!anderen Kalender")
	ask, err := h.desk.AskBusy(t.Context(), store.BusyKey{Tenant: "musterstadt", Calendar: "soziales", Source: "outlook"})
	if err != nil {
		t.Fatal(err)
	}
	news := booking.BusyNews{Times: []agenda.BusyTime{{Source: "outlook", From: desktest.At(1, "09:00"), To: desktest.At(1, "11:00")}}}
	if err := h.desk.KeepBusy(t.Context(), ask, news); err != nil {
		t.Fatal(err)
	}
	h.get(day, clerk).want(200, "belegt in anderem Kalender", "1 Termin liegt in einer Zeit, die in einem anderen Kalender belegt ist: 09:00 Uhr ("+b.Reference+")", "Ada Beispiel", "!4711")
	h.get(day+"&view=week", clerk).want(200, "belegt in anderem Kalender", b.Reference)
	h.get("/staff/calendar?calendar=soziales&date=2026-07-08", clerk).want(200, "!anderem Kalender")
}
