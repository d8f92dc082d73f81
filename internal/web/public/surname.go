package public

import (
	"crypto/rand"
	"maps"
	"net/url"
	"slices"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
)

// rememberSurname begins what is typed on this way with the family name among the answers,
// so that nobody types it twice. It stands in no address: only its letters matter there.
func (c *call) rememberSurname(w agenda.Wish) {
	for _, it := range w.Items {
		svc, ok := c.setup.Service(it.Service)
		if !ok {
			continue
		}
		for i := range svc.Questions {
			q := &svc.Questions[i]
			name := it.Answers[q.ID]
			if q.Type != agenda.AskSurname || name == "" || q.Option(name) != nil || utf8.RuneCountInString(name) > agenda.MaxName {
				continue
			}
			if c.draft == "" {
				c.draft = rand.Text()[:12]
			}
			c.remember(url.Values{"name": {name}})
			return
		}
	}
}

// surnameFor is what stands in the field of a question: what was just typed, else the name
// that was typed before where it leads to the answer that was given.
func (c *call) surnameFor(q *agenda.Question, given, typed string) string {
	if typed != "" && q.Option(typed) == nil {
		return typed
	}
	name := c.remembered().Get("name")
	if o := q.OptionFor(name); o != nil && (given == "" || o.ID == given) {
		return name
	}
	return ""
}

// nameless is a wish without family names that led nowhere: they have no place in an
// address.
func (c *call) nameless(w agenda.Wish) agenda.Wish {
	w.Items = slices.Clone(w.Items)
	for i := range w.Items {
		it := &w.Items[i]
		svc, ok := c.setup.Service(it.Service)
		if !ok {
			continue
		}
		for j := range svc.Questions {
			q := &svc.Questions[j]
			if a := it.Answers[q.ID]; q.Type == agenda.AskSurname && a != "" && q.Option(a) == nil {
				it.Answers = maps.Clone(it.Answers)
				delete(it.Answers, q.ID)
			}
		}
	}
	return w
}

// surnameHint says that the family name stands in the field for the whole name already,
// where it is all that was typed so far.
func (c *call) surnameHint(w agenda.Wish) string {
	asked := slices.ContainsFunc(w.Items, func(it agenda.Item) bool {
		svc, ok := c.setup.Service(it.Service)
		return ok && slices.ContainsFunc(svc.Questions, func(q agenda.Question) bool { return q.Type == agenda.AskSurname })
	})
	if v := c.remembered(); asked && len(v) == 1 && v.Get("name") != "" {
		return c.t("public.entry.surnameKnown")
	}
	return ""
}
