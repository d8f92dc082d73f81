package booking

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// FeedDays is how many days back a feed shows visits, and how long after a
// cancellation it shows that.
const FeedDays = 30

// feedUsed is how exactly the last use of a feed is known.
const feedUsed = time.Hour

// CreateFeed makes an address under which staff subscribe to bookings, and gives
// its secret, once. It fails with Invalid for a scope, target or detail that there
// is not.
func (d *Desk) CreateFeed(ctx context.Context, f store.Feed, actor string) (id, secret string, err error) {
	return d.createFeed(ctx, f, actor, func(*agenda.Setup) error { return nil })
}

// CreateFeedBy is CreateFeed for a member of staff. It fails with ErrForbidden for what
// MayFeed denies.
func (d *Desk) CreateFeedBy(ctx context.Context, p *agenda.Person, f store.Feed) (id, secret string, err error) {
	f.Tenant = p.Tenant
	return d.createFeed(ctx, f, p.ID, func(s *agenda.Setup) error {
		if !MayFeed(p, s, f) {
			return agenda.ErrForbidden
		}
		return nil
	})
}

// MayFeed reports whether a person may make a feed: they change the set-up of all
// that it covers and see its bookings there; where it shows who comes, they may know.
// All that for good: a feed has no end.
func MayFeed(p *agenda.Person, s *agenda.Setup, f store.Feed) bool {
	p = p.Lasting()
	switch f.Scope {
	case "calendar":
		c, ok := s.CalendarOf(f.Target)
		if !ok || !p.MayIn(agenda.ChangeSetup, c) || !p.MayIn(agenda.SeeBookings, c) {
			return false
		}
	case "department":
		if !p.MayInDepartment(agenda.ChangeSetup, f.Target) || !p.MayInDepartment(agenda.SeeBookings, f.Target) {
			return false
		}
	default:
		if !p.MayEverywhere(agenda.ChangeSetup) || !p.MayEverywhere(agenda.SeeBookings) {
			return false
		}
	}
	return f.Detail == "busy" || !slices.ContainsFunc(s.Calendars, func(c agenda.Calendar) bool { return covers(f, &c) && !p.MayOpen(&c) })
}

// covers reports whether a feed shows a calendar.
func covers(f store.Feed, c *agenda.Calendar) bool {
	switch f.Scope {
	case "calendar":
		return c.ID == f.Target
	case "department":
		return c.Department == f.Target
	case "site":
		return c.Site == f.Target
	}
	return true
}

// RevokeFeedBy is RevokeFeed for a member of staff. It fails with ErrNotFound also for
// one that MayEndFeed denies.
func (d *Desk) RevokeFeedBy(ctx context.Context, p *agenda.Person, id string) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(p.Tenant)
		if err != nil {
			return err
		}
		list, err := tx.Feeds(p.Tenant)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(f store.Feed) bool { return f.ID == id })
		if i < 0 || !MayEndFeed(p, s, list[i]) {
			return agenda.ErrNotFound
		}
		if err := tx.RevokeFeed(p.Tenant, id); err != nil {
			return err
		}
		return logFeed(tx, p.Tenant, id, "revoke feed", p.ID)
	})
}

// MayEndFeed reports whether a person may see that there is a feed, and end it. That
// takes no right to what it shows.
func MayEndFeed(p *agenda.Person, s *agenda.Setup, f store.Feed) bool {
	switch f.Scope {
	case "calendar":
		c, ok := s.CalendarOf(f.Target)
		return ok && p.MayIn(agenda.ChangeSetup, c)
	case "department":
		return p.MayInDepartment(agenda.ChangeSetup, f.Target)
	}
	return p.MayEverywhere(agenda.ChangeSetup)
}

func (d *Desk) createFeed(ctx context.Context, f store.Feed, actor string, may func(*agenda.Setup) error) (id, secret string, err error) {
	f.ID, secret = rand.Text(), seal.NewSecret()
	hash := seal.SecretHash(secret)
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(f.Tenant)
		if err != nil {
			return err
		}
		if err := checkFeed(s, f).Or(); err != nil {
			return err
		}
		if err := may(s); err != nil {
			return err
		}
		if err := tx.AddFeed(f, hash); err != nil {
			return err
		}
		return logFeed(tx, f.Tenant, f.ID, "create feed", actor)
	})
	return f.ID, secret, err
}

func checkFeed(s *agenda.Setup, f store.Feed) (bad agenda.Invalid) {
	known := f.Target == ""
	switch f.Scope {
	case "calendar":
		_, known = s.Calendar(f.Target)
	case "department":
		_, known = s.Department(f.Target)
	case "site":
		_, known = s.Site(f.Target)
	case "all":
	default:
		bad = append(bad, agenda.FieldError{Field: "scope", Code: "unknown"})
	}
	if !known {
		bad = append(bad, agenda.FieldError{Field: "target", Code: "unknown"})
	}
	if !slices.Contains([]string{"busy", "service", "full"}, f.Detail) {
		bad = append(bad, agenda.FieldError{Field: "detail", Code: "unknown"})
	}
	return bad
}

// RevokeFeed ends a feed: its address answers nobody any more. It fails with
// ErrNotFound.
func (d *Desk) RevokeFeed(ctx context.Context, tenant, id, actor string) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.RevokeFeed(tenant, id); err != nil {
			return err
		}
		return logFeed(tx, tenant, id, "revoke feed", actor)
	})
}

func logFeed(tx *store.Tx, tenant, id, act, actor string) error {
	return tx.Log(store.Entry{Tenant: tenant, Act: act, Subject: id, Actor: actor}, nil)
}

// Feeds lists a tenant's feeds, revoked ones too, oldest first.
func (d *Desk) Feeds(ctx context.Context, tenant string) (list []store.Feed, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Feeds(tenant)
		return err
	})
	return list, err
}

// FeedBy finds the feed that a secret opens. It fails with ErrNotFound, also for
// one that was revoked.
func (d *Desk) FeedBy(ctx context.Context, secret string) (f store.Feed, err error) {
	hash := seal.SecretHash(secret)
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		f, err = tx.FeedByHash(hash)
		return err
	})
	return f, err
}

// FeedRead notes that a feed was used at a time, to the hour, so that one that
// nobody needs can be found and revoked.
func (d *Desk) FeedRead(ctx context.Context, f store.Feed, now time.Time) error {
	since := now.Add(-feedUsed)
	if f.Used.After(since) {
		return nil
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error { return tx.TouchFeed(f.Tenant, f.ID, since) })
}

// Subscription is what a feed shows at a moment.
type Subscription struct {
	store.Feed
	Setup   *agenda.Setup
	Cards   []*Card   // in order of start; past retention or gone: without private data
	Now     time.Time // when it was read
	Changed time.Time // since when it shows just this, or later
}

// Subscription reads a feed: the visits that are or were certain, from FeedDays
// back to the horizon, and for FeedDays those cancelled after they had been
// certain. What still waits for a yes is left out: it has no entry anywhere yet.
//
// What it shows changes with the book, the set-up and at local midnight, when days
// leave the window and visits reach their retention, never in between: a visit
// past its retention shows no private data, whether or not Forget has run.
func (d *Desk) Subscription(ctx context.Context, f store.Feed) (sub *Subscription, err error) {
	var list []*agenda.Booking
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		sub = &Subscription{Feed: f}
		if sub.Setup, err = tx.Setup(f.Tenant); err != nil {
			return err
		}
		if sub.Now, err = tx.Now(); err != nil {
			return err
		}
		if sub.Changed, err = tx.LastChange(f.Tenant); err != nil {
			return err
		}
		calendar := ""
		if f.Scope == "calendar" {
			calendar = f.Target
		}
		list, err = tx.BookingsBetween(f.Tenant, calendar, sub.daysAgo(FeedDays), sub.Now.AddDate(100, 0, 0))
		return err
	})
	if err != nil {
		return nil, err
	}
	if midnight := sub.daysAgo(0); midnight.After(sub.Changed) {
		sub.Changed = midnight
	}
	for _, b := range list {
		c, ok := sub.Setup.CalendarOf(b.Calendar)
		if !ok || !sub.shows(b, c) {
			continue
		}
		card := &Card{Booking: b, Setup: sub.Setup, Calendar: c, Gone: !b.Status.Live()}
		if card.Gone || !sub.Now.Before(sub.Setup.KeptUntil(b.Start)) {
			b.Sealed = nil
		}
		if f.Detail == "full" {
			card.Private, err = d.Private(b)
			switch {
			case errors.Is(err, seal.ErrOpen): // verify tells; one damaged row hides no other
				b.Sealed = nil
			case err != nil:
				return nil, err
			}
		}
		sub.Cards = append(sub.Cards, card)
	}
	return sub, nil
}

// daysAgo is the beginning of the local day n days before today.
func (s *Subscription) daysAgo(n int) time.Time {
	return s.Setup.DaysAgo(s.Now, n)
}

func (s *Subscription) shows(b *agenda.Booking, c *agenda.Calendar) bool {
	if b.Since.IsZero() || b.Status == agenda.Expired || b.Status == agenda.Cancelled && b.Changed.Before(s.daysAgo(FeedDays)) {
		return false
	}
	switch s.Scope {
	case "department":
		return c.Department == s.Target
	case "site":
		return c.Site == s.Target
	}
	return true
}
