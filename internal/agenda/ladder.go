package agenda

import (
	"slices"
	"strings"
	"time"
)

// QuietHours are when no reminder goes out, on the office's wall clock: from the first
// minute to before the last, over midnight where the last is earlier. The same minute
// twice is never.
type QuietHours struct {
	From Minute `json:"from" need:"yes"`
	To   Minute `json:"to" need:"yes"`
}

// Some reports whether there are quiet hours at all.
func (q QuietHours) Some() bool { return q.From != q.To }

// Around gives the quiet hours that an instant of an office's zone lies in, as instants;
// ok is false outside of them. An end that the clock change skips is the moment of the
// change; one that comes twice is the second, a beginning the first.
func (q QuietHours) Around(t time.Time) (from, to time.Time, ok bool) {
	if !q.Some() {
		return from, to, false
	}
	for _, begins := range []Date{DateOf(t) - 1, DateOf(t)} {
		ends := begins
		if q.To < q.From {
			ends++
		}
		from, to = momentAt(begins, q.From, t.Location()), again(momentAt(ends, q.To, t.Location()))
		if !t.Before(from) && t.Before(to) {
			return from, to, true
		}
	}
	return from, to, false
}

// momentAt is At, with 24:00 as the end of the day.
func momentAt(d Date, m Minute, zone *time.Location) time.Time {
	if m == dayMinutes {
		d, m = d+1, 0
	}
	t, _ := At(d, m, zone)
	return t
}

// again is the second time that the clock shows what it shows at t, or t where it does so
// once.
func again(t time.Time) time.Time {
	for _, back := range []time.Duration{time.Hour, 30 * time.Minute} {
		if u := t.Add(back); u.Hour() == t.Hour() && u.Minute() == t.Minute() {
			return u
		}
	}
	return t
}

// Reconfirm says that visitors are asked whether they come, and that the seats of those
// who do not answer are given to others. Both spans or none.
type Reconfirm struct {
	Ask Span `json:"ask"` // before the start: from then on they are asked
	By  Span `json:"by"`  // before the start: until then they can answer
}

// Wanted reports whether visitors are asked at all.
func (r Reconfirm) Wanted() bool { return r.Ask != Span{} && r.By != Span{} }

// What reminders keep to.
const (
	// TooCloseToRemind is how far ahead a visit must be for a reminder that is late, or put
	// off, to be of use still.
	TooCloseToRemind = 2 * time.Hour
	// BeforeQuiet is how long before quiet hours a reminder goes out that cannot wait for
	// their end.
	BeforeQuiet = 15 * time.Minute
	// LastAsk is how long before the last moment to answer visitors are asked once more.
	LastAsk = 24 * time.Hour
	// FairNotice is how long before the last moment to answer a letter must have arrived
	// for its silence to count.
	FairNotice = 12 * time.Hour
)

// Rung is a reminder of a visit: its name, unique among those of the visit, and when it
// goes out.
type Rung struct {
	Name  string // a span, such as 24h; with asking before it where it asks whether the visitor comes
	At    time.Time
	Spare bool // it does nothing but ask: whoever has answered does not get it
}

// asking begins the names of reminders that ask whether the visitor comes.
const asking = "ask-"

// lastName is the name of the reminder that asks for the last time.
const lastName = asking + "last"

// Asks reports whether the reminder asks whether the visitor comes.
func (r Rung) Asks() bool { return Asks(r.Name) }

// Asks reports whether a reminder of this name asks whether the visitor comes.
func Asks(name string) bool { return strings.HasPrefix(name, asking) }

// QuietHoursOf are a calendar's, else the tenant's.
func (s *Setup) QuietHoursOf(c *Calendar) QuietHours {
	if c.QuietHours.Some() {
		return c.QuietHours
	}
	return s.Mail.QuietHours
}

// RemindersOf are the spans at which visitors of a calendar are reminded of some services:
// each service's own, or the calendar's where it has none, and all of them together.
func (s *Setup) RemindersOf(c *Calendar, items []Item) (spans []Span) {
	add := func(list []Span) {
		for _, r := range list {
			if !slices.Contains(spans, r) {
				spans = append(spans, r)
			}
		}
	}
	for _, it := range items {
		if svc, ok := s.ServiceOf(it.Service); ok && len(svc.Reminders) > 0 {
			add(svc.Reminders)
		} else {
			add(c.Reminders)
		}
	}
	return spans
}

// ReconfirmOf says whether visitors of some services are asked whether they come: where
// one of the services wants it. Of several the first to ask and the last to wait hold.
func (s *Setup) ReconfirmOf(items []Item) (r Reconfirm) {
	for _, it := range items {
		svc, ok := s.ServiceOf(it.Service)
		if !ok || !svc.Reconfirm.Wanted() {
			continue
		}
		own := svc.Reconfirm
		if !r.Wanted() {
			r = own
		}
		if CompareSpans(own.Ask, r.Ask) > 0 {
			r.Ask = own.Ask
		}
		if CompareSpans(own.By, r.By) < 0 {
			r.By = own.By
		}
	}
	return r
}

// AnswerBy is until when the visitor of a visit can say that they come before its seats
// are given away; ok is false where nobody asks.
func (s *Setup) AnswerBy(items []Item, start time.Time) (by time.Time, ok bool) {
	r := s.ReconfirmOf(items)
	if !r.Wanted() {
		return by, false
	}
	return r.By.Before(start.In(s.Zone())), true
}

// WillAsk is until when the visitor of a visit that is booked now will have to say that
// they come; ok is false where nobody will ask them in good time.
func (s *Setup) WillAsk(c *Calendar, items []Item, start, now time.Time) (by time.Time, ok bool) {
	by, wanted := s.AnswerBy(items, start)
	if !wanted {
		return by, false
	}
	for _, r := range s.Ladder(c, items, start) {
		if r.Asks() && r.At.After(now) && !r.At.After(by.Add(-FairNotice)) {
			return by, true
		}
	}
	return by, false
}

// Ladder is when a visit's reminders go out, the first one first, no two at the same
// moment and none in quiet hours. A reminder that falls into them goes out at their end,
// or before they begin where the end is too close to the start.
func (s *Setup) Ladder(c *Calendar, items []Item, start time.Time) (rungs []Rung) {
	start = start.In(s.Zone())
	quiet := s.QuietHoursOf(c)
	r := s.ReconfirmOf(items)
	by := r.By.Before(start)
	ask := r.Ask.Before(start)
	add := func(name string, at time.Time, spare bool) {
		if r.Wanted() && !at.Before(ask) && at.Before(by) && !Asks(name) {
			name = asking + name
		}
		rungs = append(rungs, Rung{name, quiet.shift(at, start), spare})
	}
	if r.Wanted() {
		add(asking+r.Ask.String(), ask, true)
		add(lastName, by.Add(-LastAsk), true)
	}
	for _, span := range s.RemindersOf(c, items) {
		add(span.String(), span.Before(start), false)
	}
	return distinct(rungs)
}

// shift moves a moment out of the quiet hours.
func (q QuietHours) shift(at, start time.Time) time.Time {
	from, to, in := q.Around(at)
	switch {
	case !in:
		return at
	case start.Sub(to) >= TooCloseToRemind:
		return to
	}
	return from.Add(-BeforeQuiet)
}

// distinct sorts reminders by time and leaves one of those at one moment: one that asks
// before others, then the nearest to the visit.
func distinct(rungs []Rung) (list []Rung) {
	slices.SortStableFunc(rungs, func(a, b Rung) int { return a.At.Compare(b.At) })
	for _, r := range rungs {
		n := len(list)
		if n == 0 || list[n-1].At.Before(r.At) {
			list = append(list, r)
			continue
		}
		last := &list[n-1]
		spare := last.Spare && r.Spare
		if r.Asks() || !last.Asks() {
			*last = r
		}
		last.Spare = spare
	}
	return list
}
