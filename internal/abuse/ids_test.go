package abuse

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// sections is how many cases each letter of the catalogue has.
var sections = map[string]int{"A": 19, "B": 11, "C": 12, "D": 20, "E": 10, "F": 18, "G": 11, "H": 14, "I": 7, "J": 17, "K": 16}

// pending are sections whose cases are being written.
var pending []string

func ids() (all []string) {
	for letter, n := range sections {
		for i := range n {
			all = append(all, fmt.Sprintf("%s%d", letter, i+1))
		}
	}
	return all
}

// Every id of the catalogue has exactly one case.
func TestEveryIDHasACase(t *testing.T) {
	found := named(t)
	for _, id := range ids() {
		switch n := found[id]; {
		case n == 0 && slices.Contains(pending, id[:1]):
			t.Logf("%s is still to be written", id)
		case n != 1:
			t.Errorf("%s has %d cases, want 1", id, n)
		}
		delete(found, id)
	}
	for id := range found {
		t.Errorf("%s is no id of the catalogue", id)
	}
}

// named counts the calls of Case in the files of this package by the id they name.
func named(t *testing.T) map[string]int {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			callee, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || callee.Sel.Name != "Case" {
				return true
			}
			if id, ok := call.Args[0].(*ast.BasicLit); ok {
				text, err := strconv.Unquote(id.Value)
				if err != nil {
					t.Error(err)
				}
				found[text]++
			}
			return true
		})
	}
	return found
}
