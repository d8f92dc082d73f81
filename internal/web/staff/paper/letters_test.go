package paper

import (
	"testing"

	"golang.org/x/image/font/gofont/goregular"
)

func TestLettersFit(t *testing.T) {
	l, err := newLetters(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		text, want string
		lost       bool
	}{
		{"Jürgen Groß-Łukasz", "Jürgen Groß-Łukasz", false},
		{"Ayşe Yıldırım Ğ", "Ayşe Yıldırım Ğ", false},
		{"Ωmega Жанна Їжак", "Ωmega Жанна Їжак", false},
		{"u\u0308ber", "über", false},
		{"Nguyễn Thị Ánh", "Nguyen Thi Ánh", true},
		{"李伟", "··", true},
		{"محمد", "····", true},
		{"a😀b\tc", "a·b c", true},
		{"", "", false},
	} {
		if got, lost := l.fit(x.text); got != x.want || lost != x.lost {
			t.Errorf("%q: got %q, lost %v; want %q, %v", x.text, got, lost, x.want, x.lost)
		}
	}
}
