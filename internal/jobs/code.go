package jobs

import (
	"fmt"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

func (o *outgoing) readCode(tx *store.Tx) (err error) {
	reason := ""
	if o.code, reason, err = o.Desk.CodeTo(tx, o.p); err == nil && reason != "" {
		err = dropped(reason)
	}
	return err
}

// proofCode writes a code to whoever wants to book without a browser that calculates.
func (o *outgoing) proofCode() (l mail.Letter, err error) {
	o.b = &agenda.Booking{Tenant: o.p.Tenant, Language: o.code.Language}
	l = o.letter(&agenda.Calendar{})
	l.Tenant.Name = o.text(l, o.setup.Tenant.Name)
	if l.To, err = agenda.CheckAddress(o.code.To); err != nil {
		return l, fmt.Errorf("%w: to: %w", errUnwritable, agenda.ErrAddress)
	}
	l.Start, l.Code, l.ConfirmBy = l.Sent, o.code.Code, o.code.Until.In(o.setup.Zone())
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
	return l, nil
}
