package public

import (
	"maps"
	"net/url"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// beside is what a page of times offers besides them: other ways to hold the visit, more
// persons, and what the service is about. None of it lengthens the way of those who need
// nothing of it.
type beside struct {
	Modes []modeLink // where there is a choice
	Links []page.Link
}

// modeLink leads to the times for one way to hold the visit.
type modeLink struct {
	Label  string
	Href   string
	Chosen bool
}

func (f *finder) beside() (b beside) {
	if modes := modesOf(f.setup, f.wish); len(modes) > 1 {
		for _, m := range modes {
			w := f.wish
			w.Mode = m
			v := withView(f.carry(writeWish(w)), f.view.Site)
			b.Modes = append(b.Modes, modeLink{f.t("public.mode." + m), link(f.path, v), m == f.wish.Mode})
		}
	}
	if !mustAsk(f.setup, f.wish) && asks(f.setup, f.wish, f.link) {
		b.Links = append(b.Links, page.Link{Label: f.t("public.entry.several"), Href: f.chooseAddress()})
	}
	if f.link == nil && len(f.wish.Items) == 1 {
		b.Links = append(b.Links, page.Link{Label: f.t("public.entry.about"), Href: f.serviceAddress(f.wish.Items[0].Service, f.view.Site)})
	}
	return b
}

// chooseAddress is where the wish can be changed.
func (f *finder) chooseAddress() string {
	v := url.Values{}
	maps.Copy(v, f.keep)
	return link(f.way+"choose", withView(v, f.view.Site))
}

// wishFacts say what the times are for: the services, how long that takes, and how the
// visit is held where there is one way.
func (f *finder) wishFacts() []fact {
	change := f.services()
	if mustAsk(f.setup, f.wish) || several(f.wish) {
		change = f.chooseAddress()
	}
	facts := []fact{{Key: f.t("common.service"), Lines: f.itemLines(f.wish.Items), Change: change}}
	if several(f.wish) {
		facts = append(facts, fact{Key: f.t("public.entry.takes"), Lines: []agenda.Text{f.ours(f.takes(f.wish))}})
	}
	if modes := modesOf(f.setup, f.wish); len(modes) == 1 {
		facts = append(facts, fact{Key: f.t("public.how"), Lines: []agenda.Text{f.ours(f.t("public.mode." + modes[0]))}})
	}
	return facts
}

// several reports that a wish is for more than one person or thing.
func several(w agenda.Wish) bool {
	return len(w.Items) > 1 || len(w.Items) == 1 && w.Items[0].Quantity > 1
}

// takes says how long a visit for the wish is: "26 Minuten", or from what to what where
// that depends on the place.
func (c *call) takes(w agenda.Wish) string {
	least, most := c.lengths(w)
	if least == most {
		return c.t("common.minutes", "n", most)
	}
	return c.t("public.entry.minutes", "least", least, "n", most)
}

// lengths are the shortest and the longest visit for a wish in minutes, 0 where no
// calendar serves it.
func (c *call) lengths(w agenda.Wish) (least, most int) {
	for i := range c.setup.Calendars {
		cal := &c.setup.Calendars[i]
		if plan, ok := planIn(c.setup, cal, w, c.link); ok {
			if least == 0 {
				least = plan.Minutes
			}
			least, most = min(least, plan.Minutes), max(most, plan.Minutes)
		}
	}
	return least, most
}

// served are the public sites where a wish can be served, with the calendars that do.
func (c *call) served(w agenda.Wish) (sites []*agenda.Site, at map[string][]*agenda.Calendar) {
	at = map[string][]*agenda.Calendar{}
	for i := range c.setup.Calendars {
		cal := &c.setup.Calendars[i]
		if _, ok := planIn(c.setup, cal, w, c.link); ok {
			at[cal.Site] = append(at[cal.Site], cal)
		}
	}
	for i := range c.setup.Sites {
		if site := &c.setup.Sites[i]; at[site.ID] != nil {
			sites = append(sites, site)
		}
	}
	return slices.Clip(sites), at
}
