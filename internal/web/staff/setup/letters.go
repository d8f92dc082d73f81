package setup

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// lettersPage edits a department's words in letters and shows what comes out.
type lettersPage struct {
	formPage
	Kind     page.Field
	Language page.Field
	Preview  mail.Words
	Trial    string // what was tried, for the button that sends it
	To       string
}

// department finds the department of an address, within the person's rights.
func department(q *office.Request, right agenda.Right) (int, error) {
	i := slices.IndexFunc(q.Setup.Departments, func(d agenda.Department) bool { return d.ID == pathID(q) })
	if i < 0 || !q.Person.MayInDepartment(right, pathID(q)) {
		return 0, agenda.ErrNotFound
	}
	return i, nil
}

func (p *Part) lettersForm(w http.ResponseWriter, q *office.Request) error {
	i, err := department(q, agenda.SeeSetup)
	if err != nil {
		return err
	}
	s := own(q.Setup)
	e := p.editor(q, "letters", nil)
	e.closed = !q.Person.MayInDepartment(agenda.ChangeSetup, pathID(q))
	p.editLetters(e, &s.Departments[i])
	return p.showLetters(w, q, e, s, i, http.StatusOK)
}

func (p *Part) editLetters(e *editor, d *agenda.Department) {
	e.section("words")
	var list []string
	for _, word := range agenda.Placeholders() {
		list = append(list, "{"+word+"} "+e.t("letters.word."+word))
	}
	e.group().Hint = e.t("letters.hint", "list", strings.Join(list, ", "))
	for _, kind := range []string{"received", "confirmed", "changed", "reminder", "cancelled", "rejected"} {
		e.text("letters."+kind, d.Letters.Of(kind), as{Key: kind, Type: "textarea", Rows: 3, Max: 2000})
	}
	e.section("below")
	e.text("letters.signature", &d.Letters.Signature, as{Key: "signature", Type: "textarea", Rows: 3, Max: 1000, Hint: true})
}

// saveLetters saves the words, or tries them: shows the letter without saving, or sends
// what is saved to the person who asks.
func (p *Part) saveLetters(w http.ResponseWriter, q *office.Request) error {
	i, err := department(q, agenda.ChangeSetup)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(w, q.Request, p.Frame(q).Printer())
	if err != nil {
		return err
	}
	if form.Value("act") == "send" {
		return p.sendSample(w, q, i, form)
	}
	s := own(q.Setup)
	e := p.editor(q, "letters", form)
	e.path = "departments[" + itoa(i) + "]"
	p.editLetters(e, &s.Departments[i])
	p.placeholders(e, &s.Departments[i])
	if len(form.Errors()) > 0 {
		return p.showLetters(w, q, e, s, i, http.StatusUnprocessableEntity)
	}
	if form.Value("act") == "show" {
		return p.showLetters(w, q, e, s, i, http.StatusOK)
	}
	if form.Value("seen") != p.lettersSeen(q.Setup, i) {
		form.Fail("", "staff.setup.changed")
		return p.showLetters(w, q, e, s, i, http.StatusConflict)
	}
	if err := p.put(q, s, false); err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/setup/letters/"+pathID(q)+"?done=saved", http.StatusSeeOther)
	return nil
}

// placeholders says beside each field what stands in braces and is none.
func (p *Part) placeholders(e *editor, d *agenda.Department) {
	check := func(name string, t agenda.Text) {
		for _, lang := range e.langs {
			field := name + "." + lang
			if wrong := agenda.WrongPlaceholder(e.form.Value(field), agenda.Placeholders()); wrong != "" {
				e.form.Fail(field, "staff.setup.letters.wrong", "label", e.label(field), "what", wrong)
			}
		}
	}
	for _, kind := range []string{"received", "confirmed", "changed", "reminder", "cancelled", "rejected"} {
		check("letters."+kind, *d.Letters.Of(kind))
	}
	check("letters.signature", d.Letters.Signature)
}

func (p *Part) lettersSeen(s *agenda.Setup, i int) string { return seen(s.Departments[i].Letters) }

func (p *Part) showLetters(w http.ResponseWriter, q *office.Request, e *editor, s *agenda.Setup, i, status int) error {
	d, f := &s.Departments[i], e.frame
	query := e.form
	if query == nil {
		query = page.NewForm(q.URL.Query(), f.Printer())
	}
	kind, lang := query.Value("kind"), query.Value("language")
	if (&agenda.Letters{}).Of(kind) == nil {
		kind = "confirmed"
	}
	if !slices.Contains(e.langs, lang) {
		lang = e.langs[0]
	}
	v := lettersPage{formPage: formPage{Frame: f, Title: f.T("staff.setup.letters.of", "name", office.Plain(f, d.Name)), Action: "/staff/setup/letters/" + d.ID,
		Seen: p.lettersSeen(q.Setup, i), Closed: e.closed}}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	v.Groups = e.finish()
	v.Frame.Errors, v.Frame.Notice = e.form.Errors(), p.done(q, f)
	var kinds, langs []page.Choice
	for _, k := range []string{"received", "confirmed", "changed", "reminder", "cancelled", "rejected"} {
		kinds = append(kinds, page.Choice{Value: k, Label: f.T("staff.setup.letters." + k), Selected: k == kind})
	}
	for _, l := range e.langs {
		langs = append(langs, page.Choice{Value: l, Label: languageName(f, l), Selected: l == lang})
	}
	v.Kind = page.Field{Name: "kind", Type: "select", Label: f.T("staff.setup.letters.which"), Required: true, Choices: kinds}
	v.Language = page.Field{Name: "language", Type: "select", Label: f.T("common.language"), Required: true, Choices: langs}
	if err := s.Prepare(); err != nil { // what it found was that of the set-up in force
		return err
	}
	var err error
	if v.Preview, err = p.Letters.Print(p.sample(q, s, d, kind, lang)); err != nil {
		return err
	}
	return p.Pages.Render(w, q.Request, status, "staff/setup/letters", v)
}

// sample is a letter of the department to an invented visitor.
func (p *Part) sample(q *office.Request, s *agenda.Setup, d *agenda.Department, kind, lang string) mail.Letter {
	l := mail.Letter{Kind: mail.Kind(kind), Printer: p.Catalogue.Printer(lang), Sent: q.Now,
		Tenant:     mail.Office{Name: s.Text(s.Tenant.Name, lang), Phone: s.Tenant.Phone},
		Department: mail.Office{Name: s.Text(d.Name, lang), Phone: d.Phone},
		ManageURL:  p.Links.Home(&s.Tenant) + "/", BookURL: p.Links.Home(&s.Tenant) + "/"}
	l.Invent(s, mail.Invented{Department: d.ID}, q.Now)
	return l
}

func (p *Part) sendSample(w http.ResponseWriter, q *office.Request, i int, form *page.Form) error {
	langs := p.editor(q, "letters", nil).langs
	what := booking.Sample{Department: q.Setup.Departments[i].ID, Kind: form.Value("kind"), Language: cmp.Or(form.Value("language"), langs[0])}
	err := p.Desk.SendSample(q.Context(), q.Person, what)
	if errors.Is(err, agenda.ErrLimited) {
		return &page.Error{Status: http.StatusTooManyRequests, Detail: "staff.setup.letters.limited", Err: err}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/setup/letters/"+what.Department+"?done=sent&kind="+what.Kind+"&language="+what.Language+"#preview", http.StatusSeeOther)
	return nil
}
