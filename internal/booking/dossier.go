package booking

import (
	"context"
	"errors"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Dossier is all that is kept about one visit, for its visitor.
type Dossier struct {
	*Card              // with what is private also after it was called off
	KeptUntil          time.Time
	RowUntil           time.Time
	Letters            []store.Posting
	Messages           []store.HookPost // to other systems, and to a phone
	Deeds              []Deed
	Looks              []Look // the newest first; lists too in which the visit stood
	MoreLooks          bool
	Feeds              int    // of the visitor's calendar programs
	NewAddress         string // that waits to be confirmed
	Erasure            time.Time
	MayErase, MayWhole bool // it can be forgotten on wish, which calls it off where that has not been done
}

// Deed is something that was done with a visit, by whom in a word: visitor, office or
// program.
type Deed struct {
	At  time.Time
	Act string // as in the journal
	By  string
}

// Look is one at the visit, by a role in a department and never by name.
type Look struct {
	At         time.Time
	Way        string
	Role       agenda.Role // "": a program or a calendar
	Department string      // "": the whole office
}

// InList reports a look at a list in which the visit stood.
func (l Look) InList() bool { return l.Way != WayPage && l.Way != WaySearch && l.Way != WayAPI }

// mostLooks is how many looks a dossier shows.
const mostLooks = 500

// Dossier opens everything about a visit for the bearer of its manage secret.
func (d *Desk) Dossier(ctx context.Context, tenant, secret string) (*Dossier, error) {
	b, err := d.bySecret(ctx, tenant, secret, store.ForManage)
	if err != nil {
		return nil, err
	}
	x := &Dossier{}
	if x.Card, err = d.Card(ctx, b); err != nil {
		return nil, err
	}
	if x.Private, err = d.Private(b); err != nil {
		return nil, err
	}
	x.Private.Manage, x.Private.Confirm = "", ""
	x.KeptUntil = x.Setup.KeptUntil(b.Start)
	local := b.Start.In(x.Setup.Zone())
	x.RowUntil, _ = agenda.At(agenda.DateOf(local)+agenda.Date(max(x.Setup.Retention.BookingDays, FeedDays))+1, 0, x.Setup.Zone())
	if x.NewAddress, _, err = d.WaitingAddress(ctx, b); err != nil {
		return nil, err
	}
	return x, d.Store.View(ctx, func(tx *store.Tx) error { return x.read(tx, b) })
}

func (x *Dossier) read(tx *store.Tx, b *agenda.Booking) (err error) {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	x.MayErase = b.Status == agenda.Cancelled || b.Status == agenda.Expired
	x.MayWhole = x.MayErase || b.MayChange(agenda.Public, now) == nil
	if x.Letters, err = tx.Postings(b.Tenant, b.ID); err != nil {
		return err
	}
	if x.Messages, err = tx.HookPosts(b.Tenant, b.ID); err != nil {
		return err
	}
	entries, err := tx.Journal(b.Tenant, b.ID)
	if err != nil {
		return err
	}
	x.Deeds = nil
	for _, e := range entries {
		x.Deeds = append(x.Deeds, Deed{At: e.At, Act: e.Act, By: by(e.Actor)})
	}
	feeds, err := tx.FeedsOfVisit(b.Tenant, b.ID)
	if err != nil {
		return err
	}
	x.Feeds = len(feeds)
	switch wish, err := tx.ErasureOf(b.Tenant, b.ID); {
	case err == nil:
		x.Erasure = wish.At.Add(eraseWithin)
	case !errors.Is(err, agenda.ErrNotFound):
		return err
	}
	return x.readLooks(tx, b, now)
}

func (x *Dossier) readLooks(tx *store.Tx, b *agenda.Booking, now time.Time) error {
	seen, err := looksAt(tx, x.Setup, b, store.ViewingQuery{Tenant: b.Tenant, To: now.Add(time.Hour), Limit: mostLooks + 1})
	if err != nil {
		return err
	}
	if x.MoreLooks = len(seen) > mostLooks; x.MoreLooks {
		seen = seen[:mostLooks]
	}
	known := map[string]store.Account{}
	x.Looks = nil
	for _, v := range seen {
		a, ok := known[v.Person]
		if !ok && !strings.HasPrefix(v.Person, feedViewing) {
			if a, err = tx.AccountByID(b.Tenant, v.Person); err != nil && !errors.Is(err, agenda.ErrNotFound) {
				return err
			}
			known[v.Person] = a
		}
		x.Looks = append(x.Looks, Look{At: v.At, Way: v.Way, Role: a.Role, Department: a.Department})
	}
	return nil
}

// by is who acted, without a name.
func by(actor string) string {
	switch actor {
	case ActorVisitor:
		return "visitor"
	case ActorJob, ActorCLI:
		return "program"
	}
	return "office"
}

// mostOwn is how many of their own acts and looks somebody of the staff takes along; the
// rest has the auditor.
const mostOwn = 20_000

// OwnDeeds are what somebody of the staff did and looked at, as far as it is still known,
// the newest first.
func (d *Desk) OwnDeeds(ctx context.Context, p *agenda.Person) (deeds []store.Entry, looks []store.Viewing, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		to := now.Add(time.Hour)
		if deeds, err = tx.JournalPage(store.JournalQuery{Tenant: p.Tenant, To: to, Actor: p.ID, Limit: mostOwn}); err != nil {
			return err
		}
		looks, err = tx.Viewings(store.ViewingQuery{Tenant: p.Tenant, To: to, Person: p.ID, Limit: mostOwn})
		return err
	})
	return deeds, looks, err
}
