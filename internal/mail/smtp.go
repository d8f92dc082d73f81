package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"
	"time"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"

	"terminvergabe/internal/agenda"
)

// SMTP is a Transport to a mail server, one connection per message.
//
// It uses go-mail to connect and to log in, and walks the steps of the
// delivery itself: go-mail's own Send hides whether an answer to DATA is
// missing, and its errors hold addresses.
type SMTP struct {
	settings SMTPSettings
}

// SMTPSettings say how to reach the server.
type SMTPSettings struct {
	Host string
	Port int    // 0: 465 for TLS tls, else 587 with a username and 25 without
	TLS  string // none, starttls (also ""; refused if the server lacks it), tls

	// With a Username the server must offer a log-in that the connection
	// protects: without TLS no password leaves in the clear, except to this
	// machine itself.
	Username, Password string

	EnvelopeFrom string         // bare address for bounces; "": the letter's own sender
	Plus         bool           // EnvelopeFrom names the letter after a plus: what comes back tells which
	Timeout      time.Duration  // for each step; 0: one minute
	Roots        *x509.CertPool // nil: the system's
}

// NewSMTP checks the settings. It does not connect.
func NewSMTP(s SMTPSettings) (*SMTP, error) {
	s.TLS = cmp.Or(s.TLS, "starttls")
	s.Timeout = cmp.Or(s.Timeout, time.Minute)
	switch {
	case s.TLS != "none" && s.TLS != "starttls" && s.TLS != "tls":
		return nil, fmt.Errorf("mail: tls is %q; expected none, starttls or tls", s.TLS)
	case s.Host == "" || strings.ContainsAny(s.Host, "\r\n /"):
		return nil, errors.New("mail: host is not the name of a server")
	case s.Port < 0 || s.Port > 65535:
		return nil, fmt.Errorf("mail: port %d is not between 1 and 65535", s.Port)
	case s.Timeout < 0:
		return nil, errors.New("mail: the timeout is negative")
	case s.Username == "" && s.Password != "":
		return nil, errors.New("mail: there is a password but no username")
	}
	if s.EnvelopeFrom != "" {
		if from, err := agenda.CheckAddress(s.EnvelopeFrom); err != nil || from != s.EnvelopeFrom {
			return nil, fmt.Errorf("mail: envelope sender: %w", agenda.ErrAddress)
		}
	}
	if s.Port == 0 {
		switch {
		case s.TLS == "tls":
			s.Port = 465
		case s.Username != "":
			s.Port = 587
		default:
			s.Port = 25
		}
	}
	return &SMTP{settings: s}, nil
}

// Send delivers the message. A context that ends cuts the connection at once.
func (s *SMTP) Send(ctx context.Context, m *Outgoing) (Answer, error) {
	d := &delivery{ctx: ctx, settings: s.settings}
	defer d.close()
	err := s.send(d, m)
	return d.answer, err
}

// returnPath is the envelope sender of a letter. A null sender stays one.
func (s SMTPSettings) returnPath(m *Outgoing) string {
	local, domain, ok := strings.Cut(s.EnvelopeFrom, "@")
	if !ok {
		return m.From
	}
	id, _, _ := strings.Cut(m.ID, "@")
	if s.Plus && id != "" && len(local)+1+len(id) <= maxLocal {
		local += "+" + id
	}
	return local + "@" + domain
}

// maxLocal is how long the part of an address before the @ may be (RFC 5321).
const maxLocal = 64

func (s *SMTP) send(d *delivery, m *Outgoing) error {
	for _, address := range []string{m.From, m.To} {
		if strings.ContainsAny(address, "\r\n<> ") {
			return &SendError{Result: ErrPermanent, Stage: StageSender, Cause: "malformed address"}
		}
	}
	client, err := d.connect(m)
	if err != nil {
		return d.failed(StageConnect, err)
	}
	if err := d.step(client, func() error { return client.Mail("<" + s.settings.returnPath(m) + ">") }); err != nil {
		return d.failed(StageSender, err)
	}
	if err := d.step(client, func() error { return client.Rcpt("<" + m.To + ">") }); err != nil {
		return d.failed(StageRecipient, err)
	}
	if err := d.data(client, m.Raw); err != nil {
		return err
	}
	// The message is delivered; that the server hears good-bye is a courtesy.
	_ = client.UpdateDeadline(min(s.settings.Timeout, 5*time.Second))
	_ = client.Quit()
	return nil
}

// delivery is one connection.
type delivery struct {
	ctx      context.Context
	settings SMTPSettings
	conn     net.Conn
	stop     func() bool
	answer   Answer // the last one that counts: of a refusal, or to DATA
}

// connect dials, greets, secures and logs in. go-mail leaves the connection
// open where it fails on the way, so it is remembered here.
func (d *delivery) connect(m *Outgoing) (*gosmtp.Client, error) {
	s := d.settings
	secure := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conn = &bounded{Conn: conn, left: maxSaid}
		d.conn = conn
		d.stop = context.AfterFunc(d.ctx, func() { conn.Close() })
		if s.TLS != "tls" {
			return conn, nil
		}
		inner := tls.Client(conn, secure)
		return inner, inner.HandshakeContext(ctx)
	}
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(s.Timeout), gomail.WithTLSConfig(secure),
		gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithHELO(cmp.Or(DomainOf(m.From), "localhost")), // no machine's name leaks
		gomail.WithoutSMTPUTF8(), gomail.WithDialContextFunc(dial),
	}
	if s.TLS == "starttls" {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.Username != "" {
		options = append(options, gomail.WithUsername(s.Username), gomail.WithPassword(s.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1,
				gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(d.ctx)
}

// maxSaid is how much a server may say in one delivery, in bytes: answers are short.
const maxSaid = 256 << 10

// bounded is a connection to a server that talks without end.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("mail: the server says too much")
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// step gives one command its own time.
func (d *delivery) step(client *gosmtp.Client, do func() error) error {
	if err := client.UpdateDeadline(d.settings.Timeout); err != nil {
		return err
	}
	return do()
}

// data sends the message. Only the missing answer to the final dot leaves open
// whether the server took it. After a failure nothing more may be said: any
// further command would end a half-sent message as if it were whole.
func (d *delivery) data(client *gosmtp.Client, raw []byte) error {
	var body io.WriteCloser
	err := d.step(client, func() (err error) {
		body, err = client.Data()
		return err
	})
	if err != nil {
		return d.failed(StageMessage, err)
	}
	if err := d.step(client, func() error { _, err := body.Write(raw); return err }); err != nil {
		return d.failed(StageMessage, err)
	}
	if err := d.step(client, body.Close); err != nil {
		failure := d.failed(StageMessage, err)
		if failure.Code == 0 {
			failure.Result = ErrUnanswered
		}
		return failure
	}
	if taken, ok := body.(*gosmtp.DataCloser); ok {
		d.answer = answerOf(250, taken.ServerResponse())
	}
	return nil
}

// close cuts the connection; after QUIT that changes nothing.
func (d *delivery) close() {
	if d.conn != nil {
		d.stop()
		d.conn.Close()
	}
}

// failed sorts an error. A refusal is permanent only where it speaks of this
// recipient or this message; one before that speaks of the set-up.
func (d *delivery) failed(stage Stage, err error) *SendError {
	failure := &SendError{Result: ErrTemporary, Stage: stage, ctx: d.ctx.Err()}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		failure.Code = answer.Code
		d.answer = answerOf(answer.Code, answer.Msg)
	} else {
		failure.Cause = cause(err)
	}
	aboutLetter := stage == StageRecipient && !d.answer.refusesRelay() || stage == StageMessage
	logIn := failure.Code == 530 || failure.Code == 535 || failure.Code == 538
	if aboutLetter && failure.Code/100 == 5 && !logIn {
		failure.Result = ErrPermanent
	}
	return failure
}

// cause names what kind of error it is, without its text: that could hold
// names, addresses or what the server said.
func cause(err error) string {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var dns *net.DNSError
	var network net.Error
	switch {
	case errors.As(err, &certificate):
		return "certificate"
	case errors.As(err, &record), errors.As(err, &alert):
		return "tls"
	case errors.As(err, &dns):
		return "name not found"
	case errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed):
		return "given up"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection cut"
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), errors.Is(err, gomail.ErrPlainAuthNotSupported),
		errors.Is(err, gomail.ErrLoginAuthNotSupported),
		errors.Is(err, gosmtp.ErrUnencrypted):
		return "no log-in that is safe on this connection"
	}
	return "protocol"
}

// DomainOf is what follows the @ of an address.
func DomainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}
