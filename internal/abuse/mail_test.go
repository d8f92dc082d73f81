package abuse

import (
	"bytes"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	gosmtp "github.com/emersion/go-smtp"
)

// Mail is a letter as the mail server got it.
type Mail struct {
	From string
	To   []string
	Raw  []byte
	Text string // all parts and headers, decoded
}

// sink is a mail server that takes everything and remembers it.
type sink struct {
	address string
	mu      sync.Mutex
	mails   []*Mail
	seen    int     // that were looked at
	again   []*Mail // read to their end and then refused: whoever sent them tries again
	refuse  func(step, address string) error
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &session{sink: s}, nil }))
	server.Domain, server.EnableSMTPUTF8 = "mx.example", true
	server.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	go server.Serve(l)
	t.Cleanup(func() { _ = server.Close() }) // nothing is lost
	return s
}

// to are the letters to an address.
func (s *sink) to(address string) (list []*Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mails {
		for _, to := range m.To {
			if strings.EqualFold(to, address) {
				list = append(list, m)
			}
		}
	}
	return list
}

// fresh are the letters that came since it was last asked.
func (s *sink) fresh() []*Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.mails[s.seen:]
	s.seen = len(s.mails)
	return list
}

type session struct {
	sink *sink
	mail Mail
}

func (s *session) answer(step, address string) error {
	s.sink.mu.Lock()
	f := s.sink.refuse
	s.sink.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(step, address)
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.mail.From = from
	return s.answer("mail", from)
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.answer("rcpt", to)
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := s.mail
	m.Raw, m.Text = raw, decoded(raw)
	err = s.answer("data", strings.Join(s.mail.To, ","))
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	if err != nil {
		s.sink.again = append(s.sink.again, &m)
		return err
	}
	s.sink.mails = append(s.sink.mails, &m)
	return nil
}

func (s *session) Reset()        { s.mail = Mail{} }
func (s *session) Logout() error { return nil }

// decoded is all that a letter says: headers and every part.
func decoded(raw []byte) string {
	var b strings.Builder
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil {
		return "UNREADABLE " + err.Error() + "\n" + string(raw)
	}
	_ = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if err != nil {
			b.WriteString("UNREADABLE " + err.Error() + "\n")
			return nil
		}
		for f := part.Header.Fields(); f.Next(); {
			text, err := f.Text()
			if err != nil {
				text = f.Value()
			}
			b.WriteString(f.Key() + ": " + text + "\n")
		}
		b.WriteString("\n")
		if part.MultipartReader() == nil {
			body, err := io.ReadAll(part.Body)
			if err != nil {
				b.WriteString("UNREADABLE " + err.Error())
			}
			b.Write(body)
		}
		b.WriteString("\n")
		return nil
	})
	return b.String()
}

// trap is an address inside our own network that nobody may contact.
type trap struct {
	address string
	visits  atomic.Int64
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &trap{address: l.Addr().String()}
	t.Cleanup(func() { _ = l.Close() }) // it is not used any more
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			x.visits.Add(1)
			_ = conn.Close() // whoever came has been counted
		}
	}()
	return x
}
