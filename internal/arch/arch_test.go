package arch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const root = "../.."

// laws are the rules of the house. Each breach is source that breaks the law in
// just one place, which proves that the law is able to say no.
var laws = []struct {
	name     string
	check    func(*tree) []string
	breaches []source
}{
	{"arrows point downwards", arrows, []source{
		{"internal/agenda/a.go": `package agenda; import _ "terminvergabe/internal/slots"`},
		{"internal/store/a.go": `package store; import _ "terminvergabe/internal/seal"`},
		{"internal/occupancy/a.go": `package occupancy; import _ "terminvergabe/internal/seal"`},
		{"internal/booking/a.go": `package booking; import _ "terminvergabe/internal/mail"`},
		{"schema.go": `package terminvergabe; import _ "terminvergabe/ui"`}}},
	{"ical, mail, i18n and config know no SQL and no handlers", plainCrafts, []source{
		{"internal/config/a.go": `package config; import _ "database/sql"`},
		{"internal/i18n/a.go": `package i18n; import _ "net/http"`},
		{"internal/mail/a.go": `package mail; import _ "terminvergabe/internal/booking"`,
			"internal/booking/a.go": `package booking; import _ "terminvergabe/internal/store"`,
			"internal/store/a.go":   `package store`}}},
	{"nobody looks up", upwards, []source{
		{"internal/auth/a.go": `package auth; import _ "terminvergabe/internal/web/page"`},
		{"internal/jobs/a.go": `package jobs; import _ "terminvergabe/cmd/terminvergabe"`},
		{"internal/web/a.go": `package web; import ("terminvergabe/internal/jobs"; _ "terminvergabe/internal/web/page")`}}},
	{"five packages deep at most", depth, []source{
		{"cmd/terminvergabe/a.go": `package main; import _ "terminvergabe/internal/a"`,
			"internal/a/a.go": `package a; import _ "terminvergabe/internal/b"`,
			"internal/b/b.go": `package b; import _ "terminvergabe/internal/c"`,
			"internal/c/c.go": `package c; import _ "terminvergabe/internal/d"`,
			"internal/d/d.go": `package d; import _ "terminvergabe/internal/e"`,
			"internal/e/e.go": `package e; import _ "terminvergabe/internal/f"`,
			"internal/f/f.go": `package f`}}},
	{"HTTP or SQL, never both", webOrSQL, []source{
		{"internal/x/a.go": `package x; import _ "net/http"`,
			"internal/x/b.go": `package x; import _ "database/sql"`}}},
	{"no context and no clock in the core", timeless, []source{
		{"internal/slots/a.go": `package slots; import _ "context"`},
		{"internal/agenda/a.go": `package agenda; import clock "time"; var now = clock.Now`},
		{"internal/agenda/a.go": `package agenda; import . "time"; var now = Now`}}},
	{"handlers only read", handlersOnlyRead, []source{
		{"internal/web/public/a.go": `package public; func f(s server) { s.store.Update(nil) }`}}},
	{"every package has a comment", comments, []source{
		{"internal/x/a.go": "package x",
			"internal/x/a_test.go": "// Package x is explained in the wrong place.\npackage x"}}},
	{"length is a smell with a number", budgets, []source{
		{"internal/x/a.go": "package x\n// F is long.\nfunc F() {" + strings.Repeat("\n", 90) + "}"},
		{"internal/x/a.go": "package x\nfunc F() {" + strings.Repeat("\n", 45) + "}"},
		{"internal/x/a.go": "package x" + strings.Repeat("\n", 601),
			"internal/x/a_test.go": "package x" + strings.Repeat("\n", 601)}}},
	{"what ships carries no test helpers", testsApart, []source{
		{"internal/x/a.go": `package x; import _ "testing"`},
		{"internal/x/a.go": `package x; import _ "terminvergabe/internal/pgtest"`}}},
	{"files are embedded by ui", embeds, []source{
		{"internal/x/a.go": `package x; import _ "embed"`},
		{"internal/store/a.go": "package store; import \"embed\"\n//go:embed migrations/*.sql page.html\nvar files embed.FS"}}},
}

// A source is the text of some files by name.
type source map[string]string

func TestTheHouseKeepsItsLaws(t *testing.T) {
	house, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, law := range laws {
		t.Run(law.name, func(t *testing.T) {
			for _, fault := range law.check(house) {
				t.Error(fault)
			}
		})
	}
}

func TestEveryLawCanSayNo(t *testing.T) {
	for _, law := range laws {
		for _, breach := range law.breaches {
			files := fstest.MapFS{}
			for name, text := range breach {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			house, err := load(files)
			if err != nil {
				t.Fatal(err)
			}
			if got := law.check(house); len(got) != 1 {
				t.Errorf("%s: got faults %q in %q, want one", law.name, got, breach)
			}
		}
	}
}

func TestMapFitsOnOnePage(t *testing.T) {
	text, err := os.ReadFile(root + "/internal/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(strings.Fields(string(text))); got >= 450 {
		t.Errorf("internal/README.md: got %d words, want under 450", got)
	}
}

// SQLite is translated from C against one version of libc; another one crashes or corrupts.
func TestLibcIsTheOneSQLiteWasBuiltWith(t *testing.T) {
	sqlite, libc := module(t, "modernc.org/sqlite"), module(t, "modernc.org/libc")
	text, err := os.ReadFile(sqlite.GoMod)
	if err != nil {
		t.Fatal(err)
	}
	required := regexp.MustCompile(`(?m)^\s*(?:require\s+)?modernc\.org/libc\s+(\S+)`).FindSubmatch(text)
	if required == nil {
		t.Fatalf("%s does not require modernc.org/libc", sqlite.GoMod)
	}
	if want := string(required[1]); libc.Version != want {
		t.Errorf("modernc.org/libc: got %s, want %s as modernc.org/sqlite %s has it", libc.Version, want, sqlite.Version)
	}
}

// A goModule is what the go command says about a module we depend on.
type goModule struct{ Version, GoMod string }

func module(t *testing.T, path string) (m goModule) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-m", "-json", path)
	command.Dir = root
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
