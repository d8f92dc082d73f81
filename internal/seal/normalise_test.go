package seal

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNormaliseEmail(t *testing.T) {
	tests := []struct{ in, want string }{
		{" Erika.Mustermann@Example.ORG\n", "erika.mustermann@example.org"},
		{"MÜLLER@EXAMPLE.ORG", "müller@example.org"},
		{"MU\u0308LLER@example.org", "müller@example.org"},
		{"straße@example.org", "straße@example.org"},
		{"", ""},
		{"\xff@x", "\uFFFD@x"},
	}
	for _, test := range tests {
		if got := NormaliseEmail(test.in); got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

// Case C5 and the limits per address: variants of one mailbox are one.
func TestMailbox(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Ada+Pass@Example.ORG", "ada@example.org"},
		{"ada+a+b@example.org", "ada@example.org"},
		{"a.da@example.org", "a.da@example.org"},
		{"A.d.a+x@GoogleMail.com", "ada@gmail.com"},
		{"ada@gmail.com", "ada@gmail.com"},
		{"+x@example.org", "+x@example.org"},
		{"...@gmail.com", "...@gmail.com"},
		{"no address", "no address"},
	}
	for _, test := range tests {
		if got := Mailbox(test.in); got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
		if got := Mailbox(Mailbox(test.in)); got != test.want {
			t.Errorf("%q twice: got %q, want %q", test.in, got, test.want)
		}
	}
}

func TestNormalisePhone(t *testing.T) {
	const want = "+495551708100"
	for _, in := range []string{
		"05551 708-100", "05551/708100", "(05551) 708 100", "+49 5551 708100", "+49 (0)5551 708-100",
		"+49 0 5551 708100", "0049 5551 708100", "0049 (0) 5551 708100", "Tel.: 05551.708.100", "+49-5551-708100",
		"０５５５１７０８１００", "＋４９ 5551 708100", "٠٥٥٥١٧٠٨١٠٠", "۰۵۵۵۱۷۰۸۱۰۰", "\u202a+49 5551 708100\u202c",
	} {
		if got := NormalisePhone(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	tests := []struct{ in, want string }{
		{"708100", "708100"},
		{"+43 (0)1 58858", "+43158858"},
		{"+39 06 6982", "+39066982"},
		{"0031 20 5551", "+31205551"},
		{"", ""},
		{"keins", ""},
		{"0", ""},
		{"000", ""},
		{"+", ""},
	}
	for _, test := range tests {
		if got := NormalisePhone(test.in); got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

func TestNormaliseTwiceIsOnce(t *testing.T) {
	phone := rapid.OneOf(rapid.String(), rapid.StringMatching(`[+0 ()49-]{0,12}`))
	rapid.Check(t, func(r *rapid.T) {
		email := NormaliseEmail(rapid.String().Draw(r, "email"))
		if got := NormaliseEmail(email); got != email {
			r.Errorf("e-mail: got %q, want %q", got, email)
		}
		number := NormalisePhone(phone.Draw(r, "phone"))
		if got := NormalisePhone(number); got != number {
			r.Errorf("phone: got %q, want %q", got, number)
		}
		for i, c := range number {
			if (c < '0' || c > '9') && (c != '+' || i > 0) {
				r.Errorf("phone: got %q", number)
			}
		}
	})
}
