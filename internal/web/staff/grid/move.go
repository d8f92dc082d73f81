package grid

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/why"
)

// move puts a visit to another place of the calendar and shows it there, or says why it
// cannot be there.
func (p *Part) move(w http.ResponseWriter, q *office.Request) error {
	form, v, c, err := p.ordered(w, q)
	if err != nil {
		return err
	}
	if !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
		return agenda.ErrForbidden
	}
	t, ok := target(form, q.Setup.Zone())
	if !ok {
		form.Fail("", "staff.error.start")
		return p.refused(w, q, v, form)
	}
	b, err := p.Desk.MoveUndoable(q.Context(), q.Person, c.ID, t, booking.UndoFor)
	switch {
	case errors.Is(err, agenda.ErrTaken), errors.Is(err, agenda.ErrWindowClosed):
		p.explain(q, form, c, t)
		return p.refused(w, q, v, form)
	case errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrExpired), errors.Is(err, agenda.ErrConflict):
		p.lead(w, q, v, c.Booking, "changed")
		return nil
	case err != nil:
		return err
	}
	p.lead(w, q, v, b, "move")
	return nil
}

// takeBack undoes a move that was just done here.
func (p *Part) takeBack(w http.ResponseWriter, q *office.Request) error {
	form, v, c, err := p.ordered(w, q)
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(form.Value("version")) // what is no number is no version
	done := "take-back"
	switch b, err := p.Desk.TakeBack(q.Context(), q.Person, c.ID, version); {
	case errors.Is(err, agenda.ErrTaken):
		done = "taken"
	case errors.Is(err, agenda.ErrTooLate):
		done = "late"
	case errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrExpired), errors.Is(err, agenda.ErrConflict):
		done = "changed"
	case err != nil:
		return err
	default:
		c.Booking = b
	}
	p.lead(w, q, v, c.Booking, done)
	return nil
}

// ordered reads what a form of this part is about: the visit, and the view that it was
// sent from.
func (p *Part) ordered(w http.ResponseWriter, q *office.Request) (*page.Form, *view, *booking.Card, error) {
	form, err := page.ReadForm(w, q.Request, p.Frame(q).Printer())
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := p.open(q, form.Value("booking"))
	if err != nil {
		return nil, nil, nil, err
	}
	back, err := url.ParseQuery(form.Value("back"))
	if err != nil {
		return nil, nil, nil, &page.Error{Status: http.StatusBadRequest, Err: errors.New("calendar: the view cannot be read")}
	}
	v, err := p.view(q, back)
	return form, v, c, err
}

// lead goes back to the view. Where the visit is on no day of it, its day is shown.
func (p *Part) lead(w http.ResponseWriter, q *office.Request, v *view, b *agenda.Booking, done string) {
	v.carry = ""
	if from, to := v.days(); b.Date < from || b.Date > to {
		v.date = b.Date
	}
	http.Redirect(w, q.Request, v.at(func(x url.Values) {
		x.Set("done", done)
		x.Set("about", b.ID)
		if done == "move" {
			x.Set("version", strconv.Itoa(b.Version))
		}
	})+"#about", http.StatusSeeOther)
}

// target is where a form wants a visit to be: the start and the calendar as markOf names
// them, or by what the calendar and the clock on the wall say.
func target(form *page.Form, zone *time.Location) (t booking.Target, ok bool) {
	if clock, calendar, found := strings.Cut(form.Value("to"), " "); found {
		start, err := time.Parse(time.RFC3339, clock)
		return booking.Target{Start: start, Calendar: calendar}, err == nil
	}
	day, err := agenda.ParseDate(form.Value("on"))
	minute, bad := agenda.ParseMinute(form.Value("time"))
	start, exists := agenda.At(day, minute, zone)
	return booking.Target{Start: start, Calendar: form.Value("calendar")}, err == nil && bad == nil && exists
}

// explain says beside the form what the rules have against a target.
func (p *Part) explain(q *office.Request, form *page.Form, c *booking.Card, t booking.Target) {
	r := booking.Request{Tenant: q.Person.Tenant, Wish: c.Wish(), Calendar: t.Calendar, Start: t.Start, By: agenda.Staff, Person: q.Person}
	if e, err := p.Desk.Explain(q.Context(), r, c.Booking); err == nil {
		for _, s := range (why.Speaker{Setup: e.Setup, Words: p.Frame(q).Printer()}).Objections(&e.Explanation) {
			form.Fail("", "staff.error.because", "why", s)
		}
	}
	if len(form.Errors()) == 0 {
		form.Fail("", "staff.error.taken")
	}
}

// refused shows the view again, with the reason.
func (p *Part) refused(w http.ResponseWriter, q *office.Request, v *view, form *page.Form) error {
	d, err := p.show(q, v)
	if err != nil {
		return err
	}
	d.Frame.Errors = form.Errors()
	return p.render(w, q.Request, http.StatusConflict, d)
}
