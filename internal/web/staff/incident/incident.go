// Package incident is the back office's guided way through what keeps many visits from
// taking place: what happened, which visits, what is to be done about them, a look at
// every letter, and then the carrying out, which can be watched, stopped and undone. It
// refuses to know how any of it is done: every step is an act of booking, so that it can
// be left and taken up again at any point.
//
// Start reading at Part and its routes; each page has one file of handlers and one
// template of the same name in ui/staff/incident.
package incident

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the part of the back office. Its fields are set once.
type Part struct {
	*office.Office
	Desk *booking.Desk
	// Preview writes the letter about a visit as it will be, and says whether it changes
	// the visitor's calendar.
	Preview func(context.Context, booking.Foreseen) (mail.Words, bool, error)
}

// manage is what all of the part demands.
const manage = office.Permission(agenda.ManageIncidents)

// Routes are the part's routes.
func (o *Part) Routes() []office.Route {
	const one = "/staff/incidents/{id}"
	return []office.Route{
		office.Get("/staff/incidents", manage, o.list),
		office.Get("/staff/incidents/new", manage, o.newForm),
		office.Post("/staff/incidents", manage, o.begin),
		office.Get(one, manage, o.show),
		office.Get(one+"/bookings", manage, o.bookings),
		office.Post(one+"/bookings", manage, o.choose),
		office.Get(one+"/plan", manage, o.plan),
		office.Post(one+"/plan", manage, o.decide),
		office.Get(one+"/letters", manage, o.letters),
		office.Post(one+"/confirm", manage, o.confirm),
		office.Post(one+"/pause", manage, o.step(func(q *office.Request, id string) error {
			_, err := o.Desk.PauseIncident(q.Context(), q.Person, id, true)
			return err
		})),
		office.Post(one+"/resume", manage, o.step(func(q *office.Request, id string) error {
			_, err := o.Desk.PauseIncident(q.Context(), q.Person, id, false)
			return err
		})),
		office.Post(one+"/send", manage, o.step(func(q *office.Request, id string) error {
			_, err := o.Desk.SendIncident(q.Context(), q.Person, id)
			return err
		})),
		office.Post(one+"/undo", manage, o.step(o.undo)),
		office.Post(one+"/again", manage, o.again),
		office.Post(one+"/drop", manage, o.drop),
		office.Get(one+"/calls", manage, o.calls),
		office.Post(one+"/calls", manage, o.call),
	}
}

// Mount registers the routes.
func (o *Part) Mount(t *route.Table) { o.Office.Mount(t, o.Routes()) }

func id(q *office.Request) string { return mux.Vars(q.Request)["id"] }

func at(id, rest string) string { return "/staff/incidents/" + id + rest }

func to(w http.ResponseWriter, q *office.Request, path string) error {
	http.Redirect(w, q.Request, path, http.StatusSeeOther)
	return nil
}

// steps of the way until it is carried out.
const steps = 4

// frame is the frame of one incident's page.
func (o *Part) frame(q *office.Request, step int) page.Frame {
	f := o.Frame(q)
	f.Crumbs = []page.Link{{Label: f.T("staff.incident.title"), Href: "/staff/incidents"}}
	if step > 0 {
		names := []string{"", "what", "who", "how", "check"}
		f.Step = &page.Step{Current: step, Total: steps, Name: f.T("staff.incident.step." + names[step])}
	}
	return f
}

// heading says in a line what an incident is.
func heading(f page.Frame, s *agenda.Setup, n *agenda.Incident) string {
	return f.T("staff.incident.heading", "what", f.T("staff.incident.reason."+n.Reason), "where", whereabouts(f, s, n))
}

// whereabouts is when and where an incident is.
func whereabouts(f page.Frame, s *agenda.Setup, n *agenda.Incident) string {
	names := []string{span(f, s, n)}
	for _, id := range n.Calendars {
		if c, ok := s.CalendarOf(id); ok {
			names = append(names, nameOf(f, s, c))
		}
	}
	return strings.Join(names, ", ")
}

// span is the time of an incident.
func span(f page.Frame, s *agenda.Setup, n *agenda.Incident) string {
	from, to := n.From.In(s.Zone()), n.To.In(s.Zone())
	if agenda.DateOf(from) == agenda.DateOf(to) {
		return f.Printer().ShortDate(from) + ", " + f.Printer().TimeSpan(from, to)
	}
	return f.T("staff.incident.span", "from", office.Short(f, from), "to", office.Short(f, to))
}

// nameOf tells a calendar from others of the same name.
func nameOf(f page.Frame, s *agenda.Setup, c *agenda.Calendar) string {
	name := office.CalendarName(f, s, c)
	for i := range s.Calendars {
		if o := &s.Calendars[i]; o.ID != c.ID && office.CalendarName(f, s, o) == name {
			return name + " (" + c.ID + ")"
		}
	}
	return name
}

// services are what somebody comes for, on one line.
func services(f page.Frame, s *agenda.Setup, b *agenda.Booking) string {
	var names []string
	for _, it := range b.Items {
		name := it.Service
		if svc, ok := s.ServiceOf(it.Service); ok {
			name = office.Plain(f, svc.Name)
		}
		if it.Quantity > 1 {
			name = f.T("staff.times", "n", it.Quantity, "what", name)
		}
		names = append(names, name)
	}
	return strings.Join(names, " + ")
}

// slotAt is a time and where it is, for people.
func (o *Part) slotAt(q *office.Request, f page.Frame, n *agenda.Incident, it *agenda.IncidentItem) string {
	if it.Start.IsZero() {
		return ""
	}
	text := office.Short(f, it.Start.In(q.Setup.Zone()))
	if c, ok := q.Setup.CalendarOf(it.Calendar); ok && (len(n.Calendars) > 1 || it.Calendar != it.Was.Calendar) {
		text += ", " + nameOf(f, q.Setup, c)
	}
	return text
}

// whose are the names of the people whom an incident can name.
func (o *Part) whose(q *office.Request) (map[string]string, error) {
	names := map[string]string{}
	err := o.Desk.Store.View(q.Context(), func(tx *store.Tx) error {
		list, err := tx.Accounts(q.Person.Tenant)
		for _, a := range list {
			names[a.ID] = a.Name
		}
		return err
	})
	return names, err
}

// invalid puts what an act found wrong into the form, beside the fields; any other error
// stays one.
func invalid(form *page.Form, err error, text func(agenda.FieldError) string) error {
	var bad agenda.Invalid
	if !errors.As(err, &bad) {
		return err
	}
	for _, b := range bad {
		form.Fail(b.Field, text(b))
	}
	return nil
}
