package handbook_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"terminvergabe/internal/handbook"
	"terminvergabe/internal/web/pagetest"
)

func open(t *testing.T, files map[string]string, written handbook.Generated) *handbook.Library {
	t.Helper()
	all := fstest.MapFS{}
	for name, text := range files {
		all["docs/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	l, err := handbook.Open(all, written, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func body(t *testing.T, l *handbook.Library, topic string) *handbook.Page {
	t.Helper()
	p, err := l.Topic(topic).Page()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Documents are read in the order in which the contents name them; what they forget comes last.
func TestOrder(t *testing.T) {
	l := open(t, map[string]string{
		"start.md": "# Anfang\n\n## Zuerst\n\n- [B](b.md), auch [C](c.md#x)\n\n## Dann\n\n- [A](a.md)\n- [B](b.md)\n",
		"a.md":     "# A\n", "b.md": "# B\n", "lost.md": "# Vergessen\n",
	}, handbook.Generated{"c": func() string { return "# C\n\n## X\n" }})
	var got []string
	for _, topic := range l.Topics() {
		got = append(got, topic.Name+" "+topic.Title+" "+topic.Group)
	}
	want := []string{"start Anfang ", "b B Zuerst", "c C Zuerst", "a A Dann", "lost Vergessen "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	before, after := l.Around(l.Topic("c"))
	if before.Name != "b" || after.Name != "a" {
		t.Errorf("around c: got %s and %s, want b and a", before.Name, after.Name)
	}
	if before, _ := l.Around(l.Topic("start")); before != nil {
		t.Errorf("before the start: got %s", before.Name)
	}
}

// Each of these is found by Faults, and nothing else.
func TestFaults(t *testing.T) {
	sound := map[string]string{"start.md": "# S\n\n## G\n\n[A](a.md) [oben](#g)\n", "a.md": "# A\n\n## Über uns\n\n[x](start.md#g), [y](a.md#ueber-uns), <https://kern-ux.de>\n"}
	if got := open(t, sound, nil).Faults(); len(got) > 0 {
		t.Fatalf("sound documents: got %q", got)
	}
	for fault, add := range map[string]string{
		"the link b.md leads nowhere":            "[b](b.md)",
		"the link http://x.example leads":        "[b](http://x.example)",
		"there is no heading start#nirgends":     "[b](start.md#nirgends)",
		"there is no heading a#nirgends":         "[b](#nirgends)",
		"there is no picture pictures/x.png":     "![Bild](pictures/x.png)",
		"there is no picture https://x.example/": "![Bild](https://x.example/)",
		"the link samples/x leads nowhere":       "[b](samples/x)",
		"HTML is not shown":                      "ein <b>Wort</b>",
	} {
		files := map[string]string{"start.md": sound["start.md"], "a.md": sound["a.md"] + "\n" + add + "\n"}
		if got := open(t, files, nil).Faults(); len(got) != 1 || !strings.Contains(got[0], fault) {
			t.Errorf("%s: got %q, want %q", add, got, fault)
		}
	}
	sound["samples/x.conf"], sound["b.md"] = "x", "# B"
	if got := open(t, sound, nil).Faults(); len(got) != 2 {
		t.Errorf("a file and a document that nobody names: got %q", got)
	}
}

func TestHTML(t *testing.T) {
	l := open(t, map[string]string{"start.md": "# S\n\n## G\n\n[A](a.md)\n", "samples/nginx.conf": "x", "a.md": `# Titel

Vor der *ersten* Überschrift: <script>alert(1)</script>

## Öffnungszeiten

| A | B |
|---|--:|
| **eins** | [zwei](start.md#g) |

` + "```sh\nls <x> | wc\n```\n" + `
## Öffnungszeiten

[datei](samples/nginx.conf)
`}, nil)
	p := body(t, l, "a")
	for _, want := range []string{
		`<h2 id="oeffnungszeiten">`, `<h2 id="oeffnungszeiten-2">`, `<div class="scroll" role="group" tabindex="0" aria-labelledby="oeffnungszeiten"><table role="table">`, `<td role="cell" data-head="A"><strong>`,
		`<a href="/staff/docs/start#g">`, `<a href="/staff/docs/samples/nginx.conf">`, "<pre tabindex=\"0\"><code>ls &lt;x&gt; | wc\n</code></pre>", "</table></div>",
	} {
		if !strings.Contains(string(p.HTML), want) {
			t.Errorf("%s is missing in\n%s", want, p.HTML)
		}
	}
	for _, no := range []string{"<script", "<h1", "style=", "align="} {
		if strings.Contains(string(p.HTML), no) {
			t.Errorf("%s is in\n%s", no, p.HTML)
		}
	}
	whole := `<!doctype html><html lang="de"><head><title>x</title></head><body><main><h1>x</h1>` + strings.ReplaceAll(string(p.HTML), "<!-- raw HTML omitted -->", "") + `</main></body></html>`
	if faults := pagetest.CheckHTML(whole); len(faults) > 0 {
		t.Errorf("%q in\n%s", faults, whole)
	}
	if got := p.Sections[1]; got.ID != "oeffnungszeiten" || got.Title != "Öffnungszeiten" || got.Text != "A B eins zwei ls <x> | wc" {
		t.Errorf("the section for a search: got %+v", got)
	}
}

// It is long because it holds a document and what becomes of it.
func TestTerminal(t *testing.T) {
	got := handbook.Terminal([]byte(`# Titel mit Ä

Ein Absatz, der länger ist als eine Zeile, mit [Verweis](andere.md#da) und **Knopf**.

## Liste

1. eins zwei drei vier fünf sechs sieben acht
   - darin
2. zwei

`+"```sh\nein sehr langer Befehl, der nicht umbrochen werden darf\n```\n"+`
> Merke dies.

| Ort | Zeit | |
|---|---|---|
| Rathaus | 8 bis 12 | mit Termin |

| Zeichen | Was *zu tun* ist |
|---|---|
| rot | anhalten |
`), 40)
	want := `Titel mit Ä
===========

Ein Absatz, der länger ist als eine
Zeile, mit Verweis (help andere) und
**Knopf**.


Liste
-----

1. eins zwei drei vier fünf sechs sieben
   acht
   - darin

2. zwei

    ein sehr langer Befehl, der nicht umbrochen werden darf

| Merke dies.

- Rathaus
  Zeit: 8 bis 12
  mit Termin

Zeichen – Was zu tun ist:

- rot
  anhalten
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A table of many columns is laid out as cards: in rows it would run out of the page.
func TestWideTables(t *testing.T) {
	l := open(t, map[string]string{"start.md": "# S\n\n| A | B | C | D | E | `F & G` |\n|---|---|---|---|---|---|\n| 1 | 2 | 3 | 4 | 5 | 6 |\n"}, nil)
	got := string(body(t, l, "start").HTML)
	for _, want := range []string{`<table role="table" class="wide">`, `<tr role="row">`, `<td role="cell" data-head="F &amp; G">6</td>`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for what, files := range map[string]fstest.MapFS{
		"start.md":   {"docs/a.md": {Data: []byte("# A")}},
		"# Title":    {"docs/start.md": {Data: []byte("Kein Titel")}},
		"picture":    {"docs/start.md": {Data: []byte("# S")}, "docs/pictures/x.png": {Data: []byte("GIF89a")}},
		"neither":    {"docs/start.md": {Data: []byte("# S")}, "docs/other/x": {Data: []byte("x")}},
		"is written": {"docs/start.md": {Data: []byte("# S")}, "docs/daten.md": {Data: []byte("# D")}},
	} {
		_, err := handbook.Open(files, handbook.Generated{"daten": func() string { return "# D" }}, nil)
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}
