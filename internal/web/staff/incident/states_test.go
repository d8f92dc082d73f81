package incident

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

// keep asks for a page in a language, and keeps it for the accessibility run.
func (h *house) keep(path, state string) {
	h.Helper()
	for _, lang := range []string{"de", "en"} {
		to := path + "?lang=" + lang
		if strings.Contains(path, "?") {
			to = path + "&lang=" + lang
		}
		pagetest.Keep(h.T, "incident-"+state+"-"+lang, h.get(to).want(200).Body.String())
	}
}

// TestStates shows every page empty, with one visit, full, with mistakes, and with the
// longest names. It is long because it is one way through all of them.
func TestStates(t *testing.T) {
	h := open(t)
	h.keep("/staff/incidents", "list-empty")
	h.keep("/staff/incidents/new", "new-empty")
	h.keep("/staff/incidents/new?calendar=buergerbuero&from=2026-07-07T08:00&to=2026-07-07T12:00", "new-led")
	wrong := ill()
	wrong.Del("calendar")
	wrong.Set("to", "gestern")
	pagetest.Keep(t, "incident-new-wrong-de", h.post("/staff/incidents", wrong).want(422).Body.String())

	none := h.path(h.post("/staff/incidents", ill()).on("/bookings"))
	h.keep(none+"/bookings", "bookings-empty")
	h.post(none+"/drop", nil).want(303)

	h = open(t)
	h.morning(30)
	r := booking.Request{Tenant: town, Wish: desktest.Wish("ausweis", "pass"), Calendar: "buergerbuero", Start: desktest.At(1, "11:00"), By: agenda.Staff, Actor: "clerk", Person: desktest.Clerk()}
	if _, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: agenda.Visitor{Name: strings.Repeat("Verwaltungsgemeinschaftsangelegenheit", 5), Phone: strings.Repeat("0 5550 ", 5)}}, booking.Once{}); err != nil {
		t.Fatal(err)
	}
	choose := h.post("/staff/incidents", ill()).on("/bookings")
	here := h.path(choose)
	h.keep(here+"/bookings", "bookings-full")
	pagetest.Keep(t, "incident-bookings-wrong-de", h.post(here+"/bookings", url.Values{}).want(422).Body.String())
	form := h.post(here+"/bookings", choose.form()).on("/plan").form()
	h.keep(here+"/plan", "plan-full")
	bad := url.Values{}
	for name, v := range form {
		bad[name] = v
	}
	bad.Set("days", "0")
	bad.Set(slotOf(form), "")
	pagetest.Keep(t, "incident-plan-wrong-de", h.post(here+"/plan", bad).want(422).Body.String())
	form.Set("letter.de", "Im Bürgerbüro ist jemand erkrankt.")
	i := 0
	for name := range form {
		if strings.HasPrefix(name, "act.") {
			form.Set(name, []string{agenda.ActMove, agenda.ActPropose, agenda.ActCancel, agenda.ActLeave}[i%4])
			i++
		}
	}
	h.post(here+"/plan", form).on("/letters")
	h.keep(here+"/letters", "letters-full")
	h.keep("/staff/incidents", "list-one")
	h.post(here+"/confirm", nil).on("")
	h.keep(here, "show-running")
	h.post(here+"/pause", nil).on("")
	h.keep(here, "show-paused")
	h.post(here+"/resume", nil).on("")
	for i := range 20 { // others are faster
		r := booking.Request{Tenant: town, Wish: desktest.Wish("ausweis"), Calendar: "ausweise", Start: desktest.At(1, "08:00").Add(time.Duration(i) * 10 * time.Minute), By: agenda.Staff, Actor: "clerk", Person: desktest.Clerk()}
		_, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: agenda.Visitor{Name: fmt.Sprint("Schneller ", i)}}, booking.Once{})
		if err != nil && !strings.Contains(err.Error(), "taken") {
			t.Fatal(err)
		}
	}
	h.finish()
	h.keep(here, "show-done")
	h.keep(here+"/calls", "calls-full")
	h.post(here+"/undo", nil).on("")
	h.finish()
	h.keep(here, "show-undone")
	h.keep(here+"/calls", "calls-empty")
	h.keep("/staff/incidents", "list-done")
}
