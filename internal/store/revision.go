package store

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"terminvergabe/internal/agenda"
)

// Revision says who put a set-up in force when.
type Revision struct {
	Number int
	At     time.Time
	Actor  string // "" for one from before revisions were kept
}

// KeptRevisions is how many of a tenant's set-ups can be looked at and restored.
const KeptRevisions = 200

// KeepRevision keeps a set-up that has just been put in force, and lets go of what is
// too old.
func (tx *Tx) KeepRevision(s *agenda.Setup, number int, actor string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if err := tx.addRevision(s, Revision{number, now, actor}); err != nil {
		return err
	}
	_, err = tx.exec("DELETE FROM revision WHERE tenant = $1 AND number <= $2", s.Tenant.ID, number-KeptRevisions)
	return err
}

// KeepBefore keeps the set-up that is in force where nobody has yet: it is older than
// this book of revisions.
func (tx *Tx) KeepBefore(s *agenda.Setup) error {
	r := Revision{Number: s.Revision}
	err := tx.one("SELECT number FROM revision WHERE tenant = $1 AND number = $2", []any{s.Tenant.ID, s.Revision}, &r.Number)
	if !errors.Is(err, agenda.ErrNotFound) {
		return err
	}
	if err := tx.one("SELECT changed FROM tenant WHERE id = $1", []any{s.Tenant.ID}, at{&r.At}); err != nil {
		return err
	}
	return tx.addRevision(s, r)
}

func (tx *Tx) addRevision(s *agenda.Setup, r Revision) error {
	var spec bytes.Buffer
	z := zlib.NewWriter(&spec)
	if _, err := io.WriteString(z, asJSON(s)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO revision (tenant, number, at, actor, spec) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant, number) DO UPDATE SET at = excluded.at, actor = excluded.actor, spec = excluded.spec`,
		s.Tenant.ID, r.Number, stamp(r.At), r.Actor, spec.Bytes())
	return err
}

// Revisions lists the newest that are not above a number, newest first.
func (tx *Tx) Revisions(tenant string, upTo, limit int) (list []Revision, err error) {
	err = tx.rows("SELECT number, at, actor FROM revision WHERE tenant = $1 AND number <= $2 ORDER BY number DESC LIMIT $3", []any{tenant, upTo, limit}, func(r row) error {
		var v Revision
		err := r.Scan(&v.Number, at{&v.At}, &v.Actor)
		list = append(list, v)
		return err
	})
	return list, err
}

// Revision is a set-up as it was, prepared; agenda.ErrNotFound where it is not kept.
func (tx *Tx) Revision(tenant string, number int) (r Revision, s *agenda.Setup, err error) {
	var spec []byte
	err = tx.one("SELECT number, at, actor, spec FROM revision WHERE tenant = $1 AND number = $2", []any{tenant, number}, &r.Number, at{&r.At}, &r.Actor, &spec)
	if err != nil {
		return r, nil, err
	}
	fail := func(err error) (Revision, *agenda.Setup, error) {
		return r, nil, fmt.Errorf("revision %d of %q: %w", number, tenant, err)
	}
	z, err := zlib.NewReader(bytes.NewReader(spec))
	if err != nil {
		return fail(err)
	}
	s = &agenda.Setup{}
	if err := json.NewDecoder(z).Decode(s); err != nil {
		return fail(err)
	}
	s.Revision = number
	if err := s.Prepare(); err != nil {
		return fail(err)
	}
	return r, s, nil
}
