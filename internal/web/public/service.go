package public

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// servicePage tells about one service: where links from elsewhere lead.
type servicePage struct {
	page.Frame
	Name  agenda.Text
	About []agenda.Text // what it is, in paragraphs
	Bring []agenda.Text
	Facts []fact
	Next  page.Button
	Links []page.Link
	Sites []sitePart
}

// serviceAddress is the short, lasting address of a service, with a site or without.
func (c *call) serviceAddress(service, site string) string {
	v := url.Values{}
	if site != "" {
		v.Set("site", site)
	}
	return link(c.way+"s/"+url.PathEscape(service), v)
}

// service is the page of one service, and of one site where the address names it. What
// there is not, or not for everybody, looks the same: a way to what is meant.
func service(c *call) error {
	c.anew()
	id := mux.Vars(c.r)["service"]
	svc, ok := c.setup.Service(id)
	if !ok || !offered(c.setup, svc, nil) {
		return notHere(c, strings.NewReplacer("-", " ", "_", " ", ".", " ").Replace(id))
	}
	data := newService(c, svc)
	if !c.frame.Embedded {
		about := c.t("public.service.describe", "service", c.plain(svc.Name), "tenant", c.plain(c.setup.Tenant.Name))
		data.Search = c.frame.SearchAt(c.r, c.Links.Service(&c.setup.Tenant, svc.ID), about)
	}
	return c.render(http.StatusOK, "public/service", data)
}

func newService(c *call, svc *agenda.Service) servicePage {
	w := agenda.Wish{Items: []agenda.Item{{Service: svc.ID, Quantity: 1}}}
	data := servicePage{Frame: c.frame, Name: svc.Name, Bring: svc.Checklist}
	data.About = paragraphs(svc.Description.In(c.frame.Lang, c.setup.Tenant.Languages...))
	data.Back = c.way
	sites, at := c.served(w)
	only := c.r.URL.Query().Get("site")
	one := slices.IndexFunc(sites, func(s *agenda.Site) bool { return s.ID == only })
	if one >= 0 {
		sites = sites[one : one+1]
		if len(at) > 1 {
			data.Links = append(data.Links, page.Link{Label: c.t("public.service.everywhere"), Href: c.serviceAddress(svc.ID, "")})
		}
	} else {
		only = ""
	}
	data.Facts = c.serviceFacts(svc, w)
	data.Next = page.Button{Kind: "primary", Label: c.t("public.service.next"), Href: withSite(c.firstStep(svc, false), only)}
	if !mustAsk(c.setup, w) && asks(c.setup, w, nil) {
		data.Links = append(data.Links, page.Link{Label: c.t("public.entry.several"), Href: withSite(c.firstStep(svc, true), only)})
	}
	today := agenda.DateOf(c.local(c.at.Now))
	for _, site := range sites {
		data.Sites = append(data.Sites, sitePart{site.Name, c.siteFacts(site, at[site.ID], w.Items, today)})
	}
	return data
}

// withSite adds a preselected site to an address.
func withSite(address, site string) string {
	if site == "" {
		return address
	}
	return address + "&" + url.Values{"site": {site}}.Encode()
}

// serviceFacts are what it costs, how long it takes and how it is done.
func (c *call) serviceFacts(svc *agenda.Service, w agenda.Wish) []fact {
	facts := c.feeFacts(w.Items)
	facts = append(facts, fact{Key: c.t("public.entry.takes"), Lines: []agenda.Text{c.ours(c.serviceTakes(svc, w))}})
	how := fact{Key: c.t("public.how")}
	for _, m := range modesOf(c.setup, w) {
		how.Lines = append(how.Lines, c.ours(c.t("public.mode."+m)))
	}
	return append(append(facts, how), c.reconfirmFacts(w.Items)...)
}

// reconfirmFacts say that visitors are asked whether they come, and lose the visit by
// silence.
func (c *call) reconfirmFacts(items []agenda.Item) []fact {
	r := c.setup.ReconfirmOf(items)
	if !r.Wanted() {
		return nil
	}
	until := c.t("public.reconfirm.days", "n", r.By.Days)
	if r.By.Minutes > 0 {
		until = c.t("public.reconfirm.hours", "n", r.By.Days*24+(r.By.Minutes+59)/60)
	}
	return []fact{{Key: c.t("public.reconfirm.key"), Lines: []agenda.Text{c.ours(c.t("public.reconfirm.ask") + " " + until + " " + c.t("public.coming.else"))}}}
}

// serviceTakes is how long a visit for one is, which the answer to a question may change.
func (c *call) serviceTakes(svc *agenda.Service, w agenda.Wish) string {
	least, most := c.lengths(w)
	for _, q := range svc.Questions {
		for _, o := range q.Options {
			if o.Minutes > 0 {
				least, most = min(least, o.Minutes), max(most, o.Minutes)
			}
		}
	}
	if least == most {
		return c.t("common.minutes", "n", most)
	}
	return c.t("public.entry.minutes", "least", least, "n", most)
}

// siteFacts are what one needs to come to a site: where, when, and how to get in.
func (c *call) siteFacts(site *agenda.Site, serving []*agenda.Calendar, items []agenda.Item, today agenda.Date) []fact {
	facts := []fact{{Key: c.t("common.address"), Lines: []agenda.Text{agenda.Plain(site.Address())}}}
	room, phone := fact{Key: c.t("public.entry.room")}, ""
	for _, cal := range serving {
		if s := c.plain(cal.Room); s != "" && !slices.ContainsFunc(room.Lines, func(t agenda.Text) bool { return c.plain(t) == s }) {
			room.Lines = append(room.Lines, cal.Room)
		}
		phone = c.phone(cal)
	}
	if len(room.Lines) > 0 {
		facts = append(facts, room)
	}
	facts = append(facts, c.hoursFacts(site, items, today)...)
	if access := c.accessOf(site); len(access) > 0 {
		facts = append(facts, fact{Key: c.t("public.access"), Lines: access})
	}
	if phone == "" {
		phone = site.Phone
	}
	if phone != "" {
		facts = append(facts, fact{Key: c.t("common.phone"), Phone: phone})
	}
	return facts
}

// notHere is the first page, for an address whose service is not there: it says so and
// searches for what may have been meant.
func notHere(c *call, meant string) error {
	data := newStart(c, meant)
	data.Near = data.Query != "" && data.Found > 0
	if !data.Near {
		data = newStart(c, "")
	}
	data.Query = ""
	data.Back, data.Guess, data.Part = c.services(), "", false
	data.Notice = &page.Notice{Kind: "warning", Title: c.t("public.noService.title"), Text: c.t("public.noService.detail")}
	return c.render(http.StatusNotFound, "public/start", data)
}
