package plan

import (
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// holidaysPage lists the public holidays to come and opens calendars on one of them
// all the same.
type holidaysPage struct {
	page.Frame
	List   []holidayLine
	State  bool // the tenant names a Land: else there are none
	Fields []page.Field
	Hidden []page.Field
	Back   string
}

type holidayLine struct {
	Day, Name string
	Open      []string // the person's calendars that are open all the same
}

func (o *Part) holidays(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	return o.showHolidays(w, q, http.StatusOK, f, page.NewForm(q.URL.Query(), f.Printer()))
}

// openOn reads the form and shows what the change would do.
func (o *Part) openOn(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	c := agenda.Change{Act: agenda.ChangeAct(form.Choice("open", []string{string(agenda.ActOpenOn), string(agenda.ActShutOn)}, page.Rule{Label: f.T("staff.plan.open"), Required: true}))}
	var days []string
	for _, d := range publicHolidays(q) {
		days = append(days, d.String())
	}
	day := form.Choice("day", days, page.Rule{Label: f.T("staff.plan.holiday"), Required: true})
	if day != "" {
		if c.Day, err = agenda.ParseDate(day); err != nil {
			return err
		}
	}
	c.Calendars = form.Choices("calendars", ids(q.Calendars(agenda.PlanTimes)), page.Rule{Label: f.T("staff.plan.calendars"), Required: true})
	return o.propose(w, q, form, c, func() error { return o.showHolidays(w, q, http.StatusUnprocessableEntity, f, form) })
}

// publicHolidays are those of the next thirteen months.
func publicHolidays(q *office.Request) (list []agenda.Date) {
	today := agenda.DateOf(q.Now)
	for d := today; d < today+400; d++ {
		if _, ok := q.Setup.Holiday(d); ok {
			list = append(list, d)
		}
	}
	return list
}

func (o *Part) showHolidays(w http.ResponseWriter, q *office.Request, status int, f page.Frame, form *page.Form) error {
	if _, err := calendar(q, form.Value("calendar")); err != nil {
		return err
	}
	p := &holidaysPage{Frame: f, State: q.Setup.Tenant.State != "", Back: back(form.Value("calendar"), agenda.DateOf(q.Now))}
	p.Frame.Errors = form.Errors()
	p.Hidden = []page.Field{{Name: "calendar", Type: "hidden", Value: form.Value("calendar")}}
	days := page.Field{Name: "day", Type: "select", Label: f.T("staff.plan.holiday"), Required: true, Choices: []page.Choice{{Label: f.T("staff.signin.choose")}}}
	mine := q.Calendars(agenda.PlanTimes)
	for _, d := range publicHolidays(q) {
		h, _ := q.Setup.Holiday(d)
		line := holidayLine{Day: short(f, d), Name: holidayName(f, h)}
		for _, c := range mine {
			if slices.ContainsFunc(c.SlotTemplates, func(t agenda.SlotTemplate) bool { return t.Objections(d, true) == 0 }) {
				line.Open = append(line.Open, office.CalendarName(f, q.Setup, c))
			}
		}
		p.List = append(p.List, line)
		days.Choices = append(days.Choices, page.Choice{Value: d.String(), Label: line.Day + ": " + line.Name})
	}
	open := page.Field{Name: "open", Type: "radio", Label: f.T("staff.plan.open"), Required: true, Choices: []page.Choice{
		{Value: string(agenda.ActOpenOn), Label: f.T("staff.plan.open.openOn"), Selected: true}, {Value: string(agenda.ActShutOn), Label: f.T("staff.plan.open.shutOn")}}}
	calendars := calendarField(f, q, form.Value("calendar"))
	calendars.Required = true
	if form.Value("open") == "" { // not sent yet: what was chosen beforehand stays
		p.Fields = []page.Field{days, open, calendars}
	} else {
		p.Fields = []page.Field{form.Fill(days), form.Fill(open), form.Fill(calendars)}
	}
	for i := range p.Fields {
		p.Fields[i].Error = form.Errors().For(p.Fields[i].Name)
	}
	return o.Pages.Render(w, q.Request, status, "staff/plan/holidays", p)
}
