package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/bounce"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
)

// The office's own mail server could take nothing for a day: its letters were put off
// again and again, as if the acts behind them could still be taken back, and for them the
// visitors' reminders waited until they were too late.
func TestOfficesTroubleHoldsUpNoVisitor(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := relayAt(t, c)
	r := runner(t, d, &server{port: w.port})
	w.behave(func(v *visit, step string) error {
		if step == "rcpt" && mail.DomainOf(v.to) == "musterstadt.example" {
			return &gosmtp.SMTPError{Code: 452, EnhancedCode: gosmtp.EnhancedCode{4, 3, 1}, Message: "disk full"}
		}
		return nil
	})
	c.Set(desktest.At(1, "07:28"))
	for n := range 12 {
		book(t, d, "buergerbuero", desktest.At(2, "08:00").Add(time.Duration(n/2)*20*time.Minute), "de", "pass")
	}
	for now := desktest.At(1, "07:30"); now.Before(desktest.At(1, "10:00")); now = now.Add(5 * time.Minute) {
		c.Set(now)
		if err := r.Desk.Remind(t.Context(), time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := r.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]int{}
	for _, k := range w.taken {
		l := parse(t, k.letter)
		kind := "confirmed"
		if strings.Contains(l.subject, "Erinnerung") {
			kind = "reminder"
			if late := k.at.Sub(l.calendar.Events[0].Start.Add(-24 * time.Hour)); late > 5*time.Minute {
				t.Errorf("%s came %s late", l.subject, late)
			}
		}
		got[kind]++
	}
	if got["confirmed"] != 12 || got["reminder"] != 12 {
		t.Errorf("got %v, want twelve of each", got)
	}
}

// Case E7: the clock ran a day ahead while the mail server was down, and was put right.
// Letters then waited for a day: their next try, the rest of the server and what a process
// that was killed had taken all lay in a tomorrow that had not come yet.
func TestE7ClockPutBackHoldsUpNoLetter(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := relayAt(t, c)
		r := runner(t, d, &server{port: w.port})
		deliver := func() {
			t.Helper()
			if err := r.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		right := c.Now()
		c.Advance(24 * time.Hour)
		for n := range 4 {
			bookAt(t, d, "musterstadt", "d0", n)
		}
		err := d.Store.Update(t.Context(), func(tx *store.Tx) error { // somebody takes a letter and is killed
			list, err := tx.Lease(store.Lane{Tenant: "musterstadt"}, 1, c.Now().Add(5*time.Minute))
			if err == nil && len(list) != 1 {
				t.Errorf("leased %d letters, want one", len(list))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.behave(says("hello", 421))
		deliver()
		c.Advance(10 * time.Minute)
		deliver()
		w.behave(says("rcpt", 452))
		c.Advance(10 * time.Minute)
		deliver()
		w.behave(nil)
		c.Set(right)
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		for ; c.Now().Sub(right) < 40*time.Minute; c.Advance(time.Minute) {
			deliver()
		}
		visitors := slices.DeleteFunc(w.taken, func(k taken) bool { return !strings.HasSuffix(k.to, "@d0.beispiel.example") })
		if len(visitors) != 4 {
			t.Errorf("got %d letters within 40 minutes, want 4", len(visitors))
		}
	})
}

// transportFunc is a way out that a test writes.
type transportFunc func(context.Context, *mail.Outgoing) (mail.Answer, error)

func (f transportFunc) Send(ctx context.Context, m *mail.Outgoing) (mail.Answer, error) {
	return f(ctx, m)
}

// The database went away in the moment between the server's yes and our note of it, as when
// it fails over to its standby. The letter was noted as not sent and went out once more.
func TestDatabaseGoneAfterTheLetterLeft(t *testing.T) {
	cluster, err := pgtest.Start(pgtest.Fast)
	if errors.Is(err, pgtest.ErrMissing) {
		pgtest.URL(t) // says what becomes of the test
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cluster.Stop() })
	url, err := cluster.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, c := desktest.Open(t, url)
	s := start(t)
	r := settled(t, d, s)
	smtp := r.Transport
	var away sync.WaitGroup
	r.Transport = transportFunc(func(ctx context.Context, m *mail.Outgoing) (mail.Answer, error) {
		answer, err := smtp.Send(ctx, m)
		if err := cluster.Crash(); err != nil {
			t.Error(err)
		}
		away.Go(func() {
			time.Sleep(2 * time.Second)
			if err := cluster.Resume(); err != nil {
				t.Error(err)
			}
		})
		return answer, err
	})
	b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
	_ = r.Deliver(t.Context()) // whether it complains is not the question
	away.Wait()
	r.Transport = smtp
	if got := len(s.take()); got != 1 {
		t.Fatalf("the server got %d letters, want one", got)
	}
	for range 3 {
		c.Advance(6 * time.Minute)
		once(t, r)
	}
	if again := len(s.take()); again != 0 {
		t.Errorf("the letter went out %d times more", again)
	}
	if p := postings(t, d, b.Booking.ID)[booking.KindConfirmed]; p.State != "sent" {
		t.Errorf("got %+v, want sent", p)
	}
}

// A process stood still, as a paused machine does, until its lease had run out and another
// had taken the letter. It must neither send it nor give the other's lease away.
func TestLeaseThatRanOutIsNobodysAnyMore(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
		lane := store.Lane{Tenant: "musterstadt"}
		lease := func() (p store.Posting) {
			t.Helper()
			err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
				list, err := tx.Lease(lane, 8, c.Now().Add(5*time.Minute))
				if len(list) == 1 {
					p = list[0]
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		mine := lease()
		c.Advance(6 * time.Minute)
		theirs := lease()
		if mine.MessageID == "" || theirs.MessageID != mine.MessageID {
			t.Fatalf("leased %+v, then %+v", mine, theirs)
		}
		if err := d.Settle(t.Context(), mine); err != nil { // it comes to itself, and gives the letter back
			t.Fatal(err)
		}
		if p := postings(t, d, b.Booking.ID)[booking.KindConfirmed]; !p.Lease.Equal(theirs.Lease) {
			t.Errorf("got a lease until %v, want the other's, until %v", p.Lease, theirs.Lease)
		}
		once(t, r)
		if got := s.take(); len(got) != 0 {
			t.Errorf("sent %d letters that another process is at", len(got))
		}
		c.Advance(6 * time.Minute)
		once(t, r)
		one(t, s, ada)
	})
}

// Whoever a letter did not reach is called, whatever it failed of: the recipient's server
// put it off for a day, or we could not write it. Sent again, such a letter has a day anew:
// it was given up at the fourth try.
func TestWhoIsNotReachedIsCalled(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "impfung", desktest.At(30, "08:00"), "de", "impfen").Booking
		bad := book(t, d, "impfung", desktest.At(31, "08:00"), "de", "impfen").Booking
		err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
			x, err := tx.Booking(bad.Tenant, bad.ID)
			if err == nil {
				x.UID = "" // no entry can be written
				err = tx.SaveBooking(x)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.set(func(s *server) { s.refuse["rcpt"] = &gosmtp.SMTPError{Code: 451, Message: "later"} })
		pass := func(hours int) (p store.Posting) {
			t.Helper()
			for range hours * 4 {
				if err := r.Deliver(t.Context()); err != nil {
					t.Fatal(err)
				}
				c.Advance(15 * time.Minute)
			}
			return postings(t, d, b.ID)[booking.KindConfirmed]
		}
		p := pass(26)
		if x := about(t, d, b); p.State != "failed" || !x.Call || x.KeptBack {
			t.Errorf("got %s, call %t, kept back %t, want failed and a call", p.State, x.Call, x.KeptBack)
		}
		if x := about(t, d, bad); !x.Call {
			t.Error("nobody calls who gets no letter because it cannot be written")
		}
		if _, err := d.SendAgain(t.Context(), desktest.Clerk(), b.ID, p.MessageID); err != nil {
			t.Fatal(err)
		}
		if p := pass(20); p.State != "queued" {
			t.Errorf("got %s (%d tries) 20 hours after it was sent again, want queued", p.State, p.Attempts)
		}
	})
}

// A system that takes its time to answer, and has much to be told, held up what the systems
// of other tenants are told: all calls at once were its own, one lot after the other.
func TestASlowWebhookHoldsUpNobody(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		slow, quick := receive(t), receive(t)
		withHooks(t, d, hook("langsam", slow.URL, agenda.DetailReference, events()...))
		other := desktest.Musterstadt()
		other.Tenant.ID, other.Calendars[0].StaffMail = "nachbarstadt", agenda.StaffMail{}
		other.Webhooks = []agenda.Webhook{hook("flink", quick.URL, agenda.DetailReference, events()...)}
		if _, err := d.Apply(t.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		r, _ := caller(t, d)
		told := make(chan struct{})
		var once sync.Once
		quick.set(func(w http.ResponseWriter, _ *http.Request) { once.Do(func() { close(told) }) })
		slow.set(func(_ http.ResponseWriter, q *http.Request) {
			select {
			case <-told:
			case <-q.Context().Done(): // they gave up
				t.Error("a call ended before the neighbour was told")
			}
		})
		for n := range 20 {
			bookAt(t, d, "musterstadt", "d0", n)
		}
		c.Advance(time.Second)
		bookAt(t, d, "nachbarstadt", "d0", 0)
		if err := r.CallHooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(slow.take()); got != 20 {
			t.Errorf("the slow one was told %d times, want 20", got)
		}
		if got := len(quick.take()); got != 1 {
			t.Errorf("the neighbour was told %d times, want once", got)
		}
	})
}

// One visit that cannot be opened, written under another key, must not keep the others of
// its day out of the office's list, nor those of its visitor out of the letter with links.
func TestAVisitThatCannotBeOpenedBlocksNoOther(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		first := book(t, d, "buergerbuero", desktest.At(1, "08:00"), "de", "pass").Booking
		bad := book(t, d, "buergerbuero", desktest.At(1, "09:00"), "de", "pass").Booking
		once(t, r)
		s.take()
		err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
			x, err := tx.Booking(bad.Tenant, bad.ID)
			if err == nil {
				x.Sealed[1] ^= 1 // as under another key
				err = tx.SaveBooking(x)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.AskForLinks(t.Context(), "musterstadt", ada); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if l := one(t, s, ada); strings.Count(l.text, "/m/") != 1 {
			t.Errorf("got %d links, want that of the other visit: %s", strings.Count(l.text, "/m/"), l.text)
		}
		c.Set(desktest.At(1, "07:05"))
		once(t, r)
		list := lists(t, s)
		if len(list) != 1 || !strings.Contains(list[0].text, first.Reference) || !strings.Contains(list[0].text, bad.Reference) {
			t.Errorf("got %v, want a list with both visits", subjects(list))
		}
	})
}

// A relay that does not know us any more says so of every recipient: letters were lost, their
// visitors all to be called, and where it gave no status code their addresses bad for good.
func TestARelayThatRefusesUsLosesNoLetter(t *testing.T) {
	const relays, address, sender = "queued", "failed and kept back", "failed"
	for text, want := range map[string]string{"relay not permitted": relays, "5.7.1 <ada@beispiel.example>: Relay access denied": relays, "5.7.54 SMTP; Unable to relay recipient": relays,
		"Administrative prohibition": sender, "No such user here": address, "5.1.1 User unknown in relay recipient table": address} {
		d, c := desktest.SQLite(t)
		w := relayAt(t, c)
		r := runner(t, d, &server{port: w.port})
		refusal := &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.NoEnhancedCode, Message: text}
		w.behave(func(_ *visit, step string) error {
			if step == "rcpt" {
				return refusal
			}
			return nil
		})
		b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen").Booking
		for range 20 {
			if err := r.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.Advance(10 * time.Minute)
		}
		p, x := postings(t, d, b.ID)[booking.KindConfirmed], about(t, d, b)
		got := p.State
		if x.KeptBack {
			got += " and kept back"
		}
		if got != want || x.Call != (p.State == "failed") {
			t.Errorf("%s: %s, call %t, want %s", text, got, x.Call, want)
		}
		w.behave(nil)
		for range 10 {
			if err := r.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.Advance(10 * time.Minute)
		}
		if p := postings(t, d, b.ID)[booking.KindConfirmed]; want == relays && p.State != "sent" {
			t.Errorf("%s: got %s once it knew us again", text, p.State)
		}
	}
}

// A letter that had been tried for hours, or that its reader's program had answered twenty
// times, could not come back any more: nobody was to be called.
func TestALetterWithALongLifeComesBackToo(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := relayAt(t, c)
	r := runner(t, d, &server{port: w.port})
	dir := t.TempDir()
	r.Returns = []jobs.Returns{{Source: &bounce.Folder{Path: dir}, Address: returnAddress}}
	w.behave(says("mail", 550))
	b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen").Booking
	for range 120 {
		if err := r.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Advance(5 * time.Minute)
	}
	w.behave(nil)
	for range 4 { // one letter tries first whether it is well again
		c.Advance(30 * time.Minute)
		once(t, r)
	}
	p := postings(t, d, b.ID)[booking.KindConfirmed]
	if p.State != "sent" || p.Attempts < 20 {
		t.Fatalf("got %s after %d tries, want sent after 20 at least", p.State, p.Attempts)
	}
	for n := range 25 {
		comesBack(t, dir, fmt.Sprintf("absent%02d", n), "From: ada@beispiel.example\r\nIn-Reply-To: <"+p.MessageID+"@x.example>\r\nAuto-Submitted: auto-replied\r\n\r\nIch bin im Urlaub.\r\n")
	}
	comesBack(t, dir, "bounce", report(p.MessageID, "failed", "5.1.1"))
	once(t, r)
	if x := about(t, d, b); !x.Call || !x.KeptBack {
		t.Errorf("call %t, kept back %t, want both", x.Call, x.KeptBack)
	}
}

// A process that stood still while another told the webhook gave the post back to the queue:
// it was told once more.
func TestPostOfALeaseThatRanOut(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		withHooks(t, d, hook("faelle", s.URL, agenda.DetailReference, events()...))
		r, _ := caller(t, d)
		b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass").Booking
		var mine []store.HookPost
		err := d.Store.Update(t.Context(), func(tx *store.Tx) (err error) {
			mine, err = tx.LeaseHooks(store.HookLane{Tenant: "musterstadt", Hook: "faelle"}, "", 8, c.Now().Add(time.Minute))
			return err
		})
		if err != nil || len(mine) != 1 {
			t.Fatalf("leased %d, %v", len(mine), err)
		}
		c.Advance(2 * time.Minute)
		once(t, r)
		if err := d.SettleHook(t.Context(), mine[0], false); err != nil {
			t.Fatal(err)
		}
		c.Advance(2 * time.Minute)
		once(t, r)
		if p := post(t, d, b.ID)[0]; p.State != "sent" || len(s.take()) != 1 {
			t.Errorf("got %+v, want sent, once", p)
		}
	})
}
