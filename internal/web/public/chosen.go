package public

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
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
	cancelBy time.Time
}

// readChosen reads what the address or the form carries. With a hold that has
// run out it fails with ErrExpired and still gives what was chosen.
func (c *call) readChosen(v url.Values) (ch chosen, err error) {
	if hold := v.Get("hold"); hold != "" {
		card, err := c.Desk.HeldBy(c.r.Context(), c.setup.Tenant.ID, hold)
		if card == nil {
			return ch, err
		}
		return chosen{wish: card.Wish(), calendar: card.Calendar, start: card.Start,
			end: card.End, hold: hold, until: card.Expires, cancelBy: card.CancelBy}, err
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
	if !ok || !c.setup.OpenToPublic(cal) || !c.link.Admits(cal.ID) {
		return ch, agenda.ErrNotFound
	}
	plan, ok := c.setup.Plan(cal, ch.wish, agenda.Public)
	if !ok {
		return ch, agenda.ErrNotFound
	}
	ch.calendar, ch.start, ch.end = cal, at.Start, at.Start.Add(minutes(plan.Minutes))
	ch.cancelBy = ch.start.Add(-minutes(plan.CancelByMinutes))
	return ch, nil
}

// values are what the next address or form carries.
func (ch chosen) values(c *call) url.Values {
	v := writeWish(ch.wish)
	v.Set("slot", slotID(ch.calendar.ID, c.local(ch.start)))
	if ch.hold != "" {
		v.Set("hold", ch.hold)
	}
	return v
}

func (ch chosen) request(c *call) booking.Request {
	return booking.Request{Tenant: c.setup.Tenant.ID, Wish: ch.wish, Calendar: ch.calendar.ID, Start: ch.start,
		By: agenda.Public, Actor: booking.ActorVisitor, Link: c.invitation}
}

// facts are what, when and where.
func (ch chosen) facts(c *call) []fact {
	return []fact{
		{Key: c.t("common.service"), Lines: c.itemLines(ch.wish.Items)},
		{Key: c.t("public.when"), Lines: c.when(ch.start, ch.end)},
		c.where(ch.calendar, ch.wish.Mode),
	}
}

// The cookie remembers which slot is kept for this browser, so that whoever goes
// back and chooses again neither meets their own hold nor keeps two.
const holdCookie = "hold"

func (c *call) rememberHold(secret string, until time.Time) error {
	now, err := c.now()
	if err != nil {
		return err
	}
	http.SetCookie(c.w, c.cookie(secret, int(until.Sub(now).Seconds())))
	return nil
}

func (c *call) forgetHold() { http.SetCookie(c.w, c.cookie("", -1)) }

func (c *call) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: holdCookie, Value: value, Path: c.home, MaxAge: age, HttpOnly: true,
		Secure: strings.HasPrefix(c.Links.Base, "https://"), SameSite: http.SameSiteLaxMode}
}

// ownHold is the slot that is kept for this browser, nil for none.
func (c *call) ownHold() *agenda.Booking {
	if card := c.ownCard(); card != nil {
		return card.Booking
	}
	return nil
}

func (c *call) ownCard() *booking.Card {
	k, err := c.r.Cookie(holdCookie)
	if err != nil || k.Value == "" {
		return nil
	}
	card, err := c.Desk.HeldBy(c.r.Context(), c.setup.Tenant.ID, k.Value)
	if err != nil {
		return nil // run out, used, or never there: as good as none
	}
	return card
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// unavailable reports the errors after which other times are offered.
func unavailable(err error) bool {
	return !errors.Is(err, agenda.ErrUninvited) && (errors.Is(err, agenda.ErrTaken) || errors.Is(err, agenda.ErrWindowClosed) || errors.Is(err, agenda.ErrExpired))
}
