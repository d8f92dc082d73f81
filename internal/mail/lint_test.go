package mail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // for what is not UTF-8, which would be found so

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/tooltest"
)

// linted is one letter of the lint, and what readers should find in it.
type linted struct {
	Name, Lang          string
	Subject, Text, HTML string
	From, To, Method    string
	Calendar            string
	raw                 []byte
	kind                Kind
}

// states change a full letter of a kind; the first leaves it as it is.
func lintStates() map[string]func(*Letter) {
	return map[string]func(*Letter){
		"full":      func(*Letter) {},
		"sensitive": func(l *Letter) { l.Sensitive = true },
		"phone":     func(l *Letter) { l.Mode = "phone" },
		"late":      func(l *Letter) { l.CancelBy = l.Sent },
		"by-hand":   func(l *Letter) { l.EntriesByHand, l.Calendar, l.Method = true, nil, "" },
		"own": func(l *Letter) {
			l.Colour = "#e2001a"
			l.Wording = agenda.Wording{Subject: agenda.Said{Text: "Größe 😀 {service} am {date}"}, Opening: agenda.Said{Text: "Guten Morgen {name}.\nSchön!", Lang: ""},
				Own: []agenda.Said{{Text: "Erster {time}: https://www.example.org/", Lang: "de"}, {Text: "مرحبا {name}", Lang: "ar"}}, Signature: agenda.Said{Text: "Ihr Amt\n{department}, {tenant}"}}
		},
		"long": func(l *Letter) {
			l.Tenant.Name, l.Department.Name = strings.Repeat("Verwaltungsgemeinschaft Größenwörth ", 6), strings.Repeat("Amt ", 60)
			l.VisitorName, l.Place.Site = strings.Repeat("Ж", 300), strings.Repeat("x", 1200)
			l.ReplyTo.Name = strings.Repeat("Bürgerservice ", 12)
			l.Items = append(l.Items, Item{Name: strings.Repeat("Donaudampfschifffahrt", 30), Quantity: 3, Checklist: []string{"a\r\nBcc: x@example.org", "😀😀"}})
		},
	}
}

// everyCatalogue has this package's texts in all languages.
func everyCatalogue(t *testing.T) *i18n.Catalogue {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range mailFiles {
		found, err := filepath.Glob(filepath.Join(uiFolder, "locale", "*", name))
		if err != nil || len(found) == 0 {
			t.Fatal(found, err)
		}
		for _, path := range found {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.Base(filepath.Dir(path))+"/"+name] = &fstest.MapFile{Data: data}
		}
	}
	cat, err := i18n.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// everyLetter composes each kind in each language and state.
func everyLetter(t *testing.T) (list []linted) {
	t.Helper()
	cat, templates := everyCatalogue(t), templates(t)
	if n := len(cat.Languages()); n != 9 {
		t.Fatalf("got %d languages", n)
	}
	for _, lang := range cat.Languages() {
		for _, kind := range Kinds() {
			printer := cat.Printer(lang)
			if kind.Staff() {
				if lang != "de" && lang != "en" {
					continue // staff read these
				}
				printer = cat.Office(lang)
			}
			for state, change := range lintStates() {
				l := testLetter(printer, kind)
				change(&l)
				out, err := templates.Compose(l)
				if err != nil {
					t.Fatalf("%s %s %s: %v", kind, lang, state, err)
				}
				words, err := templates.Print(l)
				if err != nil {
					t.Fatal(err)
				}
				from := l.Sender()
				list = append(list, linted{Name: string(kind) + "." + lang + "." + state, Lang: lang, kind: kind, Subject: words.Subject, Text: words.Text, HTML: words.HTML,
					From: from.Address, To: l.To, Method: l.Method, Calendar: string(l.Calendar), raw: out.Raw})
			}
		}
	}
	return list
}

var (
	encodedWord = regexp.MustCompile(`=\?[^?\s]+\?[QqBb]\?[^?\s]*\?=`)
	boundary    = regexp.MustCompile(`boundary="?([^"\s;]+)`)
)

// What every letter is held to, byte by byte: RFC 5322 and 2047, seven bits, and one of
// each header that has to be there.
func TestLintOfEveryLetter(t *testing.T) {
	for _, l := range everyLetter(t) {
		head, _, _ := bytes.Cut(l.raw, []byte("\r\n\r\n"))
		for _, name := range []string{"From", "To", "Date", "Message-ID", "Subject", "MIME-Version", "Content-Type", "Auto-Submitted", "Content-Language"} {
			if n := len(regexp.MustCompile(`(?im)^`+name+`:`).FindAll(head, -1)); n != 1 {
				t.Errorf("%s: %d headers %s", l.Name, n, name)
			}
		}
		for _, name := range []string{"Bcc", "Cc", "Sender", "Return-Path"} {
			if regexp.MustCompile(`(?im)^` + name + `:`).Match(head) {
				t.Errorf("%s: a header %s", l.Name, name)
			}
		}
		for line := range bytes.SplitSeq(head, []byte("\r\n")) {
			if len(line) > 78 {
				t.Errorf("%s: a header line of %d bytes: %s", l.Name, len(line), line)
			}
		}
		for _, word := range encodedWord.FindAll(head, -1) {
			if len(word) > 75 {
				t.Errorf("%s: an encoded word of %d bytes", l.Name, len(word))
			}
		}
		for line := range bytes.SplitSeq(l.raw, []byte("\r\n")) {
			if len(line) > 78 || bytes.ContainsAny(line, "\r\n\x00") || bytes.ContainsFunc(line, func(r rune) bool { return r >= 0x80 }) {
				t.Errorf("%s: a line of %d bytes, or one that is not plain: %q", l.Name, len(line), line[:min(len(line), 90)])
			}
		}
		seen := map[string]bool{}
		for _, b := range boundary.FindAllSubmatch(l.raw, -1) {
			if seen[string(b[1])] {
				t.Errorf("%s: one boundary twice", l.Name)
			}
			seen[string(b[1])] = true
		}
		if !bytes.HasSuffix(l.raw, []byte("\r\n")) {
			t.Errorf("%s: does not end with a line end", l.Name)
		}
	}
}

// Both versions say the same: every word of one is in the other, in the same order.
func TestBothVersionsSayTheSame(t *testing.T) {
	for _, l := range everyLetter(t) {
		checkHTML(t, l.Lang, l.Text, l.HTML)
		direction := `dir="ltr"`
		if l.Lang == "ar" {
			direction = `dir="rtl"`
		}
		if !strings.Contains(l.HTML, `<html lang="`+l.Lang+`" `+direction+`>`) {
			t.Errorf("%s: language or direction is missing", l.Name)
		}
		tables := regexp.MustCompile(`<table[^>]*>`).FindAllString(l.HTML, -1)
		if len(tables) < 3 || slices.ContainsFunc(tables, func(s string) bool { return !strings.Contains(s, ` role="presentation"`) }) {
			t.Errorf("%s: tables without their role: %q", l.Name, tables)
		}
		if n := strings.Count(l.HTML, "<h1"); n > 1 {
			t.Errorf("%s: %d main headings", l.Name, n)
		}
		if t.Failed() {
			return
		}
	}
}

// go-message reads each letter as it was meant.
func TestGoMessageReadsEveryLetter(t *testing.T) {
	for _, l := range everyLetter(t) {
		m, err := gomessage.Read(bytes.NewReader(l.raw))
		if err != nil {
			t.Fatalf("%s: %v", l.Name, err)
		}
		if got, err := m.Header.Text("Subject"); err != nil || got != l.Subject {
			t.Errorf("%s: subject %q, %v, want %q", l.Name, got, err, l.Subject)
		}
		var kinds []string
		err = m.Walk(func(_ []int, part *gomessage.Entity, err error) error {
			if err != nil {
				return err
			}
			kind, params, err := part.Header.ContentType()
			if err != nil || strings.HasPrefix(kind, "multipart/") {
				return err
			}
			body, err := io.ReadAll(part.Body)
			kinds = append(kinds, kind)
			want := map[string]string{"text/plain": l.Text, "text/html": l.HTML, "text/calendar": l.Calendar}[kind]
			if got := string(body); strings.ReplaceAll(got, "\r\n", "\n") != strings.ReplaceAll(want, "\r\n", "\n") || kind == "text/calendar" && got != want {
				t.Errorf("%s: %s reads\n%q\nwant\n%q", l.Name, kind, got, want)
			}
			if !strings.EqualFold(params["charset"], "utf-8") || kind == "text/calendar" && params["method"] != l.Method {
				t.Errorf("%s: %s has parameters %v", l.Name, kind, params)
			}
			return err
		})
		want := []string{"text/plain", "text/html", "text/calendar", "text/calendar"}
		if l.Calendar == "" {
			want = want[:2]
		}
		if err != nil || !slices.Equal(kinds, want) {
			t.Errorf("%s: parts %v, %v", l.Name, kinds, err)
		}
	}
}

// pythonReads looks at letters with the e-mail package of Python, which shares no code with
// anything here, in its strict way of reading. It prints what is wrong, a line for each.
const pythonReads = `
import email, json, pathlib, sys
from email import policy
folder = pathlib.Path(sys.argv[1])
n = 0
def same(a, b): return a.replace("\r\n", "\n").rstrip("\n") == b.replace("\r\n", "\n").rstrip("\n")
for want in json.loads((folder / "want.json").read_text("utf-8")):
    name = want["Name"]
    m = email.message_from_bytes((folder / (name + ".eml")).read_bytes(), policy=policy.default)
    def wrong(what): print(name, what)
    for part in m.walk():
        if part.defects: wrong("defects %r" % part.defects)
        for key, value in part.items():
            if value.defects: wrong("%s: %r" % (key, value.defects))
    if m["subject"] != want["Subject"]: wrong("subject %r" % m["subject"])
    if [a.addr_spec for a in m["from"].addresses] != [want["From"]]: wrong("from %r" % m["from"])
    if [a.addr_spec for a in m["to"].addresses] != [want["To"]]: wrong("to %r" % m["to"])
    if m["content-language"] != want["Lang"]: wrong("language")
    if m["date"].datetime is None: wrong("date")
    if not same(m.get_body(("plain",)).get_content(), want["Text"]): wrong("text")
    if not same(m.get_body(("html",)).get_content(), want["HTML"]): wrong("html")
    kinds = [p.get_content_type() for p in m.walk()]
    inner = ["multipart/alternative", "text/plain", "text/html"]
    if want["Calendar"]:
        if kinds != ["multipart/mixed"] + inner + ["text/calendar", "text/calendar"]: wrong(kinds)
        for p in [p for p in m.walk() if p.get_content_type() == "text/calendar"]:
            if p.get_payload(decode=True) != want["Calendar"].encode(): wrong("calendar")
            if p.get_param("method") != want["Method"] or p["content-transfer-encoding"] != "base64": wrong("method")
        if [a.get_filename() for a in m.iter_attachments()] != ["termin.ics"]: wrong("attachment")
    elif kinds != inner: wrong(kinds)
    n += 1
print("read", n)
`

func TestPythonReadsEveryLetter(t *testing.T) {
	python := tooltest.Need(t, tooltest.Python, "--version")
	folder, letters := t.TempDir(), everyLetter(t)
	for _, l := range letters {
		if err := os.WriteFile(filepath.Join(folder, l.Name+".eml"), l.raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := json.Marshal(letters)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "want.json"), want, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", pythonReads, folder).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != fmt.Sprint("read ", len(letters)) {
		t.Errorf("%v: %.4000s", err, got)
	}
}
