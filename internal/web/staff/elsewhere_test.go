package staff

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/pagetest"
)

// outlook names a calendar elsewhere that takes the one seat of the social department.
func (h *house) outlook() {
	h.Helper()
	s := desktest.Musterstadt()
	s.Calendars[2].Busy = []agenda.BusySource{{ID: "outlook", URL: "https://outlook.example/secret-4711.ics", Seats: 1, EveryMinutes: 15, StaleDays: 3, WhenStale: agenda.StaleKeep}}
	if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		h.Fatal(err)
	}
}

// says lets the calendar elsewhere answer.
func (h *house) says(n booking.BusyNews) {
	h.Helper()
	ask, err := h.desk.AskBusy(h.Context(), store.BusyKey{Tenant: town, Calendar: "soziales", Source: "outlook"})
	if err != nil {
		h.Fatal(err)
	}
	if err := h.desk.KeepBusy(h.Context(), ask, n); err != nil {
		h.Fatal(err)
	}
}

func taken(day int, from, to string) booking.BusyNews {
	return booking.BusyNews{Digest: from, Entries: 1, Times: []agenda.BusyTime{{Source: "outlook", From: desktest.At(day, from), To: desktest.At(day, to)}}}
}

// A visit that stands where a calendar elsewhere is busy is named on its day, with the way
// to another time; once it has moved, the day is quiet.
func TestVisitsInBusyTimeAreNamed(t *testing.T) {
	each(t, func(h *house) {
		h.outlook()
		b := h.ask("soziales", 1, "09:00", "Ada Beispiel", "beratung")
		clerk := h.as(agenda.Clerk, "")
		const day = "/staff/day?calendar=soziales&date=2026-07-07"
		h.get(day, clerk).want(200, "!anderen Kalender belegt")
		h.says(taken(1, "09:00", "11:00"))
		h.get(day, clerk).want(200, "1 Termin liegt in einer Zeit, die in einem anderen Kalender belegt ist", "09:00 Uhr: Ada Beispiel ("+b.Reference+")", "/staff/bookings/"+b.ID+"/move", "!4711.ics")
		h.get("/staff/day?calendar=*&date=2026-07-07", clerk).want(200, "09:00 Uhr, Soziales, Nebenstelle: Ada Beispiel")
		h.get("/staff/day?calendar=buergerbuero&date=2026-07-07", clerk).want(200, "!anderen Kalender belegt")
		h.get("/staff/day?calendar=soziales&date=2026-07-08", clerk).want(200, "!anderen Kalender belegt")
		if _, err := h.desk.MoveFor(h.Context(), desktest.Clerk(), b.ID, booking.Target{Start: desktest.At(1, "11:00")}); err != nil {
			h.Fatal(err)
		}
		h.get(day, clerk).want(200, "!anderen Kalender belegt", "Ada Beispiel")
	})
}

// A calendar elsewhere that has not answered for an hour is named on the day, to those who
// can act with the way to do so.
func TestSilentCalendarsElsewhereAreNamed(t *testing.T) {
	each(t, func(h *house) {
		h.outlook()
		h.says(booking.BusyNews{Fault: "timed_out"})
		lead, clerk := h.as(agenda.Lead, "soziales"), h.as(agenda.Clerk, "soziales")
		const day = "/staff/day?calendar=soziales&date=2026-07-07"
		h.get(day, clerk).want(200, "!antwortet seit")
		h.clock.Advance(time.Hour)
		const says, at = "Soziales, Nebenstelle: ein anderer Kalender antwortet seit Montag, 6. Juli 2026, 07:00 Uhr nicht", "/staff/setup/calendars/soziales/busy"
		h.get(day, clerk).want(200, says, "!"+at)
		h.get(day, lead).want(200, says, at)
		h.get("/staff/day?calendar=soziales&date=2026-07-05", lead).want(200, "!antwortet seit")
		h.says(taken(2, "09:00", "10:00"))
		h.get(day, lead).want(200, "!antwortet seit")
	})
}

func TestStatesOfBusyDays(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		h := sqlite(t)
		h.outlook()
		for _, clock := range []string{"09:00", "10:00"} {
			h.ask("soziales", 1, clock, "Ada Beispiel", "beratung")
		}
		h.says(taken(1, "08:00", "12:00"))
		h.says(booking.BusyNews{Fault: "forbidden"})
		h.clock.Advance(2 * time.Hour)
		pagetest.Keep(t, "day-elsewhere-"+lang, h.get("/staff/day?calendar=soziales&date=2026-07-07&lang="+lang, h.as(agenda.Admin, "")).want(200).Body.String())
	}
}
