package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// ApplyOptions say how a set-up is put in force.
type ApplyOptions struct {
	Actor  string
	Person *agenda.Person // whose rights bind; nil: the command line
	DryRun bool           // find out, change nothing
	Strand bool           // keep bookings that no longer fit, and mark them
	Merge  bool           // whatever revision is there: written over
	Act    string         // for the journal; "": apply
	Logo   []byte         // the picture that the set-up names, where it is a new one: kept with the tenant
	Detail map[string]any // for the journal, beside revision and how many are stranded
}

// Applied is what came of it.
type Applied struct {
	Before    *agenda.Setup // nil: the tenant is new
	Revision  int
	Stranded  []Stranded
	Relocated []Relocated // visits that take place elsewhere now, in order of their start
}

// Stranded is a future booking that the new set-up has no place for.
type Stranded struct {
	Booking *agenda.Booking
	Why     string // calendar retired, service retired, not open, over capacity
}

// StrandedError refuses a set-up under which booked visits could not take place.
type StrandedError []Stranded

func (e StrandedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d future bookings would be stranded:", len(e))
	for _, s := range e {
		fmt.Fprintf(&b, "\n  %s in calendar %s on %s: %s", s.Booking.Reference, s.Booking.Calendar, s.Booking.Start.Format(time.RFC3339), s.Why)
	}
	return b.String()
}

// ErrRevision is a tenant file made before the last change of the set-up.
var ErrRevision = errors.New("the set-up has changed since this file was exported")

var errDryRun = errors.New("dry run")

// Apply puts a whole checked set-up in force, all or nothing: what it omits is
// retired. Bookings that no longer fit stop it (StrandedError) unless told to
// strand them; then they stay and are marked. A person who may not change all that
// differs gets ErrForbidden (agenda.Person.MayReplace).
func (d *Desk) Apply(ctx context.Context, s *agenda.Setup, o ApplyOptions) (a Applied, err error) {
	if faults := s.Check(); len(faults) > 0 {
		return a, fmt.Errorf("set-up: %s: %s", faults[0].Path, faults[0].Message)
	}
	if a.Before, err = d.Setup(ctx, s.Tenant.ID); err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return a, err
	}
	if err := d.SealBusy(a.Before, s); err != nil {
		return a, err
	}
	for range 2 {
		err = d.Store.Update(ctx, func(tx *store.Tx) error {
			a, err = d.apply(tx, s, o)
			if err == nil && o.DryRun {
				return errDryRun
			}
			return err
		})
		if !errors.Is(err, agenda.ErrConflict) {
			break
		}
	}
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return a, err
}

func (d *Desk) apply(tx *store.Tx, s *agenda.Setup, o ApplyOptions) (a Applied, err error) {
	id := s.Tenant.ID
	if err := tx.LockSetup(id); err != nil {
		return a, err
	}
	a.Before, err = tx.Setup(id)
	if err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return a, err
	}
	if o.Person != nil && !o.Person.MayReplace(a.Before, s) {
		return a, agenda.ErrForbidden
	}
	if a.Before != nil && !o.Merge && a.Before.Revision != s.Revision {
		return a, fmt.Errorf("%w: the file says revision %d, the tenant is at %d; export it again and repeat the change there", ErrRevision, s.Revision, a.Before.Revision)
	}
	if a.Before != nil {
		if err := tx.KeepBefore(a.Before); err != nil {
			return a, err
		}
	}
	if a.Revision, err = tx.SaveSetup(s); err != nil {
		return a, err
	}
	if err := cmp.Or(tx.KeepRevision(s, a.Revision, o.Actor), o.keepLogo(tx, s), keepBusy(tx, a.Before, s), dropHooks(tx, a.Before, s)); err != nil {
		return a, err
	}
	if a.Before == nil && a.Revision > 1 {
		return a, agenda.ErrConflict // somebody else has just made this tenant
	}
	if a.Before != nil {
		now, err := tx.Setup(id)
		if err != nil {
			return a, err
		}
		if a.Stranded, a.Relocated, err = d.reseat(tx, a.Before, now, o.Actor); err != nil {
			return a, err
		}
		if len(a.Stranded) > 0 && !o.Strand {
			return a, StrandedError(a.Stranded)
		}
	}
	return a, a.log(tx, s, o)
}

func (o *ApplyOptions) keepLogo(tx *store.Tx, s *agenda.Setup) error {
	if len(o.Logo) == 0 {
		return nil
	}
	return tx.KeepLogo(s.Tenant.ID, s.Brand.Logo, o.Logo)
}

// log writes the journal entry of a change of set-up: what differs, by name alone.
func (a Applied) log(tx *store.Tx, s *agenda.Setup, o ApplyOptions) error {
	detail := map[string]any{"revision": a.Revision, "stranded": len(a.Stranded)}
	if a.Before != nil {
		detail["changes"] = firsts(agenda.Changes(a.Before, s))
	}
	maps.Copy(detail, o.Detail)
	return tx.Log(store.Entry{Tenant: s.Tenant.ID, Act: cmp.Or(o.Act, "apply"), Subject: "setup", Actor: o.Actor}, detail)
}

// firsts is as much of a list as a journal entry names.
func firsts(list []string) []string {
	const most = 20
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), "...")
}

// reseat walks the bookings that are not over under a new set-up: those whose
// calendar got another pool or tick take their seats there, and those to come that
// no longer fit are marked and listed, as are those that take place elsewhere now. Marks
// that a set-up has outdated go.
func (d *Desk) reseat(tx *store.Tx, before, after *agenda.Setup, actor string) (list []Stranded, moved []Relocated, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, nil, err
	}
	// No visit lasts longer than a day.
	live, err := tx.BookingsBetween(after.Tenant.ID, "", now.AddDate(0, 0, -2), now.AddDate(1000, 0, 0))
	if err != nil {
		return nil, nil, err
	}
	live = slices.DeleteFunc(live, func(b *agenda.Booking) bool { return !b.Status.Live() || !b.To.Time(b.Tick).After(now) })
	days := make([]store.PoolDay, 0, 2*len(live))
	for _, b := range live {
		days = append(days, dayOf(b))
		if c, ok := after.CalendarOf(b.Calendar); ok {
			days = append(days, store.PoolDay{Pool: c.PoolNumber, Date: dateIn(after, b)})
		}
	}
	if err := tx.LockDays(days...); err != nil {
		return nil, nil, err
	}
	if live, err = d.onlyCurrent(tx, after, live, now); err != nil {
		return nil, nil, err
	}
	was := measure{tx, before, now, map[measured]slots.Use{}}
	surplus := make([][]int, len(live))
	for i, b := range live {
		if surplus[i], _, err = was.surplus(b); err != nil {
			return nil, nil, err
		}
	}
	for _, b := range live {
		if err := reclaim(tx, after, b); err != nil {
			return nil, nil, err
		}
	}
	if list, err = d.markMisfits(tx, after, live, surplus, now); err != nil {
		return nil, nil, err
	}
	if moved, err = d.relocations(tx, before, after, live, actor); err != nil {
		return nil, nil, err
	}
	return list, moved, leaveMailboxes(tx, before, after, live, now)
}

// markMisfits marks the visits that have no place under the new set-up and lists
// those that had one; a hold without a place ends. surplus is how many visits each
// one's ticks had too many before.
func (d *Desk) markMisfits(tx *store.Tx, after *agenda.Setup, live []*agenda.Booking, surplus [][]int, now time.Time) (list []Stranded, err error) {
	is := measure{tx, after, now, map[measured]slots.Use{}}
	for i, b := range live {
		if b.Start.Before(now) {
			continue // under way: nothing can be done about it
		}
		why, fits, err := is.misfit(b, surplus[i])
		if err != nil {
			return nil, err
		}
		if b.Stranded && !fits || !b.Stranded && why == "" {
			continue
		}
		if b.Status == agenda.Held { // nobody has booked yet: the form will say that the time is gone
			if err := d.expire(tx, after, b, now); err != nil {
				return nil, err
			}
			continue
		}
		b.Stranded = !b.Stranded
		if err := saveAsItStands(tx, b); err != nil {
			return nil, err
		}
		if b.Stranded {
			list = append(list, Stranded{b, why})
		}
	}
	return list, nil
}

// onlyCurrent marks what has run out and leaves the others.
func (d *Desk) onlyCurrent(tx *store.Tx, s *agenda.Setup, list []*agenda.Booking, now time.Time) (left []*agenda.Booking, err error) {
	for _, b := range list {
		if !b.ExpiredAt(now) {
			left = append(left, b)
		} else if err := d.expire(tx, s, b, now); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// dateIn is the local day of a booking under a set-up that may have another zone.
func dateIn(s *agenda.Setup, b *agenda.Booking) agenda.Date {
	return agenda.DateOf(b.Start.In(s.Zone()))
}

// reclaim gives a booking its seats anew where the pool or the tick of its calendar
// has changed, and files it under its day where the zone has.
func reclaim(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
	c, ok := s.CalendarOf(b.Calendar)
	if !ok || c.PoolNumber == b.Pool && c.TickMinutes == b.Tick && b.Date == dateIn(s, b) {
		return nil
	}
	b.Date = dateIn(s, b)
	from := b.From.Time(b.Tick)
	to := b.To.Time(b.Tick)
	if err := tx.Free(b); err != nil {
		return err
	}
	b.Pool, b.Tick = c.PoolNumber, c.TickMinutes
	b.From, b.To = agenda.TickAt(from, b.Tick), agenda.TickAt(to.Add(-time.Second), b.Tick)+1
	taken, err := tx.Claims(b.Pool, b.From, b.To)
	if err != nil {
		return err
	}
	if err := saveAsItStands(tx, b); err != nil {
		return err
	}
	return tx.Claim(b, taken)
}

// measure says how full the days of bookings are under a set-up.
type measure struct {
	tx    *store.Tx
	setup *agenda.Setup
	now   time.Time
	known map[measured]slots.Use
}

type measured struct {
	calendar string
	date     agenda.Date
}

// surplus is by how many seats each tick of a booking exceeds its calendar's total
// (negative: seats are left); open is false where a tick has no seats at all, or
// cannot be told.
func (m measure) surplus(b *agenda.Booking) (over []int, open bool, err error) {
	c, ok := m.setup.Calendar(b.Calendar)
	if !ok || c.PoolNumber != b.Pool || c.TickMinutes != b.Tick {
		return nil, false, nil
	}
	day := slots.Compile(m.setup, c, b.Date)
	first, end := day.Span()
	if b.From < first || b.To > end {
		return nil, false, nil
	}
	use, ok := m.known[measured{c.ID, b.Date}]
	if !ok {
		claims, err := m.tx.Claims(c.PoolNumber, first, end)
		if err != nil {
			return nil, false, err
		}
		use = day.Use(claims, m.now, 0)
		m.known[measured{c.ID, b.Date}] = use
	}
	open = true
	for k := b.From; k < b.To; k++ {
		taken, _ := use.Taken(k, agenda.Staff)
		total := day.Seats(k).Total
		over = append(over, taken-total)
		open = open && total > 0
	}
	return over, open, nil
}

// misfit says why a booking has no place under a set-up; "" where the set-up is not
// what takes it. It had a surplus before, if staff overbooked. fits reports that
// nothing at all is wrong.
func (m measure) misfit(b *agenda.Booking, before []int) (why string, fits bool, err error) {
	c, ok := m.setup.Calendar(b.Calendar)
	if !ok {
		return "calendar retired", false, nil
	}
	for _, it := range b.Items {
		if _, known := m.setup.Service(it.Service); !known {
			return "service retired", false, nil
		}
		if _, offered := c.Offer(it.Service); !offered {
			return "service no longer offered there", false, nil
		}
	}
	now, open, err := m.surplus(b)
	switch {
	case err != nil:
		return "", false, err
	case !open:
		return "not open", false, nil
	}
	if len(before) > 0 && len(before) != len(now) { // another tick: they cannot be compared one by one
		before = slices.Repeat([]int{slices.Max(before)}, len(now))
	}
	fits = true
	for k, over := range now {
		if over > 0 && (k >= len(before) || over > before[k]) {
			return "over capacity", false, nil
		}
		fits = fits && over <= 0
	}
	return "", fits, nil
}
