package jobs_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
)

// neighbour adds a second tenant.
func neighbour(t *testing.T, d *booking.Desk) {
	t.Helper()
	other := desktest.Musterstadt()
	other.Tenant.ID, other.Calendars[0].StaffMail = "nachbarstadt", agenda.StaffMail{}
	if _, err := d.Apply(t.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
}

// bookAt books for a tenant's visitor n, at a domain.
func bookAt(t *testing.T, d *booking.Desk, tenant, domain string, n int) string {
	t.Helper()
	email := fmt.Sprintf("v%d@%s.beispiel.example", n, domain)
	_, err := d.BookNow(t.Context(), booking.Request{Tenant: tenant, Wish: desktest.Wish("impfen"), Calendar: "impfung", Start: desktest.At(2+n/48, "08:00").Add(time.Duration(n%48) * 5 * time.Minute),
		By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: email}, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return email
}

// Ten thousand letters of one tenant hold up neither another's confirmation nor its own.
func TestTenThousandLettersHoldUpNobody(t *testing.T) {
	d, c := desktest.SQLite(t)
	neighbour(t, d)
	w := relayAt(t, c)
	r := runner(t, d, &server{port: w.port})
	today := agenda.DateOf(desktest.Start)
	err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range 10_000 {
			p := store.Posting{Tenant: "musterstadt", Subject: fmt.Sprintf("buergerbuero/%s", today+agenda.Date(i)), Kind: booking.KindDailyList,
				MessageID: fmt.Sprintf("L%d", i), Due: c.Now(), Bulk: true}
			if err := tx.Post(p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = r.Deliver(ctx) }()
	defer func() { stop(); <-ended }()
	arrived := func(done func(list []taken) bool) []taken {
		t.Helper()
		for began := time.Now(); time.Since(began) < 60*time.Second; time.Sleep(5 * time.Millisecond) {
			w.mu.Lock()
			list := slices.Clone(w.taken)
			w.mu.Unlock()
			if done(list) {
				return list
			}
		}
		t.Fatal("nothing arrives")
		return nil
	}
	arrived(func(list []taken) bool { return len(list) > 20 })
	for n, tenant := range []string{"nachbarstadt", "musterstadt"} {
		email := bookAt(t, d, tenant, "d0", n)
		w.mu.Lock()
		before := len(w.taken)
		w.mu.Unlock()
		position := -1
		arrived(func(list []taken) bool {
			position = slices.IndexFunc(list, func(k taken) bool { return k.to == email })
			return position >= 0
		})
		if position-before > 40 {
			t.Errorf("%s: %d letters of the flood came before a fresh confirmation", tenant, position-before)
		}
	}
}

// What leaves stays within the limits of the way out and of each recipient's domain, in
// every minute, and the letters to one domain do not wait for those to another.
func TestLettersKeepToTheLimits(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := relayAt(t, c)
	r := runner(t, d, &server{port: w.port})
	r.Paces = map[string]jobs.Pace{"": {PerMinute: 30, AtOnce: 3, DomainPerMinute: 12, DomainAtOnce: 2}}
	w.behave(func(_ *visit, step string) error {
		if step == "dot" {
			time.Sleep(5 * time.Millisecond)
		}
		return nil
	})
	for n := range 60 {
		bookAt(t, d, "musterstadt", map[bool]string{true: "d0", false: "d1"}[n < 40], n)
	}
	for range 72 { // six minutes
		if err := r.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Advance(5 * time.Second)
	}
	if len(w.taken) != 60 {
		t.Errorf("got %d letters in six minutes, want 60", len(w.taken))
	}
	for i, first := range w.taken {
		n := map[string]int{}
		for _, k := range w.taken[i:] {
			if k.at.Sub(first.at) < time.Minute {
				n[""]++
				n[mail.DomainOf(k.to)]++
			}
		}
		if n[""] > 30 || n["d0.beispiel.example"] > 12 || n["d1.beispiel.example"] > 12 {
			t.Fatalf("in the minute from %v: %v", first.at, n)
		}
	}
	if w.most[""] > 3 || w.most["d0.beispiel.example"] > 2 || w.most["d1.beispiel.example"] > 2 {
		t.Errorf("at once: %v", w.most)
	}
}

// A domain that can take nothing is left alone, longer each time; the others' letters go.
func TestADomainThatTakesNothingRests(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := relayAt(t, c)
	r := runner(t, d, &server{port: w.port})
	ill := true
	tried := 0
	w.behave(func(v *visit, step string) error {
		if step != "rcpt" || mail.DomainOf(v.to) != "d0.beispiel.example" {
			return nil
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if tried++; ill {
			return &gosmtp.SMTPError{Code: 452, Message: "too many"}
		}
		return nil
	})
	for n := range 40 {
		bookAt(t, d, "musterstadt", map[bool]string{true: "d0", false: "d1"}[n < 20], n)
	}
	step := func(minutes int) {
		for range minutes {
			if err := r.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Minute)
		}
	}
	step(1)
	if len(w.taken) != 20 {
		t.Errorf("got %d letters, want the 20 to the other domain", len(w.taken))
	}
	step(60)
	if tried > 15 {
		t.Errorf("%d tries within an hour: it is not left alone", tried)
	}
	w.mu.Lock()
	ill = false
	w.mu.Unlock()
	step(40)
	if len(w.taken) != 40 {
		t.Errorf("got %d letters once it was well, want 40", len(w.taken))
	}
}

// A pause holds in every process at once, the bookings go on, and what waits is counted.
func TestPauseHoldsInEveryProcess(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "book.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) { pauseEverywhere(t, url(t)) })
	}
}

// pauseEverywhere plays a tenant's pause, then one of the installation, and their ends.
// Long for its story.
func pauseEverywhere(t *testing.T, url string) {
	d, c := desktest.Open(t, url)
	neighbour(t, d)
	other := desktest.Beside(t, url, c)
	w := relayAt(t, c)
	runners := []*jobs.Runner{runner(t, d, &server{port: w.port}), runner(t, other, &server{port: w.port})}
	deliver := func(want int) {
		t.Helper()
		var wg sync.WaitGroup
		for _, r := range runners {
			wg.Go(func() {
				if err := r.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.taken) != want {
			t.Errorf("got %d letters, want %d", len(w.taken), want)
		}
	}
	if err := d.PauseLetters(t.Context(), nil, "musterstadt", "a wrong text"); err != nil {
		t.Fatal(err)
	}
	for n := range 6 {
		bookAt(t, d, "musterstadt", "d0", n)
		bookAt(t, other, "nachbarstadt", "d1", n)
	}
	deliver(6)
	for _, k := range w.taken {
		if !strings.HasSuffix(k.to, "@d1.beispiel.example") {
			t.Errorf("a letter to %s left in spite of the pause", k.to)
		}
	}
	if err := other.PauseLetters(t.Context(), nil, "", "maintenance"); err != nil {
		t.Fatal(err)
	}
	bookAt(t, d, "nachbarstadt", "d1", 6)
	deliver(6)
	if err := d.ResumeLetters(t.Context(), nil, "musterstadt"); err != nil {
		t.Fatal(err)
	}
	deliver(6)
	c.Set(desktest.At(2, "08:08")) // one visit is over, another has begun
	q, err := other.QueuedLetters(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]booking.QueuedKind{}
	for _, k := range q.Kinds {
		got[k.Tenant+" "+k.Kind] = k
	}
	if len(q.Pauses) != 1 || q.Pauses[0].Tenant != "" {
		t.Errorf("got pauses %+v, want that of the installation", q.Pauses)
	}
	k := got["musterstadt "+booking.KindConfirmed]
	if k.Waiting != 6 || k.Stale != 1 || k.Later != 0 || !k.Oldest.Equal(desktest.Start) {
		t.Errorf("got %+v, want six, one of them of no use", k)
	}
	if k := got["nachbarstadt "+booking.KindConfirmed]; k.Waiting != 1 || k.Stale != 0 {
		t.Errorf("got %+v, want one", k)
	}
	if err := d.ResumeLetters(t.Context(), nil, ""); err != nil {
		t.Fatal(err)
	}
	deliver(12) // five that are of use, and the neighbour's
}
