package match

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// seeker is one search: the words that were typed and what they reach.
type seeker struct {
	x     *Index
	words []word
	reach map[string][]float32 // by key of a word: how well it fits each entry; nil: none
	rows  [3][]int
}

// How much of what was typed is read. With more words the sets of them would be too many.
const (
	typedWords = 12
	heedWords  = 5
)

func newSeeker(x *Index, typed string) *seeker {
	s := &seeker{x: x, reach: map[string][]float32{}}
	all := wordsOf(typed, typedWords)
	counts := func(least float32) (list []word) {
		for i := range all {
			if x.weight(&all[i]) > least {
				list = append(list, all[i])
			}
		}
		return list
	}
	if s.words = counts(0); len(s.words) > heedWords {
		s.words = counts(0.5)
	}
	if len(s.words) == 0 {
		s.words = all
	}
	s.words = s.words[:min(heedWords, len(s.words))]
	return s
}

// reached says how well a word fits each entry; nil where it fits none.
func (s *seeker) reached(w *word) []float32 {
	if r, ok := s.reach[w.key]; ok {
		return r
	}
	var r []float32
	for i := range s.x.words {
		q := closeness(w, &s.x.words[i])
		if q == 0 {
			continue
		}
		if r == nil {
			r = make([]float32, len(s.x.entries))
		}
		for _, p := range s.x.at[i] {
			r[p.entry] = max(r[p.entry], q*p.worth)
		}
	}
	s.reach[w.key] = r
	return r
}

// known reports that a word can be taken as it was typed.
func (s *seeker) known(w *word) bool {
	return s.x.thesaurus.knows(w) || s.x.place[w.key] || s.reached(w) != nil
}

// reading is what was typed as it may have been meant.
type reading struct {
	words []word
	guess bool    // a word was put right
	trust float32 // 0 to 1
}

// mostReadings bounds how many are tried.
const mostReadings = 8

// readings are the ways to understand what was typed: words that nobody knows are taken
// apart, else put right.
func (s *seeker) readings() []reading {
	list := []reading{{trust: 1}}
	for i := range s.words {
		w := s.words[i]
		if s.known(&w) || s.joins(i) {
			for n := range list {
				list[n].words = append(list[n].words, w)
			}
			continue
		}
		if parts := s.apart(w); parts != nil {
			for n := range list {
				list[n].words = append(list[n].words, parts...)
			}
			continue
		}
		list = branch(list, s.meant(&w))
	}
	return list
}

// branch continues each reading with each of the words that one may have been meant for.
func branch(list []reading, meant []guess) []reading {
	var next []reading
	for _, r := range list {
		for _, g := range meant {
			next = append(next, reading{append(slices.Clone(r.words), g.word), r.guess || g.trust < 1, r.trust * g.trust})
		}
	}
	slices.SortStableFunc(next, func(a, b reading) int { return cmp.Compare(b.trust, a.trust) })
	return next[:min(len(next), mostReadings)]
}

// joins reports that a word makes one with its neighbour: "reise pass".
func (s *seeker) joins(i int) bool {
	for _, pair := range [][2]int{{i - 1, i}, {i, i + 1}} {
		if pair[0] >= 0 && pair[1] < len(s.words) {
			w := newWord(s.words[pair[0]].shown + s.words[pair[1]].shown)
			if s.known(&w) {
				return true
			}
		}
	}
	return false
}

// apart takes a compound into two or three words that are known: "autoanmelden".
func (s *seeker) apart(w word) []word {
	letters := []rune(w.shown)
	const least = 3
	for i := len(letters) - least; i >= least; i-- {
		head, tail := newWord(string(letters[:i])), newWord(string(letters[i:]))
		if !s.known(&tail) || len(tail.key) < least || !s.whole(&tail) {
			continue
		}
		for _, link := range []string{"", "s", "n", "es", "en"} {
			cut, ok := strings.CutSuffix(head.shown, link)
			if h := newWord(cut); ok && len(h.key) >= least && s.whole(&h) {
				return []word{h, tail}
			}
		}
	}
	return nil
}

// whole reports that a word stands somewhere by itself, or begins a longer one of the
// index.
func (s *seeker) whole(w *word) bool {
	return s.x.thesaurus.knows(w) || slices.ContainsFunc(s.x.words, func(there word) bool {
		return there.stem == w.stem || len(w.key) >= leastStem && strings.HasPrefix(there.key, w.key)
	})
}

// guess is a word that another may have been meant for.
type guess struct {
	word
	trust float32
}

// mostGuesses bounds what is tried for one word.
const mostGuesses = 3

// meant are the words closest to one that nobody knows; without any, the word itself.
func (s *seeker) meant(w *word) (list []guess) {
	most := slips(len(w.chars))
	try := func(there *word, doubt float32) {
		d := distance(w.chars, there.chars, false, most, &s.rows)
		lost := float32(d) + doubt
		if d > most && len(w.chars) >= 7 && len(there.chars) > len(w.chars) {
			d = distance(w.chars, there.chars, true, most-1, &s.rows)
			if lost = float32(d) + 0.5 + doubt; d > most-1 {
				return
			}
		}
		if d > most || most == 0 {
			return
		}
		if w.chars[0] != there.chars[0] {
			lost += 0.5
		}
		list = append(list, guess{*there, 0.95 - 0.5*lost/float32(len(w.chars))})
	}
	for i := range s.x.words {
		try(&s.x.words[i], 0)
	}
	if t := s.x.thesaurus; t != nil {
		for _, there := range t.words {
			try(&there, 0.1)
		}
	}
	slices.SortFunc(list, func(a, b guess) int { return cmp.Or(cmp.Compare(b.trust, a.trust), cmp.Compare(a.key, b.key)) })
	list = slices.CompactFunc(list, func(a, b guess) bool { return a.key == b.key })
	if len(list) == 0 {
		return []guess{{*w, 1}}
	}
	return list[:min(len(list), mostGuesses)]
}

// move explains some of the words: as they stand, written together, or by what the
// thesaurus says they mean.
type move struct {
	mask    uint
	weight  float32
	letters int
	reach   []float32
}

func (s *seeker) moves(words []word) (list []move) {
	weights := make([]float32, len(words))
	for i := range words {
		weights[i] = s.x.weight(&words[i])
	}
	for mask := uint(1); mask < 1<<len(words); mask++ {
		var some []word
		m := move{mask: mask}
		for i := range words {
			if mask&(1<<i) != 0 {
				some = append(some, words[i])
				m.weight += weights[i]
				m.letters += len(words[i].chars)
			}
		}
		if len(some) > phraseWords {
			continue
		}
		if len(some) == 1 {
			m.reach = s.reached(&some[0])
			list = append(list, m)
		}
		if at := bits.TrailingZeros(mask); len(some) == 2 && mask == 3<<at {
			w := newWord(some[0].shown + some[1].shown)
			if m.reach = s.reached(&w); m.reach != nil {
				list = append(list, m)
			}
		}
		if t := s.x.thesaurus; t != nil {
			list = append(list, s.meanings(m, t.means[stemKey(some)])...)
		}
	}
	return list
}

// meanings are the moves by what the thesaurus says: less sure than the words themselves,
// and the less so the further back in its line, of what there is here at all.
func (s *seeker) meanings(m move, meant [][]word) (list []move) {
	trust := float32(firstMeaning)
	for _, phrase := range meant {
		one := m
		if one.reach, one.letters = s.together(phrase, trust); one.reach != nil {
			list = append(list, one)
			trust = max(trust-nextMeaning, leastMeaning)
		}
	}
	return list
}

// How sure a meaning of the thesaurus is.
const (
	firstMeaning = 0.93
	nextMeaning  = 0.07
	leastMeaning = 0.6
)

// together says how well entries fit all words of a phrase, as well as the worst of them;
// nil where none does. letters are those of the phrase.
func (s *seeker) together(phrase []word, trust float32) (reach []float32, letters int) {
	for i := range phrase {
		letters += len(phrase[i].chars)
		r := s.reached(&phrase[i])
		if r == nil {
			return nil, 0
		}
		if i == 0 {
			reach = slices.Clone(r)
			continue
		}
		for e := range reach {
			reach[e] = min(reach[e], r[e])
		}
	}
	if slices.Max(reach) == 0 {
		return nil, 0
	}
	for e := range reach {
		reach[e] *= trust
	}
	return reach, letters
}

// path is the best explanation of some of the words in one entry.
type path struct {
	score   float32
	missed  int // words that count and are not there
	letters int // of the entry that are explained
	ok      bool
}

func (p path) beats(q path) bool {
	return !q.ok || p.missed < q.missed || p.missed == q.missed && p.score > q.score
}

// Of two entries that fit the words alike the one whose name says less besides is meant.
const forName = 0.12

// read finds the entries that fit one reading.
func (s *seeker) read(r reading) (found Result) {
	words := r.words[:min(len(r.words), heedWords+2)]
	moves := s.moves(words)
	total := float32(0)
	counting := 0
	for i := range words {
		w := s.x.weight(&words[i])
		total += w
		if w >= 1 {
			counting++
		}
	}
	if total == 0 {
		return found
	}
	var all, some []Hit
	best := make([]path, 1<<len(words))
	for e := range s.x.entries {
		p := s.explain(e, words, moves, best)
		if p.score == 0 {
			continue
		}
		fit := min(1, float32(p.letters)/float32(max(1, s.x.entries[e].letters)))
		h := Hit{Entry: e, score: r.trust * (p.score/total + forName*fit)}
		switch {
		case p.missed == 0:
			all = append(all, h)
		case p.missed < counting:
			some = append(some, h)
		}
	}
	if found.Hits = all; len(all) == 0 {
		found.Hits, found.Part = some, true
	}
	found.Hits = s.x.sorted(found.Hits)
	if r.guess {
		found.Guess = s.said(r.words)
	}
	return found.cut()
}

// explain finds the best path through the words for one entry. best is reused.
func (s *seeker) explain(e int, words []word, moves []move, best []path) path {
	clear(best)
	best[0].ok = true
	full := uint(1)<<len(words) - 1
	for mask := uint(0); mask < full; mask++ {
		if !best[mask].ok {
			continue
		}
		next := uint(1) << bits.TrailingZeros(^mask) // each path takes the first open word
		skip := best[mask]
		if s.x.weight(&words[bits.TrailingZeros(next)]) >= 1 {
			skip.missed++
		}
		if skip.beats(best[mask|next]) {
			best[mask|next] = skip
		}
		for i := range moves {
			m := &moves[i]
			if m.mask&next == 0 || m.mask&mask != 0 || m.reach == nil || m.reach[e] == 0 {
				continue
			}
			p := best[mask]
			p.score += m.weight * m.reach[e]
			p.letters += m.letters
			if p.beats(best[mask|m.mask]) {
				best[mask|m.mask] = p
			}
		}
	}
	return best[full]
}

// worse is what a hit may fall behind the best and still be shown.
const worse = 0.65

func (r Result) cut() Result {
	for i, h := range r.Hits {
		if h.score < worse*r.Hits[0].score {
			r.Hits = r.Hits[:i]
			break
		}
	}
	if r.Part {
		r.Hits = r.Hits[:min(len(r.Hits), mostParts)]
	}
	return r
}

// mostParts is how many hits are shown that fit only some of the words.
const mostParts = 10

// said is a reading as the index writes it.
func (s *seeker) said(words []word) string {
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = w.shown
		for _, there := range s.x.words {
			if there.stem == w.stem {
				shown[i] = there.shown
			}
			if there.key == w.key {
				break
			}
		}
	}
	return strings.Join(shown, " ")
}
