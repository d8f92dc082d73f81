package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Calls lists the visits of an incident whose visitors have to be called: there is no
// address, letters are not wanted, or the letter could not be delivered.
func (d *Desk) Calls(ctx context.Context, p *agenda.Person, id string) (n *agenda.Incident, list []*Affected, err error) {
	n, all, err := d.Incident(ctx, p, id)
	if err != nil {
		return nil, nil, err
	}
	undelivered := map[string]bool{}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		for _, a := range all {
			letters, err := tx.Postings(n.Tenant, a.Item.Booking)
			if err != nil {
				return err
			}
			undelivered[a.Item.Booking] = a.Item.Letter > 0 && slices.ContainsFunc(letters, func(l store.Posting) bool {
				return l.Version == a.Item.Letter && l.State == "failed"
			})
		}
		return nil
	})
	for _, a := range all {
		if a.Item.State == agenda.ItemDone && (a.Item.Call || undelivered[a.Item.Booking]) {
			list = append(list, a)
		}
	}
	return n, list, err
}

// Call notes that a visitor of an incident has been called, or that they have not.
func (d *Desk) Call(ctx context.Context, p *agenda.Person, id, booking string, called bool) error {
	return insist(func() error {
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			if err := tx.LockSetup(p.Tenant); err != nil { // keeps out what else writes about a visit that is done
				return err
			}
			if _, err := d.incident(tx, p, id); err != nil {
				return err
			}
			it, err := tx.Item(p.Tenant, id, booking)
			if err != nil {
				return err
			}
			if it.State != agenda.ItemDone {
				return agenda.ErrState
			}
			if it.Called.IsZero() != called {
				return nil // it is noted already
			}
			it.Called, it.CalledBy = time.Time{}, ""
			act := "not called"
			if called {
				now, err := tx.Now()
				if err != nil {
					return err
				}
				act, it.Called, it.CalledBy = "called", now, p.ID
			}
			return errors.Join(tx.SaveItem(it, it.State), tx.Log(store.Entry{Tenant: p.Tenant, Act: act, Subject: booking, Actor: p.ID}, map[string]any{"incident": id}))
		})
	})
}
