package agenda

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Letters are a department's own words in letters to its visitors: paragraphs beside
// what a letter says anyway, and a signature below it. They are plain text with
// placeholders.
type Letters struct {
	Received  Text `json:"received"`
	Confirmed Text `json:"confirmed"`
	Changed   Text `json:"changed"`
	Reminder  Text `json:"reminder"`
	Cancelled Text `json:"cancelled"`
	Rejected  Text `json:"rejected"`
	Signature Text `json:"signature"` // below every one of them
}

// LetterKinds are the letters that a department can add a paragraph to, in the order in
// which visitors get them.
func LetterKinds() []string {
	return []string{"received", "confirmed", "changed", "reminder", "cancelled", "rejected"}
}

// Of is the paragraph for a kind of letter, nil where there is none.
func (l *Letters) Of(kind string) *Text {
	switch kind {
	case "received":
		return &l.Received
	case "confirmed":
		return &l.Confirmed
	case "changed":
		return &l.Changed
	case "reminder":
		return &l.Reminder
	case "cancelled":
		return &l.Cancelled
	case "rejected":
		return &l.Rejected
	}
	return nil
}

// Placeholders are what can stand in braces in the texts of Letters.
func Placeholders() []string {
	return []string{"name", "date", "time", "service", "site", "reference", "phone"}
}

// WrongPlaceholder finds the first thing in braces that is no placeholder, and a brace
// that belongs to none; "" where all is well.
func WrongPlaceholder(text string) string {
	rest := text
	for {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return ""
		}
		end := strings.IndexByte(rest[i:], '}')
		if rest[i] == '}' || end < 0 {
			return rest[i : i+1]
		}
		word := rest[i : i+end+1]
		if !slices.Contains(Placeholders(), word[1:len(word)-1]) {
			return word
		}
		rest = rest[i+end+1:]
	}
}

// placeholder is a word in braces.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// FillIn puts values for the placeholders of a text; one without a value vanishes.
func FillIn(text string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string { return values[p[1:len(p)-1]] })
}

// letters wants known placeholders.
func (c *checker) letters(path string, l *Letters) {
	for _, kind := range LetterKinds() {
		c.placeholders(path+"."+kind, *l.Of(kind))
	}
	c.placeholders(path+".signature", l.Signature)
}

func (c *checker) placeholders(path string, t Text) {
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		wrong := WrongPlaceholder(t[lang])
		if lang != "" {
			lang = "." + lang
		}
		if wrong != "" {
			c.bad(path+lang, "found %q; expected one of {%s}", shorten(wrong), strings.Join(Placeholders(), "}, {"))
		}
	}
}
