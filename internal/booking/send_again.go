package booking

import (
	"context"
	"errors"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// The acts in the journal.
const (
	actSendAgain = "send again"
	actReached   = "reached"
	actWrite     = "write again"
)

// KeptBack is the reason of letters that are not sent because those before came back.
const KeptBack = "letters to the address come back"

// NotReached reports whether a letter waits for nothing more and did not reach anybody,
// though it should have, or may not have: after a restore that is not known.
func NotReached(p store.Posting) bool {
	return p.State == "failed" || p.State == "dropped" && (p.Reason == KeptBack || p.Reason == SentBefore)
}

// SendAgain has a letter that did not arrive sent once more, to the address as it is now,
// under the Message-ID it had. Letters to that address go out again. Errors besides those
// of rights: ErrNotFound, ErrState (it arrived, waits, or would tell what is not so any
// more), ErrLimited (Resends within ResendWindow have gone out).
func (d *Desk) SendAgain(ctx context.Context, p *agenda.Person, id, messageID string) (done *agenda.Booking, err error) {
	err = d.onBooking(ctx, p.Tenant, id, nil, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		list, err := tx.Postings(b.Tenant, b.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(x store.Posting) bool { return x.MessageID == messageID })
		if i < 0 {
			return agenda.ErrNotFound
		}
		again := list[i]
		if _, due := StillDue(again, b, NewestNews(again, list), now, s); !due || !NotReached(again) || b.Sealed == nil {
			return agenda.ErrState
		}
		if err := mayResend(tx, b, now); err != nil {
			return err
		}
		return errors.Join(tx.Requeue(again), tx.Tell(again, store.Said{What: store.Again}), tx.Deliverable(b.Tenant, b.EmailHash),
			log(tx, b, actSendAgain, actor(p), map[string]any{"kind": again.Kind}))
	})
	return done, err
}

// Reached notes that somebody has called the visitor of a booking whom letters did not
// reach. Where nobody is to be called it is ErrState.
func (d *Desk) Reached(ctx context.Context, p *agenda.Person, id string) (done *agenda.Booking, err error) {
	err = d.onBooking(ctx, p.Tenant, id, nil, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		tasks, err := tx.TasksOf(b.Tenant, b.ID)
		if err != nil {
			return err
		}
		open := 0
		for _, t := range tasks {
			if t.Done.IsZero() {
				open++
			}
		}
		if open == 0 {
			return agenda.ErrState
		}
		return errors.Join(tx.FinishTasks(b.Tenant, b.ID, p.ID, open), log(tx, b, actReached, actor(p), nil))
	})
	return done, err
}

// WriteAgain lets letters to the address of a booking go out again, which those before had
// come back from. Where they do anyway it is ErrState.
func (d *Desk) WriteAgain(ctx context.Context, p *agenda.Person, id string) (done *agenda.Booking, err error) {
	err = d.onBooking(ctx, p.Tenant, id, nil, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		done = b
		if err := person(p, s, b); err != nil {
			return err
		}
		kept, err := tx.Undeliverable(b.Tenant, b.EmailHash)
		if err != nil {
			return err
		}
		if !kept {
			return agenda.ErrState
		}
		return errors.Join(tx.Deliverable(b.Tenant, b.EmailHash), log(tx, b, actWrite, actor(p), nil))
	})
	return done, err
}
