package mail

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheckAddress(t *testing.T) {
	good := map[string]string{
		"erika@example.org":               "erika@example.org",
		"  erika@example.org ":            "erika@example.org",
		"Erika.Muster+termin@Example.ORG": "Erika.Muster+termin@example.org",
		"o'neil_{x}@sub.example.org":      "o'neil_{x}@sub.example.org",
		"a@müller.de":                     "a@xn--mller-kva.de",
		"a@MÜLLER.de":                     "a@xn--mller-kva.de",
		"a@mu\u0308ller.de":               "a@xn--mller-kva.de",
		"a@bücher.example":                "a@xn--bcher-kva.example",
		"a@straße.de":                     "a@xn--strae-oqa.de",
		"a@他们为什么不说中文.example":             "a@xn--ihqwcrb4cv8a8dqg056pqjye.example",
		"a@xn--mller-kva.de":              "a@xn--mller-kva.de",
	}
	for typed, want := range good {
		if got, err := CheckAddress(typed); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", typed, got, err, want)
		}
	}
	long := strings.Repeat("a", 63) + "."
	bad := []string{ // F.1 and F.4 first
		"a@b.de\r\nBcc: v@y.de", "a@b.de\n", "a@b.de\r", "\ta@b.de", "a%0d%0a@b.de", "a@b%0d%0a.de", "a@b.de\u2028", "\u2028a@b.de", "a@b.de\u0085",
		"a\x00@b.de", "a@b.de\x00", "\"a\r\nRCPT TO:<v>\"@x", `"x\"><script>"@b.de`, `"a b"@b.de`, "a@[127.0.0.1]", "a@[IPv6:::1]", "a@127.0.0.1",
		"Name <a@b.de>", "<a@b.de>", "a@b.de(comment)", "(c)a@b.de", "a@b.de,c@d.de", "a@b.de c@d.de", "a@b.de;c@d.de", "a@b@c.de",
		"v%y.de@b.de", "y.de!v@b.de", "", "@", "a", "a@", "@b.de", "a@b", "a@localhost", ".a@b.de", "a.@b.de", "a..b@b.de", "a@.b.de", "a@b..de",
		"a@b.de.", "a@-b.de", "a@b-.de", "a@b_c.de", "jörg@b.de", "a\u200b@b.de", "a@b\u200b.de", "a@b.de\u202e", "a@\xff.de", "a@b\u3002de", "a@\u0308b.de",
		strings.Repeat("a", 65) + "@b.de", "a@" + strings.Repeat("b", 64) + ".de", "a@" + long + long + long + long + "de", "a@" + strings.Repeat("ü", 100000) + ".de",
	}
	for _, typed := range bad {
		if got, err := CheckAddress(typed); !errors.Is(err, ErrAddress) {
			t.Errorf("%.80q: got %q, %v, want ErrAddress", typed, got, err)
		} else if got != "" || len(typed) > 3 && strings.Contains(err.Error(), typed) {
			t.Errorf("%.80q: got %q, and the error tells the address: %v", typed, got, err)
		}
	}
}

func TestParseMailbox(t *testing.T) {
	box, err := ParseMailbox("Termine für Bürger <Soziales@Example.org>")
	if err != nil || box.Name != "Termine für Bürger" || box.Address != "Soziales@example.org" {
		t.Errorf("got %v, %v", box, err)
	}
	for _, bad := range []string{"", "Termine", "a@b.de, c@d.de", "X <a@[127.0.0.1]>", "X <a@b.de>\r\nBcc: v@y.de"} {
		if _, err := ParseMailbox(bad); !errors.Is(err, ErrAddress) {
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
	f.Fuzz(func(t *testing.T, typed string) {
		got := SafeName(typed)
		if utf8.RuneCountInString(got) > 80 || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00@/") || strings.Contains(got, "www.") {
			t.Errorf("%q became %q", typed, got)
		}
	})
}

func FuzzCheckAddress(f *testing.F) {
	f.Add("a@müller.de")
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := CheckAddress(typed)
		if err != nil {
			return
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c > '~' || strings.IndexByte(`"<>(),:;\[]`, c) >= 0 {
				t.Fatalf("%q became %q", typed, got)
			}
		}
		if again, err := CheckAddress(got); err != nil || again != got {
			t.Errorf("%q is not stable: %q, %v", got, again, err)
		}
	})
}
