package staff

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// signInPage asks who somebody is.
type signInPage struct {
	page.Frame
	Form    *page.Form
	Tenants []page.Choice // to choose from; with a single one, nobody is asked
	Tenant  string
	Doors   []page.Button // to sign-on providers
	Closed  bool          // passwords do not work here at all
}

// home leads to where the work is: for most, the day; for others, the first part that
// they have rights in, or else their own account.
func (o *Office) home(w http.ResponseWriter, q *office.Request) error {
	to := "/staff/account"
	if nav := o.Frame(q).Staff.Nav; q.Person.May(agenda.SeeBookings) {
		to = "/staff/day"
	} else if len(nav) > 0 {
		to = nav[0].Href
	}
	http.Redirect(w, q.Request, to, http.StatusSeeOther)
	return nil
}

func (o *Office) signInForm(w http.ResponseWriter, q *office.Request) error {
	p, err := o.newSignIn(q, q.URL.Query().Get("tenant"))
	if err != nil {
		return err
	}
	switch q.URL.Query().Get("done") {
	case "out":
		p.Notice = &page.Notice{Kind: "success", Title: p.T("staff.signin.out"), Live: true}
	case "password":
		p.Notice = &page.Notice{Kind: "success", Title: p.T("staff.signin.password"), Live: true}
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/signin", p)
}

func (o *Office) newSignIn(q *office.Request, tenant string) (*signInPage, error) {
	list, err := o.Desk.Tenants(q.Context())
	if err != nil {
		return nil, err
	}
	p := &signInPage{Frame: o.Frame(q)}
	if len(list) > 1 { // nobody signs in to the first of the list by mistake
		p.Tenants = append(p.Tenants, page.Choice{Label: p.T("staff.signin.choose"), Selected: tenant == ""})
	}
	for _, s := range list {
		name := office.Plain(p.Frame, s.Tenant.Name)
		p.Tenants = append(p.Tenants, page.Choice{Value: s.Tenant.ID, Label: name, Selected: s.Tenant.ID == tenant})
		if s.Tenant.ID == tenant || len(list) == 1 {
			p.Tenant = s.Tenant.ID
		}
	}
	o.doors(p)
	return p, nil
}

// doors adds the ways in beside a password: all of them, or those of the tenant that
// is known. Where nobody can use the form, it goes.
func (o *Office) doors(p *signInPage) {
	chosen, closed := p.Tenant, true
	names := map[string]string{}
	for _, c := range p.Tenants {
		if c.Selected && c.Value != "" {
			chosen = c.Value
		}
		names[c.Value] = c.Label
		closed = closed && (c.Value == "" || o.closedTo(c.Value))
	}
	p.Closed = len(o.Doors) > 0 && (closed || o.closedTo(chosen))
	kind := "secondary"
	if p.Closed {
		kind = "primary"
	}
	for _, d := range o.Doors {
		b := page.Button{Kind: kind, Label: p.T("staff.signon.do"), Href: d.Href}
		switch {
		case chosen != "" && !slices.Contains(d.Tenants, chosen):
			continue
		case chosen != "":
			b.Href += "?" + url.Values{"tenant": {chosen}}.Encode()
		case len(o.Doors) > 1:
			var whose []string
			for _, t := range d.Tenants {
				whose = append(whose, names[t])
			}
			b.Label += ": " + strings.Join(whose, ", ")
		}
		p.Doors = append(p.Doors, b)
	}
}

// closedTo reports whether a tenant's staff cannot sign in with a password.
func (o *Office) closedTo(tenant string) bool {
	return slices.ContainsFunc(o.Doors, func(d Door) bool { return d.Only && slices.Contains(d.Tenants, tenant) })
}

// signIn opens a session under a new secret, whatever the browser had before.
func (o *Office) signIn(w http.ResponseWriter, q *office.Request) error {
	p, err := o.newSignIn(q, "")
	if err != nil {
		return err
	}
	if p.Form, err = page.ReadForm(w, q.Request, p.Printer()); err != nil {
		return err
	}
	secret, err := o.tryPassword(q, p)
	needed := errors.Is(err, auth.ErrCodeNeeded)
	if err != nil && !needed || secret == "" {
		return o.refused(w, q, p, err)
	}
	if old, err := q.Cookie(o.CookieName()); err == nil {
		if err := o.Accounts.SignOut(q.Context(), old.Value); err != nil && !errors.Is(err, agenda.ErrNotFound) {
			return err
		}
	}
	http.SetCookie(w, o.Cookie(secret))
	if needed {
		http.Redirect(w, q.Request, "/staff/sign-in/code", http.StatusSeeOther)
		return nil
	}
	return o.signedIn(w, q, secret)
}

// tryPassword reads the form; with faults in it there is neither secret nor error.
func (o *Office) tryPassword(q *office.Request, p *signInPage) (secret string, err error) {
	var ids []string
	for _, t := range p.Tenants {
		if t.Value != "" {
			ids = append(ids, t.Value)
		}
	}
	tenant := p.Tenant
	if tenant == "" {
		tenant = p.Form.Choice("tenant", ids, page.Rule{Label: p.T("staff.signin.tenant"), Required: true})
	}
	email := p.Form.Text("email", page.Rule{Label: p.T("common.email"), Required: true, Max: 254})
	password := p.Form.Secret("password", page.Rule{Label: p.T("staff.signin.word"), Required: true})
	if o.closedTo(tenant) {
		p.Form.Fail("tenant", "staff.signon.only")
	}
	if len(p.Form.Errors()) > 0 {
		return "", nil
	}
	secret, _, err = o.Accounts.SignInWith(q.Context(), auth.Attempt{Tenant: tenant, Email: email, Password: password, Source: office.Source(q.Request), Agent: q.UserAgent(), Devices: o.shownDevices(q)})
	return secret, err
}

// deviceCookie is what names of cookies begin with that say who has signed in from this
// browser before: so that nobody locks them out by guessing.
func (o *Office) deviceCookie() string {
	if o.Secure {
		return "__Host-known-"
	}
	return "known-"
}

// shownDevices are what the browser shows of auth.KnownDevice.
func (o *Office) shownDevices(q *office.Request) (list []string) {
	for _, k := range q.Cookies() {
		if strings.HasPrefix(k.Name, o.deviceCookie()) {
			list = append(list, k.Value)
		}
	}
	return list
}

// rememberDevice lets the browser show next time that somebody has signed in from it.
func (o *Office) rememberDevice(w http.ResponseWriter, q *office.Request, secret string) error {
	name, proof, lasts, err := o.Accounts.KnownDevice(q.Context(), secret)
	if err != nil || name == "" {
		return err
	}
	k := o.Cookie(proof)
	k.Name, k.MaxAge = o.deviceCookie()+name, int(lasts/time.Second)
	http.SetCookie(w, k)
	return nil
}

// refused shows the form again. All it says of a wrong password is that the two do
// not belong together.
func (o *Office) refused(w http.ResponseWriter, q *office.Request, p *signInPage, err error) error {
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, auth.ErrTooMany):
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", "300")
		p.Form.Fail("", "staff.signin.tooMany")
	case errors.Is(err, auth.ErrSignIn):
		p.Form.Fail("", "staff.signin.wrong")
	case err != nil:
		return err
	}
	p.Frame.Errors = p.Form.Errors()
	return o.Pages.Render(w, q.Request, status, "staff/signin", p)
}

func (o *Office) signOut(w http.ResponseWriter, q *office.Request) error {
	if c, err := q.Cookie(o.CookieName()); err == nil {
		if err := o.Accounts.SignOut(q.Context(), c.Value); err != nil && !errors.Is(err, agenda.ErrNotFound) {
			return err
		}
	}
	gone := o.Cookie("")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	http.Redirect(w, q.Request, "/staff/sign-in?done=out&tenant="+url.QueryEscape(q.Person.Tenant), http.StatusSeeOther)
	return nil
}
