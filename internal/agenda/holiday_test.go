package agenda_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

// oracle is what the library rickar/cal knows of each Land.
func oracle() map[string][]*cal.Holiday {
	return map[string][]*cal.Holiday{
		"BB": de.HolidaysBB, "BE": de.HolidaysBE, "BW": de.HolidaysBW, "BY": de.HolidaysBY,
		"HB": de.HolidaysHB, "HE": de.HolidaysHE, "HH": de.HolidaysHH, "MV": de.HolidaysMV,
		"NI": de.HolidaysNI, "NW": de.HolidaysNW, "RP": de.HolidaysRP, "SH": de.HolidaysSH,
		"SL": de.HolidaysSL, "SN": de.HolidaysSN, "ST": de.HolidaysST, "TH": de.HolidaysTH,
	}
}

// libraryErrors corrects what the library has wrong or does not know. A
// correction that is no longer needed fails the test.
func libraryErrors() []struct {
	states   string
	date     string // MM-DD, or easter+n
	from, to int
	add      bool // we have the day and the library has not; else the reverse
	reason   string
} {
	return []struct {
		states   string
		date     string
		from, to int
		add      bool
		reason   string
	}{
		{"BE", "03-08", 2016, 2018, false, "Women's Day is a holiday in Berlin since 2019 only"},
		{"MV", "03-08", 2023, 2035, true, "Women's Day in Mecklenburg-Vorpommern, since 2023, is unknown to the library"},
		{"HB HH NI SH", "10-31", 2016, 2016, false, "Reformation Day came to the north in 2018 only"},
		{"BE BW BY HE NW RP SL", "10-31", 2017, 2017, true, "500 years of the Reformation: once everywhere"},
		{"BE", "05-08", 2020, 2020, true, "75 years since the liberation, once in Berlin"},
		{"BE", "05-08", 2025, 2025, true, "80 years since the liberation, once in Berlin"},
		{"BE", "06-17", 2028, 2028, true, "75 years since the uprising, once in Berlin"},
		{"BB", "easter+0", 2016, 2035, true, "Brandenburg's act names Easter Sunday"},
		{"BB", "easter+49", 2016, 2035, true, "Brandenburg's act names Whit Sunday"},
	}
}

func TestHolidaysAgreeWithTheLibrary(t *testing.T) {
	for state, library := range oracle() {
		for year := 2016; year <= 2035; year++ {
			want := map[string]bool{}
			for _, holiday := range library {
				if actual, _ := holiday.Calc(year); !actual.IsZero() {
					want[actual.Format("01-02")] = true
				}
			}
			for _, fix := range libraryErrors() {
				if !strings.Contains(fix.states, state) || year < fix.from || year > fix.to {
					continue
				}
				date := dayOf(t, fix.date, year)
				if want[date] == fix.add {
					t.Errorf("%s %d-%s: the library agrees by now; remove: %s", state, year, date, fix.reason)
				}
				want[date] = fix.add
			}
			got := map[string]bool{}
			for _, holiday := range agenda.Holidays(state, nil, year) {
				got[fmt.Sprintf("%02d-%02d", holiday.Month, holiday.Day)] = true
			}
			for day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
				if date := day.Format("01-02"); got[date] != want[date] {
					t.Errorf("%s %d-%s: got holiday %v, want %v", state, year, date, got[date], want[date])
				}
			}
		}
	}
}

// dayOf turns MM-DD or easter+n into MM-DD of a year.
func dayOf(t *testing.T, date string, year int) string {
	t.Helper()
	var days int
	if n, _ := fmt.Sscanf(date, "easter+%d", &days); n == 0 {
		return date
	}
	_, friday := de.Karfreitag.Calc(year)
	return friday.AddDate(0, 0, 2+days).Format("01-02")
}

// TestEasterDates are known dates, the extremes and exceptions among them.
func TestEasterDates(t *testing.T) {
	for _, want := range []string{
		"1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "2000-04-23", "2008-03-23", "2011-04-24",
		"2016-03-27", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25", "2049-04-18", "2076-04-19", "2285-03-22",
	} {
		day, err := time.Parse(time.DateOnly, want)
		if err != nil {
			t.Fatal(err)
		}
		holiday, ok := agenda.HolidayOn("BB", nil, day.Year(), int(day.Month()), day.Day())
		if !ok || holiday.ID != "ostersonntag" {
			t.Errorf("%s: got %q, want ostersonntag", want, holiday.ID)
		}
	}
}

// TestNamedDays is long because it is a table: the first and last years of
// each rule, and the days that only some places observe.
func TestNamedDays(t *testing.T) {
	tests := []struct {
		state      string
		local      []string
		year, m, d int
		want       string
	}{
		{"NI", nil, 2026, 4, 3, "karfreitag"},
		{"NI", nil, 2026, 10, 31, "reformationstag"},
		{"NI", nil, 2016, 10, 31, ""},
		{"NI", nil, 2017, 10, 31, "reformationstag"},
		{"NI", nil, 2026, 11, 1, ""},
		{"BY", nil, 2017, 10, 31, "reformationstag"},
		{"BY", nil, 2018, 10, 31, ""},
		{"MV", nil, 2022, 3, 8, ""},
		{"MV", nil, 2023, 3, 8, "frauentag"},
		{"BE", nil, 2018, 3, 8, ""},
		{"BE", nil, 2025, 5, 8, "tag-der-befreiung"},
		{"BE", nil, 2026, 5, 8, ""},
		{"TH", nil, 2018, 9, 20, ""},
		{"TH", nil, 2019, 9, 20, "weltkindertag"},
		{"SN", nil, 2026, 11, 18, "buss-und-bettag"},
		{"SN", nil, 2022, 11, 16, "buss-und-bettag"},
		{"SN", nil, 2023, 11, 22, "buss-und-bettag"},
		{"SN", nil, 2026, 6, 4, ""},
		{"SN", []string{"fronleichnam"}, 2026, 6, 4, "fronleichnam"},
		{"NI", []string{"fronleichnam"}, 2026, 6, 4, ""},
		{"NW", nil, 2026, 6, 4, "fronleichnam"},
		{"BY", nil, 2026, 8, 15, ""},
		{"BY", []string{"mariae-himmelfahrt"}, 2026, 8, 15, "mariae-himmelfahrt"},
		{"BY", []string{"mariae-himmelfahrt"}, 2026, 8, 8, ""},
		{"BY", []string{"mariae-himmelfahrt", "friedensfest"}, 2026, 8, 8, "friedensfest"},
		{"SL", nil, 2026, 8, 15, "mariae-himmelfahrt"},
		{"HE", nil, 2026, 4, 5, ""},
		{"BB", nil, 2026, 5, 24, "pfingstsonntag"},
		{"", nil, 2026, 1, 1, ""},
		{"XX", nil, 2026, 1, 1, ""},
		{"B ", nil, 2026, 1, 1, ""},
		{"by", nil, 2026, 1, 1, ""},
	}
	for _, test := range tests {
		got, ok := agenda.HolidayOn(test.state, test.local, test.year, test.m, test.d)
		if got.ID != test.want || ok != (test.want != "") {
			t.Errorf("%s %v %d-%02d-%02d: got %q, want %q", test.state, test.local, test.year, test.m, test.d, got.ID, test.want)
		}
	}
}

func TestHolidaysInAYear(t *testing.T) {
	want := map[string]int{
		"BB": 12, "BE": 10, "BW": 12, "BY": 12, "HB": 10, "HE": 10, "HH": 10, "MV": 11,
		"NI": 10, "NW": 11, "RP": 11, "SH": 10, "SL": 12, "SN": 11, "ST": 11, "TH": 11,
	}
	if got := len(agenda.States()); got != len(want) {
		t.Errorf("got %d Länder, want %d", got, len(want))
	}
	for _, state := range agenda.States() {
		list := agenda.Holidays(state, nil, 2026)
		if len(list) != want[state] {
			t.Errorf("%s: got %d holidays, want %d", state, len(list), want[state])
		}
		if !slices.IsSortedFunc(list, func(a, b agenda.Holiday) int { return (a.Month*100 + a.Day) - (b.Month*100 + b.Day) }) {
			t.Errorf("%s: not in order", state)
		}
	}
	if got := len(agenda.Holidays("BY", []string{"friedensfest", "mariae-himmelfahrt"}, 2026)); got != 14 {
		t.Errorf("Augsburg: got %d holidays, want 14", got)
	}
}

func TestLocalHolidays(t *testing.T) {
	for _, state := range agenda.States() {
		var want []string
		switch state {
		case "BY":
			want = []string{"friedensfest", "mariae-himmelfahrt"}
		case "SN", "TH":
			want = []string{"fronleichnam"}
		}
		if got := agenda.LocalHolidays(state); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", state, got, want)
		}
	}
}

// TestHolidayOnAgreesWithHolidays holds the quick question against the list.
func TestHolidayOnAgreesWithHolidays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		state := rapid.SampledFrom(agenda.States()).Draw(r, "state")
		local := rapid.SliceOf(rapid.SampledFrom([]string{"fronleichnam", "mariae-himmelfahrt", "friedensfest", "weltkindertag"})).Draw(r, "local")
		day := time.Date(rapid.IntRange(2016, 2100).Draw(r, "year"), 1, rapid.IntRange(1, 366).Draw(r, "day"), 0, 0, 0, 0, time.UTC)
		y, m, d := day.Date()
		got, ok := agenda.HolidayOn(state, local, y, int(m), d)
		list := agenda.Holidays(state, local, y)
		i := slices.IndexFunc(list, func(h agenda.Holiday) bool { return h.Month == int(m) && h.Day == d })
		if ok != (i >= 0) || ok && got != list[i] {
			r.Fatalf("%s %v: got %v, %v", state, day.Format(time.DateOnly), got, ok)
		}
		if ok && (got.ID == "" || got.De == "" || got.En == "" || got.Year != y) {
			r.Fatalf("got %+v, want all fields", got)
		}
	})
}

func BenchmarkHolidayOn(b *testing.B) {
	for b.Loop() {
		agenda.HolidayOn("NI", nil, 2026, 7, 6)
	}
}
