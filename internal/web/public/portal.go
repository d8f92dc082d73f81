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
	return s.Pages.Render(w, r, http.StatusOK, "public/portal", newPortal(s.Pages.Frame(r, nil), setups, r.URL.Query()))
}

func newPortal(f page.Frame, setups []*agenda.Setup, v url.Values) portalPage {
	data := portalPage{Frame: f, Query: page.NewForm(v, f.Printer()).Value("q")}
	for _, setup := range setups {
		if card, ok := tenantCard(setup, data.Query, f); ok {
			data.Tenants = append(data.Tenants, card)
		}
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

// tenantCard says what can be booked at a tenant; where something else than the
// tenant itself is searched, what was found there.
func tenantCard(s *agenda.Setup, query string, f page.Frame) (page.Card, bool) {
	find := match.New(query)
	card := page.Card{Title: s.Tenant.Name, Href: home(s)}
	all := bookable(s, f.Lang)
	if !find.Empty() && find.Rank(s.Text(s.Tenant.Name, f.Lang)) == 0 {
		if all = found(all, find); len(all) == 0 {
			return card, false
		}
		card.Href = link(card.Href, url.Values{"q": {query}})
	}
	for _, e := range all[:min(shown, len(all))] {
		card.Names = append(card.Names, e.Text)
	}
	if len(all) > shown {
		card.Names = append(card.Names, agenda.Text{f.Lang: f.T("public.portal.more", "n", len(all)-shown)})
	}
	if len(all) == 0 {
		card.Facts = []string{f.T("public.portal.none")}
	}
	return card, true
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
