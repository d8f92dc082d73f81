package ical

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anyText mixes what people write with what attackers write.
func anyText() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"Grüße", "ß", "é", "e\u0301", "👩‍👩‍👧", "🏳️‍🌈", "שלום", "\u202e", "\ufeff", "\U0010ffff",
			"\r\n", "\r", "\n", "\\", "\\n", "\\\\", ";", ",", ":", "\"", "'", "=", "^n", "%0d%0a", " ", "\t", "\r\n ",
			"\x00", "\x0b", "\x1c", "\x7f", "\u0085", "\u2028", "\xff", "\xe2\x82",
			"BEGIN:VALARM", "END:VEVENT", "END:VCALENDAR", "ATTACH:file:///", ";X=\"", "{{.Secret}}", "%s", "<b>",
		}),
		rapid.String(),
		rapid.StringMatching(`[\\;,a-z]{60,90}`),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
	})
}

func anyEvent(zones []*time.Location) *rapid.Generator[Event] {
	text := anyText()
	return rapid.Custom(func(t *rapid.T) Event {
		start := time.Unix(rapid.Int64Range(1577836800, 2240524800).Draw(t, "start"), 0).UTC()
		return Event{
			UID:         rapid.StringMatching(`[A-Z2-7]{26}`).Draw(t, "uid"),
			Sequence:    rapid.IntRange(0, 9).Draw(t, "sequence"),
			Start:       start,
			End:         start.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute),
			Zone:        rapid.SampledFrom(zones).Draw(t, "zone"),
			Summary:     text.Draw(t, "summary"),
			Description: text.Draw(t, "description"),
			Location:    text.Draw(t, "location"),
			Private:     rapid.Bool().Draw(t, "private"),
			Tentative:   rapid.Bool().Draw(t, "tentative"),
			Transparent: rapid.Bool().Draw(t, "transparent"),
			Changed:     start.Add(-time.Hour),
			Organizer:   Address{text.Draw(t, "organizer"), "amt@musterstadt.example"},
			Attendee:    Address{text.Draw(t, "attendee"), "wer@post.example"},
			Alarm:       rapid.Bool().Draw(t, "alarm"),
		}
	})
}

// readBack is what a reader must find in an event that was written.
func readBack(e Event) Event {
	e.Summary, e.Description, e.Location = oneLine(e.Summary, " "), clean(e.Description), oneLine(e.Location, ", ")
	e.Organizer.Name, e.Attendee.Name = param(e.Organizer.Name), param(e.Attendee.Name)
	return e
}

func same(a, b Event) bool {
	if !a.Start.Equal(b.Start) || !a.End.Equal(b.End) || !a.Changed.Equal(b.Changed) {
		return false
	}
	for _, e := range []*Event{&a, &b} { // the zone may be UTC in a repeated hour
		e.Start, e.End, e.Changed, e.Zone = time.Time{}, time.Time{}, time.Time{}, nil
	}
	return a == b
}

func someZones(t testing.TB) []*time.Location {
	var out []*time.Location
	for _, name := range hardZones {
		out = append(out, zone(t, name))
	}
	return out
}

func TestLetterSurvivesAnyTextG1G2(t *testing.T) {
	zones := someZones(t)
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent(zones).Draw(t, "event")
		data, err := Letter(Request, e, e.Changed)
		if err != nil {
			t.Fatal(err)
		}
		if fault := shape(data); fault != "" {
			t.Fatal(fault)
		}
		parts := tree(t, data)
		alarms := len(parts["VCALENDAR/VEVENT/VALARM"])
		if len(parts["VCALENDAR"][0].Children) != 2 || len(parts["VCALENDAR/VEVENT"][0].Children) != alarms || (alarms == 1) != e.Alarm {
			t.Fatalf("components were added or lost:\n%s", data)
		}
		cal, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := cal.Events[0], readBack(e); !same(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
		if got, err := foreignRead(data); err != nil || len(got) != 1 || !same(got[0], readBack(e)) {
			t.Fatalf("another reader: %v\ngot  %+v\nwant %+v", err, got, readBack(e))
		}
	})
}

func TestFeedIsStable(t *testing.T) {
	zones := someZones(t)
	rapid.Check(t, func(t *rapid.T) {
		info := FeedInfo{Name: anyText().Draw(t, "name"), Zone: rapid.SampledFrom(zones).Draw(t, "home")}
		events := rapid.SliceOfN(anyEvent(zones), 0, 6).Draw(t, "events")
		data := Feed(info, events)
		if fault := shape(data); fault != "" {
			t.Fatal(fault)
		}
		shuffled := slices.Clone(events)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if !bytes.Equal(Feed(info, shuffled), data) {
			t.Fatal("bytes depend on the order of events")
		}
		cal, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(cal.Events) != len(events) || cal.Name != oneLine(info.Name, " ") {
			t.Fatalf("got %d events of %d, name %q", len(cal.Events), len(events), cal.Name)
		}
		slices.SortFunc(events, order)
		for i, e := range events {
			e.Organizer, e.Attendee, e.Alarm = Address{}, Address{}, false
			if !same(cal.Events[i], readBack(e)) {
				t.Fatalf("got  %+v\nwant %+v", cal.Events[i], readBack(e))
			}
		}
	})
}
