package agenda_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func mustDate(t testing.TB, s string) agenda.Date {
	t.Helper()
	d, err := agenda.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	for _, good := range []string{"2026-07-01", "2028-02-29", "2000-02-29", "1969-12-31", "2026-12-31", "0001-01-01"} {
		d, err := agenda.ParseDate(good)
		if err != nil || d.String() != good {
			t.Errorf("ParseDate(%q): got %v, %v", good, d, err)
		}
	}
	for _, bad := range []string{"", "2026-7-1", "2026-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00",
		"01.07.2026", "2026-07-01T00:00", " 2026-07-01", "2026-07-01 ", "20260701", "-026-07-01", "+026-07-01", "２０２６-07-01"} {
		if d, err := agenda.ParseDate(bad); err == nil {
			t.Errorf("ParseDate(%q): got %v, want an error", bad, d)
		}
	}
}

func TestDateIsACalendarDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := agenda.Date(rapid.IntRange(-200000, 200000).Draw(t, "days"))
		y, m, day := d.Civil()
		if got := agenda.MakeDate(y, m, day); got != d {
			t.Fatalf("MakeDate(Civil): got %d, want %d", got, d)
		}
		reference := time.Date(1970, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, int(d))
		if ry, rm, rd := reference.Date(); ry != y || rm != m || rd != day || reference.Weekday() != d.Weekday() {
			t.Fatalf("Civil of %d: got %d-%d-%d %v, want %v", d, y, m, day, d.Weekday(), reference)
		}
		monday := d.Monday()
		gy, gw := reference.ISOWeek()
		my, mw := time.Date(1970, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, int(monday)).ISOWeek()
		if monday.Weekday() != time.Monday || monday > d || d-monday > 6 || gy != my || gw != mw {
			t.Fatalf("Monday of %v: got %v", d, monday)
		}
	})
}

func TestDateNormalisesAndTakesTheLocalDay(t *testing.T) {
	if got, want := agenda.MakeDate(2026, 13, 1), mustDate(t, "2027-01-01"); got != want {
		t.Errorf("month 13: got %v, want %v", got, want)
	}
	if got, want := agenda.MakeDate(2027, 2, 29), mustDate(t, "2027-03-01"); got != want {
		t.Errorf("29 February of a common year: got %v, want %v", got, want)
	}
	late := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)
	if got, want := agenda.DateOf(late), mustDate(t, "2026-12-31"); got != want {
		t.Errorf("in UTC: got %v, want %v", got, want)
	}
	if got, want := agenda.DateOf(late.In(mustZone(t, "Europe/Berlin"))), mustDate(t, "2027-01-01"); got != want {
		t.Errorf("in Berlin: got %v, want %v", got, want)
	}
}

func TestParseMinute(t *testing.T) {
	for m := range agenda.Minute(1441) {
		if got, err := agenda.ParseMinute(m.String()); err != nil || got != m {
			t.Fatalf("ParseMinute(%q): got %v, %v", m, got, err)
		}
	}
	// A sign and a wandering colon were taken for digits once.
	for _, bad := range []string{"", "8:30", "08:60", "24:01", "25:00", "08.30", "0830", "08:3", "008:30", "08:30:00",
		"+8:30", "-0:30", "08:+5", "08:-5", "8:030", "008:3", "ab:cd", " 8:30", "08:3 ", "٠٨:٣٠"} {
		if m, err := agenda.ParseMinute(bad); err == nil {
			t.Errorf("ParseMinute(%q): got %v, want an error", bad, m)
		}
	}
}

func TestMomentsAreDaysOrTimes(t *testing.T) {
	berlin := mustZone(t, "Europe/Berlin")
	for _, c := range []struct{ text, start, end string }{
		{"2026-12-24", "2026-12-24T00:00:00+01:00", "2026-12-25T00:00:00+01:00"},
		{"2026-12-24T12:00", "2026-12-24T12:00:00+01:00", "2026-12-24T12:00:00+01:00"},
		{"2026-12-24T00:00", "2026-12-24T00:00:00+01:00", "2026-12-24T00:00:00+01:00"},
		{"2026-12-31T24:00", "2027-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"},
		{"2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"2026-03-29T02:30", "2026-03-29T03:00:00+02:00", "2026-03-29T03:00:00+02:00"},
		{"2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
		{"2026-10-25T02:30", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00"},
	} {
		var m agenda.Moment
		if err := m.UnmarshalText([]byte(c.text)); err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if m.String() != c.text || m.IsZero() {
			t.Errorf("%s: got %s back", c.text, m)
		}
		if got := m.Start(berlin).Format(time.RFC3339); got != c.start {
			t.Errorf("start of %s: got %s, want %s", c.text, got, c.start)
		}
		if got := m.End(berlin).Format(time.RFC3339); got != c.end {
			t.Errorf("end of %s: got %s, want %s", c.text, got, c.end)
		}
	}
	for _, bad := range []string{"", "T12:00", "2026-12-24T", "2026-12-24 12:00", "2026-12-24T12:00Z", "2026-12-24T12:00:00", "2026-02-30", "2026-12-24T24:30"} {
		var m agenda.Moment
		if err := m.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("moment %q: got %v, want an error", bad, m)
		}
	}
}

func TestAtOnClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone, day, clock, want string
		ok                     bool
	}{
		{"Europe/Berlin", "2026-03-28", "02:30", "2026-03-28T02:30:00+01:00", true},
		{"Europe/Berlin", "2026-03-29", "01:59", "2026-03-29T01:59:00+01:00", true},
		{"Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T03:00:00+02:00", false},
		{"Europe/Berlin", "2026-03-29", "02:59", "2026-03-29T03:00:00+02:00", false},
		{"Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T03:00:00+02:00", true},
		{"Europe/Berlin", "2026-03-29", "24:00", "2026-03-30T00:00:00+02:00", true},
		{"Europe/Berlin", "2026-10-25", "01:59", "2026-10-25T01:59:00+02:00", true},
		{"Europe/Berlin", "2026-10-25", "02:00", "2026-10-25T02:00:00+02:00", true},
		{"Europe/Berlin", "2026-10-25", "02:59", "2026-10-25T02:59:00+02:00", true},
		{"Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T03:00:00+01:00", true},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:30:00+11:00", false},
		{"Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05T01:45:00+11:00", true},
		{"America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T01:00:00-02:00", false}, // midnight is skipped
		{"Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T23:30:00+03:00", true},       // the last hour repeats
		{"Africa/Cairo", "2026-10-30", "00:00", "2026-10-30T00:00:00+02:00", true},
		{"Pacific/Apia", "2011-12-30", "08:00", "2011-12-31T00:00:00+14:00", false}, // the whole day is skipped
		{"Asia/Kathmandu", "2026-07-01", "08:00", "2026-07-01T08:00:00+05:45", true},
	} {
		var clock agenda.Minute
		if err := clock.UnmarshalText([]byte(c.clock)); err != nil {
			t.Fatal(err)
		}
		at, ok := agenda.At(mustDate(t, c.day), clock, mustZone(t, c.zone))
		if got := at.Format(time.RFC3339); got != c.want || ok != c.ok {
			t.Errorf("%s %s in %s: got %s %v, want %s %v", c.day, c.clock, c.zone, got, ok, c.want, c.ok)
		}
	}
}

// naiveAt walks real time minute by minute until the clock on the wall shows the
// time, or has jumped over it.
func naiveAt(d agenda.Date, m agenda.Minute, zone *time.Location) (time.Time, bool) {
	y, mo, day := d.Civil()
	want := time.Date(y, mo, day, 0, int(m), 0, 0, time.UTC)
	for t := want.Add(-16 * time.Hour); ; t = t.Add(time.Minute) {
		local := t.In(zone)
		shown := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
		switch {
		case shown.Equal(want):
			return local, true
		case shown.After(want):
			return local, false
		}
	}
}

func TestAtFindsTheFirstSuchTime(t *testing.T) {
	zones := []string{"Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Havana", "Australia/Lord_Howe",
		"Antarctica/Troll", "Africa/Cairo", "Pacific/Apia", "Asia/Kathmandu", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		near := time.Unix(rapid.Int64Range(1325376000, 2051222400).Draw(t, "near"), 0).In(zone) // 2012 to 2034
		if _, change := near.ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at a clock change") {
			near = change
		}
		d := agenda.DateOf(near) + agenda.Date(rapid.IntRange(-1, 1).Draw(t, "shift"))
		m := agenda.Minute(rapid.IntRange(0, 1440).Draw(t, "minute"))
		got, gotOK := agenda.At(d, m, zone)
		want, wantOK := naiveAt(d, m, zone)
		if !got.Equal(want) || gotOK != wantOK {
			t.Fatalf("At(%v, %v, %s): got %v %v, want %v %v", d, m, name, got, gotOK, want, wantOK)
		}
	})
}

func TestTicksCoverTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.SampledFrom([]int{1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60}).Draw(t, "tick")
		at := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "seconds"), 0)
		k := agenda.TickAt(at, minutes)
		if begin, end := k.Time(minutes), (k + 1).Time(minutes); at.Before(begin) || !at.Before(end) || end.Sub(begin) != time.Duration(minutes)*time.Minute {
			t.Fatalf("tick of %v: got %v to %v", at.UTC(), begin, end)
		}
		if again := agenda.TickAt(k.Time(minutes), minutes); again != k {
			t.Fatalf("tick of the beginning of tick %d: got %d", k, again)
		}
	})
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]agenda.Span{"7d": {Days: 7}, "24h": {Minutes: 1440}, "30m": {Minutes: 30}, "90m": {Minutes: 90}} {
		got, err := agenda.ParseSpan(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseSpan(%q): got %+v %v, which prints as %q", text, got, err, got)
		}
	}
	if s, err := agenda.ParseSpan("60m"); err != nil || s.String() != "1h" {
		t.Errorf("60m: got %v, %v, want 1h", s, err)
	}
	for _, bad := range []string{"", "d", "7", "0d", "-1d", "+1d", "7w", "7 d", "1d12h", "1.5h", "7D", "1234567m"} {
		if s, err := agenda.ParseSpan(bad); err == nil {
			t.Errorf("ParseSpan(%q): got %v, want an error", bad, s)
		}
	}
}

func TestDaysAreOnTheClockAndHoursAreReal(t *testing.T) {
	berlin := mustZone(t, "Europe/Berlin")
	for _, c := range []struct{ visit, span, want string }{
		{"2026-03-29T08:00:00+02:00", "1d", "2026-03-28T08:00:00+01:00"},
		{"2026-03-29T08:00:00+02:00", "24h", "2026-03-28T07:00:00+01:00"},
		{"2026-10-25T08:00:00+01:00", "1d", "2026-10-24T08:00:00+02:00"},
		{"2026-10-25T08:00:00+01:00", "24h", "2026-10-24T09:00:00+02:00"},
		{"2026-03-30T02:30:00+02:00", "1d", "2026-03-29T03:00:00+02:00"}, // 02:30 is skipped
		{"2027-01-02T09:00:00+01:00", "7d", "2026-12-26T09:00:00+01:00"},
		{"2028-03-01T09:00:00+01:00", "1d", "2028-02-29T09:00:00+01:00"},
	} {
		visit, err := time.Parse(time.RFC3339, c.visit)
		if err != nil {
			t.Fatal(err)
		}
		span, err := agenda.ParseSpan(c.span)
		if err != nil {
			t.Fatal(err)
		}
		if got := span.Before(visit.In(berlin)).In(berlin).Format(time.RFC3339); got != c.want {
			t.Errorf("%s before %s: got %s, want %s", c.span, c.visit, got, c.want)
		}
	}
	spans := []agenda.Span{{Days: 7}, {Minutes: 30}, {Minutes: 25 * 60}, {Days: 1}}
	slices.SortFunc(spans, agenda.CompareSpans)
	want := []agenda.Span{{Minutes: 30}, {Days: 1}, {Minutes: 25 * 60}, {Days: 7}}
	if !slices.Equal(spans, want) {
		t.Errorf("sorted: got %v, want %v", spans, want)
	}
}

func TestTimesTravelAsText(t *testing.T) {
	type all struct {
		Date   agenda.Date
		None   agenda.Date
		Minute agenda.Minute
		Moment agenda.Moment
		Span   agenda.Span
	}
	want := `{"Date":"2026-07-01","None":"","Minute":"08:05","Moment":"2026-12-24T12:00","Span":"7d"}`
	var v all
	if err := json.Unmarshal([]byte(want), &v); err != nil {
		t.Fatal(err)
	}
	if !v.None.IsZero() || v.Date.IsZero() || v.Minute != 485 {
		t.Errorf("got %+v", v)
	}
	got, err := json.Marshal(v)
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
