package staff

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestDayWithoutVisits(t *testing.T) {
	h := sqlite(t)
	h.get("/staff/day?calendar=buergerbuero&date=2026-07-06", h.as(agenda.Clerk, "")).
		want(200, "Montag, 6. Juli 2026", "An diesem Tag gibt es keine Termine", "0 Termine", `href="/staff/account/feeds"`, `href="/staff/day?calendar=buergerbuero&amp;date=2026-07-05"`, "!Heute")
	h.get("/staff/day?calendar=buergerbuero&date=2026-07-08&lang=en", h.as(agenda.Clerk, "")).
		want(200, "Wednesday, 8 July 2026", "There are no appointments", "Today")
	for _, odd := range []string{"date=yesterday", "date=9999-99-99", "date=0001-01-01", "date=3000-01-01", ""} {
		h.get("/staff/day?"+odd, h.as(agenda.Clerk, "")).want(200, "Montag, 6. Juli 2026")
	}
	h.get("/staff/day?calendar=nowhere", h.as(agenda.Clerk, "")).want(404)
}

func TestDayInOrder(t *testing.T) {
	each(t, func(h *house) {
		late := h.ask("buergerbuero", 0, "10:00", "Bruno Beispiel", "pass")
		early := h.ask("buergerbuero", 0, "08:30", "Ada Beispiel", "ausweis")
		h.clock.Set(desktest.At(0, "09:00"))
		body := h.get("/staff/day?calendar=buergerbuero", h.as(agenda.Clerk, "buergerdienste")).
			want(200, "2 Termine", "Personalausweis", "Reisepass", early.Reference, `href="tel:055504711"`, "Erwartet", "Jetzt, 09:00 Uhr",
				"/staff/bookings/"+late.ID+"/check-in", "/staff/bookings/"+late.ID+"/move", "/staff/bookings/"+late.ID+"/cancel").Body.String()
		a, now, b := strings.Index(body, "Ada Beispiel"), strings.Index(body, "Jetzt,"), strings.Index(body, "Bruno Beispiel")
		if a > now || now > b {
			h.Errorf("order: Ada %d, now %d, Bruno %d", a, now, b)
		}
		h.get("/staff/day?calendar=*", h.as(agenda.Clerk, "")).want(200, "Ada Beispiel", "Bürgerdienste, Rathaus")
	})
}

// A full day, with the longest of everything that people may type.
func TestDayIsFull(t *testing.T) {
	h := sqlite(t)
	long := strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 6)[:agenda.MaxName]
	for i := range 40 {
		v := agenda.Visitor{Name: fmt.Sprintf("%s %d", long[:agenda.MaxName-3], i), Phone: strings.Repeat("1", agenda.MaxPhone), Note: strings.Repeat("<b>x&", 200)}
		r := booking.Request{Tenant: town, Wish: desktest.Wish("ausweis", "pass"), Calendar: "buergerbuero", Start: desktest.At(1, fmt.Sprintf("%02d:%02d", 8+i/15, i/3%5*10)), By: agenda.Staff, Actor: "x", Overbook: true}
		if _, err := h.desk.BookNow(t.Context(), r, booking.Form{Visitor: v, StaffNote: strings.Repeat("y ", 500)}, booking.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []string{"de", "en"} {
		body := h.get("/staff/day?calendar=buergerbuero&date=2026-07-07&lang="+lang, h.as(agenda.Clerk, "")).want(200, "40 ", "!<b>x").Body.String()
		if got := strings.Count(body, `class="v-name"`); got != 40 {
			t.Errorf("got %d lines, want 40", got)
		}
	}
}

// What anybody types stays text wherever the back office shows it.
func TestTypedTextIsInert(t *testing.T) {
	h := sqlite(t)
	evil := `"><img src=x onerror=alert(1)>{{7*7}}`
	v := agenda.Visitor{Name: evil, Email: "ada@beispiel.example", Note: evil + "\njavascript:alert(1)"}
	r := booking.Request{Tenant: town, Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(1, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}
	got, err := h.desk.BookNow(t.Context(), r, booking.Form{Visitor: v}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	clerk, id := h.as(agenda.Clerk, ""), got.Booking.ID
	for _, path := range []string{"/staff/day?calendar=soziales&date=2026-07-07", "/staff/bookings/" + id, "/staff/bookings/" + id + "/move",
		"/staff/bookings/" + id + "/reject", "/staff/day?done=" + url.QueryEscape(evil), "/staff/day?done=move&about=" + id} {
		h.get(path, clerk).want(200, "!<img src=x", "!&gt;49")
	}
	h.get("/staff/new?calendar=soziales&service=beratung&on=2026-07-08&time="+url.QueryEscape(evil), clerk).want(200, "!<img src=x")
}

func TestRequestsOfAllDays(t *testing.T) {
	each(t, func(h *house) {
		far, near := h.ask("soziales", 30, "08:00", "Fern Beispiel", "beratung"), h.ask("soziales", 2, "09:00", "Nah Beispiel", "beratung")
		clerk := h.as(agenda.Clerk, "")
		body := h.get("/staff/day?calendar=buergerbuero", clerk).want(200, "2 Anfragen warten", "Mi, 08.07.2026", "Mi, 05.08.2026").Body.String()
		if strings.Index(body, near.ID) > strings.Index(body, far.ID) {
			h.Error("the later request stands first")
		}
		h.get("/staff/day?calendar=buergerbuero", h.as(agenda.Clerk, "buergerdienste")).want(200, "!Nah Beispiel", "!Anfragen warten")
		h.post("/staff/bookings/"+near.ID+"/approve", clerk, "calendar", "buergerbuero", "date", "2026-07-06").
			to("/staff/day?about="+near.ID+"&calendar=buergerbuero&date=2026-07-06&done=approve", clerk).want(200, "1 Anfrage wartet", "Termin bestätigt", "Nah Beispiel")
		if got := h.status(near.ID); got != agenda.Confirmed {
			h.Errorf("got %s, want confirmed", got)
		}
		h.get("/staff/bookings/"+far.ID+"/reject", clerk).want(200, "Anfrage ablehnen", "erhält eine E-Mail")
		h.post("/staff/bookings/"+far.ID+"/reject", clerk).to("/staff/day", clerk).want(200, "Anfrage abgelehnt", "!warten auf", "1 abgesagter Termin")
		if got := h.status(far.ID); got != agenda.Cancelled {
			h.Errorf("got %s, want cancelled", got)
		}
		// Pressed again, by somebody whose page is old.
		h.post("/staff/bookings/"+far.ID+"/approve", clerk).to("/staff/day", clerk).want(200, "inzwischen geändert", "!Fern Beispiel")
		h.get("/staff/bookings/"+far.ID+"/reject", clerk).want(409)
	})
}

func TestVisitStepByStep(t *testing.T) {
	each(t, func(h *house) {
		b := h.ask("buergerbuero", 0, "08:30", "Ada Beispiel", "ausweis")
		clerk := h.as(agenda.Clerk, "")
		press := func(what string, want agenda.Status, say string) {
			h.Helper()
			a := h.post("/staff/bookings/"+b.ID+"/"+what, clerk, "calendar", "buergerbuero", "date", "2026-07-06")
			if at := a.Header().Get("Location"); !strings.HasSuffix(at, "#b-"+b.ID) {
				h.Errorf("%s leads to %s, want the line", what, at)
			}
			a.to("/staff/day", clerk).want(200, say)
			if got := h.status(b.ID); got != want {
				h.Errorf("%s: got %s, want %s", what, got, want)
			}
		}
		press("check-in", agenda.CheckedIn, "Als da vermerkt")
		press("serve", agenda.Served, "Als erledigt vermerkt")
		press("undo", agenda.CheckedIn, "Zurückgenommen") // one step, not all
		press("no-show", agenda.NoShow, "Als nicht gekommen vermerkt")
		press("no-show", agenda.NoShow, "Als nicht gekommen vermerkt")
		press("undo", agenda.CheckedIn, "Zurückgenommen")
		press("undo", agenda.Confirmed, "Zurückgenommen")
		h.post("/staff/bookings/"+b.ID+"/check-in", clerk, "from", "booking").to("/staff/bookings/"+b.ID, clerk).
			want(200, "Als da vermerkt", "Nicht gekommen", "Zurückgenommen", "Uwe Muster (clerk)", "ada@beispiel.example", "Terminbestätigung", "Wartet auf Versand")
	})
}

func TestCancelAsksFirst(t *testing.T) {
	each(t, func(h *house) {
		b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
		clerk := h.as(agenda.Clerk, "")
		h.get("/staff/bookings/"+b.ID+"/cancel", clerk).want(200, "Termin absagen?", "sofort für andere frei", "Ada Beispiel", "Nichts ändern")
		if got := h.status(b.ID); got != agenda.Confirmed {
			h.Fatalf("the question alone made it %s", got)
		}
		h.post("/staff/bookings/"+b.ID+"/cancel", clerk).to("/staff/day", clerk).want(200, "Termin abgesagt", "1 abgesagter Termin", "!Ada Beispiel", b.Reference)
		if got := h.status(b.ID); got != agenda.Cancelled {
			h.Errorf("got %s, want cancelled", got)
		}
		h.get("/staff/bookings/"+b.ID, clerk).want(200, "Abgesagt", "nicht mehr gezeigt", "!Ada Beispiel", "!ada@")
		h.get("/staff/bookings/"+b.ID+"/cancel", clerk).want(409)
		h.get("/staff/bookings/"+b.ID+"/move", clerk).want(409)
		h.post("/staff/bookings/"+b.ID+"/move", clerk, "start", startValue(desktest.At(2, "08:00"), "buergerbuero")).want(409)
	})
}

func TestMoveForACaller(t *testing.T) {
	each(t, func(h *house) {
		b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
		other := h.ask("soziales", 1, "09:00", "Bruno Beispiel", "beratung")
		clerk, path := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID+"/move"
		free := startValue(desktest.At(2, "10:30"), "soziales")
		page := h.get(path, clerk).want(200, "Ada Beispiel verschieben", "Di, 07.07.2026", free, "!"+startValue(desktest.At(1, "09:00"), "soziales"))
		if !strings.Contains(page.Body.String(), startValue(desktest.At(1, "08:00"), "soziales")) {
			h.Error("its own seat does not count as free")
		}
		h.get(path+"?date=2026-07-20", clerk).want(200, "Mo, 20.07.2026", "date=2026-07-13")
		h.get(path+"?date=2026-07-11&calendar=ausweise", clerk).want(200, "Montag, 13. Juli 2026")
		h.post(path, clerk, "start", startValue(desktest.At(1, "09:00"), "soziales")).want(409, "Diese Zeit geht nicht. Alle Plätze sind belegt: 1 von 1.", "staff/explain?booking="+b.ID, "Ada Beispiel verschieben")
		h.post(path, clerk, "calendar", "soziales", "on", "2026-07-07", "time", "9:00").want(409, "Alle Plätze sind belegt", `value="9:00"`)
		h.post(path, clerk, "calendar", "soziales", "on", "2026-07-07", "time", "neun").want(409, "zum Beispiel 08:30")
		h.post(path, clerk).want(409, "Bitte wählen Sie eine Zeit")
		h.post(path, clerk, "start", "unsinn").want(409, "Bitte wählen Sie eine Zeit")
		h.post(path, clerk, "start", startValue(desktest.At(2, "10:30"), "buergerbuero")).want(409, "nicht frei")
		h.post(path, clerk, "start", free).to("/staff/day?about="+b.ID+"&calendar=soziales&date=2026-07-08", clerk).want(200, "Termin verschoben", "Ada Beispiel", "10:30")
		if got := h.find(b.ID); !got.Start.Equal(desktest.At(2, "10:30")) || got.Status != agenda.Pending {
			h.Errorf("got %s at %s", got.Status, got.Start)
		}
		// Knowingly onto a seat that is taken.
		h.post(path, clerk, "calendar", "soziales", "on", "7.7.2026", "time", "09:00", "overbook", "1").to("/staff/day", clerk).want(200, "Termin verschoben", "überbucht")
		if got := h.find(b.ID); !got.Start.Equal(other.Start) || !got.Overbooked {
			h.Errorf("got %s, overbooked %v", got.Start, got.Overbooked)
		}
		h.get("/staff/bookings/"+b.ID, clerk).want(200, "Verschoben von Mi, 08.07.2026, 10:30 Uhr auf Di, 07.07.2026, 09:00 Uhr (überbucht)", "Uwe Muster (clerk)")
	})
}

func TestReadersReadOnly(t *testing.T) {
	h := sqlite(t)
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	for _, role := range []agenda.Role{agenda.Auditor, agenda.Planner} {
		who := h.as(role, "")
		h.get("/staff/day?calendar=soziales&date=2026-07-07", who).want(200, "Ada Beispiel", "!formaction", "!/staff/new", "!/move")
		h.get("/staff/bookings/"+b.ID, who).want(200, "Ada Beispiel", "!formaction", "!/move")
	}
	if a := h.get("/staff/", h.as(agenda.County, "")); a.Code != 303 || strings.HasPrefix(a.Header().Get("Location"), "/staff/day") {
		t.Errorf("the county: got %d to %q, want the first page that it may see", a.Code, a.Header().Get("Location"))
	}
}

func TestPrivateCalendarsShowBusy(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Calendars[2].Private = true
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	day := "/staff/day?calendar=soziales&date=2026-07-07"
	outsider := h.as(agenda.Reception, "")
	h.get(day, outsider).want(200, "Belegt", "08:00", "!Ada", "!"+b.Reference, "!Beratung", "!Anfrage wartet")
	h.get("/staff/bookings/"+b.ID, outsider).want(404)
	h.post("/staff/bookings/"+b.ID+"/approve", outsider).want(404)
	h.get(day+"&about="+b.ID+"&done=approve", outsider).want(200, "!Ada")
	h.get(day, h.as(agenda.Clerk, "soziales")).want(200, "Ada Beispiel", "Anfrage wartet")
	h.get(day, h.as(agenda.Lead, "")).want(200, "Ada Beispiel")
}

// A hold is somebody still filling in the form: nothing to be seen.
func TestHoldsAreNotShown(t *testing.T) {
	h := sqlite(t)
	r := booking.Request{Tenant: town, Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(1, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor}
	held, err := h.desk.Hold(context.WithoutCancel(t.Context()), r)
	if err != nil {
		t.Fatal(err)
	}
	h.get("/staff/day?calendar=buergerbuero&date=2026-07-07", h.as(agenda.Clerk, "")).want(200, "keine Termine")
	h.get("/staff/bookings/"+held.Booking.ID, h.as(agenda.Clerk, "")).want(404)
}
