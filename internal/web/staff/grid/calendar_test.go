package grid

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestDayShowsSeatsAndStates(t *testing.T) {
	h := sqlite(t)
	h.busyWeek()
	clerk := h.as(agenda.Clerk, "")
	h.get("/staff/calendar?calendar=buergerbuero", clerk).want(200, "Montag, 6. Juli 2026", `href="/staff/account/feeds"`, "Platz 1", "Platz 3", "s-served", "s-no_show", "s-checked_in", "s-confirmed",
		"Erledigt", "Nicht gekommen", "Erwartet", "Jetzt 09:27", "mit Bemerkung", "2 × Personalausweis", `scope="row"`, "/staff/new?calendar=buergerbuero&amp;date=2026-07-06&amp;on=2026-07-06&amp;time=11%3A50", `href="/staff/walk-in?calendar=buergerbuero"`)
	h.get("/staff/calendar?calendar=buergerbuero&date=2026-07-07", clerk).want(200, "!/staff/walk-in")
	h.get("/staff/calendar?site=rathaus", clerk).want(200, "s-held", "Reserviert", "Bürgerdienste, Rathaus")
	h.get("/staff/calendar?calendar=soziales&calendar=buergerbuero&view=week", clerk).want(200, "Woche 28", `id="d-2026-07-08"`, "Geschlossen: Dienstbesprechung", "s-pending", "Angefragt", "!d-2026-07-12")
	h.get("/staff/calendar?calendar=buergerbuero&view=week&lang=en", clerk).want(200, "Week 28", "Mon, 6 Jul 2026", "Closed: Dienstbesprechung")
	for _, odd := range []string{"date=yesterday", "date=9999-99-99", "date=0001-01-01", "view=year", ""} {
		h.get("/staff/calendar?"+odd, clerk).want(200, "Montag, 6. Juli 2026")
	}
}

func TestClosedDaysSayWhy(t *testing.T) {
	h := sqlite(t)
	h.apply(func(s *agenda.Setup) {
		s.Sites[0].Closures = []agenda.Closure{{From: agenda.Moment{Date: agenda.DateOf(desktest.At(1, "00:00"))}, To: agenda.Moment{Date: agenda.DateOf(desktest.At(1, "00:00"))}, Reason: agenda.Plain("Umzug <b>")}}
	})
	clerk := h.as(agenda.Clerk, "")
	h.get("/staff/calendar?calendar=ausweise&date=2026-07-07", clerk).want(200, "Geschlossen: Umzug &lt;b&gt;", "0 Termine", "!>frei</a>")
	h.get("/staff/calendar?calendar=ausweise&date=2026-07-05", clerk).want(200, "Bürgerdienste, Rathaus: Keine Öffnungszeiten", "!<table")
	h.get("/staff/calendar?calendar=ausweise&date=2026-12-25", clerk).want(200, "Feiertag: Erster Weihnachtstag", "!<table")
	h.get("/staff/calendar?calendar=ausweise&date=2026-12-25&view=week&lang=en", clerk).want(200, "Public holiday", "free")
}

// Nobody sees more than within their rights, and nobody learns that there is more.
func TestRights(t *testing.T) {
	h := sqlite(t)
	h.apply(func(s *agenda.Setup) { s.Calendars[2].Private = true })
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	on := "/staff/calendar?date=2026-07-07&calendar="
	elsewhere := h.as(agenda.Clerk, "buergerdienste")
	h.get(on+"soziales", elsewhere).want(404)
	h.get(on+"soziales&calendar=buergerbuero", elsewhere).want(404)
	h.get("/staff/calendar?site=nebenstelle", elsewhere).want(200, "!Soziales")
	h.get("/staff/calendar/events?calendar=soziales", elsewhere).want(404)
	h.get("/staff/calendar/next?calendar=soziales", elsewhere).want(404)
	outsider := h.as(agenda.Reception, "")
	h.get(on+"soziales", outsider).want(200, "Belegt", "08:00", "!Ada", "!"+b.ID, "!"+b.Reference, "!Beratung")
	h.get(on+"soziales", h.as(agenda.Clerk, "soziales")).want(200, "Ada Beispiel", b.ID)
	h.get(on+"soziales", h.as(agenda.Auditor, "")).want(200, "Belegt", "!/staff/new", "!data-visit=\"")
	h.get(on+"soziales&carry="+b.ID, outsider).want(404)
	h.get(on+"soziales&done=move&about="+b.ID, outsider).want(200, "!Ada")
	move := []string{"booking", b.ID, "to", markOf("soziales", desktest.At(2, "08:00")), "back", "calendar=soziales"}
	h.post("/staff/calendar/move", outsider, move...).want(404)
	h.post("/staff/calendar/move", elsewhere, move...).want(404)
	h.post("/staff/calendar/move", h.as(agenda.Auditor, "soziales"), move...).want(403)
	h.post("/staff/calendar/take-back", elsewhere, "booking", b.ID, "version", "1", "back", "").want(404)
	h.get("/staff/calendar", h.as(agenda.County, "")).want(403)
	neighbour := desktest.Musterstadt()
	neighbour.Tenant.ID = "nachbarstadt"
	if _, err := h.desk.Apply(t.Context(), neighbour, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	chef := h.as(agenda.Admin, "")
	h.people[chef].Tenant = "nachbarstadt"
	h.get(on+"soziales", chef).want(200, "!Ada", "!Belegt</span>: ", "!"+b.ID)
	h.post("/staff/calendar/move", chef, move...).want(404)
	h.get("/staff/calendar", "").want(http.StatusSeeOther)
}

// What anybody types stays text.
func TestTypedTextIsInert(t *testing.T) {
	h := sqlite(t)
	evil := `"><img src=x onerror=alert(1)>'{{7*7}}&amp;`
	h.apply(func(s *agenda.Setup) {
		s.Calendars[0].Name, s.Services[0].Name = agenda.Text{"de": evil, "en": evil}, agenda.Text{"fr": evil}
	})
	b := h.ask("buergerbuero", 1, "08:00", evil, "ausweis")
	clerk := h.as(agenda.Clerk, "")
	for _, query := range []string{"calendar=buergerbuero&date=2026-07-07", "calendar=buergerbuero&date=2026-07-07&view=week", "site=rathaus&date=2026-07-07&about=" + url.QueryEscape(evil),
		"calendar=buergerbuero&date=2026-07-07&carry=" + b.ID, "calendar=buergerbuero&done=move&about=" + b.ID, "mark=" + url.QueryEscape(evil)} {
		h.get("/staff/calendar?"+query, clerk).want(200, "!<img src=x", "!49", "!'{{")
	}
	if got, want := string(escape(nil, "a\x00<b>&\"'")), "a\uFFFD&lt;b&gt;&amp;&#34;&#39;"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// On the nights when the clocks change, each hour of the office stands in its row.
func TestClockChanges(t *testing.T) {
	h := sqlite(t)
	h.apply(func(s *agenda.Setup) {
		for i := range s.Calendars {
			s.Calendars[i].SlotTemplates[0].Weekdays = []string{"su"}
			s.Calendars[i].SlotTemplates[0].From, s.Calendars[i].SlotTemplates[0].To = 0, 360
		}
		for i := range s.Services {
			s.Services[i].HorizonDays = 400
		}
	})
	clerk := h.as(agenda.Clerk, "")
	for _, x := range []struct {
		date  string
		rows  int // of half an hour, from midnight to six
		free  int
		clock string
	}{{"2026-10-25", 12, 12, "02:00"}, {"2027-03-28", 12, 10, "01:30"}} {
		date, _ := agenda.ParseDate(x.date)
		body := h.get("/staff/calendar?calendar=soziales&date="+x.date, clerk).want(200).Body.String()
		if got := strings.Count(body, `scope="row"`); got != x.rows {
			t.Errorf("%s: got %d rows, want %d", x.date, got, x.rows)
		}
		if got := strings.Count(body, `class="cal-free"`); got != x.free {
			t.Errorf("%s: got %d free times, want %d", x.date, got, x.free)
		}
		b := h.ask("soziales", int(date-agenda.DateOf(desktest.Start)), x.clock, "Nacht Eule", "beratung")
		h.get("/staff/calendar?calendar=soziales&date="+x.date, clerk).want(200, "<b>"+x.clock+"</b> Nacht Eule")
		if got := agenda.DateOf(b.Start.In(time.FixedZone("", 7200))); got != date {
			t.Errorf("booked on %v", got)
		}
	}
}

func TestNextFreeTime(t *testing.T) {
	h := sqlite(t)
	h.ask("soziales", 0, "08:00", "Ada Beispiel", "beratung")
	clerk := h.as(agenda.Clerk, "")
	h.get("/staff/calendar/next?calendar=soziales", clerk).to("/staff/calendar?calendar=soziales&date=2026-07-06&mark=2026-07-06T06%3A30%3A00Z+soziales#free", clerk).want(200, `id="free"><a href`)
	h.clock.Set(desktest.At(0, "13:00"))
	h.get("/staff/calendar/next?calendar=soziales&view=week", clerk).to("/staff/calendar?calendar=soziales&date=2026-07-07&mark=2026-07-07T06%3A00%3A00Z+soziales&view=week", clerk).want(200)
	h.apply(func(s *agenda.Setup) { s.Calendars[2].SlotTemplates = nil })
	h.get("/staff/calendar/next?calendar=soziales", clerk).to("/staff/calendar?calendar=soziales&date=2026-07-06&done=none", clerk).want(200, "In den nächsten 91 Tagen ist hier nichts frei.")
}

// Seats that calendars share are taken in each of them.
func TestSharedSeats(t *testing.T) {
	h := sqlite(t)
	h.apply(func(s *agenda.Setup) {
		s.Calendars[0].Pool, s.Calendars[1].Pool = "schalter", "schalter"
		s.Calendars[0].SlotTemplates[0].Seats, s.Calendars[1].SlotTemplates[0].Seats = agenda.Seats{Total: 1, Public: 1}, agenda.Seats{Total: 1, Public: 1}
		s.Calendars[0].Name, s.Calendars[1].Name = agenda.Plain("Eins"), agenda.Plain("Zwei")
	})
	b := h.ask("buergerbuero", 1, "08:00", "Ada Beispiel", "ausweis")
	clerk := h.as(agenda.Clerk, "")
	body := h.get("/staff/calendar?calendar=ausweise&date=2026-07-07", clerk).want(200, "Ada Beispiel", "Eins", "0 Termine", "!time=08%3A00").Body.String()
	if !strings.Contains(body, b.ID) {
		t.Error("the visit cannot be opened")
	}
}

func TestKeysCanBeSwitchedOff(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "")
	h.get("/staff/calendar", clerk).want(200, "Tasten ausschalten", `!data-keys="off"`)
	a := h.post("/staff/calendar/keys", clerk, "keys", "off", "back", "calendar=soziales&view=week&evil=1")
	if got := a.Header().Get("Set-Cookie"); !strings.HasPrefix(got, "calendar-keys=off; Path=/staff/; Max-Age=") {
		t.Errorf("got cookie %q", got)
	}
	if got, want := a.Header().Get("Location"), "/staff/calendar?calendar=soziales&date=2026-07-06&view=week#keys"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := h.post("/staff/calendar/keys", clerk, "keys", "on").Header().Get("Set-Cookie"); !strings.Contains(got, "Max-Age=0") {
		t.Errorf("got cookie %q", got)
	}
}
