// Package seal keeps visitors' data unreadable without the installation's
// data key, and makes the secrets that links carry.
//
// It refuses to know what is sealed, where it is stored and who may open it.
// It only insists that the caller binds each sealed value to its place
// (tenant, booking): a value copied to another place does not open there.
//
// Start reading at Keys. Secrets for links are in secret.go, the one spelling
// of e-mail addresses and phone numbers, needed before they are hashed, in
// normalise.go, the key file in keyfile.go.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the length of a data key in bytes.
const KeySize = 32

// version is the first byte of everything sealed: XChaCha20-Poly1305 with a
// random nonce. The second byte names the key, so that keys can be changed
// later while old values still open.
const version = 1

const headSize = 2

var (
	// ErrOpen: the value was damaged, altered, cut off, or belongs to
	// another place than the one it was bound to.
	ErrOpen = errors.New("the sealed value is damaged or belongs elsewhere")

	// ErrOtherKey: the value was sealed with a key this installation does
	// not have, most likely because the key file was lost or exchanged.
	ErrOtherKey = errors.New("the value was sealed with another data key")
)

// Keys are what is derived from one data key. They never show themselves
// when printed, and can be used by many goroutines.
type Keys struct {
	aead        cipher.AEAD
	id          byte
	lookup      []byte
	fingerprint string
}

// NewKeys derives the keys from a data key of KeySize random bytes.
func NewKeys(dataKey []byte) (*Keys, error) {
	if len(dataKey) != KeySize {
		return nil, fmt.Errorf("the data key must have %d bytes, not %d", KeySize, len(dataKey))
	}
	var labelErr error
	derive := func(label string, size int) []byte {
		key, err := hkdf.Key(sha256.New, dataKey, nil, "terminvergabe/"+label, size)
		labelErr = errors.Join(labelErr, err)
		return key
	}
	sealing := derive("seal/1", chacha20poly1305.KeySize)
	lookup := derive("lookup/1", 32)
	print := derive("fingerprint/1", 9)
	if labelErr != nil {
		return nil, fmt.Errorf("derive keys: %w", labelErr)
	}
	aead, err := chacha20poly1305.NewX(sealing)
	if err != nil {
		return nil, fmt.Errorf("derive keys: %w", err)
	}
	return &Keys{aead: aead, id: print[0], lookup: lookup, fingerprint: base64.RawURLEncoding.EncodeToString(print)}, nil
}

// Fingerprint names the data key without revealing it. A database remembers
// it, so that a wrong key is noticed at start and not at the first visitor.
func (k *Keys) Fingerprint() string { return k.fingerprint }

// Format keeps the keys out of logs, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) {
	if k == nil {
		_, _ = io.WriteString(f, "data key <nil>")
		return
	}
	_, _ = io.WriteString(f, "data key "+k.fingerprint)
}

// Seal encrypts plain for the place named by bind (such as tenant and
// booking). The same strings in the same order are needed to open it. Two
// seals of the same text differ.
func (k *Keys) Seal(plain []byte, bind ...string) []byte {
	size := headSize + k.aead.NonceSize()
	sealed := make([]byte, size, size+len(plain)+k.aead.Overhead())
	sealed[0], sealed[1] = version, k.id
	rand.Read(sealed[headSize:]) // never fails
	return k.aead.Seal(sealed, sealed[headSize:], plain, place(sealed[:headSize], bind))
}

// Open gives back what Seal was given: ErrOtherKey if another key is needed,
// ErrOpen for everything else that is wrong.
func (k *Keys) Open(sealed []byte, bind ...string) ([]byte, error) {
	size := headSize + k.aead.NonceSize()
	if len(sealed) < size+k.aead.Overhead() || sealed[0] != version {
		return nil, ErrOpen
	}
	if sealed[1] != k.id {
		return nil, ErrOtherKey
	}
	plain, err := k.aead.Open(nil, sealed[headSize:size], sealed[size:], place(sealed[:headSize], bind))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Hash is a keyed hash to find a value by that must not be readable: equal
// for equal purpose and value, useless without the data key. purpose keeps
// e-mail addresses, phone numbers and the like apart. 43 characters, safe in
// addresses.
func (k *Keys) Hash(purpose, value string) string {
	mac := hmac.New(sha256.New, k.lookup)
	mac.Write(place(nil, []string{purpose, value}))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// place writes strings so that no two lists give the same bytes: each with
// its length before it.
func place(head []byte, bind []string) []byte {
	out := append([]byte(nil), head...)
	for _, s := range bind {
		out = binary.BigEndian.AppendUint64(out, uint64(len(s)))
		out = append(out, s...)
	}
	return out
}
