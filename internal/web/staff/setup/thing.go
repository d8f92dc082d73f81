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

// listPage lists the things of one kind.
type listPage struct {
	page.Frame
	Title string
	Hint  string
	New   string // address; "": may not
	Order bool   // may sort them
	Only  string // what the list is limited to, in words
	Find  page.Field
	All   string // address of the whole list
	Lines []listLine
	None  bool // there is nothing of the kind yet
}

type listLine struct {
	ID, Title, Href string
	Facts           []string
	Badge           *page.Badge // how it is; nil: nothing to say
	Also            *page.Link  // another page of the thing
	Copy, Retire    string      // addresses; "": may not
	Order           string
	First, Last     bool
}

const (
	manyLines = 15 // from how many things on a list can be searched
	tooMany   = 60 // are not sorted one by one: a search makes them fewer
)

func (p *Part) list(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		f, s := p.Frame(q), q.Setup
		l := listPage{Frame: f, Title: f.T("staff.setup." + k.name + ".title"), Hint: f.T("staff.setup." + k.name + ".lead"), All: "/staff/setup/" + k.name}
		l.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
		l.Frame.Notice = p.done(q, f)
		if k.make(q.Person, s) {
			l.New = "/staff/setup/new/" + k.name
		}
		l.Order = everywhere(q.Person)
		word, missing := strings.ToLower(strings.TrimSpace(q.URL.Query().Get("q"))), q.URL.Query().Get("without")
		ids := k.ids(s)
		l.None = len(ids) == 0
		for i, id := range ids {
			if !k.sees(q.Person, s, i) {
				continue
			}
			title := k.title(f, s, i)
			if !strings.Contains(strings.ToLower(title+" "+id), word) || missing != "" && !lacks(s, k.name, i, missing) {
				continue
			}
			line := p.line(q, f, k, i)
			line.Last = i == len(ids)-1
			if l.New != "" {
				line.Copy = l.New + "?" + url.Values{"copy": {id}}.Encode()
			}
			if l.Order {
				line.Order = k.at(id) + "/order"
			}
			l.Lines = append(l.Lines, line)
		}
		if err := p.complete(q, f, k, l.Lines); err != nil {
			return err
		}
		if missing != "" && word == "" {
			l.Only = f.T("staff.setup.only", "n", len(l.Lines))
		}
		if len(ids) > manyLines {
			l.Find = page.Field{Name: "q", Type: "search", Label: f.T("common.search"), Value: q.URL.Query().Get("q"), Required: true, Max: 100}
		}
		return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/list", l)
	}
}

// complete adds what depends on all lines of a list, or is looked up for all at once.
func (p *Part) complete(q *office.Request, f page.Frame, k kind, lines []listLine) error {
	if len(lines) > tooMany {
		for i := range lines {
			lines[i].Order = ""
		}
	}
	if k.name == "webhooks" {
		return p.hookStates(q, f, lines)
	}
	return nil
}

// line is a thing's line on a list.
func (p *Part) line(q *office.Request, f page.Frame, k kind, i int) listLine {
	s, id := q.Setup, k.ids(q.Setup)[i]
	l := listLine{ID: id, Title: cmp.Or(k.title(f, s, i), id), Href: k.at(id), Facts: k.facts(f, s, i), First: i == 0}
	switch k.name {
	case "departments":
		l.Also = &page.Link{Label: f.T("staff.setup.letters.title"), Href: "/staff/setup/letters/" + id}
	case "webhooks":
		l.Also = &page.Link{Label: f.T("staff.setup.webhooks.log"), Href: k.at(id) + "/log"}
	case "calendars":
		l.Also = &page.Link{Label: f.T("staff.setup.calendars.plan"), Href: "/staff/plan?" + url.Values{"calendar": {id}}.Encode()}
	}
	if k.may(q.Person, s, i) {
		l.Retire = k.at(id) + "/retire"
	}
	return l
}

// lacks reports whether a thing has none of what the overview misses.
func lacks(s *agenda.Setup, kind string, i int, what string) bool {
	switch kind + " " + what {
	case "services calendars":
		return len(s.Offering(s.Services[i].ID)) == 0
	case "calendars times":
		return len(s.Calendars[i].SlotTemplates) == 0
	case "calendars services":
		return len(s.Calendars[i].Services) == 0
	}
	return true
}

func (p *Part) form(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		s := own(q.Setup)
		i, err := k.find(q, s, pathID(q))
		if err != nil {
			return err
		}
		e := p.editor(q, k.name, nil)
		e.closed = !k.may(q.Person, s, i)
		k.edit(e, q, s, i)
		f := p.about(q, k, i)
		if q.URL.Query().Get("done") == "added" {
			f.Acts = p.afterwards(e.frame, q.Setup, k, i)
		}
		return p.show(w, q, e, f, http.StatusOK)
	}
}

// about is the page of a thing that there is.
func (p *Part) about(q *office.Request, k kind, i int) formPage {
	f, id := p.Frame(q), k.ids(q.Setup)[i]
	page := formPage{Frame: f, Title: cmp.Or(k.title(f, q.Setup, i), id), Action: k.at(id), Seen: p.fingerprint(q.Setup, k, i)}
	page.Crumbs = crumb(f, k)
	return page
}

func crumb(f page.Frame, k kind) []page.Link {
	return []page.Link{{Label: f.T("staff.setup." + k.name + ".title"), Href: "/staff/setup/" + k.name}}
}

// fingerprint is that of a thing and of what its form shows beside it.
func (p *Part) fingerprint(s *agenda.Setup, k kind, i int) string {
	all := []any{k.thing(s, i)}
	if k.name == "services" {
		for _, c := range s.Offering(s.Services[i].ID) {
			all = append(all, c.ID)
		}
		for j := range s.Services {
			if o := &s.Services[j]; slices.Contains(o.Combinable, s.Services[i].ID) {
				all = append(all, o.ID)
			}
		}
	}
	return seen(all)
}

func (p *Part) save(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		form, err := page.ReadUpload(w, q.Request, p.Frame(q).Printer(), maxFile)
		if err != nil {
			return err
		}
		s := own(q.Setup)
		i, err := k.find(q, s, pathID(q))
		if err != nil {
			return err
		}
		if !k.may(q.Person, s, i) {
			return agenda.ErrForbidden
		}
		e := p.editor(q, k.name, form)
		e.path = k.name + "[" + itoa(i) + "]"
		k.edit(e, q, s, i)
		onward := k.at(pathID(q)) + "?done=saved"
		if k.name == "calendars" {
			onward = onwardToBusy(&q.Setup.Calendars[i], &s.Calendars[i], onward)
		}
		return p.keep(w, q, e, s, p.about(q, k, i), onward)
	}
}

func (p *Part) newForm(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		e := p.editor(q, k.name, nil)
		s, f, err := p.begin(q, k, q.URL.Query().Get("copy"), "")
		if err != nil {
			return err
		}
		e.like = f.Copy
		k.edit(e, q, s, len(k.ids(s))-1)
		return p.show(w, q, e, f, http.StatusOK)
	}
}

// begin is the set-up with a fresh thing at the end of its list.
func (p *Part) begin(q *office.Request, k kind, model, id string) (*agenda.Setup, formPage, error) {
	f, s := p.Frame(q), own(q.Setup)
	if !k.make(q.Person, s) {
		return nil, formPage{}, agenda.ErrForbidden
	}
	from := slices.Index(k.ids(s), model)
	if from >= 0 && !k.sees(q.Person, s, from) {
		from = -1
	}
	if from < 0 {
		model = ""
	}
	k.add(s, from)
	k.named(s, len(k.ids(s))-1, id)
	page := formPage{Frame: f, Title: f.T("staff.setup." + k.name + ".new"), Action: "/staff/setup/new/" + k.name, Copy: model, Seen: "new",
		ID: &page.Field{Name: "id", Label: f.T("staff.setup.id"), Hint: f.T("staff.setup.id.hint"), Width: "short", Max: 64}}
	page.Crumbs = crumb(f, k)
	return s, page, nil
}

func (p *Part) add(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		form, err := page.ReadUpload(w, q.Request, p.Frame(q).Printer(), maxFile)
		if err != nil {
			return err
		}
		e := p.editor(q, k.name, form)
		taken := k.ids(q.Setup)
		id := form.Value("id")
		if id == "" {
			id = newID(cmp.Or(form.Value("name."+e.langs[0]), form.Value("site"), hostOf(form.Value("url")), k.name), taken)
		}
		s, f, err := p.begin(q, k, form.Value("copy"), id)
		if err != nil {
			return err
		}
		i := len(taken)
		e.path = k.name + "[" + itoa(i) + "]"
		k.edit(e, q, s, i)
		for _, g := range e.groups {
			g.Links = nil // what is not kept yet has no pages of its own
		}
		switch {
		case !agenda.ValidID(id):
			form.Fail("id", "staff.setup.id.wrong")
		case slices.Contains(taken, id):
			form.Fail("id", "staff.setup.id.taken", "id", id)
		}
		return p.keep(w, q, e, s, f, k.at(id)+"?done=added")
	}
}

// afterwards are the next steps after a thing was added.
func (p *Part) afterwards(f page.Frame, s *agenda.Setup, k kind, i int) []page.Button {
	switch k.name {
	case "services":
		x := &s.Services[i]
		if x.Public == agenda.VisiblePublic && len(s.Offering(x.ID)) > 0 {
			return []page.Button{{Kind: "secondary", Label: f.T("staff.setup.services.look"), Href: "/" + s.Tenant.ID + "/choose?" + url.Values{"service": {x.ID + "*1"}}.Encode()}}
		}
	case "webhooks":
		return []page.Button{{Kind: "secondary", Label: f.T("staff.setup.webhooks.key"), Href: k.at(s.Webhooks[i].ID) + "/log"}}
	case "calendars":
		return []page.Button{{Kind: "secondary", Label: f.T("staff.setup.calendars.plan"), Href: "/staff/plan?" + url.Values{"calendar": {s.Calendars[i].ID}}.Encode()}}
	}
	return nil
}

// retirePage asks before a thing goes, or says why it cannot.
type retirePage struct {
	page.Frame
	Title  string
	Action string
	Back   string
	Lost   lost
	Needed []page.Link // what still names it
}

func (p *Part) retireForm(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error { return p.tryRetire(w, q, k, true) }
}

func (p *Part) retire(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error { return p.tryRetire(w, q, k, false) }
}

// tryRetire takes a thing out of what is offered, or only finds out whether it could be.
// What still has visits to come is never taken away.
func (p *Part) tryRetire(w http.ResponseWriter, q *office.Request, k kind, dry bool) error {
	id := pathID(q)
	i, err := k.find(q, q.Setup, id)
	if err != nil {
		return err
	}
	if !k.may(q.Person, q.Setup, i) {
		return agenda.ErrForbidden
	}
	f, s := p.Frame(q), own(q.Setup)
	r := retirePage{Frame: f, Title: f.T("staff.setup.retire.title", "name", cmp.Or(k.title(f, s, i), id)), Action: k.at(id) + "/retire", Back: "/staff/setup/" + k.name}
	r.Crumbs = append([]page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}, crumb(f, k)...)
	k.drop(s, i)
	forgetUses(s, k.name, id)
	for _, fault := range s.Check() {
		if at := p.place(f, q.Setup, s, fault.Path); !slices.Contains(r.Needed, at) {
			r.Needed = append(r.Needed, at)
		}
	}
	status := http.StatusOK
	if len(r.Needed) == 0 {
		s.Revision = q.Setup.Revision
		if err := s.Prepare(); err != nil {
			return err
		}
		_, err := p.Desk.Apply(q.Context(), s, booking.ApplyOptions{Actor: q.Person.ID, Person: q.Person, DryRun: dry})
		stranded, strands := errors.AsType[booking.StrandedError](err)
		switch {
		case strands:
			r.Lost = p.losing(f, q, stranded)
		case errors.Is(err, booking.ErrRevision):
			return agenda.ErrConflict
		case err != nil:
			return err
		case !dry:
			http.Redirect(w, q.Request, r.Back+"?done=retired", http.StatusSeeOther)
			return nil
		}
	}
	if !dry {
		status = http.StatusConflict
	}
	return p.Pages.Render(w, q.Request, status, "staff/setup/retire", r)
}

// forgetUses takes a service that goes out of calendars and combinations. Where a
// template or an answer is limited to it, that is for somebody to decide.
func forgetUses(s *agenda.Setup, kind, id string) {
	if kind != "services" {
		return
	}
	for i := range s.Services {
		o := &s.Services[i]
		o.Combinable = exchange(o.Combinable, []string{id}, nil)
	}
	for i := range s.Calendars {
		c := &s.Calendars[i]
		if _, ok := c.Offer(id); ok {
			c.Services = slices.DeleteFunc(slices.Clone(c.Services), func(o agenda.Offer) bool { return o.ID == id })
		}
	}
}

// reorder moves a thing up, down, to the beginning or to the end of its list.
func (p *Part) reorder(k kind) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		form, err := page.ReadForm(w, q.Request, p.Frame(q).Printer())
		if err != nil {
			return err
		}
		s := own(q.Setup)
		i, err := k.find(q, s, pathID(q))
		if err != nil {
			return err
		}
		if !everywhere(q.Person) {
			return agenda.ErrForbidden
		}
		to, last := i, len(k.ids(s))-1
		switch form.Value("to") {
		case "up":
			to = max(i-1, 0)
		case "down":
			to = min(i+1, last)
		case "first":
			to = 0
		case "last":
			to = last
		}
		k.swap(s, i, to)
		if err := p.put(q, s, false); err != nil {
			return err
		}
		http.Redirect(w, q.Request, "/staff/setup/"+k.name+"?done=ordered#t-"+pathID(q), http.StatusSeeOther)
		return nil
	}
}
