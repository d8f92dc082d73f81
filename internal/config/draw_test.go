package config

import (
	"fmt"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

// drawSetup makes a set-up without faults, with odd texts and odd choices.
func drawSetup(t *rapid.T) *agenda.Setup {
	s := withDefaults[agenda.Setup]()
	s.Revision = rapid.IntRange(0, 5).Draw(t, "revision")
	s.Tenant.ID, s.Tenant.Name = "kreis", drawText(t, true)
	s.Tenant.Phone, s.Tenant.State = drawLine(t), rapid.SampledFrom([]string{"", "NI", "BY"}).Draw(t, "state")
	s.Tenant.Languages = rapid.SampledFrom([][]string{{"de", "en"}, {"de"}, {"de-x-leicht", "no"}}).Draw(t, "languages")
	s.Legal = agenda.Legal{Imprint: drawText(t, false), Consent: drawText(t, false)}
	s.Brand.Colour = rapid.SampledFrom([]string{"", "#00ff7d"}).Draw(t, "colour")
	s.Mail.From = rapid.SampledFrom([]string{"", "a@example.org", `"Amt, 3" <a@example.org>`}).Draw(t, "from")
	s.Retention.JournalDays = rapid.SampledFrom([]int{0, 90, 91}).Draw(t, "days")
	s.Figures.PerClerk = rapid.Bool().Draw(t, "figures per clerk")
	s.Staff.TOTP = rapid.SampledFrom([]string{"", "optional", "required"}).Draw(t, "totp")
	s.Closures = drawClosures(t, false)
	for i := range rapid.IntRange(1, 3).Draw(t, "departments") {
		d := withDefaults[agenda.Department]()
		d.ID, d.Name, d.Closures = fmt.Sprint("d", i), drawText(t, true), drawClosures(t, false)
		if rapid.Bool().Draw(t, "letters") {
			d.Letters = agenda.Letters{Confirmed: agenda.Text{"de": "Bis bald, {name}.", "en": "See you, {name}."}, Signature: agenda.Plain("Ihr Amt\nTelefon {phone}")}
		}
		s.Departments = append(s.Departments, d)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "sites") {
		site := withDefaults[agenda.Site]()
		site.ID, site.Name, site.Street, site.PostalCode, site.City = fmt.Sprint(i), drawText(t, true), "Weg 1", "06108", "Halle"
		site.Lat, site.Lon = rapid.Float64Range(-90, 90).Draw(t, "lat")+0, rapid.Float64Range(-180, 180).Draw(t, "lon")+0 // no -0
		site.Public, site.OpeningHours = rapid.Bool().Draw(t, "public"), drawText(t, false)
		s.Sites = append(s.Sites, site)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "services") {
		s.Services = append(s.Services, drawService(t, i))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "calendars") {
		s.Calendars = append(s.Calendars, drawCalendar(t, &s, i))
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "webhooks") {
		h := withDefaults[agenda.Webhook]()
		h.ID, h.URL = fmt.Sprint("w", i), rapid.SampledFrom([]string{"https://a.example/h?x=1&y=2", "http://gateway.intern:8080/"}).Draw(t, "url")
		h.Events, h.Detail = agenda.WebhookEvents()[rapid.IntRange(0, 11).Draw(t, "events"):], agenda.DetailFull
		if rapid.Bool().Draw(t, "reference") {
			h.Events, h.Detail = []string{agenda.EventMoved}, agenda.DetailReference
		}
		h.Messages = rapid.SampledFrom([]string{agenda.MessagesNoEmail, agenda.MessagesAlways}).Draw(t, "messages")
		h.Departments, h.Services = rapid.SampledFrom([][]string{nil, {"d0"}}).Draw(t, "of"), rapid.SampledFrom([][]string{nil, {"s0"}}).Draw(t, "for")
		s.Webhooks = append(s.Webhooks, h)
	}
	return &s
}

func drawService(t *rapid.T, i int) agenda.Service {
	v := withDefaults[agenda.Service]()
	v.ID, v.Name, v.Minutes = fmt.Sprint("s", i), drawText(t, true), rapid.IntRange(1, 1440).Draw(t, "minutes")
	v.MinutesMore, v.MaxQuantity = rapid.IntRange(-1, 10).Draw(t, "more"), rapid.IntRange(1, 3).Draw(t, "quantity")
	v.LeadMinutes, v.HorizonDays = rapid.SampledFrom([]int{0, 60, 61}).Draw(t, "lead"), rapid.SampledFrom([]int{0, 60, 61}).Draw(t, "horizon")
	v.Modes = rapid.SampledFrom([][]string{{"onsite"}, {"phone", "onsite"}, {"home"}}).Draw(t, "modes")
	v.Public = rapid.SampledFrom([]agenda.Visibility{"true", "link", "false"}).Draw(t, "public")
	v.Combinable = rapid.SampledFrom([][]string{nil, {"s0"}}).Draw(t, "combinable")
	for range rapid.IntRange(0, 3).Draw(t, "checklist") {
		v.Checklist = append(v.Checklist, drawText(t, true))
	}
	if rapid.Bool().Draw(t, "question") {
		q := withDefaults[agenda.Question]()
		q.ID, q.Label, q.Options = "q", drawText(t, true), []agenda.Option{{ID: "a", Label: drawText(t, true)}, {ID: "b", Label: drawText(t, true), Minutes: 7}}
		v.Questions = []agenda.Question{q}
	}
	return v
}

func drawCalendar(t *rapid.T, s *agenda.Setup, i int) agenda.Calendar {
	c := withDefaults[agenda.Calendar]()
	c.ID, c.Department, c.Site = fmt.Sprint("c", i), s.Departments[0].ID, s.Sites[len(s.Sites)-1].ID
	c.Name, c.Room, c.Private = drawText(t, false), drawText(t, false), rapid.Bool().Draw(t, "private")
	c.Pool = rapid.SampledFrom([]string{"", "p"}).Draw(t, "pool")
	for j := range s.Services {
		c.Services = append(c.Services, agenda.Offer{ID: s.Services[j].ID, Minutes: 5 * j})
	}
	c.Contact.Phone = rapid.SampledFrom([]string{"required", "optional", "off"}).Draw(t, "phone")
	c.Confirm = rapid.SampledFrom([]string{"none", "email", "staff"}).Draw(t, "confirm")
	c.HoldMinutes = rapid.SampledFrom([]int{0, 20, 30}).Draw(t, "hold")
	c.Reminders = rapid.SampledFrom([][]agenda.Span{nil, {{Days: 7}, {Minutes: 90}}, {{Minutes: 60}}}).Draw(t, "reminders")
	if rapid.Bool().Draw(t, "staffMail") {
		c.StaffMail = agenda.StaffMail{To: "b@example.org", On: []string{"moved"}, Entries: rapid.Bool().Draw(t, "entries"), DailyList: "07:00"}
	}
	c.Closures = drawClosures(t, true)
	for j, day := range []string{"mo", "tu", "we"} {
		c.SlotTemplates = append(c.SlotTemplates, drawTemplate(t, fmt.Sprint(j), day))
	}
	return c
}

func drawTemplate(t *rapid.T, id, day string) agenda.SlotTemplate {
	v := withDefaults[agenda.SlotTemplate]()
	v.ID, v.Weekdays = id, []string{day}
	v.SlotMinutes = 5 * rapid.IntRange(1, 12).Draw(t, "slot")
	v.From = agenda.Minute(5 * rapid.IntRange(0, 100).Draw(t, "from"))
	v.To = v.From + agenda.Minute(v.SlotMinutes*rapid.IntRange(1, 10).Draw(t, "slots"))
	v.WalkIn = rapid.Bool().Draw(t, "walkIn")
	v.Seats = agenda.Seats{Total: rapid.IntRange(0, 3).Draw(t, "total"), Public: -1}
	v.Seats.Public = rapid.IntRange(-1, v.Seats.Total).Draw(t, "public")
	if rapid.Bool().Draw(t, "valid") {
		v.ValidFrom = agenda.Date(20000 + rapid.IntRange(0, 999).Draw(t, "validFrom"))
		v.ValidTo = v.ValidFrom + agenda.Date(rapid.IntRange(0, 999).Draw(t, "length"))
		v.EveryWeeks, v.WeekOfMonth = rapid.IntRange(1, 3).Draw(t, "every"), rapid.IntRange(0, 5).Draw(t, "nth")
		v.Except = []agenda.Date{v.ValidFrom, v.ValidTo + 1}
	}
	return v
}

func drawClosures(t *rapid.T, seats bool) (list []agenda.Closure) {
	for range rapid.IntRange(0, 2).Draw(t, "closures") {
		from := agenda.Moment{Date: agenda.Date(20000 + rapid.IntRange(0, 99).Draw(t, "day"))}
		c := agenda.Closure{From: from, To: from, Reason: drawText(t, false)}
		if rapid.Bool().Draw(t, "timed") {
			c.To = agenda.Moment{Date: from.Date, Timed: true, Minute: agenda.Minute(rapid.IntRange(1, 1440).Draw(t, "to"))}
		}
		if seats {
			c.Seats = rapid.IntRange(0, 2).Draw(t, "seats")
		}
		list = append(list, c)
	}
	return list
}

func drawLine(t *rapid.T) string {
	return rapid.OneOf(rapid.StringMatching(`[ -~äöüß€]{0,12}`), rapid.SampledFrom([]string{"no", "~", "null", "1e3", "- x", "a: b", "a #b", "😀", "{", "08:00", "2026-01-01"})).Draw(t, "line")
}

func drawText(t *rapid.T, needed bool) agenda.Text {
	line := "x" + drawLine(t)
	switch rapid.IntRange(0, 4).Draw(t, "text") {
	case 0:
		if !needed {
			return nil
		}
	case 1:
		return agenda.Text{"de": line, "no": drawLine(t) + "."}
	case 2:
		return agenda.Plain(line + "\n" + drawLine(t) + "\n\n  " + line)
	case 3:
		return agenda.Plain(rapid.StringMatching(`[ \n:]{0,3}`).Draw(t, "lead") + line + rapid.StringMatching(`\n?[ \n]{0,2}`).Draw(t, "end"))
	}
	return agenda.Plain(drawLine(t) + "y")
}
