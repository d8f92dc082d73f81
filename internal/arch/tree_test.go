// Package arch has only tests: they hold the house to its own laws. Who may
// import whom, where no clock and no context belong, package comments, and how
// long a function or a file may grow.
//
// It looks at the text of the source files alone, so it needs nothing compiled
// and knows nothing of what the packages do. Start reading at laws in
// arch_test.go: one entry per law. A law is changed together with the design,
// never to let a single case pass.
package arch

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ours begins the import path of every package of this module but the root.
const ours = "terminvergabe/"

// A tree is the source of the whole module.
type tree struct {
	fset     *token.FileSet
	packages map[string]*pkg // by folder, "." for the root
}

// A pkg is what one folder holds.
type pkg struct {
	dir   string
	files []file
}

type file struct {
	name    string // from the root of the module
	isTest  bool
	lines   int
	syntax  *ast.File
	imports []string
}

// load reads all Go files below the root. Folders that the go command skips are skipped.
func load(root fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet(), packages: map[string]*pkg{}}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		return t.add(root, name)
	})
	return t, err
}

func skipped(dir string) bool {
	base := path.Base(dir)
	return dir != "." && (base[0] == '.' || base[0] == '_' || base == "testdata" || base == "node_modules")
}

func (t *tree) add(root fs.FS, name string) error {
	source, err := fs.ReadFile(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // an editor's passing file
	}
	if err != nil {
		return err
	}
	// What does not parse is the compiler's business: here counts as much of it as there is.
	syntax, _ := parser.ParseFile(t.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	f := file{
		name:   name,
		isTest: strings.HasSuffix(name, "_test.go"),
		lines:  strings.Count(string(source), "\n"),
		syntax: syntax,
	}
	for _, spec := range syntax.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		f.imports = append(f.imports, target)
	}
	dir := path.Dir(name)
	if t.packages[dir] == nil {
		t.packages[dir] = &pkg{dir: dir}
	}
	t.packages[dir].files = append(t.packages[dir].files, f)
	return nil
}

// sorted gives the packages in the order of their folders.
func (t *tree) sorted() []*pkg {
	return slices.SortedFunc(maps.Values(t.packages), func(a, b *pkg) int { return strings.Compare(a.dir, b.dir) })
}

// shipped gives the files that are not tests.
func (p *pkg) shipped() []file {
	return slices.DeleteFunc(slices.Clone(p.files), func(f file) bool { return f.isTest })
}

// imports gives what the shipped files of a package import, sorted.
func (p *pkg) imports() []string {
	var all []string
	for _, f := range p.shipped() {
		all = append(all, f.imports...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// uses gives the folders of our packages that a package imports.
func (p *pkg) uses() []string {
	var dirs []string
	for _, target := range p.imports() {
		if target == strings.TrimSuffix(ours, "/") {
			dirs = append(dirs, ".")
		} else if dir, ok := strings.CutPrefix(target, ours); ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// within says whether a folder is one of these or lies in one of them.
func within(dir string, tops ...string) bool {
	return slices.ContainsFunc(tops, func(top string) bool {
		return dir == top || strings.HasPrefix(dir, top+"/")
	})
}

// path gives a chain of imports from one of our packages to another that is
// wanted, or nil.
func (t *tree) path(from string, wanted func(dir string) bool) []string {
	seen := map[string]bool{}
	var walk func(dir string) []string
	walk = func(dir string) []string {
		if seen[dir] || t.packages[dir] == nil {
			return nil
		}
		seen[dir] = true
		for _, next := range t.packages[dir].uses() {
			if wanted(next) {
				return []string{dir, next}
			}
			if rest := walk(next); rest != nil {
				return append([]string{dir}, rest...)
			}
		}
		return nil
	}
	return walk(from)
}

// deepest gives the longest chain of imports that starts at a package.
func (t *tree) deepest(dir string, known map[string][]string) []string {
	if chain, ok := known[dir]; ok {
		return chain
	}
	known[dir] = []string{dir} // ends a circle, which the compiler refuses anyway
	var longest []string
	if p := t.packages[dir]; p != nil {
		for _, next := range p.uses() {
			if chain := t.deepest(next, known); len(chain) > len(longest) {
				longest = chain
			}
		}
	}
	known[dir] = append([]string{dir}, longest...)
	return known[dir]
}
