package paper

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// all is the choice of every calendar at once, as on the day list.
const all = "*"

// listPage is the list of one day, a table per calendar.
type listPage struct {
	page.Frame
	Title  string
	Groups []group
	AsOf   string // the database cannot be reached, and the list is from then; "": it is of now
	Made   string // when it was made
	PDF    string // its address
	Back   string // address of the day list
	Scopes []page.Choice
	Date   agenda.Date
}

// group are the visits to one calendar.
type group struct {
	Name  string
	Count string
	Lines []line
}

// line is one visit.
type line struct {
	Time      string
	Name      string
	Reference string
	What      []string
	Phone     string
	Notes     []string
	Mark      string        // what is unusual: asked for, overbooked
	Done      agenda.Status // what has been ticked off
}

// ask is which list is wanted.
type ask struct {
	calendar string // "": all
	site     string // "": all
	date     agenda.Date
}

func (p *Part) page(w http.ResponseWriter, q *office.Request) error {
	l, err := p.list(q)
	if err != nil {
		return err
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/paper/list", l)
}

// list makes the list that the address asks for.
func (p *Part) list(q *office.Request) (*listPage, error) {
	a, err := read(q)
	if err != nil {
		return nil, err
	}
	l := &listPage{Frame: p.Frame(q), Date: a.date}
	l.Title, l.Made = l.Printer().Date(a.date.Noon()), q.Now.Format("15:04")
	cards, asOf, err := p.cards(q, a.date)
	if err != nil {
		return nil, err
	}
	if !asOf.IsZero() {
		l.AsOf = asOf.In(q.Setup.Zone()).Format("15:04")
		l.Notice = &page.Notice{Kind: "warning", Title: l.T("staff.paper.gone"), Text: l.T("staff.paper.goneText", "time", l.AsOf)}
	}
	cards = slices.DeleteFunc(cards, func(c *booking.Card) bool { return !a.covers(c.Calendar) })
	if err := p.Desk.SawList(q.Context(), q.Person, booking.WayPrint, a.date, a.date, cards); err != nil {
		return nil, err
	}
	l.Groups = groups(l.Frame, q, cards, a)
	l.address(q, a)
	return l, nil
}

// read reads which list is wanted: of the person's calendars, those of today where
// nothing else is asked for. What they may not see is agenda.ErrNotFound.
func read(q *office.Request) (a ask, err error) {
	query := q.URL.Query()
	a = ask{calendar: query.Get("calendar"), site: query.Get("site"), date: q.Date(query.Get("date"))}
	if scope := query.Get("scope"); scope != "" { // one choice for both
		a.calendar, a.site = "", ""
		if id, ok := strings.CutPrefix(scope, "site:"); ok {
			a.site = id
		} else {
			a.calendar = scope
		}
	}
	if a.calendar == all {
		a.calendar = ""
	}
	mine := q.Calendars(agenda.SeeBookings)
	if !slices.ContainsFunc(mine, func(c *agenda.Calendar) bool { return a.covers(c) }) {
		if c, ok := q.Setup.CalendarOf(a.calendar); !ok || !q.Person.MayIn(agenda.SeeBookings, c) {
			return a, agenda.ErrNotFound
		}
	}
	return a, nil
}

func (a ask) covers(c *agenda.Calendar) bool {
	return (a.calendar == "" || a.calendar == c.ID) && (a.site == "" || a.site == c.Site)
}

// cards are the visits of a day; where the database does not answer, those that are
// remembered, with the time since when.
func (p *Part) cards(q *office.Request, date agenda.Date) (cards []*booking.Card, asOf time.Time, err error) {
	cards, err = p.Desk.ListFor(q.Context(), q.Person, "", "", date, date)
	if err == nil || errors.Is(err, agenda.ErrNotFound) || q.Context().Err() != nil {
		return cards, time.Time{}, err
	}
	kept, asOf, ok := p.Memory.Day(q.Person, date)
	if !ok {
		return nil, time.Time{}, &page.Error{Status: http.StatusServiceUnavailable, Detail: "staff.paper.none", Err: err}
	}
	return kept, asOf, nil
}

// groups sorts visits by calendar, in the tenant's order; what is called off is not on
// paper.
func groups(f page.Frame, q *office.Request, cards []*booking.Card, a ask) (list []group) {
	lines := map[*agenda.Calendar][]line{}
	var order []*agenda.Calendar
	for i := range q.Setup.Calendars {
		order = append(order, &q.Setup.Calendars[i])
	}
	for _, c := range cards {
		calendar, ok := q.Setup.CalendarOf(c.Calendar.ID)
		if !ok || c.Gone || !a.covers(calendar) {
			continue
		}
		if !slices.Contains(order, calendar) {
			order = append(order, calendar) // no longer offered
		}
		lines[calendar] = append(lines[calendar], lineOf(f, c))
	}
	for _, c := range order {
		if n := len(lines[c]); n > 0 {
			list = append(list, group{Name: office.CalendarName(f, q.Setup, c), Count: f.T("staff.day.total", "n", n), Lines: lines[c]})
		}
	}
	return list
}

func lineOf(f page.Frame, c *booking.Card) line {
	zone := c.Setup.Zone()
	l := line{Time: c.Start.In(zone).Format("15:04") + "–" + c.End.In(zone).Format("15:04"), Done: c.Status}
	if c.Busy {
		l.Name = f.T("staff.busy")
		return l
	}
	l.Name, l.Reference, l.Phone = c.Private.Name, c.Reference, c.Private.Phone
	if l.Name == "" {
		l.Name = f.T("staff.nameless")
	}
	for _, it := range c.Items {
		name := it.Service
		if s, ok := c.Setup.ServiceOf(it.Service); ok {
			name = office.Plain(f, s.Name)
		}
		if it.Quantity > 1 {
			name = f.T("staff.times", "n", it.Quantity, "what", name)
		}
		l.What = append(l.What, name)
	}
	for _, note := range []string{c.Private.Note, c.Private.StaffNote, c.Private.CaseReference} {
		if note != "" {
			l.Notes = append(l.Notes, note)
		}
	}
	var marks []string
	if c.Status == agenda.Pending {
		marks = append(marks, f.T("staff.status.pending."+c.Awaits))
	}
	if c.Overbooked {
		marks = append(marks, f.T("staff.over"))
	}
	l.Mark = strings.Join(marks, ", ")
	return l
}

// address fills in where the list leads, and what else can be chosen: a calendar, a
// site, all of them.
func (l *listPage) address(q *office.Request, a ask) {
	here := url.Values{"date": {a.date.String()}, "calendar": {all}}
	switch {
	case a.site != "":
		here.Del("calendar")
		here.Set("site", a.site)
	case a.calendar != "":
		here.Set("calendar", a.calendar)
	}
	l.PDF = "/staff/day/list.pdf?" + here.Encode()
	l.Back = "/staff/day?" + url.Values{"date": {a.date.String()}, "calendar": {here.Get("calendar")}}.Encode()
	l.Crumbs = []page.Link{{Label: l.T("staff.nav.day"), Href: l.Back}}
	mine := q.Calendars(agenda.SeeBookings)
	l.Scopes = []page.Choice{{Value: all, Label: l.T("staff.day.all"), Selected: a.calendar == "" && a.site == ""}}
	for i := range q.Setup.Sites {
		s := &q.Setup.Sites[i]
		if slices.ContainsFunc(mine, func(c *agenda.Calendar) bool { return c.Site == s.ID }) {
			l.Scopes = append(l.Scopes, page.Choice{Value: "site:" + s.ID, Label: l.T("staff.paper.site", "name", office.Plain(l.Frame, s.Name)), Selected: a.site == s.ID})
		}
	}
	l.Scopes = append(l.Scopes, office.Choices(l.Frame, q.Setup, mine, a.calendar)...)
}
