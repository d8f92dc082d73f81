package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// crawl opens every kind of page that links lead to, from the portal and from the given
// addresses on. Nothing may be fetched from another house (person sees to that) or name
// one in what is fetched, and the cookies are few and closed.
func (p *person) crawl(from ...string) {
	beyond, err := os.ReadFile("testdata/beyond.js")
	p.must(err, "read what to look for")
	seen, files, todo := map[string]bool{}, map[string]bool{}, append([]string{"/"}, from...)
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if seen[kindOf(at)] || strings.HasSuffix(at, ".ics") || strings.HasSuffix(at, ".json") { // files
			continue
		}
		seen[kindOf(at)] = true
		p.visit(at)
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](string(beyond)+"; beyond.origin()"))
		p.must(err, "look at "+at)
		for _, f := range found {
			p.Errorf("%s: %s", at, f)
		}
		named, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string]("[...document.querySelectorAll('script[src], link[rel=stylesheet], link[rel=icon]')].map(e => e.src || e.href)"))
		p.must(err, "look at the files of "+at)
		for _, file := range named {
			files[file] = true
		}
		const inside = "[...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin).map(a => a.pathname + a.search)"
		links, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](inside))
		p.must(err, "look for links on "+at)
		for _, to := range links {
			if !strings.HasPrefix(to, "/staff/") && !strings.HasPrefix(to, "/mailbox/") {
				todo = append(todo, to)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		for _, f := range strangersIn(p.T, file) {
			p.Errorf("%s: names %s", file, f)
		}
	}
	p.crumbs()
	p.Logf("%d kinds of pages and %d files name no other house", len(seen), len(files))
	if len(seen) < 20 || len(files) < 5 {
		p.Errorf("got %d kinds of pages and %d files, want many", len(seen), len(files))
	}
}

// kindOf is what addresses have in common that differ in values alone.
func kindOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	parts := strings.Split(u.Path, "/")
	if len(parts) > 3 || len(u.Query()) > 0 { // the tenant is a value too, but each has its own first page
		parts[1] = "*"
	}
	return fmt.Sprint(parts[1:], slices.Sorted(maps.Keys(u.Query())))
}

// stranger is an address of another house where a browser would fetch it: in a style
// sheet, or as a text of a script.
var stranger = regexp.MustCompile(`(?i)(@import|url\()\s*["']?\s*(https?:)?//[^"')]*|["'\x60](https?|wss?):?//[^"'\x60]*`)

func strangersIn(t *testing.T, file string) []string {
	res, err := http.Get(file)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := stranger.FindAllString(string(body), -1)
	return slices.DeleteFunc(found, func(s string) bool { return strings.Contains(s, "//www.w3.org/") }) // the name of SVG, which nobody fetches
}

// crumbs looks at the cookies: the language, a reserved time and the one after it, and
// what was typed.
func (p *person) crumbs() {
	res, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{})
	p.must(err, "look at the cookies")
	for _, c := range res.Cookies {
		name, _, _ := strings.Cut(c.Name, "-") // each way has its own
		if !slices.Contains([]string{"lang", "hold", "next", "typed"}, name) {
			p.Errorf("nobody knows what the cookie %s is for", c.Name)
		}
		if !c.HTTPOnly || c.SameSite == "" || c.SameSite == network.CookieSameSiteNone || strings.HasPrefix(c.Domain, ".") {
			p.Errorf("the cookie %s is open: HttpOnly %v, SameSite %q, domain %q", c.Name, c.HTTPOnly, c.SameSite, c.Domain)
		}
	}
}

func TestStrangerIsFound(t *testing.T) {
	for text, want := range map[string]bool{
		`@import "https://fonts.example/x.css"`: true, `a { background: url(//cdn.example/x.png) }`: true, `fetch("https://count.example/")`: true,
		`a { background: url(/static/x.png) }`: false, `url("data:image/svg+xml,x")`: false, `// see https://example.org`: false,
	} {
		if got := stranger.MatchString(text); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}
