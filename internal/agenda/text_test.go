package agenda_test

import (
	"encoding/json"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

func TestTextIn(t *testing.T) {
	both := agenda.Text{"de": "Bürgerdienste", "en": "Citizens' office"}
	for _, c := range []struct {
		text      agenda.Text
		lang      string
		fallbacks []string
		want, in  string
	}{
		{agenda.Plain("Kreishaus"), "en", []string{"de"}, "Kreishaus", ""},
		{both, "en", nil, "Citizens' office", "en"},
		{both, "de", nil, "Bürgerdienste", "de"},
		{both, "fr", []string{"en", "de"}, "Citizens' office", "en"},
		{both, "fr", nil, "Bürgerdienste", "de"},
		{agenda.Text{"de": "", "en": "Only"}, "de", []string{"de"}, "Only", "en"},
		{agenda.Text{"tr": "Yalnız"}, "de", []string{"en"}, "Yalnız", "tr"},
		{both, "de-x-leicht", []string{"en"}, "Bürgerdienste", "de"},
		{agenda.Text{"de": "Bürgerdienste", "de-x-leicht": "Amt"}, "de-x-leicht", nil, "Amt", "de-x-leicht"},
		{nil, "de", nil, "", ""},
	} {
		got, in := c.text.In(c.lang, c.fallbacks...)
		if got != c.want || in != c.in {
			t.Errorf("%v in %s: got %q in %q, want %q in %q", c.text, c.lang, got, in, c.want, c.in)
		}
	}
	if got := both.String(); got != "Bürgerdienste" {
		t.Errorf("String: got %q", got)
	}
	if !agenda.Plain("").IsZero() || agenda.Plain("x").IsZero() {
		t.Error("only an empty text is zero")
	}
}

func TestTextIsAStringOrAnObject(t *testing.T) {
	for _, c := range []string{`"Kreishaus"`, `""`, `{"de":"Haus","en":"House"}`} {
		var v agenda.Text
		if err := json.Unmarshal([]byte(" "+c+" "), &v); err != nil {
			t.Errorf("%s: %v", c, err)
			continue
		}
		if got, err := json.Marshal(v); err != nil || string(got) != c {
			t.Errorf("got %s, %v, want %s", got, err, c)
		}
	}
	for _, bad := range []string{`5`, `true`, `["a"]`, `{"de":5}`, `{"de":{"x":"y"}}`} {
		var v agenda.Text
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("%s: got %v, want an error", bad, v)
		}
	}
}

func TestTextsSurviveTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := agenda.Text(rapid.MapOf(rapid.SampledFrom([]string{"de", "en", "tr", "de-x-leicht"}), rapid.String()).Draw(t, "text"))
		if rapid.Bool().Draw(t, "plain") {
			want = agenda.Plain(rapid.String().Draw(t, "string"))
		}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got agenda.Text
		if err := json.Unmarshal(b, &got); err != nil || !maps.Equal(got, want) {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
	})
}
