package public

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// maxItems is more services than anybody brings to one visit.
const maxItems = 20

// readWish reads service=ID*N, answer=service.question:value and mode. What
// cannot be read becomes a wish that CheckWish refuses.
func readWish(v url.Values) (w agenda.Wish) {
	for i, s := range v["service"] {
		if i == maxItems {
			break
		}
		id, count, given := strings.Cut(s, "*")
		n := 1
		if given {
			n, _ = strconv.Atoi(count) // 0 where it is no number: refused
		}
		w.Items = append(w.Items, agenda.Item{Service: id, Quantity: n})
	}
	for _, s := range v["answer"] {
		name, value, _ := strings.Cut(s, ":")
		service, question, _ := strings.Cut(name, ".")
		answer(&w, service, question, value)
	}
	w.Mode = v.Get("mode")
	return w
}

// answer puts an answer to its service; one to a service not wished for is
// dropped.
func answer(w *agenda.Wish, service, question, value string) {
	for i := range w.Items {
		it := &w.Items[i]
		if it.Service != service || value == "" {
			continue
		}
		if it.Answers == nil {
			it.Answers = map[string]string{}
		}
		it.Answers[question] = value
	}
}

// writeWish is the inverse of readWish.
func writeWish(w agenda.Wish) url.Values {
	v := url.Values{}
	for _, it := range w.Items {
		v.Add("service", it.Service+"*"+strconv.Itoa(it.Quantity))
		for _, q := range slices.Sorted(maps.Keys(it.Answers)) {
			v.Add("answer", it.Service+"."+q+":"+it.Answers[q])
		}
	}
	if w.Mode != "" {
		v.Set("mode", w.Mode)
	}
	return v
}

// place is a start in a calendar; slotID writes it.
type place struct {
	Calendar string
	Start    time.Time
}

func readSlot(s string) (p place, ok bool) {
	calendar, start, ok := strings.Cut(s, "@")
	t, err := time.Parse(time.RFC3339, start)
	return place{calendar, t}, ok && err == nil
}

func slotID(calendar string, start time.Time) string {
	return calendar + "@" + start.Format(time.RFC3339)
}

// visible reports whether a service is public, or a link makes it so.
func visible(svc *agenda.Service, l *agenda.ServiceLink) bool {
	return svc.Public == agenda.VisiblePublic || svc.Public == agenda.VisibleLink && l.Opens(svc.ID)
}

// offered reports whether the public can book a service at all: it is visible and
// a calendar at a public site has it.
func offered(s *agenda.Setup, svc *agenda.Service, l *agenda.ServiceLink) bool {
	if !visible(svc, l) {
		return false
	}
	return slices.ContainsFunc(s.Calendars, func(c agenda.Calendar) bool {
		_, has := c.Offer(svc.ID)
		return has && s.OpenToPublic(&c) && l.Admits(c.ID)
	})
}

// companions are the services that fit into one visit with all of the wish and
// that one calendar offers together with it.
func companions(s *agenda.Setup, w agenda.Wish, l *agenda.ServiceLink) (list []*agenda.Service) {
	for i := range s.Services {
		svc := &s.Services[i]
		if !visible(svc, l) || !fits(s, w, svc) {
			continue
		}
		more := append(slices.Clone(w.Items), agenda.Item{Service: svc.ID, Quantity: 1})
		if together(s, agenda.Wish{Items: more, Mode: w.Mode}, l) {
			list = append(list, svc)
		}
	}
	return list
}

func fits(s *agenda.Setup, w agenda.Wish, svc *agenda.Service) bool {
	for _, it := range w.Items {
		other, ok := s.Service(it.Service)
		if !ok || it.Service == svc.ID || !svc.CombinesWith(other) {
			return false
		}
	}
	return true
}

func together(s *agenda.Setup, w agenda.Wish, l *agenda.ServiceLink) bool {
	return slices.ContainsFunc(s.Calendars, func(c agenda.Calendar) bool {
		_, ok := planIn(s, &c, w, l)
		return ok
	})
}

// planIn is how a calendar serves a wish of the public, where it does.
func planIn(s *agenda.Setup, c *agenda.Calendar, w agenda.Wish, l *agenda.ServiceLink) (agenda.Plan, bool) {
	if !s.OpenToPublic(c) || !l.Admits(c.ID) {
		return agenda.Plan{}, false
	}
	return s.Plan(c, w, agenda.Public)
}

// modesOf are the ways a visit for the wish can be held, in the order of the
// first service.
func modesOf(s *agenda.Setup, w agenda.Wish) []string {
	var modes []string
	for i, it := range w.Items {
		svc, ok := s.Service(it.Service)
		if !ok {
			return nil
		}
		if i == 0 {
			modes = slices.Clone(svc.Modes)
		}
		modes = slices.DeleteFunc(modes, func(m string) bool { return m == agenda.ModeHome || !slices.Contains(svc.Modes, m) })
	}
	return modes
}

// firstMode is what a wish without a mode begins with, where that must be said: there is
// a choice, or nobody comes to the office.
func firstMode(s *agenda.Setup, w agenda.Wish) string {
	if modes := modesOf(s, w); len(modes) > 1 || len(modes) == 1 && modes[0] != agenda.ModeOnsite {
		return modes[0]
	}
	return ""
}

// anyAnswer reports that a question has been answered.
func anyAnswer(w agenda.Wish) bool {
	return slices.ContainsFunc(w.Items, func(it agenda.Item) bool { return len(it.Answers) > 0 })
}

// asks reports whether there is anything to choose about a wish before the search.
func asks(s *agenda.Setup, w agenda.Wish, l *agenda.ServiceLink) bool {
	return mustAsk(s, w) || len(companions(s, w, l)) > 0 || slices.ContainsFunc(w.Items, func(it agenda.Item) bool {
		svc, ok := s.Service(it.Service)
		return ok && svc.MaxQuantity > 1
	})
}

// mustAsk reports whether a service has questions, which come before the search.
func mustAsk(s *agenda.Setup, w agenda.Wish) bool {
	return slices.ContainsFunc(w.Items, func(it agenda.Item) bool {
		svc, ok := s.Service(it.Service)
		return ok && len(svc.Questions) > 0
	})
}

// hidden is what a form carries along.
type hidden struct{ Name, Value string }

func hide(v url.Values) (list []hidden) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		for _, value := range v[name] {
			list = append(list, hidden{name, value})
		}
	}
	return list
}
