package api

import (
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// wishBody is what somebody wants to come for, where and when, in a request.
type wishBody struct {
	Services []itemBody `json:"services"`
	Calendar string     `json:"calendar"`
	Start    string     `json:"start"`
	Mode     string     `json:"mode"`
}

type itemBody struct {
	ID       string            `json:"id"`
	Quantity *int              `json:"quantity"`
	Answers  map[string]string `json:"answers"`
}

// request is the body as the desk wants it; missing fields are reported together.
func (b *wishBody) request(c *call, by agenda.Channel) (booking.Request, error) {
	r := booking.Request{Tenant: c.tenant(), Calendar: b.Calendar, By: by, Actor: booking.ActorVisitor}
	r.Wish.Mode = b.Mode
	for _, it := range b.Services {
		item := agenda.Item{Service: it.ID, Quantity: 1, Answers: it.Answers}
		if it.Quantity != nil {
			item.Quantity = *it.Quantity
		}
		r.Wish.Items = append(r.Wish.Items, item)
	}
	var bad agenda.Invalid
	if len(b.Services) == 0 {
		bad = append(bad, agenda.FieldError{Field: "services", Code: "required"})
	}
	if b.Calendar == "" {
		bad = append(bad, agenda.FieldError{Field: "calendar", Code: "required"})
	}
	r.Start = readStart(b.Start, &bad)
	r.Wish = c.setup.Settle(r.Wish)
	return r, bad.Or()
}

func readStart(s string, bad *agenda.Invalid) time.Time {
	if s == "" {
		*bad = append(*bad, agenda.FieldError{Field: "start", Code: "required"})
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		*bad = append(*bad, agenda.FieldError{Field: "start", Code: "format"})
	}
	return t
}

// noWish refuses what a hold has said already.
func (b *wishBody) noWish() (bad agenda.Invalid) {
	refuse := func(there bool, field string) {
		if there {
			bad = append(bad, agenda.FieldError{Field: field, Code: "off"})
		}
	}
	refuse(b.Services != nil, "services")
	refuse(b.Calendar != "", "calendar")
	refuse(b.Start != "", "start")
	refuse(b.Mode != "", "mode")
	return bad
}

// visitorBody is who comes, in a request.
type visitorBody struct {
	Name        string `json:"name"`
	ContactName string `json:"contactName"`
	Email       string `json:"email"`
	Phone       string `json:"phone"`
	Language    string `json:"language"`
	Note        string `json:"note"`
}

// form is the body as the desk wants it. Who names no language is written to in the
// one the program asked for.
func (b *visitorBody) form(a API, c *call) booking.Form {
	f := booking.Form{Visitor: agenda.Visitor{Name: b.Name, ContactName: b.ContactName, Email: b.Email, Phone: b.Phone, Note: b.Note}, Language: b.Language}
	if f.Language == "" {
		f.Language = a.Catalogue.Match(c.r.Header.Get("Accept-Language"), c.setup.Tenant.Languages)
	}
	return f
}
