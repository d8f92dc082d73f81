package jobs_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
)

const (
	ada    = "ada@beispiel.example"
	office = "buero@musterstadt.example"
)

func book(t *testing.T, d *booking.Desk, calendar string, start time.Time, lang string, services ...string) booking.Receipt {
	t.Helper()
	r, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish(services...), Calendar: calendar, Start: start,
		By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: desktest.Ada, Language: lang}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkEntry holds a letter's calendar part to what icalendar.md asks of all.
func checkEntry(t *testing.T, l read, method ical.Method, uid string, sequence int, start, now time.Time) {
	t.Helper()
	if l.calendar == nil || len(l.calendar.Events) != 1 {
		t.Fatalf("%s: no entry", l.subject)
	}
	if !bytes.Equal(l.inline, l.attached) {
		t.Errorf("%s: inline and attached calendar differ", l.subject)
	}
	e := l.calendar.Events[0]
	if l.calendar.Method != method || l.method != string(method) {
		t.Errorf("%s: got method %s and MIME method %s, want %s", l.subject, l.calendar.Method, l.method, method)
	}
	if e.UID != uid || e.Sequence != sequence || !e.Start.Equal(start) || !e.Changed.Equal(now) {
		t.Errorf("%s: got UID %s, sequence %d, start %s, stamp %s; want %s, %d, %s, %s", l.subject, e.UID, e.Sequence, e.Start, e.Changed, uid, sequence, start, now)
	}
	if e.Organizer.Mail == "" || !strings.Contains(l.from, "<"+e.Organizer.Mail+">") {
		t.Errorf("%s: got organizer %s, want the sender %s", l.subject, e.Organizer.Mail, l.from)
	}
	attendee := l.to
	if method == ical.Publish {
		attendee = ""
	}
	if e.Attendee.Mail != attendee {
		t.Errorf("%s: got attendee %q, want %q", l.subject, e.Attendee.Mail, attendee)
	}
	if e.Cancelled != (method == ical.Cancel) || e.Alarm == (method == ical.Cancel) {
		t.Errorf("%s: got cancelled %v, alarm %v", l.subject, e.Cancelled, e.Alarm)
	}
	for _, secret := range []string{"/m/", "/c/", "https:"} {
		if bytes.Contains(l.inline, []byte(secret)) {
			t.Errorf("%s: a link is in the entry", l.subject)
		}
	}
}

// The whole life of a booking with double opt-in, as its visitor's mailbox sees it.
func TestLettersOfAWholeLife(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "ausweise", desktest.At(2, "08:00"), "en", "ausweis")
		once(t, r)
		l := one(t, s, ada)
		private, err := d.Private(b.Booking)
		if err != nil {
			t.Fatal(err)
		}
		if l.calendar != nil || l.attached != nil || l.lang != "en" || !strings.Contains(l.text, "https://termine.musterstadt.example/musterstadt/c/"+private.Confirm) {
			t.Errorf("got language %s, entry %v, text\n%s", l.lang, l.calendar, l.text)
		}
		if strings.Contains(l.text, b.Manage) {
			t.Error("an unconfirmed address got the manage link")
		}

		c.Advance(time.Minute)
		if _, err := d.Confirm(t.Context(), "musterstadt", private.Confirm); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		l = one(t, s, ada)
		checkEntry(t, l, ical.Request, b.Booking.UID, 0, desktest.At(2, "08:00"), c.Now())
		if !strings.Contains(l.text, "https://termine.musterstadt.example/musterstadt/m/"+b.Manage) || !strings.Contains(l.text, b.Booking.Reference) {
			t.Errorf("from %s:\n%s", l.from, l.text)
		}

		c.Advance(time.Minute)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(3, "09:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		l = one(t, s, ada)
		checkEntry(t, l, ical.Request, b.Booking.UID, 1, desktest.At(3, "09:00"), c.Now())
		if !strings.Contains(l.text, "8 July 2026") || !strings.Contains(l.text, "9 July 2026") {
			t.Errorf("old and new time are not both in\n%s", l.text)
		}

		c.Advance(time.Minute)
		if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkEntry(t, one(t, s, ada), ical.Cancel, b.Booking.UID, 2, desktest.At(3, "09:00"), c.Now())
		once(t, r)
		if again := arrived(t, s, ""); len(again) > 0 {
			t.Errorf("got %v once more", subjects(again))
		}
	})
}

func TestStaffLetters(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "en", "pass")
		once(t, r)
		check := func(subject string) read {
			t.Helper()
			list := arrived(t, s, office)
			if len(list) != 1 || !strings.HasPrefix(list[0].subject, subject) || list[0].lang != "de" || list[0].calendar != nil {
				t.Fatalf("got %v, want one that begins %q", subjects(list), subject)
			}
			if !strings.Contains(list[0].text, "/staff/bookings/"+b.Booking.ID) || strings.Contains(list[0].text, b.Manage) {
				t.Errorf("links:\n%s", list[0].text)
			}
			return list[0]
		}
		if l := check("Neuer Termin"); !strings.Contains(l.text, "Ada Beispiel") || !strings.Contains(l.text, "Reisepass") {
			t.Error(l.text)
		}
		c.Advance(time.Minute)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(3, "09:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if l := check("Termin geändert"); !strings.Contains(l.text, "8. Juli 2026") {
			t.Errorf("the old time is not in\n%s", l.text)
		}
		if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		check("Termin abgesagt")
	})
}

// A sensitive service is in no header, no entry and no letter, not even through the
// name of its department.
func TestSensitive(t *testing.T) {
	d, _ := desktest.SQLite(t)
	setup := desktest.Musterstadt()
	change(t, d, func(s *agenda.Setup) { s.Services[1].Sensitive = true }, setup)
	s := start(t)
	r := settled(t, d, s)
	book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "pass")
	once(t, r)
	list := arrived(t, s, "")
	if len(list) != 2 {
		t.Fatalf("got %v", subjects(list))
	}
	for _, l := range list {
		for what, text := range map[string]string{"subject": l.subject, "from": l.from, "text": l.text, "html": l.html, "entry": string(l.inline)} {
			for _, word := range []string{"Reisepass", "Bürgerdienste"} {
				if strings.Contains(text, word) {
					t.Errorf("%s: %s is in its %s", l.subject, word, what)
				}
			}
		}
		if l.to == ada && l.calendar.Events[0].Organizer.Mail != "termine@musterstadt.example" {
			t.Errorf("got organizer %s, want the tenant's", l.calendar.Events[0].Organizer.Mail)
		}
	}
}

// A department without a mailbox for answers publishes entries; nobody takes them
// out again but their owner.
func TestPublishDepartmentAndApproval(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "soziales", desktest.At(2, "08:00"), "de", "beratung")
		once(t, r)
		if l := one(t, s, ada); l.calendar != nil || !strings.HasPrefix(l.subject, "Ihre Terminanfrage ist eingegangen") {
			t.Errorf("got %s with entry %v", l.subject, l.calendar)
		}
		if _, err := d.Approve(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkEntry(t, one(t, s, ada), ical.Publish, b.Booking.UID, 0, desktest.At(2, "08:00"), c.Now())
		if _, err := d.CancelFor(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if l := one(t, s, ada); l.calendar != nil || l.attached != nil || !strings.Contains(l.text, "löschen Sie den Eintrag") {
			t.Errorf("got entry %v and text\n%s", l.calendar, l.text)
		}
	})
}

// What a letter takes from the set-up, in the words of its language.
func TestWordsOfTheSetup(t *testing.T) {
	d, _ := desktest.SQLite(t)
	change(t, d, func(s *agenda.Setup) {
		s.Sites[0].Access = []string{"step-free", "Klingel am Tor"}
		s.Services[1].Checklist, s.Services[1].Fee = []agenda.Text{{"de": "Foto", "en": "Photo"}}, agenda.Text{"de": "60 Euro", "en": "60 euros"}
		s.Legal.Imprint, s.Legal.Privacy = agenda.Plain("https://musterstadt.example/impressum"), agenda.Plain("Wir speichern wenig.")
		s.Calendars[0].Room = agenda.Plain("Zimmer 12")
		s.Mail.ReplyTo = "antwort@musterstadt.example"
	}, desktest.Musterstadt())
	s := start(t)
	r := settled(t, d, s)
	book(t, d, "buergerbuero", desktest.At(2, "08:00"), "en", "pass")
	once(t, r)
	list := arrived(t, s, ada)
	if len(list) != 1 {
		t.Fatalf("got %v", subjects(list))
	}
	for _, want := range []string{"Step-free access, Klingel am Tor", "- Photo", "60 euros", "Zimmer 12", "Citizens' office", "Dear Ada Beispiel",
		"https://musterstadt.example/impressum", "https://termine.musterstadt.example/musterstadt/legal/privacy"} {
		if !strings.Contains(list[0].text, want) {
			t.Errorf("%q is missing in\n%s", want, list[0].text)
		}
	}
	if !strings.Contains(string(list[0].raw), "Reply-To: <antwort@musterstadt.example>") {
		t.Error("no Reply-To")
	}
}

// What the office leaves unanswered expires at the start, with one letter, however
// often and by however many the jobs are run.
func TestExpiryOfAnApproval(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r, other := runner(t, d, s), runner(t, d, s)
		b := book(t, d, "soziales", desktest.At(1, "08:00"), "de", "beratung")
		once(t, r)
		s.take()
		c.Set(desktest.At(1, "08:00"))
		for range 2 {
			once(t, r)
			once(t, other)
		}
		list := arrived(t, s, ada)
		if len(list) != 1 || !strings.HasPrefix(list[0].subject, "Ihre Terminanfrage ist abgelaufen") || list[0].calendar != nil {
			t.Errorf("got %v", subjects(list))
		}
		if p := postings(t, d, b.Booking.ID); p[booking.KindExpired].State != "sent" {
			t.Errorf("got %+v", p)
		}
	})
}

// A letter is written from the booking as it is when it leaves: what a newer one
// tells is not told twice, and the newer one names the time its reader knew.
func TestNewerLettersReplaceOlderOnes(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := runner(t, d, s)
		b := book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
		once(t, r)
		s.take()
		for _, at := range []string{"09:00", "10:00"} {
			c.Advance(time.Minute)
			if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(3, at)}); err != nil {
				t.Fatal(err)
			}
		}
		once(t, r)
		l := one(t, s, ada)
		checkEntry(t, l, ical.Request, b.Booking.UID, 2, desktest.At(3, "10:00"), c.Now())
		if strings.Contains(l.text, "09:00") || !strings.Contains(l.text, "8. Juli 2026, 08:00") {
			t.Errorf("want the time that was told last:\n%s", l.text)
		}
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(4, "10:00")}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkEntry(t, one(t, s, ada), ical.Cancel, b.Booking.UID, 4, desktest.At(4, "10:00"), c.Now())
		if p := postings(t, d, b.Booking.ID)[booking.KindChanged]; p.State != "dropped" || p.Reason == "" {
			t.Errorf("got %+v, want dropped", p)
		}
	})
}

// A tenant that had set no sender lost every letter.
func TestTenantWithoutSender(t *testing.T) {
	d, _ := desktest.SQLite(t)
	setup := desktest.Musterstadt()
	change(t, d, func(s *agenda.Setup) {
		s.Mail.From = ""
		for i := range s.Departments {
			s.Departments[i].Mail = ""
		}
	}, setup)
	s := start(t)
	r := settled(t, d, s)
	book(t, d, "impfung", desktest.At(2, "08:00"), "de", "impfen")
	once(t, r)
	if l := one(t, s, ada); !strings.Contains(l.from, "<termine@") || l.calendar == nil {
		t.Errorf("got a letter from %s with entry %v", l.from, l.calendar)
	}
}
