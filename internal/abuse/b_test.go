package abuse

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Section B: fields that are nobody's to set, and rights over single fields.
func TestB(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("B1", "fields of the inside in an order: status, id, secret, office, price, tenant", insideFields)
	s.Case("B2", "a move that changes name, address, service or length as well (resale)", moveAndMore)
	s.Case("B3", "a clerk's form with fields that it does not have", staffFields)
	s.Case("B4", "an end, a length, a start off the raster", oddTimes)
	s.Case("B5", "starts outside the hours, on a closed day, too soon, too late, of a service that is not online", notOnline)
	s.Case("B6", "a visitor with what only staff may say: overbook, no letter, notes, a visit at home", staffWords)
	s.Case("B7", "a clerk gives themselves another role, department, town, password", ownRights)
	s.Case("B8", "a lead makes an admin; two admins take each other's role away at once", aboveOneself)
	s.Case("B9", "a planner of one department with calendars, services and files of the whole town", aboveDepartment)
	s.Case("B10", "an auditor, who may look at everything, acts", readOnly)
	s.Case("B11", "JSON with unknown fields, huge numbers, 10,000 brackets, a megabyte, twice the same key", oddJSON)
}

func insideFields(c *C) {
	start := c.Slot("k1")
	for field, value := range map[string]any{
		"status": "confirmed", "id": "AAAAAAAAAAAAAAAAAAAAAAAAAA", "token": "x", "secret": "x", "created_at": "2020-01-01", "created": "2020-01-01T00:00:00Z", "office_id": "o2", "department": "o2",
		"staff_id": "1", "price": 0, "retention": 99999, "is_admin": true, "tenant": "t2", "reference": "AAAA-AAAA", "uid": "x", "channel": "staff", "awaits": "", "cancelBy": "2030-01-01", "Name": "x", "NAME": "x", "__proto__": map[string]any{"role": "admin"},
	} {
		order := Order(c.Visitor(), "mail", start, "s1")
		order[field] = value
		if a := c.Refused(422, func() *Answer { return c.Stranger().JSON("POST", "/api/v1/t1/bookings", order) }); !strings.Contains(a.Body, field) {
			c.Errorf("%s: want the fault to name %q", a, field)
		}
	}
	// A form's further fields are nobody's.
	v, slot := c.Visitor(), "mail@"+c.Slot("mail").Format(time.RFC3339)
	x := c.Stranger().MayShow(v)
	more := url.Values{"status": {"confirmed"}, "awaits": {""}, "tenant": {"t2"}, "department": {"o2"}, "id": {"AAAA"}, "overbook": {"1"}, "confirm": {"none"}, "retention": {"9999"}}
	send := func(path string, values url.Values) *Answer {
		for k, list := range more {
			values[k] = list
		}
		return x.Form(path, values)
	}
	a := send("/t1/reserve", url.Values{"service": {"s1*1"}, "slot": {slot}})
	a = x.Get(a.Location())
	a = send("/t1/review", a.Fill(c, "/t1/review", "name", v.Name, "email", v.Email))
	if a = send("/t1/book", a.Fill(c, "/t1/book")); a.Status != 303 {
		c.Fatalf("%s\n%s", a, a.Body)
	}
	c.Expect(v.Email, 1)
	v.Tenant, v.Department = "t1", "o1"
	row := c.Query("SELECT tenant, status, awaits, overbooked, channel FROM booking WHERE calendar = 'mail' ORDER BY number DESC LIMIT 1")[0]
	if got := strings.Join(row, " "); got != "t1 pending email 0 public" {
		c.Errorf("stored: %s, want it waiting for the answer to its letter", got)
	}
}

func moveAndMore(c *C) {
	b, other := c.Book("k1", "s1"), c.Visitor()
	c.MayShow(b.Visitor)
	c.Mail(b.Visitor.Email, 1)
	to := c.Slot("k1")
	for field, value := range map[string]any{"name": other.Name, "email": other.Email, "phone": other.Phone, "note": "x", "service": "s2", "services": []map[string]any{{"id": "s2"}}, "durationMinutes": 60, "end": to.Add(3 * time.Hour), "quantity": 3, "overbook": true} {
		c.Refused(422, func() *Answer {
			return c.JSON("POST", b.API+"/move", map[string]any{"start": to.Format(time.RFC3339), field: value})
		})
	}
	slot := "k1@" + to.In(berlin()).Format(time.RFC3339)
	a := c.Get(b.Manage + "/move?slot=" + url.QueryEscape(slot))
	values := a.Fill(c, b.Manage+"/move", "name", other.Name, "email", other.Email, "service", "s2*1", "services", "s2", "minutes", "60", "quantity", "3")
	if a = c.Form(b.Manage+"/move", values); a.Status != 303 {
		c.Fatalf("%s\n%s", a, a.Body)
	}
	c.Expect(b.Visitor.Email, 1)
	var got struct {
		Start, End  time.Time
		Name, Email string
	}
	if c.Get(b.API).Decode(c, &got); !got.Start.Equal(to) || got.End.Sub(got.Start) != 20*time.Minute || got.Name != b.Visitor.Name || got.Email != b.Visitor.Email {
		c.Errorf("after the move: %+v, want %s of the same person", got, to)
	}
	for _, m := range c.Mail(b.Visitor.Email, 2) {
		if strings.Contains(m.Text, other.Name) {
			c.Errorf("a letter names somebody else")
		}
	}
}

// The form of a clerk changes what it shows, and in it nothing else.
func staffFields(c *C) {
	b := c.Book("k1", "s1")
	c.Mail(b.Visitor.Email, 1)
	clerk := c.As("t1.clerk.o1")
	at := "/staff/bookings/" + b.ID
	want := c.Query("SELECT status, calendar, starts, ends, reference, manage_hash, created, channel, items FROM booking WHERE id = $1", b.ID)
	a := clerk.Get(at + "/edit")
	values := a.Fill(c, at+"/edit", "status", "served", "calendar", "k2", "start", "2027-03-20T08:00:00+01:00", "starts", "2027-03-20T07:00:00Z", "reference", "AAAA-AAAA", "manage", secret(), "secret", secret(), "tenant", "t2", "service", "s2", "overbook", "1", "created", "2020-01-01")
	if a = clerk.Form(at+"/edit", values); a.Status != 303 {
		c.Errorf("%s\n%s", a, a.Body)
	}
	if got := c.Query("SELECT status, calendar, starts, ends, reference, manage_hash, created, channel, items FROM booking WHERE id = $1", b.ID); fmt.Sprint(got) != fmt.Sprint(want) {
		c.Errorf("the form changed %v into %v", want, got)
	}
	values = clerk.Get(at+"/edit").Fill(c, at+"/edit", "name", "Vera Anders")
	for _, seen := range []string{"0", "-1", secret(), ""} { // of another state than the one that was seen
		values.Set("seen", seen)
		c.Refused(409, func() *Answer { return clerk.Form(at+"/edit", values) })
	}
	c.Harmless("fields that a form does not have are ignored")
}

// refusedBy is Refused where several statuses are as good.
func (c *C) refusedBy(list []int, f func() *Answer) (a *Answer) {
	c.Helper()
	c.Unchanged(func() { a = f() })
	for _, status := range list {
		if a.Status == status {
			c.says(fmt.Sprint(status))
			return a
		}
	}
	c.Errorf("%s: want one of %v", a, list)
	return a
}

func oddTimes(c *C) {
	b := c.Book("k1", "s1")
	c.MayShow(b.Visitor)
	at := c.Slot("k1")
	program := c.Token("t1.clerk")
	for field, value := range map[string]any{"end": at.Add(-time.Hour), "ends": at, "duration": 5, "durationMinutes": 1, "minutes": 1, "start2": at, "date": "2027-03-08"} {
		order := Order(c.Visitor(), "k1", at, "s1")
		order[field] = value
		c.Refused(422, func() *Answer { return c.Stranger().JSON("POST", "/api/v1/t1/bookings", order) })
		c.Refused(422, func() *Answer { return program.JSON("POST", "/api/v1/t1/staff-bookings", order) })
		c.Refused(422, func() *Answer {
			return c.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": at, field: value})
		})
	}
	for _, off := range []time.Duration{time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 19*time.Minute + 59*time.Second, time.Nanosecond} {
		odd := at.Add(off).Format(time.RFC3339Nano)
		order := Order(c.Visitor(), "k1", at, "s1")
		order["start"] = odd
		c.Refused(409, func() *Answer { return c.Stranger().JSON("POST", "/api/v1/t1/bookings", order) })
		c.Refused(409, func() *Answer { return c.JSON("POST", b.API+"/move", map[string]any{"start": odd}) })
		c.Refused(409, func() *Answer {
			return c.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": odd})
		})
		order["overbook"] = true // lifts capacity only
		c.Refused(409, func() *Answer { return program.JSON("POST", "/api/v1/t1/staff-bookings", order) })
	}
	c.Refused(409, func() *Answer { // an hour that ends after the day
		return c.Stranger().JSON("POST", "/api/v1/t1/bookings", Order(c.Visitor(), "k1", At(4, "17:20"), "s2"))
	})
}

func notOnline(c *C) {
	own := c.Own(Setting{})
	town := strings.Replace(townFile(), "minutes: 20,", "minutes: 20, leadMinutes: 1440, horizonDays: 30,", 1)
	town = strings.Replace(town, "minutes: 60}", "minutes: 60, public: false}", 1) + "closures: [{from: \"2027-03-12\", to: \"2027-03-12\", reason: zu}, {from: \"2027-03-15T12:00\", to: \"2027-03-15T14:00\", reason: zu}]\n"
	if text, status := own.Apply(town); status != 0 {
		c.Fatal(text)
	}
	b := own.BookAs(own.Visitor(), "k1", At(10, "10:00"), "s1")
	for _, try := range []struct {
		start time.Time
		code  string
	}{
		{At(8, "07:40"), "slot_taken"}, {At(8, "18:00"), "slot_taken"}, {At(8, "03:00"), "slot_taken"}, {At(11, "10:00"), "slot_taken"}, {At(14, "12:20"), "slot_taken"}, {At(14, "11:50"), "slot_taken"},
		{At(31, "10:00"), "window_closed"}, {At(700, "10:00"), "window_closed"}, {At(0, "12:00"), "window_closed"}, {At(1, "08:20"), "window_closed"}, {At(-1, "10:00"), "window_closed"}, {At(-3650, "10:00"), "window_closed"},
	} {
		for name, a := range map[string]*Answer{
			"order": own.Refused(409, func() *Answer {
				return own.Stranger().JSON("POST", "/api/v1/t1/bookings", Order(own.Visitor(), "k1", try.start, "s1"))
			}),
			"reservation": own.Refused(409, func() *Answer {
				return own.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": try.start})
			}),
			"move": own.Refused(409, func() *Answer { return own.JSON("POST", b.API+"/move", map[string]any{"start": try.start}) }),
		} {
			if a.Code() != try.code {
				c.Errorf("%s for %s: %s, want %s", name, try.start, a.Code(), try.code)
			}
		}
	}
	own.Refused(422, func() *Answer {
		return own.JSON("POST", "/api/v1/t1/bookings", Order(own.Visitor(), "k1", At(8, "10:00"), "s2"))
	})
	for _, path := range []string{"/t1/s/s2", "/api/v1/t1/availability?service=s2&from=2027-03-08&to=2027-03-09"} {
		if a := own.Get(path); a.Status != 404 && a.Status != 422 {
			c.Errorf("%s: a service that is not online", a)
		}
	}
}

func staffWords(c *C) {
	b := c.Book("k1", "s1")
	c.MayShow(b.Visitor)
	for field, value := range map[string]any{"overbook": true, "notify": false, "staffNote": "x", "caseReference": "x", "walkIn": true, "mode": "home"} {
		order := Order(c.Visitor(), "k1", b.Start, "s1")
		order[field] = value
		c.Refused(422, func() *Answer { return c.Stranger().JSON("POST", "/api/v1/t1/bookings", order) })
	}
	for _, verb := range []string{"approve", "reject", "check-in", "serve", "no-show", "not-coming"} {
		c.Refused(404, func() *Answer { return c.Stranger().JSON("POST", b.API+"/"+verb, nil) })
		c.Refused(401, func() *Answer {
			return c.Stranger().JSON("POST", "/api/v1/t1/staff-bookings/"+b.ID+"/"+verb, nil)
		})
	}
	c.Refused(401, func() *Answer {
		return c.Stranger().JSON("POST", "/api/v1/t1/staff-bookings", Order(c.Visitor(), "k1", b.Start, "s1"))
	})
	c.Refused(401, func() *Answer {
		return c.Stranger().Get("/api/v1/t1/explain?service=s1&calendar=k1&start=2027-03-02T08:00:00%2B01:00")
	})
	var one struct {
		Bookings []map[string]any
	}
	clerk := c.Token("t1.clerk.o1")
	clerk.Get("/api/v1/t1/bookings?from=2027-03-02&to=2027-03-02").Decode(c, &one)
	var mine map[string]any
	c.MayShow(c.X().Visitor)
	c.Get(c.X().API).Decode(c, &mine)
	for _, field := range []string{"staffNote", "caseReference", "overbooked", "channel", "stranded"} {
		if _, ok := mine[field]; ok {
			c.Errorf("a visitor is told %q of their visit", field)
		}
	}
}
