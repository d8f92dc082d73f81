package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// Keys are the data keys that a process has, and what is derived from them. A database
// says which of them it is sealed with now (Adopt); until it has, that is the newest.
// They never show themselves when printed, and can be used by many goroutines.
type Keys struct {
	now    atomic.Pointer[ring]
	mu     sync.Mutex // held by whoever changes now
	file   []*key     // in the order of the key file, the newest last
	line   []Heir     // as adopted last; empty: nothing was
	once   bool       // that hashes of before are accepted, too
	reload func() error
	looked time.Time // when reload was called last
}

// key is one data key with what is derived from it.
type key struct {
	data        []byte
	aead        cipher.AEAD
	id          byte // the second byte of everything that it seals
	lookup      []byte
	fingerprint string
}

// ring is what a process opens, seals and hashes with. It is never changed.
type ring struct {
	opens   map[byte]*key
	seals   *key
	number  int      // of that in the line
	lookups [][]byte // keys of hashes, of the first data key to that of Hash
	newer   []byte   // that of the next one, while a change of keys goes on; else nil
	former  bool     // Fits accepts hashes from before the change
	adopted string
}

// NewKeys derives the keys from data keys of KeySize random bytes, the newest last. Two
// whose values could not be told apart are refused.
func NewKeys(dataKeys ...[]byte) (*Keys, error) {
	k := &Keys{}
	return k, k.Know(dataKeys...)
}

// Know replaces the data keys, as when their file has changed. Those that have been used
// stay known to this process.
func (k *Keys) Know(dataKeys ...[]byte) error {
	if len(dataKeys) == 0 {
		return errors.New("there is no data key")
	}
	var list []*key
	for _, data := range dataKeys {
		one, err := derive(data)
		if err != nil {
			return err
		}
		for _, other := range list {
			if other.fingerprint == one.fingerprint {
				return fmt.Errorf("the data key %s is there twice", one.fingerprint)
			}
			if other.id == one.id {
				return fmt.Errorf("values of the data keys %s and %s could not be told apart: make another one", other.fingerprint, one.fingerprint)
			}
		}
		list = append(list, one)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	former := k.file
	k.file = list
	if err := k.adopt(k.line, k.once); err != nil {
		k.file = former
		return err
	}
	return nil
}

func derive(dataKey []byte) (*key, error) {
	if len(dataKey) != KeySize {
		return nil, fmt.Errorf("a data key must have %d bytes, not %d", KeySize, len(dataKey))
	}
	var labelErr error
	sub := func(label string, size int) []byte {
		key, err := hkdf.Key(sha256.New, dataKey, nil, "terminvergabe/"+label, size)
		labelErr = errors.Join(labelErr, err)
		return key
	}
	sealing := sub("seal/1", chacha20poly1305.KeySize)
	lookup := sub("lookup/1", 32)
	print := sub("fingerprint/1", 9)
	if labelErr != nil {
		return nil, fmt.Errorf("derive keys: %w", labelErr)
	}
	aead, err := chacha20poly1305.NewX(sealing)
	if err != nil {
		return nil, fmt.Errorf("derive keys: %w", err)
	}
	return &key{data: slices.Clone(dataKey), aead: aead, id: print[0], lookup: lookup, fingerprint: base64.RawURLEncoding.EncodeToString(print)}, nil
}

func (k *Keys) ring() *ring { return k.now.Load() }

// Fingerprint names the data key that seals without revealing it. A database remembers
// it, so that a wrong key is noticed at start and not at the first visitor.
func (k *Keys) Fingerprint() string { return k.ring().seals.fingerprint }

// Fingerprints names the data keys of the key file, the newest last.
func (k *Keys) Fingerprints() (list []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, one := range k.file {
		list = append(list, one.fingerprint)
	}
	return list
}

// Format keeps the keys out of logs, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) {
	if k == nil {
		_, _ = io.WriteString(f, "data key <nil>")
		return
	}
	_, _ = io.WriteString(f, "data key "+k.Fingerprint())
}

// Seal encrypts plain for the place named by bind (such as tenant and
// booking). The same strings in the same order are needed to open it. Two
// seals of the same text differ.
func (k *Keys) Seal(plain []byte, bind ...string) []byte { return k.ring().seals.seal(plain, bind) }

func (k *key) seal(plain []byte, bind []string) []byte {
	size := headSize + k.aead.NonceSize()
	sealed := make([]byte, size, size+len(plain)+k.aead.Overhead())
	sealed[0], sealed[1] = version, k.id
	rand.Read(sealed[headSize:]) // never fails
	return k.aead.Seal(sealed, sealed[headSize:], plain, place(sealed[:headSize], bind))
}

// Open gives back what Seal was given: ErrOtherKey if another key is needed,
// ErrOpen for everything else that is wrong. Before it misses a key it looks once
// whether there is a new one (see OnMissing).
func (k *Keys) Open(sealed []byte, bind ...string) ([]byte, error) {
	if len(sealed) < headSize+chacha20poly1305.NonceSizeX+chacha20poly1305.Overhead || sealed[0] != version {
		return nil, ErrOpen
	}
	with := k.ring().opens[sealed[1]]
	if with == nil {
		k.look()
		with = k.ring().opens[sealed[1]]
	}
	if with == nil {
		return nil, ErrOtherKey
	}
	return with.open(sealed, bind)
}

func (k *key) open(sealed []byte, bind []string) ([]byte, error) {
	size := headSize + k.aead.NonceSize()
	if len(sealed) < size+k.aead.Overhead() || sealed[0] != version || sealed[1] != k.id {
		return nil, ErrOpen // of what the database keeps of keys
	}
	plain, err := k.aead.Open(nil, sealed[headSize:size], sealed[size:], place(sealed[:headSize], bind))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Stale reports whether a sealed value is under another key than that which seals now.
func (k *Keys) Stale(sealed []byte) bool {
	return len(sealed) >= headSize && sealed[0] == version && sealed[1] != k.ring().seals.id
}

// SealedBy names the key that a value was sealed with: its fingerprint, or what is known
// of one that is not there.
func (k *Keys) SealedBy(sealed []byte) string {
	if len(sealed) < headSize || sealed[0] != version {
		return "none"
	}
	if with := k.ring().opens[sealed[1]]; with != nil {
		return with.fingerprint
	}
	return fmt.Sprintf("one that is missing and whose fingerprint begins with %q", base64.RawURLEncoding.EncodeToString(sealed[1:2])[:1])
}

// OnMissing says what is done once where a value is under a key that is not there: to
// read the key file again. It is not done more than once a second, whoever sends what.
func (k *Keys) OnMissing(reload func() error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reload = reload
}

// look reads the key file again. Whoever comes meanwhile waits for it.
func (k *Keys) look() {
	k.mu.Lock()
	reload := k.reload
	if time.Since(k.looked) < time.Second {
		reload = nil
	}
	if reload != nil {
		k.looked = time.Now()
	}
	k.mu.Unlock()
	if reload != nil {
		_ = reload() // what is missing then is reported by whoever wanted it
	}
}
