package slots_test

import (
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// oracle answers by the sentences of the contract whether a wish could start at
// an instant. It walks real time minute by minute and looks at the clock on the
// wall; slow, simple, and sharing nothing with the engine but the words.
type oracle struct {
	setup    *agenda.Setup
	calendar *agenda.Calendar
	wish     agenda.Wish
	by       agenda.Channel
	now      time.Time
	visits   []visit // of every calendar of the pool
	except   int64   // the booking whose own seats count as free

	instants map[wall]time.Time // remembered answers
	opens    map[opening]bool
}

// visit is a booking as the oracle sees it: real time that somebody takes.
type visit struct {
	id       int64
	from, to time.Time
	public   bool
	expires  time.Time
}

type wall struct {
	date   agenda.Date
	minute agenda.Minute
}

type opening struct {
	template *agenda.SlotTemplate
	date     agenda.Date
}

// verdict on a start.
type verdict struct {
	allowed bool // templates, closures, raster and restrictions allow it
	inTime  bool // neither too soon nor too far ahead
	free    int  // seats for the whole length
	modes   []string
}

func (v verdict) offered() bool { return v.allowed && v.inTime && v.free > 0 }

func newOracle(w *world) *oracle {
	return &oracle{setup: w.setup, calendar: w.calendar, wish: w.wish, by: w.by, now: w.now, visits: w.visits, except: w.except,
		instants: map[wall]time.Time{}, opens: map[opening]bool{}}
}

// ask looks at every minute that a visit from start on would take.
func (o *oracle) ask(start time.Time) verdict {
	first := o.templateAt(start)
	if first == nil || !o.onRaster(first, start) {
		return verdict{}
	}
	minutes, offered := o.minutes()
	modes := o.modes(first)
	if !offered || !o.servesAll(first) || len(modes) == 0 {
		return verdict{}
	}
	v := verdict{allowed: true, inTime: o.inTime(start), free: 1 << 30, modes: modes}
	from := start.Add(-time.Duration(o.ticks(o.calendar.BeforeMinutes)) * time.Minute)
	to := start.Add(time.Duration(o.ticks(minutes)+o.ticks(o.calendar.AfterMinutes)) * time.Minute)
	for t := from; t.Before(to); t = t.Add(time.Minute) {
		here := o.templateAt(t)
		if here == nil || o.dateOf(t) != o.dateOf(start) || !o.oneStretch(first, here, o.dateOf(t)) {
			return verdict{}
		}
		total, public := o.seatsAt(here, t)
		if total == 0 {
			return verdict{}
		}
		all, byPublic := o.takenAt(t)
		v.free = min(v.free, max(0, total-all))
		if o.by == agenda.Public {
			v.free = min(v.free, max(0, public-byPublic))
		}
	}
	return v
}

// minutes: "sum over services of minutes + (quantity - 1) x minutesMore".
func (o *oracle) minutes() (sum int, offered bool) {
	for _, item := range o.wish.Items {
		svc := o.service(item)
		i := slices.IndexFunc(o.calendar.Services, func(of agenda.Offer) bool { return of.ID == item.Service })
		if svc == nil || i < 0 {
			return 0, false
		}
		each := svc.Minutes
		if m := o.calendar.Services[i].Minutes; m != 0 {
			each = m
		}
		longest := 0
		for _, question := range svc.Questions {
			for _, option := range question.Options {
				if option.ID != item.Answers[question.ID] {
					continue
				}
				longest = max(longest, option.Minutes)
				if option.Calendars != nil && !slices.Contains(option.Calendars, o.calendar.ID) {
					return 0, false
				}
			}
		}
		if longest != 0 {
			each = longest
		}
		sum += each
		for range item.Quantity - 1 {
			if svc.MinutesMore == -1 {
				sum += each
			} else {
				sum += svc.MinutesMore
			}
		}
	}
	return sum, true
}

func (o *oracle) service(item agenda.Item) *agenda.Service {
	for i := range o.setup.Services {
		if o.setup.Services[i].ID == item.Service {
			return &o.setup.Services[i]
		}
	}
	return nil
}

// ticks rounds minutes up to whole ticks.
func (o *oracle) ticks(minutes int) int {
	for minutes%o.calendar.TickMinutes != 0 {
		minutes++
	}
	return minutes
}

// modes that all services, the template and the asker allow, in the order of the
// first service.
func (o *oracle) modes(tpl *agenda.SlotTemplate) (out []string) {
	for _, mode := range o.service(o.wish.Items[0]).Modes {
		ok := o.wish.Mode == "" || o.wish.Mode == mode
		ok = ok && (len(tpl.Modes) == 0 || slices.Contains(tpl.Modes, mode)) && (mode != agenda.ModeHome || o.by == agenda.Staff)
		for _, item := range o.wish.Items {
			ok = ok && slices.Contains(o.service(item).Modes, mode)
		}
		if ok {
			out = append(out, mode)
		}
	}
	return out
}

func (o *oracle) servesAll(tpl *agenda.SlotTemplate) bool {
	for _, item := range o.wish.Items {
		if len(tpl.Services) > 0 && !slices.Contains(tpl.Services, item.Service) {
			return false
		}
	}
	return true
}

// inTime: "the longest lead and the shortest horizon hold", for the public;
// nobody books into the past.
func (o *oracle) inTime(start time.Time) bool {
	if start.Before(o.now) {
		return false
	}
	if o.by == agenda.Staff {
		return true
	}
	for _, item := range o.wish.Items {
		svc := o.service(item)
		soonest := o.now.Add(time.Duration(svc.LeadMinutes) * time.Minute)
		if start.Before(soonest) || int(o.dateOf(start)-o.dateOf(o.now)) > svc.HorizonDays {
			return false
		}
	}
	return true
}

// templateAt is the bookable template that is open at an instant.
func (o *oracle) templateAt(t time.Time) *agenda.SlotTemplate {
	date := o.dateOf(t)
	for i := range o.calendar.SlotTemplates {
		tpl := &o.calendar.SlotTemplates[i]
		if o.opensOn(tpl, date) && !t.Before(o.instant(date, tpl.From)) && t.Before(o.instant(date, tpl.To)) {
			return tpl
		}
	}
	return nil
}

func (o *oracle) opensOn(tpl *agenda.SlotTemplate, date agenda.Date) bool {
	key := opening{tpl, date}
	if _, known := o.opens[key]; !known {
		o.opens[key] = o.opensOnDate(tpl, date)
	}
	return o.opens[key]
}

func (o *oracle) opensOnDate(tpl *agenda.SlotTemplate, date agenda.Date) bool {
	if tpl.WalkIn || slices.Contains(tpl.Except, date) || !slices.Contains(tpl.Weekdays, weekdayName(date)) {
		return false
	}
	if !tpl.ValidFrom.IsZero() && date < tpl.ValidFrom || !tpl.ValidTo.IsZero() && date > tpl.ValidTo {
		return false
	}
	year, month, day := date.Civil()
	if _, holiday := agenda.HolidayOn(o.setup.Tenant.State, o.setup.Tenant.LocalHolidays, year, int(month), day); holiday && !slices.Contains(tpl.AlsoOn, date) {
		return false
	}
	if tpl.EveryWeeks > 1 {
		weeks := 0
		for d := tpl.ValidFrom + 1; d <= date; d++ {
			if weekdayName(d) == "mo" {
				weeks++
			}
		}
		if weeks%tpl.EveryWeeks != 0 {
			return false
		}
	}
	before, after := 0, 0 // such weekdays in the month
	for d := agenda.MakeDate(year, month, 1); d < agenda.MakeDate(year, month+1, 1); d++ {
		if weekdayName(d) == weekdayName(date) && d < date {
			before++
		}
		if weekdayName(d) == weekdayName(date) && d > date {
			after++
		}
	}
	return tpl.WeekOfMonth == 0 || tpl.WeekOfMonth == 5 && after == 0 || tpl.WeekOfMonth < 5 && tpl.WeekOfMonth == before+1
}

func weekdayName(d agenda.Date) string {
	y, m, day := d.Civil()
	switch time.Date(y, m, day, 12, 0, 0, 0, time.UTC).Weekday() {
	case time.Monday:
		return "mo"
	case time.Tuesday:
		return "tu"
	case time.Wednesday:
		return "we"
	case time.Thursday:
		return "th"
	case time.Friday:
		return "fr"
	case time.Saturday:
		return "sa"
	}
	return "su"
}

// onRaster: "starts lie on the slotMinutes raster from from", by the wall clock;
// of a repeated hour only the first time.
func (o *oracle) onRaster(tpl *agenda.SlotTemplate, start time.Time) bool {
	local := start.In(o.setup.Zone())
	shown := agenda.Minute(local.Hour()*60 + local.Minute())
	return local.Second() == 0 && int(shown-tpl.From)%tpl.SlotMinutes == 0 && o.instant(o.dateOf(start), shown).Equal(start)
}

// oneStretch: "adjoining templates with the same raster and the same
// restrictions count as one stretch".
func (o *oracle) oneStretch(a, b *agenda.SlotTemplate, date agenda.Date) bool {
	chain := []*agenda.SlotTemplate{a}
	for i := 0; i < len(chain); i++ {
		for j := range o.calendar.SlotTemplates {
			next := &o.calendar.SlotTemplates[j]
			touches := chain[i].To == next.From || next.To == chain[i].From
			if touches && o.opensOn(next, date) && alike(chain[i], next) && !slices.Contains(chain, next) {
				chain = append(chain, next)
			}
		}
	}
	return slices.Contains(chain, b)
}

func alike(a, b *agenda.SlotTemplate) bool {
	within := func(x, y []string) bool {
		return !slices.ContainsFunc(x, func(s string) bool { return !slices.Contains(y, s) })
	}
	return a.SlotMinutes == b.SlotMinutes && within(a.Services, b.Services) && within(b.Services, a.Services) && within(a.Modes, b.Modes) && within(b.Modes, a.Modes)
}

// seatsAt are the template's seats less what closures take.
func (o *oracle) seatsAt(tpl *agenda.SlotTemplate, t time.Time) (total, public int) {
	total = tpl.Seats.Total
	levels := [][]agenda.Closure{o.setup.Closures, o.calendar.Closures}
	for _, d := range o.setup.Departments {
		if d.ID == o.calendar.Department {
			levels = append(levels, d.Closures)
		}
	}
	for _, s := range o.setup.Sites {
		if s.ID == o.calendar.Site {
			levels = append(levels, s.Closures)
		}
	}
	for _, c := range slices.Concat(levels...) {
		switch {
		case !o.during(c, t):
		case c.Seats == 0:
			return 0, 0
		default:
			total = max(0, total-c.Seats)
		}
	}
	if tpl.Seats.Public == -1 {
		return total, total
	}
	return total, min(tpl.Seats.Public, total)
}

// during: "an end without a time includes that day, with a time it ends at that
// instant".
func (o *oracle) during(c agenda.Closure, t time.Time) bool {
	begun, over := o.dateOf(t) >= c.From.Date, o.dateOf(t) > c.To.Date
	if c.From.Timed {
		begun = !t.Before(o.instant(c.From.Date, c.From.Minute))
	}
	if c.To.Timed {
		over = !t.Before(o.instant(c.To.Date, c.To.Minute))
	}
	return begun && !over
}

func (o *oracle) takenAt(t time.Time) (all, public int) {
	for _, v := range o.visits {
		expired := !v.expires.IsZero() && !o.now.Before(v.expires)
		waits := v.id < 0 // nobody's: given back, and not offered to the public yet
		if expired || waits && o.by == agenda.Staff || v.id == o.except || t.Before(v.from) || !t.Before(v.to) {
			continue
		}
		all++
		if v.public {
			public++
		}
	}
	return all, public
}

func (o *oracle) dateOf(t time.Time) agenda.Date { return dateOf(t, o.setup.Zone()) }

func dateOf(t time.Time, zone *time.Location) agenda.Date {
	y, m, d := t.In(zone).Date()
	return agenda.MakeDate(y, m, d)
}

// instant is the first moment of real time at which the wall shows a time of a
// day, or has jumped over it.
func (o *oracle) instant(d agenda.Date, m agenda.Minute) time.Time {
	key := wall{d, m}
	if t, known := o.instants[key]; known {
		return t
	}
	o.instants[key] = firstInstant(d, m, o.setup.Zone())
	return o.instants[key]
}

func firstInstant(d agenda.Date, m agenda.Minute, zone *time.Location) time.Time {
	y, mo, day := d.Civil()
	want := time.Date(y, mo, day, 0, int(m), 0, 0, time.UTC)
	for t := want.Add(-15 * time.Hour); ; t = t.Add(time.Minute) {
		l := t.In(zone)
		if shown := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC); !shown.Before(want) {
			return t
		}
	}
}
