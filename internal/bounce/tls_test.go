package bounce

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// selfSigned is a certificate for a host that nobody but itself vouches for.
func selfSigned(t *testing.T, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	if ip := net.ParseIP(host); ip != nil {
		form.IPAddresses = []net.IP{ip}
	} else {
		form.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(made)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// encrypted is an IMAP server that demands encryption, from the first byte or after the
// greeting.
func encrypted(t *testing.T, certificate tls.Certificate, first bool) *IMAP {
	t.Helper()
	user := imapmemserver.NewUser("rueckmeldung", "geheim")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(user)
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		TLSConfig: secure, Logger: log.New(io.Discard, "", 0),
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	m := &IMAP{Host: "127.0.0.1", Port: port, TLS: "starttls", Username: "rueckmeldung", Password: "geheim"}
	if first {
		listener, m.TLS = tls.NewListener(listener, secure), "tls"
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return m
}

// A mailbox is read over a connection that somebody vouches for, an authority of one's own
// as well; over another one no password goes.
func TestIMAPOverTLS(t *testing.T) {
	right, roots := selfSigned(t, "127.0.0.1")
	wrong, other := selfSigned(t, "imap.example.org")
	look := func(m *IMAP) error {
		_, err := m.Each(t.Context(), Mark{}, func([]byte) (bool, error) { return false, nil })
		return err
	}
	for _, first := range []bool{true, false} {
		m := encrypted(t, right, first)
		m.Roots = roots
		if err := look(m); err != nil {
			t.Errorf("%s: got %v", m.TLS, err)
		}
		m.Roots = nil
		if err := look(m); Fault(err) != FaultCertificate {
			t.Errorf("%s, nobody vouches: got %v, want %q", m.TLS, err, FaultCertificate)
		}
		m = encrypted(t, wrong, first)
		m.Roots = other
		if err := look(m); Fault(err) != FaultCertificate {
			t.Errorf("%s, another host's: got %v, want %q", m.TLS, err, FaultCertificate)
		}
	}
	m := encrypted(t, right, false)
	m.TLS = "none"
	if err := look(m); Fault(err) != FaultRefused {
		t.Errorf("in the clear: got %v, want %q", err, FaultRefused)
	}
}
