package staff

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// invitationPage asks for a new password.
type invitationPage struct {
	page.Frame
	Who  auth.Account
	Form *page.Form
	Min  int
}

// invitation shows the form and no more: mail scanners follow links.
func (o *Office) invitation(w http.ResponseWriter, q *office.Request) error {
	who, err := o.Accounts.Invited(q.Context(), mux.Vars(q.Request)["secret"])
	if err != nil {
		return invited(err)
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/invitation", &invitationPage{Frame: o.Frame(q), Who: who, Min: auth.MinPassword})
}

func (o *Office) acceptInvitation(w http.ResponseWriter, q *office.Request) error {
	secret := mux.Vars(q.Request)["secret"]
	who, err := o.Accounts.Invited(q.Context(), secret)
	if err != nil {
		return invited(err)
	}
	p := &invitationPage{Frame: o.Frame(q), Who: who, Min: auth.MinPassword}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	if err := o.choosePassword(q, p, secret); err != nil {
		return invited(err)
	}
	if p.Frame.Errors = p.Form.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/invitation", p)
	}
	http.Redirect(w, q.Request, "/staff/sign-in?done=password&tenant="+url.QueryEscape(who.Tenant), http.StatusSeeOther)
	return nil
}

// choosePassword sets the password, or leaves what is wrong with it in the form.
func (o *Office) choosePassword(q *office.Request, p *invitationPage, secret string) error {
	password := p.Form.Secret("password", page.Rule{Label: p.T("staff.invitation.word"), Required: true})
	again := p.Form.Secret("again", page.Rule{Label: p.T("staff.invitation.again"), Required: true})
	if len(p.Form.Errors()) > 0 {
		return nil
	}
	if password != again {
		p.Form.Fail("again", "staff.invitation.differ")
		return nil
	}
	_, err := o.Accounts.AcceptInvitation(q.Context(), secret, password)
	if errors.Is(err, auth.ErrPasswordLength) {
		p.Form.Fail("password", "staff.invitation.length", "n", auth.MinPassword)
		return nil
	}
	if errors.Is(err, auth.ErrPasswordCommon) {
		p.Form.Fail("password", "staff.invitation.common")
		return nil
	}
	return err
}

func invited(err error) error {
	if errors.Is(err, agenda.ErrNotFound) {
		return &page.Error{Status: http.StatusNotFound, Title: "staff.invitation.gone.title", Detail: "staff.invitation.gone.detail", Err: err}
	}
	return err
}
