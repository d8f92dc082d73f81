package staff

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// editPage corrects who comes and how they are reached, and what the office notes.
type editPage struct {
	page.Frame
	Name   string
	When   string
	Meant  *meantAddress
	Action string
	Person []page.Field
	Office []page.Field
	Hidden []page.Field
	Stay   string
}

func (o *Office) editForm(w http.ResponseWriter, q *office.Request) error {
	c, err := o.editable(q)
	if err != nil {
		return err
	}
	p := o.newEdit(q, c, c.Amendable(), nil)
	for _, list := range [][]page.Field{p.Person, p.Office} {
		for i := range list {
			list[i].Focus = list[i].Name == q.URL.Query().Get("field")
		}
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/edit", p)
}

// editable opens a booking that the person may correct now.
func (o *Office) editable(q *office.Request) (*booking.Card, error) {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return nil, err
	}
	switch {
	case !q.Person.MayIn(agenda.ActOnBookings, c.Calendar):
		return nil, agenda.ErrForbidden
	case c.Gone || c.Sealed == nil:
		return nil, agenda.ErrState
	}
	return c, nil
}

// newEdit shows a booking's data as they are, or as they were typed.
func (o *Office) newEdit(q *office.Request, c *booking.Card, a booking.Amendment, form *page.Form) *editPage {
	p := &editPage{Frame: o.Frame(q), Name: visitorName(o.Frame(q), c), Action: "/staff/bookings/" + c.ID + "/edit", Stay: "/staff/bookings/" + c.ID}
	p.When = office.Short(p.Frame, c.Start.In(q.Setup.Zone()))
	p.Crumbs = []page.Link{{Label: p.T("staff.nav.day"), Href: dayAt(c.Calendar.ID, c.Date)}, {Label: p.Name, Href: p.Stay}}
	p.Person = []page.Field{
		{Name: "name", Label: p.T("staff.who.name"), Required: true, Max: agenda.MaxName, Autocomplete: "off", Value: a.Name},
		{Name: "contactName", Label: p.T("staff.booking.contactName"), Hint: p.T("staff.edit.contactHint"), Max: agenda.MaxName, Autocomplete: "off", Value: a.ContactName},
		{Name: "phone", Type: "tel", Label: p.T("common.phone"), Max: agenda.MaxPhone, Autocomplete: "off", Width: "short", Value: a.Phone},
		{Name: "email", Type: "email", Label: p.T("common.email"), Autocomplete: "off", Value: a.Email},
		{Name: "notify", Type: "checkbox", Label: p.T("staff.edit.notify"), Hint: p.T("staff.edit.notifyHint"), Value: ticked(a.Notify)},
	}
	if languages := q.Setup.Tenant.Languages; len(languages) > 1 {
		f := page.Field{Name: "language", Type: "select", Label: p.T("staff.who.language"), Required: true}
		for _, l := range languages {
			f.Choices = append(f.Choices, page.Choice{Value: l, Label: office.LanguageName(p.Frame, l), Selected: l == a.Language})
		}
		p.Person = append(p.Person, f)
	}
	p.Office = []page.Field{
		{Name: "staffNote", Type: "textarea", Label: p.T("staff.booking.staffNote"), Hint: p.T("staff.who.staffNoteHint"), Max: agenda.MaxNote, Rows: 4, Value: a.StaffNote},
		{Name: "caseReference", Label: p.T("staff.booking.caseReference"), Hint: p.T("staff.edit.caseHint"), Max: agenda.MaxName, Autocomplete: "off", Value: a.CaseReference},
	}
	p.Hidden = []page.Field{{Name: "seen", Type: "hidden", Value: o.Desk.Print(c.Booking, c.Amendable())}}
	for _, list := range [][]page.Field{p.Person, p.Office} {
		for i := range list {
			list[i] = form.Fill(list[i])
		}
	}
	return p
}

func ticked(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// edit corrects, or shows the form again with what is wrong. Where somebody else has
// corrected the booking meanwhile, what was typed stays, and what they wrote is told.
func (o *Office) edit(w http.ResponseWriter, q *office.Request) error {
	c, err := o.editable(q)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	a := readAmendment(o.Frame(q), form, q.Setup)
	status := http.StatusUnprocessableEntity
	var theirs *page.Notice
	var meant *meantAddress
	if a.Email != c.Private.Email {
		meant = askMeant(form, &a.Email)
	}
	if len(form.Errors()) == 0 && meant == nil {
		_, err := o.Desk.Amend(q.Context(), q.Person, c.ID, form.Value("seen"), a)
		bad, invalid := errors.AsType[agenda.Invalid](err)
		switch {
		case err == nil:
			http.Redirect(w, q.Request, "/staff/bookings/"+c.ID+"?done=edit", http.StatusSeeOther)
			return nil
		case errors.Is(err, agenda.ErrConflict):
			status, theirs = http.StatusConflict, meanwhile(o.Frame(q), c, a)
		case invalid:
			for _, f := range bad {
				form.Fail(f.Field, "staff.error.field")
			}
		default:
			return err
		}
	}
	p := o.newEdit(q, c, a, form)
	p.Frame.Errors, p.Frame.Notice, p.Meant = form.Errors(), theirs, meant
	return o.Pages.Render(w, q.Request, status, "staff/edit", p)
}

func readAmendment(f page.Frame, form *page.Form, s *agenda.Setup) booking.Amendment {
	a := booking.Amendment{
		Name:        form.Text("name", page.Rule{Label: f.T("staff.who.name"), Required: true, Max: agenda.MaxName}),
		ContactName: form.Text("contactName", page.Rule{Label: f.T("staff.booking.contactName"), Max: agenda.MaxName}),
		Phone:       form.Phone("phone", page.Rule{Label: f.T("common.phone")}),
		Email:       form.Email("email", page.Rule{Label: f.T("common.email")}),
		Notify:      form.Checked("notify", page.Rule{}),
		Language:    form.Choice("language", s.Tenant.Languages, page.Rule{Label: f.T("staff.who.language")}),
	}
	a.StaffNote = form.Text("staffNote", page.Rule{Label: f.T("staff.booking.staffNote"), Max: agenda.MaxNote, Lines: true})
	a.CaseReference = form.Text("caseReference", page.Rule{Label: f.T("staff.booking.caseReference"), Max: agenda.MaxName})
	return a
}

// meanwhile says what somebody else has written where something else was typed.
func meanwhile(f page.Frame, c *booking.Card, typed booking.Amendment) *page.Notice {
	n := &page.Notice{Kind: "warning", Title: f.T("staff.edit.meanwhile"), Text: f.T("staff.edit.theirs"), Live: true}
	now := c.Amendable()
	for _, x := range []struct{ key, theirs, mine string }{
		{"staff.who.name", now.Name, typed.Name}, {"staff.booking.contactName", now.ContactName, typed.ContactName}, {"common.phone", now.Phone, typed.Phone},
		{"common.email", now.Email, typed.Email}, {"staff.booking.staffNote", now.StaffNote, typed.StaffNote}, {"staff.booking.caseReference", now.CaseReference, typed.CaseReference},
	} {
		if x.theirs != x.mine {
			n.Items = append(n.Items, f.T(x.key)+": "+cmp.Or(x.theirs, f.T("staff.edit.nothing")))
		}
	}
	return n
}

// resend sends the letter that tells how the booking stands once more.
func (o *Office) resend(w http.ResponseWriter, q *office.Request) error {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return err
	}
	done := "resend"
	switch _, _, err := o.Desk.Resend(q.Context(), q.Person, c.ID); {
	case errors.Is(err, agenda.ErrLimited):
		done = "often"
	case errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrConflict):
		done = "changed"
	case err != nil:
		return err
	}
	http.Redirect(w, q.Request, "/staff/bookings/"+c.ID+"?done="+done, http.StatusSeeOther)
	return nil
}

// offerResend is the button of the letter that can be sent again; nil where there is
// none.
func (o *Office) offerResend(q *office.Request, f page.Frame, c *booking.Card) *page.Press {
	kind := o.Desk.Resendable(c, q.Now)
	if kind == "" || c.Private.Email == "" || !q.Person.MayIn(agenda.ActOnBookings, c.Calendar) || !hasName(kind) {
		return nil
	}
	return &page.Press{Action: "/staff/bookings/" + c.ID + "/resend",
		Button: page.Button{Kind: "secondary", Label: f.T("staff.resend.do", "letter", letterName(f, kind), "to", c.Private.Email)}}
}
