package mailbox

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/ical"
	"terminvergabe/internal/web/page"
)

type letterPage struct {
	page.Frame
	Subject  string
	Headers  []page.Row
	Text     [][][]piece // paragraphs of lines of pieces
	Home     string      // address of this letter
	HasHTML  bool
	Calendar []calendarEntry
	Unread   bool // a calendar part that our own reader refuses
}

// piece is a stretch of text, or an address that can be followed.
type piece struct{ Text, Href string }

type calendarEntry struct {
	Title string
	Rows  []page.Row
}

// open finds the letter that the address names.
func (b *Box) open(r *http.Request) (*message, string, error) {
	name := mux.Vars(r)["letter"]
	m, err := b.read(name + ending)
	if notThere(err) {
		err = page.Missing(err)
	}
	return m, "/mailbox/" + name, err
}

// letter shows one letter.
func (b *Box) letter(w http.ResponseWriter, r *http.Request) error {
	m, home, err := b.open(r)
	if err != nil {
		return err
	}
	data := letterPage{Frame: b.Pages.OfficeFrame(r, nil), Subject: m.Subject, Home: home, Text: paragraphs(m.Text), HasHTML: m.HTML != nil}
	data.Back = "/mailbox/"
	for _, h := range m.Headers {
		data.Headers = append(data.Headers, page.Row{Key: h.Name, Values: []string{h.Value}})
	}
	if m.ICS != nil {
		cal, err := ical.Parse(m.ICS)
		data.Unread = err != nil
		if err == nil {
			for i := range cal.Events {
				data.Calendar = append(data.Calendar, entry(data.Frame, m.Method, cal, &cal.Events[i]))
			}
		}
	}
	return b.Pages.Render(w, r, http.StatusOK, "mailbox/letter", data)
}

// entry is a calendar entry as rows: what a calendar program will make of it.
func entry(f page.Frame, method string, cal *ical.Calendar, e *ical.Event) calendarEntry {
	c := calendarEntry{Title: e.Summary}
	add := func(key string, values ...string) {
		if strings.Join(values, "") != "" {
			c.Rows = append(c.Rows, page.Row{Key: f.T("mailbox.entry." + key), Values: values})
		}
	}
	add("method", string(cal.Method)+" ("+f.T("mailbox.entry.mime", "method", method)+")")
	add("summary", e.Summary)
	state := "CONFIRMED"
	switch {
	case e.Cancelled:
		state = "CANCELLED"
	case e.Tentative:
		state = "TENTATIVE"
	}
	add("state", state)
	span := func(t time.Time) string { return f.Printer().DateTime(t) + " (" + e.Zone.String() + ")" }
	add("start", span(e.Start.In(e.Zone)))
	add("end", span(e.End.In(e.Zone)))
	add("location", e.Location)
	add("description", strings.Split(e.Description, "\n")...)
	add("organizer", strings.TrimSpace(e.Organizer.Name+" "+e.Organizer.Mail))
	add("attendee", e.Attendee.Mail)
	add("sequence", strconv.Itoa(e.Sequence))
	add("uid", e.UID)
	if e.Alarm {
		add("alarm", f.T("mailbox.entry.alarm.yes"))
	}
	return c
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)]`)

// paragraphs cuts a plain text where people see it cut, and finds the addresses.
func paragraphs(text string) (list [][][]piece) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for block := range strings.SplitSeq(text, "\n\n") {
		var lines [][]piece
		for line := range strings.SplitSeq(strings.Trim(block, "\n"), "\n") {
			if strings.TrimSpace(line) != "" {
				lines = append(lines, pieces(line))
			}
		}
		if len(lines) > 0 {
			list = append(list, lines)
		}
	}
	return list
}

func pieces(line string) (list []piece) {
	last := 0
	for _, at := range webAddress.FindAllStringIndex(line, -1) {
		if at[0] > last {
			list = append(list, piece{Text: line[last:at[0]]})
		}
		list = append(list, piece{Text: line[at[0]:at[1]], Href: line[at[0]:at[1]]})
		last = at[1]
	}
	if last < len(line) {
		list = append(list, piece{Text: line[last:]})
	}
	return list
}

// sandbox shows a letter's HTML as a mail program would: with its own styles, but
// without scripts, forms, foreign files, and apart from our pages.
const sandbox = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (b *Box) html(w http.ResponseWriter, r *http.Request) error {
	m, _, err := b.open(r)
	if err != nil {
		return err
	}
	if m.HTML == nil {
		return page.Missing(nil)
	}
	w.Header().Set("Content-Security-Policy", sandbox)
	send(w, r, "text/html; charset=utf-8", m.HTML)
	return nil
}

func (b *Box) raw(w http.ResponseWriter, r *http.Request) error {
	m, _, err := b.open(r)
	if err != nil {
		return err
	}
	send(w, r, "text/plain; charset=utf-8", m.Raw)
	return nil
}

func (b *Box) calendar(w http.ResponseWriter, r *http.Request) error {
	m, _, err := b.open(r)
	if err != nil {
		return err
	}
	if m.ICS == nil {
		return page.Missing(nil)
	}
	w.Header().Set("Content-Disposition", `attachment; filename="termin.ics"`)
	send(w, r, "text/calendar; charset=utf-8", m.ICS)
	return nil
}

func send(w http.ResponseWriter, r *http.Request, kind string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(data)
	}
}
