package grid

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func (h *house) at(id string) time.Time {
	h.Helper()
	c, err := h.desk.Seen(h.Context(), &agenda.Person{Tenant: "musterstadt", Role: agenda.Lead}, id)
	if err != nil {
		h.Fatal(err)
	}
	return c.Start
}

func TestMoveAndTakeBack(t *testing.T) {
	h := sqlite(t)
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	h.ask("soziales", 1, "09:00", "Bruno Beispiel", "beratung")
	clerk := h.as(agenda.Clerk, "")
	back := "calendar=soziales&date=2026-07-07"
	carrying := h.get("/staff/calendar?"+back+"&carry="+b.ID, clerk).want(200, "Sie verschieben: Di, 07.07.2026, 08:00 Uhr: Ada Beispiel",
		`name="to" value="2026-07-07T06:30:00Z soziales"`, "/staff/bookings/"+b.ID+"/move", "!2026-07-07T07:00:00Z soziales", "carry="+b.ID)
	if got := strings.Count(carrying.Body.String(), `<button name="to"`); got != 6 { // eight half hours without his and hers
		t.Errorf("got %d places, want 6", got)
	}
	h.get("/staff/calendar?calendar=buergerbuero&date=2026-07-07&carry="+b.ID, clerk).want(200, "Hier ist keine Zeit frei, die passt", `!name="to"`, "frei")
	moved := h.post("/staff/calendar/move", clerk, "booking", b.ID, "to", markOf("soziales", desktest.At(1, "10:30")), "back", back).
		to("/staff/calendar?about="+b.ID+"&calendar=soziales&date=2026-07-07&done=move&version=2", clerk).want(200, "Termin verschoben", "10:30", `id="about"`, "/staff/calendar/take-back", `name="version" value="2"`)
	if got := h.at(b.ID); !got.Equal(desktest.At(1, "10:30")) {
		t.Errorf("it is at %v", got)
	}
	if !strings.Contains(moved.Body.String(), `role="status"`) {
		t.Error("the notice is not announced")
	}
	h.post("/staff/calendar/take-back", clerk, "booking", b.ID, "version", "2", "back", back).to("/staff/calendar?about="+b.ID+"&calendar=soziales&date=2026-07-07&done=take-back", clerk).want(200, "!take-back\"")
	if got := h.at(b.ID); !got.Equal(desktest.At(1, "08:00")) {
		t.Errorf("it is at %v", got)
	}
	h.post("/staff/calendar/take-back", clerk, "booking", b.ID, "version", "2", "back", back).to("/staff/calendar?about="+b.ID+"&calendar=soziales&date=2026-07-07&done=changed", clerk).want(200, "inzwischen geändert")
	h.clock.Advance(2 * booking.UndoFor)
	h.get("/staff/calendar?"+back+"&about="+b.ID+"&done=move&version=3", clerk).want(200, "!take-back\"")
}

func TestMoveByWallClock(t *testing.T) {
	h := sqlite(t)
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	clerk := h.as(agenda.Clerk, "")
	h.post("/staff/calendar/move", clerk, "booking", b.ID, "calendar", "soziales", "on", "2026-07-08", "time", "09:30", "back", "calendar=soziales&date=2026-07-07").
		to("/staff/calendar?about="+b.ID+"&calendar=soziales&date=2026-07-08&done=move", clerk).want(200, "Mittwoch, 8. Juli 2026") // where it is now
	h.post("/staff/calendar/move", clerk, "booking", b.ID, "calendar", "soziales", "on", "2026-07-09", "time", "09:30", "back", "calendar=soziales&date=2026-07-07&view=week").
		to("/staff/calendar?about="+b.ID+"&calendar=soziales&date=2026-07-07&done=move&version=3&view=week", clerk).want(200)
}

func TestMoveIsRefusedWithTheReason(t *testing.T) {
	h := sqlite(t)
	b := h.ask("soziales", 1, "08:00", "Ada Beispiel", "beratung")
	h.ask("soziales", 1, "09:00", "Bruno Beispiel", "beratung")
	clerk := h.as(agenda.Clerk, "")
	move := func(to string) reply {
		t.Helper()
		return h.post("/staff/calendar/move", clerk, "booking", b.ID, "to", to, "back", "calendar=soziales&date=2026-07-07")
	}
	move(markOf("soziales", desktest.At(1, "09:00"))).want(409, "Alle Plätze sind belegt: 1 von 1.", "Dienstag, 7. Juli 2026", `role="alert"`)
	move(markOf("buergerbuero", desktest.At(1, "09:00"))).want(409, "nicht frei")
	move(markOf("soziales", desktest.At(1, "20:00"))).want(409, `role="alert"`)
	move("unsinn").want(409, "Bitte wählen Sie eine Zeit")
	move("unsinn soziales").want(409, "Bitte wählen Sie eine Zeit")
	h.post("/staff/calendar/move", clerk, "booking", b.ID, "to", "x", "back", "%zz").want(400)
	h.post("/staff/calendar/move", clerk, "booking", "nobody", "to", "x", "back", "").want(404)
	if got := h.at(b.ID); !got.Equal(desktest.At(1, "08:00")) {
		t.Errorf("it is at %v", got)
	}
	if _, err := h.desk.Visit(t.Context(), desktest.Clerk(), mustApprove(h, b.ID), agenda.Served); err != nil {
		t.Fatal(err)
	}
	move(markOf("soziales", desktest.At(1, "10:00"))).to("/staff/calendar?about="+b.ID+"&calendar=soziales&date=2026-07-07&done=changed", clerk).want(200, "inzwischen geändert")
	h.get("/staff/calendar?calendar=soziales&carry="+b.ID, clerk).want(409)
}

func mustApprove(h *house, id string) string {
	h.Helper()
	if _, err := h.desk.Approve(h.Context(), desktest.Clerk(), id); err != nil {
		h.Fatal(err)
	}
	return id
}
