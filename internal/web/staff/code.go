package staff

import (
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// codePage asks for a code of the second factor, once the password was right.
type codePage struct {
	page.Frame
	Form *page.Form
}

func (o *Office) codeForm(w http.ResponseWriter, q *office.Request) error {
	if err := o.Accounts.Waiting(q.Context(), o.Secret(q)); err != nil {
		return o.again(w, q, err)
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/code", &codePage{Frame: o.Frame(q)})
}

// again leads back to the password where no session waits for a code (any more).
func (o *Office) again(w http.ResponseWriter, q *office.Request, err error) error {
	if !errors.Is(err, agenda.ErrNotFound) {
		return err
	}
	http.Redirect(w, q.Request, "/staff/sign-in", http.StatusSeeOther)
	return nil
}

func (o *Office) enterCode(w http.ResponseWriter, q *office.Request) (err error) {
	p := &codePage{Frame: o.Frame(q)}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	code := p.Form.Text("code", page.Rule{Label: p.T("staff.code.code"), Required: true, Max: 20})
	status := http.StatusUnprocessableEntity
	if len(p.Form.Errors()) == 0 {
		secret, _, err := o.Accounts.EnterCode(q.Context(), o.Secret(q), code, office.Source(q.Request))
		switch {
		case err == nil:
			http.SetCookie(w, o.Cookie(secret))
			return o.signedIn(w, q, secret)
		case errors.Is(err, auth.ErrTooMany):
			status = http.StatusTooManyRequests
			w.Header().Set("Retry-After", "300")
			p.Form.Fail("", "staff.code.tooMany")
		case errors.Is(err, auth.ErrCode):
			p.Form.Fail("code", "staff.code.wrong")
		default:
			return o.again(w, q, err)
		}
	}
	p.Frame.Errors = p.Form.Errors()
	return o.Pages.Render(w, q.Request, status, "staff/code", p)
}

// signedIn leads in, in the language that the person has chosen.
func (o *Office) signedIn(w http.ResponseWriter, q *office.Request, secret string) error {
	language, err := o.Accounts.Language(q.Context(), secret)
	if err != nil {
		return err
	}
	if language != "" {
		o.Pages.SpeakFromNowOn(w, language)
	}
	if err := o.rememberDevice(w, q, secret); err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/", http.StatusSeeOther)
	return nil
}
