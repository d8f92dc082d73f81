package booking

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Heard is what a mail server said of a letter. Text is in its words, which may name
// addresses: it is sealed before it is kept.
type Heard struct {
	To        string // whom the letter goes to
	Code      int    // three digits; 0: it said nothing
	Status    string // enhanced status code, such as 5.1.1; empty: none
	Text      string
	Recipient bool // it is about the address, not about the message
}

// Hear seals what became of an attempt, before the transaction that settles it.
func (d *Desk) Hear(p store.Posting, what string, h Heard) store.Said {
	s := store.Said{What: what, Code: h.Code, Status: h.Status, Reason: p.Reason}
	if what == store.Deferred {
		s.Next = p.Due
	}
	if h.To != "" {
		s.EmailHash, s.Variant = d.mailboxHash(h.To), isVariant(h.To)
	}
	if h.Recipient && !refusesSender(h.Text) {
		s.Reason = atRecipient
	}
	if h.Text != "" {
		s.Sealed = d.Keys.Seal([]byte(h.Text), bindLetter(p)...)
	}
	return s
}

// isVariant reports whether an address is not the plain spelling of its mailbox: with a
// note after a plus, or with dots. A server that does not know such a spelling has said
// nothing about the mailbox, and anybody could type it to stop all letters to its owner.
func isVariant(address string) bool { return seal.NormaliseEmail(address) != seal.Mailbox(address) }

// refusesSender reports whether a server's words, where it gives no enhanced status code,
// speak of who sends and not of who is to receive: "550 relay not permitted" is said of
// every address when a relay does not know us any more.
func refusesSender(text string) bool {
	if text = strings.ToLower(text); strings.Contains(text, "unknown") { // "in relay recipient table"
		return false
	}
	for _, word := range []string{"relay", "authenticat", "sender", "spam", "block", "blacklist", "polic", "prohibit", "access denied", "not allowed"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// atRecipient is the reason where a server said no to the address.
const atRecipient = "the address was refused"

// Words opens what a server said of a letter.
func (d *Desk) Words(p store.Posting, s store.Said) (string, error) {
	if s.Sealed == nil {
		return "", nil
	}
	plain, err := d.Keys.Open(s.Sealed, bindLetter(p)...)
	if err != nil {
		return "", fmt.Errorf("letter %s: %w", p.MessageID, err)
	}
	return string(plain), nil
}

func bindLetter(p store.Posting) []string { return []string{"letter", p.Tenant, p.MessageID} }

// Settle writes down what became of a letter. What was kept for it alone is forgotten
// once it is done; where its visitor is not reached, somebody is asked to call.
func (d *Desk) Settle(ctx context.Context, p store.Posting) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error { return settleLetter(tx, p) })
}

func settleLetter(tx *store.Tx, p store.Posting) error {
	err := tx.Settle(p)
	if p.Kind == KindBarrier && p.State != "queued" {
		err = errors.Join(err, tx.EmptyBarrier(p.Tenant, strings.TrimPrefix(p.Subject, barrierOf)))
	}
	if err == nil && p.State == "failed" {
		err = unreached(tx, p, p.Said)
	}
	return err
}

// unreached notes that a letter did not reach its visitor: the office calls, and where the
// address itself is at fault nothing more is written to it.
func unreached(tx *store.Tx, p store.Posting, s store.Said) error {
	if isStaffKind(p.Kind) || strings.Contains(p.Subject, "/") {
		return nil
	}
	if s.EmailHash == "" { // the letter could not be written: it went to nobody
		b, err := tx.Booking(p.Tenant, p.Subject)
		if errors.Is(err, agenda.ErrNotFound) || err == nil && b.EmailHash == "" {
			return nil
		}
		if err != nil {
			return err
		}
		s.EmailHash = b.EmailHash
	}
	err := tx.AddTask(store.Task{Tenant: p.Tenant, Booking: p.Subject, MessageID: p.MessageID, EmailHash: s.EmailHash, Status: s.Status})
	if badAddress(s) && !s.Variant {
		err = errors.Join(err, tx.MarkUndeliverable(p.Tenant, s.EmailHash, s.Status))
	}
	return err
}

// badAddress reports whether an answer speaks of the address and not of the message, the
// sender or the moment: a relay that refuses everybody, or takes a letter for spam, must
// not make all addresses bad.
func badAddress(s store.Said) bool {
	class, rest, _ := strings.Cut(s.Status, ".")
	switch {
	case s.Status == "":
		return s.Reason == atRecipient && (s.Code == 550 || s.Code == 551 || s.Code == 553)
	case class != "5":
		return false
	}
	for _, passing := range []string{"2.2", "2.3", "3.", "6.", "7."} { // full, too large, the server, the content, a policy
		if rest == passing || strings.HasSuffix(passing, ".") && strings.HasPrefix(rest, passing) {
			return false
		}
	}
	return true
}
