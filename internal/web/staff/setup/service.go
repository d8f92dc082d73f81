package setup

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// A day and a year in minutes.
const (
	day  = 24 * 60
	year = 366 * day
)

func (p *Part) services() kind {
	return things(kind{
		name:  "services",
		title: func(f page.Frame, s *agenda.Setup, i int) string { return office.Plain(f, s.Services[i].Name) },
		facts: func(f page.Frame, s *agenda.Setup, i int) []string {
			x := &s.Services[i]
			where := f.T("staff.setup.services.offered", "n", len(s.Offering(x.ID)))
			if len(s.Offering(x.ID)) == 0 {
				where = f.T("staff.setup.services.nowhere")
			}
			hidden := ""
			if x.Public != agenda.VisiblePublic {
				hidden = f.T("staff.setup.visible.short." + string(x.Public))
			}
			return some(f.T("common.minutes", "n", x.Minutes), where, hidden)
		},
		sees: anyone,
		may: func(p *agenda.Person, s *agenda.Setup, i int) bool {
			return p.MayChangeService(s, s, s.Services[i].ID)
		},
		make: func(p *agenda.Person, _ *agenda.Setup) bool { return p.May(agenda.ChangeSetup) },
		edit: func(e *editor, q *office.Request, s *agenda.Setup, i int) { e.service(q, s, &s.Services[i]) },
	}, func(s *agenda.Setup) *[]agenda.Service { return &s.Services }, func(x *agenda.Service) *string { return &x.ID })
}

func (e *editor) service(q *office.Request, s *agenda.Setup, x *agenda.Service) {
	e.section("about")
	e.text("name", &x.Name, as{Required: true, Max: 200})
	e.maybe("minutes", &x.Minutes, 0, 1, day, as{Required: true, Hint: true})
	e.choice("public", (*string)(&x.Public), e.words("visible", "true", "link", "false"), as{Type: "radio", Required: true})
	e.offeredIn(q, s, x)
	e.section("words")
	e.text("description", &x.Description, as{Type: "textarea", Hint: true, Rows: 3, Max: 2000})
	e.lines("synonyms", &x.Synonyms, as{Hint: true, Rows: 3})
	e.text("fee", &x.Fee, as{Hint: true})
	if x.ID != "" {
		e.group().Links = []page.Link{{Label: e.t("departments.letters"), Href: "/staff/setup/services/" + x.ID + "/letters"}}
	}
	e.section("checklist")
	rows(e, "checklist", &x.Checklist, 2, func() agenda.Text { return nil }, func(prefix string, t *agenda.Text, _ bool) bool {
		e.text(prefix, t, as{Key: "thing", Suffix: " " + numberOf(prefix), Max: 300})
		return len(*t) > 0
	})
	e.group().Hint = e.t("services.checklist.hint")
	e.several(s, x)
	e.section("rules")
	e.number("leadMinutes", &x.LeadMinutes, 0, year, as{Required: true, Hint: true})
	e.number("horizonDays", &x.HorizonDays, 0, 36500, as{Required: true, Hint: true})
	e.number("cancelByMinutes", &x.CancelByMinutes, 0, year, as{Required: true, Hint: true})
	e.number("maxOpen", &x.MaxOpen, 0, 1000, as{Required: true, Hint: true})
	e.some("modes", &x.Modes, e.modes(), as{Required: true})
	e.flag("sensitive", &x.Sensitive, as{Hint: true})
	e.section("remind")
	e.reminders(&x.Reminders, as{Hint: true})
	e.reconfirm(&x.Reconfirm)
	e.section("questions")
	e.group().Hint = e.t("services.questions.hint")
	rows(e, "questions", &x.Questions, 1, config.Fresh[agenda.Question], func(prefix string, v *agenda.Question, added bool) (keep bool) {
		title := office.Plain(e.frame, v.Label)
		if added {
			title = e.t("services.newQuestion")
		}
		e.within(title, added, func() { keep = e.question(s, x, prefix, v) })
		return keep
	})
	identify(e, x.Questions, func(v *agenda.Question) (*string, agenda.Text) { return &v.ID, v.Label })
	e.section("more")
	e.group().Folded = true
	e.line("leika", &x.Leika, as{Hint: true, Max: 40})
}

// numberOf counts the rows of a list for people: checklist.0 is the first.
func numberOf(prefix string) string {
	n, _ := strconv.Atoi(prefix[strings.LastIndexByte(prefix, '.')+1:])
	return strconv.Itoa(n + 1)
}

func (e *editor) modes() (list []page.Choice) {
	for _, m := range []string{agenda.ModeOnsite, agenda.ModePhone, agenda.ModeVideo, agenda.ModeHome} {
		list = append(list, page.Choice{Value: m, Label: e.frame.T("staff.mode." + m)})
	}
	return list
}

// offeredIn edits which calendars offer the service, as far as they are the person's.
func (e *editor) offeredIn(q *office.Request, s *agenda.Setup, x *agenda.Service) {
	var mine []page.Choice
	var offering []string
	for i := range s.Calendars {
		c := &s.Calendars[i]
		if !q.Person.MayIn(agenda.ChangeSetup, c) {
			continue
		}
		mine = append(mine, page.Choice{Value: c.ID, Label: named(e.frame, s, c)})
		if id := cmp.Or(x.ID, e.like); id != "" && offers(c, id) {
			offering = append(offering, c.ID)
		}
	}
	if len(mine) == 0 {
		return
	}
	was := slices.Clone(offering)
	e.some("calendars", &offering, mine, as{Hint: true, Required: !everywhere(q.Person)})
	for i := range s.Calendars {
		c := &s.Calendars[i]
		before, after := slices.Contains(was, c.ID), slices.Contains(offering, c.ID)
		switch {
		case after && !before:
			c.Services = append(slices.Clone(c.Services), agenda.Offer{ID: x.ID})
		case before && !after:
			c.Services = slices.DeleteFunc(slices.Clone(c.Services), func(o agenda.Offer) bool { return o.ID == x.ID })
		}
	}
}

func offers(c *agenda.Calendar, id string) bool {
	_, ok := c.Offer(id)
	return ok
}

// several edits how often, and with what, the service can be booked at once. That a
// service combines with another is said by either of them and shown by both.
func (e *editor) several(s *agenda.Setup, x *agenda.Service) {
	e.section("several")
	e.number("maxQuantity", &x.MaxQuantity, 1, 1000, as{Required: true})
	e.maybe("minutesMore", &x.MinutesMore, -1, 0, day, as{Hint: true})
	e.choice("quantityOf", &x.QuantityOf, e.words("quantity", agenda.Quantities()...), as{Hint: true})
	var with []string
	var others []page.Choice
	for i := range s.Services {
		o := &s.Services[i]
		if o.ID == x.ID {
			continue
		}
		others = append(others, page.Choice{Value: o.ID, Label: office.Plain(e.frame, o.Name)})
		if slices.Contains(x.Combinable, o.ID) || slices.Contains(o.Combinable, x.ID) && x.ID != "" {
			with = append(with, o.ID)
		}
	}
	if len(others) == 0 {
		return
	}
	was := slices.Clone(with)
	e.within(e.t("services.combinable", "n", len(with)), true, func() { e.some("combinable", &with, others, as{Key: "combinableWith"}) })
	x.Combinable = exchange(x.Combinable, was, with)
	for i := range s.Services {
		if o := &s.Services[i]; slices.Contains(was, o.ID) && !slices.Contains(with, o.ID) {
			o.Combinable = exchange(o.Combinable, []string{x.ID}, nil)
		}
	}
}

// exchange takes out of a list what was but is no more, and adds what is new.
func exchange(list, was, is []string) []string {
	next := slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(was, id) && !slices.Contains(is, id) })
	for _, id := range is {
		if !slices.Contains(was, id) && !slices.Contains(next, id) {
			next = append(next, id)
		}
	}
	if slices.Equal(next, list) {
		return list
	}
	return next
}
