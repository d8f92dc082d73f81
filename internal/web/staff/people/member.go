package people

import (
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// memberPage is one person: what they may, and what can be done about it.
type memberPage struct {
	page.Frame
	Who     auth.Member
	Home    string // address of the page
	Facts   []page.Row
	States  []page.Badge
	Form    *page.Form // of what they are
	Roles   []page.Choice
	Limits  []page.Choice
	Self    bool
	Further []furtherRow
	Grant   *page.Form // of a further role
	Gives   []page.Choice
	Within  []page.Choice
	Today   string
}

type furtherRow struct {
	What, When string
	End        string // address; "": not the reader's to end
	Coming     bool
}

func (o *Part) memberPage(q *office.Request) (*memberPage, error) {
	m, err := o.Accounts.Member(q.Context(), q.Person, mux.Vars(q.Request)["person"])
	if err != nil {
		return nil, err
	}
	p := &memberPage{Frame: o.Frame(q), Who: m, Home: "/staff/people/" + m.ID, Self: m.ID == q.Person.ID}
	p.Back = "/staff/people"
	first := agenda.Grant{Role: m.Role, Department: m.Department}
	p.Facts = []page.Row{
		{Key: p.T("common.email"), Values: []string{m.Email}},
		{Key: p.T("staff.people.roleLabel"), Values: []string{roleName(p.Frame, m.Role) + ", " + limitName(p.Frame, q.Setup, first)}},
		{Key: p.T("staff.people.signedIn"), Values: []string{moment(p.Frame, q, m.SignedIn)}},
	}
	if m.SignedIn.IsZero() {
		p.Facts[2].Values = []string{p.T("staff.people.never")}
	}
	p.States = states(p.Frame, &m)
	p.Roles, p.Limits = roles(p.Frame, q, m.Role), limits(p.Frame, q, limitWord(first), false)
	p.Form = page.NewForm(url.Values{"name": {m.Name}}, p.Printer())
	today := agenda.DateOf(q.Now)
	p.Today = today.String()
	for _, r := range m.Further {
		x := furtherRow{What: roleName(p.Frame, r.Role) + ", " + limitName(p.Frame, q.Setup, r.Grant), When: period(p.Frame, r), Coming: r.From > today}
		if r.Mine && !p.Self {
			x.End = p.Home + "/grants/" + r.ID + "/end"
		}
		p.Further = append(p.Further, x)
	}
	if !p.Self && !m.Disabled {
		p.Gives, p.Within = roles(p.Frame, q, ""), limits(p.Frame, q, "", true)
	}
	return p, nil
}

func (o *Part) member(w http.ResponseWriter, q *office.Request) error {
	p, err := o.memberPage(q)
	if err != nil {
		return err
	}
	done(&p.Frame, q, "changed", "granted", "ended", "disabled", "enabled", "reset", "invited", "signedOut")
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/member", p)
}

func (o *Part) change(w http.ResponseWriter, q *office.Request) error {
	p, err := o.memberPage(q)
	if err != nil {
		return err
	}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	c := auth.Change{Name: p.Form.Text("name", page.Rule{Label: p.T("common.name"), Required: true, Max: agenda.MaxName}), Role: p.Who.Role, Department: p.Who.Department}
	if !p.Self {
		g := readGrant(p.Form, p.Frame, p.Roles, p.Limits)
		c.Role, c.Department = g.Role, g.Department
	}
	if len(p.Form.Errors()) == 0 {
		err := o.Accounts.Change(q.Context(), q.Person, p.Who.ID, c)
		if p.Who.Mine {
			err = refused(p.Form, err, map[string]string{"department": "limit"})
		}
		if err != nil {
			return err
		}
	}
	if p.Frame.Errors = p.Form.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/member", p)
	}
	return see(w, q, p.Home+"?done=changed")
}

func (o *Part) grant(w http.ResponseWriter, q *office.Request) error {
	p, err := o.memberPage(q)
	if err != nil {
		return err
	}
	if p.Grant, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	role := p.Grant.Choice("grant-role", values(p.Gives), page.Rule{Label: p.T("staff.people.roleLabel"), Required: true})
	limit := p.Grant.Choice("grant-limit", values(p.Within), page.Rule{Label: p.T("staff.people.limitLabel"), Required: true})
	r := auth.FurtherRole{Grant: limited(agenda.Role(role), limit), From: p.Grant.Date("from", page.Rule{Label: p.T("staff.people.fromLabel"), Required: true})}
	r.To = p.Grant.Date("to", page.Rule{Label: p.T("staff.people.toLabel")})
	if len(p.Grant.Errors()) == 0 {
		err := o.Accounts.Grant(q.Context(), q.Person, p.Who.ID, r)
		if err = refused(p.Grant, err, map[string]string{"role": "grant-role", "department": "grant-limit", "calendar": "grant-limit"}); err != nil {
			return err
		}
	}
	if p.Frame.Errors = p.Grant.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/member", p)
	}
	return see(w, q, p.Home+"?done=granted")
}

func (o *Part) endGrant(w http.ResponseWriter, q *office.Request) error {
	v := mux.Vars(q.Request)
	if err := o.Accounts.EndGrant(q.Context(), q.Person, v["person"], v["grant"]); err != nil {
		return err
	}
	return see(w, q, "/staff/people/"+v["person"]+"?done=ended")
}
