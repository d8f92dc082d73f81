package booking

import (
	"context"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Waiting opens the requests of all days that wait for the office and that a person
// may open, the next visit first.
func (d *Desk) Waiting(ctx context.Context, p *agenda.Person) (cards []*Card, err error) {
	var list []*agenda.Booking
	var s *agenda.Setup
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if s, err = tx.Setup(p.Tenant); err != nil {
			return err
		}
		list, err = tx.Unanswered(p.Tenant, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		c, ok := s.CalendarOf(b.Calendar)
		if !ok || !p.MayOpen(c) {
			continue
		}
		card, err := d.Card(ctx, b)
		if err != nil {
			return nil, err
		}
		if card.Status == agenda.Pending {
			cards = append(cards, card)
		}
	}
	return cards, d.Saw(ctx, p, WayList, cards...)
}
