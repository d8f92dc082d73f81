package page

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/ui"
)

// site is a small site as the real one is put together.
func site(t *testing.T, o Options) http.Handler {
	t.Helper()
	cat, err := i18n.Load(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(overlay{ui.Files}, cat, o)
	if err != nil {
		t.Fatal(err)
	}
	h := Handlers{Pages: p, Frame: func(r *http.Request) Frame { return p.Frame(r, nil) }}
	r := mux.NewRouter()
	r.Handle("/form", h.Do(func(w http.ResponseWriter, r *http.Request) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	})).Methods(http.MethodPost)
	r.Handle("/manage/{secret}", h.Do(func(http.ResponseWriter, *http.Request) error { return errors.New("broken") }))
	r.NotFoundHandler = h.Always(Missing(nil))
	r.MethodNotAllowedHandler = h.Always(&Error{Status: http.StatusMethodNotAllowed})
	r.PathPrefix(staticPrefix).Handler(p.Static(r.NotFoundHandler))
	return p.Guard(r, h.Always(&Error{Status: http.StatusForbidden}))
}

func TestGuardCoversEveryAnswer(t *testing.T) {
	s := site(t, Options{})
	for _, c := range []struct {
		name   string
		req    *http.Request
		origin string
		want   int
	}{
		{"missing", get("/nowhere"), "", 404},
		{"wrong method", get("/form"), "", 405},
		{"own form", post("a=1"), "http://example.com", 404},
		{"missing file", get("/static/x/none.css"), "", 404},
		{"broken", get("/manage/s3cret"), "", 500},
	} {
		w := httptest.NewRecorder()
		if c.origin != "" {
			c.req.Header.Set("Origin", c.origin)
		}
		s.ServeHTTP(w, c.req)
		if w.Code != c.want {
			t.Errorf("%s: got %d, want %d", c.name, w.Code, c.want)
		}
		for header, want := range map[string]string{"Content-Security-Policy": policy, "Cache-Control": "no-store",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Strict-Transport-Security": ""} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s: got %q, want %q", c.name, header, got, want)
			}
		}
		if !strings.Contains(w.Body.String(), "<h1>") {
			t.Errorf("%s: no page", c.name)
		}
	}
}

func TestGuardRefusesForeignForms(t *testing.T) {
	s := site(t, Options{Secure: true})
	send := func(header, value string) int {
		r := httptest.NewRequest(http.MethodPost, "/form", strings.NewReader("a=1"))
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Header().Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS on a secure site")
		}
		return w.Code
	}
	for _, c := range []struct {
		header, value string
		want          int
	}{
		{"Sec-Fetch-Site", "same-origin", 204}, {"Sec-Fetch-Site", "none", 204}, {"Sec-Fetch-Site", "cross-site", 403},
		{"Origin", "http://example.com", 204}, {"Origin", "https://evil.example", 403}, {"Origin", "null", 403}, {"Accept", "*/*", 204},
	} {
		if got := send(c.header, c.value); got != c.want {
			t.Errorf("%s %s: got %d, want %d", c.header, c.value, got, c.want)
		}
	}
}

func TestLanguageIsRemembered(t *testing.T) {
	s := site(t, Options{Secure: true})
	cookies := func(target string) string {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, get(target))
		return w.Header().Get("Set-Cookie")
	}
	if got, want := cookies("/nowhere?lang=en"), "__Host-lang=en; Path=/; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, target := range []string{"/nowhere", "/nowhere?lang=xx", "/nowhere?lang=%0d%0aSet-Cookie:x"} {
		if got := cookies(target); got != "" {
			t.Errorf("%s: got cookie %q", target, got)
		}
	}
}

// Addresses hold secrets and query strings what people typed: the log names the
// route.
func TestLogHasNoSecrets(t *testing.T) {
	var buf bytes.Buffer
	s := site(t, Options{Log: slog.New(slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	s.ServeHTTP(httptest.NewRecorder(), get("/manage/s3cret?name=Erika"))
	if got := buf.String(); strings.Contains(got, "s3cret") || strings.Contains(got, "Erika") || !strings.Contains(got, "/manage/{secret}") {
		t.Errorf("log: %s", got)
	}
}

func TestStatic(t *testing.T) {
	p, _ := newPages(t)
	s := site(t, Options{})
	url, err := p.static.url("app.css")
	if err != nil {
		t.Fatal(err)
	}
	r := get(url)
	r.Header.Set("Accept-Encoding", "br, gzip;q=0.5")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	css, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(css), "--brand") {
		t.Fatalf("app.css: %v", err)
	}
	if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control: got %q", got)
	}
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	w = httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("known version: got %d, want 304", w.Code)
	}
	r = get("/static/0000/app.css")
	r.Header.Set("Accept-Encoding", "gzip;q=0")
	w = httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 200 || w.Header().Get("Content-Encoding") != "" || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("another version: got %d %v", w.Code, w.Header())
	}
	if _, err := p.static.url("none.css"); err == nil {
		t.Error("an address for a file that does not exist")
	}
}

// What the stylesheets ask for must be there, and nothing from elsewhere.
func TestStylesheetAddresses(t *testing.T) {
	p, _ := newPages(t)
	ref := regexp.MustCompile(`url\("?([^")]+)|@import`)
	for name, f := range p.static.files {
		if !strings.HasSuffix(name, ".css") {
			continue
		}
		for _, m := range ref.FindAllSubmatch(f.data, -1) {
			to := string(m[1])
			if _, ok := p.static.files["fonts/"+to]; !ok && !strings.HasPrefix(to, "data:image/svg+xml") {
				t.Errorf("%s: %q is not among the static files", name, to)
			}
		}
	}
}

func TestBrand(t *testing.T) {
	for _, bad := range []string{"", "red", "#fff", "#12345g", "#0000000", "#003f7d;}body{", "003f7d#"} {
		if _, err := BrandCSS(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	white, dark := rgb{255, 255, 255}, rgb{19, 21, 37}
	for _, colour := range []string{"#003f7d", "#ffff00", "#ffffff", "#000000", "#e2001a", "#808080", "#00ff00"} {
		css, err := BrandCSS(colour)
		if err != nil {
			t.Fatal(err)
		}
		c := regexp.MustCompile(`#[0-9a-f]{6}`).FindAllString(css, -1)
		if len(c) != 4 || c[0] != colour {
			t.Fatalf("%s: %s", colour, css)
		}
		col := func(i int) rgb { v, _ := parseColour(c[i]); return v }
		if contrast(col(0), col(1)) < 4.5 || contrast(col(2), white) < 4.5 || contrast(col(3), dark) < 4.5 {
			t.Errorf("%s: too little contrast in %s", colour, css)
		}
	}
	w := httptest.NewRecorder()
	ServeBrand(w, get("/x/brand.css"), "nonsense")
	if w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("nonsense: got %d %q", w.Code, w.Body)
	}
	if BrandURL("/a/", "#000000") == BrandURL("/a/", "#000001") {
		t.Error("the address does not change with the colour")
	}
}

func TestHTMLCheckFinds(t *testing.T) {
	const frame = `<main><h1>x</h1>%</main>`
	if faults := pagetest.CheckHTML(strings.Replace(frame, "%", `<p>fine</p>`, 1)); len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, bad := range []string{`<p><b>x</p></b>`, `<p>`, `<i id="a"></i><b id="a"></b>`, `<input id="a">`, `<a href="#no">x</a>`, `<p style="x">x</p>`,
		`<script>x</script>`, `<p><div>x</div></p>`, `<a href="/"><button>x</button></a>`, `<img src="x">`, `a < b`, `<h1>x</h1>`, `<p class=x>x</p>`, `[layout.x]`} {
		if len(pagetest.CheckHTML(strings.Replace(frame, "%", bad, 1))) == 0 {
			t.Errorf("nothing found in %s", bad)
		}
	}
}
