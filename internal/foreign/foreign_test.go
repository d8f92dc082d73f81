package foreign

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// window is a year of Berlin from the beginning of October 2026 on: both clock changes
// lie in it.
func window(t testing.TB) Window {
	return Window{From: time.Date(2026, 10, 1, 0, 0, 0, 0, berlin(t)), To: time.Date(2027, 10, 1, 0, 0, 0, 0, berlin(t)), Zone: berlin(t)}
}

// calendar puts lines between BEGIN and END, as other programs send them.
func calendar(lines ...string) []byte {
	all := slices.Concat([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//DE"}, lines, []string{"END:VCALENDAR", ""})
	return []byte(strings.Join(all, "\r\n"))
}

// entry is a VEVENT of these lines.
func entry(lines ...string) []string {
	return slices.Concat([]string{"BEGIN:VEVENT", "UID:one@elsewhere", "DTSTAMP:20260901T000000Z", "SUMMARY:Geheim"}, lines, []string{"END:VEVENT"})
}

// busy writes times down as Berlin sees them: "2026-10-05 09:00+02:00-10:00+02:00".
func busy(t testing.TB, c Calendar) (list []string) {
	t.Helper()
	for _, e := range c.Entries {
		for _, x := range e.Times {
			from, to := x.From.In(berlin(t)), x.To.In(berlin(t))
			if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
				list = append(list, from.Format("2006-01-02 15:04")+"-"+to.Format("15:04"))
			} else {
				list = append(list, from.Format("2006-01-02 15:04")+" - "+to.Format("2006-01-02 15:04"))
			}
		}
	}
	return list
}

func read(t testing.TB, w Window, data []byte) Calendar {
	t.Helper()
	c, err := Read(data, w)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What single entries mean.
func TestEntries(t *testing.T) {
	for _, test := range []struct {
		what    string
		lines   string
		want    []string
		strange int
	}{
		{"UTC", "DTSTART:20261005T070000Z DTEND:20261005T080000Z", []string{"2026-10-05 09:00-10:00"}, 0},
		{"a zone of the zone database", "DTSTART;TZID=Europe/Berlin:20261005T090000 DTEND;TZID=Europe/Berlin:20261005T100000", []string{"2026-10-05 09:00-10:00"}, 0},
		{"another zone", "DTSTART;TZID=America/New_York:20261005T090000 DTEND;TZID=America/New_York:20261005T100000", []string{"2026-10-05 15:00-16:00"}, 0},
		{"a Windows zone", "DTSTART;TZID=W. Europe Standard Time:20261005T090000 DTEND;TZID=W. Europe Standard Time:20261005T100000", []string{"2026-10-05 09:00-10:00"}, 0},
		{"a Windows zone in quotes", `DTSTART;TZID="Romance Standard Time":20261005T090000 DURATION:PT1H`, []string{"2026-10-05 09:00-10:00"}, 0},
		{"an old Evolution zone", "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261005T090000 DURATION:PT1H", []string{"2026-10-05 09:00-10:00"}, 0},
		{"a zone that nobody knows", "DTSTART;TZID=Mittelerde:20261005T090000 DURATION:PT1H", nil, 1},
		{"this computer's zone", "DTSTART;TZID=Local:20261005T090000 DURATION:PT1H", nil, 1},
		{"a zone's file outside", "DTSTART;TZID=../../etc/passwd:20261005T090000 DURATION:PT1H", nil, 1},
		{"start and end in two zones", "DTSTART;TZID=Europe/Berlin:20261005T090000 DTEND;TZID=Europe/London:20261005T090000", []string{"2026-10-05 09:00-10:00"}, 0},
		{"a duration", "DTSTART:20261005T070000Z DURATION:PT1H30M", []string{"2026-10-05 09:00-10:30"}, 0},
		{"no length", "DTSTART:20261005T070000Z", nil, 0},
		{"an end that is the start", "DTSTART:20261005T070000Z DTEND:20261005T070000Z", nil, 0},
		{"an end before the start", "DTSTART:20261005T070000Z DTEND:20261005T060000Z", nil, 1},
		{"a negative duration", "DTSTART:20261005T070000Z DURATION:-PT1H", nil, 1},
		{"over midnight", "DTSTART;TZID=Europe/Berlin:20261005T220000 DTEND;TZID=Europe/Berlin:20261006T060000", []string{"2026-10-05 22:00 - 2026-10-06 06:00"}, 0},
		{"a whole day", "DTSTART;VALUE=DATE:20261005", []string{"2026-10-05 00:00 - 2026-10-06 00:00"}, 0},
		{"two whole days", "DTSTART;VALUE=DATE:20261005 DTEND;VALUE=DATE:20261007", []string{"2026-10-05 00:00 - 2026-10-07 00:00"}, 0},
		{"a whole day that ends as it begins", "DTSTART;VALUE=DATE:20261005 DTEND;VALUE=DATE:20261005", []string{"2026-10-05 00:00 - 2026-10-06 00:00"}, 0},
		{"a whole day that ends before", "DTSTART;VALUE=DATE:20261005 DTEND;VALUE=DATE:20261004", nil, 1},
		{"a date that ends at a time", "DTSTART;VALUE=DATE:20261005 DTEND:20261005T080000Z", nil, 1},
		{"the day of 25 hours", "DTSTART;VALUE=DATE:20261025", []string{"2026-10-25 00:00 - 2026-10-26 00:00"}, 0},
		{"free by Outlook", "DTSTART:20261005T070000Z DURATION:PT1H X-MICROSOFT-CDO-BUSYSTATUS:FREE", nil, 0},
		{"out of office", "DTSTART:20261005T070000Z DURATION:PT1H X-MICROSOFT-CDO-BUSYSTATUS:OOF", []string{"2026-10-05 09:00-10:00"}, 0},
		{"tentative by Outlook", "DTSTART:20261005T070000Z DURATION:PT1H X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", []string{"2026-10-05 09:00-10:00"}, 0},
		{"working elsewhere", "DTSTART:20261005T070000Z DURATION:PT1H X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE TRANSP:TRANSPARENT", []string{"2026-10-05 09:00-10:00"}, 0},
		{"transparent", "DTSTART:20261005T070000Z DURATION:PT1H TRANSP:TRANSPARENT", nil, 0},
		{"cancelled", "DTSTART:20261005T070000Z DURATION:PT1H STATUS:CANCELLED", nil, 0},
		{"private", "DTSTART:20261005T070000Z DURATION:PT1H CLASS:PRIVATE", []string{"2026-10-05 09:00-10:00"}, 0},
		{"declined by the only one asked", "DTSTART:20261005T070000Z DURATION:PT1H ATTENDEE;PARTSTAT=DECLINED:mailto:uwe@amt.example", nil, 0},
		{"declined by one of two", "DTSTART:20261005T070000Z DURATION:PT1H ATTENDEE;PARTSTAT=DECLINED:mailto:uwe@amt.example ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@amt.example", []string{"2026-10-05 09:00-10:00"}, 0},
		{"a start that is none", "DTSTART:gestern DURATION:PT1H", nil, 1},
		{"no start", "DURATION:PT1H", nil, 1},
		{"in the hour that is skipped", "DTSTART;TZID=Europe/Berlin:20270328T023000 DURATION:PT1H", []string{"2027-03-28 03:30-04:30"}, 0},
		{"in the hour that is skipped, with an end", "DTSTART;TZID=Europe/Berlin:20270328T023000 DTEND;TZID=Europe/Berlin:20270328T033000", []string{"2027-03-28 03:30-04:30"}, 0},
		{"in the hour that comes twice", "DTSTART;TZID=Europe/Berlin:20261025T023000 DURATION:PT30M", []string{"2026-10-25 02:30-02:00"}, 0},
		{"before the window", "DTSTART:20260905T070000Z DURATION:PT1H", nil, 0},
		{"into the window", "DTSTART:20260930T210000Z DURATION:PT3H", []string{"2026-09-30 23:00 - 2026-10-01 02:00"}, 0},
	} {
		t.Run(test.what, func(t *testing.T) {
			lines := strings.Split(strings.NewReplacer(" DTEND", "\nDTEND", " DURATION", "\nDURATION", " X-M", "\nX-M", " TRANSP", "\nTRANSP", " STATUS", "\nSTATUS", " CLASS", "\nCLASS", " ATT", "\nATT").Replace(test.lines), "\n")
			c := read(t, window(t), calendar(entry(lines...)...))
			if got := busy(t, c); !slices.Equal(got, test.want) || c.Strange != test.strange || c.Floating != 0 {
				t.Errorf("got %v with %d strange and %d floating; want %v with %d", got, c.Strange, c.Floating, test.want, test.strange)
			}
		})
	}
}

// The hour of the clock change counts once: 25 hours are 25 hours.
func TestWholeDaysAreAsLongAsTheyAre(t *testing.T) {
	c := read(t, window(t), calendar(entry("DTSTART;VALUE=DATE:20261025")...))
	if got := c.Entries[0].Times[0].length(); got != 25*time.Hour {
		t.Errorf("the day lasts %v", got)
	}
	c = read(t, window(t), calendar(entry("DTSTART;VALUE=DATE:20270328")...))
	if got := c.Entries[0].Times[0].length(); got != 23*time.Hour {
		t.Errorf("the day lasts %v", got)
	}
}

// A time that names no zone is the calendar's own, else the office's, and is said to be
// so (abuse E10).
func TestFloatingTimesE10(t *testing.T) {
	floating := entry("DTSTART:20261005T090000", "DTEND:20261005T100000")
	c := read(t, window(t), calendar(floating...))
	if got := busy(t, c); c.Floating != 1 || !slices.Equal(got, []string{"2026-10-05 09:00-10:00"}) {
		t.Errorf("got %v, floating %d", got, c.Floating)
	}
	c = read(t, window(t), calendar(slices.Concat([]string{"X-WR-TIMEZONE:America/New_York"}, floating)...))
	if got := busy(t, c); c.Floating != 1 || !slices.Equal(got, []string{"2026-10-05 15:00-16:00"}) {
		t.Errorf("got %v, floating %d", got, c.Floating)
	}
}

func TestWhatIsIgnoredTakesNoTime(t *testing.T) {
	w := window(t)
	w.Ignore = []string{Tentative, Elsewhere}
	for _, line := range []string{"STATUS:TENTATIVE", "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"} {
		c := read(t, w, calendar(entry("DTSTART:20261005T070000Z", "DURATION:PT1H", line)...))
		if len(c.Entries) != 0 {
			t.Errorf("%s: got %v", line, busy(t, c))
		}
	}
}

func TestFreeBusy(t *testing.T) {
	c := read(t, window(t), calendar("BEGIN:VFREEBUSY", "UID:fb", "DTSTART:20261001T000000Z", "DTEND:20261101T000000Z",
		"FREEBUSY;FBTYPE=BUSY:20261005T070000Z/20261005T080000Z,20261006T070000Z/PT30M", "FREEBUSY;FBTYPE=FREE:20261007T070000Z/20261007T080000Z",
		"FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261008T070000Z/20261008T080000Z", "FREEBUSY:20261009T080000Z/20261009T070000Z", "END:VFREEBUSY"))
	want := []string{"2026-10-05 09:00-10:00", "2026-10-06 09:00-09:30", "2026-10-08 09:00-10:00"}
	if got := busy(t, c); !slices.Equal(got, want) || c.Strange != 1 {
		t.Errorf("got %v with %d strange, want %v with 1", got, c.Strange, want)
	}
}

// Zones that a calendar describes itself are followed as it describes them.
func TestZonesOfItsOwn(t *testing.T) {
	zone := []string{"BEGIN:VTIMEZONE", "TZID:Customized Time Zone", "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
		"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
		"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE"}
	events := slices.Concat(zone, entry("DTSTART;TZID=Customized Time Zone:20261005T090000", "DTEND;TZID=Customized Time Zone:20261005T100000", "RRULE:FREQ=MONTHLY;COUNT=7"))
	want := []string{"2026-10-05 09:00-10:00", "2026-11-05 09:00-10:00", "2026-12-05 09:00-10:00", "2027-01-05 09:00-10:00", "2027-02-05 09:00-10:00", "2027-03-05 09:00-10:00", "2027-04-05 09:00-10:00"}
	if got := busy(t, read(t, window(t), calendar(events...))); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	fixed := []string{"BEGIN:VTIMEZONE", "TZID:Zulu plus drei", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0300", "TZOFFSETTO:+0300", "END:STANDARD", "END:VTIMEZONE"}
	c := read(t, window(t), calendar(slices.Concat(fixed, entry("DTSTART;TZID=Zulu plus drei:20261005T090000", "DURATION:PT1H"))...))
	if got := busy(t, c); !slices.Equal(got, []string{"2026-10-05 08:00-09:00"}) {
		t.Errorf("got %v", got)
	}
}

func TestRecurrence(t *testing.T) {
	start := []string{"DTSTART;TZID=Europe/Berlin:20261012T090000", "DTEND;TZID=Europe/Berlin:20261012T100000"}
	override := []string{"END:VEVENT", "BEGIN:VEVENT", "UID:one@elsewhere"}
	for _, test := range []struct {
		what  string
		lines []string
		want  []string
	}{
		{"weekly over the clock change", []string{"RRULE:FREQ=WEEKLY;COUNT=4"}, []string{"2026-10-12 09:00-10:00", "2026-10-19 09:00-10:00", "2026-10-26 09:00-10:00", "2026-11-02 09:00-10:00"}},
		{"until, in UTC", []string{"RRULE:FREQ=WEEKLY;UNTIL=20261026T080000Z"}, []string{"2026-10-12 09:00-10:00", "2026-10-19 09:00-10:00", "2026-10-26 09:00-10:00"}},
		{"until a moment too early", []string{"RRULE:FREQ=WEEKLY;UNTIL=20261026T075959Z"}, []string{"2026-10-12 09:00-10:00", "2026-10-19 09:00-10:00"}},
		{"until a date", []string{"RRULE:FREQ=WEEKLY;UNTIL=20261019"}, []string{"2026-10-12 09:00-10:00", "2026-10-19 09:00-10:00"}},
		{"without one", []string{"RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20261019T090000"}, []string{"2026-10-12 09:00-10:00", "2026-10-26 09:00-10:00"}},
		{"without one, named in UTC", []string{"RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20261019T070000Z"}, []string{"2026-10-12 09:00-10:00", "2026-10-26 09:00-10:00"}},
		{"without one, named by its day", []string{"RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;VALUE=DATE:20261019"}, []string{"2026-10-12 09:00-10:00", "2026-10-26 09:00-10:00"}},
		{"and one more", []string{"RDATE;TZID=Europe/Berlin:20261014T110000"}, []string{"2026-10-12 09:00-10:00", "2026-10-14 11:00-12:00"}},
		{"and a period more", []string{"RDATE;VALUE=PERIOD:20261014T090000Z/PT2H"}, []string{"2026-10-12 09:00-10:00", "2026-10-14 11:00-13:00"}},
		{"one moved", slices.Concat([]string{"RRULE:FREQ=WEEKLY;COUNT=2"}, override, []string{"RECURRENCE-ID;TZID=Europe/Berlin:20261019T090000", "DTSTART;TZID=Europe/Berlin:20261020T140000", "DURATION:PT1H"}),
			[]string{"2026-10-12 09:00-10:00", "2026-10-20 14:00-15:00"}},
		{"one cancelled", slices.Concat([]string{"RRULE:FREQ=WEEKLY;COUNT=2"}, override, []string{"RECURRENCE-ID:20261019T070000Z", "DTSTART;TZID=Europe/Berlin:20261019T090000", "DURATION:PT1H", "STATUS:CANCELLED"}),
			[]string{"2026-10-12 09:00-10:00"}},
		{"one free", slices.Concat([]string{"RRULE:FREQ=WEEKLY;COUNT=2"}, override, []string{"RECURRENCE-ID;VALUE=DATE:20261019", "DTSTART;TZID=Europe/Berlin:20261019T090000", "DURATION:PT1H", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"}),
			[]string{"2026-10-12 09:00-10:00"}},
		{"a newer version of one moved", slices.Concat([]string{"RRULE:FREQ=WEEKLY;COUNT=2"}, override, []string{"SEQUENCE:2", "RECURRENCE-ID:20261019T070000Z", "DTSTART:20261020T140000Z", "DURATION:PT1H"},
			override, []string{"SEQUENCE:1", "RECURRENCE-ID:20261019T070000Z", "DTSTART:20261021T140000Z", "DURATION:PT1H"}), []string{"2026-10-12 09:00-10:00", "2026-10-20 16:00-17:00"}},
		{"the last Friday", []string{"RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2"}, []string{"2026-10-12 09:00-10:00", "2026-10-30 09:00-10:00", "2026-11-27 09:00-10:00"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			c := read(t, window(t), calendar(entry(slices.Concat(start, test.lines)...)...))
			if got := busy(t, c); !slices.Equal(got, test.want) || c.Strange > 0 {
				t.Errorf("got %v with %d strange, want %v", got, c.Strange, test.want)
			}
		})
	}
}

// A shift at night takes as long by the clock on the wall in each of its nights.
func TestNightShiftsOverTheClockChange(t *testing.T) {
	c := read(t, window(t), calendar(entry("DTSTART;TZID=Europe/Berlin:20261024T220000", "DTEND;TZID=Europe/Berlin:20261025T060000", "RRULE:FREQ=DAILY;COUNT=2")...))
	want := []string{"2026-10-24 22:00 - 2026-10-25 06:00", "2026-10-25 22:00 - 2026-10-26 06:00"}
	if got := busy(t, c); !slices.Equal(got, want) || c.Entries[0].Times[0].length() != 9*time.Hour {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What costs without end is refused before it costs anything; the rest of the calendar
// holds.
func TestBombs(t *testing.T) {
	good := entry("DTSTART:20261005T070000Z", "DURATION:PT1H")
	began := time.Now()
	for _, rule := range []string{
		"FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=1", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=99999999999999999999", "FREQ=DAILY;COUNT=-1",
		"FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12;BYMINUTE=0,1,2,3,4,5,6,7,8,9", "FREQ=YEARLY;BYSETPOS=" + strings.Repeat("1,", 40) + "1",
		"FREQ=YEARLY;BYYEARDAY=" + strings.Repeat("1,", 500) + "1", "FREQ=", "", "FREQ=DAILY;BYDAY=XX", strings.Repeat("X", 3000), "FREQ=DAILY;UNTIL=never",
	} {
		bad := slices.Concat([]string{"BEGIN:VEVENT", "UID:bad", "DTSTART:19000101T070000Z", "DURATION:PT1H", "RRULE:" + rule, "END:VEVENT"})
		c := read(t, window(t), calendar(slices.Concat(bad, good)...))
		if got := busy(t, c); !slices.Equal(got, []string{"2026-10-05 09:00-10:00"}) || c.Strange != 1 {
			t.Errorf("%.40s: got %v with %d strange", rule, got, c.Strange)
		}
	}
	never := calendar(slices.Concat([]string{"BEGIN:VEVENT", "UID:bad", "DTSTART:19000101T070000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "END:VEVENT"}, good)...)
	if got := busy(t, read(t, window(t), never)); !slices.Equal(got, []string{"2026-10-05 09:00-10:00"}) {
		t.Errorf("a rule that never comes true: %v", got)
	}
	t.Logf("all of them in %v", time.Since(began))
	nested := calendar(slices.Concat(slices.Repeat([]string{"BEGIN:VEVENT"}, 20), slices.Repeat([]string{"END:VEVENT"}, 20))...)
	if _, err := Read(nested, window(t)); !errors.Is(err, ErrTooMuch) {
		t.Errorf("nesting: %v", err)
	}
	var many []string
	for range maxEntries + 1 {
		many = append(many, "BEGIN:VEVENT", "DTSTART:20261005T070000Z", "END:VEVENT")
	}
	if _, err := Read(calendar(many...), window(t)); !errors.Is(err, ErrTooMuch) {
		t.Errorf("entries: %v", err)
	}
}

func TestWhatIsNoCalendar(t *testing.T) {
	for _, text := range []string{"", "<html>Bitte melden Sie sich an</html>", "BEGIN:VCARD\r\nEND:VCARD\r\n", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261005T070000Z\r\n"} {
		if _, err := Read([]byte(text), window(t)); !errors.Is(err, ErrNoCalendar) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if c, err := Read(calendar(), window(t)); err != nil || len(c.Entries) != 0 {
		t.Errorf("an empty calendar: %v, %v", c, err)
	}
}

// Every Windows name leads to a zone that there is.
func TestWindowsZonesExist(t *testing.T) {
	n := 0
	for line := range strings.SplitSeq(strings.TrimSpace(windowsZones), "\n") {
		name, iana, _ := strings.Cut(line, "=")
		if got, ok := windowsZone(name); !ok || got != iana || location(iana) == nil {
			t.Errorf("%s: %q", name, got)
		}
		n++
	}
	if n < 130 {
		t.Errorf("only %d names", n)
	}
}

// files of testdata are written as Exchange, Nextcloud and Google publish them; beside
// each stands what its calendar takes.
func TestPublishedCalendars(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ics")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(strings.TrimSuffix(file, ".ics") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			got := busy(t, read(t, window(t), data))
			slices.Sort(got)
			if want := strings.Split(strings.TrimSpace(string(text)), "\n"); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}
