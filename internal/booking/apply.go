package booking

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
	DryRun bool // find out, change nothing
	Strand bool // keep bookings that no longer fit, and mark them
	Merge  bool // an import: written over whatever revision is there
}

// Applied is what came of it.
type Applied struct {
	Before   *agenda.Setup // nil: the tenant is new
	Revision int
	Stranded []Stranded
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
// strand them; then they stay and are marked.
func (d *Desk) Apply(ctx context.Context, s *agenda.Setup, o ApplyOptions) (a Applied, err error) {
	if faults := s.Check(); len(faults) > 0 {
		return a, fmt.Errorf("set-up: %s: %s", faults[0].Path, faults[0].Message)
	}
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		a, err = d.apply(tx, s, o)
		if err == nil && o.DryRun {
			return errDryRun
		}
		return err
	})
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
	if a.Before != nil && !o.Merge && a.Before.Revision != s.Revision {
		return a, fmt.Errorf("%w: the file says revision %d, the tenant is at %d; export it again and repeat the change there", ErrRevision, s.Revision, a.Before.Revision)
	}
	if a.Revision, err = tx.SaveSetup(s); err != nil {
		return a, err
	}
	if a.Before != nil {
		now, err := tx.Setup(id)
		if err != nil {
			return a, err
		}
		if a.Stranded, err = d.reseat(tx, a.Before, now); err != nil {
			return a, err
		}
		if len(a.Stranded) > 0 && !o.Strand {
			return a, StrandedError(a.Stranded)
		}
	}
	err = tx.Log(store.Entry{Tenant: id, ID: rand.Text(), Act: "apply", Subject: "setup", Actor: o.Actor, Detail: fmt.Sprintf(`{"revision":%d,"stranded":%d}`, a.Revision, len(a.Stranded))})
	return a, err
}

// reseat walks the future bookings under a new set-up: those whose calendar got
// another pool or tick take their seats there, and those that no longer fit are
// marked and listed.
func (d *Desk) reseat(tx *store.Tx, before, after *agenda.Setup) (list []Stranded, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	future, err := tx.BookingsBetween(after.Tenant.ID, "", now, now.AddDate(100, 0, 0))
	if err != nil {
		return nil, err
	}
	future = slices.DeleteFunc(future, func(b *agenda.Booking) bool { return !b.Status.Live() || b.ExpiredAt(now) })
	days := make([]store.PoolDay, 0, 2*len(future))
	for _, b := range future {
		days = append(days, dayOf(b))
		if c, ok := after.CalendarOf(b.Calendar); ok {
			days = append(days, store.PoolDay{Pool: c.PoolNumber, Date: b.Date})
		}
	}
	if err := tx.LockDays(days...); err != nil {
		return nil, err
	}
	for _, b := range future {
		if err := reclaim(tx, after, b); err != nil {
			return nil, err
		}
	}
	for _, b := range future {
		why, err := misfit(tx, after, b, now)
		if err != nil {
			return nil, err
		}
		if why == "" || b.Stranded {
			continue
		}
		b.Stranded = true
		if err := tx.SaveBooking(b); err != nil {
			return nil, err
		}
		list = append(list, Stranded{b, why})
	}
	return list, nil
}

// reclaim gives a booking its seats anew where the pool or the tick of its calendar
// has changed.
func reclaim(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
	c, ok := s.CalendarOf(b.Calendar)
	if !ok || c.PoolNumber == b.Pool && c.TickMinutes == b.Tick {
		return nil
	}
	from := b.From.Time(b.Tick)
	to := b.To.Time(b.Tick)
	if _, err := tx.Free(b.Number); err != nil {
		return err
	}
	b.Pool, b.Tick = c.PoolNumber, c.TickMinutes
	b.From, b.To = agenda.TickAt(from, b.Tick), agenda.TickAt(to.Add(-time.Second), b.Tick)+1
	taken, err := tx.Claims(b.Pool, b.From, b.To)
	if err != nil {
		return err
	}
	if err := tx.SaveBooking(b); err != nil {
		return err
	}
	return tx.Claim(b, taken)
}

// misfit says why a booking has no place under a set-up; "" where it has.
func misfit(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time) (string, error) {
	c, ok := s.Calendar(b.Calendar)
	if !ok {
		return "calendar retired", nil
	}
	for _, it := range b.Items {
		if _, known := s.Service(it.Service); !known {
			return "service retired", nil
		}
		if _, offered := c.Offer(it.Service); !offered {
			return "service no longer offered there", nil
		}
	}
	day := slots.Compile(s, c, b.Date)
	first, end := day.Span()
	claims, err := tx.Claims(c.PoolNumber, first, end)
	if err != nil {
		return "", err
	}
	use := day.Use(claims, now, 0)
	for t := b.From; t < b.To; t++ {
		k := int(t - first)
		if k < 0 || k >= len(day.Seats) || day.Seats[k].Total == 0 {
			return "not open", nil
		}
		if use.All[k] > day.Seats[k].Total && !b.Overbooked {
			return "over capacity", nil
		}
	}
	return "", nil
}
