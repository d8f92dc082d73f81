package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/ui"
)

// services lists what one can come for.
func (a API) services(c *call) error {
	list := []serviceView{}
	for i := range c.setup.Services {
		if s := &c.setup.Services[i]; c.sees(s) {
			list = append(list, c.service(s))
		}
	}
	return c.catalogue(map[string]any{"services": list})
}

// sites lists where one can go.
func (a API) sites(c *call) error {
	list := []siteView{}
	for i := range c.setup.Sites {
		if s := &c.setup.Sites[i]; c.person != nil || s.Public {
			list = append(list, c.site(s))
		}
	}
	return c.catalogue(map[string]any{"sites": list})
}

// calendars lists what is offered where, and how it is booked.
func (a API) calendars(c *call) error {
	list := []calendarView{}
	for i := range c.setup.Calendars {
		if k := &c.setup.Calendars[i]; c.person != nil || c.setup.OpenToPublic(k) {
			list = append(list, c.calendar(k))
		}
	}
	return c.catalogue(map[string]any{"calendars": list})
}

// sees reports whether a service is listed: to staff all are.
func (c *call) sees(s *agenda.Service) bool {
	return c.person != nil || s.Public == agenda.VisiblePublic
}

// cacheable lets an answer be kept for a minute: by anybody, or, where it is for
// staff, by who asked.
func (c *call) cacheable() {
	who := "public"
	if c.person != nil {
		who = "private"
	}
	c.w.Header().Set("Cache-Control", who+", max-age=60")
	if c.person == nil { // pages of other sites may read what everybody may; no cookie and no token comes with it
		c.w.Header().Set("Access-Control-Allow-Origin", "*")
		c.w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		c.licensed()
	}
}

// licensed names the tenant's licence where programs look for it, if it is an address.
func (c *call) licensed() {
	if c.setup == nil { // what is described belongs to no tenant
		return
	}
	if u, err := url.Parse(c.setup.OpenData.Licence); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
		c.w.Header().Set("Link", "<"+u.String()+`>; rel="license"`)
	}
}

// catalogue writes an answer that changes rarely: with a strong ETag, and without
// a body for who has it already.
func (c *call) catalogue(v map[string]any) error {
	if l := c.setup.OpenData.Licence; l != "" {
		v["licence"] = l
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	body = append(body, '\n')
	c.cacheable()
	c.tagged(body, tagOf(body))
	return nil
}

// tagOf is the entity tag of an answer: other bytes, another tag.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

func (c *call) tagged(body []byte, tag string) {
	c.w.Header().Set("ETag", tag)
	if has(c.r.Header.Values("If-None-Match"), tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return
	}
	writeBytes(c.w, http.StatusOK, "application/json", body)
}

// has compares entity tags weakly, as If-None-Match wants it (RFC 9110, 13.1.2).
func has(lists []string, tag string) bool {
	for t := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

// document serves the description of all calls.
func (a API) document(c *call) error {
	body, err := fs.ReadFile(ui.Files, "api/openapi.json")
	if err != nil {
		return err
	}
	c.cacheable()
	c.tagged(body, tagOf(body))
	return nil
}
