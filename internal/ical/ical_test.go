package ical

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests need many zones, also where none are installed

	goical "github.com/emersion/go-ical"
)

var update = flag.Bool("update", false, "write the golden files anew")

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// visit is an invented appointment with everything in it.
func visit(t testing.TB) Event {
	t.Helper()
	berlin := zone(t, "Europe/Berlin")
	return Event{
		UID:      "K7Q2M5XWZJ4HNRT6PBVD3YCGFA",
		Sequence: 2,
		Start:    time.Date(2026, 7, 6, 8, 30, 0, 0, berlin),
		End:      time.Date(2026, 7, 6, 8, 55, 0, 0, berlin),
		Zone:     berlin,
		Summary:  "Termin: Personalausweis, Bürgeramt Musterstadt",
		Description: "Personalausweis beantragen; 2 Personen\n\nBitte mitbringen:\n" +
			"- biometrisches Lichtbild (höchstens 6 Monate alt)\n- alter Ausweis, auch wenn er schon abgelaufen ist\n\nVorgangsnummer: MU-4711",
		Location:  "Rathaus Musterstadt\nAm Münster 1\n37154 Musterstadt",
		Geo:       &Geo{Lat: 51.7069, Lon: 10.0011},
		Changed:   time.Date(2026, 6, 30, 12, 0, 5, 0, time.UTC),
		Organizer: Address{Name: `Bürgeramt "Mitte"; Musterstadt`, Mail: "buergeramt@musterstadt.example"},
		Attendee:  Address{Name: "Jördis Überall-Ångström", Mail: "j.ueberall@post.example"},
		Alarm:     true,
	}
}

var sent = time.Date(2026, 7, 1, 7, 0, 0, 0, time.UTC)

func must(t testing.TB) func([]byte, error) []byte {
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// samples are the documents that the golden files hold and all readers read.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	e, must := visit(t), must(t)
	plain := Event{UID: "plain", Start: e.Start, End: e.End}
	private := e
	private.Private, private.Summary, private.Description, private.Geo = true, "Termin Landkreis Musterberg", "", nil
	gone := e
	gone.UID, gone.Cancelled, gone.Start, gone.End = "gone", true, e.Start.AddDate(0, 0, 1), e.End.AddDate(0, 0, 1)
	waiting := e
	waiting.UID, waiting.Tentative, waiting.Start, waiting.End = "waiting", true, e.Start.AddDate(0, 6, 0), e.End.AddDate(0, 6, 0)
	far := e
	far.UID, far.Zone = "far", zone(t, "Australia/Sydney")
	berlin := FeedInfo{Name: "Bürgerbüro, Schalter 1–4", Zone: e.Zone}
	hostile := e
	for _, s := range []*string{&hostile.Summary, &hostile.Description, &hostile.Location, &hostile.Organizer.Name, &hostile.Attendee.Name} {
		*s = hostileText
	}
	return map[string][]byte{
		"request":    must(Letter(Request, e, sent)),
		"private":    must(Letter(Request, private, sent)),
		"cancel":     must(Letter(Cancel, e, sent)),
		"publish":    must(Letter(Publish, e, sent)),
		"hostile":    must(Letter(Request, hostile, sent)),
		"download":   must(Download(e, sent)),
		"feed":       Feed(berlin, []Event{waiting, gone, plain, private, far}),
		"feed-empty": Feed(berlin, nil),
		"feed-utc":   Feed(FeedInfo{Name: "UTC", Refresh: 15 * time.Minute}, []Event{plain}),
	}
}

// hostileText has no backslash before an n: python3-icalendar unescapes twice.
const hostileText = "X\r\nBEGIN:VALARM\r\nATTACH:file:///etc/passwd\nEND:VALARM\u2028END:VEVENT\x00\x1b[31m;A=\"b\";C=D:E,F\\G\u0085DTSTART:19990101T000000Z 👩‍👩‍👧 שלום"

func TestGolden(t *testing.T) {
	for name, got := range samples(t) {
		file := filepath.Join("testdata", name+".ics")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", file, got, want)
		}
	}
}

// shape checks what holds for every document: CRLF, short lines, printable.
func shape(data []byte) string {
	if !bytes.HasSuffix(data, []byte("\r\n")) {
		return "last line has no end"
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\r\n"), "\r\n") {
		switch {
		case len(line) > 75:
			return "line of more than 75 octets: " + line
		case strings.TrimSpace(line) == "" && line == "":
			return "empty line"
		case strings.ToValidUTF8(line, "") != line:
			return "rune cut: " + line
		case printable("."+line+".") != "."+line+".":
			return "not printable: " + line
		case strings.HasSuffix(strings.ReplaceAll(line, `\\`, ""), `\`):
			return "escape cut: " + line
		}
	}
	return ""
}

func TestShape(t *testing.T) {
	for name, data := range samples(t) {
		if fault := shape(data); fault != "" {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// tree lists a document's components by path.
func tree(t interface{ Fatal(...any) }, data []byte) map[string][]*goical.Component {
	root, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]*goical.Component{}
	var walk func(prefix string, c *goical.Component)
	walk = func(prefix string, c *goical.Component) {
		path := prefix + c.Name
		out[path] = append(out[path], c)
		for _, child := range c.Children {
			walk(path+"/", child)
		}
	}
	walk("", root)
	return out
}

func TestMethods(t *testing.T) {
	const entry, alarm = "VCALENDAR/VEVENT", "VCALENDAR/VEVENT/VALARM"
	s := samples(t)
	for _, tt := range []struct {
		name, method      string
		organizer, invite bool
		alarms            int
		status            string
	}{
		{"request", "REQUEST", true, true, 1, "CONFIRMED"},
		{"cancel", "CANCEL", true, true, 0, "CANCELLED"},
		{"publish", "PUBLISH", true, false, 1, "CONFIRMED"},
		{"download", "PUBLISH", false, false, 1, "CONFIRMED"},
	} {
		parts := tree(t, s[tt.name])
		if got := text(parts["VCALENDAR"][0], "METHOD"); got != tt.method {
			t.Errorf("%s: got method %q, want %q", tt.name, got, tt.method)
		}
		if got := len(parts[alarm]); got != tt.alarms {
			t.Errorf("%s: got %d alarms, want %d", tt.name, got, tt.alarms)
		}
		e := parts[entry][0]
		if got := e.Props.Get("ORGANIZER") != nil; got != tt.organizer {
			t.Errorf("%s: got organizer %v, want %v", tt.name, got, tt.organizer)
		}
		if got := text(e, "STATUS"); got != tt.status {
			t.Errorf("%s: got status %q, want %q", tt.name, got, tt.status)
		}
		if got := text(e, "DTSTAMP"); got != "20260701T070000Z" {
			t.Errorf("%s: got stamp %q, want the time of sending", tt.name, got)
		}
		guests := e.Props.Values("ATTENDEE")
		if tt.invite != (len(guests) == 1) {
			t.Fatalf("%s: got %d attendees", tt.name, len(guests))
		}
		if tt.invite && (guests[0].Params.Get("PARTSTAT") != "ACCEPTED" || guests[0].Params.Get("RSVP") != "FALSE") {
			t.Errorf("%s: got attendee %v", tt.name, guests[0])
		}
	}
}

func TestAlarmOnlyOnRequest(t *testing.T) {
	e := visit(t)
	e.Alarm = false
	if got := must(t)(Letter(Request, e, sent)); bytes.Contains(got, []byte("VALARM")) {
		t.Errorf("got an alarm nobody wants:\n%s", got)
	}
}

func TestLetterRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		method Method
		change func(*Event)
		want   error
	}{
		"unknown method":          {"REPLY", func(*Event) {}, ErrMethod},
		"request of cancelled":    {Request, func(e *Event) { e.Cancelled = true }, ErrMethod},
		"no UID":                  {Request, func(e *Event) { e.UID = " \r\n" }, ErrIncomplete},
		"no times":                {Publish, func(e *Event) { e.Start, e.End = time.Time{}, time.Time{} }, ErrIncomplete},
		"ends as it begins":       {Publish, func(e *Event) { e.End = e.Start }, ErrIncomplete},
		"year of five digits":     {Publish, func(e *Event) { e.End = e.End.AddDate(9000, 0, 0) }, ErrIncomplete},
		"negative sequence":       {Cancel, func(e *Event) { e.Sequence = -1 }, ErrIncomplete},
		"nobody invited":          {Request, func(e *Event) { e.Attendee.Mail = "" }, ErrIncomplete},
		"nobody inviting":         {Cancel, func(e *Event) { e.Organizer.Mail = "" }, ErrIncomplete},
		"address with line break": {Request, func(e *Event) { e.Attendee.Mail = "a@b.example\r\nATTACH:x" }, ErrAddress},
		"address with separator":  {Request, func(e *Event) { e.Attendee.Mail = "a@b.example\u2028" }, ErrAddress},
		"two addresses":           {Request, func(e *Event) { e.Attendee.Mail = "a@b.example,c@d.example" }, ErrAddress},
		"address with name":       {Request, func(e *Event) { e.Organizer.Mail = "A <a@b.example>" }, ErrAddress},
		"no address":              {Publish, func(e *Event) { e.Organizer.Mail = "nobody" }, ErrAddress},
	} {
		e := visit(t)
		tt.change(&e)
		if _, err := Letter(tt.method, e, sent); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func TestOddAddressRoundTrip(t *testing.T) {
	for _, mail := range []string{"o'neill+termin@post.example", "100%?#@post.example", "jörg@müller.example", "a/b=c&d@post.example"} {
		e := visit(t)
		e.Attendee.Mail = mail
		cal, err := Parse(must(t)(Letter(Request, e, sent)))
		if err != nil {
			t.Fatal(err)
		}
		if got := cal.Events[0].Attendee.Mail; got != mail {
			t.Errorf("got %q, want %q", got, mail)
		}
	}
}

func TestLocationIsOneLine(t *testing.T) {
	cal, err := Parse(samples(t)["request"])
	if err != nil {
		t.Fatal(err)
	}
	want := "Rathaus Musterstadt, Am Münster 1, 37154 Musterstadt"
	if got := cal.Events[0].Location; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFeedHoldsNoPeople(t *testing.T) {
	for _, name := range []string{"feed", "feed-empty", "feed-utc"} {
		data := samples(t)[name]
		for _, word := range []string{"ORGANIZER", "ATTENDEE", "VALARM", "mailto", "Local"} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s: contains %s", name, word)
			}
		}
	}
}

func TestFeedRead(t *testing.T) {
	cal, err := Parse(samples(t)["feed"])
	if err != nil {
		t.Fatal(err)
	}
	if cal.Method != Publish || cal.Product != ProductID || cal.Name != "Bürgerbüro, Schalter 1–4" ||
		cal.TimeZone != "Europe/Berlin" || cal.Refresh != time.Hour {
		t.Errorf("got %+v", cal)
	}
	if want := []string{"Australia/Sydney", "Europe/Berlin"}; !slices.Equal(cal.Zones, want) {
		t.Errorf("got zones %v, want %v", cal.Zones, want)
	}
	for _, e := range cal.Events {
		if e.Cancelled != (e.UID == "gone") || e.Transparent != e.Cancelled || e.Tentative != (e.UID == "waiting") {
			t.Errorf("got %+v", e)
		}
		if e.UID != "plain" && !e.Changed.Equal(visit(t).Changed) {
			t.Errorf("%s: got stamp %v, want the last change", e.UID, e.Changed)
		}
	}
}

func TestFeedLeavesOutTheImpossible(t *testing.T) {
	e := visit(t)
	f := FeedInfo{Name: "x", Zone: e.Zone}
	if got, want := Feed(f, []Event{{}, {UID: "a", Start: e.End, End: e.Start}}), Feed(f, nil); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant the empty feed", got)
	}
}

func TestETag(t *testing.T) {
	a, b := ETag([]byte("a")), ETag([]byte("b"))
	if a == b || a != ETag([]byte("a")) || len(a) != 26 || a[0] != '"' || a[25] != '"' {
		t.Errorf("got %s and %s", a, b)
	}
}

// A wall time that comes twice was written without telling which, and so the
// second 02:30 of the last Sunday in October became the first.
func TestRepeatedHour(t *testing.T) {
	e := visit(t)
	first := time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC) // 02:30 summer time
	for _, back := range []time.Duration{0, 30 * time.Minute, time.Hour, 90 * time.Minute} {
		e.Start = first.Add(back)
		e.End = e.Start.Add(10 * time.Minute)
		cal, err := Parse(must(t)(Letter(Request, e, sent)))
		if err != nil {
			t.Fatal(err)
		}
		if got := cal.Events[0]; !got.Start.Equal(e.Start) || !got.End.Equal(e.End) {
			t.Errorf("got %v to %v, want %v to %v", got.Start, got.End, e.Start, e.End)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\rc\nd\u2028e\u2029f\u0085g": "a\nb\nc\nd\ne\nf\ng",
		"\x00a\x07\x1b[0m\x7f\u009f\tb":     "a[0m b",
		" \n a \n ":                         "a",
		"ä\xffö":                            "ä\uFFFDö",
		"👩‍👩‍👧 e\u0301 שלום \u202eabc": "👩‍👩‍👧 e\u0301 שלום \u202eabc",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestGeoOutOfRange(t *testing.T) {
	e := visit(t)
	e.Geo = &Geo{Lat: 91}
	if got := must(t)(Letter(Publish, e, sent)); bytes.Contains(got, []byte("GEO")) {
		t.Errorf("got a position beyond the pole:\n%s", got)
	}
}
