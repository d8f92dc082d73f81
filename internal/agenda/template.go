package agenda

import "slices"

// Objection is a set of reasons for which a template is not open on a date.
type Objection uint8

// What a template can have against a date.
const (
	OtherWeekday Objection = 1 << iota
	NotYetValid
	NoLongerValid
	OtherWeek        // everyWeeks: a week in between
	OtherWeekOfMonth // weekOfMonth
	Excepted
	OnHoliday // and not also on this one
)

// Objections says what keeps the template from being open on a date; 0: nothing.
// Closures are not its business, and whether the date is a holiday it is told.
func (t *SlotTemplate) Objections(d Date, holiday bool) (o Objection) {
	for _, rule := range [...]struct {
		broken bool
		is     Objection
	}{
		{!slices.Contains(t.Weekdays, WeekdayID(d.Weekday())), OtherWeekday},
		{t.ValidFrom != 0 && d < t.ValidFrom, NotYetValid},
		{t.ValidTo != 0 && d > t.ValidTo, NoLongerValid},
		{!t.inWeeks(d), OtherWeek},
		{!t.inMonth(d), OtherWeekOfMonth},
		{slices.Contains(t.Except, d), Excepted},
		{holiday && !slices.Contains(t.AlsoOn, d), OnHoliday},
	} {
		if rule.broken {
			o |= rule.is
		}
	}
	return o
}

// On reports whether the template's weekdays, validity, rhythm and single
// exceptions name the date. Holidays and closures are not its business.
func (t *SlotTemplate) On(d Date) bool { return t.Objections(d, false) == 0 }

// inRhythm: where both rhythms are given both must hold.
func (t *SlotTemplate) inRhythm(d Date) bool { return t.inWeeks(d) && t.inMonth(d) }

// inWeeks counts ISO weeks from validFrom.
func (t *SlotTemplate) inWeeks(d Date) bool {
	return t.EveryWeeks <= 1 || int(d.Monday()-t.ValidFrom.Monday())/7%t.EveryWeeks == 0
}

// inMonth counts such weekdays of the month.
func (t *SlotTemplate) inMonth(d Date) bool {
	if t.WeekOfMonth == 0 {
		return true
	}
	_, month, day := d.Civil()
	if t.WeekOfMonth == 5 {
		_, next, _ := (d + 7).Civil()
		return next != month
	}
	return (day-1)/7+1 == t.WeekOfMonth
}

// Serves reports whether the template's restrictions admit all the services, and
// which of the modes.
func (t *SlotTemplate) Serves(services, modes []string) (left []string, ok bool) {
	if len(t.Lacks(services)) > 0 {
		return nil, false
	}
	if len(t.Modes) == 0 || !slices.ContainsFunc(modes, func(m string) bool { return !slices.Contains(t.Modes, m) }) {
		return modes, len(modes) > 0
	}
	for _, m := range modes {
		if slices.Contains(t.Modes, m) {
			left = append(left, m)
		}
	}
	return left, len(left) > 0
}

// Lacks are those of the services that the template's restrictions exclude.
func (t *SlotTemplate) Lacks(services []string) (without []string) {
	for _, s := range services {
		if len(t.Services) > 0 && !slices.Contains(t.Services, s) {
			without = append(without, s)
		}
	}
	return without
}
