package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/ui"
)

// TestAccessibility opens every page that the parts' TestStates keep, in each of its
// example states, and lets axe-core look at it: light and dark, on a small phone and on
// a desk. English pages differ in words alone and are looked at once.
func TestAccessibility(t *testing.T) {
	chromium := findChromium(t)
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	dir := keptPages(t)
	names, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no pages were kept (%v)", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "control.html"), []byte(control), 0o600); err != nil {
		t.Fatal(err)
	}
	server := serveKept(t, dir)
	browser := openBrowser(t, chromium)
	looks := make(chan string)
	go func() {
		defer close(looks)
		for _, name := range names {
			looks <- strings.TrimSuffix(filepath.Base(name), ".html")
		}
	}()
	t.Run("axe", func(t *testing.T) {
		for i := range 2 {
			t.Run(fmt.Sprint("window ", i), func(t *testing.T) {
				t.Parallel()
				x := &examiner{T: t, base: server, axe: string(axe)}
				ctx, leave := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
				t.Cleanup(leave)
				x.ctx = ctx
				if err := chromedp.Do(ctx); err != nil { // opens the window, for as long as ctx lives
					t.Fatal(err)
				}
				if got := x.examine("control"); len(got) < 6 {
					t.Errorf("a page full of faults: got %q", got)
				}
				for name := range looks {
					for _, f := range x.examine(name) {
						t.Error(f)
					}
				}
			})
		}
	})
	t.Logf("axe-core looked at %d pages", len(names))
}

// keptPages runs the tests that keep pages.
func keptPages(t *testing.T) string {
	dir := t.TempDir()
	states := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout=300s", "-run=^TestStates$", "../../internal/web/...")
	states.Env = append(os.Environ(), pagetest.KeptPages+"="+dir)
	if out, err := states.CombinedOutput(); err != nil {
		t.Fatalf("the example states: %v\n%s", err, out)
	}
	return dir
}

// serveKept serves the pages with the files that they name.
func serveKept(t *testing.T, dir string) string {
	catalogue, err := i18n.Load(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := page.New(ui.Files, catalogue, page.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files := http.FileServerFS(os.DirFS(dir))
	mux := http.NewServeMux()
	mux.Handle("/static/", pages.Static(http.NotFoundHandler()))
	mux.Handle("/", files)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// examiner looks at pages in one window.
type examiner struct {
	*testing.T
	base string
	axe  string
	ctx  context.Context
}

// control is a page that nobody should make: without language, with a picture that has
// no words, and too wide for a phone.
const control = `<!doctype html><title>x</title><h1>x</h1><img src="data:," width="2000"><input>`

// violations is what axe-core says in words that lead to the place.
const violations = `axe.run(document, {resultTypes: ["violations"], runOnly: {type: "tag", values: %s}}).then(r => r.violations.flatMap(v =>
	v.nodes.map(n => v.impact + " " + v.id + ": " + n.target.join(" ") + " | " + n.html.slice(0, 160) + " | " + (n.failureSummary || "").replace(/\s+/g, " ").slice(0, 220))))`

// What axe-core is to look for: everything, or only what depends on colours.
const (
	allRules    = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	colourRules = `["cat.color"]`
)

// glance is one look at a page.
type glance struct {
	width  int64
	scheme string
	rules  string
}

// glances are those at a page in one language: everything in both sizes, and the colours
// once more in the dark. English pages differ in words alone.
func glances(name string) []glance {
	if strings.HasSuffix(name, "-en") {
		return []glance{{320, "light", allRules}}
	}
	return []glance{{320, "light", allRules}, {320, "dark", colourRules}, {1280, "dark", colourRules}, {1280, "light", allRules}}
}

// examine opens a page and looks at it in all its glances.
func (x *examiner) examine(name string) (faults []string) {
	x.Helper()
	ctx, stop := context.WithTimeout(x.ctx, 6*longest)
	defer stop()
	must := func(err error) {
		x.Helper()
		if err != nil {
			x.Fatalf("%s: %v", name, err)
		}
	}
	must(chromedp.Do(ctx, chromedp.Navigate(x.base+"/"+name+".html")))
	_, err := chromedp.Run(ctx, chromedp.Evaluate[any](x.axe+";0"))
	must(err)
	for _, g := range glances(name) {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: g.scheme}}}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media)
		must(err)
		must(chromedp.Do(ctx, chromedp.EmulateViewport(g.width, 900)))
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](fmt.Sprintf(violations, g.rules), chromedp.EvalAwaitPromise))
		must(err)
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
		must(err)
		if wide {
			found = append(found, "the page scrolls sideways")
		}
		for _, f := range found {
			faults = append(faults, fmt.Sprintf("%s, %d px, %s: %s", name, g.width, g.scheme, f))
		}
	}
	return faults
}
