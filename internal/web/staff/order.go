package staff

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// order is what a caller wants, as far as it is known: read from an address, a form or
// an earlier booking. In addresses it is service=ID for each, n.ID, answer.ID.QUESTION,
// mode, calendar, site and date. What only a form carries, it never shows in an address:
// who the caller is, and answers in their own words.
type order struct {
	form     *page.Form
	values   url.Values
	frame    page.Frame
	setup    *agenda.Setup
	mine     []*agenda.Calendar // where the person may book
	calendar *agenda.Calendar   // nil: any
	site     string             // "": any
	date     agenda.Date        // from which times are shown
	dated    bool               // it was asked for
	copied   *booking.Card      // nil: nothing is
	wish     agenda.Wish
	fields   map[string]page.Field // of all that is asked about the services
	missing  bool                  // something must be answered before times can be shown
	several  bool                  // times at several sites mix
	refused  bool                  // the wish cannot be had so; the form says why
	meant    *meantAddress         // than the e-mail address that was typed; nil: it looks right
}

// readOrder reads what is known. A calendar beyond the person's rights does not exist.
func (o *Office) readOrder(q *office.Request, values url.Values) (*order, error) {
	f := o.Frame(q)
	x := &order{form: page.NewForm(values, f.Printer()), values: values, frame: f, setup: q.Setup, fields: map[string]page.Field{}}
	for _, c := range q.Calendars(agenda.ActOnBookings) {
		if q.Person.MayOpen(c) {
			x.mine = append(x.mine, c)
		}
	}
	if len(x.mine) == 0 {
		return nil, &page.Error{Status: http.StatusNotFound, Detail: "staff.error.noCalendar", Err: agenda.ErrNotFound}
	}
	if id := x.form.Value("calendar"); id != "" {
		i := slices.IndexFunc(x.mine, func(c *agenda.Calendar) bool { return c.ID == id })
		if i < 0 {
			return nil, agenda.ErrNotFound
		}
		x.calendar = x.mine[i]
	}
	x.site = x.form.Value("site")
	x.dated = x.form.Value("date") != ""
	x.date = max(q.Date(x.form.Value("date")), agenda.DateOf(q.Now))
	if id := x.form.Value("copy"); id != "" {
		c, err := o.open(q, id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(x.mine, c.Calendar) && !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
			return nil, agenda.ErrNotFound
		}
		x.copied = c
	}
	x.readItems()
	return x, nil
}

// offers reports whether the person may book a service anywhere.
func (x *order) offers(service string) bool {
	return slices.ContainsFunc(x.mine, func(c *agenda.Calendar) bool { _, ok := c.Offer(service); return ok })
}

// readItems makes the wish: the services that were named, else those of the booking
// that is copied.
func (x *order) readItems() {
	named := x.values["service"]
	if add := x.form.Value("add"); add != "" {
		named = append(slices.Clone(named), add)
	}
	if len(named) == 0 && x.copied != nil {
		for _, it := range x.copied.Items {
			named = append(named, it.Service)
		}
	}
	x.setWish(named)
}

// maxServices is more than anybody comes for at once.
const maxServices = 20

func (x *order) setWish(services []string) {
	x.wish, x.missing, x.refused = agenda.Wish{}, false, false
	for _, id := range services {
		svc, ok := x.setup.Service(id)
		twice := slices.ContainsFunc(x.wish.Items, func(it agenda.Item) bool { return it.Service == id })
		if ok && !twice && x.offers(id) && len(x.wish.Items) < maxServices {
			x.wish.Items = append(x.wish.Items, x.item(svc))
		}
	}
	if modes := x.modes(); len(modes) > 1 {
		x.wish.Mode = x.form.Choice("mode", modes, page.Rule{Label: x.frame.T("staff.booking.mode")})
		if x.copied != nil && x.wish.Mode == "" && slices.Contains(modes, x.copied.Mode) {
			x.wish.Mode = x.copied.Mode
		}
		x.refused = x.refused || x.form.Errors().For("mode") != ""
	}
	if len(x.wish.Items) > 0 && !x.missing && !x.refused {
		x.check()
	}
}

// item reads how often and the answers for one service, and makes the fields that ask.
func (x *order) item(svc *agenda.Service) agenda.Item {
	var was agenda.Item
	if x.copied != nil {
		if i := slices.IndexFunc(x.copied.Items, func(it agenda.Item) bool { return it.Service == svc.ID }); i >= 0 {
			was = x.copied.Items[i]
		}
	}
	it := agenda.Item{Service: svc.ID, Quantity: max(1, min(was.Quantity, svc.MaxQuantity)), Answers: map[string]string{}}
	if n := "n." + svc.ID; svc.MaxQuantity > 1 {
		label := x.frame.T("staff.caller.quantity")
		if x.values.Has(n) {
			it.Quantity = x.form.Int(n, 1, svc.MaxQuantity, page.Rule{Label: label})
			x.refused = x.refused || x.form.Errors().For(n) != ""
		}
		x.fields[n] = x.form.Fill(page.Field{Name: n, Type: "number", Label: label, Required: true, Min: 1, Max: svc.MaxQuantity, Value: strconv.Itoa(it.Quantity), Width: "short"})
	}
	for i := range svc.Questions {
		x.ask(&it, svc, &svc.Questions[i], was.Answers)
	}
	return it
}

// ask reads the answer to one question. Before the form was sent nothing is missing yet.
func (x *order) ask(it *agenda.Item, svc *agenda.Service, question *agenda.Question, was map[string]string) {
	f := answerField(x.frame, question)
	f.Name = "answer." + svc.ID + "." + question.ID
	given := was[question.ID]
	if x.values.Has(f.Name) {
		rule := page.Rule{Label: f.Label, Required: f.Required && (f.Choices != nil || x.values.Has("key")), Max: f.Max}
		if f.Choices != nil {
			given = x.form.Choice(f.Name, office.Values(f.Choices), rule)
			x.refused = x.refused || x.form.Errors().For(f.Name) != ""
		} else {
			given = x.form.Text(f.Name, rule)
		}
	}
	if given != "" {
		it.Answers[question.ID] = given
	}
	x.missing = x.missing || f.Choices != nil && f.Required && given == ""
	f.Value = given
	if f.Choices != nil && f.Required {
		f.Choices = append([]page.Choice{{Label: x.frame.T("staff.signin.choose")}}, f.Choices...)
	}
	for i := range f.Choices {
		f.Choices[i].Selected = f.Choices[i].Value == given
	}
	x.fields[f.Name] = x.form.Fill(f)
}

// spoken reports that the answer to a question is in the caller's own words: it changes
// neither times nor places, and stays out of addresses.
func spoken(question *agenda.Question) bool {
	return !question.Chooses() && question.Type != agenda.AskYesNo
}

// modes are how a visit for all of the services can be held.
func (x *order) modes() (modes []string) {
	for i, it := range x.wish.Items {
		svc, _ := x.setup.Service(it.Service)
		if i == 0 {
			modes = slices.Clone(svc.Modes)
		}
		modes = slices.DeleteFunc(modes, func(m string) bool { return !slices.Contains(svc.Modes, m) })
	}
	return modes
}

// sought is the wish to look for times with: what is still to be said in the caller's
// own words changes nothing of them.
func (x *order) sought() agenda.Wish {
	w := agenda.Wish{Mode: x.wish.Mode}
	for _, it := range x.wish.Items {
		svc, _ := x.setup.Service(it.Service)
		it.Answers = maps.Clone(it.Answers)
		for i := range svc.Questions {
			if question := &svc.Questions[i]; spoken(question) && question.Required && it.Answers[question.ID] == "" {
				it.Answers[question.ID] = "–"
			}
		}
		w.Items = append(w.Items, it)
	}
	return w
}

// serving are the calendars that could take the wish where it was asked for. Where none
// does, the limits to a calendar or site are dropped: it is said beside each time where
// it would be.
func (x *order) serving() (list []*agenda.Calendar) {
	w := x.sought()
	all := func(in func(*agenda.Calendar) bool) (list []*agenda.Calendar) {
		for _, c := range x.mine {
			if _, ok := x.setup.Plan(c, w, agenda.Staff); ok && in(c) {
				list = append(list, c)
			}
		}
		return list
	}
	list = all(func(c *agenda.Calendar) bool {
		return (x.calendar == nil || x.calendar == c) && (x.site == "" || x.site == c.Site)
	})
	if len(list) == 0 {
		x.calendar, x.site = nil, ""
		list = all(func(*agenda.Calendar) bool { return true })
	}
	return list
}

// check says in the form what keeps the wish from being searched.
func (x *order) check() {
	err := x.setup.CheckWish(x.sought(), agenda.Staff)
	if x.refused = err != nil; errors.Is(err, agenda.ErrNotCombinable) {
		x.form.Fail("", "staff.caller.notTogether")
	} else if x.refused {
		x.form.Fail("", "staff.error.wish")
	}
}

// ready reports whether times can be looked for.
func (x *order) ready() bool { return len(x.wish.Items) > 0 && !x.missing && !x.refused }

// address are the parameters that lead to this order again.
func (x *order) address() url.Values {
	v := wishAddress(x.setup, x.wish)
	if x.copied != nil {
		v = x.settled()
		v.Set("copy", x.copied.ID)
	}
	if x.calendar != nil {
		v.Set("calendar", x.calendar.ID)
	}
	if x.site != "" {
		v.Set("site", x.site)
	}
	if x.dated {
		v.Set("date", x.date.String())
	}
	return v
}

// settled is all that was chosen, also that there is less of it than before: what is not
// said is what the visit had.
func (x *order) settled() url.Values {
	v := wishAddress(x.setup, x.wish)
	for _, it := range x.wish.Items {
		if f, ok := x.fields["n."+it.Service]; ok {
			v.Set(f.Name, strconv.Itoa(it.Quantity))
		}
		svc, _ := x.setup.Service(it.Service)
		for i := range svc.Questions {
			if q := &svc.Questions[i]; !spoken(q) {
				v.Set("answer."+it.Service+"."+q.ID, it.Answers[q.ID])
			}
		}
	}
	return v
}

// wishAddress is a wish within the address of a new booking.
func wishAddress(s *agenda.Setup, w agenda.Wish) url.Values {
	v := url.Values{}
	for _, it := range w.Items {
		v.Add("service", it.Service)
		if it.Quantity > 1 {
			v.Set("n."+it.Service, strconv.Itoa(it.Quantity))
		}
		svc, ok := s.Service(it.Service)
		for i := 0; ok && i < len(svc.Questions); i++ {
			if question := &svc.Questions[i]; !spoken(question) && it.Answers[question.ID] != "" {
				v.Set("answer."+it.Service+"."+question.ID, it.Answers[question.ID])
			}
		}
	}
	if w.Mode != "" {
		v.Set("mode", w.Mode)
	}
	return v
}

// hide makes hidden fields of parameters, in the order of their names.
func hide(v url.Values) (list []page.Field) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		for _, value := range v[name] {
			list = append(list, page.Field{Name: name, Type: "hidden", Value: value})
		}
	}
	return list
}

// without are parameters but for some.
func without(v url.Values, names ...string) url.Values {
	v = maps.Clone(v)
	for _, name := range names {
		v.Del(name)
	}
	return v
}

func newPath(v url.Values) string {
	if len(v) == 0 {
		return "/staff/new"
	}
	return "/staff/new?" + v.Encode()
}
