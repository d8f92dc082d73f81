// Package page turns templates and data into whole HTML pages: the layouts and
// components every page shares, forms, errors as pages, security headers and
// the static files. It knows no store, no booking rule and no route; whoever
// handles a request hands it a Frame (what stands around the page) and data.
//
// Start reading at Pages.Render, then Frame (frame.go), Handlers (errors.go)
// and Form (form.go). The components and their data are in parts.go, the
// templates in ui/layout.
package page

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/keep"
)

// Options are what a page cannot know from its request.
type Options struct {
	Secure bool         // the site is reached by https: Secure cookies, HSTS
	Log    *slog.Logger // nil: slog.Default
}

// Pages holds every page in every language. It is safe for concurrent use.
type Pages struct {
	// CaughtMail is where a demo shows the letters that it does not send; every page
	// leads there. Set before the first request, "" elsewhere.
	CaughtMail string

	catalogue *i18n.Catalogue
	languages []string
	office    []string                    // of them those of the back office
	sets      map[string]map[string]built // language -> page name
	static    *static
	kept      keep.Map[*Rendered]
	packers   sync.Pool // each takes about a megabyte
	secure    bool
	log       *slog.Logger
}

// New parses the templates of files and indexes its static folder. The shared
// definitions are layout/*.html; every other .html file below a folder but
// mail, locale and static is a page, named by its path without the ending
// ("public/slots"). A file parts.html is shared by the pages of its own folder.
func New(files fs.FS, catalogue *i18n.Catalogue, o Options) (*Pages, error) {
	p := &Pages{
		catalogue: catalogue,
		languages: catalogue.Languages(),
		office:    catalogue.OfficeLanguages(),
		sets:      map[string]map[string]built{},
		kept:      keep.Map[*Rendered]{Most: keptBytes},
		secure:    o.Secure,
		log:       o.Log,
	}
	if p.log == nil {
		p.log = slog.Default()
	}
	var err error
	if p.static, err = newStatic(files); err != nil {
		return nil, err
	}
	src, err := readSources(files)
	if err != nil {
		return nil, err
	}
	pages, err := src.parse(p.funcs(catalogue.Printer(p.office[0])))
	if err != nil {
		return nil, err
	}
	for _, lang := range p.languages {
		p.sets[lang] = builders(pages, p.funcs(catalogue.Printer(lang)), slices.Contains(p.office, lang))
	}
	return p, nil
}

// Names lists the pages, sorted.
func (p *Pages) Names() []string {
	return slices.Sorted(maps.Keys(p.sets[p.office[0]]))
}

// Layered is page data: a struct that embeds Frame.
type Layered interface{ Layout() Frame }

// Render answers with the named page in the language of the data's frame. It
// renders into a buffer first: an error leaves nothing sent, so the caller can
// still answer with an error page. A client that went away is not an error.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, status int, name string, data Layered) error {
	var buf bytes.Buffer
	if err := p.render(&buf, name, data); err != nil {
		return err
	}
	if data.Layout().Search != nil && status == http.StatusOK {
		w.Header().Del(robotsHeader)
	}
	if f := data.Layout(); f.Open {
		sendOpen(w, r, status, f.Lang, &Rendered{buf.Bytes(), p.packed(buf.Bytes())})
	} else {
		send(w, r, status, f.Lang, buf.Bytes())
	}
	return nil
}

func send(w http.ResponseWriter, r *http.Request, status int, lang string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func (p *Pages) render(buf *bytes.Buffer, name string, data Layered) error {
	lang := data.Layout().Lang
	set, ok := p.sets[lang]
	if !ok {
		return fmt.Errorf("page: render %s: no texts in language %q", name, lang)
	}
	build, ok := set[name]
	if !ok {
		return fmt.Errorf("page: render %s: there is no such page", name)
	}
	t, err := build()
	if err != nil {
		return err
	}
	if err := t.Execute(buf, data); err != nil {
		return fmt.Errorf("page: render %s in %s: %w", name, lang, err)
	}
	return nil
}
