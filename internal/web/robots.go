package web

import (
	"encoding/xml"
	"net/http"
	"strings"

	"terminvergabe/internal/agenda"
)

// found lists the tenants whose pages are found at the address of a request: the one whose
// own address it is, or those without.
func (s *Server) found(r *http.Request) ([]*agenda.Setup, error) {
	if own := s.ownHost(r); own != nil {
		return []*agenda.Setup{own}, nil
	}
	all, err := s.Desk.Tenants(r.Context())
	var list []*agenda.Setup
	for _, t := range all {
		if t.Tenant.Host == "" {
			list = append(list, t)
		}
	}
	return list, err
}

// robots says what search engines may read: the first page of each tenant, the pages of its
// services and its legal texts. The way to a booking is for people, and what it leads to is
// for one of them.
func (s *Server) robots(w http.ResponseWriter, r *http.Request) error {
	tenants, err := s.found(r)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("User-agent: *\nDisallow: /\nAllow: /$\nAllow: /?lang=\nAllow: /static/\n")
	for _, t := range tenants {
		home := "/" + t.Tenant.ID + "/"
		b.WriteString("Allow: " + home + "$\nAllow: " + home + "?lang=\nAllow: " + home + "s/\nAllow: " + home + "legal/\nAllow: " + home + "brand.css\n")
	}
	base := s.Links.Base
	if s.ownHost(r) != nil {
		base = strings.TrimSuffix(s.Links.Home(&tenants[0].Tenant), "/"+tenants[0].Tenant.ID)
	}
	b.WriteString("Sitemap: " + base + "/sitemap.xml\n")
	plain(w, r, http.StatusOK, b.String())
	return nil
}

type siteMap struct {
	XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	Pages   []mapPage `xml:"url"`
}

type mapPage struct {
	Address string `xml:"loc"`
}

// sitemap lists the first page of each tenant and the pages of what everybody can book.
func (s *Server) sitemap(w http.ResponseWriter, r *http.Request) error {
	tenants, err := s.found(r)
	if err != nil {
		return err
	}
	var m siteMap
	for _, t := range tenants {
		m.Pages = append(m.Pages, mapPage{s.Links.Home(&t.Tenant) + "/"})
		for i := range t.Services {
			if svc := &t.Services[i]; svc.Public == agenda.VisiblePublic && len(t.Offering(svc.ID)) > 0 {
				m.Pages = append(m.Pages, mapPage{s.Links.Service(&t.Tenant, svc.ID)})
			}
		}
	}
	body, err := xml.Marshal(m)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if r.Method != http.MethodHead {
		_, _ = w.Write(append([]byte(xml.Header), body...))
	}
	return nil
}
