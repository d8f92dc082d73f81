package public

import (
	"net/http"
	"net/url"

	"terminvergabe/internal/web/page"
)

// linksPage lets somebody who has lost their links have them sent once more.
type linksPage struct {
	page.Frame
	Title  string
	Sent   bool // it has been asked for
	Action string
	Email  page.Field
	Again  string // address of the form, once it was sent
	Home   string
	Phone  string
}

// links asks for the address. Sent says the same for every one.
func links(c *call) error {
	return c.render(http.StatusOK, "public/links", newLinks(c, nil))
}

func newLinks(c *call, form *page.Form) linksPage {
	data := linksPage{Frame: c.frame, Title: c.t("public.links.title"), Sent: c.r.URL.Query().Has("sent") && form == nil,
		Action: c.home + "links", Home: c.home, Phone: c.setup.Tenant.Phone}
	data.Frame.Errors = form.Errors()
	if data.Sent {
		data.Title = c.t("public.links.sent")
		data.Notice = &page.Notice{Kind: "success", Title: c.t("public.links.sentTitle"), Text: c.t("public.links.sentText"),
			Items: []string{c.t("public.links.sentSpam")}, Live: true}
		return data
	}
	data.Back = c.home
	data.Email = form.Fill(page.Field{Name: "email", Type: "email", Label: c.t("public.field.email"), Hint: c.t("public.links.hint"),
		Autocomplete: "email", Required: true, Max: 254})
	return data
}

// sendLinks has the letter written, if there is anything to write. The address is nowhere
// in the answer, so that it is in no history either.
func sendLinks(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	email := form.Email("email", page.Rule{Label: c.t("public.field.email"), Required: true})
	if len(form.Errors()) > 0 {
		return c.render(http.StatusUnprocessableEntity, "public/links", newLinks(c, form))
	}
	if err := c.Desk.AskForLinks(c.r.Context(), c.setup.Tenant.ID, email); err != nil {
		return err
	}
	return c.to(c.home+"links", url.Values{"sent": {"1"}})
}
