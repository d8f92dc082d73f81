package setup_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/busy"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/store"
)

// abroad publishes a calendar on this machine, which the house may ask.
func (h *house) abroad(says http.HandlerFunc) (address string) {
	h.Helper()
	s := httptest.NewServer(says)
	h.Cleanup(s.Close)
	m := &busy.Importer{Desk: h.desk, Client: outbound.New(nil, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})}
	h.part.Ask, h.part.MayAsk = m.Now, m.May
	return s.URL + "/secret-4711.ics"
}

// tuesday has an entry with a zone and one without.
const tuesday = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Canary-4711\r\nDTSTART;TZID=W. Europe Standard Time:20260707T090000\r\nDTEND;TZID=W. Europe Standard Time:20260707T100000\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:b\r\nDTSTART:20260708T110000\r\nDTEND:20260708T113000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

const busyPage = "/staff/setup/calendars/buergerbuero/busy"

var press = url.Values{"source": {"kalender-1"}}

// A planner types an address, tries it out, and sees what was found: times, nothing else.
func TestACalendarElsewhereIsTriedOut(t *testing.T) {
	h := newHouse(t)
	address := h.abroad(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tuesday) })
	h.who = as(agenda.Planner, "")
	const form = "/staff/setup/calendars/buergerbuero"
	h.get(busyPage).want(200, "kein anderer Kalender eingetragen", "Anderen Kalender eintragen", "!Jetzt testen")
	h.post(form, h.get(form).form("busy.0.url", address)).to(busyPage+"?done=saved").want(200, "Gespeichert", "noch nicht gelesen", "127.0.0.1", "!4711", "Jetzt testen")
	h.post(busyPage, press).to(busyPage+"?asked=kalender-1").want(200, "Gelesen: 2 belegte Einträge", "Di, 07.07.2026, 09:00–10:00 Uhr", "Mi, 08.07.2026, 11:00–11:30 Uhr",
		"Zeiten gelesen als: Europe/Berlin", "1 Eintrag nennt keine Zeitzone", "!4711")
	h.get(form).want(200, busyPage, "!4711")
	h.get("/staff/setup").want(200, "!antwortet nicht")
	h.who = as(agenda.Planner, "soziales")
	h.get(busyPage).want(404)
	h.post(busyPage, press).want(404)
}

// Abuse H1, H7, H8: what goes wrong is told as a kind of fault and what to do, in none of
// the other side's words; nobody has us knock at doors all day.
func TestTryingOutACalendarElsewhereH1H7H8(t *testing.T) {
	h := newHouse(t)
	asked := 0
	address := h.abroad(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Error(w, "canary-7531 at 10.9.8.7", http.StatusInternalServerError)
	})
	const form = "/staff/setup/calendars/buergerbuero"
	h.Run("H1", func(*testing.T) {
		for _, typed := range []string{"http://10.0.0.1/x.ics", "https://[::1]/x.ics", "https://169.254.169.254/", "https://localhost./x", "https://[::ffff:10.0.0.1]/", "https://[fd00::1]/"} {
			h.post(form, h.get(form).form("busy.0.url", typed)).want(422, "wird nicht gelesen: die Adresse führt in ein Netz")
		}
		for _, typed := range []string{"https://0x7f.1/", "https://2130706433/", "https://0/", "file:///etc/passwd", "unix:/run/x", "gopher://x/", "ftp://x.example/a.ics"} {
			h.post(form, h.get(form).form("busy.0.url", typed)).want(422)
		}
		if asked != 0 {
			h.Errorf("%d were asked", asked)
		}
	})
	h.post(form, h.get(form).form("busy.0.url", address)).to(busyPage)
	h.Run("H7", func(*testing.T) {
		said := h.post(busyPage, press).to(busyPage+"?asked=").want(200, "Nicht gelesen: die Adresse gibt es nicht", "neu veröffentlichen", "!7531", "!10.9.8.7").main()
		if strings.Contains(said, "500") { // which may well be in a file's hash
			h.Errorf("the page tells the other side's status: %s", said)
		}
		h.get("/staff/setup").want(200, "1 anderer Kalender antwortet nicht", busyPage)
		h.get(form).want(200, "Antwortet nicht seit", "!7531")
	})
	h.Run("H8", func(*testing.T) {
		h.post(busyPage, press).to(busyPage+"?asked=kalender-1&but=moment").want(200, "Gerade erst gelesen")
		h.post(busyPage, url.Values{"source": {"keiner"}}).want(404)
		for range 9 {
			h.clock.Advance(35 * time.Second)
			h.post(busyPage, press).want(303)
		}
		h.clock.Advance(35 * time.Second)
		h.post(busyPage, press).want(429, "zehnmal getestet")
		if asked != 10 {
			h.Errorf("asked %d times, want 10", asked)
		}
		h.who = as(agenda.Planner, "")
		h.who.ID = "kollegin"
		h.post(busyPage, press).want(303)
		h.clock.Advance(10 * time.Minute)
		h.who = as(agenda.Lead, "soziales")
		h.post(busyPage, press).want(404)
		h.who = as(agenda.Clerk, "")
		h.post(busyPage, press).want(403)
		h.get(busyPage).want(403)
	})
	h.who = as(agenda.Admin, "")
	err := h.desk.Store.View(h.Context(), func(tx *store.Tx) error {
		entries, err := tx.Journal(town, "setup")
		n := 0
		for _, e := range entries {
			if e.Act == "ask calendar" && e.Actor == "ich" {
				n++
			}
			if strings.Contains(e.Detail, "4711") || strings.Contains(e.Detail, "7531") {
				h.Errorf("the journal has %v", e)
			}
		}
		if n != 10 {
			h.Errorf("%d of ten tries are in the journal", n)
		}
		return err
	})
	if err != nil {
		h.Error(err)
	}
}

// busyStates are those of the calendars elsewhere of one here, in its form and on their
// own page.
func (h *house) busyStates(keep func(string, reply)) {
	h.Helper()
	says, form := http.HandlerFunc(nil), "/staff/setup/calendars/impfung"
	address := h.abroad(func(w http.ResponseWriter, r *http.Request) { says(w, r) })
	keep("busy-none", h.get(form+"/busy"))
	keep("calendar-busy-refused", h.post(form, h.get(form).form("busy.0.url", "http://10.0.0.1/x.ics")))
	h.post(form, h.get(form).form("busy.0.url", address)).to(form + "/busy")
	keep("busy-never", h.get(form+"/busy?done=saved"))
	keep("calendar-busy-never", h.get(form))
	says = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tuesday) }
	h.post(form+"/busy", press)
	keep("busy-fresh", h.get(form+"/busy?asked=kalender-1"))
	keep("calendar-busy-fresh", h.get(form))
	h.clock.Advance(time.Minute)
	keep("busy-moment", h.get(form+"/busy?asked=kalender-1&but=moment"))
	says = http.NotFound
	h.post(form+"/busy", press)
	keep("busy-failing", h.get(form+"/busy?asked=kalender-1"))
	keep("calendar-busy-failing", h.get(form))
	keep("overview-busy-failing", h.get("/staff/setup"))
	h.change(func(s *agenda.Setup) { s.Calendars[3].Busy = nil })
}
