package agenda

import (
	"net/url"
	"slices"
	"strings"
)

// Webhook is another system that is told what happens to bookings, or that carries
// messages to visitors who gave a phone number.
type Webhook struct {
	ID          string   `json:"id" need:"yes"`
	URL         string   `json:"url" need:"yes"`
	Events      []string `json:"events" need:"yes"`
	Departments []string `json:"departments"` // only of these; none: of all
	Services    []string `json:"services"`    // only visits for one of these; none: for all
	Detail      string   `json:"detail" default:"reference"`
	Messages    string   `json:"messages" default:"noEmail"` // who gets messages: noEmail | always
}

// How much a webhook tells.
const (
	DetailReference = "reference" // what the visit is, nothing about the visitor
	DetailFull      = "full"      // name, contact, answers and note too
)

// Who gets messages through a webhook.
const (
	MessagesNoEmail = "noEmail" // visitors with a phone number and no e-mail address
	MessagesAlways  = "always"  // all with a phone number, beside letters
)

// What webhooks can be told.
const (
	EventPending     = "booking.pending"
	EventConfirmed   = "booking.confirmed"
	EventMoved       = "booking.moved"
	EventChanged     = "booking.changed"
	EventCancelled   = "booking.cancelled"
	EventReleased    = "booking.released"
	EventExpired     = "booking.expired"
	EventRestored    = "booking.restored"
	EventCheckedIn   = "booking.checked_in"
	EventServed      = "booking.served"
	EventNoShow      = "booking.no_show"
	EventMessageSend = "message.send"
)

// WebhookEvents are all of them, in the order of a visit's life.
func WebhookEvents() []string {
	return []string{EventPending, EventConfirmed, EventMoved, EventChanged, EventCancelled, EventReleased, EventExpired, EventRestored,
		EventCheckedIn, EventServed, EventNoShow, EventMessageSend}
}

func (h *Webhook) key() string { return h.ID }

// Webhook finds a webhook by id.
func (s *Setup) Webhook(id string) (*Webhook, bool) { return find(s.Webhooks, id, (*Webhook).key) }

// Wants reports whether a webhook is to be told an event about a visit.
func (h *Webhook) Wants(event string, c *Calendar, items []Item) bool {
	return slices.Contains(h.Events, event) && h.Concerns(c, items)
}

// Concerns reports whether visits in a calendar for some services are among those that the
// webhook is for.
func (h *Webhook) Concerns(c *Calendar, items []Item) bool {
	return (len(h.Departments) == 0 || slices.Contains(h.Departments, c.Department)) &&
		(len(h.Services) == 0 || slices.ContainsFunc(items, func(it Item) bool { return slices.Contains(h.Services, it.Service) }))
}

// Messenger is the webhook that carries messages to the visitors of a calendar that come
// for some services; nil: none does.
func (s *Setup) Messenger(c *Calendar, items []Item) *Webhook {
	for i := range s.Webhooks {
		if s.Webhooks[i].Wants(EventMessageSend, c, items) {
			return &s.Webhooks[i]
		}
	}
	return nil
}

// Messages reports whether the visitor of a booking gets messages through a webhook.
func (h *Webhook) MessagesTo(email, phone bool) bool {
	return h != nil && phone && (!email || h.Messages == MessagesAlways)
}

const maxWebhooks = 50

func (c *checker) webhooks() {
	if !c.atMost("webhooks", len(c.s.Webhooks), maxWebhooks) {
		return
	}
	uniqueIDs(c, "webhooks", c.s.Webhooks, (*Webhook).key)
	var departments, services []string
	for i := range c.s.Departments {
		departments = append(departments, c.s.Departments[i].ID)
	}
	for i := range c.s.Services {
		services = append(services, c.s.Services[i].ID)
	}
	for i := range c.s.Webhooks {
		h, path := &c.s.Webhooks[i], at("webhooks", i)
		if !hookAddress(h.URL) {
			c.bad(path+".url", "found %q; expected an address such as https://cases.example.org/hook, without a password", shorten(h.URL))
		}
		if len(h.Events) == 0 {
			c.bad(path+".events", "found none; expected at least one of %s", strings.Join(WebhookEvents(), ", "))
		}
		c.subset(path+".events", h.Events, WebhookEvents())
		c.subset(path+".departments", h.Departments, departments)
		c.subset(path+".services", h.Services, services)
		c.oneOf(path+".detail", h.Detail, DetailReference, DetailFull)
		c.oneOf(path+".messages", h.Messages, MessagesNoEmail, MessagesAlways)
		if slices.Contains(h.Events, EventMessageSend) && h.Detail != DetailFull {
			c.bad(path+".detail", "found %q beside %s; expected full, since messages carry phone numbers", h.Detail, EventMessageSend)
		}
	}
}

// hookAddress leaves it to the moment of contact whether an address may be contacted.
func hookAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.Fragment == "" && webAddress(s) && !strings.ContainsAny(s, " \t\r\n")
}
