package public

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// comingPage asks whether a visitor comes, where a reminder's link leads.
type comingPage struct {
	page.Frame
	Title  string
	Facts  []fact
	Action string // "": they have said so
	Time   string // that they are asked about
	Move   string // "": it is too late for that here
	Cancel string
	Visit  string // address of the visit
	Phone  string
}

// coming asks. It changes nothing: programs that follow links in mails must not answer.
func coming(c *call) error {
	card, err := c.bySecret()
	if err != nil {
		return err
	}
	now, err := c.now()
	if err != nil {
		return err
	}
	here := c.home + "m/" + c.secret()
	switch {
	case card.Gone, card.Status == agenda.Held, card.Status == agenda.Pending: // the page of the visit says what is left to do
		return c.to(here, nil)
	case card.Status != agenda.Confirmed || !now.Before(card.Start):
		return c.render(http.StatusOK, "public/already", donePage{Frame: c.frame, Title: c.t("public.coming.over"), Lead: c.t("public.confirm.alreadyLead"),
			Link: page.Button{Kind: "primary", Label: c.t("public.confirm.show"), Href: here}})
	}
	data := comingPage{Frame: c.frame, Title: c.t("public.coming.title"), Facts: cardChosen(card).facts(c), Action: here + "/coming", Time: askedAbout(card), Visit: here}
	if by, asks := booking.AsksUntil(c.setup, card.Booking, now); asks {
		data.Notice = &page.Notice{Kind: "warning", Title: c.t("public.coming.until", "when", c.frame.Printer().DateTime(c.local(by))), Text: c.t("public.coming.else")}
	}
	if !card.Coming.IsZero() {
		data.Title, data.Action = c.t("public.coming.said"), ""
		data.Notice = &page.Notice{Kind: "info", Title: c.t("public.coming.thanks")}
		if c.r.URL.Query().Has("said") {
			data.Notice.Kind, data.Notice.Live = "success", true
		}
	}
	if card.MayChange(agenda.Public, now) == nil {
		data.Move, data.Cancel = here+"/move", here+"/cancel"
	} else {
		data.Phone = c.phone(card.Calendar)
	}
	return c.render(http.StatusOK, "public/coming", data)
}

// comes is the visitor's yes. Where nothing is left to answer the page says so; where the
// visit has been moved since they read the page they are asked anew: it was no yes to that.
func comes(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	here := c.home + "m/" + c.secret() + "/coming"
	if asked := c.r.PostForm.Get("time"); asked != "" {
		card, err := c.bySecret()
		if err != nil {
			return err
		}
		if asked != askedAbout(card) {
			return c.to(here, nil)
		}
	}
	_, err := c.Desk.Coming(c.r.Context(), c.setup.Tenant.ID, c.secret())
	if err != nil && !errors.Is(err, agenda.ErrState) && !errors.Is(err, agenda.ErrTooLate) {
		return err
	}
	return c.to(here, url.Values{"said": {"1"}})
}

// askedAbout names the time of a visit in a form.
func askedAbout(card *booking.Card) string { return card.Start.UTC().Format(time.RFC3339) }

// remindToAnswer leads from the visit to the question whether its visitor comes, where
// silence ends it, and says that they have answered.
func (c *call) remindToAnswer(data *managePage, b *agenda.Booking, now time.Time) {
	if data.Notice != nil {
		return
	}
	if by, asks := booking.AsksUntil(c.setup, b, now); asks {
		data.Notice = &page.Notice{Kind: "warning", Title: c.t("public.coming.until", "when", c.frame.Printer().DateTime(c.local(by))), Text: c.t("public.coming.else"),
			Links: []page.Button{{Kind: "primary", Label: c.t("public.coming.answer"), Href: c.home + "m/" + c.secret() + "/coming"}}}
	} else if !b.Coming.IsZero() && now.Before(b.Start) {
		data.Notice = &page.Notice{Kind: "info", Title: c.t("public.coming.thanks")}
	}
}
