package setup

import (
	"html"
	"net/http"
	"net/url"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// embedPage holds what an office copies into its own website.
type embedPage struct {
	page.Frame
	Title    string
	Framed   bool // somebody may show frames
	Services []embedService
}

// embedService is a service that everybody may book, and the code for it.
type embedService struct {
	Name  agenda.Text
	Codes []page.Field
}

// embedCodes shows the code for each service, in fields that take no change: it is
// copied from them without a script.
func (p *Part) embedCodes(w http.ResponseWriter, q *office.Request) error {
	f, s := p.Frame(q), q.Setup
	data := embedPage{Frame: f, Title: f.T("staff.setup.website.title"), Framed: s.MayEmbed()}
	data.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	for i := range s.Services {
		svc := &s.Services[i]
		if svc.Public != agenda.VisiblePublic || !slices.ContainsFunc(s.Offering(svc.ID), s.OpenToPublic) {
			continue
		}
		one := embedService{Name: svc.Name}
		for _, c := range p.codesOf(s, svc) {
			one.Codes = append(one.Codes, page.Field{Name: c.key + "-" + svc.ID, Label: f.T("staff.setup.website." + c.key), Value: c.code})
		}
		data.Services = append(data.Services, one)
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/website", data)
}

// code is something to copy, and what it is.
type code struct{ key, code string }

// codesOf are in the tenant's first language, which its website speaks.
func (p *Part) codesOf(s *agenda.Setup, svc *agenda.Service) []code {
	t := &s.Tenant
	lang := t.Languages[0]
	name, home := html.EscapeString(s.Text(svc.Name, lang)), p.Links.Home(t)
	query := url.Values{"service": {svc.ID}}.Encode()
	list := []code{{"link", `<a href="` + p.Links.Service(t, svc.ID) + `">` + name + `</a>`}}
	if s.MayEmbed() {
		list = append(list,
			code{"frame", `<iframe src="` + home + "/embed/?" + query + `" title="` + name + `" width="100%" height="900"></iframe>`},
			code{"next", `<iframe src="` + home + "/embed/" + lang + "/next?" + query + `" title="` + name + `" width="100%" height="220"></iframe>`})
	}
	if !slices.ContainsFunc(svc.Questions, func(q agenda.Question) bool { return q.Required }) { // else only an answer says what is free
		list = append(list, code{"json", p.Links.Base + "/api/v1/" + t.ID + "/next-free?" + query})
	}
	return list
}
