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
	Reference string     // beside its code; "": it stands in the facts
	Code      *page.Code // to be scanned on arrival
	Place     []fact     // how to get in, when it is open, whom to call
	Person    []fact
	Checklist []agenda.Text
	Remote    bool   // nothing to bring, but to have at hand
	Address   string // of this page
	Mailed    bool   // it came by mail: else it is to be written down
	Download  string
	Subscribe string // to an entry that changes with the visit
	Elsewhere *providers
	Move      string
	Cancel    string
	Contact   string
	Late      string // why it can be neither moved nor cancelled here
	Until     string // until when it can
	Phone     string
	Data      string // address of all that is kept
	Again     string // address to book the same once more; "": nothing to offer
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
	data, err := newManage(c, card, now)
	if err != nil {
		return err
	}
	if err := c.remindOfProposal(&data, card); err != nil {
		return err
	}
	if err := c.waitingAddress(&data, card); err != nil {
		return err
	}
	c.remindToAnswer(&data, card.Booking, now)
	return c.render(http.StatusOK, "public/manage", data)
}

func (c *call) secret() string { return mux.Vars(c.r)["secret"] }

func (c *call) bySecret() (*booking.Card, error) {
	return c.Desk.Manage(c.r.Context(), c.setup.Tenant.ID, c.secret())
}

// newManage lays out the visit as it stands.
func newManage(c *call, card *booking.Card, now time.Time) (data managePage, err error) {
	q, here := c.r.URL.Query(), c.home+"m/"+c.secret()
	data = managePage{Frame: c.frame, Title: c.t("public.manage.title"), Done: q.Get("done") != "" && !card.Gone, Phone: c.phone(card.Calendar), Data: here + "/data"}
	if card.Gone {
		data.gone(c, card)
		return data, nil
	}
	c.say(&data, card)
	data.Facts, data.Place, data.Person = c.cardFacts(card), c.placeFacts(card, now), c.personFacts(card.Private.Visitor)
	data.Checklist, data.Remote = c.checklist(card.Items), card.Mode != agenda.ModeOnsite
	data.Address, data.Mailed = c.Links.Manage(&c.setup.Tenant, c.secret()), card.Private.Email != ""
	if !card.Since.IsZero() && now.Before(card.End) {
		data.Download, data.Subscribe, data.Elsewhere = here+"/termin.ics", here+"/calendar", c.providers(card)
	}
	if card.Status == agenda.Confirmed && !data.Remote {
		data.Reference = card.Reference
		if data.Code, err = page.NewCode(card.Reference, c.t("public.after.code", "reference", card.Reference)); err != nil {
			return data, err
		}
	} else {
		data.Facts = append(data.Facts, c.reference(card))
	}
	switch err := card.MayChange(agenda.Public, now); {
	case err == nil:
		data.Move, data.Cancel, data.Contact = here+"/move", here+"/cancel", here+"/contact"
		data.Until = c.frame.Printer().DateTime(c.local(card.CancelBy))
	case errors.Is(err, agenda.ErrTooLate) && now.Before(card.Start):
		data.Late = c.t("public.manage.late", "when", c.frame.Printer().DateTime(c.local(card.CancelBy)))
	default:
		data.Again = c.again(card)
	}
	return data, nil
}

// gone shows that a visit does not take place, and nothing personal.
func (data *managePage) gone(c *call, card *booking.Card) {
	data.Title = c.t("public.manage." + string(card.Status))
	data.Notice = &page.Notice{Kind: "info", Title: c.t("public.manage." + string(card.Status) + "Lead"), Live: c.r.URL.Query().Has("cancelled")}
	data.Facts = []fact{{Key: c.t("public.when"), Lines: c.when(card.Start, card.End)}, c.reference(card)}
	data.Again = c.again(card)
}

// again is where the same can be booked once more; where it is no longer offered, the
// first page.
func (c *call) again(card *booking.Card) string {
	wish := agenda.Wish{Mode: card.Mode}
	for _, it := range card.Items {
		wish.Items = append(wish.Items, agenda.Item{Service: it.Service, Quantity: it.Quantity}) // answers may be about a person
	}
	if !c.known(wish) {
		return c.home
	}
	return link(c.home+"choose", writeWish(wish))
}

func (c *call) reference(card *booking.Card) fact {
	return fact{Key: c.t("common.reference"), Lines: []agenda.Text{c.ours(card.Reference)}, Large: true}
}

// say puts the state into words: what just happened, and what comes next.
func (c *call) say(data *managePage, card *booking.Card) {
	p, q := c.frame.Printer(), c.r.URL.Query()
	email := card.Private.Email
	switch {
	case card.Awaits == agenda.ConfirmEmail:
		data.Title = c.t("public.done.email")
		data.Notice = &page.Notice{Kind: "warning", Title: c.t("public.done.emailTitle", "email", email),
			Text: c.t("public.done.emailText", "when", p.DateTime(c.local(card.Expires))), Items: []string{c.t("public.done.emailSpam")}, Live: data.Done || q.Has("asked"),
			Links: []page.Button{{Kind: "secondary", Label: c.t("public.contact.wrong"), Href: c.home + "m/" + c.secret() + "/contact"}}}
	case card.Awaits == agenda.ConfirmStaff:
		data.Title = c.t("public.done.staff")
		data.Notice = &page.Notice{Kind: "info", Title: c.t("public.done.staffTitle"), Text: c.t("public.done.staffMail", "email", email), Live: data.Done}
		if email == "" {
			data.Notice.Text = c.t("public.done.staffPhone", "phone", card.Private.Phone)
		}
	case q.Has("moved"):
		data.Notice = &page.Notice{Kind: "success", Title: c.t("public.manage.moved"), Live: true}
	case q.Has("changed"):
		data.Notice = &page.Notice{Kind: "success", Title: c.t("public.contact.changed"), Live: true}
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
	list := []fact{{Key: c.t("public.when"), Lines: c.when(card.Start, card.End), Big: true}, c.where(card.Calendar, card.Mode),
		{Key: c.t("common.service"), Lines: c.itemLines(card.Items)}}
	return append(list, c.feeFacts(card.Items)...)
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
