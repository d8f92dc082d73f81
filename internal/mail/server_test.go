package mail

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtpd "github.com/emersion/go-smtp"
)

// server is a real mail server in this process. Its fields are set before it
// starts; the rest is behind mu.
type server struct {
	tls      string              // as in SMTPSettings
	login    string              // user:password; needed where not empty
	refuse   map[string]error    // answers by step: mail, rcpt, data
	onData   func(*gosmtpd.Conn) // called when the first bytes of the message came
	settings SMTPSettings        // how to reach it
	listen   string              // "": any port of 127.0.0.1
	mu       sync.Mutex
	tried    int // log-ins
	got      []delivered
	secured  bool // the last session came over TLS
	helo     string
}

type delivered struct {
	from string
	to   []string
	raw  []byte
}

func (s *server) letters() []delivered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// start listens on this machine and gives the server back.
func start(t *testing.T, s *server) *server {
	t.Helper()
	certificate, roots := testCertificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	srv := gosmtpd.NewServer(gosmtpd.BackendFunc(func(c *gosmtpd.Conn) (gosmtpd.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	srv.Domain, srv.AllowInsecureAuth, srv.EnableSMTPUTF8 = "mx.example.org", true, true
	srv.ErrorLog = log.New(io.Discard, "", 0)
	if s.tls == "starttls" {
		srv.TLSConfig = config
	}
	listener, err := net.Listen("tcp", cmp.Or(s.listen, "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr)
	if s.tls == "tls" {
		listener = tls.NewListener(listener, config)
	}
	go srv.Serve(listener)
	t.Cleanup(func() { srv.Close() })
	s.settings = SMTPSettings{Host: "127.0.0.1", Port: address.Port, TLS: s.tls, Roots: roots, Timeout: 5 * time.Second}
	return s
}

// testCertificate is good for 127.0.0.1 and for an hour.
func testCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// session is one connection to the server.
type session struct {
	server   *server
	conn     *gosmtpd.Conn
	loggedIn bool
	mail     delivered
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		s.server.mu.Lock()
		s.server.tried++
		s.server.mu.Unlock()
		if username+":"+password != s.server.login {
			return errors.New("wrong password")
		}
		s.loggedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *gosmtpd.MailOptions) error {
	_, secured := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	s.server.secured, s.server.helo = secured, s.conn.Hostname()
	s.server.mu.Unlock()
	if s.server.login != "" && !s.loggedIn {
		return gosmtpd.ErrAuthRequired
	}
	s.mail.from = from
	return s.server.refuse["mail"]
}

func (s *session) Rcpt(to string, _ *gosmtpd.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return s.server.refuse["rcpt"]
}

func (s *session) Data(r io.Reader) error {
	var raw bytes.Buffer
	if s.server.onData != nil {
		if _, err := io.CopyN(&raw, r, 100); err != nil {
			return err
		}
		s.server.onData(s.conn)
	}
	if _, err := io.Copy(&raw, r); err != nil {
		return err
	}
	if err := s.server.refuse["data"]; err != nil {
		return err
	}
	s.mail.raw = raw.Bytes()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.got = append(s.server.got, s.mail)
	return nil
}

func (s *session) Reset() { s.mail = delivered{} }

func (s *session) Logout() error { return nil }
