package main

import (
	"context"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff"
	"terminvergabe/internal/web/staff/docs"
	"terminvergabe/internal/web/staff/figures"
	"terminvergabe/internal/web/staff/find"
	"terminvergabe/internal/web/staff/grid"
	"terminvergabe/internal/web/staff/incident"
	"terminvergabe/internal/web/staff/journal"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/staff/paper"
	"terminvergabe/internal/web/staff/people"
	"terminvergabe/internal/web/staff/plan"
	"terminvergabe/internal/web/staff/setup"
)

// part is one part of the back office: a package below web/staff.
type part interface {
	Mount(t *route.Table)
	Routes() []office.Route
}

// backOffice puts the parts of the back office together.
func (s *service) backOffice(pages *page.Pages) []part {
	h := s.house
	s.lists = &paper.Memory{Desk: h.desk}
	o := &office.Office{Pages: pages, Secure: h.config.Secure(), Recognise: s.lists.Watch(staff.Recognise(h.desk, s.accounts))}
	signOn, doors := s.signOn(o)
	elsewhere := h.elsewhere()
	s.docs = &docs.Part{Office: o}
	return []part{
		&staff.Office{Office: o, Desk: h.desk, Links: h.links, Accounts: s.accounts, Doors: doors, Mailboxes: mailboxesOf(h.config.Mail)},
		&grid.Part{Office: o, Desk: h.desk, Ending: s.ending},
		signOn,
		&incident.Part{Office: o, Desk: h.desk, Preview: s.preview},
		&figures.Part{Office: o, Desk: h.desk},
		&find.Part{Office: o, Desk: h.desk},
		&paper.Part{Office: o, Desk: h.desk, Memory: s.lists},
		&setup.Part{Office: o, Desk: h.desk, Accounts: s.accounts, Links: h.links, Letters: s.jobs.Templates, Write: s.preview, Catalogue: s.jobs.Catalogue,
			Ask: elsewhere.Now, MayAsk: elsewhere.May},
		&journal.Part{Office: o, Desk: h.desk},
		&people.Part{Office: o, Desk: h.desk, Accounts: s.accounts},
		&plan.Part{Office: o, Desk: h.desk},
		s.docs,
	}
}

// preview writes a letter by the code that sends it. The jobs are made after the pages.
func (s *service) preview(ctx context.Context, f booking.Foreseen) (mail.Words, bool, error) {
	return s.jobs.Preview(ctx, f)
}
