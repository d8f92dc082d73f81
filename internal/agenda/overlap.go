package agenda

import (
	"slices"
	"time"
)

// meeting looks for dates on which two templates are both open.
type meeting struct {
	state string
	local []string
}

// The search ends after the 400 years in which the calendar repeats itself.
const searchDays = Date(146097)

// first is an early date on which both templates are open. Weekly rhythms are
// compared exactly, as congruences; the n-th weekday of a month is looked for
// month by month over 400 years.
func (m meeting) first(a, b *SlotTemplate) (Date, bool) {
	from := max(a.ValidFrom, b.ValidFrom)
	if from == 0 {
		from = MakeDate(2000, time.January, 1)
	}
	to := from + searchDays
	for _, t := range []*SlotTemplate{a, b} {
		if t.ValidTo != 0 {
			to = min(to, t.ValidTo)
		}
	}
	for _, day := range a.Weekdays {
		weekday, known := ParseWeekday(day)
		if !known || !slices.Contains(b.Weekdays, day) {
			continue
		}
		if a.WeekOfMonth != 0 || b.WeekOfMonth != 0 {
			if d, ok := m.monthly(a, b, weekday, from, to); ok {
				return d, true
			}
		} else if d, ok := m.weekly(a, b, weekday, from, to); ok {
			return d, true
		}
	}
	return 0, false
}

// weekly steps through the dates that both rhythms name. Only holidays and single
// exceptions can stand in the way there.
func (m meeting) weekly(a, b *SlotTemplate, weekday time.Weekday, from, to Date) (Date, bool) {
	d := from + Date((int(weekday)-int(from.Weekday())+7)%7)
	every := 1
	for _, t := range []*SlotTemplate{a, b} {
		step := max(t.EveryWeeks, 1)
		joint := every / gcd(every, step) * step
		for range step {
			if t.inRhythm(d) {
				break
			}
			d += Date(7 * every)
		}
		if !t.inRhythm(d) {
			return 0, false // the rhythms exclude each other
		}
		every = joint
	}
	for ; d <= to; d += Date(7 * every) {
		if m.open(a, d) && m.open(b, d) {
			return d, true
		}
	}
	return 0, false
}

// monthly tries the n-th weekday of each month.
func (m meeting) monthly(a, b *SlotTemplate, weekday time.Weekday, from, to Date) (Date, bool) {
	nth := a.WeekOfMonth
	if nth == 0 {
		nth = b.WeekOfMonth
	}
	year, month, _ := from.Civil()
	for {
		first := MakeDate(year, month, 1)
		if first > to {
			return 0, false
		}
		d := first + Date((int(weekday)-int(first.Weekday())+7)%7) + Date(7*(min(nth, 4)-1))
		if nth == 5 {
			if _, same, _ := (d + 7).Civil(); same == month {
				d += 7
			}
		}
		if d >= from && d <= to && m.open(a, d) && m.open(b, d) {
			return d, true
		}
		if month++; month > time.December {
			year, month = year+1, time.January
		}
	}
}

// open reports whether the template takes bookings on the date, closures aside.
func (m meeting) open(t *SlotTemplate, d Date) bool {
	if !t.On(d) {
		return false
	}
	year, month, day := d.Civil()
	_, holiday := HolidayOn(m.state, m.local, year, int(month), day)
	return t.Objections(d, holiday) == 0
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
