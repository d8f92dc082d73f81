package api

import (
	"context"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

type bookingsView struct {
	Bookings []bookingView `json:"bookings"`
}

// list shows the bookings of some days that the bearer of the token may see.
func (a API) list(c *call) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	from, to, err := a.period(c, q)
	if err != nil {
		return err
	}
	cards, err := a.Desk.ListFor(c.ctx(), c.person, booking.WayAPI, q.Get("calendar"), from, to)
	if err != nil {
		return err
	}
	v := bookingsView{Bookings: make([]bookingView, 0, len(cards))}
	for _, card := range cards {
		v.Bookings = append(v.Bookings, c.forStaff(card))
	}
	return c.reply(http.StatusOK, v)
}

type staffBookBody struct {
	wishBody
	visitorBody
	Overbook      bool   `json:"overbook"`
	Notify        *bool  `json:"notify"`
	StaffNote     string `json:"staffNote"`
	CaseReference string `json:"caseReference"`
}

// staffBook books for a caller, with the rights of staff.
func (a API) staffBook(c *call) error {
	var in staffBookBody
	once, err := c.readOnce("staff-bookings", &in)
	if err != nil {
		return err
	}
	r, err := in.request(c, agenda.Staff)
	if err != nil {
		return err
	}
	r.Actor, r.Person, r.Overbook = c.person.ID, c.person, in.Overbook
	f := in.form(a, c)
	f.Silent = in.Notify != nil && !*in.Notify
	f.StaffNote, f.CaseReference = in.StaffNote, in.CaseReference
	if err := checkInside(f); err != nil {
		return err
	}
	receipt, err := a.Desk.BookNow(c.ctx(), r, f, once)
	if err != nil {
		return a.orOthers(c, err, r, nil)
	}
	return a.replyReceipt(c, receipt)
}

// checkInside refuses what would not fit where staff read it.
func checkInside(f booking.Form) error {
	var bad agenda.Invalid
	if utf8.RuneCountInString(f.StaffNote) > agenda.MaxNote {
		bad = append(bad, agenda.FieldError{Field: "staffNote", Code: "too_long"})
	}
	if utf8.RuneCountInString(f.CaseReference) > agenda.MaxName {
		bad = append(bad, agenda.FieldError{Field: "caseReference", Code: "too_long"})
	}
	if strings.ContainsFunc(f.CaseReference, unicode.IsControl) {
		bad = append(bad, agenda.FieldError{Field: "caseReference", Code: "format"})
	}
	return bad.Or()
}

// act is something that staff do to a booking by its id.
type act func(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error)

// visit is the act that sets the state of a visit.
func (a API) visit(to agenda.Status) act {
	return func(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
		return a.Desk.Visit(ctx, p, id, to)
	}
}

// says is the act that records whether a visitor comes, as they told the office.
func (a API) says(comes bool) act {
	return func(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
		return a.Desk.ComingFor(ctx, p, id, comes)
	}
}

// staffAct answers with the booking after an act.
func (a API) staffAct(do act) handler {
	return func(c *call) error {
		if err := c.readNothing(); err != nil {
			return err
		}
		b, err := do(c.ctx(), c.person, c.path("id"))
		return a.replyStaff(c, b, err, booking.Target{})
	}
}

type staffMoveBody struct {
	moveBody
	Overbook bool `json:"overbook"`
}

// staffMove moves a booking for a caller.
func (a API) staffMove(c *call) error {
	var in staffMoveBody
	if err := c.read(&in); err != nil {
		return err
	}
	to, err := in.target()
	if err != nil {
		return err
	}
	to.Overbook = in.Overbook
	b, err := a.Desk.MoveFor(c.ctx(), c.person, c.path("id"), to)
	return a.replyStaff(c, b, err, to)
}

// replyStaff answers an act on a booking: with the booking, or with what went wrong
// and, where a slot or a request is gone, other free slots.
func (a API) replyStaff(c *call, b *agenda.Booking, err error, to booking.Target) error {
	if err != nil {
		card, lookErr := a.Desk.Seen(c.ctx(), c.person, c.path("id"))
		if lookErr != nil {
			return err
		}
		if to.Start.IsZero() {
			to.Start = card.Start
		}
		return a.orOthers(c, err, toward(card.Booking, c.person, to), card.Booking)
	}
	card, err := a.Desk.Card(c.ctx(), b)
	if err == nil {
		err = a.Desk.Saw(c.ctx(), c.person, booking.WayAPI, card)
	}
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, c.forStaff(card))
}
