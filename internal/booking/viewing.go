package booking

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// How somebody of the staff sees the data of a visitor.
const (
	WayPage     = "page"     // the visit was opened
	WayList     = "list"     // it stood in a list or in the calendar
	WaySearch   = "search"   // it was found
	WayPrint    = "print"    // it stood in a list to print or to keep
	WayAPI      = "api"      // a program read it
	WayIncident = "incident" // it stood among the visits of an incident
	WayFeed     = "feed"     // a calendar program read it, with names
	WayLetter   = "letter"   // it stood in a list of letters
)

// Ways lists them.
func Ways() []string {
	return []string{WayPage, WayList, WaySearch, WayPrint, WayAPI, WayIncident, WayFeed, WayLetter}
}

// ErrUnseen: so many looks could not be written down that no more are allowed.
var ErrUnseen = errors.New("looks at visitors cannot be written down")

const (
	soonVisit   = 15 * time.Minute // looks at a visit within it are one
	soonList    = time.Hour        // looks at a list
	soonFeed    = 24 * time.Hour   // a calendar program asks every few minutes
	mostUnseen  = 50_000           // looks that wait to be written
	mostSeen    = 100_000          // looks that are remembered
	writeSeen   = time.Second      // so much is lost when the process is killed, at most
	feedViewing = "feed/"          // begins who looked, where it was a feed
)

// viewings are looks on their way to the database. They are written together, a moment
// later and outside of the request: a page that only shows costs no write of its own.
// What that can lose is the second before the process is killed; an orderly end loses
// nothing. Where they cannot be written at all, nothing is shown any more.
type viewings struct {
	mu      sync.Mutex
	seen    map[store.Viewing]time.Time // without time and number of visits
	waiting []store.Viewing
	writing sync.Mutex // one at a time: they keep their order
}

// note keeps a look to be written, unless it is the same as one shortly before. One at a
// list in which somebody stands who has come since, at newest, is another one.
func (m *viewings) note(v store.Viewing, soon time.Duration, newest time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := v
	key.At, key.Visits = time.Time{}, 0
	if m.knows(key, v.At, soon) && !m.seen[key].Before(newest) {
		return nil
	}
	if len(m.waiting) >= mostUnseen {
		return ErrUnseen
	}
	if m.seen == nil {
		m.seen = map[store.Viewing]time.Time{}
	}
	for k, at := range m.seen { // in an order that is different each time
		if len(m.seen) < mostSeen && at.Add(soonFeed).After(v.At) {
			break
		}
		delete(m.seen, k)
	}
	m.seen[key] = v.At
	m.waiting = append(m.waiting, v)
	return nil
}

// knows reports whether a look was noted within a time before now.
func (m *viewings) knows(key store.Viewing, now time.Time, soon time.Duration) bool {
	at, ok := m.seen[key]
	return ok && !now.Before(at) && now.Before(at.Add(soon))
}

// marked is knows for what is not written: a mark that all of something was noted.
func (m *viewings) marked(mark store.Viewing, now time.Time, soon time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.knows(mark, now, soon)
}

func (m *viewings) mark(mark store.Viewing, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[store.Viewing]time.Time{}
	}
	m.seen[mark] = now
}

// WriteViewings writes down who looked since it last did.
func (d *Desk) WriteViewings(ctx context.Context) error {
	m := &d.viewings
	m.writing.Lock()
	defer m.writing.Unlock()
	m.mu.Lock()
	list := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	err := d.Store.Update(ctx, func(tx *store.Tx) error {
		for _, v := range list {
			if err := tx.AddViewing(v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.mu.Lock()
		m.waiting = append(list, m.waiting...)
		m.mu.Unlock()
	}
	return err
}

// KeepViewings writes down who looked, every second until the context ends and once more
// then.
func (d *Desk) KeepViewings(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(writeSeen)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := d.WriteViewings(last); err != nil {
				log.Error("who looked at visits is lost", "error", err)
			}
			return
		case <-tick.C:
		}
		err := d.WriteViewings(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			log.Error("who looked at visits cannot be written down; it is tried again", "error", err)
		}
		failing = err != nil
	}
}

// tells reports whether a card tells anything about a person.
func (c *Card) tells() bool {
	p := &c.Private
	return !c.Busy && c.Sealed != nil && p.Name+p.ContactName+p.Email+p.Phone+p.Note+p.StaffNote+p.CaseReference != ""
}

// lookedAt is the time of a look. Lists that are kept for when the database is gone are
// looked at without it: then it is this machine's time.
func (d *Desk) lookedAt(ctx context.Context, tenant string) time.Time {
	if known, err := d.Store.Present(ctx, tenant); err == nil {
		return known.Now
	}
	return time.Now().UTC().Truncate(time.Second)
}

// Saw notes that a person sees visits one by one. Where it fails, they are not to be shown.
func (d *Desk) Saw(ctx context.Context, p *agenda.Person, way string, cards ...*Card) error {
	now := d.lookedAt(ctx, p.Tenant)
	soon := soonVisit
	if way == WayList || way == WayLetter || way == WayIncident {
		soon = soonList
	}
	for _, c := range cards {
		if !c.tells() {
			continue
		}
		v := store.Viewing{Tenant: p.Tenant, At: now, Person: p.ID, Way: way, Booking: c.ID, Calendar: c.Booking.Calendar, From: c.Date, To: c.Date, Visits: 1}
		if err := d.viewings.note(v, soon, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// SawList notes that a person sees visits as lists of days: one look for each calendar.
func (d *Desk) SawList(ctx context.Context, p *agenda.Person, way string, from, to agenda.Date, cards []*Card) error {
	lists := namedLists{}
	for _, c := range cards {
		if c.tells() {
			lists.add(c.Booking)
		}
	}
	return d.sawLists(ctx, p, way, from, to, lists)
}

// namedLists are lists of visits whose visitors are named, by calendar.
type namedLists map[string]namedList

// namedList is how many they are, and when the last of them came into the book.
type namedList struct {
	visits int
	newest time.Time
}

func (l namedLists) add(b *agenda.Booking) {
	one := l[b.Calendar]
	if one.visits++; b.Created.After(one.newest) {
		one.newest = b.Created
	}
	l[b.Calendar] = one
}

func (d *Desk) sawLists(ctx context.Context, p *agenda.Person, way string, from, to agenda.Date, lists namedLists) error {
	if len(lists) == 0 {
		return nil
	}
	now := d.lookedAt(ctx, p.Tenant)
	for calendar, l := range lists {
		if err := d.viewings.note(store.Viewing{Tenant: p.Tenant, At: now, Person: p.ID, Way: way, Calendar: calendar, From: from, To: to, Visits: l.visits}, soonList, l.newest); err != nil {
			return err
		}
	}
	return nil
}

// SawFeed notes that a calendar program reads a feed that names visitors: once a day for
// each calendar in it.
func (d *Desk) SawFeed(a *FeedAccess, view *FeedView, now time.Time) error {
	mark := store.Viewing{Tenant: a.Tenant, Person: feedViewing + a.ID, Way: WayFeed}
	if a.Detail != "full" || d.viewings.marked(mark, now, soonFeed) {
		return nil
	}
	v := mark
	v.At, v.Visits = now, 1
	for id, c := range view.Calendars {
		if c.Busy {
			continue
		}
		v.Calendar = id
		if err := d.viewings.note(v, soonFeed, time.Time{}); err != nil {
			return err
		}
	}
	d.viewings.mark(mark, now)
	return nil
}

// ViewingSearch says which looks are wanted.
type ViewingSearch struct {
	From, To  agenda.Date // local days of the look, both included
	Person    string      // "": of all
	Reference string      // of a booking that is still in the book
	Day       agenda.Date // that was looked at; 0: any
	Before    string      // id of the oldest look that has been seen; "": from the newest on
	Limit     int
}

// ViewingEntry is a look with what it was at.
type ViewingEntry struct {
	store.Viewing
	Reference string // of the booking, as long as there is one and the reader may open it
}

// WhoLooked reads who looked at visits, the newest looks first, and reports whether there
// are more. Somebody limited to some calendars reads only about those. Asked for a booking
// it finds lists too in which it stood. A reference of no such booking is
// agenda.ErrNotFound.
func (d *Desk) WhoLooked(ctx context.Context, p *agenda.Person, q ViewingSearch) (list []ViewingEntry, more bool, err error) {
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
	x := store.ViewingQuery{Tenant: p.Tenant, From: from, To: to, Before: q.Before, Person: q.Person, Day: q.Day, Calendars: journalOf(s, p), Limit: q.Limit + 1}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list, more = nil, false
		var found []store.Viewing
		var err error
		if q.Reference != "" {
			found, err = ofBooking(tx, s, p, x, strings.ToUpper(strings.TrimSpace(q.Reference)))
		} else {
			found, err = tx.Viewings(x)
		}
		if err != nil {
			return err
		}
		if more = len(found) > q.Limit; more {
			found = found[:q.Limit]
		}
		list, err = namedViewings(tx, s, p, found)
		return err
	})
	return list, more, err
}

// LooksAt are the newest looks at a booking, and whether there are more: none
// for those who may not see the journal of its calendar.
func (d *Desk) LooksAt(ctx context.Context, p *agenda.Person, c *Card, limit int) (list []store.Viewing, more bool, err error) {
	if !p.MayIn(agenda.SeeJournal, c.Calendar) || !p.MayOpen(c.Calendar) {
		return nil, false, nil
	}
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		now, err := tx.Now()
		if err == nil {
			list, err = looksAt(tx, c.Setup, c.Booking, store.ViewingQuery{Tenant: c.Tenant, To: now.Add(time.Hour), Limit: limit + 1})
		}
		return err
	})
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, err
}

func ofBooking(tx *store.Tx, s *agenda.Setup, p *agenda.Person, x store.ViewingQuery, reference string) ([]store.Viewing, error) {
	b, err := tx.BookingByReference(p.Tenant, reference)
	if err != nil {
		return nil, err
	}
	if c, ok := s.CalendarOf(b.Calendar); !ok || !p.MayIn(agenda.SeeJournal, c) || !p.MayOpen(c) {
		return nil, agenda.ErrNotFound
	}
	return looksAt(tx, s, b, x)
}

// looksAt are the looks at a booking and at the lists in which it stood.
func looksAt(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, x store.ViewingQuery) ([]store.Viewing, error) {
	if x.From.Before(b.Created) {
		x.From = b.Created
	}
	places, err := placesOf(tx, s, b)
	if err != nil {
		return nil, err
	}
	return tx.ViewingsOf(x, b.ID, places)
}

// placesOf are the days and calendars in whose lists a booking stands or stood.
func placesOf(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) ([]store.Place, error) {
	entries, err := tx.Journal(b.Tenant, b.ID)
	if err != nil {
		return nil, err
	}
	at := func(calendar string, t time.Time) store.Place {
		return store.Place{Calendar: calendar, Date: agenda.DateOf(t.In(s.Zone()))}
	}
	places := []store.Place{at(b.Calendar, b.Start)}
	for _, e := range entries {
		var was struct {
			From     time.Time
			Calendar string
		}
		if json.Unmarshal([]byte(e.Detail), &was) != nil || was.From.IsZero() {
			continue // it was no move
		}
		for _, calendar := range []string{was.Calendar, b.Calendar} {
			if calendar != "" {
				places = append(places, at(calendar, was.From))
			}
		}
	}
	return places, nil
}

func namedViewings(tx *store.Tx, s *agenda.Setup, p *agenda.Person, found []store.Viewing) (list []ViewingEntry, err error) {
	ids := make([]string, 0, len(found))
	for _, v := range found {
		if v.Booking != "" {
			ids = append(ids, v.Booking)
		}
	}
	names, err := tx.BookingsNamed(p.Tenant, ids)
	if err != nil {
		return nil, err
	}
	references := map[string]string{}
	for _, n := range names {
		if c, ok := s.CalendarOf(n.Calendar); ok && p.MayOpen(c) {
			references[n.ID] = n.Reference
		}
	}
	for _, v := range found {
		list = append(list, ViewingEntry{v, references[v.Booking]})
	}
	return list, nil
}
