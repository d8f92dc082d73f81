package api

import (
	"net/http"
	"net/url"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/why"
)

type explanationView struct {
	Bookable bool       `json:"bookable"`
	Rules    []ruleView `json:"rules"`
}

type ruleView struct {
	Rule   string `json:"rule"`
	Allows bool   `json:"allows"`
	Detail string `json:"detail"`
}

// why says of a start whether it could be booked, and what every rule says about it:
// for the public, where the rules of staff are not asked for.
func (a API) why(c *call) error {
	r, err := c.inQuestion()
	if err != nil {
		return err
	}
	e, err := a.Desk.Explain(c.ctx(), r, nil)
	if err != nil {
		return asked(err)
	}
	lang := a.Catalogue.Match(c.r.Header.Get("Accept-Language"), a.Catalogue.OfficeLanguages())
	speaker := why.Speaker{Setup: e.Setup, Words: a.Catalogue.Printer(lang)}
	v := explanationView{Bookable: e.Bookable, Rules: make([]ruleView, 0, len(e.Rulings))}
	for i := range e.Rulings {
		ruling := &e.Rulings[i]
		v.Rules = append(v.Rules, ruleView{Rule: string(ruling.Rule), Allows: ruling.Allows, Detail: speaker.Sentence(&e.Explanation, ruling)})
	}
	c.w.Header().Set("Content-Language", lang)
	c.w.Header().Add("Vary", "Accept-Language")
	return c.reply(http.StatusOK, v)
}

// inQuestion reads which start is asked about; all faults are reported together.
func (c *call) inQuestion() (r booking.Request, err error) {
	q, err := c.query()
	if err != nil {
		return r, err
	}
	var bad agenda.Invalid
	s, err := c.search(q)
	if err != nil {
		bad = append(bad, explain(err).fields...)
	}
	r = booking.Request{Tenant: s.Tenant, Wish: s.Wish, Person: c.person, By: agenda.Channel(q.Get("channel"))}
	if len(q["service"]) == 0 {
		bad = append(bad, agenda.FieldError{Field: "service", Code: "required"})
	}
	r.Calendar = only(q, "calendar", &bad)
	// Who forgets to encode the + of an offset has sent a blank.
	r.Start = readStart(strings.Replace(only(q, "start", &bad), " ", "+", 1), &bad)
	switch r.By {
	case "":
		r.By = agenda.Public
	case agenda.Public, agenda.Staff:
	default:
		bad = append(bad, agenda.FieldError{Field: "channel", Code: "unknown"})
	}
	return r, bad.Or()
}

// only reads a parameter that stands for one thing.
func only(q url.Values, field string, bad *agenda.Invalid) string {
	switch values := q[field]; {
	case len(values) > 1:
		*bad = append(*bad, agenda.FieldError{Field: field, Code: "duplicate"})
		return values[0]
	case field == "calendar" && q.Get(field) == "":
		*bad = append(*bad, agenda.FieldError{Field: field, Code: "required"})
	}
	return q.Get(field)
}
