package jobs_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/jobs"
)

// happen has everybody of Wednesday's first hour dealt with in one way, and gives the
// incident.
func happen(t *testing.T, d *booking.Desk, act string) *agenda.Incident {
	t.Helper()
	lead := &agenda.Person{Tenant: "musterstadt", ID: "lead", Role: agenda.Lead}
	n, err := d.OpenIncident(t.Context(), lead, agenda.Incident{Reason: "ill", Calendars: []string{"buergerbuero"}, From: desktest.At(2, "08:00"), To: desktest.At(2, "09:00"), Close: agenda.CloseAll})
	if err != nil {
		t.Fatal(err)
	}
	_, list, err := d.Affected(t.Context(), lead, n.ID)
	if err != nil {
		t.Fatal(err)
	}
	x := booking.Decisions{Act: act, Days: 1, Fallback: agenda.FallbackCancel, Letter: agenda.Text{"de": "Jemand ist krank.", "en": "Somebody is ill."}, Each: map[string]booking.Decision{}}
	var chosen []string
	for i, a := range list {
		chosen = append(chosen, a.Item.Booking)
		x.Each[a.Item.Booking] = booking.Decision{Calendar: "buergerbuero", Start: desktest.At(3, "10:00").Add(time.Duration(i) * 10 * time.Minute)}
	}
	if _, err := d.ChooseAffected(t.Context(), lead, n.ID, chosen); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decide(t.Context(), lead, n.ID, x); err != nil {
		t.Fatal(err)
	}
	if n, err = d.ConfirmIncident(t.Context(), lead, n.ID); err != nil {
		t.Fatal(err)
	}
	return n
}

// told lets the job carry an incident out, demands that nobody hears of it too early,
// and gives the one letter to Ada.
func told(t *testing.T, r *jobs.Runner, s *server, c *desktest.Clock) read {
	t.Helper()
	once(t, r)
	if early := arrived(t, s, ada); len(early) > 0 {
		t.Errorf("got %v while it could be undone", subjects(early))
	}
	c.Advance(booking.IncidentUndo)
	once(t, r)
	list := arrived(t, s, ada)
	if len(list) != 1 {
		t.Fatalf("got %v, want one letter", subjects(list))
	}
	once(t, r)
	if more := arrived(t, s, ada); len(more) > 0 {
		t.Errorf("got %v on top", subjects(more))
	}
	return list[0]
}

// A move by the office is an update of the same entry, with the office's text; a
// cancellation takes it off; a proposal changes nothing.
func TestLettersOfAnIncident(t *testing.T) {
	for _, act := range []string{agenda.ActMove, agenda.ActCancel, agenda.ActPropose} {
		t.Run(act, func(t *testing.T) {
			desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
				s := start(t)
				r := settled(t, d, s)
				b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "en", "ausweis")
				once(t, r)
				arrived(t, s, "")
				happen(t, d, act)
				l := told(t, r, s, c)
				if !strings.Contains(l.text, "Somebody is ill.") || strings.Contains(l.text, "krank") {
					t.Errorf("the office's text is not in the letter: %s", l.text)
				}
				switch act {
				case agenda.ActMove:
					checkEntry(t, l, ical.Request, b.Booking.UID, 1, desktest.At(3, "10:00"), c.Now())
				case agenda.ActCancel:
					if l.method != "CANCEL" || l.calendar.Events[0].UID != b.Booking.UID || l.calendar.Events[0].Sequence != 1 {
						t.Errorf("got %s %+v", l.method, l.calendar)
					}
				case agenda.ActPropose:
					if l.calendar != nil {
						t.Error("a proposal changes the visitor's calendar")
					}
					answered(t, d, c, r, s, l, b)
				}
			})
		})
	}
}

// only is the one letter to Ada that has arrived; the office may have had its own.
func only(t *testing.T, s *server) read {
	t.Helper()
	list := arrived(t, s, ada)
	if len(list) != 1 {
		t.Fatalf("got %v, want one letter", subjects(list))
	}
	return list[0]
}

var proposalLink = regexp.MustCompile(`/musterstadt/p/([A-Z0-9]+)`)

// answered accepts a proposal by the link in its letter: only then the entry moves.
func answered(t *testing.T, d *booking.Desk, c *desktest.Clock, r *jobs.Runner, s *server, l read, b booking.Receipt) {
	t.Helper()
	m := proposalLink.FindStringSubmatch(l.text)
	if m == nil {
		t.Fatalf("no link to answer by: %s", l.text)
	}
	if _, err := d.Accept(t.Context(), "musterstadt", m[1]); err != nil {
		t.Fatal(err)
	}
	once(t, r)
	checkEntry(t, only(t, s), ical.Request, b.Booking.UID, 1, desktest.At(3, "10:00"), c.Now())
}

// Who has taken another time before the letter left is not asked about the one that was
// kept for them.
func TestProposalOvertakenByItsVisitor(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		b := book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "ausweis")
		once(t, r)
		arrived(t, s, "")
		happen(t, d, agenda.ActPropose)
		once(t, r)
		if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(4, "11:00")}); err != nil {
			t.Fatal(err)
		}
		c.Advance(booking.IncidentUndo)
		once(t, r)
		if l := only(t, s); l.calendar == nil || !l.calendar.Events[0].Start.Equal(desktest.At(4, "11:00")) {
			t.Errorf("got %s", l.subject)
		}
	})
}

// Nobody answers: one more letter, the visit is off and its entry too.
func TestProposalUnanswered(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		book(t, d, "buergerbuero", desktest.At(2, "08:00"), "de", "ausweis")
		once(t, r)
		arrived(t, s, "")
		happen(t, d, agenda.ActPropose)
		told(t, r, s, c)
		c.Advance(24 * time.Hour)
		once(t, r)
		var off []read
		for _, l := range arrived(t, s, ada) {
			if l.method != "REQUEST" { // reminders of the visit as it stood
				off = append(off, l)
			}
		}
		if len(off) != 1 || off[0].method != "CANCEL" || !strings.Contains(off[0].text, "Jemand ist krank.") {
			t.Errorf("got %v", subjects(off))
		}
	})
}
