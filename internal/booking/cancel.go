package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Cancel ends a visit for the bearer of the manage secret. Done twice it says the
// same again. It fails with ErrTooLate, ErrState or ErrExpired.
func (d *Desk) Cancel(ctx context.Context, tenant, secret string) (*agenda.Booking, error) {
	return d.CancelBecause(ctx, tenant, secret, "")
}

// Why visitors call a visit off, if they like to say. It is kept with the visit's entry in
// the journal and holds nothing about a person.
const (
	BecauseOther = "other" // something else
	BecauseFound = "found" // another time suits better
	BecauseDone  = "done"  // it is no longer needed
	BecauseFar   = "far"   // the way is too long
)

// Reasons lists them in the order in which they are offered.
func Reasons() []string { return []string{BecauseFound, BecauseDone, BecauseFar, BecauseOther} }

// CancelBecause is Cancel with one of Reasons, or "".
func (d *Desk) CancelBecause(ctx context.Context, tenant, secret, reason string) (*agenda.Booking, error) {
	if reason != "" && !slices.Contains(Reasons(), reason) {
		return nil, agenda.Invalid{{Field: "reason", Code: "unknown"}}
	}
	b, err := d.bySecret(ctx, tenant, secret, store.ForManage)
	if err != nil {
		return nil, err
	}
	return d.cancel(ctx, tenant, b.ID, b, ending{act: "cancel", reason: reason})
}

// CancelFor cancels for a caller, or for the office.
func (d *Desk) CancelFor(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
	return d.cancel(ctx, p.Tenant, id, nil, ending{act: "cancel", by: p})
}

// Reject says the office's no to a request.
func (d *Desk) Reject(ctx context.Context, p *agenda.Person, id string) (*agenda.Booking, error) {
	return d.cancel(ctx, p.Tenant, id, nil, ending{act: "reject", by: p})
}

// ending is how a visit is called off.
type ending struct {
	act    string         // in the journal
	by     *agenda.Person // nil: the visitor
	undo   time.Duration  // how long staff can take it back
	reason string         // one of Reasons; "" none was given
	silent time.Time      // until when nobody answered; zero: somebody calls it off
}

func (d *Desk) cancel(ctx context.Context, tenant, id string, seen *agenda.Booking, e ending) (done *agenda.Booking, err error) {
	err = d.onBooking(ctx, tenant, id, seen, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(e.by, s, b); err != nil {
			return err
		}
		if b.Status == agenda.Cancelled {
			return nil
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if err := b.MayChange(channel(e.by), now); err != nil {
			return err
		}
		kind := KindCancelled
		if e.act == "reject" {
			kind = KindRejected
			if b.Status != agenda.Pending || b.Awaits != agenda.ConfirmStaff {
				return agenda.ErrState
			}
		}
		return d.endVisit(tx, s, b, now, e, kind)
	})
	return done, err
}

func (d *Desk) endVisit(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time, e ending, kind string) error {
	was := standingOf(b)
	if !b.Since.IsZero() {
		b.Sequence++ // there is an entry in the visitor's calendar
	}
	wasCertain := b.Awaits != agenda.ConfirmEmail
	before := *b
	b.Status, b.Awaits, b.Expires, b.Changed = agenda.Cancelled, "", time.Time{}, now
	b.ConfirmHash = ""
	if err := errors.Join(giveUp(tx, s, &before, nil, e.by == nil, now), tx.SaveBooking(b)); err != nil {
		return err
	}
	detail := map[string]any{}
	if e.reason != "" {
		detail["reason"] = e.reason
	}
	if !e.silent.IsZero() {
		detail["by"] = e.silent.Format(time.RFC3339)
	}
	due := forUndo(detail, b, was, now, e.undo)
	if err := log(tx, b, e.act, actor(e.by), detail); err != nil {
		return err
	}
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return agenda.ErrNotFound
	}
	if !wasCertain {
		return nil // nobody has confirmed that the address is the visitor's
	}
	news := ""
	if e.act != "reject" {
		news = onCancelled
	}
	return d.tellAt(tx, c, b, kind, news, due)
}
