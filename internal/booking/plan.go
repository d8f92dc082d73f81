package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Draft is a change of times as it would come out; nothing is written.
type Draft struct {
	Change agenda.Change
	Before *agenda.Setup // as it is in force
	After  *agenda.Setup
	Today  agenda.Date
	Faults []agenda.Fault // what the rules of the tenant file forbid; none: it can be saved
}

// Preview is a draft with what it does to the days to come.
type Preview struct {
	Draft
	Until    agenda.Date // the last day that was compared
	Days     []DayChange // by day and calendar, where there is a difference
	Stranded []Stranded
	Sharing  []*agenda.Calendar // others, which share their seats with one that changes
}

// DayChange is what a change does to a day of a calendar.
type DayChange struct {
	Calendar      string
	Date          agenda.Date
	Before, After slots.Supply
}

// PlanOptions say how a change of times is put in force.
type PlanOptions struct {
	Revision int  // of the set-up that the change was shown for
	Strand   bool // keep bookings that no longer fit, and mark them
}

// Draft says how a change of a person's times would come out. What is not there, or is
// not theirs, is agenda.ErrNotFound; what they may see but not change is
// agenda.ErrForbidden; a change that makes no sense is agenda.Invalid.
func (d *Desk) Draft(ctx context.Context, p *agenda.Person, c agenda.Change) (r Draft, err error) {
	return d.draft(ctx, p, c, 0)
}

// draft makes a draft for a set-up of a revision; 0 is whichever is in force.
func (d *Desk) draft(ctx context.Context, p *agenda.Person, c agenda.Change, revision int) (r Draft, err error) {
	present, err := d.Store.Present(ctx, p.Tenant)
	if err != nil {
		return r, err
	}
	r = Draft{Change: c, Before: present.Setup, Today: agenda.DateOf(present.Now.In(present.Setup.Zone()))}
	if err := mayPlan(p, r.Before, &c); err != nil {
		return r, err
	}
	if revision != 0 && r.Before.Revision != revision {
		return r, fmt.Errorf("%w: shown at %d, now at %d", ErrRevision, revision, r.Before.Revision)
	}
	if c.Act == agenda.ActRestore {
		r.After, err = d.revision(ctx, p.Tenant, c.Revision)
	} else {
		r.After, err = c.On(r.Before)
	}
	if err != nil {
		return r, err
	}
	if r.After.Revision != r.Before.Revision { // restored: what is in force is what it is put over
		r.After.Revision = r.Before.Revision
	}
	r.Faults = r.After.Check()
	return r, nil
}

// revision reads an earlier set-up.
func (d *Desk) revision(ctx context.Context, tenant string, number int) (s *agenda.Setup, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		_, s, err = tx.Revision(tenant, number)
		return err
	})
	return s, err
}

// mayPlan checks a person's rights in everything that a change names.
func mayPlan(p *agenda.Person, s *agenda.Setup, c *agenda.Change) error {
	if c.Act == agenda.ActRestore {
		if !p.MayEverywhere(agenda.ChangeSetup) {
			return agenda.ErrForbidden
		}
		return nil
	}
	calendars := c.Calendars
	if c.Calendar != "" {
		calendars = append(slices.Clone(calendars), c.Calendar)
	}
	for _, id := range calendars {
		cal, ok := s.Calendar(id)
		if !ok || !p.Knows(cal) {
			return agenda.ErrNotFound
		}
		if !p.MayIn(agenda.PlanTimes, cal) {
			return agenda.ErrForbidden
		}
	}
	for _, id := range c.Departments {
		if !p.MayInDepartment(agenda.PlanTimes, id) {
			return agenda.ErrNotFound
		}
	}
	if (len(c.Sites) > 0 || c.Everything) && !p.MayEverywhere(agenda.PlanTimes) {
		return agenda.ErrForbidden
	}
	return nil
}

// Preview says what a change would do, with the bookings that it would strand. Where
// the draft has faults there is nothing more to say.
func (d *Desk) Preview(ctx context.Context, p *agenda.Person, c agenda.Change) (v Preview, err error) {
	if v.Draft, err = d.Draft(ctx, p, c); err != nil || len(v.Faults) > 0 {
		return v, err
	}
	if err := d.Store.View(ctx, v.compare); err != nil {
		return v, err
	}
	a, err := d.Apply(ctx, v.After, ApplyOptions{Actor: p.ID, DryRun: true, Strand: true})
	if errors.Is(err, ErrRevision) {
		d.Store.Doubt(p.Tenant)
	}
	v.Stranded = a.Stranded
	slices.SortStableFunc(v.Stranded, func(a, b Stranded) int { return a.Booking.Start.Compare(b.Booking.Start) })
	return v, err
}

// Preview looks no further than this many days.
const previewDays = 400

// compare reckons what the days have to give before and after, without what is taken
// elsewhere.
func (v *Preview) compare(tx *store.Tx) error {
	touched := v.touched()
	v.Until, v.Days, v.Sharing = v.reach(touched), nil, nil
	busy := map[string]map[agenda.Date][]agenda.BusyTime{}
	for _, id := range touched {
		if c, ok := v.Before.Calendar(id); ok {
			var err error
			if busy[id], err = busyByDate(tx, v.Before, c, v.Today, v.Until+1); err != nil {
				return err
			}
		}
	}
	for date := v.Today; date <= v.Until; date++ {
		for _, id := range touched {
			x := DayChange{id, date, supply(v.Before, id, date, busy[id][date]), supply(v.After, id, date, busy[id][date])}
			if x.Before != x.After {
				v.Days = append(v.Days, x)
			}
		}
	}
	pools := map[string]bool{}
	for _, id := range touched {
		if c, ok := v.After.Calendar(id); ok {
			pools[c.PoolID()] = true
		}
	}
	for i := range v.After.Calendars {
		if c := &v.After.Calendars[i]; pools[c.PoolID()] && !slices.Contains(touched, c.ID) {
			v.Sharing = append(v.Sharing, c)
		}
	}
	return nil
}

// touched are the calendars that the change bears on, before or after.
func (v *Preview) touched() (ids []string) {
	for _, s := range []*agenda.Setup{v.Before, v.After} {
		for i := range s.Calendars {
			if c := &s.Calendars[i]; v.Change.Touches(c) && !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

// reach is how far it is worth to look: as far as can be booked, and a month into what
// the change names.
func (v *Preview) reach(touched []string) agenda.Date {
	far := 28
	for _, id := range touched {
		c, ok := v.After.Calendar(id)
		if !ok {
			continue
		}
		for i := range c.Services {
			if svc, ok := v.After.Service(c.Services[i].ID); ok {
				far = max(far, svc.HorizonDays)
			}
		}
	}
	until := v.Today + agenda.Date(far)
	if first, last := v.Change.Dates(); first != 0 {
		until = max(until, first+28, last)
	}
	return min(until, v.Today+previewDays)
}

func supply(s *agenda.Setup, calendar string, date agenda.Date, busy []agenda.BusyTime) slots.Supply {
	c, ok := s.Calendar(calendar)
	if !ok {
		return slots.Supply{}
	}
	return slots.Compile(s, c, date).Without(busy).Supply()
}

// Plan puts a change of a person's times in force, all or nothing. Its errors are those
// of Draft and Apply: ErrRevision where the set-up is no longer the one that the change
// was shown for, StrandedError where bookings no longer fit and are not to be stranded.
func (d *Desk) Plan(ctx context.Context, p *agenda.Person, c agenda.Change, o PlanOptions) (a Applied, err error) {
	r, err := d.draft(ctx, p, c, max(o.Revision, 1))
	if err != nil {
		return a, err
	}
	detail := map[string]any{"what": c.Act}
	if len(c.Calendars) > 0 {
		detail["calendars"] = c.Calendars
	}
	if c.Calendar != "" {
		detail["calendar"], detail["template"] = c.Calendar, c.Template
	}
	if c.Act == agenda.ActRestore {
		detail["restored"] = c.Revision
	}
	apply := ApplyOptions{Actor: p.ID, Strand: o.Strand, Act: "plan", Detail: detail}
	if c.Act == agenda.ActRestore {
		apply.Person = p // an earlier set-up can say anything
	}
	a, err = d.Apply(ctx, r.After, apply)
	if errors.Is(err, ErrRevision) {
		d.Store.Doubt(p.Tenant)
	}
	return a, err
}
