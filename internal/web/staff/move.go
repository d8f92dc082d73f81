package staff

import (
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// movePage shows where a visit could be moved to.
type movePage struct {
	page.Frame
	Name      string
	When      string // it is now
	Told      string
	Action    string
	Calendar  string
	Calendars []page.Choice // that could take it and where the person may act
	Times     times
}

func (o *Office) moveForm(w http.ResponseWriter, q *office.Request) error {
	c, err := o.movable(q)
	if err != nil {
		return err
	}
	query := q.URL.Query()
	date := c.Date
	if query.Get("date") != "" {
		date = q.Date(query.Get("date"))
	}
	p, err := o.newMove(q, c, query.Get("calendar"), date)
	if err != nil {
		return err
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/move", p)
}

// movable opens a booking that the person may move now.
func (o *Office) movable(q *office.Request) (*booking.Card, error) {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return nil, err
	}
	if !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
		return nil, agenda.ErrForbidden
	}
	return c, c.MayChange(agenda.Staff, q.Now)
}

func (o *Office) newMove(q *office.Request, c *booking.Card, calendar string, date agenda.Date) (*movePage, error) {
	p := &movePage{Frame: o.Frame(q), Name: visitorName(o.Frame(q), c), Action: "/staff/bookings/" + c.ID + "/move", Calendar: calendar}
	p.When = office.Short(p.Frame, c.Start.In(q.Setup.Zone()))
	p.Told = p.T(told(c))
	p.Crumbs = []page.Link{{Label: p.T("staff.nav.day"), Href: dayAt(c.Calendar.ID, c.Date)}, {Label: p.Name, Href: "/staff/bookings/" + c.ID}}
	if p.Calendar == "" {
		p.Calendar = c.Calendar.ID
	}
	var fit []*agenda.Calendar
	wish := c.Wish()
	known := false
	for _, cal := range q.Calendars(agenda.ActOnBookings) {
		if _, ok := q.Setup.Plan(cal, wish, agenda.Staff); ok {
			fit = append(fit, cal)
			known = known || cal.ID == p.Calendar
		}
	}
	if !known && len(fit) > 0 {
		p.Calendar = fit[0].ID // its own no longer offers it
	}
	p.Calendars = office.Choices(p.Frame, q.Setup, fit, p.Calendar)
	s := booking.Search{Wish: wish, Calendars: []string{p.Calendar}, From: date, Own: c.Booking}
	if len(fit) == 0 {
		return nil, &page.Error{Status: http.StatusConflict, Detail: "staff.error.nowhere", Err: agenda.ErrState}
	}
	var err error
	p.Times, err = o.search(q, p.Frame, s, url.Values{"calendar": {p.Calendar}}, p.Action)
	p.Times.Action = p.Action
	p.Times.Hidden = []page.Field{{Name: "calendar", Type: "hidden", Value: p.Calendar}}
	p.Times.Why = whyAt(url.Values{"booking": {c.ID}}, "calendar", p.Calendar, "date", date.String())
	return p, err
}

// move gives the visit another time, or shows the free times again with the reason
// why not.
func (o *Office) move(w http.ResponseWriter, q *office.Request) error {
	c, err := o.movable(q)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	target, ok := chosen(q, form, o.Frame(q), form.Value("calendar"))
	if ok {
		b, err := o.Desk.MoveUndoable(q.Context(), q.Person, c.ID, target, booking.UndoFor)
		if err == nil {
			http.Redirect(w, q.Request, back(page.NewForm(nil, nil), b, "move"), http.StatusSeeOther)
			return nil
		}
		r := booking.Request{Tenant: q.Person.Tenant, Wish: c.Wish(), Calendar: target.Calendar, Start: target.Start, By: agenda.Staff, Person: q.Person, Overbook: target.Overbook}
		if err := o.refuse(q, form, err, r, c.Booking); err != nil {
			return err
		}
	}
	return o.moveAgain(w, q, c, form, target)
}

func (o *Office) moveAgain(w http.ResponseWriter, q *office.Request, c *booking.Card, form *page.Form, t booking.Target) error {
	date := c.Date
	if !t.Start.IsZero() {
		date = q.Date(agenda.DateOf(t.Start.In(q.Setup.Zone())).String())
	}
	p, err := o.newMove(q, c, t.Calendar, date)
	if err != nil {
		return err
	}
	if len(form.Errors()) == 0 {
		form.Fail("", "staff.error.start")
	}
	p.Frame.Errors = form.Errors()
	p.Times.typed(form)
	if !t.Start.IsZero() {
		p.Times.Why = whyAt(url.Values{"booking": {c.ID}}, "calendar", t.Calendar, "start", startValue(t.Start, t.Calendar))
	}
	return o.Pages.Render(w, q.Request, http.StatusConflict, "staff/move", p)
}

// typed keeps in the form for any other time what was put into it.
func (t *times) typed(form *page.Form) {
	t.Day, t.Clock, t.Overbook = form.Fill(t.Day), form.Fill(t.Clock), form.Fill(t.Overbook)
}
