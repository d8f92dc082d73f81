package store

import (
	"errors"
	"time"

	"terminvergabe/internal/agenda"
)

// Mailbox is one that what comes back is read from: how far, and what was in it.
type Mailbox struct {
	Name          string
	Validity, UID uint32
	Bounces       int // that named a letter of ours
	Absences      int // and other messages of programs
	Replies       int // of calendars
	People        int // mails of people, which stay there
	Unknown       int // reports that named no letter of ours

	Looked time.Time // when it was last read; zero: never
	Failed time.Time // when that last failed; zero: never
	Fault  string    // and why: a word of ours
}

const mailboxColumns = "name, validity, uid, bounces, absences, replies, people, unknown, looked, failed, fault"

// Mailbox finds a mailbox by its name; one that was never read has not begun.
func (tx *Tx) Mailbox(name string) (m Mailbox, err error) {
	var validity, uid int64
	err = tx.one("SELECT "+mailboxColumns+" FROM mailbox WHERE name = $1", []any{name}, &m.Name, &validity, &uid, &m.Bounces, &m.Absences, &m.Replies, &m.People, &m.Unknown, at{&m.Looked}, at{&m.Failed}, &m.Fault)
	m.Validity, m.UID = uint32(validity), uint32(uid)
	if errors.Is(err, agenda.ErrNotFound) {
		return Mailbox{Name: name}, nil
	}
	return m, err
}

// AddToMailbox notes how far a mailbox was read, and adds what was in it. A zero Looked or
// Failed leaves what is known of the last time.
func (tx *Tx) AddToMailbox(m Mailbox) error {
	return tx.later(-1, nil, `INSERT INTO mailbox (`+mailboxColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (name) DO UPDATE SET validity = excluded.validity, uid = excluded.uid, bounces = mailbox.bounces + excluded.bounces, absences = mailbox.absences + excluded.absences,
		replies = mailbox.replies + excluded.replies, people = mailbox.people + excluded.people, unknown = mailbox.unknown + excluded.unknown,
		looked = CASE WHEN excluded.looked = '' THEN mailbox.looked ELSE excluded.looked END, failed = CASE WHEN excluded.failed = '' THEN mailbox.failed ELSE excluded.failed END,
		fault = CASE WHEN excluded.failed = '' THEN mailbox.fault ELSE excluded.fault END`,
		m.Name, int64(m.Validity), int64(m.UID), m.Bounces, m.Absences, m.Replies, m.People, m.Unknown, stamp(m.Looked), stamp(m.Failed), m.Fault)
}
