package i18n

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

// locale builds a catalogue folder from file names and contents.
func locale(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func load(t *testing.T, files map[string]string) *Catalogue {
	t.Helper()
	cat, err := Load(locale(files))
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func sample(t *testing.T) *Catalogue {
	t.Helper()
	return load(t, map[string]string{
		"de/a.json":          `{"a.hello": "Guten Tag, {name}!", "a.count": {"one": "{n} Termin bei {name}", "other": "{n} Termine bei {name}"}}`,
		"en/a.json":          `{"a.hello": "Hello {name}!", "a.count": {"one": "One appointment at {name}", "other": "{n} appointments at {name}"}}`,
		"de-x-leicht/a.json": `{"a.hello": "Hallo {name}!", "a.count": {"one": "{n} Termin bei {name}", "other": "{n} Termine bei {name}"}}`,
	})
}

func TestTheRealCatalogueLoads(t *testing.T) {
	cat, err := Load(os.DirFS("../../ui"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cat.Printer("de").T("common.appointments", "n", 2), "2 Termine"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := cat.Languages(), []string{"de", "ar", "en", "fr", "pl", "ru", "tr", "uk", "de-x-leicht"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestT(t *testing.T) {
	cat := sample(t)
	tests := []struct {
		lang, key string
		args      []any
		want      string
	}{
		{"de", "a.hello", []any{"name", "Frau Müller"}, "Guten Tag, Frau Müller!"},
		{"en", "a.hello", []any{"name", "{name}"}, "Hello {name}!"},
		{"de", "a.count", []any{"n", 1, "name", "A"}, "1 Termin bei A"},
		{"de", "a.count", []any{"n", 0, "name", "A"}, "0 Termine bei A"},
		{"de", "a.count", []any{"n", int64(101), "name", "A"}, "101 Termine bei A"},
		{"en", "a.count", []any{"n", uint8(1), "name", "A"}, "One appointment at A"},
		{"de-x-leicht", "a.hello", []any{"name", "A"}, "Hallo A!"},
		{"de-x-leicht", "a.count", []any{"n", 1, "name", "A"}, "1 Termin bei A"},
		{"../../etc/passwd", "a.hello", []any{"name", "A"}, "Guten Tag, A!"},
		{"EN", "a.hello", []any{"name", 7}, "Hello 7!"},
	}
	for _, test := range tests {
		if got := cat.Printer(test.lang).T(test.key, test.args...); got != test.want {
			t.Errorf("%s %s %v: got %q, want %q", test.lang, test.key, test.args, got, test.want)
		}
	}
	if got := cat.Missing(); len(got) != 0 {
		t.Errorf("missing: got %q, want none", got)
	}
}

func TestMissingIsVisible(t *testing.T) {
	cat := sample(t)
	p := cat.Printer("de")
	if got, want := p.T("a.nothing"), "[a.nothing]"; got != want {
		t.Errorf("unknown key: got %q, want %q", got, want)
	}
	if got, want := p.T("a.hello", "nane", "x"), "Guten Tag, {name}!"; got != want {
		t.Errorf("no value: got %q, want %q", got, want)
	}
	if got, want := p.T("a.count", "name"), "{n} Termine bei {name}"; got != want {
		t.Errorf("half a pair: got %q, want %q", got, want)
	}
	want := []string{"a.count: {name}", "a.count: {n}", "a.hello: {name}", "a.nothing"}
	if got := cat.Missing(); !slices.Equal(got, want) {
		t.Errorf("missing: got %q, want %q", got, want)
	}
	if cat.Has("a.nothing") || !cat.Has("a.hello") {
		t.Error("Has disagrees with the catalogue")
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"missing key", map[string]string{"de/a.json": `{"a.x": "x", "a.y": "y"}`, "en/a.json": `{"a.x": "x"}`}, `en: key "a.y" is missing`},
		{"surplus key", map[string]string{"de/a.json": `{"a.x": "x"}`, "en/a.json": `{"a.x": "x", "a.z": "z"}`}, `en: key "a.z" is unknown in de`},
		{"placeholders", map[string]string{"de/a.json": `{"a.x": "x {a}"}`, "en/a.json": `{"a.x": "x {b}"}`}, `en: key "a.x" has the placeholders [b]`},
		{"plural and plain", map[string]string{"de/a.json": `{"a.x": {"one": "x", "other": "y"}}`, "en/a.json": `{"a.x": "x"}`}, `key "a.x" has the placeholders []`},
		{"twice in a file", map[string]string{"de/a.json": `{"a.x": "x", "a.x": "y"}`}, `key "a.x" is already in a.json`},
		{"twice in a language", map[string]string{"de/a.json": `{"a.x": "x"}`, "de/b.json": `{"a.x": "y"}`}, `key "a.x" is already in a.json`},
		{"html", map[string]string{"de/a.json": `{"a.x": "ein <b>Wort</b>"}`}, `key "a.x": HTML`},
		{"entity", map[string]string{"de/a.json": `{"a.x": "ein&nbsp;Wort"}`}, `key "a.x": HTML`},
		{"brace", map[string]string{"de/a.json": `{"a.x": "ein {Wort"}`}, `key "a.x": a brace`},
		{"empty", map[string]string{"de/a.json": `{"a.x": " "}`}, `key "a.x": the message is empty`},
		{"no plural form", map[string]string{"de/a.json": `{"a.x": {"other": "x"}}`}, `key "a.x": lacks the plural form "one"`},
		{"strange plural form", map[string]string{"de/a.json": `{"a.x": {"one": "x", "few": "y", "other": "z"}}`}, `plural form "few" is never used`},
		{"unknown plural form", map[string]string{"de/a.json": `{"a.x": {"eins": "x", "other": "z"}}`}, `"eins" is not a plural form`},
		{"number", map[string]string{"de/a.json": `{"a.x": 3}`}, `key "a.x": expected a text`},
		{"key form", map[string]string{"de/a.json": `{"X": "x"}`}, `key "X" is not of the form`},
		{"not JSON", map[string]string{"de/a.json": "{\"a.x\": \"x\",\n oops}"}, `de/a.json: line 2`},
		{"truncated", map[string]string{"de/a.json": `{"a.x": "x"`}, `not closed`},
		{"list", map[string]string{"de/a.json": `["a.x"]`}, `expected one JSON object`},
		{"two objects", map[string]string{"de/a.json": `{"a.x": "x"} {}`}, `text after the object`},
		{"no German", map[string]string{"en/a.json": `{"a.x": "x"}`}, `no folder "de"`},
		{"no dates", map[string]string{"de/a.json": `{"a.x": "x"}`, "it/a.json": `{"a.x": "x"}`}, `it: no date formats`},
		{"no language", map[string]string{"de/a.json": `{"a.x": "x"}`, "german/a.json": `{"a.x": "x"}`}, `"german" is not named`},
		{"variant alone", map[string]string{"de/a.json": `{"a.x": "x"}`, "en-x-easy/a.json": `{"a.x": "x"}`}, `base language en is missing`},
		{"variant's surplus", map[string]string{"de/a.json": `{"a.x": "x"}`, "de-x-leicht/a.json": `{"a.y": "x"}`}, `key "a.y" is unknown in de`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(locale(test.files))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	cat := sample(t)
	both := []string{"de", "en"}
	tests := []struct {
		accept  string
		offered []string
		want    string
	}{
		{"", both, "de"},
		{"en-US,en;q=0.9", both, "en"},
		{"en-US,en;q=0.9", []string{"de"}, "de"},
		{"de-AT", []string{"en", "de"}, "de"},
		{"fr,en;q=0.5,de;q=0.1", both, "en"},
		{"tr", both, "de"},
		{"tr", []string{"en", "de"}, "en"},
		{"*", both, "de"},
		{"en", nil, "en"},
		{"en", []string{"xx", "../.."}, "en"},
		{"de", []string{"de-x-leicht", "de"}, "de"},
		{"de-x-leicht", []string{"de", "de-x-leicht"}, "de-x-leicht"},
		{"en", []string{"de-x-leicht"}, "de-x-leicht"},
		{"../../etc/passwd", both, "de"},
		{strings.Repeat("en,", 5000), both, "en"},
		{strings.Repeat("x", 5000), both, "de"},
	}
	for _, test := range tests {
		if got := cat.Match(test.accept, test.offered); got != test.want {
			t.Errorf("%.30q of %v: got %q, want %q", test.accept, test.offered, got, test.want)
		}
	}
}

// A related language is not the one that was asked for.
func TestMatchIsNoRelative(t *testing.T) {
	cat := load(t, map[string]string{"de/a.json": `{"a.x": "x"}`, "ru/a.json": `{"a.x": "x"}`, "uk/a.json": `{"a.x": "x"}`, "en/a.json": `{"a.x": "x"}`})
	for _, test := range []struct{ accept, want string }{{"uk", "de"}, {"ru-UA", "ru"}, {"uk,ru;q=0.5", "ru"}, {"en-AU", "en"}, {"de-CH", "de"}, {"pl,en;q=0.7", "en"}} {
		if got := cat.Match(test.accept, []string{"de", "en", "ru"}); got != test.want {
			t.Errorf("%s: got %q, want %q", test.accept, got, test.want)
		}
	}
	if got := cat.Match("uk", []string{"de", "ru", "uk"}); got != "uk" {
		t.Errorf("got %q, want uk", got)
	}
}

func TestMatchAlwaysOffersWhatItHas(t *testing.T) {
	cat := sample(t)
	rapid.Check(t, func(r *rapid.T) {
		accept := rapid.String().Draw(r, "accept")
		if got := cat.Match(accept, []string{"en", "de"}); got != "en" && got != "de" {
			r.Fatalf("got %q", got)
		}
		cat.Printer(accept).T("a.hello", "name", accept)
	})
}

func TestDates(t *testing.T) {
	cat := sample(t)
	at := time.Date(2026, 7, 6, 8, 30, 0, 0, time.UTC)
	tests := []struct {
		lang, date, short, clock, span, both string
	}{
		{"de", "Montag, 6. Juli 2026", "Mo, 06.07.2026", "08:30 Uhr", "08:30–08:50 Uhr", "Montag, 6. Juli 2026, 08:30 Uhr"},
		{"de-x-leicht", "Montag, 6. Juli 2026", "Montag, 6. Juli 2026", "8:30 Uhr", "8:30 bis 8:50 Uhr", "Montag, 6. Juli 2026, 8:30 Uhr"},
		{"en", "Monday, 6 July 2026", "Mon, 6 Jul 2026", "08:30", "08:30–08:50", "Monday, 6 July 2026, 08:30"},
	}
	for _, test := range tests {
		p := cat.Printer(test.lang)
		got := []string{p.Lang(), p.Date(at), p.ShortDate(at), p.Time(at), p.TimeSpan(at, at.Add(20*time.Minute)), p.DateTime(at)}
		want := []string{test.lang, test.date, test.short, test.clock, test.span, test.both}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What people of all languages are told of one moment. The dates were compared with
// those that the library ICU writes.
func TestDatesOfAllLanguages(t *testing.T) {
	at := time.Date(2026, 7, 6, 8, 30, 0, 0, time.UTC)
	want := map[string][]string{
		"tr": {"6 Temmuz 2026 Pazartesi", "06.07.2026 Pzt", "6 Temmuz 2026 Pazartesi, 08:30", "Temmuz", "08:30–08:50", "Pzt"},
		"uk": {"понеділок, 6 липня 2026\u00a0р.", "пн, 06.07.2026", "понеділок, 6 липня 2026\u00a0р. о 08:30", "Липень", "08:30–08:50", "пн"},
		"ru": {"понедельник, 6 июля 2026\u00a0г.", "пн, 06.07.2026", "понедельник, 6 июля 2026\u00a0г. в 08:30", "Июль", "08:30–08:50", "пн"},
		"ar": {"الاثنين، 6 يوليو 2026", "الاثنين، 6 يوليو 2026", "الاثنين، 6 يوليو 2026 في 08:30", "يوليو", "\u206608:30–08:50\u2069", "ن"},
		"pl": {"poniedziałek, 6 lipca 2026", "pon., 06.07.2026", "poniedziałek, 6 lipca 2026, 08:30", "Lipiec", "08:30–08:50", "pn"},
		"fr": {"lundi 6 juillet 2026", "lun. 06/07/2026", "lundi 6 juillet 2026 à 08:30", "Juillet", "08:30–08:50", "lun."},
	}
	for lang, want := range want {
		p := newCatalogue(map[string]messages{lang: {}}).printers[lang]
		got := []string{p.Date(at), p.ShortDate(at), p.DateTime(at), p.Month(at.Month()), p.TimeSpan(at, at.Add(20*time.Minute)), p.ShortWeekday(at.Weekday())}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
}

// Numbers of things are written as each language writes them, other numbers as they are,
// and what is put into Arabic keeps its own direction.
func TestNumbersAndDirections(t *testing.T) {
	cat := load(t, map[string]string{
		"de/a.json": `{"a.n": {"one": "{n} von {x}", "other": "{n} von {x}"}}`,
		"fr/a.json": `{"a.n": {"one": "{n} de {x}", "other": "{n} de {x}"}}`,
		"ar/a.json": `{"a.n": {"zero": "{n} {x}", "one": "{n} {x}", "two": "{n} {x}", "few": "{n} {x}", "many": "{n} {x}", "other": "{n} {x}"}}`,
	})
	for lang, want := range map[string]string{"de": "12.345 von 2026", "fr": "12\u00a0345 de 2026", "ar": "12,345 2026"} {
		if got := cat.Printer(lang).T("a.n", "n", 12345, "x", 2026); got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
	if got, want := cat.Printer("ar").T("a.n", "n", 3, "x", "Bürgeramt 5"), "3 \u2068Bürgeramt 5\u2069"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// A date and a time, put together and set apart, stood the wrong way round: what is set
	// apart within does not count for the direction of the whole.
	when := cat.Printer("ar").T("a.n", "n", 3, "x", "\u2068غدا\u2069، \u206812:50\u2069")
	if want := "3 \u2067\u2068غدا\u2069، \u206812:50\u2069\u2069"; when != want {
		t.Errorf("got %+q, want %+q", when, want)
	}
}

func TestOfficeLanguages(t *testing.T) {
	cat := load(t, map[string]string{
		"de/a.json": `{"a.x": "x"}`, "de/staff-a.json": `{"b.x": "Büro"}`, "en/a.json": `{"a.x": "x"}`, "en/staff-a.json": `{"b.x": "office"}`,
		"de-x-leicht/a.json": `{"a.x": "x"}`, "tr/a.json": `{"a.x": "x"}`,
	})
	if got, want := cat.OfficeLanguages(), []string{"de", "en"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for lang, want := range map[string]string{"en": "office", "tr": "Büro", "de-x-leicht": "Büro", "": "Büro"} {
		if got := cat.Office(lang).T("b.x"); got != want {
			t.Errorf("%q: got %q, want %q", lang, got, want)
		}
	}
	if _, err := Load(locale(map[string]string{"de/a.json": `{"a.x": "x"}`, "de/staff-a.json": `{"b.x": "x", "b.y": "y"}`, "en/a.json": `{"a.x": "x"}`, "en/staff-a.json": `{"b.x": "x"}`})); err == nil {
		t.Error("half of what the office reads was taken")
	}
}

func TestNamesOfDays(t *testing.T) {
	cat := sample(t)
	de, en := cat.Printer("de"), cat.Printer("en")
	got := []string{de.Weekday(time.Sunday), de.ShortWeekday(time.Saturday), de.Month(time.March), en.Weekday(time.Wednesday), en.ShortWeekday(time.Tuesday), en.Month(time.December)}
	want := []string{"Sonntag", "Sa", "März", "Wednesday", "Tue", "December"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for m := time.January; m <= time.December; m++ {
		if en.Month(m) != m.String() {
			t.Errorf("got %q, want %q", en.Month(m), m)
		}
	}
}
