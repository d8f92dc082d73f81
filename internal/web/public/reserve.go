package public

import (
	"context"
	"errors"
	"net/url"
	"reflect"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// reserve keeps the chosen time while the form is filled in. Whoever had filled
// it in already (the first time was taken meanwhile) goes on to the review.
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
	if ch.calendar.HoldMinutes > 0 {
		if err := c.keep(&ch); err != nil {
			if !unavailable(err) {
				return c.badChoice(ch, err)
			}
			return showTaken(c, ch, v, err)
		}
	}
	if v.Has("name") {
		return showReview(c, ch, form)
	}
	return c.to(c.way+"details", ch.values(c))
}

// keep holds a chosen slot. What this browser had kept before is used again
// where it is the same, else given back: nobody keeps two.
func (c *call) keep(ch *chosen) error {
	ctx, earlier, secret := c.r.Context(), c.ownCard(), ""
	if earlier != nil {
		k, _ := c.r.Cookie(holdCookie)
		secret = k.Value
		if earlier.Calendar.ID == ch.calendar.ID && earlier.Start.Equal(ch.start) && sameWish(earlier, ch.wish) {
			ch.hold, ch.until = secret, earlier.Expires
			return nil
		}
	}
	held, err := c.Desk.Hold(ctx, ch.request(c))
	if earlier != nil && (err == nil || errors.Is(err, agenda.ErrTaken)) {
		if err := c.release(ctx, secret); err != nil {
			return err
		}
		if err != nil { // perhaps their own seat was in the way
			held, err = c.Desk.Hold(ctx, ch.request(c))
		}
	}
	if err != nil {
		return err
	}
	ch.hold, ch.until = held.Secret, held.Booking.Expires
	return c.rememberHold(held.Secret, held.Booking.Expires)
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
		return noService(c, err)
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
