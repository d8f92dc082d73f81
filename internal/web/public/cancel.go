package public

import (
	"net/http"
	"net/url"

	"terminvergabe/internal/web/page"
)

type cancelPage struct {
	page.Frame
	Facts  []fact
	Action string
	Keep   string // address of the visit
}

// cancel asks whether the visit is really to be cancelled.
func cancel(c *call) error {
	card, err := c.changeable()
	if err != nil {
		return c.unchangeable(err)
	}
	path := c.home + "m/" + c.secret()
	data := cancelPage{Frame: c.frame, Facts: cardChosen(card).facts(c), Action: path + "/cancel", Keep: path}
	data.Back = path
	return c.render(http.StatusOK, "public/cancel", data)
}

// cancelNow ends the visit.
func cancelNow(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	if _, err := c.Desk.Cancel(c.r.Context(), c.setup.Tenant.ID, c.secret()); err != nil {
		return c.unchangeable(err)
	}
	return c.to(c.home+"m/"+c.secret(), url.Values{"cancelled": {"1"}})
}
