package ical

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goical "github.com/emersion/go-ical"
	"pgregory.net/rapid"
)

// feedByTree is Feed as go-ical writes it, component by component.
func feedByTree(t *rapid.T, f FeedInfo, events []Event) []byte {
	home := zoneOr(f.Zone, time.UTC)
	spans := Spans{}
	var entries []Event
	for _, e := range events {
		if e.complete() == nil {
			e.Zone = zoneOr(e.Zone, home)
			spans.add(e.Zone, e.Start, e.End)
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, order)
	out := AppendHead(nil, f, spans)
	for _, e := range entries {
		c := e.entry(e.Changed)
		if e.Remind > 0 && !e.Cancelled {
			a := e.alarm()
			set(a, goical.PropTrigger, "-PT"+strconv.Itoa(e.Remind)+"M")
			c.Children = append(c.Children, a)
		}
		cal := calendar(Publish)
		cal.Children = []*goical.Component{c}
		whole, err := encode(cal)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, whole[bytes.Index(whole, []byte("BEGIN:VEVENT")):len(whole)-len(Foot)]...)
	}
	return append(out, Foot...)
}

// What is written without go-ical's tree is what the tree would give, byte for byte.
func TestEntriesAreWrittenAsByTheTree(t *testing.T) {
	zones := someZones(t)
	rapid.Check(t, func(t *rapid.T) {
		f := FeedInfo{Name: "Amt", Zone: rapid.SampledFrom(zones).Draw(t, "home")}
		events := rapid.SliceOfN(anyEvent(zones), 0, 6).Draw(t, "events")
		for i := range events {
			e := &events[i]
			e.Cancelled = rapid.Bool().Draw(t, "cancelled")
			e.Remind = rapid.SampledFrom([]int{0, 0, 15, 1440}).Draw(t, "remind")
			if rapid.Bool().Draw(t, "placed") {
				e.Geo = &Geo{Lat: rapid.Float64Range(-91, 91).Draw(t, "lat"), Lon: rapid.Float64Range(-181, 181).Draw(t, "lon")}
			}
			if rapid.Bool().Draw(t, "hour") { // the hour that comes twice, and the one that never does
				e.Start = time.Date(2026, 10, 25, 0, rapid.IntRange(0, 119).Draw(t, "minute"), 0, 0, time.UTC)
				e.End = e.Start.Add(20 * time.Minute)
			}
		}
		if got, want := Feed(f, events), feedByTree(t, f, events); !bytes.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// A stencil writes what the whole event would give, for every visit and every mark.
func TestStencilsWriteTheSame(t *testing.T) {
	zones := someZones(t)
	const mark = "AAAA-BBBB"
	used := 0
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent(zones).Draw(t, "event")
		e.Remind = rapid.SampledFrom([]int{0, 60}).Draw(t, "remind")
		before, after, mark := e.Description, anyText().Draw(t, "after"), mark
		if rapid.Bool().Draw(t, "markless") {
			mark = ""
		}
		e.Description = before + mark + after
		s, ok := NewStencil(e, e.Zone, mark)
		if !ok {
			return
		}
		used++
		v := Varying{UID: rapid.StringMatching(`[A-Z2-7]{26}`).Draw(t, "uid"), Sequence: rapid.IntRange(0, 99).Draw(t, "sequence"),
			Start: e.Start.AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "days")), Changed: e.Changed.Add(time.Hour),
			Cancelled: rapid.Bool().Draw(t, "cancelled"), Tentative: rapid.Bool().Draw(t, "tentative"), Mark: rapid.StringMatching(`[2-9A-Z]{4}-[2-9A-Z]{4}`).Draw(t, "mark")}
		v.End = v.Start.Add(15 * time.Minute)
		if mark == "" {
			v.Mark = ""
		}
		e.UID, e.Sequence, e.Start, e.End, e.Changed, e.Cancelled, e.Tentative = v.UID, v.Sequence, v.Start, v.End, v.Changed, v.Cancelled, v.Tentative
		e.Description = before + v.Mark + after
		got, ok := s.Append([]byte("before"), v)
		if want := AppendEntry([]byte("before"), e, nil); !ok || !bytes.Equal(got, want) {
			t.Fatalf("%v: got\n%s\nwant\n%s", ok, got, want)
		}
	})
	if used < 20 {
		t.Errorf("only %d stencils were tried", used)
	}
}

func TestStencilsRefuse(t *testing.T) {
	e := visit(t)
	for name, change := range map[string]func(*Event, *string){
		"no mark in it":                 func(_ *Event, mark *string) { *mark = "ZZZZ-0000" },
		"the mark twice":                func(e *Event, mark *string) { e.Description += *mark },
		"a mark in the title":           func(e *Event, mark *string) { e.Summary += *mark },
		"a mark to escape":              func(e *Event, mark *string) { *mark = "a;b"; e.Description = "a;b" },
		"a mark behind a backslash":     func(e *Event, mark *string) { e.Description = `\` + *mark },
		"a control character before it": func(e *Event, mark *string) { e.Description = "\\\x01" + *mark },
		"no length":                     func(e *Event, _ *string) { e.End = e.Start },
	} {
		e, mark := e, "AAAA-BBBB"
		e.Description = "Vorgang " + mark
		change(&e, &mark)
		if _, ok := NewStencil(e, e.Zone, mark); ok {
			t.Errorf("%s: got a stencil", name)
		}
	}
	e.Description = "AAAA-BBBB"
	s, ok := NewStencil(e, e.Zone, e.Description)
	if !ok {
		t.Fatal("no stencil")
	}
	for _, v := range []Varying{{}, {UID: "u", Start: e.Start, End: e.End, Mark: "A"}, {UID: "u", Start: e.Start, End: e.End, Mark: "aaaa\\bbbb"}, {UID: "u", Start: e.Start, End: e.Start, Mark: "CCCC-DDDD"}} {
		if out, ok := s.Append([]byte("x"), v); ok || string(out) != "x" {
			t.Errorf("%+v: got %q, %v", v, out, ok)
		}
	}
	if strings.Contains(string(AppendEntry(nil, e, nil)), "VALARM") {
		t.Error("an alarm that nobody asked for")
	}
}
