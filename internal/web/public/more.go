package public

import (
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// kept says how long a slot is kept, and how to keep it longer.
type kept struct {
	Until string // "08:20 Uhr"
	Left  int    // seconds from now
	More  string // where its button sends the form; "": it cannot be kept longer
	Page  string // that the button comes back to: details or review
}

func (c *call) kept(ch chosen, at string) *kept {
	if ch.until.IsZero() {
		return nil
	}
	k := &kept{Until: c.frame.Printer().Time(c.local(ch.until)), Left: max(0, int(ch.until.Sub(c.at.Now)/time.Second)), Page: at}
	if ch.more {
		k.More = c.way + "more"
	}
	return k
}

// more keeps the reserved time longer. It comes back to where one is, with all that
// was typed as it was typed: nothing of it is judged.
func more(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	v := c.r.PostForm
	before, err := c.readChosen(v)
	if err != nil {
		return lost(c, before, v, err)
	}
	c.remember(v)
	if _, err := c.Desk.Extend(c.r.Context(), c.setup.Tenant.ID, before.hold); err != nil && !errors.Is(err, agenda.ErrExpired) && !errors.Is(err, agenda.ErrNotFound) {
		return err
	}
	ch, err := c.readChosen(v)
	if err != nil {
		return lost(c, ch, v, err)
	}
	c.rememberHold(ch.hold, ch.until)
	until := c.frame.Printer().Time(c.local(ch.until))
	c.frame.Notice = &page.Notice{Kind: "success", Title: c.t("public.hold.longer", "time", until), Live: true}
	if !ch.more && !ch.until.After(before.until) {
		c.frame.Notice = &page.Notice{Kind: "info", Title: c.t("public.hold.longest", "time", until), Text: c.t("public.hold.longestText"), Live: true}
	}
	if v.Get("more") == "review" {
		return showReview(c, ch, form)
	}
	return c.showDetails(ch, form)
}
