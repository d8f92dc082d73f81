package public

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// barrierPage takes a report of a barrier.
type barrierPage struct {
	page.Frame
	Title  string
	Sent   bool
	None   bool // there is no mailbox for reports
	Action string
	Text   page.Field
	Where  page.Field
	Email  page.Field
	Phone  string
	Again  string
}

// barrier asks what was in the way.
func barrier(c *call) error {
	return c.render(http.StatusOK, "public/barrier", newBarrier(c, nil))
}

func newBarrier(c *call, form *page.Form) barrierPage {
	data := barrierPage{Frame: c.frame, Title: c.t("public.barrier.title"), Action: c.home + "barrier", Again: c.home, Phone: c.setup.BarrierPhone()}
	data.None = c.setup.BarrierMailbox() == ""
	if data.Sent = c.r.URL.Query().Has("sent") && form == nil; data.Sent {
		data.Title = c.t("public.barrier.sent")
		data.Notice = &page.Notice{Kind: "success", Title: c.t("public.barrier.sentTitle"), Text: c.t("public.barrier.sentText"), Live: true}
		return data
	}
	data.Back = c.home
	data.Frame.Errors = form.Errors()
	data.Text = form.Fill(page.Field{Name: "text", Type: "textarea", Label: c.t("public.barrier.text"), Hint: c.t("public.barrier.textHint"),
		Required: true, Max: booking.MaxBarrier, Rows: 6})
	data.Where = page.Field{Name: "page", Label: c.t("public.barrier.page"), Hint: c.t("public.barrier.pageHint"), Max: booking.MaxPage, Value: c.seenPage()}
	if form != nil {
		data.Where = form.Fill(data.Where)
	}
	data.Email = form.Fill(page.Field{Name: "email", Type: "email", Label: c.t("public.barrier.email"), Hint: c.t("public.barrier.emailHint"),
		Autocomplete: "email", Max: 254})
	return data
}

// seenPage is the page that the visitor comes from, as the link or the browser says it:
// only one of this tenant's, and without a secret or what was typed.
func (c *call) seenPage() string {
	named := c.r.URL.Query().Get("page")
	if named == "" {
		if from, err := url.Parse(c.r.Referer()); err == nil && from.Host == c.r.Host {
			named = from.Path
		}
	}
	return withoutSecret(named, c.home)
}

// withoutSecret shortens the address of a page to what can be told: the parts that say
// what kind of page it is.
func withoutSecret(path, home string) string {
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	rest, ok := strings.CutPrefix(path, home)
	if !ok || len(path) > booking.MaxPage || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	parts := strings.Split(rest, "/")
	if len(parts) > 1 && len(parts[0]) == 1 && parts[0] != "s" { // m, c, p, i: a secret follows
		parts[1] = "..."
	}
	return home + strings.Join(parts, "/")
}

// secretInAddress is where somebody pastes the address of a page that is theirs alone.
var secretInAddress = regexp.MustCompile(`/([acimp])/[0-9A-Za-z]{16,}`)

// reportBarrier has the report sent to the office.
func reportBarrier(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	r := booking.BarrierReport{
		Text:  form.Text("text", page.Rule{Label: c.t("public.barrier.text"), Required: true, Max: booking.MaxBarrier, Lines: true}),
		Page:  form.Text("page", page.Rule{Label: c.t("public.barrier.page"), Max: booking.MaxPage}),
		Email: form.Email("email", page.Rule{Label: c.t("public.barrier.email")}),
	}
	if len(form.Errors()) > 0 {
		return c.render(http.StatusUnprocessableEntity, "public/barrier", newBarrier(c, form))
	}
	// Mail keeps what it is told, and whoever has the address has the visit.
	r.Text, r.Page = secretInAddress.ReplaceAllString(r.Text, "/$1/..."), secretInAddress.ReplaceAllString(r.Page, "/$1/...")
	if err := c.Desk.ReportBarrier(c.r.Context(), c.setup.Tenant.ID, r); err != nil {
		return err
	}
	return c.to(c.home+"barrier", url.Values{"sent": {"1"}})
}
