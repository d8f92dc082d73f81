package docs

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/handbook"
	"terminvergabe/internal/inventory"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/ui"
)

// house is the documents as somebody sees them who works in Musterstadt.
type house struct {
	*testing.T
	library *handbook.Library
	lang    string
	handler http.Handler
}

func newHouse(t *testing.T) *house {
	t.Helper()
	cat, pages := builttest.Pages(t)
	h := &house{T: t, lang: "de"}
	written := handbook.Generated{
		"routen":        func() string { return route.Document(nil) },
		inventory.Topic: func() string { return inventory.Document(agenda.Retention{BookingDays: 2}) },
	}
	var err error
	if h.library, err = handbook.Open(ui.Files, written, map[string][]byte{"config.example.yaml": []byte("x: y\n")}); err != nil {
		t.Fatal(err)
	}
	desk, clock := desktest.SQLite(t)
	setup, err := desk.Setup(t.Context(), "musterstadt")
	if err != nil {
		t.Fatal(err)
	}
	person := &agenda.Person{Tenant: "musterstadt", ID: "somebody", Name: "Uwe Muster", Role: agenda.Reception}
	o := &office.Office{Pages: pages, Recognise: func(context.Context, string) (office.Known, error) {
		return office.Known{Person: person, Setup: setup, Now: clock.Now()}, nil
	}}
	r := route.NewTable()
	(&Part{Office: o, Library: h.library}).Mount(r)
	r.GetBelow("/static/", route.Files(), pages.Static(http.NotFoundHandler()))
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

// get asks for an address and wants a status; pages have to be sound.
func (h *house) get(path string, status int) *httptest.ResponseRecorder {
	h.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
	r.AddCookie(&http.Cookie{Name: "lang", Value: h.lang})
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code != status {
		h.Fatalf("%s: got %d, want %d", path, w.Code, status)
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && status < 300 || status == 404 {
		if faults := pagetest.CheckHTML(w.Body.String()); len(faults) > 0 {
			h.Errorf("%s: %q", path, faults)
		}
	}
	return w
}

// TestStates keeps every document and the search in its states for the accessibility run.
func TestStates(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		h := newHouse(t)
		h.lang = lang
		keep := func(name, path string) { pagetest.Keep(t, "docs-"+name+"-"+lang, h.get(path, 200).Body.String()) }
		keep("contents", handbook.Home)
		keep("found", handbook.Home+"?q=termin")
		keep("none", handbook.Home+"?q="+url.QueryEscape(strings.Repeat("Donaudampfschifffahrt", 4)))
		for _, topic := range h.library.Topics() {
			if topic.Name != handbook.Start {
				keep(topic.Name, handbook.Home+"/"+topic.Name)
			}
		}
	}
}

// Every link on every page of the documents leads somewhere, and pictures and files are
// there: also by the addresses that pages really use.
func TestLinksLeadSomewhere(t *testing.T) {
	h := newHouse(t)
	seen := map[string]bool{}
	for next := []string{handbook.Home}; len(next) > 0; next = next[1:] {
		if seen[next[0]] {
			continue
		}
		seen[next[0]] = true
		w := h.get(next[0], 200)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		_, main, _ := strings.Cut(w.Body.String(), "<main")
		for _, attr := range []string{`href="`, `src="`} {
			for _, part := range strings.Split(main, attr)[1:] {
				to, _, _ := strings.Cut(part, `"`)
				to, _, _ = strings.Cut(html.UnescapeString(to), "#")
				if strings.HasPrefix(to, handbook.Home) {
					next = append(next, to)
				}
			}
		}
	}
	if len(seen) < len(h.library.Topics())+len(h.library.Pictures()) {
		t.Errorf("only %d pages and pictures were reached of %d documents", len(seen), len(h.library.Topics()))
	}
}

// What the handbook says about a page of the back office is there.
func TestHelpLeadsToAHeading(t *testing.T) {
	h := newHouse(t)
	for _, path := range office.HelpedPaths() {
		to, anchor, _ := strings.Cut(office.Help(path), "#")
		body := h.get(to, 200).Body.String()
		if anchor != "" && !strings.Contains(body, ` id="`+anchor+`"`) {
			t.Errorf("%s: there is no heading %s#%s", path, to, anchor)
		}
	}
	if got, want := office.Help("/staff/nirgends"), office.Help("/staff"); got != want {
		t.Errorf("a page that nobody explains: got %s, want %s", got, want)
	}
}

func TestSearch(t *testing.T) {
	h := newHouse(t)
	files := []string{}
	for _, topic := range h.library.Topics() {
		files = append(files, topic.Name)
	}
	if !slices.Contains(files, "stoerungen") {
		t.Fatalf("got %q", files)
	}
	p := &Part{Library: h.library}
	for _, typed := range []string{"störung", "STOERUNG", "Störungen"} {
		hits, _, err := p.search(typed)
		if err != nil || len(hits) == 0 || !strings.Contains(hits[0].Href+hits[0].Title, "töru") && !strings.Contains(hits[0].Href, "stoerungen") {
			t.Errorf("%s: got %v, %v", typed, hits, err)
		}
	}
	if hits, _, err := p.search("störung zirkuszelt"); err != nil || len(hits) != 0 {
		t.Errorf("a word that is nowhere: got %v, %v", hits, err)
	}
	var x hit
	x.excerpt("eins zwei drei Fünf sechs", "fuenf")
	if x.Before != "eins zwei drei" || x.Found != "Fünf" || x.After != "sechs" {
		t.Errorf("the excerpt: got %+v", x)
	}
	if body := h.get(handbook.Home+"?q=%3Cscript%3E", 200).Body.String(); strings.Contains(body, "<script>") {
		t.Error("what was typed is shown as HTML")
	}
}

func TestFilesAndOldAddresses(t *testing.T) {
	h := newHouse(t)
	w := h.get(handbook.Home+"/samples/config.example.yaml", 200)
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="config.example.yaml"` || w.Body.String() != "x: y\n" {
		t.Errorf("a file to copy: got %s, %q", got, w.Body)
	}
	for path, to := range map[string]string{"/docs": handbook.Home, handbook.Home + "/start": handbook.Home} {
		if got := h.get(path, 303).Header().Get("Location"); got != to {
			t.Errorf("%s leads to %s, want %s", path, got, to)
		}
	}
	for _, path := range []string{"/nirgends", "/pictures/x.png", "/samples/x"} {
		if body := h.get(handbook.Home+path, 404).Body.String(); !strings.Contains(body, "Diese Seite der Hilfe gibt es nicht") {
			t.Errorf("%s: no word about what is missing", path)
		}
	}
}
