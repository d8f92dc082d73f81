package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"terminvergabe/internal/i18n"
)

var update = flag.Bool("update", false, "write the golden files anew")

const uiFolder = "../../ui"

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

// mailFiles have this package's texts: for visitors, for staff.
var mailFiles = []string{"mail.json", "mail-remind.json", "staff-mail.json"}

// catalogue loads this package's texts alone.
func catalogue(t *testing.T) *i18n.Catalogue {
	t.Helper()
	files := fstest.MapFS{}
	for _, lang := range []string{"de", "en"} {
		for _, name := range mailFiles {
			data, err := os.ReadFile(filepath.Join(uiFolder, "locale", lang, name))
			if err != nil {
				t.Fatal(err)
			}
			files[lang+"/"+name] = &fstest.MapFile{Data: data}
		}
	}
	cat, err := i18n.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func templates(t *testing.T) *Templates {
	t.Helper()
	templates, err := LoadTemplates(os.DirFS(uiFolder))
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func testCalendar(method string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Terminvergabe//DE\r\nMETHOD:" + method +
		"\r\nBEGIN:VEVENT\r\nUID:k2u5x@termine.example.org\r\nSUMMARY:Bürgertermin\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

// testLetter is a full letter of the kind.
func testLetter(p *i18n.Printer, kind Kind) Letter {
	start := time.Date(2026, 7, 6, 8, 30, 0, 0, berlin)
	l := Letter{
		Kind: kind, Printer: p, ID: "7d2kq.3@termine.example.org",
		Sent: time.Date(2026, 7, 1, 9, 0, 0, 0, berlin), To: "erika@example.org",
		Tenant: Office{Name: "Landkreis Musterberg", Phone: "05550 700-0",
			Mailbox: netmail.Address{Name: "Terminvergabe", Address: "termine@example.org"}},
		Department: Office{Name: "Bürgerdienste", Phone: "05550 700-100",
			Mailbox: netmail.Address{Address: "buergerdienste@example.org"}},
		ReplyTo: netmail.Address{Name: "Bürgerservice", Address: "buergerservice@example.org"},
		Items: []Item{
			{Name: "Personalausweis", Quantity: 2, Fee: "37,00 EUR", Checklist: []string{"Biometrisches Foto", "Alter Ausweis"}},
			{Name: "Reisepass", Fee: "70,00 EUR", Checklist: []string{"Biometrisches Foto"}},
		},
		Start: start, End: start.Add(40 * time.Minute),
		Place: Place{Site: "Kreishaus", Street: "Musterstraße 6-8", PostalCode: "37999", City: "Musterberg",
			Room: "Erdgeschoss, Zimmer 12", Access: []string{"stufenlos", "Aufzug"}, Phone: "05550 700-120"},
		Reference: "KQ7-2FM", VisitorName: "Erika Mustermann",
		ImprintURL: "https://example.org/impressum", PrivacyURL: "https://example.org/datenschutz",
	}
	switch kind {
	case ConfirmRequest:
		l.ConfirmURL = "https://termine.example.org/musterberg/confirm/SECRETA?x=1&y=2"
		l.ConfirmBy = l.Sent.Add(time.Hour)
	case Invitation:
		l.ConfirmURL, l.ConfirmBy = "https://termine.example.org/staff/invitation/SECRETA", l.Sent.AddDate(0, 0, 7)
	case AddressRequest:
		l.ConfirmURL, l.ConfirmBy = "https://termine.example.org/musterberg/a/SECRETA", l.Sent.AddDate(0, 0, 1)
	case ProofCode:
		l.Code, l.ConfirmBy = "047119", l.Sent.Add(15*time.Minute)
	case Links:
		l.Visits = []Visit{
			{Start: start, End: l.End, Items: l.Items, Place: l.Place, ManageURL: "https://termine.example.org/musterberg/m/SECRETB"},
			{Start: start.AddDate(0, 0, 7), End: l.End.AddDate(0, 0, 7), Items: l.Items[1:], Mode: "phone", ManageURL: "https://termine.example.org/musterberg/m/SECRETD"},
		}
	case Confirmed, Changed, IncidentMoved, Reminder:
		l.Calendar, l.Method = testCalendar("REQUEST"), "REQUEST"
	case Cancelled, IncidentCancelled, Lapsed:
		l.Calendar, l.Method = testCalendar("CANCEL"), "CANCEL"
	case Barrier:
		l.Barrier, l.Page = "Der Kalender ist zu blass.\r\nMan liest ihn nicht: https://böse.example <b>", "/musterberg/times?service=ausweis"
		l.ReplyTo = netmail.Address{Address: "ada@beispiel.example"}
	case DailyList:
		l.Rows = []Row{
			{Start: start, End: l.End, Items: l.Items, VisitorName: "Erika Mustermann", Reference: "KQ7-2FM"},
			{Start: l.End, End: l.End.Add(10 * time.Minute), VisitorName: "Geheim", Reference: "AB3-9XY", Sensitive: true, Pending: true},
		}
	}
	switch kind {
	case Reminder:
		l.ComingURL = "https://termine.example.org/musterberg/m/SECRETB/coming"
	case Lapsed:
		l.AnswerBy = l.Sent.Add(-time.Minute)
	}
	if kind == Proposal {
		l.ProposalURL, l.ProposalBy = "https://termine.example.org/musterberg/p/SECRETC", l.Sent.Add(72*time.Hour)
	}
	if kind == IncidentMoved || kind == IncidentCancelled || kind == Proposal {
		l.Office = "Im Bürgerbüro ist jemand erkrankt.\n\nWir danken für Ihr Verständnis."
	}
	if kind.Moves() || kind == StaffMoved || kind == Proposal {
		l.OldStart, l.OldEnd = start.AddDate(0, 0, -3), l.End.AddDate(0, 0, -3)
	}
	if kind.CallsOff() || kind == Rejected || kind == Expired {
		l.BookURL = "https://termine.example.org/musterberg/"
		l.Reason = "Das Kreishaus ist an diesem Tag geschlossen."
	}
	if kind.Staff() {
		l.To, l.CalendarName, l.StaffURL = "buero@example.org", "Bürgerbüro", "https://termine.example.org/staff/day"
		return l
	}
	l.ManageURL, l.CancelBy = "https://termine.example.org/musterberg/manage/SECRETB", start.Add(-2*time.Hour)
	return l
}

// part is one leaf of a parsed message.
type part struct {
	kind       string // media type
	params     map[string]string
	attachment string // file name
	body       []byte // decoded
	path       string // media types from the root
}

// parse reads a message as a mail program would, and fails on what no mail
// program should have to bear.
func parse(t *testing.T, raw []byte) (netmail.Header, []part) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line too long or with a lone line end: %.60q", line)
		}
		for _, c := range []byte(line) {
			if c >= 0x80 || c < 0x20 && c != '\t' {
				t.Fatalf("byte %#x in the message: %q", c, line)
			}
		}
	}
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return msg.Header, walk(t, "", msg.Header.Get("Content-Type"), "", msg.Body)
}

func walk(t *testing.T, path, contentType, encoding string, body io.Reader) []part {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("%q: %v", contentType, err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		var all []part
		reader := multipart.NewReader(body, params["boundary"])
		for {
			p, err := reader.NextRawPart()
			if err == io.EOF {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			below := walk(t, path+kind+">", p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
			if disposition, names, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition")); disposition == "attachment" {
				below[0].attachment = names["filename"]
			}
			all = append(all, below...)
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	default:
		t.Errorf("%s is sent as %q", kind, encoding)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return []part{{kind: kind, params: params, body: data, path: path + kind}}
}

// bodyOf gives the text or HTML version with line ends as in Go.
func bodyOf(t *testing.T, parts []part, kind string) string {
	t.Helper()
	for _, p := range parts {
		if p.kind == kind && p.attachment == "" {
			return strings.ReplaceAll(string(p.body), "\r\n", "\n")
		}
	}
	t.Fatalf("no %s", kind)
	return ""
}

func decoded(t *testing.T, header netmail.Header, name string) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(header.Get(name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// htmlWords checks that the HTML is well-formed and gives its words as the
// text version should print them.
func htmlWords(t *testing.T, html string) []string {
	colon := ":"
	if strings.Contains(html, `<html lang="fr"`) {
		colon = "\u00a0:"
	}
	t.Helper()
	var words strings.Builder
	dec := xml.NewDecoder(strings.NewReader(html))
	dec.Entity = xml.HTMLEntity
	inBody, href := false, ""
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return strings.Fields(words.String())
		}
		if err != nil {
			t.Fatalf("HTML is not well-formed: %v\n%s", err, html)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inBody = inBody || token.Name.Local == "body"
			if token.Name.Local == "li" {
				words.WriteString(" - ")
			}
			for _, attr := range token.Attr {
				if attr.Name.Local == "href" {
					href = attr.Value
				}
			}
		case xml.EndElement:
			switch token.Name.Local {
			case "a":
				words.WriteString(colon + " " + href)
			case "br", "p", "h1", "h2", "li", "td":
				words.WriteString(" ")
			}
		case xml.CharData:
			if inBody {
				words.Write(token)
			}
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run the test with -update)", err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

// mailTexts are the German messages by key, for the test that none is unused.
func mailTexts(t *testing.T) map[string]any {
	t.Helper()
	texts := map[string]any{}
	for _, name := range mailFiles {
		data, err := fs.ReadFile(os.DirFS(uiFolder), "locale/de/"+name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatal(err)
		}
	}
	return texts
}
