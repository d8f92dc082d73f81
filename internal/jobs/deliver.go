package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

const (
	batch   = 8 // letters taken from the outbox at once
	senders = 4 // letters on their way at once
	// leased is how long other processes leave a batch alone. What a process that
	// was killed had taken waits as long as that.
	leased = 5 * time.Minute
	// grace is what a letter on its way gets when the program ends.
	grace = 5 * time.Second
	// outage is how long a mail server that could not be reached is left alone.
	outage = 30 * time.Second
)

// Deliver sends letters until none is due. One that fails waits and stands in
// nobody's way; that is no error here.
func (r *Runner) Deliver(ctx context.Context) error {
	for ctx.Err() == nil {
		taken := time.Now()
		list, err := r.lease(ctx)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := r.sendAll(ctx, list, taken.Add(leased-r.timeout()-grace)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) timeout() time.Duration { return cmp.Or(r.Timeout, time.Minute) }

func (r *Runner) lease(ctx context.Context) (list []store.Posting, err error) {
	waiting := false
	err = r.Desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.AnyDue()
		return err
	})
	if err != nil || !waiting {
		return nil, err
	}
	err = r.Desk.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		list, err = tx.Lease(batch, now.Add(leased))
		return err
	})
	return list, err
}

// sendAll sends the letters about one subject after the other, those about
// different ones side by side. What has not been begun when the lease runs out, or
// the program ends, goes back.
func (r *Runner) sendAll(ctx context.Context, list []store.Posting, until time.Time) error {
	slices.SortStableFunc(list, func(a, b store.Posting) int { return cmp.Compare(a.Version, b.Version) })
	type subject struct{ tenant, id string }
	bySubject := map[subject][]store.Posting{}
	for _, p := range list {
		key := subject{p.Tenant, p.Subject}
		bySubject[key] = append(bySubject[key], p)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all error
	free := make(chan struct{}, senders)
	for _, some := range bySubject {
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			for _, p := range some {
				if ctx.Err() == nil && time.Now().Before(until) {
					p = r.deliver(ctx, p)
				}
				if err := r.settle(ctx, p); err != nil {
					mu.Lock()
					all = errors.Join(all, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return all
}

// settle writes down what became of a letter, also when the program is ending.
func (r *Runner) settle(ctx context.Context, p store.Posting) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := r.Desk.Settle(ctx, p); err != nil {
		return fmt.Errorf("letter %s: settle: %w", p.MessageID, err)
	}
	return nil
}

// deliver writes and sends one letter and gives its posting as it is then. Nothing
// that goes wrong with one letter concerns another.
func (r *Runner) deliver(ctx context.Context, p store.Posting) (done store.Posting) {
	defer func() {
		if v := recover(); v != nil {
			r.Log.Error("a letter broke off", "letter", p.MessageID, "kind", p.Kind, "stack", string(debug.Stack()))
			done = r.again(ctx, p, "the program failed")
		}
	}()
	letter, err := r.write(ctx, p)
	var drop dropped
	var wait putOff
	switch {
	case errors.As(err, &drop):
		p.State, p.Reason = "dropped", string(drop)
		return p
	case errors.As(err, &wait):
		p.Due = wait.until
		return p
	case errors.Is(err, errUnwritable):
		r.Log.Error("a letter cannot be written", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "error", err)
		p.State, p.Reason = "failed", "cannot be written"
		return p
	case err != nil && ctx.Err() != nil:
		return p
	case err != nil:
		r.Log.Error("a letter could not be prepared", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "error", err)
		return r.again(ctx, p, "could not be prepared")
	}
	return r.send(ctx, p, letter)
}

// transport gives a tenant's way out, and a name for it: a server of its own has
// the tenant's.
func (r *Runner) transport(tenant string) (t mail.Transport, name string) {
	if t, ok := r.Tenants[tenant]; ok {
		return t, tenant
	}
	return r.Transport, ""
}

func (r *Runner) send(ctx context.Context, p store.Posting, letter *mail.Outgoing) store.Posting {
	t, name := r.transport(p.Tenant)
	if r.down.has(name, r.now(ctx, p)) {
		return r.again(ctx, p, "the mail server cannot be reached")
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timeout())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	answer, err := t.Send(sending, letter)
	var failure *mail.SendError
	heard := booking.Heard{To: letter.To, Code: answer.Code, Status: answer.Status, Text: answer.Text}
	if errors.As(err, &failure) {
		heard.Recipient = failure.Stage == mail.StageRecipient
	}
	switch {
	case err == nil:
		p.State, p.Reason = "sent", ""
		p.Said = r.Desk.Hear(p, store.Accepted, heard)
		return p
	case errors.Is(err, mail.ErrPermanent):
		p.State, p.Reason = "failed", err.Error()
		p.Said = r.Desk.Hear(p, store.Refused, heard)
		r.Log.Warn("a letter was refused", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "error", err)
		return p
	case ctx.Err() != nil && !errors.Is(err, mail.ErrUnanswered):
		return p // we gave up, not the server
	case failure != nil && failure.Stage == mail.StageConnect:
		r.down.note(name, r.now(ctx, p))
	}
	return r.againAfter(ctx, p, err.Error(), heard)
}

// again puts a letter off after a failed attempt, longer each time, and gives it up
// in the end. A letter that may have arrived goes out again as well: it has the
// same Message-ID, and one too many is better than none.
func (r *Runner) again(ctx context.Context, p store.Posting, reason string) store.Posting {
	return r.againAfter(ctx, p, reason, booking.Heard{})
}

// againAfter is again where a server may have said something.
func (r *Runner) againAfter(ctx context.Context, p store.Posting, reason string, heard booking.Heard) store.Posting {
	p.Attempts++
	p.Reason = reason
	wait := mail.RetryAfter(p.Attempts)
	if wait == 0 {
		p.State = "failed"
		p.Said = r.Desk.Hear(p, store.GivenUp, heard)
		r.Log.Error("a letter was given up", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "attempts", p.Attempts, "reason", reason)
		return p
	}
	p.Due = r.now(ctx, p).Add(wait)
	p.Said = r.Desk.Hear(p, store.Deferred, heard)
	r.Log.Warn("a letter was not delivered", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "attempts", p.Attempts, "again", p.Due, "reason", reason)
	return p
}

// now is the book's time. Where the book cannot be read, settling the letter will
// most likely fail too, and any time will do.
func (r *Runner) now(ctx context.Context, p store.Posting) time.Time {
	now, err := r.Desk.Now(context.WithoutCancel(ctx))
	if err != nil {
		return p.Lease
	}
	return now
}

// outages remembers which servers could not be reached lately, so that the letters
// of one tenant do not wait, one after the other, for the dead server of another.
type outages struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (o *outages) note(server string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.until == nil {
		o.until = map[string]time.Time{}
	}
	o.until[server] = now.Add(outage)
}

func (o *outages) has(server string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return now.Before(o.until[server])
}
