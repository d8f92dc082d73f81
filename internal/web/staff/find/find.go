// Package find looks for visits: by reference, by a part of a name or number, by
// address, within days and within one's rights. What is looked for travels in the body
// of a form alone, so that no address and no log has it, and is journalled by its kind
// only. It refuses to know how visits are found, which is booking's.
//
// Start reading at Part, then wish.go for what a text can mean.
package find

import (
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the search. Its fields are set once.
type Part struct {
	*office.Office
	Desk *booking.Desk
}

// Routes are the part's routes.
func (p *Part) Routes() []office.Route {
	see := office.Needs(agenda.SeeBookings)
	return []office.Route{
		office.Get("/staff/find", see, p.form),
		office.Ask("/staff/find", see, p.find),
	}
}

// Mount registers the routes.
func (p *Part) Mount(t *route.Table) { p.Office.Mount(t, p.Routes()) }

// How far back and ahead a search looks unless it says otherwise, in days.
const (
	back  = 7
	ahead = 90
)

// findPage is the form and, once it was sent, what was found.
type findPage struct {
	page.Frame
	Text     page.Field
	From, To page.Field
	Calendar *page.Field // nil: there is only one
	Results  *results    // nil: nothing was looked for yet
}

// results are the visits found.
type results struct {
	Title string
	Hint  string // that there is more, or that not all was looked at; "": neither
	Lines []line
}

// line is one visit found.
type line struct {
	Href      string
	When      string
	Name      string
	Reference string
	What      string
	Where     string
	Phone     string
	Badge     page.Badge
}

func (p *Part) form(w http.ResponseWriter, q *office.Request) error {
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/find/find", p.newFind(q, nil))
}

func (p *Part) newFind(q *office.Request, form *page.Form) *findPage {
	f := &findPage{Frame: p.Frame(q)}
	today := agenda.DateOf(q.Now)
	f.Text = form.Fill(page.Field{Name: "q", Label: f.T("staff.find.text"), Hint: f.T("staff.find.hint"), Required: true, Max: 200, Autocomplete: "off", Focus: true})
	f.From = form.Fill(page.Field{Name: "from", Type: "date", Label: f.T("staff.find.from"), Value: (today - back).String(), Width: "date"})
	f.To = form.Fill(page.Field{Name: "to", Type: "date", Label: f.T("staff.find.to"), Value: (today + ahead).String(), Width: "date"})
	if mine := q.Calendars(agenda.SeeBookings); len(mine) > 1 {
		c := form.Fill(page.Field{Name: "calendar", Type: "select", Label: f.T("staff.booking.calendar"), Choices: office.Choices(f.Frame, q.Setup, mine, "")})
		f.Calendar = &c
	}
	return f
}

// find answers with what was found, not with a redirect: the address of a result would
// have to name what was looked for.
func (p *Part) find(w http.ResponseWriter, q *office.Request) error {
	frame := p.Frame(q)
	form, err := page.ReadForm(w, q.Request, frame.Printer())
	if err != nil {
		return err
	}
	wish, ok := read(q, frame, form)
	f := p.newFind(q, form)
	if !ok {
		f.Frame.Errors = form.Errors()
		return p.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/find/find", f)
	}
	var found booking.Hits
	for _, one := range wish { // the surest meaning first
		if found, err = p.Desk.Find(q.Context(), q.Person, one); err != nil {
			return err
		}
		if len(found.Cards) == 1 && one.Kind() == booking.FindReference {
			http.Redirect(w, q.Request, "/staff/bookings/"+found.Cards[0].ID, http.StatusSeeOther)
			return nil
		}
		if len(found.Cards) > 0 {
			break
		}
	}
	f.Text.Focus = false
	f.Results = newResults(f.Frame, q, found)
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/find/find", f)
}

func newResults(f page.Frame, q *office.Request, found booking.Hits) *results {
	r := &results{Title: f.T("staff.find.found", "n", len(found.Cards))}
	switch {
	case found.More:
		r.Title, r.Hint = f.T("staff.find.many", "n", booking.FindMost), f.T("staff.find.narrow")
	case found.Cut:
		r.Hint = f.T("staff.find.cut", "n", booking.FindWindow)
	case len(found.Cards) == 0:
		r.Hint = f.T("staff.find.none")
	}
	for _, c := range found.Cards {
		l := line{Href: "/staff/bookings/" + c.ID, When: office.Short(f, c.Start.In(c.Setup.Zone())), Name: c.Private.Name, Reference: c.Reference,
			Where: office.CalendarName(f, q.Setup, c.Calendar), Phone: c.Private.Phone, Badge: office.Badge(f, c.Booking)}
		if l.Name == "" {
			l.Name = f.T("staff.nameless")
		}
		var what []string
		for _, it := range c.Items {
			name := it.Service
			if s, ok := c.Setup.ServiceOf(it.Service); ok {
				name = office.Plain(f, s.Name)
			}
			if !slices.Contains(what, name) {
				what = append(what, name)
			}
		}
		l.What = join(what)
		r.Lines = append(r.Lines, l)
	}
	return r
}
