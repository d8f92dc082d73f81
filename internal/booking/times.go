package booking

import (
	"cmp"
	"iter"
	"slices"
	"strings"
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
	rows []planned // from From on, or from today where that is later
}

// Time is one start that could be booked.
type Time struct {
	Unix  int64 // the start, in seconds
	Free  int   // seats free for the whole visit
	row   *planned
	at    *slots.Levels
	start slots.Start
}

// Start is the instant, in the office's zone.
func (t Time) Start() time.Time { return time.Unix(t.Unix, 0).In(t.row.zone) }

// Calendar is where it is.
func (t Time) Calendar() *agenda.Calendar { return t.row.plan.Calendar }

// Minutes is how long the visit takes there.
func (t Time) Minutes() int { return t.row.plan.Minutes }

// Modes are what the visit could be. Stretch tells times of a day and calendar apart
// that may differ in that.
func (t Time) Modes() []string { return t.at.Day.Modes(*t.row.plan, t.start.Stretch) }

// Stretch is the working time of the day that the start lies in: within one, and one
// calendar and day, Modes is the same.
func (t Time) Stretch() int { return t.start.Stretch }

// Slot is the time as a value of its own.
func (t Time) Slot() agenda.Slot { return t.row.slot(t.at, t.start) }

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
	before := len(list)
	var few [96]slots.Start
	starts := few[:0]
	for i := range t.rows {
		row := &t.rows[i]
		at := row.on(date)
		if at == nil {
			continue
		}
		starts = at.Starts(row.ask, starts[:0])
		seconds := int64(row.Calendar.TickMinutes) * 60
		for _, s := range starts {
			list = append(list, Time{Unix: int64(s.Tick) * seconds, Free: s.Free, row: row, at: at, start: s})
		}
	}
	if len(t.rows) > 1 {
		slices.SortStableFunc(list[before:], func(a, b Time) int {
			return cmp.Or(cmp.Compare(a.Unix, b.Unix), strings.Compare(a.row.Calendar.ID, b.row.Calendar.ID))
		})
	}
	return list
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
