package staff

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/why"
)

// whyPage asks for a time and says why it can be booked or not.
type whyPage struct {
	page.Frame
	What, When, Where string       // that was asked for
	Verdict           *page.Notice // nil: nothing has been asked yet
	Rules             []ruleLine
	Moved             string // whose visit would be moved; "": a new one is meant
	Fields            []page.Field
	Day, Clock        page.Field
	By                *page.Field // whose rules; nil: that is settled
}

// ruleLine is a rule with what it says.
type ruleLine struct {
	Name, Detail string
	Badge        page.Badge
}

// question is what a why page is asked.
type question struct {
	choice
	moved  *booking.Card // nil: a new visit is meant
	by     agenda.Channel
	fields []page.Field
}

func (o *Office) why(w http.ResponseWriter, q *office.Request) error {
	p := &whyPage{Frame: o.Frame(q)}
	x, err := o.question(q, p)
	if err != nil {
		return err
	}
	if x.complete(q, p) {
		if err := o.answer(q, p, x); err != nil {
			return err
		}
	}
	p.Frame.Errors = x.form.Errors()
	p.Fields = append(x.fields, page.Field{Name: "asked", Type: "hidden", Value: "1"})
	list := []*page.Field{&p.Day, &p.Clock}
	for i := range p.Fields {
		list = append(list, &p.Fields[i])
	}
	if p.By != nil {
		list = append(list, p.By)
	}
	for _, f := range list { // what is wrong with some is known now
		f.Error = p.Frame.Errors.For(f.Name)
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/why", p)
}

// question reads whose time is asked about: calendar, service or visit, and makes
// their fields.
func (o *Office) question(q *office.Request, p *whyPage) (*question, error) {
	x := &question{by: agenda.Public}
	x.form = page.NewForm(q.URL.Query(), p.Printer())
	mine := q.Calendars(agenda.SeeBookings)
	id := x.form.Value("calendar")
	if id == "" && len(mine) > 0 {
		id = mine[0].ID
	}
	var ok bool
	if x.calendar, ok = q.Setup.Calendar(id); !ok || !q.Person.MayIn(agenda.SeeBookings, x.calendar) {
		return nil, agenda.ErrNotFound
	}
	x.fields = append(x.fields, page.Field{Name: "calendar", Type: "select", Label: p.T("staff.booking.calendar"), Required: true, Choices: office.Choices(p.Frame, q.Setup, mine, id)})
	if about := x.form.Value("booking"); about != "" {
		c, err := o.open(q, about)
		if err != nil {
			return nil, err
		}
		x.moved, x.wish, x.by, p.Moved = c, c.Wish(), agenda.Staff, visitorName(p.Frame, c)
		x.fields = append(x.fields, page.Field{Name: "booking", Type: "hidden", Value: c.ID})
		return x, nil
	}
	x.fields = append(x.fields, x.offered(q, p, mine))
	if x.service != nil {
		x.fields = append(x.fields, asked(p.Frame, x.service)...)
	}
	return x, nil
}

// offered is the field for a service that any of the calendars offers, and finds the
// one that was chosen.
func (x *question) offered(q *office.Request, p *whyPage, mine []*agenda.Calendar) page.Field {
	f := page.Field{Name: "service", Type: "select", Label: p.T("common.service"), Required: true, Choices: []page.Choice{{Label: p.T("staff.signin.choose")}}}
	for i := range q.Setup.Services {
		svc := &q.Setup.Services[i]
		if !slices.ContainsFunc(mine, func(c *agenda.Calendar) bool { _, ok := c.Offer(svc.ID); return ok }) {
			continue
		}
		chosen := svc.ID == x.form.Value("service")
		if chosen {
			x.service = svc
		}
		f.Choices = append(f.Choices, page.Choice{Value: svc.ID, Text: svc.Name, Selected: chosen})
	}
	slices.SortStableFunc(f.Choices[1:], func(a, b page.Choice) int {
		return cmp.Compare(office.Plain(p.Frame, a.Text), office.Plain(p.Frame, b.Text))
	})
	return f
}

// complete reads the rest: answers, time and whose rules are meant. It reports
// whether there is enough to answer.
func (x *question) complete(q *office.Request, p *whyPage) bool {
	sent := x.form.Value("asked") != ""
	ready := x.moved != nil
	if x.service != nil {
		ready = x.read(x.fields)
	} else if !ready && sent {
		x.form.Fail("service", "layout.form.choose", "label", p.T("common.service"))
	}
	t := times{From: q.Date(x.form.Value("date"))}
	t.other(p.Frame)
	var timed bool
	if x.target, timed = chosen(q, x.form, p.Frame, x.calendar.ID); timed && x.form.Value("start") != "" {
		start := x.target.Start.In(q.Setup.Zone())
		t.Day.Value, t.Clock.Value = agenda.DateOf(start).String(), start.Format("15:04")
	} else if !timed && sent && len(x.form.Errors()) == 0 {
		x.form.Fail("time", "staff.error.clock")
	}
	t.typed(x.form)
	p.Day, p.Clock = t.Day, t.Clock
	if x.moved == nil {
		p.By = &page.Field{Name: "channel", Type: "radio", Label: p.T("staff.why.who"), Required: true, Choices: []page.Choice{
			{Value: string(agenda.Public), Label: p.T("staff.why.public"), Selected: true}, {Value: string(agenda.Staff), Label: p.T("staff.why.staff")}}}
		if x.form.Value("channel") == string(agenda.Staff) {
			x.by = agenda.Staff
			p.By.Choices[0].Selected, p.By.Choices[1].Selected = false, true
		}
	}
	return ready && timed && len(x.form.Errors()) == 0
}

func (x *question) request(q *office.Request, by agenda.Channel) booking.Request {
	return booking.Request{Tenant: q.Person.Tenant, Wish: x.wish, Calendar: x.calendar.ID, Start: x.target.Start, By: by, Person: q.Person}
}

func (x *question) own() *agenda.Booking {
	if x.moved == nil {
		return nil
	}
	return x.moved.Booking
}

// answer asks the desk and puts what it says on the page.
func (o *Office) answer(q *office.Request, p *whyPage, x *question) error {
	e, err := o.Desk.Explain(q.Context(), x.request(q, x.by), x.own())
	if err != nil {
		return x.unanswerable(err)
	}
	speaker := why.Speaker{Setup: q.Setup, Words: p.Printer()}
	p.When = p.Printer().DateTime(e.Start.In(q.Setup.Zone()))
	for _, c := range x.fields[0].Choices {
		if c.Selected {
			p.Where = c.Label
		}
	}
	for i, it := range x.wish.Items {
		if i > 0 {
			p.What += " + "
		}
		p.What += wanted(p.Frame, q.Setup, it)[0]
	}
	p.Verdict = &page.Notice{Kind: "success", Title: p.T("staff.why.yes." + string(x.by)), Live: true}
	possible := e.Bookable
	if !e.Bookable {
		p.Verdict.Kind, p.Verdict.Title, p.Verdict.Items = "warning", p.T("staff.why.no."+string(x.by)), speaker.Objections(&e.Explanation)
		if x.by == agenda.Public {
			ours, err := o.Desk.Explain(q.Context(), x.request(q, agenda.Staff), nil)
			if err != nil {
				return x.unanswerable(err)
			}
			possible = ours.Bookable
		}
	}
	if q.Person.MayIn(agenda.ActOnBookings, x.calendar) {
		p.Verdict.Links = []page.Button{x.next(p.Frame, e, possible)}
	}
	for i := range e.Rulings {
		r := &e.Rulings[i]
		line := ruleLine{Name: speaker.Name(r.Rule), Detail: speaker.Sentence(&e.Explanation, r), Badge: page.Badge{Kind: "success", Label: p.T("staff.why.allows")}}
		if !r.Allows {
			line.Badge = page.Badge{Kind: "danger", Label: p.T("staff.why.objects")}
		}
		p.Rules = append(p.Rules, line)
	}
	return nil
}

// next is the one step from here: to book the time where the office may, or to look
// for another.
func (x *question) next(f page.Frame, e booking.Explained, possible bool) page.Button {
	b := page.Button{Kind: "secondary", Label: f.T("staff.new.times")}
	if x.moved != nil {
		b.Href = "/staff/bookings/" + x.moved.ID + "/move?" + url.Values{"calendar": {x.calendar.ID}, "date": {e.Date.String()}}.Encode()
		return b
	}
	v := wishAddress(e.Setup, x.wish)
	v.Set("calendar", x.calendar.ID)
	v.Set("date", e.Date.String())
	if possible {
		v.Set("start", startValue(x.target.Start, x.calendar.ID))
		b.Label = f.T("staff.why.book")
	}
	if possible && !e.Bookable {
		b.Label = f.T("staff.why.bookYet")
	}
	b.Href = "/staff/new?" + v.Encode()
	return b
}

// unanswerable puts beside the fields why there is nothing to explain; what is not
// about the question comes back.
func (x *question) unanswerable(err error) error {
	field := "service"
	if x.moved != nil {
		field = "calendar"
	}
	bad, invalid := errors.AsType[agenda.Invalid](err)
	switch {
	case invalid && bad[0].Code == "not_offered":
		x.form.Fail(field, "staff.why.notOffered")
	case invalid && bad[0].Field == "start":
		x.form.Fail("on", "staff.error.field")
	case invalid && bad[0].Code == "unknown" && x.by == agenda.Public:
		x.form.Fail("channel", "staff.why.notPublic")
	case invalid, errors.Is(err, agenda.ErrNotCombinable), errors.Is(err, agenda.ErrTooMany):
		x.form.Fail(field, "staff.error.wish")
	default:
		return err
	}
	return nil
}

// whyAt is the address of the page that explains, with what is known already.
func whyAt(v url.Values, more ...string) string {
	v = maps.Clone(v)
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return "/staff/explain?" + v.Encode()
}

// refuse turns the reasons why a time cannot be had into words beside the form: what
// the rules say that object, or that it is gone where they meanwhile do not. All else
// is not about the time and comes back.
func (o *Office) refuse(q *office.Request, form *page.Form, err error, r booking.Request, own *agenda.Booking) error {
	if !errors.Is(err, agenda.ErrTaken) && !errors.Is(err, agenda.ErrWindowClosed) {
		return err
	}
	var lifted []slots.Rule
	if r.Overbook {
		lifted = []slots.Rule{slots.RuleCapacity, slots.RuleHold}
	}
	e, lookErr := o.Desk.Explain(q.Context(), r, own)
	if lookErr == nil {
		for _, s := range (why.Speaker{Setup: e.Setup, Words: o.Frame(q).Printer()}).Objections(&e.Explanation, lifted...) {
			form.Fail("", "staff.error.because", "why", s)
		}
	}
	if len(form.Errors()) == 0 {
		form.Fail("", "staff.error.taken")
	}
	return nil
}
