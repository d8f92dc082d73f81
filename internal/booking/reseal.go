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

// resealAtOnce is how many rows one transaction looks at: few, so that nobody who books
// waits for it.
const resealAtOnce = 200

// sealedTo is what values of a place are bound to, beside its columns.
func sealedTo(p store.SealedPlace, columns []string) []string {
	words := map[string]string{"bookings": "booking", "incidents": "incident", "proposals": "proposal", "invitations": "invitation", "second factors": "totp",
		"second factors begun": "totp", "codes": "proof code", "new addresses": "new address", "reports": "barrier", "answers of servers": "letter"}
	return append([]string{words[p.Name]}, columns...)
}

// Reseal carries what is under old keys over to the current one, and says how many values
// that were. A pass that has found nothing, when all processes have followed, ends the
// change: done. It can be interrupted at any moment, and done by several at once.
func (d *Desk) Reseal(ctx context.Context) (values int, done bool, err error) {
	if err := d.AdoptKeys(ctx); err != nil {
		return 0, false, err
	}
	line, _, err := d.dataKeys(ctx)
	if err != nil || len(line) < 2 || line[len(line)-1].State != seal.Current {
		return 0, false, err
	}
	passes := []func(context.Context) (int, error){d.resealRows, d.rehashRows, d.resealSetups}
	for _, pass := range passes {
		n, err := pass(ctx)
		values += n
		if err != nil {
			return values, false, err
		}
	}
	if values > 0 {
		return values, false, nil
	}
	done, err = d.endKeyChange(ctx)
	return 0, done, err
}

// endKeyChange notes that nothing is left, once all processes write under the new key.
func (d *Desk) endKeyChange(ctx context.Context) (done bool, err error) {
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		done = false
		if err := tx.LockDataKeys(); err != nil {
			return err
		}
		line, err := tx.DataKeys()
		if err != nil {
			return err
		}
		last := line[len(line)-1]
		if done = !last.Done.IsZero(); done || last.State != seal.Current {
			return nil
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		behind, err := behindOf(tx, fmt.Sprintf("%d %s", last.Number, seal.Current), now)
		if err != nil || len(behind) > 0 {
			return err
		}
		last.Done, done = now, true
		return tx.SaveDataKey(last)
	})
	if err == nil && done {
		err = d.AdoptKeys(ctx)
	}
	return done, err
}

// resealed is a value in its old and in its new form.
type resealed struct {
	row store.SealedRow
	now []byte
}

// resealRows seals what is under old keys anew.
func (d *Desk) resealRows(ctx context.Context) (values int, err error) {
	for _, p := range store.SealedPlaces() {
		err := d.eachSealed(ctx, p, func(rows []store.SealedRow) error {
			var list []resealed
			for _, r := range rows {
				if !d.Keys.Stale(r.Sealed) {
					continue
				}
				to := sealedTo(p, r.Bind)
				plain, err := d.Keys.Open(r.Sealed, to...)
				if err != nil {
					continue // verify names it
				}
				list = append(list, resealed{r, d.Keys.Seal(plain, to...)})
			}
			if len(list) == 0 {
				return nil
			}
			values += len(list)
			return d.Store.Update(ctx, func(tx *store.Tx) error {
				for _, v := range list {
					if err := tx.Reseal(p, v.row, v.now); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return values, err
		}
	}
	return values, nil
}

// eachSealed gives all sealed values of a place to a function, some at a time.
func (d *Desk) eachSealed(ctx context.Context, p store.SealedPlace, f func([]store.SealedRow) error) error {
	var last *store.SealedRow
	for {
		var rows []store.SealedRow
		err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
			rows, err = tx.SealedAfter(p, last, resealAtOnce)
			return err
		})
		if err == nil && len(rows) > 0 {
			err = f(rows)
		}
		if err != nil || len(rows) < resealAtOnce {
			return err
		}
		last = &rows[len(rows)-1]
	}
}

// rehashRows carries keyed hashes over.
func (d *Desk) rehashRows(ctx context.Context) (values int, err error) {
	for _, p := range store.HashedPlaces() {
		err := d.eachHashed(ctx, p, func(rows []store.HashedRow) error {
			stale := slices.DeleteFunc(rows, func(r store.HashedRow) bool { return d.Keys.Newest(r.Hash) == r.Hash })
			values += len(stale)
			if len(stale) == 0 {
				return nil
			}
			return d.Store.Update(ctx, func(tx *store.Tx) error {
				for _, r := range stale {
					if err := tx.Rehash(p, r); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return values, err
		}
	}
	n, err := d.rehashLetters(ctx)
	return values + n, err
}

func (d *Desk) eachHashed(ctx context.Context, p store.HashedPlace, f func([]store.HashedRow) error) error {
	var last *store.HashedRow
	for {
		var rows []store.HashedRow
		err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
			rows, err = tx.HashedAfter(p, last, resealAtOnce)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		end := rows[len(rows)-1]
		full := len(rows) == resealAtOnce
		if err := f(rows); err != nil || !full {
			return err
		}
		last = &end
	}
}

// rehashLetters carries the letters over that are named by an address's hash.
func (d *Desk) rehashLetters(ctx context.Context) (values int, err error) {
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		hashes, err := tx.LinkHashes()
		if err != nil {
			return err
		}
		values = 0
		for _, h := range hashes {
			if d.Keys.Newest(h) == h {
				continue
			}
			values++
			if _, err := tx.Hash(h); err != nil {
				return err
			}
		}
		return nil
	})
	return values, err
}

// resealSetups seals the addresses of calendars elsewhere anew, in the set-ups in force,
// which get another revision by it, and in those that are kept.
func (d *Desk) resealSetups(ctx context.Context) (values int, err error) {
	tenants, err := d.Tenants(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range tenants {
		n := d.staleBusy(s)
		if n > 0 {
			again := *s
			again.Calendars = slices.Clone(s.Calendars)
			_, err := d.Apply(ctx, &again, ApplyOptions{Actor: ActorJob, Strand: true})
			if err != nil && !errors.Is(err, ErrRevision) { // somebody was faster: in the next pass
				return values, err
			}
		}
		values += n
		err := d.Store.Update(ctx, func(tx *store.Tx) error {
			return tx.EachRevision(s.Tenant.ID, func(kept *agenda.Setup) (bool, error) {
				stale := d.staleBusy(kept)
				if stale == 0 {
					return false, nil
				}
				values += stale
				return true, d.SealBusy(nil, kept)
			})
		})
		if err != nil {
			return values, err
		}
	}
	return values, nil
}

// staleBusy counts addresses under an old key.
func (d *Desk) staleBusy(s *agenda.Setup) (n int) {
	for _, b := range busySources(s) {
		if sealed, err := sealedBusy(&b); err == nil && d.Keys.Stale(sealed) {
			n++
		}
	}
	return n
}

// left counts what is under old keys, by kind and key.
func (d *Desk) left(ctx context.Context) (list []Left, err error) {
	add := func(what, under string) {
		for i := range list {
			if list[i].What == what && list[i].Under == under {
				list[i].Values++
				return
			}
		}
		list = append(list, Left{what, under, 1})
	}
	for _, p := range store.SealedPlaces() {
		err := d.eachSealed(ctx, p, func(rows []store.SealedRow) error {
			for _, r := range rows {
				if d.Keys.Stale(r.Sealed) {
					add(p.Name, d.Keys.SealedBy(r.Sealed))
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, p := range store.HashedPlaces() {
		err := d.eachHashed(ctx, p, func(rows []store.HashedRow) error {
			for _, r := range rows {
				if d.Keys.Newest(r.Hash) != r.Hash {
					add("hashes of "+p.Name, "an old key")
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, d.leftInSetups(ctx, add)
}

func (d *Desk) leftInSetups(ctx context.Context, add func(what, under string)) error {
	return d.Store.View(ctx, func(tx *store.Tx) error {
		tenants, err := tx.Tenants()
		if err != nil {
			return err
		}
		look := func(what string, s *agenda.Setup) {
			for _, b := range busySources(s) {
				if sealed, err := sealedBusy(&b); err == nil && d.Keys.Stale(sealed) {
					add(what, d.Keys.SealedBy(sealed))
				}
			}
		}
		for _, t := range tenants {
			s, err := tx.Setup(t)
			if err != nil {
				return err
			}
			look("addresses of calendars", s)
			err = tx.EachRevision(t, func(kept *agenda.Setup) (bool, error) {
				look("addresses of calendars in former set-ups", kept)
				return false, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ResealEvery is how often somebody looks whether something has come under an old key
// after all, as long as there is one.
const ResealEvery = time.Hour

// verifySealed lists sealed values, besides those of bookings, that do not open.
func (d *Desk) verifySealed(tx *store.Tx) (broken []store.Broken, err error) {
	for _, p := range store.SealedPlaces()[1:] {
		var last *store.SealedRow
		for {
			rows, err := tx.SealedAfter(p, last, resealAtOnce)
			if err != nil {
				return nil, err
			}
			for i, r := range rows {
				last = &rows[i]
				switch _, err := d.Keys.Open(r.Sealed, sealedTo(p, r.Bind)...); {
				case errors.Is(err, seal.ErrOtherKey):
					broken = append(broken, store.Broken{Subject: p.Name, What: "one is sealed with a data key that is not there: " + d.Keys.SealedBy(r.Sealed)})
				case err != nil:
					broken = append(broken, store.Broken{Subject: p.Name, What: fmt.Sprintf("one cannot be opened: its sealed data is damaged or belongs elsewhere (%q)", r.Bind)})
				}
			}
			if len(rows) < resealAtOnce {
				break
			}
		}
	}
	return broken, nil
}
