package office

import (
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// sections are the parts of the back office in the order of the navigation. A person
// sees those that they have the right for.
var sections = []struct {
	path  string // of the part's first page; the part's other pages are below it
	key   string // of its name
	needs agenda.Right
}{
	{"/staff/day", "staff.nav.day", agenda.SeeBookings},
	{"/staff/calendar", "staff.nav.calendar", agenda.SeeBookings},
	{"/staff/new", "staff.nav.new", agenda.ActOnBookings},
	{"/staff/find", "staff.nav.find", agenda.SeeBookings},
	{"/staff/letters", "staff.letters.nav", agenda.SeeBookings},
	{"/staff/incidents", "staff.nav.incidents", agenda.ManageIncidents},
	{"/staff/plan", "staff.nav.plan", agenda.PlanTimes},
	{"/staff/figures", "staff.figures.nav", agenda.SeeFigures},
	{"/staff/setup", "staff.nav.setup", agenda.SeeSetup},
	{"/staff/people", "staff.people.nav", agenda.ManagePeople},
	{"/staff/tenant", "staff.people.tenants.nav", agenda.ManageTenants},
	{"/staff/journal", "staff.journal.nav", agenda.SeeJournal},
}

// Frame is what stands around every page of the back office.
func (o *Office) Frame(q *Request) page.Frame {
	if q.Person == nil {
		f := o.Pages.OfficeFrame(q.Request, nil)
		f.Staff = &page.Staff{Home: "/staff/", Part: part(q.URL.Path)}
		return f
	}
	t := &q.Setup.Tenant
	home := "/" + t.ID + "/"
	tenant := &page.Tenant{Name: t.Name, Home: home, Languages: t.Languages}
	if logo := q.Setup.Brand.KeptLogo(); logo != "" {
		tenant.Logo = home + logo
	}
	if q.Setup.Brand.Colour != "" {
		tenant.Brand = page.BrandURL(home, q.Setup.Brand.Colour)
	}
	f := o.Pages.OfficeFrame(q.Request, tenant)
	f.Staff = &page.Staff{Name: q.Person.Name, Home: "/staff/", SignOut: signOut, Account: "/staff/account", Part: part(q.URL.Path)}
	f.Staff.Help = &page.Link{Label: f.T("staff.docs.link"), Href: Help(q.URL.Path)}
	if q.Person.Tenant != q.Home && q.Home != "" {
		f.Staff.Guest = &page.Link{Label: f.T("staff.people.tenants.guest", "name", Plain(f, t.Name)), Href: "/staff/tenant"}
	}
	for _, s := range sections {
		if q.Person.May(s.needs) {
			current := q.URL.Path == s.path || strings.HasPrefix(q.URL.Path, s.path+"/")
			f.Staff.Nav = append(f.Staff.Nav, page.Link{Label: f.T(s.key), Href: s.path, Current: current})
		}
	}
	return f
}

// part is the word after /staff/ in an address: a part's own stylesheet is
// staff-PART.css, where there is one.
func part(path string) string {
	word, _, _ := strings.Cut(strings.TrimPrefix(path, "/staff/"), "/")
	return word
}
