package setup

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// holidaysPage lists a year's public holidays as the program computes them.
type holidaysPage struct {
	page.Frame
	Title      string
	Year       int
	Prev, Next string
	State      string // "": none is set
	Plan       bool   // may open on one
	Lines      []holidayLine
}

type holidayLine struct {
	Date agenda.Date
	Name string
	Open []string // calendars that are open all the same
}

func (p *Part) holidays(w http.ResponseWriter, q *office.Request) error {
	f, t := p.Frame(q), &q.Setup.Tenant
	h := holidaysPage{Frame: f, Title: f.T("staff.setup.holidays.title"), Year: q.Now.Year(), Plan: q.Person.May(agenda.PlanTimes)}
	if y, err := strconv.Atoi(q.URL.Query().Get("year")); err == nil && y >= 2000 && y <= 2100 {
		h.Year = y
	}
	h.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	h.Prev, h.Next = "/staff/setup/holidays?year="+itoa(h.Year-1), "/staff/setup/holidays?year="+itoa(h.Year+1)
	if t.State != "" {
		h.State = f.T("staff.setup.state." + t.State)
	}
	for _, x := range agenda.Holidays(t.State, t.LocalHolidays, h.Year) {
		line := holidayLine{Date: agenda.MakeDate(x.Year, time.Month(x.Month), x.Day), Name: x.De}
		if f.Lang == "en" {
			line.Name = x.En
		}
		for i := range q.Setup.Calendars {
			c := &q.Setup.Calendars[i]
			if q.Person.MayIn(agenda.SeeSetup, c) && opensOn(c, line.Date) {
				line.Open = append(line.Open, named(f, q.Setup, c))
			}
		}
		h.Lines = append(h.Lines, line)
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/holidays", h)
}

// opensOn reports whether a template is open on a date although it is a holiday.
func opensOn(c *agenda.Calendar, d agenda.Date) bool {
	return slices.ContainsFunc(c.SlotTemplates, func(t agenda.SlotTemplate) bool { return t.Objections(d, true) == 0 })
}
