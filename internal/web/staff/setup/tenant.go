package setup

import (
	"cmp"
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

func (p *Part) tenantForm(w http.ResponseWriter, q *office.Request) error {
	s := own(q.Setup)
	e := p.editor(q, "tenant", nil)
	e.closed = !everywhere(q.Person)
	p.editTenant(e, s)
	return p.show(w, q, e, formPage{Title: e.t("tenant.title"), Action: "/staff/setup/tenant", Seen: seen(head(q.Setup))}, http.StatusOK)
}

func (p *Part) saveTenant(w http.ResponseWriter, q *office.Request) error {
	if !everywhere(q.Person) {
		return agenda.ErrForbidden
	}
	form, err := page.ReadUpload(w, q.Request, p.Frame(q).Printer(), maxFile)
	if err != nil {
		return err
	}
	s := own(q.Setup)
	e := p.editor(q, "tenant", form)
	p.editTenant(e, s)
	return p.keep(w, q, e, s, formPage{Title: e.t("tenant.title"), Action: "/staff/setup/tenant", Seen: seen(head(q.Setup))}, "/staff/setup/tenant?done=saved")
}

// head is what the tenant's form shows.
func head(s *agenda.Setup) any {
	return []any{s.Tenant, s.Legal, s.Brand, s.Mail, s.Retention, s.Figures, s.Protection, s.Embed, s.OpenData, s.Accessibility}
}

// editTenant are the fields of the tenant as a whole.
func (p *Part) editTenant(e *editor, s *agenda.Setup) {
	t := &s.Tenant
	e.section("about")
	e.text("tenant.name", &t.Name, as{Required: true, Max: 200})
	e.line("tenant.phone", &t.Phone, as{Type: "tel", Hint: true})
	var speaks []page.Choice
	for _, l := range p.languages(t) {
		speaks = append(speaks, page.Choice{Value: l, Label: e.language(l)})
	}
	e.some("tenant.languages", &t.Languages, speaks, as{Required: true, Hint: true})
	e.section("holidays")
	e.group().Hint = e.t("tenant.zone", "zone", t.Timezone)
	var states []page.Choice
	for _, state := range agenda.States() {
		states = append(states, page.Choice{Value: state, Label: e.t("state." + state)})
	}
	was := t.State
	e.choice("tenant.state", &t.State, states, as{Hint: true})
	if t.State != was {
		t.LocalHolidays = slices.DeleteFunc(slices.Clone(t.LocalHolidays), func(id string) bool { return !slices.Contains(agenda.LocalHolidays(t.State), id) })
	}
	if local := agenda.LocalHolidays(t.State); len(local) > 0 {
		var choices []page.Choice
		for _, id := range local {
			choices = append(choices, page.Choice{Value: id, Label: e.t("holiday." + id)})
		}
		e.some("tenant.localHolidays", &t.LocalHolidays, choices, as{Hint: true})
	}
	e.group().Links = []page.Link{{Label: e.t("holidays.title"), Href: "/staff/setup/holidays"}}
	e.section("legal")
	e.group().Hint = e.t("tenant.legal.hint")
	long := as{Type: "textarea", Rows: 4, Max: 100000}
	e.text("legal.imprint", &s.Legal.Imprint, long)
	e.text("legal.privacy", &s.Legal.Privacy, long)
	e.text("legal.accessibility", &s.Legal.Accessibility, long)
	long.Hint = true
	e.text("legal.consent", &s.Legal.Consent, long)
	e.section("look")
	e.line("brand.colour", &s.Brand.Colour, as{Hint: true, Width: "short", Max: 7})
	if c, err := page.ContrastOf(s.Brand.Colour); err == nil {
		e.group().Hint = e.t("tenant.contrast."+c.On, "ratio", int(c.Ratio))
	}
	e.group().Links = []page.Link{{Label: e.t("logo.title"), Href: "/staff/setup/logo"}}
	e.section("mail")
	e.line("mail.from", &s.Mail.From, as{Hint: true})
	e.line("mail.replyTo", &s.Mail.ReplyTo, as{Hint: true})
	e.quietHours("mail.quietHours", &s.Mail.QuietHours)
	e.section("retention")
	e.number("retention.bookingDays", &s.Retention.BookingDays, 0, 36500, as{Required: true, Hint: true})
	e.number("retention.statisticsDays", &s.Retention.StatisticsDays, 0, 36500, as{Required: true, Hint: true})
	e.number("retention.journalDays", &s.Retention.JournalDays, 0, 36500, as{Required: true, Hint: true})
	e.section("figures")
	e.flag("figures.perClerk", &s.Figures.PerClerk, as{Hint: true})
	e.section("protection")
	e.group().Hint = e.t("tenant.protection.hint")
	proof := cmp.Or(s.Protection.Proof, agenda.ProofOff)
	e.choice("protection.proof", &proof, e.words("proof", agenda.ProofOff, agenda.ProofLoad, agenda.ProofAlways), as{Type: "radio", Required: true})
	if proof != cmp.Or(s.Protection.Proof, agenda.ProofOff) {
		s.Protection.Proof = proof
	}
	e.number("protection.perMinute", &s.Protection.PerMinute, 0, 1_000_000, as{Required: true, Hint: true})
	e.lines("protection.trusted", &s.Protection.Trusted, as{Hint: true, Rows: 3})
	e.website(s)
}

// languages are those that the program speaks, and those that the tenant names.
func (p *Part) languages(t *agenda.Tenant) []string {
	list := p.Catalogue.Languages()
	for _, l := range t.Languages {
		if !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}
