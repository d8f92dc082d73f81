package public

import "terminvergabe/internal/agenda"

// phoneHint says beside the phone number what it is used for: also that messages will be
// sent to it, where they will.
func (c *call) phoneHint(hint string, cal *agenda.Calendar, items []agenda.Item) string {
	h := c.setup.Messenger(cal, items)
	switch {
	case h.MessagesTo(true, true):
		return hint + " " + c.t("sms.consent.always")
	case h.MessagesTo(false, true) && cal.Contact.Email != agenda.ContactRequired:
		return hint + " " + c.t("sms.consent.noEmail")
	}
	return hint
}
