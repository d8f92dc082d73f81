package match

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is one word of a text in forms that can be compared.
type word struct {
	shown string // as it was written
	key   string // without case, accents and umlauts: "fuhrerschein"
	stem  string // key without the endings that German words take
	chars []rune // of key
}

// plainKey makes the spellings of one word the same: Führerschein, FUEHRERSCHEIN
// and fuhrerschein. "ue" after a vowel is no umlaut: neue, Steuer.
func plainKey(s string) string {
	_, bare := Fold(s)
	if !strings.ContainsAny(bare, "e") {
		return bare
	}
	var b strings.Builder
	before := ' '
	for i, r := range bare {
		if r == 'e' && i > 0 && strings.ContainsRune("aou", before) {
			start := i - 1
			if before != 'u' || start == 0 || !strings.ContainsRune("aeiouq", rune(bare[start-1])) {
				before = r
				continue
			}
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// endings of nouns, verbs and adjectives, the longest first.
const endings = "ern em en er es e n s"

// leastStem is what an ending must leave of a word.
const leastStem = 4

func stemOf(key string) string {
	for _, end := range []string{"ungen", "ung"} {
		if s, ok := strings.CutSuffix(key, end); ok && len(s) >= leastStem {
			key = s
			break
		}
	}
	for {
		before := key
		for end := range strings.SplitSeq(endings, " ") {
			if s, ok := strings.CutSuffix(key, end); ok && len(s) >= leastStem {
				key = s
				break
			}
		}
		if key == before {
			return key
		}
	}
}

func newWord(shown string) word {
	key := plainKey(shown)
	return word{shown, key, stemOf(key), []rune(key)}
}

// wordsOf takes a text apart, at most so many words of it.
func wordsOf(s string, most int) (list []word) {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) }) {
		if len(list) == most {
			break
		}
		if utf8.RuneCountInString(part) > longest {
			part = string([]rune(part)[:longest])
		}
		if w := newWord(part); w.key != "" {
			list = append(list, w)
		}
	}
	return list
}

// longest is more letters than a word has that somebody means.
const longest = 60

// stemKey names a set of words whatever their order.
func stemKey(list []word) string {
	stems := make([]string, len(list))
	for i, w := range list {
		stems[i] = w.stem
	}
	slices.Sort(stems)
	return strings.Join(stems, " ")
}

// closeness says how well a typed word fits one of the index, 0 to 1: the same, the
// same but for the ending, its beginning, a part of a compound.
func closeness(typed, there *word) float32 {
	a, b := len(typed.key), len(there.key)
	switch {
	case typed.key == there.key:
		return 1
	case typed.stem == there.stem && a < 6 && strings.HasPrefix(there.key, typed.key): // perhaps only by chance: Perso, Person
		return 0.9
	case typed.stem == there.stem:
		return 0.99
	case a >= b:
		return partOf(typed, there)
	case a >= 2 && strings.HasPrefix(there.key, typed.key):
		return 0.7 + 0.2*float32(a)/float32(b)
	case a >= 3 && strings.HasSuffix(there.key, typed.key), a >= 4 && strings.Contains(there.key, typed.key):
		return 0.6 + 0.2*float32(a)/float32(b)
	}
	return partOf(typed, there)
}

// partOf is closeness where an ending is in the way: Ausweise in Personalausweis.
func partOf(typed, there *word) float32 {
	a, b := len(typed.stem), len(there.key)
	if a >= 5 && a < b && strings.Contains(there.key, typed.stem) {
		return 0.55 + 0.2*float32(a)/float32(b)
	}
	return 0
}
