package booking

import (
	"context"
	"crypto/rand"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// CreateOwnFeed makes a feed of all that a member of staff may see, as it is whenever the
// feed is read: it needs no right to the set-up, and ends with the account. It fails with
// Invalid where they have too many, and with ErrForbidden for whoever has no account in
// the tenant.
func (d *Desk) CreateOwnFeed(ctx context.Context, p *agenda.Person, f store.Feed) (id, secret string, err error) {
	f.Tenant, f.Scope, f.Target = p.Tenant, "clerk", p.ID
	return d.createFeed(ctx, f, p.ID, func(tx *store.Tx, _ *agenda.Setup) error {
		if a, err := tx.AccountByID(p.Tenant, p.ID); err != nil || a.Disabled {
			return agenda.ErrForbidden
		}
		return fewFeeds(maxOwnFeeds)(tx.FeedsFor(p.Tenant, f.Scope, f.Target))
	})
}

// fewFeeds refuses one more feed than there may be in force.
func fewFeeds(most int) func([]store.Feed, error) error {
	return func(list []store.Feed, err error) error {
		if err == nil && len(inForce(list)) >= most {
			err = agenda.Invalid{{Field: "name", Code: "many"}}
		}
		return err
	}
}

func inForce(list []store.Feed) []store.Feed {
	return slices.DeleteFunc(list, func(f store.Feed) bool { return !f.Revoked.IsZero() })
}

// OwnFeeds lists the feeds in force that somebody made for themselves, oldest first.
func (d *Desk) OwnFeeds(ctx context.Context, p *agenda.Person) (list []store.Feed, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.FeedsFor(p.Tenant, "clerk", p.ID)
		return err
	})
	return inForce(list), err
}

// RevokeOwnFeed ends a feed that somebody made for themselves; what is not theirs is
// ErrNotFound.
func (d *Desk) RevokeOwnFeed(ctx context.Context, p *agenda.Person, id string) error {
	return d.revokeOneOf(ctx, p.Tenant, id, p.ID, func(tx *store.Tx) ([]store.Feed, error) { return tx.FeedsFor(p.Tenant, "clerk", p.ID) })
}

func (d *Desk) revokeOneOf(ctx context.Context, tenant, id, actor string, theirs func(*store.Tx) ([]store.Feed, error)) error {
	return d.revokeFeed(ctx, tenant, id, actor, func(tx *store.Tx) error {
		list, err := theirs(tx)
		if err == nil && !slices.ContainsFunc(list, func(f store.Feed) bool { return f.ID == id }) {
			err = agenda.ErrNotFound
		}
		return err
	})
}

// A visitor's feed shows the visits whose manage links its owner has shown, and no other
// of the same e-mail address: a manage link may be in other hands than the mailbox, of
// somebody who booked for another person or to whom a letter was passed on, and is to
// open nothing but its own visit.

// CreateVisitFeed makes a feed of the visit that a manage secret opens, reminding so many
// minutes before. It fails with ErrNotFound, with ErrState where the visit does not take
// place, and with Invalid where there are too many.
func (d *Desk) CreateVisitFeed(ctx context.Context, tenant, manage, language string, alarm int) (secret string, err error) {
	b, err := d.bySecret(ctx, tenant, manage, store.ForManage)
	if err != nil {
		return "", err
	}
	if !b.Status.Live() {
		return "", agenda.ErrState
	}
	f := store.Feed{Tenant: tenant, Scope: "visits", Detail: "service", Language: language, Alarm: alarm}
	f.ID = rand.Text()
	_, secret, err = d.createFeed(ctx, f, ActorVisitor, func(tx *store.Tx, _ *agenda.Setup) error {
		if err := fewFeeds(maxVisitFeeds)(tx.FeedsOfVisit(tenant, b.ID)); err != nil {
			return err
		}
		now, err := tx.Booking(tenant, b.ID)
		if err != nil || !now.Status.Live() {
			return agenda.ErrState // cancelled or forgotten meanwhile
		}
		return tx.AddFeedVisit(tenant, f.ID, b.ID)
	})
	return secret, err
}

// AddToVisitFeed shows the visit that a manage secret opens in a feed whose own secret is
// known. It fails with ErrNotFound where one of them opens nothing here.
func (d *Desk) AddToVisitFeed(ctx context.Context, tenant, manage, feed string) error {
	b, err := d.bySecret(ctx, tenant, manage, store.ForManage)
	if err != nil {
		return err
	}
	hash := seal.SecretHash(feed)
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		f, err := tx.FeedByHash(hash)
		if err != nil {
			return err
		}
		if f.Tenant != tenant || f.Scope != "visits" {
			return agenda.ErrNotFound
		}
		shown, err := tx.FeedVisits(tenant, f.ID)
		if err != nil {
			return err
		}
		if len(shown) >= maxFeedVisits {
			return agenda.Invalid{{Field: "feed", Code: "many"}}
		}
		if now, err := tx.Booking(tenant, b.ID); err != nil || !now.Status.Live() {
			return agenda.ErrState
		}
		if err := tx.AddFeedVisit(tenant, f.ID, b.ID); err != nil {
			return err
		}
		return logFeed(tx, tenant, f.ID, "extend feed", ActorVisitor)
	})
}

// VisitFeeds lists the feeds in force that show the visit that a manage secret opens.
func (d *Desk) VisitFeeds(ctx context.Context, tenant, manage string) (list []store.Feed, err error) {
	b, err := d.bySecret(ctx, tenant, manage, store.ForManage)
	if err != nil {
		return nil, err
	}
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.FeedsOfVisit(tenant, b.ID)
		return err
	})
	return inForce(list), err
}

// RevokeVisitFeed ends a feed that shows the visit that a manage secret opens; another
// one is ErrNotFound.
func (d *Desk) RevokeVisitFeed(ctx context.Context, tenant, manage, id string) error {
	b, err := d.bySecret(ctx, tenant, manage, store.ForManage)
	if err != nil {
		return err
	}
	return d.revokeOneOf(ctx, tenant, id, ActorVisitor, func(tx *store.Tx) ([]store.Feed, error) { return tx.FeedsOfVisit(tenant, b.ID) })
}
