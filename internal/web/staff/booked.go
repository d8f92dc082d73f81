package staff

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// bookedPage is what the caller is told, and the way to the next one.
type bookedPage struct {
	page.Frame
	Reference string
	Start     time.Time
	Facts     []page.Row
	Told      string
	Aloud     *aloud
	Slip      string
	Booking   string
	Again     string // address: the same once more
	Search    page.Field
}

func (o *Office) booked(w http.ResponseWriter, q *office.Request) error {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return err
	}
	if !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
		return agenda.ErrNotFound
	}
	f := o.Frame(q)
	x := &order{setup: q.Setup, frame: f, wish: c.Wish()}
	p := &bookedPage{Frame: f, Reference: c.Reference, Start: c.Start.In(q.Setup.Zone()), Facts: facts(f, c), Aloud: x.aloud(), Told: f.T(told(c))}
	p.Facts = slices.DeleteFunc(p.Facts, func(r page.Row) bool { // what stands above, and what nobody on the telephone asks for
		return r.Key == f.T("common.reference") || r.Key == f.T("staff.booking.calendar") || r.Key == f.T("staff.booking.mode") && c.Mode == agenda.ModeOnsite
	})
	if site, ok := q.Setup.SiteOf(c.Calendar.Site); ok && (c.Mode == "" || c.Mode == agenda.ModeOnsite) {
		where := []string{office.Plain(f, site.Name), site.Address()}
		if room := office.Plain(f, c.Calendar.Room); room != "" {
			where = append(where, room)
		}
		p.Facts = append(p.Facts, page.Row{Key: f.T("staff.caller.where"), Values: where})
	}
	p.Booking = "/staff/bookings/" + c.ID
	p.Slip = p.Booking + "/slip"
	p.Again = newPath(url.Values{"copy": {c.ID}})
	p.Search = page.Field{Name: "q", Type: "search", Label: f.T("staff.caller.next"), Autocomplete: "off", Max: 100, Required: true, Focus: true}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/booked", p)
}
