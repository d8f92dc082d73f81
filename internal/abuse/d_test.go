package abuse

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Section D: the book's logic, races, hoarding.
func TestD(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("D1", "64 visitors want one seat at the same moment", oneSeat)
	s.Case("D2", "64 visitors want one seat from three services at once, at both isolation levels", oneSeatOfThree)
	s.Case("D3", "32 programs reserve one seat at the same moment", oneHold)
	s.Case("D4", "more visitors than seats, for three people and two services each; staff takes the rest", exactlyTheSeats)
	s.Case("D5", "two unconfirmed visits of one time are confirmed at the same moment", twoUnconfirmed)
	s.Case("D6", "two visits are moved to one free time at the same moment", twoMoves)
	s.Case("D7", "a move to a time that is taken", moveToTaken)
	s.Case("D8", "a day is closed while visitors book it", closedMeanwhile)
	s.Case("D9", "a visit is approved and rejected at the same moment, eight times each", approvedAndRejected)
	s.Case("D10", "a program reserves all it can and books nothing", hoarder)
	s.Case("D11", "a reservation that is over, of a time that somebody else has", holdOver)
	s.Case("D12", "one reservation is booked 20 times at once, for 20 people", holdTwenty)
	s.Case("D13", "another name is sent for a visit that is booked (resale)", otherName)
	s.Case("D14", "more of a service than its maximum, none, less than none", tooMany)
	s.Case("D15", "what the calendar does not offer: of another town, unknown, not to be combined", notOffered)
	s.Case("D16", "one idempotency key: the same order 20 times at once, and another order", oneKey)
	s.Case("D17", "new days open at midnight on several services: a closed one among them", releaseOfClosed)
	s.Case("D18", "a visit that is over is moved, cancelled, approved and served again", servedAgain)
	s.Case("D19", "a service and a calendar with visits to come are deleted", deletedWithVisits)
	s.Case("D20", "a visit is cancelled twice, and after it began", cancelledTwice)
}

// contest has n visitors order the same at the same moment, from one or several services,
// and says how many got it. Each of the others is to be told of other times.
func contest(c *C, n int, calendar string, start time.Time, doors ...*Client) (won int) {
	c.Helper()
	visitors := make([]*Visitor, n)
	for i := range visitors {
		visitors[i] = c.Visitor()
	}
	answers := c.Race(n, func(i int, x *Client) *Answer {
		if len(doors) > 0 {
			x.target = doors[i%len(doors)].target
		}
		return x.MayShow(visitors[i]).JSON("POST", "/api/v1/t1/bookings", Order(visitors[i], calendar, start, "s1"))
	})
	for i, a := range answers {
		switch a.Status {
		case 201:
			c.Booked(visitors[i], calendar, "s1", a)
			won++
		case 409:
			var p struct{ Alternatives []any }
			if a.Decode(c, &p); a.Code() != "slot_taken" || len(p.Alternatives) == 0 {
				c.Errorf("%s: want slot_taken and other times", a)
			}
		default:
			c.Errorf("%s: want 201 or 409", a)
		}
	}
	return won
}

// 64 people want the only seat: one has it, all others are told of other times.
func oneSeat(c *C) {
	start := c.Slot("k1")
	if won := contest(c, 64, "k1", start); won != 1 {
		c.Errorf("%d have the seat, want 1", won)
	}
	late := c.Visitor()
	c.Refused(409, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", Order(late, "k1", start, "s1")) })
}

// Replicas share a PostgreSQL; a second service on one SQLite file does not even start.
func oneSeatOfThree(c *C) {
	own := c.Own(Setting{})
	if c.Engine() == sqlite {
		own.Unchanged(func() {
			if _, said, status := own.CLI("", "serve"); status != 1 || !strings.Contains(said, "terminvergabe serve:") {
				c.Errorf("a second service on the same file: exit status %d, %s", status, said)
			}
		})
		c.Harmless("SQLite: a second service on the same file is refused, exit status 1")
		return
	}
	name := own.Query("SELECT current_database()")[0][0]
	for i, level := range []string{"read committed", "serializable"} {
		own.Query("ALTER DATABASE " + name + " SET default_transaction_isolation = '" + level + "'")
		own.Stop()
		own.Start()
		doors := []*Client{own.Client, own.Replica(), own.Replica()}
		start := At(4+i, "10:00")
		if won := contest(own, 64, "k1", start, doors...); won != 1 {
			c.Errorf("%s: %d have the seat, want 1", level, won)
		}
		late := own.Visitor()
		own.Refused(409, func() *Answer { return doors[2].JSON("POST", "/api/v1/t1/bookings", Order(late, "k1", start, "s1")) })
	}
}

func oneHold(c *C) {
	wish := map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": c.Slot("k1").Format(time.RFC3339)}
	answers := c.Race(32, func(_ int, x *Client) *Answer { return x.JSON("POST", "/api/v1/t1/holds", wish) })
	if n := Count(answers); n[201] != 1 || n[409] != 31 {
		c.Errorf("got %v, want 201 once and 409 for all others", n)
	}
	c.Refused(409, func() *Answer { return c.JSON("POST", "/api/v1/t1/holds", wish) })
}

// Of five seats visitors get three and staff the rest, whatever they come for.
func exactlyTheSeats(c *C) {
	start := c.Slot("wide")
	if _ = c.Slot("wide"); start.Hour() == 17 { // two hours are needed
		start = c.Slot("wide")
	}
	order := func(v *Visitor) map[string]any {
		o := Order(v, "wide", start, "s1")
		o["services"] = []map[string]any{{"id": "s1", "quantity": 3}, {"id": "s2"}}
		return o
	}
	try := func(path string, n int, who func() *Client) (won int) {
		visitors, clients := make([]*Visitor, n), make([]*Client, n)
		for i := range n {
			visitors[i], clients[i] = c.Visitor(), who().MayShow()
		}
		for i, a := range c.Race(n, func(i int, _ *Client) *Answer { return clients[i].JSON("POST", path, order(visitors[i])) }) {
			if a.Status == 201 {
				won++
				visitors[i].Tenant, visitors[i].Department = "t1", "o1"
				c.Expect(visitors[i].Email, 1)
			} else if a.Code() != "slot_taken" {
				c.Errorf("%s: want slot_taken", a)
			}
		}
		return won
	}
	if won := try("/api/v1/t1/bookings", 20, c.Stranger); won != 3 {
		c.Errorf("visitors have %d seats, want 3", won)
	}
	if won := try("/api/v1/t1/staff-bookings", 8, func() *Client { return c.Token("t1.clerk") }); won != 2 {
		c.Errorf("staff has %d seats more, want 2", won)
	}
	c.Refused(409, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", order(c.Visitor())) })
}

// linkOf is the path of a link in a letter: /t1/c/... with kind c.
func linkOf(c *C, m *Mail, kind string) string {
	c.Helper()
	found := regexp.MustCompile(`/t[12]/` + kind + `/[A-Za-z0-9_-]+`).FindString(strings.ReplaceAll(m.Text, "=\r\n", ""))
	if found == "" {
		c.Fatalf("no link /%s/ in %s", kind, m.Text)
	}
	return found
}

// The first visitor lets the time to confirm pass, a second one books, then both say yes.
func twoUnconfirmed(c *C) {
	own := c.Own(Setting{})
	start := At(6, "10:00")
	first := own.BookAs(own.Visitor(), "mail", start, "s1")
	slow := linkOf(own, own.Mail(first.Visitor.Email, 1)[0], "c")
	own.Clock("61m")
	second := own.BookAs(own.Visitor(), "mail", start, "s1")
	quick := linkOf(own, own.Mail(second.Visitor.Email, 1)[0], "c")
	own.MayShow(first.Visitor, second.Visitor)
	own.Expect(second.Visitor.Email, 1)
	own.Race(20, func(i int, x *Client) *Answer { return x.Form([]string{slow, quick}[i%2], url.Values{}) })
	rows := own.Query("SELECT id, status FROM booking WHERE calendar = 'mail' AND status IN ('confirmed', 'pending')")
	if len(rows) != 1 || rows[0][0] != second.ID || rows[0][1] != "confirmed" {
		c.Errorf("after both said yes: %v, want the second visit %s alone, confirmed", rows, second.ID)
	}
	if n := len(own.Mail(second.Visitor.Email, 2)); n != 2 {
		c.Errorf("%d letters to the second, want 2", n)
	}
	secretOf := slow[len("/t1/c/"):]
	own.Refused(410, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings/"+secretOf+"/confirm", nil) })
}

func twoMoves(c *C) {
	a, b, free := c.Book("k1", "s1"), c.Book("k1", "s1"), c.Slot("k1")
	c.MayShow(a.Visitor, b.Visitor)
	c.Mail(a.Visitor.Email, 1)
	c.Mail(b.Visitor.Email, 1)
	answers := c.Race(2, func(i int, x *Client) *Answer {
		return x.JSON("POST", []string{a.API, b.API}[i]+"/move", map[string]any{"start": free})
	})
	if n := Count(answers); n[200] != 1 || n[409] != 1 {
		c.Errorf("got %v, want 200 and 409", n)
	}
	moved, stayed := a, b
	if answers[0].Status != 200 {
		moved, stayed = b, a
	}
	c.Expect(moved.Visitor.Email, 1)
	for visit, want := range map[*Booking]time.Time{moved: free, stayed: stayed.Start} {
		var got struct{ Start time.Time }
		if c.Get(visit.API).Decode(c, &got); !got.Start.Equal(want) {
			c.Errorf("the visit is at %s, want %s", got.Start, want)
		}
	}
	c.Refused(409, func() *Answer { return c.JSON("POST", stayed.API+"/move", map[string]any{"start": free}) })
}

// A move that fails costs nobody the time they had.
func moveToTaken(c *C) {
	mine, taken := c.Book("k1", "s1"), c.Book("k1", "s1")
	a := c.Refused(409, func() *Answer {
		return c.JSON("POST", mine.API+"/move", map[string]any{"start": taken.Start, "calendar": "k1"})
	})
	if a.Code() != "slot_taken" {
		c.Errorf("%s: want slot_taken", a)
	}
	var b struct{ Status, Start string }
	c.MayShow(mine.Visitor)
	c.Get(mine.API).Decode(c, &b)
	if b.Status != "confirmed" || b.Start != mine.Start.In(berlin()).Format("2006-01-02T15:04:05-07:00") {
		c.Errorf("after the move that failed: %+v, want the visit as it was at %s", b, mine.Start)
	}
}

// While a day is booked by many, `apply` closes it: either the closure names a visit and
// is refused, or nobody has one.
func closedMeanwhile(c *C) {
	own := c.Own(Setting{})
	day := At(9, "08:00")
	closed := townFile() + fmt.Sprintf("closures: [{from: %q, to: %q, reason: zu}]\n", day.Format(time.DateOnly), day.Format(time.DateOnly))
	applied, out := make(chan int, 1), ""
	visitors := make([]*Visitor, 12)
	for i := range visitors {
		visitors[i] = own.Visitor()
	}
	go func() {
		text, status := own.Apply(closed)
		out = text
		applied <- status
	}()
	booked := 0
	for i, a := range own.Race(len(visitors), func(i int, x *Client) *Answer {
		time.Sleep(time.Duration(i) * 15 * time.Millisecond)
		return x.JSON("POST", "/api/v1/t1/bookings", Order(visitors[i], "k1", day.Add(time.Duration(i)*20*time.Minute), "s1"))
	}) {
		if a.Status == 201 {
			booked++
			own.Booked(visitors[i], "k1", "s1", a)
		} else if a.Code() != "slot_taken" {
			c.Errorf("%s: want 201 or slot_taken", a)
		}
	}
	status := <-applied
	if status == 0 && booked > 0 || status != 0 && booked == 0 {
		c.Errorf("apply: exit status %d, and %d visits on the closed day\n%s", status, booked, out)
	}
	if status != 0 && strings.Count(out, "\n") < 2 {
		c.Errorf("apply does not list the visits: %s", out)
	}
	if status != 0 { // the day is closed all the same, with the visits kept and marked
		own.house.quiet(own)
		if text, status := own.Apply(closed, "--strand"); status != 0 {
			c.Fatalf("apply --strand: %s", text)
		}
		if rows := own.Query("SELECT id FROM booking WHERE stranded = 1"); len(rows) != booked {
			c.Errorf("%d visits are marked, want %d", len(rows), booked)
		}
	}
	v := own.Visitor()
	own.Refused(409, func() *Answer {
		return own.JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", day.Add(9*time.Hour), "s1"))
	})
}

// One decision counts and one letter tells of it.
func approvedAndRejected(c *C) {
	b := c.Book("desk", "s1")
	c.Mail(b.Visitor.Email, 1)
	c.Expect(b.Visitor.Email, 1)
	clerk := c.Token("t1.clerk.o1")
	verbs := []string{"approve", "reject"}
	done := map[string]int{}
	for i, a := range c.Race(16, func(i int, _ *Client) *Answer {
		return clerk.JSON("POST", "/api/v1/t1/staff-bookings/"+b.ID+"/"+verbs[i%2], nil)
	}) {
		if a.Status == 200 {
			done[verbs[i%2]]++
		} else if a.Status != 409 {
			c.Errorf("%s: want 200 or 409", a)
		}
	}
	if len(done) != 1 {
		c.Errorf("%v had an effect, want one of them", done)
	}
	acts := c.Query("SELECT act FROM journal WHERE subject = $1 AND act IN ('approve', 'reject')", b.ID)
	if len(acts) != 1 {
		c.Errorf("the journal tells of %v", acts)
	}
	other := "approve"
	if done["approve"] > 0 {
		other = "reject"
	}
	c.Refused(409, func() *Answer { return clerk.JSON("POST", "/api/v1/t1/staff-bookings/"+b.ID+"/"+other, nil) })
}

// A program that reserves without end is stopped; others go on, and what it has comes
// back by itself, also after a kill.
func hoarder(c *C) {
	own := c.Own(Setting{})
	greedy := own.Stranger()
	wish := func(day, n int) map[string]any {
		return map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "wide", "start": At(day+n/30, "08:00").Add(time.Duration(n%30) * 20 * time.Minute).Format(time.RFC3339)}
	}
	held := 0
	for n := range 100 {
		if a := greedy.JSON("POST", "/api/v1/t1/holds", wish(10, n)); a.Status == 429 {
			if a.Header.Get("Retry-After") == "" {
				c.Errorf("%s: without Retry-After", a)
			}
			break
		}
		held++
	}
	if held != 60 {
		c.Errorf("one client has %d reservations, want 60", held)
	}
	own.Refused(429, func() *Answer { return greedy.JSON("POST", "/api/v1/t1/holds", wish(14, 0)) })
	if a := own.Stranger().JSON("POST", "/api/v1/t1/holds", wish(10, 0)); a.Status != 201 {
		c.Errorf("somebody else: %s", a)
	}
	own.Kill()
	own.Clock("22m")
	own.Start()
	if n := len(own.Starts(own.Client, "wide", At(10, "08:00"), At(11, "08:00"))); n != 60 {
		c.Errorf("after 22 minutes and a kill %d starts are free, want all 60", n)
	}
}

func holdOver(c *C) {
	own := c.Own(Setting{})
	start := At(6, "10:00")
	var h struct{ Hold string }
	own.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": start}).Decode(own, &h)
	own.Clock("21m")
	own.BookAs(own.Visitor(), "k1", start, "s1")
	v := own.Visitor()
	for range 3 {
		a := own.Refused(410, func() *Answer {
			return own.JSON("POST", "/api/v1/t1/bookings", map[string]any{"hold": h.Hold, "name": v.Name, "email": v.Email})
		})
		var p struct{ Alternatives []any }
		if a.Decode(own, &p); a.Code() != "hold_expired" || len(p.Alternatives) == 0 {
			c.Errorf("%s: want hold_expired and other times", a)
		}
	}
}

func holdTwenty(c *C) {
	var h struct{ Hold string }
	c.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": c.Slot("k1")}).Decode(c, &h)
	visitors := make([]*Visitor, 20)
	for i := range visitors {
		visitors[i] = c.Visitor()
	}
	order := func(v *Visitor) map[string]any {
		return map[string]any{"hold": h.Hold, "name": v.Name, "email": v.Email}
	}
	won := 0
	for i, a := range c.Race(20, func(i int, x *Client) *Answer { return x.JSON("POST", "/api/v1/t1/bookings", order(visitors[i])) }) {
		if a.Status == 201 {
			won++
			c.Booked(visitors[i], "k1", "s1", a)
		} else if a.Status/100 != 4 {
			c.Errorf("%s: want a refusal", a)
		}
	}
	if won != 1 {
		c.Errorf("one reservation became %d visits", won)
	}
	v := c.Visitor()
	c.Refused(404, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", order(v)) })
}

// Who has booked is who comes: neither program nor form takes another name.
func otherName(c *C) {
	b, other := c.Book("k1", "s1"), c.Visitor()
	for _, method := range []string{"PATCH", "PUT", "POST"} {
		c.Refused(405, func() *Answer { return c.JSON(method, b.API, map[string]any{"name": other.Name}) })
	}
	c.Refused(422, func() *Answer {
		return c.JSON("POST", b.API+"/move", map[string]any{"start": c.Slot("k1"), "name": other.Name})
	})
	c.Unchanged(func() {
		a := c.Form(b.Manage+"/contact", url.Values{"email": {b.Visitor.Email}, "phone": {b.Visitor.Phone}, "name": {other.Name}, "contactName": {other.Name}, "service": {"s2"}, "start": {At(20, "08:00").Format(time.RFC3339)}})
		if a.Status != 303 {
			c.Errorf("%s: want to be led back", a)
		}
	})
}

func tooMany(c *C) {
	for _, n := range []int{4, 1000, 0, -1} {
		o := Order(c.Visitor(), "k1", c.Slot("k1"), "s1")
		o["services"] = []map[string]any{{"id": "s1", "quantity": n}}
		c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	o := Order(c.Visitor(), "k1", c.Slot("k1"), "s1")
	o["services"] = []map[string]any{{"id": "s1", "quantity": 2}, {"id": "s1", "quantity": 2}}
	c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
}

func notOffered(c *C) {
	start := c.Slot("k1")
	for _, o := range []map[string]any{
		{"calendar": "z1"},
		{"calendar": "k9"},
		{"calendar": "../t2/z1"},
		{"services": []map[string]any{{"id": "s9"}}},
		{"services": []map[string]any{{"id": "s2", "quantity": 2}}},
		{"services": []map[string]any{}},
		{"mode": "home"},
		{"services": []map[string]any{{"id": "s1", "answers": map[string]string{"minuten": "1"}}}},
	} {
		order := Order(c.Visitor(), "k1", start, "s1")
		for k, v := range o {
			order[k] = v
		}
		if a := c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", order) }); a.Status != 422 {
			c.Logf("%v", o)
		}
	}
	order := Order(c.Visitor(), "k1", start, "s1")
	order["mode"] = "phone"
	c.Refused(409, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", order) })
}

func oneKey(c *C) {
	v, start := c.Visitor(), c.Slot("k1")
	order := Order(v, "k1", start, "s1")
	c.MayShow(v)
	key := "Idempotency-Key: " + secret()
	answers := c.Race(20, func(_ int, x *Client) *Answer {
		return x.With(key).JSON("POST", "/api/v1/t1/bookings", order)
	})
	for _, a := range answers {
		if a.Status != 201 || a.Body != answers[0].Body {
			c.Errorf("%s: want what the first one got: %s", a, answers[0])
		}
	}
	c.Booked(v, "k1", "s1", answers[0])
	order["start"] = c.Slot("k1")
	c.Refused(422, func() *Answer { return c.With(key).JSON("POST", "/api/v1/t1/bookings", order) })
}

// Days open by the clock, not by a job: at midnight the horizon moves on every service at
// once, and what is closed stays closed.
func releaseOfClosed(c *C) {
	own := c.Own(Setting{})
	edge := At(61, "08:00") // the first day behind the horizon
	if text, status := own.Apply(townFile() + fmt.Sprintf("closures: [{from: %q, to: %q, reason: zu}]\n", edge.Format(time.DateOnly), edge.Format(time.DateOnly))); status != 0 {
		c.Fatal(text)
	}
	doors := []*Client{own.Client}
	if c.Engine() == postgres {
		doors = append(doors, own.Replica(), own.Replica())
	}
	for _, clock := range []string{"0s", "14h59m", "15h1m", "39h1m", "15h1m"} {
		own.Clock(clock)
		for _, x := range doors {
			list, seen := own.Starts(x, "k1", At(58, "08:00"), At(63, "08:00")), map[time.Time]bool{}
			for _, s := range list {
				if seen[s] || s.In(berlin()).Format(time.DateOnly) == edge.Format(time.DateOnly) {
					c.Errorf("at +%s %s is offered twice, or on the closed day", clock, s)
				}
				seen[s] = true
			}
			if want := map[string]int{"0s": 90, "14h59m": 90, "15h1m": 90, "39h1m": 120}[clock]; len(list) != want {
				c.Errorf("at +%s there are %d starts, want %d", clock, len(list), want)
			}
		}
	}
	for _, x := range doors {
		v := own.Visitor()
		own.Refused(409, func() *Answer { return x.JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", edge, "s1")) })
	}
}

// What has taken place is neither moved nor cancelled, by nobody.
func servedAgain(c *C) {
	own := c.Own(Setting{})
	x, clerk := own.X(), own.Token("t1.clerk.o1")
	own.Clock(x.Start.Sub(opening).String())
	staff := "/api/v1/t1/staff-bookings/" + x.ID
	for _, verb := range []string{"check-in", "serve"} {
		if a := clerk.JSON("POST", staff+"/"+verb, nil); a.Status != 200 {
			c.Fatalf("%s", a)
		}
	}
	own.MayShow(x.Visitor)
	for _, verb := range []string{"approve", "reject", "cancel"} { // to check in once more takes a slip of the mouse back
		own.Refused(409, func() *Answer { return clerk.JSON("POST", staff+"/"+verb, nil) })
	}
	own.Refused(409, func() *Answer { return clerk.JSON("POST", staff+"/move", map[string]any{"start": At(8, "08:00")}) })
	own.Refused(409, func() *Answer { return own.JSON("POST", x.API+"/cancel", nil) })
	own.Refused(409, func() *Answer { return own.JSON("POST", x.API+"/move", map[string]any{"start": At(8, "08:00")}) })
	own.Unchanged(func() { own.Form(x.Manage+"/cancel", nil) })
}

// Nothing that somebody comes for goes away in silence.
func deletedWithVisits(c *C) {
	own := c.Own(Setting{})
	whole := townFile()
	without := whole[:strings.Index(whole, "  - {id: k2")] + whole[strings.Index(whole, "  - {id: wide"):]
	own.Unchanged(func() {
		out, status := own.Apply(without)
		if status != 1 || !strings.Contains(out, own.Y().Reference) {
			c.Errorf("a set-up without k2: exit status %d, want 1 and the visit %s\n%s", status, own.Y().Reference, out)
		}
	})
	short := strings.NewReplacer("  - {id: s1, name: Kurzes Anliegen, minutes: 20, maxQuantity: 3, combinable: [s2]}\n", "", "{id: s1}, ", "").Replace(whole)
	own.Unchanged(func() {
		if out, status := own.Apply(short); status != 1 || !strings.Contains(out, own.X().Reference) {
			c.Errorf("a set-up without s1: exit status %d, want 1 and the visit %s\n%s", status, own.X().Reference, out)
		}
	})
	c.Harmless("apply: exit status 1, lists the visits, nothing changed")
	if out, status := own.Apply(without, "--strand"); status != 0 {
		c.Fatal(out)
	}
	if rows := own.Query("SELECT status, stranded FROM booking WHERE id = $1", own.Y().ID); len(rows) != 1 || rows[0][0] != "confirmed" || rows[0][1] != "1" {
		c.Errorf("the visit whose calendar went: %v, want it confirmed and marked", rows)
	}
	own.MayShow(own.Y().Visitor)
	if a := own.Get(own.Y().Manage); a.Status != 200 {
		c.Errorf("%s: want the visit", a)
	}
}

func cancelledTwice(c *C) {
	b := c.Book("k1", "s1")
	c.Mail(b.Visitor.Email, 1)
	c.Expect(b.Visitor.Email, 1)
	if a := c.Form(b.Manage+"/cancel", nil); a.Status != 303 {
		c.Fatalf("%s: want to be led back", a)
	}
	c.Unchanged(func() {
		if a := c.Form(b.Manage+"/cancel", nil); a.Status >= 400 && a.Status != 409 && a.Status != 410 {
			c.Errorf("%s: want a neutral page", a)
		}
	})
	c.Harmless("the second time changes nothing, no second letter")
	own := c.Own(Setting{})
	late := own.Book("k1", "s1")
	own.Mail(late.Visitor.Email, 1)
	own.Clock(late.Start.Sub(opening).String())
	a := own.Refused(409, func() *Answer { return own.JSON("POST", late.API+"/cancel", nil) })
	if a.Code() != "too_late" {
		c.Errorf("%s: want too_late", a)
	}
}
