package setup

import (
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// question edits one question of a service; without a label it goes, or does not come.
func (e *editor) question(s *agenda.Setup, x *agenda.Service, prefix string, v *agenda.Question) bool {
	e.text(prefix+".label", &v.Label, as{Key: "question", Max: 300})
	e.choice(prefix+".type", &v.Type, e.words("question", "choice", "yesno", "text"), as{Key: "questionType", Required: true})
	e.flag(prefix+".required", &v.Required, as{Key: "questionRequired"})
	if v.Type != "choice" {
		if e.sent() {
			v.Options = nil
		}
		return len(v.Label) > 0
	}
	where := e.leadsTo(s, x, v)
	rows(e, prefix+".options", &v.Options, 2, func() (o agenda.Option) { return o }, func(at string, o *agenda.Option, _ bool) bool {
		e.within("", false, func() { e.option(at, o, where) })
		return len(o.Label) > 0
	})
	identify(e, v.Options, func(o *agenda.Option) (*string, agenda.Text) { return &o.ID, o.Label })
	if first := prefix + ".label." + e.langs[0]; e.sent() && len(v.Label) == 0 && len(v.Options) > 0 {
		e.form.Fail(first, "layout.form.missing", "label", e.label(first))
	}
	return len(v.Label) > 0
}

func (e *editor) option(at string, o *agenda.Option, where []page.Choice) {
	e.text(at+".label", &o.Label, as{Key: "option", Suffix: " " + numberOf(at), Max: 300})
	e.maybe(at+".minutes", &o.Minutes, 0, 1, day, as{Key: "optionMinutes"})
	if len(where) > 0 {
		e.some(at+".calendars", &o.Calendars, slices.Clone(where), as{Key: "optionCalendars"})
	}
	if first := at + ".label." + e.langs[0]; e.sent() && len(o.Label) == 0 && o.ID == "" && o.Minutes > 0 {
		e.form.Fail(first, "layout.form.missing", "label", e.label(first))
	}
}

// leadsTo are the calendars that an answer can lead to.
func (e *editor) leadsTo(s *agenda.Setup, x *agenda.Service, v *agenda.Question) (list []page.Choice) {
	for i := range s.Calendars {
		c := &s.Calendars[i]
		_, offers := c.Offer(x.ID)
		if offers || slices.ContainsFunc(v.Options, func(o agenda.Option) bool { return slices.Contains(o.Calendars, c.ID) }) {
			list = append(list, page.Choice{Value: c.ID, Label: named(e.frame, s, c)})
		}
	}
	return list
}

// identify gives what is new in a list ids of their own, made of their names.
func identify[T any](e *editor, list []T, of func(*T) (*string, agenda.Text)) {
	var taken []string
	for i := range list {
		id, _ := of(&list[i])
		taken = append(taken, *id)
	}
	for i := range list {
		if id, name := of(&list[i]); e.sent() && *id == "" {
			*id = newID(office.Plain(e.frame, name), taken)
			taken = append(taken, *id)
		}
	}
}
