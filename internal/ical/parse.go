package ical

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	goical "github.com/emersion/go-ical"
)

// Limits of [Parse]. The library underneath is quadratic in the length of
// parameters and recurses with the nesting.
const (
	MaxSize   = 2 << 20 // bytes of a calendar
	maxHead   = 1 << 10 // bytes of a line before its value
	maxNested = 6
)

// What Parse refuses.
var (
	ErrTooBig    = errors.New("calendar exceeds a limit")
	ErrMalformed = errors.New("not a calendar")
	ErrTime      = errors.New("time without a zone known here")
)

// Calendar is what was read. An event's Changed is its DTSTAMP.
type Calendar struct {
	Product  string
	Method   Method
	Name     string
	TimeZone string        // X-WR-TIMEZONE
	Refresh  time.Duration // zero where not given
	Zones    []string      // TZID of each VTIMEZONE
	Events   []Event
}

// Parse reads one calendar under limits, as this package writes them: times
// need a zone of the zone database or UTC; floating times and whole days are
// refused rather than guessed. Errors: ErrTooBig, ErrMalformed, ErrTime.
func Parse(data []byte) (*Calendar, error) {
	root, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("ical: parse: %w", err)
	}
	cal := &Calendar{
		Product:  text(root, goical.PropProductID),
		Method:   Method(strings.ToUpper(text(root, goical.PropMethod))),
		Name:     text(root, goical.PropName),
		TimeZone: text(root, "X-WR-TIMEZONE"),
	}
	if prop := root.Props.Get(goical.PropRefreshInterval); prop != nil {
		if cal.Refresh, err = prop.Duration(); err != nil {
			return nil, fmt.Errorf("ical: parse: refresh interval: %w", ErrMalformed)
		}
	}
	for _, child := range root.Children {
		switch child.Name {
		case goical.CompTimezone:
			cal.Zones = append(cal.Zones, text(child, goical.PropTimezoneID))
		case goical.CompEvent:
			e, err := event(child)
			if err != nil {
				return nil, fmt.Errorf("ical: parse: event %q: %w", text(child, goical.PropUID), err)
			}
			cal.Events = append(cal.Events, e)
		}
	}
	return cal, nil
}

// decode gives go-ical only what it can bear, and survives its panics.
func decode(data []byte) (root *goical.Component, err error) {
	lines, err := contentLines(data)
	if err != nil {
		return nil, err
	}
	defer func() {
		if fault := recover(); fault != nil {
			root, err = nil, fmt.Errorf("decoder gave up: %w", ErrMalformed)
		}
	}()
	cal, err := goical.NewDecoder(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n")).Decode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return cal.Component, nil
}

// contentLines unfolds and checks sizes, nesting, and that nothing follows.
func contentLines(data []byte) ([]string, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%d bytes: %w", len(data), ErrTooBig)
	}
	unfolded := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(string(data))
	var lines []string
	depth := 0
	for line := range strings.SplitSeq(unfolded, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		if len(lines) > 0 && depth == 0 {
			return nil, fmt.Errorf("something follows its end: %w", ErrMalformed)
		}
		if headLength(line) > maxHead {
			return nil, fmt.Errorf("parameters: %w", ErrTooBig)
		}
		switch name := line[:max(0, strings.IndexAny(line, ";:"))]; {
		case strings.EqualFold(name, "BEGIN"):
			depth++
		case strings.EqualFold(name, "END"):
			depth--
		}
		if depth > maxNested {
			return nil, fmt.Errorf("nesting: %w", ErrTooBig)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// headLength counts the bytes before the colon that begins the value.
func headLength(line string) int {
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ':' && !quoted:
			return i
		}
	}
	return len(line)
}

func text(c *goical.Component, name string) string {
	if prop := c.Props.Get(name); prop != nil {
		return unescape(prop.Value)
	}
	return ""
}

func event(c *goical.Component) (e Event, err error) {
	e = Event{
		UID:         text(c, goical.PropUID),
		Summary:     text(c, goical.PropSummary),
		Description: text(c, goical.PropDescription),
		Location:    text(c, goical.PropLocation),
		Private:     strings.EqualFold(text(c, goical.PropClass), "PRIVATE"),
		Cancelled:   strings.EqualFold(text(c, goical.PropStatus), "CANCELLED"),
		Tentative:   strings.EqualFold(text(c, goical.PropStatus), "TENTATIVE"),
		Transparent: strings.EqualFold(text(c, goical.PropTransparency), "TRANSPARENT"),
		Organizer:   address(c, goical.PropOrganizer),
		Attendee:    address(c, goical.PropAttendee),
	}
	if s := text(c, goical.PropSequence); s != "" {
		if e.Sequence, err = strconv.Atoi(s); err != nil {
			return e, fmt.Errorf("sequence: %w", ErrMalformed)
		}
	}
	if e.Start, e.Zone, err = instant(c, goical.PropDateTimeStart); err != nil {
		return e, err
	}
	if e.End, _, err = instant(c, goical.PropDateTimeEnd); err != nil {
		return e, err
	}
	if e.Changed, _, err = instant(c, goical.PropDateTimeStamp); err != nil {
		return e, err
	}
	if e.Geo, err = position(c); err != nil {
		return e, err
	}
	for _, child := range c.Children {
		e.Alarm = e.Alarm || child.Name == goical.CompAlarm
	}
	return e, nil
}

func address(c *goical.Component, name string) Address {
	prop := c.Props.Get(name)
	if prop == nil {
		return Address{}
	}
	return Address{Name: prop.Params.Get(goical.ParamCommonName), Mail: mailOf(prop.Value)}
}

// instant reads a time and the zone it is written in.
func instant(c *goical.Component, name string) (time.Time, *time.Location, error) {
	prop := c.Props.Get(name)
	if prop == nil {
		return time.Time{}, nil, fmt.Errorf("no %s: %w", name, ErrMalformed)
	}
	if t, err := time.Parse(utcTime, prop.Value); err == nil {
		return t, time.UTC, nil
	}
	tzid := prop.Params.Get(goical.ParamTimezoneID)
	if !portable(tzid) {
		return time.Time{}, nil, fmt.Errorf("%s: zone %q: %w", name, tzid, ErrTime)
	}
	zone, err := time.LoadLocation(tzid)
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("%s: zone %q: %w", name, tzid, ErrTime)
	}
	t, err := time.ParseInLocation(wallTime, prop.Value, zone)
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("%s: %q: %w", name, prop.Value, ErrMalformed)
	}
	return t.Add(-repeated(t)), zone, nil
}

func position(c *goical.Component) (*Geo, error) {
	prop := c.Props.Get(goical.PropGeo)
	if prop == nil {
		return nil, nil
	}
	lat, lon, _ := strings.Cut(prop.Value, ";")
	var g Geo
	var err1, err2 error
	g.Lat, err1 = strconv.ParseFloat(lat, 64)
	g.Lon, err2 = strconv.ParseFloat(lon, 64)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("position: %w", ErrMalformed)
	}
	return &g, nil
}
