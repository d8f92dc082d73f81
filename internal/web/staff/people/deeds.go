package people

import (
	"context"
	"errors"
	"net/http"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// deed is what a button does with somebody's account.
type deed struct {
	name string // in addresses and texts
	done string // what the page says then
	act  func(*auth.Accounts, context.Context, *agenda.Person, string) error
}

// closing and opening are Disable with the answer given.
func closing(a *auth.Accounts, ctx context.Context, by *agenda.Person, id string) error {
	return a.Disable(ctx, by, id, true)
}

func opening(a *auth.Accounts, ctx context.Context, by *agenda.Person, id string) error {
	return a.Disable(ctx, by, id, false)
}

// What can be done. What cannot be undone by another button asks first.
var (
	disable     = deed{"disable", "disabled", closing}
	enable      = deed{"enable", "enabled", opening}
	resetFactor = deed{"reset-factor", "reset", (*auth.Accounts).ResetFactor}
	invite      = deed{"invite", "invited", (*auth.Accounts).InviteByLetter}
	signOut     = deed{"sign-out", "signedOut", (*auth.Accounts).SignOutPerson}
)

// askPage asks before it is done.
type askPage struct {
	page.Frame
	Title, Text, Action string
	Button              page.Button
	Stay                string
}

func (o *Part) ask(x deed) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		m, err := o.Accounts.Member(q.Context(), q.Person, mux.Vars(q.Request)["person"])
		if err != nil {
			return err
		}
		if !m.Mine || m.ID == q.Person.ID {
			return agenda.ErrForbidden
		}
		home := "/staff/people/" + m.ID
		p := &askPage{Frame: o.Frame(q), Action: home + "/" + x.name, Stay: home}
		p.Title = p.T("staff.people."+x.name+".title", "name", m.Name)
		p.Text = p.T("staff.people." + x.name + ".text")
		p.Button = page.Button{Kind: "danger", Label: p.T("staff.people." + x.name + ".do")}
		return o.Pages.Render(w, q.Request, http.StatusOK, "staff/people/ask", p)
	}
}

func (o *Part) do(x deed) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		id := mux.Vars(q.Request)["person"]
		err := x.act(o.Accounts, q.Context(), q.Person, id)
		if errors.Is(err, auth.ErrLastAdmin) {
			return &page.Error{Status: http.StatusConflict, Title: "staff.people.fault.lastAdmin.title", Detail: "staff.people.fault.lastAdmin", Err: err}
		}
		if err != nil {
			return err
		}
		return see(w, q, "/staff/people/"+id+"?done="+x.done)
	}
}
