package booking

import (
	"context"
	"errors"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// JournalSearch says which entries of the journal are wanted.
type JournalSearch struct {
	From, To  agenda.Date // local days, both included
	Actor     string      // "": of all
	Act       string
	Reference string // of a booking that is still in the book
	Before    string // id of the oldest entry that has been seen; "": from the newest on
	Limit     int
}

// JournalEntry is a line of the journal with what it is about. It names no visitor.
type JournalEntry struct {
	store.Entry
	Reference string // of the booking, as long as there is one
	Calendar  string // of the booking
}

// ReadJournal reads the journal, the newest entries first, and reports whether there
// are more. Somebody limited to some calendars reads only about bookings there that are
// still in the book; settings are for those with the right in the whole tenant. A
// reference of no such booking is agenda.ErrNotFound.
func (d *Desk) ReadJournal(ctx context.Context, p *agenda.Person, q JournalSearch) (list []JournalEntry, more bool, err error) {
	if !p.May(agenda.SeeJournal) {
		return nil, false, agenda.ErrForbidden
	}
	present, err := d.Present(ctx, p.Tenant)
	if err != nil {
		return nil, false, err
	}
	s := present.Setup
	from, _ := agenda.At(q.From, 0, s.Zone())
	to, _ := agenda.At(q.To+1, 0, s.Zone())
	x := store.JournalQuery{Tenant: p.Tenant, From: from, To: to, Before: q.Before, Actor: q.Actor, Act: q.Act, Calendars: journalOf(s, p), Limit: q.Limit + 1}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list, more = nil, false
		if q.Reference != "" {
			b, err := tx.BookingByReference(p.Tenant, strings.ToUpper(strings.TrimSpace(q.Reference)))
			if err != nil {
				return err
			}
			if c, ok := s.CalendarOf(b.Calendar); !ok || !p.MayIn(agenda.SeeJournal, c) || !p.MayOpen(c) {
				return agenda.ErrNotFound
			}
			x.Subject = b.ID
		}
		entries, err := tx.JournalPage(x)
		if err != nil {
			return err
		}
		if more = len(entries) > q.Limit; more {
			entries = entries[:q.Limit]
		}
		list, err = named(tx, p.Tenant, entries)
		return err
	})
	for i := range list { // a visit to a private calendar has no name for others
		if c, ok := s.CalendarOf(list[i].Calendar); ok && !p.MayOpen(c) {
			list[i].Reference = ""
		}
	}
	return list, more, err
}

// named says which bookings entries are about.
func named(tx *store.Tx, tenant string, entries []store.Entry) (list []JournalEntry, err error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.Subject
	}
	found, err := tx.BookingsNamed(tenant, ids)
	if err != nil {
		return nil, err
	}
	names := map[string]store.Named{}
	for _, n := range found {
		names[n.ID] = n
	}
	for _, e := range entries {
		n := names[e.Subject]
		list = append(list, JournalEntry{Entry: e, Reference: n.Reference, Calendar: n.Calendar})
	}
	return list, nil
}

// journalOf are the calendars whose journal a person may see; nil: everything.
func journalOf(s *agenda.Setup, p *agenda.Person) []string {
	if p.MayEverywhere(agenda.SeeJournal) {
		return nil
	}
	list := []string{}
	for i := range s.Calendars {
		if p.MayIn(agenda.SeeJournal, &s.Calendars[i]) {
			list = append(list, s.Calendars[i].ID)
		}
	}
	return list
}

// Actors are the names of a tenant's staff and tokens by id, for the journal.
func (d *Desk) Actors(ctx context.Context, tenant string) (names map[string]string, err error) {
	names = map[string]string{}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		accounts, err := tx.Accounts(tenant)
		tokens, failed := tx.Tokens(tenant)
		for _, a := range accounts {
			names[a.ID] = a.Name
		}
		for _, t := range tokens {
			names[t.ID] = t.Name
		}
		return errors.Join(err, failed)
	})
	return names, err
}

// OldestJournal is the first moment of which the journal still knows everything.
func OldestJournal(s *agenda.Setup, now time.Time) agenda.Date {
	return agenda.DateOf(s.DaysAgo(now, s.Retention.JournalDays))
}
