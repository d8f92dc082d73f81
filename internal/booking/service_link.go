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

// LinkWish is an invitation link that somebody wants to give out.
type LinkWish struct {
	Services []string
	Calendar string // empty: any where the person may book
	Until    agenda.Date
	Uses     int
	Note     string // to oneself; no personal data
}

// Bounds of an invitation link.
const (
	MaxLinkUses = 500
	MaxLinkDays = 366
	MaxLinkNote = 200
)

// linkKept is how long an invitation link that is over can still say so.
const linkKept = 30 * 24 * time.Hour

// InviteByLink makes an invitation link within the person's rights and gives its secret,
// once. It fails with Invalid: services (required, unknown: not by link, or nobody offers
// it where the person may book and the public may see it), calendar, until, uses, note.
func (d *Desk) InviteByLink(ctx context.Context, p *agenda.Person, w LinkWish) (l *agenda.ServiceLink, secret string, err error) {
	if !p.May(agenda.ActOnBookings) {
		return nil, "", agenda.ErrForbidden
	}
	id := rand.Text()
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(p.Tenant)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		l = &agenda.ServiceLink{Tenant: p.Tenant, ID: id, Services: w.Services, Person: p.ID, Note: w.Note, Uses: w.Uses, Created: now}
		l.Expires, _ = agenda.At(w.Until+1, 0, s.Zone())
		var bad agenda.Invalid
		if l.Calendars, bad = admitted(s, p, w); len(bad) > 0 {
			return bad
		}
		if err := checkLink(w, agenda.DateOf(now.In(s.Zone()))).Or(); err != nil {
			return err
		}
		if err := tx.AddServiceLink(l, hash); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: p.Tenant, Act: "create service link", Subject: l.ID, Actor: p.ID}, map[string]any{"services": l.Services, "uses": l.Uses})
	})
	return l, secret, err
}

func checkLink(w LinkWish, today agenda.Date) (bad agenda.Invalid) {
	if w.Until < today || w.Until > today+MaxLinkDays {
		bad = append(bad, agenda.FieldError{Field: "until", Code: "range"})
	}
	if w.Uses < 1 || w.Uses > MaxLinkUses {
		bad = append(bad, agenda.FieldError{Field: "uses", Code: "range"})
	}
	if len([]rune(w.Note)) > MaxLinkNote {
		bad = append(bad, agenda.FieldError{Field: "note", Code: "too_long"})
	}
	return bad
}

// admitted are the calendars that a link leads to: those where the person may book. None
// means any, for who may book everywhere.
func admitted(s *agenda.Setup, p *agenda.Person, w LinkWish) (calendars []string, bad agenda.Invalid) {
	if len(w.Services) == 0 {
		return nil, agenda.Invalid{{Field: "services", Code: "required"}}
	}
	open := InvitedTo(s, p)
	if w.Calendar != "" {
		if open = slices.DeleteFunc(open, func(c *agenda.Calendar) bool { return c.ID != w.Calendar }); len(open) == 0 {
			return nil, agenda.Invalid{{Field: "calendar", Code: "unknown"}}
		}
	}
	for _, id := range w.Services {
		svc, ok := s.Service(id)
		offered := slices.ContainsFunc(open, func(c *agenda.Calendar) bool { _, has := c.Offer(id); return has })
		if !ok || svc.Public != agenda.VisibleLink || !offered {
			return nil, agenda.Invalid{{Field: "services", Code: "unknown"}}
		}
	}
	if w.Calendar == "" && p.MayEverywhere(agenda.ActOnBookings) {
		return nil, nil
	}
	for _, c := range open {
		calendars = append(calendars, c.ID)
	}
	return calendars, nil
}

// InvitedTo are the calendars that a person may give invitation links for: where they may
// book and the public can come.
func InvitedTo(s *agenda.Setup, p *agenda.Person) (list []*agenda.Calendar) {
	for i := range s.Calendars {
		if c := &s.Calendars[i]; p.MayIn(agenda.ActOnBookings, c) && p.MayOpen(c) && s.OpenToPublic(c) {
			list = append(list, c)
		}
	}
	return list
}

// ServiceLinks lists a person's own invitation links that can still be used.
func (d *Desk) ServiceLinks(ctx context.Context, p *agenda.Person) (list []*agenda.ServiceLink, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		list, err = tx.ServiceLinksOf(p.Tenant, p.ID, now)
		list = slices.DeleteFunc(list, func(l *agenda.ServiceLink) bool { return !l.Holds(now) })
		return err
	})
	return list, err
}

// RevokeServiceLink ends an invitation link of one's own. It fails with ErrNotFound.
func (d *Desk) RevokeServiceLink(ctx context.Context, p *agenda.Person, id string) error {
	if !p.May(agenda.ActOnBookings) {
		return agenda.ErrForbidden
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if err := tx.RevokeServiceLink(p.Tenant, p.ID, id, now); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: p.Tenant, Act: "revoke service link", Subject: id, Actor: p.ID}, nil)
	})
}

// Invitation finds the invitation link that a secret belongs to. One that can no longer be
// used is ErrUninvited, and given all the same; an unknown one ErrNotFound.
func (d *Desk) Invitation(ctx context.Context, tenant, secret string) (l *agenda.ServiceLink, err error) {
	hash := seal.SecretHash(secret)
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		l, err = invitation(tx, tenant, hash)
		return err
	})
	return l, err
}

func invitation(tx *store.Tx, tenant, hash string) (*agenda.ServiceLink, error) {
	l, err := tx.ServiceLinkByHash(tenant, hash)
	if err != nil {
		return nil, err
	}
	now, err := tx.Now()
	if err == nil && !l.Holds(now) {
		err = agenda.ErrUninvited
	}
	return l, err
}

// itself stands for the link of a visit that has one already: whoever was let in may come
// at another time, in the same calendar.
func itself(s *agenda.Setup, b *agenda.Booking) *agenda.ServiceLink {
	services := s.ByLink(b.Items)
	if b.Channel != agenda.Public || len(services) == 0 {
		return nil
	}
	return &agenda.ServiceLink{Services: services, Calendars: []string{b.Calendar}}
}

// mayHold checks, within the transaction that keeps a slot, that its link still holds.
func mayHold(tx *store.Tx, r Request) error {
	if r.Link == "" {
		return nil
	}
	_, err := invitation(tx, r.Tenant, seal.SecretHash(r.Link))
	return err
}

// useLink counts one use of the link that a visitor's booking needs, where it needs one,
// within the transaction that books. Of two who use the last one at once, one is
// ErrUninvited.
func useLink(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, secret string, now time.Time) error {
	services := s.ByLink(b.Items)
	if b.Channel != agenda.Public || len(services) == 0 {
		return nil
	}
	hash := seal.SecretHash(secret)
	l, err := invitation(tx, b.Tenant, hash)
	if errors.Is(err, agenda.ErrNotFound) {
		return agenda.ErrUninvited
	}
	if err != nil {
		return err
	}
	if !l.Admits(b.Calendar) || slices.ContainsFunc(services, func(id string) bool { return !l.Opens(id) }) {
		return agenda.ErrUninvited
	}
	if err := tx.UseServiceLink(b.Tenant, hash, now); errors.Is(err, agenda.ErrNotFound) {
		return agenda.ErrUninvited
	} else if err != nil {
		return err
	}
	return nil
}
