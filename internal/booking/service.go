package booking

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// ActService is the act in the journal: a visit is about something else than before. Its
// detail names the services, never the answers.
const ActService = "service"

// ChangeService lets a visit be about something else, for a caller or for whoever stands at
// the counter: the seats for it are claimed and those it had are freed at once, or nothing
// happens. Without a start it stays when it is, without a calendar where it is. A mode that
// w leaves open stays, where the new services have it. Who comes, the reference and the
// manage link stay; the visitor is told, and the entry counts on. It fails with
// ErrTaken, ErrWindowClosed, ErrState, ErrExpired, ErrConflict where somebody was faster than
// who looked at it, or what CheckWish refuses: required answers too, for they decide how long
// it takes, and where it can be.
func (d *Desk) ChangeService(ctx context.Context, p *agenda.Person, id string, w agenda.Wish, t Target) (done *agenda.Booking, err error) {
	err = d.settled(ctx, p.Tenant, id, nil, func(b *agenda.Booking) error {
		a, r, err := d.aimAt(ctx, p, b, w, t)
		if err != nil {
			return err
		}
		if done := b.Start.Equal(r.Start) && b.Calendar == r.Calendar && SameItems(b.Items, w.Items); t.Seen != 0 && t.Seen != b.Version && !done {
			return agenda.ErrConflict
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			done, err = d.move(tx, a, r)
			return err
		})
	})
	return done, err
}

func (d *Desk) aimAt(ctx context.Context, p *agenda.Person, b *agenda.Booking, w agenda.Wish, t Target) (aim, Request, error) {
	r := elsewhere(b, t, p)
	r.Wish, r.instead = w, true
	if r.Start.IsZero() {
		r.Start = b.Start
	}
	a, err := d.aim(ctx, r)
	if err == nil && r.Wish.Mode == "" && slices.Contains(a.plan.Modes, b.Mode) {
		r.Wish.Mode = b.Mode
		a, err = d.aim(ctx, r)
	}
	return a, r, err
}

// turnInto gives a visit its other services, and the seats that they need.
func (d *Desk) turnInto(tx *store.Tx, f fixed, r Request, b *agenda.Booking) error {
	was := *b
	here := b.Start.Equal(r.Start) && b.Calendar == r.Calendar
	if here && SameItems(b.Items, r.Wish.Items) && (r.Wish.Mode == "" || r.Wish.Mode == b.Mode) {
		return nil // it is about that already
	}
	at := f
	if here && f.now.Before(b.End) {
		at.now = earlier(f.now, b.Start) // whoever is there already has not come too late for something else
	}
	if err := d.place(at, r, b); err != nil {
		return err
	}
	if b.Items = r.Wish.Items; here {
		b.Coming = was.Coming // the visitor has said so of the same time
	}
	if f.setup.CheckWish(r.Wish, agenda.Public) != nil {
		b.Channel = agenda.Staff // so that its visitor can still move it
	}
	if err := d.swapSeats(tx, f, r, &was, b); err != nil {
		return err
	}
	detail := map[string]any{"before": counted(was.Items), "after": counted(b.Items), "from": was.Start.Format(time.RFC3339), "to": b.Start.Format(time.RFC3339),
		"version": b.Version, "overbooked": b.Overbooked}
	if err := log(tx, b, ActService, r.Actor, detail); err != nil {
		return err
	}
	if !here {
		if err := tellHooks(tx, b, "move"); err != nil { // who waits for nothing else knows the new time
			return err
		}
	}
	kind := KindChanged
	if b.Awaits != "" {
		kind = first[b.Awaits]
	}
	return errors.Join(tellLeft(tx, f.setup, &was, b, f.now), d.tell(tx, f.plan.Calendar, b, kind, onMoved))
}

// SameItems reports whether two visits are about the same, with the same answers.
func SameItems(a, b []agenda.Item) bool {
	return slices.EqualFunc(a, b, func(x, y agenda.Item) bool {
		return x.Service == y.Service && x.Quantity == y.Quantity && maps.Equal(x.Answers, y.Answers)
	})
}

// SameServices reports whether two visits are about the same, however it is answered for.
func SameServices(a, b []agenda.Item) bool { return SameItems(counted(a), counted(b)) }

// counted are services with how often, without answers.
func counted(items []agenda.Item) []agenda.Item {
	items = slices.Clone(items)
	for i := range items {
		items[i].Answers = nil
	}
	return items
}
