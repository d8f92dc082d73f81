package booking

import (
	"bytes"
	"context"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Contact is how a visitor is reached. It is all that a visitor can change of who comes:
// the name stays, for else appointments would be sold.
type Contact struct{ Email, Phone string }

// Contacted says what came of a change.
type Contacted struct {
	Changed bool // something counts already
	Asked   bool // a letter waits to be answered at the address
}

// contactsPerHour is how often one visit's contact can be changed in an hour.
const contactsPerHour = 5

// The acts in the journal.
const (
	actContact = "contact"
	actAddress = "new address"
)

// ChangeContact changes how the visitor of a visit is reached, for the bearer of its
// manage secret. A telephone number counts at once. A new e-mail address counts when the
// link in a letter to it is answered (ConfirmAddress); until then letters go where they
// went. Where the first letter has not been answered yet, it is written anew, to the new
// address or once more to the same: nobody has confirmed any other. It fails with
// agenda.Invalid, ErrTooLate, ErrState, ErrExpired or ErrLimited.
func (d *Desk) ChangeContact(ctx context.Context, tenant, secret string, to Contact) (done Contacted, err error) {
	found, err := d.bySecret(ctx, tenant, secret, store.ForManage)
	if err != nil {
		return done, err
	}
	err = d.settled(ctx, tenant, found.ID, found, func(seen *agenda.Booking) error {
		x, err := d.contacting(seen, to)
		if err != nil || x.asks == nil && x.was == x.to {
			return err
		}
		return d.asSeen(ctx, seen, func(tx *store.Tx, l store.Locked) error {
			done, err = d.contact(tx, l, x)
			return err
		})
	})
	return done, err
}

// asSeen runs an act on a booking whose visitor's data is as it was when the act was
// prepared; else agenda.ErrConflict: prepare it again.
func (d *Desk) asSeen(ctx context.Context, seen *agenda.Booking, act func(*store.Tx, store.Locked) error) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		l, err := tx.Lock(store.Want{Tenant: seen.Tenant, Booking: seen.ID, Calendars: []string{seen.Calendar}, Days: []store.PoolDay{dayOf(seen)}})
		if err != nil {
			return err
		}
		b := l.Booking
		if !bytes.Equal(b.Sealed, seen.Sealed) || b.Awaits != seen.Awaits || dayOf(b) != dayOf(seen) || b.Calendar != seen.Calendar {
			return agenda.ErrConflict
		}
		return act(tx, l)
	})
}

// contacting is a change in the making: how it was, how it shall be, and that sealed.
type contacting struct {
	was, to Contact
	visitor agenda.Visitor
	sealed  *agenda.Booking  // what counts at once
	asks    *agenda.Booking  // whom a letter asks: only its hash and sealed data; nil: nobody
	request store.NewAddress // that the letter is about; empty where it is the visit's first letter
}

// contacting seals the change, before any transaction.
func (d *Desk) contacting(b *agenda.Booking, to Contact) (x contacting, err error) {
	private, err := d.Private(b)
	if err != nil {
		return x, err
	}
	if address, err := agenda.CheckAddress(to.Email); err == nil {
		to.Email = address // a wrong one is refused with all other faults
	}
	x.was, x.to = Contact{private.Email, private.Phone}, to
	x.visitor = private.Visitor
	x.visitor.Email, x.visitor.Phone = to.Email, to.Phone
	asked, first := private, b.Awaits == agenda.ConfirmEmail
	private.Phone = to.Phone
	x.sealed = &agenda.Booking{Tenant: b.Tenant, ID: b.ID, ConfirmHash: b.ConfirmHash}
	if first && to.Email != x.was.Email { // who read the first letter proves nothing about the new address
		private.Email, private.Confirm = to.Email, seal.NewDatedSecret()
		x.sealed.ConfirmHash = seal.SecretHash(private.Confirm)
	}
	if err := d.seal(x.sealed, private); err != nil {
		return x, err
	}
	switch {
	case first:
		x.asks = x.sealed
	case to.Email != "" && to.Email != x.was.Email:
		asked.Email = to.Email
		x.asks = &agenda.Booking{Tenant: b.Tenant, ID: b.ID}
		if err := d.seal(x.asks, asked); err != nil {
			return x, err
		}
		x.request, err = d.newRequest(b, renamed{Email: to.Email, Former: x.was.Email})
	}
	return x, err
}

func (d *Desk) contact(tx *store.Tx, l store.Locked, x contacting) (done Contacted, err error) {
	b := l.Booking
	if err := b.MayChange(agenda.Public, l.Now); err != nil {
		return done, err
	}
	if b.Sealed == nil {
		return done, agenda.ErrState
	}
	if err := x.check(l.Setup, b).Or(); err != nil {
		return done, err
	}
	if err := d.mayContact(tx, l, x); err != nil {
		return done, err
	}
	former := b.EmailHash
	b.Sealed, b.EmailHash, b.PhoneHash, b.ConfirmHash = x.sealed.Sealed, x.sealed.EmailHash, x.sealed.PhoneHash, x.sealed.ConfirmHash
	b.Changed = l.Now
	var fields []string
	if x.was.Phone != x.to.Phone {
		fields, done.Changed = append(fields, "phone"), true
	}
	letters := 0
	if !tx.SameHash(b.EmailHash, former) {
		if letters, err = lately(tx, b, l.Now); err != nil {
			return done, err
		}
		done.Changed = true
	}
	if err := saveAsItStands(tx, b); err != nil {
		return done, err
	}
	if x.asks != nil {
		fields, done.Asked = append(fields, "email"), true
		if err := d.askAddress(tx, l, b, x); err != nil {
			return done, err
		}
	}
	if err := tx.AddStrayLetters(b.Tenant, former, b.ID, letters); err != nil {
		return done, err
	}
	return done, log(tx, b, actContact, ActorVisitor, map[string]any{"fields": fields})
}

// askAddress posts the letter to an address that nobody has confirmed.
func (d *Desk) askAddress(tx *store.Tx, l store.Locked, b *agenda.Booking, x contacting) error {
	if x.request.Hash == "" {
		return post(tx, b, KindConfirmRequest, b.Version)
	}
	x.request.Version, x.request.Expires = b.Version, earlier(l.Now.Add(addressTime), b.CancelBy)
	if err := tx.AddNewAddress(x.request); err != nil {
		return err
	}
	if err := tx.AddStrayLetters(b.Tenant, x.asks.EmailHash, b.ID, 1); err != nil {
		return err
	}
	return post(tx, b, KindAddressRequest, b.Version)
}

// mayContact refuses changes by the dozen, and letters to an address beyond what it may
// get: agenda.ErrLimited.
func (d *Desk) mayContact(tx *store.Tx, l store.Locked, x contacting) error {
	entries, err := tx.Journal(l.Booking.Tenant, l.Booking.ID)
	if err != nil {
		return err
	}
	n := 0
	for _, e := range entries {
		if e.Act == actContact && e.At.After(l.Now.Add(-time.Hour)) {
			n++
		}
	}
	if n >= contactsPerHour {
		return agenda.ErrLimited
	}
	if x.asks == nil {
		return nil
	}
	return d.withinCount(tx, l.Setup, x.asks, l.Now)
}

// check refuses what the calendar's rules refuse. Who is reached by e-mail stays so, and
// what was there before stays possible.
func (x contacting) check(s *agenda.Setup, b *agenda.Booking) (bad agenda.Invalid) {
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return agenda.Invalid{{Field: "calendar", Code: "unknown"}}
	}
	for _, f := range c.Contact.CheckVisitor(x.visitor, b.Channel) {
		was := f.Field == "email" && x.to.Email == x.was.Email || f.Field == "phone" && x.to.Phone == x.was.Phone
		if f.Field != "email" && f.Field != "phone" || was && f.Code == "off" {
			continue
		}
		bad = append(bad, f)
	}
	if x.was.Email != "" && x.to.Email == "" && !slices.ContainsFunc(bad, func(f agenda.FieldError) bool { return f.Field == "email" }) {
		bad = append(bad, agenda.FieldError{Field: "email", Code: "required"})
	}
	if x.to == (Contact{}) && len(bad) == 0 {
		bad = append(bad, agenda.FieldError{Field: "phone", Code: "required"})
	}
	return bad
}

// lately counts the letters to the visitor of the last day: they went to the address that
// a booking is about to give up.
func lately(tx *store.Tx, b *agenda.Booking, now time.Time) (n int, err error) {
	list, err := tx.Postings(b.Tenant, b.ID)
	list = slices.DeleteFunc(list, func(p store.Posting) bool {
		return isStaffKind(p.Kind) || p.Kind == KindAddressRequest
	})
	return since(list, now.AddDate(0, 0, -1)), err
}
