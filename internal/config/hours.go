package config

import (
	"fmt"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
)

// Hours are an office's opening hours as its former booking system kept them.
type Hours struct {
	Origin       string        `json:"origin"`
	Timezone     string        `json:"timezone"`
	Availability []HoursPeriod `json:"availability" need:"yes"`

	given map[string]int // how many periods give a key
}

// HoursPeriod is one line of opening hours, for appointments or for walking in.
type HoursPeriod struct {
	ID          string        `json:"id" need:"yes"`
	Kind        string        `json:"kind" need:"yes"` // appointment | walk-in
	Weekdays    []string      `json:"weekdays" need:"yes"`
	EveryWeeks  int           `json:"everyWeeks" default:"1"`
	WeekOfMonth int           `json:"weekOfMonth"`
	ValidFrom   agenda.Date   `json:"validFrom"`
	ValidTo     agenda.Date   `json:"validTo"`
	StartTime   agenda.Minute `json:"startTime" need:"yes"`
	EndTime     agenda.Minute `json:"endTime" need:"yes"`
	SlotMinutes int           `json:"slotMinutes" need:"yes"`
	SeatsPublic int           `json:"seatsPublic" need:"yes"`
	SeatsStaff  int           `json:"seatsStaff" need:"yes"` // all there are

	// Known, but without a counterpart in a template.
	BookableFromDays int  `json:"bookableFromDays"`
	BookableToDays   int  `json:"bookableToDays"`
	MultipleSlots    bool `json:"multipleSlots"`
}

const walkInKind = "walk-in"

// ReadHours reads opening hours of JSON. Anything that could not become a sound
// template is refused with Faults: all of them, each with line and column.
func ReadHours(data []byte, name string) (*Hours, error) {
	r := &strict{name: name}
	h := withDefaults[Hours]()
	r.readJSON(data, &h)
	r.rules(h.check())
	if err := r.err(); err != nil {
		return nil, err
	}
	h.given = map[string]int{}
	for path := range r.places {
		if period, key, ok := strings.Cut(path, "]."); ok && strings.HasPrefix(period, "availability[") {
			h.given[key]++
		}
	}
	return &h, nil
}

// template is the period as a slot template. The staff's seats are all there are.
func (p *HoursPeriod) template() agenda.SlotTemplate {
	t := withDefaults[agenda.SlotTemplate]()
	t.ID, t.Weekdays, t.From, t.To, t.SlotMinutes = p.ID, slices.Clone(p.Weekdays), p.StartTime, p.EndTime, p.SlotMinutes
	t.ValidFrom, t.ValidTo, t.EveryWeeks, t.WeekOfMonth = p.ValidFrom, p.ValidTo, p.EveryWeeks, p.WeekOfMonth
	if p.Kind == walkInKind {
		t.ID, t.WalkIn = p.ID+"-walkin", true
		return t // shows hours; seats mean nothing there
	}
	t.Seats = agenda.Seats{Total: p.SeatsStaff, Public: p.SeatsPublic}
	if p.SeatsPublic == p.SeatsStaff {
		t.Seats.Public = -1
	}
	return t
}

// Keys of a template and of the period it comes from.
var templateKeys = strings.NewReplacer(".from", ".startTime", ".to", ".endTime", ".seats.total", ".seatsStaff", ".seats.public", ".seatsPublic")

// check looks at the templates as those of a calendar with the finest tick.
func (h *Hours) check() (faults []agenda.Fault) {
	probe := withDefaults[agenda.Setup]()
	cal := withDefaults[agenda.Calendar]()
	cal.TickMinutes = 1
	for i := range h.Availability {
		p, path := &h.Availability[i], fmt.Sprintf("availability[%d]", i)
		if p.Kind != "appointment" && p.Kind != walkInKind {
			faults = append(faults, agenda.Fault{Path: path + ".kind", Message: fmt.Sprintf("found %q; expected appointment or walk-in", clip(p.Kind, 40))})
		}
		cal.SlotTemplates = append(cal.SlotTemplates, p.template())
	}
	probe.Calendars = []agenda.Calendar{cal}
	for _, f := range probe.Check() {
		if rest, ok := strings.CutPrefix(f.Path, "calendars[0].slotTemplates"); ok {
			f.Path = "availability" + templateKeys.Replace(rest)
			f.Message = strings.ReplaceAll(f.Message, "calendars[0].slotTemplates", "availability")
			faults = append(faults, f)
		}
	}
	return faults
}

// Templates gives the slot templates, and a report of the keys that have no
// counterpart, each once.
func (h *Hours) Templates() ([]agenda.SlotTemplate, Report) {
	var list []agenda.SlotTemplate
	seats := 0
	for i := range h.Availability {
		p := &h.Availability[i]
		list = append(list, p.template())
		if p.Kind == walkInKind && (p.SeatsPublic > 0 || p.SeatsStaff > 0) {
			seats++
		}
	}
	var r Report
	notTaken := func(key string, n int, why string) {
		if n > 0 {
			r.Skipped = append(r.Skipped, Entry{"key", key, fmt.Sprintf("not taken from %d entries: %s", n, why)})
		}
	}
	notTaken("bookableFromDays", h.given["bookableFromDays"], "leadMinutes of the services says it")
	notTaken("bookableToDays", h.given["bookableToDays"], "horizonDays of the services says it")
	notTaken("multipleSlots", h.given["multipleSlots"], "a booking takes as many slots as its services need")
	notTaken("seatsPublic, seatsStaff", seats, "hours without appointment have no seats")
	return list, r
}

// ImportHours merges opening hours into a calendar of a copy of the set-up, by the
// ids of the templates. What the hours do not speak of (except, alsoOn, services,
// modes, and other templates) stays. Refused are hours of another time zone, an
// unknown calendar (agenda.ErrNotFound), and hours after which the set-up is not
// sound (Faults, with the keys of the tenant file).
func ImportHours(setup *agenda.Setup, calendar string, h *Hours) (*agenda.Setup, Report, error) {
	i := slices.IndexFunc(setup.Calendars, func(c agenda.Calendar) bool { return c.ID == calendar })
	if i < 0 {
		return nil, Report{}, fmt.Errorf("calendar %q: %w", calendar, agenda.ErrNotFound)
	}
	if h.Timezone != "" && h.Timezone != setup.Tenant.Timezone {
		return nil, Report{}, fmt.Errorf("timezone: found %q; expected %q, that of the tenant", clip(h.Timezone, 40), setup.Tenant.Timezone)
	}
	next := *setup
	next.Calendars = slices.Clone(setup.Calendars)
	cal := &next.Calendars[i]
	cal.SlotTemplates = slices.Clone(cal.SlotTemplates)
	templates, report := h.Templates()
	m := &importer{report: report}
	index := map[string]int{}
	for j := range cal.SlotTemplates {
		index[cal.SlotTemplates[j].ID] = j
	}
	for _, t := range templates {
		if j, ok := index[t.ID]; ok {
			b := &cal.SlotTemplates[j]
			t.Except, t.AlsoOn, t.Services, t.Modes = b.Except, b.AlsoOn, b.Services, b.Modes
		}
		put(m, "template", &cal.SlotTemplates, index, t.ID, strings.Join(t.Weekdays, " ")+" "+t.From.String()+"-"+t.To.String(), t)
	}
	var faults Faults
	for _, f := range next.Check() {
		faults = append(faults, Fault{File: "after the import", Path: f.Path, Message: f.Message})
	}
	if len(faults) > 0 {
		return nil, Report{}, faults
	}
	return &next, m.report, nil
}
