package setup

import (
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// quietHours edits when no reminder goes out; two empty fields are no such hours.
func (e *editor) quietHours(name string, q *agenda.QuietHours) {
	ends := [2]struct {
		name, text string
		at         agenda.Minute
	}{{name: name + ".from", at: q.From}, {name: name + ".to", at: q.To}}
	empty, wrong := 0, false
	for i := range ends {
		x := &ends[i]
		shown := ""
		if q.Some() {
			shown = x.at.String()
		}
		x.text = shown
		e.line(x.name, &x.text, as{Hint: true, Width: "short", Max: 5})
		at, err := agenda.ParseMinute(x.text)
		switch {
		case x.text == "":
			empty++
		case err != nil:
			e.wrong(x.name)
			wrong = true
		}
		x.at = at
	}
	switch {
	case !e.sent() || wrong:
	case empty == 1:
		for _, x := range ends {
			if x.text == "" {
				e.wrong(x.name)
			}
		}
	default:
		*q = agenda.QuietHours{From: ends[0].at, To: ends[1].at}
	}
}

// reconfirm edits whether visitors are asked if they come.
func (e *editor) reconfirm(r *agenda.Reconfirm) {
	e.pick("reconfirm.ask", &r.Ask, []agenda.Span{{Days: 14}, {Days: 10}, {Days: 7}, {Days: 5}, {Days: 4}, {Days: 3}})
	e.pick("reconfirm.by", &r.By, []agenda.Span{{Days: 5}, {Days: 3}, {Days: 2}, {Days: 1}, {Minutes: 12 * 60}})
}

// pick edits one of some spans, or the one that is set already; or none.
func (e *editor) pick(name string, v *agenda.Span, offered []agenda.Span) {
	current := ""
	if (*v != agenda.Span{}) {
		current = v.String()
		if !slices.Contains(offered, *v) {
			offered = append(offered, *v)
		}
	}
	slices.SortFunc(offered, func(a, b agenda.Span) int { return agenda.CompareSpans(b, a) })
	var choices []page.Choice
	for _, s := range offered {
		choices = append(choices, page.Choice{Value: s.String(), Label: e.span(s)})
	}
	was := current
	e.choice(name, &current, choices, as{Hint: true})
	if current == was {
		return
	}
	*v = agenda.Span{}
	if s, err := agenda.ParseSpan(current); err == nil {
		*v = s
	}
}
