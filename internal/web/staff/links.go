package staff

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// linksPage gives out invitation links, and lists one's own that can still be used.
type linksPage struct {
	page.Frame
	Fields []page.Field // none: there is no service by link
	Open   []openLink
	Made   *madeLink // just now
}

// openLink is one of one's own.
type openLink struct {
	Services []agenda.Text
	Until    string
	Uses     string
	Note     string
	Revoke   string // address
}

// madeLink is the address of a link, shown this once: nobody can find it out again.
type madeLink struct {
	Address  string
	Mail     string // address that opens the mail program with it
	Services []agenda.Text
	Until    string
}

// linkDays is how long a link holds unless said otherwise.
const linkDays = 14

func (o *Office) links(w http.ResponseWriter, q *office.Request) error {
	p := &linksPage{Frame: o.Frame(q)}
	if q.URL.Query().Get("done") == "revoke" {
		p.Notice = &page.Notice{Kind: "success", Title: p.T("staff.links.revoked"), Live: true}
	}
	form := page.NewForm(url.Values{}, p.Printer())
	if q.URL.Query().Has("service") {
		form = page.NewForm(url.Values{"services": q.URL.Query()["service"]}, p.Printer())
	}
	return o.renderLinks(w, q, p, form, q.URL.Query().Get("calendar"), http.StatusOK)
}

// invite makes a link and shows it, or the form again with what is wrong.
func (o *Office) invite(w http.ResponseWriter, q *office.Request) error {
	p := &linksPage{Frame: o.Frame(q)}
	form, err := page.ReadForm(w, q.Request, p.Printer())
	if err != nil {
		return err
	}
	if !mayInvite(q, form.Value("calendar")) {
		return agenda.ErrNotFound
	}
	if len(p.services(q)) == 0 {
		p.Frame.Errors = page.Errors{{Message: p.T("staff.links.none")}}
		return o.renderLinks(w, q, p, form, "", http.StatusUnprocessableEntity)
	}
	wish := p.read(q, form)
	if len(form.Errors()) == 0 {
		l, secret, err := o.Desk.InviteByLink(q.Context(), q.Person, wish)
		bad, invalid := errors.AsType[agenda.Invalid](err)
		switch {
		case invalid:
			for _, f := range bad {
				form.Fail(f.Field, "staff.error.field")
			}
		case err != nil:
			return err
		default:
			p.show(q, l, o.Links.Invited(&q.Setup.Tenant, secret))
			return o.renderLinks(w, q, p, page.NewForm(url.Values{}, p.Printer()), "", http.StatusOK)
		}
	}
	p.Frame.Errors = form.Errors()
	return o.renderLinks(w, q, p, form, form.Value("calendar"), http.StatusUnprocessableEntity)
}

func (p *linksPage) read(q *office.Request, form *page.Form) booking.LinkWish {
	t := p.T
	w := booking.LinkWish{
		Services: form.Choices("services", office.Values(p.services(q)), page.Rule{Label: t("staff.links.services"), Required: true}),
		Calendar: form.Value("calendar"),
		Until:    form.Date("until", page.Rule{Label: t("staff.links.until"), Required: true}),
		Uses:     form.Int("uses", 1, booking.MaxLinkUses, page.Rule{Label: t("staff.links.uses"), Required: true}),
		Note:     form.Text("note", page.Rule{Label: t("staff.links.note"), Max: booking.MaxLinkNote}),
	}
	today := agenda.DateOf(q.Now)
	if form.Errors().For("until") == "" && (w.Until < today || w.Until > today+booking.MaxLinkDays) {
		form.Fail("until", "staff.links.untilRange", "from", p.Printer().ShortDate(today.Noon()), "to", p.Printer().ShortDate((today + booking.MaxLinkDays).Noon()))
	}
	return w
}

func (p *linksPage) show(q *office.Request, l *agenda.ServiceLink, address string) {
	p.Made = &madeLink{Address: address, Services: serviceNames(q.Setup, l.Services), Until: p.until(q, l)}
	var names []string
	for _, n := range p.Made.Services {
		names = append(names, q.Setup.Text(n, q.Setup.Language("")))
	}
	v := url.Values{"subject": {strings.Join(names, ", ")}, "body": {p.T("staff.links.mail", "what", strings.Join(names, ", "), "date", p.Made.Until) + "\n\n" + address}}
	p.Made.Mail = "mailto:?" + strings.ReplaceAll(v.Encode(), "+", "%20")
}

func (p *linksPage) until(q *office.Request, l *agenda.ServiceLink) string {
	return p.Printer().Date(l.Expires.In(q.Setup.Zone()).AddDate(0, 0, -1))
}

func serviceNames(s *agenda.Setup, ids []string) (names []agenda.Text) {
	for _, id := range ids {
		name := agenda.Plain(id)
		if svc, ok := s.ServiceOf(id); ok {
			name = svc.Name
		}
		names = append(names, name)
	}
	return names
}

// revoke ends a link of one's own.
func (o *Office) revoke(w http.ResponseWriter, q *office.Request) error {
	if err := o.Desk.RevokeServiceLink(q.Context(), q.Person, mux.Vars(q.Request)["id"]); err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/links?done=revoke", http.StatusSeeOther)
	return nil
}

// mayInvite reports whether a calendar is one that the person may invite to; "" names none.
func mayInvite(q *office.Request, calendar string) bool {
	return calendar == "" || slices.ContainsFunc(booking.InvitedTo(q.Setup, q.Person), func(c *agenda.Calendar) bool { return c.ID == calendar })
}

// services are those by link that a calendar has where the person may invite to.
func (p *linksPage) services(q *office.Request) (list []page.Choice) {
	open := booking.InvitedTo(q.Setup, q.Person)
	for i := range q.Setup.Services {
		svc := &q.Setup.Services[i]
		offered := slices.ContainsFunc(open, func(c *agenda.Calendar) bool { _, has := c.Offer(svc.ID); return has })
		if svc.Public == agenda.VisibleLink && offered {
			list = append(list, page.Choice{Value: svc.ID, Text: svc.Name})
		}
	}
	if len(list) == 1 {
		list[0].Selected = true
	}
	return list
}

func (o *Office) renderLinks(w http.ResponseWriter, q *office.Request, p *linksPage, form *page.Form, calendar string, status int) error {
	if !mayInvite(q, calendar) {
		return agenda.ErrNotFound
	}
	list, err := o.Desk.ServiceLinks(q.Context(), q.Person)
	if err != nil {
		return err
	}
	for _, l := range list {
		p.Open = append(p.Open, openLink{Services: serviceNames(q.Setup, l.Services), Until: p.until(q, l),
			Uses: p.T("staff.links.used", "n", l.Used, "of", l.Uses), Note: l.Note, Revoke: "/staff/links/" + l.ID + "/revoke"})
	}
	if services := p.services(q); len(services) > 0 {
		p.Fields = p.ask(q, services, calendar)
	}
	for i := range p.Fields {
		if p.Fields[i].Name != "services" || len(form.Errors()) > 0 || form.Value("services") != "" {
			p.Fields[i] = form.Fill(p.Fields[i])
		}
	}
	return o.Pages.Render(w, q.Request, status, "staff/links", p)
}

func (p *linksPage) ask(q *office.Request, services []page.Choice, calendar string) []page.Field {
	today := agenda.DateOf(q.Now)
	list := []page.Field{{Name: "services", Type: "checkboxes", Label: p.T("staff.links.services"), Required: true, Choices: services}}
	if open := booking.InvitedTo(q.Setup, q.Person); len(open) > 1 {
		list = append(list, page.Field{Name: "calendar", Type: "select", Label: p.T("staff.booking.calendar"), Required: true,
			Choices: append([]page.Choice{{Label: p.T("staff.links.anywhere")}}, office.Choices(p.Frame, q.Setup, open, calendar)...)})
	}
	return append(list,
		page.Field{Name: "until", Type: "date", Label: p.T("staff.links.until"), Required: true, Value: (today + linkDays).String(), Width: "short"},
		page.Field{Name: "uses", Type: "number", Label: p.T("staff.links.uses"), Required: true, Min: 1, Max: booking.MaxLinkUses, Value: "1", Width: "short"},
		page.Field{Name: "note", Label: p.T("staff.links.note"), Hint: p.T("staff.links.noteHint"), Max: booking.MaxLinkNote, Autocomplete: "off"})
}
