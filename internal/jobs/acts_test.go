package jobs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// changers gives the exported acts of a desk in whose course a booking is written. It
// goes by names: an act too many is named below, one too few cannot be.
func changers(t *testing.T) (acts []string) {
	t.Helper()
	files, err := filepath.Glob("../booking/*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls, exported := map[string][]string{}, []string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if ofDesk(f) && f.Name.IsExported() {
				exported = append(exported, f.Name.Name)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					calls[f.Name.Name] = append(calls[f.Name.Name], called(call))
				}
				return true
			})
		}
	}
	writes := map[string]bool{"SaveBooking": true, "AddBooking": true, "DeleteBooking": true}
	for changed := true; changed; {
		changed = false
		for f, names := range calls {
			if !writes[f] && slices.ContainsFunc(names, func(n string) bool { return n != f && writes[n] }) {
				writes[f], changed = true, true
			}
		}
	}
	for _, f := range exported {
		if writes[f] {
			acts = append(acts, f)
		}
	}
	slices.Sort(acts)
	return slices.Compact(acts)
}

// called is the name of what a call calls within the package.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && slices.Contains([]string{"d", "x", "tx", "o"}, x.Name) {
			return f.Sel.Name
		}
	}
	return ""
}

func ofDesk(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	id, ok := star.X.(*ast.Ident)
	return ok && id.Name == "Desk"
}

// TestEveryActSaysWhatBecomesOfTheEntry fails for an act that entryAfter does not name, and
// plays every act that an entry can hear of: what arrives by letter, and what the office's
// feed, the visitor's own and the file behind the link show then. All of them agree in UID,
// time, SEQUENCE and STATUS, with the book and with one another (see life.shown).
func TestEveryActSaysWhatBecomesOfTheEntry(t *testing.T) {
	got, want := changers(t), slices.Sorted(maps.Keys(entryAfter))
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, " "), strings.Join(want, " "))
	}
	names := slices.Sorted(maps.Keys(plays()))
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		town := live(t, d, c)
		for i, name := range names {
			t.Run(name, func(t *testing.T) {
				l, x := town.visit(t, i), plays()[name]
				x.do(l)
				if got := l.shown(); got != x.want {
					t.Errorf("got\n%s\nwant\n%s", got, x.want)
				}
				act, _, _ := strings.Cut(name, ",")
				if _, named := entryAfter[act]; !named {
					t.Errorf("%s is no act", act)
				}
			})
		}
	})
	names = slices.AppendSeq(names, maps.Keys(longPlays()))
	for act, n := range entryAfter {
		if n > 0 && act != "Release" && !slices.ContainsFunc(names, func(name string) bool { return name == act || strings.HasPrefix(name, act+",") }) { // a hold that is released has no entry
			t.Errorf("%s counts the entry on and is not played", act)
		}
	}
}

// entryAfter is by how much an act counts the entry of a visit on whose time is certain.
// 0: the entry is made, stays as it is, or there is none.
var entryAfter = map[string]int{
	"Accept": 1, "AnswerFor": 1, "Decline": 1, "EndProposals": 1, // proposals, as a move or a cancellation
	"Amend": 2, "ConfirmAddress": 2, // where the address changes: out of one calendar, into another
	"Apply":         1, // where the place changes
	"ChangeService": 1,
	"Move":          1, "MoveFor": 1, "MoveUndoable": 1, "Cancel": 1, "CancelBecause": 1, "Erase": 1, "CancelFor": 1, "CancelUndoable": 1,
	"CarryOut": 1, "WorkIncidents": 1, "Undo": 1, "UndoIncident": 1, "TakeBack": 1,
	"LapseUnanswered": 1, "Release": 1, // called off by the office's rule
	"Approve": 0, "Confirm": 0, "Book": 0, "BookNow": 0, "Hold": 0, "Extend": 0, "WalkIn": 0, "TakeOver": 0,
	"Reject": 0, "RejectUndoable": 0, "ExpireOverdue": 0, "Forget": 0, "EraseWished": 0, // nothing was certain, or nothing is left
	"ChangeContact": 0, "Coming": 0, "ComingFor": 0, "Resend": 0, "SendAgain": 0, "WriteAgain": 0, "Reached": 0,
	"OpenIncident": 0, "Plan": 0, "Preview": 0, "ReadJournal": 0, "Visit": 0, "WhoLooked": 0, "KeepViewings": 0, "Suggest": 0, "KeyStatus": 0, "RetireKeys": 0, // they look
}
