package booking

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Figures are what happened in a tenant's calendars on the days from From to To, both
// included: of visits still in the book and of those that are only counted any more.
// A visit counts on its own day, once it was certain; one that was moved, where it was
// moved to.
type Figures struct {
	Setup     *agenda.Setup
	From, To  agenda.Date
	Today     agenda.Date
	Calendars []*agenda.Calendar // those that the person may see figures of
	Total     Numbers
	Calendar  map[string]*Numbers      // by id
	Service   map[string]*Numbers      // a visit for two services counts for both
	Week      map[agenda.Date]*Numbers // by its Monday
	Month     map[agenda.Date]*Numbers // by its first day
	Waiting   map[Place]*Wait
}

// Place is a service at a site.
type Place struct{ Site, Service string }

// Wait says after how many days the third free time was, on the days that were sampled.
type Wait struct {
	Samples int
	Days    int // added up, of the samples that found one
	Beyond  int // samples that found none within the horizon
}

// Numbers are figures of some calendars or services over some time.
type Numbers struct {
	Booked             int64
	Staff              int64 // of those booked, by staff
	WalkIn             int64 // of those, for visitors without appointment
	Cancelled          int64
	CancelledByVisitor int64 // of those cancelled; the others by the office
	Missed             int64
	Served             int64 // or arrived, and not told how it ended
	Offered            int64 // minutes, of all seats
	Claimed            int64 // minutes of them, by visits that were not cancelled
	LeadDays           int64 // between booking and visit, added up over those booked ahead
	InVain             int64 // searches of the public that found nothing free
	Leads              map[int]int64
}

// Open is how many visits nobody has said anything about: they are still to come, or it
// was forgotten.
func (n *Numbers) Open() int64 {
	return n.Booked - n.Cancelled - n.Missed - n.Served
}

// MedianLead is the days between booking and visit that half of the visits have at most;
// false where nothing was booked. Only totals and calendars, weeks and months know it.
func (n *Numbers) MedianLead() (days int, ok bool) {
	var all, sum int64
	for _, k := range n.Leads {
		all += k
	}
	for d := 0; d <= longestLead && all > 0; d++ {
		if sum += n.Leads[d]; 2*sum >= all {
			return d, true
		}
	}
	return 0, false
}

// Add adds figures of something else.
func (n *Numbers) Add(m *Numbers) {
	n.Booked, n.Staff, n.WalkIn = n.Booked+m.Booked, n.Staff+m.Staff, n.WalkIn+m.WalkIn
	n.Cancelled, n.CancelledByVisitor = n.Cancelled+m.Cancelled, n.CancelledByVisitor+m.CancelledByVisitor
	n.Missed, n.Served = n.Missed+m.Missed, n.Served+m.Served
	n.Offered, n.Claimed = n.Offered+m.Offered, n.Claimed+m.Claimed
	n.LeadDays, n.InVain = n.LeadDays+m.LeadDays, n.InVain+m.InVain
	for d, k := range m.Leads {
		n.lead(d, k)
	}
}

func (n *Numbers) lead(days int, amount int64) {
	if n.Leads == nil {
		n.Leads = map[int]int64{}
	}
	n.Leads[days] += amount
}

// note adds one stored figure.
func (n *Numbers) note(name string, amount int64) {
	switch name {
	case figureBooked:
		n.Booked += amount
	case figureStaff:
		n.Staff += amount
	case figureCancelledByVisitor:
		n.CancelledByVisitor += amount
	case figureWalkIn:
		n.WalkIn += amount
	case figureCancelled:
		n.Cancelled += amount
	case figureMissed:
		n.Missed += amount
	case figureServed:
		n.Served += amount
	case figureMinutes:
		n.Claimed += amount
	case figureOffered:
		n.Offered += amount
	case figureLead:
		n.LeadDays += amount
	case figureInVain:
		n.InVain += amount
	default:
		if days, ok := strings.CutPrefix(name, figureLead+" "); ok {
			d, _ := strconv.Atoi(days) // we wrote it
			n.lead(d, amount)
		}
	}
}

// Figures reads the figures of some days, of the calendars in which a person has the
// right to. It fails with agenda.ErrForbidden where there is none, and with Invalid for
// a period that is backwards or longer than the figures that are kept.
func (d *Desk) Figures(ctx context.Context, p *agenda.Person, from, to agenda.Date) (*Figures, error) {
	present, err := d.Present(ctx, p.Tenant)
	if err != nil {
		return nil, err
	}
	s := present.Setup
	f := &Figures{Setup: s, From: from, To: to, Today: agenda.DateOf(present.Now.In(s.Zone())), Calendar: map[string]*Numbers{}, Service: map[string]*Numbers{},
		Week: map[agenda.Date]*Numbers{}, Month: map[agenda.Date]*Numbers{}, Waiting: map[Place]*Wait{}}
	if to < from || int(to-from) > LongestFigures {
		return nil, agenda.Invalid{{Field: "to", Code: "range"}}
	}
	mine := map[string]bool{}
	for i := range s.Calendars {
		if c := &s.Calendars[i]; p.MayIn(agenda.SeeFigures, c) {
			f.Calendars = append(f.Calendars, c)
			mine[c.ID] = true
		}
	}
	if !p.May(agenda.SeeFigures) {
		return nil, agenda.ErrForbidden
	}
	c := &counter{Figures: f, mine: mine, person: p, stored: map[agenda.Date]bool{}, weeks: map[agenda.Date][2]*Numbers{}}
	return f, d.Store.View(ctx, c.read)
}

// LongestFigures is how many days figures can be asked for at once.
const LongestFigures = 800

// counter adds figures up. Rows come by day, so what a day belongs to is kept.
type counter struct {
	*Figures
	mine   map[string]bool
	person *agenda.Person
	stored map[agenda.Date]bool // days whose offer is stored
	live   agenda.Date          // from here on what is offered is worked out
	taken  []store.Figure       // minutes that visits took
	weeks  map[agenda.Date][2]*Numbers
}

// read takes one snapshot: there, a visit is in the book or counted, never both.
func (c *counter) read(tx *store.Tx) error {
	tenant := c.Setup.Tenant.ID
	err := tx.EachFigure(tenant, c.From, c.To, func(f store.Figure) error {
		c.add(f)
		return nil
	})
	if err != nil {
		return err
	}
	begin, _ := agenda.At(c.From, 0, c.Setup.Zone())
	end, _ := agenda.At(c.To+1, 0, c.Setup.Zone())
	err = tx.EachCertain(tenant, begin, end, func(b *store.Certain) error {
		if c.sees(b.Calendar) {
			for _, f := range figuresOf(c.Setup, b) {
				c.add(f)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.offer(tx); err != nil {
		return err
	}
	c.take()
	return tx.EachWaiting(tenant, c.From, c.To, c.wait)
}

// sees reports whether a calendar is within the person's limits, also one that is no
// longer offered.
func (c *counter) sees(calendar string) bool {
	sees, known := c.mine[calendar]
	if !known {
		cal, ok := c.Setup.CalendarOf(calendar)
		if sees = ok && c.person.MayIn(agenda.SeeFigures, cal); sees {
			c.Calendars = append(c.Calendars, cal)
		}
		c.mine[calendar] = sees
	}
	return sees
}

func (c *counter) add(f store.Figure) {
	switch {
	case f.Calendar == "":
		c.general(f)
	case !c.sees(f.Calendar):
	case f.Name == figureMinutes:
		c.taken = append(c.taken, f)
	case f.Service != "":
		of(c.Service, f.Service).note(f.Name, f.Amount)
	default:
		of(c.Calendar, f.Calendar).note(f.Name, f.Amount)
		c.period(f)
	}
}

// period adds to the total, the week and the month.
func (c *counter) period(f store.Figure) {
	c.Total.note(f.Name, f.Amount)
	in, ok := c.weeks[f.Date]
	if !ok {
		y, m, _ := f.Date.Civil()
		in = [2]*Numbers{of(c.Week, f.Date.Monday()), of(c.Month, agenda.MakeDate(y, m, 1))}
		c.weeks[f.Date] = in
	}
	in[0].note(f.Name, f.Amount)
	in[1].note(f.Name, f.Amount)
}

// general adds what belongs to no calendar: searches, for services that one of the
// person's calendars offers; and which days are stored.
func (c *counter) general(f store.Figure) {
	switch f.Name {
	case markOffered:
		c.stored[f.Date] = true
	case figureInVain:
		for _, cal := range c.Setup.Offering(f.Service) {
			if c.mine[cal.ID] {
				of(c.Service, f.Service).note(f.Name, f.Amount)
				c.period(f)
				return
			}
		}
	}
}

// offer works out what is offered on days that are not stored yet: today and later.
func (c *counter) offer(tx *store.Tx) error {
	c.live = c.Today
	if len(c.stored) > 0 {
		c.live = min(c.live, slices.Max(slices.Collect(maps.Keys(c.stored)))+1)
	}
	for _, cal := range c.Calendars {
		list, err := offered(tx, c.Setup, cal, max(c.From, c.live), c.To+1)
		if err != nil {
			return err
		}
		for _, f := range list {
			c.add(f)
		}
	}
	return nil
}

// take adds the minutes that visits took, of the days of which it is known what was
// offered: else there would be more taken than offered.
func (c *counter) take() {
	for _, f := range c.taken {
		if c.stored[f.Date] || f.Date >= c.live {
			of(c.Calendar, f.Calendar).note(f.Name, f.Amount)
			c.period(f)
		}
	}
}

func (c *counter) wait(w store.Waiting) {
	for _, cal := range c.Setup.OfferingAt(w.Service, w.Site) {
		if !c.mine[cal.ID] {
			continue
		}
		at := c.Waiting[Place{w.Site, w.Service}]
		if at == nil {
			at = &Wait{}
			c.Waiting[Place{w.Site, w.Service}] = at
		}
		at.Samples++
		if w.Days < 0 {
			at.Beyond++
		} else {
			at.Days += w.Days
		}
		return
	}
}

func of[K comparable](m map[K]*Numbers, key K) *Numbers {
	n := m[key]
	if n == nil {
		n = &Numbers{}
		m[key] = n
	}
	return n
}

// PersonActs is what somebody of the staff did: how often, by act.
type PersonActs struct {
	Actor string // id
	Acts  map[string]int64
}

// ActsOfStaff counts the journal's entries of some days for each person, where the
// tenant has switched that on; otherwise, and without the right in the whole tenant, it
// fails with agenda.ErrForbidden. The journal reaches back as far as it is kept.
func (d *Desk) ActsOfStaff(ctx context.Context, p *agenda.Person, from, to agenda.Date) (list []PersonActs, err error) {
	present, err := d.Present(ctx, p.Tenant)
	if err != nil {
		return nil, err
	}
	s := present.Setup
	if !s.Figures.PerClerk || !p.MayEverywhere(agenda.SeeFigures) {
		return nil, agenda.ErrForbidden
	}
	begin, _ := agenda.At(from, 0, s.Zone())
	end, _ := agenda.At(to+1, 0, s.Zone())
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		acts, err := tx.ActsBetween(p.Tenant, begin, end)
		for _, a := range acts {
			if a.Actor == ActorVisitor || a.Actor == ActorJob || a.Actor == ActorCLI {
				continue
			}
			if n := len(list); n == 0 || list[n-1].Actor != a.Actor {
				list = append(list, PersonActs{Actor: a.Actor, Acts: map[string]int64{}})
			}
			list[len(list)-1].Acts[a.Act] = a.Amount
		}
		return err
	})
	return list, err
}
