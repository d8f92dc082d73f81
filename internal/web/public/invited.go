package public

import (
	"errors"
	"net/http"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// invitedPage is where an invitation link for several services leads: which one?
type invitedPage struct {
	page.Frame
	Services []listed
	Until    string // the last day
}

// byLink leads through the way to a booking with an invitation link. An unknown secret
// leads nowhere; one that is over says so, but for a form that may have been sent twice:
// there the desk knows whether it was the one that used the link up.
func byLink(f func(*call) error) func(*call) error {
	return func(c *call) error {
		secret := mux.Vars(c.r)["secret"]
		l, err := c.Desk.Invitation(c.r.Context(), c.setup.Tenant.ID, secret)
		if l == nil || err != nil && (c.r.Method != http.MethodPost || !errors.Is(err, agenda.ErrUninvited)) {
			return err
		}
		c.invitation, c.link, c.way = secret, l, c.home+"i/"+secret+"/"
		return f(c)
	}
}

func toInvited(c *call) error { return c.to(c.home+"i/"+mux.Vars(c.r)["secret"]+"/", nil) }

// invited is the first page of an invitation: with one service, its own.
func invited(c *call) error {
	return byLink(func(c *call) error {
		c.anew()
		data := invitedPage{Frame: c.frame, Until: c.frame.Printer().Date(c.local(c.link.Expires).AddDate(0, 0, -1))}
		for _, id := range c.link.Services {
			if svc, ok := c.setup.Service(id); ok && offered(c.setup, svc, c.link) {
				data.Services = append(data.Services, listed{Text: svc.Name, Href: c.firstStep(svc, false)})
			}
		}
		switch len(data.Services) {
		case 0:
			return agenda.ErrUninvited // none of it is offered any more
		case 1:
			return c.to(data.Services[0].Href, nil)
		}
		return c.render(http.StatusOK, "public/invited", data)
	})(c)
}

// services is the address where another service can be chosen, "" where the link is for
// one alone.
func (c *call) services() string {
	if c.link != nil && len(c.link.Services) == 1 {
		return ""
	}
	return c.way
}
