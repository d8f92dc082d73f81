// Package bounce reads what comes back to the address that letters are sent from: reports
// that a letter was not delivered, answers that programs write, replies of calendars, and
// mails of people, in a mailbox or a folder.
//
// It refuses to believe any of it: anybody can write there. It says what a message claims
// and which of our letters it names; whether we sent those is known by package booking,
// and nothing but a delivery is ever changed because of a mail. Messages are read up to a
// size, a depth and a number of parts, and none stops the others.
//
// Start reading at Read, then IMAP and Folder.
package bounce

import (
	"bytes"
	"io"
	"mime"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"terminvergabe/internal/mail"
)

// Kind is what a message is.
type Kind string

// The kinds of messages.
const (
	Failed  Kind = "failed"  // a letter was given up
	Delayed Kind = "delayed" // a server still tries
	Absence Kind = "absence" // any other message that a program wrote, such as an out-of-office note
	Reply   Kind = "reply"   // an answer of a calendar (iTIP); it changes nothing
	Person  Kind = "person"  // everything else: it stays for people to read
)

// Report is what a message claims.
type Report struct {
	Kind   Kind
	IDs    []string // of the letters of ours that it names, by what stands before the @ of their Message-ID
	Code   int      // the server's three digits, where it quotes them
	Status string   // enhanced status code, such as 5.1.1; empty: it quotes none
	Text   string   // the server's words: they may name addresses
}

// Bounds of a message.
const (
	MaxSize  = 256 << 10 // bytes; what follows is the letter itself, as a rule
	maxDepth = 5
	maxParts = 40
	maxIDs   = 5
	maxText  = 32 << 10 // of one part that is searched
)

// idForm is how the ids of letters look: rand.Text.
const idForm = `[A-Z2-7]{26}`

var (
	messageIDs = regexp.MustCompile(`<(` + idForm + `)@[^<>\s@]+>`)
	ownID      = regexp.MustCompile(`(?im)^[> ]*message-id:\s*<(` + idForm + `)@[^<>\s@]+>`)
	plusID     = regexp.MustCompile(`(?i)\+(` + idForm + `)@`)
	statusForm = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	codeForm   = regexp.MustCompile(`(?:^|[\s:#>(])([45]\d\d)[ -]`)
	wordsOf    = regexp.MustCompile(`(?i)^\s*[\w-]+\s*;\s*`)
)

// reading is a message that is being read.
type reading struct {
	head   textproto.MIMEHeader
	parts  int
	report []group // of message/delivery-status
	status bool    // there is one
	method string  // of a calendar
	mdn    bool    // about a message that was read, or complained of
	texts  []string
	ids    []string // in the letter that is enclosed
}

// group is what a report says of the message (the first one) or of one recipient.
type group = textproto.MIMEHeader

// Read says what a message claims. address is where letters come from, without anything
// after a plus. It has no errors: what cannot be read is a mail of a person, who may.
func Read(raw []byte, address string) Report {
	raw = raw[:min(len(raw), MaxSize)]
	head, body := split(raw)
	m := &reading{head: head}
	m.part(head, body, 0)
	r := Report{Kind: Person}
	switch {
	case m.status:
		m.delivery(&r)
	case m.method != "":
		r.Kind = Reply
	case m.mdn:
		r.Kind = Absence
	case m.fromServer():
		m.inWords(&r)
	case m.automatic():
		r.Kind = Absence
	}
	if r.Kind != Person {
		r.IDs = m.names(address, r.Kind)
	}
	return r
}

// split takes a message or part apart. A line that is no header ends them.
func split(raw []byte) (textproto.MIMEHeader, []byte) {
	head := textproto.MIMEHeader{}
	key, lines := "", 0
	for len(raw) > 0 && lines < 500 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return head, rest
		}
		switch name, value, ok := bytes.Cut(line, []byte(":")); {
		case line[0] == ' ' || line[0] == '\t':
			if list := head[key]; key != "" && len(list[len(list)-1]) < 8<<10 {
				list[len(list)-1] += " " + string(bytes.TrimSpace(line))
			}
		case ok && len(name) > 0 && !bytes.ContainsAny(name, " \t"):
			key = textproto.CanonicalMIMEHeaderKey(string(name))
			head[key] = append(head[key], string(bytes.TrimSpace(value)))
		case lines == 0 && bytes.HasPrefix(line, []byte("From ")): // the first line of an old mailbox
		default:
			return head, raw
		}
		raw, lines = rest, lines+1
	}
	return head, raw
}

// part reads one part and those within it.
func (m *reading) part(head textproto.MIMEHeader, body []byte, depth int) {
	if m.parts++; m.parts > maxParts || depth > maxDepth {
		return
	}
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil && kind == "" {
		kind = "text/plain"
	}
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		if kind == "multipart/report" && !strings.EqualFold(params["report-type"], "delivery-status") {
			m.mdn = true
		}
		m.within(body, params["boundary"], depth)
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		m.status = true
		for _, block := range blocks(decoded(head, body)) {
			if g, _ := split(block); len(g) > 0 && len(m.report) < 20 {
				m.report = append(m.report, g)
			}
		}
	case kind == "message/rfc822" || kind == "message/rfc822-headers" || kind == "text/rfc822-headers" || kind == "message/global" || kind == "message/global-headers":
		enclosed, _ := split(decoded(head, body))
		m.enclose(enclosed.Get("Message-Id"))
	case kind == "text/calendar":
		m.calendar(params["method"], decoded(head, body))
	case strings.HasPrefix(kind, "text/"):
		text := decoded(head, body)
		m.texts = append(m.texts, string(text[:min(len(text), maxText)]))
	}
}

// within reads the parts between the lines of a boundary. The parser of the standard
// library gives up at the first mistake, and reports that were cut short have some.
func (m *reading) within(body []byte, boundary string, depth int) {
	if boundary == "" || len(boundary) > 200 {
		return
	}
	mark := []byte("--" + boundary)
	var part []byte
	inside := false
	for len(body) > 0 && m.parts <= maxParts {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		if trimmed := bytes.TrimRight(line, "\r \t"); bytes.Equal(trimmed, mark) || bytes.Equal(trimmed, append(slices.Clone(mark), "--"...)) {
			if inside {
				h, b := split(part[:len(part)-len(body)])
				m.part(h, b, depth+1)
			}
			inside, part = bytes.Equal(trimmed, mark), rest
			if !inside {
				return
			}
		}
		body = rest
	}
	if inside {
		h, b := split(part)
		m.part(h, b, depth+1)
	}
}

func decoded(head textproto.MIMEHeader, body []byte) []byte {
	switch strings.ToLower(strings.TrimSpace(head.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return unbase64(body)
	case "quoted-printable":
		return unquoted(body)
	}
	return body
}

// blocks are the parts of a report that empty lines divide.
func blocks(text []byte) (list [][]byte) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	for block := range bytes.SplitSeq(text, []byte("\n\n")) {
		if block = bytes.Trim(block, "\n"); len(block) > 0 {
			list = append(list, block)
		}
	}
	return list
}

func (m *reading) enclose(messageID string) {
	if found := messageIDs.FindStringSubmatch(messageID); found != nil {
		m.ids = append(m.ids, found[1])
	}
}

// calendar notes an answer to what we have sent; an invitation of somebody is a mail.
func (m *reading) calendar(method string, body []byte) {
	if method == "" {
		if _, rest, ok := strings.Cut(strings.ToUpper(string(body[:min(len(body), 4<<10)])), "\nMETHOD:"); ok {
			method, _, _ = strings.Cut(rest, "\n")
		}
	}
	switch method = strings.ToUpper(strings.TrimSpace(method)); method {
	case "REPLY", "COUNTER", "REFRESH":
		m.method = method
	}
}

// delivery reads the report of RFC 3464, of the recipient who fared worst.
func (m *reading) delivery(r *Report) {
	r.Kind = Absence // it was delivered, or relayed
	for _, g := range m.report {
		kind := Kind("")
		switch action := strings.ToLower(g.Get("Action")); {
		case strings.HasPrefix(action, "failed"):
			kind = Failed
		case strings.HasPrefix(action, "delayed"):
			kind = Delayed
		}
		if kind == "" || r.Kind == Failed || r.Kind == Delayed && kind == Delayed {
			continue
		}
		words := wordsOf.ReplaceAllString(g.Get("Diagnostic-Code"), "")
		r.Kind, r.Status, r.Code = kind, first(statusForm, g.Get("Status")), code(words)
		if precise := first(statusForm, words); precise != "" && (r.Status == "" || strings.HasSuffix(r.Status, ".0.0")) {
			r.Status = precise
		}
		r.Text = mail.OneLine(words, 400)
	}
}

// inWords reads what servers write who know no reports, such as qmail and older Exims.
func (m *reading) inWords(r *Report) {
	r.Kind = Failed
	subject := strings.ToLower(m.head.Get("Subject"))
	all := strings.Join(m.texts, "\n")
	said, _, _ := cutAny(all, "--- Below this line is a copy of the message.", "------ This is a copy of", "--- The header of the original message", "----- Original message -----", "----- Unsent message follows -----")
	for _, soft := range []string{"delayed", "will be retried", "will continue to", "still trying", "warning:", "verzögert"} {
		if strings.Contains(subject, soft) || strings.Contains(strings.ToLower(said), soft) {
			r.Kind = Delayed
		}
	}
	r.Status, r.Code = first(statusForm, said), code(said)
	if r.Status == "" && r.Code == 0 && r.Kind == Failed {
		r.Status = "5.0.0"
	}
	r.Text = mail.OneLine(said, 400)
	if found := ownID.FindAllStringSubmatch(all, maxIDs); found != nil {
		for _, f := range found {
			m.ids = append(m.ids, f[1])
		}
	}
}

// cutAny cuts before the first of some marks.
func cutAny(s string, marks ...string) (before, after string, found bool) {
	at := len(s)
	for _, mark := range marks {
		if i := strings.Index(s, mark); i >= 0 && i < at {
			at, found = i, true
		}
	}
	return s[:at], s[at:], found
}

func first(form *regexp.Regexp, s string) string {
	if f := form.FindStringSubmatch(s); f != nil {
		return f[1]
	}
	return ""
}

func code(s string) int {
	n := 0
	for _, digit := range first(codeForm, s) {
		n = 10*n + int(digit-'0')
	}
	return n
}

// names are the letters of ours that a message names: by the address it came to, by the
// letter it encloses, and, where a program answers, by the one it answers. A failure is
// not believed for a letter that it merely mentions.
func (m *reading) names(address string, kind Kind) (ids []string) {
	add := func(id string) {
		if id = strings.ToUpper(id); len(ids) < maxIDs && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	for _, key := range []string{"To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Rcpt-To"} {
		for _, value := range m.head[key] {
			lower := strings.ToLower(value)
			for _, at := range plusID.FindAllStringSubmatchIndex(value, maxIDs) {
				if strings.HasSuffix(lower[:at[0]], local) && strings.HasPrefix(lower[at[1]:], domain) {
					add(value[at[2]:at[3]])
				}
			}
		}
	}
	for _, id := range m.ids {
		add(id)
	}
	if kind == Absence || kind == Reply {
		for _, key := range []string{"In-Reply-To", "References"} {
			for _, f := range messageIDs.FindAllStringSubmatch(m.head.Get(key), maxIDs) {
				add(f[1])
			}
		}
	}
	return ids
}

// fromServer reports whether a mail server itself wrote the message: reports have no
// sender to answer to.
func (m *reading) fromServer() bool {
	from := strings.ToLower(m.head.Get("From"))
	daemon := strings.Contains(from, "mailer-daemon") || strings.Contains(from, "postmaster@")
	none := strings.TrimSpace(m.head.Get("Return-Path")) == "<>"
	said := strings.ToLower(strings.Join(m.texts, "\n"))
	failing := m.head.Get("X-Failed-Recipients") != ""
	for _, phrase := range []string{"could not be delivered", "couldn't be delivered", "unable to deliver", "wasn't able to deliver", "was not able to deliver", "delivery failed", "delivery has failed",
		"undelivered", "undeliverable", "delivery status notification", "unzustellbar", "nicht zugestellt", "has not yet been delivered", "permanent error", "returned mail", "failure notice"} {
		failing = failing || strings.Contains(said, phrase) || strings.Contains(strings.ToLower(m.head.Get("Subject")), phrase)
	}
	return failing && (daemon || none)
}

// absences begin the subjects of out-of-office notes in the languages of our letters.
var absences = []string{"automatische antwort", "automatic reply", "out of office", "out of the office", "abwesenheit", "abwesend:", "auto:", "autoreply", "auto-reply",
	"autoreponse", "réponse automatique", "absence du bureau", "otomatik yanıt", "ofis dışında", "автоматический ответ", "автоматична відповідь", "odpowiedź automatyczna", "رد تلقائي"}

// automatic reports whether a program wrote the message.
func (m *reading) automatic() bool {
	h := m.head
	auto, _, _ := strings.Cut(strings.ToLower(h.Get("Auto-Submitted")), ";")
	if auto = strings.TrimSpace(auto); auto != "" && auto != "no" {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	for _, key := range []string{"X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Autoresponse", "List-Id", "Feedback-Id"} {
		if h.Get(key) != "" {
			return true
		}
	}
	if strings.TrimSpace(h.Get("Return-Path")) == "<>" {
		return true
	}
	subject, err := (&mime.WordDecoder{CharsetReader: func(string, io.Reader) (io.Reader, error) { return strings.NewReader(""), nil }}).DecodeHeader(h.Get("Subject"))
	if err != nil {
		subject = h.Get("Subject")
	}
	subject = strings.ToLower(strings.TrimSpace(subject))
	return slices.ContainsFunc(absences, func(s string) bool { return strings.HasPrefix(subject, s) })
}
