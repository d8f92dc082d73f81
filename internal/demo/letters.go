package demo

import (
	"context"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// Rehearse books, confirms, moves and cancels a few visits as visitors would, so
// that there is a letter of each kind to read.
func (c *County) Rehearse(ctx context.Context) error {
	asked, err := c.book(ctx, "einbeck", "personalausweis", "Erika Musterfrau", "erika.musterfrau@example.org")
	if err != nil || asked == nil {
		return err
	}
	private, err := c.Desk.Private(asked)
	if err != nil {
		return err
	}
	if _, err := c.Desk.Confirm(ctx, "einbeck", private.Confirm); err != nil {
		return err
	}
	if err := c.moveLater(ctx, asked, private.Manage); err != nil {
		return err
	}
	if _, err := c.book(ctx, "uslar", "wohnsitz", "Nils Entwurf", "nils.entwurf@example.org"); err != nil {
		return err // this one still waits for its visitor
	}
	if _, err := c.book(ctx, "northeim", "grundsicherung", "Max Beispielmann", "max.beispielmann@example.org"); err != nil {
		return err
	}
	dropped, err := c.book(ctx, "northeim", "fuehrerschein-umtauschen", "Uwe Probemann", "uwe.probemann@example.org")
	if err != nil || dropped == nil {
		return err
	}
	if private, err = c.Desk.Private(dropped); err != nil {
		return err
	}
	if _, err := c.Desk.Confirm(ctx, "northeim", private.Confirm); err != nil { // what nobody confirmed is cancelled without a letter
		return err
	}
	_, err = c.Desk.Cancel(ctx, "northeim", private.Manage)
	return err
}

// book takes the first time for a service in some days; nil where there is none.
func (c *County) book(ctx context.Context, tenant, service, name, email string) (*agenda.Booking, error) {
	today, err := c.today(ctx)
	if err != nil {
		return nil, err
	}
	setup, err := c.Desk.Setup(ctx, tenant)
	if err != nil {
		return nil, err
	}
	wish := agenda.Wish{Items: []agenda.Item{{Service: service, Quantity: 1}}}
	if svc, ok := setup.Service(service); ok {
		for _, q := range svc.Questions {
			if q.Type == agenda.AskSurname {
				wish.Items[0].Answers = map[string]string{q.ID: name[strings.LastIndexByte(name, ' ')+1:]}
			}
		}
	}
	wish = setup.Settle(wish)
	found, err := c.Desk.Availability(ctx, booking.Search{Tenant: tenant, Wish: wish, From: today + 3, To: today + 40, By: agenda.Public, Brief: true})
	if err != nil {
		return nil, err
	}
	for _, day := range found.Days {
		for _, slot := range day.Slots {
			r := booking.Request{Tenant: tenant, Wish: wish, Calendar: slot.Calendar, Start: slot.Start, By: agenda.Public, Actor: booking.ActorVisitor}
			f := booking.Form{Visitor: agenda.Visitor{Name: name, Email: email, Phone: "05551 000-1234"}, Language: "de"}
			receipt, err := c.Desk.BookNow(ctx, r, f, booking.Once{})
			return receipt.Booking, err
		}
	}
	return nil, nil
}

func (c *County) moveLater(ctx context.Context, b *agenda.Booking, manage string) error {
	slots, err := c.Desk.Alternatives(ctx, booking.Request{Tenant: b.Tenant, Wish: b.Wish(), Calendar: b.Calendar, Start: b.Start, By: agenda.Public}, b, 5)
	if err != nil || len(slots) == 0 {
		return err
	}
	last := slots[len(slots)-1]
	if last.Start.Equal(b.Start) {
		return nil
	}
	_, err = c.Desk.Move(ctx, b.Tenant, manage, booking.Target{Calendar: last.Calendar, Start: last.Start})
	return err
}
