package store

import (
	"errors"
	"time"

	"terminvergabe/internal/agenda"
)

// Hook is what the book knows of a webhook beside the set-up.
type Hook struct {
	Tenant     string
	ID         string
	Generation int       // of its signing key; 0: nobody has seen one; -n: nor the one after n, which were a removed webhook's
	Renewed    time.Time // zero: never
	Disabled   time.Time // since when, because the other side said it is gone; zero: it is not
	DataKey    int       // number of that which its signing key is derived from; 0 as 1
	FormerKey  int       // and the one before it
}

// HookPost is something that a webhook is to be told. Like a letter it holds no text.
type HookPost struct {
	Tenant   string
	Hook     string
	Subject  string // booking id, or test/ and something
	Version  int
	Event    string
	Kind     string // of a message: that of the letter
	ID       string // the same at every attempt
	State    string // queued sent dropped failed
	Due      time.Time
	Lease    time.Time
	Attempts int
	Status   int // of the last answer; 0: none
	Took     int // milliseconds of the last attempt
	Reason   string
	Created  time.Time
	Done     time.Time
}

// PostHook puts something into the queue of a webhook, once per subject, version, event
// and kind.
func (tx *Tx) PostHook(p HookPost) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return tx.later(-1, nil, `INSERT INTO hook_post (tenant, hook, subject, version, event, kind, id, state, due, lease, attempts, status, took, reason, created, done)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, '', 0, 0, 0, '', $9, '') ON CONFLICT (tenant, subject, hook, version, event, kind) DO NOTHING`,
		p.Tenant, p.Hook, p.Subject, p.Version, p.Event, p.Kind, p.ID, stamp(p.Due), stamp(now))
}

const hookPostColumns = "tenant, hook, subject, version, event, kind, id, state, due, lease, attempts, status, took, reason, created, done"

func (tx *Tx) hookPosts(rest string, args ...any) (list []HookPost, err error) {
	err = tx.rows("SELECT "+hookPostColumns+" FROM hook_post WHERE "+rest, args, func(r row) error {
		var p HookPost
		err := r.Scan(&p.Tenant, &p.Hook, &p.Subject, &p.Version, &p.Event, &p.Kind, &p.ID, &p.State, at{&p.Due}, at{&p.Lease}, &p.Attempts, &p.Status, &p.Took, &p.Reason, at{&p.Created}, at{&p.Done})
		list = append(list, p)
		return err
	})
	return list, err
}

const isDue = "state = 'queued' AND due <= $1 AND (lease = '' OR lease <= $1)"

// HookLane is the queue of one webhook.
type HookLane struct{ Tenant, Hook string }

// HookLanes lists the webhooks that are due to be told something. What it costs grows with
// the webhooks that wait for something, not with what they wait for.
func (tx *Tx) HookLanes() (list []HookLane, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	var l HookLane
	for {
		err := tx.one("SELECT tenant, hook FROM hook_post WHERE state = 'queued' AND (tenant, hook) > ($1, $2) ORDER BY tenant, hook LIMIT 1", []any{l.Tenant, l.Hook}, &l.Tenant, &l.Hook)
		if errors.Is(err, agenda.ErrNotFound) {
			return list, nil
		}
		n := 0
		if err == nil {
			err = tx.one("SELECT count(*) FROM (SELECT 1 FROM hook_post WHERE tenant = $2 AND hook = $3 AND "+isDue+unpaused+" LIMIT 1) AS first", []any{stamp(now), l.Tenant, l.Hook}, &n)
		}
		if err != nil {
			return nil, err
		}
		if n > 0 {
			list = append(list, l)
		}
	}
}

// unpaused: a pause of letters holds back what other systems and phones are told, too.
const unpaused = " AND NOT EXISTS (SELECT 1 FROM mail_pause h WHERE h.tenant IN ('', hook_post.tenant))"

// LeaseHooks takes up to limit posts of a webhook that are due, for one worker, until a
// time; with an event those about that alone. What stands behind an earlier event of the same booking for the same webhook waits, and so
// does a message behind an earlier one; reminders are no part of the order.
func (tx *Tx) LeaseHooks(l HookLane, event string, limit int, until time.Time) ([]HookPost, error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	list, err := tx.hookPosts("tenant = $3 AND hook = $4 AND ($5 = '' OR event = $5) AND "+isDue+unpaused+` AND NOT EXISTS (SELECT 1 FROM hook_post e WHERE e.tenant = hook_post.tenant AND e.subject = hook_post.subject AND e.hook = hook_post.hook
		AND e.version < hook_post.version AND e.state = 'queued' AND (e.kind = '') = (hook_post.kind = '') AND e.kind NOT LIKE 'reminder-%' AND hook_post.kind NOT LIKE 'reminder-%') ORDER BY due, created LIMIT $2`+tx.store.words.skip, stamp(now), limit, l.Tenant, l.Hook, event)
	if err != nil {
		return nil, err
	}
	for i, p := range list {
		list[i].Lease = until
		if err := tx.changeHookPost(p, "lease = $7", stamp(until)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (tx *Tx) changeHookPost(p HookPost, set string, args ...any) error {
	all := append([]any{p.Tenant, p.Subject, p.Hook, p.Version, p.Event, p.Kind}, args...)
	return changed(tx.exec("UPDATE hook_post SET "+set+" WHERE tenant = $1 AND subject = $2 AND hook = $3 AND version = $4 AND event = $5 AND kind = $6", all...))
}

// SettleHook records what became of a leased post and gives the lease back. One that is to
// wait, and that somebody else has taken or told since the lease ran out, stays as it is:
// agenda.ErrNotFound.
func (tx *Tx) SettleHook(p HookPost) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	done := now
	if p.State == "queued" {
		done = time.Time{}
	}
	return changed(tx.exec(`UPDATE hook_post SET lease = '', state = $7, due = $8, attempts = $9, status = $10, took = $11, reason = $12, done = $13
		WHERE tenant = $1 AND subject = $2 AND hook = $3 AND version = $4 AND event = $5 AND kind = $6 AND ($7 <> 'queued' OR lease = $14)`,
		p.Tenant, p.Subject, p.Hook, p.Version, p.Event, p.Kind, p.State, stamp(p.Due), p.Attempts, p.Status, p.Took, p.Reason, stamp(done), stamp(p.Lease)))
}

// logged is every post, by the index of the log: SQLite walks the tenant's without it.
const logged = "created >= ''"

// HookPostByID finds a post by its id among the last of a webhook.
func (tx *Tx) HookPostByID(tenant, hook, id string) (HookPost, error) {
	list, err := tx.hookPosts("tenant = $1 AND hook = $2 AND "+logged+" AND id = $3", tenant, hook, id)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return HookPost{}, err
	}
	return list[0], nil
}

// HookLog lists the last posts of a webhook, the newest first.
func (tx *Tx) HookLog(tenant, hook string, limit int) ([]HookPost, error) {
	return tx.hookPosts("tenant = $1 AND hook = $2 ORDER BY created DESC, version DESC LIMIT $3", tenant, hook, limit)
}

// HookPosts lists what webhooks were told about a subject, oldest first.
func (tx *Tx) HookPosts(tenant, subject string) ([]HookPost, error) {
	return tx.hookPosts("tenant = $1 AND subject = $2 ORDER BY created, version, event", tenant, subject)
}

// CountMessages counts the messages that have gone to a booking's phone since a time.
func (tx *Tx) CountMessages(b *agenda.Booking, since time.Time) (n int, err error) {
	return tx.counted(b.PhoneHash, func(hash string, n *int) error {
		return tx.one(`SELECT count(*) FROM booking b CROSS JOIN hook_post p
		WHERE p.tenant = b.tenant AND p.subject = b.id AND b.tenant || '' = $1 AND b.phone_hash = $2 AND b.phone_hash <> '' AND p.event = 'message.send' AND p.state = 'sent' AND p.done > $3`,
			[]any{b.Tenant, hash, stamp(since)}, n)
	})
}

// HookTests counts the test posts of a webhook since a time.
func (tx *Tx) HookTests(tenant, hook string, since time.Time) (n int, err error) {
	err = tx.one("SELECT count(*) FROM hook_post WHERE tenant = $1 AND hook = $2 AND created > $3 AND subject LIKE 'test/%'", []any{tenant, hook, stamp(since)}, &n)
	return n, err
}

// HookTrouble counts what a webhook was not told since a time, because it could not be
// or was refused, and what waits after a failed attempt; tests are no trouble.
func (tx *Tx) HookTrouble(tenant, hook string, since time.Time) (failed, waiting int, err error) {
	const of = "SELECT count(*) FROM hook_post WHERE tenant = $1 AND hook = $2 AND created > $3 AND event <> 'test' AND "
	args := []any{tenant, hook, stamp(since)}
	err = errors.Join(tx.one(of+"state = 'failed'", args, &failed), tx.one(of+"state = 'queued' AND attempts > 0", args, &waiting))
	return failed, waiting, err
}

// HookQueue counts all that a webhook is still to be told, whenever that is due.
func (tx *Tx) HookQueue(tenant, hook string) (n int, err error) {
	err = tx.one("SELECT count(*) FROM hook_post WHERE tenant = $1 AND hook = $2 AND state = 'queued'", []any{tenant, hook}, &n)
	return n, err
}

// QueuedHooks counts what webhooks of a tenant, "" for all tenants, are still to be told,
// by tenant and event: all of it, what is not due yet, what had waited when a backup was
// made that was put in place later, and when the first is due.
func (tx *Tx) QueuedHooks(tenant string, now, copied, restored time.Time, f func(tenant, event string, waiting, later, again int, first time.Time)) error {
	return tx.rows(`SELECT tenant, event, count(*), sum(CASE WHEN due > $2 THEN 1 ELSE 0 END), sum(CASE WHEN created <= $3 AND due <= $4 THEN 1 ELSE 0 END), min(due)
		FROM hook_post WHERE state = 'queued' AND tenant >= $1 AND ($1 = '' OR tenant = $1) GROUP BY tenant, event`, []any{tenant, stamp(now), stamp(copied), stamp(restored)}, func(r row) error {
		var (
			of, event             string
			waiting, later, again int
			first                 time.Time
		)
		err := r.Scan(&of, &event, &waiting, &later, &again, at{&first})
		f(of, event, waiting, later, again, first)
		return err
	})
}

// DropHooks drops what QueuedHooks says had waited in a tenant when a backup was made, and
// counts it. What webhooks did since is not known: what comes after it is told all the same.
func (tx *Tx) DropHooks(tenant string, restored Pause, reason string) (n int, err error) {
	now, err := tx.Now()
	if err != nil {
		return 0, err
	}
	done, err := tx.exec("UPDATE hook_post SET state = 'dropped', reason = $4, done = $5, lease = '' WHERE tenant = $1 AND hook > '' AND state = 'queued' AND created <= $2 AND due <= $3",
		tenant, stamp(restored.Copied), stamp(restored.Since), reason, stamp(now))
	return int(done), err
}

// RequeueHook lets what a webhook missed while it was disabled be sent, and what it was
// disabled at.
func (tx *Tx) RequeueHook(tenant, hook, reason string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.exec("UPDATE hook_post SET state = 'queued', due = $4, lease = '', done = '', attempts = 0, reason = '' WHERE tenant = $1 AND hook = $2 AND "+logged+" AND (state = 'dropped' AND reason = $3 OR state = 'failed' AND reason = 'gone' AND event <> 'test')",
		tenant, hook, reason, stamp(now))
	return err
}

// ForgetHookTests deletes tests from before a time; other posts go with their booking.
func (tx *Tx) ForgetHookTests(tenant string, before time.Time) error {
	_, err := tx.exec("DELETE FROM hook_post WHERE tenant = $1 AND subject >= 'test/' AND subject < 'test0' AND created < $2", tenant, stamp(before))
	return err
}

// ForgetHook deletes what a webhook was told, since it is no more. How many keys it had
// stays: one that gets its name never signs with a key that somebody knows.
func (tx *Tx) ForgetHook(tenant, id string) error {
	_, err := tx.exec("DELETE FROM hook_post WHERE tenant = $1 AND hook = $2 AND "+logged, tenant, id)
	if err != nil {
		return err
	}
	if _, err := tx.exec("UPDATE hook SET generation = -generation, renewed = '' WHERE tenant = $1 AND id = $2 AND generation > 0", tenant, id); err != nil {
		return err
	}
	if _, err := tx.exec("UPDATE hook SET disabled = '' WHERE tenant = $1 AND id = $2", tenant, id); err != nil {
		return err
	}
	_, err = tx.exec("DELETE FROM hook WHERE tenant = $1 AND id = $2 AND generation = 0", tenant, id)
	return err
}

// Hook is what is known of a webhook; nothing yet is no error.
func (tx *Tx) Hook(tenant, id string) (Hook, error) {
	h := Hook{Tenant: tenant, ID: id}
	err := tx.one("SELECT generation, renewed, disabled, data_key, former_key FROM hook WHERE tenant = $1 AND id = $2", []any{tenant, id}, &h.Generation, at{&h.Renewed}, at{&h.Disabled}, &h.DataKey, &h.FormerKey)
	if errors.Is(err, agenda.ErrNotFound) {
		return h, nil
	}
	return h, err
}

// SaveHook writes what is known of a webhook.
func (tx *Tx) SaveHook(h Hook) error {
	_, err := tx.exec(`INSERT INTO hook (tenant, id, generation, renewed, disabled, data_key, former_key) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant, id) DO UPDATE SET generation = excluded.generation, renewed = excluded.renewed, disabled = excluded.disabled,
		data_key = excluded.data_key, former_key = excluded.former_key`,
		h.Tenant, h.ID, h.Generation, stamp(h.Renewed), stamp(h.Disabled), max(h.DataKey, 1), max(h.FormerKey, 1))
	return err
}

// Met is the set-up that this transaction has read last, under its locks where it has
// some; else it is read.
func (tx *Tx) Met(tenant string) (*agenda.Setup, error) {
	if tx.setup != nil && tx.setup.Tenant.ID == tenant {
		return tx.setup, nil
	}
	return tx.Setup(tenant)
}
