package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The data keys of a database form a line: each takes the place of the one before. What
// was sealed with an old one is sealed anew, row by row, and meanwhile both open. The
// database keeps the old keys, sealed under the current one, so that whoever has that
// can open everything; a key that was retired is gone from it.
//
// A keyed hash cannot be made anew, for what was hashed may not be there any more. So
// that of a later key is a hash of the hash before: a row is carried over without knowing
// what stands behind it, and who had the old key cannot guess at what is written now. For
// that the keys of hashes are kept, sealed like the rest, even of retired data keys.

// States of a data key.
const (
	Next    = "next"    // every process is to know it, and none seals with it yet
	Current = "current" // seals
	Old     = "old"     // opens
	Retired = "retired" // is no longer needed, but to have begun hashes
)

// Heir is what a database keeps of a data key.
type Heir struct {
	Number      int // 1, 2, ...
	Fingerprint string
	State       string
	Done        bool   // of the current one: all rows are under it
	Key, Lookup []byte // of an old one, sealed under the current one; of a retired one only the latter
}

// Adopt makes the keys what a database's line of data keys says. former says that hashes
// of before the last change are accepted where Fits is asked: for a while after its end.
// Where the current key is not there it fails with ErrOtherKey, and all stays as it was.
func (k *Keys) Adopt(line []Heir, former bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.adopt(line, former); err != nil {
		return err
	}
	k.line, k.once = slices.Clone(line), former
	return nil
}

// Adopted says in a word what was adopted, so that one who changes keys can see whether
// all have followed: such as "2 next".
func (k *Keys) Adopted() string { return k.ring().adopted }

func (k *Keys) adopt(line []Heir, former bool) error {
	r := k.begin(former)
	if len(line) == 0 {
		r.seals, r.number = k.file[len(k.file)-1], 1
		r.lookups = [][]byte{r.seals.lookup}
		k.now.Store(r)
		return nil
	}
	i := slices.IndexFunc(line, func(h Heir) bool { return h.State == Current })
	if i < 0 {
		return errors.New("the database names no current data key")
	}
	r.number = line[i].Number
	if r.seals = k.known(line[i].Fingerprint); r.seals == nil {
		return fmt.Errorf("%w: %s", ErrOtherKey, line[i].Fingerprint)
	}
	if err := r.inherit(line[:i]); err != nil {
		return err
	}
	r.adopted = fmt.Sprintf("%d %s", line[i].Number, Current)
	switch {
	case len(line) > i+1: // the next one
		r.lookups = append(r.lookups, r.seals.lookup)
		if next := k.known(line[i+1].Fingerprint); next != nil {
			r.newer = next.lookup
			r.adopted = fmt.Sprintf("%d %s", line[i+1].Number, Next)
		}
	case i > 0 && !line[i].Done:
		r.newer = r.seals.lookup
	default:
		r.lookups = append(r.lookups, r.seals.lookup)
		if line[i].Done {
			r.adopted = fmt.Sprintf("%d done", line[i].Number)
		}
	}
	k.now.Store(r)
	return nil
}

// begin is a ring that opens what the key file has keys for, and what was opened before:
// set-ups in memory may still be under those.
func (k *Keys) begin(former bool) *ring {
	r := &ring{opens: map[byte]*key{}, former: former}
	if last := k.ring(); last != nil {
		maps.Copy(r.opens, last.opens)
	}
	for _, one := range k.file {
		r.opens[one.id] = one
	}
	return r
}

// known finds a key of the key file, nil: it is not there.
func (k *Keys) known(fingerprint string) *key {
	for _, one := range k.file {
		if one.fingerprint == fingerprint {
			return one
		}
	}
	return nil
}

// inherit takes the keys of before from what the current one has sealed.
func (r *ring) inherit(line []Heir) error {
	for _, h := range line {
		if h.State == Old {
			data, err := r.seals.open(h.Key, []string{"data key", h.Fingerprint})
			if err != nil {
				return fmt.Errorf("the data key %s, kept in the database: %w", h.Fingerprint, err)
			}
			one, err := derive(data)
			if err != nil {
				return err
			}
			r.opens[one.id] = one
		}
		lookup, err := r.seals.open(h.Lookup, []string{"lookup key", h.Fingerprint})
		if err != nil {
			return fmt.Errorf("the data key %s, kept in the database: %w", h.Fingerprint, err)
		}
		r.lookups = append(r.lookups, lookup)
	}
	r.opens[r.seals.id] = r.seals
	return nil
}

// Succeed is a database's line in which the next key takes the current one's place:
// everything that is kept of those before is sealed under it.
func (k *Keys) Succeed(line []Heir) ([]Heir, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(line, func(h Heir) bool { return h.State == Current })
	if i < 0 || i != len(line)-2 || line[i+1].State != Next {
		return nil, errors.New("there is no next data key")
	}
	current, next := k.known(line[i].Fingerprint), k.known(line[i+1].Fingerprint)
	if current == nil || next == nil {
		return nil, ErrOtherKey
	}
	out := slices.Clone(line)
	for n := range out[:i] {
		h := &out[n]
		for part, sealed := range map[string]*[]byte{"data key": &h.Key, "lookup key": &h.Lookup} {
			if *sealed == nil {
				continue
			}
			plain, err := current.open(*sealed, []string{part, h.Fingerprint})
			if err != nil {
				return nil, err
			}
			*sealed = next.seal(plain, []string{part, h.Fingerprint})
		}
	}
	out[i].State = Old
	out[i].Key = next.seal(current.data, []string{"data key", current.fingerprint})
	out[i].Lookup = next.seal(current.lookup, []string{"lookup key", current.fingerprint})
	out[i+1].State = Current
	return out, nil
}

// Free makes a data key whose values can be told from those of all others in the key
// file and of a database's line.
func (k *Keys) Free(line []Heir) ([]byte, error) {
	taken := map[byte]bool{}
	for id := range k.ring().opens {
		taken[id] = true
	}
	for _, h := range line {
		if print, err := base64.RawURLEncoding.DecodeString(h.Fingerprint); err == nil && len(print) > 0 {
			taken[print[0]] = true
		}
	}
	if len(taken) > 250 {
		return nil, errors.New("this installation has had so many data keys that no other can be told from them")
	}
	for {
		data := newKey()
		one, err := derive(data)
		if err != nil || !taken[one.id] {
			return data, err
		}
	}
}

// Mistakable reports whether values under the data key with a fingerprint could not be
// told from those of another one in a line.
func Mistakable(fingerprint string, line []Heir) bool {
	id := func(f string) string {
		print, err := base64.RawURLEncoding.DecodeString(f)
		if err != nil || len(print) == 0 {
			return ""
		}
		return string(print[:1])
	}
	return slices.ContainsFunc(line, func(h Heir) bool { return h.Fingerprint != fingerprint && id(h.Fingerprint) == id(fingerprint) })
}

func newKey() []byte {
	data := make([]byte, KeySize)
	rand.Read(data) // never fails
	return data
}

// hash is that of the first so many data keys.
func (r *ring) hash(generation int, purpose, value string) string {
	sum := mac(r.lookups[0], place(nil, []string{purpose, value}))
	for i := 1; i < generation; i++ {
		sum = mac(r.lookupOf(i), sum)
	}
	return spell(generation, sum)
}

// lookupOf is the key that makes a hash of generation i+1 from that before.
func (r *ring) lookupOf(i int) []byte {
	if i < len(r.lookups) {
		return r.lookups[i]
	}
	return r.newer
}

// newest is the generation that Newest makes.
func (r *ring) newest() int {
	if r.newer != nil {
		return len(r.lookups) + 1
	}
	return len(r.lookups)
}

func mac(key, text []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(text)
	return m.Sum(nil)
}

// spell writes a hash with its generation, so that nobody mistakes one for the other.
func spell(generation int, sum []byte) string {
	text := base64.RawURLEncoding.EncodeToString(sum)
	if generation > 1 {
		text = strconv.Itoa(generation) + "." + text
	}
	return text
}

// read is the reverse of spell; generation 0 is no hash.
func read(hash string) (generation int, sum []byte) {
	generation = 1
	if number, rest, ok := strings.Cut(hash, "."); ok {
		hash = rest
		generation, _ = strconv.Atoi(number) // 0 where it is no number
	}
	sum, err := base64.RawURLEncoding.DecodeString(hash)
	if err != nil || len(sum) != sha256.Size {
		return 0, nil
	}
	return generation, sum
}

// Changing reports whether a change of keys goes on that hashes follow: then those in the
// database can be as Hash makes them or as Newest does.
func (k *Keys) Changing() bool { return k.ring().newer != nil }

// Unfinished reports whether values are being brought under the current key.
func (k *Keys) Unfinished() bool {
	r := k.ring()
	return r.newer != nil && r.number > len(r.lookups)
}

// Newest is what a hash becomes when all is under the newest key; one that is, or that is
// no hash, stays.
func (k *Keys) Newest(hash string) string {
	r := k.ring()
	generation, sum := read(hash)
	if generation == 0 || generation >= r.newest() {
		return hash
	}
	for ; generation < r.newest(); generation++ {
		sum = mac(r.lookupOf(generation), sum)
	}
	return spell(generation, sum)
}

// Fits reports whether a hash is of a value, in constant time: one of Hash, one of Newest,
// or for a while after a change one of before it.
func (k *Keys) Fits(hash, purpose, value string) bool {
	r := k.ring()
	generation, _ := read(hash)
	oldest := len(r.lookups)
	if r.former {
		oldest--
	}
	if generation < max(oldest, 1) || generation > r.newest() {
		return false
	}
	return hmac.Equal([]byte(hash), []byte(r.hash(generation, purpose, value)))
}

// Forms are the hashes of a value under the first data key, the second, and so on: what
// is looked for under all of them is found whether or not it has been carried over.
func (k *Keys) Forms(purpose, value string) (list []string) {
	r := k.ring()
	for generation := 1; generation <= r.newest(); generation++ {
		list = append(list, r.hash(generation, purpose, value))
	}
	return list
}

// Lasting is a keyed hash that no change of keys changes: for what others have been told,
// and what is no secret to who had the first key.
func (k *Keys) Lasting(purpose, value string) string { return k.ring().hash(1, purpose, value) }

// Number is that of the data key that seals now, for Derived.
func (k *Keys) Number() int { return k.ring().number }

// Derived is a keyed hash as Hash made it when the data key with a number was current: 43
// characters without the number. It is for keys that are known to others, and stay until
// somebody wants a new one. 0 is the first one.
func (k *Keys) Derived(number int, purpose, value string) string {
	r := k.ring()
	text := r.hash(min(max(number, 1), r.newest()), purpose, value)
	_, sum, numbered := strings.Cut(text, ".")
	if !numbered {
		return text
	}
	return sum
}
