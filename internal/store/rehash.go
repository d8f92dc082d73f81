package store

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"terminvergabe/internal/agenda"
)

// While the data key changes, keyed hashes change too, and what is found under one must
// never be under two at once: not the visits that count against a limit, not what is
// known of an address. So all rows with one hash are carried over together, by whoever
// writes it first, or by a job. Whether it is time for that stands in the database and is
// read in the same transaction: until the new key is current everybody writes as before,
// and from then on nobody does.

// carrying is a change of hashes that goes on.
type carrying struct {
	newest func(string) string // what a hash is carried over to
	former sync.Map            // what was, by what it became: a transaction that is run again has it to do again
}

// Carry says that keyed hashes are changing, by what becomes of one; nil: they are not.
func (s *Store) Carry(newest func(hash string) string) {
	if newest == nil {
		s.carry.Store(nil)
		return
	}
	if s.carry.Load() == nil { // what is remembered of one that goes on stays
		s.carry.Store(&carrying{newest: newest})
	}
}

// timeToCarry reports whether the new key is current, and keeps that so.
func (tx *Tx) timeToCarry() (bool, error) {
	if tx.carried != nil {
		return *tx.carried, nil
	}
	query := "SELECT state FROM data_key ORDER BY number DESC LIMIT 1"
	if tx.writes && tx.store.words.forShare != "" {
		query += " FOR SHARE"
	}
	var state string
	err := tx.one(query, nil, &state)
	if err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return false, err
	}
	yes := state == "current"
	tx.carried = &yes
	return yes, nil
}

// Hash is a keyed hash as it is kept now; all rows with it are carried over before where
// that is due. In a View it stays.
func (tx *Tx) Hash(hash string) (string, error) {
	c := tx.store.carry.Load()
	if c == nil || hash == "" || !tx.writes {
		return hash, nil
	}
	newest := c.newest(hash)
	if newest == hash {
		was, ok := c.former.Load(hash)
		if !ok {
			return hash, nil // read from a row: it has been carried over
		}
		hash = was.(string)
	}
	due, err := tx.timeToCarry()
	if err != nil || !due || slices.Contains(tx.moved, hash) {
		if due && err == nil {
			hash = newest
		}
		return hash, err
	}
	c.former.Store(newest, hash)
	if err := tx.carryOver(hash, newest); err != nil {
		return hash, err
	}
	tx.moved = append(tx.moved, hash)
	return newest, nil
}

// hashes are those under which rows may be found: one in an act, which carries them over,
// and in a View that of before too.
func (tx *Tx) hashes(hash string) (list []string, err error) {
	c := tx.store.carry.Load()
	if c == nil || hash == "" {
		return []string{hash}, nil
	}
	if tx.writes {
		hash, err = tx.Hash(hash)
		return []string{hash}, err
	}
	if newest := c.newest(hash); newest != hash {
		return []string{hash, newest}, nil
	}
	return []string{hash}, nil
}

// counted adds up what is counted under each of a hash's forms.
func (tx *Tx) counted(hash string, count func(hash string, n *int) error) (sum int, err error) {
	hashes, err := tx.hashes(hash)
	for _, h := range hashes {
		if err == nil {
			n := 0
			err = count(h, &n)
			sum += n
		}
	}
	return sum, err
}

// asKept is a booking with its hashes as they are kept now.
func (tx *Tx) asKept(b *agenda.Booking) (*agenda.Booking, error) {
	if tx.store.carry.Load() == nil {
		return b, nil
	}
	kept := *b
	return &kept, tx.bothHashes(&kept)
}

// bothHashes puts both hashes of a booking as they are kept now, in place.
func (tx *Tx) bothHashes(b *agenda.Booking) (err error) {
	if b.EmailHash, err = tx.Hash(b.EmailHash); err != nil {
		return err
	}
	b.PhoneHash, err = tx.Hash(b.PhoneHash)
	return err
}

// carryOver puts one hash in another's place wherever rows are looked for by it.
func (tx *Tx) carryOver(was, newest string) error {
	if tx.store.words.forShare != "" { // one at a time, or two would wait for each other's rows
		if _, err := tx.exec("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", was); err != nil {
			return err
		}
	}
	for _, q := range []string{
		"UPDATE booking SET email_hash = $2 WHERE email_hash = $1 AND email_hash <> ''",
		"UPDATE booking SET phone_hash = $2 WHERE phone_hash = $1 AND phone_hash <> ''",
		"UPDATE proof_code SET email_hash = $2 WHERE email_hash = $1",
		"UPDATE task SET email_hash = $2 WHERE email_hash = $1",
		"INSERT INTO undeliverable (tenant, email_hash, at, status) SELECT tenant, $2, at, status FROM undeliverable WHERE email_hash = $1 AND tenant IN (SELECT id FROM tenant) ON CONFLICT DO NOTHING",
		"DELETE FROM undeliverable WHERE email_hash = $1 AND tenant IN (SELECT id FROM tenant) AND $2 <> ''",
		"UPDATE stray_letter SET email_hash = $2 WHERE email_hash = $1 AND tenant IN (SELECT id FROM tenant)",
	} {
		if _, err := tx.exec(q, was, newest); err != nil {
			return err
		}
	}
	return tx.renameLinks(was, newest)
}

// HashedPlace is a place where keyed hashes are that rows may have on their own.
type HashedPlace struct {
	Name   string
	table  string
	column string
	order  []string // columns of an index by which it is walked, all of them texts
	alone  bool     // nothing else is found by it
}

// HashedPlaces lists them.
func HashedPlaces() []HashedPlace {
	id := []string{"tenant", "id"}
	return []HashedPlace{
		{"e-mail addresses", "booking", "email_hash", id, false},
		{"telephone numbers", "booking", "phone_hash", id, false},
		{"codes", "proof_code", "email_hash", id, false},
		{"calls to make", "task", "email_hash", []string{"tenant", "booking", "message_id"}, false},
		{"undeliverable addresses", "undeliverable", "email_hash", []string{"tenant", "email_hash"}, false},
		{"stray letters", "stray_letter", "email_hash", []string{"tenant", "email_hash", "at", "booking"}, false},
		{"answers of servers", "delivery", "email_hash", []string{"tenant", "subject", "message_id", "id"}, true},
		{"recovery codes", "recovery_code", "hash", []string{"tenant", "person", "hash"}, true},
	}
}

// HashedRow is a hash in its place.
type HashedRow struct {
	at   []string
	Hash string
}

// HashedAfter lists up to so many rows of a place in the order of its walk, behind a row
// or (nil) from the start.
func (tx *Tx) HashedAfter(p HashedPlace, after *HashedRow, limit int) (list []HashedRow, err error) {
	args, where := []any{limit}, ""
	if after != nil {
		where = " AND (" + columns(p.order) + ") > (" + places(2, len(p.order)) + ")"
		for _, v := range after.at {
			args = append(args, v)
		}
	}
	err = tx.rows("SELECT "+columns(p.order)+", "+p.column+" FROM "+p.table+" WHERE "+p.column+" <> ''"+where+" ORDER BY "+columns(p.order)+" LIMIT $1", args, func(r row) error {
		v := HashedRow{at: make([]string, len(p.order))}
		var into []any
		for i := range v.at {
			into = append(into, &v.at[i])
		}
		err := r.Scan(append(into, &v.Hash)...)
		list = append(list, v)
		return err
	})
	return list, err
}

// Rehash carries a row over to the newest hash, with all rows that are found by it.
func (tx *Tx) Rehash(p HashedPlace, was HashedRow) error {
	if !p.alone {
		_, err := tx.Hash(was.Hash)
		return err
	}
	c := tx.store.carry.Load()
	if due, err := tx.timeToCarry(); c == nil || !due || err != nil {
		return err
	}
	args, where := []any{c.newest(was.Hash), was.Hash}, ""
	for i, column := range p.order {
		args = append(args, was.at[i])
		where += " AND " + column + " = $" + strconv.Itoa(i+3)
	}
	_, err := tx.exec("UPDATE "+p.table+" SET "+p.column+" = $1 WHERE "+p.column+" = $2"+where, args...)
	return err
}

// linkLetters begins the subject of a letter with an address's links, and its kind: each
// goes on with a hash.
const linkLetters = "links/"

// LinkLetters lists the letters with the links of an address, given by its hash.
func (tx *Tx) LinkLetters(tenant, hash string) (list []Posting, err error) {
	hashes, err := tx.hashes(hash)
	for _, h := range hashes {
		if err == nil {
			var some []Posting
			some, err = tx.Postings(tenant, linkLetters+h)
			list = append(list, some...)
		}
	}
	return list, err
}

// LinkHashes lists the hashes that such letters are named by.
func (tx *Tx) LinkHashes() (list []string, err error) {
	done, err := tx.postings("o.subject LIKE '%/%' AND o.subject LIKE 'links/%' AND o.done >= ''")
	for _, p := range done {
		list = append(list, strings.TrimPrefix(p.Subject, linkLetters))
	}
	return list, err
}

// renameLinks gives the letters of an address the names that belong to its newest hash.
func (tx *Tx) renameLinks(was, newest string) error {
	found, err := tx.postings("o.subject = $1 AND o.tenant IN (SELECT id FROM tenant)", linkLetters+was)
	if err != nil {
		return err
	}
	c := tx.store.carry.Load()
	for _, p := range found {
		kind := linkLetters + c.newest(strings.TrimPrefix(p.Kind, linkLetters))
		if _, err := tx.exec("UPDATE outbox SET subject = $5, kind = $6 WHERE tenant = $1 AND subject = $2 AND kind = $3 AND version = $4",
			p.Tenant, p.Subject, p.Kind, p.Version, linkLetters+newest, kind); err != nil {
			return err
		}
		if _, err := tx.exec("UPDATE delivery SET subject = $3 WHERE tenant = $1 AND subject = $2", p.Tenant, p.Subject, linkLetters+newest); err != nil {
			return err
		}
	}
	return nil
}

// asNamed is a letter under the name that it has now, which a change of keys may have
// changed since it was read.
func (tx *Tx) asNamed(p Posting) (Posting, error) {
	hash, ok := strings.CutPrefix(p.Subject, linkLetters)
	if !ok || tx.store.carry.Load() == nil {
		return p, nil
	}
	hash, err := tx.Hash(hash)
	if err != nil {
		return p, err
	}
	kind, err := tx.HashNow(strings.TrimPrefix(p.Kind, linkLetters))
	p.Subject, p.Kind = linkLetters+hash, linkLetters+kind
	return p, err
}

// HashNow is a keyed hash in the form in which it is written now, where nothing is found
// by it alone.
func (tx *Tx) HashNow(hash string) (string, error) {
	c := tx.store.carry.Load()
	if c == nil {
		return hash, nil
	}
	due, err := tx.timeToCarry()
	if err == nil && due {
		hash = c.newest(hash)
	}
	return hash, err
}

// SameHash reports whether two keyed hashes are of one value, whichever of them has been
// carried over.
func (tx *Tx) SameHash(a, b string) bool {
	c := tx.store.carry.Load()
	return a == b || c != nil && c.newest(a) == c.newest(b)
}

func columns(list []string) string { return strings.Join(list, ", ") }

// places are the placeholders of so many arguments.
func places(from, n int) string {
	var list []string
	for i := range n {
		list = append(list, "$"+strconv.Itoa(from+i))
	}
	return strings.Join(list, ", ")
}
