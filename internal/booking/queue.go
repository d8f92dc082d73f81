package booking

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// bulk tells the letters that go out to many, and those that only the office reads, from
// those that somebody sits and waits for.
func bulk(kind string) bool {
	return kind == KindDailyList || strings.HasPrefix(kind, KindReminder) || strings.HasPrefix(kind, "incident-") || strings.HasPrefix(kind, "staff-")
}

// QueuedLetters says what would be sent if all letters that wait went now: those of a
// tenant, or, "", of all. It looks at every one of them. What webhooks are to be told, and
// so the messages to phones, is among it, by event: a pause holds it back, too.
func (d *Desk) QueuedLetters(ctx context.Context, tenant string) (q Queue, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		q = Queue{}
		if q.At, err = tx.Now(); err != nil {
			return err
		}
		if q.Pauses, err = pausesOf(tx, tenant); err != nil {
			return err
		}
		var waiting []store.Posting
		if err = tx.EachQueued(tenant, func(p store.Posting) { waiting = append(waiting, p) }); err != nil {
			return err
		}
		for _, p := range waiting {
			if err := countQueued(tx, &q, p); err != nil {
				return err
			}
		}
		return queuedHooks(tx, tenant, &q)
	})
	slices.SortFunc(q.Kinds, func(a, b QueuedKind) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Kind, b.Kind))
	})
	return q, err
}

func queuedHooks(tx *store.Tx, tenant string, q *Queue) error {
	p, _ := restoredAmong(q.Pauses)
	return tx.QueuedHooks(tenant, q.At, p.Copied, p.Since, func(of, event string, waiting, later, again int, first time.Time) {
		k := QueuedKind{Tenant: of, Kind: event, Waiting: waiting, Later: later, Again: again}
		if !first.After(q.At) {
			k.Oldest = first
		}
		q.Kinds = append(q.Kinds, k)
	})
}

// PutRightLetters lets letters go that wait for a time that the clock had when it ran
// ahead: nobody is at a letter for longer than longest, and none is put off for longer than
// patience. Else they would wait for as long as the clock had been wrong.
func (d *Desk) PutRightLetters(ctx context.Context, longest, patience time.Duration) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutRight(longest, patience) })
}

func countQueued(tx *store.Tx, q *Queue, p store.Posting) error {
	kind := kindOf(p.Kind)
	i := slices.IndexFunc(q.Kinds, func(k QueuedKind) bool { return k.Tenant == p.Tenant && k.Kind == kind })
	if i < 0 {
		i = len(q.Kinds)
		q.Kinds = append(q.Kinds, QueuedKind{Tenant: p.Tenant, Kind: kind})
	}
	k := &q.Kinds[i]
	k.Waiting++
	if p.Due.After(q.At) {
		k.Later++
	} else if k.Oldest.IsZero() || p.Due.Before(k.Oldest) {
		k.Oldest = p.Due
	}
	stale, moment, err := overtaken(tx, p, q.At)
	if err != nil {
		return err
	}
	restored, ok := restoredAmong(q.Pauses)
	switch {
	case stale:
		k.Stale++
	case ok && sentSince(p, moment, restored):
		k.Again++
	}
	return nil
}

// kindOf is the kind of a letter without the particulars that some kinds have.
func kindOf(kind string) string {
	if strings.HasPrefix(kind, KindReminder) {
		return strings.TrimSuffix(KindReminder, "-")
	}
	kind, _, _ = strings.Cut(kind, "/")
	return kind
}

// sentSince reports whether a letter was most likely sent between a backup and the
// moment when its copy was put in the place of the database: it waited when the backup
// was made, or the clock has caused it, not an act, and did so then. It cannot know whether
// the original was well all that time, and sent.
func sentSince(p store.Posting, moment time.Time, restored store.Pause) bool {
	if !p.Created.After(restored.Copied) {
		return !p.Due.After(restored.Since)
	}
	return !moment.IsZero() && !moment.After(restored.Since)
}

// overtaken reports whether a letter would be dropped instead of sent, and for those
// that the clock causes their moment; of letters about no visit it only knows lists.
func overtaken(tx *store.Tx, p store.Posting, now time.Time) (stale bool, moment time.Time, err error) {
	s, err := tx.Setup(p.Tenant)
	if err != nil {
		return false, moment, err
	}
	if p.Kind == KindDailyList {
		id, day, _ := strings.Cut(p.Subject, "/")
		date, err := agenda.ParseDate(day)
		c, ok := s.Calendar(id)
		if err != nil || !ok {
			return true, moment, nil
		}
		moment, wanted := listTime(c, date, s.Zone())
		return !wanted || date < agenda.DateOf(now.In(s.Zone())), moment, nil
	}
	if strings.Contains(p.Subject, "/") {
		return false, moment, nil
	}
	b, err := tx.Booking(p.Tenant, p.Subject)
	if errors.Is(err, agenda.ErrNotFound) {
		return true, moment, nil
	}
	if err != nil {
		return false, moment, err
	}
	if name, ok := strings.CutPrefix(p.Kind, KindReminder); ok {
		for _, rung := range ladder(s, b) {
			if rung.Name == name {
				moment = rung.At
			}
		}
	}
	if p.Kind == KindAddressRequest || p.Kind == KindAddressChanged {
		return b.Sealed == nil, moment, nil
	}
	all, err := tx.Postings(p.Tenant, p.Subject)
	if err != nil {
		return false, moment, err
	}
	_, due := StillDue(p, b, NewestNews(p, all), now, s)
	return !due || b.Sealed == nil, moment, nil
}

// NewestNews is the version of the newest letter, other than p, that tells a visitor how
// a booking stands; all are the letters about it.
func NewestNews(p store.Posting, all []store.Posting) (version int) {
	for _, other := range all {
		if (other.Kind != p.Kind || other.Version != p.Version) && other.Reason != TakenBack && IsNews(other.Kind) {
			version = max(version, other.Version)
		}
	}
	return version
}

// IsNews tells the visitor's letters about a change from reminders and the office's.
func IsNews(kind string) bool {
	switch kind {
	case KindDailyList, KindAddressRequest, KindAddressChanged, KindProposal:
		return false
	}
	return !strings.HasPrefix(kind, KindReminder) && !strings.HasPrefix(kind, "staff-")
}
