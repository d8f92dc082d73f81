package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// LetterLife is one letter with what became of it.
type LetterLife struct {
	store.Posting
	Life []Told // oldest first
}

// Told is one thing that became of a letter, opened for staff.
type Told struct {
	store.Said
	Words string // the server's
}

// BookingLetters are the letters about a booking that a person may open, oldest first,
// with what staff can do about them.
type BookingLetters struct {
	Letters  []LetterLife
	Call     bool // the visitor was not reached: somebody is to call
	KeptBack bool // no letters go to the address
}

// LettersAbout reads the letters about a booking that its reader may open.
func (d *Desk) LettersAbout(ctx context.Context, b *agenda.Booking) (x BookingLetters, err error) {
	var life map[string][]store.Said
	var list []store.Posting
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		x = BookingLetters{}
		if list, err = tx.Postings(b.Tenant, b.ID); err != nil {
			return err
		}
		if life, err = tx.Life(b.Tenant, b.ID); err != nil {
			return err
		}
		tasks, err := tx.TasksOf(b.Tenant, b.ID)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for _, t := range tasks {
			x.Call = x.Call || t.Done.IsZero() && tx.SameHash(t.EmailHash, b.EmailHash) && now.Before(b.End) && (b.Status == agenda.Pending || b.Status == agenda.Confirmed)
		}
		if b.EmailHash != "" {
			x.KeptBack, err = tx.Undeliverable(b.Tenant, b.EmailHash)
		}
		return err
	})
	if err != nil {
		return x, err
	}
	for _, p := range list {
		l, err := d.lifeOf(p, life[p.MessageID])
		if err != nil {
			return x, err
		}
		x.Letters = append(x.Letters, l)
	}
	return x, nil
}

func (d *Desk) lifeOf(p store.Posting, said []store.Said) (l LetterLife, err error) {
	l.Posting = p
	for _, s := range said {
		words, err := d.Words(p, s)
		if err != nil {
			return l, err
		}
		l.Life = append(l.Life, Told{s, words})
	}
	return l, nil
}

// LetterSearch says which letters are wanted.
type LetterSearch struct {
	From, To agenda.Date // local days on which they were done with, both included
	State    string      // "problem", "waiting", "sent", "dropped"; "": all
	Kind     string      // "": all; a reminder by its beginning
	Calendar string      // "": all
	After    string      // the mark of the letter before the first; "": from the start
	Limit    int
}

// What a search for letters can ask for.
const (
	LettersProblem = "problem" // did not arrive, or was put off by a server
	LettersWaiting = "waiting"
	LettersSent    = "sent"
	LettersDropped = "dropped"
)

// ListedLetter is a letter in a list, with the booking it is about, as far as its reader
// may know it.
type ListedLetter struct {
	LetterLife
	Card *Card // nil: it is about no booking, or one that is gone
}

// Mark is where a list goes on after this letter.
func (l *ListedLetter) Mark() string {
	if l.State == "queued" {
		return fmt.Sprintf("w%d-%s", l.Due.Unix(), l.MessageID)
	}
	return fmt.Sprintf("d%d-%s", l.Done.Unix(), l.MessageID)
}

// readMark takes a mark apart; one that was made up is agenda.ErrNotFound.
func readMark(mark string) (waiting bool, after time.Time, id string, err error) {
	if mark == "" {
		return true, after, "", nil
	}
	at, id, ok := strings.Cut(mark[1:], "-")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || seconds <= 0 || seconds > 1<<36 || mark[0] != 'w' && mark[0] != 'd' {
		return false, after, "", agenda.ErrNotFound
	}
	return mark[0] == 'w', time.Unix(seconds, 0), id, nil
}

// Letters lists letters about the bookings that a person may open, the newest first and
// those that wait before all others, and reports whether there are more. Letters of the
// office to itself, and to people without a booking, are for those with the right to act
// in the whole tenant. A calendar that they may not open is agenda.ErrNotFound, and so is a
// mark that nobody gave.
func (d *Desk) Letters(ctx context.Context, p *agenda.Person, q LetterSearch) (list []ListedLetter, more bool, err error) {
	if !p.May(agenda.SeeBookings) {
		return nil, false, agenda.ErrForbidden
	}
	present, err := d.Present(ctx, p.Tenant)
	if err != nil {
		return nil, false, err
	}
	s := present.Setup
	from, _ := agenda.At(q.From, 0, s.Zone())
	to, _ := agenda.At(q.To+1, 0, s.Zone())
	x := store.LetterQuery{Tenant: p.Tenant, From: from, To: to, Kind: q.Kind, Calendars: openTo(s, p), Limit: q.Limit + 1}
	waits, after, id, err := readMark(q.After)
	if err != nil {
		return nil, false, err
	}
	x.After, x.AfterID = after, id
	x.Others = p.MayEverywhere(agenda.ActOnBookings) && q.Calendar == ""
	if q.Calendar != "" {
		if !slices.Contains(x.Calendars, q.Calendar) {
			return nil, false, agenda.ErrNotFound
		}
		x.Calendars = []string{q.Calendar}
	}
	var found []letterRow
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		found, err = lettersFor(tx, x, q.State, waits)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if more = len(found) > q.Limit; more {
		found = found[:q.Limit]
	}
	for _, f := range found {
		l := ListedLetter{}
		if l.LetterLife, err = d.lifeOf(f.posting, f.said); err != nil {
			return nil, false, err
		}
		if f.booking != nil {
			if l.Card, err = d.Card(ctx, f.booking); err != nil && !errors.Is(err, agenda.ErrNotFound) {
				return nil, false, err
			}
			if l.Card != nil {
				if err := d.Saw(ctx, p, WayLetter, l.Card); err != nil {
					return nil, false, err
				}
			}
		}
		list = append(list, l)
	}
	return list, more, nil
}

type letterRow struct {
	posting store.Posting
	said    []store.Said
	booking *agenda.Booking
}

// lettersFor reads the letters with their lives and bookings; waits is whether those that
// wait were not all seen on the pages before.
func lettersFor(tx *store.Tx, x store.LetterQuery, state string, waits bool) (rows []letterRow, err error) {
	var all []store.Posting
	if waits && (state == "" || state == LettersWaiting || state == LettersProblem) {
		x.Tried = state == LettersProblem
		if all, err = tx.LettersWaiting(x); err != nil {
			return nil, err
		}
	}
	if waits {
		x.After, x.AfterID = time.Time{}, "" // what is done with begins after all that waits
	}
	states := map[string][]string{"": {"sent", "dropped", "failed"}, LettersProblem: {"failed"}, LettersSent: {"sent"}, LettersDropped: {"dropped"}}[state]
	if state == LettersProblem {
		x.KeptBack = KeptBack
	}
	if len(states) > 0 {
		done, err := tx.LettersDone(x, states)
		if err != nil {
			return nil, err
		}
		all = append(all, done...)
	}
	lives, bookings := map[string]map[string][]store.Said{}, map[string]*agenda.Booking{}
	for _, p := range all[:min(len(all), x.Limit)] {
		if lives[p.Subject] == nil {
			if lives[p.Subject], err = tx.Life(p.Tenant, p.Subject); err != nil {
				return nil, err
			}
			if !strings.Contains(p.Subject, "/") {
				b, err := tx.Booking(p.Tenant, p.Subject)
				if err != nil && !errors.Is(err, agenda.ErrNotFound) {
					return nil, err
				}
				bookings[p.Subject] = b
			}
		}
		rows = append(rows, letterRow{p, lives[p.Subject][p.MessageID], bookings[p.Subject]})
	}
	return rows, nil
}

// openTo are the calendars whose bookings a person may open.
func openTo(s *agenda.Setup, p *agenda.Person) []string {
	list := []string{}
	for i := range s.Calendars {
		if c := &s.Calendars[i]; p.MayIn(agenda.SeeBookings, c) && p.MayOpen(c) {
			list = append(list, c.ID)
		}
	}
	return list
}

// Unreached are the bookings whose visitors are to be called because no letter reached them,
// within a person's rights, the earliest visit first.
func (d *Desk) Unreached(ctx context.Context, p *agenda.Person) (list []*Card, err error) {
	present, err := d.Present(ctx, p.Tenant)
	if err != nil {
		return nil, err
	}
	var found []*agenda.Booking
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		found = nil
		tasks, err := tx.OpenTasks(p.Tenant)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, t := range tasks {
			if seen[t.Booking] {
				continue
			}
			seen[t.Booking] = true
			b, err := tx.Booking(t.Tenant, t.Booking)
			if err != nil {
				return err
			}
			if c, ok := present.Setup.CalendarOf(b.Calendar); ok && p.MayIn(agenda.SeeBookings, c) && p.MayOpen(c) {
				found = append(found, b)
			}
		}
		return nil
	})
	for _, b := range found {
		c, err := d.Card(ctx, b)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b *Card) int { return a.Start.Compare(b.Start) })
	return list, errors.Join(err, d.Saw(ctx, p, WayList, list...))
}
