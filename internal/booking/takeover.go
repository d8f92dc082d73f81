package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Earlier is a visit that another book knows of: from a former system, or invented
// for a demo. Status is confirmed, checked_in, served, no_show, cancelled, or
// pending for a request that the office has to answer.
type Earlier struct {
	Calendar string
	Wish     agenda.Wish
	Start    time.Time
	Status   agenda.Status
	Form     Form
	Made     time.Time // when it was booked there; zero: at this moment
}

// TakeOver writes visits of another book into this one, all or nothing, without a
// letter to anybody. Only what the set-up offers and what is still free is taken;
// lead, horizon and the past do not count. It reports how many were taken; the
// others had no place.
func (d *Desk) TakeOver(ctx context.Context, tenant string, list []Earlier, actor string) (taken int, err error) {
	type entry struct {
		Earlier
		b *agenda.Booking
		w written
	}
	entries := make([]entry, len(list))
	for i, e := range list {
		b := newBooking(Request{Tenant: tenant, Wish: e.Wish, By: agenda.Public})
		w, err := d.write(b, e.Form)
		if err != nil {
			return 0, err
		}
		entries[i] = entry{e, b, w}
	}
	err = insist(func() error {
		numbers, references := map[int64]bool{}, map[string]bool{} // thousands are made within a moment
		for i := range entries {
			b := entries[i].b
			for b.Number = newNumber(); numbers[b.Number]; b.Number = newNumber() {
			}
			for b.Reference = newReference(); references[b.Reference]; b.Reference = newReference() {
			}
			numbers[b.Number], references[b.Reference] = true, true
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			taken = 0
			o := &takeOver{tx: tx, tenant: tenant, days: map[store.PoolDay]*openDay{}}
			if err := o.lock(list); err != nil {
				return err
			}
			for i := range entries {
				e := &entries[i]
				fresh := *e.b
				err := o.take(&fresh, e.Earlier, e.w)
				switch {
				case errors.Is(err, agenda.ErrTaken):
				case err != nil:
					return fmt.Errorf("take over the visit in %s at %s: %w", e.Calendar, e.Start.Format(time.RFC3339), err)
				default:
					taken++
				}
			}
			entry := store.Entry{Tenant: tenant, Act: "take over", Subject: "book", Actor: actor}
			return tx.Log(entry, map[string]any{"visits": taken})
		})
	})
	return taken, err
}

// takeOver is one such transaction: the days it touches are read once.
type takeOver struct {
	tx     *store.Tx
	tenant string
	setup  *agenda.Setup
	now    time.Time
	days   map[store.PoolDay]*openDay
}

// openDay is what is taken of a pool's day.
type openDay struct {
	claims []agenda.Claim
	busy   map[string][]agenda.BusyTime // by calendar
}

func (o *takeOver) lock(list []Earlier) (err error) {
	var calendars []string
	for _, e := range list {
		calendars = append(calendars, e.Calendar)
	}
	if err := o.tx.ShareCalendars(o.tenant, calendars...); err != nil {
		return err
	}
	if o.setup, err = o.tx.Setup(o.tenant); err != nil {
		return err
	}
	var days []store.PoolDay
	for _, e := range list {
		c, ok := o.setup.Calendar(e.Calendar)
		if !ok {
			return fmt.Errorf("calendar %q: %w", e.Calendar, agenda.ErrNotFound)
		}
		days = append(days, store.PoolDay{Pool: c.PoolNumber, Date: agenda.DateOf(e.Start.In(o.setup.Zone()))})
	}
	if err := o.tx.LockDays(days...); err != nil {
		return err
	}
	o.now, err = o.tx.Now()
	return err
}

func (o *takeOver) take(b *agenda.Booking, e Earlier, w written) error {
	c, _ := o.setup.Calendar(e.Calendar) // lock has seen it
	p, ok := o.setup.Plan(c, e.Wish, agenda.Staff)
	if !ok {
		return agenda.ErrTaken
	}
	day := slots.Compile(o.setup, c, agenda.DateOf(e.Start.In(o.setup.Zone())))
	open, err := o.open(c, day)
	if err != nil {
		return err
	}
	p.LeadMinutes = 0
	begin, _ := agenda.At(day.Date, 0, o.setup.Zone()) // for whom no day of it is past or too far ahead
	modes, _, err := slots.Check(day.Without(open.busy[c.ID]), day.Use(open.claims, o.now, 0), p, slots.Query{Now: begin, By: agenda.Public}, e.Start, false)
	if errors.Is(err, agenda.ErrWindowClosed) {
		err = agenda.ErrTaken
	}
	if err != nil {
		return err
	}
	b.Calendar, b.Pool, b.Date, b.Mode, b.Tick = c.ID, c.PoolNumber, day.Date, modes[0], c.TickMinutes
	b.Start = e.Start.UTC()
	b.End = b.Start.Add(time.Duration(p.Minutes) * time.Minute)
	b.From, b.To = slots.ClaimFor(b.Start, p)
	b.CancelBy = b.Start.Add(-time.Duration(p.CancelByMinutes) * time.Minute)
	b.Status, b.Created, b.Changed = e.Status, o.now, o.now
	if !e.Made.IsZero() && e.Made.Before(o.now) {
		b.Created = e.Made.UTC().Truncate(time.Second)
	}
	b.Sealed, b.EmailHash, b.PhoneHash = w.sealed, w.emailHash, w.phoneHash
	b.Language, b.Notify = o.setup.Language(e.Form.Language), e.Form.Email != "" && !e.Form.Silent
	if e.Status == agenda.Pending {
		b.Awaits, b.Expires = agenda.ConfirmStaff, b.Start
	} else {
		b.Since = o.now // so that no reminder whose moment has passed goes out
	}
	return o.write(b, w, open)
}

func (o *takeOver) write(b *agenda.Booking, w written, open *openDay) error {
	b.ManageHash = w.manageHash
	if err := o.tx.AddBooking(b); err != nil {
		return err
	}
	if b.Status.Live() {
		if err := o.tx.Claim(b, open.claims); err != nil {
			return err
		}
		for t := b.From; t < b.To; t++ {
			open.claims = append(open.claims, agenda.Claim{Tick: t, Seat: open.seat(t), Booking: b.Number, Public: true, Expires: b.Expires})
		}
	}
	return nil
}

// open reads what is taken of a calendar's day, once.
func (o *takeOver) open(c *agenda.Calendar, day *slots.Day) (*openDay, error) {
	key := store.PoolDay{Pool: c.PoolNumber, Date: day.Date}
	if o.days[key] == nil {
		from, to := day.Span()
		claims, err := o.tx.Claims(c.PoolNumber, from, to)
		if err != nil {
			return nil, err
		}
		o.days[key] = &openDay{claims, map[string][]agenda.BusyTime{}}
	}
	open := o.days[key]
	if _, known := open.busy[c.ID]; !known {
		busy, err := o.tx.BusyTimes(o.tenant, c, day.Date, day.Date+1)
		if err != nil {
			return nil, err
		}
		open.busy[c.ID] = busy
	}
	return open, nil
}

// seat is the lowest free number of a tick, as Claim has just given it.
func (d *openDay) seat(t agenda.Tick) int {
	for seat := 0; ; seat++ {
		taken := false
		for _, c := range d.claims {
			taken = taken || c.Tick == t && c.Seat == seat
		}
		if !taken {
			return seat
		}
	}
}
