package public

import (
	"cmp"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// stretch is when visitors may come without an appointment: the same hours on
// some weekdays, or on one date where they come round less than weekly.
type stretch struct {
	weekdays []time.Weekday // Monday first; empty: only on date
	date     agenda.Date
	from, to agenda.Minute
	names    []agenda.Text // what it is for, where not for all at the site
}

// line says a stretch: "Montag bis Mittwoch 08:00–13:00 Uhr (Personalausweis)".
func (s stretch) line(c *call) []agenda.Text {
	p := c.frame.Printer()
	at := func(m agenda.Minute) time.Time { return agenda.Date(0).Noon().Add(minutes(int(m) - 12*60)) }
	days := ""
	switch n := len(s.weekdays); {
	case n == 0:
		days = p.Date(s.date.Noon()) + ","
	case n > 2 && following(s.weekdays[0], s.weekdays[n-1]) == n-1:
		days = c.t("public.hours.days", "from", p.Weekday(s.weekdays[0]), "to", p.Weekday(s.weekdays[n-1]))
	default:
		for i, d := range s.weekdays {
			if i > 0 {
				days += ", "
			}
			days += p.Weekday(d)
		}
	}
	line := []agenda.Text{c.ours(days + " " + p.TimeSpan(at(s.from), at(s.to)))}
	for i, name := range s.names {
		between := ", "
		if i == 0 {
			between = " ("
		}
		line = append(line, c.ours(between), name)
	}
	if len(s.names) > 0 {
		line = append(line, c.ours(")"))
	}
	return line
}

// following counts the days from one weekday to a later one of the same week.
func following(from, to time.Weekday) int { return (int(to)+6)%7 - (int(from)+6)%7 }

// walkIns are the hours without appointment at a site, in the order of the week.
// With items only what serves all of them counts, else each names what it is for.
func (c *call) walkIns(site *agenda.Site, items []agenda.Item, today agenda.Date) (list []stretch) {
	for i := range c.setup.Calendars {
		cal := &c.setup.Calendars[i]
		if cal.Site != site.ID || cal.Private || !serves(cal.Services, items) {
			continue
		}
		for j := range cal.SlotTemplates {
			t := &cal.SlotTemplates[j]
			if s, ok := newStretch(t, today); ok && admits(t, items) {
				if len(items) == 0 {
					s.names = c.purpose(cal, t)
				}
				list = append(list, s)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b stretch) int {
		return cmp.Or(cmp.Compare(a.day(), b.day()), cmp.Compare(a.from, b.from))
	})
	return slices.CompactFunc(list, func(a, b stretch) bool {
		return a.from == b.from && a.to == b.to && a.date == b.date && slices.Equal(a.weekdays, b.weekdays) && len(a.names)+len(b.names) == 0
	})
}

// newStretch reads a template that has hours without appointment in the coming
// weeks.
func newStretch(t *agenda.SlotTemplate, today agenda.Date) (s stretch, ok bool) {
	next := today
	for ; next < today+35 && !t.On(next); next++ {
	}
	if !t.WalkIn || !t.On(next) {
		return s, false
	}
	s = stretch{from: t.From, to: t.To}
	if t.EveryWeeks > 1 || t.WeekOfMonth > 0 {
		s.date = next
		return s, true
	}
	for _, id := range t.Weekdays {
		if wd, ok := agenda.ParseWeekday(id); ok {
			s.weekdays = append(s.weekdays, wd)
		}
	}
	slices.SortFunc(s.weekdays, func(a, b time.Weekday) int { return following(b, a) })
	return s, true
}

// day is the place of a stretch in the week, single dates last.
func (s stretch) day() int {
	if len(s.weekdays) == 0 {
		return 7
	}
	return following(time.Monday, s.weekdays[0])
}

func serves(offers []agenda.Offer, items []agenda.Item) bool {
	return !slices.ContainsFunc(items, func(it agenda.Item) bool {
		return !slices.ContainsFunc(offers, func(o agenda.Offer) bool { return o.ID == it.Service })
	})
}

func admits(t *agenda.SlotTemplate, items []agenda.Item) bool {
	return len(t.Services) == 0 || !slices.ContainsFunc(items, func(it agenda.Item) bool { return !slices.Contains(t.Services, it.Service) })
}

// purpose says what hours without appointment are for: some services, or one of
// several departments at the site.
func (c *call) purpose(cal *agenda.Calendar, t *agenda.SlotTemplate) (names []agenda.Text) {
	for _, id := range t.Services {
		if svc, ok := c.setup.Service(id); ok && svc.Public == agenda.VisiblePublic {
			names = append(names, svc.Name)
		}
	}
	several := slices.ContainsFunc(c.setup.Calendars, func(other agenda.Calendar) bool {
		return other.Site == cal.Site && other.Department != cal.Department
	})
	if d, ok := c.setup.Department(cal.Department); ok && several && len(names) == 0 {
		names = append(names, d.Name)
	}
	return names
}

// hoursFacts say when a site is open, and when without appointment.
func (c *call) hoursFacts(site *agenda.Site, items []agenda.Item, today agenda.Date) (list []fact) {
	if !site.OpeningHours.IsZero() {
		list = append(list, fact{Key: c.t("public.hours"), Lines: []agenda.Text{site.OpeningHours}})
	}
	f := fact{Key: c.t("public.walkIn")}
	for _, s := range c.walkIns(site, items, today) {
		f.Mixed = append(f.Mixed, s.line(c))
	}
	if len(f.Mixed) > 0 {
		list = append(list, f)
	}
	return list
}

// sitePart tells about one site.
type sitePart struct {
	Name  agenda.Text
	Facts []fact
}

// openSites are the public sites with all one needs to come, also without an appointment;
// none where no site says more than its address.
func (c *call) openSites(today agenda.Date) (list []sitePart) {
	told := false
	for i := range c.setup.Sites {
		site := &c.setup.Sites[i]
		if !site.Public || !slices.ContainsFunc(c.setup.Calendars, func(cal agenda.Calendar) bool { return cal.Site == site.ID }) {
			continue
		}
		hours, access := c.hoursFacts(site, nil, today), c.accessOf(site)
		told = told || len(hours) > 0
		facts := append([]fact{{Key: c.t("common.address"), Lines: []agenda.Text{agenda.Plain(site.Address())}}}, hours...)
		if len(access) > 0 {
			facts = append(facts, fact{Key: c.t("public.access"), Lines: access})
		}
		if site.Phone != "" {
			facts = append(facts, fact{Key: c.t("common.phone"), Phone: site.Phone})
		}
		list = append(list, sitePart{site.Name, facts})
	}
	if !told {
		return nil
	}
	return list
}

// withoutAppointment are the sites where a wish can be served without one.
func (f *finder) withoutAppointment() (list []sitePart) {
	for _, site := range f.sites() {
		p := sitePart{Name: site.Name}
		for _, fact := range f.hoursFacts(site, f.wish.Items, f.today()) {
			if len(fact.Mixed) > 0 {
				p.Facts = append(p.Facts, fact)
			}
		}
		if len(p.Facts) > 0 {
			p.Facts = append([]fact{{Key: f.t("common.address"), Lines: []agenda.Text{agenda.Plain(site.Address())}}}, p.Facts...)
			list = append(list, p)
		}
	}
	return list
}
