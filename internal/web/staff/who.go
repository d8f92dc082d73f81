package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// who is the last step of booking for a caller.
type who struct {
	When   string
	Later  string // address of the times
	Fields []page.Field
	Hidden []page.Field
	Why    string      // address of the page that says why the time was refused; "": it was not
	Over   *page.Field // nil: nobody has asked for more than there are seats
}

// askWho makes the form of the last step.
func (o *Office) askWho(q *office.Request, p *newPage, ch *choice, t booking.Target) {
	start := t.Start.In(q.Setup.Zone())
	p.Who = &who{When: p.Printer().DateTime(start), Later: "/staff/new?" + ch.address().Encode(), Why: ch.why}
	p.Who.Fields = p.personFields(q.Setup, ch.calendar)
	key := ch.form.Value("key")
	if key == "" {
		key = rand.Text()
	}
	p.Who.Hidden = append(p.Hidden, page.Field{Name: "start", Type: "hidden", Value: startValue(t.Start, ch.calendar.ID)},
		page.Field{Name: "key", Type: "hidden", Value: key})
	if t.Overbook || ch.taken {
		f := ch.form.Fill(page.Field{Name: "overbook", Type: "checkbox", Label: p.T("staff.overbook.label"), Hint: p.T("staff.overbook.hint")})
		p.Who.Over = &f
	}
	for i := range p.Who.Fields {
		p.Who.Fields[i] = ch.form.Fill(p.Who.Fields[i])
	}
}

// personFields ask for no more than a caller can say: the name alone is needed.
func (p *newPage) personFields(s *agenda.Setup, c *agenda.Calendar) []page.Field {
	list := []page.Field{{Name: "name", Label: p.T("staff.who.name"), Required: true, Max: agenda.MaxName, Autocomplete: "off", Focus: true}}
	if c.Contact.Phone != agenda.ContactOff {
		list = append(list, page.Field{Name: "phone", Type: "tel", Label: p.T("common.phone"), Max: agenda.MaxPhone, Autocomplete: "off", Width: "short"})
	}
	if c.Contact.Email != agenda.ContactOff {
		list = append(list, page.Field{Name: "email", Type: "email", Label: p.T("common.email"), Hint: p.T("staff.who.emailHint"), Autocomplete: "off"})
	}
	list = append(list, page.Field{Name: "note", Type: "textarea", Label: p.T("common.note"), Hint: p.T("staff.who.noteHint"), Max: agenda.MaxNote, Rows: 2},
		page.Field{Name: "staffNote", Type: "textarea", Label: p.T("staff.booking.staffNote"), Hint: p.T("staff.who.staffNoteHint"), Max: agenda.MaxNote, Rows: 2})
	if len(s.Tenant.Languages) > 1 {
		f := page.Field{Name: "language", Type: "select", Label: p.T("staff.who.language"), Required: true}
		for _, l := range s.Tenant.Languages {
			f.Choices = append(f.Choices, page.Choice{Value: l, Label: languageName(p.Frame, l), Selected: l == s.Tenant.Languages[0]})
		}
		list = append(list, f)
	}
	return append(list, page.Field{Name: "silent", Type: "checkbox", Label: p.T("staff.who.silent")})
}

// book books for a caller, or shows the step again that something is wrong with.
func (o *Office) book(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	p, ch, err := o.startNew(q, form)
	if err != nil {
		return err
	}
	if ch.service == nil {
		return agenda.ErrNotFound
	}
	b, err := o.bookFor(q, p, ch)
	if err != nil {
		return err
	}
	if b == nil {
		return o.bookAgain(w, q, p, ch)
	}
	http.Redirect(w, q.Request, back(page.NewForm(nil, nil), b, "book"), http.StatusSeeOther)
	return nil
}

// bookFor reads the whole form and books. Without a booking and without an error,
// the form says what is wrong.
func (o *Office) bookFor(q *office.Request, p *newPage, ch *choice) (*agenda.Booking, error) {
	p.Asked = asked(p.Frame, ch.service)
	ch.read(p.Asked)
	var ok bool
	ch.target, ok = chosen(q, ch.form, p.Frame, ch.calendar.ID)
	t, f := ch.target, p.readWho(ch, q.Setup)
	if !ok || t.Calendar != ch.calendar.ID || len(ch.form.Errors()) > 0 {
		return nil, nil
	}
	r := booking.Request{Tenant: q.Person.Tenant, Wish: ch.wish, Calendar: ch.calendar.ID, Start: t.Start, By: agenda.Staff,
		Actor: q.Person.ID, Person: q.Person, Overbook: t.Overbook}
	done, err := o.Desk.BookNow(q.Context(), r, f, once(q))
	if err != nil {
		return nil, o.wrong(q, ch, r, err)
	}
	return done.Booking, nil
}

func (p *newPage) readWho(ch *choice, s *agenda.Setup) booking.Form {
	f := booking.Form{Visitor: agenda.Visitor{
		Name:  ch.form.Text("name", page.Rule{Label: p.T("staff.who.name"), Required: true, Max: agenda.MaxName}),
		Phone: ch.form.Phone("phone", page.Rule{Label: p.T("common.phone")}),
		Email: ch.form.Email("email", page.Rule{Label: p.T("common.email")}),
		Note:  ch.form.Text("note", page.Rule{Label: p.T("common.note"), Max: agenda.MaxNote, Lines: true}),
	}}
	f.StaffNote = ch.form.Text("staffNote", page.Rule{Label: p.T("staff.booking.staffNote"), Max: agenda.MaxNote, Lines: true})
	f.Language = ch.form.Choice("language", s.Tenant.Languages, page.Rule{Label: p.T("staff.who.language")})
	f.Silent = ch.form.Checked("silent", page.Rule{})
	return f
}

// once lets a form that is sent twice book once.
func once(q *office.Request) booking.Once {
	key := q.PostFormValue("key")
	if key == "" || len(key) > 64 {
		return booking.Once{}
	}
	sum := sha256.Sum256([]byte(q.PostForm.Encode()))
	return booking.Once{Path: "staff/new", Key: key, Request: hex.EncodeToString(sum[:])}
}

// wrong puts what the desk refused beside the fields it is about; what is not about
// the form comes back.
func (o *Office) wrong(q *office.Request, ch *choice, r booking.Request, err error) error {
	form := ch.form
	ch.taken = errors.Is(err, agenda.ErrTaken)
	bad, invalid := errors.AsType[agenda.Invalid](err)
	switch {
	case invalid:
		for _, f := range bad {
			switch f.Field {
			case "name", "phone", "email", "note":
				form.Fail(f.Field, "staff.error.field")
			default:
				form.Fail("", "staff.error.wish")
			}
		}
	case errors.Is(err, agenda.ErrNotCombinable), errors.Is(err, agenda.ErrTooMany):
		form.Fail("", "staff.error.wish")
	default:
		ch.why = whyAt(ch.address(), "channel", string(agenda.Staff), "start", startValue(r.Start, r.Calendar))
		return o.refuse(q, form, err, r, nil)
	}
	return nil
}

func (o *Office) bookAgain(w http.ResponseWriter, q *office.Request, p *newPage, ch *choice) error {
	if ch.target.Start.IsZero() { // the page always sends one
		http.Redirect(w, q.Request, "/staff/new?"+ch.address().Encode(), http.StatusSeeOther)
		return nil
	}
	p.settle(ch)
	o.askWho(q, p, ch, ch.target)
	p.Frame.Errors = ch.form.Errors()
	return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/new", p)
}
