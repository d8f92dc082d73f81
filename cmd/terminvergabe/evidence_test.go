package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/handbook"
)

// root is the repository's top folder.
const root = "../.."

var (
	anyFence = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	span     = regexp.MustCompile("`([^`]+)`")
	testName = regexp.MustCompile(`^(?:Test|Fuzz)[A-Z]\w*`)
	inside   = regexp.MustCompile(`^(?:internal|cmd|ui|\.ci)/\S*$`)
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
	target   = regexp.MustCompile(`^make ([a-z]+)`)
)

// What documents name as evidence exists: tests, places of the repository, targets of make.
// Else a table says yes where nobody looks any more.
func TestEvidenceExists(t *testing.T) {
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	tests, seen := testsOfRepository(t), 0
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range l.Topics() {
		for _, m := range span.FindAllStringSubmatch(anyFence.ReplaceAllString(string(topic.Markdown), ""), -1) {
			exists := true
			if name := testName.FindString(m[1]); name != "" {
				exists = tests[name]
			} else if inside.MatchString(m[1]) {
				found, err := filepath.Glob(filepath.Join(root, m[1]))
				exists = err == nil && len(found) > 0
			} else if rule := target.FindStringSubmatch(m[1]); rule != nil {
				exists = strings.Contains(string(makefile), "\n"+rule[1]+":")
			} else {
				continue
			}
			seen++
			if !exists {
				t.Errorf("%s.md: there is no %s", topic.Name, m[1])
			}
		}
	}
	if seen < 200 {
		t.Errorf("only %d pieces of evidence were found", seen)
	}
}

// testsOfRepository are the names of all tests and fuzzers.
func testsOfRepository(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var requirement = regexp.MustCompile(`(?m)^\| V?(\d+\.\d+\.\d+) \|`)

// The table after ASVS 5.0 has a line for each of its 253 requirements of the levels 1 and 2,
// and no more than one.
func TestASVSIsWhole(t *testing.T) {
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	topic := l.Topic("asvs")
	if topic == nil {
		t.Fatal("there is no document asvs")
	}
	seen := map[string]bool{}
	for _, m := range requirement.FindAllSubmatch(topic.Markdown, -1) {
		if id := string(m[1]); seen[id] {
			t.Errorf("%s stands there twice", id)
		} else {
			seen[id] = true
		}
	}
	if got, want := len(seen), 253; got != want {
		t.Errorf("got %d requirements, want %d", got, want)
	}
}

var (
	called  = regexp.MustCompile(`^(?:sudo -u terminvergabe )?terminvergabe ([a-z].*)$`)
	longOpt = regexp.MustCompile(`--[a-z-]+`)
)

// Every command that documents and README name exists, with the flags that they give it.
func TestCommandsOfDocumentsExist(t *testing.T) {
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, doc := range append(l.Topics(), &handbook.Topic{Name: "README", Markdown: readme}) {
		for _, line := range commandLines(string(doc.Markdown)) {
			seen++
			if fault := faultOf(line); fault != "" {
				t.Errorf("%s.md: %s: %s", doc.Name, line, fault)
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d commands were found", seen)
	}
}

// commandLines are the calls of the program in a document: in code of its own lines, and
// within a sentence.
func commandLines(text string) (list []string) {
	var codes []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "    ") || !strings.Contains(line, "`") {
			codes = append(codes, strings.TrimSpace(line))
		}
	}
	for _, m := range span.FindAllStringSubmatch(strings.ReplaceAll(anyFence.ReplaceAllString(text, ""), "\n", " "), -1) {
		codes = append(codes, m[1])
		if _, _, ok := findCommand(strings.Fields(m[1])); ok {
			list = append(list, m[1])
		}
	}
	for _, code := range codes {
		if m := called.FindStringSubmatch(code); m != nil {
			list = append(list, m[1])
		}
	}
	return list
}

// faultOf tells what is wrong with a call; "" if nothing is.
func faultOf(line string) string {
	line, _, _ = strings.Cut(line, " > ")
	line, _, _ = strings.Cut(line, " | ")
	words := strings.Fields(line)
	cmd, _, ok := findCommand(words)
	if !ok {
		if len(commandsOf(words[0])) > 0 && len(words) == 1 {
			return "" // a family of commands
		}
		return "there is no such command"
	}
	if cmd.name == "help" {
		return ""
	}
	for _, option := range longOpt.FindAllString(line, -1) {
		if !strings.Contains(cmd.args, option) {
			return "it has no " + option
		}
	}
	return ""
}
