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
// change. Entries name no people and carry no alarm; cancelled ones stay,
// marked and transparent. Without events the feed is valid and empty.
//
// An event that no calendar can hold (no UID, no length, a year beyond four
// digits) is left out; [Letter] refuses the same ones.
func Feed(f FeedInfo, events []Event) []byte {
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

	entries := make([]Event, 0, len(events))
	for _, e := range events {
		if e.complete() == nil {
			e.Zone = zoneOr(e.Zone, home)
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, order)
	cal.Children = timezones(home, entries)
	for _, e := range entries {
		cal.Children = append(cal.Children, e.entry(e.Changed))
	}
	out, err := encode(cal)
	if err != nil {
		// Every value above has been cleaned and every component is complete:
		// this is a fault in this package, not in the input.
		panic(fmt.Errorf("ical: feed cannot be encoded: %w", err))
	}
	return out
}

// timezones describes each zone in use once, home always: a calendar without
// any component would be invalid.
func timezones(home *time.Location, entries []Event) []*goical.Component {
	type span struct {
		zone        *time.Location
		first, last time.Time
	}
	spans := map[string]span{home.String(): {zone: home}}
	for _, e := range entries {
		s, ok := spans[e.Zone.String()]
		if !ok {
			s.zone = e.Zone
		}
		if s.first.IsZero() || e.Start.Before(s.first) {
			s.first = e.Start
		}
		if e.End.After(s.last) {
			s.last = e.End
		}
		spans[e.Zone.String()] = s
	}
	var out []*goical.Component
	for _, name := range slices.Sorted(maps.Keys(spans)) {
		out = append(out, timezone(spans[name].zone, spans[name].first, spans[name].last))
	}
	return out
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
