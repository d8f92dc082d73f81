package jobs

import (
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/store"
	"terminvergabe/internal/webhook"
)

// message is the text for a visitor's phone, if it is still due: by the same rules as
// letters.
func (c *called) message(cal *agenda.Calendar, private agenda.Private) (*webhook.Message, error) {
	if err := c.stillDue(); err != nil {
		return nil, err
	}
	switch {
	case c.b.Sealed == nil:
		return nil, dropped("past its retention")
	case private.Phone == "":
		return nil, dropped("there is no phone number")
	case c.many:
		return nil, dropped("too many messages to this phone")
	}
	m := &webhook.Message{To: private.Phone, Kind: booking.MessageOf(c.p.Kind), Language: c.b.Language}
	m.Text = c.text(m.Kind, c.Catalogue.Printer(c.b.Language), cal, private)
	return m, nil
}

// stillDue decides whether the message goes out now, later or never.
func (c *called) stillDue() error {
	newest := 0
	for _, other := range c.posts {
		if other.Event != agenda.EventMessageSend || other.ID == c.p.ID || other.Reason == booking.TakenBack || isReminder(other.Kind) {
			continue
		}
		if other.State == "queued" && other.Due.After(c.now) && other.Attempts == 0 && isReminder(c.p.Kind) {
			return putOff{other.Due} // this one would tell how the booking stands until then
		}
		newest = max(newest, other.Version)
	}
	p := store.Posting{Kind: c.p.Kind, Version: c.p.Version}
	if reason, ok := booking.StillDue(p, c.b, newest, c.now, c.setup); !ok {
		return dropped(reason)
	}
	if until := booking.QuietUntil(p, c.b, c.now, c.setup); !until.IsZero() {
		return putOff{until}
	}
	return nil
}

// text is the fullest of some texts that fits into one message, else the shortest. It
// never says what the visit is for, and of a sensitive one only whose office it is at.
func (c *called) text(kind string, say *i18n.Printer, cal *agenda.Calendar, private agenda.Private) string {
	start := c.b.Start.In(c.setup.Zone())
	office := c.setup.Text(c.setup.Tenant.Name, c.b.Language)
	place := office
	if site, ok := c.setup.SiteOf(cal.Site); ok && !cal.Private && !c.setup.Sensitive(c.b.Items) {
		place = c.setup.Text(site.Name, c.b.Language)
	}
	told := func(where string) string {
		return plain(say.T("sms."+kind, "when", start.Format("02.01.2006 15:04"), "where", where))
	}
	link := ""
	if kind != "cancelled" && kind != "rejected" && kind != "expired" && private.Manage != "" {
		link = " " + c.Links.Manage(&c.setup.Tenant, private.Manage)
	}
	phone := ""
	if c.setup.Tenant.Phone != "" {
		phone = " Tel. " + c.setup.Tenant.Phone
	}
	shortest := told(office)
	for _, text := range []string{told(place) + link, shortest + link, told(place) + phone, shortest + phone, told(place)} {
		if webhook.Fits(text) {
			return text
		}
	}
	return shortest
}

// plain takes out the marks that set foreign words apart in a language from the right:
// phones show them as boxes, and each would cost a character.
func plain(text string) string {
	return strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\u00a0", " ", "\u202f", " ").Replace(text)
}
