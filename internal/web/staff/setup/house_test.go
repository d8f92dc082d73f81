package setup_test

import (
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/staff/setup"
	"terminvergabe/ui"
)

const town = "musterstadt"

// house is the set-up's pages, where everybody is who the test says.
type house struct {
	*testing.T
	desk    *booking.Desk
	clock   *desktest.Clock
	part    *setup.Part
	handler http.Handler
	who     *agenda.Person
	lang    string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	d, c := desktest.SQLite(t)
	return houseOn(t, d, c)
}

func houseOn(t *testing.T, d *booking.Desk, c *desktest.Clock) *house {
	t.Helper()
	cat, pages := builttest.Pages(t)
	letters, err := mail.LoadTemplates(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, desk: d, clock: c, who: as(agenda.Admin, ""), lang: "de"}
	h.part = &setup.Part{Office: &office.Office{Pages: pages, Recognise: h.recognise}, Desk: d, Accounts: &auth.Accounts{Store: d.Store, Passwords: auth.NewPasswords(0)},
		Links: booking.Links{Base: "https://termine.example"}, Letters: letters, Catalogue: cat}
	h.part.Write = (&jobs.Runner{Desk: d, Templates: letters, Catalogue: cat, Links: h.part.Links, Log: slog.New(slog.DiscardHandler)}).Preview
	r := route.NewTable()
	h.part.Mount(r)
	r.GetBelow("/static/", route.Files(), pages.Static(http.NotFoundHandler()))
	h.handler = pages.Guard(r, h.part.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

func as(role agenda.Role, department string) *agenda.Person {
	return &agenda.Person{Tenant: town, ID: "ich", Name: "Uwe Muster", Role: role, Department: department}
}

func (h *house) setup() *agenda.Setup {
	h.Helper()
	s, err := h.desk.Setup(h.Context(), h.who.Tenant)
	if err != nil {
		h.Fatal(err)
	}
	return s
}

// reply is what came back, with its page checked.
type reply struct {
	*house
	*httptest.ResponseRecorder
}

func (h *house) send(r *http.Request) reply {
	h.Helper()
	r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
	r.AddCookie(&http.Cookie{Name: "lang", Value: h.lang})
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		h.Errorf("%s %s: got %d", r.Method, r.URL, w.Code)
	}
	own := w.Header().Get("Content-Security-Policy") == mail.PreviewPolicy // a letter has styles of its own
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther && !own {
		for _, fault := range pagetest.CheckHTML(w.Body.String()) {
			h.Errorf("%s %s: %s", r.Method, r.URL, fault)
		}
	}
	return reply{h, w}
}

func (h *house) get(path string) reply {
	h.Helper()
	return h.send(httptest.NewRequest(http.MethodGet, path, nil))
}

func (h *house) post(path string, form url.Values) reply {
	h.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.send(r)
}

// want checks status and what the page says; a text beginning with "!" must not be
// there.
func (a reply) want(status int, texts ...string) reply {
	a.Helper()
	if a.Code != status {
		a.Errorf("got status %d, want %d: %s", a.Code, status, a.main())
	}
	body := html.UnescapeString(a.Body.String())
	for _, text := range texts {
		not, negated := strings.CutPrefix(text, "!")
		if strings.Contains(body, not) == negated {
			a.Errorf("%q: got it %v in %s", text, negated, a.main())
		}
	}
	return a
}

func (a reply) main() string {
	_, after, _ := strings.Cut(a.Body.String(), "<main")
	return regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(after, " "), " ")
}

// to demands a redirect and follows it.
func (a reply) to(want string) reply {
	a.Helper()
	got := a.Header().Get("Location")
	if a.Code != http.StatusSeeOther || !strings.HasPrefix(got, want) {
		a.Fatalf("got %d to %q, want 303 to %q: %s", a.Code, got, want, a.main())
	}
	path, _, _ := strings.Cut(got, "#")
	return a.get(path)
}

var (
	formTag   = regexp.MustCompile(`(?s)<form class="setup-form".*?</form>`)
	fieldTag  = regexp.MustCompile(`(?s)<input ([^>]*)>|<textarea ([^>]*)>\n?(.*?)</textarea>|<select ([^>]*)>(.*?)</select>`)
	optionTag = regexp.MustCompile(`<option value="([^"]*)"[^>]*?( selected)?>`)
)

func attribute(tag, name string) string {
	m := regexp.MustCompile(`(?:^|\s)` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// form is what a browser would send if the page's form were sent as it is, with some
// fields changed.
func (a reply) form(pairs ...string) url.Values {
	a.Helper()
	text := formTag.FindString(a.Body.String())
	if text == "" {
		a.Fatalf("there is no form: %s", a.main())
	}
	v := url.Values{}
	for _, m := range fieldTag.FindAllStringSubmatch(text, -1) {
		switch {
		case m[1] != "":
			kind := attribute(m[1], "type")
			checked := regexp.MustCompile(`\schecked(\s|$)`).MatchString(m[1])
			if kind == "file" || (kind == "checkbox" || kind == "radio") && !checked {
				continue
			}
			v.Add(attribute(m[1], "name"), attribute(m[1], "value"))
		case m[2] != "":
			v.Add(attribute(m[2], "name"), strings.ReplaceAll(html.UnescapeString(m[3]), "\n", "\r\n"))
		default:
			name, value, options := attribute(m[4], "name"), "", optionTag.FindAllStringSubmatch(m[5], -1)
			if len(options) > 0 {
				value = options[0][1]
			}
			for _, o := range options {
				if o[2] != "" {
					value = o[1]
				}
			}
			v.Add(name, html.UnescapeString(value))
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
			continue
		}
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}
