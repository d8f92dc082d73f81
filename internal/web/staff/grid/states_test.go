package grid

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

// TestStates shows the calendar in each of its example states, in both languages, and
// hands the pages to the accessibility run.
func TestStates(t *testing.T) {
	h := sqlite(t)
	h.busyWeek()
	h.apply(func(s *agenda.Setup) {
		s.Calendars[1].Name = agenda.Plain(strings.TrimSpace(strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 3)))
		s.Calendars[3].Private = true
	})
	long := h.ask("ausweise", 3, "08:30", strings.Repeat("Friederike von Beispielhausen-Musterberg ", 4)[:agenda.MaxName-40], "ausweis")
	carried := h.ask("soziales", 4, "09:30", "Ada Beispiel", "beratung")
	clerk := h.as(agenda.Clerk, "")
	for _, lang := range []string{"de", "en"} {
		for name, path := range map[string]string{
			"full": "?calendar=buergerbuero", "week": "?calendar=buergerbuero&view=week", "site": "?site=rathaus&view=week",
			"all":    "?calendar=buergerbuero&calendar=ausweise&calendar=soziales&calendar=impfung",
			"closed": "?calendar=soziales&date=2026-12-25", "empty": "?calendar=soziales&date=2026-07-10",
			"longest": "?calendar=ausweise&date=2026-07-09&about=" + long.ID, "carried": "?calendar=soziales&date=2026-07-10&carry=" + carried.ID,
			"none": "?calendar=soziales&done=none",
		} {
			page := h.get("/staff/calendar"+path+"&lang="+lang, clerk).want(200).Body.String()
			pagetest.Keep(t, "calendar-"+name+"-"+lang, page)
		}
		private := h.get("/staff/calendar?calendar=impfung&lang="+lang, h.as(agenda.Reception, "")).want(200, "!Vera").Body.String()
		pagetest.Keep(t, "calendar-private-"+lang, private)
		refused := h.post("/staff/calendar/move?lang="+lang, clerk, "booking", carried.ID, "to", markOf("soziales", desktest.At(2, "09:00")), "back", "calendar=soziales&date=2026-07-08").want(409).Body.String()
		pagetest.Keep(t, "calendar-refused-"+lang, refused)
	}
}

// Twenty calendars side by side are a state of their own.
func TestLargeState(t *testing.T) {
	h := sqlite(t)
	h.largeSite()
	clerk := h.as(agenda.Clerk, "")
	for _, lang := range []string{"de", "en"} {
		page := h.get("/staff/calendar?site=haus&date=2026-07-13&lang="+lang, clerk).want(200, "Schalter 20").Body.String()
		pagetest.Keep(t, "calendar-twenty-"+lang, page)
	}
}
