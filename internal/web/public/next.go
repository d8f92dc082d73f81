package public

import (
	"errors"
	"net/http"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// nextPage is a few lines for a frame on the office's website: the next free dates of a
// service. Its links leave the frame.
type nextPage struct {
	page.Frame
	Service agenda.Text
	Dates   []nextDate
	Asks    bool   // what is free depends on an answer: only the way there is shown
	All     string // address of the service
}

// nextDate is the earliest time at a site.
type nextDate struct {
	When, Href string
	Site       agenda.Text
}

// nextShown is how many sites are named.
const nextShown = 5

// nextDates shows the earliest time at each site. Everybody sees the same, so it is kept
// for a minute like the answer for programs.
func nextDates(c *call) error {
	v := c.r.URL.Query()
	svc, ok := c.setup.Service(v.Get("service"))
	if !ok || !offered(c.setup, svc, nil) {
		return page.Missing(agenda.ErrNotFound)
	}
	c.way = c.home
	q := booking.Search{Tenant: c.setup.Tenant.ID, Wish: agenda.Wish{Items: []agenda.Item{{Service: svc.ID, Quantity: 1}}}, By: agenda.Public, At: c.at}
	if v.Has("site") {
		q.Sites = v["site"]
	}
	first, err := c.Desk.NextFree(c.r.Context(), q)
	var asks agenda.Invalid
	if err != nil && !errors.As(err, &asks) {
		return err
	}
	data := nextPage{Frame: c.frame, Service: svc.Name, Asks: err != nil, All: c.inLanguage(c.serviceAddress(svc.ID, v.Get("site")))}
	for _, one := range first[:min(nextShown, len(first))] {
		data.Dates = append(data.Dates, nextDate{When: c.frame.Printer().DateTime(c.local(one.Slot.Start)), Site: one.Site.Name,
			Href: c.inLanguage(c.serviceAddress(svc.ID, one.Site.ID))})
	}
	c.w.Header().Set("Cache-Control", "public, max-age=60")
	return c.render(http.StatusOK, "public/next", data)
}

// inLanguage keeps the language of a frame on the way out of it.
func (c *call) inLanguage(address string) string {
	mark := "?"
	if strings.Contains(address, "?") {
		mark = "&"
	}
	return address + mark + "lang=" + c.frame.Lang
}
