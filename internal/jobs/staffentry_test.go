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

const clerks = "impfen@musterstadt.example"

// withEntries gives two calendars of the town mailboxes whose own calendars want entries.
func withEntries(s *agenda.Setup) {
	s.Calendars[0].StaffMail = agenda.StaffMail{To: office, Entries: true}
	s.Calendars[3].StaffMail = agenda.StaffMail{To: clerks, Entries: true}
	s.Calendars[3].Services = append(s.Calendars[3].Services, agenda.Offer{ID: "pass"})
}

// checkStaffEntry holds the only letter to a mailbox to what icalendar.md asks of all, and
// to what only the office's has.
func checkStaffEntry(t *testing.T, d *booking.Desk, list []read, method ical.Method, b booking.Receipt, sequence int, start time.Time) ical.Event {
	t.Helper()
	if len(list) != 1 || list[0].calendar == nil || len(list[0].calendar.Events) != 1 {
		t.Fatalf("got %v, want one letter with an entry", subjects(list))
	}
	l, e := list[0], list[0].calendar.Events[0]
	if l.calendar.Method != method || l.method != string(method) || !bytes.Equal(l.inline, l.attached) {
		t.Errorf("%s: got method %s, MIME %s; want %s", l.subject, l.calendar.Method, l.method, method)
	}
	if e.UID != d.StaffUID(b.Booking) || e.UID == b.Booking.UID || e.Sequence != sequence || !e.Start.Equal(start) || e.Cancelled != (method == ical.Cancel) {
		t.Errorf("%s: got UID %s, sequence %d, start %s, cancelled %v; want %d, %s", l.subject, e.UID, e.Sequence, e.Start, e.Cancelled, sequence, start)
	}
	if e.Attendee.Mail != l.to || e.Alarm || !strings.Contains(l.from, "<"+e.Organizer.Mail+">") || !bytes.Contains(l.inline, []byte("PARTSTAT=ACCEPTED;RSVP=FALSE")) {
		t.Errorf("%s: from %s to %s: got organizer %q, attendee %q, alarm %v", l.subject, l.from, l.to, e.Organizer.Mail, e.Attendee.Mail, e.Alarm)
	}
	for _, secret := range []string{"https:", desktest.Ada.Email, desktest.Ada.Phone, b.Manage} {
		if bytes.Contains(l.inline, []byte(secret)) {
			t.Errorf("%s: %q is in the entry", l.subject, secret)
		}
	}
	return e
}

// The office's own calendar follows a visit through its life, whatever letters it wants
// besides, and without an entry of the visitor's or a link in it.
func TestStaffEntryThroughItsLife(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, withEntries, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "en", "pass")
		once(t, r)
		e := checkStaffEntry(t, d, arrived(t, s, office), ical.Request, b, 0, desktest.At(2, "08:00"))
		if e.Summary != "Reisepass: Ada Beispiel" || !strings.Contains(e.Description, b.Booking.Reference) || e.Location == "" {
			t.Errorf("got %q, %q at %q", e.Summary, e.Description, e.Location)
		}
		c.Advance(time.Minute)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(3, "09:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkStaffEntry(t, d, arrived(t, s, office), ical.Request, b, 1, desktest.At(3, "09:00"))

		c.Advance(time.Minute)
		m, err := d.MoveUndoable(t.Context(), desktest.Clerk(), b.Booking.ID, booking.Target{Start: desktest.At(4, "08:00")}, booking.UndoFor)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = d.TakeBack(t.Context(), desktest.Clerk(), b.Booking.ID, m.Version); err != nil {
			t.Fatal(err)
		}
		c.Advance(booking.UndoFor)
		once(t, r)
		if got := arrived(t, s, office); len(got) > 0 {
			t.Errorf("got %v of what was taken back", subjects(got))
		}
		if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkStaffEntry(t, d, arrived(t, s, office), ical.Cancel, b, 4, desktest.At(3, "09:00"))
	})
}

// Another calendar has another mailbox: the entry leaves the one and comes into the other.
// Back again, it is as if it had never left.
func TestStaffEntryGoesWithTheVisit(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, withEntries, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "pass")
		once(t, r)
		arrived(t, s, "")
		move := func(calendar string, at time.Time) {
			t.Helper()
			c.Advance(time.Minute)
			if _, err := d.MoveFor(t.Context(), desktest.Clerk(), b.Booking.ID, booking.Target{Calendar: calendar, Start: at}); err != nil {
				t.Fatal(err)
			}
		}
		move("impfung", desktest.At(3, "09:00"))
		once(t, r)
		all := arrived(t, s, "")
		to := func(mailbox string) (list []read) {
			for _, l := range all {
				if l.to == mailbox {
					list = append(list, l)
				}
			}
			return list
		}
		gone := checkStaffEntry(t, d, to(office), ical.Cancel, b, 1, desktest.At(2, "08:00"))
		checkStaffEntry(t, d, to(clerks), ical.Request, b, 1, desktest.At(3, "09:00"))
		if text := to(office)[0].text; !strings.Contains(gone.Location, "Marktplatz") || strings.Contains(text, "Lindenweg") || strings.Contains(text, "9. Juli") || strings.Contains(text, "/staff/bookings/") {
			t.Errorf("who loses the visit reads where it is now: %s\n%s", gone.Location, text)
		}
		move("buergerbuero", desktest.At(2, "09:00"))
		move("impfung", desktest.At(4, "09:00"))
		once(t, r)
		all = arrived(t, s, "")
		c.Advance(time.Minute) // a letter may have waited for the one before it
		once(t, r)
		all = append(all, arrived(t, s, "")...)
		checkStaffEntry(t, d, to(clerks), ical.Request, b, 3, desktest.At(4, "09:00"))
	})
}

// A visit that waits for the office is in nobody's calendar until the office agrees, and
// what was never certain has no entry to take away.
func TestStaffEntryOnlyOfWhatIsCertain(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		change(t, d, func(s *agenda.Setup) {
			s.Departments[1].Invite = "request"
			s.Calendars[2].StaffMail = agenda.StaffMail{To: office, On: []string{"booked", "cancelled"}, Entries: true}
		}, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		none := func(what string) {
			t.Helper()
			once(t, r)
			if list := arrived(t, s, office); len(list) != 1 || list[0].calendar != nil {
				t.Errorf("%s: got %v, want one letter without an entry", what, subjects(list))
			}
		}
		b := book(t, d, "soziales", desktest.At(2, "08:00"), "de", "beratung")
		none("a request")
		if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
			t.Fatal(err)
		}
		none("a request called off")
		b = book(t, d, "soziales", desktest.At(2, "08:00"), "de", "beratung")
		none("a request")
		if _, err := d.Approve(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkStaffEntry(t, d, arrived(t, s, office), ical.Request, b, 0, desktest.At(2, "08:00"))
		if _, err := d.CancelFor(t.Context(), desktest.Clerk(), b.Booking.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		checkStaffEntry(t, d, arrived(t, s, office), ical.Cancel, b, 1, desktest.At(2, "08:00"))
	})
}

// A place that the set-up changes is renewed in the office's calendar as well, once; one
// that is changed back bothers nobody.
func TestStaffEntryAtAnotherPlace(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, withEntries, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(4, "08:00"), "de", "pass")
		once(t, r)
		arrived(t, s, "")
		at := func(street string) func(*agenda.Setup) {
			return func(s *agenda.Setup) {
				withEntries(s)
				s.Sites[0].Street = street
			}
		}
		reapply(t, d, booking.ApplyOptions{Actor: "test"}, at("Neumarkt 7"))
		reapply(t, d, booking.ApplyOptions{Actor: "test"}, at("Marktplatz 1"))
		c.Advance(time.Hour)
		once(t, r)
		if got := arrived(t, s, ""); len(got) > 0 {
			t.Errorf("got %v though nothing has changed", subjects(got))
		}
		reapply(t, d, booking.ApplyOptions{Actor: "test"}, at("Neumarkt 9"))
		c.Advance(time.Hour)
		once(t, r)
		got := arrived(t, s, office)
		if e := checkStaffEntry(t, d, got, ical.Request, b, 3, desktest.At(4, "08:00")); !strings.Contains(e.Location, "Neumarkt 9") || !strings.Contains(got[0].text, "Marktplatz 1") {
			t.Errorf("got %s and\n%s", e.Location, got[0].text)
		}
	})
}

// Of a sensitive service the office's entry names the tenant alone, as its letter does.
func TestStaffEntryOfSensitiveService(t *testing.T) {
	d, _ := desktest.SQLite(t)
	change(t, d, func(s *agenda.Setup) {
		withEntries(s)
		s.Services[1].Sensitive = true
	}, desktest.Musterstadt())
	s := start(t)
	r := settled(t, d, s)
	b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "pass")
	once(t, r)
	e := checkStaffEntry(t, d, arrived(t, s, office), ical.Request, b, 0, desktest.At(2, "08:00"))
	if all := e.Summary + e.Description + e.Organizer.Name; strings.Contains(all, "Reisepass") || strings.Contains(all, "Ada") || strings.Contains(all, "Bürgerdienste") || e.Summary != "Termin Musterstadt" {
		t.Errorf("got %q, %q by %q", e.Summary, e.Description, e.Organizer.Name)
	}
}

// Another mailbox in the set-up takes the entries of visits to come along: out of the
// calendar behind the one before, into that behind the new one. Visitors hear nothing, and
// their own entries stay as they are. Without entries they only go.
func TestStaffEntriesFollowTheMailbox(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, withEntries, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "pass")
		unsent := func() {
			t.Helper()
			if got := arrived(t, s, ada); len(got) > 0 {
				t.Errorf("the visitor got %v", subjects(got))
			}
		}
		once(t, r)
		s.take()
		withOther := func(m agenda.StaffMail) {
			c.Advance(time.Minute)
			reapply(t, d, booking.ApplyOptions{Actor: "test"}, func(s *agenda.Setup) {
				withEntries(s)
				s.Calendars[0].StaffMail = m
			})
			once(t, r)
		}
		withOther(agenda.StaffMail{To: "neues-" + office, Entries: true})
		got := arrived(t, s, "")
		by := func(to string) (list []read) {
			for _, l := range got {
				if l.to == to {
					list = append(list, l)
				}
			}
			return list
		}
		checkStaffEntry(t, d, by(office), ical.Cancel, b, 1, desktest.At(2, "08:00"))
		checkStaffEntry(t, d, by("neues-"+office), ical.Request, b, 0, desktest.At(2, "08:00"))
		if len(got) != 2 {
			t.Errorf("got %v", subjects(got))
		}
		withOther(agenda.StaffMail{To: "neues-" + office, Entries: true, On: []string{"booked"}})
		if more := arrived(t, s, ""); len(more) > 0 {
			t.Errorf("the same mailbox got %v", subjects(more))
		}
		c.Advance(time.Minute)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(3, "09:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		got = arrived(t, s, "")
		checkStaffEntry(t, d, by("neues-"+office), ical.Request, b, 1, desktest.At(3, "09:00"))
		if len(by(office)) > 0 {
			t.Errorf("the mailbox before got %v", subjects(by(office)))
		}
		withOther(agenda.StaffMail{})
		got = arrived(t, s, "")
		checkStaffEntry(t, d, got, ical.Cancel, b, 2, desktest.At(3, "09:00"))
		unsent()
	})
}
