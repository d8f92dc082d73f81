package grid

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// calendarPage shows a view of the book.
type calendarPage struct {
	page.Frame
	Title      string
	Prev, Next string // addresses
	Today      string // "": it is shown
	Day, Week  string
	InWeek     bool
	NextFree   string
	New        string // "": may not book
	WalkIn     string // "": may not book, or it is not today
	Reload     string
	Date       agenda.Date
	Sites      []page.Choice
	Calendars  []page.Choice
	Chosen     string // what is shown, in words
	Count      string
	Grid       template.HTML // a place for the tables
	tables     [][]byte
	Shut       []string // what is closed, where no table shows it
	Time       string   // when the page was made
	Events     string   // address of the stream of changes
	Carried    *carried // nil: nothing is being moved
	KeysOff    bool
	Back       string // the view, for forms
	States     []page.Badge
}

// carried is a visit that is to be put somewhere else.
type carried struct {
	ID, What, Stop string
	Nowhere        bool // nothing on this page is free for it
}

func (p *Part) calendar(w http.ResponseWriter, q *office.Request) error {
	v, err := p.view(q, q.URL.Query())
	if err != nil {
		return err
	}
	d, err := p.show(q, v)
	if err != nil {
		return err
	}
	d.Notice = p.done(q, d.Frame, v)
	return p.render(w, q.Request, http.StatusOK, d)
}

// show reads the book and lays out the page.
func (p *Part) show(q *office.Request, v *view) (*calendarPage, error) {
	from, to := v.days()
	span, err := p.Desk.Span(q.Context(), q.Person, v.calendars, from, to)
	if err != nil {
		return nil, err
	}
	d := p.frame(q, v, span)
	pen := newPen(d.Frame, q, v, span.Now.In(q.Setup.Zone()))
	pen.about = q.URL.Query().Get("about")
	if err := p.carry(q, d, pen, v); err != nil {
		return nil, err
	}
	if v.week && len(v.calendars) == 1 {
		p.oneWeek(d, pen, v, span)
	} else {
		p.days(d, pen, v, span)
	}
	pen.finish()
	d.tables = pen.parts
	return d, nil
}

// frame is what stands around the table.
func (p *Part) frame(q *office.Request, v *view, span *booking.Span) *calendarPage {
	d := &calendarPage{Frame: p.Frame(q), Date: v.date, InWeek: v.week, Back: v.query().Encode()}
	from, to := v.days()
	now := span.Now.In(q.Setup.Zone())
	words := d.Printer()
	d.Title = words.Date(v.date.Noon())
	if v.week {
		_, n := from.Noon().ISOWeek()
		d.Title = d.T("staff.grid.week", "n", n, "from", words.ShortDate(from.Noon()), "to", words.ShortDate(to.Noon()))
	}
	d.Prev, d.Next = v.on(v.date-v.turn()), v.on(v.date+v.turn())
	if today := agenda.DateOf(now); today < from || today > to {
		d.Today = v.on(today)
	}
	d.Day = v.at(func(x url.Values) { x.Del("view") })
	d.Week = v.at(func(x url.Values) { x.Set("view", "week") })
	d.NextFree = "/staff/calendar/next?" + d.Back
	d.Reload, d.Time = v.on(v.date), now.Format("15:04:05")
	if first := v.calendars[0]; q.Person.MayIn(agenda.ActOnBookings, first) {
		d.New = "/staff/new?" + url.Values{"calendar": {first.ID}, "date": {v.date.String()}}.Encode()
		if d.Today == "" {
			d.WalkIn = "/staff/walk-in?" + url.Values{"calendar": {first.ID}}.Encode()
		}
	}
	d.Events = "/staff/calendar/events?" + d.Back + "&since=" + p.news.name(span.Edition)
	p.choices(q, d, v)
	if c, err := q.Cookie(page.CookieName(keysCookie, p.Secure, false)); err == nil {
		d.KeysOff = c.Value == "off"
	}
	for _, s := range []agenda.Status{agenda.Held, agenda.Pending, agenda.Confirmed, agenda.CheckedIn, agenda.Served, agenda.NoShow} {
		b := office.Badge(d.Frame, &agenda.Booking{Status: s, Awaits: awaits(s)})
		b.Kind = string(s)
		d.States = append(d.States, b)
	}
	return d
}

// awaits is what a request in the legend waits for: the office.
func awaits(s agenda.Status) string {
	if s == agenda.Pending {
		return agenda.ConfirmStaff
	}
	return ""
}

// choices are the sites and calendars that could be shown instead.
func (p *Part) choices(q *office.Request, d *calendarPage, v *view) {
	mine := q.Calendars(agenda.SeeBookings)
	d.Calendars = office.Choices(d.Frame, q.Setup, mine, "")
	shown := map[string]bool{}
	for _, c := range v.calendars {
		shown[c.ID] = true
	}
	var names []string
	for i := range d.Calendars {
		if d.Calendars[i].Selected = shown[d.Calendars[i].Value]; d.Calendars[i].Selected {
			names = append(names, d.Calendars[i].Label)
		}
	}
	d.Chosen = strings.Join(names, ", ")
	for i := range q.Setup.Sites {
		site, n := &q.Setup.Sites[i], 0
		for _, c := range mine {
			if c.Site == site.ID {
				n++
			}
		}
		if n < 2 {
			continue // its one calendar is there to choose
		}
		d.Sites = append(d.Sites, page.Choice{Value: site.ID, Text: site.Name, Selected: site.ID == v.site})
		if site.ID == v.site {
			d.Chosen = office.Plain(d.Frame, site.Name)
		}
	}
	if len(names) > 3 && v.site == "" {
		d.Chosen = d.T("staff.grid.calendars", "n", len(names))
	}
}

// oneWeek shows a calendar's days side by side.
func (p *Part) oneWeek(d *calendarPage, pen *pen, v *view, span *booking.Span) {
	var columns []*column
	visits := 0
	for date := span.From; date <= span.To; date++ {
		c := p.column(d, pen, span, v.calendars[0], date)
		visits += c.visits
		if list := span.Crowded(c.calendar, date); len(list) > 0 {
			d.Shut = append(d.Shut, d.Printer().Date(date.Noon())+": "+crowded(d.Frame, span, list))
		}
		if c.shut == "" {
			columns = append(columns, c)
		} else if date.Weekday() != 0 && date.Weekday() != 6 {
			d.Shut = append(d.Shut, d.Printer().Date(date.Noon())+": "+c.shut)
		}
	}
	d.Count = d.T("staff.day.total", "n", visits)
	if t := layOut(columns, span.Now); t.rows > 0 {
		pen.table(t, d.Title+", "+d.Chosen, func(c *column) string { return d.Printer().ShortDate(c.date.Noon()) })
	}
}

// days shows calendars side by side, one day below the other.
func (p *Part) days(d *calendarPage, pen *pen, v *view, span *booking.Span) {
	visits := 0
	for date := span.From; date <= span.To; date++ {
		key := pen.key(date)
		if !v.week || key == "" {
			visits += p.oneDay(d, pen, v, span, date)
			continue
		}
		of, until := readings(span, v, date)
		day := p.written.get(key, span, of)
		pen.finish()
		if day == nil {
			day = &keptDay{setup: span.Setup, of: of, until: until}
			day.visits = p.oneDay(d, pen, v, span, date)
			day.html, pen.out = pen.out, nil
			p.written.put(key, day)
		}
		pen.parts = append(pen.parts, day.html)
		visits += day.visits
	}
	d.Count = d.T("staff.day.total", "n", visits)
}

// oneDay writes a day and tells how many visits are in it. A weekend without any hours
// is left out of a week.
func (p *Part) oneDay(d *calendarPage, pen *pen, v *view, span *booking.Span, date agenda.Date) (visits int) {
	var columns []*column
	day := d.Printer().Date(date.Noon())
	var shut []string
	for _, calendar := range v.calendars {
		c := p.column(d, pen, span, calendar, date)
		visits += c.visits
		if c.shut == "" {
			columns = append(columns, c)
			if list := span.Crowded(calendar, date); len(list) > 0 {
				shut = append(shut, pen.calendarName(calendar)+": "+crowded(d.Frame, span, list))
			}
		} else {
			shut = append(shut, pen.calendarName(calendar)+": "+c.shut)
		}
	}
	t := layOut(columns, span.Now)
	if v.week && t.rows == 0 && (date.Weekday() == 0 || date.Weekday() == 6) {
		return visits
	}
	if !v.week {
		d.Shut = shut
	} else {
		pen.heading(day, date, shut)
	}
	if t.rows > 0 {
		pen.table(t, day+", "+d.Chosen, func(c *column) string { return pen.calendarName(c.calendar) })
	}
	return visits
}

// crowded names the visits for which calendars elsewhere leave too few seats.
func crowded(f page.Frame, span *booking.Span, list []booking.Block) string {
	var names []string
	for i := range list {
		name := f.Printer().Time(list[i].Start.In(span.Setup.Zone()))
		if list[i].Reference != "" {
			name += " (" + list[i].Reference + ")"
		}
		names = append(names, name)
	}
	return f.T("staff.grid.crowded", "n", len(list), "list", strings.Join(names, ", "))
}

// heading begins a day of several.
func (w *pen) heading(day string, date agenda.Date, shut []string) {
	w.html(`<h2 id="d-`, date.String(), `">`)
	w.text(day)
	w.html("</h2>")
	if len(shut) > 0 {
		w.html(`<ul class="cal-shut">`)
		for _, s := range shut {
			w.html("<li>")
			w.text(s)
			w.html("</li>")
		}
		w.html("</ul>")
	}
	w.html("\n")
}

// column reads a calendar's day, and says why it is closed.
func (p *Part) column(d *calendarPage, pen *pen, span *booking.Span, calendar *agenda.Calendar, date agenda.Date) *column {
	c := newColumn(span, calendar, date)
	s := span.Setup
	for _, b := range span.Elsewhere(calendar, date) {
		if len(c.raster) == 0 {
			break // there is nothing to take
		}
		c.closed = append(c.closed, closing{c.wall(b.From), c.wall(b.To), d.T("staff.grid.elsewhere")})
	}
	levels := [][]agenda.Closure{s.Closures, calendar.Closures}
	if dep, ok := s.Department(calendar.Department); ok {
		levels = append(levels, dep.Closures)
	}
	if site, ok := s.Site(calendar.Site); ok {
		levels = append(levels, site.Closures)
	}
	for _, list := range levels {
		for i := range list {
			x := &list[i]
			if x.Seats > 0 || x.From.Date > date || x.To.Date < date {
				continue
			}
			from, to := x.Interval(s.Zone())
			reason := office.Plain(d.Frame, x.Reason)
			if reason == "" {
				reason = d.T("staff.grid.closed")
			} else {
				reason = d.T("staff.grid.because", "reason", reason)
			}
			c.closed = append(c.closed, closing{c.wall(from), c.wall(to), reason})
		}
	}
	if len(c.raster) > 0 || len(c.blocks) > 0 {
		return c
	}
	c.shut = d.T("staff.grid.noHours")
	y, m, day := date.Civil()
	if h, ok := agenda.HolidayOn(s.Tenant.State, s.Tenant.LocalHolidays, y, int(m), day); ok {
		name := h.De
		if d.Lang == "en" {
			name = h.En
		}
		c.shut = d.T("staff.grid.holiday", "name", name)
	} else if len(c.closed) > 0 {
		c.shut = c.closed[0].reason
	}
	return c
}

// Tables reports whether there is any table.
func (d *calendarPage) Tables() bool { return len(d.tables) > 0 }

// done says what was just done here, with the button that takes it back.
func (p *Part) done(q *office.Request, f page.Frame, v *view) *page.Notice {
	values := q.URL.Query()
	kind := "success"
	switch values.Get("done") {
	case "move", "take-back":
	case "changed", "late", "taken":
		kind = "warning"
	case "none":
		return &page.Notice{Kind: "info", Title: f.T("staff.grid.none", "n", farthest), Live: true}
	default:
		return nil
	}
	n := &page.Notice{Kind: kind, Title: f.T("staff.done." + values.Get("done")), Live: true}
	c, err := p.open(q, values.Get("about"))
	if err != nil {
		return n
	}
	n.Text = about(f, c)
	version, _ := strconv.Atoi(values.Get("version"))
	if values.Get("done") == "move" && version == c.Version && q.Now.Sub(c.Changed) < booking.UndoFor {
		n.Form = &page.Press{Action: "/staff/calendar/take-back", Button: page.Button{Kind: "secondary", Label: f.T("staff.back.do"), Context: n.Text},
			Fields: []page.Field{{Name: "booking", Type: "hidden", Value: c.ID}, {Name: "version", Type: "hidden", Value: strconv.Itoa(c.Version)}, {Name: "back", Type: "hidden", Value: v.query().Encode()}}}
		n.Text = f.T("staff.back.until", "about", n.Text, "time", c.Changed.Add(booking.UndoFor).In(q.Setup.Zone()).Format("15:04:05"))
	}
	return n
}

// about names a visit in one line.
func about(f page.Frame, c *booking.Card) string {
	name := c.Private.Name
	if name == "" {
		name = c.Reference
	}
	return office.Short(f, c.Start.In(c.Setup.Zone())) + ": " + name
}

// open finds a booking that the person may open.
func (p *Part) open(q *office.Request, id string) (*booking.Card, error) {
	c, err := p.Desk.Seen(q.Context(), q.Person, id)
	if err != nil {
		return nil, err
	}
	if !q.Person.MayOpen(c.Calendar) || c.Status == agenda.Held {
		return nil, agenda.ErrNotFound
	}
	return c, nil
}

// carry reads the visit that is to be put somewhere else, and where on the page it
// could go.
func (p *Part) carry(q *office.Request, d *calendarPage, pen *pen, v *view) error {
	if v.carry == "" {
		return nil
	}
	c, err := p.open(q, v.carry)
	if err == nil && !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
		err = agenda.ErrForbidden
	}
	if err == nil {
		err = c.MayChange(agenda.Staff, q.Now)
	}
	if err != nil {
		return err
	}
	pen.fits = map[string]bool{}
	s := booking.Search{Tenant: q.Person.Tenant, Wish: c.Wish(), By: agenda.Staff, Person: q.Person, Own: c.Booking, Brief: true}
	s.From, s.To = v.days()
	s.From = max(s.From, agenda.DateOf(q.Now))
	for _, calendar := range v.calendars {
		if _, ok := q.Setup.Plan(calendar, s.Wish, agenda.Staff); ok && q.Person.MayIn(agenda.ActOnBookings, calendar) {
			s.Calendars = append(s.Calendars, calendar.ID)
		}
	}
	if len(s.Calendars) > 0 && s.From <= s.To {
		found, err := p.Desk.Availability(q.Context(), s)
		if err != nil && !errors.Is(err, agenda.ErrTaken) {
			return err
		}
		for _, day := range found.Days {
			for _, slot := range day.Slots {
				pen.fits[markOf(slot.Calendar, slot.Start)] = true
			}
		}
	}
	d.Carried = &carried{ID: c.ID, What: about(d.Frame, c), Nowhere: len(pen.fits) == 0, Stop: "/staff/calendar?" + d.Back}
	return nil
}
