package public

import (
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

type movePage struct {
	page.Frame
	Old, New []fact
	Action   string
	Slot     string
	Back     string
}

// move shows other times for a visit; with one chosen, the old and the new
// beside each other, to be confirmed.
func move(c *call) error {
	card, err := c.changeable()
	if err != nil {
		return c.unchangeable(err)
	}
	path := c.home + "m/" + c.secret()
	if at, ok := readSlot(c.r.URL.Query().Get("slot")); ok {
		return showMove(c, card, at, path)
	}
	f := newFinder(c, card.Wish(), path+"/move")
	f.own, f.here = card.Booking, place{card.Calendar.ID, card.Start}
	f.pick = func(s agenda.Slot) page.Slot {
		return page.Slot{Href: link(path+"/move", url.Values{"slot": {slotID(s.Calendar, f.local(s.Start))}})}
	}
	data := timesPage{Frame: c.frame, Title: c.t("public.move.title")}
	data.Back = path
	data.Facts = []fact{{Key: c.t("common.service"), Lines: c.itemLines(card.Items)}, {Key: c.t("public.move.old"), Lines: c.when(card.Start, card.End)}}
	s, err := f.look()
	if err != nil {
		return err
	}
	if err := f.show(&data, s); err != nil {
		return err
	}
	return c.render(http.StatusOK, "public/times", data)
}

func showMove(c *call, card *booking.Card, at place, path string) error {
	cal, ok := c.setup.Calendar(at.Calendar)
	if !ok {
		return page.Missing(agenda.ErrNotFound)
	}
	plan, ok := c.setup.Plan(cal, card.Wish(), agenda.Public)
	if !ok {
		return page.Missing(agenda.ErrNotFound)
	}
	now := cardChosen(card)
	next := chosen{wish: now.wish, calendar: cal, start: at.Start, end: at.Start.Add(minutes(plan.Minutes))}
	data := movePage{Frame: c.frame, Old: now.facts(c)[1:], New: next.facts(c)[1:], Action: path + "/move", Slot: slotID(cal.ID, c.local(at.Start))}
	data.Frame.Back = path + "/move"
	data.Back = path
	return c.render(http.StatusOK, "public/move", data)
}

// moveNow changes the time in one step: the old one is free only when the new
// one is sure.
func moveNow(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	at, ok := readSlot(c.r.PostForm.Get("slot"))
	if !ok {
		return &page.Error{Status: http.StatusBadRequest}
	}
	path := c.home + "m/" + c.secret()
	_, err := c.Desk.Move(c.r.Context(), c.setup.Tenant.ID, c.secret(), booking.Target{Start: at.Start, Calendar: at.Calendar})
	switch {
	case errors.Is(err, agenda.ErrTaken), errors.Is(err, agenda.ErrWindowClosed):
		return notMoved(c, at, path)
	case errors.Is(err, agenda.ErrLimited):
		return &page.Error{Status: http.StatusTooManyRequests, Title: "public.contact.limited", Detail: "public.contact.limitedDetail", Err: err,
			Links: []page.Button{{Kind: "primary", Label: c.t("public.confirm.show"), Href: path}}}
	case err != nil:
		return c.unchangeable(err)
	}
	return c.to(path, url.Values{"moved": {"1"}})
}

// notMoved offers the times nearest to the one that was taken.
func notMoved(c *call, at place, path string) error {
	card, err := c.bySecret()
	if err != nil {
		return err
	}
	ch := cardChosen(card)
	data := newTaken(c, ch, nil)
	data.Step, data.Hidden, data.Action, data.All = nil, nil, "", path+"/move"
	data.Title, data.Lead = c.t("public.taken.title"), c.t("public.move.taken")
	ch.start = at.Start
	days, err := c.nearest(ch, place{card.Calendar.ID, card.Start}, card.Booking, func(s agenda.Slot) page.Slot {
		return page.Slot{Href: link(path+"/move", url.Values{"slot": {slotID(s.Calendar, c.local(s.Start))}})}
	})
	if err != nil {
		return err
	}
	data.Slots = page.Slots{Days: days}
	return c.render(http.StatusConflict, "public/taken", data)
}

// changeable opens a visit that the bearer may still change.
func (c *call) changeable() (*booking.Card, error) {
	card, err := c.bySecret()
	if err != nil {
		return nil, err
	}
	now, err := c.now()
	if err != nil {
		return nil, err
	}
	return card, card.MayChange(agenda.Public, now)
}

// unchangeable leads back to the visit, which says why it stays as it is.
func (c *call) unchangeable(err error) error {
	if errors.Is(err, agenda.ErrTooLate) || errors.Is(err, agenda.ErrState) || errors.Is(err, agenda.ErrExpired) {
		return c.to(c.home+"m/"+c.secret(), nil)
	}
	return err
}
