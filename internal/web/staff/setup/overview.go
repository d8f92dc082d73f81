package setup

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// overviewPage says what is set up, what is missing, and what to do next.
type overviewPage struct {
	page.Frame
	Next    *gap // the most important gap
	Gaps    []gap
	Cards   []area
	Special []area
}

// gap is something that is missing.
type gap struct {
	Text, Do, Href string
	Severe         bool // nobody can book, or the law demands it
}

// area is a part of the set-up.
type area struct {
	Title, Href string
	Facts       []string
}

func (p *Part) overview(w http.ResponseWriter, q *office.Request) error {
	f := p.Frame(q)
	o := overviewPage{Frame: f, Gaps: p.gaps(f, q)}
	if len(o.Gaps) > 0 {
		o.Next, o.Gaps = &o.Gaps[0], o.Gaps[1:]
	}
	t := &q.Setup.Tenant
	o.Cards = []area{{Title: f.T("staff.setup.tenant.title"), Href: "/staff/setup/tenant", Facts: some(office.Plain(f, t.Name), t.Phone)}}
	for _, k := range p.kinds() {
		n := 0
		for i := range k.ids(q.Setup) {
			if k.sees(q.Person, q.Setup, i) {
				n++
			}
		}
		o.Cards = append(o.Cards, area{Title: f.T("staff.setup." + k.name + ".title"), Href: "/staff/setup/" + k.name, Facts: []string{f.T("staff.setup."+k.name+".count", "n", n)}})
	}
	add := func(key, href string, may bool) {
		if may {
			o.Special = append(o.Special, area{Title: f.T("staff.setup." + key + ".title"), Href: href, Facts: []string{f.T("staff.setup." + key + ".what")}})
		}
	}
	add("letters", "/staff/setup/letters", true)
	add("feeds", "/staff/setup/feeds", q.Person.May(agenda.ChangeSetup))
	add("webhooks", "/staff/setup/webhooks", booking.MayRunHooks(q.Person))
	add("tokens", "/staff/setup/tokens", q.Person.May(agenda.ManagePeople))
	add("holidays", "/staff/setup/holidays", true)
	add("website", "/staff/setup/website", true)
	add("file", "/staff/setup/file", true)
	add("towns", "/staff/setup/towns", q.Person.MayMakeTenants())
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/overview", o)
}

// gaps are what is missing, in the order in which an office is set up; what keeps
// everybody from booking comes first.
func (p *Part) gaps(f page.Frame, q *office.Request) (list []gap) {
	s, whole := q.Setup, everywhere(q.Person)
	add := func(key, href string, n int) {
		list = append(list, gap{Text: f.T("staff.setup.gap."+key, "n", n), Do: f.T("staff.setup.gap." + key + ".do"), Href: href})
	}
	if whole {
		for _, x := range []struct {
			key, href string
			missing   bool
		}{
			{"departments", "/staff/setup/new/departments", len(s.Departments) == 0}, {"sites", "/staff/setup/new/sites", len(s.Sites) == 0},
			{"calendars", "/staff/setup/new/calendars", len(s.Calendars) == 0}, {"services", "/staff/setup/new/services", len(s.Services) == 0},
		} {
			if x.missing {
				add(x.key, x.href, 1)
			}
		}
	}
	timeless, empty, first := 0, 0, ""
	for i := range s.Calendars {
		c := &s.Calendars[i]
		if !q.Person.MayIn(agenda.ChangeSetup, c) {
			continue
		}
		if len(c.Services) == 0 {
			empty++
		}
		if len(c.SlotTemplates) == 0 {
			if timeless++; timeless == 1 {
				first = c.ID
			}
		}
	}
	if empty > 0 {
		add("offers", "/staff/setup/calendars?without=services", empty)
	}
	if timeless > 0 {
		add("times", "/staff/plan?"+url.Values{"calendar": {first}}.Encode(), timeless)
	}
	p.troubles(q, add)
	if whole {
		p.wholeGaps(s, add)
	}
	if n := len(p.brokenWords(f, q, func(agenda.BrokenText) bool { return true })); n > 0 {
		add("letters", "/staff/setup/letters", n)
	}
	return list
}

// troubles are what other systems do not do as they should, for whoever can help.
func (p *Part) troubles(q *office.Request, add func(key, href string, n int)) {
	if failing, first := p.failing(q); failing > 0 {
		add("elsewhere", busyAt(first), failing)
	}
	off, failing := p.hookTroubles(q)
	if off > 0 {
		add("webhooksOff", "/staff/setup/webhooks", off)
	}
	if failing > 0 {
		add("webhooksFailing", "/staff/setup/webhooks", failing)
	}
	if ending := p.endingTokens(q); ending > 0 {
		add("tokens", "/staff/setup/tokens", ending)
	}
}

// failing counts the calendars elsewhere that do not answer, as far as the person may
// change where they are named.
func (p *Part) failing(q *office.Request) (n int, first string) {
	list, err := p.Desk.FailingElsewhere(q.Context(), q.Setup)
	if err != nil {
		return 0, "" // the overview does without
	}
	for _, x := range list {
		if c, ok := q.Setup.Calendar(x.Calendar); ok && q.Person.MayIn(agenda.ChangeSetup, c) {
			if n++; first == "" || c.ID < first {
				first = c.ID
			}
		}
	}
	return n, first
}

// wholeGaps are those that only whoever sets up the whole tenant can close.
func (p *Part) wholeGaps(s *agenda.Setup, add func(key, href string, n int)) {
	nowhere := 0
	for i := range s.Services {
		if len(s.Offering(s.Services[i].ID)) == 0 {
			nowhere++
		}
	}
	if nowhere > 0 {
		add("nowhere", "/staff/setup/services?without=calendars", nowhere)
	}
	for _, x := range []struct {
		key     string
		missing bool
	}{
		{"imprint", s.Legal.Imprint.IsZero()}, {"privacy", s.Legal.Privacy.IsZero()}, {"accessibility", s.Legal.Accessibility.IsZero() && s.Accessibility.State == ""},
		{"enforcement", s.Legal.Accessibility.IsZero() && s.Accessibility.Enforcement.Name.IsZero()},
		{"from", s.Mail.From == ""}, {"phone", s.Tenant.Phone == ""}, {"state", s.Tenant.State == ""},
	} {
		if x.missing {
			add(x.key, "/staff/setup/tenant", 1)
		}
	}
}

func pathID(q *office.Request) string { return mux.Vars(q.Request)["id"] }

func itoa(n int) string { return strconv.Itoa(n) }
