package booking

import (
	"cmp"
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// inVain counts searches of the public that found nothing free, from today to the
// horizon: each of those who look once a day for each service, however often they load the
// page. It is best effort: what a process has counted since the last flush goes with it
// when it is killed. Who looked is known to this process alone, as a number that says
// nothing elsewhere.
type inVain struct {
	mu   sync.Mutex
	n    map[vain]int64
	seed maphash.Seed
	seen map[uint64]bool // who has looked for what when
}

// manyAskers is how many are remembered before all are forgotten: then some count twice.
const manyAskers = 50_000

// vain is what was looked for when. There are no more of them than days since the last
// flush, tenants and services.
type vain struct {
	tenant  string
	date    agenda.Date
	service string
}

func (v *inVain) note(l *look) {
	if l.q.By != agenda.Public || l.q.Own != nil || l.q.Person != nil || l.q.Asker == "" {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.n == nil {
		v.n = map[vain]int64{}
	}
	for _, it := range l.q.Wish.Items {
		what := vain{l.setup.Tenant.ID, l.today, it.Service}
		if _, ok := l.setup.Service(it.Service); ok && v.fresh(what, l.q.Asker) {
			v.n[what]++
		}
	}
}

// fresh reports that somebody looks for something the first time on a day.
func (v *inVain) fresh(what vain, asker string) bool {
	if v.seen == nil || len(v.seen) >= manyAskers {
		v.seen, v.seed = map[uint64]bool{}, maphash.MakeSeed()
	}
	key := maphash.Comparable(v.seed, struct {
		vain
		asker string
	}{what, asker})
	if v.seen[key] {
		return false
	}
	v.seen[key] = true
	return true
}

// take empties the counter.
func (v *inVain) take() (n map[vain]int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, v.n = v.n, nil
	return n
}

func (v *inVain) giveBack(n map[vain]int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.n == nil {
		v.n = map[vain]int64{}
	}
	for k, more := range n {
		v.n[k] += more
	}
}

// FlushSearches writes down how many searches found nothing since it was last called.
// What cannot be written is kept for the next time.
func (d *Desk) FlushSearches(ctx context.Context) error {
	n := d.inVain.take()
	if len(n) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(n), func(a, b vain) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.date, b.date), cmp.Compare(a.service, b.service))
	})
	err := d.Store.Update(ctx, func(tx *store.Tx) error {
		for _, k := range keys {
			f := store.Figure{Date: k.date, Service: k.service, Name: figureInVain, Amount: n[k]}
			if err := tx.AddFigures(k.tenant, []store.Figure{f}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		d.inVain.giveBack(n)
	}
	return err
}
