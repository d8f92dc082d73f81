package booking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// The acts that hold letters back and let them go, and what they are about.
const (
	actPause      = "pause letters"
	actResume     = "resume letters"
	subjectMail   = "letters"
	longestReason = 200
)

// RestoredReason is why the letters of a restored backup wait.
const RestoredReason = "restored from a backup"

// PauseLetters holds all letters of a tenant back, or, with tenant "", those of the
// whole installation, from the next one on, in every process. Nothing is lost: bookings
// go on, and their letters wait in the outbox. by is who of the staff wants it, with the
// right to change the set-up of the whole tenant; nil is the administrator at the
// command line. why is for colleagues, and goes into the journal. A pause that is there
// already stays as it is.
func (d *Desk) PauseLetters(ctx context.Context, by *agenda.Person, tenant, why string) error {
	why = strings.TrimSpace(why)
	if why == "" {
		return agenda.Invalid{{Field: "why", Code: "required"}}
	}
	if utf8.RuneCountInString(why) > longestReason {
		return agenda.Invalid{{Field: "why", Code: "long"}}
	}
	who, err := mayPause(by, tenant)
	if err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := knownTenant(tx, tenant); err != nil {
			return err
		}
		return pauseMail(tx, store.Pause{Tenant: tenant, Actor: who, Reason: why})
	})
}

func pauseMail(tx *store.Tx, p store.Pause) (err error) {
	if p.Since, err = tx.Now(); err != nil {
		return err
	}
	done, err := tx.PauseMail(p)
	if err != nil || !done {
		return err
	}
	return logMail(tx, p.Tenant, actPause, p.Actor, map[string]any{"why": p.Reason})
}

// ResumeLetters lets the letters go that PauseLetters held back, as many at once as the
// mail server's limits allow; what the visits have overtaken meanwhile is dropped. Where
// nothing is held back it is agenda.ErrNotFound. A tenant whose own pause ends still
// waits as long as that of the installation lasts.
func (d *Desk) ResumeLetters(ctx context.Context, by *agenda.Person, tenant string) error {
	who, err := mayPause(by, tenant)
	if err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.ResumeMail(tenant); err != nil {
			return err
		}
		return logMail(tx, tenant, actResume, who, nil)
	})
}

// SentBefore is why a letter is dropped that the database which a backup was restored
// for had most likely sent. It may be wrong: staff can have such a letter sent again.
const SentBefore = "sent before the restore"

// ResumeWithoutSent is ResumeLetters, and in the same transaction drops what QueuedLetters
// counts as Again, what webhooks and phones are to be told included, and says how much.
// Where no backup is known to have been restored it is agenda.ErrState, and nothing is done.
func (d *Desk) ResumeWithoutSent(ctx context.Context, by *agenda.Person, tenant string) (dropped int, err error) {
	who, err := mayPause(by, tenant)
	if err != nil {
		return 0, err
	}
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		pauses, err := pausesOf(tx, tenant)
		if err != nil {
			return err
		}
		if err := tx.ResumeMail(tenant); err != nil {
			return err // whoever resumed a moment ago may have sent them
		}
		restored, ok := restoredAmong(pauses)
		if !ok {
			return agenda.ErrState
		}
		of, err := dropSent(tx, tenant, restored)
		if err != nil {
			return err
		}
		concerned, err := concernedBy(tx, tenant)
		dropped = 0
		for _, t := range concerned {
			dropped += of[t]
			err = errors.Join(err, tx.Log(store.Entry{Tenant: t, Act: actResume, Subject: subjectMail, Actor: who}, map[string]any{"dropped": of[t]}))
		}
		return err
	})
	return dropped, err
}

// dropSent drops what was most likely sent, and counts it by tenant.
func dropSent(tx *store.Tx, tenant string, restored store.Pause) (of map[string]int, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	var waiting []store.Posting
	if err = tx.EachQueued(tenant, func(p store.Posting) { waiting = append(waiting, p) }); err != nil {
		return nil, err
	}
	waiting = slices.DeleteFunc(waiting, func(p store.Posting) bool {
		stale, moment, failed := overtaken(tx, p, now)
		err = errors.Join(err, failed)
		return stale || !sentSince(p, moment, restored)
	})
	of = map[string]int{}
	for _, p := range waiting { // after all were looked at: what becomes of one says something about others
		of[p.Tenant]++
		p.State, p.Reason = "dropped", SentBefore
		err = errors.Join(err, settleLetter(tx, p))
	}
	if err != nil {
		return nil, err
	}
	concerned, err := concernedBy(tx, tenant)
	for _, t := range concerned {
		n, failed := tx.DropHooks(t, restored, SentBefore)
		of[t] += n
		err = errors.Join(err, failed)
	}
	return of, err
}

// restoredAmong is the pause that began when a backup was restored.
func restoredAmong(pauses []store.Pause) (p store.Pause, ok bool) {
	i := slices.IndexFunc(pauses, func(x store.Pause) bool { return !x.Copied.IsZero() })
	if i < 0 {
		return p, false
	}
	return pauses[i], true
}

// PausedLetters lists the pauses that hold letters of a tenant back, "" for all there
// are: that of the installation first.
func (d *Desk) PausedLetters(ctx context.Context, tenant string) (list []store.Pause, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = pausesOf(tx, tenant)
		return err
	})
	return list, err
}

func pausesOf(tx *store.Tx, tenant string) (list []store.Pause, err error) {
	all, err := tx.Pauses()
	for _, p := range all {
		if tenant == "" || p.Tenant == "" || p.Tenant == tenant {
			list = append(list, p)
		}
	}
	return list, err
}

// PauseRestored holds all letters back where the database is the copy that a backup
// made, once: much of what waits there has been sent since the backup. What opened the
// back office then opens it no more: sessions that have been ended since, and links that
// somebody has set a password by, would be good again. It gives the pause, if it began one.
func (d *Desk) PauseRestored(ctx context.Context) (begun *store.Pause, err error) {
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		begun = nil
		copied, err := tx.Copied()
		if err != nil || copied.IsZero() {
			return err
		}
		p := store.Pause{Actor: ActorJob, Reason: RestoredReason, Copied: copied}
		if err := tx.ResumeMail(""); err != nil && !errors.Is(err, agenda.ErrNotFound) {
			return err // a pause from before the backup does not know about it
		}
		if err := errors.Join(pauseMail(tx, p), tx.EndSignIns(), tx.ForgetCopied()); err != nil {
			return err
		}
		begun = &p
		return nil
	})
	return begun, err
}

// mayPause is who acts, for the journal.
func mayPause(by *agenda.Person, tenant string) (who string, err error) {
	switch {
	case by == nil:
		return ActorCLI, nil
	case tenant == "" || by.Tenant != tenant:
		return "", agenda.ErrNotFound
	case !by.MayEverywhere(agenda.ChangeSetup):
		return "", agenda.ErrForbidden
	}
	return by.ID, nil
}

func knownTenant(tx *store.Tx, tenant string) error {
	if tenant == "" {
		return nil
	}
	_, err := tx.Setup(tenant)
	return err
}

// logMail writes what concerns a tenant into its journal, and what concerns the
// installation into everybody's.
func logMail(tx *store.Tx, tenant, act, actor string, detail map[string]any) error {
	concerned, err := concernedBy(tx, tenant)
	for _, t := range concerned {
		err = errors.Join(err, tx.Log(store.Entry{Tenant: t, Act: act, Subject: subjectMail, Actor: actor}, detail))
	}
	return err
}

// concernedBy are the tenants that a pause is about.
func concernedBy(tx *store.Tx, tenant string) ([]string, error) {
	if tenant == "" {
		return tx.Tenants()
	}
	return []string{tenant}, nil
}

// Queue is what waits to be sent, of one tenant or of all.
type Queue struct {
	At     time.Time
	Pauses []store.Pause
	Kinds  []QueuedKind // by tenant and kind
}

// QueuedKind counts the letters of one kind that wait, or what webhooks are to be told of
// one kind of event.
type QueuedKind struct {
	Tenant, Kind string    // of letters or an agenda.Event
	Waiting      int       // all there are, Later included
	Later        int       // that are not due yet, for they wait anyway
	Stale        int       // that would be dropped, as the visit has overtaken them
	Again        int       // that were most likely sent after the backup was made that this database was restored from
	Oldest       time.Time // since when the one that has waited longest is due
}
