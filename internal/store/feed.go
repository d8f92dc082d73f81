package store

import (
	"errors"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
)

// Feed is a calendar to subscribe to: whose bookings it shows and how much of
// them. Its secret is known by hash alone.
type Feed struct {
	Tenant  string
	ID      string
	Scope   string // calendar department site all
	Target  string // the id of what Scope names; "" for all
	Detail  string // busy service full
	Created time.Time
	Used    time.Time // zero: never
	Revoked time.Time // zero: in force
}

const feedColumns = "tenant, id, scope, target, detail, created, used, revoked"

func (tx *Tx) feeds(where string, args ...any) (list []Feed, err error) {
	err = tx.rows("SELECT "+feedColumns+" FROM feed WHERE "+where, args, func(r row) error {
		var f Feed
		err := r.Scan(&f.Tenant, &f.ID, &f.Scope, &f.Target, &f.Detail, at{&f.Created}, at{&f.Used}, at{&f.Revoked})
		list = append(list, f)
		return err
	})
	return list, err
}

// AddFeed writes a new feed, made now, under the hash of its secret.
func (tx *Tx) AddFeed(f Feed, hash string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.exec("INSERT INTO feed (tenant, id, scope, target, detail, hash, created, used, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, '', '')",
		f.Tenant, f.ID, f.Scope, f.Target, f.Detail, hash, stamp(now))
	return err
}

// FeedByHash finds the feed in force that a secret opens; a revoked one is
// agenda.ErrNotFound.
func (tx *Tx) FeedByHash(hash string) (Feed, error) {
	list, err := tx.feeds("hash = $1 AND revoked = ''", hash)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return Feed{}, fmt.Errorf("feed: %w", err)
	}
	return list[0], nil
}

// Feeds lists a tenant's feeds, revoked ones too, oldest first.
func (tx *Tx) Feeds(tenant string) ([]Feed, error) {
	return tx.feeds("tenant = $1 ORDER BY created, id", tenant)
}

// RevokeFeed ends a feed for good; one that is not there or was revoked before is
// agenda.ErrNotFound.
func (tx *Tx) RevokeFeed(tenant, id string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return changed(tx.exec("UPDATE feed SET revoked = $3 WHERE tenant = $1 AND id = $2 AND revoked = ''", tenant, id, stamp(now)))
}

// TouchFeed records that a feed has been read, unless it is known to have been after a time.
func (tx *Tx) TouchFeed(tenant, id string, since time.Time) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.exec("UPDATE feed SET used = $3 WHERE tenant = $1 AND id = $2 AND used <= $4", tenant, id, stamp(now), stamp(since))
	return err
}

// LastChange is when a tenant's book or set-up last changed, or later: it is the last
// entry of the journal, which every act writes.
func (tx *Tx) LastChange(tenant string) (t time.Time, err error) {
	var book time.Time
	if err = tx.one("SELECT changed FROM tenant WHERE id = $1", []any{tenant}, at{&t}); err != nil {
		return t, err
	}
	err = tx.one("SELECT at FROM journal WHERE tenant = $1 ORDER BY id DESC LIMIT 1", []any{tenant}, at{&book})
	if errors.Is(err, agenda.ErrNotFound) {
		return t, nil
	}
	if book.After(t) {
		t = book
	}
	return t, err
}
