// Package journal shows who did what when to every booking and setting, to those who
// look after that: auditors, and leads for their own department. It refuses to know
// visitors: an entry says which booking, by its reference, and never whose. It only
// reads; entries are written by the acts themselves. Beside it stand who looked at which
// visits and which data is kept at all.
//
// Start reading at Part; the words for acts are in acts.go.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the journal. Its fields are set once.
type Part struct {
	*office.Office
	Desk *booking.Desk
}

// Routes are the part's routes.
func (p *Part) Routes() []office.Route {
	see := office.Needs(agenda.SeeJournal)
	return []office.Route{
		office.Get("/staff/journal", see, p.journal),
		office.Get("/staff/journal/journal.csv", see, p.export),
		office.Get("/staff/journal/looks", see, p.looks),
		office.Get("/staff/privacy", see, p.privacy),
	}
}

// Mount registers the routes.
func (p *Part) Mount(t *route.Table) { p.Office.Mount(t, p.Routes()) }

// journalPage is some entries, the newest first.
type journalPage struct {
	page.Frame
	Fields  []page.Field
	Lines   []line
	Newest  string // address; "": they are shown
	Older   string // address; "": there are none
	CSV     string
	Looks   string // address of who looked
	Limited bool   // only bookings of some calendars
	Days    int    // that the journal is kept
}

// line is an entry in words.
type line struct {
	When, ISO string
	Act       string
	Details   string
	About     string
	Href      string // of the booking; "": none, or not to be opened
	Who       string
}

// perPage is how many entries a page shows.
const perPage = 100

func (p *Part) journal(w http.ResponseWriter, q *office.Request) error {
	x := &journalPage{Frame: p.Frame(q), Limited: !q.Person.MayEverywhere(agenda.SeeJournal), Days: q.Setup.Retention.JournalDays}
	names, err := p.Desk.Actors(q.Context(), q.Person.Tenant)
	if err != nil {
		return err
	}
	s, form := p.search(q, x, names)
	s.Limit = perPage
	var list []booking.JournalEntry
	more := false
	if len(form.Errors()) == 0 {
		list, more, err = p.Desk.ReadJournal(q.Context(), q.Person, s)
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
	words := writer{x.Frame, q, names}
	for _, e := range list {
		x.Lines = append(x.Lines, words.line(e))
	}
	x.CSV, x.Looks = "/staff/journal/journal.csv?"+address(s, ""), "/staff/journal/looks"
	if s.Before != "" {
		x.Newest = "/staff/journal?" + address(s, "")
	}
	if more {
		x.Older = "/staff/journal?" + address(s, list[len(list)-1].ID)
	}
	return p.Pages.Render(w, q.Request, status, "staff/journal/journal", x)
}

// search reads what is wanted: the last seven days, unless said otherwise.
func (p *Part) search(q *office.Request, x *journalPage, names map[string]string) (booking.JournalSearch, *page.Form) {
	f := x.Frame
	form := page.NewForm(q.URL.Query(), f.Printer())
	today := agenda.DateOf(q.Now)
	s := booking.JournalSearch{From: today - 6, To: today}
	people := []string{booking.ActorVisitor, booking.ActorJob, booking.ActorCLI}
	people = append(people, slices.SortedFunc(maps.Keys(names), func(a, b string) int { return strings.Compare(names[a]+a, names[b]+b) })...)
	from, to := form.Date("from", page.Rule{Label: f.T("staff.journal.from")}), form.Date("to", page.Rule{Label: f.T("staff.journal.to")})
	s.Actor = form.Choice("who", people, page.Rule{Label: f.T("staff.journal.who")})
	s.Act = form.Choice("act", known(), page.Rule{Label: f.T("staff.journal.act")})
	s.Reference = form.Text("reference", page.Rule{Label: f.T("staff.journal.reference"), Max: 40})
	s.Before = form.Text("before", page.Rule{Max: 60})
	if s.Reference != "" && from == 0 {
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
	x.Fields = []page.Field{
		{Name: "from", Label: f.T("staff.journal.from"), Type: "date", Width: "short", Required: true, Value: s.From.String()},
		{Name: "to", Label: f.T("staff.journal.to"), Type: "date", Width: "short", Required: true, Value: s.To.String()},
		{Name: "who", Label: f.T("staff.journal.who"), Type: "select", Required: true, Choices: []page.Choice{{Label: f.T("staff.journal.all")}}},
		{Name: "act", Label: f.T("staff.journal.act"), Type: "select", Required: true, Choices: []page.Choice{{Label: f.T("staff.journal.all")}}},
		{Name: "reference", Label: f.T("staff.journal.reference"), Value: s.Reference, Autocomplete: "off", Max: 40},
	}
	for _, id := range people {
		x.Fields[2].Choices = append(x.Fields[2].Choices, page.Choice{Value: id, Label: writer{f, q, names}.who(id), Selected: id == s.Actor})
	}
	for _, act := range known() {
		x.Fields[3].Choices = append(x.Fields[3].Choices, page.Choice{Value: act, Label: actName(f.Printer(), act), Selected: act == s.Act})
	}
	return s, form
}

// address is a search in an address; before is the oldest entry that has been seen.
func address(s booking.JournalSearch, before string) string {
	v := url.Values{"from": {s.From.String()}, "to": {s.To.String()}}
	for key, value := range map[string]string{"who": s.Actor, "act": s.Act, "reference": s.Reference, "before": before} {
		if value != "" {
			v.Set(key, value)
		}
	}
	return v.Encode()
}

// writer puts entries into words.
type writer struct {
	page.Frame
	q     *office.Request
	names map[string]string
}

func (w writer) line(e booking.JournalEntry) line {
	at := e.At.In(w.q.Setup.Zone())
	l := line{When: office.Short(w.Frame, at), ISO: at.Format("2006-01-02T15:04:05Z07:00"), Act: actName(w.Printer(), e.Act), Details: w.details(e.Detail), Who: w.who(e.Actor)}
	c, ok := w.q.Setup.CalendarOf(e.Calendar)
	switch {
	case e.Reference != "":
		l.About = w.T("staff.journal.booking", "reference", e.Reference)
		if ok && w.q.Person.MayIn(agenda.SeeBookings, c) {
			l.Href = "/staff/bookings/" + e.Subject
		}
	case ok:
		l.About = w.T("staff.journal.private", "calendar", office.CalendarName(w.Frame, w.q.Setup, c))
	case e.Subject == "setup":
		l.About = w.T("staff.journal.setup")
	case w.names[e.Subject] != "":
		l.About = w.names[e.Subject]
	default:
		l.About = w.T("staff.journal.gone")
	}
	return l
}

// who is who acted. Somebody whose account is gone is known by its id alone.
func (w writer) who(actor string) string {
	switch actor {
	case booking.ActorVisitor, booking.ActorJob, booking.ActorCLI:
		return w.T("staff.journal.who." + actor)
	}
	if name := w.names[actor]; name != "" {
		return name
	}
	return actor
}

// details are the particulars of an entry that there are words for; what acts remember
// for themselves is not for people.
func (w writer) details(text string) string {
	var d map[string]any
	if json.Unmarshal([]byte(text), &d) != nil {
		return text
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(d)) {
		if d[k] == false || d[k] == nil || d[k] == "" || d[k] == 0.0 {
			continue
		}
		key := "staff.journal.detail." + k
		switch {
		case !w.Printer().Has(key):
		case d[k] == true:
			parts = append(parts, w.T(key))
		default:
			parts = append(parts, w.T(key)+" "+w.value(d[k]))
		}
	}
	return strings.Join(parts, ", ")
}

func (w writer) value(v any) string {
	switch v := v.(type) {
	case string:
		if key := "staff.journal.value." + v; w.Printer().Has(key) {
			return w.T(key)
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return office.Short(w.Frame, at.In(w.q.Setup.Zone()))
		}
		return v
	case float64:
		return fmt.Sprintf("%.0f", v)
	case []any:
		var list []string
		for _, x := range v {
			list = append(list, w.value(x))
		}
		return strings.Join(list, " ")
	}
	return fmt.Sprint(v)
}
