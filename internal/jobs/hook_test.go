package jobs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/store"
	"terminvergabe/internal/tooltest"
	"terminvergabe/internal/webhook"
)

// receiver is another system, and keeps what it was told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []heard
	answer http.HandlerFunc // nil: 204
}

type heard struct {
	id, stamp, signature string
	body                 []byte
	webhook.Document
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r, described := &receiver{}, describe(t)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		x := heard{id: q.Header.Get("webhook-id"), stamp: q.Header.Get("webhook-timestamp"), signature: q.Header.Get("webhook-signature")}
		x.body, _ = io.ReadAll(q.Body)
		if err := json.Unmarshal(x.body, &x.Document); err != nil || q.Method != http.MethodPost || q.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s with %v: %v", q.Method, x.body, q.Header, err)
		}
		described(x)
		r.mu.Lock()
		r.got = append(r.got, x)
		answer := r.answer
		r.mu.Unlock()
		if answer == nil {
			answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
		}
		answer(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) set(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (r *receiver) take() (list []heard) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, r.got = r.got, nil
	return list
}

func types(list []heard) (names []string) {
	for _, x := range list {
		names = append(names, x.Type)
	}
	return names
}

// caller runs the jobs with webhooks; what it logs is kept.
func caller(t *testing.T, d *booking.Desk) (*jobs.Runner, *bytes.Buffer) {
	t.Helper()
	r := settled(t, d, start(t))
	log := &bytes.Buffer{}
	r.Log = slog.New(slog.NewTextHandler(log, nil))
	r.Outbound = outbound.New(nil, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	return r, log
}

// withHooks is Musterstadt with webhooks.
func withHooks(t *testing.T, d *booking.Desk, hooks ...agenda.Webhook) {
	t.Helper()
	change(t, d, func(s *agenda.Setup) { s.Webhooks = hooks }, desktest.Musterstadt())
}

func hook(id, url, detail string, events ...string) agenda.Webhook {
	return agenda.Webhook{ID: id, URL: url, Detail: detail, Messages: agenda.MessagesNoEmail, Events: events}
}

// events are all but messages.
func events() []string {
	return slices.DeleteFunc(agenda.WebhookEvents(), func(e string) bool { return e == agenda.EventMessageSend })
}

func post(t *testing.T, d *booking.Desk, subject string) []store.HookPost {
	t.Helper()
	var list []store.HookPost
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.HookPosts("musterstadt", subject)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func admin() *agenda.Person {
	return &agenda.Person{Tenant: "musterstadt", ID: "admin", Role: agenda.Admin}
}

// TestHooksHearAWholeLife: each act is told once, in order; below full nothing about the
// visitor leaves, nor is anything about them in the log; what was signed is verified by
// another implementation.
func TestHooksHearAWholeLife(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		cases, full, other := receive(t), receive(t), receive(t)
		withHooks(t, d, hook("faelle", cases.URL+"/h", agenda.DetailReference, events()...), hook("voll", full.URL, agenda.DetailFull, events()...),
			agenda.Webhook{ID: "fremd", URL: other.URL, Detail: agenda.DetailFull, Messages: agenda.MessagesNoEmail, Events: events(), Departments: []string{"soziales"}})
		r, log := caller(t, d)
		secret, err := d.HookSecret(t.Context(), admin(), "musterstadt", "faelle", false)
		if err != nil {
			t.Fatal(err)
		}
		b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		once(t, r)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(3, "09:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		c.Set(desktest.At(3, "09:00"))
		for _, to := range []agenda.Status{agenda.CheckedIn, agenda.Served, agenda.NoShow, agenda.Confirmed} {
			if _, err := d.Visit(t.Context(), desktest.Clerk(), b.Booking.ID, to); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.CancelFor(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		got, want := cases.take(), []string{"booking.confirmed", "booking.moved", "booking.checked_in", "booking.served", "booking.no_show", "booking.changed", "booking.cancelled"}
		if !slices.Equal(types(got), want) {
			t.Fatalf("got %v, want %v", types(got), want)
		}
		for i, x := range got {
			if bytes.Contains(x.body, []byte("Ada")) || bytes.Contains(x.body, []byte("beispiel.example")) || bytes.Contains(x.body, []byte("4711")) || x.Data.Booking.Visitor != nil {
				t.Errorf("%s at detail reference: %s", x.Type, x.body)
			}
			if x.Data.Version < i || x.Data.Booking.Reference != b.Booking.Reference || x.Data.Booking.Services[0].ID != "pass" || x.Data.Tenant != "musterstadt" {
				t.Errorf("%s: got %s", x.Type, x.body)
			}
		}
		if start := got[1].Data.Booking.Start; start != desktest.At(3, "09:00").Format(time.RFC3339) {
			t.Errorf("moved to %s", start)
		}
		verify(t, secret, got...)
		if all := full.take(); len(all) != len(want) || all[0].Data.Booking.Visitor == nil || all[0].Data.Booking.Visitor.Name != "Ada Beispiel" {
			t.Errorf("in full: got %v", types(all))
		}
		if all := other.take(); len(all) > 0 {
			t.Errorf("another department was told %v", types(all))
		}
		for _, canary := range []string{"Ada", "beispiel.example", "4711", cases.URL, secret} {
			if strings.Contains(log.String(), canary) {
				t.Errorf("the log says %q", canary)
			}
		}
		once(t, r)
		if again := cases.take(); len(again) > 0 {
			t.Errorf("told again: %v", types(again))
		}
		c.Set(desktest.At(3, "09:00").AddDate(0, 0, 4))
		once(t, r)
		if left := post(t, d, b.Booking.ID); len(left) > 0 {
			t.Errorf("%d posts outlive the retention", len(left))
		}
	})
}

// verify checks signatures with python3, as a receiver would.
func verify(t *testing.T, secret string, list ...heard) {
	t.Helper()
	python := tooltest.Need(t, tooltest.Python, "--version")
	for _, x := range list {
		cmd := exec.CommandContext(t.Context(), python, "-c", `
import sys, hmac, hashlib, base64
secret, id, stamp, header = sys.argv[1:]
key = base64.b64decode(secret.removeprefix("whsec_"))
want = base64.b64encode(hmac.new(key, f"{id}.{stamp}.".encode() + sys.stdin.buffer.read(), hashlib.sha256).digest()).decode()
sys.exit(0 if any(hmac.compare_digest(s, "v1," + want) for s in header.split(" ")) else 1)`, secret, x.id, x.stamp, x.signature)
		cmd.Stdin = bytes.NewReader(x.body)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s is not signed by %s: %v %s", x.id, secret[:9], err, out)
		}
	}
}

// TestHookFailures: each way in which a call fails, then the receiver works again: the
// same id comes again, and what is shown is a category.
func TestHookFailures(t *testing.T) {
	canary := receive(t)
	for _, x := range []struct {
		name   string
		answer http.HandlerFunc
		reason string
		status int
	}{
		{"an error", status(500), "bad_status", 500},
		{"busy", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "90"); w.WriteHeader(429) }, "bad_status", 429},
		{"elsewhere", func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, canary.URL, http.StatusTemporaryRedirect)
		}, "bad_status", 307},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "unreachable", 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			d, c := desktest.SQLite(t)
			s := receive(t)
			withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
			r, _ := caller(t, d)
			s.set(x.answer)
			b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
			once(t, r)
			p, had := post(t, d, b.Booking.ID)[0], s.take()
			if p.State != "queued" || p.Reason != x.reason || p.Status != x.status || p.Attempts != 1 || !p.Lease.IsZero() || len(had) != 1 {
				t.Errorf("got %+v after %d calls", p, len(had))
			}
			s.set(nil)
			once(t, r)
			if early := s.take(); len(early) > 0 {
				t.Error("called again without waiting")
			}
			c.Advance(2 * time.Minute)
			once(t, r)
			got := s.take()
			if len(got) != 1 || got[0].id != had[0].id || got[0].id != p.ID {
				t.Fatalf("got %d calls, want one with the same id", len(got))
			}
			if p := post(t, d, b.Booking.ID)[0]; p.State != "sent" || p.Status != 204 || p.Attempts != 2 {
				t.Errorf("got %+v", p)
			}
		})
	}
	if got := canary.take(); len(got) > 0 {
		t.Errorf("a redirect was followed")
	}
}

// TestHookOrder: what happened later is told later, also where the first call fails;
// other bookings do not wait for it, and an endless answer holds nothing up.
func TestHookOrder(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
		r, _ := caller(t, d)
		b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		s.set(status(503))
		once(t, r)
		s.take()
		s.set(func(w http.ResponseWriter, _ *http.Request) { // far more than anybody reads
			w.WriteHeader(http.StatusOK)
			for range 100 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		})
		if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
			t.Fatal(err)
		}
		o := book(t, d, "buergerbuero", desktest.At(3, "10:00"), "de", "pass")
		once(t, r)
		if got := s.take(); len(got) != 1 || got[0].Data.Booking.ID != o.Booking.ID {
			t.Errorf("while the first waits: got %v", types(got))
		}
		c.Advance(time.Minute)
		once(t, r)
		got := s.take()
		if want := []string{"booking.confirmed", "booking.cancelled"}; !slices.Equal(types(got), want) {
			t.Errorf("got %v, want %v", types(got), want)
		}
		if len(got) > 0 && (got[0].Data.Booking.Status != "cancelled" || got[0].Data.Version >= got[0].Data.Booking.Version) {
			t.Errorf("the first was sent stale: %s", got[0].body)
		}
	})
}

// TestHookKilled: a process that dies between the call and the note leaves the post to
// the next, with the same id.
func TestHookKilled(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
		r, _ := caller(t, d)
		book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		var leased []store.HookPost
		err := d.Store.Update(t.Context(), func(tx *store.Tx) (err error) {
			leased, err = tx.LeaseHooks(store.HookLane{Tenant: "musterstadt", Hook: "faelle"}, "", 8, c.Now().Add(time.Minute))
			return err
		})
		if err != nil || len(leased) != 1 {
			t.Fatalf("leased %d, %v", len(leased), err)
		}
		once(t, r)
		if got := s.take(); len(got) > 0 {
			t.Error("two at the same post")
		}
		c.Advance(time.Minute + time.Second)
		once(t, r)
		if got := s.take(); len(got) != 1 || got[0].id != leased[0].ID {
			t.Errorf("got %v, want the same id", types(got))
		}
	})
}

// TestHookGone: 410 ends it until somebody enables it; then what was missed comes,
// and what it said that to.
func TestHookGone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
		r, _ := caller(t, d)
		s.set(status(http.StatusGone))
		first := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		once(t, r)
		s.take()
		s.set(nil)
		second := book(t, d, "buergerbuero", desktest.At(3, "09:00"), "de", "pass")
		once(t, r)
		if got := s.take(); len(got) > 0 {
			t.Errorf("told %v although it is gone", types(got))
		}
		v, err := d.HookLog(t.Context(), admin(), "faelle", 10)
		if err != nil || v.Disabled.IsZero() || v.Failed != 1 || len(v.Log) != 2 {
			t.Errorf("staff see %+v, %v", v, err)
		}
		if err := d.EnableHook(t.Context(), desktest.Clerk(), "musterstadt", "faelle"); err != agenda.ErrForbidden {
			t.Errorf("a clerk: got %v", err)
		}
		if err := d.EnableHook(t.Context(), admin(), "musterstadt", "faelle"); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		var ids []string
		for _, x := range s.take() {
			ids = append(ids, x.Data.Booking.ID)
		}
		slices.Sort(ids)
		want := []string{first.Booking.ID, second.Booking.ID}
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Errorf("got %v, want %v", ids, want)
		}
	})
}

// TestHooksWaitWithLetters: while letters are held back nobody else is told either, as
// after a restored backup; then everything comes.
func TestHooksWaitWithLetters(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
		r, _ := caller(t, d)
		if err := d.PauseLetters(t.Context(), nil, "", "restored"); err != nil {
			t.Fatal(err)
		}
		book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		once(t, r)
		if got := s.take(); len(got) > 0 {
			t.Errorf("told %v while letters are held back", types(got))
		}
		q, err := d.QueuedLetters(t.Context(), "musterstadt")
		if i := slices.IndexFunc(q.Kinds, func(k booking.QueuedKind) bool { return k.Kind == agenda.EventConfirmed }); err != nil || i < 0 || q.Kinds[i].Waiting != 1 || q.Kinds[i].Oldest.IsZero() {
			t.Errorf("would send %+v, %v, want the event, too", q.Kinds, err)
		}
		if all, err := d.Hooks(t.Context(), "musterstadt"); err != nil || all["faelle"].Queued != 1 || all["faelle"].Waiting != 0 {
			t.Errorf("got %+v, %v, want one that waits and was not tried", all["faelle"], err)
		}
		if err := d.ResumeLetters(t.Context(), nil, ""); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if got := s.take(); len(got) == 0 {
			t.Error("nothing was told after the letters went")
		}
	})
}

// TestHookGivenUp: a receiver that never works is given up after days, and the next
// event of the booking comes through.
func TestHookGivenUp(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := receive(t)
	withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
	r, log := caller(t, d)
	s.set(status(500))
	b := book(t, d, "buergerbuero", desktest.At(30, "08:00"), "de", "pass")
	for range 11 {
		once(t, r)
		c.Advance(21 * time.Hour)
	}
	if p := post(t, d, b.Booking.ID)[0]; p.State != "failed" || p.Attempts != 11 || len(s.take()) != 11 {
		t.Errorf("got %+v", p)
	}
	if !strings.Contains(log.String(), "a webhook was not told") {
		t.Error("the log says nothing of it")
	}
	s.set(nil)
	if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
		t.Fatal(err)
	}
	once(t, r)
	if got := s.take(); len(got) != 1 || got[0].Type != "booking.cancelled" {
		t.Errorf("got %v", types(got))
	}
}

// TestHookKeys: shown once, renewed with both in force for a while; of no table.
func TestHookKeys(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...), hook("zwei", s.URL, agenda.DetailReference, events()...))
		r, _ := caller(t, d)
		secret := func(id string, renew bool) string {
			key, err := d.HookSecret(t.Context(), nil, "musterstadt", id, renew)
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
		first := secret("faelle", false)
		if again, err := d.HookSecret(t.Context(), admin(), "musterstadt", "faelle", false); err != agenda.ErrState || again != "" {
			t.Errorf("shown again: %v", err)
		}
		if _, err := d.HookSecret(t.Context(), desktest.Clerk(), "musterstadt", "faelle", true); err != agenda.ErrForbidden {
			t.Errorf("to a clerk: %v", err)
		}
		if _, err := d.HookSecret(t.Context(), nil, "musterstadt", "drei", true); err != agenda.ErrNotFound {
			t.Errorf("of none: %v", err)
		}
		second := secret("faelle", true)
		if second == first || secret("zwei", false) == first || !strings.HasPrefix(first, "whsec_") || len(first) != 50 {
			t.Errorf("keys are not told apart: %s", first[:10])
		}
		test := func() heard {
			if err := d.TestHook(t.Context(), admin(), "faelle"); err != nil {
				t.Fatal(err)
			}
			once(t, r)
			got := s.take()
			if len(got) != 1 || got[0].Type != booking.EventTest || got[0].Data.Booking != nil {
				t.Fatalf("got %v", types(got))
			}
			return got[0]
		}
		x := test()
		verify(t, first, x)
		verify(t, second, x)
		c.Advance(8 * 24 * time.Hour)
		x = test()
		verify(t, second, x)
		if strings.Contains(x.signature, " ") {
			t.Error("the old key signs for ever")
		}
		for range booking.HookTests - 1 {
			test()
		}
		if err := d.TestHook(t.Context(), admin(), "faelle"); err != agenda.ErrLimited {
			t.Errorf("one test too many: got %v", err)
		}
		if v, err := d.HookLog(t.Context(), admin(), "faelle", 9); err != nil || d.SendHookAgain(t.Context(), admin(), "faelle", v.Log[0].ID) != agenda.ErrState {
			t.Errorf("a test can be sent again and again: %v", err)
		}
	})
}

// TestSensitiveHooks: below full a sensitive service, or a private calendar, tells only
// that there is a visit.
func TestSensitiveHooks(t *testing.T) {
	for name, setup := range map[string]func(*agenda.Setup){
		"a sensitive service": func(s *agenda.Setup) { s.Services[3].Sensitive = true },
		"a private calendar":  func(s *agenda.Setup) { s.Calendars[3].Private = true },
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := desktest.SQLite(t)
			s, full := receive(t), receive(t)
			change(t, d, func(x *agenda.Setup) {
				setup(x)
				x.Webhooks = []agenda.Webhook{hook("faelle", s.URL, agenda.DetailReference, events()...), hook("voll", full.URL, agenda.DetailFull, events()...)}
			}, desktest.Musterstadt())
			r, _ := caller(t, d)
			book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
			once(t, r)
			got := s.take()
			if len(got) != 1 {
				t.Fatalf("got %d calls", len(got))
			}
			for _, word := range []string{"impf", "nebenstelle", "buergerdienste", "Ada"} {
				if bytes.Contains(got[0].body, []byte(word)) {
					t.Errorf("%q stands in %s", word, got[0].body)
				}
			}
			whole := full.take()[0].Data.Booking
			if name == "a private calendar" && whole.Visitor != nil || name == "a sensitive service" && whole.Visitor == nil {
				t.Errorf("in full: got %+v", whole)
			}
		})
	}
}

// A visit that is about something else by the time a webhook is told is no longer that
// webhook's: it learns that the visit changed, and nothing of who comes for what.
func TestHookOfAVisitThatLeft(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		s := receive(t)
		change(t, d, func(x *agenda.Setup) {
			x.Webhooks = []agenda.Webhook{hook("ausweise", s.URL, agenda.DetailFull, events()...)}
			x.Webhooks[0].Services = []string{"ausweis"}
		}, desktest.Musterstadt())
		r, _ := caller(t, d)
		b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "ausweis")
		if _, err := d.ChangeService(t.Context(), desktest.Clerk(), b.Booking.ID, desktest.Wish("pass"), booking.Target{}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.MoveFor(t.Context(), desktest.Clerk(), b.Booking.ID, booking.Target{Start: desktest.At(3, "08:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		got := s.take()
		if len(got) != 2 || got[0].Type != agenda.EventConfirmed || got[1].Type != agenda.EventChanged {
			t.Fatalf("got %d calls, want of the booking, of the change, and none after it", len(got))
		}
		for _, x := range got {
			if !bytes.Contains(x.body, []byte(b.Booking.Reference)) || bytes.Contains(x.body, []byte("pass")) || bytes.Contains(x.body, []byte("Ada")) {
				t.Errorf("got %s", x.body)
			}
		}
	})
}

// TestMessages: who has a phone number and no address is told by message, in order,
// never stale, and not too often.
func TestMessages(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		change(t, d, func(x *agenda.Setup) {
			x.Webhooks = []agenda.Webhook{hook("sms", s.URL, agenda.DetailFull, agenda.EventMessageSend)}
			x.Calendars[2].Reminders = []agenda.Span{{Days: 1}}
		}, desktest.Musterstadt())
		r, _ := caller(t, d)
		request := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: desktest.At(10, "08:00"), By: agenda.Public, Actor: "visitor"}
		b, err := d.BookNow(t.Context(), request, booking.Form{Visitor: agenda.Visitor{Name: "Canan Kanarienvogel", Phone: "0170 4711"}, Language: "en"}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		once(t, r)
		message := func(kind, text string) {
			t.Helper()
			got := s.take()
			if len(got) != 1 || got[0].Data.Message == nil {
				t.Fatalf("%s: got %v", kind, types(got))
			}
			m := got[0].Data.Message
			if m.Kind != kind || m.To != "0170 4711" || m.Language != "en" || !strings.Contains(m.Text, text) || !webhook.Fits(m.Text) || bytes.Contains(got[0].body, []byte("Canan")) {
				t.Errorf("%s: got %+v", kind, m)
			}
		}
		message("received", "We have your request")
		if letters := postings(t, d, b.Booking.ID); len(letters) > 0 {
			t.Errorf("letters to nobody: %v", letters)
		}
		if _, err := d.Approve(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		message("confirmed", "Nebenstelle")
		c.Set(desktest.At(9, "08:01"))
		once(t, r)
		message("reminder", "Reminder")
		once(t, r)
		if again := s.take(); len(again) > 0 {
			t.Errorf("reminded again: %v", types(again))
		}
		s.set(status(500))
		if _, err := d.MoveFor(t.Context(), desktest.Clerk(), b.Booking.ID, booking.Target{Start: desktest.At(10, "09:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if _, err := d.CancelFor(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		s.set(nil)
		s.take()
		c.Advance(time.Hour)
		once(t, r)
		message("cancelled", "is cancelled")
		for _, p := range post(t, d, b.Booking.ID) {
			if p.Kind == booking.KindChanged && (p.State != "dropped" || p.Reason != "a newer letter tells it") {
				t.Errorf("the stale one: got %+v", p)
			}
		}
	})
}

// TestMessageTexts: in every language every kind fits, with the longest usual names, and
// a sensitive visit names the office alone.
func TestMessageTexts(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := receive(t)
	langs := []string{"de", "en", "de-x-leicht", "tr", "uk", "ru", "ar", "pl", "fr"}
	change(t, d, func(x *agenda.Setup) {
		x.Tenant.Languages = langs
		h := hook("sms", s.URL, agenda.DetailFull, agenda.EventMessageSend)
		h.Messages = agenda.MessagesAlways
		x.Webhooks = []agenda.Webhook{h}
		x.Services[3].Sensitive = true
		x.Calendars[3].Reminders = []agenda.Span{{Days: 1}}
	}, desktest.Musterstadt())
	r, _ := caller(t, d)
	seen := map[string]bool{}
	for i, lang := range langs {
		b := book(t, d, "impfung", desktest.At(7+i/6, fmt.Sprintf("09:%02d", 5*i)), lang, "impfen")
		once(t, r)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(9, fmt.Sprintf("10:%02d", 5*i))}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if i%2 == 0 {
			if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Set(desktest.At(8, "11:30"))
	once(t, r)
	for _, x := range s.take() {
		m := x.Data.Message
		seen[m.Language+" "+m.Kind] = true
		if !webhook.Fits(m.Text) || strings.Contains(m.Text, "{") || strings.Contains(m.Text, "Nebenstelle") || strings.Contains(m.Text, "Impf") || !strings.Contains(m.Text, "Musterstadt") {
			t.Errorf("%s, %s: %q", m.Language, m.Kind, m.Text)
		}
	}
	for i, lang := range langs {
		last := "reminder"
		if i%2 == 0 {
			last = "cancelled"
		}
		for _, kind := range []string{"confirmed", "changed", last} {
			if !seen[lang+" "+kind] {
				t.Errorf("%s got no message %s", lang, kind)
			}
		}
	}
}
