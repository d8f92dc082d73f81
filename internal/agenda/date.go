package agenda

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a calendar day of the proleptic Gregorian calendar without a zone,
// counted in days since 1970-01-01. The zero Date means "none": no office books
// into 1970.
type Date int

// DateOf is the local date of an instant in the zone it carries.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return MakeDate(y, m, d)
}

// MakeDate normalises like time.Date: month 13 is January of the next year.
func MakeDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDate reads 2026-07-01.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || len(s) != len(time.DateOnly) {
		return 0, fmt.Errorf("%q is not a date: expected a day such as 2026-07-01", s)
	}
	return DateOf(t), nil
}

func (d Date) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Civil is the year, month and day.
func (d Date) Civil() (year int, month time.Month, day int) { return d.utc().Date() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Monday is the first day of the ISO 8601 week that d lies in.
func (d Date) Monday() Date { return d - Date((int(d.Weekday())+6)%7) }

// IsZero reports "no date".
func (d Date) IsZero() bool { return d == 0 }

func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes 2026-07-01, and nothing for the zero Date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// Noon is a time on the day that is the same day wherever it is shown.
func (d Date) Noon() time.Time {
	y, m, day := d.Civil()
	return time.Date(y, m, day, 12, 0, 0, 0, time.UTC)
}

// Minute is a wall-clock time of day in minutes after midnight, 0 to 1440
// (24:00, the end of the day).
type Minute int

// ParseMinute reads 08:30.
func ParseMinute(s string) (Minute, error) {
	bad := fmt.Errorf("%q is not a time of day: expected 00:00 to 24:00", s)
	// Digits alone: strconv would take a sign as well, and 8:030 for 08:30.
	if len(s) != 5 || s[2] != ':' || strings.Trim(s[:2]+s[3:], "0123456789") != "" {
		return 0, bad
	}
	hours, err1 := strconv.Atoi(s[:2])
	minutes, err2 := strconv.Atoi(s[3:])
	m := Minute(hours*60 + minutes)
	if err1 != nil || err2 != nil || minutes > 59 || m > 1440 {
		return 0, bad
	}
	return m, nil
}

func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// MarshalText writes 08:30.
func (m Minute) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (m *Minute) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMinute(string(b))
	return err
}

// Moment is a day, or a wall-clock time on a day. As the end of a closure a day
// includes all of it, a time ends at that instant.
type Moment struct {
	Date   Date
	Minute Minute
	Timed  bool
}

func (m Moment) String() string {
	if m.Timed {
		return m.Date.String() + "T" + m.Minute.String()
	}
	return m.Date.String()
}

// IsZero reports "not given".
func (m Moment) IsZero() bool { return m == Moment{} }

// MarshalText writes 2026-12-24 or 2026-12-24T12:00.
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (m *Moment) UnmarshalText(b []byte) error {
	day, clock, timed := strings.Cut(string(b), "T")
	d, err := ParseDate(day)
	if err != nil {
		return fmt.Errorf("%q is not a moment: expected 2026-12-24 or 2026-12-24T12:00", b)
	}
	*m = Moment{Date: d, Timed: timed}
	if timed {
		if m.Minute, err = ParseMinute(clock); err != nil {
			return fmt.Errorf("%q is not a moment: expected 2026-12-24 or 2026-12-24T12:00", b)
		}
	}
	return nil
}

// Start is the first instant of the moment in a zone.
func (m Moment) Start(zone *time.Location) time.Time {
	t, _ := At(m.Date, m.Minute, zone)
	return t
}

// End is the instant at which a period that names m as its end is over: the end
// of the day, or the given time.
func (m Moment) End(zone *time.Location) time.Time {
	if m.Timed {
		return m.Start(zone)
	}
	t, _ := At(m.Date+1, 0, zone)
	return t
}

// At converts a wall-clock time to its instant. A time that a clock change
// skips does not exist: ok is false and the instant is the end of the gap. A
// time that happens twice means its first occurrence.
func At(d Date, m Minute, zone *time.Location) (instant time.Time, ok bool) {
	y, mo, day := d.Civil()
	t := time.Date(y, mo, day, 0, int(m), 0, 0, zone)
	// time.Date leaves open which side it takes; look at the offsets around.
	wall := time.Date(y, mo, day, 0, int(m), 0, 0, time.UTC).Unix()
	_, before := t.Add(-26 * time.Hour).Zone()
	_, after := t.Add(26 * time.Hour).Zone()
	first := time.Unix(wall-int64(max(before, after)), 0).In(zone)
	if _, off := first.Zone(); wall-int64(off) == first.Unix() {
		return first, true
	}
	second := time.Unix(wall-int64(min(before, after)), 0).In(zone)
	if _, off := second.Zone(); wall-int64(off) == second.Unix() {
		return second, true
	}
	// In the gap: the larger offset puts us before the change by less than its
	// length, so the change is the next transition.
	_, end := first.ZoneBounds()
	return end, false
}

// Tick is an instant in units of a calendar's tickMinutes since the epoch (UTC).
type Tick int64

// TickAt is the tick that contains t.
func TickAt(t time.Time, tickMinutes int) Tick {
	return Tick(floorDiv(t.Unix(), int64(tickMinutes)*60))
}

// Time is the instant at which the tick begins.
func (t Tick) Time(tickMinutes int) time.Time {
	return time.Unix(int64(t)*int64(tickMinutes)*60, 0).UTC()
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Span is a length of time before a visit, such as 7d, 24h or 30m. Days are
// calendar days on the wall clock, hours and minutes are real time.
type Span struct {
	Days    int
	Minutes int
}

// ParseSpan reads 7d, 24h or 30m.
func ParseSpan(s string) (Span, error) {
	bad := fmt.Errorf("%q is not a span: expected a number with d, h or m, such as 7d or 24h", s)
	if len(s) < 2 || len(s) > 6 {
		return Span{}, bad
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || n <= 0 || s[0] == '+' {
		return Span{}, bad
	}
	switch s[len(s)-1] {
	case 'd':
		return Span{Days: n}, nil
	case 'h':
		return Span{Minutes: n * 60}, nil
	case 'm':
		return Span{Minutes: n}, nil
	}
	return Span{}, bad
}

func (s Span) String() string {
	switch {
	case s.Days > 0:
		return strconv.Itoa(s.Days) + "d"
	case s.Minutes%60 == 0:
		return strconv.Itoa(s.Minutes/60) + "h"
	}
	return strconv.Itoa(s.Minutes) + "m"
}

// MarshalText writes what ParseSpan reads; no span at all is empty.
func (s Span) MarshalText() ([]byte, error) {
	if (s == Span{}) {
		return nil, nil
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (s *Span) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*s = Span{}
		return nil
	}
	*s, err = ParseSpan(string(b))
	return err
}

// Before is the instant one span before t, by the wall clock of t's zone.
func (s Span) Before(t time.Time) time.Time {
	if s.Days == 0 {
		return t.Add(-time.Duration(s.Minutes) * time.Minute)
	}
	wall := Minute(t.Hour()*60 + t.Minute())
	at, _ := At(DateOf(t)-Date(s.Days), wall, t.Location())
	return at
}

// CompareSpans orders by length, a day counted as 24 hours.
func CompareSpans(a, b Span) int {
	return cmp.Compare(a.Days*1440+a.Minutes, b.Days*1440+b.Minutes)
}
