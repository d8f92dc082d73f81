package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// NewSecret makes what a link or a token carries: 26 letters and digits with
// at least 128 random bits.
func NewSecret() string { return rand.Text() }

// NewDatedSecret makes a secret of which very many are kept: When and a secret behind it.
// What is stored of those made together is stored together.
func NewDatedSecret() string { return When(time.Now()) + NewSecret() }

const whenSize, datedSize = 3, 29

// When spells 15 bits of a time in 32nds of a second, in characters that sort as time
// goes by and are not mistaken for one another.
func When(t time.Time) string {
	const digits = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	n := t.UnixMilli() >> 5
	return string([]byte{digits[n>>10&31], digits[n>>5&31], digits[n&31]})
}

// SecretHash is what is stored of a secret and looked up by. It needs no
// key: a secret of 128 bits cannot be found by trying.
func SecretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	hash := base64.RawURLEncoding.EncodeToString(sum[:])
	if len(secret) == datedSize {
		return secret[:whenSize] + hash
	}
	return hash
}
