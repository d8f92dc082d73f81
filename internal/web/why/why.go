// Package why puts into words why a start can be booked or not: one sentence for
// each rule, the same for programs and on the pages of staff. It decides nothing:
// what it says is what slots has found. It refuses to know HTML and HTTP.
//
// Start reading at Sentence.
package why

import (
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/slots"
)

// Speaker tells of starts in the calendars of one tenant, in one language. Times are
// the office's wall clock.
type Speaker struct {
	Setup *agenda.Setup
	Words *i18n.Printer
}

// Name is what people call a rule.
func (s Speaker) Name(r slots.Rule) string { return s.Words.T("why." + string(r)) }

// Objections are the sentences of the rules that object, in their order, but those
// that are to be left out.
func (s Speaker) Objections(e *slots.Explanation, without ...slots.Rule) (list []string) {
	for i := range e.Rulings {
		if r := &e.Rulings[i]; !r.Allows && !slices.Contains(without, r.Rule) {
			list = append(list, s.Sentence(e, r))
		}
	}
	return list
}

// Sentence is what a rule has to say about the start.
func (s Speaker) Sentence(e *slots.Explanation, r *slots.Ruling) string {
	switch r.Rule {
	case slots.RuleTemplate:
		return s.template(e, r)
	case slots.RuleRhythm:
		return s.rhythm(e, r)
	case slots.RuleException:
		return s.exception(r)
	case slots.RuleClosure, slots.RuleBusy:
		return s.closure(r)
	case slots.RuleHoliday:
		return s.holiday(r)
	case slots.RuleLead:
		return s.lead(r)
	case slots.RuleHorizon:
		return s.horizon(r)
	case slots.RuleCapacity:
		return s.capacity(e, r)
	case slots.RuleHold:
		return s.hold(e, r)
	}
	return ""
}

// say is the text of a rule and a reason; "fine" where there is no reason.
func (s Speaker) say(r *slots.Ruling, args ...any) string {
	reason := string(r.Reason)
	if r.Reason == slots.NoReason {
		reason = "fine"
	}
	return s.Words.T("why."+string(r.Rule)+"."+reason, args...)
}

func (s Speaker) template(e *slots.Explanation, r *slots.Ruling) string {
	span := ""
	if !r.From.IsZero() {
		span = s.Words.TimeSpan(s.local(r.From), s.local(r.To))
	}
	switch r.Reason {
	case slots.NoHours:
		return s.say(r, "time", s.Words.Time(s.local(e.Start)))
	case slots.OtherServices:
		return s.say(r, "span", span, "what", s.list(r.Names, s.service))
	case slots.OtherModes:
		return s.say(r, "span", span, "what", s.list(r.Names, func(m string) string { return s.Words.T("why.mode." + m) }))
	case slots.OffRaster:
		return s.say(r, "n", r.N, "from", s.Words.Time(s.local(r.From)))
	case slots.BeginsTooEarly, slots.EndsTooLate:
		return s.say(r, "n", r.N, "span", span)
	}
	return s.say(r, "span", span, "template", r.Template)
}

func (s Speaker) rhythm(e *slots.Explanation, r *slots.Ruling) string {
	day := s.Words.Weekday(e.Date.Weekday())
	switch r.Reason {
	case slots.NoReason:
		if r.Template == "" {
			return s.Words.T("why.nothing")
		}
		return s.say(r, "date", s.Words.Date(e.Date.Noon()))
	case slots.OtherWeekday:
		return s.say(r, "days", s.list(r.Names, s.weekday), "day", day)
	case slots.WeekBetween:
		return s.say(r, "n", r.N, "date", s.Words.ShortDate(r.Date.Monday().Noon()))
	case slots.OtherWeek:
		return s.Words.T("why.rhythm.other_week."+string(rune('0'+r.N)), "day", day)
	}
	return s.say(r, "date", s.Words.ShortDate(r.Date.Noon()))
}

func (s Speaker) exception(r *slots.Ruling) string {
	switch {
	case r.Reason != slots.NoReason:
		return s.say(r, "date", s.Words.ShortDate(r.Date.Noon()))
	case r.Template == "":
		return s.Words.T("why.nothing")
	}
	return s.say(r)
}

func (s Speaker) closure(r *slots.Ruling) string {
	var list []string
	for _, c := range r.Closings {
		list = append(list, s.closing(c))
	}
	if r.Reason == slots.SeatsWithdrawn || r.Reason == slots.TakenElsewhere {
		return s.say(r, "n", r.N, "of", r.Of, "list", strings.Join(list, "; "))
	}
	return s.say(r, "list", strings.Join(list, "; "))
}

// closing is who closes, when, and what for.
func (s Speaker) closing(c slots.Closing) string {
	from, to := s.local(c.From), s.local(c.To)
	last := to
	if midnight(to) {
		last = to.AddDate(0, 0, -1)
	}
	when := ""
	if midnight(from) && midnight(to) && agenda.DateOf(from) == agenda.DateOf(last) {
		when = s.Words.T("why.closing.day", "date", s.Words.ShortDate(from))
	} else {
		when = s.Words.T("why.closing.days", "from", s.moment(from, midnight(from)), "to", s.moment(last, midnight(to)))
	}
	whose := s.Words.T("why.closing." + c.Level)
	if reason := s.Setup.Text(c.Reason, s.Words.Lang()); reason != "" {
		return s.Words.T("why.closing.reason", "whose", whose, "when", when, "reason", reason)
	}
	return s.Words.T("why.closing.plain", "whose", whose, "when", when)
}

func midnight(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 }

func (s Speaker) moment(t time.Time, dateAlone bool) string {
	if dateAlone {
		return s.Words.ShortDate(t)
	}
	return s.Words.ShortDate(t) + ", " + s.Words.Time(t)
}

func (s Speaker) holiday(r *slots.Ruling) string {
	name := r.Holiday.De
	if !strings.HasPrefix(s.Words.Lang(), "de") {
		name = r.Holiday.En
	}
	return s.say(r, "name", name)
}

func (s Speaker) lead(r *slots.Ruling) string {
	at := s.Words.DateTime(s.local(r.At))
	if r.N == 0 && r.Allows {
		return s.Words.T("why.lead.start", "at", at)
	}
	return s.say(r, "at", at, "long", s.minutes(r.N))
}

func (s Speaker) horizon(r *slots.Ruling) string {
	switch {
	case r.At.IsZero():
		return s.Words.T("why.horizon.staff")
	case r.N == 0:
		return s.Words.T("why.horizon.today")
	}
	return s.say(r, "at", s.Words.Date(s.local(r.At)), "n", r.N)
}

func (s Speaker) capacity(e *slots.Explanation, r *slots.Ruling) string {
	if r.Reason == slots.NoReason {
		return s.Words.T("why.nothing")
	}
	return s.say(r, "n", r.N, "of", r.Of)
}

func (s Speaker) hold(e *slots.Explanation, r *slots.Ruling) string {
	if r.Reason == slots.NoReason {
		return s.say(r)
	}
	at := s.local(r.At)
	when := s.Words.Time(at)
	if agenda.DateOf(at) != e.Date {
		when = s.moment(at, false)
	}
	return s.say(r, "n", r.N, "at", when)
}

// minutes are said in the largest unit that fits: 3 days, 2 hours, 90 minutes.
func (s Speaker) minutes(n int) string {
	switch {
	case n > 0 && n%(24*60) == 0:
		return s.Words.T("why.days", "n", n/(24*60))
	case n > 0 && n%60 == 0:
		return s.Words.T("why.hours", "n", n/60)
	}
	return s.Words.T("common.minutes", "n", n)
}

func (s Speaker) local(t time.Time) time.Time { return t.In(s.Setup.Zone()) }

func (s Speaker) service(id string) string {
	if svc, ok := s.Setup.ServiceOf(id); ok {
		return s.Setup.Text(svc.Name, s.Words.Lang())
	}
	return id
}

func (s Speaker) weekday(id string) string {
	d, _ := agenda.ParseWeekday(id)
	return s.Words.Weekday(d)
}

// list is "Montag, Dienstag und Freitag".
func (s Speaker) list(names []string, word func(string) string) string {
	var words []string
	for _, n := range names {
		words = append(words, word(n))
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return s.Words.T("why.and", "list", strings.Join(words[:last], ", "), "last", words[last])
}
