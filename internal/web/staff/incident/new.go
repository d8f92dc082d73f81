package incident

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// newPage asks what has happened.
type newPage struct {
	page.Frame
	Reason, Note, Calendar, From, To, Close, Seats page.Field
}

// newForm may be led to with calendars and a time already chosen, as from a closure.
func (o *Part) newForm(w http.ResponseWriter, q *office.Request) error {
	mine := o.mine(q)
	if len(mine) == 0 {
		return &page.Error{Status: http.StatusNotFound, Detail: "staff.error.noCalendar", Err: agenda.ErrNotFound}
	}
	v := q.URL.Query()
	p := o.newNew(q, mine, v["calendar"])
	p.From.Value, p.To.Value = wallClock(v.Get("from"), 0), wallClock(v.Get("to"), 1)
	if p.From.Value == "" { // what happens mostly happens now, and lasts as long as the day
		p.From.Value, p.To.Value = q.Now.Format("2006-01-02T15:00"), wallClock(agenda.DateOf(q.Now).String(), 1)
	} else { // what led here has closed what is closed
		p.Close.Choices[len(p.Close.Choices)-1].Selected, p.Close.Choices[0].Selected = true, len(p.Close.Choices) == 1
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/incident/new", p)
}

// wallClock is a time as the field takes it. A day alone is meant as a whole: it begins
// at midnight, and ends at that of the next one (after: 1).
func wallClock(s string, after agenda.Date) string {
	if _, err := time.Parse("2006-01-02T15:04", s); err == nil {
		return s
	}
	if d, err := agenda.ParseDate(s); err == nil {
		return (d + after).String() + "T00:00"
	}
	return ""
}

// mine are the calendars in which the person may act on many visits at once.
func (o *Part) mine(q *office.Request) (list []*agenda.Calendar) {
	for _, c := range q.Calendars(agenda.ManageIncidents) {
		if q.Person.MayIn(agenda.ActOnBookings, c) && q.Person.MayOpen(c) {
			list = append(list, c)
		}
	}
	return list
}

func (o *Part) newNew(q *office.Request, mine []*agenda.Calendar, calendars []string) newPage {
	f := o.frame(q, 1)
	p := newPage{Frame: f}
	p.Reason = page.Field{Name: "reason", Type: "radio", Label: f.T("staff.incident.reason"), Required: true}
	for i, r := range agenda.Reasons() {
		p.Reason.Choices = append(p.Reason.Choices, page.Choice{Value: r, Label: f.T("staff.incident.reason." + r), Selected: i == 0})
	}
	p.Note = page.Field{Name: "note", Label: f.T("staff.incident.note"), Hint: f.T("staff.incident.note.hint"), Max: agenda.MaxIncidentNote}
	p.Calendar = page.Field{Name: "calendar", Type: "checkboxes", Label: f.T("staff.incident.calendars"), Required: true, Choices: office.Choices(f, q.Setup, mine, "")}
	for i := range p.Calendar.Choices {
		p.Calendar.Choices[i].Selected = slices.Contains(calendars, p.Calendar.Choices[i].Value) || len(mine) == 1
	}
	p.From = page.Field{Name: "from", Type: "datetime-local", Label: f.T("staff.incident.from"), Required: true, Width: "when"}
	p.To = page.Field{Name: "to", Type: "datetime-local", Label: f.T("staff.incident.to"), Required: true, Width: "when"}
	p.Close = page.Field{Name: "close", Type: "radio", Label: f.T("staff.incident.close"), Required: true}
	for _, c := range closings(q, mine) {
		p.Close.Choices = append(p.Close.Choices, page.Choice{Value: c, Label: f.T("staff.incident.close." + c), Hint: f.T("staff.incident.close." + c + ".hint")})
	}
	p.Close.Choices[0].Selected = true
	p.Seats = page.Field{Name: "seats", Type: "number", Label: f.T("staff.incident.seats"), Hint: f.T("staff.incident.seats.hint"), Min: 1, Max: 99, Width: "short"}
	return p
}

// closings are what the person may close: nothing without the right to plan times.
func closings(q *office.Request, mine []*agenda.Calendar) []string {
	if slices.ContainsFunc(mine, func(c *agenda.Calendar) bool { return q.Person.MayIn(agenda.PlanTimes, c) }) {
		return []string{agenda.CloseAll, agenda.CloseSome, agenda.CloseNothing}
	}
	return []string{agenda.CloseNothing}
}

// begin notes what has happened, and closes what is to be closed.
func (o *Part) begin(w http.ResponseWriter, q *office.Request) error {
	mine := o.mine(q)
	p := o.newNew(q, mine, nil)
	form, err := page.ReadForm(w, q.Request, p.Printer())
	if err != nil {
		return err
	}
	n := readIncident(q, p, form)
	if len(form.Errors()) == 0 {
		made, err := o.Desk.OpenIncident(q.Context(), q.Person, n)
		if err == nil {
			return to(w, q, at(made.ID, "/bookings"))
		}
		if errors.Is(err, agenda.ErrForbidden) {
			form.Fail("close", "staff.incident.wrong.close")
		} else if err := invalid(form, err, wrongNew); err != nil {
			return err
		}
	}
	p.Frame.Errors = form.Errors()
	for _, f := range []*page.Field{&p.Reason, &p.Note, &p.Calendar, &p.From, &p.To, &p.Close, &p.Seats} {
		*f = form.Fill(*f)
	}
	return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/incident/new", p)
}

func wrongNew(b agenda.FieldError) string {
	switch b.Field {
	case "to":
		return "staff.incident.wrong.to"
	case "seats", "close":
		return "staff.incident.wrong.seats"
	}
	return "staff.incident.wrong.field"
}

func readIncident(q *office.Request, p newPage, form *page.Form) agenda.Incident {
	n := agenda.Incident{}
	n.Reason = form.Choice("reason", agenda.Reasons(), page.Rule{Label: p.Reason.Label, Required: true})
	n.Texts.Note = form.Text("note", page.Rule{Label: p.Note.Label, Max: agenda.MaxIncidentNote})
	n.Calendars = form.Choices("calendar", office.Values(p.Calendar.Choices), page.Rule{Label: p.Calendar.Label, Required: true})
	n.From, n.To = readTime(q, form, p.From), readTime(q, form, p.To)
	n.Close = form.Choice("close", office.Values(p.Close.Choices), page.Rule{Label: p.Close.Label, Required: true})
	if n.Close == agenda.CloseSome {
		n.Seats = form.Int("seats", 1, 99, page.Rule{Label: p.Seats.Label, Required: true})
	}
	if !n.From.IsZero() && !n.To.IsZero() && !n.From.Before(n.To) {
		form.Fail("to", "staff.incident.wrong.to")
	}
	return n
}

// readTime reads a time on the office's clock, as browsers send it or as people type it
// where the browser has no such field.
func readTime(q *office.Request, form *page.Form, f page.Field) time.Time {
	s := form.Text(f.Name, page.Rule{Label: f.Label, Required: true, Max: 40})
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2.1.2006 15:04", "2.1.2006, 15:04"} {
		if t, err := time.ParseInLocation(layout, s, q.Setup.Zone()); err == nil && t.Year() >= 2000 && t.Year() < 3000 {
			return t
		}
	}
	form.Fail(f.Name, "staff.incident.wrong.time", "label", f.Label)
	return time.Time{}
}
