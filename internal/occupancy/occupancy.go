// Package occupancy remembers what is free: calendars' days with what is taken of
// them, so that a search need not ask the database. It is filled on demand, bounded in
// size, and forgets through store.Changes: a day that somebody changed, a set-up that
// was replaced, a hold that ran out are read again by whoever asks next.
//
// It refuses to know wishes and rules of booking: who asks gets levels, and puts the
// question to them. It decides nothing either; acts count in their own transaction, so
// the worst that a wrong memory could do is to offer a start that an act then refuses.
// With Compare set, each answer is held against the database. Start reading at Fill.
package occupancy

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Memory is what is remembered of one store. It is safe for use by many goroutines.
type Memory struct {
	// Compare is called with every difference between an answer from memory and what
	// the database says. nil: nobody compares. It is set before the first use.
	Compare func(error)

	store    *store.Store
	began    time.Time
	seed     maphash.Seed
	most     int64    // bytes in a shard
	current  sync.Map // tenant id -> *agenda.Setup whose calendars are remembered
	shards   [shards]shard
	releases releases
}

// Bytes is about how much memory the days of a service may take: some sixty thousand
// days of calendars that are well visited.
const Bytes = 64 << 20

const shards = 32

// New gives an empty memory of a store that takes at most about so many bytes.
func New(s *store.Store, bytes int) *Memory {
	m := &Memory{store: s, began: time.Now(), seed: maphash.MakeSeed(), most: int64(bytes / shards)}
	for i := range m.shards {
		m.shards[i].pages = map[key]*page{}
	}
	return m
}

// Row is what is asked of one calendar of the present set-up: its days from From on,
// as many as there are Levels to fill.
type Row struct {
	Calendar *agenda.Calendar
	From     agenda.Date
	Levels   []*slots.Levels
}

// Fill tells what is free in rows of calendars and days, for one channel at the present
// time: from memory, and what is not there from the database, all in one transaction.
func (m *Memory) Fill(ctx context.Context, p store.Present, by agenda.Channel, rows []Row) error {
	m.replace(p.Setup)
	var missing []gap
	var doubts []doubt
	for i := range rows {
		missing, doubts = m.recall(p, by, &rows[i], missing, doubts)
	}
	if len(doubts) > 0 {
		var err error
		if missing, err = m.recheck(ctx, by, doubts, missing); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		if err := m.load(ctx, p, by, missing); err != nil {
			return err
		}
	}
	if m.Compare != nil && p.Known {
		return m.compare(ctx, p, by, rows)
	}
	return nil
}

// key names a page. A calendar's address stands for the revision of its set-up.
type key struct {
	calendar *agenda.Calendar
	block    agenda.Date
}

const pageDays = 32

// page is some days of a calendar.
type page struct {
	setup *agenda.Setup
	used  atomic.Int64 // when last, in seconds
	bytes int64        // guarded by the shard
	cells [pageDays]atomic.Pointer[cell]
}

// cell is a calendar's day as it was in an edition. It never changes; levels are worked
// out when a channel first asks.
type cell struct {
	bare    *slots.Day // as the set-up alone has it
	day     *slots.Day // without what is taken elsewhere
	use     slots.Use
	as      store.Edition
	version int64        // of the day in the database
	since   int64        // the time, in seconds, from which the use holds: what had run out is left out,
	until   int64        // and before which: when the next one runs out
	checked atomic.Int64 // when the version was last seen to be the newest, in nanoseconds of the process
	levels  [2]atomic.Pointer[slots.Levels]
}

func (c *cell) holds(now int64) bool { return c.since <= now && now < c.until }

func (c *cell) levelsFor(by agenda.Channel) *slots.Levels {
	at := &c.levels[0]
	if by == agenda.Staff {
		at = &c.levels[1]
	}
	l := at.Load()
	if l == nil {
		l = c.day.Levels(c.use, by)
		at.Store(l)
	}
	return l
}

// bytes is about how much the cell takes when both channels have asked.
func (c *cell) bytes() int64 {
	const itself, perLevel = 160, 200
	return int64(itself + 2*perLevel + c.day.Bytes() + c.use.Bytes()) // where bare is another one, it shares all but its seats
}

// gap is what of a row was not remembered: from one of its levels to before another.
type gap struct {
	row      *Row
	from, to int
}

// recall fills in what is remembered and holds, and appends what is missing and what
// must be checked first.
func (m *Memory) recall(p store.Present, by agenda.Channel, r *Row, missing []gap, doubts []doubt) ([]gap, []doubt) {
	if len(r.Levels) == 0 {
		return missing, doubts
	}
	if !p.Known {
		return append(missing, gap{r, 0, len(r.Levels)}), doubts
	}
	now, changes := p.Now.Unix(), m.store.Changes()
	oldest := int64(-forever)
	if p.Shared {
		oldest = m.clock() - int64(store.Recheck)
	}
	var at *page
	open := false
	for i := range r.Levels {
		date := r.From + agenda.Date(i)
		if i == 0 || date%pageDays == 0 {
			at = m.find(key{r.Calendar, date / pageDays}, now)
		}
		var c *cell
		if at != nil {
			c = at.cells[date%pageDays].Load()
		}
		if c != nil && c.holds(now) && changes.Kept(store.PoolDay{Pool: r.Calendar.PoolNumber, Date: date}, c.as) {
			if open = false; c.checked.Load() < oldest {
				doubts = append(doubts, doubt{r, i, c})
				continue
			}
			r.Levels[i] = c.levelsFor(by)
			continue
		}
		if !open {
			missing, open = append(missing, gap{r, i, i}), true
		}
		missing[len(missing)-1].to = i + 1
	}
	return missing, doubts
}

// clock counts nanoseconds.
func (m *Memory) clock() int64 { return int64(time.Since(m.began)) }

// replace lets go of the calendars of a set-up that is no longer in force.
func (m *Memory) replace(s *agenda.Setup) {
	was, known := m.current.Load(s.Tenant.ID)
	if known && was.(*agenda.Setup) == s {
		return
	}
	if known && was.(*agenda.Setup).Revision > s.Revision {
		return // whoever asks had begun before the change
	}
	m.current.Store(s.Tenant.ID, s)
	if known {
		for i := range m.shards {
			m.shards[i].drop(was.(*agenda.Setup))
		}
	}
	m.releases.clear()
}

func (m *Memory) shard(k key) *shard { return &m.shards[maphash.Comparable(m.seed, k)%shards] }

func (m *Memory) find(k key, now int64) *page {
	s := m.shard(k)
	s.mu.RLock()
	at := s.pages[k]
	s.mu.RUnlock()
	if at != nil && at.used.Load() != now {
		at.used.Store(now)
	}
	return at
}

// remember keeps a cell.
func (m *Memory) remember(p store.Present, c *cell) {
	k := key{c.day.Calendar, c.day.Date / pageDays}
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.pages[k]
	if at == nil {
		at = &page{setup: p.Setup, bytes: pageBytes}
		s.pages[k] = at
		s.bytes += at.bytes
	}
	at.used.Store(p.Now.Unix())
	more := c.bytes()
	if old := at.cells[c.day.Date%pageDays].Swap(c); old != nil {
		more -= old.bytes()
	}
	at.bytes += more
	s.bytes += more
	for s.bytes > m.most && len(s.pages) > 1 {
		s.evict(at)
	}
}

// Size is about how many bytes are in use.
func (m *Memory) Size() (bytes int64) {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.RLock()
		bytes += s.bytes
		s.mu.RUnlock()
	}
	return bytes
}

// shard is a part of the memory with a lock of its own.
type shard struct {
	mu    sync.RWMutex
	pages map[key]*page
	bytes int64
}

const pageBytes = 400 // of a page without cells

// evict gives up the page that was not used for longest, of a few that come first.
func (s *shard) evict(but *page) {
	const few = 8
	var oldest key
	var age int64
	n := 0
	for k, at := range s.pages { // in an order that is different each time
		if at == but {
			continue
		}
		if used := at.used.Load(); n == 0 || used < age {
			oldest, age = k, used
		}
		if n++; n == few {
			break
		}
	}
	s.bytes -= s.pages[oldest].bytes
	delete(s.pages, oldest)
}

func (s *shard) drop(setup *agenda.Setup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, at := range s.pages {
		if at.setup == setup {
			s.bytes -= at.bytes
			delete(s.pages, k)
		}
	}
}

// forever is later than any hold runs out.
const forever = 1 << 62

// span of time, in seconds, within which a use of these claims at a time holds.
func span(claims []agenda.Claim, now time.Time) (since, until int64) {
	since, until = -forever, forever
	for i := range claims {
		switch expires := &claims[i].Expires; {
		case expires.IsZero():
		case now.Before(*expires):
			until = min(until, expires.Unix())
		default:
			since = max(since, expires.Unix())
		}
	}
	return since, until
}
