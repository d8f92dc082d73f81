package ical

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// AppendEntry appends one entry of a feed: the bytes that go-ical would write for it, in
// a fraction of the time; nothing for an event that no calendar can hold. home is the
// zone of one without.
func AppendEntry(out []byte, e Event, home *time.Location) []byte {
	if e.complete() != nil {
		return out
	}
	e.Zone = zoneOr(e.Zone, zoneOr(home, time.UTC))
	s := newStencil(e)
	return s.append(out, Varying{UID: e.UID, Sequence: e.Sequence, Start: e.Start, End: e.End, Changed: e.Changed, Cancelled: e.Cancelled, Tentative: e.Tentative})
}

// Varying is what differs between two visits for the same thing at the same place.
type Varying struct {
	UID                  string
	Sequence             int
	Start, End, Changed  time.Time
	Cancelled, Tentative bool
	Mark                 string // stands in the description instead of the stencil's; as long as that, of capital letters, digits and hyphens
}

// Stencil writes entries that say the same but for what Varying holds. The zero value is
// none.
type Stencil struct {
	zone        *time.Location
	above       []byte // CLASS and DESCRIPTION
	marks       []int  // where the letters of the mark stand in above
	middle      []byte // GEO and LOCATION
	summary     []byte
	transparent bool
	alarm       []byte

	steady     bool      // the zone's offset from UTC is known
	offset     int64     // seconds,
	dawn, dusk time.Time // from here to there, and no clock shows a time twice

	visit, stamp clock // of the visit before
}

// NewStencil prepares entries like this event, whose description holds the mark just
// once; an empty mark is none. It reports false where that is not so, or where no entry
// like this can be written.
func NewStencil(e Event, home *time.Location, mark string) (s Stencil, ok bool) {
	e.Zone = zoneOr(e.Zone, zoneOr(home, time.UTC))
	if mark == "" {
		return newStencil(e), e.complete() == nil
	}
	elsewhere := strings.Contains(e.Summary, mark) || strings.Contains(e.Location, mark)
	behind := strings.Contains(printable(e.Description), `\`+mark) // turned round before some letters only
	if e.complete() != nil || !plainMark(mark) || elsewhere || behind || strings.Count(clean(e.Description), mark) != 1 {
		return s, false
	}
	s = newStencil(e)
	// Only the description is searched, without its folds.
	from := bytes.Index(s.above, []byte("DESCRIPTION:"))
	flat, at := []byte{}, []int{}
	for i := from; i < len(s.above); i++ {
		if bytes.HasPrefix(s.above[i:], []byte("\r\n ")) {
			i += 2
			continue
		}
		flat, at = append(flat, s.above[i]), append(at, i)
	}
	i := bytes.Index(flat, []byte(mark))
	if from < 0 || i < 0 || bytes.Count(flat, []byte(mark)) != 1 {
		return s, false
	}
	s.marks = at[i : i+len(mark)]
	return s, true
}

// plainMark reports whether a mark of these letters is written as it is, and folded
// wherever another of its length is.
func plainMark(mark string) bool {
	return strings.Trim(mark, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

func newStencil(e Event) (s Stencil) {
	s.zone, s.transparent = e.Zone, e.Transparent
	if e.Private {
		s.above = append(s.above, "CLASS:PRIVATE\r\n"...)
	}
	s.above = appendText(s.above, "DESCRIPTION", clean(e.Description))
	if e.Geo != nil && math.Abs(e.Geo.Lat) <= 90 && math.Abs(e.Geo.Lon) <= 180 {
		s.middle = appendLine(s.middle, fmt.Sprintf("GEO:%.6f;%.6f", e.Geo.Lat, e.Geo.Lon))
	}
	s.middle = appendText(s.middle, "LOCATION", oneLine(e.Location, ", "))
	s.summary = appendText(nil, "SUMMARY", oneLine(e.Summary, " "))
	if e.Remind > 0 {
		s.alarm = appendAlarm(nil, e)
	}
	return s
}

// Append appends the entry of a visit. It reports false, and appends nothing, where no
// calendar could hold it or the mark does not fit.
func (s *Stencil) Append(out []byte, v Varying) (_ []byte, ok bool) {
	e := Event{UID: v.UID, Sequence: v.Sequence, Start: v.Start, End: v.End}
	if len(s.marks) > 0 && (len(v.Mark) != len(s.marks) || !plainMark(v.Mark)) || e.complete() != nil {
		return out, false
	}
	return s.append(out, v), true
}

func (s *Stencil) append(out []byte, v Varying) []byte {
	out = append(out, "BEGIN:VEVENT\r\n"...)
	at := len(out)
	out = append(out, s.above...)
	for i, m := range s.marks {
		out[at+m] = v.Mark[i]
	}
	start, end, zoned := s.local(v.Start, v.End)
	out = s.appendTime(append(out, "DTEND"...), end, zoned)
	stamp := max(v.Changed.Unix(), 0) // below: not set, and some programs stumble over the year 1
	out = append(s.stamp.append(append(out, "DTSTAMP:"...), stamp), "Z\r\n"...)
	out = s.appendTime(append(out, "DTSTART"...), start, zoned)
	out = append(out, s.middle...)
	out = strconv.AppendInt(append(out, "SEQUENCE:"...), int64(v.Sequence), 10)
	switch {
	case v.Cancelled:
		out = append(out, "\r\nSTATUS:CANCELLED\r\n"...)
	case v.Tentative:
		out = append(out, "\r\nSTATUS:TENTATIVE\r\n"...)
	default:
		out = append(out, "\r\nSTATUS:CONFIRMED\r\n"...)
	}
	out = append(out, s.summary...)
	if s.transparent || v.Cancelled {
		out = append(out, "TRANSP:TRANSPARENT\r\n"...)
	} else {
		out = append(out, "TRANSP:OPAQUE\r\n"...)
	}
	if plainUID(v.UID) {
		out = append(append(append(out, "UID:"...), v.UID...), "\r\n"...)
	} else {
		out = appendText(out, "UID", oneLine(v.UID, ""))
	}
	if !v.Cancelled {
		out = append(out, s.alarm...)
	}
	return append(out, "END:VEVENT\r\n"...)
}

// local is a visit's beginning and end, in seconds since 1970 by the clock of the zone, or,
// where not zoned, of UTC: by the zone's they would be ambiguous (see addTimes). Most visits
// lie far from any change of clocks, as the one before did.
func (s *Stencil) local(start, end time.Time) (from, to int64, zoned bool) {
	never := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	if !s.steady || start.Before(s.dawn) || !end.Before(s.dusk) {
		begins, ends := start.In(s.zone).ZoneBounds()
		_, offset := start.In(s.zone).Zone()
		s.steady, s.offset, s.dawn, s.dusk = true, int64(offset), begins, never
		if !begins.IsZero() {
			s.dawn = begins.AddDate(0, 0, 1)
		}
		if !ends.IsZero() {
			s.dusk = ends.AddDate(0, 0, -1)
		}
	}
	from, to = start.Unix(), end.Unix()
	if !start.Before(s.dawn) && end.Before(s.dusk) {
		return from + s.offset, to + s.offset, true
	}
	start, end = start.In(s.zone), end.In(s.zone)
	if twice(start) || twice(end) {
		return from, to, false
	}
	_, first := start.Zone()
	_, last := end.Zone()
	return from + int64(first), to + int64(last), true
}

// plainUID reports an identifier that is written as it is, in one line.
func plainUID(uid string) bool {
	for i := range len(uid) {
		if c := uid[i]; c <= ' ' || c >= 0x7f || c == '\\' || c == ';' || c == ',' {
			return false
		}
	}
	return uid != "" && len("UID:")+len(uid) <= lineOctets
}

// appendTime appends what local gives, with the name of the zone.
func (s *Stencil) appendTime(out []byte, t int64, zoned bool) []byte {
	if !zoned {
		return append(s.visit.append(append(out, ':'), t), "Z\r\n"...)
	}
	out = append(append(append(out, ";TZID="...), s.zone.String()...), ':')
	return append(s.visit.append(out, t), "\r\n"...)
}

// clock writes what calendar and clock show, 20060102T150405, so many seconds after the
// beginning of 1970. It keeps the date: most visits have that of the one before.
type clock struct {
	day  int64
	date []byte
}

func (c *clock) append(out []byte, t int64) []byte {
	const aDay = 24 * 60 * 60
	if day := t / aDay; c.date == nil || day != c.day {
		c.day, c.date = day, time.Unix(day*aDay, 0).UTC().AppendFormat(c.date[:0], "20060102T")
	}
	two := func(out []byte, n int64) []byte { return append(out, byte('0'+n/10), byte('0'+n%10)) }
	t %= aDay
	return two(two(two(append(out, c.date...), t/3600), t/60%60), t%60)
}

// appendAlarm appends a display alarm so many minutes before the visit.
func appendAlarm(out []byte, e Event) []byte {
	text := oneLine(e.Summary, " ")
	if text == "" {
		text = "Termin" // a display alarm must have a text
	}
	out = append(out, "BEGIN:VALARM\r\nACTION:DISPLAY\r\n"...)
	out = appendText(out, "DESCRIPTION", text)
	return append(out, "TRIGGER:-PT"+strconv.Itoa(e.Remind)+"M\r\nEND:VALARM\r\n"...)
}

// appendText appends a cleaned text as a property, if there is any.
func appendText(out []byte, name, text string) []byte {
	if text == "" {
		return out
	}
	return appendLine(out, name+":"+escape(text))
}

func appendLine(out []byte, line string) []byte {
	if len(line) <= lineOctets {
		return append(append(out, line...), "\r\n"...)
	}
	b := bytes.NewBuffer(out)
	fold(b, line)
	return b.Bytes()
}
