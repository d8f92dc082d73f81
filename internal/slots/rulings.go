package slots

import (
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// about is a ruling on the template of a reading.
func (x *inquiry) about(rule Rule, r *reading) Ruling {
	out := Ruling{Rule: rule, Allows: true}
	if r.template == nil {
		return out
	}
	out.Template = r.template.ID
	out.From, out.To = x.hours(r.template)
	if st := r.stretch; st != nil {
		out.From, out.To = x.instant(r.day.base+agenda.Tick(st.from)), x.instant(r.day.base+agenda.Tick(st.to))
	}
	return out
}

func (x *inquiry) instant(k agenda.Tick) time.Time {
	return k.Time(x.ask.Plan.Calendar.TickMinutes).In(x.setup.Zone())
}

// objects is the ruling with an objection.
func (r Ruling) objects(why Reason) Ruling {
	r.Allows, r.Reason = false, why
	return r
}

func (x *inquiry) template(r *reading) Ruling {
	out, p := x.about(RuleTemplate, r), &x.ask.Plan
	if r.template == nil || r.stretch == nil {
		return x.noTemplate(out)
	}
	switch st := r.stretch; {
	case r.placed():
	case len(st.of.Lacks(p.Services)) > 0:
		out = out.objects(OtherServices)
		out.Names = st.of.Lacks(p.Services)
	case !r.serves:
		out = out.objects(OtherModes)
		out.Names = p.Modes
	case !r.onRaster:
		out = out.objects(OffRaster)
		out.N = r.template.SlotMinutes
	case !r.begins:
		out = out.objects(BeginsTooEarly)
		out.N = p.Before
	default:
		out = out.objects(EndsTooLate)
		out.N = p.Minutes + p.After
	}
	return out
}

// noTemplate names the hours without appointment, where those are what there is.
func (x *inquiry) noTemplate(out Ruling) Ruling {
	templates := x.ask.Plan.Calendar.SlotTemplates
	for i := range templates {
		if t := &templates[i]; t.WalkIn && t.Objections(x.date, x.holiday != nil) == 0 && x.covers(t) {
			out.Template = t.ID
			out.From, out.To = x.hours(t)
			return out.objects(WalkIn)
		}
	}
	return out.objects(NoHours)
}

func (x *inquiry) rhythm(r *reading) Ruling {
	out, t := x.about(RuleRhythm, r), r.template
	switch {
	case r.against&agenda.OtherWeekday != 0:
		out = out.objects(OtherWeekday)
		out.Names = t.Weekdays
	case r.against&agenda.NotYetValid != 0:
		out = out.objects(NotYetValid)
		out.Date = t.ValidFrom
	case r.against&agenda.NoLongerValid != 0:
		out = out.objects(NoLonger)
		out.Date = t.ValidTo
	case r.against&agenda.OtherWeek != 0:
		out = out.objects(WeekBetween)
		out.N, out.Date = t.EveryWeeks, t.ValidFrom
	case r.against&agenda.OtherWeekOfMonth != 0:
		out = out.objects(OtherWeek)
		out.N = t.WeekOfMonth
	}
	return out
}

func (x *inquiry) exception(r *reading) Ruling {
	out := x.about(RuleException, r)
	switch {
	case r.against&agenda.Excepted != 0:
		out = out.objects(Excepted)
		out.Date = x.date
	case x.liftedBy(r):
		out.Reason, out.Date = AlsoOn, x.date
	}
	return out
}

// liftedBy reports that it is a holiday on which the template opens all the same.
func (x *inquiry) liftedBy(r *reading) bool {
	return x.holiday != nil && r.template != nil && r.against&agenda.OnHoliday == 0
}

func (x *inquiry) onHoliday(r *reading) Ruling {
	out := Ruling{Rule: RuleHoliday, Allows: true}
	if x.holiday == nil {
		return out
	}
	out.Holiday = *x.holiday
	if x.liftedBy(r) {
		out.Reason = HolidayLifted
		return out
	}
	return out.objects(PublicHoliday)
}

func (x *inquiry) closure(r *reading) Ruling {
	out := Ruling{Rule: RuleClosure, Allows: true}
	for i, level := range closuresOver(x.setup, x.ask.Plan.Calendar) {
		for j := range level {
			c := &level[j]
			a, b := r.day.closedBy(c)
			if max(a, r.from) >= min(b, r.to) {
				continue
			}
			from, to := c.Interval(x.setup.Zone())
			out.Closings = append(out.Closings, Closing{Level: closureLevels()[i], From: from, To: to, Seats: c.Seats, Reason: c.Reason})
		}
	}
	shut := slices.ContainsFunc(out.Closings, func(c Closing) bool { return c.Seats == 0 })
	for k := r.from; k < r.to; k++ {
		was, left := r.bare.Seats(k).Total, r.open.Seats(k).Total
		shut = shut || was > 0 && left == 0
		if was-left > out.N {
			out.Reason, out.N, out.Of = SeatsWithdrawn, was-left, was
		}
	}
	if shut {
		out.N, out.Of = 0, 0
		return out.objects(Closed)
	}
	return out
}

func (x *inquiry) lead(r *reading) Ruling {
	out := Ruling{Rule: RuleLead, Allows: !r.tooSoon, At: x.start}
	if x.q.By == agenda.Public {
		out.N = x.ask.Plan.LeadMinutes
		out.At = x.start.Add(-time.Duration(out.N) * time.Minute)
	}
	switch {
	case r.tooSoon && (x.q.By == agenda.Staff || x.start.Before(x.q.Now)):
		out.Reason, out.At = Past, x.start
	case r.tooSoon:
		out.Reason = TooSoon
	}
	return out
}

func (x *inquiry) horizon(r *reading) Ruling {
	out := Ruling{Rule: RuleHorizon, Allows: !r.beyond}
	if x.q.By == agenda.Public {
		out.N = x.ask.Plan.HorizonDays
		out.At, _ = agenda.At(x.date-agenda.Date(out.N), 0, x.setup.Zone())
	}
	if r.beyond {
		out.Reason = TooFar
	}
	return out
}

// load finds the fullest tick of the claim within the template's hours, and how many
// seats were free all along without what is only reserved. What a closure shuts is
// its own business: there the seats of the template count. nil: there are no hours.
func (x *inquiry) load(r *reading) (fullest *Load, without int) {
	if r.stretch == nil {
		return nil, 0
	}
	certain := r.day.Use(slices.DeleteFunc(slices.Clone(x.claims), func(c agenda.Claim) bool { return !c.Expires.IsZero() }), x.q.Now, x.except)
	first, end := r.day.base+agenda.Tick(r.stretch.from), r.day.base+agenda.Tick(r.stretch.to)
	for k := max(first, r.from); k < min(end, r.to); k++ {
		s := r.day.Seats(k)
		if s.Total == 0 {
			s = r.bare.Seats(k)
		}
		all, public := r.use.Taken(k, x.q.By)
		sure, surePublic := certain.Taken(k, x.q.By)
		ours, _ := r.use.Taken(k, agenda.Staff)
		l := Load{Total: s.Total, Public: s.Public, Taken: all, TakenPublic: public, Held: all - sure, GivenBack: all - ours, Free: s.free(all, public, x.q.By)}
		other := s.free(sure, surePublic, x.q.By)
		if fullest == nil {
			fullest, without = &l, other
		}
		if without = min(without, other); l.Free < fullest.Free {
			fullest = &l
		}
	}
	return fullest, without
}

func capacity(l *Load, by agenda.Channel) Ruling {
	out := Ruling{Rule: RuleCapacity, Allows: true}
	if l == nil {
		return out
	}
	out.Load = *l
	switch {
	case l.Free > 0:
		out.Reason, out.N, out.Of = SeatsFree, l.Free, l.Total
		if by == agenda.Public {
			out.Of = l.Public
		}
	case l.Total == 0:
		out = out.objects(NoSeats)
	case by == agenda.Public && l.Public == 0:
		out = out.objects(NoPublicSeats)
		out.Of = l.Total
	case l.Taken >= l.Total:
		out = out.objects(Full)
		out.N, out.Of = l.Taken, l.Total
	default:
		out = out.objects(PublicFull)
		out.N, out.Of = l.TakenPublic, l.Public
	}
	return out
}

func hold(l *Load, without int, until time.Time) Ruling {
	out := Ruling{Rule: RuleHold, Allows: true}
	if l == nil {
		return out
	}
	out.Load, out.N, out.At = *l, l.Held, until
	switch {
	case l.Free == 0 && without > 0 && l.GivenBack > 0:
		out = out.objects(OnlyGivenBack)
		out.N = l.GivenBack
	case l.Free == 0 && without > 0:
		out = out.objects(OnlyReserved)
	case l.Held > 0:
		out.Reason = SomeReserved
	}
	return out
}
