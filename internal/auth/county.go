package auth

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

const (
	// CountyDays is for how long a town can open its bookings to the county at most.
	CountyDays = 90
	// CountyLook is how long a look at them lasts, until it is to be taken again.
	CountyLook = time.Hour
)

// elsewhere turns somebody from the county to the tenant that they look at. There they
// are the county and nothing else: their other roles end at their own tenant.
func (a *Accounts) elsewhere(ctx context.Context, who Signed, s store.Session) (Signed, error) {
	if s.Looks == "" || !who.MayEverywhere(agenda.ManageTenants) {
		return who, nil
	}
	town, err := a.Store.Present(ctx, s.Looks)
	if errors.Is(err, agenda.ErrNotFound) {
		return who, nil
	}
	if err != nil {
		return who, err
	}
	p := &agenda.Person{Tenant: s.Looks, ID: who.ID, Name: who.Name, Role: agenda.County}
	if town.Now.Before(s.Opened) {
		access, err := a.CountyAccess(ctx, s.Looks)
		if err != nil {
			return who, err
		}
		if access.Open {
			who.Opened = s.Opened
			p.Grants = []agenda.Grant{{Role: agenda.Onlooker, To: access.To}}
		}
	}
	who.Person = p
	return who, nil
}

// CountyAccess is whether a town lets the county look at its bookings.
type CountyAccess struct {
	Open  bool
	To    agenda.Date // the last day
	By    string      // id of who opened them; empty: nobody ever did
	Since time.Time
}

// CountyAccess tells whether a town lets the county look at its bookings.
func (a *Accounts) CountyAccess(ctx context.Context, town string) (c CountyAccess, err error) {
	err = a.Store.View(ctx, func(tx *store.Tx) (err error) {
		c, err = countyAccess(tx, town)
		return err
	})
	return c, err
}

func countyAccess(tx *store.Tx, town string) (c CountyAccess, err error) {
	today, err := todayIn(tx, town)
	if err != nil {
		return c, err
	}
	stored, err := tx.CountyAccess(town)
	if errors.Is(err, agenda.ErrNotFound) {
		return c, nil
	}
	return CountyAccess{Open: today <= stored.To, To: stored.To, By: stored.Person, Since: stored.Created}, err
}

func todayIn(tx *store.Tx, tenant string) (agenda.Date, error) {
	setup, err := tx.Setup(tenant)
	if err != nil {
		return 0, err
	}
	now, err := tx.Now()
	return agenda.DateOf(now.In(setup.Zone())), err
}

// OpenToCounty lets the county look at the bookings of by's tenant, until a day, that day
// included. It fails with agenda.Invalid (to: past, too_late).
func (a *Accounts) OpenToCounty(ctx context.Context, by *agenda.Person, to agenda.Date) error {
	return a.forTown(ctx, by, func(tx *store.Tx, today agenda.Date) error {
		switch {
		case to < today:
			return agenda.Invalid{{Field: "to", Code: "past"}}
		case to > today+CountyDays:
			return agenda.Invalid{{Field: "to", Code: "too_late"}}
		}
		if err := tx.GrantCounty(by.Tenant, store.CountyAccess{To: to, Person: by.ID}); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: by.Tenant, Act: "county.open", Subject: by.Tenant, Actor: by.ID}, map[string]any{"to": to.String()})
	})
}

// CloseToCounty ends that, at once. Where they are not open it is agenda.ErrNotFound.
func (a *Accounts) CloseToCounty(ctx context.Context, by *agenda.Person) error {
	return a.forTown(ctx, by, func(tx *store.Tx, _ agenda.Date) error {
		if err := tx.EndCounty(by.Tenant); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: by.Tenant, Act: "county.close", Subject: by.Tenant, Actor: by.ID}, nil)
	})
}

func (a *Accounts) forTown(ctx context.Context, by *agenda.Person, change func(*store.Tx, agenda.Date) error) error {
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockPeople(by.Tenant); err != nil {
			return err
		}
		today, err := todayIn(tx, by.Tenant)
		if err != nil {
			return err
		}
		p, err := asNow(tx, by, today)
		if err != nil {
			return err
		}
		if !p.MayEverywhere(agenda.OpenToCounty) {
			return agenda.ErrForbidden
		}
		return change(tx, today)
	})
}

// LookAt turns the session of somebody from the county to another tenant; their own:
// back. A tenant that does not exist is agenda.ErrNotFound.
func (a *Accounts) LookAt(ctx context.Context, secret, tenant string) error {
	return a.fromCounty(ctx, secret, func(tx *store.Tx, hash string, s store.Signed) error {
		if _, err := tx.Setup(tenant); err != nil {
			return err
		}
		to := tenant
		if to == s.Tenant {
			to = ""
		}
		if err := tx.LookElsewhere(hash, to, time.Time{}); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: tenant, Act: "county.visit", Subject: tenant, Actor: s.ID}, map[string]any{"from": s.Tenant})
	})
}

// LookIn opens the bookings of the tenant that somebody from the county looks at, to
// their session, for CountyLook. The town reads in its journal that they were seen.
// Without the town's leave it fails with agenda.ErrForbidden, at their own tenant with
// agenda.ErrState.
func (a *Accounts) LookIn(ctx context.Context, secret string) error {
	return a.fromCounty(ctx, secret, func(tx *store.Tx, hash string, s store.Signed) error {
		town := s.Session.Looks
		if town == "" {
			return agenda.ErrState
		}
		access, err := countyAccess(tx, town)
		if err != nil {
			return err
		}
		if !access.Open {
			return agenda.ErrForbidden
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if err := tx.LookElsewhere(hash, town, now.Add(CountyLook)); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: town, Act: "county.seen", Subject: town, Actor: s.ID}, map[string]any{"from": s.Tenant, "until": now.Add(CountyLook)})
	})
}

func (a *Accounts) fromCounty(ctx context.Context, secret string, change func(*store.Tx, string, store.Signed) error) error {
	hash := seal.SecretHash(secret)
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(hash)
		if err != nil {
			return err
		}
		today, err := todayIn(tx, s.Tenant)
		if err != nil {
			return err
		}
		p, err := asNow(tx, &s.Person, today)
		if err != nil {
			return err
		}
		if s.Session.Waits || !p.MayEverywhere(agenda.ManageTenants) {
			return agenda.ErrForbidden
		}
		return change(tx, hash, s)
	})
}
