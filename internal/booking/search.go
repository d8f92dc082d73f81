package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/occupancy"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Search asks for free slots. Without calendars and sites it means all that offer
// the wish.
type Search struct {
	Tenant    string
	Wish      agenda.Wish
	Calendars []string
	Sites     []string
	From, To  agenda.Date // both included; at most MaxDays
	By        agenda.Channel
	Person    *agenda.Person  // staff: limits to what they may see
	Own       *agenda.Booking // whose seats count as free: a move
	Link      string          // secret of an invitation link, where the wish needs one
	Asker     string          // who looks, as far as that can be told: looking again counts once; "" is not counted where nothing is free
	Brief     bool            // only the days: no look beyond To for NextFree and NextRelease
	At        store.Present   // the moment that is asked about, where the caller has it from Desk.Present; else now

	link *agenda.ServiceLink // of Link
}

// moved is the visit that is looked for another time; a hold is not one yet.
func (q *Search) moved() *agenda.Booking {
	if q.Own == nil || q.Own.Status == agenda.Held {
		return nil
	}
	return q.Own
}

// MaxDays is the longest search.
const MaxDays = 92

// Why there is no slot in a search, for people.
const (
	WhyFull   = "full"   // open, but all taken
	WhyClosed = "closed" // no opening hours that serve the wish
	WhyWindow = "window" // open, but before the lead or beyond the horizon
)

// Found is the answer to a Search.
type Found struct {
	Setup       *agenda.Setup
	Days        []DaySlots // every day from From to To
	Minutes     int        // the longest duration where calendars differ
	NextFree    time.Time  // the first start after To; zero: none
	NextRelease time.Time  // when the next date with templates enters the horizon; zero: none
	Why         string     // where no day has a slot
	Horizon     agenda.Date
	Calendars   []*agenda.Calendar // that were searched
}

// DaySlots is one day of a Found.
type DaySlots struct {
	Date  agenda.Date
	Slots []agenda.Slot
}

// Empty reports that no day has a slot.
func (f *Found) Empty() bool {
	return !slices.ContainsFunc(f.Days, func(d DaySlots) bool { return len(d.Slots) > 0 })
}

// Availability answers a search with a value for every slot: convenient where there
// are few. It fails as Times does.
func (d *Desk) Availability(ctx context.Context, q Search) (Found, error) {
	t, err := d.Times(ctx, q)
	if err != nil {
		return Found{}, err
	}
	return t.found(), nil
}

// Times answers a search. It fails with what CheckWish refuses, and with Invalid for a
// period that is backwards or too long.
func (d *Desk) Times(ctx context.Context, q Search) (*Times, error) {
	if q.To < q.From || q.To-q.From >= MaxDays || q.From < agenda.MakeDate(2000, time.January, 1) || q.To >= agenda.MakeDate(3000, time.January, 1) {
		return nil, agenda.Invalid{{Field: "to", Code: "range"}}
	}
	l, err := d.newLook(ctx, q)
	if err != nil {
		return nil, err
	}
	defer func() { l.ctx = nil }() // an answer can be kept longer than the request it was for
	t := &Times{Setup: l.setup, From: q.From, To: q.To, Horizon: l.horizon(), look: l}
	for _, p := range l.plans {
		t.Minutes = max(t.Minutes, p.Minutes)
		t.Calendars = append(t.Calendars, p.Calendar)
	}
	if t.rows, err = l.rows(l.plans, max(q.From, l.today), q.To); err != nil {
		return nil, err
	}
	slices.SortStableFunc(t.rows, func(a, b planned) int { return strings.Compare(a.Calendar.ID, b.Calendar.ID) })
	if t.Empty() {
		t.Why = t.why()
	}
	if q.Brief {
		return t, nil
	}
	t.NextRelease = l.nextRelease()
	t.NextFree, err = l.nextFree(q.To + 1)
	if err == nil && t.Why != "" && t.NextFree.IsZero() {
		d.inVain.note(l)
	}
	return t, err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// look is one search under way.
type look struct {
	ctx     context.Context
	memory  *occupancy.Memory
	changes *store.Changes
	present store.Present
	setup   *agenda.Setup
	q       Search
	now     time.Time
	today   agenda.Date
	plans   []*agenda.Plan // one per calendar that could serve the wish
}

func (d *Desk) newLook(ctx context.Context, q Search) (*look, error) {
	present, err := d.present(ctx, &q)
	if err != nil {
		return nil, err
	}
	l := d.lookAt(ctx, present, q)
	return l, l.plan(nil)
}

// present is the moment of a search, and finds its link.
func (d *Desk) present(ctx context.Context, q *Search) (p store.Present, err error) {
	if q.Link != "" {
		if q.link, err = d.Invitation(ctx, q.Tenant, q.Link); err != nil {
			return p, err
		}
	}
	if q.At.Setup != nil && q.At.Setup.Tenant.ID == q.Tenant {
		return q.At, nil
	}
	return d.Store.Present(ctx, q.Tenant)
}

func (d *Desk) lookAt(ctx context.Context, present store.Present, q Search) *look {
	l := &look{ctx: ctx, memory: d.memory(), changes: d.Store.Changes(), present: present, setup: present.Setup, q: q, now: present.Now}
	l.today = agenda.DateOf(l.now.In(l.setup.Zone()))
	return l
}

// plan checks what is asked and finds out who could serve it, of all calendars or of
// those that only says.
func (l *look) plan(only func(*agenda.Calendar) bool) error {
	s, q := l.setup, &l.q
	if q.Person != nil && q.Person.Tenant != q.Tenant {
		return agenda.ErrNotFound
	}
	wishBy, moved := q.By, q.moved()
	if moved != nil {
		q.Wish = moved.Wish() // a move changes nothing else
		wishBy = wideEnough(s, q.Wish, q.By, moved)
		q.link = itself(s, moved)
	}
	if q.Own == nil || q.Own.Channel == agenda.Public {
		if err := s.CheckInvited(q.Wish, q.By, q.link); err != nil {
			return err
		}
	}
	for _, id := range q.Calendars {
		if c, ok := s.Calendar(id); !ok || q.By == agenda.Public && moved == nil && !s.OpenToPublic(c) {
			return agenda.Invalid{{Field: "calendar", Code: "unknown"}}
		}
	}
	for _, id := range q.Sites {
		if site, ok := s.Site(id); !ok || q.By == agenda.Public && !site.Public {
			return agenda.Invalid{{Field: "site", Code: "unknown"}}
		}
	}
	for _, c := range l.candidates() {
		if only != nil && !only(c) || !l.wants(c) {
			continue
		}
		if p, ok := s.Plan(c, q.Wish, wishBy); ok {
			l.plans = append(l.plans, &p)
		}
	}
	return nil
}

// candidates are the calendars that offer the first of what is wished for, in the
// tenant's order; of a county's hundreds only those that were asked for, where that is
// easily told.
func (l *look) candidates() []*agenda.Calendar {
	q := &l.q
	if len(q.Wish.Items) == 0 {
		return nil
	}
	first := q.Wish.Items[0].Service
	switch {
	case len(q.Calendars) == 1:
		c, ok := l.setup.Calendar(q.Calendars[0])
		if !ok {
			return nil
		}
		return []*agenda.Calendar{c}
	case len(q.Sites) == 1:
		return l.setup.OfferingAt(first, q.Sites[0])
	}
	return l.setup.Offering(first)
}

func (l *look) wants(c *agenda.Calendar) bool {
	q, moved := &l.q, l.q.moved()
	return (len(q.Calendars) == 0 || slices.Contains(q.Calendars, c.ID)) &&
		(q.By == agenda.Staff || q.link.Admits(c.ID)) &&
		(len(q.Sites) == 0 || slices.Contains(q.Sites, c.Site)) &&
		(q.By == agenda.Staff || moved == nil && l.setup.OpenToPublic(c) || moved != nil && mayMoveInto(l.setup, moved, c)) &&
		(q.Person == nil || q.Person.MayIn(agenda.SeeBookings, c))
}

// last is the last date on which a plan could have a slot. Staff are not bound by
// the horizon; they see a year.
func (l *look) last(p *agenda.Plan) agenda.Date {
	if l.q.By == agenda.Staff {
		return l.today + 366
	}
	return l.today + agenda.Date(p.HorizonDays)
}

func (l *look) horizon() agenda.Date {
	h := l.today
	for i := range l.plans {
		h = max(h, l.last(l.plans[i]))
	}
	return h
}

// planned is one calendar of a search, day by day.
type planned struct {
	occupancy.Row
	zone    *time.Location
	plan    *agenda.Plan
	ask     *slots.Ask
	public  bool  // asks: lead counts
	seconds int64 // in a tick
}

func (r *planned) slot(at *slots.Levels, s slots.Start) agenda.Slot {
	p := r.plan
	return agenda.Slot{Start: s.Tick.Time(p.Calendar.TickMinutes).In(r.zone), Calendar: p.Calendar.ID, Site: p.Calendar.Site, Minutes: p.Minutes, Modes: at.Day.Modes(*p, s.Stretch), Free: s.Free}
}

// rows tells what is free in the calendars of plans on the days from from to to; none
// where that is backwards.
func (l *look) rows(plans []*agenda.Plan, from, to agenda.Date) ([]planned, error) {
	n := max(0, int(to-from)+1)
	rows, list := make([]occupancy.Row, len(plans)), make([]planned, len(plans))
	all := make([]*slots.Levels, n*len(plans))
	for i := range plans {
		p := plans[i]
		rows[i] = occupancy.Row{Calendar: p.Calendar, From: from, Levels: all[i*n : (i+1)*n]}
		list[i] = planned{rows[i], l.setup.Zone(), p, slots.NewAsk(l.setup, *p, slots.Query{Now: l.now, By: l.q.By}), l.q.By == agenda.Public, int64(p.Calendar.TickMinutes) * 60}
	}
	if err := l.memory.Fill(l.ctx, l.present, l.q.By, rows); err != nil || l.q.Own == nil {
		return list, err
	}
	return list, l.exempt(rows)
}

// exempt counts the own seats of the visit that is moved as free.
func (l *look) exempt(rows []occupancy.Row) (err error) {
	own := l.q.Own
	for _, r := range rows {
		if i := int(own.Date - r.From); r.Calendar.PoolNumber == own.Pool && i >= 0 && i < len(r.Levels) {
			if r.Levels[i], err = l.memory.Without(l.ctx, l.present, r.Calendar, own.Date, l.q.By, own.Number); err != nil {
				return err
			}
		}
	}
	return nil
}
