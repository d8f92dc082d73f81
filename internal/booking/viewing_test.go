package booking_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// looks are who looked in the last days, the oldest look first, as words.
func (k kit) looks(by *agenda.Person, q booking.ViewingSearch) (list []string) {
	k.Helper()
	if err := k.WriteViewings(k.Context()); err != nil {
		k.Fatal(err)
	}
	today := agenda.DateOf(k.clock.Now())
	q.From, q.To, q.Limit = today-30, today+1, 100
	found, _, err := k.WhoLooked(k.Context(), by, q)
	if err != nil {
		k.Fatal(err)
	}
	for _, v := range slices.Backward(found) {
		what := "visit " + v.Reference
		if v.Booking == "" {
			what = fmt.Sprintf("%d of %s", v.Visits, v.Calendar)
		}
		list = append(list, v.Person+" "+v.Way+" "+what)
	}
	return list
}

func (k kit) same(what string, got []string, want ...string) {
	k.Helper()
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		k.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

func auditor() *agenda.Person {
	return &agenda.Person{Tenant: town, ID: "auditor", Role: agenda.Auditor}
}

// Every way to see who comes leaves a row: who, what and how; looking again soon is the
// same look. It is long because it is one story.
func TestWhoLooked(t *testing.T) {
	onEach(t, func(k kit) {
		clerk := desktest.Clerk()
		ada := k.named("buergerbuero", 1, "08:00", "Ada Geheim", "05550 4711", "ada@geheim.example", "ausweis")
		k.named("buergerbuero", 1, "09:00", "Bruno Geheim", "", "", "ausweis")
		k.named("soziales", 2, "08:00", "Cem Geheim", "", "", "beratung")
		day := agenda.DateOf(desktest.At(1, "00:00"))
		see := func() {
			k.Helper()
			if _, err := k.Seen(k.Context(), clerk, ada.ID); err != nil {
				k.Fatal(err)
			}
		}
		list := func(way string, from, to agenda.Date) {
			k.Helper()
			if _, err := k.ListFor(k.Context(), clerk, way, "", from, to); err != nil {
				k.Fatal(err)
			}
		}
		see()
		k.clock.Advance(14 * time.Minute)
		see()
		k.clock.Advance(2 * time.Minute)
		see()
		list(booking.WayList, day, day)
		list(booking.WayPrint, day, day)
		list(booking.WayList, day-5, day-5) // nobody comes then
		list("", day, day)                  // nobody looks
		k.names(clerk, finding("Cem"))
		present, err := k.Present(k.Context(), town)
		if err != nil {
			k.Fatal(err)
		}
		c, _ := present.Setup.Calendar("soziales")
		if _, err := k.Span(k.Context(), clerk, []*agenda.Calendar{c}, day-1, day+5); err != nil {
			k.Fatal(err)
		}
		visit := "visit " + ada.Reference
		all := k.looks(auditor(), booking.ViewingSearch{})
		k.same("all", all[:4], "clerk page "+visit, "clerk page "+visit, "clerk list 2 of buergerbuero", "clerk print 2 of buergerbuero")
		k.same("search and calendar", []string{fmt.Sprint(len(all)), all[5]}, "6", "clerk list 1 of soziales")
		if !strings.HasPrefix(all[4], "clerk search visit ") {
			k.Errorf("got %q, want a search", all[4])
		}
		k.same("of a visit", k.looks(auditor(), booking.ViewingSearch{Reference: strings.ToLower(ada.Reference)}),
			"clerk page "+visit, "clerk page "+visit, "clerk list 2 of buergerbuero", "clerk print 2 of buergerbuero")
		k.same("by others", k.looks(auditor(), booking.ViewingSearch{Person: "nobody"}))
		k.same("of a day", k.looks(auditor(), booking.ViewingSearch{Day: day + 1}), all[4:]...)
		head := &agenda.Person{Tenant: town, ID: "head", Role: agenda.Lead, Department: "soziales"}
		k.same("of one's department", k.looks(head, booking.ViewingSearch{}), all[4:]...)
		q := booking.ViewingSearch{From: day - 9, To: day, Reference: ada.Reference, Limit: 9}
		_, _, err = k.WhoLooked(k.Context(), head, q)
		k.is("a visit of others", err, agenda.ErrNotFound)
		_, _, err = k.WhoLooked(k.Context(), clerk, q)
		k.is("without the right", err, agenda.ErrForbidden)
	})
}

// A visit that is moved to another calendar is still found in the lists that it stood in.
func TestWhoLookedBeforeAMove(t *testing.T) {
	onEach(t, func(k kit) {
		clerk := desktest.Clerk()
		b := k.named("buergerbuero", 1, "08:00", "Ada Geheim", "", "ada@geheim.example", "ausweis")
		day := agenda.DateOf(desktest.At(1, "00:00"))
		if _, err := k.List(k.Context(), clerk, "buergerbuero", day, day); err != nil {
			k.Fatal(err)
		}
		k.clock.Advance(time.Minute)
		if _, err := k.MoveFor(k.Context(), clerk, b.ID, booking.Target{Start: desktest.At(3, "08:00"), Calendar: "ausweise"}); err != nil {
			k.Fatal(err)
		}
		if _, err := k.List(k.Context(), clerk, "ausweise", day+2, day+2); err != nil {
			k.Fatal(err)
		}
		if _, err := k.List(k.Context(), clerk, "ausweise", day, day); err != nil {
			k.Fatal(err)
		}
		k.same("lists", k.looks(auditor(), booking.ViewingSearch{Reference: b.Reference}), "clerk list 1 of buergerbuero", "clerk list 1 of ausweise")
	})
}

// Who may only see that a time is taken has not looked; nor has who sees a visit that was
// called off.
func TestNothingSeenIsNoLook(t *testing.T) {
	onEach(t, func(k kit) {
		b := k.named("soziales", 1, "08:00", "Ada Geheim", "05550 4711", "", "beratung")
		off := k.named("impfung", 1, "08:00", "Bruno Geheim", "", "", "impfen")
		if _, err := k.CancelFor(k.Context(), desktest.Clerk(), off.ID); err != nil {
			k.Fatal(err)
		}
		k.mustApply(func(s *agenda.Setup) { s.Calendars[2].Private = true })
		for _, id := range []string{b.ID, off.ID} {
			if _, err := k.Seen(k.Context(), desktest.Clerk(), id); err != nil {
				k.Fatal(err)
			}
		}
		day := agenda.DateOf(desktest.At(1, "00:00"))
		if _, err := k.List(k.Context(), desktest.Clerk(), "", day, day); err != nil {
			k.Fatal(err)
		}
		k.same("looks", k.looks(auditor(), booking.ViewingSearch{}))
	})
}

// Looks are kept as long as the journal, and nothing of visitors is in them.
func TestLooksAreForgotten(t *testing.T) {
	onEach(t, func(k kit) {
		b := k.named("buergerbuero", 1, "08:00", "Ada Geheim", "05550 4711", "ada@geheim.example", "ausweis")
		if _, err := k.Seen(k.Context(), desktest.Clerk(), b.ID); err != nil {
			k.Fatal(err)
		}
		rows := func() (n int) {
			k.Helper()
			if err := k.WriteViewings(k.Context()); err != nil {
				k.Fatal(err)
			}
			k.view(func(tx *store.Tx) error {
				list, err := tx.Viewings(store.ViewingQuery{Tenant: town, To: desktest.At(400, "00:00"), Limit: 9})
				n = len(list)
				if text := fmt.Sprint(list); strings.Contains(text, "Geheim") || strings.Contains(text, "4711") {
					k.Errorf("a visitor stands in %s", text)
				}
				return err
			})
			return n
		}
		for _, x := range []struct{ days, want int }{{88, 1}, {92, 0}} {
			k.clock.Set(desktest.At(x.days, "08:00"))
			if _, err := k.Forget(k.Context(), 100); err != nil {
				k.Fatal(err)
			}
			if n := rows(); n != x.want {
				k.Errorf("after %d days: got %d looks, want %d", x.days, n, x.want)
			}
		}
	})
}

// The keeper writes within a second, and what is noted last when the service ends.
func TestLooksAreWrittenByTheKeeper(t *testing.T) {
	d, _ := desktest.SQLite(t)
	k := kit{T: t, Desk: d}
	b := k.named("buergerbuero", 1, "08:00", "Ada Geheim", "", "", "ausweis")
	if _, err := d.Seen(t.Context(), desktest.Clerk(), b.ID); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	d.KeepViewings(ctx, slog.New(slog.NewTextHandler(io.Discard, nil)))
	list, _, err := d.WhoLooked(t.Context(), auditor(), booking.ViewingSearch{From: agenda.DateOf(desktest.Start), To: agenda.DateOf(desktest.Start), Limit: 9})
	if err != nil || len(list) != 1 {
		t.Errorf("got %d looks, %v, want one", len(list), err)
	}
}

// A list was open, somebody booked, and the list was looked at again within the hour: that
// look was taken for the one before, so that nobody seemed to have seen the new visit.
func TestALookAtANewVisitIsAnotherLook(t *testing.T) {
	onEach(t, func(k kit) {
		clerk := desktest.Clerk()
		day := agenda.DateOf(desktest.At(1, "00:00"))
		present, err := k.Present(k.Context(), town)
		if err != nil {
			k.Fatal(err)
		}
		c, _ := present.Setup.Calendar("buergerbuero")
		look := func() {
			k.Helper()
			if _, err := k.List(k.Context(), clerk, "", day, day); err != nil {
				k.Fatal(err)
			}
			if _, err := k.Span(k.Context(), clerk, []*agenda.Calendar{c}, day, day+4); err != nil {
				k.Fatal(err)
			}
		}
		k.named("buergerbuero", 1, "08:00", "Ada Geheim", "", "", "ausweis")
		look()
		k.clock.Advance(5 * time.Minute)
		bruno := k.named("buergerbuero", 1, "09:00", "Bruno Geheim", "", "", "ausweis")
		k.clock.Advance(5 * time.Minute)
		look()
		look()
		k.same("of the new visit", k.looks(auditor(), booking.ViewingSearch{Reference: bruno.Reference}),
			"clerk list 2 of buergerbuero", "clerk list 2 of buergerbuero")
	})
}
