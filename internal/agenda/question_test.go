package agenda

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func byLetters(ranges ...string) *Question {
	q := &Question{ID: "name", Label: Plain("Familienname"), Type: AskSurname, Required: true}
	for _, r := range ranges {
		q.Options = append(q.Options, Option{ID: idOf(r), Label: Plain(r), Letters: r})
	}
	return q
}

// idOf makes an id of a range.
func idOf(r string) string {
	return strings.NewReplacer(" ", "", ",", "-").Replace(strings.ToLower(r))
}

func TestOptionFor(t *testing.T) {
	q := byLetters("A-K", "L-Sch", "Sci-Z")
	for name, want := range map[string]string{
		"Adam": "a-k", "kurz": "a-k", "KÖNIG": "a-k", "Äpfel": "a-k", "Łukasz": "l-sch", "Lang": "l-sch", "Schmidt": "l-sch", "Scholz": "l-sch", "Seidel": "sci-z",
		"Öztürk": "l-sch", "Übel": "sci-z", "Zwick": "sci-z", "von Bülow": "a-k", "zu Wied": "sci-z", "Van Dyck": "sci-z", "de la Cruz-Meyer": "l-sch", "O’Neill": "l-sch", "Çelik": "a-k", "İnce": "a-k", "ırmak": "a-k", " Šimić ": "sci-z", "ß": "sci-z",
		"": "", "Шевченко": "", "محمد": "", "123": "", "-": "", "李": "",
	} {
		got := ""
		if o := q.OptionFor(name); o != nil {
			got = o.ID
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// Every name that begins with a Latin letter leads to one answer, wherever the ranges meet.
func TestLettersCoverAllNames(t *testing.T) {
	for _, ranges := range [][]string{{"A-Z"}, {"A-K", "L-Z"}, {"A-Schm", "Schn-Z"}, {"A-D, M", "E-L", "N-Z"}, {"A-Mz", "N-Z"}} {
		q := byLetters(ranges...)
		c := &checker{s: &Setup{}}
		if c.checkLetters("options", q); len(c.faults) > 0 {
			t.Errorf("%q: %v", ranges, c.faults)
		}
		for first := 'a'; first <= 'z'; first++ {
			for _, rest := range []string{"", "a", "chm", "chn", "z", "zzz"} {
				name, n := string(first)+rest, 0
				for _, o := range q.Options {
					list, _ := parseLetters(o.Letters)
					if slices.ContainsFunc(list, func(r letters) bool { return r.have(name) }) {
						n++
					}
				}
				if n != 1 {
					t.Errorf("%q: %q has %d answers, want one", ranges, name, n)
				}
			}
		}
	}
}

func TestLettersRefused(t *testing.T) {
	for _, x := range []struct {
		ranges []string
		want   string
	}{
		{[]string{"A-K", "M-Z"}, `no answer for names from "L"`},
		{[]string{"A-K", "K-Z"}, `names from "K" in two answers`},
		{[]string{"A-K"}, `no answer for names from "L"`},
		{[]string{"B-Z"}, `no answer for names from "A"`},
		{[]string{"A-Z", "S"}, `names from "S" in two answers`},
		{[]string{"K-A", "L-Z"}, "first letters of names"},
		{[]string{"", "A-Z"}, "first letters of names"},
		{[]string{"A-Z", "1-9"}, "first letters of names"},
	} {
		c := &checker{s: &Setup{}}
		c.checkLetters("options", byLetters(x.ranges...))
		if len(c.faults) != 1 || !strings.Contains(c.faults[0].Message, x.want) {
			t.Errorf("%q: got %v, want %s", x.ranges, c.faults, x.want)
		}
	}
}

func TestOptionsThatLeadElsewhere(t *testing.T) {
	other := Service{ID: "b", Public: VisiblePublic}
	hidden := Service{ID: "c", Public: VisibleStaff}
	own := Service{ID: "a", Public: VisiblePublic}
	s := &Setup{Services: []Service{own, other, hidden}}
	stay := Option{ID: "neu", Label: Plain("Neu")}
	for _, x := range []struct {
		q    Question
		want string
	}{
		{Question{Type: AskChoice, Options: []Option{stay, {ID: "x", Service: "b"}}}, ""},
		{Question{Type: AskChoice, Options: []Option{{ID: "x", Service: "b"}}}, "expected one at least for this service"},
		{Question{Type: AskChoice, Options: []Option{stay, {ID: "x", Service: "a"}}}, "another service"},
		{Question{Type: AskChoice, Options: []Option{stay, {ID: "x", Service: "gibtesnicht"}}}, "another service"},
		{Question{Type: AskChoice, Options: []Option{stay, {ID: "x", Service: "c"}}}, "visitors cannot book"},
		{Question{Type: AskChoice, Options: []Option{stay, {ID: "x", Service: "b", Minutes: 5}}}, "beside minutes"},
		{Question{Type: AskChoice, Options: []Option{{ID: "x", Letters: "A-Z"}}}, "type surname alone"},
		{Question{Type: AskSurname, Options: []Option{stay, {ID: "x", Letters: "A-Z", Service: "b"}}}, "letters choose a place"},
		{Question{Type: AskText, Options: []Option{stay}}, "types choice and surname alone"},
		{Question{Type: "wahl"}, "expected choice, text, yesno, surname"},
	} {
		c := &checker{s: s}
		c.checkQuestion("q", &own, &x.q)
		if x.want == "" && len(c.faults) > 0 || x.want != "" && !slices.ContainsFunc(c.faults, func(f Fault) bool { return strings.Contains(f.Message, x.want) }) {
			t.Errorf("%+v: got %v, want %q", x.q, c.faults, x.want)
		}
	}
}

// What is booked holds the letters and never the name; an answer that leads elsewhere is
// none for this service.
func TestSettle(t *testing.T) {
	svc := Service{ID: "a", MaxQuantity: 1, Public: VisiblePublic, Questions: []Question{*byLetters("A-K", "L-Z"),
		{ID: "art", Type: AskChoice, Options: []Option{{ID: "neu"}, {ID: "b", Service: "b"}}}}}
	s := &Setup{Services: []Service{svc, {ID: "b"}}}
	typed := map[string]string{"name": "Müller"}
	w := s.Settle(Wish{Items: []Item{{Service: "a", Quantity: 1, Answers: typed}}})
	if got := w.Items[0].Answers["name"]; got != "l-z" || typed["name"] != "Müller" {
		t.Errorf("got %q, and %v where it was typed", got, typed)
	}
	if err := s.CheckWish(w, Public); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"Шевченко": "unknown", "": "required"} {
		err := s.CheckWish(s.Settle(Wish{Items: []Item{{Service: "a", Quantity: 1, Answers: map[string]string{"name": name}}}}), Public)
		var bad Invalid
		if !errors.As(err, &bad) || bad[0].Code != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
	w.Items[0].Answers["art"] = "b"
	var bad Invalid
	if err := s.CheckWish(w, Public); !errors.As(err, &bad) || bad[0] != (FieldError{"a.art", "other_service"}) {
		t.Errorf("got %v, want other_service", err)
	}
}
