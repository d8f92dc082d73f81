package api_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

// The licence that the office names stands in all that everybody may keep, and as a link
// where it is an address; what was kept before it changed is not given out after.
func TestOpenDataNamesItsLicence(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		paths := []string{"/services", "/sites", "/calendars", "/next-free?service=ausweis"}
		named := func(licence, link string) {
			t.Helper()
			for _, path := range paths {
				a := c.do("GET", path, nil)
				got := read[struct{ Licence string }](c, a, 200).Licence
				if got != licence || a.header.Get("Link") != link || strings.Contains(string(a.body), `"licence"`) != (licence != "") {
					t.Errorf("%s: got %q and the link %q, want %q and %q", path, got, a.header.Get("Link"), licence, link)
				}
			}
		}
		named("", "")
		c.change(func(s *agenda.Setup) { s.OpenData.Licence = "dl-de/zero-2-0" })
		named("dl-de/zero-2-0", "")
		const at = "https://www.govdata.de/dl-de/zero-2-0"
		c.change(func(s *agenda.Setup) { s.OpenData.Licence = at })
		named(at, "<"+at+`>; rel="license"`)
		if got := c.do("GET", "/availability?service=ausweis", nil); strings.Contains(string(got.body), at) || got.header.Get("Link") != "" {
			t.Errorf("what is not open names the licence: %s", got.body)
		}
	})
}

// A page that asks for the next free dates every minute gets them once.
func TestNextFreeIsSentOnce(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		const path = "/next-free?service=ausweis"
		first := c.do("GET", path, nil)
		tag := first.header.Get("ETag")
		for _, known := range []string{tag, `"other", W/` + tag, "*"} {
			a := c.do("GET", path, nil, "If-None-Match", known, "Origin", "https://elsewhere.example")
			if a.status != 304 || len(a.body) > 0 || a.header.Get("ETag") != tag || a.header.Get("Cache-Control") != "public, max-age=60" || a.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("If-None-Match %s: got %d %q %v", known, a.status, a.body, a.header)
			}
		}
		if a := c.do("GET", path, nil, append(bearer(c.token(agenda.Clerk, "")), "If-None-Match", `"other"`)...); a.status != 200 || a.header.Get("ETag") == "" || a.header.Get("Cache-Control") != "private, max-age=60" {
			t.Errorf("staff: got %d %v", a.status, a.header)
		}
		c.change(func(s *agenda.Setup) { s.Calendars[0].SlotTemplates = nil })
		if a := c.do("GET", path, nil, "If-None-Match", tag); a.status != 200 || a.header.Get("ETag") == tag || string(a.body) == string(first.body) {
			t.Errorf("after a change: got %d %s", a.status, a.body)
		}
	})
}
