package people

import (
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// countyPage is whether the town lets the county look at its bookings.
type countyPage struct {
	page.Frame
	Access auth.CountyAccess
	Until  string
	Form   *page.Form
	Days   int
}

func (o *Part) countyPage(q *office.Request) (*countyPage, error) {
	access, err := o.Accounts.CountyAccess(q.Context(), q.Person.Tenant)
	if err != nil {
		return nil, err
	}
	p := &countyPage{Frame: o.Frame(q), Access: access, Days: auth.CountyDays}
	p.Back = "/staff/people"
	if access.Open {
		p.Until = p.Printer().Date(access.To.Noon())
	}
	return p, nil
}

// countyForm is for who decides about it in the whole town.
func (o *Part) countyForm(w http.ResponseWriter, q *office.Request) error {
	if !q.Person.MayEverywhere(agenda.OpenToCounty) {
		return agenda.ErrForbidden
	}
	p, err := o.countyPage(q)
	if err != nil {
		return err
	}
	done(&p.Frame, q, "opened", "closed")
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/county", p)
}

func (o *Part) openToCounty(w http.ResponseWriter, q *office.Request) error {
	p, err := o.countyPage(q)
	if err != nil {
		return err
	}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	to := p.Form.Date("to", page.Rule{Label: p.T("staff.people.county.to"), Required: true})
	if len(p.Form.Errors()) == 0 {
		err := o.Accounts.OpenToCounty(q.Context(), q.Person, to)
		if errors.Is(err, agenda.ErrForbidden) {
			return err
		}
		if err := refused(p.Form, err, nil); err != nil {
			return err
		}
	}
	if p.Frame.Errors = p.Form.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/county", p)
	}
	return see(w, q, "/staff/people/county?done=opened")
}

func (o *Part) closeToCounty(w http.ResponseWriter, q *office.Request) error {
	if err := o.Accounts.CloseToCounty(q.Context(), q.Person); err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return err // pressed twice, it is closed all the same
	}
	return see(w, q, "/staff/people/county?done=closed")
}

// tenantsPage are the towns of the installation, for the county.
type tenantsPage struct {
	page.Frame
	Rows []tenantRow
	Home string // of the reader's account
	New  bool   // the reader may make towns
	Here string // where they are
	Look look
}

type tenantRow struct {
	ID        string
	Name      agenda.Text
	Here, Own bool
	Open      string // until when the town lets the county see its bookings
}

// look is the county's look at the bookings of the town it is in.
type look struct {
	Possible bool
	Until    string // the hour, while it lasts
	Granted  string // the day until when the town grants it
}

func (o *Part) tenantsPage(q *office.Request) (*tenantsPage, error) {
	list, err := o.Desk.Tenants(q.Context())
	if err != nil {
		return nil, err
	}
	p := &tenantsPage{Frame: o.Frame(q), Home: q.Home, Here: q.Person.Tenant, New: q.Person.MayMakeTenants()}
	for _, s := range list {
		t := tenantRow{ID: s.Tenant.ID, Name: s.Tenant.Name, Here: s.Tenant.ID == p.Here, Own: s.Tenant.ID == p.Home}
		access, err := o.Accounts.CountyAccess(q.Context(), t.ID)
		if err != nil {
			return nil, err
		}
		if access.Open && !t.Own {
			t.Open = p.Printer().ShortDate(access.To.Noon())
		}
		if t.Here && !t.Own {
			p.Look = look{Possible: access.Open, Granted: t.Open}
		}
		p.Rows = append(p.Rows, t)
	}
	if !q.Opened.IsZero() {
		p.Look.Until = p.Printer().Time(q.Opened.In(q.Setup.Zone()))
	}
	return p, nil
}

func (o *Part) tenants(w http.ResponseWriter, q *office.Request) error {
	p, err := o.tenantsPage(q)
	if err != nil {
		return err
	}
	done(&p.Frame, q, "here", "looking")
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/tenants", p)
}

// lookAt turns to another town.
func (o *Part) lookAt(w http.ResponseWriter, q *office.Request) error {
	f, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	if err := o.Accounts.LookAt(q.Context(), o.Secret(q), f.Value("tenant")); err != nil {
		return err
	}
	return see(w, q, "/staff/tenant?done=here")
}

// lookIn opens the town's bookings for a while. It is an act of its own, which the town
// reads in its journal: to follow a link changes nothing.
func (o *Part) lookIn(w http.ResponseWriter, q *office.Request) error {
	if err := o.Accounts.LookIn(q.Context(), o.Secret(q)); err != nil {
		return err
	}
	return see(w, q, "/staff/tenant?done=looking")
}
