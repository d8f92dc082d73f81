package staff

import (
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// all is the choice of every calendar at once, no calendar's id.
const all = "*"

// dayPage is the day of a calendar, or of all of a person's calendars.
type dayPage struct {
	page.Frame
	Title      string
	Date       agenda.Date
	Calendar   string
	Calendars  []page.Choice
	Prev, Next string // addresses
	Today      string // "": it is today
	New        string // "": may not book
	WalkIn     string // address to take somebody in without appointment; "": not on this day
	Why        string // address of the page that says why a time is missing
	Count      string
	Requests   list // of all days
	Answering  bool // the requests are unfolded
	Visits     list
	Cancelled  list
	Keys       []press // what they do; none: nothing to press
	Early      string  // today is not the day of these visits, which can be pressed all the same
	NextDay    page.Link
	Events     string // address of the news of these visits
	Print      string // address of the list on paper
	Elsewhere  elsewhere
	Calls      string // how many people are to be called whom no letter reached; "": nobody
}

// list is a table of visits.
type list struct {
	Lines   []visit
	Caption string
	Several bool         // of several calendars: each visit names its own
	Hidden  []page.Field // where the buttons lead back to
	Clock   string       // of now, where the list is today's
	After   bool         // every visit of today has begun
}

func (o *Office) day(w http.ResponseWriter, q *office.Request) error {
	p, err := o.newDay(q)
	if err != nil {
		return err
	}
	cards, err := o.Desk.List(q.Context(), q.Person, only(p.Calendar), p.Date, p.Date)
	if err != nil && !errors.Is(err, agenda.ErrNotFound) && q.Context().Err() == nil {
		http.Redirect(w, q.Request, p.Print, http.StatusSeeOther) // the list to print is kept where the database does not answer
		return nil
	}
	if err != nil {
		return err
	}
	waiting, err := o.Desk.Waiting(q.Context(), q.Person)
	if err != nil {
		return err
	}
	calls, err := o.Desk.Unreached(q.Context(), q.Person)
	if err != nil {
		return err
	}
	if len(calls) > 0 {
		p.Calls = p.T("staff.day.calls", "n", len(calls))
	}
	if p.Elsewhere, err = o.elsewhere(q, p); err != nil {
		return err
	}
	if p.NextDay, err = o.nextDay(q, p, cards); err != nil {
		return err
	}
	o.fill(q, p, cards, waiting)
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/day", p)
}

// nextDay leads from a day without visits, such as a Sunday, to the next one with some.
func (o *Office) nextDay(q *office.Request, p *dayPage, cards []*booking.Card) (page.Link, error) {
	if len(cards) > 0 {
		return page.Link{}, nil
	}
	date, ok, err := o.Desk.NextDay(q.Context(), q.Person, only(p.Calendar), p.Date)
	if err != nil || !ok {
		return page.Link{}, err
	}
	return page.Link{Label: p.T("staff.day.next.some", "day", p.Printer().Date(date.Noon())), Href: dayAt(p.Calendar, date)}, nil
}

// few requests do not push the day off the screen.
const few = 3

// only is the calendar to ask the desk for; "" are all.
func only(calendar string) string {
	if calendar == all {
		return ""
	}
	return calendar
}

// newDay reads which day of which calendar is wanted: today, and the first one,
// unless said otherwise.
func (o *Office) newDay(q *office.Request) (*dayPage, error) {
	p := &dayPage{Frame: o.Frame(q), Calendar: q.URL.Query().Get("calendar"), Date: q.Date(q.URL.Query().Get("date"))}
	mine := q.Calendars(agenda.SeeBookings)
	if p.Calendar == "" && len(mine) > 0 {
		p.Calendar = mine[0].ID
	}
	if p.Calendar == "" {
		return nil, &page.Error{Status: http.StatusNotFound, Detail: "staff.error.noCalendar", Err: agenda.ErrNotFound}
	}
	if c, ok := q.Setup.CalendarOf(p.Calendar); p.Calendar != all && (!ok || !q.Person.MayIn(agenda.SeeBookings, c)) {
		return nil, agenda.ErrNotFound
	}
	p.Visits.Several = p.Calendar == all
	p.Cancelled.Several, p.Requests.Several = p.Visits.Several, len(mine) > 1
	p.Calendars = office.Choices(p.Frame, q.Setup, mine, p.Calendar)
	if len(mine) > 1 {
		p.Calendars = append(p.Calendars, page.Choice{Value: all, Label: p.T("staff.day.all"), Selected: p.Visits.Several})
	}
	p.Title = p.Printer().Date(p.Date.Noon())
	p.Prev, p.Next = dayAt(p.Calendar, p.Date-1), dayAt(p.Calendar, p.Date+1)
	if today := agenda.DateOf(q.Now); p.Date != today {
		p.Today = dayAt(p.Calendar, today)
	} else {
		p.Visits.Clock = q.Now.Format("15:04")
	}
	p.Print = "/staff/day/print?" + url.Values{"calendar": {p.Calendar}, "date": {p.Date.String()}}.Encode()
	news := url.Values{"date": {p.Date.String()}}
	for _, c := range mine {
		if only(p.Calendar) == "" || c.ID == p.Calendar {
			news.Add("calendar", c.ID)
		}
	}
	p.Events = "/staff/calendar/events?" + news.Encode()
	p.Why = whyAt(url.Values{"date": {p.Date.String()}}, "calendar", only(p.Calendar))
	if len(q.Calendars(agenda.ActOnBookings)) > 0 {
		p.New = newAt(p.Calendar, p.Date)
		if p.Today == "" {
			p.WalkIn = "/staff/walk-in"
			if c, ok := q.Setup.Calendar(p.Calendar); ok && q.Person.MayIn(agenda.ActOnBookings, c) {
				p.WalkIn += "?" + url.Values{"calendar": {p.Calendar}}.Encode()
			}
		}
		p.Keys = keys(p.Frame)
	}
	return p, nil
}

// fill sorts the day into what is to come and what has been called off, and says
// what was just done.
func (o *Office) fill(q *office.Request, p *dayPage, cards, waiting []*booking.Card) {
	p.Count = count(p.Frame, cards)
	next := p.Visits.Clock != ""
	for _, c := range cards {
		v := o.line(p.Frame, q, c)
		if p.Visits.Several {
			v.Place = office.CalendarName(p.Frame, q.Setup, c.Calendar)
		}
		if c.Gone {
			p.Cancelled.Lines = append(p.Cancelled.Lines, v)
			continue
		}
		if next && !c.Start.Before(q.Now) {
			v.Next, next = true, false
		}
		p.Visits.Lines = append(p.Visits.Lines, v)
	}
	p.Visits.After = next
	if len(p.Visits.Lines) > 0 && len(p.Keys) > 0 && p.Date > agenda.DateOf(q.Now) {
		p.Early = p.T("staff.day.early")
	}
	for _, c := range waiting {
		v := o.line(p.Frame, q, c)
		v.Anchor = "r-" + c.ID // it may stand below as well
		if p.Requests.Several {
			v.Place = office.CalendarName(p.Frame, q.Setup, c.Calendar)
		}
		v.Date = p.Printer().ShortDate(c.Start.In(q.Setup.Zone()))
		p.Requests.Lines = append(p.Requests.Lines, v)
	}
	done := q.URL.Query().Get("done")
	p.Answering = len(waiting) <= few || done == approve.name || done == reject.name // the next one, too
	hidden := []page.Field{{Name: "calendar", Type: "hidden", Value: p.Calendar}, {Name: "date", Type: "hidden", Value: p.Date.String()}}
	p.Visits.Hidden, p.Requests.Hidden = hidden, hidden
	p.Visits.Caption, p.Requests.Caption, p.Cancelled.Caption = p.T("staff.day.caption"), p.T("staff.requests.caption"), p.T("staff.cancelled.caption")
	p.Notice = o.done(q, p.Frame)
}

func dayAt(calendar string, d agenda.Date) string {
	return "/staff/day?" + url.Values{"calendar": {calendar}, "date": {d.String()}}.Encode()
}

func newAt(calendar string, d agenda.Date) string {
	if calendar == all {
		return "/staff/new?" + url.Values{"date": {d.String()}}.Encode()
	}
	return "/staff/new?" + url.Values{"calendar": {calendar}, "date": {d.String()}}.Encode()
}
