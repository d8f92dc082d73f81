package staff

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// button is the form of the notice: where it goes and what it sends.
func (a reply) button(path string) (pairs []string) {
	a.Helper()
	_, form, found := strings.Cut(a.Body.String(), `<form method="post" action="`+path+`">`)
	form, _, _ = strings.Cut(form, "</form>")
	if !found || !strings.Contains(form, `type="submit"`) {
		a.Fatalf("no button to %s in %s", path, content(a.Body.String()))
	}
	for _, m := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		pairs = append(pairs, m[1], m[2])
	}
	return pairs
}

func TestTakeBackFromTheNotice(t *testing.T) {
	each(t, func(h *house) {
		b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
		clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
		back := at + "/take-back"

		page := h.post(at+"/move", clerk, "start", startValue(desktest.At(2, "10:00"), "buergerbuero")).to("/staff/day", clerk).
			want(200, "Termin verschoben", "Bis 07:01:00 können Sie das zurücknehmen")
		pairs := page.button(back)
		h.post(back, clerk, pairs...).to("/staff/day?about="+b.ID+"&calendar=buergerbuero&date=2026-07-08&done=take-back#b-", clerk).
			want(200, "Der Termin steht wieder wie vorher", "!können Sie das zurücknehmen")
		if got := h.find(b.ID); !got.Start.Equal(desktest.At(1, "08:30")) {
			h.Errorf("got it at %s", got.Start)
		}
		h.post(back, clerk, pairs...).to("/staff/day", clerk).want(200, "inzwischen geändert")
		h.get(at, clerk).want(200, "Verschoben von", "Zurückgenommen", "Nicht mehr nötig")

		page = h.post(at+"/cancel", clerk, "from", "booking").to(at, clerk).want(200, "Termin abgesagt", "nicht mehr gezeigt")
		h.post(back, clerk, page.button(back)...).to(at+"?done=take-back", clerk).want(200, "wieder wie vorher", "Ada Beispiel")
		if got := h.status(b.ID); got != agenda.Confirmed {
			h.Errorf("got %s", got)
		}
		if c, err := h.desk.Manage(h.Context(), town, h.manage(b)); err != nil || c.Gone {
			h.Errorf("the visitor's page: got %+v, %v", c, err)
		}

		page = h.post(at+"/cancel", clerk).to("/staff/day", clerk)
		pairs = page.button(back)
		h.clock.Advance(booking.UndoFor)
		h.get("/staff/day?"+url.Values{"calendar": {"buergerbuero"}, "about": {b.ID}, "done": {"cancel"}}.Encode(), clerk).want(200, "Termin abgesagt", "!können Sie das zurücknehmen")
		h.post(back, clerk, pairs...).to("/staff/day", clerk).want(200, "nicht mehr zurücknehmen. Die Nachricht ist schon unterwegs")
		h.post(back, h.as(agenda.Auditor, ""), pairs...).want(403)
		h.post(back, h.as(agenda.Clerk, "soziales"), pairs...).want(404)
		h.post(back, clerk).to("/staff/day", clerk).want(200, "inzwischen geändert")
	})
}

func TestTakeBackWhenTheSeatIsGone(t *testing.T) {
	h := sqlite(t)
	b := h.ask("soziales", 1, "08:30", "Ada Beispiel", "beratung")
	clerk, at := h.as(agenda.Clerk, ""), "/staff/bookings/"+b.ID
	pairs := h.post(at+"/cancel", clerk).to("/staff/day", clerk).button(at + "/take-back")
	h.ask("soziales", 1, "08:30", "Bruno Beispiel", "beratung")
	h.post(at+"/take-back", clerk, pairs...).to("/staff/day", clerk).want(200, "inzwischen vergeben", "1 abgesagter Termin")
}

// manage is the secret of a visitor's link.
func (h *house) manage(b *agenda.Booking) string {
	h.Helper()
	p, err := h.desk.Private(h.find(b.ID))
	if err != nil {
		h.Fatal(err)
	}
	return p.Manage
}
