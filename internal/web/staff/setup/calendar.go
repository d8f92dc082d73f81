package setup

import (
	"net/url"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

func (p *Part) calendars() kind {
	return things(kind{
		name:  "calendars",
		title: func(f page.Frame, s *agenda.Setup, i int) string { return named(f, s, &s.Calendars[i]) },
		facts: func(f page.Frame, s *agenda.Setup, i int) []string {
			c := &s.Calendars[i]
			department, site := "", ""
			if d, ok := s.Department(c.Department); ok {
				department = office.Plain(f, d.Name)
			}
			if x, ok := s.Site(c.Site); ok {
				site = office.Plain(f, x.Name)
			}
			hours := ""
			if len(c.SlotTemplates) == 0 {
				hours = f.T("staff.setup.calendars.noTimes")
			}
			return some(department, site, f.T("staff.setup.services.count", "n", len(c.Services)), hours)
		},
		sees: func(p *agenda.Person, s *agenda.Setup, i int) bool { return p.MayIn(agenda.SeeSetup, &s.Calendars[i]) },
		may: func(p *agenda.Person, s *agenda.Setup, i int) bool {
			return p.MayIn(agenda.ChangeSetup, &s.Calendars[i])
		},
		make: func(p *agenda.Person, s *agenda.Setup) bool {
			return slices.ContainsFunc(s.Departments, func(d agenda.Department) bool { return p.MayInDepartment(agenda.ChangeSetup, d.ID) })
		},
		edit: func(e *editor, q *office.Request, s *agenda.Setup, i int) {
			c := &s.Calendars[i]
			known := p.busyKnown(q, e, c)
			e.calendar(q, s, c)
			e.section("busy")
			e.elsewhere(c, known, p.MayAsk)
		},
	}, func(s *agenda.Setup) *[]agenda.Calendar { return &s.Calendars }, func(c *agenda.Calendar) *string { return &c.ID })
}

func (e *editor) calendar(q *office.Request, s *agenda.Setup, c *agenda.Calendar) {
	e.section("about")
	e.text("name", &c.Name, as{Hint: true, Max: 200})
	e.choice("department", &c.Department, e.departments(q, s, c.Department), as{Required: true})
	e.choice("site", &c.Site, e.sites(s), as{Required: true})
	e.text("room", &c.Room, as{Hint: true, Max: 200})
	e.flag("private", &c.Private, as{Hint: true})
	if c.ID != "" {
		e.group().Links = []page.Link{{Label: e.t("calendars.plan"), Href: "/staff/plan?" + url.Values{"calendar": {c.ID}}.Encode()}}
	}
	e.section("services")
	e.offers(s, c)
	e.section("visitors")
	contact := e.words("contact", agenda.ContactRequired, agenda.ContactOptional, agenda.ContactOff)
	e.choice("contact.email", &c.Contact.Email, slices.Clone(contact), as{Required: true})
	e.choice("contact.phone", &c.Contact.Phone, slices.Clone(contact), as{Required: true, Hint: true})
	e.choice("confirm", &c.Confirm, e.words("confirm", agenda.ConfirmNone, agenda.ConfirmEmail, agenda.ConfirmStaff), as{Type: "radio", Required: true})
	e.number("holdMinutes", &c.HoldMinutes, 0, day, as{Required: true, Hint: true})
	e.number("confirmMinutes", &c.ConfirmMinutes, 1, 7*day, as{Required: true, Hint: true})
	e.number("releaseMinutes.from", &c.ReleaseMinutes.From, 0, 7*day, as{Required: true, Hint: true})
	e.number("releaseMinutes.to", &c.ReleaseMinutes.To, 0, 7*day, as{Required: true, Hint: true})
	e.reminders(&c.Reminders, as{})
	e.quietHours("quietHours", &c.QuietHours)
	e.section("office")
	e.line("staffMail.to", &c.StaffMail.To, as{Hint: true})
	e.some("staffMail.on", &c.StaffMail.On, e.words("staffOn", "booked", "moved", "cancelled"), as{})
	e.flag("staffMail.entries", &c.StaffMail.Entries, as{Hint: true})
	e.line("staffMail.dailyList", &c.StaffMail.DailyList, as{Hint: true, Width: "short", Max: 5})
	e.section("time")
	e.number("beforeMinutes", &c.BeforeMinutes, 0, day, as{Required: true, Hint: true})
	e.number("afterMinutes", &c.AfterMinutes, 0, day, as{Required: true})
	tick := strconv.Itoa(c.TickMinutes)
	var ticks []page.Choice
	for _, n := range []int{1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60} {
		ticks = append(ticks, page.Choice{Value: strconv.Itoa(n), Label: e.frame.T("common.minutes", "n", n)})
	}
	e.choice("tickMinutes", &tick, ticks, as{Required: true, Hint: true})
	if n, err := strconv.Atoi(tick); err == nil {
		c.TickMinutes = n
	}
	e.line("pool", &c.Pool, as{Hint: true, Max: 64})
}

func (e *editor) departments(q *office.Request, s *agenda.Setup, current string) (list []page.Choice) {
	for i := range s.Departments {
		if d := &s.Departments[i]; d.ID == current || q.Person.MayInDepartment(agenda.ChangeSetup, d.ID) {
			list = append(list, page.Choice{Value: d.ID, Label: office.Plain(e.frame, d.Name)})
		}
	}
	return list
}

func (e *editor) sites(s *agenda.Setup) (list []page.Choice) {
	for i := range s.Sites {
		list = append(list, page.Choice{Value: s.Sites[i].ID, Label: office.Plain(e.frame, s.Sites[i].Name)})
	}
	return list
}

// usual are the reminders that a form offers.
func usual() []agenda.Span {
	return []agenda.Span{{Days: 14}, {Days: 7}, {Days: 3}, {Days: 2}, {Days: 1}, {Minutes: 24 * 60}, {Minutes: 4 * 60}, {Minutes: 3 * 60}}
}

// reminders edits when visitors are reminded: some usual spans, and those that are set
// already.
func (e *editor) reminders(list *[]agenda.Span, a as) {
	offered := usual()
	var set []string
	for _, r := range *list {
		set = append(set, r.String())
		if !slices.Contains(offered, r) {
			offered = append(offered, r)
		}
	}
	slices.SortStableFunc(offered, func(a, b agenda.Span) int { return agenda.CompareSpans(b, a) })
	var choices []page.Choice
	for _, r := range offered {
		choices = append(choices, page.Choice{Value: r.String(), Label: e.span(r)})
	}
	was := slices.Clone(set)
	e.some("reminders", &set, choices, a)
	if slices.Equal(was, set) {
		return
	}
	var next []agenda.Span
	for _, s := range set {
		if r, err := agenda.ParseSpan(s); err == nil {
			next = append(next, r)
		}
	}
	*list = next
}

// span says a reminder's time in words.
func (e *editor) span(s agenda.Span) string {
	switch {
	case s.Minutes == 0:
		return e.t("span.days", "n", s.Days)
	case s.Days == 0 && s.Minutes%60 == 0:
		return e.t("span.hours", "n", s.Minutes/60)
	}
	return s.String()
}

// offer is a line of the services that a calendar can offer.
type offer struct {
	ID      string
	Name    agenda.Text
	Usual   int // minutes of the service
	Offered bool
	Minutes string // of its own here
	Error   string
	Label   string
}

func (o *offer) field() string { return "services." + o.ID }

// Field is the name of the field for minutes.
func (o offer) Field() string { return o.field() + ".minutes" }

// Box is the name of the box.
func (o offer) Box() string { return o.field() }

func (o *offer) fill(form *page.Form) {
	if form == nil {
		return
	}
	o.Offered = form.Value(o.Box()) != ""
	o.Minutes, o.Error = form.Value(o.Field()), form.Errors().For(o.Field())
}

// offers edits which services a calendar offers, and how long they take there.
func (e *editor) offers(s *agenda.Setup, c *agenda.Calendar) {
	g := e.group()
	g.Hint = e.t("calendars.services.hint")
	next := slices.Clone(c.Services)
	for i := range s.Services {
		x := &s.Services[i]
		o := offer{ID: x.ID, Name: x.Name, Usual: x.Minutes, Label: e.t("calendars.minutesHere")}
		is := slices.IndexFunc(next, func(n agenda.Offer) bool { return n.ID == x.ID })
		if is >= 0 {
			o.Offered = true
			if next[is].Minutes > 0 {
				o.Minutes = strconv.Itoa(next[is].Minutes)
			}
		}
		g.Offers = append(g.Offers, o)
		if !e.sent() {
			continue
		}
		minutes := 0
		if e.form.Value(o.Field()) != "" {
			minutes = e.form.Int(o.Field(), 1, day, page.Rule{Label: office.Plain(e.frame, x.Name)})
		}
		switch on := e.form.Value(o.Box()) != ""; {
		case is >= 0 && !on:
			next = slices.Delete(next, is, is+1)
		case is >= 0:
			next[is].Minutes = minutes
		case on:
			next = append(next, agenda.Offer{ID: x.ID, Minutes: minutes})
		}
	}
	slices.SortStableFunc(g.Offers, func(a, b offer) int { return boolInt(b.Offered) - boolInt(a.Offered) })
	if e.sent() && !slices.Equal(next, c.Services) {
		c.Services = next
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
