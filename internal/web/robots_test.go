package web

import (
	"strings"
	"testing"
)

// Search engines find the first page and what can be booked, and nothing of the way.
func TestRobots(t *testing.T) {
	s := open(t, nil)
	robots := s.do("GET", "/robots.txt", ada).Body.String()
	for _, want := range []string{"Disallow: /\n", "Allow: /musterstadt/$\n", "Allow: /musterstadt/s/\n", "Sitemap: http://127.0.0.1:1/sitemap.xml\n"} {
		if !strings.Contains(robots, want) {
			t.Errorf("%q is not in\n%s", want, robots)
		}
	}
	w := s.do("GET", "/sitemap.xml", ada)
	for _, want := range []string{"<loc>http://127.0.0.1:1/musterstadt/</loc>", "<loc>http://127.0.0.1:1/musterstadt/s/ausweis</loc>"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q is not in\n%s", want, w.Body)
		}
	}
	if got := s.do("GET", "/hello", ada).Header().Get("X-Robots-Tag"); got != "noindex" {
		t.Errorf("a page that says nothing of search engines: got %q, want noindex", got)
	}
}
