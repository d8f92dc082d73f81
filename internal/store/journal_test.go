package store

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The journal is added to, read, and forgotten; nothing that is written there is ever
// changed, and only retention deletes.
func TestJournalIsAppendOnly(t *testing.T) {
	touches := regexp.MustCompile(`(?is)\b(UPDATE\s+journal|(DELETE\s+FROM|REPLACE\s+INTO|TRUNCATE(\s+TABLE)?|DROP\s+TABLE|ALTER\s+TABLE)\s+journal\b|INSERT\s+INTO\s+journal\b[^"` + "`" + `]*ON\s+CONFLICT)[^"` + "`" + `]*`)
	files := os.DirFS(".")
	list, err := fs.Glob(files, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range list {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, touches.FindAllString(string(text), -1)...)
	}
	if want := "DELETE FROM journal WHERE tenant = $1 AND id < $2 AND at < $3"; len(found) != 1 || found[0] != want {
		t.Errorf("got %q, want %q alone, of ForgetJournal", found, want)
	}
}
