package plan

import (
	"net/http"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// weekPage is a calendar's week, with all its series and the closures to come below.
type weekPage struct {
	page.Frame
	Calendars        []page.Choice
	Calendar         string // "": the person plans none
	Name             string
	Monday           agenda.Date
	Sunday           agenda.Date
	Prev, Next, Now  string
	Grid             grid
	Series           []seriesLine
	Closures         []closureLine
	New, Close       string
	Holidays, Past   string // "": not for this person
	Sharing          []string
	Explains, Plural bool
}

type seriesLine struct {
	Title, Seats, Raster string
	More                 []string
	Href                 string
	Over                 bool // its last day is gone
}

type closureLine struct {
	When, Where, Why string
	Href             string // "": not theirs to change
}

func (o *Part) week(w http.ResponseWriter, q *office.Request) error {
	c, err := calendar(q, q.URL.Query().Get("calendar"))
	if err != nil {
		return err
	}
	p := &weekPage{Frame: o.Frame(q)}
	if q.Person.May(agenda.SeeSetup) {
		p.Past = "/staff/plan/history"
	}
	if c != nil {
		p.fill(q, c)
	}
	p.Frame.Notice = o.saved(q, p.Frame)
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/plan/week", p)
}

func (p *weekPage) fill(q *office.Request, c *agenda.Calendar) {
	mine := q.Calendars(agenda.PlanTimes)
	p.Calendars, p.Plural = office.Choices(p.Frame, q.Setup, mine, c.ID), len(mine) > 1
	p.Calendar, p.Name = c.ID, office.CalendarName(p.Frame, q.Setup, c)
	p.Explains = q.Person.MayIn(agenda.SeeBookings, c)
	p.Monday = q.Date(q.URL.Query().Get("week")).Monday()
	p.Sunday = p.Monday + 6
	at := func(d agenda.Date) string {
		return address("/staff/plan", "calendar", c.ID, "week", d.String())
	}
	p.Prev, p.Next, p.Now = at(p.Monday-7), at(p.Monday+7), at(agenda.DateOf(q.Now))
	p.New = address("/staff/plan/series", "calendar", c.ID, "day", p.Monday.String())
	p.Close = address("/staff/plan/closure", "calendar", c.ID, "day", max(p.Monday, agenda.DateOf(q.Now)).String())
	p.Holidays = address("/staff/plan/holidays", "calendar", c.ID)
	p.Grid = newGrid(p.Frame, q, c, p.Monday)
	for i := range q.Setup.Calendars {
		if x := &q.Setup.Calendars[i]; x.ID != c.ID && x.PoolID() == c.PoolID() {
			p.Sharing = append(p.Sharing, office.CalendarName(p.Frame, q.Setup, x))
		}
	}
	today := agenda.DateOf(q.Now)
	for i := range c.SlotTemplates {
		t := &c.SlotTemplates[i]
		line := seriesLine{Title: seriesWords(p.Frame, t), Seats: seatsWords(p.Frame, t), Over: t.ValidTo != 0 && t.ValidTo < today,
			More: append(rhythmWords(p.Frame, t), limitWords(p.Frame, q.Setup, t)...), Href: address("/staff/plan/series", "calendar", c.ID, "id", t.ID)}
		if !t.WalkIn {
			line.Raster = p.T("common.minutes", "n", t.SlotMinutes)
		}
		p.Series = append(p.Series, line)
	}
	for _, x := range toCome(closures(q.Setup, c), today) {
		p.Closures = append(p.Closures, closureLine{When: closureWords(p.Frame, x.Closure), Where: whereWords(p.Frame, q.Setup, x.Level, x.ID),
			Why: office.Plain(p.Frame, x.Reason), Href: x.edit(q)})
	}
}

// saved says what saving has done, with the next step where bookings are without a
// place.
func (o *Part) saved(q *office.Request, f page.Frame) *page.Notice {
	v := q.URL.Query()
	if v.Get("done") != "saved" {
		return nil
	}
	n, err := strconv.Atoi(v.Get("stranded"))
	if err != nil || n < 1 {
		return &page.Notice{Kind: "success", Title: f.T("staff.plan.saved"), Live: true}
	}
	notice := &page.Notice{Kind: "warning", Title: f.T("staff.plan.saved"), Text: f.T("staff.plan.strandedNow", "n", n), Live: true}
	if q.Person.May(agenda.ManageIncidents) {
		next := v
		next.Del("done")
		next.Del("stranded")
		next.Del("week")
		if list, ok := v["at"]; ok {
			next["calendar"] = list
			next.Del("at")
		}
		notice.Links = []page.Button{{Kind: "primary", Label: f.T("staff.plan.resolve"), Href: "/staff/incidents/new?" + next.Encode()}}
	} else {
		notice.Items = []string{f.T("staff.plan.askLead")}
	}
	return notice
}
