package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/bounce"
	"terminvergabe/internal/store"
)

// Returns is one place where letters come back to.
type Returns struct {
	bounce.Source
	Address string // that letters are sent from
}

// readReturns reads what came back since the last look. A place that cannot be read is in
// nobody's way.
func (r *Runner) readReturns(ctx context.Context, _ time.Time) (all error) {
	for _, place := range r.Returns {
		if err := r.readPlace(ctx, place); err != nil {
			all = errors.Join(all, fmt.Errorf("read what came back: %w", err))
		}
	}
	return all
}

func (r *Runner) readPlace(ctx context.Context, place Returns) error {
	var before store.Mailbox
	err := r.Desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		before, err = tx.Mailbox(place.Name())
		return err
	})
	if err != nil {
		return err
	}
	found := store.Mailbox{Name: place.Name()}
	mark, err := place.Each(ctx, bounce.Mark{Validity: before.Validity, UID: before.UID}, func(raw []byte) (bool, error) {
		return r.takeReturn(ctx, bounce.Read(raw, place.Address), &found)
	})
	if found != (store.Mailbox{Name: found.Name}) {
		r.Log.Info("mails came back", "bounces", found.Bounces, "by programs", found.Absences, "by calendars", found.Replies, "by people", found.People, "unknown", found.Unknown)
	}
	now, failed := r.Desk.Now(context.WithoutCancel(ctx))
	switch {
	case failed != nil:
		return errors.Join(err, failed)
	case err == nil:
		found.Looked = now
	case bounce.Fault(err) != "" && ctx.Err() == nil:
		found.Failed, found.Fault = now, bounce.Fault(err)
	}
	found.Validity, found.UID = mark.Validity, mark.UID
	return errors.Join(err, r.Desk.NoteMailbox(context.WithoutCancel(ctx), found))
}

// takeReturn acts on one message and reports whether nobody needs to read it any more.
// Nothing is ever answered.
func (r *Runner) takeReturn(ctx context.Context, m bounce.Report, found *store.Mailbox) (bool, error) {
	what := map[bounce.Kind]string{bounce.Failed: store.Bounced, bounce.Delayed: store.Delayed, bounce.Absence: store.Absent, bounce.Reply: store.Replied}[m.Kind]
	if what == "" {
		found.People++
		return false, nil
	}
	known, err := r.Desk.Return(ctx, booking.Returned{IDs: m.IDs, What: what, Code: m.Code, Status: m.Status, Text: m.Text})
	switch {
	case err != nil:
		return false, err
	case m.Kind == bounce.Absence:
		found.Absences++
		return known, nil
	case m.Kind == bounce.Reply:
		found.Replies++
		return known, nil
	case !known:
		found.Unknown++
		return false, nil
	}
	found.Bounces++
	return true, nil
}
