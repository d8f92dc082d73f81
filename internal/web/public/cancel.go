package public

import (
	"net/http"
	"net/url"
	"slices"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

type cancelPage struct {
	page.Frame
	Facts  []fact
	Reason *page.Field // nil: it is not asked for
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
	data.Reason = &page.Field{Name: "reason", Type: "radio", Label: c.t("public.cancel.why")}
	for _, r := range booking.Reasons() {
		data.Reason.Choices = append(data.Reason.Choices, page.Choice{Value: r, Label: c.t("public.cancel.why." + r)})
	}
	return c.render(http.StatusOK, "public/cancel", data)
}

// cancelNow ends the visit.
func cancelNow(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	reason := c.r.PostForm.Get("reason")
	if !slices.Contains(booking.Reasons(), reason) {
		reason = "" // never a reason to keep somebody from cancelling
	}
	if _, err := c.Desk.CancelBecause(c.r.Context(), c.setup.Tenant.ID, c.secret(), reason); err != nil {
		return c.unchangeable(err)
	}
	return c.to(c.home+"m/"+c.secret(), url.Values{"cancelled": {"1"}})
}
