package booking

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

const (
	// hookOverlap is how long the key before a renewed one signs too.
	hookOverlap = 7 * 24 * time.Hour
	// HookTests can be sent within HookTestWindow, for each webhook.
	HookTests      = 5
	HookTestWindow = 10 * time.Minute
	// hookTestKept is how long tests stay in the log.
	hookTestKept = 7 * 24 * time.Hour

	// EventTest is no event: somebody looks whether a webhook works.
	EventTest = "test"
	// HookDisabled says why a webhook was not told something.
	HookDisabled = "disabled"

	testSubject = "test/"
)

// eventOf is what webhooks are told about an act of the journal, "" nothing, with the
// booking as it is after it. Holds are nobody's business yet.
func eventOf(act string, b *agenda.Booking) string {
	switch act {
	case "book", "confirm", "approve":
		if b.Status == agenda.Pending {
			return agenda.EventPending
		}
		return agenda.EventConfirmed
	case actWalkIn:
		return agenda.EventCheckedIn
	case "move":
		return agenda.EventMoved
	case "cancel", "reject":
		return agenda.EventCancelled
	case actLapse:
		return agenda.EventReleased
	case actTakeBack:
		return agenda.EventRestored
	case ActAmend, actContact, actAddress, ActService:
		return agenda.EventChanged
	case "expire":
		if b.ManageHash == "" {
			return "" // a hold: nobody has given a name
		}
		return agenda.EventExpired
	case actVisit:
		switch b.Status {
		case agenda.CheckedIn:
			return agenda.EventCheckedIn
		case agenda.Served:
			return agenda.EventServed
		case agenda.NoShow:
			return agenda.EventNoShow
		}
		return agenda.EventChanged // a step was taken back
	}
	return ""
}

// tellHooks posts what webhooks are to be told about an act on a booking.
func tellHooks(tx *store.Tx, b *agenda.Booking, act string) error {
	event := eventOf(act, b)
	if event == "" {
		return nil
	}
	s, err := tx.Met(b.Tenant)
	if err != nil || len(s.Webhooks) == 0 {
		return err
	}
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return nil
	}
	now, err := tx.Now()
	for i := range s.Webhooks {
		if h := &s.Webhooks[i]; err == nil && h.Wants(event, c, b.Items) {
			err = tx.PostHook(store.HookPost{Tenant: b.Tenant, Hook: h.ID, Subject: b.ID, Version: b.Version, Event: event, ID: newHookID(), Due: now})
		}
	}
	return err
}

// tellLeftHooks posts to webhooks that a visit, moved or about something else now, is no
// longer among those that they are for.
func tellLeftHooks(tx *store.Tx, s *agenda.Setup, was, b *agenda.Booking, now time.Time) error {
	before, ok := s.CalendarOf(was.Calendar)
	after, here := s.CalendarOf(b.Calendar)
	event := agenda.EventMoved
	if was.Start.Equal(b.Start) && was.Calendar == b.Calendar {
		event = agenda.EventChanged
	}
	for i := range s.Webhooks {
		h := &s.Webhooks[i]
		if !ok || !here || !h.Wants(event, before, was.Items) || h.Concerns(after, b.Items) {
			continue
		}
		if err := tx.PostHook(store.HookPost{Tenant: b.Tenant, Hook: h.ID, Subject: b.ID, Version: b.Version, Event: event, ID: newHookID(), Due: now}); err != nil {
			return err
		}
	}
	return nil
}

func newHookID() string { return "msg_" + rand.Text() }

// MessageOf is the kind of message that stands for a letter, "" none: those with a link
// that must be followed are letters only.
func MessageOf(kind string) string {
	switch kind {
	case KindReceived, KindConfirmed, KindChanged, KindCancelled, KindRejected, KindExpired:
		return kind
	case KindIncidentMoved:
		return KindChanged
	case KindIncidentCancelled, KindLapsed:
		return KindCancelled
	}
	if strings.HasPrefix(kind, KindReminder) {
		return "reminder"
	}
	return ""
}

// postMessage posts the message that a letter stands for, where the visitor gets
// messages; alone says that no letter is needed, since there is no e-mail address.
func postMessage(tx *store.Tx, b *agenda.Booking, kind string, version int, due time.Time) (alone bool, err error) {
	if b.PhoneHash == "" || MessageOf(kind) == "" {
		return false, nil
	}
	s, err := tx.Met(b.Tenant)
	if err != nil || len(s.Webhooks) == 0 {
		return false, err
	}
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return false, nil
	}
	h := s.Messenger(c, b.Items)
	if !h.MessagesTo(b.EmailHash != "", true) {
		return false, nil
	}
	return b.EmailHash == "", tx.PostHook(store.HookPost{Tenant: b.Tenant, Hook: h.ID, Subject: b.ID, Version: version, Event: agenda.EventMessageSend, Kind: kind, ID: newHookID(), Due: due})
}

// reachable reports whether there is a way to write to a visitor: by letter, or by message.
func reachable(s *agenda.Setup, c *agenda.Calendar, items []agenda.Item, email, phone string) bool {
	return email != "" || s.Messenger(c, items).MessagesTo(false, phone != "")
}

func reachableIn(s *agenda.Setup, b *agenda.Booking, email, phone string) bool {
	c, ok := s.CalendarOf(b.Calendar)
	return email != "" || ok && reachable(s, c, b.Items, email, phone)
}

// MayRunHooks reports whether a person may see and run the webhooks: what they are told
// is about all bookings, and their keys vouch for the tenant.
func MayRunHooks(p *agenda.Person) bool {
	return p.MayEverywhere(agenda.ChangeSetup) && p.MayEverywhere(agenda.ManagePeople) && p.Lasting().MayEverywhere(agenda.SeeBookings)
}

// onHook runs an act on a webhook of the set-up. p is nil on the command line.
func (d *Desk) onHook(ctx context.Context, p *agenda.Person, tenant, id, act string, do func(tx *store.Tx, h *store.Hook, now time.Time) error) error {
	who := ActorCLI
	if p != nil {
		if who = p.ID; !MayRunHooks(p) {
			return agenda.ErrForbidden
		}
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockSetup(tenant); err != nil {
			return err
		}
		s, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		if _, ok := s.Webhook(id); !ok {
			return agenda.ErrNotFound
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		h, err := tx.Hook(tenant, id)
		if err != nil {
			return err
		}
		if err := do(tx, &h, now); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: tenant, Act: act, Subject: id, Actor: who}, nil)
	})
}

// HookSecret gives the signing key of a webhook as its receiver wants it, once: later
// (ErrState) there is only a new one, for which renew asks. The one before goes on
// signing for some days. p is nil on the command line.
func (d *Desk) HookSecret(ctx context.Context, p *agenda.Person, tenant, id string, renew bool) (secret string, err error) {
	act := "show webhook key"
	if renew {
		act = "renew webhook key"
	}
	err = d.onHook(ctx, p, tenant, id, act, func(tx *store.Tx, h *store.Hook, now time.Time) error {
		if h.Generation > 0 && !renew {
			return agenda.ErrState
		}
		if h.Generation > 0 {
			h.Renewed, h.FormerKey = now, h.DataKey
			h.Generation++
		} else {
			h.Generation = newestKey(*h)
		}
		h.DataKey = d.Keys.Number()
		secret = d.hookKey(*h, h.Generation)
		return tx.SaveHook(*h)
	})
	return secret, err
}

// HookSecrets are the keys that sign for a webhook at a moment, the newest first.
func (d *Desk) HookSecrets(h store.Hook, now time.Time) []string {
	newest := newestKey(h)
	keys := []string{d.hookKey(h, newest)}
	if !h.Renewed.IsZero() && now.Sub(h.Renewed) < hookOverlap {
		keys = append(keys, d.hookKey(h, newest-1))
	}
	return keys
}

// newestKey is the generation that signs; where nobody has seen one, that which will be
// shown first.
func newestKey(h store.Hook) int {
	if h.Generation > 0 {
		return h.Generation
	}
	return 1 - h.Generation
}

// dropHooks forgets the webhooks that a set-up has no more, with what they were told.
func dropHooks(tx *store.Tx, before, s *agenda.Setup) error {
	if before == nil {
		return nil
	}
	for i := range before.Webhooks {
		if _, stays := s.Webhook(before.Webhooks[i].ID); stays {
			continue
		}
		if err := tx.ForgetHook(s.Tenant.ID, before.Webhooks[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// TestHook lets a webhook be told that somebody tries it. Errors besides those of
// rights: ErrLimited.
func (d *Desk) TestHook(ctx context.Context, p *agenda.Person, id string) error {
	return d.onHook(ctx, p, p.Tenant, id, "test webhook", func(tx *store.Tx, h *store.Hook, now time.Time) error {
		n, err := tx.HookTests(p.Tenant, id, now.Add(-HookTestWindow))
		if err != nil {
			return err
		}
		if n >= HookTests {
			return agenda.ErrLimited
		}
		post := newHookID()
		return tx.PostHook(store.HookPost{Tenant: p.Tenant, Hook: id, Subject: testSubject + post, Event: EventTest, ID: post, Due: now})
	})
}

// SendHookAgain lets a webhook be told something once more, under the same id. What
// still waits is tried at once. A test is not (ErrState): those have a limit.
func (d *Desk) SendHookAgain(ctx context.Context, p *agenda.Person, id, post string) error {
	return d.onHook(ctx, p, p.Tenant, id, "repeat webhook", func(tx *store.Tx, h *store.Hook, now time.Time) error {
		x, err := tx.HookPostByID(p.Tenant, id, post)
		if err != nil {
			return err
		}
		if x.Event == EventTest || x.Lease.After(now) {
			return agenda.ErrState // or somebody is at it
		}
		x.State, x.Due, x.Attempts, x.Reason = "queued", now, 0, ""
		return tx.SettleHook(x)
	})
}

// EnableHook uses a webhook again that had said it is gone, and lets it be told what it
// missed. p is who of the staff wants it; nil is the command line.
func (d *Desk) EnableHook(ctx context.Context, p *agenda.Person, tenant, id string) error {
	return d.onHook(ctx, p, tenant, id, "enable webhook", func(tx *store.Tx, h *store.Hook, now time.Time) error {
		h.Disabled = time.Time{}
		return errors.Join(tx.SaveHook(*h), tx.RequeueHook(tenant, id, HookDisabled))
	})
}

// SettleHook records what became of a post. Where the other side said that it is gone,
// the webhook is told nothing more until somebody enables it.
func (d *Desk) SettleHook(ctx context.Context, p store.HookPost, gone bool) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		err := tx.SettleHook(p)
		if errors.Is(err, agenda.ErrNotFound) {
			return nil // forgotten with its booking meanwhile
		}
		if err != nil || !gone {
			return err
		}
		h, err := tx.Hook(p.Tenant, p.Hook)
		if err != nil || !h.Disabled.IsZero() {
			return err
		}
		if h.Disabled, err = tx.Now(); err != nil {
			return err
		}
		return errors.Join(tx.SaveHook(h), tx.Log(store.Entry{Tenant: p.Tenant, Act: "webhook gone", Subject: p.Hook, Actor: ActorJob}, nil))
	})
}

// HookView is a webhook with what became of what it was told.
type HookView struct {
	store.Hook
	Failed, Waiting int // within HookLately: given up or refused; failed before and tried again
	Queued          int // all that it is still to be told
	Log             []store.HookPost
	References      map[string]string // of the bookings in the log, by their id
}

// HookLately is how far back trouble counts.
const HookLately = 7 * 24 * time.Hour

// Hooks are the webhooks of a tenant by id, without their logs.
func (d *Desk) Hooks(ctx context.Context, tenant string) (list map[string]HookView, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list = map[string]HookView{}
		s, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		for i := range s.Webhooks {
			if list[s.Webhooks[i].ID], err = viewHook(tx, tenant, s.Webhooks[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func viewHook(tx *store.Tx, tenant, id string) (v HookView, err error) {
	now, err := tx.Now()
	if err != nil {
		return v, err
	}
	if v.Hook, err = tx.Hook(tenant, id); err != nil {
		return v, err
	}
	if v.Queued, err = tx.HookQueue(tenant, id); err != nil {
		return v, err
	}
	v.Failed, v.Waiting, err = tx.HookTrouble(tenant, id, now.Add(-HookLately))
	return v, err
}

// HookLog is a webhook with up to so many of the last things that it was told, the newest
// first.
func (d *Desk) HookLog(ctx context.Context, p *agenda.Person, id string, most int) (v HookView, err error) {
	if !MayRunHooks(p) {
		return v, agenda.ErrForbidden
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(p.Tenant)
		if err != nil {
			return err
		}
		if _, ok := s.Webhook(id); !ok {
			return agenda.ErrNotFound
		}
		if v, err = viewHook(tx, p.Tenant, id); err != nil {
			return err
		}
		if v.Log, err = tx.HookLog(p.Tenant, id, most); err != nil {
			return err
		}
		v.References = map[string]string{}
		for _, x := range v.Log {
			if _, known := v.References[x.Subject]; known || x.Event == EventTest {
				continue
			}
			b, err := tx.Booking(p.Tenant, x.Subject)
			if errors.Is(err, agenda.ErrNotFound) {
				continue // verify says so
			}
			if err != nil {
				return err
			}
			v.References[x.Subject] = b.Reference
		}
		return nil
	})
	return v, err
}
