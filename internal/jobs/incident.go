package jobs

import (
	"context"
	"fmt"
	"strings"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// aboutIncident reports whether a letter may have something to say about an incident: a
// request that is moved gets the letter that requests get.
func (o *outgoing) aboutIncident() bool {
	switch o.p.Kind {
	case booking.KindIncidentMoved, booking.KindIncidentCancelled, booking.KindProposal, booking.KindReceived:
		return true
	}
	return false
}

// propose makes the letter one about the time that is kept, beside the visit as it
// stands. Nothing changes in the visitor's calendar until they accept.
func (o *outgoing) propose(l *mail.Letter, v entry.Visit) error {
	held := *v.Booking
	held.TakeSeatsOf(o.enclosed.New)
	c, ok := o.setup.CalendarOf(held.Calendar)
	if !ok {
		return dropped("the calendar is gone")
	}
	was := v.Start
	v.Booking, v.Calendar = &held, c
	o.visit(l, v)
	zone := o.setup.Zone()
	l.OldStart, l.ProposalBy, l.CallAfter = was.In(zone), o.enclosed.Until.In(zone), o.enclosed.Call
	l.ProposalURL = o.Links.Proposal(&o.setup.Tenant, o.enclosed.Secret)
	return nil
}

// Preview writes the letter about a visit as it will be, without sending it: the words
// that would stand in it, for whom, and whether it changes the visitor's calendar.
func (r *Runner) Preview(ctx context.Context, f booking.Foreseen) (words mail.Words, calendar bool, err error) {
	o := &outgoing{Runner: r, now: f.Now, setup: f.Setup, b: f.Booking, enclosed: f.Enclosed, look: true, foreseen: f.Before}
	o.p = store.Posting{Tenant: f.Booking.Tenant, Subject: f.Booking.ID, Kind: f.Kind, Version: f.Booking.Version + 1, MessageID: "preview"}
	l, err := o.asItStands()
	if err != nil {
		return words, false, fmt.Errorf("preview: %w", err)
	}
	out, err := r.Templates.Compose(l) // what could not be sent is not shown either
	if err != nil || len(out.Raw) == 0 {
		return words, false, err
	}
	words, err = r.Templates.Print(l)
	words.Text = strings.TrimSpace(words.Text)
	return words, len(l.Calendar) > 0, err
}
