package setup

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// lettersPage edits the words of one kind of letter, and shows what comes out in a frame.
type lettersPage struct {
	formPage
	Kind    string
	Kinds   []lettersKind
	Broken  []string
	Fields  []page.Field // of the preview
	Shown   string       // address of the preview of what is saved
	Preview string       // where the form is sent to be shown
}

// lettersKind leads to the words of one kind of letter.
type lettersKind struct {
	Label, Href string
	Here        bool
	Own         bool // there are some
}

// speaker is whose words a page edits: the tenant, a department or a service.
type speaker struct {
	level      agenda.LetterLevel
	i          int // place in its list
	id         string
	department string // for the samples
	service    string
	at         string // address of the page
	name       agenda.Text
	closed     bool // may be looked at only
}

// letters are the speaker's words in a set-up.
func (w speaker) letters(s *agenda.Setup) *agenda.Letters {
	switch w.level {
	case agenda.LettersOfService:
		return &s.Services[w.i].Letters
	case agenda.LettersOfDepartment:
		return &s.Departments[w.i].Letters
	}
	return &s.Letters
}

// finder finds the speaker of an address, within the person's rights.
type finder func(q *office.Request) (speaker, error)

func (p *Part) tenantSpeaks(q *office.Request) (speaker, error) {
	return speaker{level: agenda.LettersOfTenant, at: "/staff/setup/tenant/letters", name: q.Setup.Tenant.Name, closed: !everywhere(q.Person)}, nil
}

func (p *Part) departmentSpeaks(q *office.Request) (speaker, error) {
	id := pathID(q)
	i := slices.IndexFunc(q.Setup.Departments, func(d agenda.Department) bool { return d.ID == id })
	if i < 0 || !q.Person.MayInDepartment(agenda.SeeSetup, id) {
		return speaker{}, agenda.ErrNotFound
	}
	return speaker{level: agenda.LettersOfDepartment, i: i, id: id, department: id, at: "/staff/setup/letters/" + id, name: q.Setup.Departments[i].Name,
		closed: !q.Person.MayInDepartment(agenda.ChangeSetup, id)}, nil
}

func (p *Part) serviceSpeaks(q *office.Request) (speaker, error) {
	id := pathID(q)
	i := slices.IndexFunc(q.Setup.Services, func(x agenda.Service) bool { return x.ID == id })
	if i < 0 {
		return speaker{}, agenda.ErrNotFound
	}
	return speaker{level: agenda.LettersOfService, i: i, id: id, service: id, at: "/staff/setup/services/" + id + "/letters", name: q.Setup.Services[i].Name,
		closed: !q.Person.MayChangeService(q.Setup, q.Setup, id)}, nil
}

// letterRoutes are the pages of one level.
func (p *Part) letterRoutes(at string, find finder) []office.Route {
	return []office.Route{
		office.Get(at, see, p.lettersForm(find)), office.Post(at, change, p.saveLetters(find)),
		office.Letter(office.Get(at+"/preview", see, p.preview(find))), office.Letter(office.Ask(at+"/preview", change, p.preview(find))),
	}
}

func (p *Part) lettersForm(find finder) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		who, err := find(q)
		if err != nil {
			return err
		}
		s := own(q.Setup)
		e := p.editor(q, "letters", nil)
		e.closed = who.closed
		kind := kindOf(who, q.URL.Query().Get("kind"))
		p.editLetters(e, who.letters(s), kind)
		return p.showLetters(w, q, e, who, kind, http.StatusOK)
	}
}

// kindOf is the kind of letter that a page is about.
func kindOf(who speaker, wanted string) string {
	if slices.Contains(agenda.LetterKinds(who.level), wanted) {
		return wanted
	}
	return "confirmed"
}

func (p *Part) editLetters(e *editor, l *agenda.Letters, kind string) {
	e.section("words")
	var list []string
	for _, word := range agenda.PlaceholdersIn(kind) {
		list = append(list, "{"+word+"} "+e.t("letters.word."+word))
	}
	e.group().Hint = e.t("letters.hint", "list", strings.Join(list, ", "))
	key := agenda.LetterKey(kind)
	ours := p.Catalogue.Printer(e.langs[0])
	e.text("letters.subjects."+key, l.Subjects.Of(kind), as{Key: "subject", Max: 150})
	e.hint(e.t("letters.ours", "text", ours.T("mail."+kind+".subject")))
	e.text("letters.openings."+key, l.Openings.Of(kind), as{Key: "opening", Type: "textarea", Rows: 3, Max: 2000})
	e.hint(e.t("letters.ours", "text", ours.T("mail."+kind+".lead")))
	e.text("letters."+key, l.Of(kind), as{Key: "own", Type: "textarea", Rows: 3, Max: 2000})
	e.section("below")
	e.text("letters.signature", &l.Signature, as{Key: "signature", Type: "textarea", Rows: 3, Max: 1000, Hint: true})
}

// hint says something about the text that was added last, beside its first language.
func (e *editor) hint(text string) {
	last := &e.group().Parts[len(e.group().Parts)-1]
	if last.Row != nil {
		last = &last.Row.Parts[0]
	}
	last.Field.Hint = text
}

// saveLetters saves the words, or sends what is saved to the person who asks.
func (p *Part) saveLetters(find finder) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		who, form, err := p.sentLetters(w, q, find)
		if err != nil {
			return err
		}
		kind := kindOf(who, form.Value("kind"))
		if form.Value("act") == "send" {
			return p.sendSample(w, q, who, kind, form)
		}
		s := own(q.Setup)
		e := p.editor(q, "letters", form)
		p.editLetters(e, who.letters(s), kind)
		p.judgeLetters(e, kind)
		if len(form.Errors()) > 0 {
			return p.showLetters(w, q, e, who, kind, http.StatusUnprocessableEntity)
		}
		if form.Value("seen") != seen(who.letters(q.Setup)) {
			form.Fail("", "staff.setup.changed")
			return p.showLetters(w, q, e, who, kind, http.StatusConflict)
		}
		if err := p.put(q, s, false); err != nil {
			return err
		}
		http.Redirect(w, q.Request, who.at+"?"+url.Values{"done": {"saved"}, "kind": {kind}}.Encode(), http.StatusSeeOther)
		return nil
	}
}

// sentLetters reads a form of somebody who may change the words.
func (p *Part) sentLetters(w http.ResponseWriter, q *office.Request, find finder) (who speaker, form *page.Form, err error) {
	if who, err = find(q); err != nil {
		return who, nil, err
	}
	if who.closed {
		return who, nil, agenda.ErrForbidden
	}
	form, err = page.ReadForm(w, q.Request, p.Frame(q).Printer())
	return who, form, err
}

// judgeLetters says beside each field what stands in braces and is no placeholder.
func (p *Part) judgeLetters(e *editor, kind string) {
	key := agenda.LetterKey(kind)
	for name, of := range map[string]string{"letters.subjects." + key: kind, "letters.openings." + key: kind, "letters." + key: kind, "letters.signature": "signature"} {
		for _, lang := range e.langs {
			field := name + "." + lang
			if wrong := agenda.WrongPlaceholder(e.form.Value(field), agenda.PlaceholdersIn(of)); wrong != "" {
				e.form.Fail(field, "staff.setup.letters.wrong", "label", e.label(field), "what", wrong)
			}
		}
	}
}

func (p *Part) showLetters(w http.ResponseWriter, q *office.Request, e *editor, who speaker, kind string, status int) error {
	f := e.frame
	query := e.form
	if query == nil {
		query = page.NewForm(q.URL.Query(), f.Printer())
	}
	v := lettersPage{formPage: formPage{Frame: f, Title: f.T("staff.setup.letters.of", "name", office.Plain(f, who.name)), Action: who.at,
		Seen: seen(who.letters(q.Setup)), Closed: e.closed}, Kind: kind, Preview: who.at + "/preview"}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}, {Label: f.T("staff.setup.letters.title"), Href: "/staff/setup/letters"}}
	v.Groups = e.finish()
	v.Frame.Errors, v.Frame.Notice = e.form.Errors(), p.done(q, f)
	v.Broken = p.brokenWords(f, q, func(b agenda.BrokenText) bool { return b.Level == who.level && b.ID == who.id })
	l := who.letters(q.Setup)
	for _, k := range agenda.LetterKinds(who.level) {
		own := len(*l.Of(k))+len(*l.Subjects.Of(k))+len(*l.Openings.Of(k)) > 0
		v.Kinds = append(v.Kinds, lettersKind{Label: f.T("staff.setup.letters." + agenda.LetterKey(k)), Href: who.at + "?kind=" + k, Here: k == kind, Own: own})
	}
	v.Fields = p.previewFields(f, q, who, kind, e.langs, query)
	shown := url.Values{"kind": {kind}}
	for _, field := range v.Fields {
		if field.Name == "reference" {
			continue // a real visit is never a mere address
		}
		shown.Set(field.Name, query.Value(field.Name))
	}
	v.Shown = v.Preview + "?" + shown.Encode()
	page.AllowOwnFrames(w)
	return p.Pages.Render(w, q.Request, status, "staff/setup/letters", v)
}

func (p *Part) sendSample(w http.ResponseWriter, q *office.Request, who speaker, kind string, form *page.Form) error {
	langs := p.editor(q, "letters", nil).langs
	what := booking.Sample{Department: who.department, Service: cmp.Or(who.service, form.Value("service")), Kind: kind,
		Language: cmp.Or(form.Value("language"), langs[0]), State: form.Value("state")}
	err := p.Desk.SendSample(q.Context(), q.Person, what)
	if errors.Is(err, agenda.ErrLimited) {
		return &page.Error{Status: http.StatusTooManyRequests, Detail: "staff.setup.letters.limited", Err: err}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, q.Request, who.at+"?"+url.Values{"done": {"sent"}, "kind": {kind}, "language": {what.Language}}.Encode()+"#preview", http.StatusSeeOther)
	return nil
}
