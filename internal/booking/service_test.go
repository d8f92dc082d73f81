package booking_test

import (
	"fmt"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

func TestAVisitIsAboutSomethingElse(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		if _, err := k.Coming(k.Context(), town, r.Manage); err != nil {
			k.Fatal(err)
		}
		k.clock.Advance(time.Hour)
		b, err := k.ChangeService(k.Context(), desktest.Clerk(), r.Booking.ID, desktest.Wish("pass", "ausweis"), booking.Target{})
		if err != nil {
			k.Fatal(err)
		}
		if b.Sequence != 1 || b.UID != r.Booking.UID || b.Reference != r.Booking.Reference || b.Status != agenda.Confirmed || !b.Start.Equal(desktest.At(1, "08:00").UTC()) || b.End.Sub(b.Start) != 30*time.Minute || b.To-b.From != 6 {
			k.Errorf("at the same time: got %+v", *b)
		}
		if !b.Since.Equal(k.clock.Now()) || b.Coming.IsZero() {
			k.Errorf("since %v, coming %v: the reminders begin anew, and who comes comes", b.Since, b.Coming)
		}
		if again, err := k.ChangeService(k.Context(), desktest.Clerk(), b.ID, desktest.Wish("pass", "ausweis"), booking.Target{}); err != nil || again.Version != b.Version {
			k.Errorf("the same once more: got %+v, %v", again, err)
		}
		if b, err = k.ChangeService(k.Context(), desktest.Clerk(), b.ID, desktest.Wish("ausweis"), to(2, "11:50")); err != nil || b.Sequence != 2 || !b.Start.Equal(desktest.At(2, "11:50").UTC()) || !b.Coming.IsZero() {
			k.Errorf("at another time: got %+v, %v", b, err)
		}
		k.left(b, "book by visitor, coming by visitor, service by clerk, service by clerk; confirmed/1 staff-booked/1 changed/3 staff-moved/3 changed/4 staff-moved/4")
		_, err = k.Move(k.Context(), town, r.Manage, to(3, "09:00"))
		k.is("the visitor's link still moves it", err, nil)
	})
}

// Long, because one visit is refused everything, one thing after the other, and then let
// in where the clerk insists.
func TestAServiceThatDoesNotFitChangesNothing(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) {
			s.Services[1].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Art"), Type: agenda.AskChoice, Required: true,
				Options: []agenda.Option{{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "express", Label: agenda.Plain("Express"), Minutes: 30}}}}
		})
		answered := desktest.Wish("pass")
		answered.Items[0].Answers = map[string]string{"art": "neu"}
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		for range 3 {
			k.now(clerk("buergerbuero", desktest.At(1, "08:10"), "ausweis"))
		}
		try := func(p *agenda.Person, w agenda.Wish, t booking.Target) error {
			_, err := k.ChangeService(k.Context(), p, r.Booking.ID, w, t)
			return err
		}
		elsewhere := *desktest.Clerk()
		elsewhere.Tenant = "anderswo"
		social := *desktest.Clerk()
		social.Department = "soziales"
		reader := *desktest.Clerk()
		reader.Role = agenda.Auditor
		k.unchanged("what is refused", func() {
			k.is("into somebody's seats", try(desktest.Clerk(), answered, booking.Target{}), agenda.ErrTaken)
			k.invalid("without the answer that it needs", try(desktest.Clerk(), desktest.Wish("pass"), to(1, "10:00")), "pass.art")
			k.is("a service of another calendar", try(desktest.Clerk(), desktest.Wish("beratung"), to(1, "10:00")), agenda.ErrTaken)
			k.is("services that do not go together", try(desktest.Clerk(), desktest.Wish("ausweis", "beratung"), to(1, "10:00")), agenda.ErrNotCombinable)
			k.is("in the past", try(desktest.Clerk(), answered, to(-3, "10:00")), agenda.ErrWindowClosed)
			k.is("by another town's staff", try(&elsewhere, answered, to(1, "10:00")), agenda.ErrNotFound)
			k.is("by another department's", try(&social, answered, to(1, "10:00")), agenda.ErrNotFound)
			k.is("by who only reads", try(&reader, answered, to(1, "10:00")), agenda.ErrForbidden)
		})
		b, err := k.ChangeService(k.Context(), desktest.Clerk(), r.Booking.ID, answered, booking.Target{Overbook: true})
		if err != nil || !b.Overbooked || b.End.Sub(b.Start) != 20*time.Minute || b.Items[0].Answers["art"] != "neu" {
			k.Errorf("overbooked: got %+v, %v", b, err)
		}
		var detail string
		k.view(func(tx *store.Tx) error {
			entries, err := tx.Journal(town, b.ID)
			detail = entries[len(entries)-1].Detail
			return err
		})
		if want := `{"after":[{"id":"pass","quantity":1}],"before":[{"id":"ausweis","quantity":1}],"from":"2026-07-07T06:00:00Z","overbooked":true,"to":"2026-07-07T06:00:00Z","version":2}`; detail != want {
			k.Errorf("the journal says\n%s\nwant\n%s", detail, want)
		}
	})
}

// Whoever stands at the counter, a few minutes after their time, has come for something else:
// the visit stays when it is. Once it is over, it does not.
func TestTheServiceOfAVisitUnderWay(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		k.clock.Set(desktest.At(1, "08:07"))
		b, err := k.ChangeService(k.Context(), desktest.Clerk(), r.Booking.ID, desktest.Wish("pass"), booking.Target{})
		if err != nil || !b.Start.Equal(desktest.At(1, "08:00")) || b.End.Sub(b.Start) != 20*time.Minute {
			k.Errorf("got %+v, %v", b, err)
		}
		_, err = k.MoveFor(k.Context(), desktest.Clerk(), r.Booking.ID, to(0, "08:00"))
		k.is("into the past", err, agenda.ErrWindowClosed)
		k.clock.Set(desktest.At(1, "08:20"))
		_, err = k.ChangeService(k.Context(), desktest.Clerk(), r.Booking.ID, desktest.Wish("ausweis"), booking.Target{})
		k.is("when it is over", err, agenda.ErrWindowClosed)
	})
}

// Requests that wait keep waiting: the letter asks again, and no entry counts.
func TestTheServiceOfWhatWaits(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		two := desktest.Wish("ausweis")
		two.Items[0].Quantity = 2
		b, err := k.ChangeService(k.Context(), desktest.Clerk(), r.Booking.ID, two, booking.Target{})
		if err != nil || b.Status != agenda.Pending || b.Sequence != 0 || !b.Since.IsZero() || b.End.Sub(b.Start) != 20*time.Minute {
			k.Errorf("got %+v, %v", b, err)
		}
		k.left(b, "book by visitor, service by clerk; confirm-request/1 confirm-request/2")
		if _, err := k.CancelFor(k.Context(), desktest.Clerk(), b.ID); err != nil {
			k.Fatal(err)
		}
		_, err = k.ChangeService(k.Context(), desktest.Clerk(), b.ID, desktest.Wish("ausweis"), booking.Target{})
		k.is("of what is called off", err, agenda.ErrState)
	})
}

// A visit that staff turn into something that the public cannot book can still be moved by
// its visitor, as one that staff had booked so.
func TestAVisitForWhatThePublicCannotBookCanBeMoved(t *testing.T) {
	onEach(t, func(k kit) {
		k.mustApply(func(s *agenda.Setup) { s.Services[1].Public = agenda.VisibleStaff })
		r := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"))
		if _, err := k.ChangeService(k.Context(), desktest.Clerk(), r.Booking.ID, desktest.Wish("pass"), booking.Target{}); err != nil {
			k.Fatal(err)
		}
		b, err := k.Move(k.Context(), town, r.Manage, to(1, "09:00"))
		if err != nil || b.Sequence != 2 {
			k.Errorf("got %+v, %v", b, err)
		}
	})
}

// Who makes visits longer races those who book: no seat is given twice, and nobody who was
// refused has lost anything.
func TestServicesChangedRaceBookings(t *testing.T) {
	onEach(t, func(k kit) {
		for round := range 4 {
			day := round + 1
			var mine []booking.Receipt
			for range 3 {
				mine = append(mine, k.now(clerk("buergerbuero", desktest.At(day, "08:00"), "ausweis")))
			}
			errs := together(24, func(i int) error {
				if i%2 == 0 {
					_, err := k.ChangeService(k.Context(), desktest.Clerk(), mine[i/2%3].Booking.ID, desktest.Wish("pass"), booking.Target{})
					return err
				}
				return k.try(clerk("buergerbuero", desktest.At(day, "08:10"), "ausweis"))
			})
			k.won(errs, agenda.ErrTaken)
			longer, booked := 0, 0
			for i := range mine {
				switch b := k.stored(mine[i].Booking); {
				case b.End.Sub(b.Start) == 20*time.Minute && b.Items[0].Service == "pass" && b.Sequence == 1:
					longer++
				case b.End.Sub(b.Start) != 10*time.Minute || b.Items[0].Service != "ausweis" || b.Sequence != 0:
					k.Errorf("half done: %s", describe(b))
				}
			}
			for i := 1; i < len(errs); i += 2 {
				if errs[i] == nil {
					booked++
				}
			}
			if longer+booked != 3 {
				k.Errorf("%s", fmt.Sprintf("round %d: %d made longer and %d booked have the 3 seats at 08:10", round, longer, booked))
			}
		}
	})
}
