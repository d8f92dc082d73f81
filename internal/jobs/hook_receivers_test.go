package jobs_test

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/outbound"
	"terminvergabe/ui"
)

// describe gives a check of what a webhook was told against the description of the API.
func describe(t *testing.T) func(heard) {
	t.Helper()
	text, err := fs.ReadFile(ui.Files, "api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(doc.Components.Parameters["webhookId"].Value.Schema.Value.Pattern)
	signature := regexp.MustCompile(doc.Components.Parameters["webhookSignature"].Value.Schema.Value.Pattern)
	return func(x heard) {
		item := doc.Webhooks[x.Type]
		if item == nil {
			t.Errorf("%s is not described", x.Type)
			return
		}
		var body any
		if err := json.Unmarshal(x.body, &body); err != nil {
			t.Error(err)
		}
		if err := item.Post.RequestBody.Value.Content["application/json"].Schema.Value.VisitJSON(body, openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%s is not as described: %v: %s", x.Type, err, x.body)
		}
		if !id.MatchString(x.id) || !signature.MatchString(x.signature) {
			t.Errorf("%s: got id %q, signature %q", x.Type, x.id, x.signature)
		}
	}
}

// TestHookHangs: a receiver that never answers, and one that never comes to an end of its
// headers, are given up after ten seconds; one that never ends its answer has answered,
// and none of them is in another's way.
func TestHookHangs(t *testing.T) {
	d, c := desktest.SQLite(t)
	silent, slow, endless, sound := receive(t), receive(t), receive(t), receive(t)
	silent.set(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	slow.set(func(w http.ResponseWriter, _ *http.Request) { drip(w) })
	endless.set(func(w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-q.Context().Done()
	})
	withHooks(t, d, hook("stumm", silent.URL, agenda.DetailReference, events()...), hook("langsam", slow.URL, agenda.DetailReference, events()...),
		hook("endlos", endless.URL, agenda.DetailReference, events()...), hook("gut", sound.URL, agenda.DetailReference, events()...))
	r, log := caller(t, d)
	b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
	once(t, r)
	for _, p := range post(t, d, b.Booking.ID) {
		hangs := p.Hook == "stumm" || p.Hook == "langsam"
		switch {
		case hangs && (p.State != "queued" || p.Reason != "timed_out" || p.Status != 0 || p.Attempts != 1 || p.Took < 9000 || !p.Due.Equal(c.Now().Add(30*time.Second))):
			t.Errorf("%s: got %+v", p.Hook, p)
		case !hangs && (p.State != "sent" || p.Status/100 != 2 || p.Took > 9000):
			t.Errorf("%s: got %+v", p.Hook, p)
		}
	}
	if strings.Contains(log.String(), "127.0.0.1") {
		t.Errorf("the log names addresses: %s", log)
	}
	first := silent.take()
	silent.set(nil)
	slow.set(nil)
	c.Advance(time.Minute)
	once(t, r)
	if got := silent.take(); len(got) != 1 || len(first) != 1 || got[0].id != first[0].id || got[0].stamp == first[0].stamp || got[0].signature == first[0].signature {
		t.Errorf("got %d and %d calls, want the same id twice, signed anew", len(first), len(got))
	}
}

// drip answers with a header that has no end.
func drip(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	for _, err = conn.Write([]byte("HTTP/1.1 200 OK\r\nX: ")); err == nil; time.Sleep(100 * time.Millisecond) {
		_, err = conn.Write([]byte("x"))
	}
}

// dies names the database in which a copy of this test program calls webhooks until it
// is killed.
const dies = "TERMINVERGABE_TEST_CALLS_HOOKS_OF"

// TestHookKilledBeforeSettling: a process that is killed when the receiver has the
// document, and before it can note that, leads to a second delivery; under the same id and
// with a right signature, by which the receiver knows it.
func TestHookKilledBeforeSettling(t *testing.T) {
	if file := os.Getenv(dies); file != "" {
		c := &desktest.Clock{}
		c.Set(desktest.Start)
		r := runner(t, desktest.Beside(t, file, c), &server{})
		r.Outbound = outbound.New(nil, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
		t.Fatalf("nobody killed it: %v", r.CallHooks(t.Context()))
	}
	file := filepath.Join(t.TempDir(), "book.db")
	d, c := desktest.Open(t, file)
	s := receive(t)
	withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
	secret, err := d.HookSecret(t.Context(), nil, "musterstadt", "faelle", false)
	if err != nil {
		t.Fatal(err)
	}
	b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	victim.Env = append(os.Environ(), dies+"="+file)
	s.set(func(w http.ResponseWriter, _ *http.Request) {
		_ = victim.Process.Kill()
		w.WriteHeader(http.StatusNoContent)
	})
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil || victim.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	first := s.take()
	p := post(t, d, b.Booking.ID)[0]
	if len(first) != 1 || p.State != "queued" || p.Attempts != 0 || p.Lease.IsZero() {
		t.Fatalf("got %d calls, %+v; want one that nobody noted", len(first), p)
	}
	s.set(nil)
	r := &jobs.Runner{Desk: d, Log: slog.New(slog.DiscardHandler), Outbound: outbound.New(nil, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})}
	call := func() []heard {
		if err := r.CallHooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.take()
	}
	if early := call(); len(early) > 0 {
		t.Error("called again while the lease holds")
	}
	c.Advance(time.Minute + time.Second)
	second := call()
	if len(second) != 1 || second[0].id != first[0].id || string(second[0].body) != string(first[0].body) {
		t.Fatalf("got %d calls, want the same again", len(second))
	}
	verify(t, secret, first[0], second[0])
	if p := post(t, d, b.Booking.ID)[0]; p.State != "sent" || p.Attempts != 1 {
		t.Errorf("got %+v", p)
	}
	c.Advance(time.Hour)
	if third := call(); len(third) > 0 {
		t.Error("a third time")
	}
}

// TestHookIsRemoved: what a webhook was told goes with it, also where a call is under way;
// retention takes the rest, and verify finds all of that right.
func TestHookIsRemoved(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s, other := receive(t), receive(t)
		both := []agenda.Webhook{hook("faelle", s.URL, agenda.DetailReference, events()...), hook("zwei", other.URL, agenda.DetailReference, events()...)}
		withHooks(t, d, both...)
		r, _ := caller(t, d)
		if _, err := d.HookSecret(t.Context(), nil, "musterstadt", "faelle", false); err != nil {
			t.Fatal(err)
		}
		if err := d.TestHook(t.Context(), admin(), "faelle"); err != nil {
			t.Fatal(err)
		}
		b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		var removed sync.Once
		s.set(func(w http.ResponseWriter, _ *http.Request) { // between sending and settling
			removed.Do(func() { withHooks(t, d, both[1]) })
			w.WriteHeader(http.StatusGone)
		})
		once(t, r)
		for _, p := range post(t, d, b.Booking.ID) {
			if p.Hook != "zwei" || p.State != "sent" {
				t.Errorf("kept: %+v", p)
			}
		}
		sound(t, d)
		withHooks(t, d, both...)
		if v, err := d.HookLog(t.Context(), admin(), "faelle", 9); err != nil || len(v.Log) > 0 || !v.Disabled.IsZero() || v.Generation > 0 {
			t.Errorf("one of the same name begins with %+v, %v", v, err)
		}
		if err := d.TestHook(t.Context(), admin(), "zwei"); err != nil {
			t.Fatal(err)
		}
		s.set(nil)
		once(t, r)
		c.Set(desktest.At(3+3, "09:00")) // retention is two days
		once(t, r)
		if left := post(t, d, b.Booking.ID); len(left) > 0 {
			t.Errorf("%d outlive the visit", len(left))
		}
		c.Advance(8 * 24 * time.Hour)
		once(t, r)
		if v, err := d.HookLog(t.Context(), admin(), "zwei", 9); err != nil || len(v.Log) > 0 {
			t.Errorf("tests outlive their time: %+v, %v", v.Log, err)
		}
		sound(t, d)
	})
}

// TestHookAfterRetention: what waited, or is to be sent again, after the visitor is to be
// forgotten tells nobody of them, whether or not a job has seen to it yet.
func TestHookAfterRetention(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailFull, events()...))
		r, _ := caller(t, d)
		b := book(t, d, "buergerbuero", desktest.At(1, "08:00"), "de", "pass")
		if err := r.CallHooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.take(); len(got) != 1 || got[0].Data.Booking.Visitor == nil {
			t.Fatalf("before: got %+v", got)
		}
		c.Set(desktest.At(1+3, "00:00")) // retention is two days
		if err := d.SendHookAgain(t.Context(), admin(), "faelle", post(t, d, b.Booking.ID)[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := r.CallHooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.take(); len(got) > 0 {
			t.Errorf("after: got %s", got[0].body)
		}
		if p := post(t, d, b.Booking.ID)[0]; p.State != "dropped" {
			t.Errorf("got %+v", p)
		}
	})
}

// sound demands that verify finds nothing.
func sound(t *testing.T, d *booking.Desk) {
	t.Helper()
	broken, err := d.Verify(t.Context(), nil)
	if err != nil || len(broken) > 0 {
		t.Errorf("got %v, %v; want a sound book", broken, err)
	}
}

// TestHookNeverInside (H1, H8): an address inside the own network that the configuration
// does not name is never contacted, neither by an event nor by the button that tries it.
func TestHookNeverInside(t *testing.T) {
	d, c := desktest.SQLite(t)
	canary := receive(t)
	withHooks(t, d, hook("innen", canary.URL, agenda.DetailReference, events()...), hook("name", strings.Replace(canary.URL, "127.0.0.1", "localhost", 1), agenda.DetailReference, events()...),
		hook("karte", "http://169.254.169.254/latest/meta-data", agenda.DetailReference, events()...))
	r, log := caller(t, d)
	r.Outbound = outbound.New(nil, nil)
	b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
	for _, id := range []string{"innen", "name", "karte"} {
		if err := d.TestHook(t.Context(), admin(), id); err != nil {
			t.Fatal(err)
		}
	}
	once(t, r)
	c.Advance(31 * time.Second) // what waited behind a test that failed
	once(t, r)
	if got := canary.take(); len(got) > 0 {
		t.Errorf("contacted with %v", types(got))
	}
	for _, id := range []string{"innen", "name", "karte"} {
		v, err := d.HookLog(t.Context(), admin(), id, 9)
		if err != nil || len(v.Log) != 2 {
			t.Fatalf("%s: got %d posts, %v", id, len(v.Log), err)
		}
		for _, p := range v.Log {
			if p.Reason != "forbidden" || p.Status != 0 || p.Event == booking.EventTest && p.State != "failed" {
				t.Errorf("%s: got %+v", id, p)
			}
		}
		if v.Waiting != 1 || v.Failed != 0 {
			t.Errorf("%s: %d failed and %d waiting, want the visit's alone", id, v.Failed, v.Waiting)
		}
	}
	if strings.Contains(log.String(), "169.254") || strings.Contains(log.String(), canary.URL) || strings.Contains(log.String(), b.Booking.Reference) {
		t.Errorf("the log names addresses: %s", log)
	}
}
