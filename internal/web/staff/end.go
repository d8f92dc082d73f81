package staff

import (
	"net/http"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// endPage asks before a visit is cancelled or a request rejected: the seats are
// free for others at once, and a letter goes out.
type endPage struct {
	page.Frame
	Title  string
	Facts  []page.Row
	Warn   page.Notice
	Action string // address of the form
	Button page.Button
	Stay   string // address of the way back
}

func (o *Office) endForm(x deed) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		c, err := o.open(q, mux.Vars(q.Request)["id"])
		if err != nil {
			return err
		}
		if err := mayEnd(x, c, q); err != nil {
			return err
		}
		p := &endPage{Frame: o.Frame(q)}
		p.Title = p.T("staff.end." + x.name + ".title")
		p.Facts = append([]page.Row{{Key: p.T("common.name"), Values: []string{visitorName(p.Frame, c)}}}, facts(p.Frame, c)...)
		p.Warn = page.Notice{Kind: "warning", Title: p.T("staff.end." + x.name + ".warn"), Text: p.T(told(c))}
		p.Action = "/staff/bookings/" + c.ID + "/" + x.name
		p.Button = page.Button{Kind: "danger", Label: p.T("staff.end." + x.name + ".do")}
		p.Stay = dayAt(c.Calendar.ID, c.Date)
		return o.Pages.Render(w, q.Request, http.StatusOK, "staff/end", p)
	}
}

func mayEnd(x deed, c *booking.Card, q *office.Request) error {
	if !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
		return agenda.ErrForbidden
	}
	if x.name == reject.name && (c.Status != agenda.Pending || c.Awaits != agenda.ConfirmStaff) {
		return agenda.ErrState
	}
	return c.MayChange(agenda.Staff, q.Now)
}

// told is the key of who will hear of it.
func told(c *booking.Card) string {
	switch {
	case c.Notify:
		return "staff.told.letter"
	case c.Private.Phone != "":
		return "staff.told.phone"
	}
	return "staff.told.nobody"
}
