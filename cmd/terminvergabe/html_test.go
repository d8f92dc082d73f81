package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// faultless lets the Nu Html Checker of the W3C read all kept pages, which knows every
// rule of the HTML standard and nothing of ours. The control page must have faults.
func faultless(t *testing.T, checker, dir string) {
	var said struct{ Messages []htmlFault }
	out, _ := exec.CommandContext(t.Context(), "java", "-Xss4m", "-jar", checker, "--exit-zero-always", "--stdout", "--errors-only", "--format", "json", dir).Output()
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("the HTML checker says nothing that can be read (%v): %.500s", err, out)
	}
	control, count, used := 0, map[string]int{}, make([]bool, len(pardoned))
	for _, f := range said.Messages {
		if f.page() == "public-control" {
			control++
			continue
		}
		if i := slices.IndexFunc(pardoned, f.is); i >= 0 {
			used[i] = true
			continue
		}
		if count[f.Message]++; count[f.Message] <= 3 {
			t.Errorf("%s: %s: %s near %q", f.page(), f.Type, f.Message, f.Extract)
		}
	}
	for message, n := range count {
		if n > 3 {
			t.Errorf("%d times: %s", n, message)
		}
	}
	if control < 2 {
		t.Errorf("a page full of faults has %d", control)
	}
	for i, p := range pardoned {
		if !used[i] && os.Getenv(lookAt) == "" {
			t.Errorf("no page says any longer %q: take it off the list", p.message)
		}
	}
}

// htmlFault is what the checker says of a place in a page.
type htmlFault struct{ Type, URL, Message, Extract string }

func (f htmlFault) page() string { return strings.TrimSuffix(filepath.Base(f.URL), ".html") }

func (f htmlFault) is(p pardon) bool {
	begin, end, _ := strings.Cut(p.message, " … ")
	return strings.HasPrefix(f.Message, begin) && strings.Contains(f.Message, end) && (!p.staff || !strings.HasPrefix(f.page(), "public-"))
}

// pardon is a message that is let go, and why.
type pardon struct {
	message string // how it begins and, after " … ", what else is in it
	staff   bool   // on the staff's pages alone
	why     string
}

var pardoned = []pardon{
	{"The “role” attribute must not be used on a … “table” ancestor", false,
		"on a phone the styles lay tables out as cards, and some browsers then forget that they are tables: the roles keep them so"},
	{"Bad value … for attribute “value” on element “input”", true,
		"what was typed is given back as it was; only a browser that knows no fields for dates and numbers sends such a value, and it shows it"},
}
