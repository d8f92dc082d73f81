package page

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/x?name=fromAddress", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestReadForm(t *testing.T) {
	p, _ := newPages(t)
	printer := p.catalogue.Printer("de")
	for _, c := range []struct {
		name, body, mime string
		want             int
	}{
		{"too large", "a=" + strings.Repeat("x", maxForm), "application/x-www-form-urlencoded", 413},
		{"malformed", "a=%zz", "application/x-www-form-urlencoded", 400},
		{"semicolons", "a=1;b=2", "application/x-www-form-urlencoded", 400},
		{"json", "{}", "application/json", 400},
		{"no type", "a=1", "", 400},
	} {
		r := post(c.body)
		r.Header.Set("Content-Type", c.mime)
		_, err := ReadForm(httptest.NewRecorder(), r, printer)
		e, ok := err.(*Error)
		if !ok || e.Status != c.want {
			t.Errorf("%s: got %v, want %d", c.name, err, c.want)
		}
	}
	f, err := ReadForm(httptest.NewRecorder(), post("other=1"), printer)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Text("name", Rule{}); got != "" {
		t.Errorf("a parameter of the address counts as typed: %q", got)
	}
}

func TestFormText(t *testing.T) {
	p, _ := newPages(t)
	for _, c := range []struct {
		in    string
		rule  Rule
		want  string
		wrong bool
	}{
		{"  Erika Beispiel ", Rule{Required: true}, "Erika Beispiel", false},
		{"Mu\u0308ller", Rule{}, "Müller", false},
		{" \t ", Rule{Required: true}, "", true},
		{"", Rule{}, "", false},
		{"äöü", Rule{Max: 3}, "äöü", false},
		{"äöüß", Rule{Max: 3}, "", true},
		{"a\x00b", Rule{}, "", true},
		{"a\xffb", Rule{}, "", true},
		{"a\nb", Rule{}, "", true},
		{"a\r\nb", Rule{Lines: true}, "a\nb", false},
		{"a\u2028b", Rule{}, "", true},
		{"a\x1bb", Rule{Lines: true}, "", true},
	} {
		f := NewForm(url.Values{"x": {c.in}}, p.catalogue.Printer("de"))
		got := f.Text("x", c.rule)
		if got != c.want || (len(f.Errors()) > 0) != c.wrong {
			t.Errorf("%q: got %q %v, want %q, wrong %v", c.in, got, f.Errors(), c.want, c.wrong)
		}
	}
}

func TestFormEmailAndPhone(t *testing.T) {
	p, _ := newPages(t)
	check := func(in string, read func(*Form) string) bool {
		f := NewForm(url.Values{"x": {in}}, p.catalogue.Printer("en"))
		got := read(f)
		return got == strings.TrimSpace(in) && len(f.Errors()) == 0
	}
	email := func(f *Form) string { return f.Email("x", Rule{Label: "E-mail"}) }
	for _, good := range []string{"a@b.de", " first.last+tag@sub.example.museum ", "o'neil@example.org", "a@1.example.org", "a@müller.example"} {
		if !check(good, email) {
			t.Errorf("%q was refused", good)
		}
	}
	for _, bad := range []string{"a", "@b.de", "a@", "a@b", "a@@b.de", "a b@c.de", "a@b..de", "a@-b.de", "a@[127.0.0.1]", "a@1.2.3.4",
		"Erika <a@b.de>", "a@b.de,c@d.de", "a(comment)@b.de", "ä@b.de", "a@b.de\u2028", "a..b@c.de", ".a@c.de", "v%y.de@b.de", "y.de!v@b.de", strings.Repeat("x", 65) + "@b.de"} {
		if check(bad, email) {
			t.Errorf("%q was taken", bad)
		}
	}
	phone := func(f *Form) string { return f.Phone("x", Rule{Label: "Phone"}) }
	for _, good := range []string{"05551 708-0", "+49 (0)5551/7080", "112 34"} {
		if !check(good, phone) {
			t.Errorf("%q was refused", good)
		}
	}
	for _, bad := range []string{"1234", "call me", "05551 #12345", "+++++"} {
		if check(bad, phone) {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestFormOthers(t *testing.T) {
	p, _ := newPages(t)
	f := NewForm(url.Values{"n": {"3"}, "big": {"9"}, "day": {"1.7.2026"}, "iso": {"2026-07-01"}, "noday": {"30.2.2026"},
		"one": {"b"}, "odd": {"z"}, "many": {"b", "a", "b"}, "box": {"1"}, "secret": {" geheim "}}, p.catalogue.Printer("de"))
	want := agenda.MakeDate(2026, 7, 1)
	if n := f.Int("n", 1, 4, Rule{}); n != 3 {
		t.Errorf("n: got %d", n)
	}
	if n := f.Int("none", 1, 4, Rule{}); n != 1 {
		t.Errorf("none: got %d, want the lowest", n)
	}
	if a, b := f.Date("day", Rule{}), f.Date("iso", Rule{}); a != want || b != want {
		t.Errorf("dates: got %v and %v, want %v", a, b, want)
	}
	if got := f.Choice("one", []string{"a", "b"}, Rule{}); got != "b" {
		t.Errorf("one: got %q", got)
	}
	if got := f.Choices("many", []string{"a", "b"}, Rule{}); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("many: got %q", got)
	}
	if !f.Checked("box", Rule{}) || f.Secret("secret", Rule{Required: true}) != " geheim " {
		t.Error("box or secret")
	}
	if len(f.Errors()) > 0 {
		t.Fatalf("faults: %v", f.Errors())
	}
	f.Int("big", 1, 4, Rule{Label: "Anzahl"})
	f.Date("noday", Rule{})
	f.Choice("odd", []string{"a"}, Rule{})
	f.Choices("none", nil, Rule{Required: true})
	f.Checked("none2", Rule{Required: true})
	if got, want := len(f.Errors()), 5; got != want {
		t.Errorf("got %d faults, want %d: %v", got, want, f.Errors())
	}
	if got, want := f.Errors().For("big"), "Bitte geben Sie bei „Anzahl“ eine Zahl von 1 bis 4 ein."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := f.Fill(Field{Name: "secret", Type: "password"}).Value; got != "" {
		t.Error("a password is shown again")
	}
	if missing := p.catalogue.Missing(); len(missing) > 0 {
		t.Errorf("texts missing: %v", missing)
	}
}
