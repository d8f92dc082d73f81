package booking

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Span is what stands in the book on some local days of some calendars, as one person
// may see it: holds too, which List leaves out, and the visits of other calendars that
// share the seats.
type Span struct {
	Setup    *agenda.Setup
	Now      time.Time
	Edition  store.Edition // noted before anything was read
	From, To agenda.Date

	person *agenda.Person
	days   map[store.PoolDay]*reading
}

// Block is one booking of a Span. Of a hold there is no more than when and where it is,
// and so it is where the person may not know who comes.
type Block struct {
	ID         string // "": it cannot be opened
	Version    int
	Status     agenda.Status
	Awaits     string
	Start, End time.Time // of the visit
	From, To   time.Time // of the seats it takes
	Calendar   *agenda.Calendar
	Name       string
	Reference  string
	Items      []agenda.Item
	Noted      bool // there is something to read: a note of the visitor's or the office's
	Overbooked bool
	Stranded   bool
	Busy       bool // in a private calendar, seen by a colleague
}

// reading is what was read of a day. It never changes.
type reading struct {
	list []*opened
	busy map[string][]agenda.BusyTime // elsewhere, by calendar
}

// opened is a booking with as much of its private data as a span shows. It never
// changes.
type opened struct {
	*agenda.Booking
	name  string
	noted bool
}

// Span opens the bookings of the local days from to to (both included) that have seats
// in the pools of some calendars. The person may see bookings in each of them, or the
// answer is agenda.ErrNotFound. Who looked is noted.
func (d *Desk) Span(ctx context.Context, p *agenda.Person, calendars []*agenda.Calendar, from, to agenda.Date) (*Span, error) {
	present, err := d.Store.Present(ctx, p.Tenant)
	if err != nil {
		return nil, err
	}
	s := &Span{Setup: present.Setup, Now: present.Now, Edition: present.Edition, From: from, To: to, person: p, days: map[store.PoolDay]*reading{}}
	for _, c := range calendars {
		if !p.MayIn(agenda.SeeBookings, c) {
			return nil, agenda.ErrNotFound
		}
		for date := from; date <= to; date++ {
			s.days[store.PoolDay{Pool: c.PoolNumber, Date: date}] = nil
		}
	}
	if err := d.fill(ctx, s, present); err != nil {
		return nil, err
	}
	return s, d.sawLists(ctx, p, WayList, from, to, s.named())
}

// named are the visits whose visitors are named.
func (s *Span) named() namedLists {
	lists := namedLists{}
	for _, r := range s.days {
		for _, o := range r.list {
			if o.name == "" || o.ExpiredAt(s.Now) || o.GivenBack() {
				continue
			}
			if c, ok := s.Setup.CalendarOf(o.Calendar); ok && s.person.MayOpen(c) {
				lists.add(o.Booking)
			}
		}
	}
	return lists
}

// fill answers from what is remembered, and reads the rest in one transaction.
func (d *Desk) fill(ctx context.Context, s *Span, p store.Present) error {
	missing, doubtful := d.spans.recall(d.Store.Changes(), p, s.days)
	if len(missing) == 0 && len(doubtful) == 0 {
		return nil
	}
	var list []*agenda.Booking
	var fresh map[store.PoolDay]bool
	var versions map[store.PoolDay]int64
	var busy map[store.PoolDay]map[string][]agenda.BusyTime
	as := d.Store.Changes().Now() // before the snapshot: what changes meanwhile does not hold
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if p.Shared {
			if versions, err = tx.DayVersions(s.From, s.To+1, pools(missing, doubtful)...); err != nil {
				return err
			}
		}
		fresh = map[store.PoolDay]bool{}
		first, last := s.To, s.From
		for _, day := range append(d.spans.changed(doubtful, versions, s.days), missing...) {
			fresh[day] = true
			first, last = min(first, day.Date), max(last, day.Date)
		}
		if len(fresh) == 0 {
			return nil
		}
		begin, _ := agenda.At(first, 0, p.Setup.Zone())
		end, _ := agenda.At(last+1, 0, p.Setup.Zone())
		only := int64(0)
		if few := pools(slices.Collect(maps.Keys(fresh))); len(few) == 1 {
			only = few[0]
		}
		if list, err = tx.Taking(p.Setup.Tenant.ID, only, begin, end); err != nil {
			return err
		}
		busy, err = busyIn(tx, p.Setup, pools(slices.Collect(maps.Keys(fresh))), first, last)
		return err
	})
	if err != nil {
		return err
	}
	for day := range fresh {
		s.days[day] = &reading{busy: busy[day]}
	}
	for _, b := range list {
		if day := dayOf(b); fresh[day] {
			o, err := d.opened(b)
			if err != nil {
				return err
			}
			s.days[day].list = append(s.days[day].list, o)
		}
	}
	if p.Known {
		d.spans.keep(fresh, s.days, versions, as)
	}
	return nil
}

// busyIn reads what is taken elsewhere on days of some pools, by calendar.
func busyIn(tx *store.Tx, s *agenda.Setup, pools []int64, from, to agenda.Date) (map[store.PoolDay]map[string][]agenda.BusyTime, error) {
	all := map[store.PoolDay]map[string][]agenda.BusyTime{}
	for i := range s.Calendars {
		c := &s.Calendars[i]
		if !slices.Contains(pools, c.PoolNumber) {
			continue
		}
		list, err := tx.BusyTimes(s.Tenant.ID, c, from, to+1)
		if err != nil {
			return nil, err
		}
		for _, b := range list { // each lies within one local day
			day := store.PoolDay{Pool: c.PoolNumber, Date: agenda.DateOf(b.From.In(s.Zone()))}
			if all[day] == nil {
				all[day] = map[string][]agenda.BusyTime{}
			}
			all[day][c.ID] = append(all[day][c.ID], b)
		}
	}
	return all, nil
}

func (d *Desk) opened(b *agenda.Booking) (*opened, error) {
	private, err := d.Private(b)
	if err != nil {
		return nil, err
	}
	b.Sealed = nil
	return &opened{b, private.Name, private.Note != "" || private.StaffNote != ""}, nil
}

func pools(lists ...[]store.PoolDay) (numbers []int64) {
	for _, list := range lists {
		for _, day := range list {
			numbers = append(numbers, day.Pool)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// Day appends what takes seats of a calendar on a day, in order of start.
func (s *Span) Day(c *agenda.Calendar, date agenda.Date, list []Block) []Block {
	for _, o := range s.days[store.PoolDay{Pool: c.PoolNumber, Date: date}].list {
		if o.ExpiredAt(s.Now) || o.GivenBack() {
			continue // free, to staff
		}
		where := c
		if o.Calendar != c.ID {
			var ok bool
			if where, ok = s.Setup.CalendarOf(o.Calendar); !ok {
				continue
			}
		}
		list = append(list, s.block(o, where))
	}
	return list
}

// Reading stands for what was read of a calendar's day: as long as it is the same, so is
// the day, until the next hold or request in it runs out. That is until; zero: none does.
func (s *Span) Reading(c *agenda.Calendar, date agenda.Date) (same any, until time.Time) {
	r := s.days[store.PoolDay{Pool: c.PoolNumber, Date: date}]
	for _, o := range r.list {
		if x := o.Expires; x.After(s.Now) && (until.IsZero() || x.Before(until)) {
			until = x
		}
	}
	return r, until
}

func (s *Span) block(o *opened, c *agenda.Calendar) Block {
	b := Block{Status: o.Status, Start: o.Start, End: o.End, From: o.From.Time(o.Tick), To: o.To.Time(o.Tick), Calendar: c}
	if !s.person.MayOpen(c) {
		b.Busy = true
		return b
	}
	if b.Overbooked = o.Overbooked; o.Status == agenda.Held {
		return b
	}
	b.ID, b.Version, b.Awaits, b.Stranded = o.ID, o.Version, o.Awaits, o.Stranded
	b.Name, b.Reference, b.Items, b.Noted = o.name, o.Reference, o.Items, o.noted
	return b
}

// spans remembers the opened bookings of days: a wall calendar is looked at by many and
// all the time, and little changes in between. What it knows of visitors it forgets with
// every change of the day, and, when others are read, of days that nobody has looked at
// for a while.
type spans struct {
	mu   sync.Mutex
	days map[store.PoolDay]*spanDay
	held int // bookings in all
}

// spanDay is a pool's day as it was in an edition.
type spanDay struct {
	*reading
	as      store.Edition
	version int64
	checked time.Time // when the version was last seen to be the newest
	used    time.Time
}

const (
	mostOpened = 20_000 // bookings that are remembered, of about a kilobyte each
	unwatched  = 5 * time.Minute
)

// recall takes from memory what holds. doubtful are days that hold unless another
// process has changed them a moment ago.
func (m *spans) recall(c *store.Changes, p store.Present, days map[store.PoolDay]*reading) (missing, doubtful []store.PoolDay) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for day := range days {
		k := m.days[day]
		switch {
		case k == nil || !p.Known || !c.Kept(day, k.as):
			missing = append(missing, day)
		case p.Shared && now.Sub(k.checked) > store.Recheck:
			doubtful = append(doubtful, day)
		default:
			k.used = now
			days[day] = k.reading
		}
	}
	return missing, doubtful
}

// changed are the doubtful days of which there is another version; the others are
// answered.
func (m *spans) changed(doubtful []store.PoolDay, versions map[store.PoolDay]int64, days map[store.PoolDay]*reading) (list []store.PoolDay) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for _, day := range doubtful {
		k := m.days[day]
		if k == nil || k.version != versions[day] {
			list = append(list, day)
			continue
		}
		k.checked, k.used, days[day] = now, now, k.reading
	}
	return list
}

// keep remembers days, and forgets those that nobody has looked at.
func (m *spans) keep(fresh map[store.PoolDay]bool, days map[store.PoolDay]*reading, versions map[store.PoolDay]int64, as store.Edition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.days == nil {
		m.days = map[store.PoolDay]*spanDay{}
	}
	for day := range fresh {
		if old := m.days[day]; old != nil {
			m.held -= len(old.list)
		}
		m.days[day] = &spanDay{days[day], as, versions[day], now, now}
		m.held += len(days[day].list)
	}
	for day, k := range m.days { // in an order that is different each time
		if now.Sub(k.used) > unwatched || m.held > mostOpened || len(m.days) > mostOpened {
			m.held -= len(k.list)
			delete(m.days, day)
		}
	}
}
