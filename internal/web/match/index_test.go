package match_test

import (
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/web/match"
)

func office(t testing.TB, words *match.Thesaurus) ([]match.Entry, *match.Index) {
	t.Helper()
	list := []match.Entry{
		{Names: []string{"Personalausweis beantragen", "Apply for an identity card"}, Synonyms: []string{"Perso"}, Code: "99008002012000"},
		{Names: []string{"Reisepass beantragen", "Pasaport başvurusu"}, Code: "99084001001000"},
		{Names: []string{"Jagdtermin"}, Synonyms: []string{"Lappen", "Waidmanns Heil"}},
		{Names: []string{"Führerschein umtauschen", "تبديل رخصة القيادة"}},
		{Names: []string{"Wohnsitz anmelden oder ummelden"}},
		{Names: []string{"Fahrzeug anmelden"}},
	}
	return list, match.NewIndex(list, words, "Stadt Einbeck")
}

func TestSearch(t *testing.T) {
	list, x := office(t, thesaurus(t))
	for _, q := range []struct {
		typed, want string // the names found, the best first; those after + may follow
		guess       string
		part        bool
	}{
		{typed: "", want: ""},
		{typed: "  -- ", want: ""},
		{typed: "gibtesnicht", want: ""},
		{typed: "lappen", want: "Jagdtermin|Führerschein umtauschen"}, // the tenant's word wins
		{typed: "waidmans heil", want: "Jagdtermin"},
		{typed: "perso einbeck", want: "Personalausweis beantragen"}, // the place is no service
		{typed: "identity card", want: "Personalausweis beantragen"},
		{typed: "PASAPORT BASVURUSU", want: "Reisepass beantragen"},
		{typed: "رخصة القيادة", want: "Führerschein umtauschen"},
		{typed: "kfz anmelden", want: "Fahrzeug anmelden"},
		{typed: "anmelden kfz", want: "Fahrzeug anmelden"},
		{typed: "autoanmeldung", want: "Fahrzeug anmelden"},
		{typed: "umzug", want: "Wohnsitz anmelden oder ummelden"},
		{typed: "führerschien umtauschn", want: "Führerschein umtauschen", guess: "Führerschein umtauschen"},
		{typed: "reisepass gibtesnicht", want: "Reisepass beantragen", part: true},
		{typed: "99084", want: "Reisepass beantragen"},
		{typed: "990", want: ""}, // too little of a number
	} {
		r := x.Search(q.typed)
		if got := strings.Join(names(list, r.Hits, 9), "|"); got != q.want || r.Guess != q.guess || r.Part != q.part {
			t.Errorf("%q: got %s, guess %q, part %v; want %s, %q, %v", q.typed, got, r.Guess, r.Part, q.want, q.guess, q.part)
		}
	}
}

// The words before and after a slip: what is found stays the same.
func TestSlips(t *testing.T) {
	list, x := office(t, thesaurus(t))
	for _, typed := range []string{"personalausweis", "persnalausweis", "personnalausweis", "personalauswies", "pesronalausweis", "Personalausweiß", "personal ausweis", "personalausweise"} {
		if got := names(list, x.Search(typed).Hits, 1); !slices.Equal(got, []string{"Personalausweis beantragen"}) {
			t.Errorf("%q: got %q", typed, got)
		}
	}
}

func TestHitSaysTheSynonym(t *testing.T) {
	_, x := office(t, thesaurus(t))
	for typed, want := range map[string]string{"lappen": "Lappen", "jagdtermin": "", "waidmann": "Waidmanns Heil"} {
		if r := x.Search(typed); len(r.Hits) == 0 || r.Hits[0].By != want {
			t.Errorf("%q: got %+v, want by %q", typed, r.Hits, want)
		}
	}
}

func TestWithoutThesaurus(t *testing.T) {
	list, x := office(t, nil)
	for typed, want := range map[string]string{"reisepas": "Reisepass beantragen", "fuhrerschein": "Führerschein umtauschen", "perso": "Personalausweis beantragen"} {
		if got := names(list, x.Search(typed).Hits, 1); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: got %q, want %s", typed, got, want)
		}
	}
}

// Whatever is typed is answered: very much, signs, and words that fit everything.
func TestSearchBearsAnything(t *testing.T) {
	_, x := office(t, thesaurus(t))
	for _, typed := range []string{strings.Repeat("a", 100000), strings.Repeat("auto anmelden ", 10000), "\x00\xff", "%_'\"<>", "ich der die das", "\u0308", "ß", "🚗"} {
		x.Search(typed)
	}
}

func TestThesaurusRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"allein":                       "stands alone",
		"a b c d e -> f":               "5 words",
		"a -> ":                        "0 words",
		" -> b":                        "0 words",
		"none: a,,b":                   "empty place",
		"# gut\n\nperso -> Ausweis\n,": "line 4",
	} {
		if _, err := match.ReadThesaurus(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", line, err, want)
		}
	}
}
