package booking

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// FeedAccess is a feed that a secret has opened, with whose rights.
type FeedAccess struct {
	store.Feed
	Person *agenda.Person // of scope clerk: whose feed it is, as they are now

	edition store.Edition // noted before it was read,
	asked   time.Time     // when that was,
	today   agenda.Date   // and of scope clerk the day, on which rights depend
}

// FeedBy finds the feed that a secret opens. It fails with ErrNotFound, also for one that
// was revoked, has run out, or whose account is disabled.
func (d *Desk) FeedBy(ctx context.Context, secret string) (a *FeedAccess, err error) {
	hash, edition, asked := seal.SecretHash(secret), d.Store.Changes().Now(), time.Now()
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		f, err := tx.FeedByHash(hash)
		if err != nil {
			return err
		}
		a = &FeedAccess{Feed: f, edition: edition, asked: asked}
		if f.Scope != "clerk" {
			return nil
		}
		a.Person, a.today, err = whoReads(tx, f)
		return err
	})
	return a, err
}

// FeedHolds reports whether a secret that has opened a feed opens it still, with the same
// rights, without asking for the feed, by what is present: nothing has changed, here or in
// another process, about any feed, account or role. On PostgreSQL, whose news of other
// processes come a moment later, it believes for a moment what it was told, since whoever
// revokes a feed waits as long (see RevokeFeed); of accounts and roles, of which nobody
// waits for the end, it does not.
func (d *Desk) FeedHolds(p store.Present, a *FeedAccess) bool {
	if !p.Known || !d.Store.Changes().AccessKept(a.edition) {
		return false
	}
	if p.Shared && (a.Person != nil || time.Since(a.asked) >= store.Recheck) {
		return false
	}
	if !a.Expires.IsZero() && !p.Now.Before(a.Expires) {
		return false
	}
	return a.Person == nil || agenda.DateOf(p.Now.In(p.Setup.Zone())) == a.today
}

// FeedIsAlone reports whether what FeedHolds goes by is all there is to know: where other
// processes write too, when a feed has changed last may be news by a moment.
func FeedIsAlone(p store.Present) bool { return p.Known && !p.Shared }

// whoReads is a member of staff with what they may do today.
func whoReads(tx *store.Tx, f store.Feed) (who *agenda.Person, today agenda.Date, err error) {
	account, err := tx.AccountByID(f.Tenant, f.Target)
	if err == nil && account.Disabled {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	s, err := tx.Setup(f.Tenant)
	if err != nil {
		return nil, 0, err
	}
	now, err := tx.Now()
	if err != nil {
		return nil, 0, err
	}
	roles, err := tx.Roles(f.Tenant, f.Target)
	today = agenda.DateOf(now.In(s.Zone()))
	p := account.Person
	for _, r := range roles {
		if r.In(today) {
			p.Grants = append(p.Grants, r.Grant)
		}
	}
	return &p, today, err
}

// Shows reports whether a feed shows the visits of a calendar, and whether of them
// nothing but when they are. What a department makes of its feeds it has decided when it
// made them; a member of staff's own follows their rights.
func (a *FeedAccess) Shows(c *agenda.Calendar) (shown, busy bool) {
	if a.Scope != "clerk" {
		return covers(a.Feed, c), a.Detail == "busy"
	}
	return a.Person.MayIn(agenda.SeeBookings, c), a.Detail == "busy" || !a.Person.MayOpen(c)
}

// FeedRead notes that a feed was used at a time, to the hour, so that one that
// nobody needs can be found and revoked; and of which bytes it consists. It tells since
// when it consists of these.
func (d *Desk) FeedRead(ctx context.Context, f store.Feed, tag string, now time.Time) (since time.Time, err error) {
	unused := now.Add(-feedUsed)
	used := f.Used.After(unused)
	if used && f.Tag == tag {
		return f.Changed, nil
	}
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		if !used {
			if err := tx.TouchFeed(f.Tenant, f.ID, unused); err != nil {
				return err
			}
		}
		since, err = tx.TagFeed(f.Tenant, f.ID, tag)
		return err
	})
	return since, err
}

// FeedView is what a feed showed when it was read. It is not changed afterwards.
type FeedView struct {
	Setup     *agenda.Setup
	Today     agenda.Date
	Calendars map[string]FeedCalendar
	Changed   []agenda.Date                  // what is new since the view that was read before
	Fresh     bool                           // everything is
	Visits    map[agenda.Date][]*store.Shown // of the days in Changed, or of all where it is fresh: those that are shown

	now     time.Time
	sums    map[agenda.Date]int64
	pools   map[int64]bool
	odd     bool          // a visit is not on the day under whose version it is: the tenant's zone has changed
	edition atomic.Uint64 // up to which nothing has changed,
	asked   atomic.Int64  // and when the database last said so, in Unix nanoseconds
}

// FeedCalendar is a calendar of a feed.
type FeedCalendar struct {
	*agenda.Calendar
	Busy bool // nothing but when
}

// daysAgo is the beginning of the local day n days before today.
func (v *FeedView) daysAgo(n int) time.Time { return v.Setup.DaysAgo(v.now, n) }

// FeedStands reports whether a feed still shows what it did in a view, by what is present
// and without reading any booking: as long as neither the set-up nor the local day has changed, nor any day
// of the pools that it shows. What calendars it shows is for the caller to compare.
func (d *Desk) FeedStands(ctx context.Context, p store.Present, v *FeedView) (bool, error) {
	if p.Setup.Revision != v.Setup.Revision || agenda.DateOf(p.Now.In(v.Setup.Zone())) != v.Today {
		return false, nil
	}
	edition := store.Edition(v.edition.Load())
	if p.Known && (!p.Shared || time.Since(time.Unix(0, v.asked.Load())) < store.Recheck) {
		if p.Edition == edition {
			return true, nil
		}
		if days, now, ok := d.Store.Changes().Since(edition); ok {
			if slices.ContainsFunc(days, func(x store.PoolDay) bool { return v.pools[x.Pool] }) {
				return false, nil
			}
			v.edition.Store(uint64(now))
			return true, nil
		}
	}
	asked, same := time.Now(), false
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(v.Setup.Tenant.ID)
		if err != nil || s.Revision != v.Setup.Revision {
			return err
		}
		sums, err := tx.DaySums(agenda.DateOf(v.daysAgo(FeedDays)), v.poolList())
		same = err == nil && equalSums(sums, v.sums)
		return err
	})
	if same {
		v.edition.Store(uint64(p.Edition))
		v.asked.Store(asked.UnixNano())
	}
	return same, err
}

func equalSums(a, b map[agenda.Date]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for d, n := range a {
		if b[d] != n {
			return false
		}
	}
	return true
}

func (v *FeedView) poolList() []int64 {
	list := make([]int64, 0, len(v.pools))
	for p := range v.pools {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

// ReadFeed reads a feed: the visits that are or were certain, from FeedDays back to the
// horizon, and for FeedDays those cancelled after they had been certain. What still waits
// for a yes is left out: it has no entry anywhere yet. Of what an earlier view, which may
// be nil, has shown, only the days are read that have changed.
//
// What it shows changes with the book, the set-up and at local midnight, when days
// leave the window and visits reach their retention, never in between: a visit
// past its retention shows no private data, whether or not Forget has run.
func (d *Desk) ReadFeed(ctx context.Context, a *FeedAccess, before *FeedView) (v *FeedView, err error) {
	p, err := d.Store.Present(ctx, a.Tenant) // for the edition: noted before anything is read
	if err != nil {
		return nil, err
	}
	asked := time.Now()
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		v = &FeedView{Calendars: map[string]FeedCalendar{}, Visits: map[agenda.Date][]*store.Shown{}, pools: map[int64]bool{}}
		if v.Setup, err = tx.Setup(a.Tenant); err != nil {
			return err
		}
		if v.now, err = tx.Now(); err != nil {
			return err
		}
		v.Today = agenda.DateOf(v.now.In(v.Setup.Zone()))
		v.choose(a)
		if before != nil && before.Setup.Revision == v.Setup.Revision && before.Today == v.Today && !before.odd {
			for pool := range before.pools {
				v.pools[pool] = true
			}
			if v.sums, err = tx.DaySums(agenda.DateOf(v.daysAgo(FeedDays)), v.poolList()); err != nil {
				return err
			}
			if err := v.readChanged(tx, a, before.sums); err != nil || !v.odd && len(v.pools) == len(before.pools) {
				return err
			}
			clear(v.Visits) // found in a pool that nobody asked for
		}
		return v.readAll(tx, a)
	})
	if err != nil {
		return nil, err
	}
	for _, list := range v.Visits {
		slices.SortFunc(list, func(a, b *store.Shown) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.UID, b.UID)) })
	}
	v.edition.Store(uint64(p.Edition))
	v.asked.Store(asked.UnixNano())
	return v, nil
}

// choose finds the calendars that are shown.
func (v *FeedView) choose(a *FeedAccess) {
	for _, c := range v.Setup.AllCalendars() {
		if shown, busy := a.Shows(c); shown {
			if _, ok := v.Calendars[c.ID]; !ok {
				v.Calendars[c.ID] = FeedCalendar{c, busy}
			}
			v.pools[c.PoolNumber] = true
		}
	}
}

// manyCalendars is from when on it is faster to read the whole book and leave out what is
// not shown.
const manyCalendars = 24

func (v *FeedView) names() (names []string) {
	if len(v.Calendars) >= manyCalendars || len(v.Calendars) == len(v.Setup.AllCalendars()) {
		return nil
	}
	names = []string{}
	for id := range v.Calendars {
		names = append(names, id)
	}
	return names
}

// readAll reads the whole window. The sums are read on the same snapshot, for the pools
// of what was found too: a visit may still be in the pool that its calendar had before.
func (v *FeedView) readAll(tx *store.Tx, a *FeedAccess) (err error) {
	v.Fresh = true
	if err = v.read(tx, a, v.daysAgo(FeedDays), time.Time{}); err != nil {
		return err
	}
	v.sums, err = tx.DaySums(agenda.DateOf(v.daysAgo(FeedDays)), v.poolList())
	return err
}

// readChanged reads the days whose versions have changed: neighbours at once.
func (v *FeedView) readChanged(tx *store.Tx, a *FeedAccess, before map[agenda.Date]int64) error {
	for day, sum := range v.sums {
		if before[day] != sum {
			v.Changed = append(v.Changed, day)
		}
	}
	slices.Sort(v.Changed)
	for i := 0; i < len(v.Changed); {
		first, next := v.Changed[i], i+1
		for next < len(v.Changed) && v.Changed[next] == v.Changed[next-1]+1 {
			next++
		}
		from, _ := agenda.At(first, 0, v.Setup.Zone())
		to, _ := agenda.At(v.Changed[next-1]+1, 0, v.Setup.Zone())
		if err := v.read(tx, a, from, to); err != nil {
			return err
		}
		i = next
	}
	return nil
}

func (v *FeedView) read(tx *store.Tx, a *FeedAccess, from, to time.Time) error {
	full, gone := a.Detail == "full", v.daysAgo(FeedDays)
	var day agenda.Date // the last one's, from here to there
	var dawn, dusk time.Time
	return tx.Shown(a.Tenant, v.names(), from, to, full, func(b *store.Shown) {
		if _, ok := v.Calendars[b.Calendar]; !ok {
			return
		}
		if !v.pools[b.Pool] {
			v.pools[b.Pool] = true
		}
		if !b.Certain || b.Status == agenda.Expired || b.Status == agenda.Cancelled && b.Changed.Before(gone) {
			return
		}
		if b.Sealed != nil && (!b.Status.Live() || !v.now.Before(v.Setup.KeptUntil(b.Start))) {
			b.Sealed = nil
		}
		if b.Start.Before(dawn) || !b.Start.Before(dusk) {
			day = agenda.DateOf(b.Start.In(v.Setup.Zone()))
			dawn, _ = agenda.At(day, 0, v.Setup.Zone())
			dusk, _ = agenda.At(day+1, 0, v.Setup.Zone())
		}
		v.odd = v.odd || day != b.Date
		v.Visits[day] = append(v.Visits[day], b)
	})
}

// FeedCard opens what a feed shows of a booking.
func (d *Desk) FeedCard(v *FeedView, b *store.Shown) (*Card, error) {
	c := v.Calendars[b.Calendar]
	card := &Card{Setup: v.Setup, Calendar: c.Calendar, Gone: !b.Status.Live(), Busy: c.Busy, Booking: &agenda.Booking{
		Tenant: v.Setup.Tenant.ID, ID: b.ID, UID: b.UID, Reference: b.Reference, Status: b.Status, Calendar: b.Calendar, Mode: b.Mode,
		Start: b.Start, End: b.End, Changed: b.Changed, Sequence: b.Sequence, Sealed: b.Sealed}}
	if err := json.Unmarshal([]byte(b.Items), &card.Items); err != nil {
		return nil, err
	}
	if b.Sealed == nil {
		return card, nil
	}
	var err error
	card.Private, err = d.Private(card.Booking)
	if errors.Is(err, seal.ErrOpen) { // verify tells; one damaged row hides no other
		card.Sealed, err = nil, nil
	}
	return card, err
}

// ReadVisitFeed reads a visitor's feed: the visits that are or were certain, until each is
// forgotten. It fails with ErrNotFound when all are, whether or not Forget has run.
func (d *Desk) ReadVisitFeed(ctx context.Context, a *FeedAccess) (s *agenda.Setup, cards []*Card, now time.Time, err error) {
	kept := false
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		kept, cards = false, nil
		var list []*agenda.Booking
		if s, err = tx.Setup(a.Tenant); err != nil {
			return err
		}
		if now, err = tx.Now(); err != nil {
			return err
		}
		if list, err = tx.FeedVisits(a.Tenant, a.ID); err != nil {
			return err
		}
		for _, b := range list {
			c, ok := s.CalendarOf(b.Calendar)
			if !ok || !now.Before(s.KeptUntil(b.Start)) {
				continue
			}
			kept = true
			if b.Since.IsZero() || b.Status == agenda.Expired {
				continue
			}
			b.Sealed = nil // its owner knows who they are
			cards = append(cards, &Card{Booking: b, Setup: s, Calendar: c, Gone: !b.Status.Live()})
		}
		return nil
	})
	if err == nil && !kept {
		err = agenda.ErrNotFound
	}
	return s, cards, now, err
}
