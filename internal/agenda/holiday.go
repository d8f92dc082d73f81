package agenda

import (
	"slices"
	"strings"
	"time"
)

// Holiday is a day on which offices are closed by law.
type Holiday struct {
	Year, Month, Day int
	ID               string // stable name, such as reformationstag
	De, En           string // what pages call it
}

// Holidays lists the public holidays of a Land in a year, in order. state is
// the Land's two letters, as in ISO 3166-2:DE (BW, NI, ...); an unknown one
// has none. local are the ids of the holidays that only part of the Land
// observes and this place does (see LocalHolidays); others are ignored.
//
// The table knows the law from 2016 on, and what parliaments had decided by
// 2026 for the years to come.
func Holidays(state string, local []string, year int) []Holiday {
	var list []Holiday
	for i := range holidayTable {
		if rule := &holidayTable[i]; rule.holds(state, local, year) {
			list = append(list, rule.in(year))
		}
	}
	slices.SortStableFunc(list, func(a, b Holiday) int { return (a.Month*100 + a.Day) - (b.Month*100 + b.Day) })
	return list
}

// HolidayOn says whether a day is a public holiday, and which. Its arguments
// are those of Holidays.
func HolidayOn(state string, local []string, year, month, day int) (Holiday, bool) {
	for i := range holidayTable {
		rule := &holidayTable[i]
		if !rule.holds(state, local, year) {
			continue
		}
		if m, d := rule.date(year); int(m) == month && d == day {
			return rule.in(year), true
		}
	}
	return Holiday{}, false
}

// LocalHolidays lists the ids of the holidays that only some municipalities
// of a Land observe, sorted; a tenant there can name them.
func LocalHolidays(state string) []string {
	var ids []string
	for _, rule := range holidayTable {
		if names(rule.local, state) {
			ids = append(ids, rule.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// States lists the sixteen Länder by their two letters, sorted.
func States() []string { return strings.Fields(everywhere) }

const everywhere = "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH"

// holidayRule is one line of the table: a day, and where and when it is a
// holiday. One holiday can take several lines.
type holidayRule struct {
	id, de, en string
	date       func(year int) (time.Month, int)
	states     string // Länder, separated by blanks
	local      string // Länder in which some municipalities observe it
	from, to   int    // first and last year; 0: open
}

func (r *holidayRule) holds(state string, local []string, year int) bool {
	if year < r.from || r.to != 0 && year > r.to {
		return false
	}
	return names(r.states, state) || names(r.local, state) && slices.Contains(local, r.id)
}

func (r *holidayRule) in(year int) Holiday {
	month, day := r.date(year)
	return Holiday{Year: year, Month: int(month), Day: day, ID: r.id, De: r.de, En: r.en}
}

// names says whether a list of Länder has this one.
func names(states, state string) bool {
	return len(state) == 2 && state[0] != ' ' && state[1] != ' ' && strings.Contains(states, state)
}

// holidayTable follows the holiday acts of the Länder. Easter Sunday and Whit
// Sunday are named only by Brandenburg's; elsewhere they are Sundays like
// others, on which a template that is open on Sundays would be open.
var holidayTable = []holidayRule{
	{id: "neujahr", de: "Neujahr", en: "New Year's Day", date: on(1, 1), states: everywhere},
	{id: "heilige-drei-koenige", de: "Heilige Drei Könige", en: "Epiphany", date: on(1, 6), states: "BW BY ST"},
	{id: "frauentag", de: "Internationaler Frauentag", en: "International Women's Day", date: on(3, 8), states: "BE", from: 2019},
	{id: "frauentag", de: "Internationaler Frauentag", en: "International Women's Day", date: on(3, 8), states: "MV", from: 2023},
	{id: "karfreitag", de: "Karfreitag", en: "Good Friday", date: afterEaster(-2), states: everywhere},
	{id: "ostersonntag", de: "Ostersonntag", en: "Easter Sunday", date: afterEaster(0), states: "BB"},
	{id: "ostermontag", de: "Ostermontag", en: "Easter Monday", date: afterEaster(1), states: everywhere},
	{id: "tag-der-arbeit", de: "Tag der Arbeit", en: "Labour Day", date: on(5, 1), states: everywhere},
	{id: "tag-der-befreiung", de: "Tag der Befreiung", en: "Liberation Day", date: on(5, 8), states: "BE", from: 2020, to: 2020},
	{id: "tag-der-befreiung", de: "Tag der Befreiung", en: "Liberation Day", date: on(5, 8), states: "BE", from: 2025, to: 2025},
	{id: "christi-himmelfahrt", de: "Christi Himmelfahrt", en: "Ascension Day", date: afterEaster(39), states: everywhere},
	{id: "pfingstsonntag", de: "Pfingstsonntag", en: "Whit Sunday", date: afterEaster(49), states: "BB"},
	{id: "pfingstmontag", de: "Pfingstmontag", en: "Whit Monday", date: afterEaster(50), states: everywhere},
	{id: "fronleichnam", de: "Fronleichnam", en: "Corpus Christi", date: afterEaster(60), states: "BW BY HE NW RP SL", local: "SN TH"},
	{id: "volksaufstand", de: "Jahrestag des Volksaufstands von 1953", en: "Anniversary of the Uprising of 1953", date: on(6, 17), states: "BE", from: 2028, to: 2028},
	{id: "friedensfest", de: "Augsburger Hohes Friedensfest", en: "Augsburg Peace Festival", date: on(8, 8), local: "BY"},
	{id: "mariae-himmelfahrt", de: "Mariä Himmelfahrt", en: "Assumption Day", date: on(8, 15), states: "SL", local: "BY"},
	{id: "weltkindertag", de: "Weltkindertag", en: "World Children's Day", date: on(9, 20), states: "TH", from: 2019},
	{id: "tag-der-deutschen-einheit", de: "Tag der Deutschen Einheit", en: "German Unity Day", date: on(10, 3), states: everywhere},
	{id: "reformationstag", de: "Reformationstag", en: "Reformation Day", date: on(10, 31), states: "BB MV SN ST TH"},
	// 500 years of the Reformation: once everywhere.
	{id: "reformationstag", de: "Reformationstag", en: "Reformation Day", date: on(10, 31), states: "BE BW BY HB HE HH NI NW RP SH SL", from: 2017, to: 2017},
	{id: "reformationstag", de: "Reformationstag", en: "Reformation Day", date: on(10, 31), states: "HB HH NI SH", from: 2018},
	{id: "allerheiligen", de: "Allerheiligen", en: "All Saints' Day", date: on(11, 1), states: "BW BY NW RP SL"},
	{id: "buss-und-bettag", de: "Buß- und Bettag", en: "Day of Repentance and Prayer", date: repentance, states: "SN"},
	{id: "erster-weihnachtstag", de: "Erster Weihnachtstag", en: "Christmas Day", date: on(12, 25), states: everywhere},
	{id: "zweiter-weihnachtstag", de: "Zweiter Weihnachtstag", en: "Boxing Day", date: on(12, 26), states: everywhere},
}

// on is the same day every year.
func on(month time.Month, day int) func(int) (time.Month, int) {
	return func(int) (time.Month, int) { return month, day }
}

// afterEaster is a number of days after Easter Sunday.
func afterEaster(days int) func(int) (time.Month, int) {
	return func(year int) (time.Month, int) {
		_, month, day := time.Date(year, time.March, easter(year)+days, 0, 0, 0, 0, time.UTC).Date()
		return month, day
	}
}

// repentance is the last Wednesday before 23 November.
func repentance(year int) (time.Month, int) {
	last := time.Date(year, time.November, 22, 0, 0, 0, 0, time.UTC)
	return time.November, 22 - (int(last.Weekday()-time.Wednesday)+7)%7
}

// easter is the day of Easter Sunday in the Gregorian calendar, counted in
// days of March (32 is 1 April): the Sunday after the first full moon of
// spring, by Gauss's formula as Lichtenberg completed it.
func easter(year int) int {
	century := year / 100
	moonShift := 15 + (3*century+3)/4 - (8*century+13)/25
	sunShift := 2 - (3*century+3)/4
	cycle := year % 19 // after 19 years the moon is full on the same dates
	seed := (19*cycle + moonShift) % 30
	correction := (seed + cycle/11) / 29
	fullMoon := 21 + seed - correction
	firstSunday := 7 - (year+year/4+sunShift)%7
	return fullMoon + 7 - (fullMoon-firstSunday)%7
}
