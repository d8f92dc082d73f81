package staff

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// deed is something done to a booking with one press of a button. Its name is that
// of the act in addresses and texts.
type deed struct {
	name string
	do   func(d *booking.Desk, ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error)
}

var (
	approve = deed{"approve", (*booking.Desk).Approve}
	reject  = deed{"reject", forAWhile((*booking.Desk).RejectUndoable)}
	cancel  = deed{"cancel", forAWhile((*booking.Desk).CancelUndoable)}
	checkIn = deed{"check-in", to(agenda.CheckedIn)}
	serve   = deed{"serve", to(agenda.Served)}
	noShow  = deed{"no-show", to(agenda.NoShow)}
	undo    = deed{"undo", (*booking.Desk).Undo}

	comes    = deed{"coming", says(true)}
	comesNot = deed{"not-coming", says(false)}
)

func to(s agenda.Status) func(*booking.Desk, context.Context, *agenda.Person, string) (*agenda.Booking, error) {
	return func(d *booking.Desk, ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
		return d.Visit(ctx, p, id, s)
	}
}

// says records what a visitor told the office on the phone: that they come, or not.
func says(comes bool) func(*booking.Desk, context.Context, *agenda.Person, string) (*agenda.Booking, error) {
	return func(d *booking.Desk, ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
		return d.ComingFor(ctx, p, id, comes)
	}
}

// forAWhile does what can be taken back for a minute.
func forAWhile(do func(*booking.Desk, context.Context, *agenda.Person, string, time.Duration) (*agenda.Booking, error)) func(*booking.Desk, context.Context, *agenda.Person, string) (*agenda.Booking, error) {
	return func(d *booking.Desk, ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
		return do(d, ctx, p, id, booking.UndoFor)
	}
}

// actOn does the deed and leads back to where the button was. Where somebody else
// was faster, the page says so and shows how it stands now.
func (o *Office) actOn(x deed) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		c, err := o.open(q, mux.Vars(q.Request)["id"])
		if err != nil {
			return err
		}
		form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
		if err != nil {
			return err
		}
		done := x.name
		switch b, err := x.do(o.Desk, q.Context(), q.Person, c.ID); {
		case errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrExpired), errors.Is(err, agenda.ErrConflict), errors.Is(err, agenda.ErrTooLate):
			done = "changed"
		case err != nil:
			return err
		default:
			c.Booking = b
		}
		http.Redirect(w, q.Request, back(form, c.Booking, done), http.StatusSeeOther)
		return nil
	}
}

// open finds a booking that the person may open; what they may not is
// agenda.ErrNotFound.
func (o *Office) open(q *office.Request, id string) (*booking.Card, error) {
	c, err := o.Desk.Seen(q.Context(), q.Person, id)
	if err != nil {
		return nil, err
	}
	if !q.Person.MayOpen(c.Calendar) || c.Status == agenda.Held {
		return nil, agenda.ErrNotFound
	}
	return c, nil
}

// back is the address of the page that a button stood on: the booking's own, or a
// day whose calendar and date the form names, else the booking's. What was done and
// to which booking are parameters of it. Acts on the visit itself lead to its line,
// so that nobody has to look for the place again.
func back(form *page.Form, b *agenda.Booking, done string) string {
	query := url.Values{"done": {done}, "about": {b.ID}}
	if form.Value("from") == "booking" {
		query.Del("about")
		return "/staff/bookings/" + b.ID + "?" + query.Encode()
	}
	date, err := agenda.ParseDate(form.Value("date"))
	if err != nil {
		date = b.Date
	}
	calendar := form.Value("calendar")
	if calendar == "" {
		calendar = b.Calendar
	}
	query.Set("calendar", calendar)
	query.Set("date", date.String())
	line := ""
	switch done {
	case checkIn.name, serve.name, noShow.name, undo.name, "take-back":
		line = "#b-" + b.ID
	}
	return "/staff/day?" + query.Encode() + line
}

// done says what was just done, in words of the catalogue; the address chooses
// among them and cannot bring its own.
func (o *Office) done(q *office.Request, f page.Frame) *page.Notice {
	query := q.URL.Query()
	kind := "success"
	switch query.Get("done") {
	case "approve", "reject", "cancel", "check-in", "serve", "no-show", "undo", "coming", "not-coming", "move", "service", "book", "take-back", "edit", "resend", "again", "reached", "written":
	case "changed", "late", "taken", "often":
		kind = "warning"
	default:
		return nil
	}
	n := &page.Notice{Kind: kind, Title: f.T("staff.done." + query.Get("done")), Live: true}
	id := query.Get("about")
	if id == "" {
		id = mux.Vars(q.Request)["id"]
	}
	if c, err := o.open(q, id); err == nil {
		n.Text = about(f, c)
		o.offerBack(q, f, n, c)
	}
	return n
}

// about names a visit in one line: "Mo, 06.07.2026, 08:30 Uhr: Ada Beispiel".
func about(f page.Frame, c *booking.Card) string {
	name := c.Private.Name
	if name == "" {
		name = c.Reference
	}
	return office.Short(f, c.Start.In(c.Setup.Zone())) + ": " + name
}
