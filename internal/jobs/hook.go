package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/store"
	"terminvergabe/internal/webhook"
)

// hookLeased is how long other processes leave what webhooks are told alone: longer
// than a call may take.
const hookLeased = time.Minute

// hookRetries are the pauses after failed attempts; after the last one it is given up.
// They add up to three days.
func hookRetries() []time.Duration {
	return []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 20 * time.Hour}
}

// The calls under way at once: to one webhook, and to all.
const (
	callsToOne = 2
	calls      = 16
)

// CallHooks tells webhooks what is due. Each has its own turn, so that one that is slow, or
// does not answer, is in nobody else's way; that is no error here.
func (r *Runner) CallHooks(ctx context.Context) error {
	if r.Outbound == nil {
		return nil
	}
	w := hookWave{newWave[store.HookLane](r)}
	return w.work(ctx, w.call)
}

// hookWave is one call of CallHooks.
type hookWave struct{ wave[store.HookLane] }

// call takes what is due and may be told now, and says how much that was.
func (w *hookWave) call(ctx context.Context) (int, error) {
	var lanes []store.HookLane
	var now time.Time
	err := w.Desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		lanes, err = tx.HookLanes()
		return err
	})
	if err != nil || len(lanes) == 0 {
		return 0, err
	}
	// Where there are more webhooks than turns, chance lets none of them be the last each time.
	rand.Shuffle(len(lanes), func(i, j int) { lanes[i], lanes[j] = lanes[j], lanes[i] })
	var list []store.HookPost
	err = w.Desk.Store.Update(ctx, func(tx *store.Tx) (err error) {
		list, err = w.lease(tx, lanes, now)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, p := range list {
		w.begin(store.HookLane{Tenant: p.Tenant, Hook: p.Hook}, func() { w.tell(ctx, p) })
	}
	return len(list), nil
}

// lease takes posts of each webhook, as many as it has turns. One that did not answer a
// moment ago has none, but for tests: somebody sits and waits for those.
func (w *hookWave) lease(tx *store.Tx, lanes []store.HookLane, now time.Time) (list []store.HookPost, err error) {
	left := calls - w.all()
	for _, l := range lanes {
		n := min(left, callsToOne-w.in(l))
		if n <= 0 {
			continue
		}
		event := ""
		if w.hooksDown.has(l.Tenant+"/"+l.Hook, now) {
			event = booking.EventTest
		}
		some, err := tx.LeaseHooks(l, event, n, now.Add(hookLeased))
		if err != nil {
			return nil, err
		}
		left -= len(some)
		list = append(list, some...)
	}
	return list, nil
}

func (w *hookWave) tell(ctx context.Context, p store.HookPost) {
	p, gone := w.callHook(ctx, p)
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := w.Desk.SettleHook(settling, p, gone); err != nil {
		w.note(fmt.Errorf("webhook post %s: settle: %w", p.ID, err))
	}
}

// called is a post in the making, with all that is known of what it is about.
type called struct {
	*Runner
	p     store.HookPost
	now   time.Time
	setup *agenda.Setup
	to    *agenda.Webhook
	hook  store.Hook
	b     *agenda.Booking // nil: a test
	posts []store.HookPost
	many  bool // as many messages have gone to the phone as may in a day
}

// callHook tells a webhook one thing and gives its post as it is then; gone is that the
// other side wants to hear nothing more.
func (r *Runner) callHook(ctx context.Context, p store.HookPost) (done store.HookPost, gone bool) {
	defer func() {
		if v := recover(); v != nil {
			r.Log.Error("a webhook's post broke off", "post", p.ID, "event", p.Event, "stack", string(debug.Stack()))
			done = r.hookAgain(ctx, p, "the program failed", 0)
		}
	}()
	c := &called{Runner: r, p: p}
	document, err := c.write(ctx)
	var drop dropped
	var wait putOff
	switch {
	case errors.As(err, &drop):
		p.State, p.Reason = "dropped", string(drop)
		return p, false
	case errors.As(err, &wait):
		p.Due = wait.until
		return p, false
	case err != nil && ctx.Err() != nil:
		return p, false
	case err != nil:
		r.Log.Error("a webhook's post could not be prepared", "post", p.ID, "tenant", p.Tenant, "webhook", p.Hook, "event", p.Event, "error", err)
		return r.hookAgain(ctx, p, "could not be prepared", 0), false
	}
	if r.hooksDown.has(p.Tenant+"/"+p.Hook, c.now) && p.Event != booking.EventTest {
		p.Due = c.now.Add(outage) // it did not answer a moment ago; that is no attempt
		return p, false
	}
	return r.post(ctx, c, document)
}

// post sends a document, signed at this moment.
func (r *Runner) post(ctx context.Context, c *called, document webhook.Document) (done store.HookPost, gone bool) {
	p := c.p
	body, err := json.Marshal(document)
	if err != nil {
		return r.hookAgain(ctx, p, "could not be prepared", 0), false
	}
	signature, err := webhook.Sign(r.Desk.HookSecrets(c.hook, c.now), p.ID, c.now, body)
	if err != nil {
		return r.hookAgain(ctx, p, "could not be prepared", 0), false
	}
	began := time.Now()
	answer, err := r.Outbound.Post(ctx, c.to.URL, http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {p.ID},
		"Webhook-Timestamp": {strconv.FormatInt(c.now.Unix(), 10)}, "Webhook-Signature": {signature},
	}, body)
	p.Took = int(time.Since(began).Milliseconds())
	if p.Status = answer.Status; err != nil {
		if ctx.Err() != nil {
			return p, false // we gave up, not the other side
		}
		var category outbound.Category
		if !errors.As(err, &category) {
			category = outbound.Unreachable
		}
		r.hooksDown.note(p.Tenant+"/"+p.Hook, c.now)
		return r.hookAgain(ctx, p, string(category), outage), false
	}
	switch {
	case answer.Status >= 200 && answer.Status < 300:
		p.Attempts++
		p.State, p.Reason = "sent", ""
		return p, false
	case answer.Status == http.StatusGone:
		p.Attempts++
		p.State, p.Reason = "failed", "gone"
		r.Log.Warn("a webhook is gone", "tenant", p.Tenant, "webhook", p.Hook)
		return p, true
	}
	return r.hookAgain(ctx, p, string(outbound.BadStatus), answer.RetryAfter), false
}

// hookAgain puts a post off after a failed attempt, longer each time, and gives it up in
// the end; a test at once. wish is how long the other side wants to be left alone.
func (r *Runner) hookAgain(ctx context.Context, p store.HookPost, reason string, wish time.Duration) store.HookPost {
	p.Attempts++
	p.Reason = reason
	pauses := hookRetries()
	if p.Attempts > len(pauses) || p.Event == booking.EventTest {
		p.State = "failed"
		r.Log.Warn("a webhook was not told", "post", p.ID, "tenant", p.Tenant, "webhook", p.Hook, "event", p.Event, "attempts", p.Attempts, "status", p.Status, "reason", reason)
		return p
	}
	now, err := r.Desk.Now(context.WithoutCancel(ctx))
	if err != nil {
		now = p.Lease
	}
	p.Due = now.Add(max(pauses[p.Attempts-1], wish))
	return p
}

// write makes the document from the booking as it is now. Errors: dropped, putOff;
// others can pass.
func (c *called) write(ctx context.Context) (d webhook.Document, err error) {
	if err := c.Desk.Store.View(ctx, c.read); err != nil {
		return d, err
	}
	d = webhook.Document{Type: c.p.Event, Timestamp: c.stamp(c.p.Created), Data: webhook.Data{Tenant: c.p.Tenant, Version: c.p.Version}}
	if c.b == nil {
		return d, nil
	}
	var private agenda.Private
	if !c.now.Before(c.setup.KeptUntil(c.b.Start)) {
		return d, dropped("the visitor is forgotten")
	}
	if c.to.Detail == agenda.DetailFull {
		if private, err = c.Desk.Private(c.b); err != nil {
			return d, err
		}
	}
	cal, ok := c.setup.CalendarOf(c.b.Calendar)
	if !ok {
		return d, dropped("the calendar is gone")
	}
	d.Data.Booking = c.booking(cal, private)
	if c.p.Event == agenda.EventMessageSend {
		d.Data.Message, err = c.message(cal, private)
		d.Data.Booking = &webhook.Booking{ID: c.b.ID, Reference: c.b.Reference, Version: c.b.Version, Status: string(c.b.Status), Start: c.stamp(c.b.Start), End: c.stamp(c.b.End)}
	}
	return d, err
}

func (c *called) read(tx *store.Tx) (err error) {
	if c.now, err = tx.Now(); err != nil {
		return err
	}
	if c.setup, err = tx.Setup(c.p.Tenant); err != nil {
		return err
	}
	var ok bool
	if c.to, ok = c.setup.Webhook(c.p.Hook); !ok {
		return dropped("the webhook is gone")
	}
	if c.hook, err = tx.Hook(c.p.Tenant, c.p.Hook); err != nil {
		return err
	}
	if c.p.Event == booking.EventTest {
		return nil
	}
	if !c.hook.Disabled.IsZero() {
		return dropped(booking.HookDisabled)
	}
	if c.b, err = tx.Booking(c.p.Tenant, c.p.Subject); errors.Is(err, agenda.ErrNotFound) {
		return dropped("the booking is gone")
	} else if err != nil || c.p.Event != agenda.EventMessageSend {
		return err
	}
	if c.posts, err = tx.HookPosts(c.p.Tenant, c.p.Subject); err != nil || c.Desk.Limits.MailsPerDay <= 0 {
		return err
	}
	n, err := tx.CountMessages(c.b, c.now.Add(-24*time.Hour))
	c.many = n >= c.Desk.Limits.MailsPerDay
	return err
}

func (c *called) stamp(t time.Time) string { return t.In(c.setup.Zone()).Format(time.RFC3339) }

// booking is what a webhook may know of the visit: of sensitive services and private
// calendars, below full, nothing but that there is one; as of a visit that has meanwhile
// left what the webhook is for.
func (c *called) booking(cal *agenda.Calendar, private agenda.Private) *webhook.Booking {
	left := !c.to.Concerns(cal, c.b.Items)
	b, full := c.b, c.to.Detail == agenda.DetailFull && !cal.Private && !left
	w := &webhook.Booking{ID: b.ID, Reference: b.Reference, Version: b.Version, Status: string(b.Status), Start: c.stamp(b.Start), End: c.stamp(b.End)}
	if !full && (left || cal.Private || c.setup.Sensitive(b.Items)) {
		return w
	}
	w.Calendar, w.Department, w.Site, w.Mode, w.Channel = b.Calendar, cal.Department, cal.Site, b.Mode, string(b.Channel)
	for _, it := range b.Items {
		item := webhook.Item{ID: it.Service, Quantity: it.Quantity}
		if full {
			item.Answers = it.Answers
		}
		w.Services = append(w.Services, item)
	}
	if full && b.Sealed != nil {
		w.Visitor = &webhook.Visitor{Name: private.Name, ContactName: private.ContactName, Email: private.Email, Phone: private.Phone,
			Language: b.Language, Note: private.Note, StaffNote: private.StaffNote, CaseReference: private.CaseReference}
	}
	return w
}
