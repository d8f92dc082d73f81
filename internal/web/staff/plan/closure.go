package plan

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// closurePage is the form of a closure: a new one for any number of places, or one that
// is there.
type closurePage struct {
	page.Frame
	Hidden []page.Field
	Where  string // of one that is there; "": the places are asked for
	From   []page.Field
	To     []page.Field
	Rest   []page.Field
	Places []page.Field
	Remove string // the change that takes it away, as JSON
	Back   string
}

// stands is which closure a form is about; zero for a new one.
type stands struct {
	placed
	calendar string // where the person came from
}

func (o *Part) stands(q *office.Request, form *page.Form) (x stands, err error) {
	c, err := calendar(q, form.Value("calendar"))
	if err != nil {
		return x, err
	}
	if c != nil {
		x.calendar = c.ID
	}
	if at := form.Value("at"); at != "" {
		x.placed, err = placeAt(q, at, form.Value("n"))
		if x.Level == "calendar" {
			x.calendar = x.ID
		}
	}
	return x, err
}

func (o *Part) closureForm(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	v := q.URL.Query()
	x, err := o.stands(q, page.NewForm(v, f.Printer()))
	if err != nil {
		return err
	}
	day := max(q.Date(v.Get("day")), agenda.DateOf(q.Now))
	values := url.Values{"closureFrom": {day.String()}, "closureTo": {day.String()}, "calendars": {x.calendar}}
	if x.Closure != nil {
		values = closureValues(f, x.Closure)
	}
	return o.showClosure(w, q, http.StatusOK, f, x, page.NewForm(values, f.Printer()))
}

func closureValues(f page.Frame, c *agenda.Closure) url.Values {
	v := url.Values{}
	v.Set("closureFrom", c.From.Date.String())
	v.Set("closureTo", c.To.Date.String())
	if c.From.Timed {
		v.Set("closureFromTime", c.From.Minute.String())
	}
	if c.To.Timed {
		v.Set("closureToTime", c.To.Minute.String())
	}
	if c.Seats > 0 {
		v.Set("closureSeats", strconv.Itoa(c.Seats))
	}
	v.Set("closureReason", office.Plain(f, c.Reason))
	return v
}

func (o *Part) closure(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	x, err := o.stands(q, form)
	if err != nil {
		return err
	}
	c := readClosure(q, f, form, x)
	return o.propose(w, q, form, c, func() error { return o.showClosure(w, q, http.StatusUnprocessableEntity, f, x, form) })
}

// readClosure reads the form; what is wrong with it is in the form.
func readClosure(q *office.Request, f page.Frame, form *page.Form, x stands) agenda.Change {
	c := agenda.Change{Act: agenda.ActClose, Closure: &agenda.Closure{}}
	rule := func(key string, required bool) page.Rule {
		return page.Rule{Label: f.T("staff.plan." + key), Required: required}
	}
	moment := func(name string) agenda.Moment {
		m := agenda.Moment{Date: form.Date(name, rule(name, true))}
		if s := form.Text(name+"Time", page.Rule{Label: f.T("staff.plan." + name + "Time"), Max: 20}); s != "" {
			var ok bool
			if m.Minute, ok = parseClock(s); !ok {
				form.Fail(name+"Time", "staff.plan.fault.clock")
			}
			m.Timed = true
		}
		return m
	}
	c.Closure.From, c.Closure.To = moment("closureFrom"), moment("closureTo")
	c.Closure.Seats = form.Int("closureSeats", 0, 10000, rule("closureSeats", false))
	c.Closure.Reason = agenda.Plain(form.Text("closureReason", page.Rule{Label: f.T("staff.plan.closureReason")}))
	if x.Closure != nil {
		x.at(&c)
		was := *x.Closure
		if s := form.Value("was"); s != "" { // as it was when the form was shown
			was = agenda.Closure{}
			if json.Unmarshal([]byte(s), &was) != nil {
				form.Fail("", "staff.plan.senseless.unknown")
			}
		}
		c.Was = &was
		if office.Plain(f, was.Reason) == office.Plain(f, c.Closure.Reason) {
			c.Closure.Reason = was.Reason // in all its languages
		}
		return c
	}
	c.Calendars = form.Choices("calendars", ids(q.Calendars(agenda.PlanTimes)), rule("calendars", false))
	c.Departments = form.Choices("departments", departments(q), rule("departments", false))
	if q.Person.MayEverywhere(agenda.PlanTimes) {
		c.Sites = form.Choices("sites", sites(q), rule("sites", false))
		c.Everything = form.Checked("everything", rule("everything", false))
	}
	if len(c.Calendars)+len(c.Departments)+len(c.Sites) == 0 && !c.Everything {
		form.Fail("calendars", "staff.plan.fault.places")
	}
	if c.Closure.Seats > 0 && (len(c.Departments)+len(c.Sites) > 0 || c.Everything) {
		form.Fail("closureSeats", "staff.plan.fault.closure.seats")
	}
	return c
}

// departments are those in which the person plans everything.
func departments(q *office.Request) (list []string) {
	for i := range q.Setup.Departments {
		if id := q.Setup.Departments[i].ID; q.Person.MayInDepartment(agenda.PlanTimes, id) {
			list = append(list, id)
		}
	}
	return list
}

func sites(q *office.Request) (list []string) {
	for i := range q.Setup.Sites {
		list = append(list, q.Setup.Sites[i].ID)
	}
	return list
}

func (o *Part) showClosure(w http.ResponseWriter, q *office.Request, status int, f page.Frame, x stands, form *page.Form) error {
	p := &closurePage{Frame: f, Back: back(x.calendar, agenda.DateOf(q.Now))}
	p.Frame.Errors = form.Errors()
	p.Hidden = []page.Field{{Name: "calendar", Type: "hidden", Value: x.calendar}}
	if x.Closure != nil {
		was := agenda.Change{Act: agenda.ActReopen, Was: x.Closure}
		x.at(&was)
		p.Where, p.Remove = whereWords(f, q.Setup, x.Level, x.ID), write(was)
		is, _ := json.Marshal(x.Closure)
		p.Hidden = append(p.Hidden, page.Field{Name: "at", Type: "hidden", Value: x.Level + ":" + x.ID}, page.Field{Name: "n", Type: "hidden", Value: strconv.Itoa(x.n)},
			form.Fill(page.Field{Name: "was", Type: "hidden", Value: string(is)}))
	} else {
		p.Places = placeFields(f, q)
	}
	p.From = []page.Field{{Name: "closureFrom", Type: "date", Label: f.T("staff.plan.closureFrom"), Required: true, Width: "short"},
		{Name: "closureFromTime", InputMode: "numeric", Label: f.T("staff.plan.closureFromTime"), Width: "short", Max: 20}}
	p.To = []page.Field{{Name: "closureTo", Type: "date", Label: f.T("staff.plan.closureTo"), Required: true, Width: "short"},
		{Name: "closureToTime", InputMode: "numeric", Label: f.T("staff.plan.closureToTime"), Width: "short", Max: 20}}
	p.Rest = []page.Field{{Name: "closureReason", Label: f.T("staff.plan.closureReason"), Hint: f.T("staff.plan.closureReason.hint"), Max: 200},
		{Name: "closureSeats", Type: "number", Label: f.T("staff.plan.closureSeats"), Hint: f.T("staff.plan.closureSeats.hint"), Width: "short", Max: 10000}}
	for _, group := range [][]page.Field{p.From, p.To, p.Rest, p.Places} {
		for i := range group {
			group[i] = form.Fill(group[i])
		}
	}
	return o.Pages.Render(w, q.Request, status, "staff/plan/closure", p)
}

// placeFields ask where a closure is to hold, as far as the person may say so.
func placeFields(f page.Frame, q *office.Request) []page.Field {
	list := []page.Field{calendarField(f, q, "")}
	if own := departments(q); len(own) > 0 {
		x := page.Field{Name: "departments", Type: "checkboxes", Label: f.T("staff.plan.departments")}
		for i := range q.Setup.Departments {
			if d := &q.Setup.Departments[i]; slices.Contains(own, d.ID) {
				x.Choices = append(x.Choices, page.Choice{Value: d.ID, Text: d.Name})
			}
		}
		list = append(list, x)
	}
	if !q.Person.MayEverywhere(agenda.PlanTimes) {
		return list
	}
	x := page.Field{Name: "sites", Type: "checkboxes", Label: f.T("staff.plan.sites")}
	for i := range q.Setup.Sites {
		x.Choices = append(x.Choices, page.Choice{Value: q.Setup.Sites[i].ID, Text: q.Setup.Sites[i].Name})
	}
	if len(x.Choices) > 0 {
		list = append(list, x)
	}
	return append(list, page.Field{Name: "everything", Type: "checkbox", Label: f.T("staff.plan.everything"), Hint: f.T("staff.plan.everything.hint")})
}
