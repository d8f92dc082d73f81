package api_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"terminvergabe/internal/agenda"
)

// together sends the same request from many clients at once.
func (c *client) together(n int, send func(i int) answer) []answer {
	answers := make([]answer, n)
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-gate
			answers[i] = send(i)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
	return answers
}

// winners counts the 201, and demands a clean 409 with alternatives of the rest.
func (c *client) winners(answers []answer) (n int) {
	c.t.Helper()
	for _, a := range answers {
		if a.status == 201 {
			n++
			continue
		}
		if p := c.refused(a, 409, "slot_taken"); len(p.Alternatives) != 5 {
			c.t.Errorf("got %d alternatives", len(p.Alternatives))
		}
	}
	return n
}

func TestSameKeyBooksOnce(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		body := direct("buergerbuero", at(1, "08:00"), "ausweis")
		held := read[bookingAnswer](c, c.do("POST", "/holds", holdBody), 201)
		fromHold := object{"hold": held.Hold, "name": "Ada Beispiel", "email": "ada@beispiel.example"}
		token := c.token(agenda.Clerk, "")
		for name, x := range map[string]struct {
			path string
			body object
		}{"direct": {"/bookings", body}, "held": {"/bookings", fromHold}, "staff": {"/staff-bookings", body}} {
			header := append(bearer(token), "Idempotency-Key", "schlüssellos "+name+strings.Repeat("x", 200))
			header[3] = strings.ReplaceAll(header[3], "ü", "ue")
			answers := c.together(20, func(int) answer { return c.do("POST", x.path, x.body, header...) })
			for _, a := range answers {
				if a.status != 201 || string(a.body) != string(answers[0].body) {
					t.Errorf("%s: got %d %s, want %s", name, a.status, a.body, answers[0].body)
				}
			}
			first := read[bookingAnswer](c, answers[0], 201)
			// What happens to the booking later does not change what was answered.
			read[bookingAnswer](c, c.do("POST", "/bookings/"+first.secret()+"/move", object{"start": at(2, "08:00")}), 200)
			read[bookingAnswer](c, c.do("POST", "/bookings/"+first.secret()+"/cancel", nil), 200)
			if a := c.do("POST", x.path, x.body, header...); a.status != 201 || string(a.body) != string(answers[0].body) {
				t.Errorf("%s, later: got %d %s, want %s", name, a.status, a.body, answers[0].body)
			}
			other := maps.Clone(x.body)
			other["note"] = "anders"
			if p := c.refused(c.do("POST", x.path, other, header...), 422, "invalid"); !slices.Equal(p.fields(), []string{"Idempotency-Key reused"}) {
				t.Errorf("%s: got %v", name, p.fields())
			}
		}
		list := read[bookingAnswer](c, c.do("GET", "/bookings?from=2026-07-06&to=2026-07-10", nil, bearer(token)...), 200)
		if len(list.Bookings) != 3 {
			t.Errorf("got %d bookings for three keys", len(list.Bookings))
		}
	})
}

func TestKeysThatAreNone(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		body := direct("buergerbuero", at(1, "08:00"), "ausweis")
		for _, key := range []string{"", strings.Repeat("x", 256), "schlüssel"} {
			if p := c.refused(c.do("POST", "/bookings", body, "Idempotency-Key", key), 422, "invalid"); !slices.Equal(p.fields(), []string{"Idempotency-Key format"}) {
				t.Errorf("%q: got %v", key, p.fields())
			}
		}
		// A refusal is not kept: the same key may try again with what was missing.
		bad := maps.Clone(body)
		bad["start"] = at(1, "13:00")
		c.refused(c.do("POST", "/bookings", bad, "Idempotency-Key", "k"), 409, "slot_taken")
		read[bookingAnswer](c, c.do("POST", "/bookings", body, "Idempotency-Key", "k"), 201)
	})
}

func TestManyClientsOneSeat(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		body := direct("impfung", at(1, "08:00"), "impfen")
		answers := c.together(64, func(int) answer { return c.do("POST", "/bookings", body) })
		if n := c.winners(answers); n != 1 {
			t.Errorf("got %d bookings of one seat", n)
		}
	})
}

// An office whose seats differ within one stretch: two templates adjoin, a closure
// takes a seat, and staff have overbooked and then cancelled, so that the numbers of
// the seats say nothing.
func varied(s *agenda.Setup) {
	week := []string{"mo", "tu", "we", "th", "fr"}
	s.Calendars[0].SlotTemplates = []agenda.SlotTemplate{
		{ID: "frueh", Weekdays: week, From: 8 * 60, To: 9 * 60, SlotMinutes: 10, Seats: agenda.Seats{Total: 5, Public: 3}, EveryWeeks: 1},
		{ID: "spaet", Weekdays: week, From: 9 * 60, To: 12 * 60, SlotMinutes: 10, Seats: agenda.Seats{Total: 4, Public: 4}, EveryWeeks: 1},
	}
	at := func(m agenda.Minute) agenda.Moment {
		return agenda.Moment{Date: day("2026-07-07").Date, Minute: m, Timed: true}
	}
	s.Calendars[0].Closures = []agenda.Closure{{From: at(9*60 + 10), To: at(9*60 + 20), Seats: 1, Reason: agenda.Plain("krank")}}
	s.Services[1].Minutes = 30
}

func TestManyClientsLastPublicSeats(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(varied)
		token := bearer(c.token(agenda.Clerk, ""))
		book := func(clock string) string {
			body := direct("buergerbuero", at(1, clock), "ausweis")
			body["overbook"] = true
			return read[bookingAnswer](c, c.do("POST", "/staff-bookings", body, token...), 201).ID
		}
		book("09:00")
		var full []string
		for range 5 { // of three seats
			full = append(full, book("09:10"))
		}
		for _, id := range full[:4] {
			read[bookingAnswer](c, c.do("POST", "/staff-bookings/"+id+"/cancel", nil, token...), 200)
		}
		for range 6 { // of four
			book("09:20")
		}
		// 08:50 has 3 for the public, 09:00 has 4 - 1, 09:10 has 4 - 1 - 1.
		free := read[availability](c, c.do("GET", "/availability?service=pass&from=2026-07-07&to=2026-07-07", nil), 200)
		seats := map[string]int{}
		for _, s := range free.Days[0].Slots {
			seats[s.Start] = s.Free
		}
		if seats[at(1, "08:50")] != 2 || seats[at(1, "09:00")] != 0 || seats[at(1, "08:20")] != 3 {
			t.Fatalf("got %v", seats)
		}
		for clock, want := range map[string]int{"08:50": 2, "09:00": 0, "08:20": 3} {
			answers := c.together(64, func(int) answer { return c.do("POST", "/bookings", direct("buergerbuero", at(1, clock), "pass")) })
			if n := c.winners(answers); n != want {
				t.Errorf("%s: got %d bookings, want the %d free seats", clock, n, want)
			}
		}
		after := read[availability](c, c.do("GET", "/availability?service=pass&from=2026-07-07&to=2026-07-07", nil), 200)
		for _, s := range after.Days[0].Slots {
			if s.Start == at(1, "08:50") || s.Start == at(1, "08:20") {
				t.Errorf("got %+v free after the race", s)
			}
		}
	})
}

// Different starts whose ticks overlap: whoever wins, no tick has more than its seats.
func TestManyClientsOverlappingStarts(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		starts := []string{"08:00", "08:10"}
		answers := c.together(64, func(i int) answer {
			return c.do("POST", "/bookings", direct("buergerbuero", at(1, starts[i%2]), "pass")) // 20 minutes, 2 public seats
		})
		if n := c.winners(answers); n != 2 {
			t.Errorf("got %d bookings over 08:10, which has 2 public seats", n)
		}
	})
}
