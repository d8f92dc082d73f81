package public

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
)

type portalPage struct {
	page.Frame
	Query   string
	Guess   string // what was searched instead, where nothing fits what was typed
	Part    bool   // nothing fits all of what was typed
	Tenants []page.Card
	Legal   []legalLinks
}

// legalLinks are one tenant's texts that the law demands on this page too.
type legalLinks struct {
	Name  agenda.Text
	Links []page.Link
}

// portal lists all tenants, or those where what is searched can be booked.
func (s *Site) portal(w http.ResponseWriter, r *http.Request) error {
	setups, err := s.Desk.Tenants(r.Context())
	if err != nil {
		return err
	}
	f := s.Pages.Frame(r, nil)
	f.Open = true
	data := s.newPortal(f, setups, r.URL.Query())
	if data.Query == "" {
		data.Search = data.SearchAt(r, s.Links.Base+"/", data.T("public.portal.describe"))
	}
	return s.Pages.Render(w, r, http.StatusOK, "public/portal", data)
}

func (s *Site) newPortal(f page.Frame, setups []*agenda.Setup, v url.Values) portalPage {
	data := portalPage{Frame: f, Query: page.NewForm(v, f.Printer()).Value("q")}
	data.Tenants, data.Guess, data.Part = s.tenantCards(setups, data.Query, f)
	for _, setup := range setups {
		if l := legalOf(setup, f); len(l.Links) > 0 {
			data.Legal = append(data.Legal, l)
		}
	}
	slices.SortStableFunc(data.Tenants, func(a, b page.Card) int {
		x, _ := a.Title.In(f.Lang)
		y, _ := b.Title.In(f.Lang)
		return cmp.Compare(x, y)
	})
	return data
}

// shown is how many services a card names.
const shown = 4

// tenantCards are the tenants that a search finds, or all. Where one has exactly what was
// typed, those that only have something like it are left out.
func (s *Site) tenantCards(setups []*agenda.Setup, query string, f page.Frame) (cards []page.Card, guess string, part bool) {
	find := match.New(query)
	var like, some []page.Card
	for _, setup := range setups {
		card := page.Card{Title: setup.Tenant.Name, Href: home(setup)}
		if find.Empty() || find.Rank(setup.Text(setup.Tenant.Name, f.Lang)) > 0 {
			cards = append(cards, fillCard(card, bookable(setup, f.Lang), f))
			continue
		}
		a := s.find(setup, query, f.Lang)
		card.Href = searchLink(card.Href, query)
		switch {
		case len(a.Services) == 0:
		case a.exact():
			cards = append(cards, fillCard(card, a.Services, f))
		case a.Part:
			some = append(some, fillCard(card, a.Services, f))
		default:
			like, guess = append(like, fillCard(card, a.Services, f)), cmp.Or(guess, a.Guess)
		}
	}
	switch {
	case len(cards) > 0:
		return cards, "", false
	case len(like) > 0:
		return like, guess, false
	}
	return some, "", len(some) > 0
}

// fillCard says what can be booked at a tenant.
func fillCard(card page.Card, all []listed, f page.Frame) page.Card {
	for _, e := range all[:min(shown, len(all))] {
		card.Names = append(card.Names, e.Text)
	}
	if len(all) > shown {
		card.Names = append(card.Names, agenda.Text{f.Lang: f.T("public.portal.more", "n", len(all)-shown)})
	}
	if len(all) == 0 {
		card.Facts = []string{f.T("public.portal.none")}
	}
	return card
}

func legalOf(s *agenda.Setup, f page.Frame) legalLinks {
	l := legalLinks{Name: s.Tenant.Name}
	for _, name := range []string{"imprint", "privacy", "accessibility"} {
		if href := legalLink(s, f.Lang, name); href != "" {
			l.Links = append(l.Links, page.Link{Label: f.T("common." + name), Href: href})
		}
	}
	return l
}
