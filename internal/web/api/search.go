package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/asker"
)

// week is how many days an answer covers that was asked for no other period.
const week = 7

// query reads the query string. What cannot be decoded is refused, not dropped: a
// lost filter would widen the answer.
func (c *call) query() (url.Values, error) {
	q, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, err: err}
	}
	for key, values := range q {
		if !plain(key) || slices.ContainsFunc(values, func(v string) bool { return !plain(v) }) {
			return nil, &refusal{status: http.StatusBadRequest}
		}
	}
	return q, nil
}

// search reads what availability and next-free ask for, without the period.
func (c *call) search(q url.Values) (booking.Search, error) {
	s := booking.Search{Tenant: c.tenant(), Calendars: q["calendar"], Sites: q["site"], By: c.by(), At: c.at, Asker: asker.Of(c.r)}
	if s.By == agenda.Staff {
		s.Person = c.person
	}
	var bad agenda.Invalid
	for _, v := range q["service"] {
		item, ok := parseItem(v)
		if !ok {
			bad = append(bad, agenda.FieldError{Field: "service", Code: "format"})
			continue
		}
		s.Wish.Items = append(s.Wish.Items, item)
	}
	for _, v := range q["answer"] {
		if code := addAnswer(s.Wish.Items, v); code != "" {
			bad = append(bad, agenda.FieldError{Field: "answer", Code: code})
		}
	}
	s.Wish.Mode = q.Get("mode")
	return s, bad.Or()
}

// parseItem reads ID or ID*N.
func parseItem(s string) (agenda.Item, bool) {
	id, n, many := strings.Cut(s, "*")
	item := agenda.Item{Service: id, Quantity: 1}
	if many {
		var err error
		if item.Quantity, err = strconv.Atoi(n); err != nil {
			return item, false
		}
	}
	return item, true
}

// addAnswer reads service.question:option into its item and says what is wrong.
func addAnswer(items []agenda.Item, s string) (code string) {
	place, answer, ok1 := strings.Cut(s, ":")
	service, question, ok2 := strings.Cut(place, ".")
	if !ok1 || !ok2 {
		return "format"
	}
	i := slices.IndexFunc(items, func(it agenda.Item) bool { return it.Service == service })
	if i < 0 {
		return "unknown"
	}
	if items[i].Answers == nil {
		items[i].Answers = map[string]string{}
	}
	if _, twice := items[i].Answers[question]; twice {
		return "duplicate"
	}
	items[i].Answers[question] = answer
	return ""
}

// period reads from and to, both included: from today and for a week where they are
// not given.
func (a API) period(c *call, q url.Values) (from, to agenda.Date, err error) {
	var bad agenda.Invalid
	from, given := readDate(q, "from", &bad)
	if !given {
		from = agenda.DateOf(c.at.Now.In(c.setup.Zone()))
	}
	if to, given = readDate(q, "to", &bad); !given {
		to = from + week - 1
	}
	if len(bad) == 0 && (to < from || to-from >= booking.MaxDays) {
		bad = append(bad, agenda.FieldError{Field: "to", Code: "range"})
	}
	return from, to, bad.Or()
}

// The years in which anybody could have an appointment: beyond them dates lose
// their four digits.
const firstYear, lastYear = 2000, 2999

func readDate(q url.Values, field string, bad *agenda.Invalid) (d agenda.Date, given bool) {
	s := q.Get(field)
	if s == "" {
		return 0, false
	}
	d, err := agenda.ParseDate(s)
	if err != nil {
		*bad = append(*bad, agenda.FieldError{Field: field, Code: "format"})
	} else if y, _, _ := d.Civil(); y < firstYear || y > lastYear {
		*bad = append(*bad, agenda.FieldError{Field: field, Code: "range"})
	}
	return d, true
}
