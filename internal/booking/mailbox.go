package booking

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// leaveMailboxes has the entries of visits to come leave the office's own calendars that a
// set-up no longer writes to, and come into the one that it writes to instead. The visits
// have not changed: their own number stays. What no letter has brought need not go.
func leaveMailboxes(tx *store.Tx, before, after *agenda.Setup, live []*agenda.Booking, now time.Time) error {
	for i := range before.Calendars {
		was := &before.Calendars[i]
		is, ok := after.CalendarOf(was.ID)
		if !was.StaffMail.Entries || was.StaffMail.To == "" || ok && is.StaffMail.Entries && agenda.SameMailbox(is.StaffMail.To, was.StaffMail.To) {
			continue
		}
		for _, b := range live {
			if b.Calendar != was.ID || b.Status != agenda.Confirmed || b.Since.IsZero() || !b.Start.After(now) {
				continue
			}
			letters, err := tx.Postings(b.Tenant, b.ID)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(letters, broughtEntry) {
				continue
			}
			if err := saveAsItStands(tx, b); err != nil { // a version of its own, so that its letters are told from others
				return err
			}
			if err := post(tx, b, KindStaffLeft+was.ID+leftMailbox+strconv.Itoa(before.Revision), b.Version); err != nil {
				return err
			}
			if ok && is.StaffMail.Entries {
				if err := post(tx, b, KindStaffMoved, b.Version); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func broughtEntry(p store.Posting) bool {
	return p.State == "sent" && (p.Kind == KindStaffBooked || p.Kind == KindStaffMoved)
}

// leftMailbox stands between a calendar and the revision that names the mailbox it had.
const leftMailbox = "@"

// WhereLeft says which calendar a letter of KindStaffLeft is about, and in which revision of
// the set-up its mailbox stands; 0: in the one in force.
func WhereLeft(kind string) (calendar string, revision int, ok bool) {
	rest, ok := strings.CutPrefix(kind, KindStaffLeft)
	calendar, number, found := strings.Cut(rest, leftMailbox)
	if found {
		revision, _ = strconv.Atoi(number) // we wrote it
	}
	return calendar, revision, ok
}
