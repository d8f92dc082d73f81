package booking

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Target is where a booking is to be moved.
type Target struct {
	Start    time.Time
	Calendar string // empty: where it is
	Overbook bool   // staff only
	Seen     int    // version of the visit that was looked at, for a change of its service; 0: any
}

// Move gives the bearer of the manage secret another time: the new seat is claimed
// and the old one freed at once, or nothing happens. It fails with ErrTaken,
// ErrWindowClosed, ErrTooLate, ErrState, ErrExpired or ErrLimited.
func (d *Desk) Move(ctx context.Context, tenant, secret string, t Target) (*agenda.Booking, error) {
	b, err := d.bySecret(ctx, tenant, secret, store.ForManage)
	if err != nil {
		return nil, err
	}
	t.Overbook = false
	return d.moveTo(ctx, tenant, b.ID, b, t, nil, 0)
}

// MoveFor moves a booking for a caller.
func (d *Desk) MoveFor(ctx context.Context, p *agenda.Person, id string, t Target) (*agenda.Booking, error) {
	return d.moveTo(ctx, p.Tenant, id, nil, t, p, 0)
}

func (d *Desk) moveTo(ctx context.Context, tenant, id string, seen *agenda.Booking, t Target, p *agenda.Person, undo time.Duration) (done *agenda.Booking, err error) {
	err = d.settled(ctx, tenant, id, seen, func(b *agenda.Booking) error {
		r := elsewhere(b, t, p)
		r.undo = undo
		a, err := d.aim(ctx, r)
		if err != nil {
			return err
		}
		if p == nil && !mayMoveInto(a.setup, b, a.plan.Calendar) {
			return agenda.ErrTaken
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			done, err = d.move(tx, a, r)
			return err
		})
	})
	return done, err
}

// elsewhere asks for a visit's own wish at another time.
func elsewhere(b *agenda.Booking, t Target, p *agenda.Person) Request {
	r := Request{Tenant: b.Tenant, Wish: b.Wish(), Calendar: t.Calendar, Start: t.Start, By: channel(p), Actor: actor(p), Person: p, Overbook: t.Overbook, own: b}
	if r.Calendar == "" {
		r.Calendar = b.Calendar
	}
	return r
}

// move works on the booking as it was when its days were found out: r.own.
func (d *Desk) move(tx *store.Tx, a aim, r Request) (*agenda.Booking, error) {
	f, err := d.look(tx, a, r.own.Number)
	if err != nil {
		return nil, err
	}
	b := f.booking
	if b.Version != r.own.Version {
		return nil, agenda.ErrConflict
	}
	if err := b.MayChange(r.By, f.now); err != nil {
		return nil, err
	}
	if r.instead {
		return b, d.turnInto(tx, f, r, b)
	}
	return b, d.relocate(tx, f, r, b)
}

// mayMoveInto says where visitors may move their visit: within its calendar, and into
// others that are open to the public. What was booked where nobody approves does not
// get past the approval of a calendar where somebody does.
func mayMoveInto(s *agenda.Setup, b *agenda.Booking, c *agenda.Calendar) bool {
	if c.ID == b.Calendar {
		return true
	}
	was, ok := s.CalendarOf(b.Calendar)
	return s.OpenToPublic(c) && (c.Confirm != agenda.ConfirmStaff || ok && was.Confirm == agenda.ConfirmStaff)
}

// wideEnough lets a visitor move a visit that staff booked for them, such as one
// for a service that the public cannot book: the wish itself is not new.
func wideEnough(s *agenda.Setup, w agenda.Wish, by agenda.Channel, b *agenda.Booking) agenda.Channel {
	if b.Channel == agenda.Staff && s.CheckWish(w, agenda.Public) != nil {
		return agenda.Staff
	}
	return by
}

func (d *Desk) relocate(tx *store.Tx, f fixed, r Request, b *agenda.Booking) error {
	if b.Start.Equal(r.Start) && b.Calendar == r.Calendar {
		return nil // it is there already
	}
	was := *b
	if r.By == agenda.Public {
		if err := d.withinLetters(tx, f.setup, b, f.now); err != nil {
			return err
		}
	}
	if err := d.place(f, r, b); err != nil {
		return err
	}
	if err := d.swapSeats(tx, f, r, &was, b); err != nil {
		return err
	}
	detail := map[string]any{"from": was.Start.Format(time.RFC3339), "to": b.Start.Format(time.RFC3339), "version": b.Version, "overbooked": b.Overbooked}
	if was.Calendar != b.Calendar {
		detail["calendar"] = was.Calendar // in whose lists it stood
	}
	due := forUndo(detail, b, standingOf(&was), f.now, r.undo)
	if err := log(tx, b, "move", r.Actor, detail); err != nil {
		return err
	}
	kind := KindChanged
	if r.many {
		kind = KindIncidentMoved
	}
	if b.Awaits != "" {
		kind = first[b.Awaits]
	}
	return errors.Join(tellLeft(tx, f.setup, &was, b, due), d.tellAt(tx, f.plan.Calendar, b, kind, onMoved, due))
}

// swapSeats gives a visit that has been placed anew its seats for those it had. Its entry
// counts on, and its reminders begin anew.
func (d *Desk) swapSeats(tx *store.Tx, f fixed, r Request, was, b *agenda.Booking) error {
	if err := giveUp(tx, f.setup, was, b, r.By == agenda.Public, f.now); err != nil {
		return err
	}
	b.Changed = f.now
	if !b.Since.IsZero() {
		b.Sequence, b.Since, b.Status = b.Sequence+1, f.now, agenda.Confirmed
	}
	switch b.Awaits {
	case agenda.ConfirmStaff:
		b.Expires = b.Start
	case agenda.ConfirmEmail:
		b.Expires = earlier(b.Expires, b.Start)
	}
	return errors.Join(tx.SaveBooking(b), tx.Claim(b, f.taken), tellLeftHooks(tx, f.setup, was, b, f.now))
}
