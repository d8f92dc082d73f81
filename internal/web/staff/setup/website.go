package setup

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// website are the fields of the accessibility statement and of what other pages may show.
func (e *editor) website(s *agenda.Setup) {
	a := &s.Accessibility
	e.section("accessible")
	e.group().Hint = e.t("tenant.accessible.hint")
	e.choice("accessibility.state", &a.State, e.words("conforms", agenda.AccessibleFully, agenda.AccessiblePartly, agenda.AccessibleNot), as{})
	e.day("accessibility.prepared", &a.Prepared, as{})
	e.day("accessibility.tested", &a.Tested, as{})
	e.choice("accessibility.method", &a.Method, e.words("tested", agenda.TestedSelf, agenda.TestedExternal), as{})
	rows(e, "accessibility.gaps", &a.Gaps, 1, func() agenda.Text { return nil }, func(prefix string, t *agenda.Text, _ bool) bool {
		e.text(prefix, t, as{Key: "accessibility.gap", Max: 1000})
		return len(*t) > 0
	})
	e.line("accessibility.mail", &a.Mail, as{Hint: true})
	e.line("accessibility.phone", &a.Phone, as{Type: "tel"})
	e.text("accessibility.enforcement.name", &a.Enforcement.Name, as{Hint: true})
	e.text("accessibility.enforcement.address", &a.Enforcement.Address, as{})
	e.line("accessibility.enforcement.url", &a.Enforcement.URL, as{})
	e.section("elsewhere")
	e.lines("embed.origins", &s.Embed.Origins, as{Hint: true, Rows: 3})
	e.line("openData.licence", &s.OpenData.Licence, as{Hint: true})
}

// day edits a date; an empty field means none.
func (e *editor) day(name string, v *agenda.Date, a as) {
	shown := v.String()
	if v.IsZero() {
		shown = ""
	}
	a.Type, a.Width = "date", "short"
	f := e.add(name, a, page.Field{Value: shown})
	if e.answered(name, shown) {
		*v = e.form.Date(name, page.Rule{Label: f.Label})
	}
}
