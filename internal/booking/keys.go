package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// How data keys are changed while everything goes on:
//
//	next     the new key stands in the database's line. Every process that has it opens
//	         with it, and says so (HoldKeys); nobody seals with it.
//	current  once all have said so (UseKey). From here on everybody seals with it, and
//	         Reseal carries row after row over, with what is found by keyed hashes.
//	done     once there is nothing left to carry over.
//	retired  the old key is forgotten (RetireKeys), an hour later at the earliest.
//
// Each step is one transaction that can be repeated, so that whoever is interrupted goes
// on where the database says. What is written at any moment can be opened by all.

const (
	// keyGrace is how long after a change of keys something may still be on its way that
	// began before: a challenge in a browser, a letter at a server.
	keyGrace = time.Hour
	// KeySilent is for how long a process counts that says nothing.
	KeySilent = time.Minute
)

// ErrKeyEarly: the last change of data keys is too recent for another step.
var ErrKeyEarly = errors.New("too early")

// CheckKey adopts what the database says of its data keys. It refuses keys among which
// that is not that the database is sealed with now (seal.ErrOtherKey); a fresh database
// remembers the newest one.
func (d *Desk) CheckKey(ctx context.Context) error {
	used, err := d.HasKey(ctx)
	if err != nil {
		return err
	}
	if !used {
		err = d.Store.Update(ctx, func(tx *store.Tx) error {
			now, err := tx.Now()
			if err != nil {
				return err
			}
			_, err = tx.AddDataKey(store.DataKey{Number: 1, Fingerprint: d.Keys.Fingerprint(), State: seal.Current, Since: now})
			return err // another process may have been faster
		})
		if err != nil {
			return err
		}
	}
	return d.AdoptKeys(ctx)
}

// HasKey reports whether the database was written with a data key before.
func (d *Desk) HasKey(ctx context.Context) (bool, error) {
	line, _, err := d.dataKeys(ctx)
	return len(line) > 0, err
}

func (d *Desk) dataKeys(ctx context.Context) (line []store.DataKey, now time.Time, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if line, err = tx.DataKeys(); err != nil {
			return err
		}
		now, err = tx.Now()
		return err
	})
	return line, now, err
}

// AdoptKeys follows what the database says of its data keys.
func (d *Desk) AdoptKeys(ctx context.Context) error {
	line, now, err := d.dataKeys(ctx)
	if err != nil {
		return err
	}
	lately := slices.ContainsFunc(line, func(k store.DataKey) bool { return !k.Done.IsZero() && now.Sub(k.Done) < keyGrace })
	if err := d.Keys.Adopt(heirs(line), lately); err != nil {
		return err
	}
	if d.Keys.Changing() || lately {
		d.Store.Carry(d.Keys.Newest)
	} else {
		d.Store.Carry(nil)
	}
	return nil
}

func heirs(line []store.DataKey) (list []seal.Heir) {
	for _, k := range line {
		list = append(list, seal.Heir{Number: k.Number, Fingerprint: k.Fingerprint, State: k.State, Done: !k.Done.IsZero(), Key: k.Key, Lookup: k.Lookup})
	}
	return list
}

// HoldKeys notes that a process runs and what it has adopted.
func (d *Desk) HoldKeys(ctx context.Context, h store.KeyHolder) error {
	h.Adopted = d.Keys.Adopted()
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		return tx.HoldKeys(h, now.Add(-time.Hour))
	})
}

// LeaveKeys notes that a process ends.
func (d *Desk) LeaveKeys(ctx context.Context, id string) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error { return tx.DropKeyHolder(id) })
}

// settledLine is the last key of a line that is current and has no work left. It fails
// with agenda.ErrState, or within an hour of the end of the work with ErrKeyEarly.
func settledLine(line []store.DataKey, now time.Time) (last store.DataKey, err error) {
	if len(line) == 0 {
		return last, agenda.ErrState
	}
	last = line[len(line)-1]
	switch {
	case last.State != seal.Current, last.Number > 1 && last.Done.IsZero():
		return last, agenda.ErrState
	case !last.Done.IsZero() && now.Sub(last.Done) < keyGrace:
		return last, fmt.Errorf("%w: the last change ended at %s; wait until %s", ErrKeyEarly, last.Done.Format(time.RFC3339), last.Done.Add(keyGrace).Format(time.RFC3339))
	}
	return last, nil
}

// MayChangeKeys refuses another change too soon after the last one: see NextKey.
func (d *Desk) MayChangeKeys(ctx context.Context) error {
	line, now, err := d.dataKeys(ctx)
	if err == nil {
		_, err = settledLine(line, now)
	}
	return err
}

// NextKey makes a key of the key file the next one of the database. One that is already
// stays so. It fails with seal.ErrOtherKey where this process does not have the key, with
// agenda.ErrConflict where its values could be mistaken for those of another one, with
// agenda.ErrState while a change goes on, and with ErrKeyEarly.
func (d *Desk) NextKey(ctx context.Context, fingerprint string) error {
	if !slices.Contains(d.Keys.Fingerprints(), fingerprint) {
		return seal.ErrOtherKey
	}
	err := d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockDataKeys(); err != nil {
			return err
		}
		line, err := tx.DataKeys()
		if err != nil {
			return err
		}
		if n := len(line); n > 0 && line[n-1].State == seal.Next && line[n-1].Fingerprint == fingerprint {
			return nil
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		last, err := settledLine(line, now)
		if err != nil {
			return err
		}
		if seal.Mistakable(fingerprint, heirs(line)) || slices.ContainsFunc(line, func(k store.DataKey) bool { return k.Fingerprint == fingerprint }) {
			return agenda.ErrConflict
		}
		_, err = tx.AddDataKey(store.DataKey{Number: last.Number + 1, Fingerprint: fingerprint, State: seal.Next})
		return err
	})
	if err != nil {
		return err
	}
	return d.AdoptKeys(ctx)
}

// UseKey makes the next key the current one, once every running process has it: else it
// names those that do not, and nothing has changed. It fails with agenda.ErrState where
// there is no next one.
func (d *Desk) UseKey(ctx context.Context) (behind []store.KeyHolder, err error) {
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		behind = nil
		if err := tx.LockDataKeys(); err != nil {
			return err
		}
		line, err := tx.DataKeys()
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		n := len(line) - 1
		if n < 0 || line[n].State != seal.Next {
			return agenda.ErrState
		}
		if behind, err = behindOf(tx, fmt.Sprintf("%d %s", line[n].Number, seal.Next), now); err != nil || len(behind) > 0 {
			return err
		}
		after, err := d.Keys.Succeed(heirs(line))
		if err != nil {
			return err
		}
		for i := range line {
			line[i].State, line[i].Key, line[i].Lookup = after[i].State, after[i].Key, after[i].Lookup
			if i == n {
				line[i].Since = now
			}
			if err := tx.SaveDataKey(line[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(behind) == 0 {
		err = d.AdoptKeys(ctx)
	}
	return behind, err
}

// behindOf lists the running processes that have not adopted something.
func behindOf(tx *store.Tx, adopted string, now time.Time) ([]store.KeyHolder, error) {
	holders, err := tx.KeyHolders(now.Add(-KeySilent))
	return slices.DeleteFunc(holders, func(h store.KeyHolder) bool { return h.Adopted == adopted }), err
}

// GiveUpNextKey takes back NextKey, as long as nobody has used the key.
func (d *Desk) GiveUpNextKey(ctx context.Context) error {
	err := d.Store.Update(ctx, func(tx *store.Tx) error {
		line, err := tx.DataKeys()
		if err != nil {
			return err
		}
		if len(line) == 0 || line[len(line)-1].State != seal.Next {
			return agenda.ErrState
		}
		return tx.DropDataKey(line[len(line)-1].Number)
	})
	if err != nil {
		return err
	}
	return d.AdoptKeys(ctx)
}

// KeyStatus is what somebody who changes keys wants to know.
type KeyStatus struct {
	Line    []store.DataKey
	Holders []store.KeyHolder // processes that run
	Left    []Left            // what is not under the current key
	Retire  error             // why old keys cannot be retired; nil: they can, or there are none
}

// Left is how many values of a kind are under an old key.
type Left struct {
	What, Under string // the key's fingerprint, or what is known of one that is missing
	Values      int
}

// Old lists the old keys that are not retired.
func (s *KeyStatus) Old() (list []string) {
	for _, k := range s.Line {
		if k.State == seal.Old {
			list = append(list, k.Fingerprint)
		}
	}
	return list
}

// KeyStatus reads it, and looks at every sealed value for it.
func (d *Desk) KeyStatus(ctx context.Context) (s KeyStatus, err error) {
	if err := d.AdoptKeys(ctx); err != nil {
		return s, err
	}
	var now time.Time
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		if s.Line, err = tx.DataKeys(); err != nil {
			return err
		}
		if now, err = tx.Now(); err != nil {
			return err
		}
		s.Holders, err = tx.KeyHolders(now.Add(-KeySilent))
		return err
	})
	if err != nil {
		return s, err
	}
	if s.Left, err = d.left(ctx); err != nil {
		return s, err
	}
	if len(s.Old()) > 0 {
		_, s.Retire = settledLine(s.Line, now)
	}
	return s, nil
}

// RetireKeys forgets the old keys, and names them; the database then opens with the
// current one alone. It fails with agenda.ErrState while something is under them, which
// KeyStatus tells, and with ErrKeyEarly.
func (d *Desk) RetireKeys(ctx context.Context) (gone []string, err error) {
	s, err := d.KeyStatus(ctx)
	switch {
	case err != nil:
		return nil, err
	case s.Retire != nil:
		return nil, s.Retire
	case len(s.Left) > 0:
		return nil, agenda.ErrState
	}
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		gone = nil
		if err := tx.LockDataKeys(); err != nil {
			return err
		}
		line, err := tx.DataKeys()
		if err != nil {
			return err
		}
		for _, k := range line {
			if k.State != seal.Old {
				continue
			}
			k.State, k.Key = seal.Retired, nil
			if err := tx.SaveDataKey(k); err != nil {
				return err
			}
			gone = append(gone, k.Fingerprint)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return gone, d.AdoptKeys(ctx)
}

// Line is the database's line of data keys.
func (d *Desk) Line(ctx context.Context) ([]store.DataKey, error) {
	line, _, err := d.dataKeys(ctx)
	return line, err
}

// InLine reports whether a line has the key with a fingerprint.
func InLine(line []store.DataKey, fingerprint string) bool {
	return slices.ContainsFunc(line, func(k store.DataKey) bool { return k.Fingerprint == fingerprint })
}

// OldKeys lists the old keys that are not retired.
func (d *Desk) OldKeys(ctx context.Context) ([]string, error) {
	line, err := d.Line(ctx)
	return (&KeyStatus{Line: line}).Old(), err
}

// FreeKey makes a data key for the key file that can be told from all others.
func (d *Desk) FreeKey(ctx context.Context) ([]byte, error) {
	line, err := d.Line(ctx)
	if err != nil {
		return nil, err
	}
	return d.Keys.Free(heirs(line))
}
