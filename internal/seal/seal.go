// Package seal keeps visitors' data unreadable without the installation's
// data key, and makes the secrets that links carry.
//
// It refuses to know what is sealed, where it is stored and who may open it.
// It only insists that the caller binds each sealed value to its place
// (tenant, booking): a value copied to another place does not open there.
//
// Start reading at Keys, in keys.go; what becomes of values when the data key is
// changed is in line.go. Secrets for links are in secret.go, the one spelling
// of e-mail addresses and phone numbers, needed before they are hashed, in
// normalise.go, the key file in keyfile.go.
package seal

import (
	"encoding/binary"
	"errors"
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

// Hash is a keyed hash to find a value by that must not be readable: equal
// for equal purpose and value, useless without the data key. purpose keeps
// e-mail addresses, phone numbers and the like apart. 43 characters, safe in
// addresses; after a change of keys it is another one, with a number before it (see
// Newest).
func (k *Keys) Hash(purpose, value string) string {
	r := k.ring()
	return r.hash(len(r.lookups), purpose, value)
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
