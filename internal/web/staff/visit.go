package staff

import (
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// visit is one booking as a line of a list.
type visit struct {
	Anchor    string // its id on the page
	Href      string // its own page; "": no more than that the time is taken
	Date      string // in lists over several days
	Clock     string
	Until     string
	ISO       string
	Name      string
	Place     string // the calendar, in lists over several
	Services  []service
	Phone     string
	Email     string
	Reference string
	Note      string
	StaffNote string
	Badge     page.Badge
	Over      bool // knowingly beyond the seats there are
	Acts      []page.Button
	More      []page.Link // what asks before it is done
	Faded     bool        // over and done with
	Next      bool        // the line of now stands above it
}

// service is what a visit is for.
type service struct {
	Name     agenda.Text
	Quantity int
}

// line makes a visit's line, with the acts that its state and the person's rights
// allow.
func (o *Office) line(f page.Frame, q *request, c *booking.Card) visit {
	zone := c.Setup.Zone()
	start, end := c.Start.In(zone), c.End.In(zone)
	v := visit{
		Anchor: "b-" + c.ID, Clock: start.Format("15:04"), Until: end.Format("15:04"), ISO: start.Format("2006-01-02T15:04:05Z07:00"),
		Badge: badge(f, c.Booking), Over: c.Overbooked, Faded: c.Status == agenda.Served || c.Status == agenda.NoShow || c.Gone,
	}
	if !q.person.MayOpen(c.Calendar) {
		v.Name = f.T("staff.busy")
		return v
	}
	v.Href = "/staff/bookings/" + c.ID
	v.Reference = c.Reference
	if !v.Faded {
		v.Note, v.StaffNote = c.Private.Note, c.Private.StaffNote
	}
	v.Name, v.Phone, v.Email = visitorName(f, c), c.Private.Phone, c.Private.Email
	v.Services = services(c)
	if q.person.MayIn(agenda.ActOnBookings, c.Calendar) {
		v.Acts, v.More = oneClick(f, c, v), asking(f, c)
	}
	return v
}

// visitorName is never empty: something must be there to press.
func visitorName(f page.Frame, c *booking.Card) string {
	if c.Private.Name == "" {
		return f.T("staff.nameless")
	}
	return c.Private.Name
}

func services(c *booking.Card) (list []service) {
	for _, it := range c.Items {
		name := agenda.Plain(it.Service)
		if s, ok := c.Setup.ServiceOf(it.Service); ok {
			name = s.Name
		}
		list = append(list, service{name, it.Quantity})
	}
	return list
}

// oneClick are the acts that can be taken back, or that are expected: forms of one
// button. The first is what mostly comes next.
func oneClick(f page.Frame, c *booking.Card, v visit) (list []page.Button) {
	add := func(kind, act, icon string) {
		list = append(list, page.Button{Kind: kind, Label: f.T("staff.act." + act), Context: v.Clock + ", " + v.Name, Href: v.Href + "/" + act, Icon: icon})
	}
	switch {
	case c.Status == agenda.Pending && c.Awaits == agenda.ConfirmStaff:
		add("secondary", "approve", "check")
	case c.Status == agenda.Confirmed:
		add("secondary", "check-in", "")
		add("secondary", "serve", "")
		add("secondary", "no-show", "")
	case c.Status == agenda.CheckedIn:
		add("secondary", "serve", "")
		add("secondary", "no-show", "")
		add("quiet", "undo", "")
	case c.Status == agenda.Served, c.Status == agenda.NoShow:
		add("quiet", "undo", "")
	}
	return list
}

// asking are the acts that first show what will happen.
func asking(f page.Frame, c *booking.Card) (list []page.Link) {
	add := func(act string) {
		list = append(list, page.Link{Label: f.T("staff.act." + act), Href: "/staff/bookings/" + c.ID + "/" + act})
	}
	if c.Status == agenda.Pending || c.Status == agenda.Confirmed || c.Status == agenda.NoShow {
		add("move")
		if c.Status == agenda.Pending && c.Awaits == agenda.ConfirmStaff {
			add("reject")
		} else {
			add("cancel")
		}
	}
	return list
}

// badge is a booking's state, in form and text.
func badge(f page.Frame, b *agenda.Booking) page.Badge {
	switch b.Status {
	case agenda.Pending:
		return page.Badge{Kind: "warning", Label: f.T("staff.status.pending." + b.Awaits), Icon: "question-mark"}
	case agenda.Confirmed:
		return page.Badge{Kind: "info", Label: f.T("staff.status.confirmed"), Icon: "calendar-today"}
	case agenda.CheckedIn:
		return page.Badge{Kind: "success", Label: f.T("staff.status.checked_in"), Icon: "account-circle"}
	case agenda.Served:
		return page.Badge{Kind: "neutral", Label: f.T("staff.status.served"), Icon: "check"}
	case agenda.NoShow:
		return page.Badge{Kind: "danger", Label: f.T("staff.status.no_show"), Icon: "close"}
	case agenda.Cancelled:
		return page.Badge{Kind: "neutral", Label: f.T("staff.status.cancelled"), Icon: "delete"}
	case agenda.Held:
		return page.Badge{Kind: "neutral", Label: f.T("staff.status.held"), Icon: "autorenew"}
	}
	return page.Badge{Kind: "neutral", Label: f.T("staff.status.expired"), Icon: "close"}
}

// calendars are those of which the person sees the bookings, in the tenant's order.
func (q *request) calendars(right agenda.Right) (list []*agenda.Calendar) {
	for i := range q.setup.Calendars {
		if c := &q.setup.Calendars[i]; q.person.MayIn(right, c) {
			list = append(list, c)
		}
	}
	return list
}

// choices are calendars to select from, by names that tell them apart.
func choices(f page.Frame, s *agenda.Setup, list []*agenda.Calendar, selected string) []page.Choice {
	var c []page.Choice
	names := map[string]int{}
	for _, cal := range list {
		names[calendarName(f, s, cal)]++
	}
	for _, cal := range list {
		name := calendarName(f, s, cal)
		if names[name] > 1 {
			name += " (" + cal.ID + ")"
		}
		c = append(c, page.Choice{Value: cal.ID, Label: name, Selected: cal.ID == selected})
	}
	return c
}

// calendarName is the calendar's own name, or else what it belongs to and where it
// is.
func calendarName(f page.Frame, s *agenda.Setup, c *agenda.Calendar) string {
	if name := plain(f, c.Name); name != "" {
		return name
	}
	var parts []string
	if d, ok := s.DepartmentOf(c.Department); ok {
		parts = append(parts, plain(f, d.Name))
	}
	if site, ok := s.SiteOf(c.Site); ok {
		parts = append(parts, plain(f, site.Name))
	}
	if room := plain(f, c.Room); room != "" {
		parts = append(parts, room)
	}
	return strings.Join(parts, ", ")
}

// count says how many visits are in which state: "12 Termine · 3 da".
func count(f page.Frame, cards []*booking.Card) string {
	n := map[agenda.Status]int{}
	total := 0
	for _, c := range cards {
		n[c.Status]++
		if c.Status != agenda.Cancelled {
			total++
		}
	}
	parts := []string{f.T("staff.day.total", "n", total)}
	for _, s := range []agenda.Status{agenda.Pending, agenda.Confirmed, agenda.CheckedIn, agenda.Served, agenda.NoShow} {
		if n[s] > 0 && n[s] < total || s == agenda.Pending && n[s] > 0 {
			parts = append(parts, strconv.Itoa(n[s])+" "+f.T("staff.count."+string(s)))
		}
	}
	return strings.Join(slices.Compact(parts), " · ")
}
