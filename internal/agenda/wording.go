package agenda

import (
	"maps"
	"slices"
	"strconv"
)

// Wording is what a letter says in an office's own words. Empty: ours.
type Wording struct {
	Subject   Said
	Opening   Said   // instead of our first sentences
	Own       []Said // paragraphs beside what the letter says
	Signature Said
}

// Said is a text with its placeholders, and the language it is in where that is not the
// letter's.
type Said struct{ Text, Lang string }

// BrokenText is a text that no letter can be written with, in a set-up that is in force all
// the same: older, or restored.
type BrokenText struct {
	Level           LetterLevel
	ID              string // of the department or service
	Kind            string
	Lang            string
	Path            string
	Found, Expected string
}

// BrokenTexts finds them all.
func (s *Setup) BrokenTexts() (list []BrokenText) {
	look := func(path string, l *Letters, at LetterLevel, id string) {
		for _, t := range l.texts(path) {
			for _, lang := range slices.Sorted(maps.Keys(t.Text)) {
				if found, expected := t.Fault(lang); found != "" {
					list = append(list, BrokenText{at, id, t.Kind, lang, t.Path, found, expected})
				}
			}
		}
	}
	look("letters", &s.Letters, LettersOfTenant, "")
	for i := range s.Departments {
		look("departments["+strconv.Itoa(i)+"].letters", &s.Departments[i].Letters, LettersOfDepartment, s.Departments[i].ID)
	}
	for i := range s.Services {
		look("services["+strconv.Itoa(i)+"].letters", &s.Services[i].Letters, LettersOfService, s.Services[i].ID)
	}
	return list
}

// Wording chooses the words of a letter to a visitor in a language: those of the service,
// else of the department, else of the tenant. A subject or an opening counts where it is in
// the letter's language, so that a Turkish letter does not begin in German; paragraphs and
// signatures tell what ours do not, and are given in another language rather than not at
// all. A visit for several services has the paragraphs of each, but no one's subject. What
// is broken is passed over.
func (s *Setup) Wording(kind, lang, department string, items []Item) (w Wording) {
	var each []*Letters // of the services
	for _, it := range items {
		if svc, ok := s.ServiceOf(it.Service); ok && !slices.Contains(each, &svc.Letters) {
			each = append(each, &svc.Letters)
		}
	}
	outer := []*Letters{&s.Letters}
	if d, ok := s.DepartmentOf(department); ok {
		outer = []*Letters{&d.Letters, &s.Letters}
	}
	levels := outer
	if len(each) == 1 {
		levels = append([]*Letters{each[0]}, outer...)
	}
	own := func(l *Letters) *Text { return l.Of(kind) }
	w.Subject = s.first(levels, kind, lang, true, func(l *Letters) *Text { return l.Subjects.Of(kind) })
	w.Opening = s.first(levels, kind, lang, true, func(l *Letters) *Text { return l.Openings.Of(kind) })
	w.Signature = s.first(levels, "signature", lang, false, func(l *Letters) *Text { return &l.Signature })
	for _, l := range each {
		if said := s.first([]*Letters{l}, kind, lang, false, own); said.Text != "" && !slices.Contains(w.Own, said) {
			w.Own = append(w.Own, said)
		}
	}
	if said := s.first(outer, kind, lang, false, own); len(w.Own) == 0 && said.Text != "" {
		w.Own = []Said{said}
	}
	return w
}

// first is the first text of the levels that can be used; same demands the letter's language.
func (s *Setup) first(levels []*Letters, kind, lang string, same bool, of func(*Letters) *Text) Said {
	for _, l := range levels {
		t := of(l)
		if t == nil || len(*t) == 0 {
			continue
		}
		text, in := t.In(lang, s.Tenant.Languages...)
		one := LetterText{Kind: kind, Text: *t, Line: false}
		if found, _ := one.Fault(in); found != "" || text == "" || same && in != "" && in != lang {
			continue
		}
		if in == lang {
			in = ""
		}
		return Said{text, in}
	}
	return Said{}
}
