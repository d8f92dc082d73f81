package ical

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/tooltest"
)

// kept is an entry as another program has read it.
type kept struct {
	UID, Start, End, Summary, Status string
	Sequence, Alarms                 int
}

// shelf is what a program has read of a folder: its feed and its letters.
type shelf struct{ Feed, Letters []kept }

// TestAThousandVisitsReadTheSameG1G2 plays random visits, hostile texts and both nights of
// the clock change among them, to programs that share no code with us.
func TestAThousandVisitsReadTheSameG1G2(t *testing.T) {
	folder := t.TempDir()
	events := randomVisits(t, 1000)
	want := writeShelf(t, folder, events)
	t.Run("python3-icalendar", func(t *testing.T) {
		agree(t, run(t, folder, tooltest.Need(t, tooltest.Python, "-c", "import icalendar"), "testdata/readers/python.py", folder), want)
	})
	t.Run("libical", func(t *testing.T) {
		program := filepath.Join(t.TempDir(), "libical")
		compile := exec.CommandContext(t.Context(), tooltest.Need(t, "gcc", "-include", "libical/ical.h", "-E", "-x", "c", "/dev/null"), "-o", program, "testdata/readers/libical.c", "-lical")
		if out, err := compile.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		agree(t, run(t, folder, program, folder), want)
	})
	t.Run("khal", func(t *testing.T) { khalAgrees(t, folder, want) })
	t.Run("vdirsyncer", func(t *testing.T) { vdirsyncerAgrees(t, folder, want) })
	t.Run("ical.js", func(t *testing.T) {
		agree(t, run(t, folder, tooltest.Need(t, "node", "--version"), "testdata/readers/icaljs.mjs", folder, modules(t)), want)
	})
	t.Run("node-ical", func(t *testing.T) {
		agree(t, run(t, folder, tooltest.Need(t, "node", "--version"), "testdata/readers/nodeical.cjs", folder, modules(t)), want)
	})
	t.Run("evolution-data-server", func(t *testing.T) {
		agree(t, run(t, folder, tooltest.Need(t, "dbus-run-session", "--version"), "--", tooltest.Need(t, tooltest.Python, "-c", probeEDS), "testdata/readers/eds.py", folder, strconv.Itoa(some)), want.first(some).standing())
	})
	t.Run("thunderbird", func(t *testing.T) {
		tooltest.Need(t, "thunderbird", "--version")
		agree(t, run(t, folder, tooltest.Need(t, tooltest.Python, "--version"), "testdata/readers/thunderbird.py", folder), want.silent())
	})
}

// some is how many visits a program gets whose single steps take long; it reads the feed of
// all of them as well.
const some = 200

const probeEDS = `import gi; gi.require_version("ECal", "2.0")`

// modules gives the folder in which .ci/tools keeps the readers from npm.
func modules(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lock, err := os.ReadFile("testdata/readers/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "terminvergabe", fmt.Sprintf("readers-%x", sha256.Sum256(lock))[:len("readers-")+12])
	tooltest.Need(t, "test", "-d", filepath.Join(dir, "node_modules", "node-ical"))
	return dir
}

// khalAgrees prints the feed with khal, and imports some of it, since khal prints no
// sequence but writes it.
func khalAgrees(t *testing.T, folder string, want shelf) {
	t.Helper()
	dir := t.TempDir()
	khal := func(args ...string) string {
		config := filepath.Join(dir, "config")
		if err := os.WriteFile(config, fmt.Appendf(nil, khalConfig, dir), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), tooltest.Need(t, "/usr/bin/khal", "--version"), append([]string{"-c", config}, args...)...)
		cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8", "XDG_DATA_HOME="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	var got []kept
	berlin := zone(t, "Europe/Berlin")
	for line := range strings.SplitSeq(khal("printics", "--format", "=={uid}|{start}|{end}|{status}|{title}", filepath.Join(folder, "feed.ics")), "\n") {
		entry, ok := strings.CutPrefix(line, "==")
		if part := strings.SplitN(entry, "|", 5); ok && len(part) == 5 {
			got = append(got, kept{UID: part[0], Start: part[1], End: part[2], Status: strings.TrimSpace(part[3]), Summary: part[4]})
		}
	}
	printed := slices.Clone(want.Feed)
	for i := range printed {
		printed[i].Sequence = 0
		printed[i].Start, printed[i].End = wall(t, printed[i].Start, berlin), wall(t, printed[i].End, berlin)
	}
	agreeOn(t, "feed", got, printed)
	khal("import", "--batch", filepath.Join(folder, "some.ics"))
	agreeOn(t, "imported", parsed(t, dir), want.Feed[:some])
}

// wall is how khal prints an instant.
func wall(t *testing.T, instant string, in *time.Location) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		t.Fatal(err)
	}
	return at.In(in).Format("2006-01-02 15:04")
}

// parsed reads what a program has written, one file for each entry.
func parsed(t *testing.T, dir string) (list []kept) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.ics"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cal, err := Parse(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		for _, e := range cal.Events {
			r := asRead(e)
			list = append(list, kept{UID: r.UID, Start: r.Start, End: r.End, Summary: r.Summary, Status: r.Status, Sequence: r.Sequence})
		}
	}
	return list
}

// vdirsyncerAgrees subscribes to the feed. vdirsyncer names the entries of a
// subscription anew, by their content: everything else has to be the same.
func vdirsyncerAgrees(t *testing.T, folder string, want shelf) {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()
	s := newSyncer(t, server.URL+"/feed.ics")
	s.sync(t)
	got, unnamed := parsed(t, s.out), slices.Clone(want.Feed)
	for _, list := range [][]kept{got, unnamed} {
		for i := range list {
			list[i].UID = fmt.Sprint(list[i].Start, list[i].Summary, list[i].End, list[i].Sequence)
		}
	}
	agreeOn(t, "subscribed", got, unnamed)
}

// syncer is vdirsyncer with one subscription, kept as a folder.
type syncer struct{ program, home, out string }

func newSyncer(t *testing.T, feed string) syncer {
	t.Helper()
	s := syncer{program: tooltest.Need(t, "vdirsyncer", "--version"), home: t.TempDir()}
	s.out = filepath.Join(s.home, "out")
	config := fmt.Sprintf(vdirsyncerConfig, s.home, feed, s.out)
	if err := os.WriteFile(filepath.Join(s.home, "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.out, 0o700); err != nil {
		t.Fatal(err)
	}
	s.run(t, "discover")
	return s
}

func (s syncer) sync(t *testing.T) { t.Helper(); s.run(t, "sync", "--force-delete") }

func (s syncer) run(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.program, append([]string{"-c", filepath.Join(s.home, "config")}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+s.home, "LC_ALL=C.UTF-8", "NO_PROXY=127.0.0.1")
	cmd.Stdin = strings.NewReader(strings.Repeat("y\n", 9))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

const vdirsyncerConfig = `[general]
status_path = "%s/status/"
[pair book]
a = "web"
b = "disk"
collections = null
conflict_resolution = "a wins"
[storage web]
type = "http"
url = "%s"
[storage disk]
type = "filesystem"
path = "%s"
fileext = ".ics"
`

// run gives what a program has read. It has a home of its own.
func run(t *testing.T, home, program string, args ...string) shelf {
	t.Helper()
	return output[shelf](t, home, program, args...)
}

// output gives what a program has printed as JSON.
func output[T any](t *testing.T, home, program string, args ...string) (got T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home+"/data", "XDG_CONFIG_HOME="+home+"/config", "XDG_CACHE_HOME="+home+"/cache", "TZ=Asia/Tokyo", "LC_ALL=C.UTF-8")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &got)
	}
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, stderr.String())
	}
	return got
}

func agree(t *testing.T, got, want shelf) {
	t.Helper()
	agreeOn(t, "feed", got.Feed, want.Feed)
	agreeOn(t, "letters", got.Letters, want.Letters)
}

func agreeOn(t *testing.T, what string, got, want []kept) {
	t.Helper()
	byUID := func(a, b kept) int { return cmp.Compare(a.UID, b.UID) }
	got, want = slices.SortedFunc(slices.Values(got), byUID), slices.SortedFunc(slices.Values(want), byUID)
	if len(got) != len(want) {
		t.Errorf("%s: got %d entries, want %d", what, len(got), len(want))
		return
	}
	wrong := 0
	for i := range want {
		if got[i] == want[i] {
			continue
		}
		if wrong++; wrong <= 3 {
			t.Errorf("%s:\ngot  %q\nwant %q", what, fmt.Sprintf("%+v", got[i]), fmt.Sprintf("%+v", want[i]))
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d of %d read differently", what, wrong, len(want))
	}
}

// writeShelf writes the visits as a feed and as letters, and says what has to be read.
func writeShelf(t *testing.T, folder string, events []Event) (want shelf) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(folder, "letters"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, events := range map[string][]Event{"feed.ics": events, "some.ics": events[:some]} {
		feed := Feed(FeedInfo{Name: "Tausend", Zone: zone(t, "Europe/Berlin")}, events)
		if err := os.WriteFile(filepath.Join(folder, name), feed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range events {
		method := Request
		if e.Cancelled {
			method = Cancel
		}
		data, err := Letter(method, e, sent)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "letters", fmt.Sprintf("%04d.ics", i)), data, 0o600); err != nil {
			t.Fatal(err)
		}
		r := asRead(e)
		k := kept{UID: e.UID, Start: r.Start, End: r.End, Summary: oneLine(e.Summary, " "), Status: r.Status, Sequence: e.Sequence}
		want.Feed = append(want.Feed, k)
		if e.Alarm && !e.Cancelled {
			k.Alarms = 1
		}
		want.Letters = append(want.Letters, k)
	}
	return want
}

// first is for a program that takes its time with each letter.
func (s shelf) first(n int) shelf {
	s.Letters = s.Letters[:n]
	return s
}

// standing leaves out the letters that call visits off: there is nothing to keep.
func (s shelf) standing() shelf {
	s.Letters = slices.DeleteFunc(slices.Clone(s.Letters), func(k kept) bool { return k.Status == "CANCELLED" })
	return s
}

// silent is for a program that takes no alarm from an invitation: its owner's own
// settings count.
func (s shelf) silent() shelf {
	s.Letters = slices.Clone(s.Letters)
	for i := range s.Letters {
		s.Letters[i].Alarms = 0
	}
	return s
}

// pieces is what people write and what attackers write.
var pieces = []string{
	"Grüße", "Straße", "e\u0301", "Ñandú", "👩‍👩‍👧", "🏳️‍🌈", "שלום", "مرحبا", "\u202eRTL\u202c", "Ausweis", "Reisepass (Express)", "Führungszeugnis für das Ehrenamt",
	"\r\n", "\n", "\r", ";", ",", ":", "\"", "'", "=", " ", "\t", "\\", "\\;", "\\,", "%0d%0a", "^n", "\x00", "\x1b[31m", "\u0085", "\u2028", "\xff",
	"BEGIN:VALARM", "END:VEVENT", "END:VCALENDAR", "\r\nBEGIN:VALARM\r\nTRIGGER:-PT1M\r\nEND:VALARM\r\n", "ATTACH:file:///etc/passwd", "\r\nATTACH:file:///etc/passwd\r\n",
	"\r\nDTSTART:19990101T000000Z\r\n", ";X=\"", "{{.Secret}}", "%s", "<b>fett</b>", "=cmd|'/C calc'!A0", "Ordnungsangelegenheiten-und-Gewerbeabteilungssachbearbeitung",
}

func randomVisits(t *testing.T, n int) (events []Event) {
	r := rand.New(rand.NewPCG(2026, 6)) //nolint:gosec // the same visits each time, so that a failure can be looked at again
	text := func(most int) string {
		var b strings.Builder
		for range 1 + r.IntN(most) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	zones := []string{"Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC"}
	for i := range n {
		start := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(365*24*12)) * 5 * time.Minute)
		switch i % 10 {
		case 0: // the night of the change to summer time in Europe
			start = time.Date(2027, 3, 27, 20, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(8*12)) * 5 * time.Minute)
		case 1: // and back
			start = time.Date(2027, 10, 30, 20, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(8*12)) * 5 * time.Minute)
		}
		e := Event{
			UID: fmt.Sprintf("%08X%08X", r.Uint32(), r.Uint32()), Sequence: r.IntN(12),
			Start: start, End: start.Add(time.Duration(1+r.IntN(36)) * 5 * time.Minute), Zone: zone(t, zones[r.IntN(len(zones))]),
			Summary: "V" + text(12), Description: text(30), Location: text(6),
			Private: r.IntN(4) == 0, Cancelled: r.IntN(6) == 0, Tentative: r.IntN(6) == 0, Alarm: r.IntN(2) == 0,
			Changed:   start.Add(-72 * time.Hour),
			Organizer: Address{text(4), "amt@musterstadt.example"}, Attendee: Address{text(4), "wer@post.example"},
		}
		events = append(events, e)
	}
	return events
}
