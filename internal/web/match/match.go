// Package match finds what somebody means. Staff type a few letters, and Search.Rank takes
// them as they are: "fuehr", "FÜHR" and "fuhr" are all a driving licence. Citizens type
// words of their own, with slips: for them Index.Search knows a thesaurus, puts typing
// errors right and says so. It refuses to know what is searched. Start reading at
// Search.Rank and Index.Search.
package match

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var spelledOut = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// Fold makes a text comparable for a search: "Führerschein" is found by
// fuehrerschein and FÜHRERSCHEIN, and, in the second form, by fuhrerschein.
func Fold(s string) (spelled, bare string) {
	s = strings.ToLower(norm.NFC.String(s))
	return strip(spelledOut.Replace(s)), strip(strings.ReplaceAll(s, "ß", "ss"))
}

func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// Search is what somebody looks for.
type Search struct{ words [][2]string }

// New reads what was typed, of very much only the beginning.
func New(q string) Search {
	var s Search
	for i, w := range strings.Fields(q) {
		if i == 10 {
			break
		}
		spelled, bare := Fold(w)
		s.words = append(s.words, [2]string{spelled, bare})
	}
	return s
}

// Empty reports that nothing was typed.
func (s Search) Empty() bool { return len(s.words) == 0 }

// Rank says how well texts match, the first of them being the name: 0 not at
// all; a name that begins so counts more than one that has it inside, and that
// more than a match elsewhere.
func (s Search) Rank(name string, others ...string) int {
	nameSpelled, nameBare := Fold(name)
	spelled, bare := Fold(strings.Join(append([]string{name}, others...), "\n"))
	best := 3
	for i, w := range s.words {
		switch {
		case strings.HasPrefix(nameSpelled, w[0]) || strings.HasPrefix(nameBare, w[1]):
		case strings.Contains(nameSpelled, w[0]) || strings.Contains(nameBare, w[1]):
			if i == 0 {
				best = min(best, 2)
			}
		case strings.Contains(spelled, w[0]) || strings.Contains(bare, w[1]):
			best = 1
		default:
			return 0
		}
	}
	return best
}
