package booking

import (
	"iter"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// Times is the answer to a Search in a form that costs little however much is free:
// what is free is worked out day by day as somebody goes through it. It never changes.
type Times struct {
	Setup       *agenda.Setup
	From, To    agenda.Date
	Minutes     int       // the longest duration where calendars differ
	NextFree    time.Time // the first start after To; zero: none
	NextRelease time.Time // when the next date with templates enters the horizon; zero: none
	Why         string    // where no day has a slot
	Horizon     agenda.Date
	Calendars   []*agenda.Calendar // that were searched

	look *look
	rows []planned // by the calendar's id; from From on, or from today where that is later
}

// Time is one start that could be booked.
type Time struct {
	Unix    int64 // the start, in seconds
	Free    int   // seats free for the whole visit
	stretch int
	row     *planned
	at      *slots.Levels
}

func (r *planned) time(at *slots.Levels, s slots.Start) Time {
	return Time{int64(s.Tick) * r.seconds, s.Free, s.Stretch, r, at}
}

// Start is the instant, in the office's zone.
func (t Time) Start() time.Time { return time.Unix(t.Unix, 0).In(t.row.zone) }

// Calendar is where it is.
func (t Time) Calendar() *agenda.Calendar { return t.row.Calendar }

// Minutes is how long the visit takes there.
func (t Time) Minutes() int { return t.row.plan.Minutes }

// Modes are what the visit could be: the same for all times of a day in one calendar
// and Stretch.
func (t Time) Modes() []string { return t.at.Day.Modes(*t.row.plan, t.Stretch()) }

// Stretch is the working time of the calendar's day that the start lies in.
func (t Time) Stretch() int { return t.stretch }

// Slot is the time as a value of its own.
func (t Time) Slot() agenda.Slot {
	c := t.row.Calendar
	return agenda.Slot{Start: t.Start(), Calendar: c.ID, Site: c.Site, Minutes: t.Minutes(), Modes: t.Modes(), Free: t.Free}
}

// Days goes through the days of the search, each with its times in order: by start,
// then by the calendar's id. The times of a day are valid until the next day.
func (t *Times) Days() iter.Seq2[agenda.Date, []Time] {
	return func(yield func(agenda.Date, []Time) bool) {
		var times []Time
		for date := t.From; date <= t.To; date++ {
			times = t.AppendDay(times[:0], date)
			if !yield(date, times) {
				return
			}
		}
	}
}

// AppendDay appends the times of one day of the search, in order.
func (t *Times) AppendDay(list []Time, date agenda.Date) []Time {
	var few [96]slots.Start
	starts := few[:0]
	if len(t.rows) == 1 {
		row := &t.rows[0]
		if at := row.on(date); at != nil {
			for _, s := range at.Starts(row.ask, starts) {
				list = append(list, row.time(at, s))
			}
		}
		return list
	}
	// Each calendar's times are in order. How many begin in each minute says where the
	// first of them comes; that is far less work than to sort them.
	var places [longestDay]int32
	midnight, _ := agenda.At(date, 0, t.look.setup.Zone())
	begin, n := midnight.Unix(), int32(len(list))
	for i := range t.rows {
		row := &t.rows[i]
		if at := row.on(date); at != nil {
			starts = at.Starts(row.ask, starts[:0])
			for _, s := range starts {
				places[row.minute(s, begin)]++
			}
		}
	}
	for minute, here := range places {
		places[minute] = n
		n += here
	}
	list = slices.Grow(list, int(n)-len(list))[:n]
	for i := range t.rows {
		row := &t.rows[i]
		if at := row.on(date); at != nil {
			starts = at.Starts(row.ask, starts[:0])
			for _, s := range starts {
				place := &places[row.minute(s, begin)]
				list[*place] = row.time(at, s)
				*place++
			}
		}
	}
	return list
}

// minute of the day in which a start lies, counted from midnight.
func (r *planned) minute(s slots.Start, midnight int64) int {
	return min(max(0, int(int64(s.Tick)*r.seconds-midnight)/60), longestDay-1)
}

// longestDay is more minutes than any day of the clock has.
const longestDay = 27 * 60

// Same reports that two answers are the same: nothing in the days of either has changed
// since the other, nor has time. It costs far less than going through them, so that
// what was written of one can be used again.
func (t *Times) Same(o *Times) bool {
	return t.Setup == o.Setup && t.From == o.From && t.To == o.To && t.Why == o.Why && t.Horizon == o.Horizon &&
		t.NextFree.Equal(o.NextFree) && t.NextRelease.Equal(o.NextRelease) &&
		slices.EqualFunc(t.rows, o.rows, func(a, b planned) bool {
			return a.From == b.From && a.ask.Same(b.ask) && slices.Equal(a.Levels, b.Levels) // levels never change
		})
}

// Bytes is about how much memory the answer holds on to, besides what searches remember
// anyway.
func (t *Times) Bytes() int {
	const itself, perRow, perDay = 600, 500, 8
	days := 0
	for i := range t.rows {
		days += len(t.rows[i].Levels)
	}
	return itself + perRow*len(t.rows) + perDay*days
}

// on is the row on one day; nil outside of what was searched.
func (r *planned) on(date agenda.Date) *slots.Levels {
	if i := int(date - r.From); i >= 0 && i < len(r.Levels) {
		return r.Levels[i]
	}
	return nil
}

// Count is how many times there are on a day, and how many seats at all of them
// together, without going through them.
func (t *Times) Count(date agenda.Date) (starts, seats int) {
	for i := range t.rows {
		if at := t.rows[i].on(date); at != nil {
			n, free := at.Count(t.rows[i].ask)
			starts, seats = starts+n, seats+free
		}
	}
	return starts, seats
}

// Empty reports that no day has a time.
func (t *Times) Empty() bool {
	for date := t.From; date <= t.To; date++ {
		for i := range t.rows {
			if at := t.rows[i].on(date); at != nil {
				if _, ok := at.First(t.rows[i].ask); ok {
					return false
				}
			}
		}
	}
	return true
}

// why tells what kept an empty search from finding anything.
func (t *Times) why() string {
	why := WhyClosed
	for i := range t.rows {
		row := &t.rows[i]
		for _, at := range row.Levels {
			if _, ok := at.Day.Levels(slots.Use{}, t.look.q.By).First(row.ask); ok {
				return WhyFull
			}
			if at.Day.Open() {
				why = WhyWindow
			}
		}
	}
	return why
}

// found makes a value of every slot.
func (t *Times) found() Found {
	f := Found{Setup: t.Setup, Minutes: t.Minutes, NextFree: t.NextFree, NextRelease: t.NextRelease, Why: t.Why, Horizon: t.Horizon, Calendars: t.Calendars}
	f.Days = make([]DaySlots, 0, t.To-t.From+1)
	for date, times := range t.Days() {
		day := DaySlots{Date: date}
		if len(times) > 0 {
			day.Slots = make([]agenda.Slot, len(times))
		}
		for i := range times {
			day.Slots[i] = times[i].Slot()
		}
		f.Days = append(f.Days, day)
	}
	return f
}
