package ical

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"terminvergabe/internal/tooltest"
)

// step is one letter of a visit's life, and what a calendar holds after it.
type step struct {
	what   string
	method Method
	event  Event
	gone   bool // nothing is left; else one entry, as the event
}

// life is booked, reminded (the same entry), moved, and called off.
func life(t *testing.T) []step {
	first := visit(t)
	first.UID, first.Sequence, first.Alarm = "LIFE", 0, false
	first.Attendee.Mail = "j.ueberall@post.example"
	moved := first
	moved.Sequence, moved.Start, moved.End = 1, first.Start.AddDate(0, 0, 1), first.End.AddDate(0, 0, 1)
	off := moved
	off.Sequence = 2
	return []step{
		{"booked", Request, first, false},
		{"reminded", Request, first, false},
		{"moved", Request, moved, false},
		{"called off", Cancel, off, true},
	}
}

func (s step) kept() []kept {
	if s.gone {
		return nil
	}
	r := asRead(s.event)
	return []kept{{UID: r.UID, Start: r.Start, End: r.End, Summary: r.Summary, Status: r.Status, Sequence: r.Sequence}}
}

// TestALifeLeavesOneEntryOrNoneG7 plays the letters of a visit into programs that keep
// calendars, as their owners would, and the feed into one that subscribes.
func TestALifeLeavesOneEntryOrNoneG7(t *testing.T) {
	steps, folder := life(t), t.TempDir()
	for i, s := range steps {
		data, err := Letter(s.method, s.event, sent.Add(time.Duration(i)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.ics", i)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, run := range map[string]func(t *testing.T) [][]kept{
		"evolution-data-server": func(t *testing.T) [][]kept {
			return output[[][]kept](t, t.TempDir(), tooltest.Need(t, "dbus-run-session", "--version"), "--", tooltest.Need(t, tooltest.Python, "-c", probeEDS), "testdata/readers/eds_cycle.py", folder)
		},
		"thunderbird": func(t *testing.T) [][]kept {
			tooltest.Need(t, "thunderbird", "--version")
			return output[[][]kept](t, t.TempDir(), tooltest.Need(t, tooltest.Python, "--version"), "testdata/readers/thunderbird_cycle.py", folder)
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t)
			if len(got) != len(steps) {
				t.Fatalf("got %d states, want %d", len(got), len(steps))
			}
			for i, s := range steps {
				agreeOn(t, s.what, got[i], s.kept())
			}
		})
	}
	t.Run("vdirsyncer", func(t *testing.T) { subscribed(t, steps) })
}

// subscribed reads the feed after each step. A visit that was called off stays in it,
// marked, and then leaves it.
func subscribed(t *testing.T, steps []step) {
	t.Helper()
	var feed []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(feed) }))
	defer server.Close()
	s := newSyncer(t, server.URL)
	other := steps[0].event // a feed of nothing would be taken for a mistake
	other.UID, other.Summary = "OTHER", "Another"
	for i := range len(steps) + 1 {
		events, want := []Event{other}, 1
		if i < len(steps) {
			e := steps[i].event
			e.Cancelled = steps[i].gone
			events, want = append(events, e), 2
		}
		feed = Feed(FeedInfo{Name: "Ein Leben", Zone: zone(t, "Europe/Berlin")}, events)
		s.sync(t)
		got := parsed(t, s.out)
		if len(got) != want {
			t.Fatalf("after step %d: got %+v", i, got)
		}
		for _, k := range got {
			if k.Summary == other.Summary {
				continue
			}
			if r := asRead(events[1]); k.Start != r.Start || k.Sequence != r.Sequence || k.Status != r.Status {
				t.Errorf("after step %d: got %+v, want %+v", i, k, r)
			}
		}
	}
}
