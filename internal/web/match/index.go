package match

import (
	"cmp"
	"slices"
	"strings"
)

// Entry is something that can be found: its names, in every language there is, the
// words its owner gave it, and numbers that must be typed from their beginning.
type Entry struct {
	Names    []string
	Synonyms []string
	Code     string
}

// Index finds entries by words as people type them. It is built once for a list of
// entries, and is safe for use by many at once.
type Index struct {
	entries   []indexed
	words     []word
	at        [][]posting // of each of words
	thesaurus *Thesaurus
	place     map[string]bool // words of the place's own name, by key: they count little
}

type indexed struct {
	Entry
	letters  int // of the words of the first name that say something
	synonyms [][]word
}

// posting says that a word stands in an entry, and what that is worth.
type posting struct {
	entry int
	worth float32
}

// What a word is worth by where it stands.
const (
	inName    = 1
	inSynonym = 0.97
)

// entryWords are as many words of an entry's name or synonym as count.
const entryWords = 40

// NewIndex makes a list of entries searchable. The thesaurus may be nil; place is whose
// entries they are, which people type along: "perso einbeck".
func NewIndex(list []Entry, t *Thesaurus, place ...string) *Index {
	x := &Index{thesaurus: t, place: map[string]bool{}}
	for _, name := range place {
		for _, w := range wordsOf(name, entryWords) {
			x.place[w.key] = true
		}
	}
	known := map[string]int{}
	for i, e := range list {
		one := indexed{Entry: e}
		for n, name := range e.Names {
			words := wordsOf(name, entryWords)
			for j := range words {
				if n == 0 && x.weight(&words[j]) == 1 {
					one.letters += len(words[j].chars)
				}
			}
			x.add(known, i, inName, words)
		}
		for _, s := range e.Synonyms {
			words := wordsOf(s, entryWords)
			one.synonyms = append(one.synonyms, words)
			x.add(known, i, inSynonym, words)
		}
		x.entries = append(x.entries, one)
	}
	return x
}

func (x *Index) add(known map[string]int, entry int, worth float32, words []word) {
	for _, w := range words {
		n, ok := known[w.key]
		if !ok {
			n = len(x.words)
			known[w.key] = n
			x.words, x.at = append(x.words, w), append(x.at, nil)
		}
		x.at[n] = append(x.at[n], posting{entry, worth})
	}
}

// weight is how much a word counts: 0 to 1.
func (x *Index) weight(w *word) float32 {
	if x.place[w.key] {
		return seldom
	}
	return x.thesaurus.weight(w)
}

// Hit is an entry that was found.
type Hit struct {
	Entry int    // its number in the list
	By    string // the synonym that was searched, where the name says nothing of it

	score float32
}

// Result is what a search found, the best first.
type Result struct {
	Hits []Hit
	// Guess is what was searched instead of what was typed, where nothing fits that
	// as it stands: a typing error put right.
	Guess string
	// Part reports that nothing fits all of the words; the hits fit some of them.
	Part bool
}

// Search finds what fits what somebody typed.
func (x *Index) Search(typed string) Result {
	if r, ok := x.byCode(strings.TrimSpace(typed)); ok {
		return r
	}
	s := newSeeker(x, typed)
	if len(s.words) == 0 {
		return Result{}
	}
	var best Result
	for _, reading := range s.readings() {
		r := s.read(reading)
		if better(r, best) {
			best = r
		}
	}
	for i := range best.Hits {
		best.Hits[i].By = s.synonym(&x.entries[best.Hits[i].Entry])
	}
	return best
}

// better prefers what fits all words, then the better best hit.
func better(a, b Result) bool {
	switch {
	case len(a.Hits) == 0 || len(b.Hits) == 0:
		return len(a.Hits) > 0
	case a.Part != b.Part:
		return !a.Part
	}
	return a.Hits[0].score > b.Hits[0].score
}

// byCode finds by a number of the catalogue: four digits of it at least.
func (x *Index) byCode(typed string) (r Result, ok bool) {
	if len(typed) < 4 || strings.Trim(typed, "0123456789") != "" {
		return r, false
	}
	for i, e := range x.entries {
		if strings.HasPrefix(e.Code, typed) {
			r.Hits = append(r.Hits, Hit{Entry: i})
		}
	}
	return r, len(r.Hits) > 0
}

// synonym is the one of an entry that a word was meant for, "" where its name says
// as much.
func (s *seeker) synonym(e *indexed) string {
	for i := range s.words {
		w := &s.words[i]
		if s.x.weight(w) < 1 || slices.ContainsFunc(e.Names, func(name string) bool { return fits(w, wordsOf(name, entryWords)) }) {
			continue
		}
		for n, words := range e.synonyms {
			if fits(w, words) {
				return e.Synonyms[n]
			}
		}
	}
	return ""
}

func fits(w *word, words []word) bool {
	return slices.ContainsFunc(words, func(there word) bool { return closeness(w, &there) > 0 })
}

// sorted puts hits in order: the best first, of equals the shorter name, then the order
// of the list.
func (x *Index) sorted(hits []Hit) []Hit {
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(x.entries[a.Entry].letters, x.entries[b.Entry].letters))
	})
	return hits
}
