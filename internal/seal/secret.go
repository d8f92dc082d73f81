package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// NewSecret makes what a link or a token carries: 26 letters and digits with
// at least 128 random bits.
func NewSecret() string { return rand.Text() }

// SecretHash is what is stored of a secret and looked up by. It needs no
// key: a secret of 128 bits cannot be found by trying.
func SecretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
