package slots

import (
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// Rule is one of the rules that decide on a start.
type Rule string

// The rules, in the order in which Explain reports them.
const (
	RuleTemplate  Rule = "template"  // hours for visitors with appointment that offer what is wished
	RuleRhythm    Rule = "rhythm"    // weekdays, validity, every n-th week, n-th week of the month
	RuleException Rule = "exception" // single dates that the template leaves out or adds
	RuleClosure   Rule = "closure"   // of the tenant, department, site or calendar
	RuleBusy      Rule = "busy"      // calendars elsewhere; only where the calendar has any
	RuleHoliday   Rule = "holiday"
	RuleLead      Rule = "lead"    // how soon, and never into the past
	RuleHorizon   Rule = "horizon" // how far ahead
	RuleCapacity  Rule = "capacity"
	RuleHold      Rule = "hold" // what takes the last seats is only reserved
)

// Reason says why a rule objects, or what it took into account where it allows.
type Reason string

// The reasons that there are, by the rule that gives them, with the fields of Ruling
// that a sentence needs. In the rulings of template, rhythm and exception Template,
// From and To are set besides, as long as there is a template to judge.
const (
	NoReason Reason = "" // the rule allows, and there is nothing to say

	// RuleTemplate objects.
	NoHours        Reason = "no_hours"         // nothing covers that time of day, on whatever date
	WalkIn         Reason = "walk_in"          // only hours without appointment do (Template, From, To)
	OtherServices  Reason = "other_services"   // not for these (Names: ids)
	OtherModes     Reason = "other_modes"      // for none of those asked for (Names)
	OffRaster      Reason = "off_raster"       // no start (N: minutes between two)
	BeginsTooEarly Reason = "begins_too_early" // the N minutes needed before the visit do not fit in
	EndsTooLate    Reason = "ends_too_late"    // the N minutes of the visit and after it do not fit in

	// RuleRhythm objects; where several would, the first of these.
	OtherWeekday Reason = "other_weekday" // open on others (Names: mo tu we th fr sa su)
	NotYetValid  Reason = "not_yet_valid" // from a later date on (Date)
	NoLonger     Reason = "no_longer"     // to an earlier date (Date)
	WeekBetween  Reason = "week_between"  // every N weeks, counted from that of Date
	OtherWeek    Reason = "other_week"    // in the Nth week of the month; 5: the last

	Excepted Reason = "excepted" // RuleException objects: not on this date (Date)
	AlsoOn   Reason = "also_on"  // RuleException allows: open though it is a holiday (Date)

	Closed         Reason = "closed"          // RuleClosure objects: nothing is left (Closings)
	SeatsWithdrawn Reason = "seats_withdrawn" // RuleClosure allows: N of Of seats are away (Closings)

	BusyElsewhere  Reason = "busy_elsewhere"  // RuleBusy objects: nothing is left (Closings)
	TakenElsewhere Reason = "taken_elsewhere" // RuleBusy allows: N of Of seats are away (Closings)

	PublicHoliday Reason = "public_holiday" // RuleHoliday objects (Holiday)
	HolidayLifted Reason = "holiday_lifted" // RuleHoliday allows: the template opens all the same (Holiday)

	// RuleLead and RuleHorizon object. Where they allow, N and At are the same.
	Past    Reason = "past"     // the start is over (At: the start)
	TooSoon Reason = "too_soon" // N minutes are asked for: it could be booked until At
	TooFar  Reason = "too_far"  // N days are shown: it can be booked from At on

	// RuleCapacity; Load says all of it.
	SeatsFree     Reason = "seats_free"      // allows: N of Of seats that the asker may have
	NoSeats       Reason = "no_seats"        // objects: the template names none
	NoPublicSeats Reason = "no_public_seats" // objects: it has Of, none of them for the public
	Full          Reason = "full"            // objects: N of Of seats are taken
	PublicFull    Reason = "public_full"     // objects: N of the Of seats for the public are taken

	// RuleHold: N seats of the tick are only reserved, the first of the claim until
	// At. It objects, besides capacity, where without them there would be a seat.
	OnlyReserved  Reason = "only_reserved"
	OnlyGivenBack Reason = "only_given_back" // objects: N seats were given back and are offered again from At on
	SomeReserved  Reason = "some_reserved"   // allows
)

// Ruling is what one rule says of a start, whatever the others say: it allows the
// start or objects. Reason tells which of the other fields mean something.
type Ruling struct {
	Rule     Rule
	Allows   bool
	Reason   Reason
	Template string    // id of the template that was judged
	From, To time.Time // its working time on the day, with what adjoins it; the office's zone
	At       time.Time // zero: no such moment
	Date     agenda.Date
	N, Of    int
	Names    []string
	Holiday  agenda.Holiday
	Closings []Closing
	Load     Load
}

// Closing is a closure that bears on the ticks of the claim.
type Closing struct {
	Level    string // tenant, department, site or calendar: where it stands; busy: taken elsewhere
	From, To time.Time
	Seats    int // that it takes; 0: all
	Reason   agenda.Text
}

// Load is how full the claim's fullest tick is, for whom it was asked: the tick
// with the fewest seats free, the first of several.
type Load struct {
	Total, Public      int // seats after closures, and those of them that the public may have
	Taken, TakenPublic int
	Held               int // of Taken, only reserved
	GivenBack          int // of Held, by nobody: they wait to be offered again
	Free               int // for the asker
}

// Explanation of one start. Rulings has one ruling of every rule that there is for the
// calendar, in their order;
// the start is Bookable when all allow it, which is when Check returns nil.
type Explanation struct {
	Start    time.Time
	Date     agenda.Date // the local day
	Bookable bool
	Modes    []string // that the template leaves of the plan's
	Rulings  []Ruling
}

// inquiry is one Explain under way.
type inquiry struct {
	setup   *agenda.Setup
	ask     *Ask
	q       Query
	start   time.Time
	date    agenda.Date
	claims  []agenda.Claim // in the ticks of the claim
	except  int64
	holiday *agenda.Holiday // nil: none
}

// reading is the start as it would be if a template were open.
type reading struct {
	template *agenda.SlotTemplate // nil: none covers the start
	against  agenda.Objection     // of the template to the date
	day      *Day                 // of the templates that would then be open
	open     *Day                 // the same, whatever is taken elsewhere
	bare     *Day                 // the same without closures
	use      Use
	verdict
}

// Explain says of any start whether it could be booked, and what every rule says
// about it, from what Check decides by. Claims are those of the pool's day, or at
// least of the claim's ticks; except is a booking whose own seats count as free
// (0: none). A hold is a claim with an expiry that is still to come.
//
// Template, rhythm and exception are judged for the template at that time of the
// day, open on the date or not, that has the fewest rules against it; the others
// are judged with it taken as open. Where there is none, template says so, rhythm
// and exception have nothing to say, capacity and hold neither.
func Explain(s *agenda.Setup, p agenda.Plan, q Query, claims []agenda.Claim, except int64, start time.Time) Explanation {
	date := agenda.DateOf(start.In(s.Zone()))
	x := &inquiry{setup: s, ask: NewAsk(s, p, q), q: q, start: start, date: date, except: except}
	if h, ok := holidayOn(s, date); ok {
		x.holiday = &h
	}
	from, to := ClaimFor(start, p)
	for _, c := range claims {
		if c.Tick >= from && c.Tick < to {
			x.claims = append(x.claims, c)
		}
	}
	r := x.best()
	e := Explanation{Start: start, Date: date, Bookable: true, Modes: r.modes}
	load, without := x.load(r)
	e.Rulings = []Ruling{x.template(r), x.rhythm(r), x.exception(r), x.closure(r), x.onHoliday(r), x.lead(r), x.horizon(r),
		capacity(load, q.By), hold(load, without, r.use.Until)}
	if len(p.Calendar.Busy) > 0 {
		e.Rulings = slices.Insert(e.Rulings, 4, x.busy(r))
	}
	for i := range e.Rulings {
		e.Bookable = e.Bookable && e.Rulings[i].Allows
	}
	return e
}

// best is the reading with the fewest rules against it: what is open comes first,
// then the order of the set-up.
func (x *inquiry) best() *reading {
	c := x.ask.Plan.Calendar
	open := openOn
	if x.q.WalkIn {
		open = openForWalkIn
	}
	best := x.read(open(x.setup, c, x.date), 0)
	if best.template != nil && best.placed() {
		return best
	}
	for i := range c.SlotTemplates {
		t := &c.SlotTemplates[i]
		against := t.Objections(x.date, x.holiday != nil)
		if t.WalkIn || against == 0 || !x.covers(t) {
			continue
		}
		if r := x.read(x.alike(t, against), against); best.template == nil || r.objections() < best.objections() {
			best = r
		}
	}
	return best
}

// alike are the templates that keep the same rhythm as one, with the same against
// the date: had it been open they would have been, and may adjoin it.
func (x *inquiry) alike(t *agenda.SlotTemplate, against agenda.Objection) (list []*agenda.SlotTemplate) {
	templates := x.ask.Plan.Calendar.SlotTemplates
	for i := range templates {
		o := &templates[i]
		if !o.WalkIn && o.Objections(x.date, x.holiday != nil) == against && sameSet(o.Weekdays, t.Weekdays) &&
			o.ValidFrom == t.ValidFrom && o.ValidTo == t.ValidTo && o.EveryWeeks == t.EveryWeeks && o.WeekOfMonth == t.WeekOfMonth {
			list = append(list, o)
		}
	}
	return list
}

func (x *inquiry) read(open []*agenda.SlotTemplate, against agenda.Objection) *reading {
	r := &reading{against: against}
	if i := slices.IndexFunc(open, x.covers); i >= 0 {
		r.template = open[i]
	}
	c := x.ask.Plan.Calendar
	r.open = layOut(x.setup, c, x.date, open, closuresOver(x.setup, c))
	r.day = r.open.Without(x.q.Busy)
	r.bare = layOut(x.setup, c, x.date, open, [4][]agenda.Closure{})
	r.use = r.day.Use(x.claims, x.q.Now, x.except)
	r.verdict = r.day.judge(r.use, x.ask, x.q.By, x.start)
	return r
}

func (x *inquiry) covers(t *agenda.SlotTemplate) bool {
	from, to := x.hours(t)
	return !x.start.Before(from) && x.start.Before(to)
}

func (x *inquiry) hours(t *agenda.SlotTemplate) (from, to time.Time) {
	from, _ = agenda.At(x.date, t.From, x.setup.Zone())
	to, _ = agenda.At(x.date, t.To, x.setup.Zone())
	return from, to
}

// exceptional are the objections that are not for rhythm.
const exceptional = agenda.Excepted | agenda.OnHoliday

// objections counts the rules that are against the template.
func (r *reading) objections() (n int) {
	for _, against := range []bool{!r.placed(), r.against&^exceptional != 0, r.against&agenda.Excepted != 0, r.against&agenda.OnHoliday != 0} {
		if against {
			n++
		}
	}
	return n
}
