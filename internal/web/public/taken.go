package public

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

type takenPage struct {
	page.Frame
	Title  string
	Lead   string
	Facts  []fact
	Action string
	Hidden []hidden // what was typed
	Keep   []hidden // sent to Review: back to the time that was chosen
	Review string
	Typed  bool
	Again  *page.Button // the same time, where it is still free
	Others bool         // besides Again there are more
	Slots  page.Slots
	All    string // address of all times
	Phone  string
}

// alternatives is how many other times are offered.
const alternatives = 5

// showTaken offers the nearest other times for one that is not to be had; what
// was typed stays in the form.
func showTaken(c *call, ch chosen, v url.Values, why error) error {
	c.remember(v)
	data := newTaken(c, ch, v)
	status := http.StatusConflict
	switch {
	case errors.Is(why, agenda.ErrExpired):
		status = http.StatusGone
		data.Title, data.Lead = c.t("public.taken.expired"), c.t("public.taken.expiredLead")
	case errors.Is(why, agenda.ErrWindowClosed):
		data.Title, data.Lead = c.t("public.taken.window"), c.t("public.taken.windowLead")
	default:
		data.Title, data.Lead = c.t("public.taken.title"), c.t("public.taken.lead")
	}
	if err := data.offer(c, ch, place{}, nil); err != nil {
		return err
	}
	if errors.Is(why, agenda.ErrExpired) {
		data.again(c, ch)
	}
	return c.render(status, "public/taken", data)
}

// others offers other times to somebody who has second thoughts at the review.
func others(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	ch, err := c.readChosen(c.r.PostForm)
	if err != nil && !errors.Is(err, agenda.ErrExpired) {
		return c.badChoice(ch, err)
	}
	c.remember(c.r.PostForm)
	data := newTaken(c, ch, c.r.PostForm)
	data.Title, data.Lead = c.t("public.others.title"), c.t("public.others.lead")
	if err == nil {
		data.Facts = append(data.Facts, fact{Key: c.t("public.others.now"), Lines: c.when(ch.start, ch.end)})
		keep := typed(c.r.PostForm)
		for name, values := range ch.values(c) {
			keep[name] = values
		}
		data.Keep, data.Review = hide(keep), c.way+"review"
	}
	if err := data.offer(c, ch, place{ch.calendar.ID, ch.start}, c.ownHold()); err != nil {
		return err
	}
	return c.render(http.StatusOK, "public/taken", data)
}

func newTaken(c *call, ch chosen, v url.Values) takenPage {
	keep := typed(v)
	for name, values := range c.carry(writeWish(ch.wish)) {
		keep[name] = values
	}
	data := takenPage{Frame: c.frame, Action: c.way + "reserve", Hidden: hide(keep), Typed: v.Get("name") != ""}
	data.All = link(c.way+"times", c.carry(writeWish(ch.wish)))
	data.Step = &page.Step{Current: 2, Total: steps, Name: c.t("public.step.time")}
	data.Facts = []fact{{Key: c.t("common.service"), Lines: c.itemLines(ch.wish.Items)}}
	data.Phone = c.phone(ch.calendar)
	return data
}

// offer fills in the nearest times, but not the given one.
func (p *takenPage) offer(c *call, ch chosen, but place, own *agenda.Booking) error {
	days, err := c.nearest(ch, but, own, func(s agenda.Slot) page.Slot {
		return page.Slot{Value: slotID(s.Calendar, c.local(s.Start))}
	})
	p.Slots = page.Slots{Name: "slot", Days: days}
	return err
}

// again makes the chosen time, where it is still free, the first thing to press.
func (p *takenPage) again(c *call, ch chosen) {
	wanted := slotID(ch.calendar.ID, c.local(ch.start))
	for i := range p.Slots.Days {
		day := &p.Slots.Days[i]
		n := len(day.Times)
		if day.Times = slices.DeleteFunc(day.Times, func(s page.Slot) bool { return s.Value == wanted }); len(day.Times) == n {
			continue
		}
		p.Again = &page.Button{Kind: "primary", Label: c.t("public.hold.again", "when", c.frame.Printer().DateTime(c.local(ch.start))), Name: "slot", Value: wanted}
		p.Lead, p.Others = c.t("public.hold.expired"), len(p.Slots.Days) > 1 || len(day.Times) > 0
	}
}

// nearest are the free times around a chosen one, by day.
func (c *call) nearest(ch chosen, but place, own *agenda.Booking, pick func(agenda.Slot) page.Slot) ([]page.SlotDay, error) {
	found, err := c.Desk.Alternatives(c.r.Context(), ch.request(c), own, considered)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(s agenda.Slot) bool { return s.Calendar == but.Calendar && s.Start.Equal(but.Start) })
	kept := pickNearest(found, ch.calendar.Site)
	slices.SortStableFunc(kept, func(a, b agenda.Slot) int { return a.Start.Compare(b.Start) })
	several := slices.ContainsFunc(kept, func(s agenda.Slot) bool { return s.Site != ch.calendar.Site })
	var days []page.SlotDay
	for _, s := range kept {
		date := agenda.DateOf(c.local(s.Start))
		if n := len(days); n == 0 || days[n-1].Date != date {
			days = append(days, page.SlotDay{Date: date})
		}
		p := pick(s)
		p.Start = c.local(s.Start)
		if site, ok := c.setup.Site(s.Site); ok && several {
			p.Site = site.Name
		}
		day := &days[len(days)-1]
		day.Times = append(day.Times, p)
	}
	return days, nil
}

// considered are the times of which alternatives are picked, elsewhere is how
// many of them may be at other sites while the chosen one has some.
const (
	considered = 200
	elsewhere  = 2
)

// pickNearest takes times from a list, the nearest first. Whoever chose a site
// mostly wants to go there, so other sites do not crowd it out.
func pickNearest(list []agenda.Slot, site string) (kept []agenda.Slot) {
	take := func(most int, wanted func(agenda.Slot) bool) {
		for _, s := range list {
			same := func(o agenda.Slot) bool { return o.Start.Equal(s.Start) && o.Site == s.Site }
			if len(kept) < most && wanted(s) && !slices.ContainsFunc(kept, same) {
				kept = append(kept, s)
			}
		}
	}
	take(alternatives-elsewhere, func(s agenda.Slot) bool { return s.Site == site })
	take(alternatives, func(s agenda.Slot) bool { return s.Site != site })
	take(alternatives, func(agenda.Slot) bool { return true })
	return kept
}
