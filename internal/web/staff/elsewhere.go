package staff

import (
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// elsewhere is what calendars elsewhere do to a day that somebody looks at: visits that
// stand where one of them is busy, and those that do not answer.
type elsewhere struct {
	Title   string
	Crowded []crowdedVisit
	Failing []page.Link // Href "": for those who cannot do anything about it
}

// crowdedVisit is one that stands where too few seats are left, with the way to another
// time.
type crowdedVisit struct {
	Label string
	Href  string // of the booking; "": the person may not open it
	Move  string // "": the person may not move it
}

// silence is how long a calendar elsewhere may not answer before a day says so: a server
// that is started anew is nobody's trouble.
const silence = time.Hour

// elsewhere finds out what calendars elsewhere do to a day. Days that have passed, and
// calendars without such sources, cost nothing.
func (o *Office) elsewhere(q *office.Request, p *dayPage) (v elsewhere, err error) {
	var named []*agenda.Calendar
	for _, c := range q.Calendars(agenda.SeeBookings) {
		if len(c.Busy) > 0 && (p.Calendar == all || p.Calendar == c.ID) {
			named = append(named, c)
		}
	}
	if len(named) == 0 || p.Date < agenda.DateOf(q.Now) {
		return v, nil
	}
	span, err := o.Desk.Span(q.Context(), q.Person, named, p.Date, p.Date)
	if err != nil {
		return v, err
	}
	for _, c := range named {
		for _, b := range span.Crowded(c, p.Date) {
			if b.End.After(q.Now) {
				v.Crowded = append(v.Crowded, o.crowded(q, p.Frame, &b, p.Calendar == all))
			}
		}
	}
	v.Title = p.T("staff.day.crowded", "n", len(v.Crowded))
	failing, err := o.Desk.FailingElsewhere(q.Context(), q.Setup)
	if err != nil {
		return v, err
	}
	for _, c := range named {
		since := time.Time{}
		for _, x := range failing {
			if x.Calendar == c.ID && (since.IsZero() || x.Failing.Before(since)) {
				since = x.Failing
			}
		}
		if since.IsZero() || q.Now.Sub(since) < silence {
			continue
		}
		link := page.Link{Label: p.T("staff.day.failing", "calendar", office.CalendarName(p.Frame, q.Setup, c), "when", p.Printer().DateTime(since.In(q.Setup.Zone())))}
		if q.Person.MayIn(agenda.SeeSetup, c) {
			link.Href = "/staff/setup/calendars/" + c.ID + "/busy"
		}
		v.Failing = append(v.Failing, link)
	}
	return v, nil
}

// crowded is a visit's line.
func (o *Office) crowded(q *office.Request, f page.Frame, b *booking.Block, several bool) crowdedVisit {
	x := crowdedVisit{Label: f.Printer().Time(b.Start.In(q.Setup.Zone()))}
	if several {
		x.Label += ", " + office.CalendarName(f, q.Setup, b.Calendar)
	}
	if b.ID == "" {
		x.Label += ": " + f.T("staff.busy")
		return x
	}
	x.Label += ": " + b.Name + " (" + b.Reference + ")"
	x.Href = "/staff/bookings/" + b.ID
	open := []agenda.Status{agenda.Pending, agenda.Confirmed}
	if q.Person.MayIn(agenda.ActOnBookings, b.Calendar) && slices.Contains(open, b.Status) {
		x.Move = x.Href + "/move"
	}
	return x
}
