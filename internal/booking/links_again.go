package booking

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// actLinks is in the journal that somebody asked for the links of an address, under a
// subject of its own: neither the address nor whether it has any visit.
const (
	actLinks     = "ask for links"
	subjectLinks = "links"
)

// linksOf begins the subject of the letter with an address's links; its keyed hash follows.
const linksOf = "links/"

// soonAgain is how long asking once more for the same address changes nothing: the letter
// is on its way.
const soonAgain = 5 * time.Minute

// mostLinks is how many visits a letter lists.
const mostLinks = 50

// AskForLinks has the links to all visits of an e-mail address sent there once more. It
// does the same for every address, so whoever asks learns nothing: whether there is
// anything to say is found out when the letter is written (LinksTo). It fails with
// agenda.Invalid.
func (d *Desk) AskForLinks(ctx context.Context, tenant, email string) error {
	address, err := agenda.CheckAddress(email)
	if err != nil {
		return agenda.Invalid{{Field: "email", Code: "format"}}
	}
	mailbox, spelled := d.mailboxHash(address), d.spelled(address)
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Setup(tenant); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		asked, err := tx.LinkLetters(tenant, mailbox)
		if err != nil {
			return err
		}
		to, err := tx.Hash(mailbox)
		if err != nil {
			return err
		}
		written, err := tx.HashNow(spelled)
		if err != nil {
			return err
		}
		kind := KindLinks + written
		version := 0
		for _, p := range asked {
			version = max(version, p.Version+1)
			if p.Kind == kind && p.Created.After(now.Add(-soonAgain)) {
				return nil
			}
		}
		if most := d.Limits.MailsPerDay; most > 0 && since(asked, now.Add(-24*time.Hour)) >= most {
			return nil
		}
		if err := tx.Post(store.Posting{Tenant: tenant, Subject: linksOf + to, Kind: kind, Version: version, MessageID: rand.Text(), Due: now}); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: tenant, Act: actLinks, Subject: subjectLinks, Actor: ActorVisitor}, nil)
	})
}

// since counts the letters that were posted after a time.
func since(list []store.Posting, t time.Time) (n int) {
	for _, p := range list {
		if p.Created.After(t) {
			n++
		}
	}
	return n
}

// LinksTo lists what a letter of KindLinks is about: the visits still to come of its
// address, in order of start. Left out are those whose address nobody has confirmed
// though they should, and those whose visitor gets no letters: their links have never
// been mailed. Where reason is not empty there is nothing to send.
func (d *Desk) LinksTo(tx *store.Tx, p store.Posting) (list []*agenda.Booking, reason string, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, "", err
	}
	found, err := tx.ByAddress(p.Tenant, strings.TrimPrefix(p.Subject, linksOf), "", now.AddDate(0, 0, -1), now.AddDate(5, 0, 0), mostLinks)
	if err != nil {
		return nil, "", err
	}
	list = slices.DeleteFunc(found, func(b *agenda.Booking) bool {
		open := b.Status == agenda.Confirmed || b.Status == agenda.Pending && b.Awaits == agenda.ConfirmStaff
		return !open || b.ExpiredAt(now) || !now.Before(b.End) || !b.Notify || b.Sealed == nil || b.ManageHash == ""
	})
	if len(list) == 0 {
		return nil, "the address has no visit to come", nil
	}
	s, err := tx.Setup(p.Tenant)
	if err == nil {
		err = d.withinCount(tx, s, list[0], now)
	}
	if errors.Is(err, agenda.ErrLimited) {
		return nil, "enough letters for now", nil
	}
	return list, "", err
}

// Spelled reports whether a letter with links is for an address as it is spelled: its
// subject alone names a mailbox, with all ways to write to it.
func (d *Desk) Spelled(p store.Posting, address string) bool {
	kind, ok := strings.CutPrefix(p.Kind, KindLinks)
	return ok && d.Keys.Newest(kind) == d.Keys.Newest(d.spelled(address))
}

func (d *Desk) spelled(address string) string {
	return d.Keys.Hash("spelled", seal.NormaliseEmail(address))
}
