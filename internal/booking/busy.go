package booking

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// BusyWindow is how many days ahead the times of calendars elsewhere are kept: beyond
// that nobody books, but for the few whom a clerk puts there by hand.
const BusyWindow = 400

// busyKept is how many days what was taken is known of days that have passed: until what
// was offered on them has been counted.
const busyKept = 7

// busyLease is longer than asking a calendar elsewhere and reading its answer can take.
const busyLease = 2 * time.Minute

// longestPause is after how long at most a source that does not answer is asked again.
const longestPause = 6 * time.Hour

// ErrJustAsked is a calendar elsewhere that was asked a moment ago.
var ErrJustAsked = errors.New("asked a moment ago")

// BusyAsk is a source that is to be asked, and nobody else asks it meanwhile.
type BusyAsk struct {
	State   store.BusyState
	Source  agenda.BusySource
	Address string // a secret: never to be written anywhere; "": it cannot be opened
	Zone    *time.Location
	From    agenda.Date // the window of which times are wanted: from this day
	To      agenda.Date // to before this one
	Whole   bool        // what it said last does not reach far enough any more: ask for all of it
}

// BusyNews is what came of asking.
type BusyNews struct {
	Fault    string        // a word for what went wrong; "": it answered
	Same     bool          // as last time
	Retry    time.Duration // as the other side wishes; 0: it did not say
	Times    []agenda.BusyTime
	ETag     string
	Modified string
	Digest   string
	Entries  int
	Strange  int
	Floating int
	Clock    string // the time zone that most of it was read in; "": unknown
}

// BusyDue lists the sources that may be asked now.
func (d *Desk) BusyDue(ctx context.Context, limit int) (list []store.BusyState, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		list, err = tx.BusyDue(now, limit)
		return err
	})
	return list, err
}

// BusyState is what is known of one source; agenda.ErrNotFound where there is none.
func (d *Desk) BusyState(ctx context.Context, k store.BusyKey) (b store.BusyState, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		b, err = tx.BusyState(k)
		return err
	})
	return b, err
}

// AskBusy takes a source for somebody who is going to ask it; agenda.ErrConflict where
// somebody else has it, agenda.ErrNotFound where there is none.
func (d *Desk) AskBusy(ctx context.Context, k store.BusyKey) (a BusyAsk, err error) {
	p, err := d.Store.Present(ctx, k.Tenant)
	if err != nil {
		return a, err
	}
	c, ok := p.Setup.Calendar(k.Calendar)
	if !ok {
		return a, agenda.ErrNotFound
	}
	source, ok := c.BusySource(k.Source)
	if !ok {
		return a, agenda.ErrNotFound
	}
	a.Source, a.Zone = *source, p.Setup.Zone()
	if a.Address, err = d.BusyAddress(k.Tenant, source); err != nil {
		a.Address = ""
	}
	a.From = agenda.DateOf(p.Now.In(a.Zone))
	a.To = a.From + BusyWindow
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		until := now.Add(busyLease)
		mine, err := tx.LeaseBusy(k, now, until)
		if err != nil {
			return err
		}
		if a.State, err = tx.BusyState(k); err != nil {
			return err
		}
		if !mine {
			return agenda.ErrConflict
		}
		return nil
	})
	a.Whole = a.State.Until < a.To-14
	return a, err
}

// OwnVisits says which of some UIDs of calendar entries are visits booked here: what
// staff have in their own calendars is not busy twice, be it by an entry that the visitor
// has as well or by one of their own.
func (d *Desk) OwnVisits(ctx context.Context, tenant string, uids []string) (own map[string]bool, err error) {
	own = map[string]bool{}
	var ids []string
	for _, uid := range uids {
		id, ours := strings.CutSuffix(uid, uidEnd)
		if id, _, staffs := strings.Cut(id, "."); ours && id != "" && (!staffs || uid == d.staffUID(tenant, id)) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return own, nil
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		clear(own)
		list, err := tx.BookingsNamed(tenant, ids)
		for _, b := range list {
			own[b.ID+uidEnd], own[d.staffUID(tenant, b.ID)] = true, true
		}
		return err
	})
	return own, err
}

// KeepBusy puts what came of asking in force, in one transaction: the times of a source
// take the place of those that were known, with the days that differ locked and their
// versions raised, so that an act sees the one or the other. Where nothing differs no day
// is touched. A source that has not answered for too long loses its times where the
// set-up wants that.
func (d *Desk) KeepBusy(ctx context.Context, a BusyAsk, n BusyNews) error {
	spread := rand.N(time.Duration(a.Source.EveryMinutes) * time.Minute / 5) // so that not all are asked at one moment
	days := busyByDay(n.Times, a.Zone, a.From, a.To)
	err := d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.ShareCalendars(a.State.Tenant, a.State.Calendar); err != nil {
			return err
		}
		s, err := tx.Setup(a.State.Tenant)
		if err != nil {
			return err
		}
		c, ok := s.Calendar(a.State.Calendar)
		if !ok {
			return agenda.ErrConflict
		}
		if source, ok := c.BusySource(a.State.Source); !ok || source.URL != a.Source.URL || s.Zone().String() != a.Zone.String() {
			return agenda.ErrConflict // the answer is none to what is wanted now
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		next, replace := a.after(n, now, spread)
		if err := tx.SaveBusy(next); err != nil {
			return err
		}
		changed := 0
		if replace {
			if changed, err = replaceBusy(tx, c, a, days); err != nil { // none where the times are let go
				return err
			}
		}
		if changed == 0 && next.Fault == a.State.Fault && next.Released == a.State.Released {
			return nil
		}
		detail := map[string]any{"source": a.State.Source, "days": changed}
		if next.Fault != "" {
			detail["fault"] = next.Fault
		}
		return tx.Log(store.Entry{Tenant: a.State.Tenant, Act: "busy times", Subject: "setup", Actor: ActorJob}, detail)
	})
	if errors.Is(err, agenda.ErrConflict) {
		return nil // set up otherwise meanwhile, or asked by somebody else: whoever is next asks anew
	}
	return err
}

// after is the state of a source once something came of asking it, and whether its times
// are to be replaced.
func (a *BusyAsk) after(n BusyNews, now time.Time, spread time.Duration) (s store.BusyState, replace bool) {
	s = a.State
	s.Tried = now
	every := time.Duration(a.Source.EveryMinutes) * time.Minute
	if n.Fault != "" {
		s.Fault = n.Fault
		if s.Failing.IsZero() {
			s.Failing = now
		}
		pause := max(min(now.Sub(s.Failing), longestPause), every, n.Retry)
		s.Due = now.Add(pause + spread)
		stale := !s.Fetched.IsZero() && !now.Before(s.Fetched.AddDate(0, 0, a.Source.StaleDays))
		if stale && !s.Released && a.Source.WhenStale == agenda.StaleRelease {
			s.Released, s.Until = true, 0
			s.ETag, s.Modified, s.Digest = "", "", "" // the next answer is wanted whole
			return s, true
		}
		return s, false
	}
	s.Due, s.Fetched, s.Failing, s.Fault = now.Add(every+spread), now, time.Time{}, ""
	s.ETag, s.Modified = n.ETag, n.Modified
	if n.Same {
		return s, false
	}
	s.Released, s.Until, s.Digest = false, a.To, n.Digest
	s.Entries, s.Strange, s.Floating, s.Clock = n.Entries, n.Strange, n.Floating, n.Clock
	return s, true
}

// replaceBusy writes the days that differ, and says how many of them can still be booked.
func replaceBusy(tx *store.Tx, c *agenda.Calendar, a BusyAsk, days map[agenda.Date]string) (changed int, err error) {
	k := a.State.BusyKey
	before, err := tx.BusyDays(k)
	if err != nil {
		return 0, err
	}
	var dates []agenda.Date
	var locks []store.PoolDay
	for date := range before {
		past := date < a.From && date >= a.From-busyKept
		if days[date] != before[date] && !past {
			dates = append(dates, date)
		}
	}
	for date := range days {
		if before[date] == "" {
			dates = append(dates, date)
		}
	}
	slices.Sort(dates)
	for _, date := range dates {
		if date >= a.From {
			locks = append(locks, store.PoolDay{Pool: c.PoolNumber, Date: date})
		}
	}
	if len(locks) > 0 {
		if err := tx.LockDays(locks...); err != nil {
			return 0, err
		}
	}
	for _, date := range dates {
		if err := tx.SetBusyDay(k, date, days[date]); err != nil {
			return 0, err
		}
	}
	return len(locks), nil
}

// busyByDay merges times and writes them down for each local day of a window.
func busyByDay(times []agenda.BusyTime, zone *time.Location, from, to agenda.Date) map[agenda.Date]string {
	lists := map[agenda.Date][]agenda.BusyTime{}
	for _, t := range MergeBusy(times) {
		last := min(agenda.DateOf(t.To.Add(-time.Nanosecond).In(zone)), to-1)
		for date := max(agenda.DateOf(t.From.In(zone)), from); date <= last; date++ {
			begin, _ := agenda.At(date, 0, zone)
			end, _ := agenda.At(date+1, 0, zone)
			part := agenda.BusyTime{Source: t.Source, From: later(t.From, begin), To: earlier(t.To, end)}
			if part.From.Before(part.To) {
				lists[date] = append(lists[date], part)
			}
		}
	}
	days := map[agenda.Date]string{}
	for date, list := range lists {
		days[date] = store.BusyText(list)
	}
	return days
}

// MergeBusy joins times of one source that touch or overlap, in whole minutes: a time
// that has begun takes its minute.
func MergeBusy(times []agenda.BusyTime) []agenda.BusyTime {
	list := slices.Clone(times)
	for i := range list {
		list[i].From, list[i].To = list[i].From.Truncate(time.Minute), list[i].To.Add(time.Minute-time.Nanosecond).Truncate(time.Minute)
	}
	slices.SortFunc(list, func(a, b agenda.BusyTime) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var out []agenda.BusyTime
	for _, t := range list {
		switch n := len(out); {
		case !t.From.Before(t.To):
		case n > 0 && !out[n-1].To.Before(t.From):
			out[n-1].To = later(out[n-1].To, t.To)
		default:
			out = append(out, t)
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// keepBusy makes known which sources a new set-up names, to be asked at once, and lets go
// of those that it does not, or under another address.
func keepBusy(tx *store.Tx, before, after *agenda.Setup) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	was, is := busySources(before), busySources(after)
	var begun, ended []store.BusyKey
	for k, source := range is {
		old, known := was[k]
		if known && old.URL == source.URL && slices.Equal(old.Ignore, source.Ignore) && before.Tenant.Timezone == after.Tenant.Timezone {
			delete(was, k)
			continue
		}
		begun = append(begun, k)
	}
	ended = slices.Collect(maps.Keys(was))
	if err := raiseBusy(tx, before, ended); err != nil {
		return err
	}
	for _, k := range ended {
		if err := tx.EndBusy(k); err != nil {
			return fmt.Errorf("calendar elsewhere %s: %w", k.Source, err)
		}
	}
	for _, k := range begun {
		if err := tx.BeginBusy(k, now); err != nil {
			return fmt.Errorf("calendar elsewhere %s: %w", k.Source, err)
		}
	}
	return nil
}

// raiseBusy locks the days on which sources take time, so that whoever remembers them
// reads them again.
func raiseBusy(tx *store.Tx, s *agenda.Setup, keys []store.BusyKey) error {
	var locks []store.PoolDay
	for _, k := range keys {
		c, ok := s.Calendar(k.Calendar)
		if !ok {
			continue
		}
		days, err := tx.BusyDays(k)
		if err != nil {
			return err
		}
		for date := range days {
			locks = append(locks, store.PoolDay{Pool: c.PoolNumber, Date: date})
		}
	}
	if len(locks) == 0 {
		return nil
	}
	return tx.LockDays(locks...)
}

func busySources(s *agenda.Setup) map[store.BusyKey]agenda.BusySource {
	all := map[store.BusyKey]agenda.BusySource{}
	for i := 0; s != nil && i < len(s.Calendars); i++ {
		for _, b := range s.Calendars[i].Busy {
			all[store.BusyKey{Tenant: s.Tenant.ID, Calendar: s.Calendars[i].ID, Source: b.ID}] = b
		}
	}
	return all
}

// ErrSealedElsewhere is a sealed address of a calendar that the data key does not open.
var ErrSealedElsewhere = errors.New("an address is sealed with another key, or for another tenant: write the address itself")

// SealBusy seals the addresses of calendars elsewhere in a set-up that is going to be
// kept or compared, in place. One that is as in the set-up before stays the very same.
func (d *Desk) SealBusy(before, s *agenda.Setup) error {
	was := busySources(before)
	for i := range s.Calendars {
		c := &s.Calendars[i]
		if slices.ContainsFunc(c.Busy, func(b agenda.BusySource) bool { return !b.Sealed() }) {
			c.Busy = slices.Clone(c.Busy)
		}
		for j := range c.Busy {
			b := &c.Busy[j]
			if b.Sealed() {
				plain, err := d.BusyAddress(s.Tenant.ID, b)
				if err != nil {
					return ErrSealedElsewhere
				}
				if sealed, err := sealedBusy(b); err != nil || !d.Keys.Stale(sealed) {
					continue
				}
				c.Busy = slices.Clone(c.Busy)
				c.Busy[j].URL = d.sealBusy(s.Tenant.ID, plain)
				continue
			}
			old, known := was[store.BusyKey{Tenant: s.Tenant.ID, Calendar: c.ID, Source: b.ID}]
			if plain, err := d.BusyAddress(s.Tenant.ID, &old); known && err == nil && plain == b.URL {
				b.URL = old.URL // under whichever key: Reseal sees to that
				continue
			}
			b.URL = d.sealBusy(s.Tenant.ID, b.URL)
		}
	}
	return nil
}

func (d *Desk) sealBusy(tenant, address string) string {
	return agenda.SealedAddress + base64.RawURLEncoding.EncodeToString(d.Keys.Seal([]byte(address), bindBusy(tenant)...))
}

func sealedBusy(b *agenda.BusySource) ([]byte, error) {
	text, ok := strings.CutPrefix(b.URL, agenda.SealedAddress)
	if !ok {
		return nil, ErrSealedElsewhere
	}
	return base64.RawURLEncoding.DecodeString(text)
}

func bindBusy(tenant string) []string { return []string{"calendar elsewhere", tenant} }

// BusyAddress opens the address of a calendar elsewhere.
func (d *Desk) BusyAddress(tenant string, b *agenda.BusySource) (string, error) {
	if !b.Sealed() {
		return b.URL, nil
	}
	sealed, err := sealedBusy(b)
	if err != nil {
		return "", ErrSealedElsewhere
	}
	plain, err := d.Keys.Open(sealed, bindBusy(tenant)...)
	return string(plain), err
}

// Revealed is a set-up with the addresses of calendars elsewhere as they were typed, for
// the tenant file. The set-up itself stays as it is.
func (d *Desk) Revealed(s *agenda.Setup) (*agenda.Setup, error) {
	open := *s
	open.Calendars = slices.Clone(s.Calendars)
	for i := range open.Calendars {
		c := &open.Calendars[i]
		c.Busy = slices.Clone(c.Busy)
		for j := range c.Busy {
			address, err := d.BusyAddress(s.Tenant.ID, &c.Busy[j])
			if err != nil {
				return nil, fmt.Errorf("calendar %s, %s: %w", c.ID, c.Busy[j].ID, err)
			}
			c.Busy[j].URL = address
		}
	}
	return &open, nil
}
