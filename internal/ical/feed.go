package ical

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	goical "github.com/emersion/go-ical"
)

// FeedInfo describes a feed as a whole.
type FeedInfo struct {
	Name    string         // as the calendar app shows it
	Zone    *time.Location // zone of the feed and of entries without one; nil or time.Local: UTC
	Refresh time.Duration  // how often an app should ask again; under a minute: one hour
}

// Feed gives a calendar to subscribe to. The bytes depend on nothing but the
// arguments, and not on the order of events: stamps are the times of the last
// change. Entries name no people, and carry an alarm only where Event.Remind asks for
// one; cancelled ones stay, marked and transparent. Without events the feed is valid
// and empty.
//
// An event that no calendar can hold (no UID, no length, a year beyond four
// digits) is left out; [Letter] refuses the same ones.
func Feed(f FeedInfo, events []Event) []byte {
	home := zoneOr(f.Zone, time.UTC)
	entries := make([]Event, 0, len(events))
	spans := Spans{}
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
		out = AppendEntry(out, e, home)
	}
	return append(out, Foot...)
}

// Foot ends a feed.
const Foot = "END:VCALENDAR\r\n"

// Spans are the times that a feed has entries of, by the name of their zone.
type Spans map[string]Span

// Span is one zone's.
type Span struct {
	Zone        *time.Location
	First, Last time.Time
}

func (s Spans) add(zone *time.Location, first, last time.Time) {
	x, ok := s[zone.String()]
	if !ok {
		x.Zone = zone
	}
	if x.First.IsZero() || first.Before(x.First) {
		x.First = first
	}
	if last.After(x.Last) {
		x.Last = last
	}
	s[zone.String()] = x
}

// AppendHead appends what a feed begins with: all before its entries. Each zone in use
// is described once, that of the feed always: a calendar without any component would be
// invalid.
func AppendHead(out []byte, f FeedInfo, in Spans) []byte {
	home := zoneOr(f.Zone, time.UTC)
	cal := calendar(Publish)
	setText(cal, goical.PropName, oneLine(f.Name, " "))
	setText(cal, "X-WR-CALNAME", oneLine(f.Name, " "))
	setText(cal, "X-WR-TIMEZONE", home.String())
	refresh := duration(f.Refresh)
	set(cal, "X-PUBLISHED-TTL", refresh)
	interval := goical.NewProp(goical.PropRefreshInterval)
	interval.Params.Set(goical.ParamValue, "DURATION") // has no default type
	interval.Value = refresh
	cal.Props.Set(interval)
	spans := Spans{home.String(): {Zone: home}}
	maps.Copy(spans, in)
	for _, name := range slices.Sorted(maps.Keys(spans)) {
		cal.Children = append(cal.Children, timezone(spans[name].Zone, spans[name].First, spans[name].Last))
	}
	head, err := encode(cal)
	if err != nil {
		// Every value above has been cleaned and every component is complete:
		// this is a fault in this package, not in the input.
		panic(fmt.Errorf("ical: feed cannot be encoded: %w", err))
	}
	return append(out, head[:len(head)-len(Foot)]...)
}

func order(a, b Event) int {
	return cmp.Or(
		a.Start.Compare(b.Start),
		strings.Compare(a.UID, b.UID),
		cmp.Compare(a.Sequence, b.Sequence),
		a.Changed.Compare(b.Changed),
		a.End.Compare(b.End),
		strings.Compare(a.Summary, b.Summary),
		strings.Compare(a.Description, b.Description),
		strings.Compare(a.Location, b.Location),
	)
}

// duration writes whole minutes; apps treat odd seconds badly.
func duration(d time.Duration) string {
	if d < time.Minute {
		d = time.Hour
	}
	if d%time.Hour == 0 {
		return fmt.Sprintf("PT%dH", d/time.Hour)
	}
	return fmt.Sprintf("PT%dM", d/time.Minute)
}

// ETag gives a strong entity tag, quotes included, over the bytes of a feed.
func ETag(feed []byte) string {
	sum := sha256.Sum256(feed)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
}
