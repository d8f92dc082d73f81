// Package i18n gives pages and letters their words: messages by key, plural
// forms, and dates and times as each language writes them.
//
// It refuses to know where a text is shown: a message is plain text, never
// HTML, and whoever shows it escapes it. It also knows nothing of texts that
// a tenant writes (names of services and the like); those carry their own
// languages in agenda.
//
// Start reading at Load, which says what a catalogue looks like and what is
// refused, then at Printer, which everything that shows text holds.
package i18n

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	numbers "golang.org/x/text/message"
)

// defaultLanguage is spoken where nothing else was asked for. The catalogue
// must have it: this is software for German offices.
const defaultLanguage = "de"

// variantMark sets a private variant apart from its base language, such as
// de-x-leicht (Leichte Sprache) from de.
const variantMark = "-x-"

// maxMissing bounds how many faults a catalogue remembers.
const maxMissing = 1000

// maxAccept bounds how much of an Accept-Language header is read.
const maxAccept = 512

// Catalogue holds the messages of all languages. It does not change after
// Load and can be used by many goroutines.
type Catalogue struct {
	languages []string // the default language first, then by name
	office    []string // of them those that speak to staff too
	printers  map[string]*Printer
	faults    *faults
	matches   matches
}

// Load reads a catalogue: one folder per language (named as in BCP 47: de,
// en, de-x-leicht), one JSON file per area in it. If files has a folder
// "locale", the languages are looked for there. A file is one flat object:
//
//	{"area.greeting": "Guten Tag, {name}!",
//	 "area.count": {"one": "{n} Termin", "other": "{n} Termine"}}
//
// A message with plural forms names exactly the CLDR forms its language uses
// for whole numbers; the argument "n" chooses.
//
// Files named staff*.json are what the office reads; a language may leave out all
// of them, and then speaks to visitors alone. What visitors read must have the same
// keys with the same placeholders in all languages. Refused as well: a key given twice, HTML in a message, a brace that opens
// no placeholder, a language without date formats. The error names language,
// file and key of every fault.
func Load(files fs.FS) (*Catalogue, error) {
	if info, err := fs.Stat(files, "locale"); err == nil && info.IsDir() {
		sub, err := fs.Sub(files, "locale")
		if err != nil {
			return nil, fmt.Errorf("i18n: open the locale folder: %w", err)
		}
		files = sub
	}
	read := reader{files: files}
	languages := read.all()
	if err := read.err(); err != nil {
		return nil, err
	}
	cat := newCatalogue(languages)
	cat.office = slices.DeleteFunc(slices.Clone(cat.languages), func(lang string) bool { return !read.office[lang] })
	return cat, nil
}

func newCatalogue(languages map[string]messages) *Catalogue {
	cat := &Catalogue{printers: map[string]*Printer{}, faults: &faults{seen: map[string]bool{}}}
	for lang, texts := range languages {
		base := baseOf(lang)
		cat.printers[lang] = &Printer{
			lang: lang, tag: language.Make(lang), texts: texts,
			dates: dateWordsOf(lang), faults: cat.faults,
			count: numbers.NewPrinter(language.Make(base + "-u-nu-latn")), rightToLeft: base == "ar",
		}
	}
	cat.languages = slices.SortedFunc(maps.Keys(languages), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	return cat
}

// rank puts the default language first and variants last.
func rank(lang string) int {
	switch {
	case lang == defaultLanguage:
		return 0
	case baseOf(lang) == lang:
		return 1
	}
	return 2
}

// baseOf is the language a private variant belongs to; of any other
// language, itself.
func baseOf(lang string) string {
	base, _, _ := strings.Cut(lang, variantMark)
	return base
}

// Languages lists what the catalogue speaks, the default language first.
func (c *Catalogue) Languages() []string {
	return slices.Clone(c.languages)
}

// OfficeLanguages lists those of the languages that speak to staff too, the default
// language first.
func (c *Catalogue) OfficeLanguages() []string {
	return slices.Clone(c.office)
}

// Office speaks to staff: in the named language where that has the words, else in the
// language it is a variant of, else in the default language.
func (c *Catalogue) Office(lang string) *Printer {
	for _, l := range []string{lang, baseOf(lang)} {
		if slices.Contains(c.office, l) {
			return c.printers[l]
		}
	}
	return c.printers[defaultLanguage]
}

// Printer speaks the named language. An unknown name, however strange, gets
// the default language, so a value from a request can be passed as it is.
func (c *Catalogue) Printer(lang string) *Printer {
	if p, ok := c.printers[lang]; ok {
		return p
	}
	for known, p := range c.printers {
		if strings.EqualFold(known, lang) {
			return p
		}
	}
	return c.printers[defaultLanguage]
}

// Match chooses the language to answer in: of those offered (a tenant's, the
// preferred one first; empty: all), the one that suits the Accept-Language
// header best, else the first. A private variant is never guessed: only its
// full name in the header, or being the only one offered, selects it.
func (c *Catalogue) Match(acceptLanguage string, offered []string) string {
	asked := acceptLanguage + "\x00" + strings.Join(offered, ",")
	if lang, ok := c.matches.get(asked); ok {
		return lang
	}
	lang := c.match(acceptLanguage, offered)
	c.matches.put(asked, lang)
	return lang
}

// matches remembers answers of Match: browsers ask for few combinations of
// languages, and working one out costs more than finding free times.
type matches struct {
	mu   sync.Mutex
	seen map[string]string
}

const maxMatches = 1000

func (m *matches) get(asked string) (lang string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	lang, ok = m.seen[asked]
	return lang, ok
}

func (m *matches) put(asked, lang string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil || len(m.seen) >= maxMatches {
		m.seen = map[string]string{}
	}
	if len(asked) <= maxAccept {
		m.seen[asked] = lang
	}
}

func (c *Catalogue) match(acceptLanguage string, offered []string) string {
	var known, plain []string
	for _, lang := range offered {
		if _, ok := c.printers[lang]; ok {
			known = append(known, lang)
		}
	}
	if len(known) == 0 {
		known = c.languages
	}
	if len(acceptLanguage) > maxAccept {
		acceptLanguage = acceptLanguage[:strings.LastIndexByte(acceptLanguage[:maxAccept], ',')+1]
	}
	wanted, _, err := language.ParseAcceptLanguage(strings.TrimSuffix(acceptLanguage, ","))
	if err != nil || len(wanted) == 0 {
		return known[0]
	}
	if i := slices.IndexFunc(known, func(l string) bool { return strings.EqualFold(l, wanted[0].String()) }); i >= 0 {
		return known[i]
	}
	var tags []language.Tag
	for _, lang := range known {
		if baseOf(lang) == lang {
			plain, tags = append(plain, lang), append(tags, language.Make(lang))
		}
	}
	if len(plain) == 0 {
		return known[0]
	}
	_, index, confidence := language.NewMatcher(tags).Match(wanted...)
	if confidence < language.High { // nobody is given Russian who asked for Ukrainian
		return known[0]
	}
	return plain[index]
}

// Missing lists what printers of this catalogue were asked for in vain:
// unknown keys, and placeholders that got no value ("key: {name}"). A test
// that renders pages checks that it is empty.
func (c *Catalogue) Missing() []string {
	return c.faults.list()
}

// Has says whether the key exists, for keys that are put together at run
// time (such as one per error code).
func (c *Catalogue) Has(key string) bool {
	_, ok := c.printers[defaultLanguage].texts[key]
	return ok
}

// faults remembers a bounded number of things that printers lacked.
type faults struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (f *faults) add(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) < maxMissing {
		f.seen[what] = true
	}
}

func (f *faults) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.seen))
}
