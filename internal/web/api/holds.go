package api

import (
	"net/http"

	"terminvergabe/internal/agenda"
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
	h, err := a.Desk.Hold(c.ctx(), r)
	if err != nil {
		return a.orOthers(c, err, r, nil)
	}
	return c.reply(http.StatusCreated, holdView{h.Secret, c.local(h.Booking.Expires)})
}
