// Package plan is where people plan times in the back office: the week of a calendar
// with its slot templates and closures, the forms that change them, what a change would
// do before it is saved, and the history of the whole set-up. It refuses to know how
// series are split or what a change strands: that is agenda's and booking's.
//
// Every change goes one way: a form becomes an agenda.Change, the preview shows what it
// does and carries it along, saving puts it in force as it was shown. Start reading at
// Part, then preview.go.
package plan

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the planning of times. Its fields are set once.
type Part struct {
	*office.Office
	Desk *booking.Desk
}

// Routes are the part's routes.
func (o *Part) Routes() []office.Route {
	plan, look, change := office.Needs(agenda.PlanTimes), office.Needs(agenda.SeeSetup), office.Needs(agenda.ChangeSetup)
	return []office.Route{
		office.Get("/staff/plan", plan, o.week),
		office.Get("/staff/plan/series", plan, o.seriesForm),
		office.Post("/staff/plan/series", plan, o.series),
		office.Post("/staff/plan/act", plan, o.act),
		office.Get("/staff/plan/closure", plan, o.closureForm),
		office.Post("/staff/plan/closure", plan, o.closure),
		office.Get("/staff/plan/holidays", plan, o.holidays),
		office.Post("/staff/plan/holidays", plan, o.openOn),
		office.Ask("/staff/plan/check", plan, o.check),
		office.Ask("/staff/plan/preview", plan, o.again),
		office.Post("/staff/plan/save", plan, o.save),
		office.Get("/staff/plan/history", look, o.history),
		office.Get("/staff/plan/history/{number}", look, o.revision),
		office.Post("/staff/plan/history/{number}", change, o.restore),
	}
}

// Mount registers the routes.
func (o *Part) Mount(t *route.Table) { o.Office.Mount(t, o.Routes()) }

// calendar is the one that an address or a form names, or else the first that the
// person plans; nil where there is none. What they do not plan is agenda.ErrNotFound.
func calendar(q *office.Request, id string) (*agenda.Calendar, error) {
	mine := q.Calendars(agenda.PlanTimes)
	if id == "" && len(mine) > 0 {
		return mine[0], nil
	}
	if id == "" {
		return nil, nil
	}
	c, ok := q.Setup.Calendar(id)
	if !ok || !q.Person.MayIn(agenda.PlanTimes, c) {
		return nil, agenda.ErrNotFound
	}
	return c, nil
}

// mustCalendar is a calendar that has to be named.
func mustCalendar(q *office.Request, id string) (*agenda.Calendar, error) {
	c, err := calendar(q, id)
	if err == nil && c == nil {
		err = agenda.ErrNotFound
	}
	return c, err
}

// template finds a series of a calendar.
func template(c *agenda.Calendar, id string) (*agenda.SlotTemplate, error) {
	i := slices.IndexFunc(c.SlotTemplates, func(t agenda.SlotTemplate) bool { return t.ID == id })
	if i < 0 {
		return nil, agenda.ErrNotFound
	}
	return &c.SlotTemplates[i], nil
}

// write puts a change into a form, read what it says. What cannot be read has not been
// written by one of our pages.
func write(c agenda.Change) string {
	b, err := json.Marshal(c)
	if err != nil {
		panic("plan: a change that cannot be written: " + err.Error()) // plain data always can
	}
	return string(b)
}

func read(form *page.Form) (c agenda.Change, err error) {
	d := json.NewDecoder(strings.NewReader(form.Value("change")))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, &page.Error{Status: http.StatusBadRequest, Err: errors.New("plan: no change in the form")}
	}
	return c, nil
}

// back leads to the week editor of a calendar.
func back(calendar string, day agenda.Date) string {
	if calendar == "" {
		return "/staff/plan"
	}
	return address("/staff/plan", "calendar", calendar, "week", day.String())
}
