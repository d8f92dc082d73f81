package store

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// Posting is a letter in the outbox. It holds no text: a letter is written when it
// is sent, from the booking as it is then.
type Posting struct {
	Tenant    string
	Subject   string // booking id, or calendar/date for a daily list
	Kind      string
	Version   int // of the calendar entry it is about
	MessageID string
	State     string // queued sent dropped failed
	Due       time.Time
	Lease     time.Time // until when a worker is at it; zero: nobody
	Attempts  int
	Reason    string
	Created   time.Time
	Done      time.Time
	Bulk      bool      // one of many that go out at once: those that somebody waits for overtake it
	Deferred  time.Time // since when the recipient's side puts it off; zero: it does not

	Said Said // what came of the attempt that is being settled; Settle writes it down where it has a What
}

// Post puts a letter into the outbox, once per subject, kind and version.
func (tx *Tx) Post(p Posting) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return tx.later(-1, nil, `INSERT INTO outbox (tenant, subject, kind, version, message_id, state, due, lease, attempts, reason, created, done, bulk, deferred)
		VALUES ($1, $2, $3, $4, $5, 'queued', $6, '', 0, '', $7, '', $8, '') ON CONFLICT (tenant, subject, kind, version) DO NOTHING`,
		p.Tenant, p.Subject, p.Kind, p.Version, p.MessageID, stamp(p.Due), stamp(now), flag(p.Bulk))
}

const postingColumns = "tenant, subject, kind, version, message_id, state, due, lease, attempts, reason, created, done, bulk, deferred"

func (tx *Tx) postings(rest string, args ...any) (list []Posting, err error) {
	err = tx.eachPosting(rest, args, func(p Posting) { list = append(list, p) })
	return list, err
}

func (tx *Tx) eachPosting(rest string, args []any, f func(Posting)) error {
	return tx.rows("SELECT "+postingColumns+" FROM outbox o WHERE "+rest, args, func(r row) error {
		var p Posting
		var bulk int
		err := r.Scan(&p.Tenant, &p.Subject, &p.Kind, &p.Version, &p.MessageID, &p.State, at{&p.Due}, at{&p.Lease}, &p.Attempts, &p.Reason, at{&p.Created}, at{&p.Done}, &bulk, at{&p.Deferred})
		p.Bulk = bulk == 1
		f(p)
		return err
	})
}

// Lane is a part of the queue: a tenant's letters that somebody waits for, or those
// that go out to many. Within a lane the letter that is due first goes first.
type Lane struct {
	Tenant string
	Bulk   bool
}

// Lanes lists the lanes with a letter that is due, that nobody is at and no pause holds
// back. What it costs grows with the lanes, not with the letters in them.
func (tx *Tx) Lanes() (list []Lane, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	for _, bulk := range []bool{false, true} {
		err := tx.rows(`WITH RECURSIVE lane (tenant) AS (
				SELECT min(tenant) FROM outbox WHERE state = 'queued' AND bulk = $1
				UNION ALL SELECT (SELECT min(tenant) FROM outbox WHERE state = 'queued' AND bulk = $1 AND tenant > lane.tenant) FROM lane WHERE lane.tenant IS NOT NULL)
			SELECT tenant FROM lane WHERE tenant IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_pause p WHERE p.tenant IN ('', lane.tenant))
			AND EXISTS (SELECT 1 FROM outbox o WHERE o.state = 'queued' AND o.bulk = $1 AND o.tenant = lane.tenant AND o.due <= $2 AND (o.lease = '' OR o.lease <= $2))`, []any{flag(bulk), stamp(now)}, func(r row) error {
			l := Lane{Bulk: bulk}
			err := r.Scan(&l.Tenant)
			list = append(list, l)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Lease takes up to limit letters of a lane that are due, for one worker, until a time.
// A pause that has been committed holds, whoever asks.
func (tx *Tx) Lease(l Lane, limit int, until time.Time) ([]Posting, error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	list, err := tx.postings(`state = 'queued' AND bulk = $1 AND tenant = $2 AND due <= $3 AND (lease = '' OR lease <= $3)
		AND NOT EXISTS (SELECT 1 FROM mail_pause p WHERE p.tenant IN ('', $2)) ORDER BY due, created LIMIT $4`+tx.store.words.skip, flag(l.Bulk), l.Tenant, stamp(now), limit)
	if err != nil {
		return nil, err
	}
	for i, p := range list {
		list[i].Lease = until
		if _, err := tx.exec("UPDATE outbox SET lease = $5 WHERE tenant = $1 AND subject = $2 AND kind = $3 AND version = $4", p.Tenant, p.Subject, p.Kind, p.Version, stamp(until)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Settle records what became of a leased letter and gives the lease back: sent,
// dropped or failed for good, or queued again for p.Due. One that is to wait, and that
// somebody else has taken meanwhile, since the lease ran out, is left to them.
func (tx *Tx) Settle(p Posting) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if p, err = tx.asNamed(p); err != nil {
		return err
	}
	done := now
	if p.State == "queued" {
		done = time.Time{}
	}
	n, err := tx.exec("UPDATE outbox SET state = $5, due = $6, attempts = $7, reason = $8, done = $9, deferred = $10, lease = '' WHERE tenant = $1 AND subject = $2 AND kind = $3 AND version = $4 AND state = 'queued' AND (lease = $11 OR $5 <> 'queued')",
		p.Tenant, p.Subject, p.Kind, p.Version, p.State, stamp(p.Due), p.Attempts, p.Reason, stamp(done), stamp(p.Deferred), stamp(p.Lease))
	switch {
	case err == nil && n == 0 && p.State == "queued":
		return nil
	case err != nil || n == 0:
		return changed(n, err)
	case p.Said.What == "":
		return nil
	}
	return tx.Tell(p, p.Said)
}

// MailPaused reports whether the letters of a tenant are held back.
func (tx *Tx) MailPaused(tenant string) (bool, error) {
	var n int
	err := tx.one("SELECT count(*) FROM mail_pause WHERE tenant IN ('', $1)", []any{tenant}, &n)
	return n > 0, err
}

// Withdraw drops the letters about a subject that one version of it caused and that
// wait, some time before the transaction ends: so many that nobody is at. Where there are
// others by then, a worker was faster: the act fails with agenda.ErrConflict.
func (tx *Tx) Withdraw(tenant, subject string, version, wait int, reason string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if err := tx.later(-1, nil, "UPDATE hook_post SET state = 'dropped', reason = $4, done = $5 WHERE tenant = $1 AND subject = $2 AND version = $3 AND event = 'message.send' AND state = 'queued' AND due > $5",
		tenant, subject, version, reason, stamp(now)); err != nil {
		return err
	}
	return tx.later(int64(wait), agenda.ErrConflict, "UPDATE outbox SET state = 'dropped', reason = $4, done = $5 WHERE tenant = $1 AND subject = $2 AND version = $3 AND state = 'queued' AND (lease = '' OR lease <= $5) AND kind NOT LIKE 'reminder-%'",
		tenant, subject, version, reason, stamp(now))
}

// Postings lists the letters about a subject, oldest first.
func (tx *Tx) Postings(tenant, subject string) ([]Posting, error) {
	return tx.postings("tenant = $1 AND subject = $2 ORDER BY created, version, kind", tenant, subject)
}

// Queued counts the letters that still wait.
func (tx *Tx) Queued() (n int, err error) {
	err = tx.one("SELECT count(*) FROM outbox WHERE state = 'queued'", nil, &n)
	return n, err
}

// ForgetPostings deletes letters of no booking that were done before a time, and those
// with links that still wait since before it: whoever asked for them has asked again.
// Other letters go with their booking.
func (tx *Tx) ForgetPostings(before time.Time) error {
	if _, err := tx.exec("DELETE FROM outbox WHERE subject LIKE '%/%' AND state <> 'queued' AND done < $1", stamp(before)); err != nil {
		return err
	}
	_, err := tx.exec("DELETE FROM outbox WHERE subject LIKE '%/%' AND subject LIKE 'links/%' AND done = '' AND created < $1", stamp(before))
	return err
}

// Entry is one line of the journal: who did what when to what.
type Entry struct {
	Tenant  string
	ID      string
	At      time.Time
	Act     string
	Subject string
	Actor   string
	Detail  string // JSON without personal data
}

// Log appends to the journal, at the transaction's time and under an id of its own.
// detail, which may be nil, becomes the entry's Detail: nothing personal belongs there.
func (tx *Tx) Log(e Entry, detail map[string]any) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	e.Detail = "{}"
	if len(detail) > 0 {
		j, err := json.Marshal(detail)
		if err != nil {
			return err
		}
		e.Detail = string(j)
	}
	tx.acts = append(tx.acts, e.Act)
	nanos := strconv.FormatInt(time.Now().UnixNano(), 16)
	e.ID = journalID(now) + strings.Repeat("0", 16-len(nanos)) + nanos + rand.Text()[:8] // entries of one second keep their order
	return tx.later(1, agenda.ErrConflict, "INSERT INTO journal (tenant, id, at, act, subject, actor, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)", e.Tenant, e.ID, stamp(now), e.Act, e.Subject, e.Actor, e.Detail)
}

// Journal lists the entries about a subject, oldest first.
func (tx *Tx) Journal(tenant, subject string) (list []Entry, err error) {
	err = tx.rows("SELECT tenant, id, at, act, subject, actor, detail FROM journal WHERE tenant = $1 AND subject = $2 ORDER BY at, id", []any{tenant, subject}, func(r row) error {
		var e Entry
		err := r.Scan(&e.Tenant, &e.ID, at{&e.At}, &e.Act, &e.Subject, &e.Actor, &e.Detail)
		list = append(list, e)
		return err
	})
	return list, err
}

// ForgetJournal deletes a tenant's entries from before a time.
func (tx *Tx) ForgetJournal(tenant string, before time.Time) error {
	_, err := tx.exec("DELETE FROM journal WHERE tenant = $1 AND id < $2 AND at < $3", tenant, journalID(before), stamp(before))
	return err
}

// journalID begins the ids of the entries of one second, so that ids are in the order
// of time. Those of earlier versions come before all of them.
func journalID(at time.Time) string { return fmt.Sprintf("%08x", at.Unix()) }

// Answer is what was answered under an idempotency key.
type Answer struct {
	Request string // hash of the body
	Booking string
	Status  agenda.Status
	Start   time.Time
	End     time.Time
}

// Answered finds the answer given under a key.
func (tx *Tx) Answered(tenant, path, key string) (a Answer, found bool, err error) {
	err = tx.one("SELECT request, booking, status, starts, ends FROM idempotency WHERE tenant = $1 AND path = $2 AND key = $3",
		[]any{tenant, path, key}, &a.Request, &a.Booking, &a.Status, at{&a.Start}, at{&a.End})
	if errors.Is(err, agenda.ErrNotFound) {
		return a, false, nil
	}
	return a, err == nil, err
}

// Answer keeps the answer given under an idempotency key, some time before the
// transaction ends. Where another act has used the key, even one that has only just
// committed, the act fails with agenda.ErrConflict, and Answered knows its answer.
func (tx *Tx) Answer(tenant, path, key string, a Answer) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return tx.later(1, agenda.ErrConflict, `INSERT INTO idempotency (tenant, path, key, request, booking, status, starts, ends, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT DO NOTHING`, tenant, path, key, a.Request, a.Booking, string(a.Status), stamp(a.Start), stamp(a.End), stamp(now))
}

// ForgetAnswers deletes answers from before a time.
func (tx *Tx) ForgetAnswers(before time.Time) error {
	_, err := tx.exec("DELETE FROM idempotency WHERE created < $1", stamp(before))
	return err
}
