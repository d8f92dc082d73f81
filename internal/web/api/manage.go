package api

import (
	"context"
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// show opens a booking for the bearer of its manage secret.
func (a API) show(c *call) error {
	secret := c.path("secret")
	card, err := a.Desk.Manage(c.ctx(), c.tenant(), secret)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, a.forVisitor(c, card, secret))
}

// confirm answers the mailed link of a double opt-in.
func (a API) confirm(c *call) error {
	if err := c.readNothing(); err != nil {
		return err
	}
	b, err := a.Desk.Confirm(c.ctx(), c.tenant(), c.path("secret"))
	if errors.Is(err, agenda.ErrExpired) {
		if card, lookErr := a.Desk.Asked(c.ctx(), c.tenant(), c.path("secret")); lookErr == nil {
			return a.orOthers(c, err, again(card.Booking, nil), nil)
		}
	}
	if err != nil {
		return err
	}
	card, err := a.Desk.Card(c.ctx(), b)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, c.outline(card))
}

// cancel ends a visit; once more it says the same.
func (a API) cancel(c *call) error { return a.bySecret(c, a.Desk.Cancel) }

// coming records that the visitor said that they come; once more it says the same.
func (a API) coming(c *call) error { return a.bySecret(c, a.Desk.Coming) }

// bySecret does an act that needs nothing but the manage secret, and shows the booking.
func (a API) bySecret(c *call, act func(ctx context.Context, tenant, secret string) (*agenda.Booking, error)) error {
	if err := c.readNothing(); err != nil {
		return err
	}
	b, err := act(c.ctx(), c.tenant(), c.path("secret"))
	if err != nil {
		return err
	}
	card, err := a.Desk.Card(c.ctx(), b)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, a.forVisitor(c, card, c.path("secret")))
}

type moveBody struct {
	Start    string `json:"start"`
	Calendar string `json:"calendar"`
}

func (b *moveBody) target() (booking.Target, error) {
	var bad agenda.Invalid
	t := booking.Target{Start: readStart(b.Start, &bad), Calendar: b.Calendar}
	return t, bad.Or()
}

// move gives a booking another time, or leaves it where it is.
func (a API) move(c *call) error {
	var in moveBody
	if err := c.read(&in); err != nil {
		return err
	}
	to, err := in.target()
	if err != nil {
		return err
	}
	secret := c.path("secret")
	b, err := a.Desk.Move(c.ctx(), c.tenant(), secret, to)
	if err != nil {
		card, lookErr := a.Desk.Manage(c.ctx(), c.tenant(), secret)
		if lookErr != nil {
			return err
		}
		return a.orOthers(c, err, toward(card.Booking, nil, to), card.Booking)
	}
	card, err := a.Desk.Card(c.ctx(), b)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, a.forVisitor(c, card, secret))
}

// toward is the request that would make a booking at the target of a move.
func toward(b *agenda.Booking, p *agenda.Person, to booking.Target) booking.Request {
	r := again(b, p)
	r.Start = to.Start
	if to.Calendar != "" {
		r.Calendar = to.Calendar
	}
	return r
}
