package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

const (
	batch   = 8 // letters taken from the outbox at once
	senders = 4 // letters on their way at once, where nothing else is said
	// leased is how long other processes leave a batch alone. What a process that
	// was killed had taken waits as long as that.
	leased = 5 * time.Minute
	// grace is what a letter on its way gets when the program ends.
	grace = 5 * time.Second
	// ofNoUse is when a letter is given up that nothing has overtaken, while our own
	// server could not be reached.
	ofNoUse = 30 * 24 * time.Hour
)

// Deliver sends letters until none is due, or may go now: each way out has its pace, and
// whoever could not take letters has a rest. Lanes take turns, so that a tenant's ten
// thousand letters hold up nobody else's, nor its own that somebody waits for. A letter
// that fails waits and stands in nobody's way; that is no error here.
func (r *Runner) Deliver(ctx context.Context) error {
	w := letterWave{newWave[store.Lane](r)}
	return w.work(ctx, w.send)
}

// letterWave is one call of Deliver.
type letterWave struct{ wave[store.Lane] }

// send takes letters from the outbox and sends them off, as many as may go now, and
// says how many. Letters of one lane about one subject go one after the other.
func (w *letterWave) send(ctx context.Context) (n int, err error) {
	list, err := w.shares(ctx)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	until := time.Now().Add(leased - w.timeout() - grace)
	leases := make([][]store.Posting, len(list))
	err = w.Desk.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		for i, s := range list {
			if err == nil {
				leases[i], err = tx.Lease(s.lane, s.n, now.Add(leased))
			}
		}
		return err
	})
	if err != nil {
		clear(leases)
	}
	for i, s := range list {
		w.missed(s, s.n-len(leases[i]))
		n += len(leases[i])
		for _, some := range bySubject(leases[i]) {
			w.begin(s.lane, func() { w.sendAll(ctx, s, some, until) })
		}
	}
	return n, err
}

// shares is what may be taken now, of the lanes in which letters wait.
func (w *letterWave) shares(ctx context.Context) ([]*share, error) {
	var lanes []store.Lane
	var now time.Time
	err := w.Desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		lanes, err = tx.Lanes()
		return err
	})
	if err != nil || len(lanes) == 0 {
		return nil, err
	}
	return w.choose(lanes, now), nil
}

func bySubject(list []store.Posting) (groups map[string][]store.Posting) {
	slices.SortStableFunc(list, func(a, b store.Posting) int { return cmp.Compare(a.Version, b.Version) })
	groups = map[string][]store.Posting{}
	for _, p := range list {
		groups[p.Subject] = append(groups[p.Subject], p)
	}
	return groups
}

// sendAll sends letters one after the other. What has not been begun when the lease
// runs out, or the program ends, goes back.
func (w *letterWave) sendAll(ctx context.Context, s *share, some []store.Posting, until time.Time) {
	for _, p := range some {
		tried := false
		if ctx.Err() == nil && time.Now().Before(until) {
			p, tried = w.deliver(ctx, s, p)
		}
		w.traffic.mu.Lock()
		s.way.give(s.lane, 1, !tried)
		w.traffic.mu.Unlock()
		if err := w.settle(ctx, p, until.Add(w.timeout())); err != nil {
			w.note(err)
		}
	}
}

// timeout leaves a slow server time: each step has a minute of its own, and cut off after
// the last one a letter may have arrived and goes out once more.
func (r *Runner) timeout() time.Duration { return cmp.Or(r.Timeout, 3*time.Minute) }

// settle writes down what became of a letter, also when the program is ending. What a
// server has taken goes out again unless that is known: where the book cannot be written it
// is tried until others may take the letter.
func (r *Runner) settle(ctx context.Context, p store.Posting, until time.Time) error {
	for {
		err := r.settleOnce(ctx, p)
		if err == nil {
			return nil
		}
		if p.State == "queued" || errors.Is(err, agenda.ErrNotFound) || ctx.Err() != nil || !time.Now().Before(until) {
			return fmt.Errorf("letter %s: settle: %w", p.MessageID, err)
		}
		select { // the program ends: one more try
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (r *Runner) settleOnce(ctx context.Context, p store.Posting) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return r.Desk.Settle(ctx, p)
}

// deliver writes and sends one letter and gives its posting as it is then, and whether
// the server was tried. Nothing that goes wrong with one letter concerns another.
func (r *Runner) deliver(ctx context.Context, s *share, p store.Posting) (done store.Posting, tried bool) {
	defer func() {
		if v := recover(); v != nil {
			r.Log.Error("a letter broke off", "letter", p.MessageID, "kind", p.Kind, "stack", string(debug.Stack()))
			done = r.again(ctx, p, "the program failed", booking.Heard{})
		}
	}()
	letter, err := r.write(ctx, p)
	var drop dropped
	var wait putOff
	switch {
	case errors.As(err, &drop):
		p.State, p.Reason = "dropped", string(drop)
		r.Tally.dropped.Add(1)
		return p, false
	case errors.As(err, &wait):
		p.Due = wait.until
		return p, false
	case errors.Is(err, errUnwritable):
		r.Log.Error("a letter cannot be written", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "error", err)
		p.State, p.Reason = "failed", "cannot be written"
		r.Tally.failed.Add(1)
		return p, false
	case errors.Is(err, errPaused), err != nil && ctx.Err() != nil:
		return p, false
	case err != nil:
		r.Log.Error("a letter could not be prepared", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "error", err)
		return r.again(ctx, p, "could not be prepared", booking.Heard{}), false
	}
	now := r.now(ctx, p)
	if now.Add(r.timeout()).After(p.Lease) { // others may take it before the server has answered, or nobody knows what time it is
		return p, false
	}
	pass, until, theirs := r.enter(s, letter, now, overdue(p, now))
	if pass == nil {
		if p.Due = until; theirs && p.Deferred.IsZero() {
			p.Deferred = now
		}
		return p, false
	}
	return r.send(ctx, pass, p, letter), true
}

// fail gives a letter up: what says who did, and heard what the server said, if it did.
func (r *Runner) fail(p store.Posting, reason, what string, heard booking.Heard) store.Posting {
	p.State, p.Reason = "failed", reason
	p.Said = r.Desk.Hear(p, what, heard)
	r.Tally.failed.Add(1)
	return p
}

// overdue reports whether the recipient's side has put a letter off as long as we try. It
// is given up after a try of its own, never because others failed.
func overdue(p store.Posting, now time.Time) bool {
	return !p.Deferred.IsZero() && now.Sub(p.Deferred) >= mail.RetryFor
}

// blame is who is to be left alone after an attempt.
type blame int

const (
	nobody     blame = iota // it went well
	theServer               // our mail server
	theSetUp                // what our mail server thinks of the sender
	theDomain               // the recipient's
	greylisted              // this one may pass when it comes again
	theLetter               // this one was refused for good
	nothing                 // is known
)

// ownTries is how often a letter is put off before its recipient's domain is blamed: many
// servers turn every letter away that they see for the first time, for some minutes. So
// often it is tried, too, before it is given up.
const ownTries = 4

// blameFor sorts what came of an attempt after so many before it.
func blameFor(err error, before int) blame {
	var failure *mail.SendError
	switch {
	case err == nil:
		return nobody
	case !errors.As(err, &failure):
		return theServer
	case errors.Is(err, mail.ErrPermanent):
		return theLetter
	case errors.Is(err, mail.ErrUnanswered):
		return nothing
	case failure.Ours() && (failure.Code == 0 || failure.Stage == mail.StageConnect):
		return theServer
	case failure.Ours():
		return theSetUp
	case (failure.Code == 450 || failure.Code == 451) && before < ownTries:
		return greylisted
	}
	return theDomain
}

func (r *Runner) send(ctx context.Context, pass *passage, p store.Posting, letter *mail.Outgoing) store.Posting {
	about := nothing
	var until time.Time
	defer func() {
		if v := recover(); v != nil {
			pass.leave(nothing, time.Time{})
			panic(v)
		}
	}()
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timeout())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	answer, err := pass.by.Send(sending, letter)
	var failure *mail.SendError
	heard := booking.Heard{To: letter.To, Code: answer.Code, Status: answer.Status, Text: answer.Text}
	heard.Recipient = errors.As(err, &failure) && failure.Stage == mail.StageRecipient
	gaveUp := err != nil && ctx.Err() != nil && !errors.Is(err, mail.ErrUnanswered) && !errors.Is(err, mail.ErrPermanent)
	if !gaveUp {
		about = blameFor(err, p.Attempts)
	}
	now := r.now(ctx, p)
	until = pass.leave(about, now)
	switch {
	case gaveUp:
		return p // we, not the server
	case about == nobody:
		p.State, p.Reason = "sent", ""
		p.Said = r.Desk.Hear(p, store.Accepted, heard)
		r.Tally.sent.Add(1)
		return p
	case about == theLetter:
		r.Log.Warn("a letter was refused", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "error", err)
		return r.fail(p, err.Error(), store.Refused, heard)
	case about == theServer || about == theSetUp:
		return r.whenMended(p, err, heard, until, now)
	}
	return r.again(ctx, p, err.Error(), heard)
}

// whenMended puts a letter off until our own server may be well again. It is not given
// up as long as it is of use: what it tells decides that, when it is written.
func (r *Runner) whenMended(p store.Posting, err error, heard booking.Heard, until, now time.Time) store.Posting {
	p.Attempts++
	reason := err.Error()
	if p.Reason = reason; now.Sub(p.Created) > ofNoUse {
		r.Log.Error("a letter was given up", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "attempts", p.Attempts, "reason", reason)
		return r.fail(p, reason, store.GivenUp, heard)
	}
	p.Due = until
	var failure *mail.SendError
	if errors.As(err, &failure) && (failure.Stage == mail.StageMessage || failure.Stage == mail.StageRecipient) {
		// It may be this letter that breaks the server, or is refused alone: others go first.
		if alone := now.Add(min(time.Hour, serverRest<<min(p.Attempts, 10))); alone.After(until) {
			p.Due = alone
		}
	}
	p.Said = r.Desk.Hear(p, store.Deferred, heard)
	r.Tally.deferred.Add(1)
	r.Log.Warn("the mail server does not take letters", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "attempts", p.Attempts, "again", p.Due, "reason", reason)
	return p
}

// again puts a letter off after a failed attempt, longer each time, and gives it up
// after a day and some tries. A letter that may have arrived goes out again as well: it has the
// same Message-ID, and one too many is better than none.
func (r *Runner) again(ctx context.Context, p store.Posting, reason string, heard booking.Heard) store.Posting {
	now := r.now(ctx, p)
	p.Attempts++
	p.Reason = reason
	if p.Deferred.IsZero() {
		p.Deferred = now
	}
	own := time.Minute << min(p.Attempts-1, 8) // shorter where it has waited for others
	wait := min(mail.RetryAfter(now.Sub(p.Deferred)), own)
	if wait == 0 && p.Attempts < ownTries {
		wait = own
	}
	if wait == 0 {
		r.Log.Error("a letter was given up", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "attempts", p.Attempts, "reason", reason)
		return r.fail(p, reason, store.GivenUp, heard)
	}
	p.Due = now.Add(wait)
	p.Said = r.Desk.Hear(p, store.Deferred, heard)
	r.Tally.deferred.Add(1)
	r.Log.Warn("a letter was not delivered", "letter", p.MessageID, "tenant", p.Tenant, "kind", p.Kind, "attempts", p.Attempts, "again", p.Due, "reason", reason)
	return p
}

// Tally counts what became of letters in this process: for metrics.
type Tally struct{ sent, failed, dropped, deferred atomic.Int64 }

// Counts gives the figures: letters that the server took, that were given up, and that
// were dropped as overtaken; and attempts after which a letter waits for another.
func (t *Tally) Counts() (sent, failed, dropped, deferred int64) {
	return t.sent.Load(), t.failed.Load(), t.dropped.Load(), t.deferred.Load()
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
