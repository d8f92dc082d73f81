package api

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

type availabilityView struct {
	Timezone        string    `json:"timezone"`
	DurationMinutes int       `json:"durationMinutes"` // the longest where calendars differ
	Days            []dayView `json:"days"`
	NextFree        *string   `json:"nextFree"`
	NextRelease     *string   `json:"nextRelease"`
}

type dayView struct {
	Date  agenda.Date `json:"date"`
	Slots []slotView  `json:"slots"`
}

type slotView struct {
	Start           string   `json:"start"`
	Calendar        string   `json:"calendar"`
	Site            string   `json:"site"`
	DurationMinutes int      `json:"durationMinutes"`
	Modes           []string `json:"modes"`
	Free            int      `json:"free"`
}

func (c *call) slot(s agenda.Slot) slotView {
	return slotView{Start: c.local(s.Start), Calendar: s.Calendar, Site: s.Site, DurationMinutes: s.Minutes, Modes: s.Modes, Free: s.Free}
}

// availability lists the starts that could be booked now, day by day.
func (a API) availability(c *call) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	s, err := c.search(q)
	if err != nil {
		return err
	}
	if s.From, s.To, err = a.period(c, q); err != nil {
		return err
	}
	return a.replyFound(c, s)
}

// elsewhere is availability for a booking that could be moved: its own seats count
// as free.
func (a API) elsewhere(c *call) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	card, err := a.Desk.Manage(c.ctx(), c.tenant(), c.path("secret"))
	if err != nil {
		return err
	}
	now, err := a.Desk.Now(c.ctx())
	if err != nil {
		return err
	}
	if err := card.MayChange(agenda.Public, now); err != nil {
		return err
	}
	s := booking.Search{Tenant: c.tenant(), Wish: card.Wish(), Calendars: q["calendar"], Sites: q["site"], By: agenda.Public, Own: card.Booking}
	if s.From, s.To, err = a.period(c, q); err != nil {
		return err
	}
	return a.replyFound(c, s)
}

func (a API) replyFound(c *call, s booking.Search) error {
	found, err := a.Desk.Availability(c.ctx(), s)
	if err != nil {
		return asked(err)
	}
	v := availabilityView{Timezone: c.setup.Tenant.Timezone, DurationMinutes: found.Minutes, Days: make([]dayView, 0, len(found.Days)),
		NextFree: c.localOrNull(found.NextFree), NextRelease: c.localOrNull(found.NextRelease)}
	for _, d := range found.Days {
		day := dayView{Date: d.Date, Slots: make([]slotView, 0, len(d.Slots))}
		for _, s := range d.Slots {
			day.Slots = append(day.Slots, c.slot(s))
		}
		v.Days = append(v.Days, day)
	}
	return c.reply(200, v)
}

// asked names the fields of a wish as a query string names them.
func asked(err error) error {
	e := explain(err)
	for i, f := range e.fields {
		if f.Field == "services" {
			e.fields[i].Field = "service"
		}
	}
	return e
}

type nextFreeView struct {
	Sites []firstView `json:"sites"`
}

type firstView struct {
	Site     string `json:"site"`
	Calendar string `json:"calendar"`
	Start    string `json:"start"`
}

// nextFree lists the earliest start of each site, the soonest first.
func (a API) nextFree(c *call) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	s, err := c.search(q)
	if err != nil {
		return err
	}
	list, err := a.Desk.NextFree(c.ctx(), s)
	if err != nil {
		return asked(err)
	}
	v := nextFreeView{Sites: make([]firstView, 0, len(list))}
	for _, f := range list {
		v.Sites = append(v.Sites, firstView{Site: f.Site.ID, Calendar: f.Calendar.ID, Start: c.local(f.Slot.Start)})
	}
	c.cacheable()
	return c.reply(200, v)
}
