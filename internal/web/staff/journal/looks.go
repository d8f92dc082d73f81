package journal

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// looksPage is who looked at which visits, the newest first.
type looksPage struct {
	page.Frame
	Fields  []page.Field
	Lines   []look
	Newest  string // address; "": they are shown
	Older   string // address; "": there are none
	Limited bool   // only visits of some calendars
	Days    int    // that looks are kept
}

// look is one of them in words.
type look struct {
	When, ISO string
	Way       string
	About     string
	Href      string // of the booking; "": none, or not to be opened
	Who       string
}

func (p *Part) looks(w http.ResponseWriter, q *office.Request) error {
	x := &looksPage{Frame: p.Frame(q), Limited: !q.Person.MayEverywhere(agenda.SeeJournal), Days: q.Setup.Retention.JournalDays}
	x.Crumbs = []page.Link{{Label: x.T("staff.journal.title"), Href: "/staff/journal"}}
	names, err := p.Desk.Actors(q.Context(), q.Person.Tenant)
	if err != nil {
		return err
	}
	s, form := p.looksFor(q, x, names)
	s.Limit = perPage
	var list []booking.ViewingEntry
	more := false
	if len(form.Errors()) == 0 {
		list, more, err = p.Desk.WhoLooked(q.Context(), q.Person, s)
	}
	if errors.Is(err, agenda.ErrNotFound) {
		form.Fail("reference", "staff.journal.noReference")
		err = nil
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if x.Errors = form.Errors(); len(x.Errors) > 0 {
		status = http.StatusUnprocessableEntity
		for i := range x.Fields {
			x.Fields[i] = form.Fill(x.Fields[i])
		}
	}
	for _, v := range list {
		x.Lines = append(x.Lines, lookOf(x.Frame, q, v, names))
	}
	if s.Before != "" {
		x.Newest = "/staff/journal/looks?" + looksAddress(s, "")
	}
	if more {
		x.Older = "/staff/journal/looks?" + looksAddress(s, list[len(list)-1].ID)
	}
	return p.Pages.Render(w, q.Request, status, "staff/journal/looks", x)
}

// looksFor reads what is wanted: the last seven days, unless said otherwise.
func (p *Part) looksFor(q *office.Request, x *looksPage, names map[string]string) (booking.ViewingSearch, *page.Form) {
	f := x.Frame
	form := page.NewForm(q.URL.Query(), f.Printer())
	today := agenda.DateOf(q.Now)
	s := booking.ViewingSearch{From: today - 6, To: today}
	people := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return strings.Compare(names[a]+a, names[b]+b) })
	from, to := form.Date("from", page.Rule{Label: f.T("staff.journal.from")}), form.Date("to", page.Rule{Label: f.T("staff.journal.to")})
	s.Person = form.Choice("who", people, page.Rule{Label: f.T("staff.journal.who")})
	s.Day = form.Date("day", page.Rule{Label: f.T("staff.looks.day")})
	s.Reference = form.Text("reference", page.Rule{Label: f.T("staff.journal.reference"), Max: 40})
	s.Before = form.Text("before", page.Rule{Max: 60})
	if (s.Reference != "" || s.Day != 0) && from == 0 {
		s.From = booking.OldestJournal(q.Setup, q.Now)
	}
	if from != 0 {
		s.From = from
	}
	if to != 0 {
		s.To = to
	}
	if len(form.Errors()) == 0 && (s.To < s.From || s.From < today-4000 || s.To > today+4000) {
		form.Fail("to", "staff.journal.backwards")
	}
	day := ""
	if s.Day != 0 {
		day = s.Day.String()
	}
	x.Fields = []page.Field{
		{Name: "from", Label: f.T("staff.journal.from"), Type: "date", Width: "short", Required: true, Value: s.From.String()},
		{Name: "to", Label: f.T("staff.journal.to"), Type: "date", Width: "short", Required: true, Value: s.To.String()},
		{Name: "who", Label: f.T("staff.journal.who"), Type: "select", Required: true, Choices: []page.Choice{{Label: f.T("staff.journal.all")}}},
		{Name: "reference", Label: f.T("staff.journal.reference"), Value: s.Reference, Autocomplete: "off", Max: 40},
		{Name: "day", Label: f.T("staff.looks.day"), Type: "date", Width: "short", Value: day},
	}
	for _, id := range people {
		x.Fields[2].Choices = append(x.Fields[2].Choices, page.Choice{Value: id, Label: names[id], Selected: id == s.Person})
	}
	return s, form
}

// looksAddress is a search in an address; before is the oldest look that has been seen.
func looksAddress(s booking.ViewingSearch, before string) string {
	v := url.Values{"from": {s.From.String()}, "to": {s.To.String()}}
	day := ""
	if s.Day != 0 {
		day = s.Day.String()
	}
	for key, value := range map[string]string{"who": s.Person, "day": day, "reference": s.Reference, "before": before} {
		if value != "" {
			v.Set(key, value)
		}
	}
	return v.Encode()
}

func lookOf(f page.Frame, q *office.Request, v booking.ViewingEntry, names map[string]string) look {
	at := v.At.In(q.Setup.Zone())
	l := look{When: office.Short(f, at), ISO: at.Format("2006-01-02T15:04:05Z07:00"), Way: f.T("staff.looks.way." + v.Way), Who: office.Looker(f, v.Person, names)}
	c, ok := q.Setup.CalendarOf(v.Calendar)
	calendar := v.Calendar
	if ok {
		calendar = office.CalendarName(f, q.Setup, c)
	}
	switch {
	case v.Reference != "":
		l.About = f.T("staff.journal.booking", "reference", v.Reference)
		if ok && q.Person.MayIn(agenda.SeeBookings, c) {
			l.Href = "/staff/bookings/" + v.Booking
		}
	case v.Booking != "":
		l.About = f.T("staff.journal.private", "calendar", calendar)
	case v.To == 0:
		l.About = f.T("staff.looks.feed", "calendar", calendar)
	case v.From == v.To:
		l.About = f.T("staff.looks.list", "calendar", calendar, "day", f.Printer().Date(v.From.Noon()), "n", v.Visits)
	default:
		l.About = f.T("staff.looks.listOf", "calendar", calendar, "from", f.Printer().Date(v.From.Noon()), "to", f.Printer().Date(v.To.Noon()), "n", v.Visits)
	}
	return l
}
