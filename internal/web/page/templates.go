package page

import (
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template/parse"
)

// sources is the text of all templates.
type sources struct {
	shared map[string]string // file -> text
	parts  map[string]string // folder -> text of its parts.html
	pages  map[string]string // page name -> text
}

func readSources(files fs.FS) (sources, error) {
	s := sources{shared: map[string]string{}, parts: map[string]string{}, pages: map[string]string{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (name == "mail" || name == "locale" || name == "static") {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(name) != ".html" {
			return nil
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		switch dir, base := path.Split(name); {
		case dir == "layout/":
			s.shared[name] = string(text)
		case base == "parts.html":
			s.parts[dir] = string(text)
		default:
			s.pages[strings.TrimSuffix(name, ".html")] = string(text)
		}
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("page: read templates: %w", err)
	}
	return s, nil
}

// trees are the definitions that a page uses, by name. All languages have the same.
type trees map[string]*parse.Tree

// parse parses every page, so that what is wrong with one is said at the start. A
// language's functions stand for those of all: they have the same names. The definitions
// of the layout are there once, however many pages use them.
func (s sources) parse(funcs template.FuncMap) (map[string]trees, error) {
	base := template.New("layout").Funcs(funcs)
	for _, name := range slices.Sorted(maps.Keys(s.shared)) {
		if _, err := base.New(name).Parse(s.shared[name]); err != nil {
			return nil, fmt.Errorf("page: parse %s: %w", name, err)
		}
	}
	all := map[string]trees{}
	for name, text := range s.pages {
		t, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("page: parse %s: %w", name, err)
		}
		dir, _ := path.Split(name)
		if _, err := t.New(dir + "parts.html").Parse(s.parts[dir]); err != nil {
			return nil, fmt.Errorf("page: parse %sparts.html: %w", dir, err)
		}
		if t, err = t.New(name).Parse(text); err != nil {
			return nil, fmt.Errorf("page: parse %s: %w", name, err)
		}
		used := trees{}
		used.add(t, name)
		for name, tree := range used {
			if s.shared[tree.ParseName] != "" {
				used[name] = base.Lookup(name).Tree
			}
		}
		all[name] = used
	}
	return all, nil
}

// add takes a definition and all that it refers to.
func (u trees) add(t *template.Template, name string) {
	d := t.Lookup(name)
	if d == nil || d.Tree == nil || u[name] != nil {
		return // nothing of the name: whoever shows the page is told
	}
	u[name] = d.Tree
	referred(d.Tree.Root, func(name string) { u.add(t, name) })
}

// referred calls f with the name of every definition that is referred to below a node.
func referred(n parse.Node, f func(string)) {
	branch := func(b *parse.BranchNode) {
		referred(b.List, f)
		if b.ElseList != nil {
			referred(b.ElseList, f)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			referred(child, f)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		f(n.Name)
	}
}

// built is a page in a language, made when it is first shown: nine languages of every page
// at once are a hundred megabytes of small things that the garbage collector would look
// through all the time.
type built func() (*template.Template, error)

// officePages are the folders of what only the office sees.
var officePages = []string{"staff/", "mailbox/"}

// builders are the pages of a language.
func builders(pages map[string]trees, funcs template.FuncMap, office bool) map[string]built {
	set := map[string]built{}
	for name, used := range pages {
		if !office && slices.ContainsFunc(officePages, func(dir string) bool { return strings.HasPrefix(name, dir) }) {
			continue
		}
		set[name] = sync.OnceValues(func() (*template.Template, error) { return used.build(name, funcs) })
	}
	return set
}

// build makes a page of copies: to escape them for where they stand changes them.
func (u trees) build(name string, funcs template.FuncMap) (*template.Template, error) {
	t := template.New(name).Funcs(funcs).Option("missingkey=error")
	for of, tree := range u {
		if _, err := t.AddParseTree(of, tree.Copy()); err != nil {
			return nil, fmt.Errorf("page: build %s: %w", name, err)
		}
	}
	return t.Lookup(name), nil
}
