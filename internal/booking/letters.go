package booking

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// Kinds of letters to the visitor.
const (
	KindConfirmRequest = "confirm-request" // asks to confirm by a link
	KindReceived       = "received"        // the office will decide
	KindConfirmed      = "confirmed"
	KindChanged        = "changed"
	KindCancelled      = "cancelled"
	KindRejected       = "rejected"
	KindExpired        = "expired"   // the office did not decide in time
	KindReminder       = "reminder-" // followed by the name of an agenda.Rung
	KindLapsed         = "lapsed"    // nobody said that they come

	KindIncidentMoved     = "incident-moved" // by the office, many at once
	KindIncidentCancelled = "incident-cancelled"
	KindProposal          = "proposal" // another time is kept; nothing has changed yet

	KindLinks          = "links/"          // where the visits of an address are seen and changed, once more; followed by a hash of its spelling
	KindAddressRequest = "address-request" // to a new address of a visit, asks to confirm it by a link
	KindAddressChanged = "address-changed" // to the address before
)

// Kinds of letters to the office.
const (
	KindStaffBooked    = "staff-booked"
	KindStaffMoved     = "staff-moved"
	KindStaffCancelled = "staff-cancelled"
	KindStaffLeft      = "staff-left/" // followed by the calendar that the visit was in (see WhereLeft): its entry goes
	KindDailyList      = "daily-list"
)

// What staffMail.on names.
const (
	onBooked    = "booked"
	onMoved     = "moved"
	onCancelled = "cancelled"
)

// tell posts the letter that an act causes: to the visitor where there is an
// address and letters are wanted, to the office where the calendar wants it. A
// request that still waits for its visitor is no news for the office.
func (d *Desk) tell(tx *store.Tx, c *agenda.Calendar, b *agenda.Booking, kind, on string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return d.tellAt(tx, c, b, kind, on, now)
}

// tellAt is tell for letters that wait: so long can the act be taken back.
func (d *Desk) tellAt(tx *store.Tx, c *agenda.Calendar, b *agenda.Booking, kind, on string, due time.Time) error {
	if b.Notify {
		if err := postAt(tx, b, kind, b.Version, due); err != nil {
			return err
		}
	}
	if on == "" || b.Awaits == agenda.ConfirmEmail || c.StaffMail.To == "" || !slices.Contains(c.StaffMail.On, on) && !hasStaffEntry(c, b) {
		return nil
	}
	return postAt(tx, b, "staff-"+on, b.Version, due)
}

// hasStaffEntry reports whether a visit is in the office's own calendar. Letters that
// change such an entry are sent whatever else the office wants to be told: one that is
// missing leaves an entry that is wrong.
func hasStaffEntry(c *agenda.Calendar, b *agenda.Booking) bool {
	return c.StaffMail.Entries && !b.Since.IsZero()
}

// tellLeft takes the entry of a visit that has gone to another calendar out of the office's
// calendar, unless it goes on in the same one.
func tellLeft(tx *store.Tx, s *agenda.Setup, was, b *agenda.Booking, due time.Time) error {
	from, ok := s.CalendarOf(was.Calendar)
	if !ok || was.Calendar == b.Calendar || !hasStaffEntry(from, was) {
		return nil
	}
	if to, ok := s.CalendarOf(b.Calendar); ok && hasStaffEntry(to, b) && agenda.SameMailbox(from.StaffMail.To, to.StaffMail.To) {
		return nil
	}
	return postAt(tx, b, KindStaffLeft+was.Calendar, b.Version, due)
}

// StaffUID is the UID of a visit's entry in the office's own calendar, for its whole life:
// another one than the visitor's, and no visitor can make it from theirs.
func (d *Desk) StaffUID(b *agenda.Booking) string { return d.staffUID(b.Tenant, b.ID) }

func (d *Desk) staffUID(tenant, id string) string {
	return id + "." + d.Keys.Lasting("staff entry", tenant+"/"+id)[:22] + uidEnd
}

func post(tx *store.Tx, b *agenda.Booking, kind string, version int) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return postAt(tx, b, kind, version, now)
}

func postAt(tx *store.Tx, b *agenda.Booking, kind string, version int, due time.Time) error {
	if alone, err := postMessage(tx, b, kind, version, due); err != nil || alone {
		return err
	}
	return tx.Post(store.Posting{Tenant: b.Tenant, Subject: b.ID, Kind: kind, Version: version, MessageID: rand.Text(), Due: due, Bulk: bulk(kind)})
}

// postDailyList posts a calendar's list of one day, once.
func postDailyList(tx *store.Tx, tenant, calendar string, date agenda.Date) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return tx.Post(store.Posting{Tenant: tenant, Subject: fmt.Sprintf("%s/%s", calendar, date), Kind: KindDailyList, Version: 0, MessageID: rand.Text(), Due: now, Bulk: true})
}
