package ical

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	arran "github.com/arran4/golang-ical"

	"terminvergabe/internal/tooltest"
)

// foreignRead reads events with golang-ical, a reader that shares no code with
// this package.
func foreignRead(data []byte) ([]Event, error) {
	cal, err := arran.ParseCalendar(strings.NewReader(string(data)))
	if err != nil {
		return nil, err
	}
	var out []Event
	for _, v := range cal.Events() {
		e := Event{
			UID:         v.Id(),
			Summary:     foreignValue(v, arran.ComponentPropertySummary),
			Description: foreignValue(v, arran.ComponentPropertyDescription),
			Location:    foreignValue(v, arran.ComponentPropertyLocation),
			Private:     foreignValue(v, arran.ComponentPropertyClass) == "PRIVATE",
			Cancelled:   foreignValue(v, arran.ComponentPropertyStatus) == "CANCELLED",
			Tentative:   foreignValue(v, arran.ComponentPropertyStatus) == "TENTATIVE",
			Transparent: foreignValue(v, arran.ComponentPropertyTransp) == "TRANSPARENT",
			Organizer:   foreignPerson(v, arran.ComponentPropertyOrganizer),
			Attendee:    foreignPerson(v, arran.ComponentPropertyAttendee),
			Alarm:       len(v.Alarms()) > 0,
		}
		if _, err := fmt.Sscan(foreignValue(v, arran.ComponentPropertySequence), &e.Sequence); err != nil {
			return nil, err
		}
		if e.Start, err = v.GetStartAt(); err != nil {
			return nil, err
		}
		if e.End, err = v.GetEndAt(); err != nil {
			return nil, err
		}
		if e.Changed, err = v.GetDtStampTime(); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func foreignValue(v *arran.VEvent, name arran.ComponentProperty) string {
	if prop := v.GetProperty(name); prop != nil {
		return prop.Value
	}
	return ""
}

func foreignPerson(v *arran.VEvent, name arran.ComponentProperty) Address {
	prop := v.GetProperty(name)
	if prop == nil {
		return Address{}
	}
	return Address{strings.Join(prop.ICalParameters["CN"], ""), strings.TrimPrefix(prop.Value, "mailto:")}
}

// read is an entry as another program understood it.
type read struct {
	UID, Summary, Location, Description, Status string
	Start, End                                  string // RFC 3339, UTC
	Sequence, Alarms                            int
	Organizer, Attendee                         string
}

func TestPythonReadsTheSame(t *testing.T) {
	python := tooltest.Need(t, tooltest.Python, "-c", "import icalendar")
	for name, data := range samples(t) {
		cmd := exec.CommandContext(t.Context(), python, "testdata/read.py")
		cmd.Stdin = strings.NewReader(string(data))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		var got struct {
			Method string
			Parts  []string
			Events []read
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		cal, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if got.Method != string(cal.Method) || len(got.Parts) != len(cal.Zones)+len(cal.Events) || len(got.Events) != len(cal.Events) {
			t.Errorf("%s: got %s with %v", name, got.Method, got.Parts)
			continue
		}
		for i, e := range cal.Events {
			if want := asRead(e); got.Events[i] != want {
				t.Errorf("%s:\ngot  %+v\nwant %+v", name, got.Events[i], want)
			}
		}
	}
}

func asRead(e Event) read {
	r := read{
		UID: e.UID, Summary: e.Summary, Location: e.Location, Description: e.Description, Status: "CONFIRMED",
		Start: e.Start.UTC().Format(time.RFC3339), End: e.End.UTC().Format(time.RFC3339),
		Sequence: e.Sequence, Organizer: person(e.Organizer), Attendee: person(e.Attendee),
	}
	switch {
	case e.Cancelled:
		r.Status = "CANCELLED"
	case e.Tentative:
		r.Status = "TENTATIVE"
	}
	if e.Alarm {
		r.Alarms = 1
	}
	return r
}

func person(a Address) string {
	if a.Mail == "" {
		return ""
	}
	return a.Name + " mailto:" + a.Mail
}

func TestKhalShowsTheSame(t *testing.T) {
	khal := tooltest.Need(t, "/usr/bin/khal", "--version")
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, fmt.Appendf(nil, khalConfig, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	berlin := zone(t, "Europe/Berlin")
	for name, data := range samples(t) {
		cal, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".ics")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), khal, "-c", config, "printics", "--format", "=={uid}|{start} {end}|{title}", file)
		cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8", "XDG_DATA_HOME="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		var got, want []string
		for line := range strings.SplitSeq(string(out), "\n") {
			if entry, ok := strings.CutPrefix(line, "=="); ok {
				got = append(got, strings.TrimSpace(entry))
			}
		}
		for _, e := range cal.Events {
			const layout = "2006-01-02 15:04"
			want = append(want, strings.TrimSpace(fmt.Sprintf("%s|%s %s|%s", e.UID,
				e.Start.In(berlin).Format(layout), e.End.In(berlin).Format(layout), e.Summary)))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot\n%s\nwant\n%s\noutput\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"), out)
		}
	}
}

const khalConfig = `[calendars]
[[visits]]
path = %s
[locale]
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
timeformat = %%H:%%M
dateformat = %%Y-%%m-%%d
longdateformat = %%Y-%%m-%%d
datetimeformat = %%Y-%%m-%%d %%H:%%M
longdatetimeformat = %%Y-%%m-%%d %%H:%%M
`
