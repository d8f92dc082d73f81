package public

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// subscribePage lets the bearer of a manage link subscribe to the visit with a calendar.
type subscribePage struct {
	page.Frame
	Made   *page.FeedAddress // shown once
	Alarm  page.Field
	Feeds  []subscription
	Own    page.Field // the address of a feed there is
	Adding bool       // it was tried: what is folded is open
	Action string
	Keep   string // address of the visit
}

// subscription is a feed that shows the visit.
type subscription struct{ Created, Used, End string }

// subscribe shows the form, and the feeds that there are.
func subscribe(c *call) error {
	card, err := c.bySecret()
	if err != nil {
		return err
	}
	if card.Gone {
		return c.to(c.home+"m/"+c.secret(), nil)
	}
	data, err := newSubscribe(c, nil)
	if err != nil {
		return err
	}
	for _, done := range []string{"ended", "added"} {
		if c.r.URL.Query().Get("done") == done {
			data.Notice = &page.Notice{Kind: "success", Title: c.t("public.feed." + done), Live: true}
		}
	}
	return c.render(http.StatusOK, "public/subscribe", data)
}

func newSubscribe(c *call, form *page.Form) (data subscribePage, err error) {
	path := c.home + "m/" + c.secret()
	data = subscribePage{Frame: c.frame, Action: path + "/calendar", Keep: path}
	data.Back, data.Frame.Errors = path, form.Errors()
	data.Alarm = page.Field{Name: "alarm", Type: "radio", Label: c.t("public.feed.alarm"), Required: true, Choices: page.FeedAlarms(c.frame, booking.FeedAlarms())}
	data.Alarm = form.Fill(data.Alarm)
	data.Own = form.Fill(page.Field{Name: "feed", Type: "url", Label: c.t("public.feed.addLabel"), Hint: c.t("public.feed.addHint"), Required: true, Max: 500})
	list, err := c.Desk.VisitFeeds(c.r.Context(), c.setup.Tenant.ID, c.secret())
	for _, f := range list {
		s := subscription{Created: c.t("public.feed.created", "date", c.frame.Printer().ShortDate(c.local(f.Created))), Used: c.t("public.feed.unused"), End: data.Action + "/" + f.ID + "/end"}
		if !f.Used.IsZero() {
			s.Used = c.t("public.feed.used", "date", c.frame.Printer().ShortDate(c.local(f.Used)))
		}
		data.Feeds = append(data.Feeds, s)
	}
	return data, err
}

// subscribeNow makes an address and shows it, once.
func subscribeNow(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	alarm := 0
	var allowed []string
	for _, n := range booking.FeedAlarms() {
		allowed = append(allowed, strconv.Itoa(n))
	}
	if chosen := form.Choice("alarm", allowed, page.Rule{Label: c.t("public.feed.alarm"), Required: true}); chosen != "" {
		alarm, _ = strconv.Atoi(chosen)
	}
	var secret string
	if len(form.Errors()) == 0 {
		secret, err = c.Desk.CreateVisitFeed(c.r.Context(), c.setup.Tenant.ID, c.secret(), c.frame.Lang, alarm)
		if _, ok := errors.AsType[agenda.Invalid](err); ok {
			form.Fail("", "public.feed.many")
		} else if err != nil {
			return err
		}
	}
	return c.subscribed(form, secret, false)
}

// subscribed shows the page again: with a new address, or with what was wrong.
func (c *call) subscribed(form *page.Form, secret string, adding bool) error {
	data, err := newSubscribe(c, form)
	if err != nil {
		return err
	}
	data.Adding = adding
	if secret == "" {
		return c.render(http.StatusUnprocessableEntity, "public/subscribe", data)
	}
	if data.Made, err = page.NewFeedAddress(c.frame, c.Links.Feed(&c.setup.Tenant, secret)); err != nil {
		return err
	}
	return c.render(http.StatusOK, "public/subscribe", data)
}

// addToFeed shows the visit in a feed whose address the visitor has.
func addToFeed(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	address := form.Text("feed", page.Rule{Label: c.t("public.feed.addLabel"), Required: true, Max: 500})
	if len(form.Errors()) == 0 {
		err := c.Desk.AddToVisitFeed(c.r.Context(), c.setup.Tenant.ID, c.secret(), feedSecret(address))
		_, full := errors.AsType[agenda.Invalid](err)
		switch {
		case err == nil:
			return c.to(c.home+"m/"+c.secret()+"/calendar", url.Values{"done": {"added"}})
		case full:
			form.Fail("feed", "public.feed.full")
		case errors.Is(err, agenda.ErrNotFound):
			form.Fail("feed", "public.feed.addWrong")
		default:
			return err
		}
	}
	return c.subscribed(form, "", true)
}

// feedSecret is what an address ends with, however it was copied.
func feedSecret(address string) string {
	_, secret, _ := strings.Cut(strings.TrimSpace(address), "/feeds/")
	secret, _, _ = strings.Cut(secret, ".ics")
	return secret
}

// endFeed ends a feed that shows the visit.
func endFeed(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	if err := c.Desk.RevokeVisitFeed(c.r.Context(), c.setup.Tenant.ID, c.secret(), mux.Vars(c.r)["feed"]); err != nil {
		return err
	}
	return c.to(c.home+"m/"+c.secret()+"/calendar", url.Values{"done": {"ended"}})
}
