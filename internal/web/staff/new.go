package staff

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// newPage books for a caller on one page: what, when, who. It is complete without a
// script; the script only spares the page from being loaded again.
type newPage struct {
	page.Frame
	Search  page.Field
	Carried []page.Field // by the search
	Found   string       // how many services match, for those who do not see it

	Services []page.Link // to choose from, where nothing is chosen yet
	Others   []page.Link // that match what was typed, too

	Invite string // address that gives out an invitation link; "": no service is by link

	Chosen  []chosenService
	Settled []page.Field // hidden in the form about the wish
	Asked   []page.Field // mode, further service
	Where   []page.Field // site, calendar, date
	Narrow  bool         // one of them is set
	All     string       // address without them

	When  *when
	Who   *who
	Aloud *aloud
}

// chosenService is one that the caller comes for.
type chosenService struct {
	ID     string
	Name   agenda.Text
	Fields []page.Field
	Remove string // address without it; "": the only one
}

// aloud is what the caller should be told.
type aloud struct {
	Bring []agenda.Text
	Fees  []fee
}

// fee is what a service costs, by its name where there are several.
type fee struct{ Service, Fee agenda.Text }

func (o *Office) newForm(w http.ResponseWriter, q *office.Request) error {
	x, err := o.readOrder(q, q.URL.Query())
	if err != nil {
		return err
	}
	p := o.newPage(x)
	if len(x.wish.Items) > 0 {
		if err := o.suggest(q, p, x, nil); err != nil {
			return err
		}
	}
	p.Frame.Errors = x.form.Errors()
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/new", p)
}

// newPage is the page as far as the services: what was typed into the search chooses the
// one that matches best, and names the others.
func (o *Office) newPage(x *order) *newPage {
	p := &newPage{Frame: x.frame}
	find := match.New(x.form.Value("q"))
	list := x.listed(find)
	if len(x.wish.Items) == 0 && !find.Empty() {
		p.Found = p.T("staff.caller.found", "n", len(list))
		if len(list) > 0 {
			x.setWish([]string{list[0].service.ID})
			list = list[1:min(len(list), 7)]
			p.Others = x.links(list)
		} else {
			p.Services = x.links(x.listed(match.Search{}))
		}
	}
	if len(x.wish.Items) == 0 && find.Empty() {
		p.Services = x.links(list)
	}
	p.Search = page.Field{Name: "q", Type: "search", Label: p.T("staff.caller.search"), Value: x.form.Value("q"), Autocomplete: "off", Max: 100, Required: true,
		Focus: len(x.wish.Items) == 0}
	p.Carried = hide(x.narrow(false))
	p.Invite = x.invite()
	return p
}

// invite is where to give out a link, for what is chosen or for anything.
func (x *order) invite() string {
	byLink := x.setup.ByLink(x.wish.Items)
	if len(byLink) > 0 {
		return "/staff/links?" + url.Values{"service": byLink}.Encode()
	}
	if len(x.wish.Items) == 0 && slices.ContainsFunc(x.setup.Services, func(s agenda.Service) bool { return s.Public == agenda.VisibleLink && x.offers(s.ID) }) {
		return "/staff/links"
	}
	return ""
}

// listed is a service that can be found.
type listed struct {
	service *agenda.Service
	name    string
	rank    int
}

// listed are the services that match, the best first; without a search all, by name. A
// calendar that was named narrows only the list of all.
func (x *order) listed(find match.Search) (list []listed) {
	for i := range x.setup.Services {
		svc := &x.setup.Services[i]
		if !x.offers(svc.ID) {
			continue
		}
		one := listed{service: svc, name: office.Plain(x.frame, svc.Name), rank: 1}
		if find.Empty() {
			if _, here := x.here(svc.ID); !here {
				continue
			}
		} else {
			others := append(slices.Clone(svc.Synonyms), svc.Leika, svc.ID)
			for _, in := range svc.Name {
				others = append(others, in)
			}
			one.rank = find.Rank(one.name, others...)
		}
		if one.rank > 0 {
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b listed) int {
		if find.Empty() {
			return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
		}
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	return list
}

// here reports whether the calendar that was named has a service; any has, where none was.
func (x *order) here(service string) (*agenda.Offer, bool) {
	if x.calendar == nil {
		return nil, true
	}
	return x.calendar.Offer(service)
}

func (x *order) links(list []listed) (links []page.Link) {
	for _, l := range list {
		v := x.narrow(true)
		v.Set("service", l.service.ID)
		links = append(links, page.Link{Label: l.name, Href: newPath(v)})
	}
	return links
}

// narrow are the parameters that limit the times, and what else stays when the services
// change: the time somebody pressed in a calendar.
func (x *order) narrow(copied bool) url.Values {
	v := url.Values{}
	for name := range x.address() {
		if name == "calendar" || name == "site" || name == "date" || name == "copy" && copied {
			v.Set(name, x.address().Get(name))
		}
	}
	for _, name := range []string{"start", "on", "time"} {
		if s := x.form.Value(name); s != "" && !x.values.Has("key") {
			v.Set(name, s)
		}
	}
	return v
}

// describe fills in what is chosen and what can be asked about it.
func (p *newPage) describe(x *order) {
	for i, it := range x.wish.Items {
		svc, _ := x.setup.Service(it.Service)
		c := chosenService{ID: svc.ID, Name: svc.Name}
		if f, ok := x.fields["n."+svc.ID]; ok {
			c.Fields = append(c.Fields, f)
		}
		for j := range svc.Questions {
			if !spoken(&svc.Questions[j]) {
				c.Fields = append(c.Fields, x.fields["answer."+svc.ID+"."+svc.Questions[j].ID])
			}
		}
		if len(x.wish.Items) > 1 {
			less := agenda.Wish{Items: slices.Delete(slices.Clone(x.wish.Items), i, i+1), Mode: x.wish.Mode}
			v := wishAddress(x.setup, less)
			for name, values := range x.narrow(true) {
				v[name] = values
			}
			c.Remove = newPath(v)
		}
		p.Chosen = append(p.Chosen, c)
		p.Settled = append(p.Settled, page.Field{Name: "service", Type: "hidden", Value: svc.ID})
	}
	p.Settled = append(p.Settled, hide(without(x.narrow(true), "calendar", "site", "date"))...)
	if modes := x.modes(); len(modes) > 1 {
		f := page.Field{Name: "mode", Type: "select", Label: p.T("staff.booking.mode"), Required: true}
		for _, m := range modes {
			f.Choices = append(f.Choices, page.Choice{Value: m, Label: p.T("staff.mode." + m), Selected: m == x.wish.Mode})
		}
		p.Asked = append(p.Asked, f)
	}
	if more := x.companions(); len(more) > 0 {
		p.Asked = append(p.Asked, page.Field{Name: "add", Type: "select", Label: p.T("staff.caller.add"), Required: true,
			Choices: append([]page.Choice{{Label: p.T("staff.caller.nothing")}}, more...)})
	}
	p.Aloud = x.aloud()
}

// companions are the services that fit into the same visit.
func (x *order) companions() (list []page.Choice) {
	for _, l := range x.listed(match.Search{}) {
		more := append(slices.Clone(x.wish.Items), agenda.Item{Service: l.service.ID, Quantity: 1})
		fits := !slices.ContainsFunc(x.wish.Items, func(it agenda.Item) bool {
			other, ok := x.setup.Service(it.Service)
			return !ok || it.Service == l.service.ID || !l.service.CombinesWith(other)
		})
		if fits && slices.ContainsFunc(x.mine, func(c *agenda.Calendar) bool {
			_, ok := x.setup.Plan(c, agenda.Wish{Items: more, Mode: x.wish.Mode}, agenda.Staff)
			return ok
		}) {
			list = append(list, page.Choice{Value: l.service.ID, Label: l.name})
		}
	}
	return list
}

// aloud collects what to bring, each thing once, and what it costs.
func (x *order) aloud() *aloud {
	a := &aloud{}
	seen := map[string]bool{}
	for _, it := range x.wish.Items {
		svc, ok := x.setup.ServiceOf(it.Service)
		if !ok {
			continue
		}
		for _, t := range svc.Checklist {
			if s := x.setup.Text(t, x.frame.Lang); !seen[s] {
				seen[s] = true
				a.Bring = append(a.Bring, t)
			}
		}
		if !svc.Fee.IsZero() {
			f := fee{Fee: svc.Fee}
			if len(x.wish.Items) > 1 {
				f.Service = svc.Name
			}
			a.Fees = append(a.Fees, f)
		}
	}
	if len(a.Bring)+len(a.Fees) == 0 {
		return nil
	}
	return a
}
