package agenda

import (
	"maps"
	"slices"
)

// Channel says who books: the public is bound by lead, horizon, cancel-by and
// the public part of the seats, staff are not.
type Channel string

// The two channels.
const (
	Public Channel = "public"
	Staff  Channel = "staff"
)

// Item is one service of a wish or booking.
type Item struct {
	Service  string            `json:"id"`
	Quantity int               `json:"quantity"`
	Answers  map[string]string `json:"answers,omitempty"` // question id -> option id or text
}

// Wish is what somebody wants to come for.
type Wish struct {
	Items []Item
	Mode  string // empty: the first mode that all services offer
}

// Wish is what a booking is for: the same again, or at another time.
func (b *Booking) Wish() Wish { return Wish{Items: b.Items, Mode: b.Mode} }

// Plan is a wish in one calendar: how long it takes there and how far ahead it
// may be booked. Minutes are rounded up to ticks.
type Plan struct {
	Calendar        *Calendar
	Services        []string
	Minutes         int // the visit
	Before, After   int // claimed around it
	LeadMinutes     int
	HorizonDays     int
	CancelByMinutes int
	Modes           []string // what the wish could be, in the order of the first service
	Mode            string   // what was asked for, empty: any of Modes
}

// CheckWish refuses a wish that no calendar could serve: unknown or hidden
// services (Invalid), ErrTooMany, ErrNotCombinable, unknown answers (Invalid).
func (s *Setup) CheckWish(w Wish, by Channel) error { return s.CheckInvited(w, by, nil) }

// CheckInvited is CheckWish for the bearer of an invitation link (nil: nobody is).
func (s *Setup) CheckInvited(w Wish, by Channel, link *ServiceLink) error {
	var bad Invalid
	if len(w.Items) == 0 {
		bad = append(bad, FieldError{"services", "required"})
	}
	seen := map[string]bool{}
	for _, it := range w.Items {
		svc, ok := s.Service(it.Service)
		switch {
		case !ok || by == Public && svc.Public != VisiblePublic && !(svc.Public == VisibleLink && link.Opens(svc.ID)):
			bad = append(bad, FieldError{"services", "unknown"})
			continue
		case seen[it.Service]:
			bad = append(bad, FieldError{"services", "duplicate"})
		case it.Quantity < 1:
			bad = append(bad, FieldError{"services", "range"})
		}
		seen[it.Service] = true
		bad = append(bad, svc.checkAnswers(it.Answers)...)
	}
	if w.Mode != "" && !slices.Contains([]string{ModeOnsite, ModePhone, ModeVideo, ModeHome}, w.Mode) || by == Public && w.Mode == ModeHome {
		bad = append(bad, FieldError{"mode", "unknown"})
	}
	if err := bad.Or(); err != nil {
		return err
	}
	return s.checkTogether(w.Items)
}

func (s *Setup) checkTogether(items []Item) error {
	for i, it := range items {
		a, _ := s.Service(it.Service)
		if it.Quantity > a.MaxQuantity {
			return ErrTooMany
		}
		for _, other := range items[i+1:] {
			if b, _ := s.Service(other.Service); !a.CombinesWith(b) {
				return ErrNotCombinable
			}
		}
	}
	return nil
}

// CombinesWith reports whether two services fit into one booking; naming it on
// one side is enough.
func (s *Service) CombinesWith(o *Service) bool {
	return s.ID == o.ID || slices.Contains(s.Combinable, o.ID) || slices.Contains(o.Combinable, s.ID)
}

func (s *Service) checkAnswers(answers map[string]string) (bad Invalid) {
	for _, q := range s.Questions {
		a, given := answers[q.ID]
		field := s.ID + "." + q.ID
		switch {
		case !given || a == "":
			if q.Required {
				bad = append(bad, FieldError{field, "required"})
			}
		case q.Chooses() && q.Option(a) == nil, q.Type == AskYesNo && a != "yes" && a != "no":
			bad = append(bad, FieldError{field, "unknown"})
		case q.Chooses() && q.Option(a).Service != "":
			bad = append(bad, FieldError{field, "other_service"})
		default:
			bad = append(bad, checkLines(field, a, MaxAnswer)...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		if !slices.ContainsFunc(s.Questions, func(q Question) bool { return q.ID == id }) {
			bad = append(bad, FieldError{s.ID + "." + id, "unknown"})
		}
	}
	return bad
}

// Plan works out a wish in a calendar. ok is false where the calendar does not
// offer it: a service, an answer's calendars or the mode rule it out.
func (s *Setup) Plan(c *Calendar, w Wish, by Channel) (p Plan, ok bool) {
	p = Plan{Calendar: c, HorizonDays: -1, Mode: w.Mode}
	minutes := 0
	for i, it := range w.Items {
		svc, known := s.Service(it.Service)
		offer, offered := c.Offer(it.Service)
		if !known || !offered {
			return p, false
		}
		one, here := offer.minutes(svc, it.Answers, c.ID)
		if !here {
			return p, false
		}
		more := svc.MinutesMore
		if more < 0 {
			more = one
		}
		minutes += one + (it.Quantity-1)*more
		p.Services = append(p.Services, svc.ID)
		p.LeadMinutes = max(p.LeadMinutes, svc.LeadMinutes)
		p.CancelByMinutes = max(p.CancelByMinutes, svc.CancelByMinutes)
		if p.HorizonDays < 0 || svc.HorizonDays < p.HorizonDays {
			p.HorizonDays = svc.HorizonDays
		}
		if i == 0 {
			p.Modes = slices.Clone(svc.Modes)
		}
		p.Modes = slices.DeleteFunc(p.Modes, func(m string) bool {
			return !slices.Contains(svc.Modes, m) || by == Public && m == ModeHome
		})
	}
	p.Minutes = roundUp(minutes, c.TickMinutes)
	p.Before = roundUp(c.BeforeMinutes, c.TickMinutes)
	p.After = roundUp(c.AfterMinutes, c.TickMinutes)
	if w.Mode != "" {
		p.Modes = slices.DeleteFunc(p.Modes, func(m string) bool { return m != w.Mode })
	}
	return p, len(w.Items) > 0 && len(p.Modes) > 0
}

// minutes that one of the service takes here; the answers may lengthen it or
// rule the calendar out.
func (o *Offer) minutes(svc *Service, answers map[string]string, calendar string) (int, bool) {
	minutes := svc.Minutes
	if o.Minutes > 0 {
		minutes = o.Minutes
	}
	longest := 0
	for i := range svc.Questions {
		q := &svc.Questions[i]
		if !q.Chooses() {
			continue
		}
		if opt := q.Option(answers[q.ID]); opt != nil {
			longest = max(longest, opt.Minutes)
			if len(opt.Calendars) > 0 && !slices.Contains(opt.Calendars, calendar) {
				return 0, false
			}
		}
	}
	if longest > 0 {
		minutes = longest
	}
	return minutes, true
}

func roundUp(minutes, tick int) int { return (minutes + tick - 1) / tick * tick }
