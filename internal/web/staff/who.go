package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// who asks who comes. The first fields are all that a caller mostly says.
type who struct {
	Hidden  []page.Field
	Fields  []page.Field
	Answers []page.Field // in the caller's own words
	Letter  []page.Field // only matters where there is an e-mail address
	More    []page.Field
	Open    bool // more is filled in, or wrong
	Meant   *meantAddress
}

// meantAddress asks whether another address was meant; the form sent once more counts.
type meantAddress struct{ Typed, Address string }

// askMeant asks once whether another address was meant than the one that was typed, and
// puts the answer in its place. Nil: there is nothing to ask.
func askMeant(form *page.Form, email *string) *meantAddress {
	address := agenda.MeantAddress(*email)
	switch {
	case address == "" || len(form.Errors()) > 0:
	case form.Value("meant") == address:
		*email = address
	case form.Value("hinted") != *email:
		return &meantAddress{*email, address}
	}
	return nil
}

// askWho makes the form for who comes.
func (o *Office) askWho(p *newPage, x *order, serving []*agenda.Calendar) {
	key := x.form.Value("key")
	if key == "" {
		key = rand.Text()
	}
	w := &who{Meant: x.meant}
	w.Hidden = append(hide(without(x.address(), "date")), page.Field{Name: "key", Type: "hidden", Value: key})
	if x.dated {
		w.Hidden = append(w.Hidden, page.Field{Name: "date", Type: "hidden", Value: x.date.String()})
	}
	w.Fields, w.Letter, w.More = x.contactFields(serving), x.letterFields(), x.moreFields()
	for _, it := range x.wish.Items {
		svc, _ := x.setup.Service(it.Service)
		for i := range svc.Questions {
			if spoken(&svc.Questions[i]) {
				w.Answers = append(w.Answers, x.fields["answer."+svc.ID+"."+svc.Questions[i].ID])
			}
		}
	}
	if x.copied != nil {
		w.remember(x.copied)
	}
	for _, list := range [][]page.Field{w.Fields, w.Letter, w.More} {
		for i := range list {
			list[i] = x.form.Fill(list[i])
		}
	}
	w.Open = slices.ContainsFunc(w.More, func(f page.Field) bool { return f.Value != "" || f.Error != "" })
	p.Who = w
}

// remember fills in what is known from the booking that is copied.
func (w *who) remember(c *booking.Card) {
	known := map[string]string{"name": c.Private.Name, "phone": c.Private.Phone, "email": c.Private.Email, "contactName": c.Private.ContactName,
		"note": c.Private.Note, "staffNote": c.Private.StaffNote, "caseReference": c.Private.CaseReference}
	for _, list := range [][]page.Field{w.Fields, w.More} {
		for i := range list {
			list[i].Value = known[list[i].Name]
		}
	}
}

// contactFields ask for no more than a caller can say: the name alone is needed.
func (x *order) contactFields(serving []*agenda.Calendar) []page.Field {
	asks := func(rule func(agenda.Contact) string) bool {
		return slices.ContainsFunc(serving, func(c *agenda.Calendar) bool { return rule(c.Contact) != agenda.ContactOff })
	}
	t := x.frame.T
	list := []page.Field{{Name: "name", Label: t("staff.who.name"), Required: true, Max: agenda.MaxName, Autocomplete: "off", Focus: len(x.form.Errors()) == 0}}
	if asks(func(c agenda.Contact) string { return c.Phone }) {
		list = append(list, page.Field{Name: "phone", Type: "tel", Label: t("common.phone"), Max: agenda.MaxPhone, Autocomplete: "off"})
	}
	if asks(func(c agenda.Contact) string { return c.Email }) {
		list = append(list, page.Field{Name: "email", Type: "email", Label: t("common.email"), Autocomplete: "off"})
	}
	return list
}

// letterFields ask whether a letter goes out, and in which language.
func (x *order) letterFields() (list []page.Field) {
	if languages := x.setup.Tenant.Languages; len(languages) > 1 {
		spoken := languages[0]
		if x.copied != nil {
			spoken = x.setup.Language(x.copied.Language)
		}
		f := page.Field{Name: "language", Type: "select", Label: x.frame.T("staff.who.language"), Required: true}
		for _, l := range languages {
			f.Choices = append(f.Choices, page.Choice{Value: l, Label: office.LanguageName(x.frame, l), Selected: l == spoken})
		}
		list = append(list, f)
	}
	return append(list, page.Field{Name: "silent", Type: "checkbox", Label: x.frame.T("staff.who.silent")})
}

func (x *order) moreFields() []page.Field {
	t := x.frame.T
	return []page.Field{
		{Name: "contactName", Label: t("staff.caller.contactName"), Hint: t("staff.caller.contactHint"), Max: agenda.MaxName, Autocomplete: "off"},
		{Name: "note", Type: "textarea", Label: t("common.note"), Hint: t("staff.who.noteHint"), Max: agenda.MaxNote, Rows: 2},
		{Name: "staffNote", Type: "textarea", Label: t("staff.booking.staffNote"), Hint: t("staff.who.staffNoteHint"), Max: agenda.MaxNote, Rows: 2},
		{Name: "caseReference", Label: t("staff.booking.caseReference"), Hint: t("staff.who.staffNoteHint"), Max: agenda.MaxName, Autocomplete: "off"},
	}
}

// book books for a caller, or shows the page again with what is wrong.
func (o *Office) book(w http.ResponseWriter, q *office.Request) error {
	if _, err := page.ReadForm(w, q.Request, o.Frame(q).Printer()); err != nil {
		return err
	}
	key := once(q, "staff/new")
	x, err := o.readOrder(q, q.PostForm)
	if err != nil {
		return err
	}
	if len(x.wish.Items) == 0 {
		return agenda.ErrNotFound
	}
	b, refused, err := o.bookFor(q, x, key)
	if err != nil {
		return err
	}
	if b != nil {
		http.Redirect(w, q.Request, "/staff/new/done/"+b.ID, http.StatusSeeOther)
		return nil
	}
	p := o.newPage(x)
	p.Search.Focus = false
	if err := o.suggest(q, p, x, refused); err != nil {
		return err
	}
	p.Frame.Errors = x.form.Errors()
	return o.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/new", p)
}

// bookFor reads the whole form and books. Without a booking and without an error, the
// form says what is wrong; refused is what was asked for, where the time cannot be had.
func (o *Office) bookFor(q *office.Request, x *order, key booking.Once) (b *agenda.Booking, refused *booking.Request, err error) {
	f := x.readWho(true)
	serving := x.serving()
	if !x.ready() || len(serving) == 0 {
		return nil, nil, nil
	}
	if x.meant = askMeant(x.form, &f.Email); x.meant != nil {
		return nil, nil, nil
	}
	t, ok, err := o.target(q, x, serving)
	if !ok && err == nil && len(x.form.Errors()) == 0 {
		x.form.Fail("", "staff.error.start")
	}
	if err != nil || len(x.form.Errors()) > 0 {
		return nil, nil, err
	}
	r := booking.Request{Tenant: q.Person.Tenant, Wish: x.wish, Calendar: t.Calendar, Start: t.Start, By: agenda.Staff,
		Actor: q.Person.ID, Person: q.Person, Overbook: t.Overbook}
	done, err := o.Desk.BookNow(q.Context(), r, f, key)
	if err == nil {
		return done.Booking, nil, nil
	}
	if x.wrong(err) {
		return nil, nil, nil
	}
	if err := o.refuse(q, x.form, err, r, nil); err != nil {
		return nil, nil, err
	}
	return nil, &r, nil
}

// readWho reads who comes; only of somebody who stands there no name is needed.
func (x *order) readWho(named bool) booking.Form {
	t, form := x.frame.T, x.form
	f := booking.Form{Visitor: agenda.Visitor{
		Name:        form.Text("name", page.Rule{Label: t("staff.who.name"), Required: named, Max: agenda.MaxName}),
		ContactName: form.Text("contactName", page.Rule{Label: t("staff.caller.contactName"), Max: agenda.MaxName}),
		Phone:       form.Phone("phone", page.Rule{Label: t("common.phone")}),
		Email:       form.Email("email", page.Rule{Label: t("common.email")}),
		Note:        form.Text("note", page.Rule{Label: t("common.note"), Max: agenda.MaxNote, Lines: true}),
	}}
	f.StaffNote = form.Text("staffNote", page.Rule{Label: t("staff.booking.staffNote"), Max: agenda.MaxNote, Lines: true})
	f.CaseReference = form.Text("caseReference", page.Rule{Label: t("staff.booking.caseReference"), Max: agenda.MaxName})
	f.Language = form.Choice("language", x.setup.Tenant.Languages, page.Rule{Label: t("staff.who.language")})
	f.Silent = form.Checked("silent", page.Rule{})
	return f
}

// once lets a form that is sent twice book once.
func once(q *office.Request, path string) booking.Once {
	key := q.PostFormValue("key")
	if key == "" || len(key) > 64 {
		return booking.Once{}
	}
	sum := sha256.Sum256([]byte(q.PostForm.Encode()))
	return booking.Once{Path: path, Key: key, Request: hex.EncodeToString(sum[:])}
}

// wrong puts what the desk refused beside the fields it is about. It reports whether it
// was about the form.
func (x *order) wrong(err error) bool {
	bad, invalid := errors.AsType[agenda.Invalid](err)
	switch {
	case invalid:
		for _, f := range bad {
			switch f.Field {
			case "name", "phone", "email", "note", "contactName":
				x.form.Fail(f.Field, "staff.error.field")
			default:
				x.form.Fail("", "staff.error.wish")
			}
		}
	case errors.Is(err, agenda.ErrNotCombinable), errors.Is(err, agenda.ErrTooMany):
		x.form.Fail("", "staff.error.wish")
	default:
		return false
	}
	return true
}
