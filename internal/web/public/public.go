// Package public is the citizens' way: from the portal over all tenants to a
// booked visit, and back to it by the link in the letter. Pages are rendered
// here, work without JavaScript, and keep what they know in the address or in
// the form; cookies hold the secret of a slot that is kept and, sealed, what was typed.
//
// It refuses to know how anything is stored and which times are free: it asks
// booking.Desk, and every change is one of the desk's acts. A GET changes
// nothing. Start reading at Mount; each handler stands in a file named like its
// template in ui/public.
package public

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/keep"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// Site serves the public pages of all tenants.
type Site struct {
	Desk  *booking.Desk
	Pages *page.Pages
	Links booking.Links
	Words *match.Thesaurus // what people say for what offices write; nil: nothing is known

	seen    keep.Map[sight]
	indexes sync.Map // tenant id -> *searchable
}

// What the routes promise. Pages on the way to a booking show what is reserved for this
// browser and what was typed in it; nobody else's.
var (
	open    = route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Open, Keep: route.Nobody, Rate: route.Requests}
	cached  = route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Open, Keep: route.Everyone, Rate: route.Requests}
	typing  = route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}
	invitee = bearer(route.Service)
	manager = bearer(route.Manage)
)

// bearer is the policy of what a link leads to.
func bearer(s route.Secret) route.Policy {
	return route.Policy{Who: route.Who{Shows: s}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}
}

// Mount registers all routes. It comes last: /{tenant}/ matches much.
func (s *Site) Mount(t *route.Table) {
	s.seen.Most = sightBytes
	h := page.Handlers{Pages: s.Pages, Frame: s.frameOf, Explain: explain}
	show := func(path string, p route.Policy, f func(*call) error) { t.Get(path, p, h.Do(s.open(f))) }
	act := func(path string, p route.Policy, f func(*call) error) { t.Post(path, p, h.Do(s.open(f))) }
	ask := func(path string, p route.Policy, f func(*call) error) { t.Ask(path, p, h.Do(s.open(f))) }

	t.Get("/", open, h.Do(s.portal))
	show("/{tenant}", open, toStart)
	show("/{tenant}/", open, start)
	show("/{tenant}/brand.css", route.Files(), brand)
	show("/{tenant}/logo-{hash:[0-9a-f]+}.{kind:png|svg}", cached, picture)
	show("/{tenant}/legal/{text}", open, legal)
	show("/{tenant}/barrier", open, barrier)
	act("/{tenant}/barrier", typing.Limited(route.Reports), reportBarrier)
	show("/{tenant}/erased", open, erased)
	show("/{tenant}/links", open, links)
	act("/{tenant}/links", typing.Limited(route.Letters), sendLinks)

	show("/{tenant}/s/{service}", open, service)
	show("/{tenant}/choose", typing, choose)
	ask("/{tenant}/choose", typing, chosenByName)
	t.Get("/{tenant}/times", typing, h.Do(s.recall(s.open(times))))
	act("/{tenant}/reserve", typing.Limited(route.Holds), reserve)
	show("/{tenant}/details", typing, details)
	ask("/{tenant}/details", typing, detailsAgain)
	act("/{tenant}/more", typing, more)
	ask("/{tenant}/review", typing, review)
	ask("/{tenant}/others", typing, others)
	act("/{tenant}/book", typing.Limited(route.Bookings), book)

	show("/{tenant}/i/{secret}", invitee, toInvited)
	show("/{tenant}/i/{secret}/", invitee, invited)
	show("/{tenant}/i/{secret}/choose", invitee, byLink(choose))
	ask("/{tenant}/i/{secret}/choose", invitee, byLink(chosenByName))
	show("/{tenant}/i/{secret}/times", invitee, byLink(times))
	act("/{tenant}/i/{secret}/reserve", invitee.Limited(route.Holds), byLink(reserve))
	show("/{tenant}/i/{secret}/details", invitee, byLink(details))
	ask("/{tenant}/i/{secret}/details", invitee, byLink(detailsAgain))
	act("/{tenant}/i/{secret}/more", invitee, byLink(more))
	ask("/{tenant}/i/{secret}/review", invitee, byLink(review))
	ask("/{tenant}/i/{secret}/others", invitee, byLink(others))
	act("/{tenant}/i/{secret}/book", invitee.Limited(route.Bookings), byLink(book))

	s.mountFrames(t, h)

	show("/{tenant}/c/{secret}", bearer(route.Confirm), confirm)
	act("/{tenant}/c/{secret}", bearer(route.Confirm), confirmNow)

	show("/{tenant}/a/{secret}", bearer(route.NewAddress), address)
	act("/{tenant}/a/{secret}", bearer(route.NewAddress), confirmAddress)

	show("/{tenant}/p/{secret}", bearer(route.Proposal), proposal)
	act("/{tenant}/p/{secret}", bearer(route.Proposal), acceptProposal)
	show("/{tenant}/p/{secret}/cancel", bearer(route.Proposal), cancelProposal)
	act("/{tenant}/p/{secret}/cancel", bearer(route.Proposal), declineProposal)

	show("/{tenant}/m/{secret}", manager, manage)
	show("/{tenant}/m/{secret}/termin.ics", manager, download)
	show("/{tenant}/m/{secret}/coming", manager, coming)
	act("/{tenant}/m/{secret}/coming", manager, comes)
	show("/{tenant}/m/{secret}/calendar", manager, subscribe)
	act("/{tenant}/m/{secret}/calendar", manager, subscribeNow)
	act("/{tenant}/m/{secret}/calendar/add", manager, addToFeed)
	act("/{tenant}/m/{secret}/calendar/{feed}/end", manager, endFeed)
	show("/{tenant}/m/{secret}/move", manager, move)
	act("/{tenant}/m/{secret}/move", manager, moveNow)
	show("/{tenant}/m/{secret}/contact", manager, contact)
	act("/{tenant}/m/{secret}/contact", manager, changeContact)
	show("/{tenant}/m/{secret}/cancel", manager, cancel)
	act("/{tenant}/m/{secret}/cancel", manager, cancelNow)
	show("/{tenant}/m/{secret}/data", manager, data)
	show("/{tenant}/m/{secret}/data.json", manager, dataJSON)
	show("/{tenant}/m/{secret}/erase", manager, wishErase)
	act("/{tenant}/m/{secret}/erase", manager, erase)
}

// call is one request to one tenant's site.
type call struct {
	*Site
	w     http.ResponseWriter
	r     *http.Request
	at    store.Present // when the request came
	setup *agenda.Setup
	frame page.Frame
	home  string // address of the first page, "/northeim/"
	way   string // what the addresses on the way to a booking begin with: home, unless there is a link or a frame
	draft string // name of what was typed on this way; "": nothing yet

	invitation string              // secret of the invitation link that one came by; "": of none
	link       *agenda.ServiceLink // of it
	pass       string              // of whoever has just typed a code
}

// open finds the tenant of a request.
func (s *Site) open(f func(*call) error) page.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, err := s.Desk.Present(r.Context(), mux.Vars(r)["tenant"])
		if err != nil {
			return err
		}
		c := &call{Site: s, w: w, r: r, at: at, setup: at.Setup, frame: s.tenantFrame(r, at.Setup), home: home(at.Setup)}
		c.way = c.frame.Tenant.Home
		return f(c)
	}
}

func home(s *agenda.Setup) string { return "/" + s.Tenant.ID + "/" }

// Frame is the frame of the tenant that an address begins with, before any route is known.
func (s *Site) Frame(r *http.Request) page.Frame {
	tenant, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	setup, err := s.Desk.Setup(r.Context(), tenant)
	if err != nil {
		return s.Pages.Frame(r, nil)
	}
	return s.tenantFrame(r, setup)
}

// CalmFrame is Frame of what is remembered: when too many ask, one does not ask as well.
func (s *Site) CalmFrame(r *http.Request) page.Frame {
	tenant, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if setup := s.Desk.Store.Remembered(tenant); setup != nil {
		return s.tenantFrame(r, setup)
	}
	return s.Pages.Frame(r, nil)
}

// frameOf is the frame around error pages: the tenant's where there is one.
func (s *Site) frameOf(r *http.Request) page.Frame {
	setup, err := s.Desk.Setup(r.Context(), mux.Vars(r)["tenant"])
	if err != nil {
		return s.Pages.Frame(r, nil)
	}
	return s.tenantFrame(r, setup)
}

func (s *Site) tenantFrame(r *http.Request, setup *agenda.Setup) page.Frame {
	t := &page.Tenant{Name: setup.Tenant.Name, Home: home(setup), Phone: setup.Tenant.Phone, Languages: setup.Tenant.Languages, Links: home(setup) + "links", Barrier: home(setup) + "barrier"}
	if logo := setup.Brand.KeptLogo(); logo != "" {
		t.Logo = t.Home + logo
	}
	if setup.Brand.Colour != "" {
		t.Brand = page.BrandURL(t.Home, setup.Brand.Colour)
	}
	f := s.Pages.Frame(r, t)
	if way := frameWay(r, t.Home); way != "" {
		t.Home, f.Embedded, f.Framers = way, true, setup.Embed.Origins
	}
	t.Imprint = legalLink(setup, f.Lang, "imprint")
	t.Privacy = legalLink(setup, f.Lang, "privacy")
	t.Accessibility = legalLink(setup, f.Lang, "accessibility")
	return f
}

// explain gives situations their pages where no handler has a better one.
func explain(err error) *page.Error {
	var bad agenda.Invalid
	switch {
	case errors.Is(err, agenda.ErrNotFound):
		return page.Missing(err)
	case errors.Is(err, agenda.ErrUninvited):
		return &page.Error{Status: http.StatusGone, Title: "public.invited.over", Detail: "public.invited.overDetail", Err: err}
	case errors.As(err, &bad), errors.Is(err, agenda.ErrNotCombinable), errors.Is(err, agenda.ErrTooMany):
		return &page.Error{Status: http.StatusBadRequest, Err: err}
	case errors.Is(err, agenda.ErrExpired):
		return &page.Error{Status: http.StatusGone, Err: err}
	case errors.Is(err, agenda.ErrLimited):
		return &page.Error{Status: http.StatusTooManyRequests, Title: "public.limited.title", Detail: "public.limited.detail", Err: err}
	case errors.Is(err, agenda.ErrTaken), errors.Is(err, agenda.ErrWindowClosed), errors.Is(err, agenda.ErrTooLate),
		errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrConflict), errors.Is(err, agenda.ErrKeyReused):
		return &page.Error{Status: http.StatusConflict, Err: err}
	}
	return nil
}

func (c *call) render(status int, name string, data page.Layered) error {
	return c.Pages.Render(c.w, c.r, status, name, data)
}

// to sends the browser on, with a GET.
func (c *call) to(path string, query url.Values) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

func toStart(c *call) error { return c.to(c.home, nil) }

// picture answers with a tenant's logo, whose name changes with what it shows. A drawing
// opened by itself is a document: it may load and run nothing.
func picture(c *call) error {
	name := path.Base(c.r.URL.Path)
	var image []byte
	err := c.Desk.Store.View(c.r.Context(), func(tx *store.Tx) (err error) {
		image, err = tx.Logo(c.setup.Tenant.ID, name)
		return err
	})
	if err != nil {
		return err
	}
	kind := "image/png"
	if path.Ext(name) == ".svg" {
		kind = "image/svg+xml"
	}
	h := c.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(image)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(image)
	}
	return nil
}

func brand(c *call) error {
	page.ServeBrand(c.w, c.r, c.setup.Brand.Colour)
	return nil
}

// link is an address with parameters.
func link(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

func (c *call) t(key string, args ...any) string { return c.frame.T(key, args...) }

// plain is a tenant's text in the language of the page.
func (c *call) plain(t agenda.Text) string { return c.setup.Text(t, c.frame.Lang) }

// ours is a text that the page itself says, so in its language.
func (c *call) ours(s string) agenda.Text { return agenda.Text{c.frame.Lang: s} }

// local is an instant on the office's clock.
func (c *call) local(t time.Time) time.Time { return t.In(c.setup.Zone()) }

func (c *call) now() (time.Time, error) {
	now, err := c.Desk.Now(c.r.Context())
	return now.In(c.setup.Zone()), err
}

// zoneNote names the zone of the times where it is not the one people expect.
func (c *call) zoneNote() string {
	if zone := c.setup.Tenant.Timezone; zone != "Europe/Berlin" {
		return c.t("public.zone", "zone", zone)
	}
	return ""
}

// phone is whom to call about a calendar (nil: about anything): the department,
// else the site, else the tenant.
func (c *call) phone(cal *agenda.Calendar) string {
	if cal != nil {
		if d, ok := c.setup.DepartmentOf(cal.Department); ok && d.Phone != "" {
			return d.Phone
		}
		if site, ok := c.setup.SiteOf(cal.Site); ok && site.Phone != "" {
			return site.Phone
		}
	}
	return c.setup.Tenant.Phone
}
