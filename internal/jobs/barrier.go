package jobs

import (
	"errors"
	"fmt"
	netmail "net/mail"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

func (o *outgoing) readBarrier(tx *store.Tx) (err error) {
	o.barrier, o.reported, err = o.Desk.Barrier(tx, o.p)
	if errors.Is(err, agenda.ErrNotFound) {
		return dropped("the report is gone")
	}
	return err
}

// aboutBarrier takes a report to the office. Whoever wrote it gets the answer when it is
// answered; the letter comes from the tenant itself, for a stranger's address in From
// would be a forgery.
func (o *outgoing) aboutBarrier() (l mail.Letter, err error) {
	l = o.letter(&agenda.Calendar{})
	l.ReplyTo = netmail.Address{}
	if l.Start = o.reported.In(o.setup.Zone()); o.barrier.Email != "" {
		l.ReplyTo.Address = o.barrier.Email
	}
	_, l.To, err = agenda.ParseMailbox(o.setup.BarrierMailbox())
	if err != nil {
		return l, fmt.Errorf("%w: to: %w", errUnwritable, agenda.ErrAddress)
	}
	l.Barrier, l.Page = o.barrier.Text, o.barrier.Page
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
	return l, nil
}
