package api

import (
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

type bookBody struct {
	Hold string `json:"hold"`
	wishBody
	visitorBody
}

// receiptView is what whoever booked gets. The secret in the addresses shows, moves
// and cancels; the one that confirms travels in the mail alone.
type receiptView struct {
	ID        string        `json:"id"`
	Reference string        `json:"reference"`
	Status    agenda.Status `json:"status"`
	Start     string        `json:"start"`
	End       string        `json:"end"`
	ManageURL string        `json:"manageUrl"`
	ICSURL    string        `json:"icsUrl"`
}

func (a API) replyReceipt(c *call, r booking.Receipt) error {
	b := r.Booking
	return c.reply(http.StatusCreated, receiptView{ID: b.ID, Reference: b.Reference, Status: b.Status, Start: c.local(b.Start), End: c.local(b.End),
		ManageURL: a.Links.Manage(&c.setup.Tenant, r.Manage), ICSURL: a.Links.ICS(&c.setup.Tenant, r.Manage)})
}

// book turns a hold into a booking, or books at once.
func (a API) book(c *call) error {
	var in bookBody
	once, err := c.readOnce("bookings", &in)
	if err != nil {
		return err
	}
	if in.Hold != "" {
		return a.bookHeld(c, &in, once)
	}
	return a.bookNow(c, &in, once)
}

func (a API) bookHeld(c *call, in *bookBody, once booking.Once) error {
	if err := in.noWish().Or(); err != nil {
		return err
	}
	receipt, err := a.Desk.Book(c.ctx(), c.tenant(), in.Hold, in.form(a, c), once)
	if errors.Is(err, agenda.ErrExpired) {
		if card, _ := a.Desk.HeldBy(c.ctx(), c.tenant(), in.Hold); card != nil {
			return a.orOthers(c, err, again(card.Booking, nil), nil)
		}
	}
	if err != nil {
		return err
	}
	return a.replyReceipt(c, receipt)
}

// again is the request that would make a booking once more.
func again(b *agenda.Booking, p *agenda.Person) booking.Request {
	r := booking.Request{Tenant: b.Tenant, Wish: b.Wish(), Calendar: b.Calendar, Start: b.Start, By: agenda.Public, Person: p}
	if p != nil {
		r.By = agenda.Staff
	}
	return r
}

func (a API) bookNow(c *call, in *bookBody, once booking.Once) error {
	r, err := in.request(c, agenda.Public)
	if err != nil {
		return err
	}
	r.Proof = c.proof()
	receipt, err := a.Desk.BookNow(c.ctx(), r, in.form(a, c), once)
	if err != nil {
		return a.orOthers(c, err, r, nil)
	}
	return a.replyReceipt(c, receipt)
}
