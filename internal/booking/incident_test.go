package booking_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

func lead() *agenda.Person {
	return &agenda.Person{Tenant: town, ID: "lead", Name: "Lea Muster", Role: agenda.Lead}
}

// morning books so many visits on Tuesday from 08:00 on, two at a time.
func (k kit) morning(n int) (list []booking.Receipt) {
	k.Helper()
	for i := range n {
		r := ask("buergerbuero", desktest.At(1, "08:00").Add(time.Duration(i/2)*10*time.Minute), "ausweis")
		f := form()
		f.Name, f.Email = fmt.Sprintf("Gast %d", i), fmt.Sprintf("gast%d@beispiel.example", i)
		if i%10 == 9 { // nobody can write to them
			r.By, r.Person, r.Actor = agenda.Staff, desktest.Clerk(), "clerk"
			f.Email, f.Phone = "", fmt.Sprintf("05550 47%02d", i)
		}
		got, err := k.BookNow(k.Context(), r, f, booking.Once{})
		if err != nil {
			k.Fatal(err)
		}
		list = append(list, got)
	}
	return list
}

// ill is Tuesday morning without anybody at the counters.
func ill(shut string) agenda.Incident {
	return agenda.Incident{Reason: "ill", Calendars: []string{"buergerbuero"}, From: desktest.At(1, "08:00"), To: desktest.At(1, "12:00"), Close: shut, Seats: 1, Texts: agenda.Texts{Note: "Grippe"}}
}

func (k kit) begin(n agenda.Incident) *agenda.Incident {
	k.Helper()
	got, err := k.OpenIncident(k.Context(), lead(), n)
	if err != nil {
		k.Fatal(err)
	}
	return got
}

// decide chooses what is suggested, gives everybody the best new time, and confirms.
func (k kit) decide(n *agenda.Incident, act string, each map[string]string) {
	k.Helper()
	_, list, err := k.Affected(k.Context(), lead(), n.ID)
	if err != nil {
		k.Fatal(err)
	}
	var chosen []string
	for _, a := range list {
		if a.Chosen {
			chosen = append(chosen, a.Item.Booking)
		}
	}
	if _, err := k.ChooseAffected(k.Context(), lead(), n.ID, chosen); err != nil {
		k.Fatal(err)
	}
	k.plan(n, act, each)
	if _, err := k.ConfirmIncident(k.Context(), lead(), n.ID); err != nil {
		k.Fatal(err)
	}
}

func (k kit) plan(n *agenda.Incident, act string, each map[string]string) {
	k.Helper()
	now, list, err := k.Incident(k.Context(), lead(), n.ID)
	if err != nil {
		k.Fatal(err)
	}
	times, err := k.Suggest(k.Context(), lead(), now, list)
	if err != nil {
		k.Fatal(err)
	}
	x := booking.Decisions{Act: act, Days: 3, Fallback: agenda.FallbackCancel, Letter: agenda.Text{"de": "Es tut uns leid.", "en": "We are sorry."}, Each: map[string]booking.Decision{}}
	for id, s := range times {
		x.Each[id] = booking.Decision{Act: each[id], Calendar: s.Slots[0].Calendar, Start: s.Slots[0].Start}
	}
	if _, err := k.Decide(k.Context(), lead(), n.ID, x); err != nil {
		k.Fatal(err)
	}
}

func (k kit) carryOut(n *agenda.Incident) {
	k.Helper()
	if err := k.CarryOut(k.Context(), town, n.ID, 1000); err != nil {
		k.Fatal(err)
	}
}

// tally counts the visits of an incident by state, and says where it stands.
func (k kit) tally(n *agenda.Incident) string {
	k.Helper()
	now, list, err := k.Incident(k.Context(), lead(), n.ID)
	if err != nil {
		k.Fatal(err)
	}
	count := map[string]int{}
	for _, a := range list {
		word := string(a.Item.State)
		if a.Item.Reason != "" {
			word += " " + a.Item.Reason
		}
		count[word]++
	}
	var words []string
	for w, c := range count {
		words = append(words, fmt.Sprint(c, " ", w))
	}
	slices.Sort(words)
	return string(now.Step) + ": " + strings.Join(words, ", ")
}

func (k kit) tallies(n *agenda.Incident, want string) {
	k.Helper()
	if got := k.tally(n); got != want {
		k.Errorf("got %s, want %s", got, want)
	}
}

// told are the letters about a booking that are not dropped, without the first.
func (k kit) told(b *agenda.Booking) (list []store.Posting) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		all, err := tx.Postings(town, b.ID)
		for _, p := range all {
			if p.State != "dropped" && p.Version > 1 && !strings.HasPrefix(p.Kind, "staff-") {
				list = append(list, p)
			}
		}
		return err
	})
	return list
}

// Thirty visits of one morning: twenty find another time, each gets one letter, which
// waits until the incident can no longer be undone, and who has no address is called.
func TestIncidentMovesAMorning(t *testing.T) {
	onEach(t, func(k kit) {
		visits := k.morning(30)
		n := k.begin(ill(agenda.CloseAll))
		k.decide(n, agenda.ActMove, nil)
		k.carryOut(n)
		k.tallies(n, "done: 30 done")
		seen := map[string]int{}
		for i, v := range visits {
			b := k.stored(v.Booking)
			if b.Stranded || b.Calendar == "buergerbuero" && b.Start.Before(desktest.At(2, "00:00")) {
				k.Errorf("visit %d is still there: %s %v", i, b.Calendar, b.Start)
			}
			seen[b.Calendar+b.Start.String()]++
			mine := k.told(b)
			switch {
			case i%10 == 9 && len(mine) > 0:
				k.Errorf("visit %d gets a letter nowhere: %v", i, mine)
			case i%10 != 9 && (len(mine) != 1 || mine[0].Kind != booking.KindIncidentMoved || !mine[0].Due.Equal(desktest.Start.Add(booking.IncidentUndo))):
				k.Errorf("visit %d: got %+v, want one letter after the time to undo", i, mine)
			}
		}
		if seen["ausweise"+desktest.At(1, "08:00").UTC().String()] != 1 {
			k.Errorf("nobody stays on the day though there is a seat: %v", seen)
		}
		k.carryOut(n) // again: nothing is left to do
		_, calls, err := k.Calls(k.Context(), lead(), n.ID)
		if err != nil || len(calls) != 3 {
			k.Fatalf("got %d to call, %v; want 3", len(calls), err)
		}
		if err := k.Call(k.Context(), lead(), n.ID, calls[0].Item.Booking, true); err != nil {
			k.Fatal(err)
		}
		_, calls, _ = k.Calls(k.Context(), lead(), n.ID)
		if calls[0].Item.CalledBy != "lead" || calls[0].Card.Private.Phone == "" {
			k.Errorf("got %+v", calls[0].Item)
		}
	})
}

// Broken off between any two visits, the incident goes on where it was, and does
// nothing twice.
func TestIncidentResumes(t *testing.T) {
	onEach(t, func(k kit) {
		visits := k.morning(6)
		n := k.begin(ill(agenda.CloseAll))
		k.decide(n, agenda.ActCancel, nil)
		for i := range 3 {
			fresh := &booking.Desk{Store: k.Store, Keys: k.Keys} // as after a restart: it knows nothing
			if err := fresh.CarryOut(k.Context(), town, n.ID, 1); err != nil {
				k.Fatal(err)
			}
			k.tallies(n, fmt.Sprintf("running: %d done, %d ready", i+1, 5-i))
		}
		dead, stop := context.WithCancel(k.Context())
		stop()
		if err := k.CarryOut(dead, town, n.ID, 9); err == nil {
			k.Error("a process that ends went on")
		}
		if _, err := k.PauseIncident(k.Context(), lead(), n.ID, true); err != nil {
			k.Fatal(err)
		}
		k.carryOut(n)
		k.tallies(n, "paused: 3 done, 3 ready")
		if _, err := k.PauseIncident(k.Context(), lead(), n.ID, false); err != nil {
			k.Fatal(err)
		}
		// Two processes at once share the rest.
		for _, err := range together(4, func(int) error { return k.CarryOut(k.Context(), town, n.ID, 99) }) {
			if err != nil {
				k.Error(err)
			}
		}
		k.tallies(n, "done: 6 done")
		for _, v := range visits {
			if got := k.told(v.Booking); len(got) != 1 || got[0].Kind != booking.KindIncidentCancelled {
				k.Errorf("got %v, want one letter", got)
			}
		}
	})
}

// All of it is taken back: the seats, the closure, and nobody hears of anything.
func TestIncidentUndo(t *testing.T) {
	for _, act := range []string{agenda.ActMove, agenda.ActCancel, agenda.ActPropose} {
		t.Run(act, func(t *testing.T) {
			onEach(t, func(k kit) {
				visits := k.morning(8)
				before := k.offered("buergerbuero", 1, agenda.Staff, "ausweis")
				n := k.begin(ill(agenda.CloseAll))
				if got := k.offered("buergerbuero", 1, agenda.Staff, "ausweis"); len(got) > 0 {
					k.Errorf("still offered: %v", got)
				}
				k.decide(n, act, nil)
				k.carryOut(n)
				k.tallies(n, "done: 8 done")
				k.clock.Advance(5 * time.Minute)
				if _, err := k.UndoIncident(k.Context(), lead(), n.ID); err != nil {
					k.Fatal(err)
				}
				k.carryOut(n)
				k.tallies(n, "undone: 8 undone")
				for i, v := range visits {
					b := k.stored(v.Booking)
					if b.Status != agenda.Confirmed || !b.Start.Equal(v.Booking.Start) || b.Calendar != "buergerbuero" || b.Stranded {
						k.Errorf("visit %d is %s in %s at %v", i, b.Status, b.Calendar, b.Start)
					}
					if got := k.told(b); len(got) > 0 {
						k.Errorf("visit %d hears of it: %v", i, got)
					}
				}
				if got := k.offered("buergerbuero", 1, agenda.Staff, "ausweis"); !slices.Equal(got, before) {
					k.Errorf("offered now %v, before %v", got, before)
				}
				if got := k.offered("ausweise", 1, agenda.Staff, "ausweis"); len(got) != 24 {
					k.Errorf("seats are not back: %v", got)
				}
			})
		})
	}
}

// When the letters have left, or somebody has sent them, nothing is undone.
func TestIncidentUndoTooLate(t *testing.T) {
	onEach(t, func(k kit) {
		k.morning(2)
		n := k.begin(ill(agenda.CloseNothing))
		k.decide(n, agenda.ActCancel, nil)
		k.carryOut(n)
		if _, err := k.SendIncident(k.Context(), lead(), n.ID); err != nil {
			k.Fatal(err)
		}
		_, err := k.UndoIncident(k.Context(), lead(), n.ID)
		k.is("undo after the letters were sent", err, agenda.ErrTooLate)
	})
}

// What cannot be taken back is listed, with the reason: here the visitor has chosen a
// time of their own meanwhile.
func TestIncidentUndoSticks(t *testing.T) {
	onEach(t, func(k kit) {
		visits := k.morning(3)
		n := k.begin(ill(agenda.CloseNothing))
		k.decide(n, agenda.ActMove, nil)
		k.carryOut(n)
		if _, err := k.Move(k.Context(), town, visits[1].Manage, booking.Target{Start: desktest.At(4, "10:00")}); err != nil {
			k.Fatal(err)
		}
		if _, err := k.UndoIncident(k.Context(), lead(), n.ID); err != nil {
			k.Fatal(err)
		}
		k.carryOut(n)
		k.tallies(n, "undone: 1 stuck changed, 2 undone")
	})
}

// One of three is ill: only those who no longer fit are suggested, the last booked
// first, and the others lose their marks once these are gone.
func TestIncidentPartialClosure(t *testing.T) {
	onEach(t, func(k kit) {
		first, second := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis")), k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		k.clock.Advance(time.Minute)
		third := k.now(clerk("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		n := k.begin(ill(agenda.CloseSome))
		_, list, err := k.Affected(k.Context(), lead(), n.ID)
		if err != nil || len(list) != 3 {
			k.Fatalf("got %d, %v", len(list), err)
		}
		for _, a := range list {
			if want := a.Item.Booking == third.Booking.ID; a.Chosen != want {
				k.Errorf("%s: suggested %v, want %v", a.Item.Booking, a.Chosen, want)
			}
		}
		k.decide(n, agenda.ActMove, nil)
		k.carryOut(n)
		k.tallies(n, "done: 1 done, 2 left")
		for _, v := range []booking.Receipt{first, second} {
			if k.stored(v.Booking).Stranded {
				k.Error("a mark stays where nothing is wrong any more")
			}
		}
	})
}

// Visitors act while the incident is carried out: what they did stands, and the office
// sees why.
func TestIncidentMeetsVisitors(t *testing.T) {
	onEach(t, func(k kit) {
		visits := k.morning(4)
		n := k.begin(ill(agenda.CloseNothing))
		k.decide(n, agenda.ActMove, nil)
		if _, err := k.Move(k.Context(), town, visits[0].Manage, booking.Target{Start: desktest.At(3, "11:00")}); err != nil {
			k.Fatal(err)
		}
		if _, err := k.Cancel(k.Context(), town, visits[1].Manage); err != nil {
			k.Fatal(err)
		}
		_, list, err := k.Incident(k.Context(), lead(), n.ID)
		if err != nil {
			k.Fatal(err)
		}
		k.now(ask(list[2].Item.Calendar, list[2].Item.Start, "ausweis")) // the third one's new time is gone
		k.carryOut(n)
		k.tallies(n, "done: 1 done, 1 failed changed, 1 failed over, 1 failed taken")
	})
	t.Run("at once", func(t *testing.T) {
		onEach(t, func(k kit) {
			visits := k.morning(8)
			n := k.begin(ill(agenda.CloseNothing))
			k.decide(n, agenda.ActMove, nil)
			for _, err := range together(9, func(i int) error {
				if i == 8 {
					return k.CarryOut(k.Context(), town, n.ID, 99)
				}
				_, err := k.Move(k.Context(), town, visits[i].Manage, booking.Target{Start: desktest.At(3, "08:00").Add(time.Duration(i/2) * 10 * time.Minute)})
				return err
			}) {
				if err != nil && !errors.Is(err, agenda.ErrTaken) && !errors.Is(err, agenda.ErrState) {
					k.Error(err)
				}
			}
			k.carryOut(n)
			if got := k.tally(n); !strings.HasPrefix(got, "done: ") || strings.Contains(got, "ready") {
				k.Errorf("got %s", got)
			}
		})
	})
}

// What failed is decided again, and only that.
func TestIncidentDecidesAgain(t *testing.T) {
	onEach(t, func(k kit) {
		k.morning(3)
		n := k.begin(ill(agenda.CloseNothing))
		k.decide(n, agenda.ActMove, nil)
		k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		k.carryOut(n)
		k.tallies(n, "done: 1 failed taken, 2 done")
		if _, err := k.DecideAgain(k.Context(), lead(), n.ID); err != nil {
			k.Fatal(err)
		}
		k.plan(n, agenda.ActMove, nil)
		if _, err := k.ConfirmIncident(k.Context(), lead(), n.ID); err != nil {
			k.Fatal(err)
		}
		k.carryOut(n)
		k.tallies(n, "done: 3 done")
	})
}

// What was written about an incident goes with the journal.
func TestIncidentIsForgotten(t *testing.T) {
	onEach(t, func(k kit) {
		k.morning(2)
		n := k.begin(ill(agenda.CloseNothing))
		k.decide(n, agenda.ActPropose, nil)
		k.carryOut(n)
		k.clock.Advance(85 * 24 * time.Hour)
		if _, err := k.Forget(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
		if _, list, err := k.Incident(k.Context(), lead(), n.ID); err != nil || list[0].Card != nil {
			k.Errorf("got %v, want the incident without its visitors", err)
		}
		k.clock.Advance(10 * 24 * time.Hour)
		if _, err := k.Forget(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
		_, _, err := k.Incident(k.Context(), lead(), n.ID)
		k.is("after the journal's time", err, agenda.ErrNotFound)
		if err := k.EndProposals(k.Context(), 9); err != nil {
			k.Error(err)
		}
	})
}

// Who may not act on many visits in all calendars of an incident does not know of it.
func TestIncidentRights(t *testing.T) {
	onEach(t, func(k kit) {
		k.morning(1)
		n := k.begin(ill(agenda.CloseNothing))
		for _, p := range []*agenda.Person{
			desktest.Clerk(),
			{Tenant: town, ID: "x", Role: agenda.Lead, Department: "soziales"},
			{Tenant: "elsewhere", ID: "x", Role: agenda.Admin},
			{Tenant: town, ID: "x", Role: agenda.Auditor},
		} {
			k.unchanged("without the right", func() {
				_, _, err := k.Incident(k.Context(), p, n.ID)
				k.is("look", err, agenda.ErrNotFound)
				_, err = k.ChooseAffected(k.Context(), p, n.ID, nil)
				k.is("choose", err, agenda.ErrNotFound)
				_, err = k.UndoIncident(k.Context(), p, n.ID)
				k.is("undo", err, agenda.ErrNotFound)
				if _, err = k.OpenIncident(k.Context(), p, ill(agenda.CloseAll)); !errors.Is(err, agenda.ErrNotFound) {
					k.Errorf("open: got %v, want not found", err)
				}
				k.is("call", k.Call(k.Context(), p, n.ID, "x", true), agenda.ErrNotFound)
			})
		}
		list, err := k.Incidents(k.Context(), &agenda.Person{Tenant: town, ID: "x", Role: agenda.Lead, Department: "soziales"})
		if err != nil || len(list) != 0 {
			k.Errorf("got %d incidents, %v", len(list), err)
		}
		bad := ill(agenda.CloseNothing)
		bad.To = bad.From
		_, err = k.OpenIncident(k.Context(), lead(), bad)
		k.invalid("no time at all", err, "to")
	})
}

// A visit that has gone to a calendar of others is theirs: whoever began the incident
// read its visitor's name there for as long as the incident was known.
func TestIncidentNamesNobodyElsewhere(t *testing.T) {
	onEach(t, func(k kit) {
		visit := k.morning(1)[0]
		n := k.begin(ill(agenda.CloseNothing))
		k.decide(n, agenda.ActMove, nil)
		k.carryOut(n)
		here := &agenda.Person{Tenant: town, ID: "x", Grants: []agenda.Grant{{Role: agenda.Lead, Calendar: "buergerbuero"}}}
		name := func(p *agenda.Person) string {
			k.Helper()
			_, list, err := k.Incident(k.Context(), p, n.ID)
			if err != nil || len(list) != 1 {
				k.Fatalf("got %d visits, %v", len(list), err)
			}
			return list[0].Card.Private.Name
		}
		if got := name(here); k.stored(visit.Booking).Calendar == "buergerbuero" && got != "Gast 0" {
			k.Errorf("in their calendar: got %q", got)
		}
		err := k.Store.Update(k.Context(), func(tx *store.Tx) error {
			b, err := tx.Booking(town, visit.Booking.ID)
			if err == nil {
				b.Calendar, b.Stranded = "soziales", true // its seats are where they were
				err = tx.SaveBooking(b)
			}
			return err
		})
		if err != nil {
			k.Fatal(err)
		}
		if got := name(here); got != "" {
			k.Errorf("got %q of a visit elsewhere", got)
		}
		if got := name(lead()); got != "Gast 0" {
			k.Errorf("whoever leads the office: got %q", got)
		}
	})
}

// What was paused goes on late: visits that are over stay as they were, and a request
// whose time has run out does not come to life again.
func TestIncidentLeavesThePast(t *testing.T) {
	onEach(t, func(k kit) {
		visits := k.morning(2)
		waits := k.now(ask("ausweise", desktest.At(1, "11:00"), "ausweis")).Booking
		both := ill(agenda.CloseNothing)
		both.Calendars = append(both.Calendars, "ausweise")
		n := k.begin(both)
		k.decide(n, agenda.ActCancel, nil)
		if _, err := k.PauseIncident(k.Context(), lead(), n.ID, true); err != nil {
			k.Fatal(err)
		}
		k.clock.Set(desktest.At(1, "08:15"))
		if _, err := k.PauseIncident(k.Context(), lead(), n.ID, false); err != nil {
			k.Fatal(err)
		}
		k.carryOut(n)
		k.tallies(n, "done: 3 failed over")
		for _, v := range visits {
			if b := k.stored(v.Booking); b.Status != agenda.Confirmed || len(k.told(b)) > 0 {
				k.Errorf("got %s and %v, want what has taken place left alone", b.Status, k.told(b))
			}
		}
		if b := k.stored(waits); b.Status == agenda.Cancelled || len(k.told(b)) > 0 {
			k.Errorf("got %s and %v", b.Status, k.told(b))
		}
	})
}

// Hundreds of proposals are not taken back in one go; the job that ends stale ones
// meanwhile does not take them for answered.
func TestIncidentUndoOfProposalsInParts(t *testing.T) {
	onEach(t, func(k kit) {
		k.morning(4)
		n := k.begin(ill(agenda.CloseAll))
		k.decide(n, agenda.ActPropose, nil)
		k.carryOut(n)
		if _, err := k.UndoIncident(k.Context(), lead(), n.ID); err != nil {
			k.Fatal(err)
		}
		if err := errors.Join(k.CarryOut(k.Context(), town, n.ID, 2), k.EndProposals(k.Context(), 9)); err != nil {
			k.Fatal(err)
		}
		k.carryOut(n)
		k.tallies(n, "undone: 4 undone")
	})
}

// One confirms what another drops: it happens, or it is not there.
func TestIncidentConfirmedOrDropped(t *testing.T) {
	onEach(t, func(k kit) {
		k.morning(2)
		for range 6 {
			n := k.begin(ill(agenda.CloseNothing))
			_, list, err := k.Affected(k.Context(), lead(), n.ID)
			if err != nil {
				k.Fatal(err)
			}
			if _, err := k.ChooseAffected(k.Context(), lead(), n.ID, []string{list[0].Item.Booking}); err != nil {
				k.Fatal(err)
			}
			k.plan(n, agenda.ActMove, map[string]string{list[0].Item.Booking: agenda.ActLeave})
			errs := together(2, func(i int) error {
				if i == 0 {
					return k.DropIncident(k.Context(), lead(), n.ID)
				}
				_, err := k.ConfirmIncident(k.Context(), lead(), n.ID)
				return err
			})
			_, _, err = k.Incident(k.Context(), lead(), n.ID)
			if there := err == nil; there != (errs[1] == nil) || there == (errs[0] == nil) {
				k.Errorf("dropped: %v, confirmed: %v, read: %v", errs[0], errs[1], err)
			}
		}
	})
}
