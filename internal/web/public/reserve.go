package public

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// reserve keeps the chosen time while the form is filled in. Whoever had filled it in
// already (the first time was taken meanwhile, or they went back for another) goes on to
// the review: nothing is asked twice.
func reserve(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	v := c.r.PostForm
	ch, err := c.readChosen(without(v, "hold"))
	if err != nil {
		return c.badChoice(ch, err)
	}
	if done, err := c.typedCode(ch, form, c.way+"reserve"); done || err != nil {
		return err
	}
	earlier := c.earlier(ch.wish)
	if ch.calendar.HoldMinutes > 0 {
		if err := c.keep(&ch, earlier); err != nil {
			if errors.Is(err, agenda.ErrUnproven) {
				return c.showProof(ch, form, c.way+"reserve")
			}
			if !unavailable(err) {
				return c.badChoice(ch, err)
			}
			return showTaken(c, ch, v, err)
		}
	}
	if v.Has("name") {
		return showReview(c, ch, form)
	}
	if again := c.rememberedForm(); again != nil {
		f := c.readDetails(ch, again)
		if len(again.Errors()) == 0 {
			return c.render(http.StatusOK, "public/review", newReview(c, ch, f, c.remembered()))
		}
	}
	return c.to(c.way+"details", ch.values(c))
}

// before is what this browser keeps already.
type before struct {
	*booking.Card
	secret string
}

// earlier is what this browser keeps already, and takes up the draft of what was typed:
// that of the form, of the slot that is kept for the same wish, or a new one.
func (c *call) earlier(w agenda.Wish) before {
	card, secret, draft := c.ownCard()
	if c.draft == "" && card != nil && sameWish(card, w) {
		c.follow(url.Values{draftParam: {draft}})
	}
	if c.draft == "" {
		c.draft = rand.Text()[:12]
	}
	return before{card, secret}
}

// keep holds a chosen slot. What this browser had kept before is used again where it is
// the same, else given back: nobody keeps two for one errand. Whoever sees to another one
// in a second window keeps both.
func (c *call) keep(ch *chosen, had before) error {
	if had.Card != nil && c.reuse(ch, had.Card, had.secret) {
		return nil
	}
	r := ch.request(c)
	r.Secret = c.nextSecret()
	held, err := c.Desk.Hold(c.r.Context(), r)
	if r.Secret != "" && (errors.Is(err, agenda.ErrTaken) || errors.Is(err, agenda.ErrConflict) || errors.Is(err, agenda.ErrUnproven)) {
		// Perhaps it was pressed twice, and this is the second time.
		if twin := c.heldBy(r.Secret); twin != nil && c.reuse(ch, twin, r.Secret) {
			return nil
		}
		r.Secret = ""
		if errors.Is(err, agenda.ErrConflict) {
			held, err = c.Desk.Hold(c.r.Context(), r)
		}
	}
	if had.Card != nil && (err == nil && sameErrand(had.Card, ch.wish) || errors.Is(err, agenda.ErrTaken)) {
		if err := c.release(c.r.Context(), had.secret); err != nil {
			return err
		}
		if err != nil { // perhaps their own seat was in the way
			held, err = c.Desk.Hold(c.r.Context(), r)
		}
	}
	if err != nil {
		return err
	}
	ch.hold, ch.until = held.Secret, held.Booking.Expires
	ch.more = true
	http.SetCookie(c.w, c.cookie(nextCookie, "", -1))
	c.rememberHold(ch.hold, ch.until)
	return nil
}

// reuse takes a slot that is kept already, where it is the chosen one.
func (c *call) reuse(ch *chosen, card *booking.Card, secret string) bool {
	if card.Calendar.ID != ch.calendar.ID || !card.Start.Equal(ch.start) || !sameWish(card, ch.wish) {
		return false
	}
	ch.hold, ch.until, ch.more = secret, card.Expires, card.MayExtend()
	c.rememberHold(ch.hold, ch.until)
	return true
}

func (c *call) release(ctx context.Context, secret string) error {
	err := c.Desk.Release(ctx, c.setup.Tenant.ID, secret)
	if errors.Is(err, agenda.ErrState) || errors.Is(err, agenda.ErrNotFound) {
		return nil // used or gone meanwhile
	}
	return err
}

func sameWish(card *booking.Card, w agenda.Wish) bool {
	return reflect.DeepEqual(card.Items, w.Items) && (w.Mode == "" || w.Mode == card.Mode)
}

// sameErrand reports whether two visits have a service in common.
func sameErrand(card *booking.Card, w agenda.Wish) bool {
	return slices.ContainsFunc(card.Items, func(a agenda.Item) bool {
		return slices.ContainsFunc(w.Items, func(b agenda.Item) bool { return a.Service == b.Service })
	})
}

// badChoice answers a request that no page of ours makes, or one made before the
// set-up changed: back to the services.
func (c *call) badChoice(ch chosen, err error) error {
	var bad agenda.Invalid
	if errors.As(err, &bad) && c.known(ch.wish) {
		v := writeWish(ch.wish)
		v.Set("next", "1")
		return c.to(c.way+"choose", v)
	}
	if errors.As(err, &bad) || errors.Is(err, agenda.ErrNotFound) || errors.Is(err, agenda.ErrNotCombinable) || errors.Is(err, agenda.ErrTooMany) {
		return noService(c, ch.wish, err)
	}
	return err
}

func without(v url.Values, names ...string) url.Values {
	kept := url.Values{}
	for name, values := range v {
		kept[name] = values
	}
	for _, name := range names {
		kept.Del(name)
	}
	return kept
}
