package staff

import (
	"net/url"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// week is how many days of free times are shown at once.
const week = 7

// times are the free times of a week as staff see them, and the way to any other.
type times struct {
	From       agenda.Date
	Span       string // the week in words
	Prev, Next string // addresses; Prev is "" where the week begins today
	Slots      page.Slots
	Empty      string // why there is none; "": there are some
	NextFree   string // when there is one again
	NextHref   string
	Action     string // address of the forms below: a time is chosen at once
	Hidden     []page.Field
	Day, Clock page.Field // of the form for any other time
	Overbook   page.Field
	Take       string // what the form for any other time does; "": it moves
	Why        string // address of the page that says why a time is missing
}

// search finds the week's times of one calendar; here is the address of the page
// that shows them, without its date.
func (o *Office) search(q *office.Request, f page.Frame, s booking.Search, here url.Values, path string) (times, error) {
	today := agenda.DateOf(q.Now)
	s.Tenant, s.By, s.Person = q.Person.Tenant, agenda.Staff, q.Person
	s.From = max(s.From, today)
	s.To = s.From + week - 1
	found, err := o.Desk.Availability(q.Context(), s)
	if err != nil {
		return times{}, err
	}
	at := func(d agenda.Date) string {
		v := url.Values{}
		for k := range here {
			v[k] = here[k]
		}
		v.Set("date", d.String())
		return path + "?" + v.Encode()
	}
	p := f.Printer()
	t := times{From: s.From, Span: p.ShortDate(s.From.Noon()) + " – " + p.ShortDate(s.To.Noon()), Next: at(s.From + week), Slots: page.Slots{Name: "start"}}
	if s.From > today {
		t.Prev = at(max(today, s.From-week))
	}
	for _, d := range found.Days {
		day := page.SlotDay{Date: d.Date}
		for _, slot := range d.Slots {
			day.Times = append(day.Times, page.Slot{Start: slot.Start.In(q.Setup.Zone()), Value: startValue(slot.Start, slot.Calendar)})
		}
		t.Slots.Days = append(t.Slots.Days, day)
	}
	if found.Empty() {
		t.Empty = f.T("staff.none." + found.Why)
	}
	if !found.NextFree.IsZero() {
		next := found.NextFree.In(q.Setup.Zone())
		t.NextFree, t.NextHref = office.Short(f, next), at(agenda.DateOf(next))
	}
	t.other(f)
	return t, nil
}

// other is the form for a time that is not among the free ones.
func (t *times) other(f page.Frame) {
	t.Day = page.Field{Name: "on", Type: "date", Label: f.T("common.date"), Required: true, Value: t.From.String(), Width: "short"}
	t.Clock = page.Field{Name: "time", Type: "time", Label: f.T("common.time"), Required: true, Width: "short"}
	t.Overbook = page.Field{Name: "overbook", Type: "checkbox", Label: f.T("staff.overbook.label"), Hint: f.T("staff.overbook.hint")}
}

// startValue names a time in a calendar within addresses and forms.
func startValue(start time.Time, calendar string) string {
	return start.UTC().Format(time.RFC3339) + " " + calendar
}

// chosen is the time that a form or an address names: one of the free times, or any
// other by date and clock. ok is false where it names none; faults of what was typed
// are in the form.
func chosen(q *office.Request, form *page.Form, f page.Frame, calendar string) (t booking.Target, ok bool) {
	t = booking.Target{Calendar: calendar, Overbook: form.Value("overbook") != ""}
	if v := form.Value("start"); v != "" {
		clock, id, found := strings.Cut(v, " ")
		start, err := time.Parse(time.RFC3339, clock)
		if !found || err != nil {
			form.Fail("", "staff.error.start")
			return t, false
		}
		t.Start, t.Calendar = start, id
		return t, true
	}
	if form.Value("on") == "" && form.Value("time") == "" {
		return t, false
	}
	day := form.Date("on", page.Rule{Label: f.T("common.date"), Required: true})
	clock := form.Text("time", page.Rule{Label: f.T("common.time"), Required: true, Max: 20})
	if len(clock) == 4 && strings.Contains(clock, ":") {
		clock = "0" + clock // 8:30
	}
	minute, err := agenda.ParseMinute(clock)
	if err != nil && clock != "" {
		form.Fail("time", "staff.error.clock")
	}
	start, exists := agenda.At(day, minute, q.Setup.Zone())
	if !exists {
		form.Fail("time", "staff.error.clock")
	}
	t.Start = start
	return t, len(form.Errors()) == 0
}
