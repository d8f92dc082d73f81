package mail

import (
	"bytes"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	texttemplate "text/template"

	gomail "github.com/wneessen/go-mail"

	"terminvergabe/internal/agenda"
)

// ErrLetter says that a letter lacks something it needs, or that two of its
// fields contradict each other: a mistake of the program or the set-up that
// trying again does not mend.
var ErrLetter = errors.New("letter cannot be written")

// messageID keeps to what needs no folding and no quoting.
var messageID = regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+$`)

// Templates holds the two templates that every kind of letter is printed with.
type Templates struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// Outgoing is a message ready to be sent. Composing the same letter again
// gives other boundaries but the same ID.
type Outgoing struct {
	ID     string // Message-ID without brackets
	From   string // envelope sender, a bare address, may be the message's own; "": the null sender
	Sender string // as the header From has it, a bare address
	To     string // the one recipient, a bare address
	Raw    []byte // the message: CRLF, ASCII only
}

// LoadTemplates reads mail/letter.txt and mail/letter.html from the files of
// package ui.
func LoadTemplates(ui fs.FS) (*Templates, error) {
	text, err := texttemplate.New("letter.txt").Option("missingkey=error").ParseFS(ui, "mail/letter.txt")
	if err != nil {
		return nil, fmt.Errorf("mail: templates: %w", err)
	}
	html, err := htmltemplate.New("letter.html").Option("missingkey=error").Funcs(htmlFuncs()).ParseFS(ui, "mail/letter.html", "mail/preview.html")
	if err != nil {
		return nil, fmt.Errorf("mail: templates: %w", err)
	}
	return &Templates{text: text, html: html}, nil
}

// Compose writes the letter as a message: multipart/alternative of text and
// HTML, and where it has a calendar, that inline as the third alternative and
// once more, byte for byte, as the attachment termin.ics. The error is
// ErrLetter where the letter itself is at fault.
func (t *Templates) Compose(l Letter) (*Outgoing, error) {
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("mail: compose %s: %w: %w", l.Kind, ErrLetter, err)
	}
	words, err := t.Print(l)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	l.setHeaders(msg, words.Subject)
	msg.SetBodyString(gomail.TypeTextPlain, words.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, words.HTML)
	if err := l.attachCalendar(msg); err != nil {
		return nil, fmt.Errorf("mail: compose %s: %w", l.Kind, err)
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("mail: compose %s: %w", l.Kind, err)
	}
	return &Outgoing{ID: l.ID, From: l.Sender().Address, Sender: l.Sender().Address, To: l.To, Raw: raw.Bytes()}, nil
}

// Words are what a letter says.
type Words struct{ Subject, Text, HTML string }

// Print gives the words of a letter, as they stand in its message.
func (t *Templates) Print(l Letter) (Words, error) {
	page := contentOf(l)
	var text, html bytes.Buffer
	if err := t.text.Execute(&text, page); err != nil {
		return Words{}, fmt.Errorf("mail: print %s: %w", l.Kind, err)
	}
	if err := t.html.Execute(&html, page); err != nil {
		return Words{}, fmt.Errorf("mail: print %s: %w", l.Kind, err)
	}
	return Words{page.Subject, text.String(), html.String()}, nil
}

// setHeaders sets every header itself: go-mail's own Message-ID and User-Agent
// would tell the name of this machine and its software.
func (l Letter) setHeaders(msg *gomail.Msg, subject string) {
	sender := l.Sender()
	msg.FromMailAddress(&sender)
	msg.ToMailAddress(&netmail.Address{Address: l.To})
	if l.ReplyTo.Address != "" {
		reply := netmail.Address{Address: l.ReplyTo.Address}
		if !l.Sensitive {
			reply.Name = headerText(l.ReplyTo.Name)
		}
		msg.ReplyToMailAddress(&reply)
	}
	msg.Subject(encodedWords(subject))
	msg.SetDateWithValue(l.Sent)
	msg.SetMessageIDWithValue(l.ID)
	msg.SetGenHeader("Content-Language", l.Printer.Lang())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All") // the same for Exchange
}

// attachCalendar adds the calendar twice. Base64 keeps its bytes exactly.
func (l Letter) attachCalendar(msg *gomail.Msg) error {
	if len(l.Calendar) == 0 {
		return nil
	}
	kind := gomail.ContentType("text/calendar; method=" + l.Method)
	msg.AddAlternativeString(kind, string(l.Calendar),
		gomail.WithPartCharset(gomail.CharsetUTF8), gomail.WithPartEncoding(gomail.EncodingB64))
	return msg.AttachReader("termin.ics", bytes.NewReader(l.Calendar),
		gomail.WithFileContentType(kind+"; charset=utf-8"), gomail.WithFileEncoding(gomail.EncodingB64))
}

// check finds what would make a wrong or dangerous message. Its errors name
// the field, never the value.
func (l Letter) check() error {
	if l.Printer == nil || l.Sent.IsZero() || l.Start.IsZero() || l.Tenant.Name == "" {
		return errors.New("printer, sent, start and the tenant's name are needed")
	}
	if len(l.ID) > 200 || !messageID.MatchString(l.ID) {
		return errors.New("ID is not a Message-ID")
	}
	if !slices.Contains(Kinds(), l.Kind) {
		return errors.New("unknown kind")
	}
	if err := l.checkAddresses(); err != nil {
		return err
	}
	for field, page := range map[string]string{"ConfirmURL": l.ConfirmURL, "ProposalURL": l.ProposalURL, "ManageURL": l.ManageURL, "BookURL": l.BookURL, "ComingURL": l.ComingURL,
		"ImprintURL": l.ImprintURL, "PrivacyURL": l.PrivacyURL, "StaffURL": l.StaffURL} {
		if page != "" && !webPage(page) {
			return errors.New(field + " is not the address of a web page")
		}
	}
	if (l.Kind == ConfirmRequest || l.Kind == AddressRequest || l.Kind == Invitation) && l.ConfirmURL == "" {
		return errors.New("the letter's ConfirmURL is missing")
	}
	if l.Kind == ProofCode && l.Code == "" {
		return errors.New("the letter's Code is missing")
	}
	for _, v := range l.Visits {
		if !webPage(v.ManageURL) {
			return errors.New("the ManageURL of a visit is not the address of a web page")
		}
	}
	if (l.Kind == Barrier) != (l.Barrier != "") {
		return errors.New("a report belongs into the letter about it, and there alone")
	}
	if l.Kind == Proposal && l.ProposalURL == "" {
		return errors.New("the letter's ProposalURL is missing")
	}
	return l.checkCalendar()
}

func (l Letter) checkAddresses() error {
	if to, err := agenda.CheckAddress(l.To); err != nil || to != l.To {
		return errors.New("the letter's To is not one bare address")
	}
	if from, err := agenda.CheckAddress(l.Sender().Address); err != nil || from != l.Sender().Address {
		return errors.New("the sender's mailbox is not an address")
	}
	if l.ReplyTo.Address != "" {
		if reply, err := agenda.CheckAddress(l.ReplyTo.Address); err != nil || reply != l.ReplyTo.Address {
			return errors.New("the letter's ReplyTo is not an address")
		}
	}
	return nil
}

func (l Letter) checkCalendar() error {
	if len(l.Calendar) == 0 {
		return nil
	}
	switch l.Method {
	case "REQUEST", "CANCEL", "PUBLISH":
	default:
		return errors.New("the letter's Method is none of REQUEST, CANCEL, PUBLISH")
	}
	if !strings.Contains(string(l.Calendar), "\r\nMETHOD:"+l.Method+"\r\n") {
		return errors.New("the letter's Method is not the METHOD of Calendar")
	}
	return nil
}
