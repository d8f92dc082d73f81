package slots

import (
	"slices"

	"terminvergabe/internal/agenda"
)

// CompileWalkIn is the day as it counts for a visitor without appointment who stands
// there: besides the bookable hours, those for visitors without appointment are open.
// Where such hours name no seats, it is as many as the calendar has at its best other
// times, for it is the same people who serve them.
func CompileWalkIn(s *agenda.Setup, c *agenda.Calendar, date agenda.Date) *Day {
	return layOut(s, c, date, openForWalkIn(s, c, date), closuresOver(s, c))
}

// openForWalkIn are the bookable templates of a date and what the walk-in hours add to
// them.
func openForWalkIn(s *agenda.Setup, c *agenda.Calendar, date agenda.Date) []*agenda.SlotTemplate {
	open := openOn(s, c, date)
	_, holiday := holidayOn(s, date)
	most := 1
	for i := range c.SlotTemplates {
		most = max(most, c.SlotTemplates[i].Seats.Total)
	}
	for i := range c.SlotTemplates {
		t := &c.SlotTemplates[i]
		if !t.WalkIn || t.Objections(date, holiday) != 0 {
			continue
		}
		for _, part := range leftOf(t, open) {
			if part.SlotMinutes = max(part.SlotMinutes, c.TickMinutes); part.Seats.Total == 0 {
				part.Seats.Total = most
			}
			open = append(open, part)
		}
	}
	return open
}

// leftOf are the parts of a template's time that no other one covers.
func leftOf(t *agenda.SlotTemplate, others []*agenda.SlotTemplate) []*agenda.SlotTemplate {
	whole := *t
	parts := []*agenda.SlotTemplate{&whole}
	for _, o := range others {
		var left []*agenda.SlotTemplate
		for _, p := range parts {
			if o.To <= p.From || p.To <= o.From {
				left = append(left, p)
				continue
			}
			before, after := *p, *p
			before.To, after.From = o.From, o.To
			left = append(left, &before, &after)
		}
		parts = slices.DeleteFunc(left, func(p *agenda.SlotTemplate) bool { return p.From >= p.To })
	}
	return parts
}
