package public

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
)

type startPage struct {
	page.Frame
	Query   string
	Guess   string // what was searched instead, where nothing fits what was typed
	Part    bool   // what was found fits only some of the words
	Found   int
	Groups  []group // one without a letter where there are few services
	Phone   string
	Sites   []sitePart   // that the public can come to
	Notice  *page.Notice // why one is here, where one wanted to go elsewhere
	Near    bool         // what is shown may have been meant
	Several bool         // for several persons or matters

	ForSeveral   string // address of the same for several; "": nothing can be done for several, or it is shown
	ForOne       string // and back
	ByDepartment string // address of the list by departments; "": there is one department, or it is shown
	ByLetter     string // and back
}

// group are the services that begin with one letter, or those of a department.
type group struct {
	Letter   string
	ID       string
	Title    agenda.Text // of a department
	Facts    []fact      // of a department
	Services []listed
}

// listed is a service in a list.
type listed struct {
	Text agenda.Text
	Href string
	Note agenda.Text // a synonym that was searched, else nothing

	service *agenda.Service
	name    string // in the language of the page, to sort and search
}

// few services need no letters to find one.
const few = 15

// start is the first page of a tenant: what can be booked, and a search for it.
func start(c *call) error {
	c.anew()
	data := newStart(c, c.r.URL.Query().Get("q"))
	if data.Query == "" {
		data.Sites = c.openSites(agenda.DateOf(c.local(c.at.Now)))
	}
	data.Open = true
	if data.Query == "" && !data.Several && !c.frame.Embedded {
		data.Search = c.frame.SearchAt(c.r, c.Links.Home(&c.setup.Tenant)+"/", c.t("public.start.describe", "tenant", c.plain(c.setup.Tenant.Name)))
	}
	return c.render(http.StatusOK, "public/start", data)
}

func newStart(c *call, typed string) startPage {
	v := c.r.URL.Query()
	data := startPage{Frame: c.frame, Phone: c.setup.Tenant.Phone, Several: v.Get("several") != ""}
	data.Query = page.NewForm(url.Values{"q": {typed}}, c.frame.Printer()).Value("q")
	data.Step = &page.Step{Current: 1, Total: steps, Name: c.t("public.step.service")}
	list := bookable(c.setup, c.frame.Lang)
	department, byDepartment := c.setup.Department(v.Get("department"))
	switch {
	case data.Query != "":
		a := c.find(c.setup, data.Query, c.frame.Lang)
		data.Back, data.Guess, data.Part = c.way, a.Guess, a.Part
		list = a.Services
		data.Groups = []group{{Services: list}}
	case byDepartment:
		data.Groups = c.byDepartment(list, department.ID)
	case v.Get("by") == "department":
		data.Groups = c.byDepartment(list, "")
	default:
		data.Groups = byLetter(list)
	}
	for i := range data.Groups {
		for j := range data.Groups[i].Services {
			l := &data.Groups[i].Services[j]
			l.Href = c.firstStep(l.service, data.Several)
		}
	}
	data.Found = len(list)
	data.ways(c, list, v)
	return data
}

// ways are the addresses of the same list in other orders, and for several.
func (p *startPage) ways(c *call, list []listed, v url.Values) {
	with := func(set, to string, without ...string) string {
		w := url.Values{}
		for _, name := range []string{"several", "by", "department", "q"} {
			if s := v.Get(name); s != "" && !slices.Contains(without, name) {
				w.Set(name, s)
			}
		}
		if w.Del(set); to != "" {
			w.Set(set, to)
		}
		return link(c.way, w)
	}
	switch {
	case p.Several:
		p.ForOne = with("several", "")
	case slices.ContainsFunc(list, func(l listed) bool { return l.service.MaxQuantity > 1 || len(l.service.Combinable) > 0 }):
		p.ForSeveral = with("several", "1")
	}
	switch sorted := v.Get("by") != "" || v.Get("department") != ""; {
	case p.Query != "":
	case sorted:
		p.ByLetter = with("by", "", "department")
	case len(c.byDepartment(list, "")) > 1:
		p.ByDepartment = with("by", "department")
	}
}

// steps of the citizens' way: what, when, who, check.
const steps = 4

// firstStep leads to the times, but to the questions about a service where it has some,
// and to what could be done in the same visit where somebody asks for that.
func (c *call) firstStep(svc *agenda.Service, several bool) string {
	w := agenda.Wish{Items: []agenda.Item{{Service: svc.ID, Quantity: 1}}}
	if len(svc.Questions) > 0 || several && asks(c.setup, w, c.link) {
		return link(c.way+"choose", writeWish(w))
	}
	w.Mode = firstMode(c.setup, w)
	return link(c.way+"times", writeWish(w))
}

// bookable lists what the public can book, by name.
func bookable(s *agenda.Setup, lang string) (list []listed) {
	for i := range s.Services {
		svc := &s.Services[i]
		if offered(s, svc, nil) {
			list = append(list, listed{Text: svc.Name, service: svc, name: s.Text(svc.Name, lang)})
		}
	}
	slices.SortStableFunc(list, func(a, b listed) int {
		_, x := match.Fold(a.name)
		_, y := match.Fold(b.name)
		return cmp.Compare(x, y)
	})
	return list
}

// byLetter groups a sorted list by first letters, where it is long.
func byLetter(list []listed) []group {
	if len(list) <= few {
		return []group{{Services: list}}
	}
	var groups []group
	for _, l := range list {
		letter := letterOf(l.name)
		if n := len(groups); n == 0 || groups[n-1].Letter != letter {
			groups = append(groups, group{Letter: letter, ID: "letter-" + strings.ToLower(letter)})
		}
		g := &groups[len(groups)-1]
		g.Services = append(g.Services, l)
	}
	return groups
}

// letterOf gives the letter a name stands under; digits and signs share one.
func letterOf(name string) string {
	_, bare := match.Fold(name)
	if r, _ := utf8.DecodeRuneInString(bare); r >= 'a' && r <= 'z' {
		return string(unicode.ToUpper(r))
	}
	return "0-9"
}

// byDepartment groups a sorted list by the departments whose calendars serve it, each with
// what one needs to reach it: all departments, or one.
func (c *call) byDepartment(list []listed, only string) (groups []group) {
	for i := range c.setup.Departments {
		d := &c.setup.Departments[i]
		if only != "" && d.ID != only {
			continue
		}
		g := group{ID: "department-" + d.ID, Title: d.Name}
		for _, l := range list {
			if slices.ContainsFunc(c.setup.Offering(l.service.ID), func(cal *agenda.Calendar) bool {
				return cal.Department == d.ID && c.setup.OpenToPublic(cal)
			}) {
				g.Services = append(g.Services, l)
			}
		}
		if len(g.Services) == 0 {
			continue
		}
		g.Facts = c.reachDepartment(d)
		groups = append(groups, g)
	}
	return groups
}

// reachDepartment says where a department is and how to call it.
func (c *call) reachDepartment(d *agenda.Department) (facts []fact) {
	where := fact{Key: c.t("common.address")}
	for i := range c.setup.Sites {
		site := &c.setup.Sites[i]
		if site.Public && slices.ContainsFunc(c.setup.Calendars, func(cal agenda.Calendar) bool { return cal.Department == d.ID && cal.Site == site.ID }) {
			where.Mixed = append(where.Mixed, []agenda.Text{site.Name, c.ours(", "), agenda.Plain(site.Address())})
		}
	}
	if len(where.Mixed) > 0 {
		facts = append(facts, where)
	}
	if d.Phone != "" {
		facts = append(facts, fact{Key: c.t("common.phone"), Phone: d.Phone})
	}
	return facts
}
