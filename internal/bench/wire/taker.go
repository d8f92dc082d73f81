package wire

import (
	"io"
	"log"
	"net"

	gosmtp "github.com/emersion/go-smtp"
)

// Taker is a mail server that takes every letter and throws it away.
type Taker struct {
	listener net.Listener
	server   *gosmtp.Server
}

// NewTaker listens at a free port.
func NewTaker() (*Taker, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &Taker{l, gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return thrown{}, nil }))}
	t.server.Domain, t.server.ErrorLog = "mx.example.org", log.New(io.Discard, "", 0)
	go func() { _ = t.server.Serve(l) }() // it ends with Close
	return t, nil
}

// Port is where it listens.
func (t *Taker) Port() int { return t.listener.Addr().(*net.TCPAddr).Port }

// Close hangs up on everybody.
func (t *Taker) Close() error { return t.server.Close() }

type thrown struct{}

func (thrown) Mail(string, *gosmtp.MailOptions) error { return nil }
func (thrown) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (thrown) Data(r io.Reader) error                 { _, err := io.Copy(io.Discard, r); return err }
func (thrown) Reset()                                 {}
func (thrown) Logout() error                          { return nil }
