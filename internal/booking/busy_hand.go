package booking

import (
	"context"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// What people may ask by hand: whoever could have calendars elsewhere asked without end
// could find out with our help what answers where.
const (
	busyByHand      = 10 // times in busyHandWindow
	busyHandWindow  = 10 * time.Minute
	busyHandBetween = 30 * time.Second // of one source, whoever asks
)

const actAskByHand = "ask calendar"

// AskByHand notes that a person has a calendar elsewhere asked at once; asking is the
// caller's. It fails with agenda.ErrNotFound, agenda.ErrForbidden, ErrJustAsked, and with
// agenda.ErrLimited after ten times in ten minutes.
func (d *Desk) AskByHand(ctx context.Context, p *agenda.Person, k store.BusyKey) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(k.Tenant)
		if err != nil {
			return err
		}
		c, ok := s.Calendar(k.Calendar)
		if !ok || p.Tenant != k.Tenant || !p.Knows(c) {
			return agenda.ErrNotFound
		}
		if !p.MayIn(agenda.ChangeSetup, c) {
			return agenda.ErrForbidden
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		state, err := tx.BusyState(k)
		if err != nil {
			return err
		}
		lately, err := tx.JournalPage(store.JournalQuery{Tenant: k.Tenant, From: now.Add(-busyHandWindow), To: now.Add(time.Minute), Actor: p.ID, Act: actAskByHand, Limit: busyByHand})
		if err != nil {
			return err
		}
		if len(lately) >= busyByHand {
			return agenda.ErrLimited
		}
		if now.Sub(state.Tried) < busyHandBetween {
			return ErrJustAsked
		}
		return tx.Log(store.Entry{Tenant: k.Tenant, Act: actAskByHand, Subject: "setup", Actor: p.ID}, map[string]any{"calendar": k.Calendar, "source": k.Source})
	})
}
