package setup

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

func (p *Part) departments() kind {
	return things(kind{
		name:  "departments",
		title: func(f page.Frame, s *agenda.Setup, i int) string { return office.Plain(f, s.Departments[i].Name) },
		facts: func(f page.Frame, s *agenda.Setup, i int) []string {
			d, n := &s.Departments[i], 0
			for j := range s.Calendars {
				if s.Calendars[j].Department == d.ID {
					n++
				}
			}
			return some(f.T("staff.setup.calendars.count", "n", n), d.Phone, d.Mail)
		},
		sees: func(p *agenda.Person, s *agenda.Setup, i int) bool {
			return p.MayInDepartment(agenda.SeeSetup, s.Departments[i].ID)
		},
		may: func(p *agenda.Person, s *agenda.Setup, i int) bool {
			return p.MayInDepartment(agenda.ChangeSetup, s.Departments[i].ID)
		},
		make: makeAnywhere,
		edit: func(e *editor, _ *office.Request, s *agenda.Setup, i int) { e.department(&s.Departments[i]) },
	}, func(s *agenda.Setup) *[]agenda.Department { return &s.Departments }, func(d *agenda.Department) *string { return &d.ID })
}

func (e *editor) department(d *agenda.Department) {
	e.section("about")
	e.text("name", &d.Name, as{Required: true, Max: 200})
	e.line("phone", &d.Phone, as{Type: "tel", Hint: true})
	e.line("mail", &d.Mail, as{Hint: true})
	e.choice("invite", &d.Invite, e.words("invite", "request", "publish"), as{Type: "radio", Required: true, Hint: true})
	if d.ID != "" {
		e.group().Links = []page.Link{{Label: e.t("departments.letters"), Href: "/staff/setup/letters/" + d.ID}}
	}
}

// some leaves empty texts out.
func some(list ...string) (full []string) {
	for _, s := range list {
		if s != "" {
			full = append(full, s)
		}
	}
	return full
}
