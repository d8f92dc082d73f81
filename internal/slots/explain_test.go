package slots_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

func allRules() []slots.Rule {
	return []slots.Rule{slots.RuleTemplate, slots.RuleRhythm, slots.RuleException, slots.RuleClosure, slots.RuleHoliday,
		slots.RuleLead, slots.RuleHorizon, slots.RuleCapacity, slots.RuleHold}
}

// ruling gives that of one rule.
func ruling(e slots.Explanation, rule slots.Rule) slots.Ruling {
	return e.Rulings[slices.Index(allRules(), rule)]
}

// objections lists the rules that object.
func objections(e slots.Explanation) (list []slots.Rule) {
	for _, r := range e.Rulings {
		if !r.Allows {
			list = append(list, r.Rule)
		}
	}
	return list
}

func (w *world) explain(start time.Time) slots.Explanation {
	p, _ := w.setup.Plan(w.calendar, w.wish, w.by)
	return slots.Explain(w.setup, p, slots.Query{Now: w.now, By: w.by}, w.claims(), w.except, start)
}

// TestLawExplainIsCheck: all rules allow a start exactly where it can be booked, and
// the time limits and the closures object where the oracle says so.
func TestLawExplainIsCheck(t *testing.T) {
	met := map[slots.Rule]int{}
	rapid.Check(t, func(t *rapid.T) {
		d := dice{t}
		w := anyWorld(t)
		if d.often(20) {
			w = crowdedWorld(t)
		}
		p, ok := w.setup.Plan(w.calendar, w.wish, w.by)
		if !ok {
			return
		}
		day, use := w.compile()
		var asked []time.Time
		for start := range day.Raster() {
			asked = append(asked, start, start.Add(time.Duration(d.n(-30, 30))*time.Minute), start.Add(time.Second))
		}
		for range 10 {
			asked = append(asked, pick(d, w.minutes()...))
		}
		o := newOracle(w)
		offers := starts(w)
		for _, at := range asked {
			if agenda.DateOf(at.In(w.setup.Zone())) != w.date {
				continue
			}
			modes, _, err := slots.Check(day, use, p, slots.Query{Now: w.now, By: w.by}, at, false)
			e := w.explain(at)
			if e.Bookable != (err == nil) || e.Bookable != (len(objections(e)) == 0) || err == nil && !slices.Equal(e.Modes, modes) {
				t.Fatalf("%v: got %+v, want bookable: %v\n%v", at, e, err == nil, w)
			}
			for i, r := range e.Rulings {
				if r.Rule != allRules()[i] || !r.Allows && r.Reason == slots.NoReason {
					t.Fatalf("%v: got %+v\n%v", at, e.Rulings, w)
				}
				if !r.Allows {
					met[r.Rule]++
				}
			}
			if err == nil && ruling(e, slots.RuleCapacity).Load.Free != offers[at.Unix()].Free {
				t.Fatalf("%v: got %+v, want %d free\n%v", at, e, offers[at.Unix()].Free, w)
			}
			if at.Second() == 0 && o.inTime(at) != (ruling(e, slots.RuleLead).Allows && ruling(e, slots.RuleHorizon).Allows) {
				t.Fatalf("%v: got %+v, want in time: %v\n%v", at, e, o.inTime(at), w)
			}
		}
	})
	for _, rule := range allRules() {
		if met[rule] == 0 {
			t.Errorf("%s never objected", rule)
		}
	}
}

// TestLawEveryCauseIsNamed: whatever takes away a start that could be booked, the
// rule that it belongs to objects.
func TestLawEveryCauseIsNamed(t *testing.T) {
	met := map[slots.Rule]int{}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 { // many offer nothing that could be taken away
			w := anyWorld(t)
			offers := w.offers()
			if len(offers) == 0 {
				continue
			}
			d := dice{t}
			start := pick(d, offers...).Start
			if e := w.explain(start); !e.Bookable {
				t.Fatalf("%v is offered: %+v\n%v", start, e, w)
			}
			rule := pick(d, allRules()...)
			if !w.spoil(d, rule, start) {
				continue
			}
			met[rule]++
			if e := w.explain(start); e.Bookable || ruling(e, rule).Allows {
				t.Fatalf("%v after %s: got %+v\n%v", start, rule, e, w)
			}
		}
	})
	for _, rule := range allRules() {
		if met[rule] == 0 && rule != slots.RuleHoliday { // few days are one; each cause has a case of its own elsewhere, too
			t.Errorf("%s was not tried: %v", rule, met)
		}
	}
}

// spoil takes a start away by a rule; false where the world has no such cause.
func (w *world) spoil(d dice, rule slots.Rule, start time.Time) bool {
	templates := w.calendar.SlotTemplates
	switch rule {
	case slots.RuleTemplate:
		w.calendar.SlotTemplates = nil
	case slots.RuleRhythm:
		for i := range templates {
			templates[i].Weekdays = slices.DeleteFunc(slices.Clone(templates[i].Weekdays), func(s string) bool { return s == weekdayName(w.date) })
		}
	case slots.RuleException:
		for i := range templates {
			templates[i].Except = append(templates[i].Except, w.date)
		}
	case slots.RuleClosure:
		list := pick(d, w.closureLists()...)
		*list = append(*list, agenda.Closure{From: agenda.Moment{Date: w.date}, To: agenda.Moment{Date: w.date}})
	case slots.RuleHoliday:
		y, m, day := w.date.Civil()
		for i := range templates {
			templates[i].AlsoOn = nil
		}
		_, holiday := agenda.HolidayOn(w.setup.Tenant.State, w.setup.Tenant.LocalHolidays, y, int(m), day)
		return holiday
	case slots.RuleLead:
		w.now = start.Add(time.Nanosecond)
	case slots.RuleHorizon:
		w.now = start.AddDate(0, 0, -100)
		return w.by == agenda.Public
	case slots.RuleCapacity, slots.RuleHold:
		if rule == slots.RuleHold {
			w.visits, w.except = nil, 0 // what else is taken is certain for nobody
		}
		p, _ := w.setup.Plan(w.calendar, w.wish, w.by)
		from, to := slots.ClaimFor(start, p)
		for range 5 {
			v := visit{id: int64(5000 + len(w.visits)), from: from.Time(w.calendar.TickMinutes), to: to.Time(w.calendar.TickMinutes)}
			if rule == slots.RuleHold {
				v.expires = w.now.Add(time.Minute)
			}
			w.visits = append(w.visits, v)
		}
	}
	return true
}

func (o *office) explain(start string) slots.Explanation {
	o.t.Helper()
	return slots.Explain(o.Setup, o.plan(1), slots.Query{Now: instant(o.t, o.now), By: o.by}, o.claims, 0, instant(o.t, start))
}

// TestOneCauseOneRuling: with a single thing in the way one rule objects, and says
// what a sentence about it needs.
func TestOneCauseOneRuling(t *testing.T) {
	const start = "2026-07-01T08:30:00+02:00" // a Wednesday
	at := instant(t, start)
	expires := at.Add(-time.Hour)
	for _, c := range []struct {
		what  string
		spoil func(o *office, tpl *agenda.SlotTemplate)
		want  slots.Ruling // with the fields that count
	}{
		{"no hours", func(o *office, tpl *agenda.SlotTemplate) { tpl.From = clock("09:00") }, slots.Ruling{Rule: slots.RuleTemplate, Reason: slots.NoHours}},
		{"without appointment", func(o *office, tpl *agenda.SlotTemplate) { tpl.WalkIn = true }, slots.Ruling{Rule: slots.RuleTemplate, Reason: slots.WalkIn, Template: "08:00"}},
		{"raster", func(o *office, tpl *agenda.SlotTemplate) { tpl.SlotMinutes = 20 }, slots.Ruling{Rule: slots.RuleTemplate, Reason: slots.OffRaster, Template: "08:00", N: 20}},
		{"before", func(o *office, tpl *agenda.SlotTemplate) { o.calendar.BeforeMinutes = 35 }, slots.Ruling{Rule: slots.RuleTemplate, Reason: slots.BeginsTooEarly, Template: "08:00", N: 35}},
		{"too long", func(o *office, tpl *agenda.SlotTemplate) { o.service.Minutes, o.calendar.AfterMinutes = 300, 5 }, slots.Ruling{Rule: slots.RuleTemplate, Reason: slots.EndsTooLate, Template: "08:00", N: 305}},
		{"services", func(o *office, tpl *agenda.SlotTemplate) { tpl.Services = []string{"pass"} }, slots.Ruling{Rule: slots.RuleTemplate, Reason: slots.OtherServices, Template: "08:00", Names: []string{"ausweis"}}},
		{"modes", func(o *office, tpl *agenda.SlotTemplate) { tpl.Modes = []string{agenda.ModePhone} }, slots.Ruling{Rule: slots.RuleTemplate, Reason: slots.OtherModes, Template: "08:00", Names: []string{agenda.ModeOnsite}}},
		{"weekday", func(o *office, tpl *agenda.SlotTemplate) { tpl.Weekdays = []string{"mo"} }, slots.Ruling{Rule: slots.RuleRhythm, Reason: slots.OtherWeekday, Template: "08:00", Names: []string{"mo"}}},
		{"not yet", func(o *office, tpl *agenda.SlotTemplate) { tpl.ValidFrom = day("2026-07-02") }, slots.Ruling{Rule: slots.RuleRhythm, Reason: slots.NotYetValid, Template: "08:00", Date: day("2026-07-02")}},
		{"no longer", func(o *office, tpl *agenda.SlotTemplate) { tpl.ValidTo = day("2026-06-30") }, slots.Ruling{Rule: slots.RuleRhythm, Reason: slots.NoLonger, Template: "08:00", Date: day("2026-06-30")}},
		{"every second week", func(o *office, tpl *agenda.SlotTemplate) { tpl.EveryWeeks, tpl.ValidFrom = 2, day("2026-06-24") }, slots.Ruling{Rule: slots.RuleRhythm, Reason: slots.WeekBetween, Template: "08:00", N: 2, Date: day("2026-06-24")}},
		{"week of the month", func(o *office, tpl *agenda.SlotTemplate) { tpl.WeekOfMonth = 5 }, slots.Ruling{Rule: slots.RuleRhythm, Reason: slots.OtherWeek, Template: "08:00", N: 5}},
		{"except", func(o *office, tpl *agenda.SlotTemplate) { tpl.Except = []agenda.Date{day("2026-07-01")} }, slots.Ruling{Rule: slots.RuleException, Reason: slots.Excepted, Template: "08:00", Date: day("2026-07-01")}},
		{"closure", func(o *office, tpl *agenda.SlotTemplate) {
			o.Sites[0].Closures = []agenda.Closure{closure("2026-06-30", "2026-07-01T08:35", 0)}
		}, slots.Ruling{Rule: slots.RuleClosure, Reason: slots.Closed, Closings: []slots.Closing{{Level: "site", From: instant(t, "2026-06-30T00:00:00+02:00"), To: instant(t, "2026-07-01T08:35:00+02:00")}}}},
		{"closures of all seats", func(o *office, tpl *agenda.SlotTemplate) {
			o.calendar.Closures = []agenda.Closure{closure("2026-07-01", "2026-07-01", 1), closure("2026-07-01T08:00", "2026-07-01T09:00", 1), closure("2026-07-02", "2026-07-02", 1)}
		}, slots.Ruling{Rule: slots.RuleClosure, Reason: slots.Closed, Closings: []slots.Closing{
			{Level: "calendar", From: instant(t, "2026-07-01T00:00:00+02:00"), To: instant(t, "2026-07-02T00:00:00+02:00"), Seats: 1},
			{Level: "calendar", From: instant(t, "2026-07-01T08:00:00+02:00"), To: instant(t, "2026-07-01T09:00:00+02:00"), Seats: 1}}}},
		{"lead", func(o *office, tpl *agenda.SlotTemplate) {
			o.now, o.service.LeadMinutes = "2026-07-01T07:30:01+02:00", 60
		}, slots.Ruling{Rule: slots.RuleLead, Reason: slots.TooSoon, N: 60, At: at.Add(-time.Hour)}},
		{"past", func(o *office, tpl *agenda.SlotTemplate) { o.now, o.by = "2026-07-01T08:30:01+02:00", agenda.Staff }, slots.Ruling{Rule: slots.RuleLead, Reason: slots.Past, At: at}},
		{"horizon", func(o *office, tpl *agenda.SlotTemplate) { o.service.HorizonDays = 14 }, slots.Ruling{Rule: slots.RuleHorizon, Reason: slots.TooFar, N: 14, At: instant(t, "2026-06-17T00:00:00+02:00")}},
		{"full", func(o *office, tpl *agenda.SlotTemplate) { o.claim(start, 1, false); o.claim(start, 2, false) }, slots.Ruling{Rule: slots.RuleCapacity, Reason: slots.Full, N: 2, Of: 2, Load: slots.Load{Total: 2, Public: 2, Taken: 2}}},
		{"full for the public", func(o *office, tpl *agenda.SlotTemplate) { tpl.Seats.Public = 1; o.claim(start, 1, true) }, slots.Ruling{Rule: slots.RuleCapacity, Reason: slots.PublicFull, N: 1, Of: 1, Load: slots.Load{Total: 2, Public: 1, Taken: 1, TakenPublic: 1}}},
		{"no seats", func(o *office, tpl *agenda.SlotTemplate) { tpl.Seats.Total = 0 }, slots.Ruling{Rule: slots.RuleCapacity, Reason: slots.NoSeats}},
		{"none for the public", func(o *office, tpl *agenda.SlotTemplate) { tpl.Seats.Public = 0 }, slots.Ruling{Rule: slots.RuleCapacity, Reason: slots.NoPublicSeats, Of: 2, Load: slots.Load{Total: 2}}},
		{"reserved", func(o *office, tpl *agenda.SlotTemplate) {
			o.claim(start, 2, true)
			o.claim(start, 2, true)
			o.claims[2].Expires, o.claims[3].Expires = expires.Add(time.Minute), expires
		}, slots.Ruling{Rule: slots.RuleHold, Reason: slots.OnlyReserved, N: 1, At: expires, Load: slots.Load{Total: 2, Public: 2, Taken: 2, TakenPublic: 2, Held: 1}}},
	} {
		o := newOffice(t, hours("08:00", "12:00", 10, 2))
		if e := o.explain(start); !e.Bookable {
			t.Fatalf("before: got %+v", e)
		}
		c.spoil(o, &o.calendar.SlotTemplates[0])
		e := o.explain(start)
		got := ruling(e, c.want.Rule)
		if others := slices.DeleteFunc(objections(e), func(r slots.Rule) bool { return r == c.want.Rule }); len(others) > 0 && got.Reason != slots.OnlyReserved { // a full slot is full, whatever fills it
			t.Errorf("%s: %v object besides", c.what, others)
		}
		checkRuling(t, c.what, got, c.want)
	}
}

func checkRuling(t *testing.T, what string, got, want slots.Ruling) {
	t.Helper()
	sameClosing := func(a, b slots.Closing) bool {
		return a.Level == b.Level && a.From.Equal(b.From) && a.To.Equal(b.To) && a.Seats == b.Seats
	}
	if got.Allows != want.Allows || got.Reason != want.Reason || got.Template != want.Template || !got.At.Equal(want.At) || got.Date != want.Date || got.N != want.N || got.Of != want.Of ||
		!slices.Equal(got.Names, want.Names) || got.Load != want.Load || !slices.EqualFunc(got.Closings, want.Closings, sameClosing) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func TestHolidaysAreExplained(t *testing.T) {
	const start = "2026-10-31T08:30:00+01:00" // Reformation Day, a Saturday
	o := newOffice(t, hours("08:00", "12:00", 10, 2))
	e := o.explain(start)
	if got := ruling(e, slots.RuleHoliday); got.Reason != slots.PublicHoliday || got.Holiday.ID != "reformationstag" || !slices.Equal(objections(e), []slots.Rule{slots.RuleHoliday}) {
		t.Errorf("got %+v", e)
	}
	o.calendar.SlotTemplates[0].AlsoOn = []agenda.Date{day("2026-10-31")}
	e = o.explain(start)
	if !e.Bookable || ruling(e, slots.RuleHoliday).Reason != slots.HolidayLifted || ruling(e, slots.RuleException).Reason != slots.AlsoOn {
		t.Errorf("lifted: got %+v", e)
	}
}

// TestTheBestTemplateIsJudged: of several that could have covered the start, the one
// with the least against it; and what allows says what it counted.
func TestTheBestTemplateIsJudged(t *testing.T) {
	worse, better := hours("08:00", "12:00", 15, 2), hours("08:00", "12:00", 10, 2)
	worse.ID, worse.Weekdays, better.ID, better.Weekdays = "worse", []string{"mo"}, "better", []string{"tu"}
	o := newOffice(t, worse, better)
	e := o.explain("2026-07-01T08:20:00+02:00")
	if got := ruling(e, slots.RuleRhythm); got.Template != "better" || !slices.Equal(objections(e), []slots.Rule{slots.RuleRhythm}) {
		t.Errorf("got %+v", e)
	}
	o.calendar.SlotTemplates[1].Weekdays = []string{"we"}
	o.calendar.Closures = []agenda.Closure{closure("2026-07-01", "2026-07-01", 1)}
	e = o.explain("2026-07-01T08:20:00+02:00")
	if got := ruling(e, slots.RuleClosure); !e.Bookable || got.Reason != slots.SeatsWithdrawn || got.N != 1 || got.Of != 2 {
		t.Errorf("got %+v", e)
	}
	if got := ruling(e, slots.RuleCapacity); got.Reason != slots.SeatsFree || got.N != 1 || got.Of != 1 {
		t.Errorf("got %+v", got)
	}
	if got := ruling(e, slots.RuleTemplate); !got.From.Equal(instant(t, "2026-07-01T08:00:00+02:00")) || !got.To.Equal(instant(t, "2026-07-01T12:00:00+02:00")) {
		t.Errorf("got %+v", got)
	}
}

// TestAtNight: outside of all hours the rules that need a template are silent.
func TestAtNight(t *testing.T) {
	o := newOffice(t, hours("08:00", "12:00", 10, 2))
	o.claim("2026-07-01T03:00:00+02:00", 2, true)
	e := o.explain("2026-07-01T03:00:00+02:00")
	if !slices.Equal(objections(e), []slots.Rule{slots.RuleTemplate}) || ruling(e, slots.RuleTemplate).Reason != slots.NoHours {
		t.Errorf("got %+v", e)
	}
	o.Closures = []agenda.Closure{closure("2026-07-01", "2026-07-01", 0)}
	o.now = "2026-07-02T00:00:00+02:00"
	e = o.explain("2026-07-01T03:00:00+02:00")
	if want := []slots.Rule{slots.RuleTemplate, slots.RuleClosure, slots.RuleLead}; !slices.Equal(objections(e), want) {
		t.Errorf("got %+v, want %v", e, want)
	}
}
