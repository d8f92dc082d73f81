package api

import (
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

type holdView struct {
	Hold    string `json:"hold"`
	Expires string `json:"expires"`
}

// hold keeps a slot while a form is filled in.
func (a API) hold(c *call) error {
	var in wishBody
	if err := c.read(&in); err != nil {
		return err
	}
	r, err := in.request(c, agenda.Public)
	if err != nil {
		return err
	}
	r.Proof = c.proof()
	h, err := a.Desk.Hold(c.ctx(), r)
	if err != nil {
		return a.orOthers(c, err, r, nil)
	}
	return c.reply(http.StatusCreated, holdView{h.Secret, c.local(h.Booking.Expires)})
}

// proofHeader carries the solution of a challenge, as ALTCHA's widget makes it.
const proofHeader = "Altcha"

func (c *call) proof() booking.Proof { return booking.Proof{Work: c.r.Header.Get(proofHeader)} }

// challenge is what a program or a page solves before it takes a seat, where the tenant
// demands it.
func (a API) challenge(c *call) error {
	challenge, err := a.Desk.Challenge(c.ctx(), c.tenant())
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, challenge)
}
