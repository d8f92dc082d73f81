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
	e.choice(prefix+".type", &v.Type, e.words("question", agenda.AskChoice, agenda.AskYesNo, agenda.AskText, agenda.AskSurname), as{Key: "questionType", Required: true})
	e.flag(prefix+".required", &v.Required, as{Key: "questionRequired"})
	if !v.Chooses() {
		if e.sent() {
			v.Options = nil
		}
		return len(v.Label) > 0
	}
	where := leadsTo{e.calendarsOf(s, x, v), e.otherServices(s, x)}
	rows(e, prefix+".options", &v.Options, 2, func() (o agenda.Option) { return o }, func(at string, o *agenda.Option, _ bool) bool {
		e.within("", false, func() { e.option(v, at, o, where) })
		return len(o.Label) > 0
	})
	identify(e, v.Options, func(o *agenda.Option) (*string, agenda.Text) { return &o.ID, o.Label })
	if first := prefix + ".label." + e.langs[0]; e.sent() && len(v.Label) == 0 && len(v.Options) > 0 {
		e.form.Fail(first, "layout.form.missing", "label", e.label(first))
	}
	return len(v.Label) > 0
}

// leadsTo is where an answer can lead.
type leadsTo struct{ calendars, services []page.Choice }

func (e *editor) option(v *agenda.Question, at string, o *agenda.Option, where leadsTo) {
	e.text(at+".label", &o.Label, as{Key: "option", Suffix: " " + numberOf(at), Max: 300})
	e.maybe(at+".minutes", &o.Minutes, 0, 1, day, as{Key: "optionMinutes"})
	if len(where.calendars) > 0 {
		e.some(at+".calendars", &o.Calendars, slices.Clone(where.calendars), as{Key: "optionCalendars"})
	}
	if v.Type == agenda.AskSurname {
		o.Service = ""
		e.line(at+".letters", &o.Letters, as{Key: "optionLetters", Hint: true, Max: 100, Width: "short"})
	} else {
		o.Letters = ""
		if len(where.services) > 0 {
			e.choice(at+".service", &o.Service, slices.Clone(where.services), as{Key: "optionService", Hint: true})
		}
	}
	if first := at + ".label." + e.langs[0]; e.sent() && len(o.Label) == 0 && o.ID == "" && o.Minutes > 0 {
		e.form.Fail(first, "layout.form.missing", "label", e.label(first))
	}
}

// otherServices are the services that an answer can lead to.
func (e *editor) otherServices(s *agenda.Setup, x *agenda.Service) (list []page.Choice) {
	for i := range s.Services {
		if o := &s.Services[i]; o.ID != x.ID {
			list = append(list, page.Choice{Value: o.ID, Label: office.Plain(e.frame, o.Name)})
		}
	}
	return list
}

// calendarsOf are the calendars that an answer can lead to.
func (e *editor) calendarsOf(s *agenda.Setup, x *agenda.Service, v *agenda.Question) (list []page.Choice) {
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
