package mail

import (
	"bytes"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryLetterInBothLanguages(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	for _, kind := range Kinds() {
		for _, lang := range []string{"de", "en"} {
			for _, sensitive := range []bool{false, true} {
				name := fmt.Sprintf("%s.%s.txt", kind, lang)
				if sensitive {
					name = fmt.Sprintf("%s.sensitive.%s.txt", kind, lang)
				}
				t.Run(name, func(t *testing.T) {
					letter := testLetter(cat.Printer(lang), kind)
					letter.Sensitive = sensitive
					out, err := templates.Compose(letter)
					if err != nil {
						t.Fatal(err)
					}
					header, parts := parse(t, out.Raw)
					text, html := bodyOf(t, parts, "text/plain"), bodyOf(t, parts, "text/html")
					golden(t, name, "From: "+decoded(t, header, "From")+"\nSubject: "+decoded(t, header, "Subject")+"\n\n"+text)
					checkHTML(t, lang, text, html)
				})
			}
		}
	}
	if missing := cat.Missing(); len(missing) > 0 {
		t.Errorf("texts asked for in vain: %v", missing)
	}
}

// checkHTML: the same words as the text, and nothing that calls home.
func checkHTML(t *testing.T, lang, text, html string) {
	t.Helper()
	got := strings.Join(htmlWords(t, html), " ")
	words := slices.DeleteFunc(strings.Fields(text), func(w string) bool { return w == "--" })
	bare := strings.NewReplacer("\u2066", "", "\u2068", "", "\u2069", "") // a label in a list is set apart, one of a link is not
	if got, want := bare.Replace(got), bare.Replace(strings.Join(words, " ")); got != want {
		t.Errorf("HTML says\n%s\ntext says\n%s", got, want)
	}
	if !strings.Contains(html, `<html lang="`+lang+`" dir="`) {
		t.Error("HTML does not name its language")
	}
	for _, bad := range []string{"src=", "url(", "<img", "<link", "<script", "@import", "ZgotmplZ", "min-width:", "flex", "grid", "position:"} {
		if strings.Contains(html, bad) {
			t.Errorf("HTML has %s", bad)
		}
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	texts := mailTexts(t)
	var source bytes.Buffer
	for _, file := range []string{"content.go", "own.go", "sample.go", "address_letters.go", "barrier.go", "coming.go"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	for key := range texts {
		key = strings.TrimPrefix(key, "mail.")
		perKind := slices.ContainsFunc(Kinds(), func(k Kind) bool {
			return key == string(k)+".subject" || key == string(k)+".lead"
		})
		short := strings.TrimPrefix(key, "fact.")
		if !perKind && !strings.Contains(source.String(), `"`+key+`"`) && !strings.Contains(source.String(), `"`+short+`"`) {
			t.Errorf("nothing uses mail.%s", key)
		}
	}
}

func TestSensitiveLettersNameOnlyTheTenant(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	for _, kind := range Kinds() {
		letter := testLetter(cat.Printer("de"), kind)
		letter.Sensitive = true
		out, err := templates.Compose(letter)
		if err != nil {
			t.Fatal(err)
		}
		header, parts := parse(t, out.Raw)
		if got := out.From; got != "termine@example.org" {
			t.Errorf("%s: envelope sender is %s", kind, got)
		}
		if got, want := decoded(t, header, "From"), `"Landkreis Musterberg" <termine@example.org>`; got != want {
			t.Errorf("%s: from %s, want %s", kind, got, want)
		}
		if subject := decoded(t, header, "Subject"); !strings.HasSuffix(subject, " – Landkreis Musterberg") || strings.Contains(subject, "2026") {
			t.Errorf("%s: subject %q", kind, subject)
		}
		all := decoded(t, header, "Subject") + decoded(t, header, "Reply-To") + bodyOf(t, parts, "text/plain") + bodyOf(t, parts, "text/html")
		for _, secret := range []string{"Bürger", "Personalausweis", "Reisepass", "EUR", "Foto", "700-1", "geschlossen", "Geheim"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: shows %s", kind, secret)
			}
		}
		if kind.Staff() && strings.Contains(all, "Mustermann") {
			t.Errorf("%s: shows the visitor", kind)
		}
	}
}

func TestCalendarPart(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	for kind, method := range map[Kind]string{Confirmed: "REQUEST", Changed: "REQUEST", Reminder: "REQUEST", Cancelled: "CANCEL"} {
		letter := testLetter(cat.Printer("de"), kind)
		out, err := templates.Compose(letter)
		if err != nil {
			t.Fatal(err)
		}
		_, parts := parse(t, out.Raw)
		var got []string
		for _, p := range parts {
			got = append(got, p.path+" "+p.attachment)
		}
		want := []string{
			"multipart/mixed>multipart/alternative>text/plain ",
			"multipart/mixed>multipart/alternative>text/html ",
			"multipart/mixed>multipart/alternative>text/calendar ",
			"multipart/mixed>text/calendar termin.ics",
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s: parts %q, want %q", kind, got, want)
		}
		for _, p := range parts[2:] {
			if !bytes.Equal(p.body, letter.Calendar) {
				t.Errorf("%s: %s differs from the calendar:\n%s", kind, p.path, p.body)
			}
			if p.params["method"] != method || !strings.EqualFold(p.params["charset"], "utf-8") {
				t.Errorf("%s: parameters %v", kind, p.params)
			}
		}
	}
}

func TestLetterWithoutCalendar(t *testing.T) {
	out, err := templates(t).Compose(testLetter(catalogue(t).Printer("en"), Received))
	if err != nil {
		t.Fatal(err)
	}
	_, parts := parse(t, out.Raw)
	if len(parts) != 2 || parts[0].path != "multipart/alternative>text/plain" || parts[1].path != "multipart/alternative>text/html" {
		t.Errorf("parts: %+v", parts)
	}
}

func TestHeaders(t *testing.T) {
	letter := testLetter(catalogue(t).Printer("de"), Confirmed)
	templates := templates(t)
	out, err := templates.Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	again, err := templates.Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	header, _ := parse(t, out.Raw)
	second, _ := parse(t, again.Raw)
	want := map[string]string{
		"Message-Id":     "<7d2kq.3@termine.example.org>",
		"Date":           "Wed, 01 Jul 2026 09:00:00 +0200",
		"Auto-Submitted": "auto-generated",
		"To":             "<erika@example.org>",
		"Mime-Version":   "1.0",
	}
	for name, value := range want {
		if got := header.Get(name); got != value || second.Get(name) != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	from, err := netmail.ParseAddress(header.Get("From"))
	if err != nil || from.Name != "Bürgerdienste" || from.Address != "buergerdienste@example.org" {
		t.Errorf("From is %v, %v", from, err)
	}
	if sender := letter.Sender(); sender != *from {
		t.Errorf("Sender is %v, From is %v", sender, from)
	}
	host, _ := os.Hostname()
	for name, values := range header {
		if len(values) != 1 {
			t.Errorf("%s is there %d times", name, len(values))
		}
		if strings.Contains(values[0], "go-mail") || host != "" && strings.Contains(values[0], host) {
			t.Errorf("%s leaks: %s", name, values[0])
		}
	}
}

// F.2, F.8, I.1: what people type stays text.
func TestHostileValues(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	hostile := []string{
		"X\r\nBcc: v@victim.example", "X\nBcc: v", "X\u2028Bcc: v", "\x00\x1b[31m", "=?utf-8?q?Bcc=3A_v?=", strings.Repeat("ä", 300),
		strings.Repeat("Wort ", 60), "😀😀", "\u202eabc\u2069", "{{.Secret}} {reference} ${x} %s {event.__init__}",
		`<img src=x onerror=alert(1)>"><svg/onload=x>`, "\xff\xfe", "BEGIN:VALARM\r\nEND:VEVENT", ".", "\r\n.\r\n",
	}
	for _, bad := range hostile {
		for _, kind := range Kinds() {
			letter := testLetter(cat.Printer("de"), kind)
			letter.VisitorName, letter.Reason, letter.Reference, letter.CalendarName, letter.Office = bad, bad, bad, bad, bad
			letter.Tenant.Name, letter.Department.Name, letter.ReplyTo.Name = "T"+bad, "D"+bad, bad
			letter.Items = []Item{{Name: bad, Fee: bad, Checklist: []string{bad}}}
			letter.Place = Place{Site: bad, Street: bad, City: bad, Room: bad, Access: []string{bad}, Phone: bad}
			letter.Department.Phone = bad
			if kind == Barrier {
				letter.Barrier, letter.Page = bad, bad
			}
			out, err := templates.Compose(letter)
			if err != nil {
				t.Fatalf("%s %q: %v", kind, bad, err)
			}
			header, parts := parse(t, out.Raw)
			for _, name := range []string{"Bcc", "Cc", "X"} {
				if header.Get(name) != "" {
					t.Errorf("%s %q: header %s: %s", kind, bad, name, header.Get(name))
				}
			}
			if got := decoded(t, header, "Subject"); strings.ContainsAny(got, "\r\n\x00\u2028\u202e") || strings.HasPrefix(got, "Bcc") {
				t.Errorf("%s %q: subject %q", kind, bad, got)
			}
			if box, err := netmail.ParseAddressList(header.Get("From")); err != nil || len(box) != 1 {
				t.Errorf("%s %q: From %q: %v", kind, bad, header.Get("From"), err)
			}
			text, html := bodyOf(t, parts, "text/plain"), bodyOf(t, parts, "text/html")
			htmlWords(t, html)
			if strings.Contains(html, "<img") || strings.Contains(html, "<svg") {
				t.Errorf("%s: markup in the HTML", kind)
			}
			if strings.Contains(bad, "__init__") && !strings.Contains(text, bad) {
				t.Errorf("%s: %q is not printed as it is:\n%s", kind, bad, text)
			}
		}
	}
}

// An encoded word typed as a name must be shown as typed, not decoded.
func TestEncodedWordIsNotDecoded(t *testing.T) {
	letter := testLetter(catalogue(t).Printer("de"), Confirmed)
	letter.Department.Name = "=?utf-8?q?Polizei?="
	out, err := templates(t).Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	header, _ := parse(t, out.Raw)
	if got := decoded(t, header, "From"); !strings.Contains(got, "= ?utf-8?q?Polizei?=") {
		t.Errorf("From is %s", got)
	}
}

// A German subject began on the second line of its header: Python's reader gave it
// with a blank before the first letter.
func TestSubjectBeginsOnItsLine(t *testing.T) {
	letter := testLetter(catalogue(t).Printer("de"), ConfirmRequest)
	letter.Tenant.Name = strings.Repeat("Größe 😀 ", 20)
	out, err := templates(t).Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out.Raw, []byte("\r\nSubject: =?UTF-8?Q?")) {
		t.Errorf("got\n%.600s", out.Raw)
	}
	header, _ := parse(t, out.Raw)
	if got := decoded(t, header, "Subject"); !strings.HasPrefix(got, "Bitte") || !strings.HasSuffix(got, strings.TrimSpace(letter.Tenant.Name)) {
		t.Errorf("got %q", got)
	}
}

func TestByHandEntries(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	letter := testLetter(cat.Printer("de"), Cancelled)
	letter.EntriesByHand, letter.Calendar, letter.Method = true, nil, ""
	out, err := templates.Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	_, parts := parse(t, out.Raw)
	if text := bodyOf(t, parts, "text/plain"); !strings.Contains(text, "löschen Sie den Eintrag bitte von Hand") {
		t.Errorf("no word on the entry:\n%s", text)
	}
	letter.EntriesByHand = false
	if out, err = templates.Compose(letter); err != nil {
		t.Fatal(err)
	}
	_, parts = parse(t, out.Raw)
	if text := bodyOf(t, parts, "text/plain"); strings.Contains(text, "von Hand") {
		t.Errorf("needless word on the entry:\n%s", text)
	}
}

func TestModesAndLimits(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	show := func(change func(*Letter)) string {
		letter := testLetter(cat.Printer("en"), Confirmed)
		change(&letter)
		out, err := templates.Compose(letter)
		if err != nil {
			t.Fatal(err)
		}
		_, parts := parse(t, out.Raw)
		return bodyOf(t, parts, "text/plain")
	}
	phone := show(func(l *Letter) { l.Mode = "phone" })
	if !strings.Contains(phone, "We will call you") || strings.Contains(phone, "Kreishaus") || !strings.Contains(phone, "Please have ready:") {
		t.Errorf("phone:\n%s", phone)
	}
	for mode, word := range map[string]string{"video": "Video call", "home": "Home visit"} {
		if text := show(func(l *Letter) { l.Mode = mode }); !strings.Contains(text, word) {
			t.Errorf("%s:\n%s", mode, text)
		}
	}
	if text := show(func(l *Letter) { l.CancelBy = l.Sent }); !strings.Contains(text, "can no longer change") {
		t.Errorf("late:\n%s", text)
	}
	if text := show(func(l *Letter) { l.CancelBy = time.Time{} }); strings.Contains(text, "until") {
		t.Errorf("no limit:\n%s", text)
	}
	if text := show(func(l *Letter) { l.VisitorName = "https://evil.example/x" }); !strings.HasPrefix(text, "Good day,\n") {
		t.Errorf("no name:\n%s", text)
	}
	bare := show(func(l *Letter) {
		*l = Letter{Kind: l.Kind, Printer: l.Printer, ID: l.ID, Sent: l.Sent, To: l.To, Tenant: l.Tenant, Start: l.Start}
		l.Tenant.Phone = ""
	})
	if strings.Contains(bare, ": \n") || strings.Contains(bare, "\n\n\n") {
		t.Errorf("bare letter has holes:\n%s", bare)
	}
}

func TestEmptyDailyList(t *testing.T) {
	letter := testLetter(catalogue(t).Printer("de"), DailyList)
	letter.Rows = nil
	out, err := templates(t).Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	_, parts := parse(t, out.Raw)
	if text := bodyOf(t, parts, "text/plain"); !strings.Contains(text, "Montag, 6. Juli 2026: keine Termine") {
		t.Errorf("got\n%s", text)
	}
}

func TestFaultyLetters(t *testing.T) {
	cat, templates := catalogue(t), templates(t)
	cases := map[string]func(*Letter){
		"no printer":         func(l *Letter) { l.Printer = nil },
		"no date":            func(l *Letter) { l.Sent = time.Time{} },
		"no start":           func(l *Letter) { l.Start = time.Time{} },
		"no kind":            func(l *Letter) { l.Kind = "greeting" },
		"two recipients":     func(l *Letter) { l.To = "a@example.org,canary@example.org" },
		"named recipient":    func(l *Letter) { l.To = "Canary <canary@example.org>" },
		"recipient injects":  func(l *Letter) { l.To = "canary@example.org\r\nBcc: v@example.org" },
		"no sender":          func(l *Letter) { l.Tenant.Mailbox, l.Department.Mailbox = netmail.Address{}, netmail.Address{} },
		"reply injects":      func(l *Letter) { l.ReplyTo.Address = "canary@example.org\r\nBcc: v@example.org" },
		"ID with brackets":   func(l *Letter) { l.ID = "<canary@example.org>" },
		"ID injects":         func(l *Letter) { l.ID = "canary@example.org\r\nBcc: v" },
		"script link":        func(l *Letter) { l.ManageURL = "javascript:canary" },
		"relative link":      func(l *Letter) { l.ManageURL = "/canary" },
		"link injects":       func(l *Letter) { l.ManageURL = "https://canary.example/\r\nx" },
		"nothing to confirm": func(l *Letter) { l.Kind = ConfirmRequest },
		"unknown method":     func(l *Letter) { l.Method = "REPLY" },
		"other method":       func(l *Letter) { l.Method = "CANCEL" },
	}
	for name, spoil := range cases {
		letter := testLetter(cat.Printer("de"), Confirmed)
		spoil(&letter)
		out, err := templates.Compose(letter)
		if !errors.Is(err, ErrLetter) || out != nil {
			t.Errorf("%s: got %v, want ErrLetter", name, err)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error tells the value: %v", name, err)
		}
	}
	if _, err := LoadTemplates(os.DirFS(filepath.Join("testdata", "nowhere"))); err == nil {
		t.Error("templates loaded from nowhere")
	}
}
