package staff

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// post adds the letters about a booking, newest first, and what can be done about them.
func (o *Office) post(q *office.Request, p *bookingPage, c *booking.Card) error {
	x, err := o.Desk.LettersAbout(q.Context(), c.Booking)
	if err != nil {
		return err
	}
	here := "/staff/bookings/" + c.ID
	mayAct := q.Person.MayIn(agenda.ActOnBookings, c.Calendar)
	for _, l := range slices.Backward(x.Letters) {
		line := letterOf(p.Frame, c.Setup.Zone(), l)
		if mayAct && booking.NotReached(l.Posting) && !c.Gone && q.Now.Before(c.End) {
			line.Again = &page.Press{Action: here + "/letters/" + l.MessageID + "/again", Button: page.Button{Kind: "secondary", Label: p.T("staff.letters.again"), Context: line.What}}
		}
		p.Letters = append(p.Letters, line)
	}
	if c.Private.Phone == "" && x.Call {
		p.Calling = p.T("staff.letters.noPhone")
	} else if x.Call {
		p.Calling = p.T("staff.letters.call", "phone", c.Private.Phone)
	}
	if mayAct && x.Call {
		p.Call = &page.Press{Action: here + "/reached", Button: page.Button{Kind: "primary", Label: p.T("staff.letters.reached")}}
	}
	if mayAct && x.KeptBack && !c.Gone {
		p.Lift = &page.Press{Action: here + "/write-again", Button: page.Button{Kind: "secondary", Label: p.T("staff.letters.lift")}}
	}
	return nil
}

// sendAgain has a letter that did not arrive sent once more.
func (o *Office) sendAgain(w http.ResponseWriter, q *office.Request) error {
	return o.aboutLetters(w, q, "again", func(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
		return o.Desk.SendAgain(ctx, p, id, mux.Vars(q.Request)["letter"])
	})
}

// reached ticks off that somebody has called.
func (o *Office) reached(w http.ResponseWriter, q *office.Request) error {
	return o.aboutLetters(w, q, "reached", o.Desk.Reached)
}

// writeAgain lets letters to the address go out again.
func (o *Office) writeAgain(w http.ResponseWriter, q *office.Request) error {
	return o.aboutLetters(w, q, "written", o.Desk.WriteAgain)
}

// aboutLetters does something about the letters of a booking, and leads back to where the
// button was.
func (o *Office) aboutLetters(w http.ResponseWriter, q *office.Request, done string, do func(context.Context, *agenda.Person, string) (*agenda.Booking, error)) error {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return err
	}
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	switch _, err := do(q.Context(), q.Person, c.ID); {
	case errors.Is(err, agenda.ErrLimited):
		done = "often"
	case errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrConflict):
		done = "changed"
	case err != nil:
		return err
	}
	to := "/staff/bookings/" + c.ID + "?done=" + done
	if form.Value("from") == "letters" {
		to = "/staff/letters?done=" + done
	}
	http.Redirect(w, q.Request, to, http.StatusSeeOther)
	return nil
}
