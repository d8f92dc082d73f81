package handbook

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Terminal is a document as text of at most so many columns: paragraphs wrapped, a table
// as a list of its rows, what is stressed plain, code as it is, links by what they are called and, in brackets,
// what to ask help for.
func Terminal(markdown []byte, columns int) string {
	doc := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(markdown))
	w := &writer{source: markdown, columns: columns}
	w.blocks(doc, "", "")
	return strings.TrimRight(w.out.String(), "\n") + "\n"
}

// writer writes a document for a terminal.
type writer struct {
	source  []byte
	columns int
	out     strings.Builder
}

// blocks writes what stands below a node; first is what the first line begins with, the
// others begin with rest.
func (w *writer) blocks(parent ast.Node, first, rest string) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		w.block(n, first, rest)
		first = rest
	}
}

func (w *writer) block(n ast.Node, first, rest string) {
	switch n := n.(type) {
	case *ast.Heading:
		title := w.inline(n)
		line := map[int]string{1: "=", 2: "-"}[n.Level]
		if n.Level > 1 {
			w.out.WriteByte('\n')
		}
		w.wrap(title, first, rest)
		if line != "" {
			w.out.WriteString(rest + strings.Repeat(line, min(utf8.RuneCountInString(title), w.columns)) + "\n")
		}
		w.out.WriteByte('\n')
	case *ast.List:
		w.list(n, first, rest)
	case *tables.Table:
		w.table(n, rest)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		for line := range strings.Lines(string(n.Lines().Value(w.source))) {
			w.out.WriteString(strings.TrimRight(rest+"    "+line, " \n") + "\n")
		}
		w.out.WriteByte('\n')
	case *ast.Blockquote:
		w.blocks(n, first+"| ", rest+"| ")
	case *ast.ThematicBreak:
	default:
		w.wrap(w.inline(n), first, rest)
		if n.Kind() == ast.KindParagraph {
			w.out.WriteByte('\n')
		}
	}
}

func (w *writer) list(n *ast.List, first, rest string) {
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		w.blocks(item, first+mark, rest+strings.Repeat(" ", len(mark)))
		first = rest
	}
	if n.IsTight {
		w.out.WriteByte('\n')
	}
}

// table writes each row as a list: its first cell, and below it the others by their heads;
// of two columns the heads stand above, once.
func (w *writer) table(n *tables.Table, rest string) {
	var heads []string
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			cells = append(cells, w.inline(c))
		}
		if row.Kind() == tables.KindTableHeader {
			heads = cells
			if len(heads) == 2 && heads[0] != "" && heads[1] != "" {
				w.wrap(heads[0]+" – "+heads[1]+":", rest, rest)
				w.out.WriteByte('\n')
				heads = nil
			}
			continue
		}
		for i, cell := range cells {
			switch {
			case i == 0:
				w.wrap(cell, rest+"- ", rest+"  ")
			case cell != "" && i < len(heads) && heads[i] != "":
				w.wrap(heads[i]+": "+cell, rest+"  ", rest+"    ")
			case cell != "":
				w.wrap(cell, rest+"  ", rest+"  ")
			}
		}
	}
	w.out.WriteByte('\n')
}

// wrap writes words in lines; a line break of the text stays.
func (w *writer) wrap(s, first, rest string) {
	for paragraph := range strings.SplitSeq(s, "\n") {
		line, begun := first, false
		for word := range strings.FieldsSeq(paragraph) {
			if begun && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > w.columns {
				w.out.WriteString(line + "\n")
				line, begun = rest, false
			}
			if begun {
				line += " "
			}
			line, begun = line+word, true
		}
		w.out.WriteString(strings.TrimRight(line, " ") + "\n")
		first = rest
	}
}

// Wrap is a paragraph of at most so many columns, the first line behind a margin and the
// others behind theirs.
func Wrap(s, first, rest string, columns int) string {
	w := &writer{columns: columns}
	w.wrap(s, first, rest)
	return strings.TrimRight(w.out.String(), "\n")
}

// inline is the text of a node with its signs.
func (w *writer) inline(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(c.Value(w.source))
			switch {
			case c.HardLineBreak():
				b.WriteByte('\n')
			case c.SoftLineBreak():
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(c.Value)
		case *ast.AutoLink:
			b.Write(c.URL(w.source))
		case *ast.Image:
			b.WriteString("[Bild: " + w.inline(c) + "]")
		case *ast.Link:
			b.WriteString(w.inline(c) + asked(string(c.Destination)))
		case *ast.Emphasis:
			sign := strings.Repeat("*", c.Level/2*2) // a name of something on the screen keeps its signs
			b.WriteString(sign + w.inline(c) + sign)
		default:
			b.WriteString(w.inline(c))
		}
	}
	return b.String()
}

// asked is, in brackets, where a link leads for somebody at a terminal.
func asked(to string) string {
	file, _, _ := strings.Cut(to, "#")
	switch name, isTopic := strings.CutSuffix(file, ".md"); {
	case file == "":
		return ""
	case isTopic:
		return " (help " + name + ")"
	}
	if name, ok := strings.CutPrefix(file, "samples/"); ok {
		return " (help " + name + ")"
	}
	return " (" + to + ")"
}
