package docs

import (
	"cmp"
	"slices"
	"strings"

	"terminvergabe/internal/handbook"
	"terminvergabe/internal/web/match"
)

// hit is a section in which all words of a search stand.
type hit struct {
	Href   string
	Title  string // of the section
	Topic  string // of its document; "" where it is the section's
	Before string // the place where the first word stands, in three parts
	Found  string
	After  string
	rank   int
}

// most is how many hits are shown.
const most = 30

// search finds sections: the best first, of equals as they are read. The title of a
// document counts for each of its sections.
func (p *Part) search(typed string) (hits []hit, more bool, err error) {
	wanted := match.New(typed)
	for _, t := range p.Library.Topics() {
		body, err := t.Page()
		if err != nil {
			return nil, false, err
		}
		for _, s := range body.Sections {
			rank := wanted.Rank(s.Title, s.Text, t.Title)
			if rank == 0 || s.Level == 1 && t.Name == handbook.Start {
				continue
			}
			h := hit{Href: link(t).Href, Title: s.Title, rank: rank}
			if s.ID != "" {
				h.Href, h.Topic = h.Href+"#"+s.ID, t.Title
			}
			h.excerpt(s.Text, typed)
			hits = append(hits, h)
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.rank, a.rank) })
	more = len(hits) > most
	return hits[:min(len(hits), most)], more, nil
}

// aroundWords is how much of a text is shown before and after the word that was found.
const aroundWords = 14

// excerpt takes the words around the first that was looked for, or the beginning.
func (h *hit) excerpt(text, typed string) {
	words := strings.Fields(text)
	at := slices.IndexFunc(words, func(word string) bool {
		return slices.ContainsFunc(strings.Fields(typed), func(w string) bool { return match.New(w).Rank(word) > 0 })
	})
	if at < 0 {
		h.Before = strings.Join(words[:min(len(words), 2*aroundWords)], " ")
		return
	}
	from, to := max(0, at-aroundWords), min(len(words), at+1+aroundWords)
	h.Before, h.Found, h.After = strings.Join(words[from:at], " "), words[at], strings.Join(words[at+1:to], " ")
	if from > 0 {
		h.Before = "… " + h.Before
	}
	if to < len(words) {
		h.After += " …"
	}
}
