package agenda_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

func TestCheckAddress(t *testing.T) {
	long := strings.Repeat("a", 64)
	label := strings.Repeat("b", 63)
	for _, c := range []struct{ in, want string }{
		{"erika@example.org", "erika@example.org"},
		{" Erika.Beispiel+termin@Example.ORG ", "Erika.Beispiel+termin@example.org"},
		{"o'neill_#$&*/=?^`{|}~-@sub.example.org", "o'neill_#$&*/=?^`{|}~-@sub.example.org"},
		{"a@Müller.example", "a@xn--mller-kva.example"},
		{"a@xn--mller-kva.example", "a@xn--mller-kva.example"},
		{long + "@example.org", long + "@example.org"},
		{"a@" + label + ".example", "a@" + label + ".example"},
		{"a@1.example", "a@1.example"},
	} {
		if got, err := agenda.CheckAddress(c.in); err != nil || got != c.want {
			t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
	for _, bad := range []string{"", " ", "@", "a@", "@example.org", "example.org", "a@b", "a@@example.org", "a@b@example.org",
		".a@example.org", "a.@example.org", "a..b@example.org", "a b@example.org", "a@exam ple.org", "ä@example.org", "a@example..org",
		"a@.example.org", "a@example.org.", "a@-example.org", "a@example-.org", "a@exa_mple.org", "a@[127.0.0.1]", "a@127.0.0.1",
		`"a b"@example.org`, "Erika <a@example.org>", "a@example.org,b@example.org", "a@example.org;b@example.org", "a(x)@example.org",
		"a@example.org\r\nBcc: b@example.org", "a\x00@example.org", "a@example.org\x00", "a@exa\xffmple.org", "a@example\u3002org",
		long + "a@example.org", "a@" + label + "b.example", "a@" + strings.Repeat(label+".", 4) + "org"} {
		if got, err := agenda.CheckAddress(bad); !errors.Is(err, agenda.ErrAddress) {
			t.Errorf("%q: got %q, %v, want ErrAddress", bad, got, err)
		}
	}
}

// TestAddressesAreOneMailbox holds what is accepted against the parser that
// letters go through, and against what must never reach a header.
func TestAddressesAreOneMailbox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(
			rapid.StringMatching(`[a-zA-Z0-9.!#$%&'*+/=?^_{|}~ <>",:;@()-]{1,12}@[a-zA-Z0-9.äß_ -]{1,12}\.[a-z0-9]{1,5}`),
			rapid.StringMatching(`[a-z0-9]{1,4}([.+-][a-z0-9]{1,4}){0,2}@([A-Za-z0-9]{1,5}\.){1,3}[a-z]{2,4}`),
			rapid.String()).Draw(t, "in")
		got, err := agenda.CheckAddress(in)
		if err != nil {
			return
		}
		parsed, err := mail.ParseAddress(got)
		if err != nil || parsed.Address != got || parsed.Name != "" {
			t.Fatalf("%q: got %q, which is read as %v, %v", in, got, parsed, err)
		}
		if strings.ContainsAny(got, " \r\n\t<>,;\"\x00") {
			t.Fatalf("%q: got %q", in, got)
		}
		if again, err := agenda.CheckAddress(got); err != nil || again != got {
			t.Fatalf("%q: accepted as %q, but that as %q, %v", in, got, again, err)
		}
	})
}

// TestCheckAddressAgainstAbuse holds the cases that attacks on letters begin with.
func TestCheckAddressAgainstAbuse(t *testing.T) {
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
		if got, err := agenda.CheckAddress(typed); err != nil || got != want {
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
		if got, err := agenda.CheckAddress(typed); !errors.Is(err, agenda.ErrAddress) {
			t.Errorf("%.80q: got %q, %v, want ErrAddress", typed, got, err)
		} else if got != "" || len(typed) > 3 && strings.Contains(err.Error(), typed) {
			t.Errorf("%.80q: got %q, and the error tells the address: %v", typed, got, err)
		}
	}
}

func FuzzCheckAddress(f *testing.F) {
	f.Add("a@müller.de")
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := agenda.CheckAddress(typed)
		if err != nil {
			return
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c > '~' || strings.IndexByte(`"<>(),:;\[]`, c) >= 0 {
				t.Fatalf("%q became %q", typed, got)
			}
		}
		if again, err := agenda.CheckAddress(got); err != nil || again != got {
			t.Errorf("%q is not stable: %q, %v", got, again, err)
		}
	})
}
