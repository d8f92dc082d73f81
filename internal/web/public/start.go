package public

import (
	"cmp"
	"net/http"
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
	Query  string
	Found  int
	Groups []group // one without a letter where there are few services
	Phone  string
	Sites  []sitePart // that say when they are open
}

// group are the services that begin with one letter.
type group struct {
	Letter   string
	ID       string
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
	now, err := c.now()
	if err != nil {
		return err
	}
	data := newStart(c)
	if data.Query == "" {
		data.Sites = c.openSites(agenda.DateOf(now))
	}
	return c.render(http.StatusOK, "public/start", data)
}

func newStart(c *call) startPage {
	data := startPage{Frame: c.frame, Phone: c.setup.Tenant.Phone}
	data.Query = page.NewForm(c.r.URL.Query(), c.frame.Printer()).Value("q")
	data.Step = &page.Step{Current: 1, Total: steps, Name: c.t("public.step.service")}
	list := bookable(c.setup, c.frame.Lang)
	if find := match.New(data.Query); !find.Empty() {
		data.Back = c.way
		list = found(list, find)
		data.Groups = []group{{Services: list}}
	} else {
		data.Groups = byLetter(list)
	}
	for i := range data.Groups {
		for j := range data.Groups[i].Services {
			l := &data.Groups[i].Services[j]
			l.Href = c.firstStep(l.service)
		}
	}
	data.Found = len(list)
	return data
}

// steps of the citizens' way: what, when, who, check.
const steps = 4

// firstStep leads to the questions about a service, or straight to the times.
func (c *call) firstStep(svc *agenda.Service) string {
	w := agenda.Wish{Items: []agenda.Item{{Service: svc.ID, Quantity: 1}}}
	if asks(c.setup, w, c.link) {
		return link(c.way+"choose", writeWish(w))
	}
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

// found keeps what matches a search, the best first.
func found(list []listed, find match.Search) (hits []listed) {
	ranks := map[string]int{}
	for _, l := range list {
		others := append(slices.Clone(l.service.Synonyms), l.service.Leika)
		for _, in := range l.service.Name {
			others = append(others, in)
		}
		rank := find.Rank(l.name, others...)
		if rank == 0 {
			continue
		}
		if rank == 1 {
			l.Note = agenda.Plain(synonym(l.service, find))
		}
		ranks[l.service.ID] = rank
		hits = append(hits, l)
	}
	slices.SortStableFunc(hits, func(a, b listed) int { // of equals the shortest name: it is mostly the thing itself
		return cmp.Or(cmp.Compare(ranks[b.service.ID], ranks[a.service.ID]), cmp.Compare(len(a.name), len(b.name)))
	})
	return hits
}

// synonym is the one that made a service match.
func synonym(svc *agenda.Service, find match.Search) string {
	for _, s := range svc.Synonyms {
		if find.Rank(s) > 0 {
			return s
		}
	}
	return ""
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
