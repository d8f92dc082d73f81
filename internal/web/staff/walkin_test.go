package staff

import (
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// One press on the day's list, one on the service: the visit has begun.
func TestTakeInWithoutAppointment(t *testing.T) {
	each(t, func(h *house) {
		h.clock.Set(desktest.At(1, "09:07"))
		clerk := h.as(agenda.Clerk, "")
		h.get("/staff/day?calendar=soziales", clerk).want(200, "/staff/walk-in?calendar=soziales", "Ohne Termin")
		h.get("/staff/day?calendar=soziales&date=2026-07-08", clerk).want(200, "!/staff/walk-in")
		h.get("/staff/walk-in?calendar=soziales", clerk).want(200, "Beratung", "!Reisepass", "freiwillig")
		h.post("/staff/walk-in", clerk, "calendar", "soziales", "service", "beratung", "key", "1").to("/staff/day?about=", clerk).
			want(200, "Als da vermerkt", "Ohne Namen", "09:05")
		h.post("/staff/walk-in", clerk, "calendar", "soziales", "service", "beratung", "key", "1").to("/staff/day?about=", clerk).want(200, "1 Termin")
		// The second one finds no seat: it is said why, and taken in knowingly.
		again := []string{"calendar", "soziales", "service", "beratung", "name", "Ömer Beispiel"}
		h.post("/staff/walk-in", clerk, append(again, "key", "2")...).want(422, "Alle Plätze sind belegt: 1 von 1", "2 Besuche bei 1 Plätzen", "Trotzdem aufnehmen", `value="Ömer Beispiel"`, "Jetzt aufnehmen")
		a := h.post("/staff/walk-in", clerk, append(again, "key", "3", "overbook", "1")...)
		a.to("/staff/day", clerk).want(200, "Ömer Beispiel", "überbucht")
		at, err := url.Parse(a.Header().Get("Location"))
		if err != nil {
			h.Fatal(err)
		}
		h.get("/staff/bookings/"+at.Query().Get("about"), clerk).want(200, "Ohne Termin gekommen (überbucht)", "/staff/new?copy=")
	})
}

func TestTakeInRefused(t *testing.T) {
	h := sqlite(t)
	h.clock.Set(desktest.At(1, "11:50"))
	clerk := h.as(agenda.Clerk, "")
	h.post("/staff/walk-in", clerk, "calendar", "soziales", "service", "beratung").want(422, "Trotzdem aufnehmen", "12:00")
	h.post("/staff/walk-in", clerk, "calendar", "soziales").want(422, "Um welches Anliegen geht es?")
	h.post("/staff/walk-in", clerk, "calendar", "soziales", "service", "beratung", "phone", "ruf an", "name", strings.Repeat("x", 201), "n", "7").
		want(422, `id="phone-error"`, `id="name-error"`, `id="n.beratung-error"`)
	h.clock.Set(desktest.At(1, "12:00"))
	h.post("/staff/walk-in", clerk, "calendar", "soziales", "service", "beratung", "overbook", "1").want(422, "Diese Zeit geht nicht")
	other := h.as(agenda.Clerk, "buergerdienste")
	h.get("/staff/walk-in?calendar=soziales", other).want(404)
	h.post("/staff/walk-in", other, "service", "ausweis", "start", startValue(desktest.At(1, "08:00"), "soziales")).want(404)
}

// Somebody stands at the counter while the form for a caller is open: it takes them in.
func TestTakeInFromTheCallersForm(t *testing.T) {
	h := sqlite(t)
	h.clock.Set(desktest.At(1, "09:00"))
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[2].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Anlass"), Type: "choice", Required: true, Options: []agenda.Option{{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "alt", Label: agenda.Plain("Alt")}}}}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	clerk := h.as(agenda.Clerk, "")
	form := h.get("/staff/new?q=reis", clerk).want(200, "Ist schon da", `formaction="/staff/walk-in"`).hidden()
	h.post("/staff/walk-in", clerk, append(form, "name", "Li Beispiel")...).to("/staff/day", clerk).want(200, "Li Beispiel", "Reisepass", "09:00")
	// What must be known is asked, and what was typed stays.
	h.post("/staff/walk-in", clerk, "calendar", "soziales", "service", "beratung", "name", "Ada Beispiel").want(422, "Anlass", `value="Ada Beispiel"`)
	h.post("/staff/walk-in", clerk, "calendar", "soziales", "service", "beratung", "name", "Ada Beispiel", "answer.beratung.art", "alt").to("/staff/day", clerk).want(200, "Ada Beispiel")
}
