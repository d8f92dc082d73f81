package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// What figures are called where they are stored. A lead is the days between booking and
// visit: their sum, and how often each number of days occurred, "lead 7".
const (
	figureBooked             = "booked"
	figureStaff              = "booked by staff"
	figureWalkIn             = "walk-in"
	figureCancelledByVisitor = "cancelled by visitor"
	figureCancelled          = "cancelled"
	figureMissed             = "missed"
	figureServed             = "served"
	figureMinutes            = "minutes"
	figureLead               = "lead"
	figureOffered            = "offered"
	figureInVain             = "nothing free"

	markOffered = "day offered" // what was offered on the day is stored
	markWaiting = "day waited"
)

// longestLead is where the days between booking and visit end to be told apart.
const longestLead = 400

// count adds a booking that is about to be deleted to the figures of its day. What never
// became certain does not count.
func count(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
	if b.Since.IsZero() {
		return nil
	}
	if b.Sealed != nil {
		if err := countCanceller(tx, s, b); err != nil {
			return err
		}
	}
	return tx.AddFigures(b.Tenant, figuresOf(s, &store.Certain{Booking: *b}))
}

// countCanceller counts a visit that its visitor cancelled as such, when the visitor is
// about to be forgotten: that happens once, and the journal still knows.
func countCanceller(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
	if b.Status != agenda.Cancelled || b.Since.IsZero() {
		return nil
	}
	by, err := tx.CancelledByVisitor(b)
	if err != nil || !by {
		return err
	}
	list := figuresOf(s, &store.Certain{Booking: *b, ByVisitor: true})
	return tx.AddFigures(b.Tenant, slices.DeleteFunc(list, func(f store.Figure) bool { return f.Name != figureCancelledByVisitor }))
}

// figuresOf says what one booking adds: to its calendar, and to each of its services
// there. In the order of the table's key.
func figuresOf(s *agenda.Setup, b *store.Certain) (list []store.Figure) {
	walkIn := b.Channel == agenda.Staff && !b.Created.Before(b.Start) // nobody else is booked after the start
	lead := min(max(0, int(b.Date-agenda.DateOf(b.Created.In(s.Zone())))), longestLead)
	of := func(service string) {
		add := func(name string, n int) {
			if n != 0 {
				list = append(list, store.Figure{Date: b.Date, Calendar: b.Calendar, Service: service, Name: name, Amount: int64(n)})
			}
		}
		add(figureBooked, 1)
		add(figureStaff, flag(b.Channel == agenda.Staff))
		add(figureWalkIn, flag(walkIn))
		if !walkIn {
			add(figureLead, lead)
		}
		switch b.Status {
		case agenda.Cancelled:
			add(figureCancelled, 1)
			add(figureCancelledByVisitor, flag(b.ByVisitor))
		case agenda.NoShow:
			add(figureMissed, 1)
		case agenda.Served, agenda.CheckedIn:
			add(figureServed, 1)
		}
		if service == "" {
			if !walkIn {
				add(leadOf(lead), 1)
			}
			if b.Status.Live() {
				add(figureMinutes, int(b.To-b.From)*b.Tick)
			}
		}
	}
	of("")
	seen := map[string]bool{}
	for _, it := range b.Items {
		if !seen[it.Service] {
			seen[it.Service] = true
			of(it.Service)
		}
	}
	slices.SortFunc(list, func(a, b store.Figure) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
	return list
}

func leadOf(days int) string { return fmt.Sprintf("%s %d", figureLead, days) }

// daysAtOnce is how many days one transaction makes up for.
const daysAtOnce = 31

// CountOffered stores what calendars offered on the days that have passed since it was
// last called, by the set-up of now: templates change, the past does not. It begins with
// the oldest visit of the book, also where that was taken over from another one later.
// Any number of processes may do this at once; each day is stored by one of them.
func (d *Desk) CountOffered(ctx context.Context) error {
	return d.eachTenant(ctx, func(tenant string) error {
		p, err := d.Present(ctx, tenant)
		if err != nil {
			return err
		}
		today := agenda.DateOf(p.Now.In(p.Setup.Zone()))
		from, err := d.firstUncounted(ctx, tenant, p.Setup, today)
		for ; err == nil && from < today; from += daysAtOnce {
			err = d.countOffered(ctx, p.Setup, from, min(from+daysAtOnce, today))
		}
		return err
	})
}

// firstUncounted is the first day that may not be stored yet.
func (d *Desk) firstUncounted(ctx context.Context, tenant string, s *agenda.Setup, today agenda.Date) (from agenda.Date, err error) {
	kept := today - agenda.Date(s.Retention.StatisticsDays)
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		first, last, err := tx.MarkedDays(tenant, kept, markOffered)
		if err != nil {
			return err
		}
		oldest, err := tx.OldestVisit(tenant)
		oldest = max(oldest, kept)
		switch {
		case oldest != kept && oldest < today && (first == 0 || oldest < first):
			from = oldest
		case last != 0:
			from = last + 1
		default:
			from = today - 1
		}
		return err
	})
	return max(from, kept), err
}

// countOffered stores the days in [from, to).
func (d *Desk) countOffered(ctx context.Context, s *agenda.Setup, from, to agenda.Date) error {
	var list []store.Figure
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		for i := range s.Calendars {
			some, err := offered(tx, s, &s.Calendars[i], from, to)
			if err != nil {
				return err
			}
			list = append(list, some...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b store.Figure) int { return cmp.Compare(a.Date, b.Date) })
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		rest := list
		for date := from; date < to; date++ {
			end := slices.IndexFunc(rest, func(f store.Figure) bool { return f.Date != date })
			if end < 0 {
				end = len(rest)
			}
			fresh, err := tx.MarkDay(s.Tenant.ID, date, markOffered)
			if err == nil && fresh {
				err = tx.AddFigures(s.Tenant.ID, rest[:end])
			}
			if err != nil {
				return err
			}
			rest = rest[end:]
		}
		return nil
	})
}

// third is which free time is looked for: the measure that practices and offices are
// compared by. The first one is often a visit that was just called off.
const third = 3

// SampleWaiting finds out, once a day, after how many days the third free time of each
// service at each site is, for the public. Days on which nothing ran have no sample.
func (d *Desk) SampleWaiting(ctx context.Context) error {
	return d.eachTenant(ctx, func(tenant string) error {
		p, err := d.Present(ctx, tenant)
		if err != nil {
			return err
		}
		today := agenda.DateOf(p.Now.In(p.Setup.Zone()))
		var last agenda.Date
		err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
			_, last, err = tx.MarkedDays(tenant, today, markWaiting)
			return err
		})
		if err != nil || last != 0 {
			return err
		}
		list, err := d.waiting(ctx, p, today)
		if err != nil {
			return err
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			fresh, err := tx.MarkDay(tenant, today, markWaiting)
			if err == nil && fresh {
				err = tx.AddWaiting(tenant, list)
			}
			return err
		})
	})
}

func (d *Desk) waiting(ctx context.Context, p store.Present, today agenda.Date) (list []store.Waiting, err error) {
	s := p.Setup
	for i := range s.Sites {
		if !s.Sites[i].Public {
			continue
		}
		for k := range s.Services {
			svc := &s.Services[k]
			if svc.Public != agenda.VisiblePublic || len(s.OfferingAt(svc.ID, s.Sites[i].ID)) == 0 {
				continue
			}
			w := store.Waiting{Date: today, Site: s.Sites[i].ID, Service: svc.ID}
			if w.Days, err = d.thirdFree(ctx, p, today, svc, w.Site); err != nil {
				return nil, err
			}
			list = append(list, w)
		}
	}
	return list, nil
}

// thirdFree is after how many days the third free time is; -1: there is none.
func (d *Desk) thirdFree(ctx context.Context, p store.Present, today agenda.Date, svc *agenda.Service, site string) (int, error) {
	q := Search{Tenant: p.Setup.Tenant.ID, Wish: plainWish(svc), Sites: []string{site}, By: agenda.Public, Brief: true, At: p}
	last, found := today+agenda.Date(svc.HorizonDays), 0
	for from := today; from <= last; from += MaxDays {
		q.From, q.To = from, min(from+MaxDays-1, last)
		t, err := d.Times(ctx, q)
		if _, invalid := errors.AsType[agenda.Invalid](err); invalid {
			return -1, nil // it cannot be asked for without knowing more
		}
		if err != nil {
			return 0, err
		}
		for date, times := range t.Days() {
			if found += len(times); found >= third {
				return int(date - today), nil
			}
		}
	}
	return -1, nil
}

// plainWish is the simplest wish for a service: to what must be answered, the first
// answer there is.
func plainWish(svc *agenda.Service) agenda.Wish {
	it := agenda.Item{Service: svc.ID, Quantity: 1}
	for i := range svc.Questions {
		q := &svc.Questions[i]
		if !q.Required {
			continue
		}
		if it.Answers == nil {
			it.Answers = map[string]string{}
		}
		switch {
		case q.Type == agenda.AskYesNo:
			it.Answers[q.ID] = "no"
		case q.Chooses():
			it.Answers[q.ID] = q.Staying()[0].ID
		default:
			it.Answers[q.ID] = "-"
		}
	}
	return agenda.Wish{Items: []agenda.Item{it}}
}

// eachTenant does something for every tenant; what fails for one does not keep the
// others from it.
func (d *Desk) eachTenant(ctx context.Context, do func(tenant string) error) error {
	var tenants []string
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		tenants, err = tx.Tenants()
		return err
	})
	for _, t := range tenants {
		if failed := do(t); failed != nil {
			err = errors.Join(err, fmt.Errorf("tenant %s: %w", t, failed))
		}
	}
	return err
}
