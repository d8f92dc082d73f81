package jobs

import (
	"fmt"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// sample writes a trial of a department's letter, to whoever of the staff asked for it.
func (o *outgoing) sample() (l mail.Letter, err error) {
	what, ok := booking.ParseSample(o.p.Kind)
	if !ok {
		return l, fmt.Errorf("%w: kind", errUnwritable)
	}
	d, ok := o.setup.Department(what.Department)
	if !ok && what.Department != "" {
		return l, dropped("the department is gone")
	}
	if o.to == "" {
		return l, dropped("there is no address")
	}
	o.p.Kind = what.Kind
	l = o.letter(&agenda.Calendar{Department: what.Department})
	l.Printer = o.Catalogue.Printer(o.setup.Language(what.Language))
	l.To = o.to
	l.Tenant.Name = o.text(l, o.setup.Tenant.Name)
	if d != nil {
		l.Department.Name = o.text(l, d.Name)
	}
	l.ManageURL = o.Links.Home(&o.setup.Tenant) + "/"
	l.Invent(o.setup, mail.Invented{Department: what.Department, Service: what.Service, State: what.State}, o.now.In(o.setup.Zone()))
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
	return l, nil
}

// readSample finds the address of whoever asked for a sample.
func (o *outgoing) readSample(tx *store.Tx) error {
	accounts, err := tx.Accounts(o.p.Tenant)
	for _, a := range accounts {
		if a.ID == booking.SampleFor(o.p) && !a.Disabled {
			o.to = a.Email
		}
	}
	return err
}
