package mail

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"
)

// The lengths of an RSA key that receivers accept, in bits (RFC 8301).
const (
	shortestKey = 2048
	longestKey  = 4096
)

// DKIM signs letters as those of a domain (RFC 6376), so that receivers can tell them
// from forged ones. The key is RSA or, which fewer receivers understand, Ed25519.
type DKIM struct {
	options dkim.SignOptions
}

// NewDKIM takes the private key, as a PEM block of PKCS #8 or PKCS #1. Receivers find the
// public half by the selector in the domain's DNS. An error never shows the key.
func NewDKIM(domain, selector string, key []byte) (*DKIM, error) {
	if domain == "" || selector == "" {
		return nil, errors.New("mail: DKIM: domain and selector are needed")
	}
	signer, err := privateKey(key)
	if err != nil {
		return nil, fmt.Errorf("mail: DKIM: %w", err)
	}
	return &DKIM{dkim.SignOptions{
		Domain: domain, Selector: selector, Signer: signer, HeaderKeys: signedHeaders(),
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	}}, nil
}

// signedHeaders are those a receiver shows or acts on. Naming one more often than the
// letter has it signs that there is no further one: else somebody could put a second
// Subject or From above ours. Content-Transfer-Encoding is not among them: a letter of
// several parts has none, and servers on the way may add it.
func signedHeaders() []string {
	return []string{
		"From", "From", "To", "To", "Cc", "Subject", "Subject", "Date", "Date", "Reply-To", "Reply-To",
		"Message-ID", "Message-ID", "MIME-Version", "MIME-Version", "Content-Type", "Content-Type",
		"Content-Language", "Auto-Submitted",
	}
}

func privateKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key is not in PEM form (-----BEGIN PRIVATE KEY-----)")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("the key cannot be read: expected a private key without a password, RSA or Ed25519")
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return key, nil
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < shortestKey || bits > longestKey {
			return nil, fmt.Errorf("the RSA key has %d bits; expected %d to %d", bits, shortestKey, longestKey)
		}
		return key, nil
	}
	return nil, errors.New("the key is neither RSA nor Ed25519")
}

// MakeDKIMKey makes a private key, rsa or ed25519, as PEM.
func MakeDKIMKey(kind string) ([]byte, error) {
	var key any
	var err error
	switch kind {
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, shortestKey)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("mail: DKIM: a key of kind %q; expected rsa or ed25519", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("mail: DKIM: make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("mail: DKIM: make a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Record is the TXT record by which receivers find the public key.
func (d *DKIM) Record() (name, value string) {
	kind, public := "ed25519", []byte(nil)
	switch key := d.options.Signer.Public().(type) {
	case ed25519.PublicKey:
		public = key
	case *rsa.PublicKey:
		kind = "rsa"
		public, _ = x509.MarshalPKIXPublicKey(key) // fails for other kinds of keys alone
	}
	return d.options.Selector + "._domainkey." + d.options.Domain, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public)
}

// Sign gives the message with its signature at the top. m stays as it is.
func (d *DKIM) Sign(m *Outgoing) (*Outgoing, error) {
	var raw bytes.Buffer
	options := d.options
	if err := dkim.Sign(&raw, bytes.NewReader(m.Raw), &options); err != nil {
		return nil, fmt.Errorf("mail: DKIM: sign: %w", err)
	}
	signed := *m
	signed.Raw = raw.Bytes()
	return &signed, nil
}

// Signed is a Transport whose letters are signed before another one takes them.
type Signed struct {
	By *DKIM
	To Transport
}

// Send signs and delivers the message. A letter that cannot be signed does not leave.
func (s Signed) Send(ctx context.Context, m *Outgoing) (Answer, error) {
	signed, err := s.By.Sign(m)
	if err != nil {
		return Answer{}, &SendError{Result: ErrTemporary, Stage: StageSigning, Cause: "signature"}
	}
	return s.To.Send(ctx, signed)
}
