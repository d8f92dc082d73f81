package agenda

import (
	"slices"
	"strconv"
	"strings"
)

// A series is a slot template seen as the dates on which it is open. What is done to
// one gives a new list of a calendar's templates and leaves the old one alone, so that
// both can be compared. A series that no date is left of goes.

// until is the series without its dates after last; ok is false where none is left.
func (t SlotTemplate) until(last Date) (SlotTemplate, bool) {
	if t.ValidTo == 0 || last < t.ValidTo {
		t.ValidTo = last
	}
	t.Except, t.AlsoOn = t.keepDates(func(d Date) bool { return d <= t.ValidTo })
	return t, !t.over()
}

// since is the series without its dates before first. Its weeks are counted as they
// were: where they begin in one that is skipped, the next one that is not counts.
func (t SlotTemplate) since(first Date) (SlotTemplate, bool) {
	if first > t.ValidFrom {
		start := first
		for t.EveryWeeks > 1 && t.ValidFrom != 0 && !t.inWeeks(start) {
			start = start.Monday() + 7
		}
		t.ValidFrom = start
	}
	t.Except, t.AlsoOn = t.keepDates(func(d Date) bool { return d >= first })
	return t, !t.over()
}

func (t *SlotTemplate) keepDates(wanted func(Date) bool) (except, alsoOn []Date) {
	keep := func(list []Date) (left []Date) {
		for _, d := range list {
			if wanted(d) {
				left = append(left, d)
			}
		}
		return left
	}
	return keep(t.Except), keep(t.AlsoOn)
}

// over reports that no date is left: looked for where both ends are near each other.
func (t *SlotTemplate) over() bool {
	if t.ValidTo == 0 || t.ValidFrom == 0 {
		return false
	}
	if t.ValidTo-t.ValidFrom > 800 {
		return false
	}
	for d := t.ValidFrom; d <= t.ValidTo; d++ {
		if t.On(d) {
			return false
		}
	}
	return true
}

// seriesOf finds a series by id.
func seriesOf(list []SlotTemplate, id string) int {
	return slices.IndexFunc(list, func(t SlotTemplate) bool { return t.ID == id })
}

// replaced puts the given templates where the one at i is. Without any it goes.
func replaced(list []SlotTemplate, i int, with ...SlotTemplate) []SlotTemplate {
	return slices.Concat(list[:i], with, list[i+1:])
}

// AddSeries puts a series behind the others, under a new id.
func AddSeries(list []SlotTemplate, t SlotTemplate) []SlotTemplate {
	t.ID = seriesID(list, &t)
	return append(slices.Clone(list), t)
}

// ChangeAlways makes a series be another one on all dates, those gone by too.
func ChangeAlways(list []SlotTemplate, i int, as SlotTemplate) []SlotTemplate {
	as.ID = list[i].ID
	return replaced(list, i, as)
}

// ChangeFrom makes a series be another one from a day on: the old one ends the day
// before, the new one follows it under an id of its own. Weeks are counted on as they
// were, unless the rhythm is another one.
func ChangeFrom(list []SlotTemplate, i int, day Date, as SlotTemplate) []SlotTemplate {
	was := list[i]
	before, some := was.until(day - 1)
	if as.EveryWeeks != was.EveryWeeks || as.ValidFrom != was.ValidFrom {
		as.ValidFrom = max(as.ValidFrom, day)
	}
	after, _ := as.since(day)
	if !some {
		after.ID = was.ID
		return replaced(list, i, after)
	}
	list = replaced(list, i, before)
	after.ID = seriesID(list, &after)
	return slices.Insert(list, i+1, after)
}

// ChangeOnly makes a series be another one on one of its days: the old one makes an
// exception, and a series of one day stands in. holiday says that the day is one.
func ChangeOnly(list []SlotTemplate, i int, day Date, as SlotTemplate, holiday bool) []SlotTemplate {
	as.Weekdays, as.ValidFrom, as.ValidTo = []string{WeekdayID(day.Weekday())}, day, day
	as.EveryWeeks, as.WeekOfMonth, as.Except, as.AlsoOn = 1, 0, nil, nil
	if holiday {
		as.AlsoOn = []Date{day}
	}
	without := SkipDay(list, i, day)
	as.ID = list[i].ID
	if len(without) == len(list) {
		as.ID = seriesID(without, &as)
	}
	return append(without, as)
}

// SkipDay makes a series leave out a day.
func SkipDay(list []SlotTemplate, i int, day Date) []SlotTemplate {
	t := list[i]
	if !slices.Contains(t.Except, day) {
		t.Except = append(slices.Clone(t.Except), day)
		slices.Sort(t.Except)
	}
	if t.over() {
		return replaced(list, i)
	}
	return replaced(list, i, t)
}

// EndSeries makes a day the last one of a series.
func EndSeries(list []SlotTemplate, i int, last Date) []SlotTemplate {
	t, some := list[i].until(last)
	if !some {
		return replaced(list, i)
	}
	return replaced(list, i, t)
}

// DeleteSeries takes a series away, on all dates.
func DeleteSeries(list []SlotTemplate, i int) []SlotTemplate { return replaced(list, i) }

// CopySeries puts a copy of a series behind the others; on other weekdays than its own
// its single days mean nothing and are left out. Without weekdays it keeps its own.
func CopySeries(list []SlotTemplate, t SlotTemplate, weekdays []string) []SlotTemplate {
	if len(weekdays) > 0 {
		t.Weekdays, t.Except, t.AlsoOn = weekdays, nil, nil
	}
	return AddSeries(list, t)
}

// OpenOn makes every series that would be open on a day if it were no holiday be open
// on it all the same, or no longer.
func OpenOn(list []SlotTemplate, day Date, open bool) []SlotTemplate {
	list = slices.Clone(list)
	for i := range list {
		t := &list[i]
		named := slices.Contains(t.AlsoOn, day)
		switch {
		case named && !open:
			t.AlsoOn = slices.DeleteFunc(slices.Clone(t.AlsoOn), func(d Date) bool { return d == day })
		case !named && open && t.On(day):
			t.AlsoOn = append(slices.Clone(t.AlsoOn), day)
			slices.Sort(t.AlsoOn)
		}
	}
	return list
}

// seriesID names a series by its weekdays and its beginning: mo-fr-0800, and the next
// one mo-fr-0800-2.
func seriesID(list []SlotTemplate, t *SlotTemplate) string {
	name := weekdaySpan(t.Weekdays) + "-" + strings.Replace(t.From.String(), ":", "", 1)
	id := name
	for n := 2; seriesOf(list, id) >= 0; n++ {
		id = name + "-" + strconv.Itoa(n)
	}
	return id
}

// weekdaySpan is mo-fr for days in a row, else motuth.
func weekdaySpan(days []string) string {
	var at []int
	for _, d := range days {
		if day, ok := ParseWeekday(d); ok {
			at = append(at, (int(day)+6)%7)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	name := func(i int) string { return weekdays[(at[i]+1)%7] }
	switch last := len(at) - 1; {
	case last < 0:
		return "x"
	case last >= 2 && at[last]-at[0] == last:
		return name(0) + "-" + name(last)
	}
	var b strings.Builder
	for i := range at {
		b.WriteString(name(i))
	}
	return b.String()
}
