package api

import (
	"maps"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// bookingView is a booking for the bearer of one of its secrets. What is personal
// is there for the manage secret alone, and as long as the booking lives.
type bookingView struct {
	ID              string        `json:"id"`
	Reference       string        `json:"reference"`
	Status          agenda.Status `json:"status"`
	Awaits          string        `json:"awaits,omitempty"` // while pending: email or staff
	Start           string        `json:"start"`
	End             string        `json:"end"`
	DurationMinutes int           `json:"durationMinutes"`
	Calendar        string        `json:"calendar"`
	Site            string        `json:"site"`
	Mode            string        `json:"mode"`
	Services        []agenda.Item `json:"services"`
	*personalView
	*staffView
}

// personalView is what a booking says of its visitor, and what they may do.
type personalView struct {
	Name        string `json:"name"`
	ContactName string `json:"contactName,omitempty"`
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty"`
	Note        string `json:"note,omitempty"`
	Language    string `json:"language"`
	Expires     string `json:"expires,omitempty"` // of a request that nobody answers
	CancelBy    string `json:"cancelBy"`
	ManageURL   string `json:"manageUrl,omitempty"` // for the visitor alone
	ICSURL      string `json:"icsUrl,omitempty"`
}

// staffView is what only staff see of a booking.
type staffView struct {
	Channel       agenda.Channel `json:"channel"`
	Notify        bool           `json:"notify"`
	Overbooked    bool           `json:"overbooked"`
	Stranded      bool           `json:"stranded"`
	Busy          bool           `json:"busy,omitempty"` // in a colleague's private calendar
	Created       string         `json:"created"`
	Changed       string         `json:"changed"`
	StaffNote     string         `json:"staffNote,omitempty"`
	CaseReference string         `json:"caseReference,omitempty"`
	Coming        string         `json:"coming,omitempty"` // when the visitor said that they come at this time
}

// outline is a booking without anything personal: answers can be.
func (c *call) outline(card *booking.Card) bookingView {
	b := card.Booking
	v := bookingView{ID: b.ID, Reference: b.Reference, Status: b.Status, Awaits: b.Awaits, Start: c.local(b.Start), End: c.local(b.End),
		DurationMinutes: int(b.End.Sub(b.Start) / time.Minute), Calendar: b.Calendar, Site: card.Calendar.Site, Mode: b.Mode, Services: []agenda.Item{}}
	for _, it := range b.Items {
		v.Services = append(v.Services, agenda.Item{Service: it.Service, Quantity: it.Quantity})
	}
	return v
}

// whole is a booking with what is personal, as long as it lives.
func (c *call) whole(card *booking.Card) bookingView {
	v := c.outline(card)
	if card.Gone || card.Busy {
		return v
	}
	b, p := card.Booking, card.Private
	for i, it := range b.Items {
		v.Services[i].Answers = maps.Clone(it.Answers)
	}
	v.personalView = &personalView{Name: p.Name, ContactName: p.ContactName, Email: p.Email, Phone: p.Phone, Note: p.Note,
		Language: b.Language, CancelBy: c.local(b.CancelBy)}
	if !b.Expires.IsZero() {
		v.Expires = c.local(b.Expires)
	}
	return v
}

// forVisitor is a booking for the bearer of its manage secret.
func (a API) forVisitor(c *call, card *booking.Card, secret string) bookingView {
	v := c.whole(card)
	if v.personalView != nil {
		v.ManageURL, v.ICSURL = a.Links.Manage(&c.setup.Tenant, secret), a.Links.ICS(&c.setup.Tenant, secret)
	}
	return v
}

// forStaff is a booking for who may see it: without the visitor's secret.
func (c *call) forStaff(card *booking.Card) bookingView {
	v, b := c.whole(card), card.Booking
	coming := ""
	if !b.Coming.IsZero() {
		coming = c.local(b.Coming)
	}
	v.staffView = &staffView{Coming: coming, Channel: b.Channel, Notify: b.Notify, Overbooked: b.Overbooked, Stranded: b.Stranded, Busy: card.Busy,
		Created: c.local(b.Created), Changed: c.local(b.Changed), StaffNote: card.Private.StaffNote, CaseReference: card.Private.CaseReference}
	return v
}
