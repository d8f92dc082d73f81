package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// reminders counts the reminders among what arrived for the visitor.
func reminders(t *testing.T, s *server) (list []read) {
	t.Helper()
	for _, l := range arrived(t, s, ada) {
		if strings.HasPrefix(l.subject, "Erinnerung") {
			list = append(list, l)
		}
	}
	return list
}

func TestReminders(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(10, "08:00"), "de", "pass")
		at := func(when time.Time, want int) []read {
			t.Helper()
			c.Set(when)
			once(t, r)
			once(t, r)
			got := reminders(t, s)
			if len(got) != want {
				t.Fatalf("at %s: got %v, want %d reminders", when, subjects(got), want)
			}
			return got
		}
		at(desktest.At(3, "07:59"), 0)
		first := at(desktest.At(3, "08:00"), 1)[0]
		checkEntry(t, first, ical.Request, b.Booking.UID, 0, desktest.At(10, "08:00"), c.Now())
		at(desktest.At(5, "08:00"), 0)
		second := at(desktest.At(9, "08:00"), 1)[0]
		if first.id == second.id {
			t.Error("both reminders have one Message-ID")
		}
		at(desktest.At(10, "07:00"), 0)
		at(desktest.At(10, "09:00"), 0)
	})
}

// After downtime only the latest reminder goes out, and only while it helps.
func TestRemindersAfterDowntime(t *testing.T) {
	for _, x := range []struct {
		name string
		back time.Time // when the jobs run again; the visit is on day 10 at 08:00
		want int
	}{
		{"both are overdue: the latest", desktest.At(9, "20:00"), 1},
		{"a little more than two hours ahead", desktest.At(10, "05:59"), 1},
		{"two hours ahead is too close", desktest.At(10, "06:00"), 0},
		{"after the start", desktest.At(10, "08:00"), 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			d, c := desktest.SQLite(t)
			s := start(t)
			r := settled(t, d, s)
			b := book(t, d, "buergerbuero", desktest.At(10, "08:00"), "de", "pass")
			once(t, r)
			s.take()
			c.Set(x.back)
			for range 2 {
				once(t, runner(t, d, s)) // a new process each
			}
			if got := reminders(t, s); len(got) != x.want {
				t.Errorf("got %v, want %d", subjects(got), x.want)
			}
			if _, early := postings(t, d, b.Booking.ID)["reminder-7d"]; early {
				t.Error("the reminder of a week before was posted as well")
			}
		})
	}
}

// A reminder that could not be delivered in time is not sent after the start.
func TestReminderNeverAfterTheStart(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	b := book(t, d, "buergerbuero", desktest.At(10, "08:00"), "de", "pass")
	once(t, r)
	s.take()
	s.set(func(s *server) { s.refuse["rcpt"] = &gosmtp.SMTPError{Code: 451, Message: "later"} })
	for at := desktest.At(9, "08:00"); at.Before(desktest.At(10, "08:30")); at = at.Add(30 * time.Minute) {
		c.Set(at)
		once(t, r)
	}
	s.set(func(s *server) { s.refuse = map[string]error{} })
	c.Set(desktest.At(10, "12:30"))
	once(t, r)
	if got := reminders(t, s); len(got) > 0 {
		t.Errorf("got %v", subjects(got))
	}
	if p := postings(t, d, b.Booking.ID)["reminder-24h"]; p.State != "dropped" {
		t.Errorf("got %+v, want dropped", p)
	}
}

func TestRemindersFollowAMove(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(10, "08:00"), "de", "pass")
		c.Set(desktest.At(3, "08:00"))
		once(t, r)
		if got := reminders(t, s); len(got) != 1 {
			t.Fatalf("got %v, want the first reminder; the letters are %+v", subjects(got), postings(t, d, b.Booking.ID))
		}
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(14, "08:00")}); err != nil {
			t.Fatal(err)
		}
		for _, day := range []int{3, 9, 13} { // day 7: a week before, again; day 13: a day before
			want := map[int]int{3: 0, 9: 1, 13: 1}[day]
			c.Set(desktest.At(day, "08:00"))
			once(t, r)
			if got := reminders(t, s); len(got) != want {
				t.Errorf("day %d: got %v, want %d", day, subjects(got), want)
			}
		}
		// Within the last day: the visitor has just read the time.
		c.Set(desktest.At(13, "09:30"))
		if _, err := d.MoveFor(t.Context(), desktest.Clerk(), b.Booking.ID, booking.Target{Start: desktest.At(14, "09:00")}); err != nil {
			t.Fatal(err)
		}
		c.Set(desktest.At(13, "20:00"))
		once(t, r)
		if got := reminders(t, s); len(got) != 0 {
			t.Errorf("got %v right after a move", subjects(got))
		}
		// Booked within the span: neither.
		book(t, d, "buergerbuero", desktest.At(14, "10:00"), "de", "pass")
		c.Set(desktest.At(14, "06:00"))
		once(t, r)
		if got := reminders(t, s); len(got) != 0 {
			t.Errorf("got %v for a visit booked within the span", subjects(got))
		}
	})
}

// lists gives the daily lists that arrived.
func lists(t *testing.T, s *server) (list []read) {
	t.Helper()
	for _, l := range arrived(t, s, office) {
		if strings.HasPrefix(l.subject, "Tagesliste") {
			list = append(list, l)
		}
	}
	return list
}

func TestDailyList(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(1, "08:00"), "de", "pass")
		gone := book(t, d, "buergerbuero", desktest.At(1, "09:00"), "de", "pass")
		if _, err := d.Cancel(t.Context(), "musterstadt", gone.Manage); err != nil {
			t.Fatal(err)
		}
		at := func(when time.Time, want int) []read {
			t.Helper()
			c.Set(when)
			once(t, r)
			once(t, runner(t, d, s))
			got := lists(t, s)
			if len(got) != want {
				t.Fatalf("%s: got %v, want %d lists", when, subjects(got), want)
			}
			return got
		}
		at(desktest.At(0, "22:00"), 0)
		at(desktest.At(1, "06:59"), 0)
		l := at(desktest.At(1, "07:00"), 1)[0]
		if !strings.Contains(l.subject, "Di, 07.07.2026") || !strings.Contains(l.text, "Ada Beispiel") || !strings.Contains(l.text, b.Booking.Reference) || strings.Contains(l.text, gone.Booking.Reference) {
			t.Errorf("%s\n%s", l.subject, l.text)
		}
		at(desktest.At(1, "12:00"), 0)
		if late := at(desktest.At(4, "11:00"), 1)[0]; !strings.Contains(late.subject, "10.07.2026") {
			t.Errorf("after downtime: got %s, want today's alone", late.subject)
		}
		at(desktest.At(5, "07:00"), 0) // Saturday: closed
	})
}

// A list set for an hour that the clock skips, or shows twice, comes once.
func TestDailyListWhenTheClocksChange(t *testing.T) {
	for _, x := range []struct {
		name, list string
		from, to   time.Time // UTC
	}{
		{"02:30 does not exist", "02:30", time.Date(2027, 3, 28, 0, 0, 0, 0, time.UTC), time.Date(2027, 3, 28, 12, 0, 0, 0, time.UTC)},
		{"02:30 comes twice", "02:30", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 12, 0, 0, 0, time.UTC)},
	} {
		t.Run(x.name, func(t *testing.T) {
			d, c := desktest.SQLite(t)
			change(t, d, func(s *agenda.Setup) {
				s.Calendars[0].StaffMail.DailyList = x.list
				s.Calendars[0].SlotTemplates[0].Weekdays = append(s.Calendars[0].SlotTemplates[0].Weekdays, "su")
			}, desktest.Musterstadt())
			s := start(t)
			c.Set(x.from.Add(-time.Hour))
			r := settled(t, d, s)
			var got []read
			for at := x.from; at.Before(x.to); at = at.Add(5 * time.Minute) {
				c.Set(at)
				once(t, r)
				got = append(got, lists(t, s)...)
			}
			if len(got) != 1 {
				t.Errorf("got %v, want one list", subjects(got))
			}
		})
	}
}

// The letters of one tenant do not wait for the dead mail server of another: after
// one letter in vain it is left alone for a while.
func TestDeadServerOfOneTenant(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	r := settled(t, d, s)
	own, err := mail.NewSMTP(mail.SMTPSettings{Host: "127.0.0.1", Port: 1, TLS: "none"})
	if err != nil {
		t.Fatal(err)
	}
	other := desktest.Musterstadt()
	other.Tenant.ID, other.Calendars[0].StaffMail = "nachbarstadt", agenda.StaffMail{}
	if _, err := d.Apply(t.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	r.Tenants = map[string]mail.Transport{"nachbarstadt": own}
	for _, clock := range []string{"08:00", "08:05", "08:10"} {
		_, err := d.BookNow(t.Context(), booking.Request{Tenant: "nachbarstadt", Wish: desktest.Wish("impfen"), Calendar: "impfung", Start: desktest.At(2, clock),
			By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: desktest.Ada}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
	}
	book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
	once(t, r)
	one(t, s, ada)
	r.Tenants = nil // the server works again
	c.Advance(time.Minute)
	once(t, r)
	if got := arrived(t, s, ada); len(got) != 3 {
		t.Errorf("got %v, want the three letters", subjects(got))
	}
}

// A shift of the clock by two minutes, over the midnight at which a visitor is to be
// forgotten, was seen by the hourly job up to an hour later.
func TestShiftMakesEveryJobDue(t *testing.T) {
	d, c := desktest.SQLite(t)
	r := settled(t, d, start(t))
	b := book(t, d, "buergerbuero", desktest.At(1, "08:00"), "de", "pass")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	defer func() { stop(); <-ended }()
	sealed := func() bool {
		var got *agenda.Booking
		if err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
			got, err = tx.Booking("musterstadt", b.Booking.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return got.Sealed != nil
	}
	c.Set(desktest.At(3, "23:58"))
	time.Sleep(1200 * time.Millisecond)
	if !sealed() {
		t.Fatal("forgotten too early")
	}
	c.Set(desktest.At(4, "00:00"))
	for began := time.Now(); sealed(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("not forgotten after the shift")
		}
	}
}
