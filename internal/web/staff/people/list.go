package people

import (
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// listPage is everybody who works here, as far as the reader has to do with them.
type listPage struct {
	page.Frame
	Rows   []listRow
	New    string // address; "" for who may give nobody any role
	County string // address of the county's access; "" for who does not decide about it
}

type listRow struct {
	Name, Email string
	Href        string
	Role        string
	Limit       string
	Further     []string
	SignedIn    string // "" never
	States      []page.Badge
}

func (o *Part) list(w http.ResponseWriter, q *office.Request) error {
	members, err := o.Accounts.Members(q.Context(), q.Person)
	if err != nil {
		return err
	}
	p := &listPage{Frame: o.Frame(q)}
	done(&p.Frame, q, "added")
	for i := range members {
		p.Rows = append(p.Rows, row(p.Frame, q, &members[i]))
	}
	if len(limits(p.Frame, q, "", false)) > 0 {
		p.New = "/staff/people/new"
	}
	if q.Person.MayEverywhere(agenda.OpenToCounty) {
		p.County = "/staff/people/county"
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/list", p)
}

func row(f page.Frame, q *office.Request, m *auth.Member) listRow {
	r := listRow{Name: m.Name, Email: m.Email, Href: "/staff/people/" + m.ID, Role: roleName(f, m.Role),
		Limit: limitName(f, q.Setup, agenda.Grant{Department: m.Department}), SignedIn: moment(f, q, m.SignedIn), States: states(f, m)}
	if r.Name == r.Email {
		r.Email = ""
	}
	for _, x := range m.Further {
		r.Further = append(r.Further, f.T("staff.people.further", "role", roleName(f, x.Role), "limit", limitName(f, q.Setup, x.Grant), "period", period(f, x)))
	}
	return r
}
