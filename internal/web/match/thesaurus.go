package match

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Thesaurus knows what people say for what offices write. The zero value knows
// nothing.
type Thesaurus struct {
	means map[string][][]word // by stemKey of what is said: what it can mean, the most likely first
	words map[string]word     // every word that is said, by stem
	often map[string]bool     // words that say little, by key: "beantragen"
	none  map[string]bool     // words that say nothing, by key: "ich"
}

// phraseWords is how many words a phrase may have.
const phraseWords = 4

// LoadThesaurus reads the thesaurus of the folder search, one file per language.
func LoadThesaurus(files fs.FS) (*Thesaurus, error) {
	all, err := fs.Glob(files, "search/*.txt")
	if err != nil {
		return nil, err
	}
	t := newThesaurus()
	for _, name := range all {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if err := t.read(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return t, nil
}

// ReadThesaurus reads lines of four kinds, besides comments (#) and empty ones:
//
//	perso -> Personalausweis | eID       what is said, commas between; what it can mean
//	Auto, Kfz, Fahrzeug                  words that mean each other
//	often: beantragen, Antrag            words that count little
//	none: ich, der, die                  words that do not count
func ReadThesaurus(text string) (*Thesaurus, error) {
	t := newThesaurus()
	return t, t.read(text)
}

func newThesaurus() *Thesaurus {
	return &Thesaurus{means: map[string][][]word{}, words: map[string]word{}, often: map[string]bool{}, none: map[string]bool{}}
}

func (t *Thesaurus) read(text string) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := t.line(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}

func (t *Thesaurus) line(line string) error {
	if list, ok := strings.CutPrefix(line, "often:"); ok {
		return mark(t.often, list)
	}
	if list, ok := strings.CutPrefix(line, "none:"); ok {
		return mark(t.none, list)
	}
	left, right, oneWay := strings.Cut(line, "->")
	said, err := phrases(left, ",")
	if err != nil {
		return err
	}
	if oneWay {
		meant, err := phrases(right, "|")
		for _, from := range said {
			t.add(from, meant...)
		}
		return err
	}
	if len(said) < 2 {
		return fmt.Errorf("%q stands alone; expected what it means after ->, or more words between commas", left)
	}
	for i, from := range said {
		t.add(from, slices.Delete(slices.Clone(said), i, i+1)...)
	}
	return nil
}

func mark(set map[string]bool, list string) error {
	for s := range strings.SplitSeq(list, ",") {
		key := plainKey(strings.TrimSpace(s))
		if key == "" {
			return fmt.Errorf("%q has an empty place; expected words between commas", list)
		}
		set[key] = true
	}
	return nil
}

func phrases(list, between string) (all [][]word, err error) {
	for s := range strings.SplitSeq(list, between) {
		words := wordsOf(s, phraseWords+1)
		if len(words) == 0 || len(words) > phraseWords {
			return nil, fmt.Errorf("%q has %d words; expected 1 to %d", strings.TrimSpace(s), len(words), phraseWords)
		}
		all = append(all, words)
	}
	return all, nil
}

func (t *Thesaurus) add(from []word, meant ...[]word) {
	t.means[stemKey(from)] = append(t.means[stemKey(from)], meant...)
	for _, w := range from {
		if _, ok := t.words[w.stem]; !ok {
			t.words[w.stem] = w
		}
	}
	if len(from) > 1 { // written together too: "autoanmelden"
		joined := ""
		for _, w := range from {
			joined += w.shown
		}
		w := newWord(joined)
		t.means[w.stem] = append(t.means[w.stem], meant...)
		t.words[w.stem] = w
	}
}

func (t *Thesaurus) weight(w *word) float32 {
	switch {
	case t == nil:
		return 1
	case t.none[w.key]:
		return 0
	case t.often[w.key]:
		return seldom
	}
	return 1
}

// seldom is the weight of a word that says little.
const seldom = 0.2

func (t *Thesaurus) knows(w *word) bool {
	if t == nil {
		return false
	}
	_, ok := t.words[w.stem]
	return ok || t.often[w.key] || t.none[w.key]
}
