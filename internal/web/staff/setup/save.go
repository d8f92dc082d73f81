package setup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// formPage shows one thing as a form.
type formPage struct {
	page.Frame
	Title  string
	Action string
	Seen   string // what the thing was like when it was shown
	Copy   string // id of the thing that a new one is made like
	Closed bool   // may be looked at only
	Groups []*group
	ID     *page.Field // of a new thing
	Acts   []page.Button
}

func (p *Part) editor(q *office.Request, kind string, form *page.Form) *editor {
	langs := q.Setup.Tenant.Languages
	if len(langs) == 0 {
		langs = []string{"de"}
	}
	return newEditor(p.Frame(q), kind, langs, form)
}

// seen is the fingerprint of a thing.
func seen(thing any) string {
	b, err := json.Marshal(thing)
	if err != nil {
		return "" // never: it came from JSON
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// show renders a form, with what was typed and what is wrong with it.
func (p *Part) show(w http.ResponseWriter, q *office.Request, e *editor, f formPage, status int) error {
	crumbs := append([]page.Link{{Label: e.t("title"), Href: "/staff/setup"}}, f.Crumbs...)
	f.Frame, f.Closed, f.Groups = e.frame, e.closed, e.finish()
	f.Crumbs = crumbs
	if f.ID != nil {
		id := e.form.Fill(*f.ID)
		f.ID = &id
	}
	if e.sent() && e.form.Value("more") == "" {
		f.Frame.Errors = e.form.Errors()
	}
	f.Frame.Notice = p.done(q, e.frame)
	return p.Pages.Render(w, q.Request, status, "staff/setup/form", f)
}

// done says what was just done.
func (p *Part) done(q *office.Request, f page.Frame) *page.Notice {
	if q.Method == http.MethodPost {
		return nil
	}
	switch what := q.URL.Query().Get("done"); what {
	case "saved", "added", "retired", "ordered", "revoked", "sent", "unchanged", "tested", "again", "enabled":
		return &page.Notice{Kind: "success", Title: f.T("staff.setup.done." + what), Live: true}
	case "often":
		return &page.Notice{Kind: "warning", Title: f.T("staff.setup.webhooks.often", "n", booking.HookTests, "minutes", int(booking.HookTestWindow.Minutes())), Live: true}
	}
	return nil
}

// keep puts the set-up that a form made in force and leads on. Where it cannot be, the
// form is shown again and says why; where it would leave booked visits without a place,
// the page asks first.
func (p *Part) keep(w http.ResponseWriter, q *office.Request, e *editor, s *agenda.Setup, f formPage, onward string) error {
	if e.form.Value("more") != "" {
		return p.show(w, q, e, f, http.StatusOK)
	}
	if e.form.Value("seen") != f.Seen {
		e.form.Fail("", "staff.setup.changed")
	}
	if len(e.form.Errors()) == 0 {
		p.judge(e, q.Setup, s)
	}
	if e.form.Value("again") != "" && len(e.form.Errors()) == 0 {
		return p.show(w, q, e, f, http.StatusOK)
	}
	if len(e.form.Errors()) > 0 {
		return p.show(w, q, e, f, http.StatusUnprocessableEntity)
	}
	told, err := p.elsewhere(q, e, s)
	if err == nil && told > 0 && e.form.Value("places") == "" && e.form.Value("strand") == "" {
		return p.ask(w, q, s, nil, told, f)
	}
	if err == nil {
		err = p.put(q, s, e.form.Value("strand") != "")
	}
	stranded, strands := errors.AsType[booking.StrandedError](err)
	switch {
	case errors.Is(err, booking.ErrRevision):
		e.form.Fail("", "staff.setup.changed")
		return p.show(w, q, e, f, http.StatusConflict)
	case strands:
		return p.ask(w, q, s, stranded, told, f)
	case err != nil:
		return err
	}
	http.Redirect(w, q.Request, onward, http.StatusSeeOther)
	return nil
}

// elsewhere says to how many visitors the set-up would write that their visit is at another
// place, unless it has been asked about already.
func (p *Part) elsewhere(q *office.Request, e *editor, s *agenda.Setup) (told int, err error) {
	if e.form.Value("strand") != "" || !booking.MovesPlaces(q.Setup, s) {
		return 0, nil
	}
	s.Revision = q.Setup.Revision
	if err := s.Prepare(); err != nil {
		return 0, err
	}
	a, err := p.Desk.Apply(q.Context(), s, booking.ApplyOptions{Actor: q.Person.ID, Person: q.Person, Strand: true, DryRun: true})
	for _, r := range a.Relocated {
		if r.Booking.Notify { // by a letter of its own, or by one that waits already
			told++
		}
	}
	return told, err
}

// judge says beside the fields what the rules of the tenant file forbid.
func (p *Part) judge(e *editor, before, s *agenda.Setup) {
	for _, fault := range e.blame(s.Check()) {
		where := p.place(e.frame, before, s, fault.Path)
		e.form.Fail("", "staff.setup.elsewhere", "where", where.Label)
	}
}

// put makes a set-up the one in force.
func (p *Part) put(q *office.Request, s *agenda.Setup, strand bool) error {
	if len(agenda.Changes(q.Setup, s)) == 0 {
		return nil
	}
	s.Revision = q.Setup.Revision
	if err := s.Prepare(); err != nil {
		return err
	}
	_, err := p.Desk.Apply(q.Context(), s, booking.ApplyOptions{Actor: q.Person.ID, Person: q.Person, Strand: strand})
	return err
}

// place names the thing that a path of the set-up is about, and leads to it.
func (p *Part) place(f page.Frame, before, s *agenda.Setup, path string) page.Link {
	name, rest, ok := strings.Cut(path, "[")
	k, known := p.kindOf(name)
	if !ok || !known {
		return page.Link{Label: f.T("staff.setup.tenant.title"), Href: "/staff/setup/tenant"}
	}
	i := 0
	for _, r := range rest {
		if r < '0' || r > '9' {
			break
		}
		i = 10*i + int(r-'0')
	}
	ids := k.ids(s)
	if i >= len(ids) {
		return page.Link{Label: f.T("staff.setup." + name + ".title")}
	}
	l := page.Link{Label: f.T("staff.setup."+name+".one", "name", k.title(f, s, i))}
	if slices.Contains(k.ids(before), ids[i]) {
		l.Href = k.at(ids[i])
	}
	return l
}

// askPage asks before booked visits lose their place.
type askPage struct {
	page.Frame
	Title  string
	Action string
	Sent   []page.Field // the form, to be sent once more
	Diff   []string
	Lost   lost
	Told   int  // visitors who get a letter about another place
	Strand bool // some lose their place, which may be done all the same
}

// lost are the visits that a change leaves without a place.
type lost struct {
	Lines []lostLine
	More  int // that the person may not see
	Total int
}

type lostLine struct {
	When, Calendar, Reference, Why, Href string
}

func (p *Part) ask(w http.ResponseWriter, q *office.Request, s *agenda.Setup, list booking.StrandedError, told int, f formPage) error {
	frame := p.Frame(q)
	a := askPage{Frame: frame, Title: frame.T("staff.setup.ask.title"), Action: f.Action, Strand: len(list) > 0, Told: told,
		Diff: config.Diff(q.Setup, s), Lost: p.losing(frame, q, list)}
	if !a.Strand {
		a.Title = frame.T("staff.setup.ask.places")
	}
	a.Crumbs = []page.Link{{Label: frame.T("staff.setup.title"), Href: "/staff/setup"}, {Label: f.Title, Href: f.Action}}
	a.Sent = resend(q.PostForm)
	return p.Pages.Render(w, q.Request, http.StatusConflict, "staff/setup/ask", a)
}

// resend are the fields of a form that was sent, so that it can be sent again.
func resend(values url.Values) (list []page.Field) {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range values[name] {
			if name != "strand" && name != "places" && name != "again" {
				list = append(list, page.Field{Type: "hidden", Name: name, Value: v})
			}
		}
	}
	return list
}

// losing lists the visits, as far as the person may see them.
func (p *Part) losing(f page.Frame, q *office.Request, list booking.StrandedError) lost {
	l := lost{Total: len(list)}
	for _, x := range list {
		c, ok := q.Setup.CalendarOf(x.Booking.Calendar)
		if !ok || !q.Person.MayOpen(c) {
			l.More++
			continue
		}
		l.Lines = append(l.Lines, lostLine{office.Short(f, x.Booking.Start.In(q.Setup.Zone())), named(f, q.Setup, c), x.Booking.Reference,
			f.T("staff.setup.why." + why(x.Why)), "/staff/bookings/" + x.Booking.ID})
	}
	return l
}

// why is the key of the reason for which a visit has no place.
func why(reason string) string {
	switch reason {
	case "calendar retired", "service retired", "not open", "over capacity":
		return strings.ReplaceAll(reason, " ", "-")
	case "service no longer offered there":
		return "not-offered"
	}
	return "other"
}
