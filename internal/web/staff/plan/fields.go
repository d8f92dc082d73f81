package plan

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

func dayChoices(f page.Frame) (list []page.Choice) {
	for _, d := range weekdays() {
		day, _ := agenda.ParseWeekday(d)
		list = append(list, page.Choice{Value: d, Label: f.Printer().Weekday(day)})
	}
	return list
}

// scopeFields ask from when on a change is to hold.
func scopeFields(f page.Frame) []page.Field {
	var choices []page.Choice
	for _, act := range []agenda.ChangeAct{agenda.ActFrom, agenda.ActOnly, agenda.ActAlways} {
		choices = append(choices, page.Choice{Value: string(act), Label: f.T("staff.plan.scope." + string(act))})
	}
	return []page.Field{
		{Name: "scope", Type: "radio", Label: f.T("staff.plan.scope"), Required: true, Choices: choices},
		{Name: "day", Type: "date", Label: f.T("staff.plan.day"), Hint: f.T("staff.plan.day.hint"), Width: "short"},
	}
}

func timeFields(f page.Frame) []page.Field {
	return []page.Field{
		{Name: "weekdays", Type: "checkboxes", Label: f.T("staff.plan.weekdays"), Required: true, Choices: dayChoices(f)},
		{Name: "from", Type: "text", InputMode: "numeric", Label: f.T("staff.plan.begins"), Required: true, Width: "short", Max: 20},
		{Name: "to", Type: "text", InputMode: "numeric", Label: f.T("staff.plan.ends"), Required: true, Width: "short", Max: 20},
	}
}

func seatFields(f page.Frame, c *agenda.Calendar) []page.Field {
	return []page.Field{
		{Name: "slotMinutes", Type: "number", Label: f.T("staff.plan.raster"), Hint: f.T("staff.plan.raster.hint", "tick", c.TickMinutes), Required: true, Width: "short", Min: 1, Max: 1440},
		{Name: "total", Type: "number", Label: f.T("staff.plan.total"), Hint: f.T("staff.plan.total.hint"), Required: true, Width: "short", Max: 10000},
		{Name: "public", Type: "number", Label: f.T("staff.plan.public"), Hint: f.T("staff.plan.public.hint"), Width: "short", Max: 10000},
		{Name: "walkIn", Type: "checkbox", Label: f.T("staff.plan.walkIn.label"), Hint: f.T("staff.plan.walkIn.hint")},
	}
}

func validityFields(f page.Frame) []page.Field {
	nth := []page.Choice{{Value: "0", Label: f.T("staff.plan.nth.0"), Selected: true}}
	for i := 1; i <= 5; i++ {
		nth = append(nth, page.Choice{Value: strconv.Itoa(i), Label: f.T("staff.plan.nth." + strconv.Itoa(i))})
	}
	return []page.Field{
		{Name: "validFrom", Type: "date", Label: f.T("staff.plan.validFrom"), Hint: f.T("staff.plan.validFrom.hint"), Width: "short"},
		{Name: "validTo", Type: "date", Label: f.T("staff.plan.validTo"), Hint: f.T("staff.plan.validTo.hint"), Width: "short"},
		{Name: "everyWeeks", Type: "number", Label: f.T("staff.plan.everyWeeks"), Hint: f.T("staff.plan.everyWeeks.hint"), Required: true, Width: "short", Min: 1, Max: 520, Value: "1"},
		{Name: "weekOfMonth", Type: "select", Label: f.T("staff.plan.weekOfMonth"), Required: true, Choices: nth},
		{Name: "except", Type: "textarea", Rows: 2, Label: f.T("staff.plan.except"), Hint: f.T("staff.plan.except.hint")},
		{Name: "alsoOn", Type: "textarea", Rows: 2, Label: f.T("staff.plan.alsoOn"), Hint: f.T("staff.plan.alsoOn.hint")},
	}
}

// modes are those that a visit can have.
func modes() []string {
	return []string{agenda.ModeOnsite, agenda.ModePhone, agenda.ModeVideo, agenda.ModeHome}
}

func limitFields(f page.Frame, s *agenda.Setup, c *agenda.Calendar) []page.Field {
	services := page.Field{Name: "services", Type: "checkboxes", Label: f.T("staff.plan.services"), Hint: f.T("staff.plan.services.hint")}
	for i := range c.Services {
		if svc, ok := s.Service(c.Services[i].ID); ok {
			services.Choices = append(services.Choices, page.Choice{Value: svc.ID, Text: svc.Name})
		}
	}
	ways := page.Field{Name: "modes", Type: "checkboxes", Label: f.T("staff.plan.modes"), Hint: f.T("staff.plan.modes.hint")}
	for _, m := range modes() {
		ways.Choices = append(ways.Choices, page.Choice{Value: m, Label: f.T("staff.mode." + m)})
	}
	if len(services.Choices) == 0 {
		return []page.Field{ways}
	}
	return []page.Field{services, ways}
}

// seriesValues is a series as its form has it.
func seriesValues(t agenda.SlotTemplate) url.Values {
	v := url.Values{"weekdays": t.Weekdays, "services": t.Services, "modes": t.Modes}
	v.Set("from", t.From.String())
	v.Set("to", t.To.String())
	v.Set("slotMinutes", strconv.Itoa(t.SlotMinutes))
	v.Set("total", strconv.Itoa(t.Seats.Total))
	if t.Seats.Public >= 0 {
		v.Set("public", strconv.Itoa(t.Seats.Public))
	}
	if t.WalkIn {
		v.Set("walkIn", "1")
	}
	v.Set("validFrom", t.ValidFrom.String())
	v.Set("validTo", t.ValidTo.String())
	v.Set("everyWeeks", strconv.Itoa(max(t.EveryWeeks, 1)))
	v.Set("weekOfMonth", strconv.Itoa(t.WeekOfMonth))
	v.Set("except", dates(t.Except))
	v.Set("alsoOn", dates(t.AlsoOn))
	return v
}

func dates(list []agenda.Date) string {
	var out []string
	for _, d := range list {
		out = append(out, d.String())
	}
	return strings.Join(out, "\n")
}

// readSeries reads the large form; what is wrong with it is in the form.
func readSeries(f page.Frame, form *page.Form, a about) agenda.Change {
	rule := func(key string, required bool) page.Rule {
		return page.Rule{Label: f.T("staff.plan." + key), Required: required}
	}
	c := agenda.Change{Act: agenda.ActAdd, Calendars: []string{a.calendar.ID}}
	if a.series != nil {
		c = agenda.Change{Calendar: a.calendar.ID, Template: a.series.ID}
		c.Act = agenda.ChangeAct(form.Choice("scope", []string{"from", "only", "always"}, rule("scope", true)))
		if c.Act != agenda.ActAlways {
			c.Day = form.Date("day", rule("day", true))
		}
	}
	t := &agenda.SlotTemplate{WalkIn: form.Checked("walkIn", rule("walkIn.label", false))}
	t.Weekdays = form.Choices("weekdays", weekdays(), rule("weekdays", true))
	t.From, t.To = readClock(f, form, "from", "begins"), readClock(f, form, "to", "ends")
	t.SlotMinutes = form.Int("slotMinutes", 1, 1440, rule("raster", true))
	t.Seats = agenda.Seats{Total: form.Int("total", 0, 10000, rule("total", !t.WalkIn)), Public: -1}
	if form.Value("public") != "" {
		t.Seats.Public = form.Int("public", 0, 10000, rule("public", false))
	}
	t.ValidFrom, t.ValidTo = form.Date("validFrom", rule("validFrom", false)), form.Date("validTo", rule("validTo", false))
	t.EveryWeeks = form.Int("everyWeeks", 1, 520, rule("everyWeeks", false))
	t.WeekOfMonth, _ = strconv.Atoi(form.Choice("weekOfMonth", []string{"0", "1", "2", "3", "4", "5"}, rule("weekOfMonth", false)))
	t.Except, t.AlsoOn = readDates(f, form, "except"), readDates(f, form, "alsoOn")
	var offered []string
	for i := range a.calendar.Services {
		offered = append(offered, a.calendar.Services[i].ID)
	}
	t.Services = form.Choices("services", offered, rule("services", false))
	t.Modes = form.Choices("modes", modes(), rule("modes", false))
	c.As = t
	return c
}

// readClock reads a time of day as people type it: 8, 8:30, 08:30, 0830.
func readClock(f page.Frame, form *page.Form, name, label string) agenda.Minute {
	s := form.Text(name, page.Rule{Label: f.T("staff.plan." + label), Required: true, Max: 20})
	if s == "" {
		return 0
	}
	m, ok := parseClock(s)
	if !ok {
		form.Fail(name, "staff.plan.fault.clock")
	}
	return m
}

func parseClock(s string) (agenda.Minute, bool) {
	s = strings.ReplaceAll(strings.TrimSpace(strings.TrimSuffix(s, "Uhr")), ".", ":")
	if !strings.Contains(s, ":") {
		if len(s) > 2 {
			s = s[:len(s)-2] + ":" + s[len(s)-2:]
		} else {
			s += ":00"
		}
	}
	if strings.Index(s, ":") == 1 {
		s = "0" + s
	}
	m, err := agenda.ParseMinute(s)
	return m, err == nil
}

// readDates reads days, one to a line or with commas between them.
func readDates(f page.Frame, form *page.Form, name string) (list []agenda.Date) {
	label := f.T("staff.plan." + name)
	s := form.Text(name, page.Rule{Label: label, Max: 5000, Lines: true})
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == ',' || r == ';' || r == ' ' }) {
		one := page.NewForm(url.Values{"d": {word}}, f.Printer())
		d := one.Date("d", page.Rule{Label: label})
		if len(one.Errors()) > 0 {
			form.Fail(name, "staff.plan.fault.dates", "what", word)
			return list
		}
		if !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	slices.Sort(list)
	return list
}

// calendarField offers the calendars that the person plans.
func calendarField(f page.Frame, q *office.Request, selected string) page.Field {
	return page.Field{Name: "calendars", Type: "checkboxes", Label: f.T("staff.plan.calendars"), Choices: office.Choices(f, q.Setup, q.Calendars(agenda.PlanTimes), selected)}
}
