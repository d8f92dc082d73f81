package staff

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

// statesOfVisits keeps the day list and the pages of a booking in their states for the
// accessibility run: empty, one, full, refused, called off, the longest names.
func statesOfVisits(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		t.Run(lang, func(t *testing.T) {
			h := sqlite(t)
			clerk := h.as(agenda.Clerk, "")
			keep := func(name string, a reply) { pagetest.Keep(t, name+"-"+lang, a.Body.String()) }
			show := func(name, path string) {
				t.Helper()
				at := path + "?"
				if strings.Contains(path, "?") {
					at = path + "&"
				}
				keep(name, h.get(at+"lang="+lang, clerk).want(200))
			}
			show("day-empty", "/staff/day?calendar=buergerbuero")
			one := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
			show("day-one", "/staff/day?calendar=buergerbuero&date=2026-07-07")
			h.busyMorning()
			clerk = h.session(town, "clerk@musterstadt.example") // two hours later
			show("day-full", "/staff/day?calendar=buergerbuero")
			show("day-all", "/staff/day?calendar=*")
			at := "/staff/bookings/" + one.ID
			show("booking-one", at)
			show("booking-edit", at+"/edit")
			show("booking-slip", at+"/slip")
			h.post(at+"/coming", clerk, "from", "booking").to(at, clerk)
			show("booking-coming", at+"?done=coming")
			show("day-coming", "/staff/day?calendar=buergerbuero&date=2026-07-07")
			show("booking-cancel", at+"/cancel")
			show("booking-move", at+"/move")
			show("booking-service", at+"/service")
			show("booking-service-fits", at+"/service?service=pass")
			show("booking-service-late", at+"/service?service=pass&n.pass=3&service2=ausweis&n.ausweis=3&date=2026-07-09")

			long := strings.Repeat("Friederike-Wilhelmine von und zu ", 5) + "Musterberg"
			form := []string{"seen", h.get(at+"/edit", clerk).seen(), "name", long, "contactName", long, "phone", "+49 (0) 5550 / 47 11-0815", "email", strings.Repeat("lang.", 10) + "x@beispiel.example",
				"notify", "1", "language", "de", "staffNote", strings.Repeat("Überprüfungsunterlagen ", 40), "caseReference", strings.Repeat("32-4711/", 20)}
			h.post(at+"/edit", clerk, form...).to(at, clerk).want(200)
			show("booking-longest", at+"?done=edit")
			h.post(at+"/resend", clerk).to(at, clerk)
			keep("booking-meanwhile", h.post(at+"/edit?lang="+lang, clerk, append([]string{"seen", "x", "name", "Ada"}, form[4:]...)...).want(409))
			keep("booking-wrong", h.post(at+"/edit?lang="+lang, clerk, "name", "", "email", "ada@", "phone", "12").want(422))
			show("day-longest", "/staff/day?calendar=buergerbuero&date=2026-07-07")

			if _, err := h.desk.MoveUndoable(t.Context(), desktest.Clerk(), one.ID, booking.Target{Start: desktest.At(2, "10:00")}, booking.UndoFor); err != nil {
				t.Fatal(err)
			}
			show("day-undo", "/staff/day?calendar=buergerbuero&date=2026-07-08&done=move&about="+one.ID)
			show("booking-undo", at+"?done=move")
			if _, err := h.desk.CancelFor(t.Context(), desktest.Clerk(), one.ID); err != nil {
				t.Fatal(err)
			}
			show("booking-gone", at)
			show("day-late", "/staff/day?calendar=buergerbuero&date=2026-07-08&done=late&about="+one.ID)
		})
	}
}
