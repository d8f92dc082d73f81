package staff

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// slipPage is a sheet to take along: what a letter would say, for who has no e-mail
// address. It names nobody but the visitor.
type slipPage struct {
	page.Frame
	Booking string // address of its page
	Office  string // whose visit it is
	Name    string
	Facts   []page.Row
	Bring   []agenda.Text
	Code    *page.Code
	Manage  string // address below the code
	Phone   string
}

func (o *Office) slip(w http.ResponseWriter, q *office.Request) error {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return err
	}
	if c.Gone || c.Sealed == nil {
		return agenda.ErrState
	}
	p := &slipPage{Frame: o.Frame(q), Booking: "/staff/bookings/" + c.ID, Name: visitorName(o.Frame(q), c)}
	p.Crumbs = []page.Link{{Label: p.T("staff.nav.day"), Href: dayAt(c.Calendar.ID, c.Date)}, {Label: p.Name, Href: p.Booking}}
	p.Office = office.Plain(p.Frame, c.Setup.Tenant.Name)
	if d, ok := c.Setup.DepartmentOf(c.Calendar.Department); ok {
		p.Office += ", " + office.Plain(p.Frame, d.Name)
	}
	p.Facts, p.Phone = slipFacts(p.Frame, c), phoneOf(c)
	for _, it := range c.Items {
		if s, ok := c.Setup.ServiceOf(it.Service); ok {
			p.Bring = append(p.Bring, s.Checklist...)
		}
	}
	if c.Private.Manage != "" && q.Person.MayIn(agenda.ActOnBookings, c.Calendar) { // whoever has the link can move and cancel
		p.Manage = o.Links.Manage(&c.Setup.Tenant, c.Private.Manage)
		if p.Code, err = page.NewCode(p.Manage, p.T("staff.slip.code")); err != nil {
			return err
		}
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/slip", p)
}

func slipFacts(f page.Frame, c *booking.Card) (rows []page.Row) {
	start, end := c.Start.In(c.Setup.Zone()), c.End.In(c.Setup.Zone())
	add := func(key string, values ...string) {
		if values = slices.DeleteFunc(values, func(v string) bool { return strings.TrimSpace(v) == "" }); len(values) > 0 {
			rows = append(rows, page.Row{Key: f.T(key), Values: values})
		}
	}
	add("common.reference", c.Reference)
	add("staff.booking.when", f.Printer().Date(start), f.Printer().TimeSpan(start, end))
	if site, ok := c.Setup.SiteOf(c.Calendar.Site); ok && c.Mode != agenda.ModePhone && c.Mode != agenda.ModeVideo {
		add("staff.slip.where", office.Plain(f, site.Name), site.Street, site.PostalCode+" "+site.City, office.Plain(f, c.Calendar.Room))
	} else {
		add("staff.booking.mode", f.T("staff.mode."+c.Mode))
	}
	var what, fees []string
	for _, it := range c.Items {
		what = append(what, wanted(f, c.Setup, it)...)
		if s, ok := c.Setup.ServiceOf(it.Service); ok {
			if fee := office.Plain(f, s.Fee); fee != "" && len(c.Items) > 1 {
				fees = append(fees, office.Plain(f, s.Name)+": "+fee)
			} else {
				fees = append(fees, fee)
			}
		}
	}
	add("common.service", what...)
	add("staff.slip.fee", fees...)
	return rows
}

// phoneOf is where the office is reached: the site's number, the department's, the
// tenant's.
func phoneOf(c *booking.Card) string {
	var site, department string
	if s, ok := c.Setup.SiteOf(c.Calendar.Site); ok {
		site = s.Phone
	}
	if d, ok := c.Setup.DepartmentOf(c.Calendar.Department); ok {
		department = d.Phone
	}
	return cmp.Or(department, site, c.Setup.Tenant.Phone)
}
