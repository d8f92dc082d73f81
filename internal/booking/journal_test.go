package booking_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// The journal is read newest first, page by page, by person, act and booking, within
// the limits of whoever reads it.
func TestReadJournal(t *testing.T) {
	onEach(t, func(k kit) {
		mine := k.now(ask("soziales", desktest.At(1, "08:00"), "beratung"))
		other := k.now(ask("buergerbuero", desktest.At(1, "08:00"), "pass"))
		if _, err := k.CancelFor(k.Context(), desktest.Clerk(), other.Booking.ID); err != nil {
			k.Fatal(err)
		}
		today := agenda.DateOf(desktest.Start)
		read := func(p *agenda.Person, q booking.JournalSearch) (acts string, more bool, err error) {
			q.From, q.To = today, today
			if q.Limit == 0 {
				q.Limit = 100
			}
			p.Tenant = town
			list, more, err := k.ReadJournal(k.Context(), p, q)
			for _, e := range list {
				acts += e.Act + " "
			}
			return strings.TrimSpace(acts), more, err
		}
		all := &agenda.Person{Role: agenda.Auditor}
		is := func(what string, p *agenda.Person, q booking.JournalSearch, want string) {
			k.Helper()
			if got, _, err := read(p, q); err != nil || got != want {
				k.Errorf("%s: got %q, %v; want %q", what, got, err, want)
			}
		}
		is("everything", all, booking.JournalSearch{}, "cancel book book apply")
		is("by a person", all, booking.JournalSearch{Actor: "clerk"}, "cancel")
		is("by act", all, booking.JournalSearch{Act: "book"}, "book book")
		is("of a booking", all, booking.JournalSearch{Reference: " " + strings.ToLower(other.Booking.Reference)}, "cancel book")
		is("within a department", &agenda.Person{Role: agenda.Lead, Department: "soziales"}, booking.JournalSearch{}, "book")
		is("within a calendar", &agenda.Person{Role: agenda.Clerk, Grants: []agenda.Grant{{Role: agenda.Auditor, Calendar: "buergerbuero"}}}, booking.JournalSearch{}, "cancel book")
		_, _, err := read(&agenda.Person{Role: agenda.Lead, Department: "soziales"}, booking.JournalSearch{Reference: other.Booking.Reference})
		k.is("of another department's booking", err, agenda.ErrNotFound)
		_, _, err = read(&agenda.Person{Role: agenda.Clerk}, booking.JournalSearch{})
		k.is("as a clerk", err, agenda.ErrForbidden)
		k.paged(all, mine)
	})
}

// paged reads the journal in pages of three.
func (k kit) paged(p *agenda.Person, mine booking.Receipt) {
	k.Helper()
	today := agenda.DateOf(desktest.Start)
	q := booking.JournalSearch{From: today, To: today, Limit: 3}
	first, more, err := k.ReadJournal(k.Context(), p, q)
	if err != nil || len(first) != 3 || !more {
		k.Fatalf("got %d entries, %v, %v; want three and more", len(first), more, err)
	}
	q.Before = first[2].ID
	rest, more, err := k.ReadJournal(k.Context(), p, q)
	if err != nil || len(rest) != 1 || more || rest[0].Act != "apply" || rest[0].Reference != "" {
		k.Errorf("got %+v, %v, %v; want the last one", rest, more, err)
	}
	if got, want := first[2].Reference, mine.Booking.Reference; got != want {
		k.Errorf("the booking of an entry: got %s, want %s", got, want)
	}
}
