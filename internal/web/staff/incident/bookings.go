package incident

import (
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// bookingsPage asks about which of the visits something is to be done.
type bookingsPage struct {
	page.Frame
	Lead    string
	Closed  string // what is closed by now; "": nothing
	Action  string
	Drop    string
	Visits  []affected
	Several bool // of several calendars
	Days    bool // on several days
	All     string
	None    string
}

// affected is one visit.
type affected struct {
	ID       string
	Chosen   bool
	Date     string // "": all are on one day
	Clock    string
	Name     string
	Href     string
	Services string
	Place    string // "": all are in one calendar
	Reach    page.Badge
	Pending  string // "": it is certain
}

func (o *Part) bookings(w http.ResponseWriter, q *office.Request) error {
	n, list, err := o.Desk.Affected(q.Context(), q.Person, id(q))
	if err != nil {
		return err
	}
	if n.Step.Begun() || n.Again {
		return to(w, q, at(n.ID, ""))
	}
	switch q.URL.Query().Get("chosen") {
	case "all":
		choose(list, func(*booking.Affected) bool { return true })
	case "none":
		choose(list, func(*booking.Affected) bool { return false })
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/incident/bookings", o.newBookings(q, n, list))
}

func choose(list []*booking.Affected, which func(*booking.Affected) bool) {
	for _, a := range list {
		a.Chosen = which(a)
	}
}

func (o *Part) newBookings(q *office.Request, n *agenda.Incident, list []*booking.Affected) bookingsPage {
	p := bookingsPage{Frame: o.frame(q, 2), Action: at(n.ID, "/bookings"), Drop: at(n.ID, "/drop"), Several: len(n.Calendars) > 1}
	p.Lead = heading(p.Frame, q.Setup, n)
	p.All, p.None = p.Action+"?chosen=all", p.Action+"?chosen=none"
	if n.Close != agenda.CloseNothing {
		p.Closed = p.T("staff.incident.closed."+n.Close, "n", n.Seats)
	}
	for _, a := range list {
		p.Days = p.Days || a.Card.Date != list[0].Card.Date
	}
	for _, a := range list {
		v := visitOf(p.Frame, q.Setup, a)
		if !p.Several {
			v.Place = ""
		}
		if !p.Days {
			v.Date = ""
		}
		p.Visits = append(p.Visits, v)
	}
	return p
}

func visitOf(f page.Frame, s *agenda.Setup, a *booking.Affected) affected {
	v := affected{ID: a.Item.Booking, Chosen: a.Chosen}
	c := a.Card
	if c == nil {
		v.Name = f.T("staff.incident.forgotten")
		return v
	}
	start := c.Start.In(s.Zone())
	v.Date, v.Clock = f.Printer().ShortDate(start), start.Format("15:04")
	v.Name, v.Href, v.Services = c.Private.Name, "/staff/bookings/"+c.ID, services(f, s, c.Booking)
	if v.Name == "" {
		v.Name = f.T("staff.nameless")
	}
	v.Place = nameOf(f, s, c.Calendar)
	if c.Status == agenda.Pending {
		v.Pending = f.T("staff.status.pending." + c.Awaits)
	}
	v.Reach = reach(f, c)
	return v
}

// reach says how a visitor hears of what happens.
func reach(f page.Frame, c *booking.Card) page.Badge {
	switch {
	case c.Awaits == agenda.ConfirmEmail:
		return page.Badge{Kind: "neutral", Label: f.T("staff.incident.reach.unsure"), Icon: "question-mark"}
	case c.Notify:
		return page.Badge{Kind: "info", Label: f.T("staff.incident.reach.mail"), Icon: "mail"}
	case c.Private.Phone != "":
		return page.Badge{Kind: "warning", Label: f.T("staff.incident.reach.phone", "phone", c.Private.Phone)}
	}
	return page.Badge{Kind: "danger", Label: f.T("staff.incident.reach.none")}
}

func (o *Part) choose(w http.ResponseWriter, q *office.Request) error {
	n, list, err := o.Desk.Affected(q.Context(), q.Person, id(q))
	if err != nil {
		return err
	}
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	chosen := q.PostForm["booking"]
	if len(list) == 0 {
		return agenda.ErrState
	}
	_, err = o.Desk.ChooseAffected(q.Context(), q.Person, n.ID, chosen)
	if err == nil {
		return to(w, q, at(n.ID, "/plan"))
	}
	if err := invalid(form, err, func(b agenda.FieldError) string {
		if b.Code == "range" {
			return "staff.incident.wrong.many"
		}
		return "staff.incident.wrong.none"
	}); err != nil {
		return err
	}
	choose(list, func(a *booking.Affected) bool { return slices.Contains(chosen, a.Item.Booking) })
	p := o.newBookings(q, n, list)
	p.Frame.Errors = form.Errors()
	return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/incident/bookings", p)
}

// drop deletes an incident that nothing was done about.
func (o *Part) drop(w http.ResponseWriter, q *office.Request) error {
	if err := o.Desk.DropIncident(q.Context(), q.Person, id(q)); err != nil {
		return err
	}
	return to(w, q, "/staff/incidents?done=dropped")
}
