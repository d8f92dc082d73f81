package booking

import (
	"context"
	"errors"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Returned is what came back in the mail about one of our letters. Nobody has proved who
// wrote it: it names a letter that we sent, by an id that nobody guesses, and no more.
type Returned struct {
	IDs    []string // of letters that it names
	What   string   // store.Bounced, Delayed, Absent or Replied
	Code   int
	Status string
	Text   string
}

// mostTold is how much one letter's life holds of what came back: whoever has the letter
// can write such mails.
const mostTold = 20

// The act in the journal.
const actReturned = "letter came back"

// Return takes what came back. It reports whether it names a letter of ours; else nothing
// is written. A letter that was given up is marked so, its visitor is to be called, and
// nothing more goes to the address; nothing else happens to anything, whatever the mail
// says.
func (d *Desk) Return(ctx context.Context, r Returned) (known bool, err error) {
	for _, id := range r.IDs {
		err := d.Store.Update(ctx, func(tx *store.Tx) error { return d.returned(tx, id, r) })
		if errors.Is(err, agenda.ErrNotFound) {
			continue
		}
		return err == nil, err
	}
	return false, nil
}

func (d *Desk) returned(tx *store.Tx, id string, r Returned) error {
	p, emailHash, err := tx.Sent(id)
	if err != nil {
		return err
	}
	life, err := tx.Life(p.Tenant, p.Subject)
	if err != nil {
		return err
	}
	if r.What != store.Bounced && cameBack(life[id]) >= mostTold || r.What == store.Bounced && p.State != "sent" {
		return nil
	}
	p.Reason = comesBack
	s := d.Hear(p, r.What, Heard{Code: r.Code, Status: r.Status, Text: r.Text})
	s.EmailHash, s.Reason = emailHash, ""
	if err := tx.Tell(p, s); err != nil || r.What != store.Bounced {
		return err
	}
	if s.Status == "" {
		s.Reason = atRecipient // a server that gives a code alone speaks of the address, as a rule
	}
	s.Variant = !d.wentToPlain(tx, p, emailHash)
	err = errors.Join(tx.Return(p, comesBack), unreached(tx, p, s))
	if err == nil && !strings.Contains(p.Subject, "/") {
		err = tx.Log(store.Entry{Tenant: p.Tenant, Act: actReturned, Subject: p.Subject, Actor: ActorJob}, map[string]any{"kind": p.Kind, "status": r.Status})
	}
	return err
}

// cameBack counts what came back about a letter: its own tries, of which there are many
// after a day without mail, must not hide that it did.
func cameBack(life []store.Said) (n int) {
	for _, s := range life {
		switch s.What {
		case store.Bounced, store.Delayed, store.Absent, store.Replied:
			n++
		}
	}
	return n
}

// wentToPlain reports whether a letter went to the address that its visit has, in the plain
// spelling of the mailbox. Of no other address a mail proves anything.
func (d *Desk) wentToPlain(tx *store.Tx, p store.Posting, emailHash string) bool {
	b, err := tx.Booking(p.Tenant, p.Subject)
	if err != nil || !tx.SameHash(b.EmailHash, emailHash) {
		return false
	}
	private, err := d.Private(b)
	return err == nil && private.Email != "" && !isVariant(private.Email)
}

// comesBack is the reason of a letter that came back.
const comesBack = "bounced"

// NoteMailbox notes how far a mailbox was read, and what was in it.
func (d *Desk) NoteMailbox(ctx context.Context, m store.Mailbox) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error { return tx.AddToMailbox(m) })
}

// Mailboxes reads what came back to mailboxes, in the order of their names, for those who
// see the settings of a whole tenant. Others get none.
func (d *Desk) Mailboxes(ctx context.Context, p *agenda.Person, names []string) (list []store.Mailbox, err error) {
	if !p.MayEverywhere(agenda.SeeSetup) {
		return nil, nil
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		for _, name := range names {
			m, err := tx.Mailbox(name)
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}
