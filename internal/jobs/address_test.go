package jobs_test

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
)

const fresh = "neu@beispiel.example"

// linkIn is the first address in a letter that has a part.
func linkIn(t *testing.T, l read, part string) string {
	t.Helper()
	for word := range strings.FieldsSeq(l.text) {
		if i := strings.Index(word, part); i >= 0 {
			return word[i+len(part):]
		}
	}
	t.Fatalf("no %s in\n%s", part, l.text)
	return ""
}

// The new address is asked and tells a stranger there next to nothing; the one before is
// told, but not where letters go now; then all letters go to the new one.
func TestLettersAboutANewAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		once(t, r)
		s.take()
		c.Advance(time.Minute)
		if _, err := d.ChangeContact(t.Context(), "musterstadt", b.Manage, booking.Contact{Email: fresh, Phone: desktest.Ada.Phone}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		l := one(t, s, fresh)
		for _, never := range []string{"Ada", "Reisepass", b.Manage, b.Booking.Reference, "Marktplatz", ada} {
			if strings.Contains(l.text+l.subject, never) {
				t.Errorf("%s is told to whoever reads at a new address:\n%s", never, l.text)
			}
		}
		if l.calendar != nil || !strings.Contains(l.from, "termine@musterstadt.example") {
			t.Errorf("got an entry, or a letter from %s", l.from)
		}
		c.Advance(time.Minute)
		if _, err := d.ConfirmAddress(t.Context(), "musterstadt", linkIn(t, l, "/a/")); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		got := s.take()
		byWhom := map[string]read{}
		for _, raw := range got {
			byWhom[raw.to] = parse(t, raw)
		}
		old, now := byWhom[ada], byWhom[fresh]
		if len(got) != 2 || !strings.Contains(old.text, b.Booking.Reference) || strings.Contains(old.text, fresh) || strings.Contains(old.text, "/m/") {
			t.Errorf("got %d letters, to the address before\n%s", len(got), old.text)
		}
		checkEntry(t, old, ical.Cancel, b.Booking.UID, 1, desktest.At(3, "08:00"), c.Now())
		if e := old.calendar.Events[0]; e.Description != "" || e.Location != "" || e.Attendee.Name != "" {
			t.Errorf("the address before was told more than it needs: %+v", e)
		}
		if !strings.Contains(now.text, "/m/"+b.Manage) {
			t.Errorf("to the new address\n%s", now.text)
		}
		checkEntry(t, now, ical.Request, b.Booking.UID, 2, desktest.At(3, "08:00"), c.Now())
		c.Advance(time.Minute)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(3, "09:00")}); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		for _, raw := range s.take() {
			switch moved := parse(t, raw); raw.to {
			case fresh:
				checkEntry(t, moved, ical.Request, b.Booking.UID, 3, desktest.At(3, "09:00"), c.Now())
				if !strings.Contains(moved.text, "08:00") {
					t.Errorf("the old time is not in\n%s", moved.text)
				}
			case ada:
				t.Errorf("to the address before: %s", moved.subject)
			}
		}
	})
}

// A letter that waited too long to ask is dropped, and so is one whose visit is called
// off; a letter that waits about the visit itself is not overtaken by one about an address.
func TestLettersAboutANewAddressAreDropped(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		change := func(b booking.Receipt) {
			t.Helper()
			if _, err := d.ChangeContact(t.Context(), "musterstadt", b.Manage, booking.Contact{Email: fresh, Phone: desktest.Ada.Phone}); err != nil {
				t.Fatal(err)
			}
		}
		b := book(t, d, "buergerbuero", desktest.At(3, "08:00"), "de", "pass")
		change(b)
		off := book(t, d, "buergerbuero", desktest.At(3, "10:00"), "de", "ausweis")
		change(off)
		if _, err := d.Cancel(t.Context(), "musterstadt", off.Manage); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if got := postings(t, d, b.Booking.ID); got[booking.KindConfirmed].State != "sent" || got[booking.KindAddressRequest].State != "sent" {
			t.Errorf("got %v", got)
		}
		if got := postings(t, d, off.Booking.ID)[booking.KindAddressRequest].State; got != "dropped" {
			t.Errorf("of a visit that is off: %s", got)
		}
		s.take()
		c.Advance(2 * time.Hour)
		late := book(t, d, "buergerbuero", desktest.At(4, "08:00"), "de", "pass")
		change(late)
		c.Advance(25 * time.Hour)
		once(t, r)
		if got := postings(t, d, late.Booking.ID)[booking.KindAddressRequest].State; got != "dropped" {
			t.Errorf("a day later: %s", got)
		}
	})
}
