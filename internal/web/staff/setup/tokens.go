package setup

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// tokensPage lists API tokens, and makes one.
type tokensPage struct {
	page.Frame
	Title      string
	Lines      []accessLine
	Revoked    int
	Token      string // that was just made: shown this once
	Name       page.Field
	Role       page.Field
	Department page.Field
	Until      page.Field
}

// tokenLifetimes are for how many days a token can be good.
func tokenLifetimes() []string { return []string{"30", "90", "365", "730"} }

// endingDays is how long before its end a token is pointed out: time to make the next one
// and to bring it to the program.
const endingDays = 30

func (p *Part) tokens(w http.ResponseWriter, q *office.Request) error {
	return p.showTokens(w, q, nil, "", http.StatusOK)
}

func (p *Part) showTokens(w http.ResponseWriter, q *office.Request, form *page.Form, token string, status int) error {
	f, s := p.Frame(q), q.Setup
	v := tokensPage{Frame: f, Title: f.T("staff.setup.tokens.title"), Token: token}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	v.Frame.Errors, v.Frame.Notice = form.Errors(), p.done(q, f)
	list, err := p.Accounts.Tokens(q.Context(), q.Person.Tenant)
	if err != nil {
		return err
	}
	for _, x := range list {
		if !q.Person.MayGrant(agenda.Grant{Role: x.Role, Department: x.Department}) {
			continue
		}
		if !x.Revoked.IsZero() {
			v.Revoked++
			continue
		}
		where := f.T("staff.setup.tokens.everywhere")
		if x.Department != "" {
			where = scopeName(f, s, "department", x.Department)
		}
		v.Lines = append(v.Lines, accessLine{ID: x.ID, Name: x.Name, What: f.T("staff.people.role."+string(x.Role)) + ", " + where + ", " + tokenEnd(f, q, &x),
			Created: f.Printer().ShortDate(x.Created.In(s.Zone())), Revoke: "/staff/setup/tokens/" + x.ID + "/revoke"})
	}
	v.Name = form.Fill(page.Field{Name: "name", Label: f.T("staff.setup.tokens.name"), Hint: f.T("staff.setup.tokens.name.hint"), Required: true, Max: agenda.MaxName})
	v.Role = form.Fill(page.Field{Name: "role", Type: "select", Label: f.T("staff.setup.tokens.role"), Required: true, Choices: p.roles(f, q)})
	v.Department = form.Fill(page.Field{Name: "department", Type: "select", Label: f.T("staff.setup.tokens.department"), Required: true, Choices: p.within(f, q)})
	v.Until = page.Field{Name: "until", Type: "select", Label: f.T("staff.setup.tokens.until"), Hint: f.T("staff.setup.tokens.until.hint"), Required: true}
	for _, days := range tokenLifetimes() {
		v.Until.Choices = append(v.Until.Choices, page.Choice{Value: days, Label: f.T("staff.setup.tokens.until." + days), Selected: days == strconv.Itoa(auth.TokenDays)})
	}
	v.Until = form.Fill(v.Until)
	return p.Pages.Render(w, q.Request, status, "staff/setup/tokens", v)
}

// tokenEnd says until when a token is good, for its line.
func tokenEnd(f page.Frame, q *office.Request, x *auth.Token) string {
	key := "staff.setup.tokens.ends"
	switch {
	case x.Last.IsZero():
		return f.T("staff.setup.tokens.endless")
	case x.Expired:
		key = "staff.setup.tokens.expired"
	case x.Ending(today(q), endingDays):
		key = "staff.setup.tokens.soon"
	}
	return f.T(key, "date", f.Printer().ShortDate(x.Last.Noon()))
}

func today(q *office.Request) agenda.Date { return agenda.DateOf(q.Now.In(q.Setup.Zone())) }

// endingTokens counts the tokens that end soon, or have ended and still stand there, of
// those that the person could make anew.
func (p *Part) endingTokens(q *office.Request) (n int) {
	if !q.Person.May(agenda.ManagePeople) {
		return 0
	}
	list, err := p.Accounts.Tokens(q.Context(), q.Person.Tenant)
	if err != nil {
		return 0 // the overview does without
	}
	for i := range list {
		if x := &list[i]; x.Ending(today(q), endingDays) && q.Person.MayGrant(agenda.Grant{Role: x.Role, Department: x.Department}) {
			n++
		}
	}
	return n
}

// roles are those that the person can give within a department at least.
func (p *Part) roles(f page.Frame, q *office.Request) (list []page.Choice) {
	for _, r := range agenda.Roles() {
		may := q.Person.MayGrant(agenda.Grant{Role: r}) || slices.ContainsFunc(q.Setup.Departments, func(d agenda.Department) bool {
			return q.Person.MayGrant(agenda.Grant{Role: r, Department: d.ID})
		})
		if may {
			list = append(list, page.Choice{Value: string(r), Label: f.T("staff.people.role." + string(r))})
		}
	}
	return list
}

// wholeTenant stands for no department in forms: no department has such an id.
const wholeTenant = "*"

// within are the limits that the person can give a token.
func (p *Part) within(f page.Frame, q *office.Request) (list []page.Choice) {
	if q.Person.MayEverywhere(agenda.ManagePeople) {
		list = append(list, page.Choice{Value: wholeTenant, Label: f.T("staff.setup.tokens.everywhere")})
	}
	for i := range q.Setup.Departments {
		if d := &q.Setup.Departments[i]; q.Person.MayInDepartment(agenda.ManagePeople, d.ID) {
			list = append(list, page.Choice{Value: d.ID, Label: scopeName(f, q.Setup, "department", d.ID)})
		}
	}
	return list
}

// makeToken makes a token and shows it, once.
func (p *Part) makeToken(w http.ResponseWriter, q *office.Request) error {
	f := p.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	name := form.Text("name", page.Rule{Label: f.T("staff.setup.tokens.name"), Required: true, Max: agenda.MaxName})
	role := form.Choice("role", office.Values(p.roles(f, q)), page.Rule{Label: f.T("staff.setup.tokens.role"), Required: true})
	department := form.Choice("department", office.Values(p.within(f, q)), page.Rule{Label: f.T("staff.setup.tokens.department"), Required: true})
	if department == wholeTenant {
		department = ""
	}
	last := agenda.Date(0)
	if days, _ := strconv.Atoi(form.Choice("until", tokenLifetimes(), page.Rule{Label: f.T("staff.setup.tokens.until")})); days > 0 {
		last = today(q) + agenda.Date(days)
	}
	token := ""
	if len(form.Errors()) == 0 {
		_, token, err = p.Accounts.CreateTokenBy(q.Context(), q.Person, name, agenda.Grant{Role: agenda.Role(role), Department: department}, last)
		if errors.Is(err, agenda.ErrForbidden) {
			form.Fail("role", "staff.setup.tokens.tooMuch")
		} else if err != nil {
			return err
		}
	}
	if len(form.Errors()) > 0 {
		return p.showTokens(w, q, form, "", http.StatusUnprocessableEntity)
	}
	return p.showTokens(w, q, nil, token, http.StatusOK)
}

func (p *Part) revokeToken(w http.ResponseWriter, q *office.Request) error {
	if err := p.Accounts.RevokeTokenBy(q.Context(), q.Person, pathID(q)); err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/setup/tokens?done=revoked", http.StatusSeeOther)
	return nil
}
