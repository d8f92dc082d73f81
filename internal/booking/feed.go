package booking

import (
	"context"
	"crypto/rand"
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

// Bounds of what is made by whoever is no admin.
const (
	maxOwnFeeds   = 10 // in force, of one account
	maxVisitFeeds = 5  // in force, of one visit
	maxFeedVisits = 50 // in one visitor's feed
)

// FeedAlarms are how many minutes before a visit calendar programs can be asked to remind.
func FeedAlarms() []int { return []int{0, 15, 60, 24 * 60} }

// CreateFeed makes an address under which staff subscribe to bookings, and gives
// its secret, once. It fails with Invalid for a scope, target or detail that there
// is not.
func (d *Desk) CreateFeed(ctx context.Context, f store.Feed, actor string) (id, secret string, err error) {
	return d.createFeed(ctx, f, actor, func(*store.Tx, *agenda.Setup) error { return nil })
}

// CreateFeedBy is CreateFeed for a member of staff. It fails with ErrForbidden for what
// MayFeed denies.
func (d *Desk) CreateFeedBy(ctx context.Context, p *agenda.Person, f store.Feed) (id, secret string, err error) {
	f.Tenant = p.Tenant
	return d.createFeed(ctx, f, p.ID, func(_ *store.Tx, s *agenda.Setup) error {
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
	case "clerk", "visits":
		return false // are nobody's to make for others
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
	return d.revokeFeed(ctx, p.Tenant, id, p.ID, func(tx *store.Tx) error {
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
		return nil
	})
}

// MayEndFeed reports whether a person may see that there is a feed, and end it. That
// takes no right to what it shows.
func MayEndFeed(p *agenda.Person, s *agenda.Setup, f store.Feed) bool {
	switch f.Scope {
	case "clerk", "visits":
		return false
	case "calendar":
		c, ok := s.CalendarOf(f.Target)
		return ok && p.MayIn(agenda.ChangeSetup, c)
	case "department":
		return p.MayInDepartment(agenda.ChangeSetup, f.Target)
	}
	return p.MayEverywhere(agenda.ChangeSetup)
}

func (d *Desk) createFeed(ctx context.Context, f store.Feed, actor string, may func(*store.Tx, *agenda.Setup) error) (id, secret string, err error) {
	if f.ID == "" {
		f.ID = rand.Text()
	}
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(f.Tenant)
		if err != nil {
			return err
		}
		if err := checkFeed(s, f).Or(); err != nil {
			return err
		}
		if err := may(tx, s); err != nil {
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
	case "clerk":
		known = f.Target != ""
	case "all", "visits":
	default:
		bad = append(bad, agenda.FieldError{Field: "scope", Code: "unknown"})
	}
	if !known {
		bad = append(bad, agenda.FieldError{Field: "target", Code: "unknown"})
	}
	if !slices.Contains([]string{"busy", "service", "full"}, f.Detail) {
		bad = append(bad, agenda.FieldError{Field: "detail", Code: "unknown"})
	}
	if f.Alarm < 0 || f.Alarm > 7*24*60 {
		bad = append(bad, agenda.FieldError{Field: "alarm", Code: "unknown"})
	}
	if len([]rune(f.Name)) > agenda.MaxName {
		bad = append(bad, agenda.FieldError{Field: "name", Code: "long"})
	}
	return bad
}

// RevokeFeed ends a feed: when it answers, the address opens nothing any more, in no
// process. It fails with ErrNotFound.
func (d *Desk) RevokeFeed(ctx context.Context, tenant, id, actor string) error {
	return d.revokeFeed(ctx, tenant, id, actor, func(*store.Tx) error { return nil })
}

func (d *Desk) revokeFeed(ctx context.Context, tenant, id, actor string, may func(*store.Tx) error) error {
	err := d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		if err := tx.RevokeFeed(tenant, id); err != nil {
			return err
		}
		return logFeed(tx, tenant, id, "revoke feed", actor)
	})
	if err == nil {
		d.Store.Settle(ctx) // see FeedHolds
	}
	return err
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
