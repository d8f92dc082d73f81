package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"terminvergabe/internal/handbook"
	"terminvergabe/internal/inventory"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/ui"
)

// The documents as they ship, with those that the code writes: no link leads nowhere, every
// picture and file is there and shown, and the contents name every topic.
func TestDocumentsAreSound(t *testing.T) {
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range l.Faults() {
		t.Error(fault)
	}
}

// A name means one thing: what is a topic is neither a file nor a command.
func TestHelpNamesAreUnique(t *testing.T) {
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	note := func(name, what string) {
		if before := seen[name]; before != "" && before != what {
			t.Errorf("%s is a %s and a %s", name, before, what)
		}
		seen[name] = what
	}
	for _, topic := range l.Topics() {
		note(topic.Name, "topic")
	}
	for _, name := range l.Samples() {
		note(name, "file")
	}
	for _, c := range commands() {
		note(c.name, "command")
		first, _, _ := strings.Cut(c.name, " ")
		note(first, "command")
	}
}

// help prints every topic so that it can be read in a window of 80 columns: only code, an
// address and a very long word may be wider.
func TestHelp(t *testing.T) {
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range l.Topics() {
		out, errs, status := sayHelp(t, topic.Name)
		if status != exitDone || errs != "" || !strings.HasPrefix(out, topic.Title) {
			t.Errorf("help %s: got %d, %.80q, %q", topic.Name, status, out, errs)
		}
		for line := range strings.Lines(out) {
			if strings.Contains(line, "<<") {
				t.Errorf("help %s: copied with its margin a here-document never ends: %s", topic.Name, line)
			}
			if words := strings.Fields(line); len([]rune(line)) > 80+1 && !strings.HasPrefix(line, "    ") && len(words) > 3 {
				t.Errorf("help %s: a line of %d: %s", topic.Name, len([]rune(line)), line)
			}
		}
	}
	for _, name := range l.Samples() {
		if data, _ := l.Sample(name); !strings.HasSuffix(string(data), "\n") {
			t.Errorf("help %s: the last line has no end", name)
		}
	}
	out, _, _ := sayHelp(t)
	for line := range strings.Lines(out) {
		if len([]rune(line)) > 80+1 {
			t.Errorf("help: a line of %d: %s", len([]rune(line)), line)
		}
	}
	for _, x := range []struct {
		ask, want string
		status    int
	}{
		{"", "start ", exitDone},
		{"stoerungen.md", "=====", exitDone},
		{"Sicherung", "=====", exitDone},
		{"routen", "/staff/bookings/{id}", exitDone},
		{"staff", "terminvergabe staff passwd", exitDone},
		{"staff add", "usage: terminvergabe staff add --config", exitDone},
		{"config.example.yaml", "\nbase_url:", exitDone},
		{"-h", "usage: terminvergabe help", exitDone},
		{"stoerunk", "stoerungen", exitUsage},
		{"x", "Topics are: start, handbuch-sachbearbeitung, ", exitUsage},
		{"staff ad", "staff add", exitUsage},
	} {
		out, errs, status := sayHelp(t, strings.Fields(x.ask)...)
		if status != x.status || !strings.Contains(out+errs, x.want) {
			t.Errorf("help %s: got %d, want %d and %q in\n%.300s%s", x.ask, status, x.status, x.want, out, errs)
		}
	}
}

func sayHelp(t *testing.T, args ...string) (out, errs string, status int) {
	t.Helper()
	var o, e strings.Builder
	status = run(t.Context(), append([]string{"help"}, args...), strings.NewReader(""), &o, &e)
	return o.String(), e.String(), status
}

var (
	boldForm     = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	placeholders = regexp.MustCompile(`\{[a-z]+\}`)
	placeholder  = regexp.MustCompile(`\\\{[a-z]+\\\}`)
)

// What stands in bold in a handbook is what a button, field or page is called: the same
// words as in the German catalogue, so that the handbook stays true when they change.
func TestHandbooksUseTheWordsOfThePages(t *testing.T) {
	labels := germanWords(t)
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, topic := range l.Topics() {
		if !strings.HasPrefix(topic.Name, "handbuch-") {
			continue
		}
		for _, m := range boldForm.FindAllStringSubmatch(string(topic.Markdown), -1) {
			seen++
			if !slices.ContainsFunc(labels, func(label *regexp.Regexp) bool { return label.MatchString(m[1]) }) {
				t.Errorf("%s.md: nothing on the pages is called %q", topic.Name, m[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d names of buttons were found", seen)
	}
}

// germanWords are all texts of the German catalogue, their placeholders standing for anything.
func germanWords(t *testing.T) (list []*regexp.Regexp) {
	t.Helper()
	names, err := fs.Glob(ui.Files, "locale/de/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(ui.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatal(err)
		}
		for _, value := range texts {
			forms := []any{value}
			if plural, ok := value.(map[string]any); ok {
				forms = slices.Collect(maps.Values(plural))
			}
			for _, form := range forms {
				if text := placeholders.ReplaceAllString(form.(string), ""); strings.IndexFunc(text, unicode.IsLetter) < 0 {
					continue // would be everything
				}
				list = append(list, regexp.MustCompile("^"+placeholder.ReplaceAllString(regexp.QuoteMeta(form.(string)), ".+")+"$"))
			}
		}
	}
	return list
}

// Whoever is on a page of the back office is led to what the handbook says about it; who
// is on none that the handbook explains, to its contents.
func TestEveryPageHasHelp(t *testing.T) {
	b, places := newBuilding(t), placesOfHandbook(t)
	for _, path := range office.HelpedPaths() {
		if where := office.Help(path); !slices.Contains(places, where) {
			t.Errorf("help for %s leads to %s, which is nowhere", path, where)
		}
		if !slices.ContainsFunc(b.routes(), func(r office.Route) bool { return r.Path == path || strings.HasPrefix(r.Path, path+"/") }) {
			t.Errorf("help for %s, which is no page", path)
		}
	}
	for _, r := range b.routes() {
		if own := []string{"/docs", "/staff", "/staff/", handbook.Home}; r.Method != http.MethodGet || !r.Needs.DemandsSession() || slices.Contains(own, r.Path) || strings.HasPrefix(r.Path, handbook.Home+"/") {
			continue
		}
		if office.Help(r.Path) == handbook.Home {
			t.Errorf("%s: the handbook says nothing about it: add it to helps in office/help.go", r.Path)
		}
	}
}

// placesOfHandbook are the addresses of all documents and their sections.
func placesOfHandbook(t *testing.T) (list []string) {
	t.Helper()
	l, err := library()
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range l.Topics() {
		body, err := topic.Page()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, handbook.Home+"/"+topic.Name)
		for _, s := range body.Sections {
			list = append(list, handbook.Home+"/"+topic.Name+"#"+s.ID)
		}
	}
	return list
}

// What is kept in the clear is not called sealed: the overview says of answers to the
// office's questions what the list of all data says of them.
func TestWhatIsSealedIsToldAlike(t *testing.T) {
	text, err := ui.Files.ReadFile("docs/sicherheit.md")
	if err != nil {
		t.Fatal(err)
	}
	data := written(nil)[inventory.Topic]()
	plain := regexp.MustCompile(`(?m)^.*Antworten auf die Fragen des Amtes.*im Klartext.*$`).MatchString(data)
	for line := range strings.Lines(string(text)) {
		sealed, clear := strings.Contains(line, "*Versiegelt:*"), strings.Contains(line, "*Im Klartext:*")
		if told := strings.Contains(line, "Antworten"); sealed && told == plain || clear && told != plain {
			t.Errorf("answers are in the clear: %v; sicherheit.md says: %s", plain, line)
		}
	}
	if !strings.Contains(string(text), "*Versiegelt:*") || !plain {
		t.Error("the lines that are compared are gone")
	}
}
