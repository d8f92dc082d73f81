package staff

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// takeBack undoes the move or cancellation that was just done, and leads back to where
// the button was. Where it cannot be undone any more, the page says why.
func (o *Office) takeBack(w http.ResponseWriter, q *office.Request) error {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return err
	}
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(form.Value("version")) // what is no number is no version
	done := "take-back"
	switch b, err := o.Desk.TakeBack(q.Context(), q.Person, c.ID, version); {
	case errors.Is(err, agenda.ErrTaken):
		done = "taken"
	case errors.Is(err, agenda.ErrTooLate):
		done = "late"
	case errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrExpired), errors.Is(err, agenda.ErrConflict):
		done = "changed"
	case err != nil:
		return err
	default:
		c.Booking = b
	}
	http.Redirect(w, q.Request, back(form, c.Booking, done), http.StatusSeeOther)
	return nil
}

// offerBack adds to a notice the button that takes back what it tells of, as long as
// that can be.
func (o *Office) offerBack(q *office.Request, f page.Frame, n *page.Notice, c *booking.Card) {
	var entries []store.Entry
	err := o.Desk.Store.View(q.Context(), func(tx *store.Tx) (err error) {
		entries, err = tx.Journal(c.Tenant, c.ID)
		return err
	})
	_, until := booking.UndoUntil(entries, c.Version)
	if err != nil || !q.Now.Before(until) || !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
		return // without the button the notice is right as well
	}
	n.Text = f.T("staff.back.until", "about", n.Text, "time", until.In(c.Setup.Zone()).Format("15:04:05"))
	n.Form = &page.Press{Action: "/staff/bookings/" + c.ID + "/take-back", Button: page.Button{Kind: "secondary", Label: f.T("staff.back.do"), Context: about(f, c)}}
	add := func(name, value string) {
		n.Form.Fields = append(n.Form.Fields, page.Field{Name: name, Type: "hidden", Value: value})
	}
	add("version", strconv.Itoa(c.Version))
	if mux.Vars(q.Request)["id"] != "" {
		add("from", "booking")
		return
	}
	add("calendar", q.URL.Query().Get("calendar"))
	add("date", q.URL.Query().Get("date"))
}
