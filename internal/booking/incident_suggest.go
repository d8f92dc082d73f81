package booking

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

const (
	suggestDays = 14 // after the visit's own day are looked at
	mostOptions = 24 // times for one visit,
	fewOptions  = 8  // where there are many of them:
	manyVisits  = 60
	notice      = 2 * time.Hour // a visitor needs to hear of a new time, after the letter has left
)

// Suggestion are times that a visit could have instead of its own.
type Suggestion struct {
	Slots []agenda.Slot // the best first; with seats that no visit before it was given
	Fixed bool          // the first was decided before
}

// Suggest finds new times for the chosen visits of an incident: on the same day where
// that is possible, the nearest first, in any calendar of the site that offers the
// services and that the person may book; else on the next days. Nothing is kept.
func (d *Desk) Suggest(ctx context.Context, p *agenda.Person, n *agenda.Incident, list []*Affected) (map[string]*Suggestion, error) {
	x := &suggesting{Desk: d, ctx: ctx, person: p, incident: n, found: map[string][]agenda.Slot{}, given: map[int64][]given{}}
	present, err := d.Present(ctx, p.Tenant)
	if err != nil {
		return nil, err
	}
	x.setup, x.now, x.options = present.Setup, present.Now, mostOptions
	if len(list) > manyVisits {
		x.options = fewOptions
	}
	for _, a := range list {
		if a.Chosen && a.Card != nil {
			x.first, x.last = earliestDate(x.first, a.Card.Date), max(x.last, a.Card.Date)
			if !a.Item.Start.IsZero() {
				x.give(a.Card, a.Item.Calendar, a.Item.Start)
			}
		}
	}
	all := map[string]*Suggestion{}
	for _, a := range list {
		if !a.Chosen || a.Card == nil {
			continue
		}
		if all[a.Item.Booking], err = x.suggest(a); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func earliestDate(a, b agenda.Date) agenda.Date {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// suggesting is one round: what has been found, and what has been given away in it.
type suggesting struct {
	*Desk
	ctx         context.Context
	person      *agenda.Person
	incident    *agenda.Incident
	setup       *agenda.Setup
	now         time.Time
	first, last agenda.Date
	options     int
	found       map[string][]agenda.Slot
	given       map[int64][]given // by pool
}

type given struct{ from, to agenda.Tick }

// claim is what a visit would take of a calendar.
func (x *suggesting) claim(c *Card, calendar string, start time.Time) (pool int64, g given, ok bool) {
	cal, ok := x.setup.Calendar(calendar)
	if !ok {
		return 0, g, false
	}
	plan, ok := x.setup.Plan(cal, c.Wish(), agenda.Staff)
	if !ok {
		return 0, g, false
	}
	g.from, g.to = slots.ClaimFor(start, plan)
	return cal.PoolNumber, g, true
}

func (x *suggesting) give(c *Card, calendar string, start time.Time) {
	if pool, g, ok := x.claim(c, calendar, start); ok {
		x.given[pool] = append(x.given[pool], g)
	}
}

// left reports whether a time has seats beside those given away.
func (x *suggesting) left(c *Card, s agenda.Slot) bool {
	pool, g, ok := x.claim(c, s.Calendar, s.Start)
	n := 0
	for _, o := range x.given[pool] {
		if o.from < g.to && g.from < o.to {
			n++
		}
	}
	return ok && n < s.Free
}

func (x *suggesting) suggest(a *Affected) (*Suggestion, error) {
	c := a.Card
	list, err := x.slots(c)
	if err != nil {
		return nil, err
	}
	out := &Suggestion{}
	if it := a.Item; !it.Start.IsZero() {
		out.Fixed = true
		out.Slots = append(out.Slots, agenda.Slot{Start: it.Start.In(x.setup.Zone()), Calendar: it.Calendar})
	}
	for _, s := range x.nearest(c, list) {
		if len(out.Slots) == x.options {
			break
		}
		if out.Fixed && s.Calendar == out.Slots[0].Calendar && s.Start.Equal(out.Slots[0].Start) || !x.left(c, s) {
			continue
		}
		out.Slots = append(out.Slots, s)
	}
	if !out.Fixed && len(out.Slots) > 0 {
		x.give(c, out.Slots[0].Calendar, out.Slots[0].Start)
	}
	return out, nil
}

// slots are the free times for a visit at its site.
func (x *suggesting) slots(c *Card) ([]agenda.Slot, error) {
	wish, err := json.Marshal(c.Wish())
	if err != nil {
		return nil, err
	}
	key := c.Calendar.Site + " " + string(wish)
	if list, ok := x.found[key]; ok {
		return list, nil
	}
	from := max(x.first, agenda.DateOf(x.now.In(x.setup.Zone())))
	q := Search{Tenant: c.Tenant, Wish: c.Wish(), Sites: []string{c.Calendar.Site}, From: from, To: min(max(from, x.last)+suggestDays, from+MaxDays-1), By: agenda.Staff, Person: x.person, Brief: true}
	found, err := x.Availability(x.ctx, q)
	var bad agenda.Invalid
	if errors.As(err, &bad) || errors.Is(err, agenda.ErrNotCombinable) || errors.Is(err, agenda.ErrTooMany) {
		err = nil // what it was booked for is no longer offered
	}
	var list []agenda.Slot
	for _, day := range found.Days {
		for _, s := range day.Slots {
			if x.fit(s) {
				list = append(list, s)
			}
		}
	}
	x.found[key] = list
	return list, err
}

// fit leaves out what comes too soon, what is not the person's to give, and what the
// incident is about.
func (x *suggesting) fit(s agenda.Slot) bool {
	c, ok := x.setup.Calendar(s.Calendar)
	if !ok || rights(x.person, x.incident.Tenant, c) != nil || s.Start.Before(x.now.Add(IncidentUndo+notice)) {
		return false
	}
	end := s.Start.Add(time.Duration(s.Minutes) * time.Minute)
	touched := slices.Contains(x.incident.Calendars, s.Calendar) && s.Start.Before(x.incident.To) && end.After(x.incident.From)
	return !touched || x.incident.Close == agenda.CloseSome
}

// nearest puts free times in the order in which a visit would like them: its own day by
// distance, then later days by distance in the time of day.
func (x *suggesting) nearest(c *Card, list []agenda.Slot) []agenda.Slot {
	start := c.Start.In(x.setup.Zone())
	minute := func(t time.Time) int { return t.Hour()*60 + t.Minute() }
	day := func(s agenda.Slot) agenda.Date { return agenda.DateOf(s.Start) }
	away := func(s agenda.Slot) int { n := minute(s.Start) - minute(start); return max(n, -n) }
	mine := slices.DeleteFunc(slices.Clone(list), func(s agenda.Slot) bool {
		cal, _ := x.setup.Calendar(s.Calendar)
		return day(s) < c.Date || s.Calendar != c.Calendar.ID && !x.setup.OpenToPublic(cal) || s.Start.Equal(start) && s.Calendar == c.Calendar.ID
	})
	slices.SortStableFunc(mine, func(a, b agenda.Slot) int {
		return cmp.Or(cmp.Compare(day(a), day(b)), cmp.Compare(away(a), away(b)), cmp.Compare(flag(a.Calendar != c.Calendar.ID), flag(b.Calendar != c.Calendar.ID)),
			a.Start.Compare(b.Start), strings.Compare(a.Calendar, b.Calendar))
	})
	return mine
}

// Foreseen is a visit as it will be when what was decided about it is done, for a look at
// its letter.
type Foreseen struct {
	Kind     string
	Booking  *agenda.Booking // after the act
	Before   time.Time       // its start before; zero: it is not moved
	Enclosed Enclosed
	Setup    *agenda.Setup
	Now      time.Time
}

// Foresee says how a chosen visit will be, and what its letter is about. ok is false
// where no letter goes out.
func (d *Desk) Foresee(ctx context.Context, n *agenda.Incident, a *Affected) (f Foreseen, ok bool, err error) {
	present, err := d.Present(ctx, n.Tenant)
	if err != nil || a.Card == nil || a.Item.Act == agenda.ActLeave || a.Item.Act == "" {
		return f, false, err
	}
	b := *a.Card.Booking
	f = Foreseen{Setup: present.Setup, Now: present.Now, Booking: &b}
	f.Enclosed.Text = f.Setup.Text(n.Texts.Letter, b.Language)
	held, err := foreseenAt(f.Setup, &b, a.Item)
	if err != nil {
		return f, false, err
	}
	switch a.Item.Act {
	case agenda.ActCancel:
		f.Kind, b.Status, b.Awaits = KindIncidentCancelled, agenda.Cancelled, ""
		ok = a.Card.Awaits != agenda.ConfirmEmail
	case agenda.ActMove:
		f.Kind, f.Before = cmp.Or(awaitedKind(b.Awaits), KindIncidentMoved), b.Start
		b.TakeSeatsOf(held)
		ok = true
	case agenda.ActPropose:
		f.Kind, ok = KindProposal, true
		until := keptUntil(f.Setup, &b, held, f.Now.Add(IncidentUndo), n.Days)
		f.Enclosed.New, f.Enclosed.Secret, f.Enclosed.Until, f.Enclosed.Call = held, "...", until, n.Fallback == agenda.FallbackCall
		ok = a.Card.Awaits != agenda.ConfirmEmail
	}
	if !b.Since.IsZero() && a.Item.Act != agenda.ActPropose {
		b.Sequence++
	}
	return f, ok && b.Notify && b.EmailHash != "", nil
}

func awaitedKind(awaits string) string {
	if awaits == "" {
		return ""
	}
	return first[awaits]
}

// foreseenAt is a visit at the time that was decided, as far as letters tell.
func foreseenAt(s *agenda.Setup, b *agenda.Booking, it *agenda.IncidentItem) (*agenda.Booking, error) {
	at := *b
	if it.Start.IsZero() {
		return &at, nil
	}
	c, ok := s.Calendar(it.Calendar)
	if !ok {
		return nil, agenda.ErrConflict
	}
	plan, ok := s.Plan(c, b.Wish(), agenda.Staff)
	if !ok {
		return &at, nil // it will fail, and say so
	}
	at.Calendar, at.Start, at.Date = c.ID, it.Start, agenda.DateOf(it.Start.In(s.Zone()))
	at.End = at.Start.Add(time.Duration(plan.Minutes) * time.Minute)
	at.CancelBy = at.Start.Add(-time.Duration(plan.CancelByMinutes) * time.Minute)
	return &at, nil
}
