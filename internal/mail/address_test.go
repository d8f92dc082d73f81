package mail

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
)

func TestParseMailbox(t *testing.T) {
	box, err := ParseMailbox("Termine für Bürger <Soziales@Example.org>")
	if err != nil || box.Name != "Termine für Bürger" || box.Address != "Soziales@example.org" {
		t.Errorf("got %v, %v", box, err)
	}
	for _, bad := range []string{"", "Termine", "a@b.de, c@d.de", "X <a@[127.0.0.1]>", "X <a@b.de>\r\nBcc: v@y.de"} {
		if _, err := ParseMailbox(bad); !errors.Is(err, agenda.ErrAddress) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSafeName(t *testing.T) {
	cases := map[string]string{
		"Erika Mustermann":                                "Erika Mustermann",
		"  Dr. J.  R. Müller-Lüdenscheidt":                "Dr. J. R. Müller-Lüdenscheidt",
		"Sie haben gewonnen https://evil.example/x jetzt": "Sie haben gewonnen jetzt",
		"HTTP://EVIL.EXAMPLE":                             "",
		"www.evil.example":                                "",
		"(www.evil.example)":                              "",
		"evil.example":                                    "evil. example",
		"a.evil.example":                                  "a. evil. example",
		"v@evil.example":                                  "",
		"mailto:v":                                        "",
		`\\evil\share`:                                    "",
		"X\r\nBcc: v":                                     "X Bcc: v",
		"a\u202eb\u200bc":                                 "abc",
		"evile\u0301.example":                             "evile\u0301. example",
		"evil.\u200dexample":                              "evil. \u200dexample",
		"a\u2028b":                                        "a b",
		"\xff":                                            "",
		strings.Repeat("ä", 300):                          strings.Repeat("ä", 80),
		strings.Repeat("a", 79) + " bcd ef":               strings.Repeat("a", 79),
		"昭和":                                              "昭和",
	}
	for typed, want := range cases {
		if got := SafeName(typed); got != want {
			t.Errorf("%.60q: got %q, want %q", typed, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("x https://evil.example.org y.z")
	f.Add("\xbe\u05f8e\x00\x80\x00\x00Example.org ywwwwwwww.")
	link := regexp.MustCompile(`[\pL\pN][.。．｡][\pL\pN]|://|[@/\\]`)
	f.Fuzz(func(t *testing.T, typed string) {
		got := SafeName(typed)
		if utf8.RuneCountInString(got) > 80 || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00") || link.MatchString(got) {
			t.Errorf("%q became %q", typed, got)
		}
	})
}
