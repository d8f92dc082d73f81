package mailbox

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"strings"
	"time"
)

// message is a letter taken apart.
type message struct {
	Raw     []byte
	Headers []header // in the order in which people look for them
	Subject string
	From    string
	To      string // the bare address
	Date    time.Time
	Text    string
	HTML    []byte
	ICS     []byte // the calendar part as it stands in the letter; nil: none
	Method  string // as the MIME type says
}

type header struct{ Name, Value string }

// maxLetter is the most that is read of a file.
const maxLetter = 4 << 20

var errNoLetter = errors.New("not a letter")

// read takes the letter in a file of the folder apart. The name cannot lead out
// of the folder.
func (b *Box) read(name string) (*message, error) {
	dir, err := os.OpenRoot(b.Dir)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxLetter))
	if err != nil {
		return nil, err
	}
	return parse(raw)
}

func parse(raw []byte) (*message, error) {
	in, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoLetter, err)
	}
	words := mime.WordDecoder{}
	decoded := func(name string) string {
		v := in.Header.Get(name)
		if plain, err := words.DecodeHeader(v); err == nil {
			return plain
		}
		return v
	}
	m := &message{Raw: raw, Subject: decoded("Subject"), From: decoded("From")}
	m.Date, _ = in.Header.Date() // a letter without a date is shown without one
	if to, err := in.Header.AddressList("To"); err == nil && len(to) > 0 {
		m.To = to[0].Address
	}
	for _, name := range []string{"From", "Reply-To", "To", "Subject", "Date", "Message-Id", "Auto-Submitted"} {
		if v := decoded(name); v != "" {
			m.Headers = append(m.Headers, header{name, v})
		}
	}
	err = m.part(in.Header.Get("Content-Type"), in.Header.Get("Content-Transfer-Encoding"), in.Body, 0)
	return m, err
}

// part looks at one part of the message, and into those that hold others. The
// first of each kind counts.
func (m *message) part(contentType, encoding string, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || depth > 5 {
		return fmt.Errorf("%w: a part that cannot be read", errNoLetter)
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%w: %w", errNoLetter, err)
			}
			if err := m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoLetter, err)
	}
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = string(data)
	case kind == "text/html" && m.HTML == nil:
		m.HTML = data
	case kind == "text/calendar" && m.ICS == nil:
		m.ICS, m.Method = data, params["method"]
	}
	return nil
}

func notThere(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoLetter) }
