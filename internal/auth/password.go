// Package auth knows the staff: their accounts and passwords, their sessions,
// and what their roles let them do.
//
// It refuses to know visitors, who have no accounts (their links carry
// secrets, see seal), and pages: it says who somebody is and what they may,
// never what they then see.
//
// Start reading at Accounts; session.go for signing in, tokens.go for programs,
// Passwords for how a password is kept and checked.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

var (
	// ErrPasswordLength: a new password is shorter than MinPassword
	// characters or longer than MaxPassword bytes.
	ErrPasswordLength = errors.New("the password is too short or too long")

	// ErrHashFormat: what is stored is no password hash of ours.
	ErrHashFormat = errors.New("the stored password hash is malformed")
)

// Bounds of a password: characters at least, bytes at most. There are no
// rules about digits and signs: length is what counts.
const (
	MinPassword = 10
	MaxPassword = 1024
)

const (
	saltSize = 16
	hashSize = 32
)

// params are the costs of one hash.
type params struct {
	memory  uint32 // KiB
	time    uint32 // rounds
	threads uint8
}

// Passwords hashes and checks passwords with argon2id. A hash costs 19 MiB
// for some hundredths of a second, so only a bounded number run at the same
// time; others wait. It can be used by many goroutines.
type Passwords struct {
	params params
	slots  chan struct{}
	nobody string // stands in for accounts that do not exist
}

// NewPasswords allows as many hashes at the same time as given; 0 means one
// per processor. The costs are OWASP's recommendation. When they are raised
// later, Check tells for which accounts to hash anew.
func NewPasswords(parallel int) *Passwords {
	return newPasswords(params{memory: 19 * 1024, time: 2, threads: 1}, parallel)
}

func newPasswords(p params, parallel int) *Passwords {
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	salt, hash := make([]byte, saltSize), make([]byte, hashSize)
	rand.Read(salt) // never fails
	rand.Read(hash)
	return &Passwords{params: p, slots: make(chan struct{}, parallel), nobody: encode(p, salt, hash)}
}

// Hash makes what is stored of a new password, as a PHC string. It fails
// with ErrPasswordLength, or when ctx ends before its turn comes.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if utf8.RuneCountInString(password) < MinPassword || len(password) > MaxPassword {
		return "", ErrPasswordLength
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	hash, err := p.derive(ctx, p.params, password, salt, hashSize)
	if err != nil {
		return "", err
	}
	return encode(p.params, salt, hash), nil
}

// Check says whether the password is the one that stored was made from, and
// whether to store a new hash because the costs have changed since. For an
// account that does not exist or has no password, stored is empty: the
// answer is no and takes as long as any other. It fails with ErrHashFormat,
// or when ctx ends before its turn comes.
func (p *Passwords) Check(ctx context.Context, stored, password string) (ok, renew bool, err error) {
	known := stored != ""
	if !known {
		stored = p.nobody
	}
	used, salt, want, err := decode(stored)
	if err != nil {
		return false, false, err
	}
	if len(password) > MaxPassword {
		password = "" // none is that long; still take the time
		known = false
	}
	got, err := p.derive(ctx, used, password, salt, len(want))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want) == 1 && known && password != ""
	return ok, ok && (used != p.params || len(salt) != saltSize || len(want) != hashSize), nil
}

// derive waits for its turn and computes the hash. The password is brought
// into one form first: keyboards differ in how they write an ü.
func (p *Passwords) derive(ctx context.Context, cost params, password string, salt []byte, size int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("wait to check a password: %w", err)
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
	text := norm.NFKC.Bytes([]byte(password))
	return argon2.IDKey(text, salt, cost.time, cost.memory, cost.threads, uint32(size)), nil
}

const phcForm = "$argon2id$v=%d$m=%d,t=%d,p=%d$"

func encode(p params, salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf(phcForm, argon2.Version, p.memory, p.time, p.threads) +
		b64.EncodeToString(salt) + "$" + b64.EncodeToString(hash)
}

// decode reads a PHC string. Costs beyond reason are refused: a damaged or
// planted value must not take all memory.
func decode(stored string) (p params, salt, hash []byte, err error) {
	fields := strings.Split(stored, "$")
	if len(fields) != 6 {
		return p, nil, nil, ErrHashFormat
	}
	var version int
	head := strings.Join(fields[:4], "$") + "$"
	if _, err := fmt.Sscanf(head, phcForm, &version, &p.memory, &p.time, &p.threads); err != nil {
		return p, nil, nil, ErrHashFormat
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(fields[4])
	hash, hashErr := base64.RawStdEncoding.DecodeString(fields[5])
	sound := saltErr == nil && hashErr == nil && version == argon2.Version &&
		head == fmt.Sprintf(phcForm, version, p.memory, p.time, p.threads) &&
		p.memory >= 8*uint32(p.threads) && p.memory <= 1<<20 && p.time >= 1 && p.time <= 64 && p.threads >= 1 &&
		len(salt) >= 8 && len(salt) <= 64 && len(hash) >= 16 && len(hash) <= 64
	if !sound {
		return p, nil, nil, ErrHashFormat
	}
	return p, salt, hash, nil
}
