package office

import (
	"strings"
	"time"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// Plain is a tenant's text in the language of the page.
func Plain(f page.Frame, t agenda.Text) string {
	s, _ := t.In(f.Lang, "de")
	return s
}

// Short is a date and time for lists.
func Short(f page.Frame, t time.Time) string {
	return f.Printer().ShortDate(t) + ", " + f.Printer().Time(t)
}

// Badge is a booking's state, in form and text.
func Badge(f page.Frame, b *agenda.Booking) page.Badge {
	switch b.Status {
	case agenda.Pending:
		return page.Badge{Kind: "warning", Label: f.T("staff.status.pending." + b.Awaits), Icon: "question-mark"}
	case agenda.Confirmed:
		return page.Badge{Kind: "info", Label: f.T("staff.status.confirmed"), Icon: "calendar-today"}
	case agenda.CheckedIn:
		return page.Badge{Kind: "success", Label: f.T("staff.status.checked_in"), Icon: "account-circle"}
	case agenda.Served:
		return page.Badge{Kind: "neutral", Label: f.T("staff.status.served"), Icon: "check"}
	case agenda.NoShow:
		return page.Badge{Kind: "danger", Label: f.T("staff.status.no_show"), Icon: "close"}
	case agenda.Cancelled:
		return page.Badge{Kind: "neutral", Label: f.T("staff.status.cancelled"), Icon: "delete"}
	case agenda.Held:
		return page.Badge{Kind: "neutral", Label: f.T("staff.status.held"), Icon: "autorenew"}
	}
	return page.Badge{Kind: "neutral", Label: f.T("staff.status.expired"), Icon: "close"}
}

// Calendars are those in which the person has a right, in the tenant's order.
func (q *Request) Calendars(right agenda.Right) (list []*agenda.Calendar) {
	for i := range q.Setup.Calendars {
		if c := &q.Setup.Calendars[i]; q.Person.MayIn(right, c) {
			list = append(list, c)
		}
	}
	return list
}

// Looker is who looked at a visit: somebody of the staff or a program by name, or a feed.
// Somebody whose account is gone is known by its id alone.
func Looker(f page.Frame, id string, names map[string]string) string {
	if feed, ok := strings.CutPrefix(id, "feed/"); ok {
		return f.T("staff.looks.ofFeed", "id", feed)
	}
	if name := names[id]; name != "" {
		return name
	}
	return id
}

// Choices are calendars to select from, by names that tell them apart.
func Choices(f page.Frame, s *agenda.Setup, list []*agenda.Calendar, selected string) []page.Choice {
	var c []page.Choice
	names := map[string]int{}
	for _, cal := range list {
		names[CalendarName(f, s, cal)]++
	}
	for _, cal := range list {
		name := CalendarName(f, s, cal)
		if names[name] > 1 {
			name += " (" + cal.ID + ")"
		}
		c = append(c, page.Choice{Value: cal.ID, Label: name, Selected: cal.ID == selected})
	}
	return c
}

// CalendarName is the calendar's own name, or else what it belongs to and where it
// is.
func CalendarName(f page.Frame, s *agenda.Setup, c *agenda.Calendar) string {
	if name := Plain(f, c.Name); name != "" {
		return name
	}
	var parts []string
	if d, ok := s.DepartmentOf(c.Department); ok {
		parts = append(parts, Plain(f, d.Name))
	}
	if site, ok := s.SiteOf(c.Site); ok {
		parts = append(parts, Plain(f, site.Name))
	}
	if room := Plain(f, c.Room); room != "" {
		parts = append(parts, room)
	}
	return strings.Join(parts, ", ")
}

// Date reads a day from a parameter; what cannot be read is today.
func (q *Request) Date(s string) agenda.Date {
	d, err := agenda.ParseDate(s)
	if today := agenda.DateOf(q.Now); err != nil || d < today-agenda.Date(4000) || d > today+agenda.Date(4000) {
		return today
	}
	return d
}

// Harmless is a text for a file that a spreadsheet opens: nothing that it would take for
// a formula.
func Harmless(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "\"' \u00a0\u3000\ufeff"))
	if s != "" && strings.ContainsRune("=+-@|\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// Values are what choices are sent as.
func Values(list []page.Choice) (v []string) {
	for _, c := range list {
		v = append(v, c.Value)
	}
	return v
}

// LanguageName is a language by its name; one that pages do not speak by its code.
func LanguageName(f page.Frame, code string) string {
	if code == "de" || code == "en" {
		return f.T("staff.language." + code)
	}
	return code
}
