package feed_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/tooltest"
)

// counted is a server that counts answers and the bytes of their bodies.
type counted struct {
	*httptest.Server
	bytes, whole, unchanged atomic.Int64
}

type countingWriter struct {
	http.ResponseWriter
	of *counted
}

func (w countingWriter) WriteHeader(status int) {
	if status == http.StatusNotModified {
		w.of.unchanged.Add(1)
	} else {
		w.of.whole.Add(1)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w countingWriter) Write(b []byte) (int, error) {
	w.of.bytes.Add(int64(len(b)))
	return w.ResponseWriter.Write(b)
}

func count(t *testing.T, h http.Handler) *counted {
	c := &counted{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(countingWriter{w, c}, r) }))
	t.Cleanup(c.Close)
	return c
}

// fill puts so many visits into the book, over the hours of forty days.
func fill(t *testing.T, d *booking.Desk, n int) {
	t.Helper()
	s, err := d.Setup(t.Context(), "musterstadt")
	if err != nil {
		t.Fatal(err)
	}
	c, _ := s.Calendar("buergerbuero")
	err = d.Store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			some := sha256.Sum256(fmt.Append(nil, i)) // as little alike as real ones
			start := desktest.At(10+i%40, "00:00").Add(time.Duration(i/40*5) * time.Minute).UTC()
			b := &agenda.Booking{Tenant: "musterstadt", ID: fmt.Sprintf("B%025d", i), Number: int64(i + 1), Reference: fmt.Sprintf("%04d-%X", i, some[:2]), UID: fmt.Sprintf("%X@terminvergabe", some[:13]),
				Status: agenda.Cancelled, Channel: agenda.Public, Calendar: c.ID, Pool: c.PoolNumber, Date: agenda.DateOf(start), Items: []agenda.Item{{Service: "pass", Quantity: 1}}, Mode: agenda.ModeOnsite,
				Start: start, End: start.Add(20 * time.Minute), From: 1, To: 2, Tick: 5, Language: "de", Version: 1, Created: desktest.Start, Changed: desktest.Start, Since: desktest.Start}
			if err := tx.AddBooking(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// vdirsyncer keeps a folder in step with a feed of 2,000 entries. It sends no tag, so it
// fetches the whole each time; but nothing on its disk changes while the feed does not.
func TestVdirsyncerSubscribes(t *testing.T) {
	t.Parallel()
	tooltest.Need(t, "vdirsyncer", "--version")
	d, c := desktest.SQLite(t)
	o := serve(t, d)
	fill(t, d, 2000)
	moved, cancelled := o.book("buergerbuero", desktest.At(1, "08:00"), "pass"), o.book("buergerbuero", desktest.At(1, "09:00"), "pass")
	_, secret := o.create("all", "", "service")
	server := count(t, o.router)
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	text := fmt.Sprintf("[general]\nstatus_path = %q\n[pair p]\na = \"a\"\nb = \"b\"\ncollections = null\nconflict_resolution = \"a wins\"\n[storage a]\ntype = \"http\"\nurl = %q\n[storage b]\ntype = \"filesystem\"\npath = %q\nfileext = \".ics\"\n",
		dir+"/status/", server.URL+"/feeds/"+secret+".ics", dir+"/got/")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "vdirsyncer", append([]string{"-c", config}, args...)...)
		cmd.Env, cmd.Stdin = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8"), strings.NewReader("y\ny\ny\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	// Its http storage leaves UIDs out and knows entries by what they say.
	entry := func(start string) string {
		t.Helper()
		list, err := filepath.Glob(dir + "/got/*.ics")
		if err != nil || len(list) != 2002 {
			t.Fatalf("got %d entries, %v, want 2002", len(list), err)
		}
		for _, f := range list {
			if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), "DTSTART;TZID=Europe/Berlin:"+start) {
				return string(b)
			}
		}
		return ""
	}
	run("discover")
	run("sync")
	if !strings.Contains(entry("20260707T080000"), "SEQUENCE:0") {
		t.Errorf("got %s", entry("20260707T080000"))
	}
	o.change(c, moved, cancelled)
	run("sync")
	if got := entry("20260708T080000"); !strings.Contains(got, "SEQUENCE:1") || entry("20260707T080000") != "" {
		t.Errorf("moved: got %s", got)
	}
	if got := entry("20260707T090000"); !strings.Contains(got, "STATUS:CANCELLED") {
		t.Errorf("cancelled: got %s", got)
	}
	t.Logf("vdirsyncer: %d whole answers, %d unchanged, %d bytes", server.whole.Load(), server.unchanged.Load(), server.bytes.Load())
}

// change moves one visit and cancels another.
func (o *office) change(c *desktest.Clock, moved, cancelled booking.Receipt) {
	o.t.Helper()
	c.Advance(time.Minute)
	if _, err := o.Move(o.t.Context(), "musterstadt", moved.Manage, booking.Target{Start: desktest.At(2, "08:00")}); err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.Cancel(o.t.Context(), "musterstadt", cancelled.Manage); err != nil {
		o.t.Fatal(err)
	}
}

// evolution-data-server subscribes to a feed of 2,000 entries, gets what changes, and for
// an unchanged feed no byte of a body.
func TestEvolutionSubscribes(t *testing.T) {
	t.Parallel()
	tooltest.Need(t, tooltest.Python, "-c", "import gi; gi.require_version('ECal','2.0')")
	tooltest.Need(t, "dbus-run-session", "--version")
	d, c := desktest.SQLite(t)
	o := serve(t, d)
	fill(t, d, 2000)
	moved, cancelled := o.book("buergerbuero", desktest.At(1, "08:00"), "pass"), o.book("buergerbuero", desktest.At(1, "09:00"), "pass")
	_, secret := o.create("all", "", "service")
	server := count(t, o.router)
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--", "/usr/bin/python3", "testdata/eds.py", server.URL+"/feeds/"+secret+".ics")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "XDG_RUNTIME_DIR="+dir, "GSETTINGS_BACKEND=memory")
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReaderSize(out, 1<<20)
	look := func() (seen map[string][]any) {
		t.Helper()
		if _, err := io.WriteString(in, "0.3\n"); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &seen)
		}
		if err != nil {
			t.Fatalf("%v: %.200s", err, line)
		}
		return seen
	}
	until := func(what string, ok func(map[string][]any) bool) {
		t.Helper()
		for range 60 {
			if ok(look()) {
				return
			}
		}
		t.Fatalf("%s does not arrive", what)
	}
	until("the feed", func(seen map[string][]any) bool { return len(seen) == 2002 })
	before := server.bytes.Load()
	look()
	t.Logf("evolution-data-server: %d whole answers, %d unchanged", server.whole.Load(), server.unchanged.Load())
	if got := server.bytes.Load() - before; got != 0 {
		t.Errorf("an unchanged feed costs %d bytes", got)
	}
	o.change(c, moved, cancelled)
	until("a move", func(seen map[string][]any) bool {
		e := seen[moved.Booking.UID]
		return len(e) == 3 && strings.HasPrefix(fmt.Sprint(e[0]), "20260708T08") && fmt.Sprint(e[2]) == "1"
	})
	until("a cancellation", func(seen map[string][]any) bool {
		e := seen[cancelled.Booking.UID]
		return len(e) == 3 && strings.Contains(strings.ToUpper(fmt.Sprint(e[1])), "CANCELLED")
	})
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // the session's other programs may end it by a signal
}
