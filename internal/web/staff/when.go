package staff

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// when are the times to choose from: the earliest is chosen already.
type when struct {
	Days             []whenDay
	Empty            string // why there is none; "": there are some
	Day, Clock, Over page.Field
	Other            bool   // the fields for any other time are unfolded
	Exceeds          string // by how much the chosen time exceeds the seats; "": it does not
	Why              string // address of the page that says why a time is missing or was refused; "": none
	Rules            bool   // one was refused: it names all rules
}

// whenDay is a day with its times; All is the address of all its times where not all
// are shown.
type whenDay struct {
	Date  agenda.Date
	Times []whenTime
	All   string
}

// whenTime is one time, a radio button.
type whenTime struct {
	ID, Value string
	Start     time.Time
	Site      agenda.Text // where there are several
	Checked   bool
	First     bool // the earliest there is
	Taken     bool // it was asked for and refused
}

// How many times are shown: enough to read out, not so many that one has to search.
const (
	daysOffered  = 4
	firstOffered = 6
	thenOffered  = 4
	dayOffered   = 60 // of a day that was asked for
)

// suggest fills the page from the services on: questions first where they must be answered,
// then times and the form for who comes. refused is a time that was just refused.
func (o *Office) suggest(q *office.Request, p *newPage, x *order, refused *booking.Request) error {
	serving := x.serving()
	x.several = slices.ContainsFunc(serving, func(c *agenda.Calendar) bool { return c.Site != serving[0].Site })
	p.describe(x)
	if !x.ready() {
		p.focusMissing(x)
		return nil
	}
	if len(serving) == 0 {
		x.form.Fail("", "staff.error.nowhere")
		return nil
	}
	p.where(x)
	target, timed, err := o.target(q, x, serving)
	if err != nil {
		return err
	}
	if p.When, err = o.when(q, x, serving, refused); err != nil {
		return err
	}
	if timed {
		p.When.choose(q, x, target, refused != nil)
	}
	p.When.number()
	if refused != nil || target.Overbook {
		if p.When.Exceeds, err = o.exceeds(q, x, target); err != nil {
			return err
		}
	}
	p.When.Other = p.When.Other || len(p.When.Days) == 0
	o.askWho(p, x, serving)
	return nil
}

// focusMissing puts the cursor where an answer is needed before times can be shown.
func (p *newPage) focusMissing(x *order) {
	for i := range p.Chosen {
		for j := range p.Chosen[i].Fields {
			if f := &p.Chosen[i].Fields[j]; f.Required && f.Choices != nil && f.Value == "" {
				f.Focus = true
				return
			}
		}
	}
}

// where are the fields that limit the times.
func (p *newPage) where(x *order) {
	var sites []page.Choice
	var able []*agenda.Calendar
	for _, c := range x.mine {
		if _, ok := x.setup.Plan(c, x.sought(), agenda.Staff); !ok {
			continue
		}
		able = append(able, c)
		site, ok := x.setup.SiteOf(c.Site)
		if ok && !slices.ContainsFunc(sites, func(s page.Choice) bool { return s.Value == c.Site }) {
			sites = append(sites, page.Choice{Value: c.Site, Text: site.Name, Selected: c.Site == x.site})
		}
	}
	any := func(name, label, none string, list []page.Choice) {
		if len(list) > 1 {
			p.Where = append(p.Where, page.Field{Name: name, Type: "select", Label: p.T(label), Required: true, Choices: append([]page.Choice{{Label: p.T(none)}}, list...)})
		}
	}
	chosen := ""
	if x.calendar != nil {
		chosen = x.calendar.ID
	}
	any("site", "common.site", "staff.caller.anySite", sites)
	any("calendar", "staff.booking.calendar", "staff.day.all", office.Choices(p.Frame, x.setup, able, chosen))
	from := page.Field{Name: "date", Type: "date", Label: p.T("staff.caller.from"), Required: true, Width: "short"}
	if x.dated {
		from.Value = x.date.String()
	}
	p.Where = append(p.Where, from)
	if p.Narrow = x.calendar != nil || x.site != "" || x.dated; p.Narrow {
		p.All = newPath(without(x.address(), "calendar", "site", "date"))
	}
}

// target is the time that is asked for, if one is: a time typed counts more than the one
// that stands chosen. Typed without a calendar it is where there is room.
func (o *Office) target(q *office.Request, x *order, serving []*agenda.Calendar) (t booking.Target, ok bool, err error) {
	if x.form.Value("time") != "" {
		x.values.Del("start")
	}
	if x.values.Get("start") == "" && x.form.Value("time") == "" {
		return t, false, nil
	}
	if t, ok = chosen(q, x.form, x.frame, ""); !ok {
		return t, false, nil
	}
	if t.Calendar == "" {
		t.Calendar, err = o.roomiest(q, x, serving, t.Start)
	}
	if !slices.ContainsFunc(x.mine, func(c *agenda.Calendar) bool { return c.ID == t.Calendar }) {
		return t, false, agenda.ErrNotFound
	}
	return t, true, err
}

// roomiest is the calendar with the most seats at a start; where there is none, the first.
func (o *Office) roomiest(q *office.Request, x *order, serving []*agenda.Calendar, start time.Time) (string, error) {
	date := agenda.DateOf(start.In(q.Setup.Zone()))
	found, err := o.Desk.Times(q.Context(), x.search(q, serving, date, date))
	if err != nil {
		if _, invalid := errors.AsType[agenda.Invalid](err); invalid {
			err = nil // a year that nobody means is refused later
		}
		return serving[0].ID, err
	}
	best, room := serving[0].ID, 0
	for _, times := range found.Days() {
		for i := range times {
			if times[i].Unix == start.Unix() && times[i].Free > room {
				best, room = times[i].Calendar().ID, times[i].Free
			}
		}
	}
	return best, nil
}

func (x *order) search(q *office.Request, serving []*agenda.Calendar, from, to agenda.Date) booking.Search {
	s := booking.Search{Tenant: q.Person.Tenant, Wish: x.sought(), From: from, To: to, By: agenda.Staff, Person: q.Person}
	for _, c := range serving {
		s.Calendars = append(s.Calendars, c.ID)
	}
	return s
}

// when looks for times: the earliest ones, or, where one was refused, those around it.
func (o *Office) when(q *office.Request, x *order, serving []*agenda.Calendar, refused *booking.Request) (*when, error) {
	t := &when{}
	t.Day = page.Field{Name: "on", Type: "date", Label: x.frame.T("common.date"), Required: true, Value: x.date.String(), Width: "short"}
	t.Clock = page.Field{Name: "time", Type: "time", Label: x.frame.T("common.time"), Required: true, Width: "short"}
	t.Over = page.Field{Name: "overbook", Type: "checkbox", Label: x.frame.T("staff.overbook.label"), Hint: x.frame.T("staff.overbook.hint")}
	t.Day, t.Clock, t.Over = x.form.Fill(t.Day), x.form.Fill(t.Clock), x.form.Fill(t.Over)
	t.Other = t.Clock.Value != "" || t.Clock.Error != "" || t.Over.Value != ""
	t.Why = x.why("")
	if refused != nil {
		list, err := o.Desk.Alternatives(q.Context(), *refused, nil, 40)
		if err != nil {
			return nil, err
		}
		t.around(q, x, list)
		t.Why, t.Rules = x.why(startValue(refused.Start, refused.Calendar)), true
		return t, nil
	}
	found, err := o.earliest(q, x, serving)
	if err != nil {
		return nil, err
	}
	for i, d := range found {
		most := thenOffered
		switch {
		case i == 0 && x.dated && d.Date == x.date:
			most = dayOffered
		case i == 0:
			most = firstOffered
		}
		t.add(q, x, d, most)
	}
	if len(t.Days) == 0 {
		t.Empty = x.frame.T("staff.caller.full")
	} else if !x.dated {
		t.Days[0].Times[0].First = true
	}
	return t, nil
}

// earliest are the next days with free times.
func (o *Office) earliest(q *office.Request, x *order, serving []*agenda.Calendar) (days []booking.DaySlots, err error) {
	from := x.date
	for range 2 * daysOffered {
		found, err := o.Desk.Times(q.Context(), x.search(q, serving, from, from+week-1))
		if err != nil {
			return nil, err
		}
		for date, times := range found.Days() {
			if list := onePerSite(times); len(list) > 0 && len(days) < daysOffered {
				days = append(days, booking.DaySlots{Date: date, Slots: list})
			}
		}
		if found.NextFree.IsZero() || len(days) == daysOffered {
			break
		}
		from = agenda.DateOf(found.NextFree.In(q.Setup.Zone()))
	}
	return days, nil
}

// onePerSite leaves, of several calendars at one site that are free at the same time, the
// one with the most seats.
func onePerSite(times []booking.Time) (list []agenda.Slot) {
	for i := range times {
		slot := times[i].Slot()
		same := slices.IndexFunc(list, func(s agenda.Slot) bool { return s.Site == slot.Site && s.Start.Equal(slot.Start) })
		switch {
		case same < 0:
			list = append(list, slot)
		case list[same].Free < slot.Free:
			list[same] = slot
		}
	}
	return list
}

// around sorts the times nearest to a refused one by day.
func (t *when) around(q *office.Request, x *order, list []agenda.Slot) {
	list = slices.DeleteFunc(list, func(s agenda.Slot) bool {
		return !slices.ContainsFunc(x.mine, func(c *agenda.Calendar) bool { return c.ID == s.Calendar })
	})
	list = list[:min(len(list), firstOffered)]
	slices.SortStableFunc(list, func(a, b agenda.Slot) int { return a.Start.Compare(b.Start) })
	for len(list) > 0 {
		date := agenda.DateOf(list[0].Start.In(q.Setup.Zone()))
		n := slices.IndexFunc(list, func(s agenda.Slot) bool { return agenda.DateOf(s.Start.In(q.Setup.Zone())) != date })
		if n < 0 {
			n = len(list)
		}
		t.add(q, x, booking.DaySlots{Date: date, Slots: list[:n]}, n)
		list = list[n:]
	}
}

func (t *when) add(q *office.Request, x *order, d booking.DaySlots, most int) {
	day := whenDay{Date: d.Date}
	for _, s := range d.Slots[:min(most, len(d.Slots))] {
		one := whenTime{Value: startValue(s.Start, s.Calendar), Start: s.Start.In(q.Setup.Zone())}
		if site, ok := q.Setup.SiteOf(s.Site); ok && x.several {
			one.Site = site.Name
		}
		day.Times = append(day.Times, one)
	}
	if len(d.Slots) > most {
		v := x.address()
		v.Set("date", d.Date.String())
		day.All = newPath(v)
	}
	t.Days = append(t.Days, day)
}

// choose marks the time that is asked for, and puts it first where it is not among the
// others.
func (t *when) choose(q *office.Request, x *order, target booking.Target, refused bool) {
	value := startValue(target.Start, target.Calendar)
	for i := range t.Days {
		for j := range t.Days[i].Times {
			if one := &t.Days[i].Times[j]; one.Value == value {
				one.Checked = true
				return
			}
		}
	}
	one := whenTime{Value: value, Start: target.Start.In(q.Setup.Zone()), Checked: true, Taken: refused}
	if c, ok := q.Setup.CalendarOf(target.Calendar); ok && x.several {
		if site, ok := q.Setup.SiteOf(c.Site); ok {
			one.Site = site.Name
		}
	}
	t.Days = slices.Insert(t.Days, 0, whenDay{Date: agenda.DateOf(one.Start), Times: []whenTime{one}})
}

// number gives each time its id, and chooses the first where none is chosen.
func (t *when) number() {
	n, checked := 0, false
	for i := range t.Days {
		for j := range t.Days[i].Times {
			t.Days[i].Times[j].ID = "at-" + strconv.Itoa(n)
			n, checked = n+1, checked || t.Days[i].Times[j].Checked
		}
	}
	if !checked && n > 0 {
		t.Days[0].Times[0].Checked = true
	}
}

// exceeds says by how much a time exceeds the seats there are; "" where it does not.
func (o *Office) exceeds(q *office.Request, x *order, t booking.Target) (string, error) {
	r := booking.Request{Tenant: q.Person.Tenant, Wish: x.sought(), Calendar: t.Calendar, Start: t.Start, By: agenda.Staff, Person: q.Person}
	e, err := o.Desk.Explain(q.Context(), r, nil)
	if err != nil {
		if _, invalid := errors.AsType[agenda.Invalid](err); invalid {
			err = nil
		}
		return "", err
	}
	if rules := objecting(&e.Explanation); len(rules) == 0 || slices.ContainsFunc(rules, func(r slots.Rule) bool { return r != slots.RuleCapacity && r != slots.RuleHold }) {
		return "", nil
	}
	for _, r := range e.Rulings {
		if r.Rule == slots.RuleCapacity && !r.Allows {
			return x.frame.T("staff.caller.exceeds", "n", r.Load.Taken+1, "of", r.Load.Total), nil
		}
	}
	return "", nil
}

func objecting(e *slots.Explanation) (rules []slots.Rule) {
	for _, r := range e.Rulings {
		if !r.Allows {
			rules = append(rules, r.Rule)
		}
	}
	return rules
}

// why is the address of the page that explains times for the order, "" where it is not
// for a single service: that page knows no other.
func (x *order) why(start string) string {
	if len(x.wish.Items) != 1 {
		return ""
	}
	it := x.wish.Items[0]
	v := url.Values{"service": {it.Service}, "channel": {string(agenda.Staff)}, "date": {x.date.String()}}
	if it.Quantity > 1 {
		v.Set("quantity", strconv.Itoa(it.Quantity))
	}
	if x.wish.Mode != "" {
		v.Set("mode", x.wish.Mode)
	}
	svc, _ := x.setup.Service(it.Service)
	for i := range svc.Questions {
		if question := &svc.Questions[i]; !spoken(question) && it.Answers[question.ID] != "" {
			v.Set("answer."+question.ID, it.Answers[question.ID])
			v.Set("asked", "1")
		}
	}
	if x.calendar != nil {
		v.Set("calendar", x.calendar.ID)
	}
	if start != "" {
		v.Set("start", start)
	}
	return "/staff/explain?" + v.Encode()
}
