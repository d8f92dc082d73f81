package staff

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// newPage books for a caller in three steps, each with an address of its own:
// which service, when, and who.
type newPage struct {
	page.Frame
	Calendar  string
	Calendars []page.Choice
	Date      agenda.Date

	Services []page.Link // step 1

	Service agenda.Text  // steps 2 and 3
	Again   string       // address of step 1
	Asked   []page.Field // quantity, mode and questions; none: nothing to ask
	Hidden  []page.Field // what is settled
	Times   *times       // step 2; nil: not yet, first answer

	Who *who // step 3
}

// choice is what has been chosen so far, read from an address or a form.
type choice struct {
	calendar *agenda.Calendar
	service  *agenda.Service
	wish     agenda.Wish
	form     *page.Form // names are those of the address
	target   booking.Target
	taken    bool   // the target has no seat left
	why      string // address of the page that says why the target was refused
}

func (o *Office) newForm(w http.ResponseWriter, q *office.Request) error {
	p, ch, err := o.startNew(q, page.NewForm(q.URL.Query(), o.Frame(q).Printer()))
	if err != nil {
		return err
	}
	if ch.service != nil {
		if err := o.nextStep(q, p, ch); err != nil {
			return err
		}
	}
	p.Frame.Errors = ch.form.Errors()
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/new", p)
}

// startNew reads calendar and service.
func (o *Office) startNew(q *office.Request, form *page.Form) (*newPage, *choice, error) {
	p := &newPage{Frame: o.Frame(q), Calendar: form.Value("calendar"), Date: q.Date(form.Value("date"))}
	mine := q.Calendars(agenda.ActOnBookings)
	if p.Calendar == "" && len(mine) > 0 {
		p.Calendar = mine[0].ID
	}
	p.Calendars = office.Choices(p.Frame, q.Setup, mine, p.Calendar)
	c, ok := q.Setup.Calendar(p.Calendar)
	if !ok || !q.Person.MayIn(agenda.ActOnBookings, c) {
		return nil, nil, agenda.ErrNotFound
	}
	ch := &choice{calendar: c, form: form}
	for _, offer := range c.Services {
		svc, ok := q.Setup.Service(offer.ID)
		if !ok {
			continue
		}
		if svc.ID == form.Value("service") {
			ch.service, p.Service = svc, svc.Name
		}
		p.Services = append(p.Services, page.Link{Label: office.Plain(p.Frame, svc.Name), Href: "/staff/new?" + url.Values{"calendar": {c.ID}, "service": {svc.ID}, "date": {p.Date.String()}}.Encode()})
	}
	p.Again = newAt(c.ID, p.Date)
	return p, ch, nil
}

// nextStep fills the page from what has been chosen: first the questions where they
// must be answered, then the times, then the form.
func (o *Office) nextStep(q *office.Request, p *newPage, ch *choice) error {
	p.Asked = asked(p.Frame, ch.service)
	complete := ch.read(p.Asked)
	p.settle(ch)
	if !complete {
		return nil
	}
	target, timed := chosen(q, ch.form, p.Frame, ch.calendar.ID)
	if timed && target.Calendar == ch.calendar.ID {
		o.askWho(q, p, ch, target)
		return nil
	}
	s := booking.Search{Wish: ch.wish, Calendars: []string{ch.calendar.ID}, From: p.Date}
	t, err := o.search(q, p.Frame, s, ch.address(), "/staff/new")
	if err != nil {
		return err
	}
	for d := range t.Slots.Days {
		for i := range t.Slots.Days[d].Times {
			slot, v := &t.Slots.Days[d].Times[i], ch.address()
			v.Set("start", slot.Value)
			slot.Href = "/staff/new?" + v.Encode()
		}
	}
	t.Action, t.Method, t.Hidden = "/staff/new", http.MethodGet, p.Hidden
	t.typed(ch.form)
	t.Why = whyAt(ch.address(), "channel", string(agenda.Staff))
	p.Times = &t
	return nil
}

// asked are the fields that come before the times, since they may change them.
func asked(p page.Frame, svc *agenda.Service) (list []page.Field) {
	if svc.MaxQuantity > 1 {
		list = append(list, page.Field{Name: "quantity", Type: "number", Label: p.T("staff.new.quantity"), Required: true, Min: 1, Max: svc.MaxQuantity, Value: "1", Width: "short"})
	}
	if len(svc.Modes) > 1 {
		f := page.Field{Name: "mode", Type: "select", Label: p.T("staff.booking.mode"), Required: true}
		for _, m := range svc.Modes {
			f.Choices = append(f.Choices, page.Choice{Value: m, Label: p.T("staff.mode." + m)})
		}
		list = append(list, f)
	}
	for i := range svc.Questions {
		list = append(list, answerField(p, &svc.Questions[i]))
	}
	return list
}

func answerField(p page.Frame, question *agenda.Question) page.Field {
	f := page.Field{Name: "answer." + question.ID, Label: office.Plain(p, question.Label), Required: question.Required}
	switch question.Type {
	case "choice":
		f.Type = "select"
		for _, opt := range question.Options {
			f.Choices = append(f.Choices, page.Choice{Value: opt.ID, Label: office.Plain(p, opt.Label)})
		}
	case "yesno":
		f.Type = "select"
		f.Choices = []page.Choice{{Value: "yes", Label: p.T("common.yes")}, {Value: "no", Label: p.T("common.no")}}
	default:
		f.Max = agenda.MaxAnswer
	}
	return f
}

// read makes the wish of the answers in the fields that asked has made. It reports
// whether the times can be shown: not before what must be known has been asked.
func (ch *choice) read(fields []page.Field) bool {
	item := agenda.Item{Service: ch.service.ID, Quantity: 1, Answers: map[string]string{}}
	sent, must := ch.form.Value("asked") != "", false
	for i := range fields {
		f := &fields[i]
		rule := page.Rule{Label: f.Label, Required: f.Required && sent, Max: f.Max}
		id, isAnswer := strings.CutPrefix(f.Name, "answer.")
		must = must || isAnswer && f.Required
		switch {
		case f.Name == "quantity":
			item.Quantity = ch.form.Int(f.Name, 1, f.Max, page.Rule{Label: f.Label})
		case f.Name == "mode":
			ch.wish.Mode = ch.form.Choice(f.Name, values(f.Choices), page.Rule{Label: f.Label})
		case !isAnswer:
			continue
		case f.Choices != nil:
			item.Answers[id] = ch.form.Choice(f.Name, values(f.Choices), rule)
		default:
			item.Answers[id] = ch.form.Text(f.Name, rule)
		}
		*f = ch.form.Fill(*f)
	}
	maps.DeleteFunc(item.Answers, func(_, a string) bool { return a == "" })
	ch.wish.Items = []agenda.Item{item}
	return len(ch.form.Errors()) == 0 && (sent || !must)
}

func values(list []page.Choice) (v []string) {
	for _, c := range list {
		v = append(v, c.Value)
	}
	return v
}

// address are the parameters that lead to the times of this choice again.
func (ch *choice) address() url.Values {
	v := url.Values{"calendar": {ch.calendar.ID}, "service": {ch.service.ID}, "date": {ch.form.Value("date")}}
	item := ch.wish.Items[0]
	if item.Quantity > 1 {
		v.Set("quantity", strconv.Itoa(item.Quantity))
	}
	if ch.wish.Mode != "" {
		v.Set("mode", ch.wish.Mode)
	}
	for id, a := range item.Answers {
		v.Set("answer."+id, a)
	}
	if len(item.Answers) > 0 {
		v.Set("asked", "1")
	}
	return v
}

// settle carries the choice on in hidden fields.
func (p *newPage) settle(ch *choice) {
	v := ch.address()
	for _, name := range slices.Sorted(maps.Keys(v)) {
		p.Hidden = append(p.Hidden, page.Field{Name: name, Type: "hidden", Value: v.Get(name)})
	}
}
