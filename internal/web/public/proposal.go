package public

import (
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// proposalPage shows another time that the office keeps for a visitor, beside the one
// that they have.
type proposalPage struct {
	page.Frame
	Old, New []fact
	Until    string
	Else     string // what happens without an answer
	Action   string
	Other    string // address to choose yet another time; "": it is too late for that here
	Cancel   string
	Phone    string
}

// proposal shows what the office proposes. It only asks: programs that follow links in
// mails must not answer anything.
func proposal(c *call) error {
	x, err := c.proposed()
	if err != nil {
		return err
	}
	if !x.Open {
		return c.settledProposal(x, http.StatusOK)
	}
	now, err := c.now()
	if err != nil {
		return err
	}
	path := c.home + "p/" + c.secret()
	data := proposalPage{Frame: c.frame, Action: path, Cancel: path + "/cancel", Phone: c.phone(x.New.Calendar)}
	data.Old, data.New = cardChosen(x.Card).facts(c)[1:], cardChosen(x.New).facts(c)[1:]
	data.Until = c.frame.Printer().DateTime(c.local(x.Expires))
	data.Else = c.t("public.proposal.else." + x.Fallback)
	if x.Card.MayChange(agenda.Public, now) == nil {
		data.Other = c.home + "m/" + x.Card.Private.Manage + "/move"
	}
	return c.render(http.StatusOK, "public/proposal", data)
}

// remindOfProposal leads from the visit to a proposal about it that waits for an answer.
func (c *call) remindOfProposal(data *managePage, card *booking.Card) error {
	if card.Gone || data.Notice != nil {
		return nil
	}
	secret, until, err := c.Desk.ProposalOf(c.r.Context(), card.Booking)
	if secret == "" || err != nil {
		return err
	}
	data.Notice = &page.Notice{Kind: "warning", Title: c.t("public.proposal.lead"), Text: c.t("public.proposal.until", "when", c.frame.Printer().DateTime(c.local(until))),
		Links: []page.Button{{Kind: "primary", Label: c.t("public.proposal.answer"), Href: c.home + "p/" + secret}}}
	return nil
}

func (c *call) proposed() (*booking.Proposed, error) {
	return c.Desk.Proposed(c.r.Context(), c.setup.Tenant.ID, c.secret())
}

// settledProposal says that there is nothing left to answer, and leads to the visit.
func (c *call) settledProposal(x *booking.Proposed, status int) error {
	key := "over"
	switch x.State {
	case agenda.ProposalAccepted:
		key = "accepted"
	case agenda.ProposalOpen, agenda.ProposalExpired:
		key = "expired"
	}
	data := donePage{Frame: c.frame, Title: c.t("public.proposal." + key), Lead: c.t("public.proposal." + key + "Lead"),
		Link: page.Button{Kind: "primary", Label: c.t("public.confirm.show"), Href: c.home + "m/" + x.Card.Private.Manage}}
	return c.render(status, "public/already", data)
}

// acceptProposal is the visitor's yes: the visit moves to the time that was kept.
func acceptProposal(c *call) error {
	return c.answerProposal(func() error {
		_, err := c.Desk.Accept(c.r.Context(), c.setup.Tenant.ID, c.secret())
		return err
	}, "moved")
}

// cancelProposal asks whether the visit is really to be cancelled.
func cancelProposal(c *call) error {
	x, err := c.proposed()
	if err != nil {
		return err
	}
	if !x.Open {
		return c.settledProposal(x, http.StatusOK)
	}
	path := c.home + "p/" + c.secret()
	data := cancelPage{Frame: c.frame, Facts: cardChosen(x.Card).facts(c), Action: path + "/cancel", Keep: path}
	data.Back = path
	return c.render(http.StatusOK, "public/cancel", data)
}

// declineProposal is the visitor's no to any time.
func declineProposal(c *call) error {
	return c.answerProposal(func() error {
		_, err := c.Desk.Decline(c.r.Context(), c.setup.Tenant.ID, c.secret())
		return err
	}, "cancelled")
}

func (c *call) answerProposal(answer func() error, done string) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	before, err := c.proposed() // a cancelled visit no longer tells its link
	if err != nil {
		return err
	}
	err = answer()
	late := errors.Is(err, agenda.ErrExpired) || errors.Is(err, agenda.ErrState) || errors.Is(err, agenda.ErrTaken)
	switch {
	case late:
		x, err := c.proposed()
		if err != nil {
			return err
		}
		return c.settledProposal(x, http.StatusConflict)
	case err != nil:
		return err
	}
	return c.to(c.home+"m/"+before.Card.Private.Manage, url.Values{done: {"1"}})
}
