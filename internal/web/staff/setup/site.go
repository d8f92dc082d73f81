package setup

import (
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

func (p *Part) sites() kind {
	return things(kind{
		name:  "sites",
		title: func(f page.Frame, s *agenda.Setup, i int) string { return office.Plain(f, s.Sites[i].Name) },
		facts: func(f page.Frame, s *agenda.Setup, i int) []string {
			x, hidden := &s.Sites[i], ""
			if !x.Public {
				hidden = f.T("staff.setup.sites.hidden")
			}
			return some(x.Address(), hidden)
		},
		sees: anyone, may: wholeOnly, make: makeAnywhere,
		edit: func(e *editor, _ *office.Request, s *agenda.Setup, i int) { e.site(&s.Sites[i]) },
	}, func(s *agenda.Setup) *[]agenda.Site { return &s.Sites }, func(x *agenda.Site) *string { return &x.ID })
}

// features are those that pages and letters have words for.
func features() []string {
	return []string{"step-free", "lift", "accessible-toilet", "parking", "accessible-parking", "hearing-loop"}
}

func (e *editor) site(x *agenda.Site) {
	e.section("about")
	e.text("name", &x.Name, as{Required: true, Max: 200})
	e.line("street", &x.Street, as{Required: true})
	e.line("postalCode", &x.PostalCode, as{Required: true, Width: "short", Max: 20})
	e.line("city", &x.City, as{Required: true})
	e.line("phone", &x.Phone, as{Type: "tel"})
	e.section("visit")
	var known []page.Choice
	for _, a := range features() {
		known = append(known, page.Choice{Value: a, Label: e.frame.T("public.access." + a)})
	}
	e.some("access", &x.Access, known, as{})
	others := slices.DeleteFunc(slices.Clone(x.Access), agenda.KnownAccess)
	was := slices.Clone(others)
	e.lines("accessMore", &others, as{Hint: true, Rows: 2})
	if !slices.Equal(was, others) {
		x.Access = append(slices.DeleteFunc(slices.Clone(x.Access), func(a string) bool { return !agenda.KnownAccess(a) }), others...)
	}
	e.text("openingHours", &x.OpeningHours, as{Hint: true})
	e.flag("public", &x.Public, as{Hint: true})
	e.section("map")
	e.group().Folded = true
	e.degrees("lat", &x.Lat, 90, as{Hint: true})
	e.degrees("lon", &x.Lon, 180, as{Hint: true})
}
