package agenda

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// Letters are a tenant's, a department's or a service's own words in letters to visitors:
// per kind of letter a paragraph beside what it says anyway, and a signature below it; in
// Subjects and Openings what stands instead of our subject and our first sentences. They
// are plain text with placeholders. What a visit is about, when and where it is, and the
// links always stand in a letter: no words take their place.
type Letters struct {
	ConfirmRequest    Text        `json:"confirmRequest"`
	Received          Text        `json:"received"`
	Confirmed         Text        `json:"confirmed"`
	Changed           Text        `json:"changed"`
	Reminder          Text        `json:"reminder"`
	Lapsed            Text        `json:"lapsed"`
	Cancelled         Text        `json:"cancelled"`
	Rejected          Text        `json:"rejected"`
	Expired           Text        `json:"expired"`
	IncidentMoved     Text        `json:"incidentMoved"`
	IncidentCancelled Text        `json:"incidentCancelled"`
	Proposal          Text        `json:"proposal"`
	AddressChanged    Text        `json:"addressChanged"`
	AddressRequest    Text        `json:"addressRequest"`
	Links             Text        `json:"links"`
	ProofCode         Text        `json:"proofCode"`
	Signature         Text        `json:"signature"` // below every one of them
	Subjects          LetterTexts `json:"subjects"`
	Openings          LetterTexts `json:"openings"`
}

// LetterTexts are one text for each kind of letter.
type LetterTexts struct {
	ConfirmRequest    Text `json:"confirmRequest"`
	Received          Text `json:"received"`
	Confirmed         Text `json:"confirmed"`
	Changed           Text `json:"changed"`
	Reminder          Text `json:"reminder"`
	Lapsed            Text `json:"lapsed"`
	Cancelled         Text `json:"cancelled"`
	Rejected          Text `json:"rejected"`
	Expired           Text `json:"expired"`
	IncidentMoved     Text `json:"incidentMoved"`
	IncidentCancelled Text `json:"incidentCancelled"`
	Proposal          Text `json:"proposal"`
	AddressChanged    Text `json:"addressChanged"`
	AddressRequest    Text `json:"addressRequest"`
	Links             Text `json:"links"`
	ProofCode         Text `json:"proofCode"`
}

// LetterLevel is where words for letters stand; the innermost that has some wins.
type LetterLevel int

// The levels, the innermost last.
const (
	LettersOfTenant LetterLevel = iota
	LettersOfDepartment
	LettersOfService
)

// visitKinds are the letters about one visit, in the order in which visitors get them.
func visitKinds() []string {
	return []string{"confirm-request", "received", "confirmed", "changed", "reminder", "lapsed", "cancelled", "rejected", "expired",
		"incident-moved", "incident-cancelled", "proposal"}
}

// LetterKinds are the letters that can have own words at a level. Letters about an address
// are about no service, and most of them come from the tenant.
func LetterKinds(at LetterLevel) []string {
	list := visitKinds()
	if at <= LettersOfDepartment {
		list = append(list, "address-changed")
	}
	if at == LettersOfTenant {
		list = append(list, "address-request", "links", "proof-code")
	}
	return list
}

// LetterKey is the key of a kind of letter in the tenant file: incident-moved is
// incidentMoved there.
func LetterKey(kind string) string {
	parts := strings.Split(kind, "-")
	for i := range parts[1:] {
		parts[i+1] = strings.ToUpper(parts[i+1][:1]) + parts[i+1][1:]
	}
	return strings.Join(parts, "")
}

// Of is the paragraph for a kind of letter, nil where there is no such kind.
func (l *Letters) Of(kind string) *Text { return textOf(reflect.ValueOf(l).Elem(), kind) }

// Of is the text for a kind of letter, nil where there is no such kind.
func (l *LetterTexts) Of(kind string) *Text { return textOf(reflect.ValueOf(l).Elem(), kind) }

// MarshalJSON leaves out the texts that there are not: of most kinds there are none.
func (l Letters) MarshalJSON() ([]byte, error) { return json.Marshal(textsIn(reflect.ValueOf(l))) }

// MarshalJSON leaves out the texts that there are not.
func (l LetterTexts) MarshalJSON() ([]byte, error) { return json.Marshal(textsIn(reflect.ValueOf(l))) }

func textsIn(v reflect.Value) map[string]any {
	some := map[string]any{}
	for i := range v.NumField() {
		switch x := v.Field(i).Interface().(type) {
		case Text:
			if len(x) > 0 {
				some[v.Type().Field(i).Tag.Get("json")] = x
			}
		case LetterTexts:
			if len(textsIn(v.Field(i))) > 0 {
				some[v.Type().Field(i).Tag.Get("json")] = x
			}
		}
	}
	return some
}

func textOf(v reflect.Value, kind string) *Text {
	if !slices.Contains(LetterKinds(LettersOfTenant), kind) {
		return nil
	}
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") == LetterKey(kind) {
			t, _ := v.Field(i).Addr().Interface().(*Text)
			return t
		}
	}
	return nil
}

// Placeholders are what can stand in braces in the texts of Letters.
func Placeholders() []string {
	return []string{"name", "date", "time", "service", "site", "reference", "phone", "department", "tenant"}
}

// PlaceholdersIn are those that a kind of letter has values for. One about an address may
// reach a stranger, or is about several visits.
func PlaceholdersIn(kind string) []string {
	if slices.Contains(visitKinds(), kind) || kind == "signature" {
		return Placeholders()
	}
	return []string{"phone", "tenant"}
}

// WrongPlaceholder finds the first thing in braces that is not among the placeholders, and a
// brace that belongs to none; "" where all is well.
func WrongPlaceholder(text string, among []string) string {
	rest := text
	for {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return ""
		}
		end := strings.IndexByte(rest[i:], '}')
		if rest[i] == '}' || end < 0 {
			return rest[i : i+1]
		}
		word := rest[i : i+end+1]
		if !slices.Contains(among, word[1:len(word)-1]) {
			return word
		}
		rest = rest[i+end+1:]
	}
}

// FillIn puts values for the placeholders of a text, in one go: what stands in braces in a
// value stays as it is. One without a value vanishes.
func FillIn(text string, values map[string]string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		end := strings.IndexByte(text[max(i, 0):], '}')
		if i < 0 || end < 0 {
			return b.String() + text
		}
		b.WriteString(text[:i])
		word := text[i+1 : i+end]
		if slices.Contains(Placeholders(), word) {
			b.WriteString(values[word])
		} else {
			b.WriteString(text[i : i+end+1])
		}
		text = text[i+end+1:]
	}
}

// maxSubject is how many characters the subject of a letter may be given.
const maxSubject = 150

// LetterText is one of the texts of Letters, and where it stands.
type LetterText struct {
	Path string // key in the tenant file: departments[2].letters.subjects.confirmed
	Kind string // "signature" for that
	Text Text
	Line bool // a subject: one line
}

// texts lists what there is at a level. Kinds that the level has no use for are among them.
func (l *Letters) texts(path string) (list []LetterText) {
	add := func(path, kind string, t Text, line bool) {
		if len(t) > 0 {
			list = append(list, LetterText{path, kind, t, line})
		}
	}
	for _, kind := range LetterKinds(LettersOfTenant) {
		add(path+".subjects."+LetterKey(kind), kind, *l.Subjects.Of(kind), true)
		add(path+".openings."+LetterKey(kind), kind, *l.Openings.Of(kind), false)
		add(path+"."+LetterKey(kind), kind, *l.Of(kind), false)
	}
	add(path+".signature", "signature", l.Signature, false)
	return list
}

// Fault says what is wrong with a text in a language: what was found and what was expected;
// both empty where it can be used.
func (t *LetterText) Fault(lang string) (found, expected string) {
	text, among := t.Text[lang], PlaceholdersIn(t.Kind)
	if wrong := WrongPlaceholder(text, among); wrong != "" {
		return shorten(wrong), "one of {" + strings.Join(among, "}, {") + "}"
	}
	if t.Line && (strings.Contains(text, "\n") || utf8.RuneCountInString(text) > maxSubject) {
		return shorten(text), "one line of at most 150 characters"
	}
	return "", ""
}

// letters wants known placeholders, and words where letters can have them.
func (c *checker) letters(path string, l *Letters, at LetterLevel) {
	for _, t := range l.texts(path) {
		if t.Kind != "signature" && !slices.Contains(LetterKinds(at), t.Kind) {
			c.bad(t.Path, "found words for a letter that is about no single service or department; expected them in the letters of the tenant")
			continue
		}
		for _, lang := range slices.Sorted(maps.Keys(t.Text)) {
			if found, expected := t.Fault(lang); found != "" {
				here := t.Path
				if lang != "" {
					here += "." + lang
				}
				c.bad(here, "found %q; expected %s", found, expected)
			}
		}
	}
}
