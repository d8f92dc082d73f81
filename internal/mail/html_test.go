package mail

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/tooltest"
	"terminvergabe/internal/web/pagetest"
)

// letterHas is what a letter may have and a page may not: mail programs read the styles
// in the tags alone, and a letter is a column without landmarks.
func letterHas(fault string) bool {
	return strings.HasSuffix(fault, " style>: the policy forbids it") || fault == "inline style" || strings.HasSuffix(fault, " main, want one each")
}

// onlyInOutlook is what other programs take for a comment: half a table, and the other half.
var onlyInOutlook = regexp.MustCompile(`(?s)<!--\[if mso\]>.*?<!\[endif\]-->`)

// The formatted version of every letter, in every state and language, is closed, nested and
// quoted as pages are.
func TestHTMLOfEveryLetter(t *testing.T) {
	for _, l := range everyLetter(t) {
		page := strings.NewReplacer("/>", ">", "<!DOCTYPE", "<!doctype").Replace(onlyInOutlook.ReplaceAllString(l.HTML, "")) // letters are XML as well
		for _, fault := range pagetest.CheckHTML(page) {
			if !letterHas(fault) {
				t.Errorf("%s: %s", l.Name, fault)
			}
		}
		if t.Failed() {
			return
		}
	}
	if got := slices.DeleteFunc(pagetest.CheckHTML(`<p style="x"><div>a</p>`), letterHas); len(got) == 0 {
		t.Error("a page full of faults has none")
	}
}

// The checker of the W3C, which shares no code with ours, finds nothing but what old
// Outlooks need. The fullest letters in all languages, and all states of some: the checker
// takes its time, and states differ in what is left out.
func TestTheCheckerReadsLetters(t *testing.T) {
	checker, folder, n := tooltest.HTMLChecker(t), t.TempDir(), 0
	write := func(name, page string) {
		if err := os.WriteFile(filepath.Join(folder, name+".html"), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range everyLetter(t) {
		if strings.HasSuffix(l.Name, ".full") || l.Lang == "de" && (l.kind == Changed || l.kind == Reminder || l.kind == Links) {
			write(l.Name, l.HTML)
			n++
		}
	}
	write("control", `<!DOCTYPE html><html lang="de"><head><title>x</title></head><body><p><div color=red></p></body></html>`)
	var said struct {
		Messages []struct{ URL, Message, Extract string }
	}
	out, _ := exec.CommandContext(t.Context(), "java", "-Xss4m", "-jar", checker, "--exit-zero-always", "--stdout", "--errors-only", "--format", "json", folder).Output()
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("the HTML checker says nothing that can be read (%v): %.500s", err, out)
	}
	control, outlook := 0, 0
	for _, m := range said.Messages {
		switch {
		case strings.HasSuffix(m.URL, "/control.html"):
			control++
		case strings.HasPrefix(m.Message, "CSS: “mso-"), strings.HasPrefix(m.Message, "CSS: “supported-color-schemes”"):
			outlook++
		default:
			t.Errorf("%s: %s near %q", filepath.Base(m.URL), m.Message, m.Extract)
		}
	}
	if control < 2 || outlook < n {
		t.Errorf("%d letters: %d faults of the page full of them, %d for Outlook", n, control, outlook)
	}
}

// Lists and names stand apart by the comma of the language: also below an Arabic letter.
func TestTheCommaIsThatOfTheLanguage(t *testing.T) {
	for lang, want := range map[string]string{"de": "Landkreis Musterberg, Bürgerdienste", "ar": "Landkreis Musterberg، Bürgerdienste"} {
		words, err := templates(t).Print(testLetter(everyCatalogue(t).Printer(lang), Confirmed))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(words.Text, want) || !strings.Contains(words.HTML, want) {
			t.Errorf("%s: got\n%s\nwant %s", lang, words.Text, want)
		}
	}
}
