package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Bounds of a search.
const (
	FindWindow = 5000 // visits that are opened to look for a name, those nearest to now first
	FindMost   = 50   // visits that are shown
	FindDays   = 400  // from the first to the last day
)

// Kinds of searches, for the journal.
const (
	FindReference = "reference"
	FindEmail     = "email"
	FindPhone     = "phone"
	FindPart      = "part" // of a name, a number or an address
)

// actFind is a search in the journal, under a subject of its own.
const (
	actFind     = "search"
	subjectFind = "search"
)

// Finding says what somebody of the staff looks for: by one of Reference, Manage,
// Email and Phone, which are looked up whole, or by Match.
type Finding struct {
	Reference string
	Manage    string // secret of the manage link, as the code on a slip has it
	Email     string
	Phone     string
	Match     func(agenda.Private) bool
	Calendar  string      // ""; all that the person may see
	From, To  agenda.Date // both included; a reference is found on any day
}

// Kind is the word for it in the journal.
func (f Finding) Kind() string {
	switch {
	case f.Reference != "" || f.Manage != "":
		return FindReference
	case f.Email != "":
		return FindEmail
	case f.Phone != "":
		return FindPhone
	}
	return FindPart
}

// Hits is what was found: what is to come in order of time, then what is over, the
// latest first.
type Hits struct {
	Cards []*Card
	More  bool // there is more than FindMost
	Cut   bool // only the FindWindow visits nearest to now were looked at
}

// Find looks for visits within a person's rights. Each search is journalled: its kind,
// how much it found and in which calendar, never what was looked for. Visitors of
// calendars that the person may not open, and of what was called off, are found by
// reference at most, and then without their data.
func (d *Desk) Find(ctx context.Context, p *agenda.Person, f Finding) (hits Hits, err error) {
	known, err := d.Store.Present(ctx, p.Tenant)
	if err != nil {
		return hits, err
	}
	if c, ok := known.Setup.CalendarOf(f.Calendar); f.Calendar != "" && (!ok || !p.MayIn(agenda.SeeBookings, c)) {
		return hits, agenda.ErrNotFound
	}
	s := search{Desk: d, by: p, f: f, setup: known.Setup, now: known.Now}
	if f.Manage != "" {
		s.hash = seal.SecretHash(f.Manage)
	}
	if err := d.Store.View(ctx, s.read); err != nil {
		return hits, err
	}
	if hits, err = s.open(ctx); err != nil {
		return hits, err
	}
	detail := map[string]any{"kind": f.Kind(), "hits": len(hits.Cards)}
	if f.Calendar != "" {
		detail["calendar"] = f.Calendar
	}
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		return tx.Log(store.Entry{Tenant: p.Tenant, Act: actFind, Subject: subjectFind, Actor: actor(p)}, detail)
	})
	if err == nil {
		err = d.Saw(ctx, p, WaySearch, hits.Cards...)
	}
	if err != nil {
		return Hits{}, err // what is not journalled is not shown
	}
	return hits, nil
}

// search is a Finding at work.
type search struct {
	*Desk
	by    *agenda.Person
	f     Finding
	setup *agenda.Setup
	now   time.Time
	hash  string // of f.Manage

	list []*agenda.Booking // in the order of showing
	cut  bool
}

func (s *search) read(tx *store.Tx) (err error) {
	s.list, s.cut = nil, false
	from, _ := agenda.At(s.f.From, 0, s.setup.Zone())
	to, _ := agenda.At(s.f.To+1, 0, s.setup.Zone())
	switch {
	case s.f.Reference != "":
		b, err := tx.BookingByReference(s.by.Tenant, s.f.Reference)
		return s.found(b, err)
	case s.f.Manage != "":
		b, err := tx.FindSecret(s.by.Tenant, s.hash, store.ForManage)
		return s.found(b, err)
	case s.f.Email != "":
		s.list, err = tx.ByAddress(s.by.Tenant, s.mailboxHash(s.f.Email), "", from, to, FindWindow)
	case s.f.Phone != "":
		s.list, err = tx.ByAddress(s.by.Tenant, "", s.Keys.Hash("phone", seal.NormalisePhone(s.f.Phone)), from, to, FindWindow)
	default:
		err = s.window(tx, from, to)
	}
	s.arrange()
	return err
}

// found is the one visit that was named, or nothing.
func (s *search) found(b *agenda.Booking, err error) error {
	if err == nil {
		s.list = append(s.list, b)
	}
	if errors.Is(err, agenda.ErrNotFound) {
		err = nil
	}
	return err
}

// window reads the visits nearest to now, in both directions, of the calendars that may
// be searched.
func (s *search) window(tx *store.Tx, from, to time.Time) error {
	now := s.now
	if now.Before(from) {
		now = from
	}
	if now.After(to) {
		now = to
	}
	for _, calendar := range s.calendars() {
		for _, end := range []time.Time{to, from} {
			some, err := tx.Near(s.by.Tenant, calendar, now, end, FindWindow)
			if err != nil {
				return err
			}
			s.list = append(s.list, some...)
		}
	}
	if s.cut = len(s.list) > FindWindow; s.cut {
		slices.SortStableFunc(s.list, func(a, b *agenda.Booking) int {
			return int(a.Start.Sub(now).Abs()/time.Second - b.Start.Sub(now).Abs()/time.Second)
		})
		s.list = s.list[:FindWindow]
	}
	return nil
}

// calendars are those to look into; "" are all.
func (s *search) calendars() (list []string) {
	if s.f.Calendar != "" {
		return []string{s.f.Calendar}
	}
	if s.by.MayEverywhere(agenda.SeeBookings) {
		return []string{""}
	}
	for i := range s.setup.Calendars {
		if c := &s.setup.Calendars[i]; s.by.MayIn(agenda.SeeBookings, c) {
			list = append(list, c.ID)
		}
	}
	return list
}

// arrange puts what is to come first.
func (s *search) arrange() {
	slices.SortStableFunc(s.list, func(a, b *agenda.Booking) int {
		overA, overB := a.End.Before(s.now), b.End.Before(s.now)
		switch {
		case overA != overB && overB:
			return -1
		case overA != overB:
			return 1
		case overA:
			return b.Start.Compare(a.Start)
		}
		return a.Start.Compare(b.Start)
	})
}

// open keeps what the person may know of and what matches.
func (s *search) open(ctx context.Context) (hits Hits, err error) {
	hits.Cut = s.cut
	for _, b := range s.list {
		c, ok := s.setup.CalendarOf(b.Calendar)
		if !ok || !s.by.MayIn(agenda.SeeBookings, c) || s.f.Calendar != "" && s.f.Calendar != c.ID {
			continue
		}
		if !s.by.MayOpen(c) {
			continue
		}
		card, err := s.Card(ctx, b)
		if err != nil {
			return hits, err
		}
		if card.Status == agenda.Held || card.Status == agenda.Expired || s.f.Kind() != FindReference && card.Gone || s.f.Match != nil && !s.f.Match(card.Private) {
			continue
		}
		if hits.More = len(hits.Cards) == FindMost; hits.More {
			break
		}
		hits.Cards = append(hits.Cards, card)
	}
	return hits, nil
}

// NextDay is the first day after one on which a calendar, or ("") any that the person may
// see, has a visit; ok is false where there is none within FindDays.
func (d *Desk) NextDay(ctx context.Context, p *agenda.Person, calendar string, after agenda.Date) (next agenda.Date, ok bool, err error) {
	known, err := d.Store.Present(ctx, p.Tenant)
	if err != nil {
		return 0, false, err
	}
	s := search{Desk: d, by: p, f: Finding{Calendar: calendar}, setup: known.Setup}
	from, _ := agenda.At(after+1, 0, s.setup.Zone())
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		ok = false
		for _, c := range s.calendars() {
			some, err := tx.Near(p.Tenant, c, from, from.AddDate(0, 0, FindDays), FindMost)
			if err != nil {
				return err
			}
			for _, b := range some {
				if b.Status.Live() && (!ok || b.Date < next) {
					next, ok = b.Date, true
					break
				}
			}
		}
		return nil
	})
	return next, ok, err
}
