package staff

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/why"
)

// walkInPage takes somebody in who stands there without appointment: one press of the
// service that they come for.
type walkInPage struct {
	page.Frame
	Calendar  string
	Calendars []page.Choice
	Hidden    []page.Field
	Fields    []page.Field
	Meant     *meantAddress
	Services  []page.Choice   // to press, where none is chosen yet
	Chosen    []chosenService // something is wrong with it, or must be asked about it
	Asked     []page.Field
	Over      *page.Field // nil: there are seats, as far as is known
	Exceeds   string
}

func (o *Office) walkInForm(w http.ResponseWriter, q *office.Request) error {
	x, err := o.readOrder(q, q.URL.Query())
	if err != nil {
		return err
	}
	return o.renderWalkIn(w, q, x, http.StatusOK, false)
}

// walkIn checks the visitor in, or shows the form again with what is wrong. The form for a
// caller can send its data here as well: then the chosen time says which calendar.
func (o *Office) walkIn(w http.ResponseWriter, q *office.Request) error {
	if _, err := page.ReadForm(w, q.Request, o.Frame(q).Printer()); err != nil {
		return err
	}
	key := once(q, "staff/walk-in")
	spread(q.PostForm)
	x, err := o.readOrder(q, q.PostForm)
	if err != nil {
		return err
	}
	f := x.readWho(false)
	if !x.ready() || len(x.form.Errors()) > 0 {
		if len(x.wish.Items) == 0 {
			x.form.Fail("", "staff.walkIn.which")
		}
		return o.renderWalkIn(w, q, x, http.StatusUnprocessableEntity, false)
	}
	if x.meant = askMeant(x.form, &f.Email); x.meant != nil {
		return o.renderWalkIn(w, q, x, http.StatusUnprocessableEntity, false)
	}
	r := booking.Request{Tenant: q.Person.Tenant, Wish: x.wish, By: agenda.Staff, Actor: q.Person.ID, Person: q.Person,
		Overbook: x.form.Value("overbook") != "", WalkIn: true}
	if r.Calendar, err = o.nearest(q, x); err != nil {
		return err
	}
	done, err := o.Desk.WalkIn(q.Context(), r, f, key)
	switch {
	case err == nil:
		http.Redirect(w, q.Request, back(page.NewForm(nil, nil), done.Booking, checkIn.name), http.StatusSeeOther)
		return nil
	case x.wrong(err):
		return o.renderWalkIn(w, q, x, http.StatusUnprocessableEntity, false)
	}
	if err := o.refuse(q, x.form, err, r, nil); err != nil {
		return err
	}
	return o.renderWalkIn(w, q, x, http.StatusUnprocessableEntity, true)
}

// spread gives how many people come to the service they come for: the page asks before it
// knows which.
func spread(v url.Values) {
	if service := v.Get("service"); v.Get("n") != "" && !v.Has("n."+service) {
		v.Set("n."+service, v.Get("n"))
	}
}

// nearest is the calendar that takes the visitor in: the one that is named, else of those
// that could the first with a seat.
func (o *Office) nearest(q *office.Request, x *order) (string, error) {
	if x.calendar != nil {
		return x.calendar.ID, nil
	}
	if _, id, ok := strings.Cut(x.form.Value("start"), " "); ok {
		if !slices.ContainsFunc(x.mine, func(c *agenda.Calendar) bool { return c.ID == id }) {
			return "", agenda.ErrNotFound
		}
		return id, nil
	}
	serving := x.serving()
	for _, c := range serving {
		e, err := o.Desk.Explain(q.Context(), x.atOnce(q, c.ID), nil)
		if err == nil && e.Bookable {
			return c.ID, nil
		}
	}
	if len(serving) == 0 {
		return x.mine[0].ID, nil
	}
	return serving[0].ID, nil
}

func (x *order) atOnce(q *office.Request, calendar string) booking.Request {
	return booking.Request{Tenant: q.Person.Tenant, Wish: x.sought(), Calendar: calendar, By: agenda.Staff, Person: q.Person, WalkIn: true}
}

func (o *Office) renderWalkIn(w http.ResponseWriter, q *office.Request, x *order, status int, refused bool) error {
	p := &walkInPage{Frame: x.frame}
	if x.calendar == nil {
		id, err := o.nearest(q, x)
		if err != nil {
			return err
		}
		x.calendar = x.mine[max(0, slices.IndexFunc(x.mine, func(c *agenda.Calendar) bool { return c.ID == id }))]
	}
	p.Calendar = x.calendar.ID
	p.Calendars = office.Choices(p.Frame, q.Setup, x.mine, p.Calendar)
	p.Hidden = []page.Field{{Name: "calendar", Type: "hidden", Value: p.Calendar}, {Name: "key", Type: "hidden", Value: rand.Text()}}
	p.Fields, p.Meant = x.walkInFields(), x.meant
	p.Hidden = append(p.Hidden, x.carried()...)
	if len(x.wish.Items) == 0 {
		for _, l := range x.listed(match.Search{}) {
			p.Services = append(p.Services, page.Choice{Value: l.service.ID, Label: l.name})
		}
	} else {
		p.chosen(x)
	}
	if refused {
		f := x.form.Fill(page.Field{Name: "overbook", Type: "checkbox", Label: p.T("staff.walkIn.overbook"), Hint: p.T("staff.overbook.hint")})
		p.Over = &f
		var err error
		if p.Exceeds, err = o.exceedsNow(q, x); err != nil {
			return err
		}
	}
	p.Frame.Errors = x.form.Errors()
	return o.Pages.Render(w, q.Request, status, "staff/walkin", p)
}

// chosen shows the services that are chosen, with what is asked about them.
func (p *walkInPage) chosen(x *order) {
	whole := &newPage{Frame: p.Frame}
	whole.describe(x)
	p.Chosen, p.Hidden = whole.Chosen, append(p.Hidden, whole.Settled...)
	p.Hidden = slices.DeleteFunc(p.Hidden, func(f page.Field) bool { return f.Name == "start" || f.Name == "on" || f.Name == "time" })
	for i := range p.Chosen {
		p.Chosen[i].Remove = ""
	}
	for _, f := range whole.Asked {
		if f.Name != "add" {
			p.Asked = append(p.Asked, f)
		}
	}
	for _, it := range x.wish.Items {
		svc, _ := x.setup.Service(it.Service)
		for i := range svc.Questions {
			if spoken(&svc.Questions[i]) {
				p.Asked = append(p.Asked, x.fields["answer."+svc.ID+"."+svc.Questions[i].ID])
			}
		}
	}
}

// walkInFields ask for what may be known of somebody who stands there: nothing must be.
func (x *order) walkInFields() []page.Field {
	t := x.frame.T
	list := []page.Field{{Name: "name", Label: t("common.name"), Max: agenda.MaxName, Autocomplete: "off"}}
	if x.calendar.Contact.Phone != agenda.ContactOff {
		list = append(list, page.Field{Name: "phone", Type: "tel", Label: t("common.phone"), Max: agenda.MaxPhone, Autocomplete: "off"})
	}
	if x.form.Value("email") != "" { // typed into the form for a caller: nobody who stands there is asked for one
		list = append(list, page.Field{Name: "email", Type: "email", Label: t("common.email"), Autocomplete: "off"})
	}
	list = append(list, page.Field{Name: "staffNote", Label: t("staff.booking.staffNote"), Max: agenda.MaxNote, Autocomplete: "off"})
	several := slices.ContainsFunc(x.setup.Services, func(s agenda.Service) bool {
		_, here := x.calendar.Offer(s.ID)
		return here && s.MaxQuantity > 1
	})
	if several && len(x.wish.Items) == 0 {
		list = append(list, page.Field{Name: "n", Type: "number", Label: t("staff.caller.quantity"), Required: true, Min: 1, Max: 99, Value: "1", Width: "short"})
	}
	for i := range list {
		list[i] = x.form.Fill(list[i])
	}
	return list
}

// carried is what was typed into the form for a caller and is not asked for here.
func (x *order) carried() (list []page.Field) {
	for _, name := range []string{"contactName", "note", "caseReference", "language", "silent"} {
		if v := x.form.Value(name); v != "" {
			list = append(list, page.Field{Name: name, Type: "hidden", Value: v})
		}
	}
	return list
}

// exceedsNow says by how much a visit at this moment would exceed the seats, or for how
// long the office is still open; "" where neither is what stands in the way.
func (o *Office) exceedsNow(q *office.Request, x *order) (string, error) {
	e, err := o.Desk.Explain(q.Context(), x.atOnce(q, x.calendar.ID), nil)
	if err != nil {
		if _, invalid := errors.AsType[agenda.Invalid](err); invalid {
			err = nil
		}
		return "", err
	}
	for _, r := range e.Rulings {
		switch {
		case r.Allows:
		case r.Rule == slots.RuleCapacity:
			return x.frame.T("staff.caller.exceeds", "n", r.Load.Taken+1, "of", r.Load.Total), nil
		case r.Reason == slots.EndsTooLate:
			return why.Speaker{Setup: q.Setup, Words: x.frame.Printer()}.Sentence(&e.Explanation, &r), nil
		}
	}
	return "", nil
}
