package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Why something could not be done about a visit, for people.
const (
	WhyTaken    = "taken"    // the new time
	WhyChanged  = "changed"  // the visit was moved meanwhile
	WhyOver     = "over"     // it was cancelled, or has taken place
	WhyGone     = "gone"     // it is forgotten
	WhyNowhere  = "nowhere"  // the calendar does not offer it any more
	WhyUnsure   = "unsure"   // its visitor has not confirmed the address: no proposal
	WhyTold     = "told"     // the letter is on its way
	WhyAnswered = "answered" // the visitor has answered
	WhyProposed = "proposed" // another proposal waits for an answer
)

// ConfirmIncident lets what was decided happen, by CarryOut. Its letters leave when it
// can no longer be undone.
func (d *Desk) ConfirmIncident(ctx context.Context, p *agenda.Person, id string) (*agenda.Incident, error) {
	return d.onIncident(ctx, p, id, "confirm incident", func(tx *store.Tx, s *agenda.Setup, n *agenda.Incident) (map[string]any, error) {
		if n.Step != agenda.StepCheck {
			return nil, agenda.ErrState
		}
		items, err := tx.Items(n.Tenant, n.ID)
		if err != nil {
			return nil, err
		}
		now, err := tx.Now()
		if err != nil {
			return nil, err
		}
		n.Step, n.By, n.Due = agenda.StepRunning, p.ID, now.Add(IncidentUndo)
		count := 0
		for _, it := range items {
			if it.State != agenda.ItemChosen {
				continue
			}
			if it.State = agenda.ItemReady; it.Act == agenda.ActLeave {
				it.State = agenda.ItemLeft
				continue
			}
			if c, ok := s.Calendar(it.Calendar); it.Calendar != "" && (!ok || rights(p, n.Tenant, c) != nil) {
				return nil, agenda.ErrForbidden
			}
			count++
		}
		return map[string]any{"visits": count}, tx.ReplaceItems(n.Tenant, n.ID, items)
	})
}

// PauseIncident stops what is being carried out between two visits, or goes on with it.
func (d *Desk) PauseIncident(ctx context.Context, p *agenda.Person, id string, pause bool) (*agenda.Incident, error) {
	from, to, act := agenda.StepPaused, agenda.StepRunning, "resume incident"
	if pause {
		from, to, act = to, from, "pause incident"
	}
	return d.onIncident(ctx, p, id, act, func(_ *store.Tx, _ *agenda.Setup, n *agenda.Incident) (map[string]any, error) {
		if n.Step != from {
			return nil, agenda.ErrState
		}
		n.Step = to
		return nil, nil
	})
}

// SendIncident lets the letters of an incident leave now: it can no longer be undone.
func (d *Desk) SendIncident(ctx context.Context, p *agenda.Person, id string) (*agenda.Incident, error) {
	return d.onIncident(ctx, p, id, "send letters", func(tx *store.Tx, _ *agenda.Setup, n *agenda.Incident) (map[string]any, error) {
		now, err := tx.Now()
		if err != nil {
			return nil, err
		}
		if n.Step != agenda.StepDone || !now.Before(n.Due) {
			return nil, agenda.ErrState
		}
		n.Due = now
		items, err := tx.Items(n.Tenant, n.ID)
		for _, it := range items {
			if err == nil && it.State == agenda.ItemDone && it.Letter > 0 {
				err = tx.Hasten(n.Tenant, it.Booking, it.Letter)
			}
		}
		return nil, err
	})
}

// DecideAgain reopens an incident for the visits about which nothing could be done.
func (d *Desk) DecideAgain(ctx context.Context, p *agenda.Person, id string) (*agenda.Incident, error) {
	return d.onIncident(ctx, p, id, "decide again", func(tx *store.Tx, _ *agenda.Setup, n *agenda.Incident) (map[string]any, error) {
		if n.Step != agenda.StepDone {
			return nil, agenda.ErrState
		}
		items, err := tx.Items(n.Tenant, n.ID)
		if err != nil {
			return nil, err
		}
		open := 0
		for _, it := range items {
			if it.State != agenda.ItemFailed {
				continue
			}
			b, err := tx.Booking(n.Tenant, it.Booking)
			if errors.Is(err, agenda.ErrNotFound) || err == nil && b.Status != agenda.Confirmed && b.Status != agenda.Pending {
				continue
			}
			if err != nil {
				return nil, err
			}
			it.State, it.Act, it.Reason, it.Start, it.Calendar, it.Was = agenda.ItemChosen, "", "", time.Time{}, "", agenda.WasOf(b)
			open++
		}
		if open == 0 {
			return nil, agenda.ErrState
		}
		n.Step, n.Again = agenda.StepDecide, true
		return map[string]any{"visits": open}, tx.ReplaceItems(n.Tenant, n.ID, items)
	})
}

// errNotNow is a visit that somebody else has dealt with, or an incident that was
// stopped: there is nothing left to do and nothing has gone wrong.
var errNotNow = errors.New("not to be done now")

// CarryOut goes on with an incident that is running or being undone, for at most limit
// visits: each in its own transaction, together with the note that it is done. So it can
// be broken off anywhere, and run by several processes at once.
func (d *Desk) CarryOut(ctx context.Context, tenant, id string, limit int) error {
	var n agenda.Incident
	var list []*agenda.IncidentItem
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		sealed, err := tx.Incident(tenant, id)
		if err != nil {
			return err
		}
		n = sealed.Incident
		list, err = tx.Items(tenant, id)
		return err
	})
	if err != nil {
		return err
	}
	do, from := d.carry, map[agenda.ItemState]bool{agenda.ItemReady: true}
	switch n.Step {
	case agenda.StepRunning:
	case agenda.StepUndoing:
		do, from = d.uncarry, map[agenda.ItemState]bool{agenda.ItemReady: true, agenda.ItemDone: true, agenda.ItemChosen: true}
	default:
		return nil
	}
	var failed error
	for _, it := range list {
		if !from[it.State] {
			continue
		}
		if limit--; limit < 0 || ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
		if err := do(ctx, &n, it); err != nil && !errors.Is(err, errNotNow) { // one does not hold up the others
			failed = errors.Join(failed, fmt.Errorf("incident %s, booking %s: %w", id, it.Booking, err))
		}
	}
	return errors.Join(failed, d.closeIncident(ctx, tenant, id))
}

// WorkIncidents goes on with all incidents under way, and ends proposals that ran out.
func (d *Desk) WorkIncidents(ctx context.Context, _ time.Time) error {
	var list []store.Sealed
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.WorkingIncidents()
		return err
	})
	for _, n := range list {
		err = errors.Join(err, d.CarryOut(ctx, n.Tenant, n.ID, mostAtOnce))
	}
	return errors.Join(err, d.EndProposals(ctx, mostAtOnce))
}

// mostAtOnce keeps one large incident from making the others wait.
const mostAtOnce = 100

// closeIncident notes that nothing is left to do, if that is so.
func (d *Desk) closeIncident(ctx context.Context, tenant, id string) error {
	var n *agenda.Incident
	err := insist(func() error {
		n = nil
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			sealed, err := tx.Incident(tenant, id)
			if err != nil {
				return err
			}
			items, err := tx.Items(tenant, id)
			if err != nil {
				return err
			}
			to := map[agenda.IncidentStep]agenda.IncidentStep{agenda.StepRunning: agenda.StepDone, agenda.StepUndoing: agenda.StepUndone}[sealed.Step]
			detail := map[string]any{}
			for _, it := range items {
				if it.State == agenda.ItemReady || sealed.Step == agenda.StepUndoing && it.State == agenda.ItemDone {
					return nil
				}
				count, _ := detail[string(it.State)].(int)
				detail[string(it.State)] = count + 1
			}
			if to == "" {
				return nil
			}
			n = &sealed.Incident
			n.Step = to
			if err := tx.SaveIncident(n, sealed.Texts); err != nil {
				return err
			}
			return logIncident(tx, n, "finish incident", n.By, detail)
		})
	})
	if err != nil || n == nil {
		return err
	}
	return d.clearMarks(ctx, n)
}

// clearMarks takes the marks off visits that have a place again, now that others have
// gone.
func (d *Desk) clearMarks(ctx context.Context, n *agenda.Incident) error {
	var list []*agenda.Booking
	err := d.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		for _, c := range n.Calendars {
			some, err := tx.BookingsBetween(n.Tenant, c, n.From.AddDate(0, 0, -1), n.To)
			if err != nil {
				return err
			}
			list = append(list, some...)
		}
		return nil
	})
	for _, b := range list {
		if err != nil {
			return err
		}
		if !b.Stranded || !b.Status.Live() {
			continue
		}
		err = d.onBooking(ctx, b.Tenant, b.ID, b, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
			now, err := tx.Now()
			if err != nil {
				return err
			}
			why, fits, err := measure{tx, s, now, map[measured]slots.Use{}}.misfit(b, nil)
			if err != nil || why != "" || !fits || !b.Stranded {
				return err
			}
			b.Stranded = false
			return errors.Join(saveAsItStands(tx, b), log(tx, b, "fits again", ActorJob, nil))
		})
	}
	return err
}

// carry does what was decided about one visit, or notes why it cannot be done.
func (d *Desk) carry(ctx context.Context, n *agenda.Incident, it *agenda.IncidentItem) error {
	err := d.settled(ctx, n.Tenant, it.Booking, nil, func(b *agenda.Booking) error {
		known, err := d.Store.Present(ctx, n.Tenant)
		if err != nil {
			return err
		}
		if err := asChosen(it, b, known.Now); err != nil {
			return err
		}
		switch it.Act {
		case agenda.ActCancel:
			return d.carryCancel(ctx, it, b)
		case agenda.ActMove:
			return d.carryTo(ctx, it, b, d.carryMove)
		}
		if b.Awaits == agenda.ConfirmEmail {
			return because(WhyUnsure)
		}
		return d.carryTo(ctx, it, b, d.newOffer().make)
	})
	why := whyNot(err)
	if why == "" {
		return err
	}
	return insist(func() error {
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			_, now, err := begun(tx, it)
			if err != nil {
				return err
			}
			now.State, now.Reason = agenda.ItemFailed, why
			return tx.SaveItem(now, agenda.ItemReady)
		})
	})
}

// because is why nothing could be done.
type because string

func (b because) Error() string { return "not done: " + string(b) }

// whyNot is the word for an error that an act refuses with; "" for any other.
func whyNot(err error) string {
	var why because
	var bad agenda.Invalid
	switch {
	case errors.As(err, &why):
		return string(why)
	case errors.Is(err, agenda.ErrTaken):
		return WhyTaken
	case errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrExpired):
		return WhyOver
	case errors.Is(err, agenda.ErrNotFound):
		return WhyGone
	case errors.As(err, &bad), errors.Is(err, agenda.ErrWindowClosed), errors.Is(err, agenda.ErrNotCombinable), errors.Is(err, agenda.ErrTooMany):
		return WhyNowhere
	case errors.Is(err, agenda.ErrTooLate):
		return WhyTold
	}
	return ""
}

// asChosen refuses a visit that is not where it was when it was chosen, or is over.
func asChosen(it *agenda.IncidentItem, b *agenda.Booking, now time.Time) error {
	switch {
	case b.Status != agenda.Confirmed && b.Status != agenda.Pending, b.ExpiredAt(now), !b.End.After(now):
		return because(WhyOver)
	case !b.Start.Equal(it.Was.Start) || b.Calendar != it.Was.Calendar:
		return because(WhyChanged)
	}
	return nil
}

// begun reads an incident and one of its visits within the transaction that changes
// them; errNotNow where there is nothing left to do.
func begun(tx *store.Tx, it *agenda.IncidentItem) (*agenda.Incident, *agenda.IncidentItem, error) {
	sealed, err := tx.Incident(it.Tenant, it.Incident)
	if err != nil {
		return nil, nil, err
	}
	now, err := tx.Item(it.Tenant, it.Incident, it.Booking)
	if err == nil && (sealed.Step != agenda.StepRunning || now.State != agenda.ItemReady) {
		err = errNotNow
	}
	return &sealed.Incident, now, err
}

func (d *Desk) carryCancel(ctx context.Context, it *agenda.IncidentItem, seen *agenda.Booking) error {
	return d.onBooking(ctx, it.Tenant, it.Booking, seen, func(tx *store.Tx, s *agenda.Setup, b *agenda.Booking) error {
		n, it, err := begun(tx, it)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if err := asChosen(it, b, now); err != nil {
			return err
		}
		it.Was = agenda.WasOf(b)
		sure := b.Awaits != agenda.ConfirmEmail
		e := ending{act: "cancel", by: &agenda.Person{Tenant: n.Tenant, ID: n.By}, undo: max(0, n.Due.Sub(now))}
		if err := d.endVisit(tx, s, b, now, e, KindIncidentCancelled); err != nil {
			return err
		}
		return done(tx, n, it, b, sure)
	})
}

// done notes that a visit has been dealt with. The visitor is told by letter, or else
// has to be called; sure is whether there is anybody to tell.
func done(tx *store.Tx, n *agenda.Incident, it *agenda.IncidentItem, b *agenda.Booking, sure bool) error {
	it.State, it.Letter, it.Due, it.Reason = agenda.ItemDone, b.Version, n.Due, ""
	it.Call = sure && (!b.Notify || b.EmailHash == "")
	return tx.SaveItem(it, agenda.ItemReady)
}

// carryTo runs an act that needs seats at the new time.
func (d *Desk) carryTo(ctx context.Context, it *agenda.IncidentItem, b *agenda.Booking, act func(*store.Tx, fixed, Request, *agenda.Incident, *agenda.IncidentItem) error) error {
	r := Request{Tenant: b.Tenant, Wish: b.Wish(), Calendar: it.Calendar, Start: it.Start, By: agenda.Staff, own: b, many: true}
	a, err := d.aim(ctx, r)
	if err != nil {
		return err
	}
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		own := b.Number
		if it.Act == agenda.ActPropose {
			own = 0 // it keeps its seats
		}
		f, err := d.look(tx, a, own)
		if err != nil {
			return err
		}
		if f.booking.Version != b.Version {
			return agenda.ErrConflict
		}
		n, it, err := begun(tx, it)
		if err != nil {
			return err
		}
		if err := asChosen(it, f.booking, f.now); err != nil {
			return err
		}
		it.Was = agenda.WasOf(f.booking)
		r := r
		r.Actor, r.undo = n.By, max(0, n.Due.Sub(f.now))
		return act(tx, f, r, n, it)
	})
}

func (d *Desk) carryMove(tx *store.Tx, f fixed, r Request, n *agenda.Incident, it *agenda.IncidentItem) error {
	b := f.booking
	if err := d.relocate(tx, f, r, b); err != nil {
		return err
	}
	return done(tx, n, it, b, b.Awaits != agenda.ConfirmEmail)
}

// offer is one proposal in the making: what must not change when its transaction is run
// again.
type offer struct {
	*Desk
	secret string
	id     string
	held   *agenda.Booking
}

func (d *Desk) newOffer() *offer {
	return &offer{Desk: d, secret: seal.NewDatedSecret(), id: newID(), held: newBooking(Request{})}
}

// make keeps the seats of another time in a booking of its own, under the channel of the
// visit, whose seats they are to become. The visit's version grows, so that its letters
// are in order; nothing else about it changes.
func (o *offer) make(tx *store.Tx, f fixed, r Request, n *agenda.Incident, it *agenda.IncidentItem) error {
	b, held := f.booking, *o.held
	if _, err := tx.OpenProposal(b.Tenant, b.ID); !errors.Is(err, agenda.ErrNotFound) {
		return cmp.Or(err, error(because(WhyProposed)))
	}
	held.Tenant, held.Channel, held.Items, held.Mode, held.Language = b.Tenant, b.Channel, b.Items, b.Mode, b.Language
	if err := o.place(f, r, &held); err != nil {
		return err
	}
	held.Status, held.Created, held.Changed = agenda.Held, f.now, f.now
	held.Expires = keptUntil(f.setup, b, &held, f.now.Add(r.undo), n.Days)
	p := &agenda.Proposal{Tenant: b.Tenant, ID: o.id, Incident: n.ID, Booking: b.ID, Held: held.ID, Hash: seal.SecretHash(o.secret),
		State: agenda.ProposalOpen, Version: b.Version + 1, Expires: held.Expires, Fallback: n.Fallback, Created: f.now}
	p.Sealed = o.Keys.Seal([]byte(o.secret), bindProposal(p)...)
	if err := errors.Join(tx.AddBooking(&held), tx.Claim(&held, f.taken), tx.SaveBooking(b), tx.AddProposal(p)); err != nil {
		return err
	}
	it.Proposal = p.ID
	if err := done(tx, n, it, b, true); err != nil {
		return err
	}
	detail := map[string]any{"from": b.Start.Format(time.RFC3339), "to": held.Start.Format(time.RFC3339), "until": p.Expires.Format(time.RFC3339)}
	if err := log(tx, b, "propose", r.Actor, detail); err != nil {
		return err
	}
	return o.tellAt(tx, f.plan.Calendar, b, KindProposal, "", f.now.Add(r.undo))
}

func bindProposal(p *agenda.Proposal) []string { return []string{"proposal", p.Tenant, p.ID} }
