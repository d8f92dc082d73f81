package paper_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

// TestStates keeps the list to print in its states for the accessibility run.
func TestStates(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		t.Run(lang, func(t *testing.T) {
			d, c := desktest.SQLite(t)
			h := newHouse(t, d, c)
			h.lang = lang
			clerk := h.as(agenda.Clerk, "")
			show := func(name, path string) { pagetest.Keep(t, name+"-"+lang, h.get(path, clerk, 200)) }
			show("paper-empty", "/staff/day/print?date=2026-07-06")
			h.book("buergerbuero", 0, "08:30", "Ada Beispiel", "", "ausweis")
			show("paper-one", "/staff/day/print?date=2026-07-06")
			for range 20 {
				h.book("buergerbuero", 0, "09:00", strings.Repeat("Friederike-Wilhelmine von und zu ", 5)+"Musterberg", strings.Repeat("Überprüfungsunterlagen ", 20), "ausweis", "pass")
			}
			h.book("soziales", 0, "09:00", "Cem Beispiel", "", "beratung")
			show("paper-full", "/staff/day/print?date=2026-07-06")
			h.lists.Refresh(t.Context(), town)
			if err := d.Store.Close(); err != nil {
				t.Fatal(err)
			}
			show("paper-gone", "/staff/day/print?date=2026-07-06")
		})
	}
}
