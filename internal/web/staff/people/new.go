package people

import (
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// newPage asks for somebody new.
type newPage struct {
	page.Frame
	Form   *page.Form
	Roles  []page.Choice
	Limits []page.Choice
}

func (o *Part) newPage(q *office.Request) *newPage {
	p := &newPage{Frame: o.Frame(q)}
	p.Back = "/staff/people"
	p.Roles, p.Limits = roles(p.Frame, q, ""), limits(p.Frame, q, "", false)
	return p
}

func (o *Part) newForm(w http.ResponseWriter, q *office.Request) error {
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/new", o.newPage(q))
}

func (o *Part) add(w http.ResponseWriter, q *office.Request) (err error) {
	p := o.newPage(q)
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	n := auth.NewPerson{Tenant: q.Person.Tenant, By: q.Person, Letter: true,
		Name:  p.Form.Text("name", page.Rule{Label: p.T("common.name"), Required: true, Max: agenda.MaxName}),
		Email: p.Form.Email("email", page.Rule{Label: p.T("common.email"), Required: true})}
	g := readGrant(p.Form, p.Frame, p.Roles, p.Limits)
	n.Role, n.Department = g.Role, g.Department
	if len(p.Form.Errors()) == 0 {
		_, err := o.Accounts.AddPerson(q.Context(), n)
		if err = refused(p.Form, err, map[string]string{"department": "limit"}); err != nil {
			return err
		}
	}
	if p.Frame.Errors = p.Form.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/new", p)
	}
	return see(w, q, "/staff/people?done=added")
}

// readGrant reads a role and where it holds.
func readGrant(f *page.Form, frame page.Frame, roles, limits []page.Choice) agenda.Grant {
	role := f.Choice("role", values(roles), page.Rule{Label: frame.T("staff.people.roleLabel"), Required: true})
	limit := f.Choice("limit", values(limits), page.Rule{Label: frame.T("staff.people.limitLabel"), Required: true})
	return limited(agenda.Role(role), limit)
}
