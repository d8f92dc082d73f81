package jobs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/store"
)

// Each way in which a delivery fails, then the server works again: what became of
// the letter at once, after a minute, and under which Message-ID. Long for its
// table.
func TestFailuresAreToldApart(t *testing.T) {
	temporary := &gosmtp.SMTPError{Code: 451, Message: "try later ada@beispiel.example"}
	permanent := &gosmtp.SMTPError{Code: 550, Message: "no such user ada@beispiel.example"}
	for _, x := range []struct {
		name  string
		fault func(*server)
		state string
		took  int // letters that the server had all the same
	}{
		{"the recipient is refused for good", func(s *server) { s.refuse["rcpt"] = permanent }, "failed", 0},
		{"the message is refused for good", func(s *server) { s.refuse["data"] = permanent }, "failed", 0},
		{"the recipient is refused for now", func(s *server) { s.refuse["rcpt"] = temporary }, "queued", 0},
		{"the sender is refused: the set-up can be mended", func(s *server) { s.refuse["mail"] = permanent }, "queued", 0},
		{"the message is refused for now", func(s *server) { s.refuse["data"] = temporary }, "queued", 0},
		{"the answer never comes", func(s *server) { s.cut = true }, "queued", 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			d, c := desktest.SQLite(t)
			s := start(t)
			r := settled(t, d, s)
			b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
			s.set(x.fault)
			once(t, r)
			first := postings(t, d, b.Booking.ID)[booking.KindConfirmed]
			if first.State != x.state || strings.Contains(first.Reason, "ada") || !first.Lease.IsZero() {
				t.Fatalf("got %+v, want %s, no address and no lease", first, x.state)
			}
			had := s.take()
			if len(had) != x.took {
				t.Errorf("the server took %d, want %d", len(had), x.took)
			}
			s.set(func(s *server) { s.refuse, s.cut = map[string]error{}, false })
			once(t, r)
			if early := s.take(); len(early) > 0 {
				t.Error("sent again without waiting")
			}
			c.Advance(time.Minute)
			once(t, r)
			got := s.take()
			if x.state == "failed" {
				if len(got) > 0 {
					t.Error("sent although it was refused for good")
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("got %d letters, want one", len(got))
			}
			l := parse(t, got[0])
			if want := "<" + first.MessageID + "@musterstadt.example>"; l.id != want {
				t.Errorf("got Message-ID %s, want %s", l.id, want)
			}
			for _, earlier := range had {
				if id := parse(t, earlier).id; id != l.id {
					t.Errorf("the second has Message-ID %s, the first %s", l.id, id)
				}
			}
			if p := postings(t, d, b.Booking.ID)[booking.KindConfirmed]; p.State != "sent" {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestGivenUpAfterADay(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	b := book(t, d, "impfung", desktest.At(30, "08:00"), "de", "impfen")
	s.set(func(s *server) { s.refuse["rcpt"] = &gosmtp.SMTPError{Code: 451, Message: "later"} })
	for range 26 * 60 {
		if err := r.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p := postings(t, d, b.Booking.ID)[booking.KindConfirmed]; p.State == "failed" {
			if waited := c.Now().Sub(p.Created); waited != 24*time.Hour {
				t.Errorf("given up after %s, want a day", waited)
			}
			return
		}
		c.Advance(time.Minute)
	}
	t.Error("never given up")
}

// A letter that cannot be written, and one to a tenant whose server is dead, stand
// in nobody's way.
func TestOneBadLetterBlocksNobody(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	bad := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
	err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		b, err := tx.Booking("musterstadt", bad.Booking.ID)
		if err != nil {
			return err
		}
		b.End = b.Start.Add(time.Second)
		b.UID = "" // no entry can be written
		if err := tx.SaveBooking(b); err != nil {
			return err
		}
		return tx.Post(store.Posting{Tenant: "musterstadt", Subject: "impfung/never", Kind: booking.KindDailyList, MessageID: "BAD", Due: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		book(t, d, "impfung", desktest.At(3, fmt.Sprintf("08:%02d", i%12*5)).Add(time.Duration(i/12)*time.Hour), "de", "impfen")
	}
	once(t, r)
	if got := len(s.take()); got != 20 {
		t.Errorf("got %d letters, want the 20 good ones", got)
	}
	if p := postings(t, d, bad.Booking.ID)[booking.KindConfirmed]; p.State != "failed" || p.Reason == "" {
		t.Errorf("got %+v, want failed", p)
	}
}

// Runners in several processes share one outbox: each letter goes out once.
func TestTwoRunnersSendEachLetterOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		a, b := settled(t, d, s), runner(t, d, s)
		for i := range 12 {
			book(t, d, "impfung", desktest.At(8, fmt.Sprintf("08:%02d", i*5)), "de", "impfen")
			book(t, d, "buergerbuero", desktest.At(8, "08:00").Add(time.Duration(i/2)*20*time.Minute), "de", "pass")
		}
		together := func() {
			t.Helper()
			var wg sync.WaitGroup
			for _, r := range []*jobs.Runner{a, b} {
				wg.Go(func() {
					if err := r.Once(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		check := func(want int) {
			t.Helper()
			seen := map[string]bool{}
			list := arrived(t, s, "")
			for _, l := range list {
				if seen[l.id] {
					t.Errorf("%s came twice", l.subject)
				}
				seen[l.id] = true
			}
			if len(list) != want {
				t.Errorf("got %d letters, want %d", len(list), want)
			}
		}
		together()
		check(36) // 24 to visitors, 12 to the office
		c.Set(desktest.At(1, "10:00"))
		together()
		check(13) // 12 reminders a week before, and the day's list
		c.Set(desktest.At(7, "08:00"))
		together()
		check(3) // two reminders a day before, and the day's list
	})
}

// Run delivers at once (the bound is for busy machines, the log says what it took),
// follows a shift of the clock, and when it ends, a letter under way is settled.
func TestRun(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	r := runner(t, d, s)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	wait := func(what string, n int) []letter {
		t.Helper()
		var got []letter
		for began := time.Now(); time.Since(began) < 5*time.Second; time.Sleep(20 * time.Millisecond) {
			if got = append(got, s.take()...); len(got) >= n {
				t.Logf("%s after %s", what, time.Since(began).Round(10*time.Millisecond))
				return got
			}
		}
		t.Fatalf("%s: got %d letters, want %d", what, len(got), n)
		return nil
	}
	wait("the day's list", 1)
	book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
	wait("a booking's letters", 2)
	c.Set(desktest.At(2, "08:05"))
	wait("reminder and list after a shift of the clock", 2)

	slow := make(chan struct{})
	s.set(func(s *server) { s.slow = slow })
	b := book(t, d, "impfung", desktest.At(4, "08:00"), "de", "impfen")
	wait("the slow server's letter", 1)
	stop()
	time.Sleep(50 * time.Millisecond)
	close(slow)
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Fatal("Run does not end")
	}
	if p := postings(t, d, b.Booking.ID)[booking.KindConfirmed]; p.State != "sent" {
		t.Errorf("got %+v, want sent", p)
	}
}

// A server that hangs does not keep the program from ending; the letter stays. It
// takes the grace of five seconds.
func TestEndWhileAServerHangs(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	slow := make(chan struct{})
	s.set(func(s *server) { s.slow = slow })
	defer close(slow)
	b := book(t, d, "impfung", desktest.At(4, "08:00"), "de", "impfen")
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, stop)
	began := time.Now()
	if err := r.Deliver(ctx); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("took %s", took)
	}
	if p := postings(t, d, b.Booking.ID)[booking.KindConfirmed]; p.State != "queued" || !p.Lease.IsZero() {
		t.Errorf("got %+v, want queued and free", p)
	}
}

// What is left of a booking after its retention writes to nobody.
func TestNoLetterAfterRetention(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	b := book(t, d, "impfung", desktest.At(1, "08:00"), "de", "impfen")
	s.set(func(s *server) { s.refuse["rcpt"] = &gosmtp.SMTPError{Code: 451, Message: "later"} })
	once(t, r)
	s.set(func(s *server) { s.refuse = map[string]error{} })
	c.Set(desktest.At(4, "00:00"))
	once(t, r)
	if got := s.take(); len(got) > 0 {
		t.Errorf("got %d letters", len(got))
	}
	if _, err := d.Manage(t.Context(), "musterstadt", b.Manage); err == nil {
		t.Error("the manage link still opens it")
	}
	if p := postings(t, d, b.Booking.ID); len(p) > 0 {
		t.Errorf("got %+v", p)
	}
}
