package agenda

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The types of a question.
const (
	AskChoice  = "choice"  // one of the options
	AskYesNo   = "yesno"   // yes or no
	AskText    = "text"    // the visitor's own words; they change neither times nor places
	AskSurname = "surname" // the visitor's family name; its first letters choose the option
)

// Chooses reports that the answer is one of the options.
func (q *Question) Chooses() bool { return q.Type == AskChoice || q.Type == AskSurname }

// Option finds an answer to choose by its id; nil: there is none.
func (q *Question) Option(id string) *Option {
	for i := range q.Options {
		if q.Options[i].ID == id {
			return &q.Options[i]
		}
	}
	return nil
}

// Staying are the options that do not lead to another service.
func (q *Question) Staying() (list []*Option) {
	for i := range q.Options {
		if q.Options[i].Service == "" {
			list = append(list, &q.Options[i])
		}
	}
	return list
}

// OptionFor is the answer that a family name leads to by its first letters; nil: none
// does, since it does not begin with a Latin letter.
func (q *Question) OptionFor(surname string) *Option {
	key := surnameKey(surname)
	if key == "" {
		return nil
	}
	for i := range q.Options {
		list, err := parseLetters(q.Options[i].Letters)
		if err == nil && slices.ContainsFunc(list, func(r letters) bool { return r.have(key) }) {
			return &q.Options[i]
		}
	}
	return nil
}

// Settle puts in place of family names in a wish the options that they lead to, so that
// no name goes any further. What leads nowhere stays, to be refused.
func (s *Setup) Settle(w Wish) Wish {
	w.Items = slices.Clone(w.Items)
	for i := range w.Items {
		it := &w.Items[i]
		svc, ok := s.Service(it.Service)
		if !ok {
			continue
		}
		for j := range svc.Questions {
			q := &svc.Questions[j]
			a := it.Answers[q.ID]
			if q.Type != AskSurname || a == "" || q.Option(a) != nil {
				continue
			}
			if o := q.OptionFor(a); o != nil {
				it.answer(q.ID, o.ID)
			}
		}
	}
	return w
}

// answer sets one answer and leaves the map that others may hold alone.
func (it *Item) answer(question, value string) {
	answers := map[string]string{question: value}
	for id, a := range it.Answers {
		if id != question {
			answers[id] = a
		}
	}
	it.Answers = answers
}

// letters are the names from one beginning to another, both included: a to k.
type letters struct{ from, to string }

func (r letters) have(key string) bool {
	return key >= r.from && (key <= r.to || strings.HasPrefix(key, r.to))
}

// parseLetters reads "A-K", "Sch-Z" or "A-D, M".
func parseLetters(s string) (list []letters, err error) {
	for part := range strings.SplitSeq(s, ",") {
		from, to, ranged := strings.Cut(part, "-")
		r := letters{letterKey(from), letterKey(to)}
		if !ranged {
			r.to = r.from
		}
		if r.from == "" || r.to == "" || !r.have(r.to) || strings.Trim(r.from+r.to, "abcdefghijklmnopqrstuvwxyz") != "" {
			return nil, fmt.Errorf("%q is no range of first letters", strings.TrimSpace(part))
		}
		list = append(list, r)
	}
	return list, nil
}

// after is the first beginning behind a range: "l" after "k", "schn" after "schm", ""
// after "z".
func (r letters) after() string {
	s := strings.TrimRight(r.to, "z")
	if s == "" {
		return ""
	}
	return s[:len(s)-1] + string(s[len(s)-1]+1)
}

// surnameKey is a family name as an office sorts it: ä as a, ß as ss, without the small
// words before it (von, zu) when they are written small.
func surnameKey(name string) string {
	words := strings.Fields(name)
	for len(words) > 1 && strings.Contains(" von vom zu zum zur van de del di da der den dem ter ", " "+words[0]+" ") {
		words = words[1:]
	}
	key := letterKey(strings.Join(words, " "))
	if key == "" || key[0] < 'a' || key[0] > 'z' {
		return ""
	}
	return key
}

// letterKey is a text in small Latin letters without marks, as far as it has such.
func letterKey(s string) string {
	s = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "ı", "i", "þ", "th").Replace(strings.ToLower(s))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, norm.NFD.String(s))
}

func (c *checker) checkQuestion(path string, own *Service, q *Question) {
	c.oneOf(path+".type", q.Type, AskChoice, AskText, AskYesNo, AskSurname)
	switch {
	case q.Chooses() && len(q.Options) == 0:
		c.bad(path+".options", "found none; expected the answers to choose from")
	case (q.Type == AskText || q.Type == AskYesNo) && len(q.Options) > 0:
		c.bad(path+".options", "found for type %s; expected them for types choice and surname alone", q.Type)
	case q.Chooses() && len(q.Staying()) == 0:
		c.bad(path+".options", "found only answers that lead to other services; expected one at least for this service")
	}
	uniqueIDs(c, path+".options", q.Options, func(o *Option) string { return o.ID })
	for i := range q.Options {
		c.checkOption(at(path+".options", i), own, q, &q.Options[i])
	}
	if q.Type == AskSurname && len(q.Options) > 0 {
		c.checkLetters(path+".options", q)
	}
}

func (c *checker) checkOption(here string, own *Service, q *Question, o *Option) {
	c.within(here+".minutes", o.Minutes, 0, dayMinutes)
	for j, id := range o.Calendars {
		if _, ok := c.s.Calendar(id); !ok {
			c.bad(at(here+".calendars", j), "found %q; expected the id of a calendar", id)
		}
	}
	c.unique(here+".calendars", o.Calendars)
	switch other, ok := c.s.Service(o.Service); {
	case o.Service == "":
	case !ok || other.ID == own.ID:
		c.bad(here+".service", "found %q; expected the id of another service", o.Service)
	case own.Public == VisiblePublic && other.Public != VisiblePublic:
		c.bad(here+".service", "found %q, which visitors cannot book; expected a service that is public as this one is", o.Service)
	case o.Minutes > 0 || len(o.Calendars) > 0:
		c.bad(here+".service", "found beside minutes or calendars; expected one or the other: the other service has its own")
	case q.Type == AskSurname:
		c.bad(here+".service", "found for type surname; expected calendars, since letters choose a place and not a service")
	}
	if o.Letters != "" && q.Type != AskSurname {
		c.bad(here+".letters", "found for type %s; expected them for type surname alone", q.Type)
	}
}

// checkLetters: every name leads to one answer.
func (c *checker) checkLetters(path string, q *Question) {
	var all []letters
	for i := range q.Options {
		list, err := parseLetters(q.Options[i].Letters)
		if err != nil {
			c.bad(at(path, i)+".letters", "found %q; expected first letters of names such as A-K or A-D, M", shorten(q.Options[i].Letters))
			return
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b letters) int { return strings.Compare(a.from, b.from) })
	next := "a"
	for _, r := range all {
		switch {
		case next == "" || r.from < next:
			c.bad(path, "found names from %q in two answers; expected every name in one", strings.ToUpper(r.from))
			return
		case r.from > next:
			c.bad(path, "found no answer for names from %q; expected all from A to Z", strings.ToUpper(next))
			return
		}
		next = r.after()
	}
	if next != "" {
		c.bad(path, "found no answer for names from %q; expected all from A to Z", strings.ToUpper(next))
	}
}
