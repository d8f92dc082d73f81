package page

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/ui"
)

// overlay adds the pages of testdata to the real files.
type overlay struct{ fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if f, err := o.FS.Open(name); err == nil && name != "." {
		return f, nil
	}
	return os.DirFS("testdata").Open(name)
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	base, err := fs.ReadDir(o.FS, name)
	extra, extraErr := os.ReadDir(filepath.Join("testdata", name))
	if err != nil && extraErr != nil {
		return nil, err
	}
	return append(base, extra...), nil
}

func newPages(t testing.TB) (*Pages, *i18n.Catalogue) {
	t.Helper()
	cat, err := i18n.Load(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(overlay{ui.Files}, cat, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p, cat
}

func get(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }

// TestComponents renders every component in every state, language and layout.
// With SHOTS=dir it also writes the pages there, to be looked at.
func TestComponents(t *testing.T) {
	p, cat := newPages(t)
	for _, lang := range cat.Languages() {
		for name, data := range galleries(p, lang) {
			if data.Staff != nil && !slices.Contains(cat.OfficeLanguages(), lang) {
				continue
			}
			t.Run(lang+"/"+name, func(t *testing.T) {
				w := httptest.NewRecorder()
				if err := p.Render(w, get("/"), http.StatusOK, "test/gallery", data); err != nil {
					t.Fatal(err)
				}
				body := w.Body.String()
				for _, fault := range pagetest.CheckHTML(body) {
					t.Error(fault)
				}
				if !strings.Contains(body, `<html lang="`+lang+`" dir="`+map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]+`">`) {
					t.Error("the page does not name its language")
				}
				if dir := os.Getenv("SHOTS"); dir != "" {
					body = strings.ReplaceAll(body, staticPrefix+p.static.hash, "static")
					if err := os.WriteFile(filepath.Join(dir, lang+"-"+name+".html"), []byte(body), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
	if missing := cat.Missing(); len(missing) > 0 {
		t.Errorf("texts missing: %v", missing)
	}
}

func TestNames(t *testing.T) {
	p, _ := newPages(t)
	names := strings.Join(p.Names(), " ")
	for _, want := range []string{"layout/page/error", "test/gallery"} {
		if !strings.Contains(names, want) {
			t.Errorf("no page %s in %s", want, names)
		}
	}
}

func TestRenderLeavesNothingHalf(t *testing.T) {
	p, _ := newPages(t)
	f := p.Frame(get("/"), nil)
	w := httptest.NewRecorder()
	// The frame alone lacks what the gallery needs: it fails in the middle.
	if err := p.Render(w, get("/"), http.StatusOK, "test/gallery", f); err == nil {
		t.Fatal("rendering without the data succeeded")
	}
	if w.Body.Len() > 0 || w.Header().Get("Content-Type") != "" {
		t.Errorf("something was sent: %q", w.Body)
	}
	if err := p.Render(w, get("/"), http.StatusOK, "no/such", f); err == nil {
		t.Error("a page that does not exist was rendered")
	}
	f.Lang = "xx"
	if err := p.Render(w, get("/"), http.StatusOK, "test/gallery", f); err == nil {
		t.Error("a language that does not exist was rendered")
	}
}

func TestLanguageChoice(t *testing.T) {
	p, _ := newPages(t)
	both, german := &Tenant{Languages: []string{"de", "en"}}, &Tenant{Languages: []string{"de"}}
	for _, c := range []struct {
		name, target, cookie, accept string
		tenant                       *Tenant
		want                         string
	}{
		{"nothing said", "/", "", "", both, "de"},
		{"browser", "/", "", "en-GB,en;q=0.8", both, "en"},
		{"browser, not offered", "/", "", "en", german, "de"},
		{"cookie over browser", "/", "de", "en", both, "de"},
		{"link over cookie", "/?lang=en", "de", "de", both, "en"},
		{"link, not offered", "/?lang=en", "", "", german, "de"},
		{"nonsense", "/?lang=%00%ff", "zz", "zz;q=x", both, "de"},
		{"portal", "/?lang=en", "", "", nil, "en"},
		{"tenant's languages unknown", "/", "", "", &Tenant{Languages: []string{"tlh"}}, "de"},
	} {
		r := get(c.target)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: langParam, Value: c.cookie})
		}
		if got := p.Frame(r, c.tenant).Lang; got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	f := p.Frame(get("/a/b?x=1"), both)
	// It repeated the path: "not found" was another page for each wrong secret.
	if got, want := f.Languages[1].Href, "?lang=en&x=1"; got != want {
		t.Errorf("switch: got %s, want %s", got, want)
	}
}

// TestErrorPages asks for every error page in every language; long by its
// table of them.
func TestErrorPages(t *testing.T) {
	p, cat := newPages(t)
	sentinel := errors.New("taken")
	h := Handlers{
		Pages: p,
		Frame: func(r *http.Request) Frame { return p.Frame(r, exampleTenant()) },
		Explain: func(err error) *Error {
			if errors.Is(err, sentinel) {
				return &Error{Status: http.StatusConflict}
			}
			return nil
		},
	}
	for _, c := range []struct {
		err  error
		want int
	}{
		{Missing(nil), 404},
		{sentinel, 409},
		{errors.New("secret detail"), 500},
		{agenda.ErrUnavailable, 503}, {fmt.Errorf("waiting: %w", agenda.ErrOverloaded), 503},
		{&Error{Status: 418}, 418},
		{&Error{Status: 502}, 502},
		{&Error{Status: 429}, 429}, {&Error{Status: 400}, 400}, {&Error{Status: 401}, 401}, {&Error{Status: 403}, 403},
		{&Error{Status: 405}, 405}, {&Error{Status: 410}, 410}, {&Error{Status: 413}, 413}, {&Error{Status: 503}, 503},
	} {
		for _, lang := range cat.Languages() {
			w := httptest.NewRecorder()
			h.Do(func(http.ResponseWriter, *http.Request) error { return c.err }).ServeHTTP(w, get("/x?lang="+lang))
			if w.Code != c.want {
				t.Errorf("%v: got %d, want %d", c.err, w.Code, c.want)
			}
			if after := w.Header().Get("Retry-After"); (c.want == 503) != (after == "1") {
				t.Errorf("%v: got Retry-After %q", c.err, after)
			}
			body := w.Body.String()
			if strings.Contains(body, "secret") || !strings.Contains(body, "05551") {
				t.Errorf("%v: the page shows the error or hides the phone", c.err)
			}
			for _, fault := range pagetest.CheckHTML(body) {
				t.Errorf("%v: %s", c.err, fault)
			}
		}
	}
	w := httptest.NewRecorder()
	h.Do(func(http.ResponseWriter, *http.Request) error { panic("oops") }).ServeHTTP(w, get("/"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "oops") {
		t.Errorf("panic: got %d %s", w.Code, w.Body)
	}
	if missing := cat.Missing(); len(missing) > 0 {
		t.Errorf("texts missing: %v", missing)
	}
}

func TestMonth(t *testing.T) {
	p, _ := newPages(t)
	for _, c := range []struct {
		year  int
		month time.Month
		weeks int
		days  int
		first int // column of the 1st
	}{
		{2026, time.February, 5, 28, 6},
		{2027, time.February, 4, 28, 0},
		{2028, time.February, 5, 29, 1},
		{2026, time.August, 6, 31, 5},
		{2026, time.December, 5, 31, 1},
	} {
		days := 0
		m := NewMonth(p.catalogue.Printer("de"), c.year, c.month, func(d *MonthDay) {
			days++
			if y, mo, day := d.Date.Civil(); y != c.year || mo != c.month || day != d.Day || day != days {
				t.Errorf("%d-%d: day %d is %v", c.year, c.month, d.Day, d.Date)
			}
		})
		if len(m.Weeks) != c.weeks || days != c.days || m.Weeks[0][c.first].Day != 1 {
			t.Errorf("%d-%d: got %d weeks and %d days, want %d and %d", c.year, c.month, len(m.Weeks), days, c.weeks, c.days)
		}
		if got, want := m.Weekdays[0].Long, "Montag"; got != want {
			t.Errorf("first column: got %s, want %s", got, want)
		}
	}
}

func TestTextFunctions(t *testing.T) {
	for _, c := range []struct {
		text agenda.Text
		lang string
		want string
	}{
		{agenda.Text{"de": "Ausweis", "en": "Card"}, "en", "Card"},
		{agenda.Text{"de": "Aus<weis"}, "en", `<span lang="de" dir="ltr">Aus&lt;weis</span>`},
		{agenda.Plain("Ausweis"), "de", "Ausweis"},
		{agenda.Plain("Ausweis"), "en", `<span lang="de" dir="ltr">Ausweis</span>`},
		{agenda.Text{"ar": "x", `"><b>`: ""}, "de", `<span lang="ar" dir="rtl">x</span>`},
		{nil, "de", ""},
	} {
		if got := string(textHTML(c.text, c.lang)); got != c.want {
			t.Errorf("%v in %s: got %s, want %s", c.text, c.lang, got, c.want)
		}
	}
	for lang, want := range map[string]string{"de": "05551 708-0", "ar": `<bdi dir="ltr">05551 708-0</bdi>`} {
		if got := string(fromTheLeft("05551 708-0", lang)); got != want {
			t.Errorf("a number in %s: got %s, want %s", lang, got, want)
		}
	}
	for in, want := range map[string]string{"05551 708-0": "tel:055517080", "+49 (0)5551 / 708": "tel:+495551708", "": "tel:"} {
		if got := string(telephone(in)); got != want {
			t.Errorf("telephone %q: got %s, want %s", in, got, want)
		}
	}
}

func TestCookieName(t *testing.T) {
	for _, c := range []struct {
		secure, whole bool
		want          string
	}{{false, false, "x"}, {false, true, "x"}, {true, false, "__Secure-x"}, {true, true, "__Host-x"}} {
		if got := CookieName("x", c.secure, c.whole); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}
