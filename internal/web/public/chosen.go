package public

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// chosen is what and when a visitor wants, on the pages after the choice of a
// time: a slot that is kept, or, where a calendar keeps none, a wish and a place.
type chosen struct {
	wish     agenda.Wish
	calendar *agenda.Calendar
	start    time.Time
	end      time.Time
	hold     string    // secret of the kept slot
	until    time.Time // as long as it is kept
	more     bool      // it can be kept longer
	cancelBy time.Time
}

// readChosen reads what the address or the form carries. With a hold that has
// run out it fails with ErrExpired and still gives what was chosen.
func (c *call) readChosen(v url.Values) (ch chosen, err error) {
	c.follow(v)
	if hold := v.Get("hold"); hold != "" {
		card, err := c.Desk.HeldBy(c.r.Context(), c.setup.Tenant.ID, hold)
		if card == nil {
			return ch, err
		}
		return chosen{wish: card.Wish(), calendar: card.Calendar, start: card.Start,
			end: card.End, hold: hold, until: card.Expires, more: card.MayExtend(), cancelBy: card.CancelBy}, err
	}
	ch.wish = readWish(v)
	at, ok := readSlot(v.Get("slot"))
	if !ok {
		return ch, agenda.Invalid{{Field: "slot", Code: "unknown"}}
	}
	if err := c.setup.CheckInvited(ch.wish, agenda.Public, c.link); err != nil {
		return ch, err
	}
	cal, ok := c.setup.Calendar(at.Calendar)
	if !ok {
		return ch, agenda.ErrNotFound
	}
	plan, ok := planIn(c.setup, cal, ch.wish, c.link)
	if !ok {
		return ch, agenda.ErrNotFound
	}
	ch.calendar, ch.start, ch.end = cal, at.Start, at.Start.Add(minutes(plan.Minutes))
	ch.cancelBy = ch.start.Add(-minutes(plan.CancelByMinutes))
	return ch, nil
}

// values are what the next address or form carries.
func (ch chosen) values(c *call) url.Values {
	v := c.carry(writeWish(ch.wish))
	v.Set("slot", slotID(ch.calendar.ID, c.local(ch.start)))
	if ch.hold != "" {
		v.Set("hold", ch.hold)
	}
	return v
}

func (ch chosen) request(c *call) booking.Request {
	return booking.Request{Tenant: c.setup.Tenant.ID, Wish: ch.wish, Calendar: ch.calendar.ID, Start: ch.start,
		By: agenda.Public, Actor: booking.ActorVisitor, Link: c.invitation, Proof: c.proof()}
}

// facts are what, when and where.
func (ch chosen) facts(c *call) []fact {
	return []fact{
		{Key: c.t("common.service"), Lines: c.itemLines(ch.wish.Items)},
		{Key: c.t("public.when"), Lines: c.when(ch.start, ch.end)},
		c.where(ch.calendar, ch.wish.Mode),
	}
}

// One cookie remembers which slot is kept for this browser, and what was typed for it,
// so that whoever goes back and chooses again neither meets their own hold nor keeps
// two, nor types twice. Another holds the secret of the next one before there is one:
// pressed twice, a time is kept once.
const (
	holdCookie = "hold"
	nextCookie = "next"
)

func (c *call) rememberHold(secret string, until time.Time) {
	if c.draft != "" {
		secret += "." + c.draft
	}
	http.SetCookie(c.w, c.cookie(holdCookie, secret, max(1, int(until.Sub(c.at.Now).Seconds()))))
}

func (c *call) forgetHold() { http.SetCookie(c.w, c.cookie(holdCookie, "", -1)) }

func (c *call) cookie(name, value string, age int) *http.Cookie {
	return c.Site.cookie(name, value, c.home, age)
}

// cookie is one of a tenant's; without an age it lasts until the browser is closed.
func (s *Site) cookie(name, value, home string, age int) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(name), Value: value, Path: home, MaxAge: age, HttpOnly: true,
		Secure: s.secure(), SameSite: http.SameSiteLaxMode}
}

// cookieName is the name that a cookie of a tenant has in the browser.
func (s *Site) cookieName(name string) string {
	return page.CookieName(name, s.secure(), false)
}

func (s *Site) secure() bool { return strings.HasPrefix(s.Links.Base, "https://") }

// prepare gives a browser the secret of the slot that it may keep next. It goes with every
// first page of times, so the cookie is put together by hand: that costs a third.
func (s *Site) prepare(w http.ResponseWriter, r *http.Request, home string) {
	if strings.Contains(r.Header.Get("Cookie"), nextCookie+"=") {
		return
	}
	cookie := s.cookieName(nextCookie) + "=" + booking.NewHoldSecret() + "; Path=" + home + "; HttpOnly; SameSite=Lax"
	if s.secure() {
		cookie += "; Secure"
	}
	w.Header().Add("Set-Cookie", cookie)
}

var holdSecret = regexp.MustCompile(`^[0-9A-Z]{29}$`)

// nextSecret is what prepare gave; "" where it did not.
func (c *call) nextSecret() string {
	if k, err := c.r.Cookie(c.Site.cookieName(nextCookie)); err == nil && holdSecret.MatchString(k.Value) {
		return k.Value
	}
	return ""
}

// ownHold is the slot that is kept for this browser, nil for none.
func (c *call) ownHold() *agenda.Booking {
	if card, _, _ := c.ownCard(); card != nil {
		return card.Booking
	}
	return nil
}

// ownCard is ownHold with its secret, and with the draft of what was typed for it.
func (c *call) ownCard() (card *booking.Card, secret, draft string) {
	k, err := c.r.Cookie(c.Site.cookieName(holdCookie))
	if err != nil {
		return nil, "", ""
	}
	secret, draft, _ = strings.Cut(k.Value, ".")
	return c.heldBy(secret), secret, draft
}

// heldBy is the slot that a secret keeps; nil where it has run out, is used, or was
// never there.
func (c *call) heldBy(secret string) *booking.Card {
	if secret == "" {
		return nil
	}
	card, err := c.Desk.HeldBy(c.r.Context(), c.setup.Tenant.ID, secret)
	if err != nil {
		return nil
	}
	return card
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// unavailable reports the errors after which other times are offered.
func unavailable(err error) bool {
	return !errors.Is(err, agenda.ErrUninvited) && (errors.Is(err, agenda.ErrTaken) || errors.Is(err, agenda.ErrWindowClosed) || errors.Is(err, agenda.ErrExpired))
}
