package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"terminvergabe/internal/config"
)

// lookAhead is how long before its day security.txt is worth a reminder.
const lookAhead = 30 * 24 * time.Hour

// securityFault says that security.txt is, or will soon be, out of date; "": it is not.
// Finders of weaknesses do not write to an address whose day is over.
func securityFault(y config.Security, now time.Time) string {
	switch until := y.Until(); {
	case until.IsZero() || now.Before(until.Add(-lookAhead)):
		return ""
	case now.Before(until):
		return fmt.Sprintf("security.expires: security.txt is good until %s: look through security.contact and what else stands there, then set the day anew", y.Expires)
	}
	return fmt.Sprintf("security.expires: security.txt has been out of date since %s: look through security.contact and what else stands there, then set the day anew", y.Expires)
}

// remindOfSecurity warns of security.txt in the log.
func remindOfSecurity(ctx context.Context, y config.Security, now time.Time, log *slog.Logger) {
	if fault := securityFault(y, now); fault != "" {
		log.WarnContext(ctx, fault)
	}
}

// security judges what stands in security.txt.
func (k *checkup) security(conf *config.Service, now time.Time) {
	y := conf.Security
	switch fault := securityFault(y, now); {
	case fault == "":
	case now.Before(y.Until()): // nobody is led astray yet
		k.note("%s", fault)
	default:
		k.fault("%s", fault)
	}
	if until := y.Until(); !until.IsZero() && now.AddDate(1, 0, 1).Before(until) {
		k.note("security.expires: %s is more than a year ahead; RFC 9116 wants the file looked through more often", y.Expires)
	}
	if len(y.Contact) == 0 {
		k.note("security.contact is not set: security.txt names the imprints of the tenants")
	}
}
