package jobs_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// play is one act in the life of a visit, and what everybody sees of its entry afterwards.
type play struct {
	do   func(*life)
	want string
}

const (
	untouched = "; feed CONFIRMED/0 own CONFIRMED/0 file CONFIRMED/0"
	updated   = "REQUEST/1>ada REQUEST/1>buero; feed CONFIRMED/1 own CONFIRMED/1 file CONFIRMED/1"
	calledOff = "CANCEL/1>ada CANCEL/1>buero; feed CANCELLED/1 own CANCELLED/1"
)

// certain plays an act on a visit that is certain, and whose letters have left.
func certain(want string, do func(*life) error) play {
	return play{func(l *life) {
		l.Helper()
		l.book("buergerbuero", "ausweis")
		l.must(do(l))
		l.settle()
	}, want}
}

// plays are the acts by name; what follows a comma says how.
func plays() map[string]play {
	clerk := desktest.Clerk()
	all := map[string]play{
		"BookNow": {func(l *life) {
			l.book("buergerbuero", "ausweis")
		}, untouched},
		"Hold": {func(l *life) {
			h, err := l.d.Hold(l.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: l.at, By: agenda.Public, Actor: booking.ActorVisitor})
			l.must(err)
			l.b.Booking = h.Booking
			l.settle()
		}, ";"},
		"Book": {func(l *life) {
			h, err := l.d.Hold(l.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: l.at, By: agenda.Public, Actor: booking.ActorVisitor})
			l.must(err)
			l.b, err = l.d.Book(l.Context(), "musterstadt", h.Secret, booking.Form{Visitor: desktest.Ada}, booking.Once{})
			l.must(err)
			l.pass(0)
		}, "REQUEST/0>ada REQUEST/0>buero; feed CONFIRMED/0 file CONFIRMED/0"},
		"Confirm": {func(l *life) {
			l.book("ausweise", "ausweis")
			l.must(l.confirm())
			l.pass(0)
		}, "REQUEST/0>ada REQUEST/0>buero; feed CONFIRMED/0 own CONFIRMED/0 file CONFIRMED/0"},
		"Approve": {func(l *life) {
			l.visitAt("09:00")
			l.book("soziales", "beratung")
			_, err := l.d.Approve(l.Context(), clerk, l.b.Booking.ID)
			l.must(err)
			l.pass(0)
		}, "REQUEST/0>ada REQUEST/0>buero; feed CONFIRMED/0 own CONFIRMED/0 file CONFIRMED/0"},
		"Reject": {func(l *life) {
			l.visitAt("09:30")
			l.book("soziales", "beratung")
			_, err := l.d.Reject(l.Context(), clerk, l.b.Booking.ID)
			l.must(err)
			l.settle()
		}, ";"},
		"Move, before it is confirmed": {func(l *life) {
			l.book("ausweise", "ausweis")
			_, err := l.d.Move(l.Context(), "musterstadt", l.b.Manage, booking.Target{Start: l.later()})
			l.must(err)
			l.pass(0)
		}, ";"},
		"ExpireOverdue": {func(l *life) {
			l.book("ausweise", "ausweis")
			l.pass(2 * time.Hour)
			_, err := l.d.ExpireOverdue(l.Context(), 100)
			l.must(err)
			l.settle()
		}, ";"},
		"TakeOver": {func(l *life) {
			n, err := l.d.TakeOver(l.Context(), "musterstadt", []booking.Earlier{{Calendar: "buergerbuero", Wish: desktest.Wish("ausweis"), Start: l.at, Status: agenda.Confirmed, Form: booking.Form{Visitor: desktest.Ada}}}, "test")
			l.must(err)
			if n != 1 {
				l.Fatalf("took %d over", n)
			}
			l.newest()
			l.settle()
		}, "; feed CONFIRMED/0"},
		"WalkIn": {func(l *life) {
			l.c.Set(desktest.At(9, "08:00"))
			var err error
			l.b, err = l.d.WalkIn(l.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", By: agenda.Staff, Person: clerk, Actor: clerk.ID},
				booking.Form{Visitor: agenda.Visitor{Name: "Bruno"}}, booking.Once{})
			l.must(err)
			l.settle()
		}, "; feed CONFIRMED/0 file CONFIRMED/0"}, // whoever stands there is no news
	}
	for name, p := range visitorsPlays() {
		all[name] = p
	}
	for name, p := range officePlays(clerk) {
		all[name] = p
	}
	return all
}

// visitorsPlays are what visitors do with their links.
func visitorsPlays() map[string]play {
	return map[string]play{
		"Move": certain(updated, func(l *life) error {
			_, err := l.d.Move(l.Context(), "musterstadt", l.b.Manage, booking.Target{Start: l.later()})
			return err
		}),
		"Move, to where it is": certain(untouched, func(l *life) error {
			_, err := l.d.Move(l.Context(), "musterstadt", l.b.Manage, booking.Target{Start: l.at})
			return err
		}),
		"Move, twice before a letter leaves": certain("REQUEST/2>ada REQUEST/2>buero; feed CONFIRMED/2 own CONFIRMED/2 file CONFIRMED/2", func(l *life) error {
			_, err := l.d.Move(l.Context(), "musterstadt", l.b.Manage, booking.Target{Start: l.later()})
			l.must(err)
			_, err = l.d.Move(l.Context(), "musterstadt", l.b.Manage, booking.Target{Start: l.at})
			return err
		}),
		"Cancel": certain(calledOff, func(l *life) error {
			_, err := l.d.Cancel(l.Context(), "musterstadt", l.b.Manage)
			return err
		}),
		"Cancel, twice": certain(calledOff, func(l *life) error {
			_, err := l.d.Cancel(l.Context(), "musterstadt", l.b.Manage)
			l.must(err)
			_, err = l.d.Cancel(l.Context(), "musterstadt", l.b.Manage)
			return err
		}),
		"CancelBecause": certain(calledOff, func(l *life) error {
			_, err := l.d.CancelBecause(l.Context(), "musterstadt", l.b.Manage, booking.BecauseDone)
			return err
		}),
		"Erase": certain("CANCEL/1>ada CANCEL/1>buero; feed CANCELLED/1", func(l *life) error { // the letters go first, then the own feed with the rest
			_, err := l.d.Erase(l.Context(), "musterstadt", l.b.Manage)
			return err
		}),
		"Coming": certain(untouched, func(l *life) error {
			_, err := l.d.Coming(l.Context(), "musterstadt", l.b.Manage)
			return err
		}),
		"ChangeContact": certain(untouched, func(l *life) error {
			_, err := l.d.ChangeContact(l.Context(), "musterstadt", l.b.Manage, booking.Contact{Email: ada, Phone: "05550 9999"})
			return err
		}),
		"ConfirmAddress": certain("CANCEL/1>ada REQUEST/2>neu; feed CONFIRMED/2 own CONFIRMED/2 file CONFIRMED/2", func(l *life) error {
			_, err := l.d.ChangeContact(l.Context(), "musterstadt", l.b.Manage, booking.Contact{Email: fresh, Phone: desktest.Ada.Phone})
			l.must(err)
			once(l.T, l.r)
			_, err = l.d.ConfirmAddress(l.Context(), "musterstadt", linkIn(l.T, one(l.T, l.s, fresh), "/a/"))
			return err
		}),
	}
}

// officePlays are what staff do.
func officePlays(clerk *agenda.Person) map[string]play {
	return map[string]play{
		"MoveFor": certain(updated, func(l *life) error {
			_, err := l.d.MoveFor(l.Context(), clerk, l.b.Booking.ID, booking.Target{Start: l.later()})
			return err
		}),
		"MoveFor, to another office's calendar": {func(l *life) {
			l.book("buergerbuero", "pass")
			_, err := l.d.MoveFor(l.Context(), clerk, l.b.Booking.ID, booking.Target{Start: l.later(), Calendar: "impfung"})
			l.must(err)
			l.settle()
		}, "CANCEL/1>buero REQUEST/1>ada REQUEST/1>impfen; feed CONFIRMED/1 own CONFIRMED/1 file CONFIRMED/1"},
		"MoveUndoable": certain(updated, func(l *life) error {
			_, err := l.d.MoveUndoable(l.Context(), clerk, l.b.Booking.ID, booking.Target{Start: l.later()}, booking.UndoFor)
			return err
		}),
		"TakeBack, of a move": certain("; feed CONFIRMED/2 own CONFIRMED/2 file CONFIRMED/2", func(l *life) error {
			b, err := l.d.MoveUndoable(l.Context(), clerk, l.b.Booking.ID, booking.Target{Start: l.later()}, booking.UndoFor)
			l.must(err)
			l.pass(time.Second)
			_, err = l.d.TakeBack(l.Context(), clerk, b.ID, b.Version)
			return err
		}),
		"TakeBack, of a cancellation": certain("; feed CONFIRMED/2 own CONFIRMED/2 file CONFIRMED/2", func(l *life) error {
			b, err := l.d.CancelUndoable(l.Context(), clerk, l.b.Booking.ID, booking.UndoFor)
			l.must(err)
			l.pass(time.Second)
			_, err = l.d.TakeBack(l.Context(), clerk, b.ID, b.Version)
			return err
		}),
		"CancelFor": certain(calledOff, func(l *life) error {
			_, err := l.d.CancelFor(l.Context(), clerk, l.b.Booking.ID)
			return err
		}),
		"CancelUndoable": certain(calledOff, func(l *life) error {
			_, err := l.d.CancelUndoable(l.Context(), clerk, l.b.Booking.ID, booking.UndoFor)
			return err
		}),
		"ChangeService": certain(updated, func(l *life) error {
			_, err := l.d.ChangeService(l.Context(), clerk, l.b.Booking.ID, desktest.Wish("pass"), booking.Target{})
			return err
		}),
		"ChangeService, and the time": certain(updated, func(l *life) error {
			_, err := l.d.ChangeService(l.Context(), clerk, l.b.Booking.ID, desktest.Wish("pass"), booking.Target{Start: l.later()})
			return err
		}),
		"ChangeService, to how often": certain(updated, func(l *life) error {
			twice := desktest.Wish("ausweis")
			twice.Items[0].Quantity = 2
			_, err := l.d.ChangeService(l.Context(), clerk, l.b.Booking.ID, twice, booking.Target{})
			return err
		}),
		"ComingFor": certain(untouched, func(l *life) error {
			_, err := l.d.ComingFor(l.Context(), clerk, l.b.Booking.ID, true)
			return err
		}),
		"Visit": certain(untouched, func(l *life) error {
			_, err := l.d.Visit(l.Context(), clerk, l.b.Booking.ID, agenda.CheckedIn)
			return err
		}),
		"Undo": certain(untouched, func(l *life) error {
			_, err := l.d.Visit(l.Context(), clerk, l.b.Booking.ID, agenda.CheckedIn)
			l.must(err)
			_, err = l.d.Undo(l.Context(), clerk, l.b.Booking.ID)
			return err
		}),
		"Resend": certain("REQUEST/0>ada"+untouched, func(l *life) error {
			_, _, err := l.d.Resend(l.Context(), clerk, l.b.Booking.ID)
			return err
		}),
		"Amend, a note": certain(untouched, func(l *life) error {
			return l.amend(clerk, func(a *booking.Amendment) { a.StaffNote = "Rollstuhl" })
		}),
		"Amend, the name": certain("REQUEST/0>buero"+untouched, func(l *life) error {
			return l.amend(clerk, func(a *booking.Amendment) { a.Name = "Ada Neuname" })
		}),
		"Amend, name and address": certain("CANCEL/1>ada REQUEST/2>buero REQUEST/2>neu; feed CONFIRMED/2 own CONFIRMED/2 file CONFIRMED/2", func(l *life) error {
			return l.amend(clerk, func(a *booking.Amendment) { a.Name, a.Email = "Bruno Beispiel", fresh })
		}),
		"Amend, the address": certain("CANCEL/1>ada REQUEST/2>neu; feed CONFIRMED/2 own CONFIRMED/2 file CONFIRMED/2", func(l *life) error {
			return l.amend(clerk, func(a *booking.Amendment) { a.Email = fresh })
		}),
		"Apply": certain("REQUEST/1>ada REQUEST/1>buero; feed CONFIRMED/1 own CONFIRMED/1 file CONFIRMED/1", func(l *life) error {
			l.reapply(func(s *agenda.Setup) { s.Sites[0].Street = "Neumarkt 7" })
			return nil
		}),
	}
}

// longPlays are acts that reach further than one visit, or take days: each has the town
// for itself.
func longPlays() map[string]play {
	lead := &agenda.Person{Tenant: "musterstadt", ID: "lead", Role: agenda.Lead}
	incident := func(act, want string, then func(*life, *agenda.Incident)) play {
		return play{func(l *life) {
			l.book("buergerbuero", "ausweis")
			n := happen(l.T, l.d, act)
			l.settle()
			if then != nil {
				then(l, n)
				l.settle()
			}
		}, want}
	}
	secret := func(l *life) string {
		for _, m := range l.read {
			if found := proposalLink.FindStringSubmatch(m.text); found != nil {
				return found[1]
			}
		}
		l.Fatal("no letter proposes anything")
		return ""
	}
	return map[string]play{
		"CarryOut, a move":         incident(agenda.ActMove, updated, nil),
		"CarryOut, a cancellation": incident(agenda.ActCancel, calledOff, nil),
		"WorkIncidents, proposing": incident(agenda.ActPropose, untouched, nil),
		"Accept": incident(agenda.ActPropose, updated, func(l *life, _ *agenda.Incident) {
			_, err := l.d.Accept(l.Context(), "musterstadt", secret(l))
			l.must(err)
		}),
		"Decline": incident(agenda.ActPropose, calledOff, func(l *life, _ *agenda.Incident) {
			_, err := l.d.Decline(l.Context(), "musterstadt", secret(l))
			l.must(err)
		}),
		"AnswerFor": incident(agenda.ActPropose, updated, func(l *life, n *agenda.Incident) {
			_, err := l.d.AnswerFor(l.Context(), lead, n.ID, l.b.Booking.ID, true)
			l.must(err)
		}),
		"EndProposals": incident(agenda.ActPropose, calledOff, func(l *life, _ *agenda.Incident) {
			l.pass(25 * time.Hour)
			l.must(l.d.EndProposals(l.Context(), 10))
		}),
		"UndoIncident": {func(l *life) {
			l.book("buergerbuero", "ausweis")
			n := happen(l.T, l.d, agenda.ActMove)
			l.pass(time.Second)
			_, err := l.d.UndoIncident(l.Context(), lead, n.ID)
			l.must(err)
			l.settle()
		}, "; feed CONFIRMED/2 own CONFIRMED/2 file CONFIRMED/2"},
		"LapseUnanswered": {func(l *life) {
			l.at = desktest.At(10, "08:00")
			l.reapply(func(s *agenda.Setup) {
				s.Services[1].Reconfirm = agenda.Reconfirm{Ask: agenda.Span{Days: 7}, By: agenda.Span{Days: 2}}
			})
			l.book("buergerbuero", "pass")
			for _, day := range []int{3, 7, 8} {
				l.mail = nil
				l.c.Set(desktest.At(day, "08:00"))
				l.pass(0)
			}
		}, calledOff},
		"Remind": {func(l *life) {
			l.reapply(func(s *agenda.Setup) { s.Calendars[0].Reminders = []agenda.Span{{Days: 1}} })
			l.book("buergerbuero", "ausweis")
			l.c.Set(l.at.AddDate(0, 0, -1))
			l.pass(0)
		}, "REQUEST/0>ada" + untouched},
		"Forget": {func(l *life) {
			l.book("buergerbuero", "ausweis")
			l.c.Set(l.at.AddDate(0, 0, 4))
			_, err := l.d.Forget(l.Context(), 100)
			l.must(err)
			l.settle()
			if raw, _ := l.fetch("/feeds/" + l.staff + ".ics"); strings.Contains(raw, "Ada") {
				l.Errorf("past its retention the feed says %s", raw)
			}
		}, "; feed CONFIRMED/0"},
		"Forget, after a month more": {func(l *life) {
			l.book("buergerbuero", "ausweis")
			l.c.Set(l.at.AddDate(0, 0, 40))
			for range 2 {
				_, err := l.d.Forget(l.Context(), 100)
				l.must(err)
			}
			l.settle()
		}, ";"},
	}
}

// TestActsOfManyAndOfDaysSayWhatBecomesOfTheEntry is TestEveryActSaysWhatBecomesOfTheEntry
// for those that need the town for themselves.
func TestActsOfManyAndOfDaysSayWhatBecomesOfTheEntry(t *testing.T) {
	for name, x := range longPlays() {
		t.Run(name, func(t *testing.T) {
			d, c := desktest.SQLite(t)
			l := live(t, d, c)
			l.at = desktest.At(2, "08:00")
			x.do(l)
			if got := l.shown(); got != x.want {
				t.Errorf("got\n%s\nwant\n%s", got, x.want)
			}
		})
	}
}

// confirm follows the link in the letter that asks.
func (l *life) confirm() error {
	p, err := l.d.Private(l.b.Booking)
	l.must(err)
	_, err = l.d.Confirm(l.Context(), "musterstadt", p.Confirm)
	return err
}

// visitAt lets the visit be at another time of its day.
func (l *life) visitAt(clock string) {
	m, err := agenda.ParseMinute(clock)
	l.must(err)
	l.at, _ = agenda.At(agenda.DateOf(l.at), m, l.at.Location())
}

// newest finds the booking at the time of this life.
func (l *life) newest() {
	l.must(l.d.Store.View(l.Context(), func(tx *store.Tx) error {
		list, err := tx.BookingsBetween("musterstadt", "buergerbuero", l.at, l.at.Add(time.Minute))
		if err == nil {
			l.b.Booking = list[len(list)-1]
		}
		return err
	}))
}

func (l *life) amend(p *agenda.Person, change func(*booking.Amendment)) error {
	card, err := l.d.Seen(l.Context(), p, l.b.Booking.ID)
	l.must(err)
	a := card.Amendable()
	print := l.d.Print(card.Booking, a)
	change(&a)
	_, err = l.d.Amend(l.Context(), p, l.b.Booking.ID, print, a)
	return err
}

// reapply changes the set-up, and lets the letters about it leave.
func (l *life) reapply(change func(*agenda.Setup)) {
	l.Helper()
	now, err := l.d.Setup(l.Context(), "musterstadt")
	l.must(err)
	next := *now
	next.Sites, next.Services, next.Calendars = slices.Clone(now.Sites), slices.Clone(now.Services), slices.Clone(now.Calendars)
	change(&next)
	_, err = l.d.Apply(l.Context(), &next, booking.ApplyOptions{Actor: "test"})
	l.must(err)
	l.pass(20 * time.Minute)
}
