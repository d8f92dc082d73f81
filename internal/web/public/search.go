package public

import (
	"maps"
	"net/url"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/match"
)

// searchable is what the public can book at a tenant, ready to be searched. It is made
// once for each state of the set-up.
type searchable struct {
	setup    *agenda.Setup
	services []*agenda.Service
	index    *match.Index
}

// searchable gives a tenant's services by the words that people use for them.
func (s *Site) searchable(setup *agenda.Setup) *searchable {
	if known, ok := s.indexes.Load(setup.Tenant.ID); ok && known.(*searchable).setup == setup {
		return known.(*searchable)
	}
	made := &searchable{setup: setup}
	var list []match.Entry
	for i := range setup.Services {
		if svc := &setup.Services[i]; offered(setup, svc, nil) {
			made.services = append(made.services, svc)
			list = append(list, match.Entry{Names: inEveryLanguage(setup, svc.Name), Synonyms: svc.Synonyms, Code: svc.Leika})
		}
	}
	made.index = match.NewIndex(list, s.Words, inEveryLanguage(setup, setup.Tenant.Name)...)
	s.indexes.Store(setup.Tenant.ID, made)
	return made
}

// inEveryLanguage is a text in the languages it is there in, the tenant's first first.
func inEveryLanguage(s *agenda.Setup, t agenda.Text) []string {
	first := s.Text(t, "")
	list := []string{first}
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		if text := t[lang]; text != first {
			list = append(list, text)
		}
	}
	return list
}

// answerTo is what a search shows.
type answerTo struct {
	Services []listed
	Guess    string // what was searched instead of what was typed
	Part     bool   // nothing fits all words
}

// find searches a tenant's services.
func (s *Site) find(setup *agenda.Setup, typed, lang string) answerTo {
	known := s.searchable(setup)
	r := known.index.Search(typed)
	a := answerTo{Guess: r.Guess, Part: r.Part}
	for _, h := range r.Hits {
		svc := known.services[h.Entry]
		l := listed{Text: svc.Name, service: svc, name: setup.Text(svc.Name, lang)}
		if h.By != "" {
			l.Note = agenda.Plain(h.By)
		}
		a.Services = append(a.Services, l)
	}
	return a
}

// exact reports that everything found is just what was typed.
func (a answerTo) exact() bool { return len(a.Services) > 0 && a.Guess == "" && !a.Part }

// searchLink is an address of the first page with a search.
func searchLink(home, typed string) string { return link(home, url.Values{"q": {typed}}) }
