// Package setup is where the back office sets a tenant up: the tenant itself, its
// departments, sites, services and calendars, their words in letters, feeds,
// API tokens, webhooks, and the tenant file as a whole. Slot templates and closures are planned
// elsewhere.
//
// It refuses to know the rules: what is wrong with a set-up is said by agenda, who may
// change what by agenda too, and every change is the act that puts a whole set-up in
// force. A form changes a copy of one thing and leaves all else as it is.
//
// Start reading at Part and its routes, then editor (edit.go): one declaration per form
// both shows a thing and reads it. kind (kind.go) is what things with a list have in
// common, save.go puts a change in force.
package setup

import (
	"context"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the set-up's pages. Its fields are set once.
type Part struct {
	*office.Office
	Desk      *booking.Desk
	Accounts  *auth.Accounts
	Links     booking.Links
	Letters   *mail.Templates
	Write     func(context.Context, booking.Foreseen) (mail.Words, bool, error) // a letter about a real visit, by the code that sends it
	Catalogue *i18n.Catalogue
	Ask       func(context.Context, *agenda.Person, store.BusyKey) error // asks a calendar elsewhere at once
	MayAsk    func(address string) error                                 // without asking anybody: an outbound.Category
}

// What the routes demand.
const (
	see    = office.Permission(agenda.SeeSetup)
	change = office.Permission(agenda.ChangeSetup)
	people = office.Permission(agenda.ManagePeople)
	towns  = office.Permission(agenda.ManageTenants)
)

// Routes are the part's routes.
func (p *Part) Routes() []office.Route {
	list := []office.Route{
		office.Get("/staff/setup", see, p.overview),
		office.Get("/staff/setup/tenant", see, p.tenantForm),
		office.Post("/staff/setup/tenant", change, p.saveTenant),
		office.Get("/staff/setup/logo", see, p.logoForm),
		office.Post("/staff/setup/logo", change, p.saveLogo),
		office.Get("/staff/setup/holidays", see, p.holidays),
		office.Get("/staff/setup/website", see, p.embedCodes),
		office.Get("/staff/setup/letters", see, p.lettersList),
		office.Get("/staff/setup/feeds", change, p.feeds),
		office.Post("/staff/setup/feeds", change, p.makeFeed),
		office.Post("/staff/setup/feeds/{id}/revoke", change, p.revokeFeed),
		office.Get("/staff/account/feeds", office.Needs(agenda.SeeBookings), p.ownFeeds),
		office.Post("/staff/account/feeds", office.Needs(agenda.SeeBookings), p.makeOwnFeed),
		office.Post("/staff/account/feeds/{id}/revoke", office.SignedIn, p.revokeOwnFeed),
		office.Get("/staff/setup/tokens", people, p.tokens),
		office.Post("/staff/setup/tokens", people, p.makeToken),
		office.Post("/staff/setup/tokens/{id}/revoke", people, p.revokeToken),
		office.Get("/staff/setup/file", see, p.file),
		office.Get("/staff/setup/file.yaml", see, p.download),
		office.Post("/staff/setup/file", change, p.upload),
		office.Get("/staff/setup/towns", towns, p.towns),
		office.Post("/staff/setup/towns", towns, p.makeTown),
	}
	list = append(list, office.Get("/staff/setup/calendars/{id}/busy", see, p.busy), office.Post("/staff/setup/calendars/{id}/busy", change, p.askBusy))
	list = append(list, p.hookRoutes()...)
	list = append(list, p.letterRoutes("/staff/setup/tenant/letters", p.tenantSpeaks)...)
	list = append(list, p.letterRoutes("/staff/setup/letters/{id}", p.departmentSpeaks)...)
	list = append(list, p.letterRoutes("/staff/setup/services/{id}/letters", p.serviceSpeaks)...)
	for _, k := range p.allKinds() {
		see, change := see, change
		if k.open != nil {
			see, change = people, people
		}
		at := "/staff/setup/" + k.name
		list = append(list,
			office.Get(at, see, k.only(p.list(k))),
			office.Get("/staff/setup/new/"+k.name, change, k.only(p.newForm(k))),
			office.Post("/staff/setup/new/"+k.name, change, k.only(p.add(k))),
			office.Get(at+"/{id}", see, k.only(p.form(k))),
			office.Post(at+"/{id}", change, k.only(p.save(k))),
			office.Get(at+"/{id}/retire", change, k.only(p.retireForm(k))),
			office.Post(at+"/{id}/retire", change, k.only(p.retire(k))),
			office.Post(at+"/{id}/order", change, k.only(p.reorder(k))),
		)
	}
	return list
}

// Mount registers the routes.
func (p *Part) Mount(t *route.Table) { p.Office.Mount(t, p.Routes()) }
