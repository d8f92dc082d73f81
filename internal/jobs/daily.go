package jobs

import (
	"context"
	"fmt"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/mail"
)

// dailyList writes a calendar's list of one day: the visits as they are now.
func (o *outgoing) dailyList(ctx context.Context) (l mail.Letter, err error) {
	id, day, _ := strings.Cut(o.p.Subject, "/")
	date, err := agenda.ParseDate(day)
	if err != nil {
		return l, fmt.Errorf("%w: daily list of %q", errUnwritable, o.p.Subject)
	}
	c, ok := o.setup.Calendar(id)
	if !ok || c.StaffMail.To == "" || c.StaffMail.DailyList == "" {
		return l, dropped("not wanted any more")
	}
	if end, _ := agenda.At(date+1, 0, o.setup.Zone()); !o.now.Before(end) {
		return l, dropped("too late")
	}
	l = o.letter(c)
	if l.To, err = agenda.CheckAddress(c.StaffMail.To); err != nil {
		return l, fmt.Errorf("%w: to: %w", errUnwritable, agenda.ErrAddress)
	}
	l.Start, _ = agenda.At(date, 0, o.setup.Zone())
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
	l.CalendarName, l.StaffURL = o.calendarName(l, c), o.Links.StaffDay(c.ID, date)
	l.Rows, err = o.rows(ctx, l, c, date)
	return l, err
}

func (o *outgoing) rows(ctx context.Context, l mail.Letter, c *agenda.Calendar, date agenda.Date) (rows []mail.Row, err error) {
	// The list is for whoever reads the calendar's mailbox.
	reader := &agenda.Person{Tenant: o.p.Tenant, ID: "daily-list", Role: agenda.Clerk, Department: c.Department}
	cards, err := o.Desk.ListFor(ctx, reader, "", c.ID, date, date)
	if err != nil {
		return nil, err
	}
	for _, card := range cards {
		if card.Gone {
			continue
		}
		row := mail.Row{Start: card.Start.In(o.setup.Zone()), End: card.End.In(o.setup.Zone()), VisitorName: card.Private.Name,
			Reference: card.Reference, Pending: card.Status == agenda.Pending}
		row.Items, row.Sensitive = o.items(l, card.Items), o.setup.Sensitive(card.Items)
		rows = append(rows, row)
	}
	return rows, nil
}
