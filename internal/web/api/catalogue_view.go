package api

import (
	"slices"

	"terminvergabe/internal/agenda"
)

// The views of the set-up have the keys of the tenant file. A key without a value
// is left out. What the public never sees is set in staff's views only: so a new
// field stays inside until somebody shows it.

type serviceView struct {
	ID              string            `json:"id"`
	Name            agenda.Text       `json:"name"`
	Description     agenda.Text       `json:"description,omitzero"`
	Leika           string            `json:"leika,omitempty"`
	Synonyms        []string          `json:"synonyms,omitempty"`
	Minutes         int               `json:"minutes"`
	MinutesMore     *int              `json:"minutesMore,omitempty"`
	MaxQuantity     int               `json:"maxQuantity"`
	QuantityOf      string            `json:"quantityOf,omitempty"`
	Combinable      []string          `json:"combinable,omitempty"`
	LeadMinutes     int               `json:"leadMinutes"`
	HorizonDays     int               `json:"horizonDays"`
	CancelByMinutes int               `json:"cancelByMinutes"`
	Reconfirm       *agenda.Reconfirm `json:"reconfirm,omitempty"`
	Checklist       []agenda.Text     `json:"checklist,omitempty"`
	Fee             agenda.Text       `json:"fee,omitzero"`
	Modes           []string          `json:"modes"`
	Public          any               `json:"public"` // true, false or "link", as in the tenant file
	Sensitive       bool              `json:"sensitive"`
	Questions       []questionView    `json:"questions,omitempty"`
}

type questionView struct {
	ID       string       `json:"id"`
	Label    agenda.Text  `json:"label"`
	Type     string       `json:"type"`
	Required bool         `json:"required"`
	Options  []optionView `json:"options,omitempty"`
}

type optionView struct {
	ID        string      `json:"id"`
	Label     agenda.Text `json:"label"`
	Minutes   int         `json:"minutes,omitempty"`
	Calendars []string    `json:"calendars,omitempty"`
	Service   string      `json:"service,omitempty"`
	Letters   string      `json:"letters,omitempty"`
}

func (c *call) service(s *agenda.Service) serviceView {
	v := serviceView{ID: s.ID, Name: s.Name, Description: s.Description, Leika: s.Leika, Synonyms: s.Synonyms, Minutes: s.Minutes, MaxQuantity: s.MaxQuantity, QuantityOf: s.QuantityOf,
		LeadMinutes: s.LeadMinutes, HorizonDays: s.HorizonDays, CancelByMinutes: s.CancelByMinutes,
		Checklist: s.Checklist, Fee: s.Fee, Modes: slices.Clone(s.Modes), Public: visibility(s.Public), Sensitive: s.Sensitive}
	if s.Reconfirm.Wanted() {
		v.Reconfirm = &s.Reconfirm
	}
	if s.MinutesMore >= 0 {
		v.MinutesMore = &s.MinutesMore
	}
	if c.person == nil {
		v.Modes = slices.DeleteFunc(v.Modes, func(m string) bool { return m == agenda.ModeHome })
	}
	for _, id := range s.Combinable {
		if other, ok := c.setup.Service(id); ok && c.sees(other) {
			v.Combinable = append(v.Combinable, id)
		}
	}
	for _, q := range s.Questions {
		v.Questions = append(v.Questions, c.question(q))
	}
	return v
}

func visibility(v agenda.Visibility) any {
	switch v {
	case agenda.VisiblePublic:
		return true
	case agenda.VisibleLink:
		return "link"
	}
	return false
}

// question leaves out, for the public, calendars that it cannot see, and options
// that would lead nowhere else or to a service that it cannot see.
func (c *call) question(q agenda.Question) questionView {
	v := questionView{ID: q.ID, Label: q.Label, Type: q.Type, Required: q.Required}
	for _, o := range q.Options {
		calendars := slices.DeleteFunc(slices.Clone(o.Calendars), func(id string) bool {
			k, ok := c.setup.Calendar(id)
			return !ok || c.person == nil && !c.setup.OpenToPublic(k)
		})
		other, known := c.setup.Service(o.Service)
		if (len(o.Calendars) == 0 || len(calendars) > 0) && (o.Service == "" || known && c.sees(other)) {
			v.Options = append(v.Options, optionView{ID: o.ID, Label: o.Label, Minutes: o.Minutes, Calendars: calendars, Service: o.Service, Letters: o.Letters})
		}
	}
	return v
}

type siteView struct {
	ID           string        `json:"id"`
	Name         agenda.Text   `json:"name"`
	Street       string        `json:"street"`
	PostalCode   string        `json:"postalCode"`
	City         string        `json:"city"`
	Lat          float64       `json:"lat,omitempty"`
	Lon          float64       `json:"lon,omitempty"`
	Phone        string        `json:"phone,omitempty"`
	Access       []string      `json:"access,omitempty"`
	OpeningHours agenda.Text   `json:"openingHours,omitzero"`
	Public       bool          `json:"public"`
	Closures     []closureView `json:"closures,omitempty"` // staff
}

func (c *call) site(s *agenda.Site) siteView {
	v := siteView{ID: s.ID, Name: s.Name, Street: s.Street, PostalCode: s.PostalCode, City: s.City, Lat: s.Lat, Lon: s.Lon,
		Phone: s.Phone, Access: s.Access, OpeningHours: s.OpeningHours, Public: s.Public}
	if c.person != nil {
		v.Closures = closures(s.Closures)
	}
	return v
}

type closureView struct {
	From   agenda.Moment `json:"from"`
	To     agenda.Moment `json:"to"`
	Seats  int           `json:"seats,omitempty"`
	Reason agenda.Text   `json:"reason,omitzero"`
}

func closures(list []agenda.Closure) (v []closureView) {
	for _, c := range list {
		v = append(v, closureView{c.From, c.To, c.Seats, c.Reason})
	}
	return v
}

type calendarView struct {
	ID             string         `json:"id"`
	Name           agenda.Text    `json:"name,omitzero"`
	Department     string         `json:"department"`
	Site           string         `json:"site"`
	Room           agenda.Text    `json:"room,omitzero"`
	Services       []offerView    `json:"services"`
	Contact        agenda.Contact `json:"contact"`
	TickMinutes    int            `json:"tickMinutes"`
	Confirm        string         `json:"confirm"`
	HoldMinutes    int            `json:"holdMinutes"`
	ConfirmMinutes int            `json:"confirmMinutes"`
	SlotTemplates  []templateView `json:"slotTemplates,omitempty"` // the public: hours without appointment
	*calendarInside
}

// calendarInside is what staff alone see of a calendar.
type calendarInside struct {
	Pool          string            `json:"pool,omitempty"`
	Private       bool              `json:"private"`
	BeforeMinutes int               `json:"beforeMinutes"`
	AfterMinutes  int               `json:"afterMinutes"`
	Reminders     []agenda.Span     `json:"reminders,omitempty"`
	StaffMail     *agenda.StaffMail `json:"staffMail,omitempty"`
	Closures      []closureView     `json:"closures,omitempty"`
}

type offerView struct {
	ID      string `json:"id"`
	Minutes int    `json:"minutes,omitempty"`
}

func (c *call) calendar(k *agenda.Calendar) calendarView {
	v := calendarView{ID: k.ID, Name: k.Name, Department: k.Department, Site: k.Site, Room: k.Room, Services: []offerView{}, Contact: k.Contact,
		TickMinutes: k.TickMinutes, Confirm: k.Confirm, HoldMinutes: k.HoldMinutes, ConfirmMinutes: k.ConfirmMinutes}
	for _, o := range k.Services {
		if s, ok := c.setup.Service(o.ID); ok && c.sees(s) {
			v.Services = append(v.Services, offerView{o.ID, o.Minutes})
		}
	}
	for i := range k.SlotTemplates {
		t := &k.SlotTemplates[i]
		shown := c.template(t)
		if c.person != nil || t.WalkIn && (len(t.Services) == 0 || len(shown.Services) > 0) {
			v.SlotTemplates = append(v.SlotTemplates, shown)
		}
	}
	if c.person != nil {
		v.calendarInside = &calendarInside{Pool: k.Pool, Private: k.Private, BeforeMinutes: k.BeforeMinutes, AfterMinutes: k.AfterMinutes,
			Reminders: k.Reminders, Closures: closures(k.Closures)}
		if k.StaffMail.To != "" {
			v.StaffMail = &k.StaffMail
		}
	}
	return v
}

type templateView struct {
	ID          string        `json:"id"`
	Weekdays    []string      `json:"weekdays"`
	From        agenda.Minute `json:"from"`
	To          agenda.Minute `json:"to"`
	SlotMinutes int           `json:"slotMinutes,omitempty"`
	Seats       *seatsView    `json:"seats,omitempty"`
	ValidFrom   agenda.Date   `json:"validFrom,omitempty"`
	ValidTo     agenda.Date   `json:"validTo,omitempty"`
	EveryWeeks  int           `json:"everyWeeks"`
	WeekOfMonth int           `json:"weekOfMonth,omitempty"`
	Except      []agenda.Date `json:"except,omitempty"`
	AlsoOn      []agenda.Date `json:"alsoOn,omitempty"`
	WalkIn      bool          `json:"walkIn"`
	Services    []string      `json:"services,omitempty"`
	Modes       []string      `json:"modes,omitempty"`
}

type seatsView struct {
	Total  int `json:"total"`
	Public int `json:"public"`
}

func (c *call) template(t *agenda.SlotTemplate) templateView {
	v := templateView{ID: t.ID, Weekdays: t.Weekdays, From: t.From, To: t.To, SlotMinutes: t.SlotMinutes, ValidFrom: t.ValidFrom, ValidTo: t.ValidTo,
		EveryWeeks: t.EveryWeeks, WeekOfMonth: t.WeekOfMonth, Except: t.Except, AlsoOn: t.AlsoOn, WalkIn: t.WalkIn, Modes: t.Modes}
	if c.person != nil {
		v.Seats = &seatsView{t.Seats.Total, t.Seats.ForPublic()}
	}
	for _, id := range t.Services {
		if s, ok := c.setup.Service(id); ok && c.sees(s) {
			v.Services = append(v.Services, id)
		}
	}
	return v
}
