package booking

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// standings are answers of NextFree that are kept up to date instead of being worked
// out anew: of all calendars only those whose days changed since are looked at again.
type standings struct {
	mu    sync.RWMutex
	known map[string]*standing
}

// mostStandings bounds the answers: the larger ones take some fifty kilobytes.
const mostStandings = 256

// standing is one of them. It never changes.
type standing struct {
	setup   *agenda.Setup
	edition store.Edition // up to which changes have been looked at
	asked   int64         // when, in seconds
	made    time.Time     // when all of it was last worked out or checked by version
	until   int64         // when time itself changes it
	firsts  []firstOf
	pools   map[int64][]int // pool -> firsts
	list    []First
}

// name is the same for searches that have the same answer. There is none for what
// depends on who asks.
func (q *Search) name() (string, bool) {
	if q.Own != nil || q.Person != nil || q.Link != "" {
		return "", false
	}
	var few [256]byte
	b := few[:0]
	text := func(s string) { b = append(strconv.AppendInt(b, int64(len(s)), 10), ':'); b = append(b, s...) }
	text(q.Tenant)
	text(string(q.By))
	text(q.Wish.Mode)
	for _, list := range [][]string{q.Calendars, q.Sites} {
		b = append(strconv.AppendInt(b, int64(len(list)), 10), ';')
		for _, id := range list {
			text(id)
		}
	}
	for _, it := range q.Wish.Items {
		text(it.Service)
		b = append(strconv.AppendInt(b, int64(it.Quantity), 10), ';')
		if len(it.Answers) > 0 {
			text(fmt.Sprintf("%q", it.Answers)) // maps are printed in the order of their keys
		}
	}
	return string(b), true
}

func (s *standings) get(name string) *standing {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[name]
}

func (s *standings) put(name string, one *standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]*standing{}
	}
	s.known[name] = one
	for other := range s.known { // in an order that is different each time
		if len(s.known) <= mostStandings {
			break
		}
		if other != name {
			delete(s.known, other)
		}
	}
}

// standing answers NextFree.
func (d *Desk) standing(l *look, name string) ([]First, error) {
	now := l.now.Unix()
	s := d.standings.get(name)
	if s != nil && l.present.Shared && time.Since(s.made) > store.Recheck {
		s = nil // to be worked out anew, which asks for the versions of all its days
	}
	if s != nil && s.setup == l.setup && s.asked <= now && now < s.until && s.edition == l.present.Edition {
		return d.checked(l, s)
	}
	next, err := l.renew(s)
	if err != nil {
		return nil, err
	}
	d.standings.put(name, next)
	return d.checked(l, next)
}

// renew brings a standing answer up to date; from nothing where there is none that
// could be.
func (l *look) renew(old *standing) (*standing, error) {
	next := &standing{setup: l.setup, edition: l.present.Edition, asked: l.now.Unix(), made: time.Now()}
	stale, ok := l.stale(old, next)
	if ok {
		next.made = old.made
	}
	var only func(*agenda.Calendar) bool
	if ok {
		only = func(c *agenda.Calendar) bool { return stale[c] }
	}
	if !ok || len(stale) > 0 {
		if err := l.plan(only); err != nil {
			return nil, err
		}
		fresh, err := l.firsts()
		if err != nil {
			return nil, err
		}
		next.take(old, fresh, ok)
		next.list = l.bySite(next.firsts)
	} else {
		next.firsts, next.pools, next.list = old.firsts, old.pools, old.list
	}
	next.until = forever
	for i := range next.firsts {
		next.until = min(next.until, next.firsts[i].until)
	}
	return next, nil
}

const forever = 1 << 62

// stale are the calendars of an answer that must be looked at again; ok is false where
// that is all of them.
func (l *look) stale(old, next *standing) (stale map[*agenda.Calendar]bool, ok bool) {
	if old == nil || old.setup != l.setup || old.asked > next.asked {
		return nil, false
	}
	days, edition, ok := l.changes.Since(old.edition)
	if !ok {
		return nil, false
	}
	next.edition = edition
	stale = map[*agenda.Calendar]bool{}
	for _, day := range days {
		for _, i := range old.pools[day.Pool] {
			if f := &old.firsts[i]; day.Date <= f.through {
				stale[f.calendar] = true
			}
		}
	}
	for i := range old.firsts {
		if f := &old.firsts[i]; f.until <= next.asked {
			stale[f.calendar] = true
		}
	}
	return stale, true
}

// take keeps the fresh firsts, and where they are not all of them the old others.
func (s *standing) take(old *standing, fresh []firstOf, some bool) {
	if !some {
		s.firsts, s.pools = fresh, map[int64][]int{}
		for i := range fresh {
			pool := fresh[i].calendar.PoolNumber
			s.pools[pool] = append(s.pools[pool], i)
		}
		return
	}
	s.firsts, s.pools = slices.Clone(old.firsts), old.pools
	for i := range s.firsts { // both are in the order of the set-up
		if len(fresh) > 0 && fresh[0].calendar == s.firsts[i].calendar {
			s.firsts[i], fresh = fresh[0], fresh[1:]
		}
	}
}

// checked is a standing answer, held against one that is worked out anew where somebody
// compares and nothing has changed since.
func (d *Desk) checked(l *look, s *standing) ([]First, error) {
	list := s.list
	if d.Compare == nil {
		return list, nil
	}
	again := d.lookAt(l.ctx, l.present, l.q)
	if err := again.plan(nil); err != nil {
		return nil, err
	}
	firsts, err := again.firsts()
	if err != nil {
		return nil, err
	}
	want := again.bySite(firsts)
	if l.changes.Now() == s.edition && !reflect.DeepEqual(list, want) {
		d.Compare(fmt.Errorf("first free times of %s for %s: got %s from memory, want %s", l.q.Tenant, l.q.By, sayFirsts(list), sayFirsts(want)))
	}
	return list, nil
}

func sayFirsts(list []First) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s %v (%d); ", f.Slot.Calendar, f.Slot.Start, f.Slot.Free)
	}
	return b.String()
}
