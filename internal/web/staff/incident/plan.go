package incident

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// planPage asks what is to be done about the chosen visits.
type planPage struct {
	page.Frame
	Lead     string
	Action   string
	Act      page.Field
	Letters  []page.Field // one text per language
	Days     page.Field
	Fallback page.Field
	Visits   []planned
	Several  bool
	Dated    bool // the visits are on several days
}

// planned is one visit with what is to become of it.
type planned struct {
	affected
	Act  page.Field
	Slot page.Field
	None bool // there is no free time for it
}

func (o *Part) plan(w http.ResponseWriter, q *office.Request) error {
	p, n, err := o.newPlan(q)
	if err != nil {
		return err
	}
	if n.Step.Begun() || n.Step == agenda.StepChoose {
		return to(w, q, at(n.ID, ""))
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/incident/plan", p)
}

func (o *Part) newPlan(q *office.Request) (*planPage, *agenda.Incident, error) {
	n, list, err := o.Desk.Incident(q.Context(), q.Person, id(q))
	if err != nil {
		return nil, nil, err
	}
	open := list[:0:0]
	for _, a := range list {
		if a.Chosen = a.Item.State == agenda.ItemChosen; a.Chosen {
			open = append(open, a)
		}
	}
	times, err := o.Desk.Suggest(q.Context(), q.Person, n, open)
	if err != nil {
		return nil, nil, err
	}
	p := &planPage{Frame: o.frame(q, 3), Action: at(n.ID, "/plan"), Several: len(n.Calendars) > 1}
	p.Lead = heading(p.Frame, q.Setup, n)
	p.ask(n, q.Setup)
	for _, a := range open {
		p.Dated = p.Dated || a.Card != nil && open[0].Card != nil && a.Card.Date != open[0].Card.Date
	}
	for _, a := range open {
		p.Visits = append(p.Visits, o.newPlanned(q, p, n, a, times[a.Item.Booking]))
	}
	return p, n, nil
}

// ask fills in the questions about all visits.
func (p *planPage) ask(n *agenda.Incident, s *agenda.Setup) {
	p.Act = page.Field{Name: "act", Type: "radio", Label: p.T("staff.incident.act"), Required: true}
	for _, act := range []string{agenda.ActMove, agenda.ActPropose, agenda.ActCancel} {
		p.Act.Choices = append(p.Act.Choices, page.Choice{Value: act, Label: p.T("staff.incident.act." + act), Hint: p.T("staff.incident.act." + act + ".hint"), Selected: act == cmp.Or(n.Act, agenda.ActMove)})
	}
	languages := s.Tenant.Languages
	for _, lang := range languages {
		f := page.Field{Name: "letter." + lang, Type: "textarea", Label: p.T("staff.incident.letter"), Max: agenda.MaxIncidentLetter, Rows: 3, Value: n.Texts.Letter[lang]}
		if len(languages) > 1 {
			f.Label = p.T("staff.incident.letterIn", "language", office.LanguageName(p.Frame, lang))
		}
		if lang == languages[0] {
			f.Hint = p.T("staff.incident.letter.hint")
		}
		p.Letters = append(p.Letters, f)
	}
	p.Days = page.Field{Name: "days", Type: "number", Label: p.T("staff.incident.days"), Required: true, Min: 1, Max: agenda.MaxProposalDays, Width: "short", Value: "3"}
	if n.Days > 0 {
		p.Days.Value = itoa(n.Days)
	}
	p.Fallback = page.Field{Name: "fallback", Type: "radio", Label: p.T("staff.incident.fallback"), Required: true}
	for _, x := range []string{agenda.FallbackCall, agenda.FallbackCancel} {
		p.Fallback.Choices = append(p.Fallback.Choices, page.Choice{Value: x, Label: p.T("staff.incident.fallback." + x), Selected: x == cmp.Or(n.Fallback, agenda.FallbackCall)})
	}
}

func (o *Part) newPlanned(q *office.Request, p *planPage, n *agenda.Incident, a *booking.Affected, s *booking.Suggestion) planned {
	v := planned{affected: visitOf(p.Frame, q.Setup, a)}
	if !p.Several {
		v.Place = ""
	}
	if !p.Dated {
		v.Date = ""
	}
	v.Act = page.Field{Name: "act." + v.ID, Type: "select", Label: p.T("staff.incident.act.one"), Required: true, Choices: []page.Choice{{Value: "", Label: p.T("staff.incident.act.all")}}}
	own := a.Item.Act
	if own == n.Act {
		own = ""
	}
	for _, act := range []string{agenda.ActMove, agenda.ActPropose, agenda.ActCancel, agenda.ActLeave} {
		v.Act.Choices = append(v.Act.Choices, page.Choice{Value: act, Label: p.T("staff.incident.act." + act), Selected: act == own})
	}
	v.Slot = page.Field{Name: "slot." + v.ID, Type: "select", Label: p.T("staff.incident.slot"), Required: true}
	if s == nil || len(s.Slots) == 0 {
		v.None = true
		return v
	}
	for i, slot := range s.Slots {
		c := page.Choice{Value: slotValue(slot.Start, slot.Calendar), Label: office.Short(p.Frame, slot.Start), Selected: i == 0}
		if cal, ok := q.Setup.Calendar(slot.Calendar); ok && slot.Calendar != a.Item.Was.Calendar {
			c.Label += ", " + nameOf(p.Frame, q.Setup, cal)
		}
		v.Slot.Choices = append(v.Slot.Choices, c)
	}
	return v
}

func slotValue(start time.Time, calendar string) string {
	return start.UTC().Format(time.RFC3339) + " " + calendar
}

// decide keeps what was decided; nothing happens yet.
func (o *Part) decide(w http.ResponseWriter, q *office.Request) error {
	p, n, err := o.newPlan(q)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(w, q.Request, p.Printer())
	if err != nil {
		return err
	}
	x := p.read(form)
	if len(form.Errors()) == 0 {
		_, err := o.Desk.Decide(q.Context(), q.Person, n.ID, x)
		if err == nil {
			return to(w, q, at(n.ID, "/letters"))
		}
		if err := invalid(form, err, wrongPlan); err != nil {
			return err
		}
	}
	p.Frame.Errors = form.Errors()
	p.Act, p.Days, p.Fallback = form.Fill(p.Act), form.Fill(p.Days), form.Fill(p.Fallback)
	for i := range p.Letters {
		p.Letters[i] = form.Fill(p.Letters[i])
	}
	for i := range p.Visits {
		v := &p.Visits[i]
		v.Act, v.Slot = form.Fill(v.Act), form.Fill(v.Slot)
	}
	return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/incident/plan", p)
}

func wrongPlan(b agenda.FieldError) string {
	switch {
	case strings.HasPrefix(b.Field, "slot.") && b.Code == "required":
		return "staff.incident.wrong.noSlot"
	case strings.HasPrefix(b.Field, "slot."):
		return "staff.incident.wrong.slot"
	}
	return "staff.incident.wrong.field"
}

func (p *planPage) read(form *page.Form) booking.Decisions {
	x := booking.Decisions{Letter: agenda.Text{}, Each: map[string]booking.Decision{}}
	x.Act = form.Choice("act", office.Values(p.Act.Choices), page.Rule{Label: p.Act.Label, Required: true})
	x.Days = form.Int("days", 1, agenda.MaxProposalDays, page.Rule{Label: p.Days.Label, Required: true})
	x.Fallback = form.Choice("fallback", office.Values(p.Fallback.Choices), page.Rule{Label: p.Fallback.Label, Required: true})
	for _, f := range p.Letters {
		if text := form.Text(f.Name, page.Rule{Label: f.Label, Max: agenda.MaxIncidentLetter, Lines: true}); text != "" {
			x.Letter[strings.TrimPrefix(f.Name, "letter.")] = text
		}
	}
	for _, v := range p.Visits {
		one := booking.Decision{Act: form.Choice(v.Act.Name, office.Values(v.Act.Choices), page.Rule{Label: v.Act.Label})}
		clock, calendar, found := strings.Cut(form.Value(v.Slot.Name), " ")
		if start, err := time.Parse(time.RFC3339, clock); err == nil && found {
			one.Start, one.Calendar = start, calendar
		}
		x.Each[v.ID] = one
	}
	return x
}
