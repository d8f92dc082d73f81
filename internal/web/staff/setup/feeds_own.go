package setup

import (
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

const ownFeedsPath = "/staff/account/feeds"

// ownFeeds is where every member of staff gets a calendar of all that they may see.
func (p *Part) ownFeeds(w http.ResponseWriter, q *office.Request) error {
	return p.showOwnFeeds(w, q, nil, "", http.StatusOK)
}

func (p *Part) showOwnFeeds(w http.ResponseWriter, q *office.Request, form *page.Form, address string, status int) error {
	f := p.Frame(q)
	v := feedsPage{Frame: f, Title: f.T("staff.setup.feeds.own"), Own: true, Action: ownFeedsPath}
	v.Staff.Part = "setup" // whose stylesheet it needs
	v.Crumbs = []page.Link{{Label: f.T("staff.people.account.title"), Href: "/staff/account"}}
	v.Frame.Errors, v.Frame.Notice = form.Errors(), p.done(q, f)
	list, err := p.Desk.OwnFeeds(q.Context(), q.Person)
	if err != nil {
		return err
	}
	for _, x := range list {
		v.Lines = append(v.Lines, feedLine(f, q, x, f.T("staff.setup.feeds.mine"), v.Action))
	}
	return p.renderFeeds(w, q, v, form, address, status)
}

// makeOwnFeed makes a feed and shows its address, which nobody sees again.
func (p *Part) makeOwnFeed(w http.ResponseWriter, q *office.Request) error {
	f := p.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	feed, secret := readFeed(f, q, form), ""
	if len(form.Errors()) == 0 {
		_, secret, err = p.Desk.CreateOwnFeed(q.Context(), q.Person, feed)
		if _, ok := errors.AsType[agenda.Invalid](err); ok {
			form.Fail("name", "staff.setup.feeds.many")
		} else if err != nil {
			return err
		}
	}
	if len(form.Errors()) > 0 {
		return p.showOwnFeeds(w, q, form, "", http.StatusUnprocessableEntity)
	}
	return p.showOwnFeeds(w, q, nil, p.Links.Feed(&q.Setup.Tenant, secret), http.StatusOK)
}

func (p *Part) revokeOwnFeed(w http.ResponseWriter, q *office.Request) error {
	if err := p.Desk.RevokeOwnFeed(q.Context(), q.Person, pathID(q)); err != nil {
		return err
	}
	http.Redirect(w, q.Request, ownFeedsPath+"?done=revoked", http.StatusSeeOther)
	return nil
}
