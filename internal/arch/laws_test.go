package arch

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// mayUse lists the packages that may import only these of ours. All others
// stand above them and are held by the other laws.
var mayUse = map[string][]string{
	".":                  {},
	"ui":                 {},
	"internal/agenda":    {},
	"internal/seal":      {},
	"internal/outbound":  {},
	"internal/webhook":   {},
	"internal/slots":     {"internal/agenda"},
	"internal/store":     {"internal/agenda", "."},
	"internal/occupancy": {"internal/agenda", "internal/slots", "internal/store"},
	"internal/booking":   {"internal/agenda", "internal/slots", "internal/store", "internal/occupancy", "internal/seal", "internal/webhook"},
}

// tops stand above everything: the program, the one that measures it, and the one
// that tries to break it.
var tops = []string{"cmd", "internal/bench", "internal/prove", "internal/abuse"}

// arrows: the lower floors import only what is listed for them.
func arrows(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		allowed, bound := mayUse[p.dir]
		if !bound {
			continue
		}
		for _, used := range p.uses() {
			if !slices.Contains(allowed, used) {
				broken = append(broken, fmt.Sprintf("%s imports %s, but may import only %v", p.dir, used, allowed))
			}
		}
	}
	return broken
}

// plainCrafts: ical, mail, i18n and config know no SQL and no HTTP handlers, not even through others.
func plainCrafts(t *tree) (broken []string) {
	for _, dir := range []string{"internal/ical", "internal/mail", "internal/i18n", "internal/config"} {
		p := t.packages[dir]
		if p == nil {
			continue
		}
		for _, target := range p.imports() {
			if target == "net/http" || target == "database/sql" || strings.HasPrefix(target, "github.com/jackc/pgx") {
				broken = append(broken, fmt.Sprintf("%s imports %s", dir, target))
			}
		}
		chain := t.path(dir, func(used string) bool { return within(used, "internal/store", "internal/web") })
		if chain != nil {
			broken = append(broken, "reaches SQL or handlers: "+strings.Join(chain, " -> "))
		}
	}
	return broken
}

// upwards: nobody looks up. jobs and web are imported by the tops (and web by web), the tops by nobody.
func upwards(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		if within(p.dir, tops...) {
			continue
		}
		for _, used := range p.uses() {
			inWeb := within(p.dir, "internal/web") && within(used, "internal/web")
			above := within(used, tops...) || within(used, "internal/web", "internal/jobs")
			if above && !inWeb {
				broken = append(broken, fmt.Sprintf("%s imports %s, which stands above it", p.dir, used))
			}
		}
	}
	return broken
}

// depth: a chain of imports below the tops has at most five of our packages.
func depth(t *tree) (broken []string) {
	known := map[string][]string{}
	for _, p := range t.sorted() {
		chain := t.deepest(p.dir, known)
		if !within(p.dir, tops...) && len(chain) > 5 {
			broken = append(broken, fmt.Sprintf("%d deep: %s", len(chain), strings.Join(chain, " -> ")))
		}
	}
	return broken
}

// webOrSQL: no package imports both net/http and database/sql.
func webOrSQL(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		if slices.Contains(p.imports(), "net/http") && slices.Contains(p.imports(), "database/sql") {
			broken = append(broken, p.dir+" imports both net/http and database/sql")
		}
	}
	return broken
}

// timeless: agenda and slots take no context and read no clock.
func timeless(t *tree) (broken []string) {
	clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	for _, dir := range []string{"internal/agenda", "internal/slots"} {
		if t.packages[dir] == nil {
			continue
		}
		for _, f := range t.packages[dir].shipped() {
			if slices.Contains(f.imports, "context") {
				broken = append(broken, f.name+" imports context")
			}
			name := importName(f.syntax, "time")
			if name == "." {
				broken = append(broken, f.name+" imports time with a dot")
			}
			for _, use := range selectors(f.syntax) {
				if x, ok := use.X.(*ast.Ident); ok && x.Name == name && slices.Contains(clock, use.Sel.Name) {
					broken = append(broken, fmt.Sprintf("%s: time.%s", t.fset.Position(use.Pos()), use.Sel.Name))
				}
			}
		}
	}
	return broken
}

// handlersOnlyRead: nothing in web names a method Update; every change goes through booking.
// Names are all this test sees: call the method of another type something else.
func handlersOnlyRead(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		if !within(p.dir, "internal/web") {
			continue
		}
		for _, f := range p.shipped() {
			for _, use := range selectors(f.syntax) {
				if use.Sel.Name == "Update" {
					broken = append(broken, t.fset.Position(use.Pos()).String()+": Update in web; let an act of booking do it")
				}
			}
		}
	}
	return broken
}

// comments: every package says what it is for.
func comments(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		files := p.shipped()
		if len(files) == 0 {
			files = p.files // a package of tests alone
		}
		if !slices.ContainsFunc(files, func(f file) bool { return f.syntax.Doc != nil }) {
			broken = append(broken, p.dir+" has no package comment")
		}
	}
	return broken
}

// budgets: a function over 90 lines is split, one over 45 lines is explained by
// a comment; a file over 600 lines is split. A test file may be longer.
func budgets(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		for _, f := range p.files {
			if f.lines > 600 && !f.isTest {
				broken = append(broken, fmt.Sprintf("%s has %d lines, at most 600 are fine", f.name, f.lines))
			}
			for _, decl := range f.syntax.Decls {
				function, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				from, to := t.fset.Position(function.Type.Pos()), t.fset.Position(function.End())
				switch lines := to.Line - from.Line + 1; {
				case lines > 90:
					broken = append(broken, fmt.Sprintf("%s: %s has %d lines, split it", from, function.Name, lines))
				case lines > 45 && function.Doc == nil:
					broken = append(broken, fmt.Sprintf("%s: %s has %d lines, explain it in a comment", from, function.Name, lines))
				}
			}
		}
	}
	return broken
}

// testsApart: what ships does not carry test helpers. Packages named ...test are such helpers themselves,
// and bench and prove work on a cluster of their own.
func testsApart(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		if strings.HasSuffix(p.dir, "test") {
			continue
		}
		for _, target := range p.imports() {
			helper := target == ours+"internal/pgtest" && !within(p.dir, "internal/bench", "internal/prove")
			if helper || within(target, "testing") {
				broken = append(broken, fmt.Sprintf("%s imports %s outside its tests", p.dir, target))
			}
		}
	}
	return broken
}

// mayEmbed names the packages with files in the binary and what those files must be.
// The root and ui exist for nothing else; the store carries its migrations.
var mayEmbed = map[string]string{".": "", "ui": "", "internal/store": "migrations"}

// embeds: files are embedded by the root and ui, and by the store its migrations.
func embeds(t *tree) (broken []string) {
	for _, p := range t.sorted() {
		prefix, allowed := mayEmbed[p.dir]
		for _, f := range p.shipped() {
			if !slices.Contains(f.imports, "embed") {
				continue
			}
			if !allowed {
				broken = append(broken, f.name+" embeds files: put them into ui")
			}
			for _, pattern := range embedded(f.syntax) {
				if !strings.HasPrefix(pattern, prefix) {
					broken = append(broken, fmt.Sprintf("%s embeds %s: put it into ui", f.name, pattern))
				}
			}
		}
	}
	return broken
}

// embedded gives the patterns of the go:embed directives in a file.
func embedded(f *ast.File) (patterns []string) {
	for _, group := range f.Comments {
		for _, comment := range group.List {
			if list, ok := strings.CutPrefix(comment.Text, "//go:embed "); ok {
				patterns = append(patterns, strings.Fields(list)...)
			}
		}
	}
	return patterns
}

// importName gives the name under which a file knows an imported package, "" if it does not.
func importName(f *ast.File, target string) string {
	for _, spec := range f.Imports {
		if spec.Path.Value != strconv.Quote(target) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(target)
	}
	return ""
}

// selectors gives every x.Name in a file.
func selectors(f *ast.File) (all []*ast.SelectorExpr) {
	ast.Inspect(f, func(n ast.Node) bool {
		if use, ok := n.(*ast.SelectorExpr); ok {
			all = append(all, use)
		}
		return true
	})
	return all
}
