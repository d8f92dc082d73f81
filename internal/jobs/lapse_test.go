package jobs_test

import (
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/store"
)

// asking lets Musterstadt ask those who come for a passport, from 7 days before the visit
// on, for an answer until 2 days before it.
func asking(s *agenda.Setup) {
	s.Services[1].Reconfirm = agenda.Reconfirm{Ask: agenda.Span{Days: 7}, By: agenda.Span{Days: 2}}
	s.Calendars[0].Reminders, s.Calendars[0].StaffMail = []agenda.Span{{Days: 1}}, agenda.StaffMail{}
}

// Whoever is asked twice and stays silent loses the visit at the last moment to answer:
// the letters say so first, the seats are free at once, the entry goes.
func TestSilenceEndsAVisit(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, asking, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(10, "08:00"), "de", "pass")
		once(t, r)
		if l := one(t, s, ada); !strings.Contains(l.text, "fragen wir Sie per E-Mail, ob Sie kommen. Bitte antworten Sie bis Di, 14.07.2026, 08:00 Uhr. Ohne Ihre Antwort sagen wir den Termin ab") {
			t.Errorf("the confirmation does not announce the question:\n%s", l.text)
		}
		for _, at := range []time.Time{desktest.At(3, "08:00"), desktest.At(7, "08:00")} {
			c.Set(at)
			once(t, r)
			l := one(t, s, ada)
			if !strings.HasPrefix(l.subject, "Bitte antworten") || !strings.Contains(l.text, "bitte sagen Sie uns bis Di, 14.07.2026, 08:00 Uhr, ob Sie kommen. Wenn Sie bis dahin nicht antworten, sagen wir Ihren Termin ab") ||
				!strings.Contains(l.text, "/m/"+b.Manage+"/coming") {
				t.Errorf("at %v: got %q\n%s", at, l.subject, l.text)
			}
		}
		c.Set(desktest.At(8, "07:59"))
		once(t, r)
		if got := arrived(t, s, ada); len(got) > 0 {
			t.Fatalf("before the last moment: got %v", subjects(got))
		}
		c.Set(desktest.At(8, "08:00"))
		once(t, r)
		once(t, r)
		l := one(t, s, ada)
		checkEntry(t, l, ical.Cancel, b.Booking.UID, 1, desktest.At(10, "08:00"), c.Now())
		if !strings.Contains(l.text, "bis Di, 14.07.2026, 08:00 Uhr keine Antwort") || !strings.Contains(l.text, "/musterstadt/s/pass") {
			t.Errorf("got\n%s", l.text)
		}
		free := 0
		err := d.Store.View(t.Context(), func(tx *store.Tx) error {
			now, err := tx.Booking("musterstadt", b.Booking.ID)
			if err != nil {
				return err
			}
			if now.Status != agenda.Cancelled {
				t.Errorf("got %s, want cancelled", now.Status)
			}
			entries, err := tx.Journal("musterstadt", b.Booking.ID)
			for _, e := range entries {
				if e.Act == "lapse" && e.Actor == booking.ActorJob {
					free++
				}
			}
			return err
		})
		if err != nil || free != 1 {
			t.Errorf("got %d entries in the journal, %v; want 1", free, err)
		}
		for range 2 { // both public seats
			book(t, d, "buergerbuero", desktest.At(10, "08:00"), "de", "pass")
		}
	})
}

// visitor is somebody who is asked whether they come, in a test of their own.
type visitor struct {
	*testing.T
	desk   *booking.Desk
	clock  *desktest.Clock
	server *server
	runner *jobs.Runner
	made   booking.Receipt
}

// book books for day 10, at 08:00, with all letters sent.
func (v *visitor) book() {
	v.made = book(v.T, v.desk, "buergerbuero", desktest.At(10, "08:00"), "de", "pass")
	once(v.T, v.runner)
}

// until lets the jobs run at some moments.
func (v *visitor) until(list ...time.Time) {
	for _, at := range list {
		if at.After(v.clock.Now()) {
			v.clock.Set(at)
			once(v.T, v.runner)
		}
	}
}

// readdress gives the visit another address, as the office does when somebody calls.
func (v *visitor) readdress(email string) {
	c, err := v.desk.Seen(v.Context(), desktest.Clerk(), v.made.Booking.ID)
	if err != nil {
		v.Fatal(err)
	}
	a := c.Amendable()
	seen := v.desk.Print(c.Booking, a)
	a.Email = email
	_, err = v.desk.Amend(v.Context(), desktest.Clerk(), c.ID, seen, a)
	v.must(nil, err)
}

func (v *visitor) must(_ *agenda.Booking, err error) {
	if err != nil {
		v.Fatal(err)
	}
}

// Nobody loses a visit who answered, on the page or on the phone; whom we could not ask in
// time; who booked when it was too late to ask; or while nobody looked after the jobs.
func TestWhoKeepsTheVisit(t *testing.T) {
	first, last := desktest.At(3, "08:00"), desktest.At(7, "08:00") // questions
	for name, live := range map[string]func(*visitor){
		"answered by the link": func(v *visitor) {
			v.book()
			v.until(first)
			v.must(v.desk.Coming(v.Context(), "musterstadt", v.made.Manage))
			v.server.take()
			v.until(last)
			if got := arrived(v.T, v.server, ada); len(got) > 0 {
				v.Errorf("asked again: %v", subjects(got))
			}
		},
		"answered on the phone": func(v *visitor) {
			v.book()
			v.until(first, last)
			v.must(v.desk.ComingFor(v.Context(), desktest.Clerk(), v.made.Booking.ID, true))
		},
		"the letters did not leave": func(v *visitor) {
			v.book()
			v.server.set(func(s *server) { s.refuse["rcpt"] = &gosmtp.SMTPError{Code: 451, Message: "later"} })
			for at := first; at.Before(desktest.At(8, "08:00")); at = at.Add(4 * time.Hour) {
				v.until(at)
			}
			v.server.set(func(s *server) { s.refuse = map[string]error{} })
		},
		"the letter came too late to be read": func(v *visitor) { v.book(); v.until(desktest.At(7, "20:30")) },
		"booked after the last question":      func(v *visitor) { v.clock.Set(desktest.At(7, "08:30")); v.book() },
		"moved after the last question": func(v *visitor) {
			v.book()
			v.until(first, last, desktest.At(7, "09:00"))
			v.must(v.desk.Move(v.Context(), "musterstadt", v.made.Manage, booking.Target{Start: desktest.At(10, "08:10")}))
		},
		"the question went to an address that was wrong": func(v *visitor) {
			v.book()
			v.until(first, last, desktest.At(7, "09:00"))
			v.readdress("richtig@beispiel.example")
		},
		"nobody looked when the time was over": func(v *visitor) { v.book(); v.until(first, last, desktest.At(8, "09:01")) },
	} {
		t.Run(name, func(t *testing.T) {
			d, c := desktest.SQLite(t)
			change(t, d, asking, desktest.Musterstadt())
			s := start(t)
			v := &visitor{T: t, desk: d, clock: c, server: s, runner: settled(t, d, s)}
			live(v)
			v.until(desktest.At(8, "08:00"), desktest.At(8, "08:20"), desktest.At(8, "12:00"), desktest.At(9, "12:00"))
			b, err := d.Seen(t.Context(), desktest.Clerk(), v.made.Booking.ID)
			if err != nil || b.Status != agenda.Confirmed {
				t.Errorf("got %v, %v; want confirmed", b, err)
			}
		})
	}
}

// Whoever was asked once more at their new address was asked: silence ends the visit.
func TestSilenceAtTheNewAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, asking, desktest.Musterstadt())
		s := start(t)
		v := &visitor{T: t, desk: d, clock: c, server: s, runner: settled(t, d, s)}
		v.book()
		v.until(desktest.At(3, "08:00"))
		v.readdress("richtig@beispiel.example")
		v.until(desktest.At(7, "08:00"), desktest.At(8, "08:00"))
		if b, err := d.Seen(t.Context(), desktest.Clerk(), v.made.Booking.ID); err != nil || b.Status != agenda.Cancelled {
			t.Errorf("got %v, %v; want it lapsed", b, err)
		}
	})
}

// A visit without an address is never asked about, and never lapses.
func TestWithoutAddressNothingLapses(t *testing.T) {
	d, c := desktest.SQLite(t)
	change(t, d, asking, desktest.Musterstadt())
	s := start(t)
	r := settled(t, d, s)
	clerk := desktest.Clerk()
	b, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("pass"), Calendar: "buergerbuero", Start: desktest.At(10, "08:00"),
		By: agenda.Staff, Actor: clerk.ID, Person: clerk}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Phone: "05550 4711"}, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{desktest.At(3, "08:00"), desktest.At(7, "08:00"), desktest.At(8, "08:00"), desktest.At(8, "08:10")} {
		c.Set(at)
		once(t, r)
	}
	now, err := d.Seen(t.Context(), clerk, b.Booking.ID)
	if err != nil || now.Status != agenda.Confirmed {
		t.Errorf("got %v, %v; want confirmed", now.Status, err)
	}
}
