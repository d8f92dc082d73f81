package staff

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

// What a visitor says on the phone is noted, seen in the day and on the booking with who
// wrote it down, and can be taken back; who may not act on bookings cannot.
func TestComingByPhone(t *testing.T) {
	each(t, func(h *house) {
		clerk := h.as(agenda.Clerk, "")
		b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
		at, day := "/staff/bookings/"+b.ID, "/staff/day?calendar=buergerbuero&date=2026-07-07"
		if strings.Contains(h.get(day, clerk).want(200).Body.String(), "hat zugesagt") {
			h.Error("somebody comes who has not said so")
		}
		h.post(at+"/coming", h.as(agenda.Auditor, "")).want(403)
		h.post(at+"/coming", clerk, "from", "booking").to(at, clerk).want(200, "Die Zusage ist notiert.", "hat zugesagt (Mo, 06.07.2026", "<td>Zugesagt</td>")
		h.get(day, clerk).want(200, "hat zugesagt")
		h.post(at+"/not-coming", clerk, "from", "booking").to(at, clerk).want(200, "Die Zusage ist zurückgenommen.", "<td>Zusage zurückgenommen</td>")
		if strings.Contains(h.get(day, clerk).want(200).Body.String(), "hat zugesagt") {
			h.Error("somebody comes who has not said so")
		}
	})
}
