package setup

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// The screens that a preview shows a letter on.
const (
	onComputer     = "computer"
	onPhone        = "phone"
	onDarkComputer = "computer-dark"
	onDarkPhone    = "phone-dark"
)

// previewFields choose what is invented and on which screen it is shown.
func (p *Part) previewFields(f page.Frame, q *office.Request, who speaker, kind string, langs []string, form *page.Form) (list []page.Field) {
	add := func(name string, choices []page.Choice) {
		for i := range choices {
			choices[i].Selected = choices[i].Value == form.Value(name)
		}
		list = append(list, page.Field{Name: name, Type: "select", Label: f.T("staff.setup.letters.preview." + name), Required: true, Choices: choices})
	}
	whichever := page.Choice{Label: f.T("staff.setup.letters.preview.any")}
	var languages, services, calendars, states []page.Choice
	for _, l := range langs {
		languages = append(languages, page.Choice{Value: l, Label: languageName(f, l)})
	}
	add("language", languages)
	services, calendars = append(services, whichever), append(calendars, whichever)
	for i := range q.Setup.Calendars {
		c := &q.Setup.Calendars[i]
		if !q.Person.MayIn(agenda.SeeSetup, c) || who.department != "" && c.Department != who.department || who.service != "" && !offers(c, who.service) {
			continue
		}
		calendars = append(calendars, page.Choice{Value: c.ID, Label: named(f, q.Setup, c)})
		for _, o := range c.Services {
			svc, ok := q.Setup.Service(o.ID)
			if ok && !slices.ContainsFunc(services, func(x page.Choice) bool { return x.Value == o.ID }) {
				services = append(services, page.Choice{Value: o.ID, Label: office.Plain(f, svc.Name)})
			}
		}
	}
	if who.service == "" {
		add("service", services)
	}
	add("calendar", calendars)
	states = append(states, page.Choice{Label: f.T("staff.setup.letters.state.booked")})
	for _, s := range mail.Kind(kind).States() {
		states = append(states, page.Choice{Value: s, Label: f.T("staff.setup.letters.state." + s)})
	}
	add("state", states)
	var screens []page.Choice
	for _, s := range []string{onComputer, onPhone, onDarkComputer, onDarkPhone} {
		screens = append(screens, page.Choice{Value: s, Label: f.T("staff.setup.letters.screen." + s)})
	}
	add("screen", screens)
	if seesVisits(q.Person) && !who.closed && ofVisit(kind) {
		list = append(list, page.Field{Name: "reference", Label: f.T("staff.setup.letters.preview.reference"), Hint: f.T("staff.setup.letters.preview.referenceHint"),
			Autocomplete: "off", Max: 40, Width: "short", Value: form.Value("reference")})
	}
	return list
}

// seesVisits reports whether a real visit may be looked at by somebody who edits words.
func seesVisits(p *agenda.Person) bool { return p.May(agenda.SeeBookings) }

// ofVisit reports whether a kind of letter can be written about any visit.
func ofVisit(kind string) bool {
	return kind != string(mail.Proposal) && slices.Contains(agenda.LetterKinds(agenda.LettersOfService), kind)
}

// preview shows a letter with the words that are saved (GET), or with those that stand in
// the form (POST), which are not saved by it.
func (p *Part) preview(find finder) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) (err error) {
		f := p.Frame(q)
		var who speaker
		form := page.NewForm(q.URL.Query(), f.Printer())
		if q.Method == http.MethodPost {
			who, form, err = p.sentLetters(w, q, find)
		} else {
			who, err = find(q)
		}
		if err != nil {
			return err
		}
		kind, s, status := kindOf(who, form.Value("kind")), own(q.Setup), http.StatusOK
		v := mail.Preview{Lang: f.Lang, Title: f.T("staff.setup.letters.preview"), SubjectLabel: f.T("staff.setup.letters.subjectOf"),
			HTMLLabel: f.T("staff.setup.letters.html"), TextLabel: f.T("staff.setup.letters.text"),
			Phone: form.Value("screen") == onPhone || form.Value("screen") == onDarkPhone, Dark: form.Value("screen") == onDarkPhone || form.Value("screen") == onDarkComputer}
		if q.Method == http.MethodPost {
			e := p.editor(q, "letters", form)
			p.editLetters(e, who.letters(s), kind)
			p.judgeLetters(e, kind)
			for _, fault := range form.Errors() {
				v.Wrong, status = append(v.Wrong, fault.Message), http.StatusUnprocessableEntity
			}
		}
		if err := s.Prepare(); err != nil { // what the copy finds was that of the set-up in force
			return err
		}
		if v.LetterLang = form.Value("language"); !slices.Contains(q.Setup.Tenant.Languages, v.LetterLang) {
			v.LetterLang = s.Language("")
		}
		reference := strings.ToUpper(strings.TrimSpace(form.Value("reference")))
		if q.Method == http.MethodPost && reference != "" && len(v.Wrong) == 0 {
			if v.Words, v.LetterLang, err = p.realLetter(q, s, kind, reference); notShown(err) {
				v.Wrong, status, err = []string{f.T("staff.setup.letters.preview.noVisit", "reference", reference)}, http.StatusUnprocessableEntity, nil
			}
		} else {
			v.Words, err = p.Letters.Print(p.invented(q, s, who, kind, v.LetterLang, form))
		}
		if err != nil {
			return err
		}
		shown, err := p.Letters.Show(v)
		if err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Security-Policy", mail.PreviewPolicy)
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(shown)))
		w.WriteHeader(status)
		if q.Method != http.MethodHead {
			_, _ = w.Write(shown)
		}
		return nil
	}
}

// notShown reports whether there is no visit that can be looked at.
func notShown(err error) bool {
	return errors.Is(err, agenda.ErrNotFound) || errors.Is(err, agenda.ErrState) || errors.Is(err, agenda.ErrForbidden)
}

// realLetter is the letter of a kind about a real visit, in its language, with the words of a
// set-up. That somebody looked is in the journal.
func (p *Part) realLetter(q *office.Request, s *agenda.Setup, kind, reference string) (words mail.Words, lang string, err error) {
	if !seesVisits(q.Person) || !ofVisit(kind) {
		return words, "", agenda.ErrForbidden
	}
	b, err := p.Desk.SeeLetter(q.Context(), q.Person, reference, kind)
	if err != nil {
		return words, "", err
	}
	f := booking.Foreseen{Kind: kind, Booking: b, Setup: s, Now: q.Now}
	if c, ok := s.CalendarOf(b.Calendar); ok && kind == string(mail.Reminder) {
		f.Kind = booking.KindReminder
		if rungs := s.Ladder(c, b.Items, b.Start); len(rungs) > 0 {
			f.Kind += rungs[len(rungs)-1].Name
		}
	}
	words, _, err = p.Write(q.Context(), f)
	return words, s.Language(b.Language), err
}

// invented is a letter to an invented visitor.
func (p *Part) invented(q *office.Request, s *agenda.Setup, who speaker, kind, lang string, form *page.Form) mail.Letter {
	of := mail.Invented{Department: who.department, Service: who.service, Calendar: form.Value("calendar"), State: form.Value("state")}
	if of.Service == "" {
		of.Service = form.Value("service")
	}
	if c, ok := s.Calendar(of.Calendar); ok && !q.Person.MayIn(agenda.SeeSetup, c) {
		of.Calendar = ""
	}
	home := p.Links.Home(&s.Tenant) + "/"
	l := mail.Letter{Kind: mail.Kind(kind), Printer: p.Catalogue.Printer(lang), Sent: q.Now.In(s.Zone()),
		Tenant: mail.Office{Name: s.Text(s.Tenant.Name, lang), Phone: s.Tenant.Phone}, ManageURL: home, BookURL: home,
		ImprintURL: p.Links.Legal(&s.Tenant, "imprint"), PrivacyURL: p.Links.Legal(&s.Tenant, "privacy")}
	l.Invent(s, of, q.Now.In(s.Zone()))
	l.Sample = false
	return l
}
