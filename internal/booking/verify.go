package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Verify checks every invariant of the data on one snapshot and lists what does not
// hold. progress, which may be nil, is called with each tenant before its turn.
func (d *Desk) Verify(ctx context.Context, progress func(tenant string)) (broken []store.Broken, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		broken = nil
		file, err := tx.CheckFile()
		if err != nil {
			return err
		}
		rows, err := tx.Check()
		if err != nil {
			return err
		}
		sealed, err := d.verifySealed(tx)
		if err != nil {
			return err
		}
		broken = slices.Concat(file, rows, sealed)
		tenants, err := tx.Tenants()
		for _, t := range tenants {
			if progress != nil {
				progress(t)
			}
			found, err := d.verifyTenant(tx, t)
			if err != nil {
				return err
			}
			broken = append(broken, found...)
		}
		return err
	})
	return broken, err
}

func (d *Desk) verifyTenant(tx *store.Tx, tenant string) (broken []store.Broken, err error) {
	s, err := tx.Setup(tenant)
	if err != nil {
		return []store.Broken{{Tenant: tenant, Subject: "set-up", What: "cannot be read: " + err.Error()}}, nil
	}
	for _, f := range s.Check() {
		broken = append(broken, store.Broken{Tenant: tenant, Subject: "set-up, " + f.Path, What: f.Message})
	}
	err = tx.EachBooking(tenant, func(b *agenda.Booking) error {
		for _, what := range d.faults(s, b) {
			broken = append(broken, store.Broken{Tenant: tenant, Subject: "booking " + b.ID, What: what})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	hooks, err := tx.KeptHooks(tenant)
	if err != nil {
		return nil, err
	}
	for _, id := range hooks {
		if _, ok := s.Webhook(id); !ok {
			broken = append(broken, store.Broken{Tenant: tenant, Subject: "webhook " + id, What: "is not in the set-up, and yet something of it is kept"})
		}
	}
	full, err := overfull(tx, s)
	return append(broken, full...), err
}

// faults says what is wrong with one booking that no query can see.
func (d *Desk) faults(s *agenda.Setup, b *agenda.Booking) (faults []string) {
	p, err := d.Private(b)
	switch {
	case errors.Is(err, seal.ErrOtherKey):
		return []string{"is sealed with another data key, which is not there: " + d.Keys.SealedBy(b.Sealed)}
	case err != nil:
		return []string{"cannot be opened: its sealed data is damaged or belongs to another booking"}
	case b.Sealed != nil && p.Manage != "" && b.ManageHash != seal.SecretHash(p.Manage):
		faults = append(faults, "is not what its manage link opens")
	case b.Sealed != nil && p.Name == "" && !p.WalkIn:
		faults = append(faults, "has no visitor's name")
	}
	// Before version 5 addresses were hashed as they are, with what mailboxes ignore.
	email, newest := d.Keys.Newest(b.EmailHash), d.Keys.Newest
	if b.EmailHash != "" && email != newest(d.mailboxHash(p.Email)) && email != newest(d.Keys.Hash("email", seal.NormaliseEmail(p.Email))) ||
		b.PhoneHash != "" && newest(b.PhoneHash) != newest(d.Keys.Hash("phone", seal.NormalisePhone(p.Phone))) {
		faults = append(faults, "is found under an address that is not its visitor's")
	}
	if _, ok := s.CalendarOf(b.Calendar); !ok {
		faults = append(faults, fmt.Sprintf("is in calendar %s, which is not there", b.Calendar))
	}
	for _, it := range b.Items {
		if _, ok := s.ServiceOf(it.Service); !ok {
			faults = append(faults, fmt.Sprintf("is for service %s, which is not there", it.Service))
		}
	}
	if agenda.DateOf(b.Start.In(s.Zone())) != b.Date {
		faults = append(faults, "is filed under another day than its own")
	}
	if b.From.Time(b.Tick).After(b.Start) || b.To.Time(b.Tick).Before(b.End) {
		faults = append(faults, "has seats for a shorter time than the visit")
	}
	return faults
}

// overfull lists the ticks still to come in which more seats are taken than there
// are. Where calendars share a pool, the largest of their totals counts.
func overfull(tx *store.Tx, s *agenda.Setup) (broken []store.Broken, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	loads, err := tx.Loads(s.Tenant.ID, now) // in the order of pool and tick
	if err != nil {
		return nil, err
	}
	var day *slots.Day
	room := 0
	for i, l := range loads {
		c, ok := s.Calendar(l.Calendar)
		if !ok {
			continue
		}
		if day == nil || day.Calendar != c || day.Date != l.Date {
			day = slots.CompileWalkIn(s, c, l.Date) // whoever just comes is served outside of bookable hours, too
		}
		room = max(room, day.Seats(l.Tick).Total)
		if i+1 < len(loads) && loads[i+1].Pool == l.Pool && loads[i+1].Tick == l.Tick {
			continue // the next one is another calendar's view of the same seats
		}
		if l.Seats > room {
			at := l.Tick.Time(c.TickMinutes).In(s.Zone()).Format("2006-01-02 15:04")
			broken = append(broken, store.Broken{Tenant: s.Tenant.ID, Subject: "calendar " + c.ID, What: fmt.Sprintf("has %d visits in %d seats at %s", l.Seats, room, at)})
		}
		room = 0
	}
	return broken, nil
}
