package people

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

// accountPage is the reader's own account.
type accountPage struct {
	page.Frame
	Own       auth.Own
	Facts     []page.Row
	Form      *page.Form
	Min       int
	Choices   []page.Choice // of languages
	Sessions  []sessionRow
	HasFactor page.Badge
	Feeds     bool // may subscribe to visits
}

type sessionRow struct {
	auth.OwnSession
	Device, Since, Used string
}

func (o *Part) accountPage(q *office.Request) (*accountPage, error) {
	own, err := o.Accounts.Own(q.Context(), o.Secret(q))
	if err != nil {
		return nil, err
	}
	p := &accountPage{Frame: o.Frame(q), Own: own, Min: auth.MinPassword}
	p.Facts = []page.Row{{Key: p.T("common.name"), Values: []string{own.Name}}, {Key: p.T("common.email"), Values: []string{own.Email}}}
	rights := page.Row{Key: p.T("staff.people.roleLabel")}
	for _, g := range q.Person.All() {
		rights.Values = append(rights.Values, roleName(p.Frame, g.Role)+", "+limitName(p.Frame, q.Setup, g))
	}
	p.Facts = append(p.Facts, rights)
	p.Choices = []page.Choice{{Value: "", Label: p.T("staff.people.account.browser"), Selected: own.Language == ""}}
	for _, l := range o.Pages.Spoken() {
		p.Choices = append(p.Choices, page.Choice{Value: l.Code, Label: l.Name, Selected: l.Code == own.Language})
	}
	for _, s := range own.Sessions {
		row := sessionRow{OwnSession: s, Device: s.Device, Since: moment(p.Frame, q, s.Created), Used: moment(p.Frame, q, s.Used)}
		if row.Device == "" {
			row.Device = p.T("staff.people.account.device")
		}
		p.Sessions = append(p.Sessions, row)
	}
	p.Feeds = q.Person.May(agenda.SeeBookings)
	p.HasFactor = page.Badge{Kind: "neutral", Label: p.T("staff.people.account.factorOff"), Icon: "close"}
	if own.Factor {
		p.HasFactor = page.Badge{Kind: "success", Label: p.T("staff.people.account.factorOn")}
	}
	return p, nil
}

func (o *Part) account(w http.ResponseWriter, q *office.Request) error {
	p, err := o.accountPage(q)
	if err != nil {
		return err
	}
	done(&p.Frame, q, "password", "language", "session", "factor", "factorOff")
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/account", p)
}

func (o *Part) changePassword(w http.ResponseWriter, q *office.Request) error {
	p, err := o.accountPage(q)
	if err != nil {
		return err
	}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	old := p.Form.Secret("old", page.Rule{Label: p.T("staff.people.account.old"), Required: true})
	password := p.Form.Secret("password", page.Rule{Label: p.T("staff.people.account.new"), Required: true})
	again := p.Form.Secret("again", page.Rule{Label: p.T("staff.people.account.again"), Required: true})
	if len(p.Form.Errors()) == 0 && password != again {
		p.Form.Fail("again", "staff.people.account.differ")
	}
	if len(p.Form.Errors()) == 0 {
		secret, err := o.Accounts.ChangePassword(q.Context(), o.Secret(q), old, password)
		if err == nil {
			http.SetCookie(w, o.Cookie(secret))
			return see(w, q, "/staff/account?done=password")
		}
		if errors.Is(err, auth.ErrPasswordLength) {
			p.Form.Fail("password", "staff.people.account.length", "n", auth.MinPassword)
		} else if errors.Is(err, auth.ErrPasswordCommon) {
			p.Form.Fail("password", "staff.invitation.common")
		} else if err := doubted(p.Form, "old", err); err != nil {
			return err
		}
	}
	p.Frame.Errors = p.Form.Errors()
	return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/account", p)
}

// doubted says beside its field that the password asked for is not the person's.
func doubted(f *page.Form, field string, err error) error {
	switch {
	case errors.Is(err, auth.ErrSignIn):
		f.Fail(field, "staff.people.account.wrong")
	case errors.Is(err, auth.ErrTooMany):
		f.Fail(field, "staff.people.account.tooMany")
	default:
		return err
	}
	return nil
}

func (o *Part) changeLanguage(w http.ResponseWriter, q *office.Request) error {
	p, err := o.accountPage(q)
	if err != nil {
		return err
	}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	language := p.Form.Choice("language", values(p.Choices), page.Rule{Label: p.T("common.language")})
	if p.Frame.Errors = p.Form.Errors(); len(p.Frame.Errors) > 0 {
		return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/people/account", p)
	}
	if err := o.Accounts.SetLanguage(q.Context(), o.Secret(q), language); err != nil {
		return err
	}
	if language != "" {
		o.Pages.SpeakFromNowOn(w, language)
	}
	return see(w, q, "/staff/account?done=language")
}

func (o *Part) endSession(w http.ResponseWriter, q *office.Request) error {
	if err := o.Accounts.EndSession(q.Context(), o.Secret(q), mux.Vars(q.Request)["session"]); err != nil {
		return err
	}
	return see(w, q, "/staff/account?done=session")
}

func (o *Part) signOutEverywhere(w http.ResponseWriter, q *office.Request) error {
	if err := o.Accounts.SignOutEverywhere(q.Context(), o.Secret(q)); err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return err
	}
	gone := o.Cookie("")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	return see(w, q, "/staff/sign-in?done=out&tenant="+url.QueryEscape(q.Home))
}
