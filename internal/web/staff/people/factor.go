package people

import (
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"rsc.io/qr"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// factorPage is the reader's second factor: none, one that waits for its first code,
// or one in force.
type factorPage struct {
	page.Frame
	Own    auth.Own
	Must   bool         // nothing else is open before
	Image  template.URL // of the enrolment, to be scanned
	Secret string       // of the enrolment, in groups to be typed
	Form   *page.Form   // of the enrolment's first code
	Again  *page.Form   // of what asks for the password
	Codes  []string     // shown this once
}

func (o *Part) factorPage(q *office.Request) (*factorPage, error) {
	own, err := o.Accounts.Own(q.Context(), o.Secret(q))
	if err != nil {
		return nil, err
	}
	p := &factorPage{Frame: o.Frame(q), Own: own, Must: q.First != ""}
	if p.Must {
		p.Staff.Nav = nil
	} else {
		p.Back = "/staff/account"
	}
	if e := own.Enrolment; e != nil {
		code, err := qr.Encode(e.URL, qr.M)
		if err != nil {
			return nil, err
		}
		code.Scale = 6
		p.Image = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()))
		p.Secret = inFours(e.Secret)
	}
	return p, nil
}

func inFours(s string) string {
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), " ")
}

func (o *Part) factor(w http.ResponseWriter, q *office.Request) error {
	p, err := o.factorPage(q)
	if err != nil {
		return err
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/factor", p)
}

func (o *Part) beginFactor(w http.ResponseWriter, q *office.Request) error {
	if err := o.Accounts.BeginFactor(q.Context(), o.Secret(q)); err != nil {
		return err
	}
	return see(w, q, "/staff/account/second-factor")
}

// replaceFactor begins with another factor in place of the one in force.
func (o *Part) replaceFactor(w http.ResponseWriter, q *office.Request) error {
	p, password, err := o.askPassword(w, q)
	if err != nil {
		return err
	}
	if len(p.Again.Errors()) == 0 {
		if err := doubted(p.Again, "password", o.Accounts.ReplaceFactor(q.Context(), o.Secret(q), password)); err != nil {
			return err
		}
	}
	if p.Frame.Errors = p.Again.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/factor", p)
	}
	return see(w, q, "/staff/account/second-factor")
}

// confirmFactor answers with the recovery codes themselves, and not with the address of
// a page: they are shown once and stored as hashes. Sent again, the form finds nothing
// to confirm.
func (o *Part) confirmFactor(w http.ResponseWriter, q *office.Request) error {
	p, err := o.factorPage(q)
	if err != nil {
		return err
	}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	code := p.Form.Text("code", page.Rule{Label: p.T("staff.code.code"), Required: true, Max: 20})
	if len(p.Form.Errors()) == 0 {
		p.Codes, err = o.Accounts.ConfirmFactor(q.Context(), o.Secret(q), code)
		switch {
		case errors.Is(err, auth.ErrCode):
			p.Form.Fail("code", "staff.people.factor.wrong")
		case errors.Is(err, auth.ErrTooMany):
			p.Form.Fail("code", "staff.code.tooMany")
		case err != nil:
			return err
		}
	}
	return o.codes(w, q, p, p.Form)
}

// codes shows the recovery codes, or what was wrong.
func (o *Part) codes(w http.ResponseWriter, q *office.Request, p *factorPage, f *page.Form) error {
	if p.Frame.Errors = f.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/factor", p)
	}
	p.Back = ""
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/codes", p)
}

func (o *Part) renewCodes(w http.ResponseWriter, q *office.Request) error {
	p, password, err := o.askPassword(w, q)
	if err != nil {
		return err
	}
	if len(p.Again.Errors()) == 0 {
		p.Codes, err = o.Accounts.RenewRecoveryCodes(q.Context(), o.Secret(q), password)
		if err := doubted(p.Again, "password", err); err != nil {
			return err
		}
	}
	return o.codes(w, q, p, p.Again)
}

func (o *Part) removeFactor(w http.ResponseWriter, q *office.Request) error {
	p, password, err := o.askPassword(w, q)
	if err != nil {
		return err
	}
	if len(p.Again.Errors()) == 0 {
		if err := doubted(p.Again, "password", o.Accounts.DropFactor(q.Context(), o.Secret(q), password)); err != nil {
			return err
		}
	}
	if p.Frame.Errors = p.Again.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/factor", p)
	}
	return see(w, q, "/staff/account?done=factorOff")
}

// askPassword reads the password that goes with what weakens an account.
func (o *Part) askPassword(w http.ResponseWriter, q *office.Request) (p *factorPage, password string, err error) {
	if p, err = o.factorPage(q); err != nil {
		return nil, "", err
	}
	if !p.Own.Factor {
		return nil, "", agenda.ErrState
	}
	if p.Again, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return nil, "", err
	}
	return p, p.Again.Secret("password", page.Rule{Label: p.T("staff.signin.word"), Required: true}), nil
}
