package jobs

import (
	"errors"
	"fmt"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// readInvitation finds whom an invitation is for; one that was replaced, used or ran
// out needs no letter.
func (o *outgoing) readInvitation(tx *store.Tx) (err error) {
	hash := auth.InvitationOf(o.p.Subject)
	o.invited, err = tx.Invitation(hash)
	if errors.Is(err, agenda.ErrNotFound) || err == nil && o.invited.Disabled {
		return dropped("the invitation has ended")
	}
	if err != nil {
		return err
	}
	if o.link, err = tx.Invited(hash); err != nil {
		return err
	}
	c, err := tx.Credential(o.invited.Person)
	o.language = c.Language
	return err
}

// invitation writes to a member of staff where to set their password.
func (o *outgoing) invitation() (l mail.Letter, err error) {
	secret, err := auth.OpenInvitation(o.Desk.Keys, o.p.Tenant, o.link)
	if err != nil {
		return l, fmt.Errorf("%w: the link: %w", errUnwritable, err)
	}
	l = o.letter(&agenda.Calendar{})
	l.Printer = o.Catalogue.Office(o.setup.Language(o.language))
	l.Tenant.Name = o.text(l, o.setup.Tenant.Name)
	if l.To, err = agenda.CheckAddress(o.invited.Email); err != nil {
		return l, fmt.Errorf("%w: to: %w", errUnwritable, agenda.ErrAddress)
	}
	l.VisitorName = o.invited.Name
	if l.VisitorName == o.invited.Email {
		l.VisitorName = ""
	}
	l.Start = l.Sent
	l.ConfirmURL, l.ConfirmBy = o.Links.Invitation(secret), o.link.Expires.In(o.setup.Zone())
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
	return l, nil
}
