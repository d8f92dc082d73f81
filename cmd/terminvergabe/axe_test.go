package main

import (
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"terminvergabe/internal/i18n"
	"terminvergabe/internal/tooltest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/ui"
)

// TestAccessibility opens the pages that the parts' TestStates keep, in each of their
// example states, and lets axe-core look at them: light, dark and in forced colours, on a
// small phone and on a desk; the citizens' pages in every language. What the daily run
// takes of that say looked and glances. The W3C's checker reads all pages, and lookBeyond
// sees what neither does.
func TestAccessibility(t *testing.T) {
	chromium := findChromium(t)
	beyond, err := os.ReadFile("testdata/beyond.js")
	if err != nil {
		t.Fatal(err)
	}
	dir := keptPages(t)
	names, err := filepath.Glob(filepath.Join(dir, cmp.Or(os.Getenv(lookAt), "*")+".html"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no pages were kept (%v)", err)
	}
	control, err := os.ReadFile("testdata/control.html")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "public-control.html"), control, 0o600); err != nil {
		t.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !looked(strings.TrimSuffix(filepath.Base(name), ".html")) })
	server := serveKept(t, dir)
	looks := make(chan string)
	go func() {
		defer close(looks)
		for _, name := range names {
			looks <- strings.TrimSuffix(filepath.Base(name), ".html")
		}
	}()
	var count atomic.Int64
	called := &titles{pages: map[[2]string]map[string]bool{}}
	t.Run("looks", func(t *testing.T) {
		t.Run("HTML checker", func(t *testing.T) {
			checker := tooltest.HTMLChecker(t)
			t.Parallel()
			faultless(t, checker, dir)
		})
		for i := range 2 {
			t.Run(fmt.Sprint("window ", i), func(t *testing.T) {
				t.Parallel()
				x := examiner{base: server, beyond: string(beyond), looks: &count, titles: called}
				for n, more := 0, true; more; n++ {
					more = false
					t.Run(fmt.Sprint("browser ", n), func(t *testing.T) {
						window, leave := chromedp.NewContext(openBrowser(t, chromium), chromedp.WithNewBrowserContext())
						t.Cleanup(leave)
						if err := chromedp.Do(window); err != nil { // opens the window, for as long as it lives
							t.Fatal(err)
						}
						x.T, x.ctx = t, window
						more = x.examineSome(looks)
					})
				}
			})
		}
	})
	for _, f := range called.shared() {
		t.Error(f)
	}
	t.Logf("axe-core looked %d times at %d pages", count.Load(), len(names))
}

// looked reports whether a page is looked at: in the daily run every German one, of those
// in other languages, which differ in words and direction, a fixed part; everything by
// "make look" and for whoever names pages. What the HTML checker and the gallery say is
// about all of them always.
func looked(name string) bool {
	if name == "public-control" { // of a run before
		return false
	}
	oneOf := uint32(18)
	switch language := languageOf(name); {
	case language == "de" || os.Getenv(everyLook) != "" || os.Getenv(lookAt) != "":
		return true
	case strings.HasPrefix(name, "public-") && slices.Contains([]string{"ar", "en", "de-x-leicht"}, language):
		oneOf = 6
	}
	return crc32.ChecksumIEEE([]byte(name))%oneOf == 0
}

// perBrowser is how many pages one browser sees: after a thousand it was seen to end.
const perBrowser = 200

// examineSome looks at the page full of faults and then at the next pages; it reports
// whether there may be more.
func (x *examiner) examineSome(names <-chan string) (more bool) {
	x.Helper()
	x.control()
	for range perBrowser {
		name, ok := <-names
		if !ok {
			return false
		}
		for _, f := range x.examine(name) {
			x.Error(f)
		}
	}
	return true
}

// lookAt is the environment variable that names the pages to look at, for whoever mends
// some of them: "public-*-ar". Without it all.
const lookAt = "TERMINVERGABE_LOOK_AT"

// everyLook is the environment variable of "make look": every page in every language, size
// and colour, which takes half an hour.
const everyLook = "TERMINVERGABE_EVERY_LOOK"

// keptPages runs the tests that keep pages. Whoever mends how pages are looked at runs
// them once, with the folder in the environment, and leaves it there.
func keptPages(t *testing.T) string {
	if dir := os.Getenv(pagetest.KeptPages); dir != "" {
		return dir
	}
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
	mux.HandleFunc("/axe.min.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		http.ServeFile(w, r, "testdata/axe/axe.min.js")
	})
	mux.Handle("/", files)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// examiner looks at pages in one window.
type examiner struct {
	*testing.T
	base string
	ctx  context.Context

	beyond string // testdata/beyond.js
	looks  *atomic.Int64
	titles *titles
}

// withAxe brings axe-core into the page, from where the browser keeps it translated.
const withAxe = `new Promise((there, not) => { const s = document.createElement("script");
	s.src = "/axe.min.js"; s.onload = () => there(true); s.onerror = not; document.head.append(s) })`

// findings is what axe-core says in words that lead to the place: what is wrong, and what
// it could not decide. Of the latter it often cannot tell the contrast of a text: too short
// a text, or one that another element may cover. There the colours themselves are looked
// at: the text's own and that of the first ancestor with one, unless a picture lies
// between. 4.5 is what WCAG 2.2, 1.4.3 asks of any text, 3 of large ones.
const findings = `(async () => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
	const rgba = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
	const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const enough = (selector) => {
		let node = document.querySelector(selector), text = rgba(getComputedStyle(node).color), style = getComputedStyle(node);
		const large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.66 && parseInt(style.fontWeight) >= 700;
		let ground = [255, 255, 255, 255];
		for (let n = node; n; n = n.parentElement) {
			if (getComputedStyle(n).backgroundImage !== "none") return false;
			const c = rgba(getComputedStyle(n).backgroundColor);
			if (c[3] === 255) { ground = c; break; }
			if (c[3] > 0 || !n.parentElement) return false;
		}
		const [a, b] = [light(text), light(ground)].sort((x, y) => y - x);
		return text[3] === 255 && (a + 0.05) / (b + 0.05) >= (large ? 3 : 4.5);
	};
	const r = await axe.run(document, {resultTypes: ["violations", "incomplete"], runOnly: %s});
	const say = (kind, v, n) => kind + " " + v.id + " (" + v.impact + "): " + n.target.join(" ") + " | " + n.html.slice(0, 160) + " | " +
		(n.failureSummary || "").replace(/\s+/g, " ").slice(0, 220);
	return [...r.violations.flatMap((v) => v.nodes.map((n) => say("violation", v, n))),
		...r.incomplete.flatMap((v) => v.nodes.filter((n) => v.id !== "color-contrast" || !enough(n.target[0])).map((n) => say("incomplete", v, n)))];
})()`

// undecided are the other things that axe-core cannot decide, and why they are right.
var undecided = []struct{ rule, place, why string }{}

func explained(page, finding string) bool {
	if !strings.HasPrefix(page, "public-") && strings.HasPrefix(finding, "incomplete ") {
		return true // what staff use is held to violations alone
	}
	return slices.ContainsFunc(undecided, func(u struct{ rule, place, why string }) bool {
		return strings.HasPrefix(finding, "incomplete "+u.rule+" ") && strings.Contains(finding, u.place)
	})
}

// What axe-core is to look for: everything, or only what depends on colours.
const (
	allRules    = `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}`
	colourRules = `{type: "rule", values: ["color-contrast", "link-in-text-block"]}`
)

// glance is one look at a page.
type glance struct {
	width  int64
	colour string // light, dark or forced
	rules  string
}

// glances are those at a page in one language: everything, and what depends on colours in
// both sizes and all colours. Languages differ in words and direction alone: what depends
// on the size and not on words is looked at in German and in Arabic. The daily run looks at
// each page on a phone, and at half of the German ones in one other way besides.
func glances(name string) []glance {
	if os.Getenv(everyLook) == "" && name != "public-control" {
		phone := glance{320, "light", allRules}
		besides := []glance{{1280, "light", allRules}, {1280, "dark", colourRules}, {1280, "forced", colourRules}}
		if n := int(crc32.ChecksumIEEE([]byte(name)) % 6); languageOf(name) == "de" && n < len(besides) {
			return []glance{phone, besides[n]}
		}
		return []glance{phone}
	}
	if strings.HasPrefix(name, "public-") {
		desk := colourRules
		if inOneOfEachDirection(name) {
			desk = allRules
		}
		return []glance{{320, "light", allRules}, {320, "dark", colourRules}, {320, "forced", colourRules},
			{1280, "forced", colourRules}, {1280, "dark", colourRules}, {1280, "light", desk}}
	}
	if strings.HasSuffix(name, "-en") {
		return []glance{{320, "light", allRules}}
	}
	return []glance{{320, "light", allRules}, {320, "dark", colourRules}, {1280, "dark", colourRules}, {1280, "light", allRules}}
}

func inOneOfEachDirection(name string) bool {
	return slices.Contains([]string{"de", "ar"}, languageOf(name)) || name == "public-control"
}

func (g glance) media() emulation.SetEmulatedMediaParams {
	scheme, forced := g.colour, "none"
	if scheme == "forced" {
		scheme, forced = "dark", "active"
	}
	return emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: forced}}}
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
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](withAxe, chromedp.EvalAwaitPromise))
	must(err)
	for _, g := range glances(name) {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, g.media())
		must(err)
		must(chromedp.Do(ctx, chromedp.EmulateViewport(g.width, 900)))
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](fmt.Sprintf(findings, g.rules), chromedp.EvalAwaitPromise))
		must(err)
		found = slices.DeleteFunc(found, func(f string) bool { return explained(name, f) })
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
		must(err)
		if wide {
			found = append(found, "the page scrolls sideways")
		}
		x.looks.Add(1)
		for _, f := range found {
			faults = append(faults, fmt.Sprintf("%s, %d px, %s: %s", name, g.width, g.colour, f))
		}
	}
	if strings.HasPrefix(name, "public-") {
		faults = append(faults, x.lookBeyond(ctx, name)...)
	}
	return faults
}
