package setup

import (
	"net/http"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// lettersList leads to the words of the tenant, the departments and the services, and says
// which of them cannot be used.
type lettersList struct {
	page.Frame
	Broken []string
	Areas  []lettersArea
}

type lettersArea struct {
	Title string
	Cards []area
}

func (p *Part) lettersList(w http.ResponseWriter, q *office.Request) error {
	f, s := p.Frame(q), q.Setup
	v := lettersList{Frame: f, Broken: p.brokenWords(f, q, func(agenda.BrokenText) bool { return true })}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	card := func(name agenda.Text, at string, l *agenda.Letters, level agenda.LetterLevel) area {
		a := area{Title: office.Plain(f, name), Href: at}
		if n := ownWords(l, level); n > 0 {
			a.Facts = []string{f.T("staff.setup.letters.own.count", "n", n)}
		}
		return a
	}
	v.Areas = []lettersArea{{f.T("staff.setup.tenant.title"), []area{card(s.Tenant.Name, "/staff/setup/tenant/letters", &s.Letters, agenda.LettersOfTenant)}}}
	departments := lettersArea{Title: f.T("staff.setup.departments.title")}
	for i := range s.Departments {
		if d := &s.Departments[i]; q.Person.MayInDepartment(agenda.SeeSetup, d.ID) {
			departments.Cards = append(departments.Cards, card(d.Name, "/staff/setup/letters/"+d.ID, &d.Letters, agenda.LettersOfDepartment))
		}
	}
	services := lettersArea{Title: f.T("staff.setup.services.title")}
	for i := range s.Services {
		x := &s.Services[i]
		services.Cards = append(services.Cards, card(x.Name, "/staff/setup/services/"+x.ID+"/letters", &x.Letters, agenda.LettersOfService))
	}
	v.Areas = append(v.Areas, departments, services)
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/letterslist", v)
}

// ownWords counts the kinds of letters that have own words.
func ownWords(l *agenda.Letters, level agenda.LetterLevel) (n int) {
	for _, k := range agenda.LetterKinds(level) {
		if len(*l.Of(k))+len(*l.Subjects.Of(k))+len(*l.Openings.Of(k)) > 0 {
			n++
		}
	}
	return n
}

// brokenWords says of texts that letters go out without, what has to be corrected in them.
func (p *Part) brokenWords(f page.Frame, q *office.Request, mine func(agenda.BrokenText) bool) (list []string) {
	for _, b := range q.Setup.BrokenTexts() {
		if mine(b) && p.mayMend(q, b) {
			where := wordsOf(f, q.Setup, b) + ": " + f.T("staff.setup.letters."+agenda.LetterKey(b.Kind))
			list = append(list, f.T("staff.setup.letters.broken", "where", where, "found", b.Found, "list", "{"+strings.Join(agenda.PlaceholdersIn(b.Kind), "}, {")+"}"))
		}
	}
	return list
}

// wordsOf names whose words a text is among.
func wordsOf(f page.Frame, s *agenda.Setup, b agenda.BrokenText) string {
	name := s.Tenant.Name
	switch b.Level {
	case agenda.LettersOfDepartment:
		if d, ok := s.DepartmentOf(b.ID); ok {
			name = d.Name
		}
	case agenda.LettersOfService:
		if x, ok := s.ServiceOf(b.ID); ok {
			name = x.Name
		}
	}
	return office.Plain(f, name)
}

// mayMend reports whether the person may correct a text.
func (p *Part) mayMend(q *office.Request, b agenda.BrokenText) bool {
	switch b.Level {
	case agenda.LettersOfDepartment:
		return q.Person.MayInDepartment(agenda.ChangeSetup, b.ID)
	case agenda.LettersOfService:
		return q.Person.MayChangeService(q.Setup, q.Setup, b.ID)
	}
	return everywhere(q.Person)
}
