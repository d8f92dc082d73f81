package public_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/ui"
)

// mostWeight is how many bytes the first page that somebody opens may take on its way to
// them, with everything it loads but the fonts, which come later and are kept.
const mostWeight = 100_000

var loads = regexp.MustCompile(`<(?:link rel="(?:stylesheet|icon)" href|script src|img [^>]*src)="([^"]+)"`)

// weigh fetches an address as a browser does and gives the bytes on the way, and the
// answer unpacked.
func weigh(t *testing.T, b *browser, path string) (bytes int, encoding string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.town.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip") // named, so that the client does not unpack
	resp, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %d, %v", path, resp.StatusCode, err)
	}
	return len(body), resp.Header.Get("Content-Encoding")
}

// The first page is light wherever somebody comes in, and what is the same for everybody
// comes packed; what is theirs alone does not, since packing would give secrets away.
func TestPagesAreLight(t *testing.T) {
	d, _ := desktest.SQLite(t)
	big := city()
	big.Tenant.Languages = languages(t)
	apply(t, d, big, county())
	town := serve(t, d)
	for path, want := range map[string]string{
		"/": "gzip", "/grossstadt/": "gzip", "/musterkreis/": "gzip", "/musterkreis/?q=perso": "gzip", "/musterkreis/times?service=ausweis": "gzip",
		"/musterkreis/times?service=ausweis&view=month": "gzip", "/musterkreis/links": "", "/musterkreis/choose?service=pass": "",
	} {
		b := town.browser(t)
		bytes, encoding := weigh(t, b, path)
		if encoding != want {
			t.Errorf("%s: got encoding %q, want %q", path, encoding, want)
		}
		checkWeight(t, b, path, bytes, b.get(path).want(http.StatusOK).body)
	}
	b := town.browser(t)
	b.get("/musterkreis/times?service=ausweis&site=rathaus&day=2026-07-08").want(http.StatusOK)
	b.post("/musterkreis/reserve", b.form("slot", "buergerbuero@"+wednesday)).want(http.StatusOK)
	checkWeight(t, b, "details", len(b.body), b.body)
	if got := b.header.Get("Content-Encoding"); got != "" {
		t.Errorf("details: packed as %q", got)
	}
}

// checkWeight adds what a page loads to its own bytes.
func checkWeight(t *testing.T, b *browser, name string, bytes int, page string) {
	t.Helper()
	parts := []string{fmt.Sprint("page ", bytes)}
	seen := []string{}
	for _, m := range loads.FindAllStringSubmatch(page, -1) {
		if strings.HasPrefix(m[1], "data:") || slices.Contains(seen, m[1]) {
			continue
		}
		seen = append(seen, m[1])
		n, _ := weigh(t, b, m[1])
		bytes += n
		parts = append(parts, fmt.Sprint(m[1][strings.LastIndex(m[1], "/")+1:], " ", n))
	}
	if len(seen) < 5 {
		t.Errorf("%s: loads %d files, which cannot be all", name, len(seen))
	}
	if bytes > mostWeight {
		t.Errorf("%s: %d bytes, want at most %d: %s", name, bytes, mostWeight, strings.Join(parts, ", "))
	}
	t.Logf("%s: %d bytes (%s)", name, bytes, strings.Join(parts, ", "))
}

// No stylesheet loads anything from another site.
func TestStylesAreOurs(t *testing.T) {
	sheets := 0
	err := fs.WalkDir(ui.Files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".css") {
			return err
		}
		sheets++
		css, err := fs.ReadFile(ui.Files, name)
		for _, f := range pagetest.CheckCSS(string(css)) {
			t.Errorf("%s: %s", name, f)
		}
		return err
	})
	if err != nil || sheets < 6 {
		t.Errorf("%d stylesheets, %v", sheets, err)
	}
}
