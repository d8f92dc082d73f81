package store

import (
	"errors"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// Pause holds letters back until somebody lets them go.
type Pause struct {
	Tenant string // "": the whole installation
	Since  time.Time
	Actor  string
	Reason string
	Copied time.Time // when the backup was made that the database was restored from; zero: it was not
}

// PauseMail begins a pause, unless that tenant, or the installation, has one: then done
// is false and the one there is stays.
func (tx *Tx) PauseMail(p Pause) (done bool, err error) {
	n, err := tx.exec("INSERT INTO mail_pause (tenant, since, actor, reason, copied) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant) DO NOTHING",
		p.Tenant, stamp(p.Since), p.Actor, p.Reason, stamp(p.Copied))
	return n == 1, err
}

// ResumeMail ends the pause of a tenant or, "", of the installation. Where there is none
// it is agenda.ErrNotFound.
func (tx *Tx) ResumeMail(tenant string) error {
	return changed(tx.exec("DELETE FROM mail_pause WHERE tenant = $1", tenant))
}

// Pauses lists all there are, that of the installation first.
func (tx *Tx) Pauses() (list []Pause, err error) {
	err = tx.rows("SELECT tenant, since, actor, reason, copied FROM mail_pause ORDER BY tenant", nil, func(r row) error {
		var p Pause
		err := r.Scan(&p.Tenant, at{&p.Since}, &p.Actor, &p.Reason, at{&p.Copied})
		list = append(list, p)
		return err
	})
	return list, err
}

// EachQueued calls f for every letter of a tenant, "" for all tenants, that is not done.
func (tx *Tx) EachQueued(tenant string, f func(Posting)) error {
	if tenant == "" {
		return tx.eachPosting("state = 'queued'", nil, f)
	}
	return errors.Join(tx.eachPosting("state = 'queued' AND bulk = 0 AND tenant = $1 ORDER BY due", []any{tenant}, f), tx.eachPosting("state = 'queued' AND bulk = 1 AND tenant = $1 ORDER BY due", []any{tenant}, f))
}

// OldestQueued is since when the letter has been due that has waited longest; zero: none
// is due.
func (tx *Tx) OldestQueued() (due time.Time, err error) {
	now, err := tx.Now()
	if err != nil {
		return due, err
	}
	err = tx.one("SELECT coalesce(min(due), '') FROM outbox WHERE state = 'queued' AND due <= $1", []any{stamp(now)}, at{&due})
	return due, err
}

// Copied is when the backup was made that this database is a copy of; zero: it is none,
// or somebody has seen to it. See Backup.
func (tx *Tx) Copied() (when time.Time, err error) {
	var mark string
	err = tx.one("SELECT value FROM meta WHERE name = 'copied'", nil, &mark)
	if errors.Is(err, agenda.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	made, place, placed := strings.Cut(mark, " ")
	if placed {
		here, err := tx.place()
		if err != nil || here == place {
			return time.Time{}, err
		}
	}
	return parseStamp(made), nil
}

// markCopied notes that a copy is made now. Where the copy itself can be marked that is
// all; else the mark is in the database too, and names the place where it is none.
func (tx *Tx) markCopied() error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	place, err := tx.place()
	if err != nil {
		return err
	}
	_, err = tx.exec(markCopied, stamp(now)+" "+place)
	return err
}

const markCopied = "INSERT INTO meta (name, value) VALUES ('copied', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

func (tx *Tx) place() (place string, err error) {
	err = tx.one(tx.store.words.place, nil, &place)
	return place, err
}

// ForgetCopied makes a copy a database like any other.
func (tx *Tx) ForgetCopied() error {
	_, err := tx.exec("DELETE FROM meta WHERE name = 'copied'")
	return err
}
