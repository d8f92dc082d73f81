package why_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/why"
)

// Everything that a rule can say has words in every language.
func TestEveryReasonHasWords(t *testing.T) {
	texts := builttest.Texts(t)
	setup := desktest.Musterstadt()
	if err := setup.Prepare(); err != nil {
		t.Fatal(err)
	}
	start := desktest.At(1, "09:00")
	date := agenda.DateOf(start)
	day := slots.Closing{Level: "tenant", From: desktest.At(1, "00:00"), To: desktest.At(2, "00:00"), Reason: agenda.Text{"de": "Brückentag", "en": "Bridge day"}}
	part := slots.Closing{Level: "calendar", From: desktest.At(1, "08:00"), To: desktest.At(3, "00:00"), Seats: 1}
	elsewhere := slots.Closing{Level: "busy", From: desktest.At(1, "09:00"), To: desktest.At(1, "10:00"), Seats: 1}
	e := &slots.Explanation{Start: start, Date: date}
	full := slots.Ruling{Template: "vormittag", From: desktest.At(1, "08:00"), To: desktest.At(1, "12:00"), At: desktest.At(0, "08:00"), Date: date, N: 2, Of: 3}
	for _, test := range []struct {
		rule   slots.Rule
		reason slots.Reason
		with   func(r *slots.Ruling)
		german string
	}{
		{slots.RuleTemplate, slots.OtherServices, func(r *slots.Ruling) { r.Names = []string{"pass", "ausweis"} }, "Reisepass und Personalausweis"},
		{slots.RuleTemplate, slots.OtherModes, func(r *slots.Ruling) { r.Names = []string{"video"} }, "keine Termine per Video"},
		{slots.RuleTemplate, slots.BeginsTooEarly, nil, "2 Minuten zur Vorbereitung"},
		{slots.RuleTemplate, slots.EndsTooLate, nil, "2 Minuten und wäre nicht"},
		{slots.RuleRhythm, slots.NotYetValid, nil, "erst ab Di, 07.07.2026"},
		{slots.RuleRhythm, slots.NoLonger, nil, "nur bis Di, 07.07.2026"},
		{slots.RuleRhythm, slots.WeekBetween, nil, "alle 2 Wochen, gezählt ab der Woche vom Mo, 06.07.2026"},
		{slots.RuleRhythm, slots.OtherWeek, nil, "am zweiten Dienstag"},
		{slots.RuleRhythm, slots.OtherWeek, func(r *slots.Ruling) { r.N = 5 }, "am letzten Dienstag"},
		{slots.RuleRhythm, slots.NoReason, func(r *slots.Ruling) { r.Template = "" }, "nichts zu prüfen"},
		{slots.RuleException, slots.AlsoOn, nil, "auch am Feiertag"},
		{slots.RuleException, slots.NoReason, func(r *slots.Ruling) { r.Template = "" }, "nichts zu prüfen"},
		{slots.RuleClosure, slots.Closed, func(r *slots.Ruling) { r.Closings = []slots.Closing{day, part} },
			"Geschlossen: alle Standorte am Di, 07.07.2026 (Brückentag); der Terminkalender von Di, 07.07.2026, 08:00 Uhr bis Mi, 08.07.2026."},
		{slots.RuleClosure, slots.SeatsWithdrawn, func(r *slots.Ruling) { r.Closings = []slots.Closing{part} }, "2 von 3 Plätzen fallen aus: der Terminkalender von"},
		{slots.RuleBusy, slots.BusyElsewhere, func(r *slots.Ruling) { r.Closings = []slots.Closing{elsewhere} }, "ein anderer Kalender von Di, 07.07.2026, 09:00 Uhr bis Di, 07.07.2026, 10:00 Uhr"},
		{slots.RuleBusy, slots.TakenElsewhere, func(r *slots.Ruling) { r.Closings = []slots.Closing{elsewhere} }, "2 von 3 Plätzen sind in anderen Kalendern belegt"},
		{slots.RuleBusy, slots.NoReason, nil, "Kein anderer Kalender"},
		{slots.RuleHoliday, slots.HolidayLifted, func(r *slots.Ruling) { r.Holiday = agenda.Holiday{De: "Pfingstmontag", En: "Whit Monday"} }, "Pfingstmontag"},
		{slots.RuleLead, slots.NoReason, func(r *slots.Ruling) { r.N, r.Allows = 0, true }, "Buchbar bis zum Beginn"},
		{slots.RuleLead, slots.TooSoon, func(r *slots.Ruling) { r.N = 2 * 24 * 60 }, "2 Tage vorher"},
		{slots.RuleLead, slots.TooSoon, func(r *slots.Ruling) { r.N = 90 }, "90 Minuten vorher"},
		{slots.RuleHorizon, slots.NoReason, func(r *slots.Ruling) { *r = slots.Ruling{Rule: r.Rule} }, "keine Grenze"},
		{slots.RuleHorizon, slots.TooFar, func(r *slots.Ruling) { r.N = 0 }, "nur für denselben Tag"},
		{slots.RuleCapacity, slots.NoSeats, nil, "keine Plätze eingetragen"},
		{slots.RuleCapacity, slots.NoPublicSeats, nil, "Alle Plätze (3)"},
		{slots.RuleCapacity, slots.NoReason, nil, "nichts zu prüfen"},
		{slots.RuleHold, slots.SomeReserved, nil, "2 Plätze sind nur reserviert und noch nicht fest gebucht, der erste bis Mo, 06.07.2026, 08:00 Uhr"},
		{slots.RuleHold, slots.OnlyReserved, func(r *slots.Ruling) { r.N, r.At = 1, desktest.At(1, "08:51") }, "wird er um 08:51 Uhr wieder frei"},
	} {
		r := full
		r.Rule, r.Reason = test.rule, test.reason
		if test.with != nil {
			test.with(&r)
		}
		for _, lang := range texts.OfficeLanguages() {
			got := why.Speaker{Setup: setup, Words: texts.Printer(lang)}.Sentence(e, &r)
			if !strings.HasSuffix(got, ".") || strings.ContainsAny(got, "{}[]") || lang == "de" && !strings.Contains(got, test.german) {
				t.Errorf("%s %s in %s: got %q, want %q in it", test.rule, test.reason, lang, got, test.german)
			}
		}
	}
	if missing := texts.Missing(); len(missing) > 0 {
		t.Errorf("texts missing: %v", missing)
	}
}
