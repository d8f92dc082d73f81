package booking

import (
	"context"
	"net/url"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Links makes the addresses that letters and answers carry. They come from the
// configuration alone, never from a request.
type Links struct {
	Base string // scheme and host of the installation, without a slash at the end
}

// Home is a tenant's site, under its own host where it has one.
func (l Links) Home(t *agenda.Tenant) string {
	if t.Host != "" {
		return "https://" + t.Host + "/" + t.ID
	}
	return l.Base + "/" + t.ID
}

// Service is the page of a service.
func (l Links) Service(t *agenda.Tenant, service string) string { return l.Home(t) + "/s/" + service }

// Manage is the address at which the bearer sees, moves and cancels a booking.
func (l Links) Manage(t *agenda.Tenant, secret string) string { return l.Home(t) + "/m/" + secret }

// ICS is where the same bearer downloads the calendar entry.
func (l Links) ICS(t *agenda.Tenant, secret string) string {
	return l.Manage(t, secret) + "/termin.ics"
}

// Coming is where the same bearer says whether they come.
func (l Links) Coming(t *agenda.Tenant, secret string) string { return l.Manage(t, secret) + "/coming" }

// Confirm is the address that confirms a double opt-in.
func (l Links) Confirm(t *agenda.Tenant, secret string) string { return l.Home(t) + "/c/" + secret }

// Address is where the bearer confirms a new e-mail address.
func (l Links) Address(t *agenda.Tenant, secret string) string { return l.Home(t) + "/a/" + secret }

// Proposal is where the bearer answers a proposal.
func (l Links) Proposal(t *agenda.Tenant, secret string) string { return l.Home(t) + "/p/" + secret }

// Invited is where the bearer of an invitation link books.
func (l Links) Invited(t *agenda.Tenant, secret string) string { return l.Home(t) + "/i/" + secret }

// Feed is the address of a calendar feed.
func (l Links) Feed(t *agenda.Tenant, secret string) string {
	if t.Host != "" {
		return "https://" + t.Host + "/feeds/" + secret + ".ics"
	}
	return l.Base + "/feeds/" + secret + ".ics"
}

// Legal is our page of a tenant's legal text: imprint, privacy or accessibility.
func (l Links) Legal(t *agenda.Tenant, text string) string { return l.Home(t) + "/legal/" + text }

// Staff is the back office.
func (l Links) Staff() string { return l.Base + "/staff/" }

// Invitation is where the bearer of an invitation's secret sets a password.
func (l Links) Invitation(secret string) string { return l.Staff() + "invitation/" + secret }

// StaffBooking is a booking in the back office.
func (l Links) StaffBooking(id string) string { return l.Staff() + "bookings/" + id }

// StaffDay is a calendar's day in the back office.
func (l Links) StaffDay(calendar string, date agenda.Date) string {
	return l.Staff() + "day?" + url.Values{"calendar": {calendar}, "date": {date.String()}}.Encode()
}

// Now is the book's time: the database's clock.
func (d *Desk) Now(ctx context.Context) (time.Time, error) { return d.Store.Now(ctx) }

// Present is a tenant's set-up and the time, for pages and programs, and what several
// searches at one moment need to know once.
func (d *Desk) Present(ctx context.Context, tenant string) (store.Present, error) {
	return d.Store.Present(ctx, tenant)
}

// Setup is a tenant's set-up, for pages and programs.
func (d *Desk) Setup(ctx context.Context, tenant string) (*agenda.Setup, error) {
	p, err := d.Store.Present(ctx, tenant)
	return p.Setup, err
}

// Tenants lists the set-ups of all tenants, in the order of their ids.
func (d *Desk) Tenants(ctx context.Context) (list []*agenda.Setup, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		ids, err := tx.Tenants()
		if err != nil {
			return err
		}
		for _, id := range ids {
			s, err := tx.Setup(id)
			if err != nil {
				return err
			}
			list = append(list, s)
		}
		return nil
	})
	return list, err
}
