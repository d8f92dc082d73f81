package occupancy

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// load reads what is missing on one snapshot, fills it in and keeps it.
func (m *Memory) load(ctx context.Context, p store.Present, by agenda.Channel, missing []gap) error {
	var cells []*cell
	as, since := m.store.Changes().Now(), m.clock() // before the snapshot: what changes meanwhile does not hold
	err := m.store.View(ctx, func(tx *store.Tx) (err error) {
		cells = cells[:0]
		r := reader{tx: tx, p: p, versions: m.Compare != nil || p.Shared, compile: m.day}
		for _, g := range missing {
			if cells, err = r.read(g, cells); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	n := 0
	for _, g := range missing {
		for i := g.from; i < g.to; i++ {
			c := cells[n]
			n++
			c.as = as
			c.checked.Store(since)
			g.row.Levels[i] = c.levelsFor(by)
			if p.Known {
				m.remember(p, c)
			}
		}
	}
	return nil
}

// recheck asks for the versions of days that were read too long ago to be believed
// without, all at once. Those that have changed are added to what is missing.
func (m *Memory) recheck(ctx context.Context, by agenda.Channel, doubts []doubt, missing []gap) ([]gap, error) {
	var pools []int64
	from, to := doubts[0].date(), doubts[0].date()
	for _, d := range doubts {
		pools = append(pools, d.row.Calendar.PoolNumber)
		from, to = min(from, d.date()), max(to, d.date())
	}
	slices.Sort(pools)
	pools = slices.Compact(pools)
	var versions map[store.PoolDay]int64
	now := m.clock()
	err := m.store.View(ctx, func(tx *store.Tx) (err error) {
		versions, err = tx.DayVersions(from, to+1, pools...)
		return err
	})
	if err != nil {
		return missing, err
	}
	for _, d := range doubts {
		if versions[store.PoolDay{Pool: d.row.Calendar.PoolNumber, Date: d.date()}] == d.cell.version {
			d.cell.checked.Store(now)
			d.row.Levels[d.at] = d.cell.levelsFor(by)
		} else {
			missing = append(missing, gap{d.row, d.at, d.at + 1})
		}
	}
	return missing, nil
}

// doubt is a remembered day that was read too long ago.
type doubt struct {
	row  *Row
	at   int
	cell *cell
}

func (d doubt) date() agenda.Date { return d.row.From + agenda.Date(d.at) }

// reader reads days of one snapshot. Calendars that share their seats are often asked
// for together; their claims are read once.
type reader struct {
	tx       *store.Tx
	p        store.Present
	versions bool
	compile  func(*agenda.Setup, *agenda.Calendar, agenda.Date) *slots.Day

	pool     int64
	from, to agenda.Tick
	claims   []agenda.Claim
}

func (r *reader) read(g gap, cells []*cell) ([]*cell, error) {
	c := g.row.Calendar
	first := g.row.From + agenda.Date(g.from)
	days := make([]*slots.Day, g.to-g.from)
	for i := range days {
		days[i] = r.compile(r.p.Setup, c, first+agenda.Date(i))
	}
	from, _ := days[0].Span()
	_, to := days[len(days)-1].Span()
	if r.claims == nil || r.pool != c.PoolNumber || r.from != from || r.to != to {
		claims, err := r.tx.Claims(c.PoolNumber, from, to)
		if err != nil {
			return cells, err
		}
		r.pool, r.from, r.to, r.claims = c.PoolNumber, from, to, claims
	}
	var versions map[store.PoolDay]int64
	if r.versions {
		var err error
		if versions, err = r.tx.DayVersions(first, first+agenda.Date(len(days)), c.PoolNumber); err != nil {
			return cells, err
		}
	}
	busy, err := r.tx.BusyTimes(r.p.Setup.Tenant.ID, c, first, first+agenda.Date(len(days)))
	if err != nil {
		return cells, err
	}
	claims := r.claims
	for _, day := range days {
		_, end := day.Span()
		n, _ := slices.BinarySearchFunc(claims, end, func(c agenda.Claim, end agenda.Tick) int { return int(c.Tick - end) })
		made := &cell{bare: day, day: day.Without(onDay(busy, day)), use: day.Use(claims[:n], r.p.Now, 0), version: versions[store.PoolDay{Pool: c.PoolNumber, Date: day.Date}]}
		made.since, made.until = span(claims[:n], r.p.Now)
		cells, claims = append(cells, made), claims[n:]
	}
	return cells, nil
}

// Without is what is free on a calendar's day when the seats of one booking count as
// free: read from the database, for few ask so and each for another booking.
func (m *Memory) Without(ctx context.Context, p store.Present, c *agenda.Calendar, date agenda.Date, by agenda.Channel, booking int64) (l *slots.Levels, err error) {
	bare := slots.Compile(p.Setup, c, date)
	from, to := bare.Span()
	err = m.store.View(ctx, func(tx *store.Tx) error {
		claims, err := tx.Claims(c.PoolNumber, from, to)
		if err != nil {
			return err
		}
		busy, err := tx.BusyTimes(p.Setup.Tenant.ID, c, date, date+1)
		day := bare.Without(busy)
		l = day.Levels(day.Use(claims, p.Now, booking), by)
		return err
	})
	return l, err
}

// compare holds an answer against the database. A day counts where it is of the same
// version in both: then it must be the same. Where it is not, memory must have been
// told by now, unless other processes may be a moment ahead.
func (m *Memory) compare(ctx context.Context, p store.Present, by agenda.Channel, rows []Row) error {
	var late []*cell
	err := m.store.View(ctx, func(tx *store.Tx) error {
		late = nil
		if s, err := tx.Setup(p.Setup.Tenant.ID); err != nil || s != p.Setup {
			return err
		}
		r := reader{tx: tx, p: p, versions: true, compile: slots.Compile}
		for i := range rows {
			row := &rows[i]
			if len(row.Levels) == 0 {
				continue
			}
			fresh, err := r.read(gap{row, 0, len(row.Levels)}, nil)
			if err != nil {
				return err
			}
			for n, f := range fresh {
				c := m.cell(f.day.Calendar, f.day.Date)
				if c == nil || c.levelsFor(by) != row.Levels[n] || !c.holds(p.Now.Unix()) {
					continue // another search has read it again meanwhile
				}
				if c.version != f.version {
					late = append(late, c)
					continue
				}
				if got, want := row.Levels[n], f.levelsFor(by); !reflect.DeepEqual(got, want) {
					m.Compare(fmt.Errorf("occupancy of %s on %v for %s: got %+v from memory, want %+v as in the database", row.Calendar.ID, f.day.Date, by, got, want))
				}
			}
		}
		return nil
	})
	if err != nil || len(late) == 0 || p.Shared {
		return err
	}
	if p, err = m.store.Present(ctx, p.Setup.Tenant.ID); err != nil || !p.Known {
		return err
	}
	for _, c := range late {
		if m.store.Changes().Kept(store.PoolDay{Pool: c.day.Calendar.PoolNumber, Date: c.day.Date}, c.as) {
			m.Compare(fmt.Errorf("occupancy of %s on %v: version %d is remembered, and its change was not told", c.day.Calendar.ID, c.day.Date, c.version))
		}
	}
	return nil
}

// cell is what is remembered of a day, whether it still holds or not; nil: nothing.
func (m *Memory) cell(c *agenda.Calendar, date agenda.Date) *cell {
	k := key{c, date / pageDays}
	s := m.shard(k)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if at := s.pages[k]; at != nil {
		return at.cells[date%pageDays].Load()
	}
	return nil
}

// day is a calendar's day, compiled anew only where it never was.
func (m *Memory) day(s *agenda.Setup, c *agenda.Calendar, date agenda.Date) *slots.Day {
	if old := m.cell(c, date); old != nil {
		return old.bare
	}
	return slots.Compile(s, c, date)
}

// onDay are the busy times of several days that bear on one of them.
func onDay(busy []agenda.BusyTime, day *slots.Day) (list []agenda.BusyTime) {
	from, to := day.Span()
	begin, end := from.Time(day.Calendar.TickMinutes), to.Time(day.Calendar.TickMinutes)
	for _, b := range busy {
		if b.From.Before(end) && begin.Before(b.To) {
			list = append(list, b)
		}
	}
	return list
}
