package booking

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Form is what somebody fills in to book.
type Form struct {
	agenda.Visitor
	Language      string
	Silent        bool   // staff only: no letters to the visitor
	StaffNote     string // staff only
	CaseReference string // staff only
	Link          string // secret of the invitation link that a held slot needs

	walkIn bool
}

// Once makes a request repeatable: the same key and body give the same answer. The
// zero value is a request without a key.
type Once struct {
	Path, Key string
	Request   string // hash of the body
}

// Receipt is what whoever booked gets.
type Receipt struct {
	Booking *agenda.Booking // with status, start and end as they were answered first
	Manage  string          // secret of the manage link
}

// Book turns a held slot into a booking. It fails with ErrNotFound, ErrExpired,
// Invalid or ErrKeyReused.
func (d *Desk) Book(ctx context.Context, tenant, hold string, f Form, once Once) (Receipt, error) {
	if r, found, err := d.answered(ctx, tenant, once); found || err != nil {
		return r, err
	}
	r, err := d.book(ctx, tenant, hold, f, once)
	return d.orAnswered(ctx, tenant, once, r, err)
}

// orAnswered is what came of an act under a key. Where it failed, the same request may
// have succeeded between our looking and acting: then that answer counts.
func (d *Desk) orAnswered(ctx context.Context, tenant string, once Once, r Receipt, err error) (Receipt, error) {
	if err == nil {
		return r, nil
	}
	if earlier, found, again := d.answered(ctx, tenant, once); found {
		return earlier, again
	}
	return Receipt{}, err
}

// book is one attempt of Book. Long, because nothing of it can be told apart from the
// transaction it begins and the answer it ends with.
func (d *Desk) book(ctx context.Context, tenant, hold string, f Form, once Once) (Receipt, error) {
	held, err := d.bySecret(ctx, tenant, hold, store.ForHold)
	if err != nil {
		return Receipt{}, err
	}
	if held.Status != agenda.Held && held.Status != agenda.Expired {
		return Receipt{}, agenda.ErrNotFound // already used
	}
	w, err := d.write(held, f)
	if err != nil {
		return Receipt{}, err
	}
	want := store.Want{Tenant: tenant, Booking: held.ID}
	known, err := d.Store.Present(ctx, tenant)
	if err != nil {
		return Receipt{}, err
	}
	if d.limited(known.Setup, held) {
		visitor := *held
		visitor.EmailHash, visitor.PhoneHash = w.emailHash, w.phoneHash
		want.Visitor, want.As = &visitor, known.Now
	}
	var r Receipt
	err = d.onWanted(ctx, want, held, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		if b.Status != agenda.Held && b.Status != agenda.Expired {
			return agenda.ErrNotFound
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if b.ExpiredAt(now) {
			return agenda.ErrExpired
		}
		c, ok := s.CalendarOf(b.Calendar)
		if !ok {
			return agenda.ErrNotFound
		}
		if err := useLink(tx, s, b, f.Link, now); err != nil {
			return err
		}
		b.HoldHash = ""
		if err := d.accept(tx, s, c, b, f, w, now); err != nil {
			return err
		}
		if err := errors.Join(tx.Keep(b), tx.SaveBooking(b)); err != nil {
			return err
		}
		r = Receipt{b, w.private.Manage}
		return d.finish(tx, c, b, ActorVisitor, once)
	})
	return r, err
}

// BookNow books without a hold: the seat is claimed at this moment or the answer
// is ErrTaken. Staff book with their own rights.
func (d *Desk) BookNow(ctx context.Context, r Request, f Form, once Once) (Receipt, error) {
	if rec, found, err := d.answered(ctx, r.Tenant, once); found || err != nil {
		return rec, err
	}
	b := newBooking(r)
	w, err := d.write(b, f)
	if err != nil {
		return Receipt{}, err
	}
	b.EmailHash, b.PhoneHash = w.emailHash, w.phoneHash
	spend, err := d.proven(ctx, r)
	if err != nil {
		return Receipt{}, err
	}
	var rec Receipt
	err = insist(func() error {
		a, err := d.aim(ctx, r)
		if err != nil {
			return err
		}
		b.Number, b.Reference = newNumber(), newReference()
		if d.limited(a.setup, b) {
			a.want.Visitor, a.want.As = b, a.known
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			fresh := *b
			rec = Receipt{&fresh, w.private.Manage}
			return spend.after(tx, d.bookNow(tx, a, r, f, w, once, &fresh))
		})
	})
	if err == nil {
		d.seatTaken(ctx, r)
	}
	return d.orAnswered(ctx, r.Tenant, once, rec, err)
}

func (d *Desk) bookNow(tx *store.Tx, a aim, r Request, f Form, w written, once Once, b *agenda.Booking) error {
	x, err := d.look(tx, a, 0)
	if err != nil {
		return err
	}
	if err := d.place(x, r, b); err != nil {
		return err
	}
	if err := useLink(tx, x.setup, b, r.Link, x.now); err != nil {
		return err
	}
	b.Created = x.now
	if err := d.accept(tx, x.setup, x.plan.Calendar, b, f, w, x.now); err != nil {
		return err
	}
	if err := errors.Join(tx.AddBooking(b), tx.Claim(b, x.taken)); err != nil {
		return err
	}
	return d.finish(tx, x.plan.Calendar, b, r.Actor, once)
}

// written is the sealed part of a new booking, made before the transaction.
type written struct {
	private              agenda.Private
	sealed               []byte
	emailHash            string
	phoneHash            string
	manageHash, okayHash string
}

func (d *Desk) write(b *agenda.Booking, f Form) (w written, err error) {
	if b.Channel != agenda.Staff {
		f.StaffNote, f.CaseReference = "", ""
	}
	if f.Email != "" {
		if address, err := agenda.CheckAddress(f.Email); err == nil {
			f.Email = address // a wrong one is refused with all other faults of the form
		}
	}
	w.private = agenda.Private{Visitor: f.Visitor, Manage: seal.NewDatedSecret(), Confirm: seal.NewDatedSecret(), StaffNote: f.StaffNote, CaseReference: f.CaseReference, WalkIn: f.walkIn}
	w.manageHash, w.okayHash = seal.SecretHash(w.private.Manage), seal.SecretHash(w.private.Confirm)
	sealed := *b
	err = d.seal(&sealed, w.private)
	w.sealed, w.emailHash, w.phoneHash = sealed.Sealed, sealed.EmailHash, sealed.PhoneHash
	return w, err
}

// accept gives a booking its visitor and its next state: confirmed, or pending until
// the visitor or the office says yes. Nothing is written yet.
func (d *Desk) accept(tx *store.Tx, s *agenda.Setup, c *agenda.Calendar, b *agenda.Booking, f Form, w written, now time.Time) error {
	if err := c.Contact.CheckVisitor(f.Visitor, b.Channel).Or(); err != nil {
		return err
	}
	b.Sealed, b.EmailHash, b.PhoneHash = w.sealed, w.emailHash, w.phoneHash
	b.Language, b.Notify, b.Changed = s.Language(f.Language), reachable(s, c, b.Items, f.Email, f.Phone) && !(f.Silent && b.Channel == agenda.Staff), now
	b.Awaits = awaits(c, b, f.Email != "")
	b.Expires, b.ManageHash = time.Time{}, w.manageHash
	if err := d.withinLimits(tx, s, b, w.private.Visitor, now); err != nil {
		return err
	}
	switch b.Awaits {
	case agenda.ConfirmEmail:
		b.Status, b.Expires = agenda.Pending, earlier(now.Add(time.Duration(c.ConfirmMinutes)*time.Minute), b.Start)
		b.ConfirmHash = w.okayHash
	case agenda.ConfirmStaff:
		b.Status, b.Expires = agenda.Pending, b.Start
	default:
		b.Status, b.Since = agenda.Confirmed, now
	}
	return nil
}

// finish writes what a new booking leaves besides itself: the entry, the letters, and
// the answer under the request's key.
func (d *Desk) finish(tx *store.Tx, c *agenda.Calendar, b *agenda.Booking, actor string, once Once) error {
	if err := log(tx, b, "book", actor, map[string]any{"status": b.Status, "overbooked": b.Overbooked}); err != nil {
		return err
	}
	if err := d.tell(tx, c, b, first[b.Awaits], onBooked); err != nil || once.Key == "" {
		return err
	}
	return tx.Answer(b.Tenant, once.Path, once.Key, store.Answer{Request: once.Request, Booking: b.ID, Status: b.Status, Start: b.Start, End: b.End})
}

// earlier: nobody confirms a visit that has begun.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// first is the letter that a new booking causes, by what it waits for.
var first = map[string]string{agenda.ConfirmEmail: KindConfirmRequest, agenda.ConfirmStaff: KindReceived, "": KindConfirmed}

// awaits says who must still agree: what staff book is certain, and without an
// e-mail address the office decides.
func awaits(c *agenda.Calendar, b *agenda.Booking, email bool) string {
	switch {
	case b.Channel == agenda.Staff:
		return ""
	case !email || c.Confirm == agenda.ConfirmStaff:
		return agenda.ConfirmStaff
	case c.Confirm == agenda.ConfirmEmail:
		return agenda.ConfirmEmail
	}
	return ""
}

// answered finds the answer already given under a key.
func (d *Desk) answered(ctx context.Context, tenant string, once Once) (r Receipt, found bool, err error) {
	if once.Key == "" {
		return r, false, nil
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		a, ok, err := tx.Answered(tenant, once.Path, once.Key)
		if err != nil || !ok {
			return err
		}
		found = true
		r, err = again(tx, tenant, once, a)
		return err
	})
	if err != nil || !found {
		return r, found, err
	}
	r, err = d.receipt(r.Booking)
	return r, true, err
}

func again(tx *store.Tx, tenant string, once Once, a store.Answer) (Receipt, error) {
	if a.Request != once.Request {
		return Receipt{}, agenda.ErrKeyReused
	}
	b, err := tx.Booking(tenant, a.Booking)
	if err != nil {
		return Receipt{}, err
	}
	b.Status, b.Start, b.End = a.Status, a.Start, a.End
	return Receipt{Booking: b}, nil
}

// receipt opens a booking's own secret, to answer once more.
func (d *Desk) receipt(b *agenda.Booking) (Receipt, error) {
	p, err := d.Private(b)
	return Receipt{b, p.Manage}, err
}
