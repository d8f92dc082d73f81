package setup

import (
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// townsPage lists the tenants of the installation, and makes one.
type townsPage struct {
	page.Frame
	Title  string
	Towns  []area
	Fields []page.Field
	Link   string // by which the first person sets a password: shown this once
	Made   string
}

func (p *Part) towns(w http.ResponseWriter, q *office.Request) error {
	return p.showTowns(w, q, nil, townsPage{}, http.StatusOK)
}

func (p *Part) showTowns(w http.ResponseWriter, q *office.Request, form *page.Form, v townsPage, status int) error {
	if !q.Person.MayMakeTenants() {
		return agenda.ErrForbidden
	}
	f := p.Frame(q)
	v.Frame, v.Title = f, f.T("staff.setup.towns.title")
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	v.Frame.Errors = form.Errors()
	list, err := p.Desk.Tenants(q.Context())
	if err != nil {
		return err
	}
	for _, s := range list {
		v.Towns = append(v.Towns, area{Title: office.Plain(f, s.Tenant.Name), Href: "/" + s.Tenant.ID + "/", Facts: []string{s.Tenant.ID, f.T("staff.setup.calendars.count", "n", len(s.Calendars))}})
	}
	var states []page.Choice
	for _, x := range agenda.States() {
		states = append(states, page.Choice{Value: x, Label: f.T("staff.setup.state." + x), Selected: x == q.Setup.Tenant.State})
	}
	for _, x := range []page.Field{
		{Name: "name", Label: f.T("staff.setup.towns.name"), Required: true, Max: 200},
		{Name: "id", Label: f.T("staff.setup.id"), Hint: f.T("staff.setup.towns.id.hint"), Max: 64, Width: "short"},
		{Name: "state", Type: "select", Label: f.T("staff.setup.tenant.tenant.state"), Choices: states},
		{Name: "email", Type: "email", Label: f.T("staff.setup.towns.email"), Hint: f.T("staff.setup.towns.email.hint"), Required: true, Max: 254},
	} {
		v.Fields = append(v.Fields, form.Fill(x))
	}
	return p.Pages.Render(w, q.Request, status, "staff/setup/towns", v)
}

// makeTown makes a tenant with its first administrator, who sets up the rest.
func (p *Part) makeTown(w http.ResponseWriter, q *office.Request) error {
	if !q.Person.MayMakeTenants() {
		return agenda.ErrForbidden
	}
	f := p.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	s, email, err := p.newTown(q, f, form)
	if err != nil {
		return err
	}
	if len(form.Errors()) > 0 {
		return p.showTowns(w, q, form, townsPage{}, http.StatusUnprocessableEntity)
	}
	if _, err := p.Desk.Apply(q.Context(), s, booking.ApplyOptions{Actor: q.Person.ID, Person: q.Person}); err != nil {
		return err
	}
	secret, err := p.Accounts.FirstAdmin(q.Context(), q.Person, s.Tenant.ID, email)
	if err != nil {
		return err
	}
	return p.showTowns(w, q, nil, townsPage{Made: office.Plain(f, s.Tenant.Name), Link: p.Links.Invitation(secret)}, http.StatusOK)
}

// newTown reads the form: a tenant with nothing in it yet.
func (p *Part) newTown(q *office.Request, f page.Frame, form *page.Form) (*agenda.Setup, string, error) {
	s := config.Fresh[agenda.Setup]()
	s.Tenant.Name = agenda.Plain(form.Text("name", page.Rule{Label: f.T("staff.setup.towns.name"), Required: true}))
	s.Tenant.State = form.Choice("state", agenda.States(), page.Rule{Label: f.T("staff.setup.tenant.tenant.state")})
	s.Tenant.Timezone, s.Tenant.Languages = q.Setup.Tenant.Timezone, slices.Clone(q.Setup.Tenant.Languages)
	email := form.Email("email", page.Rule{Label: f.T("staff.setup.towns.email"), Required: true})
	list, err := p.Desk.Tenants(q.Context())
	if err != nil {
		return nil, "", err
	}
	var taken []string
	for _, t := range list {
		taken = append(taken, t.Tenant.ID)
	}
	s.Tenant.ID = form.Value("id")
	if s.Tenant.ID == "" {
		s.Tenant.ID = newID(s.Tenant.Name.String(), taken)
	}
	if slices.Contains(taken, s.Tenant.ID) {
		form.Fail("id", "staff.setup.id.taken", "id", s.Tenant.ID)
	}
	if len(form.Errors()) == 0 {
		for _, fault := range s.Check() {
			if fault.Path == "tenant.id" {
				form.Fail("id", "staff.setup.id.wrong")
			} else {
				form.Fail("name", "staff.setup.wrong.plain", "label", f.T("staff.setup.towns.name"))
			}
		}
	}
	if len(form.Errors()) > 0 {
		return nil, "", nil
	}
	return &s, email, s.Prepare()
}
