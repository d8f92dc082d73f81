// Package people is who works here: accounts and what each may do, deputies, one's own
// account with its second factor and sessions, and the county's look at a town. It turns
// forms into acts of auth; it refuses to know how accounts are kept and what a role may
// do, which are auth's and agenda's, and signing in, which is package staff's.
//
// Start reading at Part and its routes.
package people

import (
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the back office's people. Its fields are set once.
type Part struct {
	*office.Office
	Desk     *booking.Desk
	Accounts *auth.Accounts
}

// Routes are the part's routes. The county page comes before the pages of people: its
// word is nobody's id.
func (o *Part) Routes() []office.Route {
	manage, own := office.Needs(agenda.ManagePeople), office.SignedIn
	open, towns := office.Needs(agenda.OpenToCounty), office.Needs(agenda.ManageTenants)
	return []office.Route{
		office.Get("/staff/people", manage, o.list),
		office.Get("/staff/people/new", manage, o.newForm),
		office.Post("/staff/people/new", manage, o.add),
		office.Get("/staff/people/county", open, o.countyForm),
		office.Post("/staff/people/county", open, o.openToCounty),
		office.Post("/staff/people/county/close", open, o.closeToCounty),
		office.Get("/staff/people/{person}", manage, o.member),
		office.Post("/staff/people/{person}", manage, o.change),
		office.Post("/staff/people/{person}/grants", manage, o.grant),
		office.Post("/staff/people/{person}/grants/{grant}/end", manage, o.endGrant),
		office.Get("/staff/people/{person}/disable", manage, o.ask(disable)),
		office.Post("/staff/people/{person}/disable", manage, o.do(disable)),
		office.Post("/staff/people/{person}/enable", manage, o.do(enable)),
		office.Get("/staff/people/{person}/reset-factor", manage, o.ask(resetFactor)),
		office.Post("/staff/people/{person}/reset-factor", manage, o.do(resetFactor)),
		office.Post("/staff/people/{person}/invite", manage, o.do(invite)),
		office.Post("/staff/people/{person}/sign-out", manage, o.do(signOut)),

		office.Get("/staff/account", own, o.account),
		office.Get("/staff/account/data.json", own, o.ownFile),
		office.Tried(office.Post("/staff/account/password", own, o.changePassword)),
		office.Post("/staff/account/language", own, o.changeLanguage),
		office.Post("/staff/account/sessions/{session}/end", own, o.endSession),
		office.Post("/staff/account/sessions/end", own, o.signOutEverywhere),
		office.Get("/staff/account/second-factor", own, o.factor),
		office.Post("/staff/account/second-factor/begin", own, o.beginFactor),
		office.Tried(office.Post("/staff/account/second-factor/replace", own, o.replaceFactor)),
		office.Tried(office.Post("/staff/account/second-factor/confirm", own, o.confirmFactor)),
		office.Tried(office.Post("/staff/account/second-factor/codes", own, o.renewCodes)),
		office.Tried(office.Post("/staff/account/second-factor/remove", own, o.removeFactor)),

		office.Get("/staff/tenant", towns, o.tenants),
		office.Post("/staff/tenant", towns, o.lookAt),
		office.Post("/staff/tenant/bookings", towns, o.lookIn),
	}
}

// Mount registers the routes.
func (o *Part) Mount(t *route.Table) { o.Office.Mount(t, o.Routes()) }

// Frame is the back office's, with the part's stylesheet on all its pages.
func (o *Part) Frame(q *office.Request) page.Frame {
	f := o.Office.Frame(q)
	f.Staff.Part = "people"
	return f
}

// refused leaves in the form what an act found wrong with it, beside the field of that
// name or the one that stands for it in names; what is no fault of the form comes back.
func refused(f *page.Form, err error, names map[string]string) error {
	var bad agenda.Invalid
	named := func(field string) string {
		if n, ok := names[field]; ok {
			return n
		}
		return field
	}
	switch {
	case err == nil:
	case errors.Is(err, agenda.ErrForbidden):
		f.Fail(named("role"), "staff.people.fault.more")
	case errors.Is(err, auth.ErrLastAdmin):
		f.Fail(named("role"), "staff.people.fault.lastAdmin")
	case errors.As(err, &bad):
		for _, x := range bad {
			f.Fail(named(x.Field), "staff.people.fault."+x.Field+"."+x.Code)
		}
	default:
		return err
	}
	return nil
}

// see leads on after an act.
func see(w http.ResponseWriter, q *office.Request, to string) error {
	http.Redirect(w, q.Request, to, http.StatusSeeOther)
	return nil
}

// done tells what was just done, as the address names it.
func done(f *page.Frame, q *office.Request, known ...string) {
	for _, k := range known {
		if q.URL.Query().Get("done") == k {
			f.Notice = &page.Notice{Kind: "success", Title: f.T("staff.people.done." + k), Live: true}
		}
	}
}
