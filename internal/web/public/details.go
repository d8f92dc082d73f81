package public

import (
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

type detailsPage struct {
	page.Frame
	Title   string
	Facts   []fact
	Kept    *kept  // nil: the slot is not kept
	Draft   string // under which name the script keeps what is typed on this way
	Action  string
	Hidden  []hidden
	Name    page.Field
	Email   *page.Field
	Phone   *page.Field
	Note    page.Field
	Contact page.Field
	Other   bool // the details "for somebody else" are open
	Consent *consent
	Privacy string
	Meant   *meant // nil: the address looks right
}

// meant asks whether another address was meant. It never holds anybody up: the form that
// is sent once more goes on.
type meant struct {
	Typed, Address string
}

// consent is a box to tick: the tenant's text, or the address where it stands.
type consent struct {
	page.Field
	Href string
}

// fieldNames are what the visitor types.
var fieldNames = []string{"name", "email", "phone", "note", "contactName", "consent", "hinted"}

// details asks who comes; what the calendar demands and no more.
func details(c *call) error {
	ch, err := c.readChosen(c.r.URL.Query())
	if err != nil {
		return lost(c, ch, url.Values{}, err)
	}
	return c.showDetails(ch, c.rememberedForm())
}

func (c *call) showDetails(ch chosen, form *page.Form) error {
	return c.render(http.StatusOK, "public/details", newDetails(c, ch, form))
}

// detailsAgain goes back from the review, with what was typed.
func detailsAgain(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	ch, err := c.readChosen(c.r.PostForm)
	if err != nil {
		return lost(c, ch, c.r.PostForm, err)
	}
	c.remember(c.r.PostForm)
	return c.showDetails(ch, form)
}

// lost answers when what was chosen is not there any more.
func lost(c *call, ch chosen, v url.Values, err error) error {
	switch {
	case unavailable(err) && ch.calendar != nil:
		return showTaken(c, ch, v, err)
	case errors.Is(err, agenda.ErrNotFound) && ch.calendar == nil && c.r.FormValue("hold") != "":
		return &page.Error{Status: http.StatusGone, Title: "public.used.title", Detail: "public.used.detail", Err: err,
			Links: []page.Button{{Kind: "primary", Label: c.t("public.used.link"), Href: c.frame.Tenant.Home}}}
	}
	return c.badChoice(ch, err)
}

// newDetails lays out the form; it is long because it names every field.
func newDetails(c *call, ch chosen, form *page.Form) detailsPage {
	rules := ch.calendar.Contact
	data := detailsPage{Frame: c.frame, Facts: ch.facts(c), Action: c.way + "review", Hidden: hide(ch.values(c)), Privacy: legalLink(c.setup, c.frame.Lang, "privacy")}
	data.Title = c.t("public.details.title")
	if ch.wish.Mode == agenda.ModePhone {
		data.Title = c.t("public.details.titlePhone")
	}
	data.Back = link(c.way+"times", c.carry(writeWish(ch.wish)))
	data.Step = &page.Step{Current: 3, Total: steps, Name: c.t("public.step.details")}
	data.Frame.Errors = form.Errors()
	data.Kept, data.Draft = c.kept(ch, "details"), c.home+c.draft
	data.Name = form.Fill(page.Field{Name: "name", Label: c.t("public.field.name"), Hint: c.surnameHint(ch.wish), Required: true, Autocomplete: "name", Max: agenda.MaxName})
	if rules.Email != agenda.ContactOff {
		f := page.Field{Name: "email", Type: "email", Label: c.t("public.field.email"), Autocomplete: "email", Max: 254,
			Required: rules.Email == agenda.ContactRequired, Hint: c.t("public.field.emailHint")}
		if !f.Required {
			f.Hint = c.t("public.field.emailOptional")
		}
		f = form.Fill(f)
		data.Email = &f
	}
	if rules.Phone != agenda.ContactOff {
		f := page.Field{Name: "phone", Type: "tel", Label: c.t("public.field.phone"), Autocomplete: "tel", Max: agenda.MaxPhone, Width: "short",
			Required: rules.Phone == agenda.ContactRequired || rules.Email == agenda.ContactOff, Hint: c.t("public.field.phoneHint")}
		if !f.Required && rules.Email == agenda.ContactOptional {
			f.Hint = c.t("public.field.phoneOptional")
		}
		f.Hint = c.phoneHint(f.Hint, ch.calendar, ch.wish.Items)
		f = form.Fill(f)
		data.Phone = &f
	}
	data.Note = form.Fill(page.Field{Name: "note", Type: "textarea", Label: c.t("public.field.note"), Hint: c.t("public.field.noteHint"), Max: agenda.MaxNote, Rows: 3})
	data.Contact = form.Fill(page.Field{Name: "contactName", Label: c.t("public.field.contactName"), Autocomplete: "off", Max: agenda.MaxName})
	data.Other = data.Contact.Value != "" || data.Contact.Error != ""
	data.Consent = c.consent(form)
	return data
}

func (c *call) consent(form *page.Form) *consent {
	text := c.plain(c.setup.Legal.Consent)
	if text == "" {
		return nil
	}
	f := page.Field{Name: "consent", Type: "checkbox", Text: c.setup.Legal.Consent, Required: true}
	href := ""
	if isAddress(text) {
		f.Text, f.Label, href = nil, c.t("public.field.consent"), text
	}
	return &consent{form.Fill(f), href}
}

// readDetails reads what was typed and says in the form what is wrong with it.
func (c *call) readDetails(ch chosen, form *page.Form) booking.Form {
	rules, t := ch.calendar.Contact, c.t
	f := booking.Form{Language: c.frame.Lang, Link: c.invitation}
	f.Name = form.Text("name", page.Rule{Label: t("public.field.name"), Required: true, Max: agenda.MaxName})
	if rules.Email != agenda.ContactOff {
		f.Email = form.Email("email", page.Rule{Label: t("public.field.email"), Required: rules.Email == agenda.ContactRequired})
	}
	if rules.Phone != agenda.ContactOff {
		f.Phone = form.Phone("phone", page.Rule{Label: t("public.field.phone"), Required: rules.Phone == agenda.ContactRequired})
	}
	f.Note = form.Text("note", page.Rule{Label: t("public.field.note"), Max: agenda.MaxNote, Lines: true})
	f.ContactName = form.Text("contactName", page.Rule{Label: t("public.field.contactName"), Max: agenda.MaxName})
	if c.consent(nil) != nil {
		form.Checked("consent", page.Rule{Label: t("public.field.consentName"), Required: true})
	}
	c.failRules(form, rules.CheckVisitor(f.Visitor, agenda.Public))
	return f
}

// failRules adds what the calendar's own rules find, and nothing twice.
func (c *call) failRules(form *page.Form, bad agenda.Invalid) {
	for _, b := range bad {
		if form.Errors().For(b.Field) != "" {
			continue
		}
		label := c.t("public.field." + b.Field)
		switch {
		case b.Code == "required" && b.Field != "name":
			form.Fail(b.Field, "public.field.reach")
		case b.Code == "required":
			form.Fail(b.Field, "layout.form.missing", "label", label)
		case b.Field == "email" || b.Field == "phone":
			form.Fail(b.Field, "layout.form."+b.Field, "label", label)
		default:
			form.Fail(b.Field, "layout.form.unreadable", "label", label)
		}
	}
}

// typed are the values of the form's own fields.
func typed(v url.Values) url.Values {
	kept := url.Values{}
	for _, name := range fieldNames {
		if s := v.Get(name); s != "" {
			kept.Set(name, s)
		}
	}
	return kept
}
