// Package docs shows the documents that come along with the program in the back office:
// contents, search, each document, pictures and files to copy. It knows no document;
// handbook reads them, and which page of the back office is explained where stands in
// office.Help.
//
// Start reading at Part.
package docs

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/handbook"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the documents. Its fields are set once.
type Part struct {
	*office.Office
	Library *handbook.Library
}

// Routes are the part's routes. The documents hold no secrets: whoever is signed in reads
// all of them.
func (p *Part) Routes() []office.Route {
	return []office.Route{
		office.Get("/docs", office.SignedIn, p.short),
		office.Get(handbook.Home, office.SignedIn, p.contents),
		office.Get(handbook.Home+"/pictures/{picture}", office.SignedIn, p.picture),
		office.Get(handbook.Home+"/samples/{sample}", office.SignedIn, p.sample),
		office.Get(handbook.Home+"/{topic}", office.SignedIn, p.topic),
	}
}

// Mount registers the routes.
func (p *Part) Mount(t *route.Table) { p.Office.Mount(t, p.Routes()) }

// short is the address that people remember.
func (p *Part) short(w http.ResponseWriter, q *office.Request) error {
	http.Redirect(w, q.Request, handbook.Home, http.StatusSeeOther)
	return nil
}

// contentsPage is the list of all documents, or what a search found in them.
type contentsPage struct {
	page.Frame
	Query   page.Field
	Body    template.HTML
	Asked   bool
	Hits    []hit
	More    bool // there is more than is shown
	Samples []page.Link
}

// contents shows the page.
func (p *Part) contents(w http.ResponseWriter, q *office.Request) error {
	x := &contentsPage{Frame: p.Frame(q)}
	typed := strings.TrimSpace(q.URL.Query().Get("q"))
	x.Query = searchField(x.Frame, typed)
	var err error
	if x.Asked = typed != ""; x.Asked {
		if x.Hits, x.More, err = p.search(typed); err != nil {
			return err
		}
		return p.Pages.Render(w, q.Request, http.StatusOK, "staff/docs/contents", x)
	}
	start, err := p.Library.Topic(handbook.Start).Page()
	if err != nil {
		return err
	}
	x.Body = start.HTML
	for _, name := range p.Library.Samples() {
		x.Samples = append(x.Samples, page.Link{Label: name, Href: handbook.Home + "/samples/" + name})
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/docs/contents", x)
}

func searchField(f page.Frame, typed string) page.Field {
	return page.Field{Name: "q", Type: "search", Label: f.T("staff.docs.search"), Value: typed, Required: true, Max: 100}
}

// topicPage is one document.
type topicPage struct {
	page.Frame
	Title         string
	Query         page.Field
	Body          template.HTML
	Headings      []page.Link
	Before, After *page.Link
}

// topic shows a document.
func (p *Part) topic(w http.ResponseWriter, q *office.Request) error {
	t := p.Library.Topic(mux.Vars(q.Request)["topic"])
	if t == nil {
		return p.missing()
	}
	if t.Name == handbook.Start {
		return p.short(w, q)
	}
	body, err := t.Page()
	if err != nil {
		return err
	}
	x := &topicPage{Frame: p.Frame(q), Title: t.Title, Body: body.HTML}
	x.Query = searchField(x.Frame, "")
	x.Crumbs = []page.Link{{Label: x.T("staff.docs.title"), Href: handbook.Home}}
	for _, s := range body.Sections {
		if s.Level == 2 {
			x.Headings = append(x.Headings, page.Link{Label: s.Title, Href: "#" + s.ID})
		}
	}
	before, after := p.Library.Around(t)
	x.Before, x.After = link(before), link(after)
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/docs/topic", x)
}

// missing is a document that is not there, with the way to those that are.
func (p *Part) missing() error {
	return &page.Error{Status: http.StatusNotFound, Detail: "staff.docs.missing"}
}

// link leads to a document; the first page of all has an address of its own.
func link(t *handbook.Topic) *page.Link {
	switch {
	case t == nil:
		return nil
	case t.Name == handbook.Start:
		return &page.Link{Label: t.Title, Href: handbook.Home}
	}
	return &page.Link{Label: t.Title, Href: handbook.Home + "/" + t.Name}
}

// picture sends a picture of a document.
func (p *Part) picture(w http.ResponseWriter, q *office.Request) error {
	pic := p.Library.Picture(mux.Vars(q.Request)["picture"])
	if pic == nil {
		return p.missing()
	}
	w.Header().Set("Cache-Control", "private, max-age="+strconv.Itoa(int(time.Hour/time.Second)))
	w.Header().Set("Content-Type", pic.Type)
	http.ServeContent(w, q.Request, "", time.Time{}, bytes.NewReader(pic.Data))
	return nil
}

// sample sends a file to copy.
func (p *Part) sample(w http.ResponseWriter, q *office.Request) error {
	name := mux.Vars(q.Request)["sample"]
	data, ok := p.Library.Sample(name)
	if !ok {
		return p.missing()
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	http.ServeContent(w, q.Request, "", time.Time{}, bytes.NewReader(data))
	return nil
}
