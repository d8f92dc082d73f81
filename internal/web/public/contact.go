package public

import (
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// contactPage lets a visitor change how they are reached.
type contactPage struct {
	page.Frame
	Facts  []fact
	First  bool   // the first letter has not been answered: it is written anew
	Meant  *meant // nil: the address looks right
	Email  *page.Field
	Phone  *page.Field
	Action string
	Keep   string // address of the visit
	Call   string // telephone number, for a name that is spelled wrongly
}

// contact shows the form, filled in.
func contact(c *call) error {
	card, err := c.changeable()
	if err != nil {
		return c.unchangeable(err)
	}
	return c.render(http.StatusOK, "public/contact", newContact(c, card, nil))
}

func newContact(c *call, card *booking.Card, form *page.Form) contactPage {
	path, rules, now := c.home+"m/"+c.secret(), card.Calendar.Contact, card.Private
	data := contactPage{Frame: c.frame, First: card.Awaits == agenda.ConfirmEmail, Action: path + "/contact", Keep: path, Call: c.phone(card.Calendar)}
	data.Back, data.Frame.Errors = path, form.Errors()
	data.Facts = append([]fact{{Key: c.t("common.name"), Lines: []agenda.Text{c.ours(now.Name)}}}, cardChosen(card).facts(c)[:2]...)
	if rules.Email != agenda.ContactOff || now.Email != "" {
		f := form.Fill(page.Field{Name: "email", Type: "email", Label: c.t("public.field.email"), Hint: c.t("public.contact.emailHint"), Autocomplete: "email",
			Value: now.Email, Required: now.Email != "" || rules.Email == agenda.ContactRequired, Max: 254})
		if data.First {
			f.Hint = c.t("public.contact.firstHint")
		}
		data.Email = &f
	}
	if rules.Phone != agenda.ContactOff || now.Phone != "" {
		f := form.Fill(page.Field{Name: "phone", Type: "tel", Label: c.t("public.field.phone"), Hint: c.phoneHint(c.t("public.field.phoneHint"), card.Calendar, card.Items), Autocomplete: "tel",
			Value: now.Phone, Required: rules.Phone == agenda.ContactRequired || now.Email == "", Max: agenda.MaxPhone, Width: "short"})
		data.Phone = &f
	}
	return data
}

// changeContact changes what counts at once, and has a letter written to a new address.
func changeContact(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	card, err := c.changeable()
	if err != nil {
		return c.unchangeable(err)
	}
	takeMeant(c.r.PostForm)
	data := newContact(c, card, form)
	to := booking.Contact{Email: card.Private.Email, Phone: card.Private.Phone}
	if f := data.Email; f != nil {
		to.Email = form.Email("email", page.Rule{Label: f.Label, Required: f.Required})
	}
	if f := data.Phone; f != nil {
		to.Phone = form.Phone("phone", page.Rule{Label: f.Label, Required: f.Required && to.Email == ""})
	}
	if len(form.Errors()) > 0 {
		return c.render(http.StatusUnprocessableEntity, "public/contact", newContact(c, card, form))
	}
	if to.Email != card.Private.Email {
		if data.Meant = askMeant(form, to.Email); data.Meant != nil {
			return c.render(http.StatusOK, "public/contact", data)
		}
	}
	path := c.home + "m/" + c.secret()
	done, err := c.Desk.ChangeContact(c.r.Context(), c.setup.Tenant.ID, c.secret(), to)
	var bad agenda.Invalid
	switch {
	case errors.As(err, &bad):
		c.failRules(form, bad)
		return c.render(http.StatusUnprocessableEntity, "public/contact", newContact(c, card, form))
	case errors.Is(err, agenda.ErrLimited):
		return &page.Error{Status: http.StatusTooManyRequests, Title: "public.contact.limited", Detail: "public.contact.limitedDetail", Err: err,
			Links: []page.Button{{Kind: "primary", Label: c.t("public.confirm.show"), Href: path}}}
	case err != nil:
		return c.unchangeable(err)
	}
	said := url.Values{}
	if done.Changed {
		said.Set("changed", "1")
	}
	if done.Asked {
		said.Set("asked", "1")
	}
	return c.to(path, said)
}

// address shows what the link to a new address is about. It only asks: programs that
// follow links in mails must not confirm anything.
func address(c *call) error {
	x, err := c.Desk.NewAddress(c.r.Context(), c.setup.Tenant.ID, c.secret())
	if err != nil {
		return err
	}
	if !x.Open {
		return c.settledAddress(x, http.StatusOK)
	}
	data := addressPage{Frame: c.frame, Email: x.Email, Action: c.r.URL.Path, Until: c.frame.Printer().DateTime(c.local(x.Expires)),
		Facts: []fact{{Key: c.t("public.when"), Lines: c.when(x.Start, x.End)}}}
	return c.render(http.StatusOK, "public/address", data)
}

type addressPage struct {
	page.Frame
	Facts  []fact
	Email  string
	Until  string
	Action string
}

// settledAddress says that there is nothing left to confirm.
func (c *call) settledAddress(x *booking.AskedAddress, status int) error {
	key := "over"
	if x.Used {
		key = "used"
	}
	data := donePage{Frame: c.frame, Title: c.t("public.address." + key), Lead: c.t("public.address." + key + "Lead"),
		Link: page.Button{Kind: "secondary", Label: c.t("public.links.title"), Href: c.home + "links"}}
	if x.Used && !x.Gone {
		data.Link = page.Button{Kind: "primary", Label: c.t("public.confirm.show"), Href: c.home + "m/" + x.Private.Manage}
	}
	return c.render(status, "public/already", data)
}

// confirmAddress is the yes of whoever reads letters at the new address.
func confirmAddress(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	_, err := c.Desk.ConfirmAddress(c.r.Context(), c.setup.Tenant.ID, c.secret())
	late := errors.Is(err, agenda.ErrExpired) || errors.Is(err, agenda.ErrTooLate) || errors.Is(err, agenda.ErrState)
	if err != nil && !late {
		return err
	}
	x, askErr := c.Desk.NewAddress(c.r.Context(), c.setup.Tenant.ID, c.secret())
	switch {
	case askErr != nil:
		return askErr
	case late || x.Gone:
		return c.settledAddress(x, http.StatusConflict)
	}
	return c.to(c.home+"m/"+x.Private.Manage, url.Values{"changed": {"1"}})
}

// waitingAddress says on the page of a visit that a new address waits to be confirmed.
func (c *call) waitingAddress(data *managePage, card *booking.Card) error {
	q := c.r.URL.Query()
	if card.Gone || data.Notice != nil && !q.Has("changed") {
		return nil
	}
	email, until, err := c.Desk.WaitingAddress(c.r.Context(), card.Booking)
	if email == "" || err != nil {
		return err
	}
	data.Notice = &page.Notice{Kind: "warning", Title: c.t("public.address.waits", "email", email),
		Text: c.t("public.address.waitsText", "when", c.frame.Printer().DateTime(c.local(until))), Items: []string{c.t("public.done.emailSpam")}, Live: q.Has("asked")}
	return nil
}
