package foreign

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// numbers from one to another, with commas between them.
func numbers(from, to int) string {
	var list []string
	for n := from; n <= to; n++ {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

// halfHours is the rule that comes most often of those that are followed.
var halfHours = "RRULE:FREQ=DAILY;BYHOUR=" + numbers(0, 23) + ";BYMINUTE=0,30"

// bomb is a calendar that costs far more than it weighs, and what is to become of it.
type bomb struct {
	what    string
	lines   []string
	err     error
	strange int // then the good entry beside it is read
}

// bombs are all below what is fetched of a calendar, five megabytes.
func bombs() []bomb {
	long := func(rules ...string) []string {
		return slices.Concat([]string{"BEGIN:VEVENT", "UID:bad", "DTSTART:20260901T070000Z", "DURATION:PT5M"}, rules, []string{"END:VEVENT"})
	}
	part := []string{"BEGIN:STANDARD", "DTSTART:16010101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "END:STANDARD"}
	zone := slices.Concat([]string{"BEGIN:VTIMEZONE", "TZID:Z"}, slices.Repeat(part, 30_000), []string{"END:VTIMEZONE"})
	return []bomb{
		{"one entry in 15,000 versions, each every half hour", slices.Repeat(long(halfHours), 15_000), ErrTooMuch, 0},
		{"very many rules", long(slices.Repeat([]string{halfHours}, 50_000)...), nil, 1},
		{"ten years long, every half hour", []string{"BEGIN:VEVENT", "UID:bad", "DTSTART:20160901T070000Z", "DURATION:P3650D", halfHours, "END:VEVENT"}, nil, 1},
		{"a rule that takes back what another gives", long(halfHours, strings.Replace(halfHours, "RRULE", "EXRULE", 1)), nil, 0},
		{"a zone of 30,000 parts that never come", slices.Concat(zone, []string{"BEGIN:VEVENT", "DTSTART;TZID=Z:20261005T090000", "END:VEVENT"}), nil, 1},
		{"100,000 times left out", long(slices.Concat([]string{"RRULE:FREQ=DAILY;COUNT=2"}, slices.Repeat([]string{"EXDATE:" + strings.Repeat("20200101T070000Z,", 1_000) + "20260902T070000Z"}, 100))...), nil, 0},
		{"200,000 times left out", long(slices.Repeat([]string{"EXDATE:" + strings.Repeat("20200101T070000Z,", 1_000) + "20200101T070000Z"}, 200)...), ErrTooMuch, 0},
		{"200,000 times added", long(slices.Repeat([]string{"RDATE:" + strings.Repeat("20200101T070000Z,", 1_000) + "20200101T070000Z"}, 200)...), ErrTooMuch, 0},
		{"60,000 times added in the window", long(slices.Repeat([]string{"RDATE:" + strings.Repeat("20261101T070000Z,", 1_000) + "20261101T070000Z"}, 60)...), ErrTooMuch, 0},
		{"the 53rd Sunday of each month", long("RRULE:FREQ=MONTHLY;BYDAY=-53SU"), nil, 1},
		{"days after Easter", long("RRULE:FREQ=YEARLY;BYEASTER=400"), nil, 1},
		{"the 400th half hour of each day", long(halfHours + ";BYSETPOS=366"), nil, 1},
		{"longer than can be reckoned with", []string{"BEGIN:VEVENT", "UID:bad", "DTSTART:20261005T070000Z", "DURATION:PT99999999H", "END:VEVENT"}, nil, 1},
		{"longer by very many parts", []string{"BEGIN:VEVENT", "UID:bad", "DTSTART:20261005T070000Z", "DURATION:P" + strings.Repeat("99999999W", 6_000), "END:VEVENT"}, nil, 1},
		{"very many parameters", long("EXDATE" + strings.Repeat(";A=B", 10_000) + ":20260901T070000Z"), nil, 0},
		{"400,000 lines with a parameter", slices.Repeat([]string{"UID;A=B:"}, 390_000), nil, 0},
		{"nested 100,000 deep", slices.Repeat([]string{"BEGIN:VEVENT"}, 100_000), ErrTooMuch, 0},
		{"very many lines", slices.Repeat([]string{"A:"}, 500_000), ErrTooMuch, 0},
	}
}

// Abuse H5: what costs without end ends, with little memory; where it is an entry among
// others, those hold.
func TestBombsH5(t *testing.T) {
	good := entry("DTSTART:20261005T070000Z", "DURATION:PT1H")
	for _, b := range bombs() {
		t.Run(b.what, func(t *testing.T) {
			data := calendar(slices.Concat(b.lines, good)...)
			if len(data) > 5<<20 {
				t.Fatalf("%d bytes would not have been fetched", len(data))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			c, err := Read(data, window(t))
			runtime.ReadMemStats(&after)
			if !errors.Is(err, b.err) {
				t.Fatalf("got %v, want %v", err, b.err)
			}
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 400 {
				t.Errorf("took %d MB of memory", mb)
			} else {
				t.Logf("%d KB cost %d MB", len(data)>>10, mb)
			}
			if err == nil && (c.Strange != b.strange || !slices.Contains(busy(t, c), "2026-10-05 09:00-10:00")) {
				t.Errorf("got %d strange and %.200s; want %d and the good one", c.Strange, fmt.Sprint(busy(t, c)), b.strange)
			}
		})
	}
}
