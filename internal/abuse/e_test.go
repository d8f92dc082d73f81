package abuse

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Section E: time.
func TestE(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("E1", "the hours that the clock skips and repeats", skippedHour)
	s.Case("E2", "reminders a day before, across both changes of the clock", reminderAcross)
	s.Case("E3", "starts that are no instants, with seconds, in other zones", oddStarts)
	s.Case("E4", "weekly series across the change of the clock, week 53, 29 February, the turn of the year", series)
	s.Case("E5", "a server and a browser in Vancouver, Kolkata and Apia", otherZones)
	s.Case("E6", "dates that do not exist, years out of reach, periods turned round", oddDates)
	s.Case("E7", "the server's clock jumps ahead by more than a day, and back, and ahead", clockJumps)
	s.Case("E8", "servers whose clocks are 90 seconds apart", clocksApart)
	s.Case("E9", "a visit is cancelled a minute too late in the night of the change", lateInTheNight)
	s.Case("E10", "a calendar elsewhere in floating times, UTC, Windows' zones, zones of nowhere", otherCalendar)
}

// nightly is the town with a calendar that is open in the small hours.
func nightly() string {
	line := calendarLine("nacht", "o1", "confirm: none", "{total: 1}")
	return townFile() + strings.NewReplacer(`"08:00"`, `"00:00"`, `"18:00"`, `"06:00"`).Replace(line)
}

// from is what sets a clock to a moment exactly, however long the suite has run.
func from(t time.Time) string { return (time.Until(t) - suite.lag).String() }

func dated(year, month, day, hour, minute int) time.Time {
	return time.Date(year, time.Month(month), day, hour, minute, 0, 0, berlin())
}

// On 28 March no time between two and three o'clock is offered; on 31 October one of each
// name. A visit lasts its real minutes across both.
func skippedHour(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(nightly()); status != 0 {
		c.Fatal(text)
	}
	for _, night := range []struct {
		clock, day time.Time
		starts     int // of 18 on other nights
		twoes      int
	}{
		{opening, dated(2027, 3, 28, 0, 0), 15, 0},
		{dated(2027, 10, 1, 9, 0), dated(2027, 10, 31, 0, 0), 18, 3},
	} {
		own.Clock(from(night.clock))
		names, twoes := map[string]bool{}, 0
		list := own.Starts(own.Client, "nacht", night.day, night.day)
		for _, s := range list {
			name := s.In(berlin()).Format("15:04")
			if names[name] {
				c.Errorf("%s is offered twice on %s", name, night.day)
			}
			if names[name] = true; strings.HasPrefix(name, "02:") {
				twoes++
			}
		}
		if len(list) != night.starts || twoes != night.twoes {
			c.Errorf("%s: %d starts, %d of them between two and three; want %d and %d", night.day.Format(time.DateOnly), len(list), twoes, night.starts, night.twoes)
		}
		v := own.Visitor()
		a := own.JSON("POST", "/api/v1/t1/bookings", Order(v, "nacht", night.day.Add(100*time.Minute), "s2"))
		var b struct{ Start, End time.Time }
		if a.Decode(own, &b); b.End.Sub(b.Start) != time.Hour || !b.Start.Equal(night.day.Add(100*time.Minute)) {
			c.Errorf("a visit of an hour from 01:40: %s", a)
		}
		v.Tenant, v.Department = "t1", "o1"
		own.Expect(v.Email, 1)
		own.Clock(from(night.clock.Add(10 * time.Second)))
		own.Mail(v.Email, 1)
	}
	own.rest()
	for _, start := range []string{"2027-10-31T02:00:00+01:00", "2027-10-31T02:40:00+01:00", "2027-03-28T02:20:00+01:00"} { // the second two o'clock, and none
		o := Order(own.Visitor(), "nacht", opening, "s1")
		o["start"] = start
		own.Refused(409, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	c.Harmless("times that do not exist are not offered, those that exist twice once")
}

// A day before is the same time of day, not 24 hours.
func reminderAcross(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(strings.ReplaceAll(townFile(), "reminders: []", "reminders: [1d]")); status != 0 {
		c.Fatal(text)
	}
	for _, x := range []struct{ clock, visit time.Time }{
		{opening, dated(2027, 3, 28, 10, 0)},
		{dated(2027, 10, 1, 9, 0), dated(2027, 10, 31, 10, 0)},
	} {
		own.Clock(from(x.clock))
		b := own.BookAs(own.Visitor(), "k1", x.visit, "s1")
		own.Clock(from(x.clock.Add(5 * time.Second)))
		own.Mail(b.Visitor.Email, 1)
		eve := dated(x.visit.Year(), int(x.visit.Month()), x.visit.Day()-1, 10, 0)
		own.Clock(from(eve.Add(-2 * time.Minute)))
		time.Sleep(2500 * time.Millisecond) // jobs have looked at the clock by then
		if n := len(own.house.sink.to(b.Visitor.Email)); n != 1 {
			c.Errorf("before 10:00 on the day before %s: %d letters, want 1", x.visit, n)
		}
		own.Clock(from(eve.Add(time.Minute)))
		own.Expect(b.Visitor.Email, 1)
		if m := own.Mail(b.Visitor.Email, 2)[1]; !strings.Contains(m.Text, "10:00") {
			c.Errorf("the reminder does not name 10:00:\n%s", m.Text)
		}
	}
	c.Harmless("reminded at the same time of day")
}

// What is no instant on the raster is refused, and what is one in another zone is the
// same moment.
func oddStarts(c *C) {
	day := c.Slot("k1").Format(time.DateOnly)
	for _, start := range []string{day + "T08:20:00", day + " 08:20:00+01:00", day + "T08:20+01:00", day + "T24:00:00+01:00", "2027-03-32T08:20:00+01:00", "2027-02-29T08:20:00+01:00", day + "T08:20:00+99:00", "1772436000", "now", day + "T08:20:00[Europe/Berlin]"} {
		o := Order(c.Visitor(), "k1", c.X().Start, "s1")
		o["start"] = start
		c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	for _, start := range []string{day + "T08:20:01+01:00", day + "T08:21:00+01:00", day + "T08:20:00.000000001+01:00", day + "T08:20:00+01:01", day + "T08:20:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"} {
		if start == day+"T08:20:00Z" {
			continue // 09:20 in Berlin: below
		}
		o := Order(c.Visitor(), "k1", c.X().Start, "s1")
		o["start"] = start
		c.Refused(409, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	v, start := c.Visitor(), c.Slot("k1")
	o := Order(v, "k1", start, "s1")
	o["start"] = start.In(time.FixedZone("", 13*3600+45*60)).Format(time.RFC3339)
	a := c.JSON("POST", "/api/v1/t1/bookings", o)
	if a.Status != 201 || !strings.Contains(a.Body, start.Format(time.RFC3339)) {
		c.Fatalf("%s: want the moment that was meant, in the office's time", a)
	}
	c.Booked(v, "k1", "s1", a)
}

// Series keep their time of day, and every date that is none of them is closed.
func series(c *C) {
	own := c.Own(Setting{Clock: from(dated(2026, 12, 15, 9, 0))})
	rhythm := "weekdays: [mo], everyWeeks: 2, validFrom: 2026-12-21"
	town := strings.Replace(townFile(), "weekdays: [mo, tu, we, th, fr, sa, su]", rhythm, 1) // k1
	if text, status := own.Apply(town, "--strand"); status != 0 {
		c.Fatal(text)
	}
	days := func(first, last time.Time) (list []string) {
		for _, s := range own.Starts(own.Client, "k1", first, last) {
			if text := s.In(berlin()).Format("2006-01-02 15:04"); strings.HasSuffix(text, "08:00") {
				list = append(list, text[:10])
			}
		}
		return list
	}
	// 2026 has a week 53; a rhythm by the number of the week would stumble.
	if got, want := days(dated(2026, 12, 15, 0, 0), dated(2027, 2, 10, 0, 0)), []string{"2026-12-21", "2027-01-04", "2027-01-18", "2027-02-01"}; !slices.Equal(got, want) {
		c.Errorf("every other Monday: %v, want %v", got, want)
	}
	v := own.Visitor()
	own.Refused(409, func() *Answer {
		return own.JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", dated(2026, 12, 28, 8, 0), "s1"))
	})
	own.Clock(from(dated(2027, 3, 3, 9, 0)))
	if got, want := days(dated(2027, 3, 4, 0, 0), dated(2027, 4, 20, 0, 0)), []string{"2027-03-15", "2027-03-29", "2027-04-12"}; !slices.Equal(got, want) {
		c.Errorf("across the change of the clock: %v at 08:00, want %v", got, want)
	}
	leap := townFile() + "closures: [{from: \"2028-02-29\", to: \"2028-02-29\", reason: Schalttag}]\n"
	if text, status := own.Apply(leap, "--strand"); status != 0 {
		c.Fatal(text)
	}
	own.Clock(from(dated(2028, 2, 20, 9, 0)))
	if got, want := days(dated(2028, 2, 28, 0, 0), dated(2028, 3, 1, 0, 0)), []string{"2028-02-28", "2028-03-01"}; !slices.Equal(got, want) {
		c.Errorf("around 29 February: %v, want %v", got, want)
	}
	own.rest()
	own.Unchanged(func() {
		if text, status := own.Apply(strings.ReplaceAll(leap, "2028-02-29", "2027-02-29")); status != 1 {
			c.Errorf("a closure on 29 February 2027: exit status %d\n%s", status, text)
		}
	})
	if text, status := own.Apply(nightly(), "--strand"); status != 0 {
		c.Fatal(text)
	}
	own.Clock(from(dated(2027, 12, 31, 23, 30)))
	for minutes, want := range map[int]int{40: 409, 60: 201} { // s1 has to be booked an hour ahead
		v := own.Visitor()
		a := own.JSON("POST", "/api/v1/t1/bookings", Order(v, "nacht", dated(2028, 1, 1, 0, minutes-20), "s1"))
		if a.Status != want {
			c.Errorf("at 23:30 for 00:%d: %s, want %d", minutes-20, a, want)
		}
		if a.Status == 201 {
			own.Expect(v.Email, 1)
		}
	}
}

// Whatever zone a machine is in, times are the office's.
func otherZones(c *C) {
	pages := []string{"/api/v1/t1/availability?service=s1&calendar=k1&from=2027-03-02&to=2027-03-04", "/t1/m/" + c.X().Secret, "/t1/times?service=s1"}
	var want []*Answer
	var hosts []string
	for i, zone := range []string{"Europe/Berlin", "America/Vancouver", "Asia/Kolkata", "Pacific/Apia"} {
		own := c.Own(Setting{Env: []string{"TZ=" + zone}})
		own.MayShow(c.X().Visitor)
		own.Client.cookies["next"] = secret() + "Aaa" // or each gets another one
		hosts = append(hosts, own.house.address)
		for j, path := range pages {
			a := own.With("Accept-Language: de").With("Time-Zone: " + zone).Get(path)
			if a.Status != 200 {
				c.Fatalf("%s", a)
			}
			if i == 0 {
				want = append(want, a)
			} else {
				c.Same(want[j], a, hosts...)
			}
		}
		own.ledger = newLedger()
	}
	if !strings.Contains(want[0].Body, `"2027-03-02T08:20:00+01:00"`) || !strings.Contains(want[1].Body, "08:00") {
		c.Errorf("the office's time is missing: %s", want[1])
	}
	c.Harmless("office time everywhere")
}

func oddDates(c *C) {
	for _, period := range []string{
		"from=2027-02-29&to=2027-03-01", "from=2027-03-02T00:00:00%2B14:00&to=2027-03-03", "from=0000-00-00&to=2027-03-03", "from=02.03.2027&to=03.03.2027",
		"from=-0001-01-01&to=2027-03-01", "from=12027-01-01&to=12027-01-02", "from=2027-03-03&to=2027-03-02", "from=2027-03-02&to=2027-12-31", "from=0001-01-01&to=9999-12-31",
		"from=2027-03-02&from=2027-03-03&to=x",
	} {
		c.Refused(422, func() *Answer { return c.Get("/api/v1/t1/availability?service=s1&calendar=k1&" + period) })
	}
	c.Refused(400, func() *Answer {
		return c.Get("/api/v1/t1/availability?service=s1&calendar=k1&from=2027-03-02%00&to=2027-03-03")
	})
	for _, period := range []string{"from=0001-01-01&to=0001-01-02", "from=9999-12-30&to=9999-12-31"} {
		c.Unchanged(func() {
			if a := c.Get("/api/v1/t1/availability?service=s1&calendar=k1&" + period); a.Status != 200 && a.Status != 422 || strings.Contains(a.Body, `"start"`) {
				c.Errorf("%s: want nothing free", a)
			}
		})
	}
}

// A clock that jumps deletes nobody, reminds once and gives no seat twice.
func clockJumps(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(strings.ReplaceAll(townFile(), "reminders: []", "reminders: [1d]")); status != 0 {
		c.Fatal(text)
	}
	b := own.BookAs(own.Visitor(), "k1", At(2, "12:00"), "s1")
	start := At(6, "10:00")
	var h struct{ Hold string }
	own.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": start}).Decode(own, &h)
	own.Clock("5s")
	own.Mail(b.Visitor.Email, 1)
	own.Clock("28h")
	own.Expect(b.Visitor.Email, 1)
	own.Mail(b.Visitor.Email, 2)
	other := own.BookAs(own.Visitor(), "k1", start, "s1")
	for _, clock := range []string{"6s", "28h", "7s"} {
		own.Clock(clock)
		time.Sleep(1200 * time.Millisecond) // jobs look at the clock twice a second
	}
	v := own.Visitor()
	own.Refused(404, func() *Answer { // the reservation that was over is forgotten, and does not come back
		return own.JSON("POST", "/api/v1/t1/bookings", map[string]any{"hold": h.Hold, "name": v.Name, "email": v.Email})
	})
	own.MayShow(own.X().Visitor, other.Visitor)
	for _, x := range []*Booking{own.X(), other} {
		if a := own.Get(x.API); a.Status != 200 || !strings.Contains(a.Body, x.Visitor.Email) {
			c.Errorf("after the jumps: %s, want the visit with its data", a)
		}
	}
	c.Harmless("nothing deleted early, one reminder, no seat given twice")
}

// clockApart starts another service whose clock is wrong by an offset.
func clockApart(c *C, offset time.Duration) *Client {
	c.Helper()
	name := "clock" + offset.String()
	c.Write(name, (c.house.lag + offset).String())
	before := c.house.setting.Env
	c.house.setting.Env = append(slices.Clone(before), "TERMINVERGABE_TEST_CLOCK="+filepath.Join(c.house.folder, name))
	x := c.Replica()
	c.house.setting.Env = before
	return x
}

func clocksApart(c *C) {
	own := c.Own(Setting{})
	doors := []*Client{own.Client}
	var stop func()
	if c.Engine() == postgres {
		doors = append(doors, clockApart(own, -90*time.Second), clockApart(own, 90*time.Second))
	} else {
		stop = flicker(own)
	}
	start := At(6, "10:00")
	if won := contest(own, 48, "k1", start, doors...); won != 1 {
		c.Errorf("%d have the seat, want 1", won)
	}
	if stop != nil {
		stop()
	}
	early, late := own.BookAs(own.Visitor(), "mail", At(7, "09:00"), "s1"), own.BookAs(own.Visitor(), "mail", At(7, "10:00"), "s1")
	allClocks(own, 5*time.Second)
	yes, tooLate := linkOf(own, own.Mail(early.Visitor.Email, 1)[0], "c"), linkOf(own, own.Mail(late.Visitor.Email, 1)[0], "c")
	say := func(x *Client, link string) *Answer {
		return x.JSON("POST", "/api/v1/t1/bookings/"+link[len("/t1/c/"):]+"/confirm", nil)
	}
	own.MayShow(early.Visitor, late.Visitor)
	own.Expect(early.Visitor.Email, 1)
	allClocks(own, 57*time.Minute)
	if a := say(doors[len(doors)-1], yes); a.Status != 200 {
		c.Errorf("after 57 minutes, by the fastest clock: %s, want it confirmed", a)
	}
	allClocks(own, 62*time.Minute)
	if a := say(doors[0], tooLate); a.Status != 410 { // and its time is free again
		c.Errorf("after 62 minutes: %s, want 410", a)
	}
	for _, x := range doors { // the slowest is half a minute over the hour
		own.Refused(410, func() *Answer { return say(x, tooLate) })
	}
}

// allClocks sets the clocks of an installation, each as wrong as it is.
func allClocks(c *C, offset time.Duration) {
	c.Helper()
	c.Clock(offset.String())
	for _, apart := range []time.Duration{-90 * time.Second, 90 * time.Second} {
		if name := "clock" + apart.String(); c.house.exists(name) {
			c.Write(name, (c.house.lag + apart).String())
		}
	}
}

// flicker moves the clock of an installation to and fro by 90 seconds until it is stopped.
func flicker(c *C) (stop func()) {
	over := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-over:
				c.Clock("0s")
				return
			case <-time.After(5 * time.Millisecond):
				c.Clock([]string{"-90s", "90s"}[i%2])
			}
		}
	})
	return func() { close(over); done.Wait() }
}

// Two hours before four o'clock summer time is one o'clock winter time.
func lateInTheNight(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(nightly()); status != 0 {
		c.Fatal(text)
	}
	early := own.BookAs(own.Visitor(), "nacht", dated(2027, 3, 28, 4, 0), "s1")
	late := own.BookAs(own.Visitor(), "nacht", dated(2027, 3, 28, 4, 20), "s1")
	own.Clock("5s")
	own.Mail(early.Visitor.Email, 1)
	own.Clock(from(dated(2027, 3, 28, 0, 59)))
	own.Expect(early.Visitor.Email, 1)
	if a := own.JSON("POST", early.API+"/cancel", nil); a.Status != 200 {
		c.Errorf("at 00:59: %s, want it cancelled", a)
	}
	own.Clock(from(dated(2027, 3, 28, 1, 21)))
	if a := own.Refused(409, func() *Answer { return own.JSON("POST", late.API+"/cancel", nil) }); a.Code() != "too_late" {
		c.Errorf("%s: want too_late", a)
	}
}

// Busy times of a calendar elsewhere take the seats that they are about, and those of a
// zone that nobody knows are named to staff instead of being shifted.
func otherCalendar(c *C) {
	event := func(uid, params, start, end string) string {
		return "BEGIN:VEVENT\r\nUID:" + uid + "\r\nDTSTAMP:20270301T000000Z\r\nDTSTART" + params + ":20270310T" + start + "\r\nDTEND" + params + ":20270310T" + end + "\r\nEND:VEVENT\r\n"
	}
	calendar := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//DE\r\n" +
		event("floating", "", "100000", "102000") + event("utc", "", "100000Z", "102000Z") +
		event("windows", `;TZID="W. Europe Standard Time"`, "120000", "122000") + event("east", ";TZID=Eastern Standard Time", "080000", "082000") +
		event("nowhere", ";TZID=Mars/Olympus Mons", "160000", "162000") + "END:VCALENDAR\r\n"
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/calendar")
		fmt.Fprint(w, calendar)
	}))
	defer elsewhere.Close()
	own := c.Own(Setting{Conf: map[string]string{"outbound": "{allow: [127.0.0.1]}"}})
	town := strings.Replace(townFile(), "{id: k1, ", fmt.Sprintf("{id: k1, busy: [{id: fremd, url: %q}], ", elsewhere.URL+"/kalender.ics"), 1)
	if text, status := own.Apply(town); status != 0 {
		c.Fatal(text)
	}
	planner := own.As("t1.planner")
	if a := planner.Form("/staff/setup/calendars/k1/busy", url.Values{"source": {"fremd"}}); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	free := map[string]bool{}
	for began := time.Now(); len(free) != 30-4 && time.Since(began) < 15*time.Second; time.Sleep(50 * time.Millisecond) { // whoever was first, the job or the form, may still be reading
		clear(free)
		for _, s := range own.Starts(own.Client, "k1", At(9, "00:00"), At(9, "00:00")) {
			free[s.In(berlin()).Format("15:04")] = true
		}
	}
	for _, taken := range []string{"10:00", "11:00", "12:00", "14:00"} {
		if free[taken] {
			c.Errorf("%s is free, and taken elsewhere", taken)
		}
		v := own.Visitor()
		start, err := time.ParseInLocation("2006-01-02 15:04", "2027-03-10 "+taken, berlin())
		if err != nil {
			c.Fatal(err)
		}
		own.Refused(409, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", start, "s1")) })
	}
	if len(free) != 30-4 {
		c.Errorf("%d starts are free, want 26: %v", len(free), free)
	}
	if a := planner.Get("/staff/setup/calendars/k1/busy"); !strings.Contains(a.Body, "1 Eintrag") {
		c.Errorf("nobody is told of the entry that could not be read: %s", a.Body)
	}
}
