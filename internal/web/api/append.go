package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
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

	tails map[spot][]byte // of the day
}

// spot is where the times of a day differ in nothing but their start and free seats.
type spot struct {
	calendar *agenda.Calendar
	stretch  int
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
	clear(j.tails)
	j.out = append(append(append(j.out, `{"date":"`...), j.date[:len(j.date)-1]...), `","slots":[`...)
}

func (j *slotsJSON) endDay() { j.out = append(j.out, "]}"...) }

// slot writes a time of the day that was begun.
func (j *slotsJSON) slot(t *booking.Time) {
	if j.slots > 0 {
		j.out = append(j.out, ',')
	}
	j.slots++
	j.out = append(j.out, `{"start":"`...)
	j.start(t.Unix)
	j.out = append(j.out, j.tail(t)...)
	j.out = append(strconv.AppendInt(j.out, int64(t.Free), 10), '}')
}

func (j *slotsJSON) start(unix int64) {
	minute := int(unix-j.zero) / 60
	if !j.even || unix%60 != 0 || minute < 0 || minute >= 24*60 {
		j.out = time.Unix(unix, 0).In(j.zone).AppendFormat(j.out, time.RFC3339)
		return
	}
	h, m := minute/60, minute%60
	j.out = append(append(j.out, j.date...), byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10))
	j.out = append(j.out, j.offset...)
}

// tail is what follows the start, up to the number of free seats.
func (j *slotsJSON) tail(t *booking.Time) []byte {
	c := t.Calendar()
	at := spot{c, t.Stretch()}
	text, ok := j.tails[at]
	if !ok {
		text = fmt.Appendf(nil, `","calendar":%s,"site":%s,"durationMinutes":%d,"modes":%s,"free":`, quoted(c.ID), quoted(c.Site), t.Minutes(), quoted(t.Modes()))
		j.tails[at] = text
	}
	return text
}

func quoted(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("api: a text that cannot be written: " + err.Error()) // texts always can
	}
	return b
}
