package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
)

// slotsJSON writes the days of an answer by appending: there can be thousands of
// slots in it, and reflection on each would cost more than finding them.
type slotsJSON struct {
	out  []byte
	zone *time.Location

	date   string // begin of every start of the day, "2026-07-07T"
	offset string // end of every start of the day, ":00+02:00"
	zero   int64  // unix time of the day's midnight; what the clock shows counts from here
	even   bool   // no clock change on the day
	slots  int    // of the day so far
	days   int

	tails map[*agenda.Calendar][]tail
}

// tail is what follows the start, up to the number of free seats: the same for most
// slots of a calendar.
type tail struct {
	minutes int
	modes   []string
	text    []byte
}

func (j *slotsJSON) beginDay(date agenda.Date) {
	midnight, _ := agenda.At(date, 0, j.zone)
	next, _ := agenda.At(date+1, 0, j.zone)
	_, seconds := midnight.Zone()
	j.even = next.Sub(midnight) == 24*time.Hour && seconds%60 == 0
	j.date, j.zero, j.slots = date.String()+"T", midnight.Unix(), 0
	j.offset = midnight.Format(":00Z07:00")
	if j.days > 0 {
		j.out = append(j.out, ',')
	}
	j.days++
	j.out = append(append(append(j.out, `{"date":"`...), j.date[:len(j.date)-1]...), `","slots":[`...)
}

func (j *slotsJSON) endDay() { j.out = append(j.out, "]}"...) }

// slot writes a start, in seconds since the epoch, on the day that was begun.
func (j *slotsJSON) slot(start int64, c *agenda.Calendar, minutes int, modes []string, free int) {
	if j.slots > 0 {
		j.out = append(j.out, ',')
	}
	j.slots++
	j.out = append(j.out, `{"start":"`...)
	if minute := int(start-j.zero) / 60; j.even && start%60 == 0 && minute >= 0 && minute < 24*60 {
		h, m := minute/60, minute%60
		j.out = append(append(j.out, j.date...), byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10))
		j.out = append(j.out, j.offset...)
	} else {
		j.out = time.Unix(start, 0).In(j.zone).AppendFormat(j.out, time.RFC3339)
	}
	j.out = append(j.out, j.tail(c, minutes, modes)...)
	j.out = append(strconv.AppendInt(j.out, int64(free), 10), '}')
}

func (j *slotsJSON) tail(c *agenda.Calendar, minutes int, modes []string) []byte {
	for _, t := range j.tails[c] {
		if t.minutes == minutes && slices.Equal(t.modes, modes) {
			return t.text
		}
	}
	text := fmt.Appendf(nil, `","calendar":%s,"site":%s,"durationMinutes":%d,"modes":%s,"free":`, quoted(c.ID), quoted(c.Site), minutes, quoted(modes))
	j.tails[c] = append(j.tails[c], tail{minutes, modes, text})
	return text
}

func quoted(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("api: a text that cannot be written: " + err.Error()) // texts always can
	}
	return b
}
