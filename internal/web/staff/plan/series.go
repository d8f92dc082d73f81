package plan

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// seriesPage is the form of a series, a new one or one that is there.
type seriesPage struct {
	page.Frame
	Where    string // the calendar
	Hidden   []page.Field
	Scope    []page.Field // from when on a change holds; none for a new series
	Times    []page.Field
	Seats    []page.Field
	Validity []page.Field
	Limits   []page.Field
	Open     bool // the rare fields are shown at once
	Back     string
	New      bool
	Acts     []actForm
}

// actForm is one of the other things that can be done to a series.
type actForm struct {
	Act    string
	Open   bool // there is a fault in it
	Fields []page.Field
	Hidden []page.Field
}

// about says which series a form is about.
type about struct {
	calendar *agenda.Calendar
	series   *agenda.SlotTemplate // nil: a new one
	day      agenda.Date          // that the person was looking at
}

func (o *Part) about(q *office.Request, form *page.Form) (a about, err error) {
	if a.calendar, err = mustCalendar(q, form.Value("calendar")); err != nil {
		return a, err
	}
	if id := form.Value("id"); id != "" {
		if a.series, err = template(a.calendar, id); err != nil {
			return a, err
		}
	}
	a.day = max(q.Date(form.Value("day")), agenda.DateOf(q.Now))
	if d, err := agenda.ParseDate(form.Value("look")); err == nil {
		a.day = max(d, agenda.DateOf(q.Now))
	}
	return a, nil
}

func (o *Part) seriesForm(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	v := q.URL.Query()
	a, err := o.about(q, page.NewForm(v, f.Printer()))
	if err != nil {
		return err
	}
	values := seriesValues(startingPoint(a, v.Get("from"), v.Get("to")))
	values.Set("look", a.day.String())
	values.Set("day", a.day.String())
	values.Set("scope", string(agenda.ActFrom))
	if a.series != nil && a.series.ValidFrom != 0 && a.series.ValidFrom == a.series.ValidTo {
		values.Set("scope", string(agenda.ActAlways))
	}
	return o.showSeries(w, q, http.StatusOK, f, a, page.NewForm(values, f.Printer()))
}

// startingPoint is what the form shows first: the series itself, or for a new one what
// its neighbours in the calendar are like.
func startingPoint(a about, from, to string) agenda.SlotTemplate {
	if a.series != nil {
		return *a.series
	}
	t := agenda.SlotTemplate{SlotMinutes: 10, Seats: agenda.Seats{Total: 1, Public: -1}, EveryWeeks: 1, From: 8 * 60, To: 12 * 60}
	if list := a.calendar.SlotTemplates; len(list) > 0 {
		last := list[len(list)-1]
		t.SlotMinutes, t.Seats = max(last.SlotMinutes, a.calendar.TickMinutes), last.Seats
	}
	if t.SlotMinutes%a.calendar.TickMinutes != 0 {
		t.SlotMinutes = a.calendar.TickMinutes
	}
	if m, err := agenda.ParseMinute(from); err == nil {
		t.From = m
		t.To = min(24*60, m+240)
	}
	if m, err := agenda.ParseMinute(to); err == nil && m > t.From {
		t.To = min(m, t.To)
	}
	t.Weekdays = []string{agenda.WeekdayID(a.day.Weekday())}
	t.ValidFrom = a.day
	return t
}

// series reads the form and shows what the change would do.
func (o *Part) series(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	a, err := o.about(q, form)
	if err != nil {
		return err
	}
	c := readSeries(f, form, a)
	return o.propose(w, q, form, c, func() error { return o.showSeries(w, q, http.StatusUnprocessableEntity, f, a, form) })
}

// showSeries renders the form with what was typed and what is wrong with it.
func (o *Part) showSeries(w http.ResponseWriter, q *office.Request, status int, f page.Frame, a about, form *page.Form) error {
	p := &seriesPage{Frame: f, Where: office.CalendarName(f, q.Setup, a.calendar), Back: back(a.calendar.ID, a.day), New: a.series == nil}
	p.Frame.Errors = form.Errors()
	p.Hidden = []page.Field{{Name: "calendar", Type: "hidden", Value: a.calendar.ID}, {Name: "look", Type: "hidden", Value: a.day.String()}}
	if a.series != nil {
		p.Hidden = append(p.Hidden, page.Field{Name: "id", Type: "hidden", Value: a.series.ID})
		p.Scope = scopeFields(f)
		p.Acts = o.acts(q, f, a, form)
	}
	p.Times, p.Seats = timeFields(f), seatFields(f, a.calendar)
	p.Validity, p.Limits = validityFields(f), limitFields(f, q.Setup, a.calendar)
	for _, group := range [][]page.Field{p.Scope, p.Times, p.Seats, p.Validity, p.Limits} {
		for i := range group {
			group[i] = form.Fill(group[i])
		}
	}
	p.Open = rare(form, p.Validity) || rare(form, p.Limits)
	return o.Pages.Render(w, q.Request, status, "staff/plan/series", p)
}

// rare reports whether one of the fields that are seldom needed says something.
func rare(form *page.Form, fields []page.Field) bool {
	return slices.ContainsFunc(fields, func(x page.Field) bool {
		if form.Errors().For(x.Name) != "" {
			return true
		}
		v := form.Value(x.Name)
		return v != "" && !(x.Name == "everyWeeks" && v == "1") && !(x.Name == "weekOfMonth" && v == "0")
	})
}

// act reads one of the small forms beside the large one.
func (o *Part) act(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	a, err := o.about(q, form)
	if err != nil {
		return err
	}
	if a.series == nil {
		return agenda.ErrNotFound
	}
	form = page.NewForm(beside(a, q.PostForm), f.Printer())
	c := agenda.Change{Act: agenda.ChangeAct(form.Value("act")), Calendar: a.calendar.ID, Template: a.series.ID}
	switch c.Act {
	case agenda.ActSkip, agenda.ActEnd:
		c.Day = form.Date(string(c.Act)+"Day", page.Rule{Label: f.T("common.date"), Required: true})
	case agenda.ActCopy:
		c.Weekdays = form.Choices("copyDays", weekdays(), page.Rule{Label: f.T("staff.plan.weekdays")})
		c.Calendars = form.Choices("copyTo", ids(q.Calendars(agenda.PlanTimes)), page.Rule{Label: f.T("staff.plan.calendars"), Required: true})
	case agenda.ActDelete:
	default:
		return agenda.ErrNotFound
	}
	return o.propose(w, q, form, c, func() error { return o.showSeries(w, q, http.StatusUnprocessableEntity, f, a, form) })
}

// beside is a small form's values with those of the large one beside it, as the series
// is.
func beside(a about, sent url.Values) url.Values {
	values := seriesValues(*a.series)
	values.Set("scope", string(agenda.ActFrom))
	values.Set("day", a.day.String())
	maps.Copy(values, sent)
	return values
}

// acts are the small forms: leave out a day, end, copy, delete.
func (o *Part) acts(q *office.Request, f page.Frame, a about, form *page.Form) []actForm {
	hidden := func(act agenda.ChangeAct) []page.Field {
		return []page.Field{{Name: "calendar", Type: "hidden", Value: a.calendar.ID}, {Name: "id", Type: "hidden", Value: a.series.ID},
			{Name: "look", Type: "hidden", Value: a.day.String()}, {Name: "act", Type: "hidden", Value: string(act)}}
	}
	day := func(name string) page.Field {
		return form.Fill(page.Field{Name: name, Type: "date", Label: f.T("staff.plan.act." + name), Required: true, Width: "short", Value: a.day.String()})
	}
	days := page.Field{Name: "copyDays", Type: "checkboxes", Label: f.T("staff.plan.weekdays"), Hint: f.T("staff.plan.copyDays.hint"), Choices: dayChoices(f)}
	to := page.Field{Name: "copyTo", Type: "checkboxes", Label: f.T("staff.plan.calendars"), Required: true, Choices: office.Choices(f, q.Setup, q.Calendars(agenda.PlanTimes), a.calendar.ID)}
	list := []actForm{
		{Act: "skip", Fields: []page.Field{day("skipDay")}, Hidden: hidden(agenda.ActSkip)},
		{Act: "end", Fields: []page.Field{day("endDay")}, Hidden: hidden(agenda.ActEnd)},
		{Act: "copy", Fields: []page.Field{form.Fill(days), to}, Hidden: hidden(agenda.ActCopy)},
		{Act: "delete", Hidden: hidden(agenda.ActDelete)},
	}
	sent := form.Value("act")
	for i := range list {
		list[i].Open = sent == list[i].Act && len(form.Errors()) > 0
		if list[i].Act == "copy" && list[i].Open {
			list[i].Fields[1] = form.Fill(to)
		}
	}
	return list
}

func ids(list []*agenda.Calendar) (out []string) {
	for _, c := range list {
		out = append(out, c.ID)
	}
	return out
}
