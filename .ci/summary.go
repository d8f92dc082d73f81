// Summary reads what `go test -json` prints and shows what a person wants to
// see: a line for each package, all that a failed test said, which tests were
// skipped, and at the end how many there were. It fails if a test failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

type summary struct {
	said                    map[string][]string // by package and test, until it has ended
	skips                   []string
	passed, failed, skipped int
	broken                  bool // something other than a test went wrong
}

func main() {
	s := summary{said: map[string][]string{}}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if json.Unmarshal(line, &e) == nil {
			s.take(e)
		} else if len(line) > 0 {
			os.Stdout.Write(line)
		}
		if err != nil {
			break
		}
	}
	for _, skip := range s.skips {
		fmt.Println("skipped:", skip)
	}
	for _, name := range slices.Sorted(maps.Keys(s.said)) {
		fmt.Printf("never ended: %s\n%s", name, strings.Join(s.said[name], ""))
		s.broken = true
	}
	fmt.Printf("tests: %d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	if s.failed > 0 || s.broken || s.passed == 0 {
		os.Exit(1)
	}
}

func (s *summary) take(e event) {
	name := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		if e.Test == "" && isResult(e.Output) {
			fmt.Print(e.Output)
		} else {
			s.said[name] = append(s.said[name], e.Output)
		}
	case "pass", "fail", "skip":
		s.end(e, name)
	case "build-fail":
		s.broken = true
	}
}

// end counts a test, or notes how a whole package ended.
func (s *summary) end(e event, name string) {
	if e.Action == "fail" {
		fmt.Print(strings.Join(s.said[name], ""))
	}
	switch {
	case e.Test == "":
		s.broken = s.broken || e.Action == "fail"
	case e.Action == "pass":
		s.passed++
	case e.Action == "fail":
		s.failed++
	default:
		s.skipped++
		s.skips = append(s.skips, name)
	}
	delete(s.said, name)
}

// isResult recognises the closing line of a package.
func isResult(line string) bool {
	return strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "FAIL\t") || strings.HasPrefix(line, "?   \t")
}
