package booking

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Amendment is what staff may correct of a booking: who comes, how they are reached, and
// what the office notes for itself. All of it replaces what was there.
type Amendment struct {
	Name          string
	ContactName   string
	Phone         string
	Email         string
	Language      string // one the tenant does not offer is its first
	Notify        bool   // letters go out, where there is an address
	StaffNote     string // never in letters
	CaseReference string // never in letters
}

// Resends is how many letters staff may send again for one booking within ResendWindow.
const (
	Resends      = 3
	ResendWindow = time.Hour
)

// The acts in the journal.
const (
	ActAmend  = "amend"
	actResend = "resend"
)

// Amendable is what a card says now of what can be corrected.
func (c *Card) Amendable() Amendment {
	p := c.Private
	return Amendment{Name: p.Name, ContactName: p.ContactName, Phone: p.Phone, Email: p.Email, Language: c.Language, Notify: c.Notify,
		StaffNote: p.StaffNote, CaseReference: p.CaseReference}
}

// changes names the fields in which two amendments differ.
func (a Amendment) changes(b Amendment) (fields []string) {
	for _, f := range []struct {
		name string
		same bool
	}{
		{"name", a.Name == b.Name}, {"contactName", a.ContactName == b.ContactName}, {"phone", a.Phone == b.Phone}, {"email", a.Email == b.Email},
		{"language", a.Language == b.Language}, {"notify", a.Notify == b.Notify},
		{"staffNote", a.StaffNote == b.StaffNote}, {"caseReference", a.CaseReference == b.CaseReference},
	} {
		if !f.same {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// Print is a print of an amendment that tells nothing of it: a form carries it, so that
// nobody overwrites what they have not read. Other acts do not change it.
func (d *Desk) Print(b *agenda.Booking, a Amendment) string {
	plain, _ := json.Marshal(a) // texts and flags: cannot fail
	return d.Keys.Lasting("amendment", b.ID+string(plain))
}

// Amend corrects a booking for staff who have read it as the print says (see Print).
// The journal names the fields, not what is in them. Errors besides those of rights:
// agenda.Invalid, ErrConflict (somebody else has corrected it since), ErrState (it is
// called off, or past its retention).
func (d *Desk) Amend(ctx context.Context, p *agenda.Person, id, print string, a Amendment) (done *agenda.Booking, err error) {
	stale := false
	err = d.settled(ctx, p.Tenant, id, nil, func(seen *agenda.Booking) error {
		x, err := d.amendment(seen, a)
		if err != nil {
			return err
		}
		if stale = print != d.Print(seen, x.was); stale {
			return nil
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			l, err := tx.Lock(store.Want{Tenant: p.Tenant, Booking: id, Calendars: []string{seen.Calendar}, Days: []store.PoolDay{dayOf(seen)}})
			if err != nil {
				return err
			}
			done = l.Booking
			if !bytes.Equal(done.Sealed, seen.Sealed) || dayOf(done) != dayOf(seen) || done.Calendar != seen.Calendar {
				return agenda.ErrConflict
			}
			return d.amend(tx, l, p, done, x)
		})
	})
	if err == nil && stale {
		err = agenda.ErrConflict
	}
	return done, err
}

// amended is a correction in the making: how it was, how it shall be, and that sealed.
type amended struct {
	was, to Amendment
	visitor agenda.Visitor
	sealed  *agenda.Booking
	former  store.NewAddress // for the letter to the address before; empty: it stays, or there was none
}

// amendment seals the correction, before any transaction.
func (d *Desk) amendment(b *agenda.Booking, a Amendment) (x amended, err error) {
	private, err := d.Private(b)
	if err != nil {
		return x, err
	}
	x.was = (&Card{Booking: b, Private: private}).Amendable()
	if address, err := agenda.CheckAddress(a.Email); a.Email != "" && err == nil {
		a.Email = address // a wrong one is refused with all other faults
	}
	a.Notify = a.Notify && (a.Email != "" || a.Phone != "")
	x.to = a
	private.Name, private.ContactName, private.Phone, private.Email = a.Name, a.ContactName, a.Phone, a.Email
	private.StaffNote, private.CaseReference = a.StaffNote, a.CaseReference
	x.visitor = private.Visitor
	x.sealed = &agenda.Booking{Tenant: b.Tenant, ID: b.ID, ConfirmHash: b.ConfirmHash}
	if b.Awaits == agenda.ConfirmEmail && x.was.Email != a.Email { // who read the first letter proves nothing about the new address
		private.Confirm = seal.NewDatedSecret()
		x.sealed.ConfirmHash = seal.SecretHash(private.Confirm)
	}
	if x.was.Email != "" && a.Email != "" && x.was.Email != a.Email && !b.Since.IsZero() {
		if x.former, err = d.newRequest(b, renamed{Email: a.Email, Former: x.was.Email}); err != nil {
			return x, err
		}
	}
	return x, d.seal(x.sealed, private)
}

func (d *Desk) amend(tx *store.Tx, l store.Locked, p *agenda.Person, b *agenda.Booking, x amended) error {
	if err := person(p, l.Setup, b); err != nil {
		return err
	}
	if !b.Status.Live() || b.Status == agenda.Held || b.ExpiredAt(l.Now) || b.Sealed == nil {
		return agenda.ErrState
	}
	x.to.Language = l.Setup.Language(x.to.Language)
	fields := x.was.changes(x.to)
	if len(fields) == 0 {
		return nil
	}
	if err := x.check(l.Setup, b).Or(); err != nil {
		return err
	}
	b.Sealed, b.EmailHash, b.PhoneHash = x.sealed.Sealed, x.sealed.EmailHash, x.sealed.PhoneHash
	b.ConfirmHash = x.sealed.ConfirmHash
	letters, err := tx.Postings(b.Tenant, b.ID)
	if err != nil {
		return err
	}
	handed := x.former.Hash != "" && b.Notify && x.to.Notify && slices.ContainsFunc(letters, hasLeft)
	b.Language, b.Notify, b.Changed = x.to.Language, x.to.Notify && reachableIn(l.Setup, b, x.to.Email, x.to.Phone), l.Now
	if handed {
		changeHands(b, l.Now)
	}
	if err := saveAsItStands(tx, b); err != nil {
		return err
	}
	if handed {
		if err := handOver(tx, b, x.former, l.Now); err != nil {
			return err
		}
	}
	if err := log(tx, b, ActAmend, actor(p), map[string]any{"fields": fields, "version": b.Version}); err != nil || x.was.Name == x.to.Name {
		return err
	}
	return tellName(tx, l.Setup, b, letters, l.Now)
}

// tellName has the entry in the office's own calendar name whoever comes now. It is the
// same entry at the same time: its number stays, and its stamp is newer. A letter with news
// that has not left yet names them as well.
func tellName(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, letters []store.Posting, now time.Time) error {
	c, ok := s.CalendarOf(b.Calendar)
	if !ok || !hasStaffEntry(c, b) || c.StaffMail.To == "" || b.Status != agenda.Confirmed || !now.Before(b.End) {
		return nil
	}
	if slices.ContainsFunc(letters, func(p store.Posting) bool {
		return waits(p, now) && (p.Kind == KindStaffBooked || p.Kind == KindStaffMoved)
	}) {
		return nil
	}
	return post(tx, b, KindStaffMoved, b.Version)
}

// hasLeft reports whether a letter may have put the visit into somebody's calendar.
func hasLeft(p store.Posting) bool {
	return p.State == "sent" && (p.Kind == KindConfirmed || p.Kind == KindChanged || p.Kind == KindIncidentMoved || strings.HasPrefix(p.Kind, KindReminder))
}

// handOver posts the letters by which the visit's entry leaves the calendar of the address
// before and comes into that of the new one.
func handOver(tx *store.Tx, b *agenda.Booking, former store.NewAddress, now time.Time) error {
	former.Version, former.Expires = b.Version, now // nobody has to answer it
	if err := errors.Join(tx.AddNewAddress(former), tx.UseNewAddress(former), post(tx, b, KindAddressChanged, b.Version)); err != nil {
		return err
	}
	if b.Status != agenda.Confirmed {
		return nil
	}
	return post(tx, b, KindConfirmed, b.Version)
}

// check refuses what the calendar's rules refuse when staff book. What was there before
// stays possible.
func (x amended) check(s *agenda.Setup, b *agenda.Booking) (bad agenda.Invalid) {
	if c, ok := s.CalendarOf(b.Calendar); ok {
		for _, f := range c.Contact.CheckVisitor(x.visitor, agenda.Staff) {
			if f.Code == "off" && (f.Field == "email" && x.to.Email == x.was.Email || f.Field == "phone" && x.to.Phone == x.was.Phone) || f.Field == "note" {
				continue
			}
			bad = append(bad, f)
		}
	}
	if b.Awaits == agenda.ConfirmEmail && x.to.Email == "" {
		bad = append(bad, agenda.FieldError{Field: "email", Code: "required"}) // there would be nobody left to confirm
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{{"staffNote", x.to.StaffNote, agenda.MaxNote}, {"caseReference", x.to.CaseReference, agenda.MaxName}} {
		if utf8.RuneCountInString(f.text) > f.most || !utf8.ValidString(f.text) {
			bad = append(bad, agenda.FieldError{Field: f.name, Code: "too_long"})
		}
	}
	return bad
}

// Resendable is the letter that tells the visitor how a booking stands: what can be
// sent again. "" where there is none: nobody to write to, or the visit is over.
func (d *Desk) Resendable(c *Card, now time.Time) string {
	switch {
	case c.EmailHash == "" || c.Sealed == nil || !now.Before(c.End):
		return ""
	case c.Status == agenda.Pending:
		return first[c.Awaits]
	case c.Status == agenda.Confirmed:
		return KindConfirmed
	}
	return ""
}

// Resend sends the letter about a booking as it stands once more, to the address as it
// is now. The new letter is of a version of its own, so that the outbox keeps its law of
// one letter per kind and version. Errors besides those of rights: ErrState (there is
// nothing to send), ErrLimited (Resends within ResendWindow have gone out).
func (d *Desk) Resend(ctx context.Context, p *agenda.Person, id string) (done *agenda.Booking, kind string, err error) {
	err = d.onBooking(ctx, p.Tenant, id, nil, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if kind = d.Resendable(&Card{Booking: b}, now); kind == "" || b.ExpiredAt(now) {
			return agenda.ErrState
		}
		if err := mayResend(tx, b, now); err != nil {
			return err
		}
		b.Changed = now
		if err := errors.Join(saveAsItStands(tx, b), tx.Deliverable(b.Tenant, b.EmailHash)); err != nil {
			return err
		}
		if err := log(tx, b, actResend, actor(p), map[string]any{"kind": kind}); err != nil {
			return err
		}
		return post(tx, b, kind, b.Version)
	})
	return done, kind, err
}

// mayResend refuses with ErrLimited where Resends letters about a booking have been sent
// again within ResendWindow.
func mayResend(tx *store.Tx, b *agenda.Booking, now time.Time) error {
	entries, err := tx.Journal(b.Tenant, b.ID)
	if err != nil {
		return err
	}
	n := 0
	for _, e := range entries {
		if (e.Act == actResend || e.Act == actSendAgain) && e.At.After(now.Add(-ResendWindow)) {
			n++
		}
	}
	if n >= Resends {
		return agenda.ErrLimited
	}
	return nil
}
