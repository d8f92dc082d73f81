package setup

import (
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// kind is one sort of thing that a set-up has a list of.
type kind struct {
	name string // departments, sites, services, calendars or webhooks: in addresses, texts and the tenant file

	ids   func(*agenda.Setup) []string
	title func(f page.Frame, s *agenda.Setup, i int) string
	facts func(f page.Frame, s *agenda.Setup, i int) []string
	thing func(s *agenda.Setup, i int) any // for comparing

	open func(p *agenda.Person) bool // whether the kind exists for a person; nil: for all who see the set-up
	sees func(p *agenda.Person, s *agenda.Setup, i int) bool
	may  func(p *agenda.Person, s *agenda.Setup, i int) bool // change it
	make func(p *agenda.Person, s *agenda.Setup) bool        // a new one

	edit func(e *editor, q *office.Request, s *agenda.Setup, i int)

	add   func(s *agenda.Setup, from int) // a fresh one at the end; from >= 0: a copy
	named func(s *agenda.Setup, i int, id string)
	drop  func(s *agenda.Setup, i int)
	swap  func(s *agenda.Setup, i, to int) // moves it to another place
}

// things gives a kind what depends on nothing but the type.
func things[T any](k kind, list func(*agenda.Setup) *[]T, id func(*T) *string) kind {
	k.ids = func(s *agenda.Setup) (ids []string) {
		for i := range *list(s) {
			ids = append(ids, *id(&(*list(s))[i]))
		}
		return ids
	}
	k.thing = func(s *agenda.Setup, i int) any { return (*list(s))[i] }
	k.add = func(s *agenda.Setup, from int) {
		v := config.Fresh[T]()
		if from >= 0 {
			v = (*list(s))[from]
		}
		*id(&v) = ""
		*list(s) = append(*list(s), v)
	}
	k.named = func(s *agenda.Setup, i int, name string) { *id(&(*list(s))[i]) = name }
	k.drop = func(s *agenda.Setup, i int) { *list(s) = slices.Delete(*list(s), i, i+1) }
	k.swap = func(s *agenda.Setup, i, to int) {
		v := (*list(s))[i]
		*list(s) = slices.Insert(slices.Delete(*list(s), i, i+1), to, v)
	}
	return k
}

// kinds are the four, in the order in which an office is set up.
func (p *Part) kinds() []kind {
	return []kind{p.departments(), p.sites(), p.services(), p.calendars()}
}

// allKinds are they, and what hears of visits.
func (p *Part) allKinds() []kind { return append(p.kinds(), p.webhooks()) }

// kindOf finds a kind by its name.
func (p *Part) kindOf(name string) (kind, bool) {
	for _, k := range p.allKinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// find is the place of a thing that the person may see; else agenda.ErrNotFound.
func (k kind) find(q *office.Request, s *agenda.Setup, id string) (int, error) {
	i := slices.Index(k.ids(s), id)
	if i < 0 || !k.sees(q.Person, s, i) {
		return 0, agenda.ErrNotFound
	}
	return i, nil
}

// only lets nobody in for whom the kind does not exist.
func (k kind) only(do office.Handler) office.Handler {
	if k.open == nil {
		return do
	}
	return func(w http.ResponseWriter, q *office.Request) error {
		if !k.open(q.Person) {
			return agenda.ErrNotFound
		}
		return do(w, q)
	}
}

// at is the address of a thing's form.
func (k kind) at(id string) string { return "/staff/setup/" + k.name + "/" + id }

func everywhere(p *agenda.Person) bool { return p.MayEverywhere(agenda.ChangeSetup) }

func makeAnywhere(p *agenda.Person, _ *agenda.Setup) bool { return everywhere(p) }

func anyone(*agenda.Person, *agenda.Setup, int) bool { return true }

func wholeOnly(p *agenda.Person, _ *agenda.Setup, _ int) bool { return everywhere(p) }

// own is a copy of a set-up whose lists may be changed; what they hold is still shared.
func own(s *agenda.Setup) *agenda.Setup {
	c := *s
	c.Departments, c.Sites = slices.Clone(s.Departments), slices.Clone(s.Sites)
	c.Services, c.Calendars = slices.Clone(s.Services), slices.Clone(s.Calendars)
	c.Webhooks = slices.Clone(s.Webhooks)
	return &c
}
