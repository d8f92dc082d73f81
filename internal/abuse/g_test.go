package abuse

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

// Section G: calendar entries and feeds.
func TestG(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("G1", "components, properties and line breaks in name, note and the office's own fields", injectedEntry)
	s.Case("G2", "long lines of emoji, combining and right-to-left signs", foldedEntry)
	s.Case("G3", "control characters and a bare CR in texts that reach an entry", controlInEntry)
	s.Case("G4", "what a feed tells of others: departments, towns, visitors", feedTellsLittle)
	s.Case("G5", "a feed is asked for a thousand times, with and without its tag", feedPolled)
	s.Case("G6", "a feed that was revoked, and addresses that were never one", feedRevoked)
	s.Case("G7", "the type of an entry in a letter: request, move, cancel", entryMethods)
	s.Case("G8", "the hour of an entry in winter, in summer and in programs without zones", entryZone)
	s.Case("G9", "what the UID gives away: secrets, numbers, neighbours", entryUID)
	s.Case("G10", "calendars answer: REPLY, COUNTER and REFRESH", calendarAnswers)
	s.Case("G11", "HTML and formulas in an entry's texts", entryMarkup)
}

// entry is the calendar in some bytes, read by a reader that is not ours. It has to be
// whole: CRLF, short lines, UTF-8, nothing but the components that we write.
func entry(c *C, text string) *ical.Calendar {
	c.Helper()
	if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
		c.Errorf("a line does not end in CRLF:\n%q", text)
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			c.Errorf("a line of %d octets, or cut within a sign: %q", len(line), line)
		}
	}
	whole := strings.ReplaceAll(text, "\r\n ", "")
	for line := range strings.SplitSeq(whole, "\r\n") {
		name := line[:min(len(line), max(0, strings.IndexAny(line, ";:")))]
		if line != "" && !slices.Contains(properties(), name) {
			c.Errorf("the entry has a line %q", line)
		}
	}
	cal, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil {
		c.Fatalf("%v:\n%s", err, text)
	}
	return cal
}

// properties are all that an entry or feed of ours is made of.
func properties() []string {
	return strings.Fields("BEGIN END VERSION PRODID METHOD CALSCALE NAME X-WR-CALNAME X-WR-TIMEZONE REFRESH-INTERVAL X-PUBLISHED-TTL TZID DTSTART RRULE TZNAME TZOFFSETFROM TZOFFSETTO " +
		"UID DTSTAMP DTEND SUMMARY DESCRIPTION LOCATION GEO ORGANIZER ATTENDEE SEQUENCE STATUS TRANSP CLASS ACTION TRIGGER LAST-MODIFIED CREATED URL CATEGORIES COLOR CONTACT")
}

// components counts what a calendar is made of.
func components(text string) map[string]int {
	n := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^BEGIN:(\S+)\r$`).FindAllStringSubmatch(text, -1) {
		n[m[1]]++
	}
	return n
}

// event is the only event of a calendar.
func event(c *C, cal *ical.Calendar) *ical.Component {
	c.Helper()
	list := cal.Events()
	if len(list) != 1 {
		c.Fatalf("%d events, want 1", len(list))
	}
	return list[0].Component
}

func text(c *C, e *ical.Component, name string) string {
	c.Helper()
	s, err := e.Props.Text(name)
	if err != nil {
		c.Error(err)
	}
	return s
}

// attached is the entry in a letter, as the calendar program gets it.
func attached(c *C, m *Mail) string {
	c.Helper()
	_, rest, found := strings.Cut(m.Text, "BEGIN:VCALENDAR")
	body, _, ended := strings.Cut(rest, "END:VCALENDAR\r\n")
	if !found || !ended {
		c.Fatalf("no entry in %s", m.Text)
	}
	return "BEGIN:VCALENDAR" + body + "END:VCALENDAR\r\n"
}

// subscriber is somebody who has a feed of all that a department knows; "" is o1.
func subscriber(c *C, department string) *Client {
	x := c.Stranger()
	if x.who = (&account{tenant: "t1", role: "clerk", department: "o1"}); department == "oz" {
		x.who = &account{tenant: "t2", role: "clerk", department: department}
	}
	return x
}

// What a visitor and the office's own staff type stays text, in the letter, in the
// download and in a feed that shows all.
func injectedEntry(c *C) {
	own := c.Own(Setting{})
	plain := own.BookAs(own.Visitor(), "k1", At(5, "08:00"), "s1")
	own.Mail(plain.Visitor.Email, 1)
	want := components(own.MayShowTo(plain.Visitor).Get(plain.Manage + "/termin.ics").Body)
	v := own.Visitor()
	v.Name = `X;ATTACH=file:///etc/passwd:,\nBEGIN:VALARM" ` + word()
	v.Note = "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nATTACH:file:///etc/passwd\r\n;,:\\n\\, " + word()
	o := Order(v, "k1", At(5, "09:00"), "s1")
	o["caseReference"], o["staffNote"] = "END:VCALENDAR;,\\n", "x\r\nBEGIN:VALARM\r\nACTION:PROCEDURE"
	a := own.Token("t1.admin").JSON("POST", "/api/v1/t1/staff-bookings", o)
	if a.Status != 201 {
		c.Fatalf("%s", a)
	}
	b := own.Booked(v, "k1", "s1", a)
	own.MayShow(v, plain.Visitor)
	for name, text := range map[string]string{"letter": attached(own, own.Mail(v.Email, 1)[0]), "download": own.Get(b.Manage + "/termin.ics").Body} {
		entry(own, text)
		if got := components(text); fmt.Sprint(got) != fmt.Sprint(want) {
			c.Errorf("the %s is made of %v, want %v", name, got, want)
		}
	}
	full := subscriber(own, "o1").Get(own.Feed("k1.full")).Body
	entry(own, full)
	if got := components(full); got["VEVENT"] != 3 || got["VALARM"] != 0 || len(got) != 5 {
		c.Errorf("the feed is made of %v, want X and these two", got)
	}
	if !strings.Contains(strings.ReplaceAll(full, "\r\n ", ""), `\;\,:/n/\,`) {
		c.Errorf("the note is not in the feed as it was typed:\n%s", strings.ReplaceAll(full, "\r\n ", ""))
	}
	c.Harmless("escaped TEXT; nothing but the components of any other entry")
}

func foldedEntry(c *C) {
	v := c.Visitor()
	v.Name = strings.Repeat("👩‍👩‍👧‍👦é́", 3) + "مرحبا שלום " + word()
	v.Note = strings.Repeat("🚲ä\u0301ﷺ", 60) + " " + word()
	b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
	c.MayShow(v, c.X().Visitor)
	e := event(c, entry(c, c.Get(b.Manage+"/termin.ics").Body))
	if text(c, e, "SUMMARY") == "" {
		c.Error("no SUMMARY")
	}
	feed := subscriber(c, "o1").Get(c.Feed("k1.full")).Body
	entry(c, feed)
	if whole := strings.ReplaceAll(feed, "\r\n ", ""); !strings.Contains(whole, v.Name) || !strings.Contains(whole, v.Note) {
		c.Error("name and note are not in the feed as they were typed")
	}
	c.Mail(v.Email, 1)
	c.Harmless("folded within 75 octets, no sign cut in two, nothing lost")
}

// The office's texts come from a file: a control character in one is refused there, or
// left out.
func controlInEntry(c *C) {
	own := c.Own(Setting{})
	for _, name := range []string{`"Kurz\u0007es\u000bAnliegen"`, `"Kurzes\rAnliegen"`, `"Kurzes\u2028BEGIN:VALARM"`, `"Kurz\x7fes"`} {
		if _, status := own.Apply(strings.Replace(townFile(), "name: Kurzes Anliegen", "name: "+name, 1)); status != 0 {
			c.Harmless("apply: a control character in a text is refused, exit status 1")
			continue
		}
		own.MayShow(own.X().Visitor)
		a := own.Get(own.X().Manage + "/termin.ics")
		entry(own, a.Body)
		if strings.ContainsFunc(strings.ReplaceAll(a.Body, "\r\n", ""), func(r rune) bool { return r < 32 || r == 127 }) {
			c.Errorf("%s: control characters", a)
		}
		c.Harmless("left out of the entry")
	}
	o := Order(own.Visitor(), "k1", At(6, "08:00"), "s1")
	o["name"] = "Vera\rMuster"
	own.Refused(422, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings", o) })
}

// A feed shows whose it is for, and how much was chosen; visitors only by that choice.
func feedTellsLittle(c *C) {
	b, other := c.Book("k1", "s1"), c.Book("k2", "s1")
	c.Mail(b.Visitor.Email, 1)
	c.Mail(other.Visitor.Email, 1)
	clean := func(feed string, v *Visitor) {
		body := strings.ToLower(strings.ReplaceAll(subscriber(c, map[string]string{"t2.full": "oz"}[feed]).Get(c.Feed(feed)).Body, "\r\n ", ""))
		for _, word := range v.canaries() {
			if strings.Contains(body, strings.ToLower(word)) {
				c.Errorf("the feed %s tells %q", feed, word)
			}
		}
	}
	c.MayShow(b.Visitor, c.X().Visitor)
	for _, feed := range []string{"k1.busy", "k1.service", "t1.service"} {
		clean(feed, b.Visitor)
	}
	for _, feed := range []string{"k1.full", "o1.full", "t2.full"} {
		clean(feed, other.Visitor)
	}
	clean("t2.full", b.Visitor)
	if busy := c.Get(c.Feed("k1.busy")).Body; strings.Contains(busy, b.Reference) || strings.Contains(busy, "Kurzes Anliegen") {
		c.Errorf("the feed of busy times tells what for:\n%s", busy)
	}
	if full := subscriber(c, "o1").Get(c.Feed("o1.full")).Body; strings.Contains(full, other.Reference) {
		c.Errorf("the feed of o1 tells of o2")
	}
	c.Harmless("each feed shows its own calendars, visitors only where `full` was chosen")
}

func feedPolled(c *C) {
	x := c.Stranger()
	first := x.Get(c.Feed("k1.service"))
	tag := first.Header.Get("ETag")
	if first.Status != 200 || tag == "" || strings.HasPrefix(tag, "W/") || len(first.Body) > 2<<20 {
		c.Fatalf("%s: want a strong tag and at most 2 MB", first)
	}
	for _, want := range []string{"REFRESH-INTERVAL", "X-PUBLISHED-TTL"} {
		if !strings.Contains(first.Body, want) {
			c.Errorf("the feed has no %s", want)
		}
	}
	if k := first.Header.Get("Cache-Control"); !strings.Contains(k, "private") {
		c.Errorf("Cache-Control: %q, want private", k)
	}
	c.Unchanged(func() {
		for i, a := range c.Race(200, func(i int, x *Client) *Answer {
			if i%2 == 0 {
				return x.With("If-None-Match: " + tag).Get(c.Feed("k1.service"))
			}
			return x.Get(c.Feed("k1.service"))
		}) {
			if want := []int{304, 200}[i%2]; a.Status != want || want == 304 && a.Body != "" || want == 200 && a.Body != first.Body {
				c.Errorf("%s: want %d", a, want)
			}
		}
	})
	zipped := x.With("Accept-Encoding: gzip").Get(c.Feed("k1.service"))
	z, err := gzip.NewReader(strings.NewReader(zipped.Body))
	if err != nil {
		c.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || string(plain) != first.Body || zipped.Header.Get("ETag") == tag {
		c.Errorf("the compressed feed is another one (%v), or has the same tag", err)
	}
	if a := x.Send("HEAD", c.Feed("k1.service"), "", ""); a.Status != 200 || a.Body != "" || a.Header.Get("ETag") != tag {
		c.Errorf("%s: want the head of the same answer", a)
	}
	c.Harmless("200 askers at once: 304 for those who know it, else the same bytes")
}

func feedRevoked(c *C) {
	own := c.Own(Setting{})
	path := own.Feed("k1.full")
	own.MayShow(own.X().Visitor)
	if a := own.Get(path); a.Status != 200 {
		c.Fatalf("%s", a)
	}
	rows := own.Query("SELECT id FROM feed WHERE tenant = 't1'")
	for _, r := range rows {
		if _, said, status := own.CLI("", "feed revoke", "--tenant", "t1", r[0]); status != 0 {
			c.Fatal(said)
		}
	}
	unknown := own.Refused(404, func() *Answer { return own.Get("/feeds/" + secret() + ".ics") })
	own.Same(own.Refused(404, func() *Answer { return own.Get(path) }), unknown)
	for _, at := range []string{strings.TrimSuffix(path, ".ics"), path + "/", "/feeds/", "/feeds/.ics", strings.ToLower(path), "/t1" + path, path[:len(path)-5] + ".ics"} {
		own.Refused(404, func() *Answer { return own.Get(at) })
	}
	own.house.mould = &mould{engine: own.house.engine, folder: own.house.mould.folder, people: own.house.people, tokens: own.house.tokens, x: own.X(), y: own.Y(), z: own.Z(), feeds: map[string]string{"k1.busy": "/feeds/x.ics", "k1.service": "/feeds/x.ics", "t1.service": "/feeds/x.ics"}}
}

// The method in the MIME type is that of the entry, in letters that ask, move and cancel.
func entryMethods(c *C) {
	own := c.Own(Setting{})
	b := own.BookAs(own.Visitor(), "k1", At(6, "08:00"), "s1")
	own.MayShow(b.Visitor)
	check := func(m *Mail, method string, sequence int) {
		c.Helper()
		if got := regexp.MustCompile(`text/calendar;[^\n]*method=([A-Z]+)`).FindAllStringSubmatch(strings.ReplaceAll(m.Text, "\r\n ", " "), -1); len(got) != 2 || got[0][1] != method || got[1][1] != method {
			c.Errorf("the parts are of method %v, want %s twice", got, method)
		}
		e := attached(own, m)
		cal := entry(own, e)
		if got := text(own, cal.Component, "METHOD"); got != method {
			c.Errorf("METHOD:%s, want %s", got, method)
		}
		if got := event(own, cal).Props.Get("SEQUENCE").Value; got != fmt.Sprint(sequence) {
			c.Errorf("SEQUENCE:%s, want %d", got, sequence)
		}
		if cancelled := strings.Contains(e, "STATUS:CANCELLED"); cancelled != (method == "CANCEL") || cancelled && strings.Contains(e, "VALARM") {
			c.Errorf("an entry of method %s:\n%s", method, e)
		}
	}
	check(own.Mail(b.Visitor.Email, 1)[0], "REQUEST", 0)
	own.Expect(b.Visitor.Email, 2)
	if a := own.JSON("POST", b.API+"/move", map[string]any{"start": At(6, "09:00")}); a.Status != 200 {
		c.Fatalf("%s", a)
	}
	own.Clock("1m")
	check(own.Mail(b.Visitor.Email, 2)[1], "REQUEST", 1)
	if a := own.JSON("POST", b.API+"/cancel", nil); a.Status != 200 {
		c.Fatalf("%s", a)
	}
	own.Clock("2m")
	check(own.Mail(b.Visitor.Email, 3)[2], "CANCEL", 2)
	a := own.Get(own.X().Manage)
	own.MayShow(own.X().Visitor)
	if d := own.Get(own.X().Manage + "/termin.ics"); a.Status != 200 || !regexp.MustCompile(`^text/calendar; ?(method=[A-Z]+; ?)?charset=utf-8`).MatchString(strings.ToLower(d.Header.Get("Content-Type"))) && !strings.HasPrefix(d.Header.Get("Content-Type"), "text/calendar") {
		c.Errorf("%s: %s", d, d.Header.Get("Content-Type"))
	}
	c.Harmless("the MIME type's method is the entry's: REQUEST, REQUEST, CANCEL; SEQUENCE 0, 1, 2")
}

// A program that knows the zone, and one that only reads VTIMEZONE, see the office's hour.
func entryZone(c *C) {
	own := c.Own(Setting{})
	winter, summer := own.BookAs(own.Visitor(), "k1", At(5, "10:00"), "s1"), own.BookAs(own.Visitor(), "k1", At(35, "10:00"), "s1")
	for _, b := range []*Booking{winter, summer} {
		own.MayShow(b.Visitor)
		body := own.Get(b.Manage + "/termin.ics").Body
		e := event(own, entry(own, body))
		p := e.Props.Get("DTSTART")
		if p == nil || p.Params.Get("TZID") != "Europe/Berlin" || p.Value != b.Start.In(berlin()).Format("20060102T150405") {
			c.Errorf("DTSTART is %v, want the office's hour with its zone", p)
		}
		for _, want := range []string{"DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "TZOFFSETTO:+0100", "TZOFFSETTO:+0200"} {
			if !strings.Contains(body, want) {
				c.Errorf("the zone has no %q:\n%s", want, body)
			}
		}
		start, err := p.DateTime(time.UTC)
		if err != nil || !start.Equal(b.Start) {
			c.Errorf("a reader sees %s (%v), want %s", start, err, b.Start)
		}
	}
	c.Harmless("wall clock with TZID and a VTIMEZONE with rules since 1970")
}

// A UID stays through a move, is nobody else's, and opens nothing.
func entryUID(c *C) {
	b, next := c.Book("k1", "s1"), c.Book("k1", "s1")
	c.MayShow(b.Visitor, next.Visitor)
	uid := func(b *Booking) string {
		body := c.Get(b.Manage + "/termin.ics").Body
		if strings.Contains(body, b.Secret) {
			c.Errorf("the entry holds the secret of its link:\n%s", body)
		}
		return text(c, event(c, entry(c, body)), "UID")
	}
	one, two := uid(b), uid(next)
	if one == two || one == "" {
		c.Errorf("UIDs %q and %q", one, two)
	}
	id, _, _ := strings.Cut(one, "@")
	for _, word := range append(b.Visitor.canaries(), b.Reference, b.Secret) {
		if strings.Contains(strings.ToLower(one), strings.ToLower(word)) {
			c.Errorf("the UID %s holds %s", one, word)
		}
	}
	for _, at := range []string{"/t1/m/" + id, "/t1/c/" + id, "/feeds/" + id + ".ics", "/api/v1/t1/bookings/" + id} {
		c.Refused(404, func() *Answer { return c.Stranger().Get(at) })
	}
	c.Mail(b.Visitor.Email, 1)
	c.Expect(b.Visitor.Email, 1)
	if a := c.JSON("POST", b.API+"/move", map[string]any{"start": c.Slot("k1")}); a.Status != 200 {
		c.Fatalf("%s", a)
	}
	if again := uid(b); again != one {
		c.Errorf("after a move the UID is %s, want %s", again, one)
	}
}

// Calendar programs answer to the mailbox; nobody's visit changes by that.
func calendarAnswers(c *C) {
	own := withReturns(c)
	b := own.Book("k1", "s1")
	m := own.Mail(b.Visitor.Email, 1)[0]
	own.MayShow(b.Visitor)
	uid := text(own, event(own, entry(own, attached(own, m))), "UID")
	answer := func(method, lines string) string {
		return "From: " + b.Visitor.Email + "\r\nTo: " + m.From + "\r\nSubject: Re\r\nContent-Type: text/calendar; method=" + method + "; charset=utf-8\r\n\r\n" +
			"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:" + method + "\r\nBEGIN:VEVENT\r\nUID:" + uid + "\r\nSEQUENCE:9\r\nDTSTAMP:20270301T090000Z\r\n" + lines + "END:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	own.Unchanged(func() {
		comesBack(own,
			answer("REPLY", "ATTENDEE;PARTSTAT=DECLINED:mailto:"+b.Visitor.Email+"\r\n"),
			answer("COUNTER", "DTSTART:20270401T080000Z\r\nDTEND:20270401T090000Z\r\n"),
			answer("REFRESH", "ATTENDEE:mailto:fremd@x.example\r\n"),
			answer("CANCEL", "STATUS:CANCELLED\r\n"), answer("REQUEST", "ATTACH:http://"+own.Trap()+"/\r\n"))
		own.Clock("10m")
		own.house.quiet(own)
	}, "mailbox")
	c.Harmless("read and counted; the visit is as it was, nobody is answered")
}

func entryMarkup(c *C) {
	v := c.Visitor()
	v.Name = "=HYPERLINK(1) <b>x</b><img src=x onerror=alert(1)> " + word()
	b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
	m := c.Mail(v.Email, 1)[0]
	c.MayShow(v, c.X().Visitor)
	for name, body := range map[string]string{"letter": attached(c, m), "download": c.Get(b.Manage + "/termin.ics").Body, "feed": subscriber(c, "o1").Get(c.Feed("k1.full")).Body} {
		entry(c, body)
		if strings.Contains(body, "X-ALT-DESC") || strings.Contains(body, "ALTREP") || strings.Contains(body, "FMTTYPE=text/html") {
			c.Errorf("the %s has a version in HTML:\n%s", name, body)
		}
	}
	list := c.As("t1.clerk.o1").Get("/staff/day?" + url.Values{"date": {b.Start.In(berlin()).Format(time.DateOnly)}}.Encode())
	if !strings.Contains(list.Body, "&lt;img src=x") || bytes.Contains([]byte(list.Body), []byte("<img src=x")) {
		c.Errorf("the day's list does not show the name as text: %s", list)
	}
	c.Harmless("text only: no HTML version is made; escaped in the office's lists")
}
