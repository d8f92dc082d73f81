package public

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// book makes the booking. The review's key makes a second click, or a reload,
// the same booking again.
func book(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	v := c.r.PostForm
	if ch, err := c.readChosen(v); err == nil {
		if done, err := c.typedCode(ch, form, c.way+"book"); done || err != nil {
			return err
		}
	}
	receipt, err := c.bookOnce(v, form)
	if err != nil {
		return c.notBooked(v, form, err)
	}
	c.forgetHold()
	c.forgetDraft()
	return c.to(c.home+"m/"+receipt.Manage, url.Values{"done": {"1"}})
}

func (c *call) bookOnce(v url.Values, form *page.Form) (booking.Receipt, error) {
	once := booking.Once{Path: "page/book", Key: v.Get("key"), Request: fingerprint(v)}
	ch, err := c.readChosen(v)
	if errors.Is(err, agenda.ErrNotFound) && once.Key != "" && v.Get("hold") != "" {
		// What was kept is a booking by now, perhaps by this very form: the key knows.
		return c.Desk.Book(c.r.Context(), c.setup.Tenant.ID, v.Get("hold"), booking.Form{Language: c.frame.Lang, Link: c.invitation}, once)
	}
	if err != nil {
		return booking.Receipt{}, err
	}
	f := c.readDetails(ch, form)
	if len(form.Errors()) > 0 {
		return booking.Receipt{}, agenda.Invalid{{Field: "form", Code: "format"}}
	}
	if ch.hold != "" {
		return c.Desk.Book(c.r.Context(), c.setup.Tenant.ID, ch.hold, f, once)
	}
	return c.Desk.BookNow(c.r.Context(), ch.request(c), f, once)
}

// notBooked keeps what was typed and offers the way on.
func (c *call) notBooked(v url.Values, form *page.Form, err error) error {
	ch, lostErr := c.readChosen(v)
	switch {
	case errors.Is(err, agenda.ErrUninvited):
		return err
	case errors.Is(err, agenda.ErrUnproven) && ch.calendar != nil:
		return c.showProof(ch, form, c.way+"book")
	case unavailable(err) && ch.calendar != nil:
		return showTaken(c, ch, v, err)
	case lostErr != nil:
		return lost(c, ch, v, lostErr)
	case len(form.Errors()) > 0:
		return c.render(http.StatusUnprocessableEntity, "public/details", newDetails(c, ch, form))
	case errors.Is(err, agenda.ErrKeyReused):
		return &page.Error{Status: http.StatusConflict, Title: "public.used.title", Detail: "public.used.detail", Err: err}
	}
	return err
}

// fingerprint tells one form from another.
func fingerprint(v url.Values) string {
	sum := sha256.Sum256([]byte(without(v, "key").Encode()))
	return hex.EncodeToString(sum[:])
}
