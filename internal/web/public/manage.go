package public

import (
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/web/page"
)

// managePage is a booked visit, right after booking and later.
type managePage struct {
	page.Frame
	Title     string
	Done      bool // right after booking
	Facts     []fact
	Place     []fact // how to get in, when it is open, whom to call
	Person    []fact
	Checklist []agenda.Text
	Remote    bool   // nothing to bring, but to have at hand
	Address   string // of this page, to be written down; "": it came by mail
	Download  string
	Move      string
	Cancel    string
	Late      string // why it can be neither moved nor cancelled here
	Until     string // until when it can
	Phone     string
	Again     string // address to book another visit
}

// manage shows a visit to the bearer of its secret.
func manage(c *call) error {
	card, err := c.bySecret()
	if err != nil {
		return err
	}
	now, err := c.now()
	if err != nil {
		return err
	}
	data := newManage(c, card, now)
	if err := c.remindOfProposal(&data, card); err != nil {
		return err
	}
	return c.render(http.StatusOK, "public/manage", data)
}

func (c *call) secret() string { return mux.Vars(c.r)["secret"] }

func (c *call) bySecret() (*booking.Card, error) {
	return c.Desk.Manage(c.r.Context(), c.setup.Tenant.ID, c.secret())
}

// newManage lays out the visit as it stands; it is long because each state has
// its own words.
func newManage(c *call, card *booking.Card, now time.Time) managePage {
	q, here := c.r.URL.Query(), c.home+"m/"+c.secret()
	data := managePage{Frame: c.frame, Done: q.Get("done") != "", Phone: c.phone(card.Calendar)}
	data.Title = c.t("public.manage.title")
	data.Again = c.home
	if card.Gone {
		data.Done = false
		data.Title = c.t("public.manage." + string(card.Status))
		data.Notice = &page.Notice{Kind: "info", Title: c.t("public.manage." + string(card.Status) + "Lead"), Live: q.Has("cancelled")}
		data.Facts = []fact{{Key: c.t("public.when"), Lines: c.when(card.Start, card.End)}, {Key: c.t("common.reference"), Lines: []agenda.Text{c.ours(card.Reference)}}}
		return data
	}
	c.say(&data, card)
	data.Facts, data.Place, data.Person = c.cardFacts(card), c.placeFacts(card, now), c.personFacts(card.Private.Visitor)
	data.Checklist, data.Remote = c.checklist(card.Items), card.Mode != agenda.ModeOnsite
	if card.Private.Email == "" {
		data.Address = c.Links.Manage(&c.setup.Tenant, c.secret())
	}
	if !card.Since.IsZero() {
		data.Download = here + "/termin.ics"
	}
	switch err := card.MayChange(agenda.Public, now); {
	case err == nil:
		data.Move, data.Cancel = here+"/move", here+"/cancel"
		data.Until = c.frame.Printer().DateTime(c.local(card.CancelBy))
	case errors.Is(err, agenda.ErrTooLate) && now.Before(card.Start):
		data.Late = c.t("public.manage.late", "when", c.frame.Printer().DateTime(c.local(card.CancelBy)))
	}
	return data
}

// say puts the state into words: what just happened, and what comes next.
func (c *call) say(data *managePage, card *booking.Card) {
	p, q := c.frame.Printer(), c.r.URL.Query()
	email := card.Private.Email
	switch {
	case card.Awaits == agenda.ConfirmEmail:
		data.Title = c.t("public.done.email")
		data.Notice = &page.Notice{Kind: "warning", Title: c.t("public.done.emailTitle", "email", email),
			Text: c.t("public.done.emailText", "when", p.DateTime(c.local(card.Expires))), Items: []string{c.t("public.done.emailSpam")}, Live: data.Done}
	case card.Awaits == agenda.ConfirmStaff:
		data.Title = c.t("public.done.staff")
		data.Notice = &page.Notice{Kind: "info", Title: c.t("public.done.staffTitle"), Text: c.t("public.done.staffMail", "email", email), Live: data.Done}
		if email == "" {
			data.Notice.Text = c.t("public.done.staffPhone", "phone", card.Private.Phone)
		}
	case q.Has("moved"):
		data.Notice = &page.Notice{Kind: "success", Title: c.t("public.manage.moved"), Live: true}
	case card.Status == agenda.Confirmed && data.Done:
		data.Title = c.t("public.done.title")
		data.Notice = &page.Notice{Kind: "success", Title: c.t("public.done.mail", "email", email), Live: true}
		if email == "" {
			data.Notice.Title = c.t("public.done.noMail")
		}
	case card.Status != agenda.Confirmed:
		data.Notice = &page.Notice{Kind: "info", Title: c.t("public.manage." + string(card.Status))}
	}
}

// cardFacts are what to know of a visit above all.
func (c *call) cardFacts(card *booking.Card) []fact {
	list := []fact{{Key: c.t("public.when"), Lines: c.when(card.Start, card.End)}, c.where(card.Calendar, card.Mode),
		{Key: c.t("common.service"), Lines: c.itemLines(card.Items)}}
	list = append(list, c.feeFacts(card.Items)...)
	return append(list, fact{Key: c.t("common.reference"), Lines: []agenda.Text{c.ours(card.Reference)}, Large: true})
}

// placeFacts are what helps to get there.
func (c *call) placeFacts(card *booking.Card, now time.Time) (list []fact) {
	if site, ok := c.setup.SiteOf(card.Calendar.Site); ok && card.Mode == agenda.ModeOnsite {
		if access := c.accessOf(site); len(access) > 0 {
			list = append(list, fact{Key: c.t("public.access"), Lines: access})
		}
		list = append(list, c.hoursFacts(site, card.Items, agenda.DateOf(now))...)
	}
	if phone := c.phone(card.Calendar); phone != "" {
		list = append(list, fact{Key: c.t("public.phone"), Phone: phone})
	}
	return list
}

// download is the entry for the visitor's calendar, once the visit is certain.
func download(c *call) error {
	card, err := c.bySecret()
	if err != nil {
		return err
	}
	if card.Since.IsZero() || card.Gone {
		return page.Missing(agenda.ErrState)
	}
	now, err := c.now()
	if err != nil {
		return err
	}
	body, err := ical.Download(entry.Event(entry.Visit(*card), c.frame.Printer(), entry.ForVisitor), now)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="termin.ics"`)
	if c.r.Method == http.MethodHead {
		return nil
	}
	_, _ = c.w.Write(body) // a client that went away is no error
	return nil
}
