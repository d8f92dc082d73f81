// Package jobs does what happens without anyone asking: it delivers the outbox, calls webhooks,
// expires what nobody confirmed, posts reminders and daily lists, counts what figures
// need, and forgets what is past its retention.
//
// It refuses to know the rules: when something is due is said by package booking,
// what a letter looks like by mail, what an entry reveals by entry. Every job can
// run twice, or in several processes at once, without doing anything twice.
//
// Start reading at Runner.Run; deliver.go takes letters out of the outbox,
// letter.go writes them.
package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/outbound"
)

// Runner runs the jobs of one process. Its exported fields are set once, before
// the first call.
type Runner struct {
	Desk      *booking.Desk
	Templates *mail.Templates
	Catalogue *i18n.Catalogue
	Links     booking.Links
	Transport mail.Transport            // the installation's
	Tenants   map[string]mail.Transport // of tenants with a mail server of their own
	Log       *slog.Logger
	Paces     map[string]Pace             // of the ways out, that of the installation under ""
	Timeout   time.Duration               // for one letter; 0: three minutes
	Returns   []Returns                   // where letters come back to
	Busy      func(context.Context) error // asks the calendars elsewhere whose time has come; nil: nobody does
	Outbound  *outbound.Client            // calls webhooks; nil: they wait
	Beat      time.Duration               // how often Run looks at the clock and into the outbox; 0: every half second
	Tally     Tally
	Wary      bool // of a clock that jumps; tests shift it on purpose

	once    sync.Once
	duties  []*duty
	traffic traffic
	clock   steadiness
	turns   turns

	hooksDown outages
}

// duty is a job with its schedule. Schedules are kept by the clock of the book,
// which tests can shift; that clock is looked at all the time, so a shift takes
// effect at once. All of them are intervals: no hour of the day can be skipped or
// come twice when the clocks change.
type duty struct {
	name     string
	careful  bool // what it does cannot be undone: it waits where the clock has jumped
	schedule cron.Schedule
	run      func(ctx context.Context, since time.Time) error

	mu    sync.Mutex
	tried time.Time     // when it was last begun; zero: never
	ahead time.Duration // of the machine's clock, at the last look
	since time.Time     // begin of the last time that it came to its end
}

// forgetAtOnce is how many bookings of a tenant are forgotten in one go.
const forgetAtOnce = 1000

func (r *Runner) all() []*duty {
	r.once.Do(func() {
		d := r.Desk
		add := func(name string, every time.Duration, run func(context.Context, time.Time) error) {
			r.duties = append(r.duties, &duty{name: name, schedule: cron.Every(every), run: run})
		}
		carefully := func(name string, every time.Duration, run func(context.Context, time.Time) error) {
			add(name, every, run)
			r.duties[len(r.duties)-1].careful = true
		}
		carefully("expire", 20*time.Second, func(ctx context.Context, _ time.Time) error {
			_, err := d.ExpireOverdue(ctx, 1000)
			return err
		})
		carefully("erase", 20*time.Second, func(ctx context.Context, _ time.Time) error { return d.EraseWished(ctx, forgetAtOnce) })
		add("incidents", time.Second, d.WorkIncidents)
		add("put right what waits", 10*time.Minute, func(ctx context.Context, _ time.Time) error {
			return d.PutRightLetters(ctx, max(leased, hookLeased), mail.LongestWait+time.Hour)
		})
		carefully("remind", time.Minute, d.Remind)
		// A full look now and then: for calendars that are no longer offered, and
		// where a new set-up brought other reminders.
		carefully("remind anew", time.Hour, func(ctx context.Context, _ time.Time) error { return d.Remind(ctx, time.Time{}) })
		carefully("give up what nobody answered for", time.Minute, func(ctx context.Context, _ time.Time) error {
			_, err := d.LapseUnanswered(ctx)
			return err
		})
		carefully("daily lists", time.Minute, d.DailyLists)
		if r.Busy != nil {
			add("calendars elsewhere", 10*time.Second, func(ctx context.Context, _ time.Time) error { return r.Busy(ctx) })
		}
		add("count what was offered", 10*time.Minute, func(ctx context.Context, _ time.Time) error { return d.CountOffered(ctx) })
		add("sample the waiting", 10*time.Minute, func(ctx context.Context, _ time.Time) error { return d.SampleWaiting(ctx) })
		add("count searches", time.Minute, func(ctx context.Context, _ time.Time) error { return d.FlushSearches(ctx) })
		if len(r.Returns) > 0 {
			add("what came back", time.Minute, r.readReturns)
		}
		carefully("forget", time.Hour, func(ctx context.Context, _ time.Time) error {
			_, err := d.Forget(ctx, forgetAtOnce)
			return err
		})
	})
	return r.duties
}

// Run works until the context ends and then until what is under way is settled: a
// letter on its way gets a few seconds to arrive.
func (r *Runner) Run(ctx context.Context) {
	log := cronLog{r.Log}
	c := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), cron.WithChain(cron.Recover(log), cron.SkipIfStillRunning(quiet{})))
	every := beat(cmp.Or(r.Beat, 500*time.Millisecond))
	for _, d := range r.all() {
		c.Schedule(every, cron.FuncJob(func() {
			r.turns.beat()
			now, err := r.Desk.Now(ctx)
			if err == nil && d.careful && r.Wary && !r.clock.at(now) {
				return
			}
			if err == nil && d.due(now) {
				err = r.turns.take(d.name, func() error { return d.do(ctx, now) })
			}
			r.report(ctx, d.name, err)
		}))
	}
	c.Schedule(every, cron.FuncJob(func() { r.turn(ctx, "deliver", r.Deliver) }))
	c.Schedule(every, cron.FuncJob(func() {
		r.report(ctx, "call webhooks", r.turns.take("call webhooks", func() error { return r.CallHooks(ctx) }))
	}))
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	r.report(context.WithoutCancel(ctx), "count searches", r.Desk.FlushSearches(context.WithoutCancel(ctx)))
}

// beat is how often Run looks at the clock and into the outbox: a letter leaves
// within half a second of its booking. Idle, that costs a few thousandths of a
// processor.
type beat time.Duration

// Next implements cron.Schedule; cron's own intervals are a second at least.
func (b beat) Next(t time.Time) time.Time { return t.Add(time.Duration(b)) }

// Once runs every job one time, whether it is due or not, and delivers what the
// outbox holds. It is not called beside Run.
func (r *Runner) Once(ctx context.Context) error {
	var all error
	for _, d := range r.all() {
		now, err := r.Desk.Now(ctx)
		if err == nil {
			err = d.do(ctx, now)
		}
		if err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", d.name, err))
		}
	}
	return errors.Join(all, r.Deliver(ctx), r.CallHooks(ctx))
}

// aShift is more than two clocks drift apart between two looks.
const aShift = 5 * time.Second

// due reports whether a duty's time has come. Once the clock has been shifted it
// has: an hourly duty may have missed the hour that mattered.
func (d *duty) due(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	ahead := time.Until(now)
	shifted := (ahead - d.ahead).Abs() > aShift
	d.ahead = ahead
	return shifted || d.tried.IsZero() || now.Before(d.tried) || !d.schedule.Next(d.tried).After(now)
}

// do runs the duty. One that fails is tried again when its time comes, with all
// that has become due since it last succeeded.
func (d *duty) do(ctx context.Context, now time.Time) error {
	d.mu.Lock()
	d.tried = now
	since := d.since
	d.mu.Unlock()
	if now.Before(since) {
		since = time.Time{} // the clock was turned back: look at everything
	}
	if err := d.run(ctx, since); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.since = now
	return nil
}

func (r *Runner) turn(ctx context.Context, name string, job func(context.Context) error) {
	r.report(ctx, name, r.turns.take(name, func() error { return job(ctx) }))
}

func (r *Runner) report(ctx context.Context, name string, err error) {
	if err != nil && ctx.Err() == nil {
		r.Log.ErrorContext(ctx, "a job failed", "job", name, "error", err)
	}
}

// cronLog hands what cron says to slog: its errors are panics of jobs.
type cronLog struct{ log *slog.Logger }

func (cronLog) Info(string, ...any) {} // each start of each job

func (l cronLog) Error(err error, msg string, keysAndValues ...any) {
	l.log.Error("a job broke off", append([]any{"error", err, "what", msg}, keysAndValues...)...)
}

// quiet is for what is skipped at every beat while a delivery takes longer.
type quiet struct{}

func (quiet) Info(string, ...any)         {}
func (quiet) Error(error, string, ...any) {}
