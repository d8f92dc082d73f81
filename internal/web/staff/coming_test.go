package staff

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
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
		h.post(at+"/coming", clerk, "from", "booking").to(at, clerk).want(200, "Die Zusage ist notiert.", "hat zugesagt (Mo, 06.07.2026", "<td role=\"cell\">Zugesagt</td>")
		h.get(day, clerk).want(200, "hat zugesagt")
		h.post(at+"/not-coming", clerk, "from", "booking").to(at, clerk).want(200, "Die Zusage ist zurückgenommen.", "<td role=\"cell\">Zusage zurückgenommen</td>")
		if strings.Contains(h.get(day, clerk).want(200).Body.String(), "hat zugesagt") {
			h.Error("somebody comes who has not said so")
		}
	})
}

// Until when somebody has to say that they come stands where they will be asked, not where
// they booked too late for that: silence does not end such a visit.
func TestAnswerIsAwaitedFromWhoWillBeAsked(t *testing.T) {
	each(t, func(h *house) {
		s, err := h.desk.Setup(h.Context(), town)
		if err != nil {
			h.Fatal(err)
		}
		wanted := agenda.Reconfirm{Ask: agenda.Span{Days: 7}, By: agenda.Span{Days: 2}}
		for i := range s.Services {
			s.Services[i].Reconfirm = wanted
		}
		if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
			h.Fatal(err)
		}
		clerk := h.as(agenda.Clerk, "")
		soon, later := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis"), h.ask("buergerbuero", 10, "08:30", "Grace Beispiel", "ausweis")
		h.get("/staff/bookings/"+later.ID, clerk).want(200, "noch keine, nötig bis Di, 14.07.2026, 08:30 Uhr")
		if strings.Contains(h.get("/staff/bookings/"+soon.ID, clerk).want(200).Body.String(), "nötig bis") {
			h.Error("an answer is awaited that nobody will ask for")
		}
	})
}
