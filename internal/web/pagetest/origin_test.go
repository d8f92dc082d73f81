package pagetest

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatComesFromElsewhereIsFound(t *testing.T) {
	const page = `<!doctype html><html><head><title>x</title>%</head><body><main><h1>x</h1></main></body></html>`
	for part, want := range map[string]bool{
		`<script src="/static/a.js"></script>`:                           false,
		`<script src="//elsewhere.example/a.js"></script>`:               true,
		`<img src="https://elsewhere.example/a.png" alt="">`:             true,
		`<img src="data:image/png;base64,x" alt="">`:                     false,
		`<link rel="stylesheet" href="https://elsewhere.example/a.css">`: true,
		`<link rel="canonical" href="https://termine.example/">`:         false,
		`<form action="http://elsewhere.example/"></form>`:               true,
		`<a href="https://elsewhere.example/">x</a>`:                     false,
		`<meta http-equiv="refresh" content="0;//elsewhere.example">`:    true,
	} {
		got := slices.ContainsFunc(CheckHTML(strings.Replace(page, "%", part, 1)), func(f string) bool { return strings.Contains(f, "site") })
		if got != want {
			t.Errorf("%s: got %v, want %v", part, got, want)
		}
	}
	if got := LinkedSites(`<a class="x" href="https://a.example/?b&amp;c">x</a><a href="/d">y</a><a href="https://a.example/">z</a>`); !slices.Equal(got, []string{"a.example"}) {
		t.Errorf("links: got %q", got)
	}
	for css, want := range map[string]int{
		`a{background:url("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'>")} /* url(//x) */ b{src:url(x.woff2)}`: 0,
		`@import "a.css";`: 1,
		`a{background:url( 'https://elsewhere.example/')}`: 1,
		`a{background:url(//elsewhere.example)}`:           1,
	} {
		if got := CheckCSS(css); len(got) != want {
			t.Errorf("%s: got %q, want %d", css, got, want)
		}
	}
}
