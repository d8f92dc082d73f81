package inventory_test

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/inventory"
)

// columnsOf reads a schema: "table.column", and the type of each.
func columnsOf(t *testing.T) map[string]string {
	t.Helper()
	schema, err := os.ReadFile("../../schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	found, table := map[string]string{}, ""
	begin := regexp.MustCompile(`^CREATE TABLE (\w+) \($`)
	column := regexp.MustCompile(`^  ([a-z_]+) +([A-Z]+)\b`)
	for line := range strings.Lines(string(schema)) {
		line = strings.TrimRight(line, "\n")
		if m := begin.FindStringSubmatch(line); m != nil {
			table = m[1]
		} else if strings.HasPrefix(line, ")") {
			table = ""
		} else if m := column.FindStringSubmatch(line); m != nil && table != "" {
			found[table+"."+m[1]] = m[2]
		}
	}
	return found
}

// Whoever adds a column says in this package what it holds, of whom, why, and how long.
func TestEveryColumnIsNamed(t *testing.T) {
	columns := columnsOf(t)
	if len(columns) < 350 {
		t.Fatalf("only %d columns found: the search sees too little", len(columns))
	}
	named := map[string]string{}
	for _, k := range inventory.Kinds() {
		for _, p := range k.Places {
			for _, c := range p.Columns {
				name := p.Table + "." + c
				if named[name] != "" {
					t.Errorf("%s is named by %s and by %s", name, named[name], k.ID)
				}
				named[name] = k.ID
				if columns[name] == "" {
					t.Errorf("%s names %s, which the schema has not", k.ID, name)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		if named[name] == "" {
			t.Errorf("%s is in schema.sql and in no entry of inventory: say what it holds, of whom, why and how long", name)
		}
	}
}

// An entry says everything, and what its columns are called agrees with their form.
func TestEntriesAreWhole(t *testing.T) {
	ids := map[string]bool{}
	for _, k := range inventory.Kinds() {
		if ids[k.ID] {
			t.Errorf("%s is there twice", k.ID)
		}
		ids[k.ID] = true
		for what, text := range map[string]string{"id": k.ID, "what": k.What, "of": string(k.Of), "form": string(k.Form), "why": k.Why, "basis": string(k.Basis), "term": string(k.Term), "ends": k.Ends, "seen": k.Seen} {
			if text == "" || strings.ContainsAny(text, "|\n") {
				t.Errorf("%s: %s is %q", k.ID, what, text)
			}
		}
		if !slices.Contains(inventory.Whose(), k.Of) {
			t.Errorf("%s: of %q", k.ID, k.Of)
		}
		if (len(k.Places) == 0) != (k.Form == inventory.Outside) {
			t.Errorf("%s: %d places, %s", k.ID, len(k.Places), k.Form)
		}
		for _, p := range k.Places {
			if slices.Contains(p.Columns, "sealed") && k.Form != inventory.Sealed && p.Table != "invitation" {
				t.Errorf("%s: %s.sealed is %s", k.ID, p.Table, k.Form)
			}
			hash := slices.ContainsFunc(p.Columns, func(c string) bool { return strings.HasSuffix(c, "hash") })
			if hash && k.Form == inventory.Plain && !strings.Contains(k.What, "ohne") && p.Table != "task" {
				t.Errorf("%s: a hash in %s is %s", k.ID, p.Table, k.Form)
			}
		}
	}
}

// What is said of terms is what the code does: the periods that stand in booking.
func TestTermsAreThoseOfTheCode(t *testing.T) {
	r := agenda.Retention{BookingDays: 2, JournalDays: 90, StatisticsDays: 400}
	term := map[string]string{}
	for _, k := range inventory.Kinds() {
		term[k.ID] = k.Term.In(r)
	}
	for _, x := range []struct {
		file, name, kind, unit string
		hours                  int64
	}{
		{"forget.go", "unfinished", "doppelt", "%d Stunden", 1},
		{"new_address.go", "addressKept", "neue-adresse", "%d Tage", 24},
		{"barrier.go", "barrierKept", "barriere", "%d Tage", 24},
		{"service_link.go", "linkKept", "leistungslink", "%d Tage", 24},
		{"hook.go", "hookTestKept", "webhook-post", "%d Tage", 24},
		{"erase.go", "eraseWithin", "wunsch", "%d Stunden", 1},
	} {
		text, err := os.ReadFile("../booking/" + x.file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(x.name + ` += (.*?)(//.*)?\n`).FindSubmatch(text)
		if m == nil {
			t.Errorf("%s: no %s", x.file, x.name)
			continue
		}
		v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, strings.ReplaceAll(string(m[1]), "time.Hour", "1"))
		if err != nil {
			t.Fatal(err)
		}
		hours, _ := constant.Int64Val(v.Value)
		if want := fmt.Sprintf(x.unit, hours/x.hours); !strings.Contains(term[x.kind], want) {
			t.Errorf("%s: %q does not say %q", x.kind, term[x.kind], want)
		}
	}
	if got, want := term["person"], "2 Tage nach dem Besuch"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := term["termin"], "30 Tage nach dem Besuch"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.BookingDays = 1
	if got, want := inventory.Kinds()[0].Term.In(r), "1 Tag nach dem Besuch"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The document names every kind and every table.
func TestDocumentIsWhole(t *testing.T) {
	text := inventory.Document(agenda.Retention{BookingDays: 2, JournalDays: 90, StatisticsDays: 400})
	if !strings.HasPrefix(text, "# ") || strings.ContainsAny(text, "{}") {
		t.Errorf("it begins with %.40q, or says a term by its name", text)
	}
	for _, k := range inventory.Kinds() {
		if !strings.Contains(text, k.What) {
			t.Errorf("%s is missing", k.ID)
		}
		for _, p := range k.Places {
			if !strings.Contains(text, "`"+p.Table+"`") {
				t.Errorf("%s is missing", p.Table)
			}
		}
	}
}
