package handbook

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Home is where the pages of the documents live on the site.
const Home = "/staff/docs"

// Page is a document as HTML.
type Page struct {
	HTML     template.HTML // without the title
	Sections []Section     // the first is what stands before the first heading
	Faults   []string      // links and pictures that lead nowhere, HTML that is not shown; a test refuses them

	name   string
	source []byte
	links  []string // headings that are linked, as topic#heading
}

// Section is a heading with what stands below it, up to the next one.
type Section struct {
	Level int // 2 or more; 1: what stands before the first heading
	ID    string
	Title string
	Text  string // for a search
}

// render turns Markdown into HTML. The files are ours; raw HTML in them is left out all
// the same.
func (l *Library) render(t *Topic) (*Page, error) {
	p := &Page{name: t.Name, source: t.Markdown}
	md := goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone))),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(boxes{}, 100))))
	doc := md.Parser().Parse(text.NewReader(t.Markdown), parser.WithContext(parser.NewContext(parser.WithIDs(slugs{}))))
	if first := doc.FirstChild(); first != nil && first.Kind() == ast.KindHeading {
		doc.RemoveChild(doc, first) // the page has it as its own title
	}
	p.Sections = sections(doc, t)
	if err := l.prepare(doc, p); err != nil {
		return nil, fmt.Errorf("handbook: %s.md: %w", t.Name, err)
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, t.Markdown, doc); err != nil {
		return nil, fmt.Errorf("handbook: %s.md: %w", t.Name, err)
	}
	p.HTML = template.HTML(b.String()) //nolint:gosec // made of our own files, without raw HTML
	return p, nil
}

// slugs makes the ids of headings: lower case, hyphens, no umlauts.
type slugs map[string]int

// Generate makes an id.
func (s slugs) Generate(value []byte, _ ast.NodeKind) []byte {
	id := Slug(string(value))
	if s[id]++; s[id] > 1 {
		id += "-" + strconv.Itoa(s[id])
	}
	return []byte(id)
}

// Put notes an id that a file gives.
func (s slugs) Put(value []byte) { s[string(value)]++ }

// Slug is the id that a heading gets: "Wenn jemand krank ist" is wenn-jemand-krank-ist.
func Slug(heading string) string {
	heading = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(strings.ToLower(heading))
	words := strings.FieldsFunc(heading, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

// sections cuts a document at its headings.
func sections(doc ast.Node, t *Topic) []Section {
	list := []Section{{Level: 1, Title: t.Title}}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			id, _ := h.AttributeString("id")
			name, _ := id.([]byte)
			list = append(list, Section{Level: h.Level, ID: string(name), Title: plain(h, t.Markdown)})
			continue
		}
		s := &list[len(list)-1]
		s.Text = strings.TrimSpace(s.Text + " " + strings.Join(strings.Fields(plain(n, t.Markdown)), " "))
	}
	return list
}

// plain is the text of a node and of all below it.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.URL(source))
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if entering {
				b.Write(n.Lines().Value(source))
			}
		case *ast.Image:
			return ast.WalkSkipChildren, nil
		}
		if !entering && (n.Type() == ast.TypeBlock || n.Kind() == tables.KindTableCell) {
			b.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// boxLabel is the attribute of a table that names the heading it stands below.
const boxLabel = "box"

// wide is the number of columns from which a table is shown as one card per row everywhere,
// and not on phones alone.
const wide = 6

// name gives each cell the head of its column, which a card shows beside it, and the roles
// that keep a table one however it is laid out.
func name(n *tables.Table, source []byte) {
	var heads []string
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		i := 0
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			switch {
			case row.Kind() == tables.KindTableHeader:
				heads = append(heads, plain(c, source))
			case i < len(heads):
				c.SetAttributeString("role", []byte("cell"))
				c.SetAttributeString("data-head", []byte(heads[i]))
			}
			i++
		}
		if row.Kind() == tables.KindTableRow {
			row.SetAttributeString("role", []byte("row"))
		}
	}
}

// boxes renders tables within a box that scrolls, and code that a keyboard can scroll.
type boxes struct{}

// RegisterFuncs says what is rendered differently.
func (boxes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(tables.KindTable, table)
	r.Register(ast.KindFencedCodeBlock, code)
	r.Register(ast.KindCodeBlock, code)
}

func table(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, err := w.WriteString("</table></div>\n")
		return ast.WalkContinue, err
	}
	label := `aria-label="Tabelle"`
	if v, ok := n.AttributeString(boxLabel); ok {
		if id, _ := v.([]byte); len(id) > 0 {
			label = `aria-labelledby="` + string(id) + `"`
		}
	}
	class := ""
	if t, ok := n.(*tables.Table); ok && len(t.Alignments) >= wide {
		class = ` class="wide"`
	}
	_, err := w.WriteString(`<div class="scroll" role="group" tabindex="0" ` + label + `><table role="table"` + class + ">\n")
	return ast.WalkContinue, err
}

func code(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, err := w.WriteString(`<pre tabindex="0"><code>` + template.HTMLEscapeString(string(n.Lines().Value(source))) + "</code></pre>\n")
		return ast.WalkSkipChildren, err
	}
	return ast.WalkContinue, nil
}
