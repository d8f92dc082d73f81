package handbook

import (
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	tables "github.com/yuin/goldmark/extension/ast"
)

// prepare lets links lead to pages, and gives pictures their size and what may be wider
// than a phone a box that scrolls.
func (l *Library) prepare(doc ast.Node, p *Page) error {
	label := []byte{}
	return ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if id, ok := n.AttributeString("id"); ok {
				label, _ = id.([]byte)
			}
		case *tables.Table:
			n.SetAttributeString(boxLabel, label)
			name(n, p.source)
		case *ast.Link:
			n.Destination = []byte(l.target(p, string(n.Destination)))
		case *ast.Image:
			l.size(p, n)
		case *ast.RawHTML, *ast.HTMLBlock:
			if fault := "HTML is not shown"; !slices.Contains(p.Faults, fault) {
				p.Faults = append(p.Faults, fault)
			}
		}
		return ast.WalkContinue, nil
	})
}

// size gives a picture its address and its size.
func (l *Library) size(p *Page, n *ast.Image) {
	name := strings.TrimPrefix(string(n.Destination), "pictures/")
	pic := l.pictures[name]
	if pic == nil {
		p.Faults = append(p.Faults, "there is no picture "+string(n.Destination))
		return
	}
	if !n.HasChildren() {
		p.Faults = append(p.Faults, name+" says nothing to who does not see it")
	}
	n.Destination = []byte(Home + "/pictures/" + name)
	n.SetAttributeString("width", []byte(strconv.Itoa(pic.Width)))
	n.SetAttributeString("height", []byte(strconv.Itoa(pic.Height)))
	n.SetAttributeString("loading", []byte("lazy"))
}

// target is where a link of a document leads on the site: one that leads nowhere, to the
// contents.
func (l *Library) target(p *Page, link string) string {
	file, anchor, _ := strings.Cut(link, "#")
	if name, ok := strings.CutSuffix(file, ".md"); ok && l.Topic(name) != nil {
		p.links = append(p.links, name+"#"+anchor)
		return strings.TrimSuffix(Home+"/"+name+"#"+anchor, "#")
	}
	if name, ok := strings.CutPrefix(file, "samples/"); ok && l.samples[name] != nil {
		return Home + "/samples/" + name
	}
	if file == "" && anchor != "" {
		p.links = append(p.links, p.name+"#"+anchor)
		return link
	}
	if strings.HasPrefix(file, "https://") {
		return link
	}
	p.Faults = append(p.Faults, "the link "+link+" leads nowhere")
	return Home
}

// Faults are what is wrong with the documents: links without an end, pictures and files that
// are missing or that no document shows, topics that the contents do not name.
func (l *Library) Faults() (faults []string) {
	anchors, text := map[string]bool{}, ""
	for _, t := range l.topics {
		p, err := t.Page()
		if err != nil {
			return append(faults, err.Error())
		}
		anchors[t.Name+"#"] = true
		for _, s := range p.Sections {
			anchors[t.Name+"#"+s.ID] = true
		}
		for _, f := range p.Faults {
			faults = append(faults, t.Name+".md: "+f)
		}
		if t.Group == "" && t.Name != Start {
			faults = append(faults, t.Name+".md: "+Start+".md does not name it")
		}
		text += string(t.Markdown)
	}
	for _, t := range l.topics {
		p, _ := t.Page() // made above
		for _, to := range p.links {
			if !anchors[to] {
				faults = append(faults, t.Name+".md: there is no heading "+to)
			}
		}
	}
	for _, name := range l.Pictures() {
		if !strings.Contains(text, "(pictures/"+name+")") {
			faults = append(faults, "no document shows the picture "+name)
		}
	}
	for _, name := range l.Samples() {
		if !strings.Contains(text, "(samples/"+name+")") && !strings.Contains(text, "help "+name) {
			faults = append(faults, "no document names the file "+name)
		}
	}
	return faults
}
