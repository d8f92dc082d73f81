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
		{" Erika.Beispiel+termin@Example.ORG\n", "Erika.Beispiel+termin@example.org"},
		{"o'neill_#!$%&*/=?^`{|}~-@sub.example.org", "o'neill_#!$%&*/=?^`{|}~-@sub.example.org"},
		{"a@Müller.example", "a@müller.example"},
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
