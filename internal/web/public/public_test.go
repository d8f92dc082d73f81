package public_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/public"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// town is a site with the real pages, as it is served.
type town struct {
	url    string
	cat    *i18n.Catalogue
	client *http.Client // what speaks to it
}

// realPages are parsed once for all tests: it takes longer than most of them.
var realPages = sync.OnceValues(func() (*i18n.Catalogue, *page.Pages) {
	cat, err := i18n.Load(ui.Files)
	if err != nil {
		panic(err)
	}
	pages, err := page.New(ui.Files, cat, page.Options{})
	if err != nil {
		panic(err)
	}
	return cat, pages
})

func serve(t testing.TB, d *booking.Desk) town {
	t.Helper()
	return serveAs(t, d, "http://termine.example", httptest.NewServer)
}

func serveAs(t testing.TB, d *booking.Desk, base string, start func(http.Handler) *httptest.Server) town {
	t.Helper()
	cat, pages := realPages()
	frame := func(r *http.Request) page.Frame { return pages.Frame(r, nil) }
	h := page.Handlers{Pages: pages, Frame: frame}
	r := route.NewTable()
	r.GetBelow("/static/", route.Files(), pages.Static(h.Always(page.Missing(nil))))
	words, err := match.LoadThesaurus(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	site := public.Site{Desk: d, Pages: pages, Links: booking.Links{Base: base}, Words: words}
	site.Mount(r)
	r.Missing(h.Always(page.Missing(nil)))
	server := start(pages.Guard(r, h.Always(&page.Error{Status: http.StatusForbidden})))
	t.Cleanup(server.Close)
	return town{server.URL, cat, server.Client()}
}

// browser is a visitor: cookies, and the page that was last seen.
type browser struct {
	t      testing.TB
	town   town
	client *http.Client
	lang   string
	path   string // of the last page
	status int
	body   string
	header http.Header
}

func (w town) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, town: w, lang: "de", client: &http.Client{Jar: jar, Transport: w.client.Transport}}
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.town.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, v url.Values) *browser {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.town.url+path, strings.NewReader(v.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) do(r *http.Request) *browser {
	b.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	b.status, b.body = 0, ""
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Error(err) // not Fatal: browsers run side by side
		return b
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Error(err)
		return b
	}
	b.status, b.body, b.header, b.path = resp.StatusCode, string(body), resp.Header, resp.Request.URL.RequestURI()
	if strings.HasPrefix(b.header.Get("Content-Type"), "text/html") {
		for _, fault := range pagetest.CheckHTML(b.body) {
			b.t.Errorf("%s %s: %s", r.Method, b.path, fault)
		}
		if i := strings.Index(b.body, "[public."); i >= 0 {
			b.t.Errorf("%s: a text is missing: %.60s", b.path, b.body[i:])
		}
	}
	return b
}

// want checks the status, and texts on the page; one that begins with ! must not
// be there.
func (b *browser) want(status int, texts ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Fatalf("%s: got status %d, want %d\n%s", b.path, b.status, status, main(b.body))
	}
	for _, text := range texts {
		not := strings.HasPrefix(text, "!")
		if text = strings.TrimPrefix(text, "!"); strings.Contains(b.body, text) == not {
			b.t.Errorf("%s: %q on the page: %v, want %v\n%s", b.path, text, !not == false, !not, main(b.body))
		}
	}
	return b
}

// main is the page without what stands around it, for people who read failures.
func main(body string) string {
	if i, j := strings.Index(body, "<main"), strings.Index(body, "</main>"); i >= 0 && j > i {
		return body[i:j]
	}
	return body
}

var (
	hiddenForm = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	slotForm   = regexp.MustCompile(`name="slot" value="([^"]*)"`)
	linkForm   = regexp.MustCompile(`href="([^"]*)"`)
)

// form is what the hidden fields of the page's POST form carry, with more typed in.
func (b *browser) form(pairs ...string) url.Values {
	v := url.Values{}
	_, in, _ := strings.Cut(b.body, `method="post"`)
	in, _, _ = strings.Cut(in, "</form>")
	for _, m := range hiddenForm.FindAllStringSubmatch(in, -1) {
		v.Add(unescape(m[1]), unescape(m[2]))
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// lastForm is what the hidden fields of the page's last form carry.
func (b *browser) lastForm() url.Values {
	v := url.Values{}
	for _, m := range hiddenForm.FindAllStringSubmatch(b.body[strings.LastIndex(b.body, "<form"):], -1) {
		v.Add(unescape(m[1]), unescape(m[2]))
	}
	return v
}

// slots are the times that can be pressed.
func (b *browser) slots() (list []string) {
	for _, m := range slotForm.FindAllStringSubmatch(b.body, -1) {
		list = append(list, unescape(m[1]))
	}
	return list
}

// links are the addresses on the page that contain a text.
func (b *browser) links(with string) (list []string) {
	for _, m := range linkForm.FindAllStringSubmatch(main(b.body), -1) {
		if href := unescape(m[1]); strings.Contains(href, with) {
			list = append(list, href)
		}
	}
	return list
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">").Replace(s)
}
