package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Search asks for free slots. Without calendars and sites it means all that offer
// the wish.
type Search struct {
	Tenant    string
	Wish      agenda.Wish
	Calendars []string
	Sites     []string
	From, To  agenda.Date // both included; at most MaxDays
	By        agenda.Channel
	Person    *agenda.Person  // staff: limits to what they may see
	Own       *agenda.Booking // whose seats count as free: a move
	Brief     bool            // only the days: no look beyond To for NextFree and NextRelease
}

// moved is the visit that is looked for another time; a hold is not one yet.
func (q *Search) moved() *agenda.Booking {
	if q.Own == nil || q.Own.Status == agenda.Held {
		return nil
	}
	return q.Own
}

// MaxDays is the longest search.
const MaxDays = 92

// Why there is no slot in a search, for people.
const (
	WhyFull   = "full"   // open, but all taken
	WhyClosed = "closed" // no opening hours that serve the wish
	WhyWindow = "window" // open, but before the lead or beyond the horizon
)

// Found is the answer to a Search.
type Found struct {
	Setup       *agenda.Setup
	Days        []DaySlots // every day from From to To
	Minutes     int        // the longest duration where calendars differ
	NextFree    time.Time  // the first start after To; zero: none
	NextRelease time.Time  // when the next date with templates enters the horizon; zero: none
	Why         string     // where no day has a slot
	Horizon     agenda.Date
	Calendars   []*agenda.Calendar // that were searched
}

// DaySlots is one day of a Found.
type DaySlots struct {
	Date  agenda.Date
	Slots []agenda.Slot
}

// Empty reports that no day has a slot.
func (f *Found) Empty() bool {
	return !slices.ContainsFunc(f.Days, func(d DaySlots) bool { return len(d.Slots) > 0 })
}

// Availability answers a search. It fails with what CheckWish refuses, and with
// Invalid for a period that is backwards or too long.
func (d *Desk) Availability(ctx context.Context, q Search) (f Found, err error) {
	if q.To < q.From || q.To-q.From >= MaxDays || q.From < agenda.MakeDate(2000, time.January, 1) || q.To >= agenda.MakeDate(3000, time.January, 1) {
		return f, agenda.Invalid{{Field: "to", Code: "range"}}
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		f, err = d.availability(tx, q)
		return err
	})
	return f, err
}

func (d *Desk) availability(tx *store.Tx, q Search) (f Found, err error) {
	l, err := newLook(tx, q)
	if err != nil {
		return f, err
	}
	f = Found{Setup: l.setup, Horizon: l.horizon()}
	for _, p := range l.plans {
		f.Minutes = max(f.Minutes, p.Minutes)
		f.Calendars = append(f.Calendars, p.Calendar)
	}
	seen := sight{}
	for date := q.From; date <= q.To; date++ {
		f.Days = append(f.Days, DaySlots{Date: date})
	}
	for _, p := range l.plans {
		if err := l.days(p, q.From, q.To, &seen, func(date agenda.Date, found []agenda.Slot) bool {
			day := &f.Days[date-q.From]
			day.Slots = append(day.Slots, found...)
			return true
		}); err != nil {
			return f, err
		}
	}
	for i := range f.Days {
		slices.SortStableFunc(f.Days[i].Slots, bySlot)
	}
	if f.Empty() {
		f.Why = seen.why()
	}
	if q.Brief {
		return f, nil
	}
	f.NextRelease = l.nextRelease()
	f.NextFree, err = l.nextFree(q.To + 1)
	return f, err
}

func bySlot(a, b agenda.Slot) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Calendar, b.Calendar))
}

// First is the earliest slots of a site.
type First struct {
	Site     *agenda.Site
	Calendar *agenda.Calendar
	Slot     agenda.Slot
}

// NextFree finds the earliest start at each site that offers the wish, soonest
// first; sites without one are left out.
func (d *Desk) NextFree(ctx context.Context, q Search) (list []First, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list, err = d.nextFree(tx, q)
		return err
	})
	return list, err
}

func (d *Desk) nextFree(tx *store.Tx, q Search) (list []First, err error) {
	l, err := newLook(tx, q)
	if err != nil {
		return nil, err
	}
	best := map[string]First{}
	for _, p := range l.plans {
		err := l.days(p, l.today, l.last(p), nil, func(_ agenda.Date, found []agenda.Slot) bool {
			found = slices.DeleteFunc(found, func(s agenda.Slot) bool { return stays(q.Own, s) })
			if len(found) == 0 {
				return true
			}
			site, _ := l.setup.Site(p.Calendar.Site)
			if old, ok := best[site.ID]; !ok || found[0].Start.Before(old.Slot.Start) {
				best[site.ID] = First{site, p.Calendar, found[0]}
			}
			return false
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range l.setup.Sites {
		if f, ok := best[l.setup.Sites[i].ID]; ok {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b First) int { return a.Slot.Start.Compare(b.Slot.Start) })
	return list, nil
}

// stays reports whether a slot is where a visit is already: going there is no move.
// What is only held can be chosen again.
func stays(b *agenda.Booking, s agenda.Slot) bool {
	return b != nil && b.Status != agenda.Held && s.Calendar == b.Calendar && s.Start.Equal(b.Start)
}

// Alternatives are up to n free slots for a wish that came too late, the nearest
// in time to the start first; of the wished calendar before others at one time.
func (d *Desk) Alternatives(ctx context.Context, r Request, own *agenda.Booking, n int) ([]agenda.Slot, error) {
	q := Search{Tenant: r.Tenant, Wish: r.Wish, By: r.By, Person: r.Person, Own: own}
	var all []agenda.Slot
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		all = nil
		l, err := newLook(tx, q)
		if err != nil {
			return err
		}
		middle := max(l.today, agenda.DateOf(r.Start.In(l.setup.Zone())))
		for _, p := range l.plans {
			if err := l.days(p, max(l.today, middle-7), min(l.last(p), middle+21), nil, func(_ agenda.Date, found []agenda.Slot) bool {
				all = append(all, found...)
				return true
			}); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b agenda.Slot) int {
		return cmp.Or(cmp.Compare(a.Start.Sub(r.Start).Abs(), b.Start.Sub(r.Start).Abs()), cmp.Compare(flag(a.Calendar != r.Calendar), flag(b.Calendar != r.Calendar)), bySlot(a, b))
	})
	return all[:min(n, len(all))], err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// look is one search under way.
type look struct {
	tx    *store.Tx
	setup *agenda.Setup
	q     Search
	now   time.Time
	today agenda.Date
	plans []agenda.Plan // one per calendar that could serve the wish
}

func newLook(tx *store.Tx, q Search) (*look, error) {
	s, err := tx.Setup(q.Tenant)
	if err != nil {
		return nil, err
	}
	if q.Person != nil && q.Person.Tenant != q.Tenant {
		return nil, agenda.ErrNotFound
	}
	wishBy, moved := q.By, q.moved()
	if moved != nil {
		q.Wish = moved.Wish() // a move changes nothing else
		wishBy = wideEnough(s, q.Wish, q.By, moved)
	}
	if q.Own == nil || q.Own.Channel == agenda.Public {
		if err := s.CheckWish(q.Wish, q.By); err != nil {
			return nil, err
		}
	}
	for _, id := range q.Calendars {
		if c, ok := s.Calendar(id); !ok || q.By == agenda.Public && moved == nil && !s.OpenToPublic(c) {
			return nil, agenda.Invalid{{Field: "calendar", Code: "unknown"}}
		}
	}
	for _, id := range q.Sites {
		if site, ok := s.Site(id); !ok || q.By == agenda.Public && !site.Public {
			return nil, agenda.Invalid{{Field: "site", Code: "unknown"}}
		}
	}
	l := &look{tx: tx, setup: s, q: q}
	if l.now, err = tx.Now(); err != nil {
		return nil, err
	}
	l.today = agenda.DateOf(l.now.In(s.Zone()))
	for i := range s.Calendars {
		c := &s.Calendars[i]
		if !l.wants(c) {
			continue
		}
		if p, ok := s.Plan(c, q.Wish, wishBy); ok {
			l.plans = append(l.plans, p)
		}
	}
	return l, nil
}

func (l *look) wants(c *agenda.Calendar) bool {
	q, moved := &l.q, l.q.moved()
	return (len(q.Calendars) == 0 || slices.Contains(q.Calendars, c.ID)) &&
		(len(q.Sites) == 0 || slices.Contains(q.Sites, c.Site)) &&
		(q.By == agenda.Staff || moved == nil && l.setup.OpenToPublic(c) || moved != nil && mayMoveInto(l.setup, moved, c)) &&
		(q.Person == nil || q.Person.MayIn(agenda.SeeBookings, c))
}

// last is the last date on which a plan could have a slot. Staff are not bound by
// the horizon; they see a year.
func (l *look) last(p agenda.Plan) agenda.Date {
	if l.q.By == agenda.Staff {
		return l.today + 366
	}
	return l.today + agenda.Date(p.HorizonDays)
}

func (l *look) horizon() agenda.Date {
	h := l.today
	for _, p := range l.plans {
		h = max(h, l.last(p))
	}
	return h
}

// sight remembers why a search came back empty.
type sight struct{ open, offered bool }

func (s sight) why() string {
	switch {
	case s.offered:
		return WhyFull
	case s.open:
		return WhyWindow
	}
	return WhyClosed
}

// chunk is how many days' claims are read at once.
const chunk = 31

// days walks the days of a plan's calendar and hands over what is free on each,
// until told to stop. seen may be nil where nobody will ask why there was nothing.
func (l *look) days(p agenda.Plan, from, to agenda.Date, seen *sight, each func(agenda.Date, []agenda.Slot) bool) error {
	from, q := max(from, l.today), slots.Query{Now: l.now, By: l.q.By}
	own := int64(0)
	if l.q.Own != nil {
		own = l.q.Own.Number
	}
	for ; from <= to; from += chunk {
		days := make([]*slots.Day, 0, chunk)
		for date := from; date < from+chunk && date <= to; date++ {
			days = append(days, slots.Compile(l.setup, p.Calendar, date))
		}
		first, _ := days[0].Span()
		_, end := days[len(days)-1].Span()
		claims, err := l.tx.Claims(p.Calendar.PoolNumber, first, end)
		if err != nil {
			return err
		}
		for _, day := range days {
			mine := cut(&claims, day)
			found := slots.Free(day, day.Use(mine, l.now, own), p, q)
			if seen != nil {
				seen.open = seen.open || day.Open()
				seen.offered = seen.offered || len(found) > 0 || len(mine) > 0 && len(slots.Free(day, day.Use(nil, l.now, 0), p, q)) > 0
			}
			if !each(day.Date, found) {
				return nil
			}
		}
	}
	return nil
}

// cut takes a day's claims off the front of a sorted list.
func cut(claims *[]agenda.Claim, day *slots.Day) []agenda.Claim {
	_, end := day.Span()
	n := slices.IndexFunc(*claims, func(c agenda.Claim) bool { return c.Tick >= end })
	if n < 0 {
		n = len(*claims)
	}
	mine := (*claims)[:n]
	*claims = (*claims)[n:]
	return mine
}

// nextFree is the first start of any plan on or after a date; zero for none.
func (l *look) nextFree(from agenda.Date) (best time.Time, err error) {
	for _, p := range l.plans {
		last := l.last(p)
		if !best.IsZero() {
			last = min(last, agenda.DateOf(best))
		}
		err := l.days(p, from, last, nil, func(_ agenda.Date, found []agenda.Slot) bool {
			if len(found) > 0 && (best.IsZero() || found[0].Start.Before(best)) {
				best = found[0].Start
			}
			return len(found) == 0
		})
		if err != nil {
			return best, err
		}
	}
	return best, nil
}

// nextRelease is the midnight at which the next date with templates comes within
// the horizon; zero where no template reaches that far.
func (l *look) nextRelease() (best time.Time) {
	if l.q.By == agenda.Staff {
		return best
	}
	for _, p := range l.plans {
		for date := l.last(p) + 1; date <= l.last(p)+400; date++ {
			opens, _ := agenda.At(date-agenda.Date(p.HorizonDays), 0, l.setup.Zone())
			if !best.IsZero() && !opens.Before(best) {
				break
			}
			if slots.Compile(l.setup, p.Calendar, date).Serves(p) {
				best = opens
				break
			}
		}
	}
	return best
}
