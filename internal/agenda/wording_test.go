package agenda

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// wordy is a set-up with words at every level.
func wordy(t *testing.T) *Setup {
	t.Helper()
	s := &Setup{Tenant: Tenant{Timezone: "Europe/Berlin", Languages: []string{"de", "tr"}},
		Departments: []Department{{ID: "amt"}},
		Services:    []Service{{ID: "ausweis"}, {ID: "pass"}, {ID: "stumm"}}}
	s.Letters.Subjects.Confirmed, s.Letters.Openings.Confirmed, s.Letters.Confirmed = Text{"de": "Stadt", "tr": "Şehir"}, Text{"de": "Stadt {name}"}, Text{"de": "Absatz der Stadt"}
	s.Letters.Signature = Plain("Ihre Stadt")
	s.Departments[0].Letters = Letters{Confirmed: Text{"de": "Absatz des Amts"}}
	s.Departments[0].Letters.Subjects.Confirmed = Text{"de": "Amt"}
	s.Services[0].Letters = Letters{Confirmed: Text{"de": "Absatz zum Ausweis"}}
	s.Services[0].Letters.Subjects.Confirmed = Text{"de": "Ausweis"}
	s.Services[1].Letters = Letters{Confirmed: Text{"de": "Absatz zum Pass"}}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheInnermostWordsWin(t *testing.T) {
	s := wordy(t)
	said := func(texts ...string) (list []Said) {
		for _, x := range texts {
			list = append(list, Said{Text: x})
		}
		return list
	}
	for _, x := range []struct {
		kind, lang, department string
		items                  []Item
		subject, opening       string
		own                    []Said
	}{
		{"confirmed", "de", "amt", []Item{{Service: "ausweis"}}, "Ausweis", "Stadt {name}", said("Absatz zum Ausweis")},
		{"confirmed", "de", "amt", []Item{{Service: "pass"}}, "Amt", "Stadt {name}", said("Absatz zum Pass")},
		{"confirmed", "de", "amt", []Item{{Service: "stumm"}}, "Amt", "Stadt {name}", said("Absatz des Amts")},
		{"confirmed", "de", "", nil, "Stadt", "Stadt {name}", said("Absatz der Stadt")},
		{"confirmed", "de", "amt", []Item{{Service: "ausweis"}, {Service: "pass"}, {Service: "ausweis"}}, "Amt", "Stadt {name}", said("Absatz zum Ausweis", "Absatz zum Pass")},
		{"confirmed", "tr", "amt", []Item{{Service: "ausweis"}}, "Şehir", "", []Said{{"Absatz zum Ausweis", "de"}}},
		{"confirmed", "de-x-leicht", "amt", nil, "", "", []Said{{"Absatz des Amts", "de"}}},
		{"reminder", "de", "amt", []Item{{Service: "ausweis"}}, "", "", nil},
	} {
		w := s.Wording(x.kind, x.lang, x.department, x.items)
		if w.Subject.Text != x.subject || w.Opening.Text != x.opening || !slices.Equal(w.Own, x.own) || w.Signature.Text != "Ihre Stadt" {
			t.Errorf("%s %s %v: got %+v", x.kind, x.lang, x.items, w)
		}
	}
	s.Services[0].Letters.Subjects.Confirmed = Text{"de": "Hallo {vorname}"}
	s.Departments[0].Letters.Subjects.Confirmed = Text{"de": "{"}
	if w := s.Wording("confirmed", "de", "amt", []Item{{Service: "ausweis"}}); w.Subject.Text != "Stadt" {
		t.Errorf("broken subjects are not passed over: %+v", w)
	}
	var paths []string
	for _, b := range s.BrokenTexts() {
		paths = append(paths, b.Path+" "+b.Found)
	}
	if want := []string{"departments[0].letters.subjects.confirmed {", "services[0].letters.subjects.confirmed {vorname}"}; !slices.Equal(paths, want) {
		t.Errorf("got %q, want %q", paths, want)
	}
}

// Each kind has a place in both structs, in JSON only those that say something.
func TestLettersHaveAPlaceForEachKind(t *testing.T) {
	if got, want := reflect.TypeFor[LetterTexts]().NumField(), len(LetterKinds(LettersOfTenant)); got != want {
		t.Errorf("%d texts for %d kinds", got, want)
	}
	var l Letters
	for _, kind := range LetterKinds(LettersOfTenant) {
		*l.Of(kind), *l.Subjects.Of(kind) = Plain("a "+kind), Plain("s "+kind)
	}
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back Letters
	if err := json.Unmarshal(b, &back); err != nil || !Same(l, back) {
		t.Errorf("got %s, %v", b, err)
	}
	if b, err = json.Marshal(Letters{}); string(b) != "{}" || err != nil {
		t.Errorf("got %s, %v", b, err)
	}
	if (&Letters{}).Of("staff-booked") != nil || (&Letters{}).Of("subjects") != nil {
		t.Error("there are words for letters that visitors do not get")
	}
}

func TestWordsThatNoLetterCanHave(t *testing.T) {
	s := &Setup{}
	s.Letters.Subjects.Confirmed, s.Letters.Links = Plain(strings.Repeat("x", 151)), Plain("Hallo {name}")
	d := Letters{ProofCode: Plain("x")}
	d.Subjects.Reminder = Text{"de": "eine\nzweite"}
	c := &checker{s: s}
	c.letters("letters", &s.Letters, LettersOfTenant)
	c.letters("departments[0].letters", &d, LettersOfDepartment)
	var got []string
	for _, f := range c.faults {
		got = append(got, f.Path)
	}
	want := []string{"letters.subjects.confirmed", "letters.links", "departments[0].letters.subjects.reminder.de", "departments[0].letters.proofCode"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
