package staff

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/why"
)

// servicePage lets a visit be about something else: first what, then when. It is asked
// what decides how long the visit takes, and where it can be. What a visitor would say in
// their own words is left to the visit: who changes the service has heard it, and the
// visitor is mostly not there to write it.
type servicePage struct {
	page.Frame
	Name   string
	Now    string // what the visit is about, and when
	Told   string
	Action string
	Stay   string
	Fields []page.Field // services, how often, what must be known
	Asking bool         // something must be answered before times can be shown
	Fit    *page.Notice // whether it fits when the visit is; nil: nothing has been chosen yet
	Times  *times
}

func (o *Office) serviceForm(w http.ResponseWriter, q *office.Request) error {
	c, err := o.movable(q)
	if err != nil {
		return err
	}
	x := o.instead(q, c, q.URL.Query())
	p, err := o.newService(q, c, x)
	if err != nil {
		return err
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/service", p)
}

// instead reads what a visit shall be about: what it is, where nothing else was chosen.
func (o *Office) instead(q *office.Request, c *booking.Card, values url.Values) *order {
	f := o.Frame(q)
	x := &order{form: page.NewForm(values, f.Printer()), values: url.Values{}, frame: f, setup: q.Setup, mine: []*agenda.Calendar{c.Calendar}, copied: c, fields: map[string]page.Field{}}
	for name, v := range values {
		x.values[name] = v
	}
	for i := 2; i <= maxServices && values.Has(serviceField(i)); i++ {
		x.values["service"] = append(x.values["service"], values.Get(serviceField(i)))
	}
	x.date, x.dated = c.Date, values.Get("date") != ""
	if x.dated {
		x.date = max(q.Date(values.Get("date")), agenda.DateOf(q.Now))
	}
	x.readItems()
	return x
}

// serviceField is the name of the field for the first, second, ... service.
func serviceField(i int) string {
	if i == 1 {
		return "service"
	}
	return "service" + strconv.Itoa(i)
}

func (o *Office) newService(q *office.Request, c *booking.Card, x *order) (*servicePage, error) {
	here := "/staff/bookings/" + c.ID
	p := &servicePage{Frame: x.frame, Name: visitorName(x.frame, c), Action: here + "/service", Stay: here, Asking: x.missing}
	p.Now = p.T("staff.service.now", "what", named(p.Frame, q.Setup, c.Items), "when", office.Short(p.Frame, c.Start.In(q.Setup.Zone())))
	p.Told = p.T(told(c))
	p.Crumbs = []page.Link{{Label: p.T("staff.nav.day"), Href: dayAt(c.Calendar.ID, c.Date)}, {Label: p.Name, Href: here}}
	p.Fields = x.choosing()
	p.Frame.Errors = x.form.Errors()
	chosen := x.values.Has("service")
	if p.Asking = p.Asking && chosen; !chosen || !x.ready() {
		return p, nil
	}
	x.wish = x.sought()
	if x.wish.Mode == "" {
		x.wish.Mode = x.modeKept(c.Mode)
	}
	if booking.SameItems(c.Items, x.wish.Items) && (x.wish.Mode == "" || x.wish.Mode == c.Mode) {
		p.Fit = &page.Notice{Kind: "info", Title: p.T("staff.service.unchanged"), Text: p.T("staff.service.unchangedText")}
		return p, nil
	}
	return p, o.offerService(q, p, c, x)
}

// choosing are the fields of the services a calendar offers, with what is asked about each
// that was chosen.
func (x *order) choosing() (list []page.Field) {
	for i, it := range x.wish.Items {
		list = append(list, x.among(i+1, it.Service))
		if f, ok := x.fields["n."+it.Service]; ok {
			list = append(list, f)
		}
		svc, _ := x.setup.Service(it.Service)
		for j := range svc.Questions {
			if !spoken(&svc.Questions[j]) {
				list = append(list, x.fields["answer."+svc.ID+"."+svc.Questions[j].ID])
			}
		}
	}
	if len(x.wish.Items) == 0 {
		list = append(list, x.among(1, ""))
	} else if more := x.companions(); len(more) > 0 {
		list = append(list, page.Field{Name: serviceField(len(x.wish.Items) + 1), Type: "select", Label: x.frame.T("staff.caller.add"), Required: true,
			Choices: append([]page.Choice{{Label: x.frame.T("staff.caller.nothing")}}, more...)})
	}
	if modes := x.modes(); len(modes) > 1 {
		f := page.Field{Name: "mode", Type: "select", Label: x.frame.T("staff.booking.mode"), Required: true}
		for _, m := range modes {
			f.Choices = append(f.Choices, page.Choice{Value: m, Label: x.frame.T("staff.mode." + m), Selected: m == x.wish.Mode})
		}
		list = append(list, f)
	}
	return list
}

// among is the field that chooses a service; a further one can be none.
func (x *order) among(n int, chosen string) page.Field {
	f := page.Field{Name: serviceField(n), Type: "select", Label: x.frame.T("common.service"), Required: true}
	if n > 1 {
		f.Choices = []page.Choice{{Label: x.frame.T("staff.caller.nothing")}}
		f.Label = x.frame.T("staff.caller.add")
	} else if chosen == "" {
		f.Choices = []page.Choice{{Label: x.frame.T("staff.signin.choose")}}
	}
	for _, l := range x.listed(match.Search{}) {
		f.Choices = append(f.Choices, page.Choice{Value: l.service.ID, Label: l.name, Selected: l.service.ID == chosen})
	}
	return f
}

// modeKept is how the visit is held, where what it is to be about can be held so.
func (x *order) modeKept(mode string) string {
	w := agenda.Wish{Items: x.wish.Items, Mode: mode}
	if _, ok := x.setup.Plan(x.mine[0], w, agenda.Staff); ok {
		return mode
	}
	return ""
}

// offerService says whether what was chosen fits when the visit is, and offers other times.
func (o *Office) offerService(q *office.Request, p *servicePage, c *booking.Card, x *order) error {
	settled, seen := x.settled(), page.Field{Name: "seen", Type: "hidden", Value: strconv.Itoa(c.Version)}
	plan, ok := x.setup.Plan(c.Calendar, x.wish, agenda.Staff)
	if !ok {
		p.Fit = &page.Notice{Kind: "warning", Title: p.T("staff.service.nowhere"), Text: p.T("staff.service.nowhereText")}
		return nil
	}
	r := booking.Request{Tenant: q.Person.Tenant, Wish: x.wish, Calendar: c.Calendar.ID, Start: c.Start, By: agenda.Staff, Person: q.Person}
	e, err := o.Desk.Explain(q.Context(), r, c.Booking)
	if err != nil {
		return err
	}
	start := c.Start.In(q.Setup.Zone())
	text := p.T("staff.service.when", "when", office.Short(p.Frame, start), "n", plan.Minutes)
	var lifted []slots.Rule
	if !q.Now.Before(c.Start) && q.Now.Before(c.End) {
		lifted = append(lifted, slots.RuleLead) // the visitor is there already
	}
	if against := (why.Speaker{Setup: e.Setup, Words: p.Printer()}).Objections(&e.Explanation, lifted...); len(against) == 0 {
		fields := append(hide(settled), seen, page.Field{Name: "start", Type: "hidden", Value: startValue(c.Start, c.Calendar.ID)})
		p.Fit = &page.Notice{Kind: "info", Title: p.T("staff.service.fits"), Text: text,
			Form: &page.Press{Action: p.Action, Fields: fields, Button: page.Button{Kind: "primary", Label: p.T("staff.service.keep")}}}
	} else {
		p.Fit = &page.Notice{Kind: "warning", Title: p.T("staff.service.not"), Text: text, Items: against}
	}
	t, err := o.search(q, p.Frame, booking.Search{Wish: x.wish, Calendars: []string{c.Calendar.ID}, From: x.date, Own: c.Booking}, settled, p.Action)
	if err != nil {
		return err
	}
	t.Action, t.Hidden = p.Action, append(hide(settled), seen)
	t.Take = p.T("staff.service.take")
	t.Day.Value, t.Clock.Value = c.Date.String(), start.Format("15:04") // to overbook it is the most likely wish
	p.Times = &t
	return nil
}

// changeService changes what the visit is about, or shows why not.
func (o *Office) changeService(w http.ResponseWriter, q *office.Request) error {
	c, err := o.movable(q)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	x := o.instead(q, c, q.PostForm)
	target, ok := chosen(q, form, x.frame, c.Calendar.ID)
	if ok && x.ready() {
		target.Seen, _ = strconv.Atoi(form.Value("seen"))
		x.wish = x.sought()
		_, err := o.Desk.ChangeService(q.Context(), q.Person, c.ID, x.wish, target)
		if err == nil {
			http.Redirect(w, q.Request, "/staff/bookings/"+c.ID+"?done=service", http.StatusSeeOther)
			return nil
		}
		r := booking.Request{Tenant: q.Person.Tenant, Wish: x.wish, Calendar: target.Calendar, Start: target.Start, By: agenda.Staff, Person: q.Person, Overbook: target.Overbook}
		if errors.Is(err, agenda.ErrConflict) {
			form.Fail("", "staff.service.meanwhile")
		} else if target.Start.Equal(c.Start) && errors.Is(err, agenda.ErrTaken) {
			form.Fail("", "staff.error.taken") // why, the page says anyway
		} else if err := o.refuse(q, form, err, r, c.Booking); err != nil {
			return err
		}
	}
	if !target.Start.IsZero() {
		x.date = max(agenda.DateOf(target.Start.In(q.Setup.Zone())), agenda.DateOf(q.Now))
	}
	p, err := o.newService(q, c, x)
	if err != nil {
		return err
	}
	p.Frame.Errors = append(p.Frame.Errors, form.Errors()...)
	if len(p.Frame.Errors) == 0 {
		form.Fail("", "staff.error.start")
		p.Frame.Errors = form.Errors()
	}
	if p.Times != nil {
		p.Times.typed(form)
	}
	return o.Pages.Render(w, q.Request, http.StatusConflict, "staff/service", p)
}
