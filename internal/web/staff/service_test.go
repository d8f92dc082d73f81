package staff

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestAClerkChangesTheService(t *testing.T) {
	each(t, func(h *house) {
		b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
		clerk, at := h.as(agenda.Clerk, "buergerdienste"), "/staff/bookings/"+b.ID
		h.get(at, clerk).want(200, `href="`+at+`/service"`)
		h.get(at+"/service", clerk).want(200, "Bisher Personalausweis, Di, 07.07.2026, 08:30 Uhr", `<option value="ausweis" selected>`, `<option value="pass">`, "!beratung", "!Passt zur selben Zeit")
		h.get(at+"/service?service=ausweis&n.ausweis=1", clerk).want(200, "Das ist das bisherige Anliegen")
		h.get(at+"/service?service=pass", clerk).want(200, "Passt zur selben Zeit", "20 Minuten", startValue(desktest.At(1, "08:30"), "buergerbuero"), "Weiteres Anliegen")
		h.get(at+"/service?service=beratung", clerk).want(200, "!Passt zur selben Zeit")
		h.post(at+"/service", clerk, "service", "pass", "n.pass", "2", "start", startValue(desktest.At(1, "08:30"), "buergerbuero")).
			to(at, clerk).want(200, "Anliegen geändert: Personalausweis → 2 × Reisepass", "08:30–09:10", "An das Büro: verschoben")
		h.post(at+"/service", clerk, "service", "pass", "service2", "ausweis", "on", "2026-07-08", "time", "9:00").
			to(at, clerk).want(200, "Mittwoch, 8. Juli 2026", "Reisepass, Personalausweis")
	})
}

func TestAServiceThatDoesNotFitIsExplained(t *testing.T) {
	h := sqlite(t)
	b := h.ask("buergerbuero", 1, "11:50", "Ada Beispiel", "ausweis")
	clerk, at := h.as(agenda.Clerk, "buergerdienste"), "/staff/bookings/"+b.ID+"/service"
	h.get(at+"?service=pass", clerk).want(200, "Zur selben Zeit geht es nicht", "Andere Zeit wählen", `value="11:50"`)
	h.post(at, clerk, "service", "pass", "n.pass", "1", "start", startValue(desktest.At(1, "11:50"), "buergerbuero")).want(409, "Zur selben Zeit geht es nicht")
	h.post(at, clerk, "service", "pass", "n.pass", "9", "start", startValue(desktest.At(1, "09:00"), "buergerbuero")).want(409, "n.pass")
	h.post(at, clerk, "service", "pass", "n.pass", "1").want(409)
	h.get(at, h.as(agenda.Auditor, "")).want(403)
	h.get(at, h.as(agenda.Clerk, "soziales")).want(404)
	h.post(at, h.as(agenda.Clerk, "soziales"), "service", "pass", "start", startValue(desktest.At(1, "09:00"), "buergerbuero")).want(404)
	if _, err := h.desk.CancelFor(t.Context(), desktest.Clerk(), b.ID); err != nil {
		t.Fatal(err)
	}
	h.get("/staff/bookings/"+b.ID, clerk).want(200, "!"+at)
	h.get(at, clerk).want(409)
}

// What decides how long a visit takes is asked before times are shown; what a visitor would
// say in their own words is left open.
func TestAServiceWithQuestions(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[1].Questions = []agenda.Question{{ID: "warum", Label: agenda.Plain("Warum"), Type: agenda.AskText, Required: true},
		{ID: "art", Label: agenda.Plain("Art"), Type: agenda.AskChoice, Required: true, Options: []agenda.Option{{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "express", Label: agenda.Plain("Express"), Minutes: 40}}}}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
	h.get(at+"/service?service=pass", clerk).want(200, "Bitte beantworten Sie erst die Fragen", "Express", "!Warum", "!Passt zur selben Zeit")
	h.get(at+"/service?service=pass&answer.pass.art=express", clerk).want(200, "40 Minuten", "Passt zur selben Zeit")
	h.post(at+"/service", clerk, "service", "pass", "n.pass", "1", "answer.pass.art", "", "start", startValue(desktest.At(1, "08:30"), "buergerbuero")).want(409)
	h.post(at+"/service", clerk, "service", "pass", "n.pass", "1", "answer.pass.art", "express", "start", startValue(desktest.At(1, "08:30"), "buergerbuero")).
		to(at, clerk).want(200, "08:30–09:10", "Warum: –", "Art: Express")
	if _, err := h.desk.Move(t.Context(), town, h.manage(b), booking.Target{Start: desktest.At(1, "09:00")}); err != nil {
		t.Errorf("its visitor cannot move it: %v", err)
	}
}

// What is taken away from a visit is gone: fewer people, and an answer that need not be given.
func TestAServiceCanBecomeLess(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[1].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Art"), Type: agenda.AskChoice, Options: []agenda.Option{{ID: "express", Label: agenda.Plain("Express"), Minutes: 40}}}}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
	start := startValue(desktest.At(1, "08:30"), "buergerbuero")
	h.post(at+"/service", clerk, "service", "pass", "n.pass", "2", "answer.pass.art", "express", "start", start).to(at, clerk).want(200, "2 × Reisepass", "Art: Express")
	shown := h.get(at+"/service?service=pass&n.pass=1&answer.pass.art=", clerk)
	shown.want(200, "Passt zur selben Zeit", `type="hidden" name="n.pass" value="1"`, `type="hidden" name="answer.pass.art" value=""`)
	h.post(at+"/service", clerk, "service", "pass", "n.pass", "1", "answer.pass.art", "", "start", start).to(at, clerk).want(200, "08:30–08:50", "!Art: Express")
}

// Who looked at a visit before its visitor moved it, or another clerk turned it into something
// else, does not take that back unseen. Pressed twice it says the same again.
func TestAServiceIsNotChangedUnseen(t *testing.T) {
	each(t, func(h *house) {
		b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
		clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
		press := []string{"service", "pass", "n.pass", "1", "seen", "1", "start", startValue(desktest.At(1, "08:30"), "buergerbuero")}
		h.get(at+"/service?service=pass", clerk).want(200, `type="hidden" name="seen" value="1"`)
		if _, err := h.desk.Move(t.Context(), town, h.manage(b), booking.Target{Start: desktest.At(2, "09:00")}); err != nil {
			t.Fatal(err)
		}
		h.post(at+"/service", clerk, press...).want(409, "Inzwischen hat jemand diesen Termin geändert", "Mi, 08.07.2026, 09:00 Uhr", `name="seen" value="2"`)
		press = []string{"service", "pass", "n.pass", "1", "seen", "2", "start", startValue(desktest.At(2, "09:00"), "buergerbuero")}
		h.post(at+"/service", clerk, press...).to(at, clerk).want(200, "Mittwoch, 8. Juli 2026", "Reisepass")
		h.post(at+"/service", clerk, press...).to(at, clerk).want(200, "Mittwoch, 8. Juli 2026", "Reisepass")
		press[1], press[2] = "ausweis", "n.ausweis"
		h.post(at+"/service", clerk, press...).want(409, "Inzwischen")
	})
}

// At the counter it shows that somebody has come for something else.
func TestTheServiceOfWhoIsThere(t *testing.T) {
	h := sqlite(t)
	b := h.ask("buergerbuero", 0, "08:30", "Ada Beispiel", "ausweis")
	clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
	h.clock.Set(desktest.At(0, "08:36"))
	h.get(at+"/service?service=pass", clerk).want(200, "Passt zur selben Zeit", "!Vergangenheit")
	h.post(at+"/service", clerk, "service", "pass", "start", startValue(desktest.At(0, "08:30"), "buergerbuero")).to(at, clerk).want(200, "08:30–08:50")
}
