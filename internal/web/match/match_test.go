package match

import "testing"

func TestRank(t *testing.T) {
	for _, x := range []struct {
		typed, name, others string
		want                int
	}{
		{"per", "Personalausweis beantragen", "Perso", 3},
		{"ausw", "Personalausweis beantragen", "", 2},
		{"perso", "Ausweis", "Perso", 1},
		{"fuehr", "Führerschein", "", 3},
		{"FUHR", "Führerschein", "", 3},
		{"strasse", "Straße sperren", "", 3},
		{"ausweis kind", "Ausweis", "Kind", 1},
		{"pass", "Personalausweis", "", 0},
	} {
		if got := New(x.typed).Rank(x.name, x.others); got != x.want {
			t.Errorf("%q in %q, %q: got %d, want %d", x.typed, x.name, x.others, got, x.want)
		}
	}
	if !New(" \t").Empty() || New("a").Empty() {
		t.Error("blanks alone are nothing to search for, a letter is")
	}
}
