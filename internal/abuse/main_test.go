package abuse

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// suite is what the sections of this process share: what was built, and what became of
// the cases. It has to be a global: sections know nothing of each other.
var suite struct {
	workshop
	tally
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	// Most of the time a case waits. The command line's -parallel comes after this.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, "abuse:", err)
		return 1
	}
	code := m.Run()
	if err := suite.close(); err != nil {
		fmt.Fprintln(os.Stderr, "abuse:", err)
		code = max(code, 1)
	}
	if err := suite.publish(); err != nil {
		fmt.Fprintln(os.Stderr, "abuse:", err)
		code = max(code, 1)
	}
	return code
}

// tally remembers the outcome of every case.
type tally struct {
	mu    sync.Mutex
	cases map[string]*outcome
}

// outcome is what became of a case, by engine.
type outcome struct {
	id, what string
	how      []string
	result   map[string]string // passed, FAILED, skipped
}

func (y *tally) note(id, what, engine, result string, how []string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.cases == nil {
		y.cases = map[string]*outcome{}
	}
	o := y.cases[id]
	if o == nil {
		o = &outcome{id: id, what: what, result: map[string]string{}}
		y.cases[id] = o
	}
	o.result[engine] = result
	for _, h := range how {
		if !slices.Contains(o.how, h) {
			o.how = append(o.how, h)
		}
	}
}

// publish prints how many cases passed, and writes the table where it is wanted.
func (y *tally) publish() error {
	if len(y.cases) == 0 {
		return nil
	}
	var all []*outcome
	count := map[string]int{}
	for _, o := range y.cases {
		all = append(all, o)
		for engine, result := range o.result {
			count[engine+" "+result]++
		}
	}
	slices.SortFunc(all, func(a, b *outcome) int { return cmp.Compare(order(a.id), order(b.id)) })
	var line []string
	for _, engine := range engines() {
		line = append(line, fmt.Sprintf("%s %d passed, %d failed, %d skipped", engine, count[engine+" passed"], count[engine+" FAILED"], count[engine+" skipped"]))
	}
	fmt.Printf("abuse: %d cases; %s\n", len(all), strings.Join(line, "; "))
	name := os.Getenv("TERMINVERGABE_ABUSE_TABLE")
	if name == "" {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| Case | Attack | How it was refused | %s |\n|---|---|---|%s\n", strings.Join(engines(), " | "), strings.Repeat("---|", len(engines())))
	for _, o := range all {
		slices.Sort(o.how)
		fmt.Fprintf(&b, "| %s | %s | %s |", o.id, cell(o.what), cell(strings.Join(o.how, "; ")))
		for _, engine := range engines() {
			fmt.Fprintf(&b, " %s |", cmp.Or(o.result[engine], "not run"))
		}
		b.WriteString("\n")
	}
	return os.WriteFile(name, []byte(b.String()), 0o644)
}

func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s) }

// order sorts A2 before A10.
func order(id string) string {
	n, _ := strconv.Atoi(id[1:])
	return fmt.Sprintf("%c%03d", id[0], n)
}
