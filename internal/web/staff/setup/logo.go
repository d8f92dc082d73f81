package setup

import (
	"errors"
	"fmt"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/logo"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// logoPage shows the tenant's logo and takes another.
type logoPage struct {
	page.Frame
	Title  string
	Closed bool   // may be looked at only
	Now    string // address of the one that is shown; "": none
	Absent string // name of a file that the tenant file names and nobody handed over
}

func (p *Part) newLogo(q *office.Request) logoPage {
	f := p.Frame(q)
	v := logoPage{Frame: f, Title: f.T("staff.setup.logo.title"), Closed: !everywhere(q.Person), Now: f.Tenant.Logo}
	if v.Now == "" {
		v.Absent = q.Setup.Brand.Logo
	}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}, {Label: f.T("staff.setup.tenant.title"), Href: "/staff/setup/tenant"}}
	v.Frame.Notice = p.done(q, f)
	return v
}

func (p *Part) logoForm(w http.ResponseWriter, q *office.Request) error {
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/logo", p.newLogo(q))
}

// saveLogo keeps a picture as the tenant's logo, or takes the present one away.
func (p *Part) saveLogo(w http.ResponseWriter, q *office.Request) error {
	if !everywhere(q.Person) {
		return agenda.ErrForbidden
	}
	form, err := page.ReadUpload(w, q.Request, p.Frame(q).Printer(), logo.MostBytes)
	if err != nil {
		return err
	}
	var picture logo.Picture
	if form.Value("remove") == "" {
		if picture, err = logo.Read([]byte(form.Raw("logo"))); err != nil {
			return p.refuseLogo(w, q, form, err)
		}
	}
	s := own(q.Setup)
	s.Brand.Logo = picture.Name
	if len(agenda.Changes(q.Setup, s)) > 0 {
		if err := s.Prepare(); err != nil {
			return err
		}
		_, err = p.Desk.Apply(q.Context(), s, booking.ApplyOptions{Actor: q.Person.ID, Person: q.Person, Logo: picture.Bytes})
	}
	if errors.Is(err, booking.ErrRevision) {
		form.Fail("", "staff.setup.changed")
		return p.showLogo(w, q, form, http.StatusConflict)
	} else if err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/setup/logo?done=saved", http.StatusSeeOther)
	return nil
}

// refuseLogo says what is wrong with a file.
func (p *Part) refuseLogo(w http.ResponseWriter, q *office.Request, form *page.Form, err error) error {
	refused, ok := errors.AsType[logo.Refused](err)
	switch {
	case !ok:
		return fmt.Errorf("read a logo: %w", err)
	case form.Raw("logo") == "":
		form.Fail("logo", "staff.setup.logo.missing")
	default:
		form.Fail("logo", "staff.setup.logo.refused."+refused.Why, "what", refused.What)
	}
	return p.showLogo(w, q, form, http.StatusUnprocessableEntity)
}

func (p *Part) showLogo(w http.ResponseWriter, q *office.Request, form *page.Form, status int) error {
	v := p.newLogo(q)
	v.Frame.Errors = form.Errors()
	return p.Pages.Render(w, q.Request, status, "staff/setup/logo", v)
}
