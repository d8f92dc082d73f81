package jobs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/bounce"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/store"
)

const returnAddress = "rueckmeldung@musterstadt.example"

// comesBack drops a message into the folder that is read.
func comesBack(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name+".eml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func report(id, action, status string) string {
	return "Return-Path: <>\r\nTo: rueckmeldung+" + id + "@musterstadt.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nAction: " + action + "\r\nStatus: " + status +
		"\r\nDiagnostic-Code: smtp; 550 " + status + " <ada@beispiel.example> is unknown here\r\n\r\n--x--\r\n"
}

// about is what staff see of a booking's letters.
func about(t *testing.T, d *booking.Desk, b *agenda.Booking) booking.BookingLetters {
	t.Helper()
	now := *b
	if err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		found, err := tx.Booking(b.Tenant, b.ID)
		if err == nil {
			now = *found
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	x, err := d.LettersAbout(t.Context(), &now)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// last is the newest thing that became of a letter.
func last(t *testing.T, x booking.BookingLetters, kind string) (l booking.LetterLife, told booking.Told) {
	t.Helper()
	for _, l := range x.Letters {
		if l.Kind == kind && len(l.Life) > 0 {
			return l, l.Life[len(l.Life)-1]
		}
	}
	t.Fatalf("nothing became of a letter %s: %+v", kind, x.Letters)
	return l, told
}

// A letter comes back: it is marked, somebody is to call, nothing more goes to the address,
// until staff want it; then it goes out under its own Message-ID. Long: it is one story.
func TestALetterComesBack(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s, dir := start(t), t.TempDir()
		r := runner(t, d, s)
		r.Returns = []jobs.Returns{{Source: &bounce.Folder{Path: dir}, Address: returnAddress}}
		once(t, r)
		s.take()
		b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen").Booking
		once(t, r)
		sent := s.take()
		letter, told := last(t, about(t, d, b), booking.KindConfirmed)
		if told.What != store.Accepted || told.Code != 250 || told.Words == "" || letter.State != "sent" {
			t.Fatalf("after it was sent: got %+v of %+v", told, letter.Posting)
		}

		provesNothing(t, d, r, dir, b, letter.MessageID)
		if got := s.take(); len(got) > 0 {
			t.Errorf("a mail was answered: %v", got)
		}
		comesBack(t, dir, "7", report(strings.ToLower(letter.MessageID), "failed", "5.1.1"))
		once(t, r)
		x := about(t, d, b)
		letter, told = last(t, x, booking.KindConfirmed)
		if told.What != store.Bounced || told.Status != "5.1.1" || !strings.Contains(told.Words, "unknown here") || letter.State != "failed" || !x.Call || !x.KeptBack {
			t.Fatalf("after it came back: got %+v, %+v", x, told)
		}
		clerk := desktest.Clerk()
		if calls, err := d.Unreached(t.Context(), clerk); err != nil || len(calls) != 1 || calls[0].ID != b.ID {
			t.Errorf("whom to call: got %v, %v", calls, err)
		}
		if _, err := d.MoveFor(t.Context(), clerk, b.ID, booking.Target{Start: desktest.At(3, "08:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if got := s.take(); len(got) != 0 {
			t.Errorf("sent to an address that letters come back from: %v", got)
		}
		changed := postings(t, d, b.ID)[booking.KindChanged]
		if changed.State != "dropped" || changed.Reason != booking.KeptBack {
			t.Errorf("got %+v, want it kept back", changed)
		}

		if _, err := d.Reached(t.Context(), clerk, b.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Reached(t.Context(), clerk, b.ID); !errors.Is(err, agenda.ErrState) {
			t.Errorf("called twice: got %v", err)
		}
		if _, err := d.SendAgain(t.Context(), clerk, b.ID, letter.MessageID); !errors.Is(err, agenda.ErrState) {
			t.Errorf("a letter about the old time: got %v, want it refused as stale", err)
		}
		if _, err := d.SendAgain(t.Context(), clerk, b.ID, changed.MessageID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if got := s.take(); len(got) != 1 || len(sent) == 0 {
			t.Errorf("sent again: got %v", got)
		}
		if again := postings(t, d, b.ID)[booking.KindChanged]; again.State != "sent" || again.MessageID != changed.MessageID {
			t.Errorf("got %+v, want it sent under the same Message-ID", again)
		}
		if x := about(t, d, b); x.Call || x.KeptBack {
			t.Errorf("after it was sent again: got %+v", x)
		}
		if broken, err := d.Verify(t.Context(), nil); err != nil || len(broken) > 0 {
			t.Errorf("verify: %v, %v", broken, err)
		}
		c.Advance(400 * 24 * time.Hour)
		once(t, r)
		if err := d.Store.View(t.Context(), func(tx *store.Tx) error {
			life, err := tx.Life(b.Tenant, b.ID)
			tasks, failed := tx.TasksOf(b.Tenant, b.ID)
			if len(life)+len(tasks) > 0 {
				t.Errorf("outlives retention: %v, %v", life, tasks)
			}
			return errors.Join(err, failed)
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// provesNothing has mails come back that are no report about a letter of ours, or only that
// a server still tries: all of them together change nothing.
func provesNothing(t *testing.T, d *booking.Desk, r *jobs.Runner, dir string, b *agenda.Booking, id string) {
	t.Helper()
	comesBack(t, dir, "1", report("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "failed", "5.1.1")) // somebody made it up
	comesBack(t, dir, "2", "From: ada@beispiel.example\r\nTo: rueckmeldung+"+id+"@musterstadt.example\r\nSubject: Absage\r\n\r\nBitte sagen Sie meinen Termin ab.\r\n")
	comesBack(t, dir, "3", "From: ada@beispiel.example\r\nIn-Reply-To: <"+id+"@x.example>\r\nContent-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nATTENDEE;PARTSTAT=DECLINED:mailto:ada@beispiel.example\r\nEND:VCALENDAR\r\n")
	comesBack(t, dir, "4", "From: ada@beispiel.example\r\nIn-Reply-To: <"+id+"@x.example>\r\nAuto-Submitted: auto-replied\r\n\r\nIch bin im Urlaub.\r\n")
	comesBack(t, dir, "5", report(id, "delayed", "4.4.1"))
	comesBack(t, dir, "6", strings.Repeat("Content-Type: multipart/report; boundary=x\r\n--x\r\n", 3000))
	once(t, r)
	x := about(t, d, b)
	letter, told := last(t, x, booking.KindConfirmed)
	if told.What != store.Delayed || letter.State != "sent" || x.Call || x.KeptBack || len(letter.Life) != 4 {
		t.Fatalf("what proves nothing changed something: %+v, %+v", x, letter)
	}
	if got := stored(t, d, b); got.Status != agenda.Confirmed || got.Version != b.Version {
		t.Errorf("a mail changed the visit: %+v", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(left) != 3 { // what was made up, the person's, the broken one
		t.Errorf("left for people: got %v, %v", left, err)
	}
}

// An address that is refused at once is as bad as one that letters come back from; a relay
// that refuses everybody is not.
func TestARefusalAtOnce(t *testing.T) {
	for status, kept := range map[gosmtp.EnhancedCode]bool{{5, 1, 1}: true, {5, 7, 1}: false, {5, 2, 2}: false} {
		desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
			s := start(t)
			r := settled(t, d, s)
			b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen").Booking
			s.set(func(s *server) {
				s.refuse["rcpt"] = &gosmtp.SMTPError{Code: 550, EnhancedCode: status, Message: "no"}
			})
			once(t, r)
			x := about(t, d, b)
			if _, told := last(t, x, booking.KindConfirmed); told.What != store.Refused || told.Code != 550 || !x.Call || x.KeptBack != kept {
				t.Errorf("%v: got %+v, call %t, kept back %t, want %t", status, told, x.Call, x.KeptBack, kept)
			}
			if _, err := d.WriteAgain(t.Context(), desktest.Clerk(), b.ID); errors.Is(err, agenda.ErrState) == kept {
				t.Errorf("%v: write again: %v", status, err)
			}
		})
	}
}

func stored(t *testing.T, d *booking.Desk, b *agenda.Booking) (now *agenda.Booking) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		now, err = tx.Booking(b.Tenant, b.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// When a place was last looked at, and why that failed, is known afterwards; a failure
// takes nothing from what was counted.
func TestWhenTheMailboxWasReadIsNoted(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		dir := filepath.Join(t.TempDir(), "later")
		place := jobs.Returns{Source: &bounce.Folder{Path: dir}, Address: returnAddress}
		r := runner(t, d, start(t))
		r.Returns = []jobs.Returns{place}
		admin := &agenda.Person{Tenant: "musterstadt", ID: "admin", Role: agenda.Admin}
		noted := func() store.Mailbox {
			list, err := d.Mailboxes(t.Context(), admin, []string{place.Name()})
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0]
		}
		if err := r.Once(t.Context()); err == nil {
			t.Error("a folder that is not there: got no error")
		}
		missed := c.Now()
		if m := noted(); !m.Looked.IsZero() || !m.Failed.Equal(missed) || m.Fault != bounce.FaultFolder {
			t.Errorf("got %+v, want a failure noted", m)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		comesBack(t, dir, "1", report("NOBODYSLETTERATALL00000000", "failed", "5.1.1"))
		c.Advance(time.Minute)
		once(t, r)
		if m := noted(); !m.Looked.Equal(c.Now()) || !m.Failed.Equal(missed) || m.Unknown != 1 {
			t.Errorf("got %+v, want it read at %s", m, c.Now())
		}
		if list, err := d.Mailboxes(t.Context(), desktest.Clerk(), []string{place.Name()}); len(list) != 0 || err != nil {
			t.Errorf("a clerk: got %v, %v", list, err)
		}
	})
}
