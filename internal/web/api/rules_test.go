package api_test

import (
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// clocks are a day's starts in one calendar with the seats free, as "08:00=2".
func (c *client) clocks(service, calendar string, days int) string {
	c.t.Helper()
	date := at(days, "00:00")[:10]
	got := read[availability](c, c.do("GET", "/availability?service="+service+"&calendar="+calendar+"&from="+date+"&to="+date, nil), 200)
	var list []string
	for _, s := range got.Days[0].Slots {
		list = append(list, s.Start[11:16]+"="+string(rune('0'+s.Free)))
	}
	return strings.Join(list, " ")
}

// What closes a time, at each of the places where it can stand: nothing is offered
// there, and nothing can be booked there, by the public or by staff who overbook.
func TestClosuresOfEveryLevel(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		timed := func(days int, from, to agenda.Minute, seats int) agenda.Closure {
			date := agenda.DateOf(desktest.Start) + agenda.Date(days)
			return agenda.Closure{From: agenda.Moment{Date: date, Minute: from, Timed: true}, To: agenda.Moment{Date: date, Minute: to, Timed: true}, Seats: seats, Reason: agenda.Plain("zu")}
		}
		c.change(func(s *agenda.Setup) {
			s.Closures = []agenda.Closure{timed(1, 8*60, 11*60, 0)}
			s.Departments[0].Closures = []agenda.Closure{timed(2, 8*60+30, 12*60, 0)}
			s.Sites[0].Closures = []agenda.Closure{timed(3, 8*60, 11*60+30, 0)}
			s.Calendars[0].Closures = []agenda.Closure{timed(4, 8*60+20, 12*60, 0), timed(7, 8*60+10, 8*60+20, 1), timed(7, 8*60+20, 8*60+30, 3), timed(7, 8*60+40, 12*60, 0), timed(7, 8*60+10, 8*60+20, 1)}
			tpl := &s.Calendars[0].SlotTemplates[0]
			tpl.Except = []agenda.Date{agenda.DateOf(desktest.Start) + 8}
		})
		token := bearer(c.token(agenda.Clerk, ""))
		for _, x := range []struct {
			what  string
			days  int
			free  string
			taken string // a start inside the closure
		}{
			{"tenant", 1, "11:00=2 11:10=2 11:20=2 11:30=2 11:40=2 11:50=2", "10:50"},
			{"department", 2, "08:00=2 08:10=2 08:20=2", "08:30"},
			{"site", 3, "11:30=2 11:40=2 11:50=2", "11:20"},
			{"calendar", 4, "08:00=2 08:10=2", "08:20"},
			{"seats of a calendar, which add up", 7, "08:00=2 08:10=1 08:30=2", "08:40"},
			{"an exception of the template", 8, "", "08:00"},
		} {
			if got := c.clocks("ausweis", "buergerbuero", x.days); got != x.free {
				t.Errorf("%s: got %q, want %q", x.what, got, x.free)
			}
			body := direct("buergerbuero", at(x.days, x.taken), "ausweis")
			c.refused(c.do("POST", "/bookings", body), 409, "slot_taken")
			body["overbook"] = true
			c.refused(c.do("POST", "/staff-bookings", body, token...), 409, "slot_taken")
		}
		c.refused(c.do("POST", "/bookings", direct("buergerbuero", at(7, "08:20"), "ausweis")), 409, "slot_taken") // all three seats away
		if got := c.clocks("beratung", "soziales", 1); got != "11:00=1 11:30=1" {
			t.Errorf("another department and site: got %q, want what the tenant leaves", got)
		}
		if got := len(strings.Fields(c.clocks("beratung", "soziales", 2))); got != 8 {
			t.Errorf("another department: got %d starts, want all 8", got)
		}
	})
}

// The public holidays are those of the Land, whichever of the sixteen it is; a
// template that names the date is open all the same.
func TestHolidaysOfTheLand(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		epiphany := day("2027-01-06").Date // a Wednesday
		c.clock.Set(desktest.At(180, "08:00"))
		n := epiphany - agenda.DateOf(desktest.Start)
		for _, state := range strings.Fields("BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH") {
			c.change(func(s *agenda.Setup) { s.Tenant.State = state })
			closed := c.clocks("ausweis", "buergerbuero", int(n)) == ""
			if want := strings.Contains("BW BY ST", state); closed != want {
				t.Errorf("%s on Epiphany: closed %v, want %v", state, closed, want)
			}
			if c.clocks("ausweis", "buergerbuero", int(day("2027-01-01").Date-agenda.DateOf(desktest.Start))) != "" {
				t.Errorf("%s is open on New Year's Day", state)
			}
		}
		c.change(func(s *agenda.Setup) {
			s.Tenant.State = "BY"
			s.Calendars[0].SlotTemplates[0].AlsoOn = []agenda.Date{epiphany}
		})
		if c.clocks("ausweis", "buergerbuero", int(n)) == "" {
			t.Error("closed, though the template names the date")
		}
	})
}

// An answer that makes the visit longer and leads to one calendar alone, through
// hold and booking.
func TestAnswersChangeTheBooking(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(secretive)
		express := func(calendar string) object {
			body := direct(calendar, at(1, "08:00"), "ausweis")
			body["services"] = []object{{"id": "ausweis", "quantity": 1, "answers": object{"art": "express"}}}
			return body
		}
		c.refused(c.do("POST", "/bookings", express("buergerbuero")), 409, "slot_taken")
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", express("ausweise")), 201)
		if booked.End != at(1, "08:25") {
			t.Errorf("got until %s, want the 25 minutes of the answer", booked.End)
		}
		hold := express("ausweise")
		hold["start"] = at(1, "08:30")
		delete(hold, "name")
		delete(hold, "email")
		held := read[bookingAnswer](c, c.do("POST", "/holds", hold), 201)
		fromHold := read[bookingAnswer](c, c.do("POST", "/bookings", object{"hold": held.Hold, "name": "Ada Beispiel", "email": "ada@beispiel.example"}), 201)
		if fromHold.Start != at(1, "08:30") || fromHold.End != at(1, "08:55") {
			t.Errorf("got %s to %s from the hold", fromHold.Start, fromHold.End)
		}
		seen := read[bookingAnswer](c, c.do("GET", "/bookings/"+booked.secret(), nil), 200)
		if len(seen.Services) != 1 || seen.Services[0].Answers["art"] != "express" || seen.Calendar != "ausweise" {
			t.Errorf("got %+v", seen)
		}
		// The answer holds through a move: the same minutes, and that calendar alone.
		link := "/bookings/" + booked.secret()
		own := read[availability](c, c.do("GET", link+"/availability?from="+at(2, "08:00")[:10]+"&to="+at(2, "08:00")[:10], nil), 200)
		if s := own.Days[0].Slots; len(s) == 0 || slices.ContainsFunc(s, func(s slot) bool { return s.Calendar != "ausweise" || s.DurationMinutes != 25 }) {
			t.Errorf("got %+v to move to", s)
		}
		c.refused(c.do("POST", link+"/move", object{"start": at(2, "08:00"), "calendar": "buergerbuero"}), 409, "slot_taken")
		if moved := read[bookingAnswer](c, c.do("POST", link+"/move", object{"start": at(2, "08:00")}), 200); moved.End != at(2, "08:25") {
			t.Errorf("moved: got until %s", moved.End)
		}
	})
}
