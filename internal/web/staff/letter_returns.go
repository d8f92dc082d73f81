package staff

import (
	"strconv"
	"time"

	"terminvergabe/internal/bounce"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// returns is a mailbox that letters come back to.
type returns struct {
	Trouble string // "": the last look into it succeeded
	Facts   []page.Row
}

// mailboxes says what came back, to those who see the tenant's settings.
func (o *Office) mailboxes(q *office.Request, f page.Frame) (list []returns, err error) {
	names, own := o.Mailboxes[q.Person.Tenant]
	if !own {
		names = o.Mailboxes[""]
	}
	found, err := o.Desk.Mailboxes(q.Context(), q.Person, names)
	for _, m := range found {
		list = append(list, returnsOf(f, q.Setup.Zone(), m))
	}
	return list, err
}

func returnsOf(f page.Frame, zone *time.Location, m store.Mailbox) (x returns) {
	when := func(t time.Time) string {
		if t.IsZero() {
			return f.T("staff.letters.returns.never")
		}
		return office.Short(f, t.In(zone))
	}
	add := func(key, value string) {
		x.Facts = append(x.Facts, page.Row{Key: f.T("staff.letters.returns." + key), Values: []string{value}})
	}
	why := f.T("staff.letters.returns.fault." + faultKey(m.Fault))
	if m.Failed.After(m.Looked) {
		x.Trouble = f.T("staff.letters.returns.trouble", "why", why)
	}
	add("bounces", strconv.Itoa(m.Bounces))
	add("programs", strconv.Itoa(m.Absences+m.Replies))
	add("unknown", strconv.Itoa(m.Unknown))
	add("people", strconv.Itoa(m.People))
	add("looked", when(m.Looked))
	if !m.Failed.IsZero() {
		add("failed", when(m.Failed)+" ("+why+")")
	}
	return x
}

// faultKey names what kept a mailbox from being read.
func faultKey(fault string) string {
	key := map[string]string{bounce.FaultRefused: "refused", bounce.FaultCertificate: "certificate", bounce.FaultTimeout: "timeout", bounce.FaultFolder: "folder"}[fault]
	if key == "" {
		return "connection"
	}
	return key
}
