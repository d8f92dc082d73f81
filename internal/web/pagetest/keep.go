package pagetest

import (
	"os"
	"path/filepath"
	"regexp"
)

// KeptPages is the environment variable that names the folder for Keep.
const KeptPages = "TERMINVERGABE_KEPT_PAGES"

// nameForm is a name of a page to keep: letters, digits and dashes, and the language
// at the end.
var nameForm = regexp.MustCompile(`^[a-z0-9-]+-(de|en|de-x-leicht|tr|uk|ru|ar|pl|fr)$`)

// TB is what Keep needs of a test.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Keep hands a page in one of its example states to the accessibility run, which opens
// all kept pages in a browser. The name is PART-STATE-LANGUAGE and given once. Without
// the folder in the environment nothing is kept.
func Keep(t TB, name, html string) {
	t.Helper()
	if !nameForm.MatchString(name) {
		t.Errorf("keep %q: expected a name such as plan-empty-de", name)
		return
	}
	dir := os.Getenv(KeptPages)
	if dir == "" {
		return
	}
	f, err := os.OpenFile(filepath.Join(dir, name+".html"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Errorf("keep %s: is the name given twice? %v", name, err)
		return
	}
	if _, err := f.WriteString(html); err != nil {
		t.Errorf("keep %s: %v", name, err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("keep %s: %v", name, err)
	}
}
