package mailbox

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
)

const calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:one@x\r\nSEQUENCE:2\r\nDTSTAMP:20260706T050000Z\r\n" +
	"DTSTART:20260707T080000Z\r\nDTEND:20260707T081000Z\r\nSUMMARY:Ausweis <b>\r\nLOCATION:Markt 1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

const letter = "From: =?utf-8?q?B=C3=BCrgerdienste?= <buerger@musterstadt.example>\r\nTo: <ada@beispiel.example>\r\nSubject: =?utf-8?q?Best=C3=A4tigung?= <x>\r\n" +
	"Date: Mon, 06 Jul 2026 07:00:00 +0200\r\nMessage-ID: <one@x>\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" +
	"--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGuten Tag, <Ada>!\r\nHier: http://127.0.0.1:8080/t/m/SECR=\r\nET.\r\n\r\nBis bald\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p style=\"color:red\">Guten Tag</p><script>alert(1)</script>\r\n" +
	"--b\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n" + calendar +
	"--b--\r\n--a\r\nContent-Type: text/calendar; method=REQUEST\r\nContent-Disposition: attachment; filename=termin.ics\r\n\r\nother\r\n--a--\r\n"

// open gives a mailbox over a folder with these files.
func open(t *testing.T, files map[string]string) http.Handler {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "letters")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "..", "outside.eml"), []byte(letter), 0o600); err != nil {
		t.Fatal(err)
	}
	_, pages := builttest.Pages(t)
	r := route.NewTable()
	(&Box{Dir: dir, Pages: pages}).Mount(r)
	return r
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w
}

func TestPagesAreSound(t *testing.T) {
	boxes := map[string]map[string]string{
		"empty": {},
		"one":   {"one.eml": letter},
		"odd":   {"one.eml": letter, "broken.eml": "no letter", ".draft.eml": letter, "notes.txt": "x", "calendar.eml": strings.Replace(letter, "BEGIN:VEVENT", "BEGIN:NOTHING", 1)},
	}
	for name, files := range boxes {
		h := open(t, files)
		for _, lang := range []string{"de", "en"} {
			paths := []string{"/mailbox/?lang=" + lang}
			for file := range files {
				paths = append(paths, "/mailbox/"+strings.TrimSuffix(file, ending)+"?lang="+lang)
			}
			for _, path := range paths {
				w := get(t, h, path)
				for _, fault := range pagetest.CheckHTML(w.Body.String()) {
					t.Errorf("%s %s: %s", name, path, fault)
				}
			}
		}
	}
}

func TestLetterIsShown(t *testing.T) {
	h := open(t, map[string]string{"one.eml": letter})
	list := get(t, h, "/mailbox/").Body.String()
	for _, want := range []string{"Bestätigung &lt;x&gt;", "An ada@beispiel.example", `href="/mailbox/one"`} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	if got := get(t, h, "/mailbox/?to=bert@beispiel.example").Body.String(); strings.Contains(got, "/mailbox/one") {
		t.Error("somebody else's letter is listed")
	}
	shown := get(t, h, "/mailbox/one").Body.String()
	for _, want := range []string{"Guten Tag, &lt;Ada&gt;!", `<a href="http://127.0.0.1:8080/t/m/SECRET">http://127.0.0.1:8080/t/m/SECRET</a>.`, "Bürgerdienste",
		"REQUEST (MIME: REQUEST)", "Ausweis &lt;b&gt;", "Markt 1", "one@x", "08:00 Uhr (UTC)"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the letter lacks %q", want)
		}
	}
}

func TestOtherForms(t *testing.T) {
	h := open(t, map[string]string{"one.eml": letter})
	html := get(t, h, "/mailbox/one/html")
	if !strings.HasPrefix(html.Header().Get("Content-Security-Policy"), "sandbox ") || strings.Contains(html.Header().Get("Content-Security-Policy"), "allow-scripts") {
		t.Errorf("the HTML is not kept apart: %q", html.Header().Get("Content-Security-Policy"))
	}
	if !strings.Contains(html.Body.String(), "<p style") {
		t.Errorf("the HTML is not as it was sent: %q", html.Body)
	}
	ics := get(t, h, "/mailbox/one/termin.ics")
	if got := ics.Body.String(); got != strings.TrimSuffix(calendar, "\r\n") && got != calendar {
		t.Errorf("calendar: got %q", got)
	}
	if raw := get(t, h, "/mailbox/one/raw"); !bytes.Equal(raw.Body.Bytes(), []byte(letter)) || !strings.HasPrefix(raw.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("raw: got %d bytes of %s", raw.Body.Len(), raw.Header().Get("Content-Type"))
	}
}

func TestNothingElseIsReached(t *testing.T) {
	h := open(t, map[string]string{"one.eml": letter, "broken.eml": "no letter"})
	for _, path := range []string{"/mailbox/two", "/mailbox/broken", "/mailbox/..%2Foutside", "/mailbox/..%2foutside/raw", "/mailbox/one.eml", "/mailbox/one/other"} {
		if got := get(t, h, path).Code; got != http.StatusNotFound && got != http.StatusMovedPermanently {
			t.Errorf("%s: got %d, want 404", path, got)
		}
	}
}
