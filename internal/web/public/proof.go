package public

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// proofPage asks for a proof that no program is at work: a browser with a script solves it
// alone and goes on; for others a code comes by e-mail. All that was sent is kept in it.
type proofPage struct {
	page.Frame
	Action string
	Hidden []hidden
	Widget *widget     // nil: there is a code on its way already
	Email  *page.Field // nil: the calendar asks for no address
	Code   *page.Field // nil: none was sent
	Sent   string      // where to, in words
	Phone  string
}

// widget is what ALTCHA's widget is given.
type widget struct {
	Challenge string // address
	Strings   string // JSON
}

// The fields of the page itself; whatever else was sent it carries on.
const (
	fieldWork    = "altcha"
	fieldCodeTo  = "code_email"
	fieldAskCode = "code_ask"
	fieldCodeID  = "code_id"
	fieldCode    = "code"
)

// passCookie holds the pass of whoever has typed a code.
const passCookie = "pass"

// proof is what the visitor shows.
func (c *call) proof() booking.Proof {
	p := booking.Proof{Work: c.r.PostForm.Get(fieldWork), Pass: c.pass}
	if k, err := c.r.Cookie(c.Site.cookieName(passCookie)); err == nil && p.Pass == "" && p.Work == "" {
		p.Pass = k.Value
	}
	return p
}

// typedCode sees to a code before the request goes on: it is asked for, or was typed.
// done: the answer is written.
func (c *call) typedCode(ch chosen, form *page.Form, action string) (done bool, err error) {
	v := c.r.PostForm
	if v.Has(fieldAskCode) {
		if err := c.sendCode(ch, form, action); !errors.Is(err, agenda.ErrState) {
			return true, err
		}
		return false, nil // no proof is asked for any more
	}
	if !v.Has(fieldCode) {
		return false, nil
	}
	pass, until, err := c.Desk.EnterCode(c.r.Context(), c.setup.Tenant.ID, v.Get(fieldCodeID), form.Text(fieldCode, page.Rule{Label: c.t("public.abuse.code"), Required: true, Max: 20}))
	switch {
	case errors.Is(err, agenda.ErrUnproven):
		if form.Errors().For(fieldCode) == "" {
			form.Fail(fieldCode, "public.abuse.wrong")
		}
	case errors.Is(err, agenda.ErrExpired):
		form.Fail(fieldCode, "public.abuse.over")
	case err != nil:
		return true, err
	default:
		c.pass = pass
		http.SetCookie(c.w, c.cookie(passCookie, pass, int(until.Sub(c.at.Now)/time.Second)))
		return false, nil
	}
	return true, c.showCode(ch, form, action, v.Get(fieldCodeID), http.StatusUnprocessableEntity)
}

// sendCode has a code sent to the address that was typed.
func (c *call) sendCode(ch chosen, form *page.Form, action string) error {
	address := form.Email(fieldCodeTo, page.Rule{Label: c.t("public.field.email"), Required: true, Max: 254})
	if len(form.Errors()) == 0 {
		id, err := c.Desk.AskForCode(c.r.Context(), c.setup.Tenant.ID, address, c.frame.Lang)
		switch {
		case err == nil:
			return c.showCode(ch, form, action, id, http.StatusOK)
		case errors.Is(err, agenda.ErrLimited):
			form.Fail(fieldCodeTo, "public.abuse.enough")
		default:
			return err
		}
	}
	data := c.newProof(ch, form, action)
	data.Widget = nil
	return c.render(http.StatusUnprocessableEntity, "public/proof", data)
}

// showProof asks for the proof.
func (c *call) showProof(ch chosen, form *page.Form, action string) error {
	return c.render(http.StatusPreconditionRequired, "public/proof", c.newProof(ch, form, action))
}

// showCode asks for the code that was sent.
func (c *call) showCode(ch chosen, form *page.Form, action, id string, status int) error {
	data := c.newProof(ch, form, action)
	data.Widget, data.Sent = nil, form.Value(fieldCodeTo)
	data.Hidden = append(data.Hidden, hidden{fieldCodeID, id})
	f := page.Field{Name: fieldCode, Label: c.t("public.abuse.code"), Hint: c.t("public.abuse.codeHint"), Required: true, Autocomplete: "one-time-code", InputMode: "numeric", Width: "short", Max: 20}
	if status != http.StatusOK {
		f = form.Fill(f)
	}
	data.Code = &f
	return c.render(status, "public/proof", data)
}

func (c *call) newProof(ch chosen, form *page.Form, action string) proofPage {
	data := proofPage{Frame: c.frame, Action: action, Phone: c.phone(ch.calendar)}
	data.Hidden = hide(without(c.r.PostForm, fieldWork, fieldCodeTo, fieldAskCode, fieldCodeID, fieldCode))
	data.Frame.Errors = form.Errors()
	data.Step = &page.Step{Current: 2, Total: steps, Name: c.t("public.step.time")}
	data.Widget = &widget{Challenge: "/api/v1/" + url.PathEscape(c.setup.Tenant.ID) + "/challenge", Strings: c.widgetStrings()}
	if ch.calendar.Contact.Email != agenda.ContactOff {
		f := form.Fill(page.Field{Name: fieldCodeTo, Type: "email", Label: c.t("public.field.email"), Autocomplete: "email", Max: 254, Required: true})
		if f.Value == "" {
			f.Value = form.Value("email")
		}
		data.Email = &f
	}
	return data
}

// widgetStrings are the widget's own words in the language of the page, all of them:
// what is missing it would say in English.
func (c *call) widgetStrings() string {
	texts := map[string]string{"footer": "", "ariaLinkLabel": "", "enterCode": "", "enterCodeAria": "", "getAudioChallenge": ""}
	for name, key := range map[string]string{"label": "label", "verify": "label", "verificationRequired": "label", "verified": "verified", "verifying": "verifying",
		"loading": "verifying", "waitAlert": "verifying", "error": "error", "expired": "expired", "reload": "label"} {
		texts[name] = c.t("public.abuse.widget." + key)
	}
	plain, _ := json.Marshal(texts) // strings can always be written
	return string(plain)
}
