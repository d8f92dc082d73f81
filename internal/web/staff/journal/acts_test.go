package journal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"terminvergabe/internal/web/builttest"
)

// acts finds the names of acts in the code: texts that are given to a parameter, a field,
// a variable or a constant that is called act, or begins so.
type acts struct {
	consts map[string]string
	takers map[string]int // functions with a parameter act, and where it stands
	found  map[string]bool
}

func findActs(t *testing.T) []string {
	t.Helper()
	a := &acts{consts: map[string]string{}, takers: map[string]int{}, found: map[string]bool{}}
	var files []*ast.File
	set := token.NewFileSet()
	house := os.DirFS("../../..")
	for _, dir := range []string{"booking", "auth"} {
		list, err := fs.ReadDir(house, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if path.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			text, err := fs.ReadFile(house, path.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(set, e.Name(), text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	for _, f := range files {
		ast.Inspect(f, a.learn)
	}
	for _, f := range files {
		ast.Inspect(f, a.collect)
	}
	return slices.Sorted(maps.Keys(a.found))
}

func isAct(name string) bool { return name == "act" || name == "Act" }

// learn remembers constants, and which functions take an act.
func (a *acts) learn(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if i < len(n.Values) {
				if s, ok := literal(n.Values[i]); ok {
					if !strings.HasPrefix(strings.ToLower(name.Name), "actor") {
						a.consts[name.Name] = s
					}
					if strings.HasPrefix(name.Name, "act") && !strings.HasPrefix(name.Name, "actor") {
						a.found[s] = true
					}
				}
			}
		}
	case *ast.FuncDecl:
		at := 0
		for _, p := range n.Type.Params.List {
			for _, name := range p.Names {
				if kind, ok := p.Type.(*ast.Ident); isAct(name.Name) && ok && kind.Name == "string" {
					a.takers[n.Name.Name] = at
				}
				at++
			}
		}
	}
	return true
}

func (a *acts) collect(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && isAct(key.Name) {
			a.take(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if x, ok := left.(*ast.Ident); ok && isAct(x.Name) && len(n.Lhs) == len(n.Rhs) {
				a.take(n.Rhs[i])
			}
		}
		if x, ok := n.Lhs[0].(*ast.Ident); ok && isAct(x.Name) && len(n.Lhs) > len(n.Rhs) {
			a.take(n.Rhs[0])
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if at, ok := a.takers[name]; ok && at < len(n.Args) {
			a.take(n.Args[at])
		}
	}
	return true
}

// take notes the texts of an expression.
func (a *acts) take(e ast.Expr) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, ok := literal(e); ok && s != "" {
			a.found[s] = true
		}
	case *ast.Ident:
		if s, ok := a.consts[e.Name]; ok && s != "" {
			a.found[s] = true
		}
	case *ast.CallExpr: // cmp.Or(given, "usual")
		for _, arg := range e.Args {
			a.take(arg)
		}
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// Every act of the code has its words, in every language.
func TestEveryActHasWords(t *testing.T) {
	cat := builttest.Texts(t)
	list := findActs(t)
	for _, known := range []string{"book", "cancel", "reject", "visit", "apply", "take over", "hold", "expire"} {
		if !slices.Contains(list, known) {
			t.Errorf("the search for acts overlooks %q", known)
		}
	}
	for _, act := range list {
		if !slices.Contains(known(), act) {
			t.Errorf("the journal cannot be asked for the act %q: add it to known in acts.go", act)
		}
		for _, lang := range []string{"de", "en"} {
			if p := cat.Printer(lang); !hasWords(p, act) {
				t.Errorf("%s: no words for the act %q: add %s to ui/locale/%s/staff-journal.json", lang, act, actKey(act), lang)
			}
		}
	}
}
