package public

import (
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

type confirmPage struct {
	page.Frame
	Facts  []fact
	Until  string
	Action string
}

// confirm shows what the mailed link is about. It only asks: programs that
// follow links in mails must not confirm anything.
func confirm(c *call) error {
	card, err := c.Desk.Asked(c.r.Context(), c.setup.Tenant.ID, c.secret())
	if err != nil {
		return err
	}
	switch {
	case card.Status == agenda.Expired:
		return showExpired(c, card)
	case card.Awaits != agenda.ConfirmEmail:
		return showConfirmed(c, card)
	}
	data := confirmPage{Frame: c.frame, Facts: cardChosen(card).facts(c), Action: c.r.URL.Path}
	data.Until = c.frame.Printer().DateTime(c.local(card.Expires))
	return c.render(http.StatusOK, "public/confirm", data)
}

// confirmNow is the visitor's yes.
func confirmNow(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	tenant := c.setup.Tenant.ID
	_, err := c.Desk.Confirm(c.r.Context(), tenant, c.secret())
	if err != nil && !errors.Is(err, agenda.ErrExpired) && !errors.Is(err, agenda.ErrState) {
		return err
	}
	card, askErr := c.Desk.Asked(c.r.Context(), tenant, c.secret())
	if askErr != nil {
		return askErr
	}
	switch {
	case errors.Is(err, agenda.ErrExpired):
		return showExpired(c, card)
	case err != nil:
		return showConfirmed(c, card)
	}
	return c.to(c.home+"m/"+card.Private.Manage, url.Values{"done": {"1"}})
}

// showConfirmed says that there is nothing left to do.
func showConfirmed(c *call, card *booking.Card) error {
	data := donePage{Frame: c.frame, Title: c.t("public.confirm.already"), Lead: c.t("public.confirm.alreadyLead"),
		Link: page.Button{Kind: "primary", Label: c.t("public.confirm.show"), Href: c.home + "m/" + card.Private.Manage}}
	return c.render(http.StatusOK, "public/already", data)
}

type donePage struct {
	page.Frame
	Title, Lead string
	Link        page.Button
}

// showExpired offers other times where the link was followed too late.
func showExpired(c *call, card *booking.Card) error {
	ch := cardChosen(card)
	data := newTaken(c, ch, nil)
	data.Step = nil
	data.Title, data.Lead = c.t("public.confirm.expired"), c.t("public.confirm.expiredLead")
	if c.checkWish(ch.wish) == nil {
		if err := data.offer(c, ch, place{}, nil); err != nil {
			return err
		}
	}
	return c.render(http.StatusGone, "public/taken", data)
}

func cardChosen(card *booking.Card) chosen {
	return chosen{wish: card.Wish(), calendar: card.Calendar, start: card.Start, end: card.End, cancelBy: card.CancelBy}
}
