package agenda

import (
	"slices"
	"strings"
)

func (c *checker) checkCalendar(path string, cal *Calendar) {
	if _, ok := c.s.Department(cal.Department); !ok && cal.Department != "" {
		c.bad(path+".department", "found %q; expected the id of a department", cal.Department)
	}
	if _, ok := c.s.Site(cal.Site); !ok && cal.Site != "" {
		c.bad(path+".site", "found %q; expected the id of a site", cal.Site)
	}
	if cal.Pool != "" {
		c.id(path+".pool", cal.Pool)
	}
	c.offers(path+".services", cal.Services)
	contact := []string{ContactRequired, ContactOptional, ContactOff}
	c.oneOf(path+".contact.email", cal.Contact.Email, contact...)
	c.oneOf(path+".contact.phone", cal.Contact.Phone, contact...)
	if cal.Contact.Email == ContactOff && cal.Contact.Phone == ContactOff {
		c.bad(path+".contact.phone", "found off beside e-mail off; expected one way to reach the visitor")
	}
	c.tick(path+".tickMinutes", cal.TickMinutes)
	c.within(path+".beforeMinutes", cal.BeforeMinutes, 0, dayMinutes)
	c.within(path+".afterMinutes", cal.AfterMinutes, 0, dayMinutes)
	c.oneOf(path+".confirm", cal.Confirm, ConfirmNone, ConfirmEmail, ConfirmStaff)
	c.within(path+".holdMinutes", cal.HoldMinutes, 0, dayMinutes)
	c.within(path+".confirmMinutes", cal.ConfirmMinutes, 1, weekMinutes)
	c.within(path+".releaseMinutes.from", cal.ReleaseMinutes.From, 0, weekMinutes)
	c.within(path+".releaseMinutes.to", cal.ReleaseMinutes.To, cal.ReleaseMinutes.From, weekMinutes)
	c.reminders(path+".reminders", cal.Reminders)
	c.quietHours(path+".quietHours", cal.QuietHours)
	c.staffMail(path+".staffMail", &cal.StaffMail)
	c.staffEntries(path+".staffMail.entries", cal)
	c.closures(path+".closures", cal.Closures, true)
	c.busy(path+".busy", cal.Busy)
	uniqueIDs(c, path+".slotTemplates", cal.SlotTemplates, func(t *SlotTemplate) string { return t.ID })
	for i := range cal.SlotTemplates {
		c.checkTemplate(at(path+".slotTemplates", i), cal, &cal.SlotTemplates[i])
	}
	c.overlaps(path+".slotTemplates", cal)
}

func (c *checker) offers(path string, offers []Offer) {
	seen := map[string]bool{}
	for i, o := range offers {
		here := at(path, i)
		switch {
		case !c.services[o.ID]:
			c.bad(here+".id", "found %q; expected the id of a service", o.ID)
		case seen[o.ID]:
			c.bad(here+".id", "found %q again; expected it once", o.ID)
		}
		seen[o.ID] = true
		c.within(here+".minutes", o.Minutes, 0, dayMinutes)
	}
}

// tick wants a unit that the wall clock and UTC agree on.
func (c *checker) tick(path string, tick int) {
	if tick < 1 || tick > 60 || 60%tick != 0 {
		c.bad(path, "found %d; expected a number that divides 60, such as 5", tick)
		return
	}
	for _, off := range c.offsets {
		if off%tick != 0 {
			c.bad(path, "found %d; expected a number that divides %d too, the minutes by which %s is off UTC", tick, max(off, -off), c.s.Tenant.Timezone)
			return
		}
	}
}

func (c *checker) reminders(path string, list []Span) {
	if !c.atMost(path, len(list), maxReminders) {
		return
	}
	for i, r := range list {
		if n := r.Days*dayMinutes + r.Minutes; n < 1 || n > yearMinutes {
			c.bad(at(path, i), "found %v; expected a span up to 366d, such as 7d or 24h", r)
		}
		if slices.IndexFunc(list, func(o Span) bool { return CompareSpans(o, r) == 0 }) < i {
			c.bad(at(path, i), "found %v again; expected it once", r)
		}
	}
}

// mostQuiet leaves room for reminders, also on a day of 23 hours.
const mostQuiet = 22 * 60

func (c *checker) quietHours(path string, q QuietHours) {
	for _, end := range []struct {
		key string
		at  Minute
	}{{".from", q.From}, {".to", q.To}} {
		if end.at < 0 || end.at > dayMinutes {
			c.bad(path+end.key, "found %v; expected a time of day such as \"21:00\"", end.at)
		}
	}
	if long := (int(q.To-q.From) + dayMinutes) % dayMinutes; long > mostQuiet || q.From == 0 && q.To == dayMinutes {
		c.bad(path+".to", "found %v; expected at least two hours of the day in which reminders go out", q.To)
	} else if q.From == q.To && q.From != 0 {
		c.bad(path+".to", "found %v as in from; expected another time, or neither", q.To)
	}
}

// shortestNotice is the least between the question whether a visitor comes and the last
// moment to answer: time for a second letter, and to read it.
const shortestNotice = 2 * dayMinutes

func (c *checker) reconfirm(path string, r Reconfirm) {
	if (r == Reconfirm{}) {
		return
	}
	ask, by := r.Ask.Days*dayMinutes+r.Ask.Minutes, r.By.Days*dayMinutes+r.By.Minutes
	switch {
	case r.By == Span{}:
		c.bad(path+".by", "found none; expected the last moment to answer, such as 2d before the start")
	case by < 120 || by > yearMinutes:
		c.bad(path+".by", "found %v; expected a span from 2h to 366d before the start, such as 2d", r.By)
	case ask > yearMinutes:
		c.bad(path+".ask", "found %v; expected a span up to 366d before the start, such as 7d", r.Ask)
	case ask < by+shortestNotice:
		c.bad(path+".ask", "found %v; expected at least 2 days more than %v (by), such as %v", r.Ask, r.By, Span{Days: (by + shortestNotice + dayMinutes - 1) / dayMinutes})
	}
}

func (c *checker) staffMail(path string, m *StaffMail) {
	c.mailbox(path+".to", m.To)
	c.subset(path+".on", m.On, []string{"booked", "moved", "cancelled"})
	if m.DailyList != "" {
		if v, err := ParseMinute(m.DailyList); err != nil || v == dayMinutes {
			c.bad(path+".dailyList", "found %q; expected a time of day such as \"07:00\"", m.DailyList)
		}
	}
	if m.To == "" && (len(m.On) > 0 || m.DailyList != "") {
		c.bad(path+".to", "found nothing; expected the address that these letters go to")
	}
}

// staffEntries wants a mailbox that can take invitations from the sender of the letters:
// not the sender's own, for nobody is invited by themselves, and none where entries are
// only published, which no program moves or removes.
func (c *checker) staffEntries(path string, cal *Calendar) {
	if !cal.StaffMail.Entries {
		return
	}
	if cal.StaffMail.To == "" {
		c.bad(path, "found true without an address; expected staffMail.to beside it")
	}
	from := []string{c.s.Mail.From}
	if d, ok := c.s.Department(cal.Department); ok {
		if from = append(from, d.Mail); d.Invite == "publish" {
			c.bad(path, "found true, and invite: publish in department %q; expected invite: request there, or false", d.ID)
		}
	}
	for _, mailbox := range from {
		if SameMailbox(mailbox, cal.StaffMail.To) {
			c.bad(path, "found true, and letters to the mailbox that they come from; expected another staffMail.to, or false")
			return
		}
	}
}

func (c *checker) checkTemplate(path string, cal *Calendar, t *SlotTemplate) {
	if len(t.Weekdays) == 0 {
		c.bad(path+".weekdays", "found none; expected at least one of mo, tu, we, th, fr, sa, su")
	}
	c.subset(path+".weekdays", t.Weekdays, []string{"mo", "tu", "we", "th", "fr", "sa", "su"})
	c.raster(path, cal.TickMinutes, t)
	c.within(path+".seats.total", t.Seats.Total, 0, maxSeats)
	if t.Seats.Public != -1 && (t.Seats.Public < 0 || t.Seats.Public > t.Seats.Total) {
		c.bad(path+".seats.public", "found %d; expected 0 to %d, the total", t.Seats.Public, t.Seats.Total)
	}
	c.day(path+".validFrom", t.ValidFrom, false)
	c.day(path+".validTo", t.ValidTo, false)
	if t.ValidFrom != 0 && t.ValidTo != 0 && t.ValidFrom > t.ValidTo {
		c.bad(path+".validTo", "found %v; expected %v (validFrom) or later", t.ValidTo, t.ValidFrom)
	}
	c.within(path+".everyWeeks", t.EveryWeeks, 1, maxWeeks)
	if t.EveryWeeks > 1 && t.ValidFrom == 0 {
		c.bad(path+".everyWeeks", "found %d without validFrom; expected validFrom, from which the weeks are counted", t.EveryWeeks)
	}
	c.within(path+".weekOfMonth", t.WeekOfMonth, 0, 5)
	c.dates(path+".except", t.Except)
	c.dates(path+".alsoOn", t.AlsoOn)
	for i, id := range t.Services {
		if _, ok := cal.Offer(id); !ok {
			c.bad(at(path+".services", i), "found %q; expected a service that the calendar offers", id)
		}
	}
	c.unique(path+".services", t.Services)
	c.modes(path+".modes", t.Modes)
}

// raster wants from and to on ticks, and a slot length that fits between them.
func (c *checker) raster(path string, tick int, t *SlotTemplate) {
	if t.From < 0 || t.To > dayMinutes || t.From >= t.To {
		c.bad(path+".to", "found %v; expected a time after %v (from), 24:00 at the latest", t.To, t.From)
		return
	}
	if tick < 1 || 60%tick != 0 {
		return // said already
	}
	if int(t.From)%tick != 0 {
		c.bad(path+".from", "found %v; expected a multiple of %d minutes, the calendar's tick", t.From, tick)
	}
	if int(t.To)%tick != 0 {
		c.bad(path+".to", "found %v; expected a multiple of %d minutes, the calendar's tick", t.To, tick)
	}
	length := int(t.To - t.From)
	switch {
	case t.SlotMinutes < 1 || t.SlotMinutes > dayMinutes:
		c.within(path+".slotMinutes", t.SlotMinutes, 1, dayMinutes)
	case t.SlotMinutes%tick != 0:
		c.bad(path+".slotMinutes", "found %d; expected a multiple of %d, the calendar's tickMinutes", t.SlotMinutes, tick)
	case length%t.SlotMinutes != 0:
		c.bad(path+".slotMinutes", "found %d; expected a number that divides the %d minutes from %v to %v", t.SlotMinutes, length, t.From, t.To)
	}
}

func (c *checker) dates(path string, list []Date) {
	seen := map[Date]bool{}
	for i, d := range list {
		c.day(at(path, i), d, true)
		if seen[d] {
			c.bad(at(path, i), "found %v again; expected it once", d)
		}
		seen[d] = true
	}
}

// overlaps wants that no tick of a date belongs to two bookable templates: its
// seats would be ambiguous.
func (c *checker) overlaps(path string, cal *Calendar) {
	if !c.atMost(path, len(cal.SlotTemplates), maxTemplates) {
		return
	}
	meet := meeting{state: c.s.Tenant.State, local: c.s.Tenant.LocalHolidays}
	for j := range cal.SlotTemplates {
		b := &cal.SlotTemplates[j]
		for i := range j {
			a := &cal.SlotTemplates[i]
			if a.WalkIn || b.WalkIn || a.From >= b.To || b.From >= a.To {
				continue
			}
			if d, ok := meet.first(a, b); ok {
				c.bad(at(path, j), "found %s, which on %v overlaps %s of %q; expected no tick in two bookable templates",
					hours(b), d, hours(a), a.ID)
			}
		}
	}
}

func hours(t *SlotTemplate) string {
	return strings.Join(t.Weekdays, " ") + " " + t.From.String() + "-" + t.To.String()
}
