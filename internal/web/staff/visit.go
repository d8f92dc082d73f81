package staff

import (
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
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
	Acts      []press
	More      []page.Link // what asks before it is done
	Faded     bool        // over and done with
	Coming    bool        // the visitor has said that they come
	Next      bool        // the line of now stands above it
}

// press is an act of one button, with the key that does it in the marked line.
type press struct {
	page.Button
	Key string
}

// service is what a visit is for.
type service struct {
	Name     agenda.Text
	Quantity int
}

// line makes a visit's line, with the acts that its state and the person's rights
// allow.
func (o *Office) line(f page.Frame, q *office.Request, c *booking.Card) visit {
	zone := c.Setup.Zone()
	start, end := c.Start.In(zone), c.End.In(zone)
	v := visit{
		Anchor: "b-" + c.ID, Clock: start.Format("15:04"), Until: end.Format("15:04"), ISO: start.Format("2006-01-02T15:04:05Z07:00"),
		Badge: office.Badge(f, c.Booking), Over: c.Overbooked, Faded: c.Status == agenda.Served || c.Status == agenda.NoShow || c.Gone,
	}
	if !q.Person.MayOpen(c.Calendar) {
		v.Name = f.T("staff.busy")
		return v
	}
	v.Href = "/staff/bookings/" + c.ID
	v.Reference = c.Reference
	if !v.Faded {
		v.Note, v.StaffNote = c.Private.Note, c.Private.StaffNote
	}
	v.Name, v.Phone, v.Email = visitorName(f, c), c.Private.Phone, c.Private.Email
	v.Services, v.Coming = services(c), c.Status == agenda.Confirmed && !c.Coming.IsZero()
	if q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
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
func oneClick(f page.Frame, c *booking.Card, v visit) (list []press) {
	add := func(kind, act, icon string) {
		list = append(list, press{page.Button{Kind: kind, Label: f.T("staff.act." + act), Context: v.Clock + ", " + v.Name, Href: v.Href + "/" + act, Icon: icon}, key(f, act)})
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

// key is the letter that does an act of the visit itself; "" for other acts.
func key(f page.Frame, act string) string {
	switch act {
	case checkIn.name, serve.name, noShow.name, undo.name:
		return f.T("staff.key." + act)
	}
	return ""
}

// keys explain the letters, as they are printed on the keyboard.
func keys(f page.Frame) (list []press) {
	for _, act := range []string{checkIn.name, serve.name, noShow.name, undo.name} {
		list = append(list, press{page.Button{Label: f.T("staff.act." + act)}, strings.ToUpper(key(f, act))})
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
