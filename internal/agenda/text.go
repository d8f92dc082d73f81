package agenda

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Text is a visible text: one string for every language (under the key ""), or
// one per language.
type Text map[string]string

// Plain is a text that is the same in every language.
func Plain(s string) Text {
	if s == "" {
		return nil
	}
	return Text{"": s}
}

// In gives the text in the wanted language and the language it is really in
// ("" where the tenant did not say). Missing languages fall back to the order
// of fallbacks, then to any, so that a text never disappears.
func (t Text) In(lang string, fallbacks ...string) (text, in string) {
	if s, ok := t[""]; ok {
		return s, ""
	}
	base, _, _ := strings.Cut(lang, "-x-") // plain German is German too
	for _, l := range append([]string{lang, base}, fallbacks...) {
		if s := t[l]; s != "" {
			return s, l
		}
	}
	for _, l := range slices.Sorted(maps.Keys(t)) {
		if t[l] != "" {
			return t[l], l
		}
	}
	return "", ""
}

// String is the text in German or in the first language there is; for people
// who read logs and lists, not for pages.
func (t Text) String() string {
	s, _ := t.In("de")
	return s
}

// IsZero reports an empty text.
func (t Text) IsZero() bool { return len(t) == 0 }

// MarshalJSON writes a string or an object of languages.
func (t Text) MarshalJSON() ([]byte, error) {
	if s, ok := t[""]; ok && len(t) == 1 {
		return json.Marshal(s)
	}
	if len(t) == 0 {
		return []byte(`""`), nil
	}
	return json.Marshal(map[string]string(t))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Text) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = Plain(s)
		return nil
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return errors.New("expected a text or an object of texts by language")
	}
	*t = m
	return nil
}
