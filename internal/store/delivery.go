package store

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// Said is what came of one attempt to deliver a letter, or what came back from it.
type Said struct {
	At        time.Time // when it was written down
	What      string
	Code      int       // the server's three digits; 0: none said anything
	Status    string    // enhanced status code, such as 5.1.1; empty: none
	Reason    string    // a word of ours
	Next      time.Time // when it is tried again; zero: not by itself
	EmailHash string    // of whom it went to
	Sealed    []byte    // what the server said
	Variant   bool      // it went to another spelling of the mailbox; not kept
}

// What can become of a letter. The first four are a server's answer to an attempt, again
// is staff sending it once more, and the others came back in the mail.
const (
	Accepted = "accepted"
	Deferred = "deferred"
	Refused  = "refused"
	GivenUp  = "given-up"
	Again    = "again"
	Delayed  = "delayed" // a server on the way still tries
	Bounced  = "bounced"
	Absent   = "absent" // an answer that a program wrote
	Replied  = "reply"  // an answer of a calendar
)

// Tell adds to a letter's life.
func (tx *Tx) Tell(p Posting, s Said) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if s.EmailHash, err = tx.Hash(s.EmailHash); err != nil {
		return err
	}
	nanos := strconv.FormatInt(time.Now().UnixNano(), 16)
	id := journalID(now) + strings.Repeat("0", 16-len(nanos)) + nanos + rand.Text()[:4]
	return tx.later(1, agenda.ErrConflict, `INSERT INTO delivery (tenant, subject, message_id, id, at, what, code, status, reason, next, email_hash, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.Tenant, p.Subject, p.MessageID, id, stamp(now), s.What, s.Code, s.Status, s.Reason, stamp(s.Next), s.EmailHash, s.Sealed)
}

// Life is what became of the letters about a subject, by their Message-ID, oldest first.
func (tx *Tx) Life(tenant, subject string) (map[string][]Said, error) {
	life := map[string][]Said{}
	err := tx.rows("SELECT message_id, at, what, code, status, reason, next, email_hash, sealed FROM delivery WHERE tenant = $1 AND subject = $2 ORDER BY id",
		[]any{tenant, subject}, func(r row) error {
			var id string
			var s Said
			err := r.Scan(&id, at{&s.At}, &s.What, &s.Code, &s.Status, &s.Reason, at{&s.Next}, &s.EmailHash, &s.Sealed)
			life[id] = append(life[id], s)
			return err
		})
	return life, err
}

// Sent finds the letter that left under a Message-ID, and to whose address (a hash) it
// went last. One that never left is agenda.ErrNotFound.
func (tx *Tx) Sent(messageID string) (p Posting, emailHash string, err error) {
	var tenant, subject string
	err = tx.one("SELECT tenant, subject, email_hash FROM delivery WHERE message_id = $1 AND what <> 'again' ORDER BY id DESC LIMIT 1", []any{messageID}, &tenant, &subject, &emailHash)
	if err != nil {
		return p, "", err
	}
	list, err := tx.Postings(tenant, subject)
	for _, p := range list {
		if p.MessageID == messageID {
			return p, emailHash, err
		}
	}
	if err == nil {
		err = agenda.ErrNotFound
	}
	return p, "", fmt.Errorf("letter: %w", err)
}

// Return notes that a letter which had left came back: it is failed. One that is not
// sent stays as it is; that is no error.
func (tx *Tx) Return(p Posting, reason string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return tx.later(-1, nil, "UPDATE outbox SET state = 'failed', reason = $5, done = $6 WHERE tenant = $1 AND subject = $2 AND kind = $3 AND version = $4 AND state = 'sent'",
		p.Tenant, p.Subject, p.Kind, p.Version, reason, stamp(now))
}

// Requeue has a letter that was not delivered sent once more, as if it had never been
// tried. Where somebody was faster the act fails with agenda.ErrConflict.
func (tx *Tx) Requeue(p Posting) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return tx.later(1, agenda.ErrConflict, "UPDATE outbox SET state = 'queued', due = $6, lease = '', attempts = 0, reason = '', done = '', deferred = '' WHERE tenant = $1 AND subject = $2 AND kind = $3 AND version = $4 AND state = $5",
		p.Tenant, p.Subject, p.Kind, p.Version, p.State, stamp(now))
}

// MarkUndeliverable notes that letters to an address come back.
func (tx *Tx) MarkUndeliverable(tenant, emailHash, status string) error {
	now, err := tx.Now()
	if err != nil || emailHash == "" {
		return err
	}
	if emailHash, err = tx.Hash(emailHash); err != nil {
		return err
	}
	return tx.later(-1, nil, `INSERT INTO undeliverable (tenant, email_hash, at, status) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant, email_hash) DO UPDATE SET at = excluded.at, status = excluded.status`, tenant, emailHash, stamp(now), status)
}

// Undeliverable reports whether letters to an address came back.
func (tx *Tx) Undeliverable(tenant, emailHash string) (bool, error) {
	n, err := tx.counted(emailHash, func(hash string, n *int) error {
		return tx.one("SELECT count(*) FROM undeliverable WHERE tenant = $1 AND email_hash = $2", []any{tenant, hash}, n)
	})
	return n > 0, err
}

// Deliverable lets letters to an address go out again.
func (tx *Tx) Deliverable(tenant, emailHash string) error {
	emailHash, err := tx.Hash(emailHash)
	if err != nil {
		return err
	}
	return tx.later(-1, nil, "DELETE FROM undeliverable WHERE tenant = $1 AND email_hash = $2", tenant, emailHash)
}

// ForgetDeliveries deletes what became of letters of no booking before a time, and a
// tenant's undeliverable addresses from before another that no visit to come has.
func (tx *Tx) ForgetDeliveries(tenant string, letters, addresses time.Time) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if _, err := tx.exec("DELETE FROM delivery WHERE subject LIKE '%/%' AND at < $1", stamp(letters)); err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM undeliverable WHERE tenant = $1 AND at < $2 AND NOT EXISTS
		(SELECT 1 FROM booking b WHERE b.email_hash = undeliverable.email_hash AND b.email_hash <> '' AND b.starts > $3 AND b.tenant = $1)`, tenant, stamp(addresses), stamp(now))
	return err
}

// LetterQuery says which letters are wanted.
type LetterQuery struct {
	Tenant    string
	From, To  time.Time // when they were done with: [From, To)
	Kind      string    // "": all
	Calendars []string  // about bookings in these
	Others    bool      // and about no booking
	KeptBack  string    // with those that were dropped for this reason
	Tried     bool      // of those that wait, only those that were tried
	After     time.Time // those after this moment and Message-ID in the order of the list; zero: from its start
	AfterID   string
	Limit     int
}

// where is the query's condition beyond the state.
func (q *LetterQuery) where(args []any) (string, []any) {
	arg := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	var b strings.Builder
	if q.Kind != "" {
		b.WriteString(" AND substr(o.kind, 1, " + strconv.Itoa(len(q.Kind)) + ") = " + arg(q.Kind))
	}
	b.WriteString(" AND (EXISTS (SELECT 1 FROM booking b WHERE b.tenant = o.tenant AND b.id = o.subject AND b.status <> 'held' AND b.calendar IN (''")
	for _, c := range q.Calendars {
		b.WriteString(", " + arg(c))
	}
	b.WriteString("))")
	if q.Others {
		b.WriteString(" OR o.subject LIKE '%/%'")
	}
	b.WriteString(")")
	return b.String(), args
}

// page is the query's condition on where its page begins, and the end of the statement.
func (q *LetterQuery) page(beyond string, args []any) (func(order string) string, []any) {
	n, after := len(args), ""
	if !q.After.IsZero() {
		args = append(args, stamp(q.After), q.AfterID)
		after = fmt.Sprintf(" AND %s($%d, $%d)", beyond, n+1, n+2)
	}
	args = append(args, q.Limit)
	return func(order string) string { return after + " " + order + " LIMIT $" + strconv.Itoa(len(args)) }, args
}

// LettersDone lists letters that are done with, the newest first.
func (tx *Tx) LettersDone(q LetterQuery, states []string) ([]Posting, error) {
	args, in := []any{q.Tenant, stamp(q.From), stamp(q.To)}, ""
	for _, s := range states {
		args = append(args, s)
		in += ", $" + strconv.Itoa(len(args))
	}
	in = "o.state IN (''" + in + ")"
	if q.KeptBack != "" {
		args = append(args, q.KeptBack)
		in = "(" + in + " OR o.state = 'dropped' AND o.reason = $" + strconv.Itoa(len(args)) + ")"
	}
	rest, args := q.where(args)
	page, args := q.page("(o.done, o.message_id) < ", args)
	return tx.postings("o.tenant = $1 AND o.state <> 'queued' AND o.done >= $2 AND o.done < $3 AND "+in+rest+page("ORDER BY o.done DESC, o.message_id DESC"), args...)
}

// LettersWaiting lists letters that wait, those that are due first. It is found by the index
// of what waits, in all tenants: that is little beside what one of them ever sent.
func (tx *Tx) LettersWaiting(q LetterQuery) ([]Posting, error) {
	rest, args := q.where([]any{q.Tenant})
	if q.Tried {
		rest += " AND o.attempts > 0"
	}
	page, args := q.page("(o.due, o.message_id) > ", args)
	return tx.postings("o.tenant || '' = $1 AND o.state = 'queued' AND o.due > ''"+rest+page("ORDER BY o.due, o.message_id"), args...)
}
