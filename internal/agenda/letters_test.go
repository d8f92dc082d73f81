package agenda

import "testing"

func TestPlaceholders(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Guten Tag {name}, bis {date}.": "", "{name}{time}": "", "{Name}": "{Name}", "{nam e} {x": "{nam e}", "a { b": "{", "a } b": "}", "{name": "{", "{name} {}": "{}",
	} {
		if got := WrongPlaceholder(text, Placeholders()); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, kind := range LetterKinds(LettersOfTenant) {
		if (&Letters{}).Of(kind) == nil {
			t.Errorf("%s: there is no text for it", kind)
		}
	}
	if got, want := FillIn("{name}: {date}{phone}", map[string]string{"name": "{date}", "date": "heute"}), "{date}: heute"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLettersWithUnknownPlaceholdersAreRefused(t *testing.T) {
	d := Department{Letters: Letters{Reminder: Text{"de": "Hallo {vorname}"}, Signature: Plain("{phone} }")}}
	c := &checker{s: &Setup{}}
	c.letters("departments[0].letters", &d.Letters, LettersOfDepartment)
	var paths []string
	for _, f := range c.faults {
		paths = append(paths, f.Path)
	}
	if len(paths) != 2 || paths[0] != "departments[0].letters.reminder.de" || paths[1] != "departments[0].letters.signature" {
		t.Errorf("got %v", c.faults)
	}
}
