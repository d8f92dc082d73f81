package api

import (
	"fmt"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

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
	found, err := a.Desk.Times(c.ctx(), s)
	if err != nil {
		return asked(err)
	}
	if s.Own != nil { // nobody asks for the same again
		c.replyJSON(c.availability(found))
		return nil
	}
	name := c.name()
	if old, ok := a.answers.Get(name); ok && old.times.Same(found) {
		c.replyJSON(old.body)
		return nil
	}
	body := c.availability(found)
	c.replyJSON(body)
	a.answers.Put(name, answered{times: found, body: body}, len(body)+found.Bytes()+len(name)) // the search points into the query
	return nil
}

// name tells requests apart whose answers are kept.
func (c *call) name() []byte { return []byte(c.r.URL.Path + "?" + c.r.URL.RawQuery) }

// answered is what was written about free times, and of what. A name that a visitor and
// an office ask for leads to what the last of them saw; whether that is right for the
// next is seen from the times.
type answered struct {
	times *booking.Times
	first []booking.First
	under string // licence that the answer names
	body  []byte
	tag   string
}

// answeredBytes is about how much of that is kept, at most twice.
const answeredBytes = 8 << 20

func (c *call) availability(found *booking.Times) []byte {
	j := slotsJSON{zone: c.setup.Zone(), tails: map[spot][]byte{}}
	j.out = fmt.Appendf(make([]byte, 0, 4096), `{"timezone":%s,"durationMinutes":%d,"days":[`, quoted(c.setup.Tenant.Timezone), found.Minutes)
	for date, times := range found.Days() {
		j.beginDay(date)
		for i := range times {
			j.slot(&times[i])
		}
		j.endDay()
	}
	return fmt.Appendf(j.out, "],\"nextFree\":%s,\"nextRelease\":%s}\n", quoted(c.localOrNull(found.NextFree)), quoted(c.localOrNull(found.NextRelease)))
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
	Sites   []firstView `json:"sites"`
	Licence string      `json:"licence,omitempty"`
}

type firstView struct {
	Site     string `json:"site"`
	Calendar string `json:"calendar"`
	Start    string `json:"start"`
}

// nextFree lists the earliest start of each site, the soonest first. Who has the list
// already is only told that it still holds.
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
	c.cacheable()
	name, under := c.name(), c.setup.OpenData.Licence
	if old, ok := a.answers.Get(name); ok && booking.SameFirsts(list, old.first) && old.under == under && old.tag != "" {
		c.tagged(old.body, old.tag)
		return nil
	}
	v := nextFreeView{Sites: make([]firstView, 0, len(list)), Licence: under}
	for _, f := range list {
		v.Sites = append(v.Sites, firstView{Site: f.Site.ID, Calendar: f.Calendar.ID, Start: c.local(f.Slot.Start)})
	}
	body := append(quoted(v), '\n')
	tag := tagOf(body)
	c.tagged(body, tag)
	a.answers.Put(name, answered{first: list, under: under, body: body, tag: tag}, len(body)+len(under)+len(tag)+booking.FirstBytes*len(list))
	return nil
}
