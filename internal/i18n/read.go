package i18n

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// messages are the texts of one language by key.
type messages map[string]message

var (
	keyForm     = regexp.MustCompile(`^[a-z][a-zA-Z0-9_-]*(\.[a-zA-Z0-9_-]+)+$`)
	placeholder = regexp.MustCompile(`\{([a-z][a-zA-Z0-9]*)\}`)
	htmlForm    = regexp.MustCompile(`</?[a-zA-Z!]|&[a-zA-Z]+;|&#`)
)

// formNames are the plural forms as a catalogue file names them.
var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// reader reads and checks catalogue files, collecting all faults.
type reader struct {
	files  fs.FS
	office map[string]bool // languages that have files for the office
	faults []error
}

// officeFiles begin so: what only staff read.
const officeFiles = "staff"

func (r *reader) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("i18n: "+format, args...))
}

func (r *reader) err() error { return errors.Join(r.faults...) }

// all reads every language and compares them.
func (r *reader) all() map[string]messages {
	languages := map[string]messages{}
	r.office = map[string]bool{defaultLanguage: true}
	entries, err := fs.ReadDir(r.files, ".")
	if err != nil {
		r.fault("list the languages: %w", err)
		return nil
	}
	for _, entry := range entries {
		if entry.IsDir() {
			languages[entry.Name()] = r.language(entry.Name())
		}
	}
	if _, ok := languages[defaultLanguage]; !ok {
		r.fault("there is no folder %q, the default language", defaultLanguage)
		return nil
	}
	for _, lang := range slices.Sorted(maps.Keys(languages)) {
		r.compare(languages, lang)
	}
	return languages
}

// language reads all files of one language.
func (r *reader) language(lang string) messages {
	tag, err := language.Parse(lang)
	if err != nil || tag.String() != lang {
		r.fault("folder %q is not named as in BCP 47, such as de, en or de-x-leicht", lang)
		return nil
	}
	if dateWordsOf(lang) == nil {
		r.fault("%s: no date formats; add them in dates.go", lang)
	}
	names, err := fs.Glob(r.files, lang+"/*.json")
	if err != nil {
		r.fault("%s: list files: %w", lang, err)
		return nil
	}
	all, from, forms := messages{}, map[string]string{}, usedForms(tag)
	for _, name := range names {
		data, err := fs.ReadFile(r.files, name)
		if err != nil {
			r.fault("%w", err)
			continue
		}
		for _, pair := range r.pairs(name, data) {
			if first, twice := from[pair.key]; twice {
				r.fault("%s: key %q is already in %s", name, pair.key, path.Base(first))
				continue
			}
			from[pair.key] = name
			m, err := parseMessage(forms, pair.value)
			if err != nil {
				r.fault("%s: key %q: %w", name, pair.key, err)
			}
			m.office = strings.HasPrefix(path.Base(name), officeFiles)
			if m.office {
				r.office[lang] = true
			}
			all[pair.key] = m
		}
	}
	return all
}

// pair is one member of a JSON object, in the order of the file.
type pair struct {
	key   string
	value json.RawMessage
}

// pairs reads one flat object. It goes member by member, since a map would
// silently keep the last of two equal keys.
func (r *reader) pairs(name string, data []byte) []pair {
	var list []pair
	dec := json.NewDecoder(bytes.NewReader(data))
	place := func() int { return 1 + bytes.Count(data[:dec.InputOffset()], []byte("\n")) }
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		r.fault("%s: expected one JSON object of keys and messages", name)
		return nil
	}
	for dec.More() {
		var value json.RawMessage
		token, err := dec.Token()
		if err == nil {
			err = dec.Decode(&value)
		}
		if err != nil {
			r.fault("%s: line %d: %w", name, place(), err)
			return list
		}
		key, _ := token.(string)
		if !keyForm.MatchString(key) {
			r.fault("%s: line %d: key %q is not of the form area.name", name, place(), key)
		}
		list = append(list, pair{key, value})
	}
	if _, err := dec.Token(); err != nil {
		r.fault("%s: line %d: the object is not closed", name, place())
	} else if _, err := dec.Token(); err != io.EOF {
		r.fault("%s: line %d: text after the object", name, place())
	}
	return list
}

// compare holds one language against the one it must agree with: a variant
// with its base, the others with the default language.
func (r *reader) compare(languages map[string]messages, lang string) {
	model := defaultLanguage
	if baseOf(lang) != lang {
		model = baseOf(lang)
	}
	want, ok := languages[model]
	if !ok {
		r.fault("%s: its base language %s is missing", lang, model)
		return
	}
	got := languages[lang]
	for _, key := range slices.Sorted(maps.Keys(want)) {
		mine, ok := got[key]
		switch {
		case !ok && want[key].office && !r.office[lang]:
		case !ok:
			r.fault("%s: key %q is missing; %s has it", lang, key, model)
		case ok && !slices.Equal(mine.needs, want[key].needs):
			r.fault("%s: key %q has the placeholders %v; %s has %v", lang, key, mine.needs, model, want[key].needs)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			r.fault("%s: key %q is unknown in %s", lang, key, model)
		}
	}
}

// message is one text, or one per plural form.
type message struct {
	plural bool
	office bool // only staff read it
	forms  map[plural.Form]string
	needs  []string // the arguments it takes, sorted
}

// parseMessage reads a message of a language that has the given plural forms.
func parseMessage(used map[plural.Form]bool, value json.RawMessage) (message, error) {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return message{forms: map[plural.Form]string{plural.Other: text}, needs: sortedOnce(placeholders(text))}, checkText(text)
	}
	var named map[string]string
	if err := json.Unmarshal(value, &named); err != nil {
		return message{}, errors.New("expected a text or an object of plural forms")
	}
	m := message{plural: true, forms: map[plural.Form]string{}, needs: []string{"n"}}
	for name, text := range named {
		form, ok := formNames[name]
		if !ok {
			return m, fmt.Errorf("%q is not a plural form", name)
		}
		if err := checkText(text); err != nil {
			return m, err
		}
		m.forms[form] = text
		m.needs = append(m.needs, placeholders(text)...)
	}
	m.needs = sortedOnce(m.needs)
	for _, name := range slices.Sorted(maps.Keys(formNames)) {
		_, given := named[name]
		switch needed := used[formNames[name]]; {
		case needed && !given:
			return m, fmt.Errorf("lacks the plural form %q", name)
		case given && !needed:
			return m, fmt.Errorf("plural form %q is never used in this language", name)
		}
	}
	return m, nil
}

func placeholders(text string) (names []string) {
	if !strings.Contains(text, "{") { // as most: the expression would take ten times as long
		return nil
	}
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	return names
}

func sortedOnce(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// usedForms are the plural forms a language has for whole numbers. Every
// rule of CLDR for whole numbers shows itself below 200.
func usedForms(tag language.Tag) map[plural.Form]bool {
	used := map[plural.Form]bool{plural.Other: true}
	for n := range 200 {
		used[formOf(tag, n)] = true
	}
	return used
}

func formOf(tag language.Tag, n int) plural.Form {
	return plural.Cardinal.MatchPlural(tag, max(n, -n), 0, 0, 0, 0)
}

func checkText(text string) error {
	if strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "{}<&") { // as most
		return nil
	}
	switch rest := placeholder.ReplaceAllString(text, ""); {
	case strings.TrimSpace(text) == "":
		return errors.New("the message is empty")
	case strings.ContainsAny(rest, "{}"):
		return errors.New("a brace that is not part of a {placeholder}")
	case htmlForm.MatchString(text):
		return errors.New("HTML in a message; markup belongs into the template")
	}
	return nil
}
