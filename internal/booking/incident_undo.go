package booking

import (
	"context"
	"errors"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// UndoIncident takes back all that an incident has done, by CarryOut; what it closed is
// open again at once. It fails with ErrTooLate once its letters are leaving.
func (d *Desk) UndoIncident(ctx context.Context, p *agenda.Person, id string) (*agenda.Incident, error) {
	return d.onIncident(ctx, p, id, "undo incident", func(tx *store.Tx, s *agenda.Setup, n *agenda.Incident) (map[string]any, error) {
		now, err := tx.Now()
		if err != nil {
			return nil, err
		}
		switch {
		case n.Step != agenda.StepRunning && n.Step != agenda.StepPaused && n.Step != agenda.StepDone:
			return nil, agenda.ErrState
		case !now.Before(n.Due):
			return nil, agenda.ErrTooLate
		}
		n.Step, n.By = agenda.StepUndoing, p.ID
		if n.Close == agenda.CloseNothing {
			return nil, nil
		}
		return map[string]any{"opened": n.Calendars}, d.applyClosures(tx, p, s, n, withoutClosure)
	})
}

// uncarry takes back what was done about one visit, or notes why it cannot be.
func (d *Desk) uncarry(ctx context.Context, n *agenda.Incident, it *agenda.IncidentItem) error {
	var err error
	switch {
	case it.State != agenda.ItemDone:
	case it.Act == agenda.ActPropose:
		err = d.withdraw(ctx, n, it)
	default:
		err = d.takeItemBack(ctx, n, it)
	}
	if it.State == agenda.ItemDone && err == nil || errors.Is(err, errNotNow) {
		return err
	}
	why := whyNot(err)
	if err != nil && why == "" {
		return err
	}
	return insist(func() error {
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			now, err := undoing(tx, it)
			if err != nil {
				return err
			}
			was := now.State
			if now.State, now.Reason = agenda.ItemUndone, ""; why != "" {
				now.State, now.Reason = agenda.ItemStuck, why
			}
			return tx.SaveItem(now, was)
		})
	})
}

// undoing reads one visit of an incident within the transaction that takes it back.
func undoing(tx *store.Tx, it *agenda.IncidentItem) (*agenda.IncidentItem, error) {
	sealed, err := tx.Incident(it.Tenant, it.Incident)
	if err != nil {
		return nil, err
	}
	now, err := tx.Item(it.Tenant, it.Incident, it.Booking)
	if err == nil && (sealed.Step != agenda.StepUndoing || now.State != it.State) {
		err = errNotNow
	}
	return now, err
}

// takeItemBack undoes a move or a cancellation as TakeBack does.
func (d *Desk) takeItemBack(ctx context.Context, n *agenda.Incident, it *agenda.IncidentItem) error {
	return d.settled(ctx, it.Tenant, it.Booking, nil, func(b *agenda.Booking) error {
		if b.Version != it.Letter {
			return because(WhyChanged)
		}
		x := takeBack{Desk: d, actor: n.By}
		if err := x.prepare(ctx, b); err != nil {
			return err
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			if _, err := x.run(tx, b); err != nil {
				return err
			}
			return undone(tx, it)
		})
	})
}

func undone(tx *store.Tx, it *agenda.IncidentItem) error {
	now, err := undoing(tx, it)
	if err != nil {
		return err
	}
	now.State, now.Call = agenda.ItemUndone, false
	return tx.SaveItem(now, agenda.ItemDone)
}

// withdraw takes a proposal back that its visitor does not know of yet.
func (d *Desk) withdraw(ctx context.Context, n *agenda.Incident, it *agenda.IncidentItem) error {
	var p *agenda.Proposal
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.Proposal(it.Tenant, it.Proposal)
		return err
	})
	if err != nil {
		return err
	}
	return d.onProposal(ctx, p, func(tx *store.Tx, x answer) error {
		b := x.Locked.Booking
		if x.State != agenda.ProposalOpen {
			return because(WhyAnswered)
		}
		letters, err := tx.Postings(b.Tenant, b.ID)
		if err != nil {
			return err
		}
		wait, gone := waiting(letters, it.Letter, x.Now)
		if gone {
			return because(WhyTold)
		}
		if err := undone(tx, it); err != nil {
			return err
		}
		return errors.Join(giveBack(tx, x), tx.EndProposal(x.Proposal, agenda.ProposalWithdrawn),
			tx.Withdraw(b.Tenant, b.ID, it.Letter, wait, TakenBack), log(tx, b, "withdraw proposal", n.By, nil))
	})
}
