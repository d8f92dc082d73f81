package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Proposed is a proposal with the visit that it is about.
type Proposed struct {
	*agenda.Proposal
	Card *Card // the visit as it is
	New  *Card // as it would be; nil: the seats are given back
	Open bool  // it can be accepted now
}

// Proposed opens a proposal for the bearer of its secret. Past the visit's retention
// there is none.
func (d *Desk) Proposed(ctx context.Context, tenant, secret string) (*Proposed, error) {
	x, err := d.proposed(ctx, tenant, secret)
	if err != nil {
		return nil, err
	}
	known, err := d.Store.Present(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if !known.Now.Before(known.Setup.KeptUntil(x.Card.Start)) {
		return nil, agenda.ErrNotFound
	}
	kept := x.New != nil && x.New.Status == agenda.Held
	x.Open = x.State == agenda.ProposalOpen && known.Now.Before(x.Expires) && kept && x.Card.Version == x.Version
	return x, nil
}

// ProposalOf is the secret of the proposal that waits for an answer about a visit, for
// the bearer of its manage secret, and until when it holds; "" where there is none.
func (d *Desk) ProposalOf(ctx context.Context, b *agenda.Booking) (secret string, until time.Time, err error) {
	var p *agenda.Proposal
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if p, err = tx.OpenProposal(b.Tenant, b.ID); err == nil && (p.Version != b.Version || !now.Before(p.Expires)) {
			err = agenda.ErrNotFound
		}
		return err
	})
	if errors.Is(err, agenda.ErrNotFound) {
		return "", until, nil
	}
	if err != nil {
		return "", until, err
	}
	plain, err := d.Keys.Open(p.Sealed, bindProposal(p)...)
	return string(plain), p.Expires, err
}

func (d *Desk) proposed(ctx context.Context, tenant, secret string) (*Proposed, error) {
	x := &Proposed{}
	hash := seal.SecretHash(secret)
	var b, held *agenda.Booking
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if x.Proposal, err = tx.ProposalByHash(tenant, hash); err != nil {
			return err
		}
		b, held, err = bookingsOf(tx, x.Proposal)
		return err
	})
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, agenda.ErrNotFound
	}
	if x.Card, err = d.Card(ctx, b); err != nil || held == nil {
		return x, err
	}
	x.New, err = d.Card(ctx, held)
	return x, err
}

// bookingsOf are the visit of a proposal and the booking that has its seats; nil where
// they are gone.
func bookingsOf(tx *store.Tx, p *agenda.Proposal) (b, held *agenda.Booking, err error) {
	if b, err = tx.Booking(p.Tenant, p.Booking); err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return nil, nil, err
	}
	if held, err = tx.Booking(p.Tenant, p.Held); err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return nil, nil, err
	}
	return b, held, nil
}

// Accept is the visitor's yes to a proposal: the visit moves to the seats that were kept
// for it, or nothing happens. Done twice it says the same again. It fails with ErrExpired
// where the time for it is over, and ErrState where something else has happened.
func (d *Desk) Accept(ctx context.Context, tenant, secret string) (*agenda.Booking, error) {
	x, err := d.Proposed(ctx, tenant, secret)
	if err != nil {
		return nil, err
	}
	if x.State == agenda.ProposalAccepted {
		return x.Card.Booking, nil
	}
	return d.accepting(ctx, x.Proposal, ActorVisitor, nil)
}

// Decline is the visitor's no: the kept seats are free again, and the visit is off.
func (d *Desk) Decline(ctx context.Context, tenant, secret string) (*agenda.Booking, error) {
	x, err := d.Proposed(ctx, tenant, secret)
	if err != nil {
		return nil, err
	}
	if x.State == agenda.ProposalDeclined {
		return x.Card.Booking, nil
	}
	return d.declining(ctx, x.Proposal, nil, nil)
}

// AnswerFor writes down what a visitor said on the phone about a proposal.
func (d *Desk) AnswerFor(ctx context.Context, p *agenda.Person, incident, booking string, yes bool) (*agenda.Booking, error) {
	var open *agenda.Proposal
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		if _, err := d.incident(tx, p, incident); err != nil {
			return err
		}
		it, err := tx.Item(p.Tenant, incident, booking)
		if err != nil {
			return err
		}
		open, err = tx.Proposal(p.Tenant, it.Proposal)
		return err
	})
	if err != nil {
		return nil, err
	}
	called := func(tx *store.Tx, now time.Time) error { return ticked(tx, open, p.ID, now) }
	if yes {
		return d.accepting(ctx, open, p.ID, called)
	}
	return d.declining(ctx, open, p, called)
}

// ticked takes the visitor of a proposal off the list of those to be called.
func ticked(tx *store.Tx, p *agenda.Proposal, by string, now time.Time) error {
	it, err := tx.Item(p.Tenant, p.Incident, p.Booking)
	if err != nil {
		return err
	}
	it.Called, it.CalledBy = now, by
	return tx.SaveItem(it, it.State)
}

// answer is what an act on a proposal knows under the locks of both visits.
type answer struct {
	store.Locked
	*agenda.Proposal
	held *agenda.Booking // nil: gone
}

// onProposal runs an act on a proposal with the days of the visit and of the kept seats
// locked. A visit that is gone is agenda.ErrNotFound.
func (d *Desk) onProposal(ctx context.Context, p *agenda.Proposal, act func(*store.Tx, answer) error) error {
	return insist(func() error {
		var b, held *agenda.Booking
		err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
			b, held, err = bookingsOf(tx, p)
			return err
		})
		if err != nil {
			return err
		}
		if b == nil {
			return fmt.Errorf("proposal %s: %w", p.ID, agenda.ErrNotFound)
		}
		w := store.Want{Tenant: p.Tenant, Booking: p.Booking, Calendars: []string{b.Calendar}, Days: []store.PoolDay{dayOf(b)}}
		if held != nil {
			w.Calendars, w.Days = append(w.Calendars, held.Calendar), append(w.Days, dayOf(held))
			w.Pool, w.From, w.To = held.Pool, held.From, held.To
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			l, err := tx.Lock(w)
			if err != nil {
				return err
			}
			x := answer{Locked: l}
			if dayOf(l.Booking) != dayOf(b) || l.Booking.Calendar != b.Calendar {
				return agenda.ErrConflict
			}
			if x.Proposal, err = tx.Proposal(p.Tenant, p.ID); err != nil {
				return err
			}
			if _, x.held, err = bookingsOf(tx, p); err != nil {
				return err
			}
			if x.held != nil && (held == nil || dayOf(x.held) != dayOf(held)) {
				return agenda.ErrConflict
			}
			return act(tx, x)
		})
	})
}

// saveAsItStands writes a visit of which something else has changed than when and where
// it is: what its visitor was proposed still holds.
func saveAsItStands(tx *store.Tx, b *agenda.Booking) error {
	return errors.Join(tx.SaveBooking(b), tx.KeepProposal(b))
}

// open refuses an answer that comes too late, or after another one.
func (x answer) open() error {
	switch {
	case x.State == agenda.ProposalExpired, x.State == agenda.ProposalOpen && !x.Now.Before(x.Expires):
		return agenda.ErrExpired
	case x.State != agenda.ProposalOpen || x.Locked.Booking.Version != x.Version:
		return agenda.ErrState
	}
	return nil
}

// accepting moves the visit to the seats of its proposal: they are not counted again,
// for they have been its visitor's since they were kept.
func (d *Desk) accepting(ctx context.Context, p *agenda.Proposal, actor string, also func(*store.Tx, time.Time) error) (done *agenda.Booking, err error) {
	err = d.onProposal(ctx, p, func(tx *store.Tx, x answer) error {
		b := x.Locked.Booking
		done = b
		if err := x.open(); err != nil {
			return err
		}
		if x.held == nil || x.held.Status != agenda.Held {
			return agenda.ErrExpired
		}
		if err := b.MayChange(agenda.Staff, x.Now); err != nil {
			return err
		}
		c, ok := x.Setup.CalendarOf(x.held.Calendar)
		if !ok {
			return agenda.ErrTaken
		}
		taken, err := d.takenBy(tx, fixed{aim: aim{setup: x.Setup}, now: x.Now}, x.Claims, x.held.Number)
		if err != nil {
			return err
		}
		if also != nil {
			if err := also(tx, x.Now); err != nil {
				return err
			}
		}
		was := *b
		b.TakeSeatsOf(x.held)
		b.Status, b.Awaits, b.Expires, b.ConfirmHash = agenda.Confirmed, "", time.Time{}, ""
		b.Sequence, b.Since, b.Changed = b.Sequence+flag(!was.Since.IsZero()), x.Now, x.Now
		if err := errors.Join(giveBack(tx, x), tx.Free(&was), tx.SaveBooking(b), tx.Claim(b, taken), tx.EndProposal(x.Proposal, agenda.ProposalAccepted)); err != nil {
			return err
		}
		detail := map[string]any{"from": was.Start.Format(time.RFC3339), "to": b.Start.Format(time.RFC3339), "version": b.Version, "proposal": p.ID}
		if was.Calendar != b.Calendar {
			detail["calendar"] = was.Calendar
		}
		if err := log(tx, b, "move", actor, detail); err != nil {
			return err
		}
		return errors.Join(tellLeft(tx, x.Setup, &was, b, x.Now), d.tell(tx, c, b, KindChanged, onMoved))
	})
	return done, err
}

// giveBack ends the booking that had the seats of a proposal.
func giveBack(tx *store.Tx, x answer) error {
	if x.held == nil || x.held.Status != agenda.Held {
		return nil
	}
	x.held.Status, x.held.Changed = agenda.Expired, x.Now
	return errors.Join(tx.Free(x.held), tx.SaveBooking(x.held))
}

func (d *Desk) declining(ctx context.Context, p *agenda.Proposal, by *agenda.Person, also func(*store.Tx, time.Time) error) (done *agenda.Booking, err error) {
	err = d.onProposal(ctx, p, func(tx *store.Tx, x answer) error {
		b := x.Locked.Booking
		done = b
		if err := x.open(); err != nil {
			return err
		}
		if err := b.MayChange(agenda.Staff, x.Now); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx, x.Now); err != nil {
				return err
			}
		}
		if err := errors.Join(giveBack(tx, x), tx.EndProposal(x.Proposal, agenda.ProposalDeclined)); err != nil {
			return err
		}
		return d.endVisit(tx, x.Setup, b, x.Now, ending{act: "cancel", by: by}, KindCancelled)
	})
	return done, err
}

// EndProposals ends up to limit proposals that nobody answered in time, and those whose
// visit was moved or cancelled otherwise: their seats are free again.
func (d *Desk) EndProposals(ctx context.Context, limit int) error {
	var list []*agenda.Proposal
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		list, err = tx.StaleProposals(now, limit)
		return err
	})
	var all error
	for _, p := range list {
		one := d.onProposal(ctx, p, d.endProposal)
		if errors.Is(one, agenda.ErrNotFound) {
			one = d.forgetProposal(ctx, p)
		}
		if one != nil && !errors.Is(one, errNotNow) {
			all = errors.Join(all, fmt.Errorf("end proposal %s: %w", p.ID, one))
		}
	}
	return errors.Join(err, all)
}

func (d *Desk) endProposal(tx *store.Tx, x answer) error {
	b := x.Locked.Booking
	kept := x.held != nil && x.held.Status == agenda.Held
	over := !x.Now.Before(x.Expires)
	switch {
	case x.State != agenda.ProposalOpen || b.Version == x.Version && !over && kept:
		return errNotNow
	case b.Version != x.Version: // the visitor has chosen something else, or staff have
		if err := errors.Join(giveBack(tx, x), tx.EndProposal(x.Proposal, agenda.ProposalDeclined)); err != nil {
			return err
		}
		return log(tx, b, "end proposal", ActorJob, nil)
	}
	it, err := tx.Item(x.Tenant, x.Incident, x.Proposal.Booking)
	if err != nil {
		return err
	}
	if err := errors.Join(giveBack(tx, x), tx.EndProposal(x.Proposal, agenda.ProposalExpired)); err != nil {
		return err
	}
	// Who was promised seats that a set-up has taken is called, whatever was decided.
	if x.Fallback == agenda.FallbackCall || !over || b.MayChange(agenda.Staff, x.Now) != nil {
		it.Call = true
		return errors.Join(tx.SaveItem(it, it.State), log(tx, b, "expire proposal", ActorJob, nil))
	}
	e := ending{act: "cancel", by: &agenda.Person{Tenant: x.Tenant, ID: ActorJob}}
	if err := d.endVisit(tx, x.Setup, b, x.Now, e, KindIncidentCancelled); err != nil {
		return err
	}
	it.Letter, it.Due, it.Call = b.Version, x.Now, !b.Notify || b.EmailHash == ""
	return tx.SaveItem(it, it.State)
}

// forgetProposal ends a proposal whose visit is forgotten.
func (d *Desk) forgetProposal(ctx context.Context, p *agenda.Proposal) error {
	var held *agenda.Booking
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		_, held, err = bookingsOf(tx, p)
		return err
	})
	if err == nil && held != nil && held.Status == agenda.Held {
		err = d.onBooking(ctx, p.Tenant, held.ID, held, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
			now, err := tx.Now()
			if err != nil || b.Status != agenda.Held {
				return err
			}
			return d.runOut(tx, s, b, now, "expire", ActorJob)
		})
	}
	if err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error { return tx.EndProposal(p, agenda.ProposalWithdrawn) })
}

// Enclosed is what a letter about an incident says beside the visit.
type Enclosed struct {
	Text   string          // of the office, in the visitor's language
	New    *agenda.Booking // the time that is kept; nil: none
	Secret string          // of the proposal's link
	Until  time.Time       // it is kept
	Call   bool            // and what happens then: the visitor is called, else the visit is cancelled
}

// Enclose finds what a letter says beside the visit. Where it is about a proposal that
// is no longer open, stale says why the letter is not to go out.
func (d *Desk) Enclose(tx *store.Tx, p store.Posting, s *agenda.Setup, b *agenda.Booking) (e Enclosed, stale string, err error) {
	items, err := tx.ItemsOf(p.Tenant, p.Subject)
	if err != nil {
		return e, "", err
	}
	for _, it := range items {
		if it.Letter != p.Version {
			continue
		}
		sealed, err := tx.Incident(it.Tenant, it.Incident)
		if err != nil {
			return e, "", err
		}
		n, err := d.openTexts(sealed)
		if err != nil {
			return e, "", err
		}
		e.Text = s.Text(n.Texts.Letter, b.Language)
		if p.Kind != KindProposal {
			return e, "", nil
		}
		return d.encloseProposal(tx, e, it, b)
	}
	if p.Kind == KindProposal {
		stale = "the proposal is gone"
	}
	return e, stale, nil
}

func (d *Desk) encloseProposal(tx *store.Tx, e Enclosed, it *agenda.IncidentItem, b *agenda.Booking) (_ Enclosed, stale string, err error) {
	p, err := tx.Proposal(it.Tenant, it.Proposal)
	if err != nil {
		return e, "", err
	}
	now, err := tx.Now()
	if err != nil {
		return e, "", err
	}
	_, held, err := bookingsOf(tx, p)
	if err != nil || held == nil || held.Status != agenda.Held || p.State != agenda.ProposalOpen || p.Version != b.Version || !now.Before(p.Expires) {
		return e, "the proposal is not open any more", err
	}
	secret, err := d.Keys.Open(p.Sealed, bindProposal(p)...)
	e.New, e.Secret, e.Until, e.Call = held, string(secret), p.Expires, p.Fallback == agenda.FallbackCall
	return e, "", err
}

// keptUntil is until when a proposal keeps its seats: some days from when its letter
// leaves, but before they begin, and while the visit is known.
func keptUntil(s *agenda.Setup, b, held *agenda.Booking, leaves time.Time, days int) time.Time {
	return earlier(earlier(leaves.AddDate(0, 0, cmp.Or(days, 3)), held.Start), s.KeptUntil(b.Start).Add(-time.Second))
}
