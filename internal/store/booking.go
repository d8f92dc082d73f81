package store

import (
	"encoding/json"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
)

const bookingColumns = `tenant, id, number, reference, uid, status, awaits, channel, calendar, pool, date, items, mode, starts, ends,
	from_tick, to_tick, tick, expires, cancel_by, language, notify, sequence, version, overbooked, stranded, created, changed, since, sealed, email_hash, phone_hash, hold_hash, manage_hash, confirm_hash, coming`

func scanBooking(scan func(...any) error) (*agenda.Booking, error) {
	var b agenda.Booking
	var items string
	var notify, over, stranded int
	err := scan(&b.Tenant, &b.ID, &b.Number, &b.Reference, &b.UID, &b.Status, &b.Awaits, &b.Channel, &b.Calendar, &b.Pool, &b.Date, &items, &b.Mode,
		at{&b.Start}, at{&b.End}, &b.From, &b.To, &b.Tick, at{&b.Expires}, at{&b.CancelBy}, &b.Language, &notify, &b.Sequence, &b.Version,
		&over, &stranded, at{&b.Created}, at{&b.Changed}, at{&b.Since}, &b.Sealed, &b.EmailHash, &b.PhoneHash,
		&b.HoldHash, &b.ManageHash, &b.ConfirmHash, at{&b.Coming})
	if err != nil {
		return nil, err
	}
	b.Notify, b.Overbooked, b.Stranded = notify == 1, over == 1, stranded == 1
	return &b, json.Unmarshal([]byte(items), &b.Items)
}

func bookingValues(b *agenda.Booking) []any {
	return []any{b.Tenant, b.ID, b.Number, b.Reference, b.UID, string(b.Status), b.Awaits, string(b.Channel), b.Calendar, b.Pool, int64(b.Date), asJSON(b.Items), b.Mode,
		stamp(b.Start), stamp(b.End), int64(b.From), int64(b.To), b.Tick, stamp(b.Expires), stamp(b.CancelBy), b.Language, flag(b.Notify), b.Sequence, b.Version,
		flag(b.Overbooked), flag(b.Stranded), stamp(b.Created), stamp(b.Changed), stamp(b.Since), b.Sealed, b.EmailHash, b.PhoneHash,
		b.HoldHash, b.ManageHash, b.ConfirmHash, stamp(b.Coming)}
}

// AddBooking writes a new booking, some time before the transaction ends. Where another
// one has its number, reference or secrets, the act fails with agenda.ErrConflict: try
// again with others.
func (tx *Tx) AddBooking(b *agenda.Booking) error {
	if err := tx.bothHashes(b); err != nil {
		return err
	}
	return tx.later(1, agenda.ErrConflict, "INSERT INTO booking ("+bookingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
		$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36) ON CONFLICT DO NOTHING`, bookingValues(b)...)
}

// SaveBooking writes a changed booking over the version before it, some time before
// the transaction ends. Where that is no longer the stored one, somebody was faster:
// the act fails with agenda.ErrConflict.
func (tx *Tx) SaveBooking(b *agenda.Booking) error {
	if err := tx.bothHashes(b); err != nil {
		return err
	}
	b.Version++
	return tx.later(1, agenda.ErrConflict, `UPDATE booking SET number = $3, reference = $4, uid = $5, status = $6, awaits = $7, channel = $8, calendar = $9, pool = $10, date = $11,
		items = $12, mode = $13, starts = $14, ends = $15, from_tick = $16, to_tick = $17, tick = $18, expires = $19, cancel_by = $20, language = $21,
		notify = $22, sequence = $23, version = $24, overbooked = $25, stranded = $26, created = $27, changed = $28, since = $29, sealed = $30, email_hash = $31, phone_hash = $32,
		hold_hash = $33, manage_hash = $34, confirm_hash = $35, coming = $36
		WHERE tenant = $1 AND id = $2 AND version = $24 - 1`, bookingValues(b)...)
}

// Booking finds a booking by id.
func (tx *Tx) Booking(tenant, id string) (*agenda.Booking, error) {
	return tx.booking("tenant = $1 AND id = $2", tenant, id)
}

// BookingByNumber finds the booking that claims refer to.
func (tx *Tx) BookingByNumber(number int64) (*agenda.Booking, error) {
	return tx.booking("number = $1", number)
}

// BookingByReference finds a booking by the code a visitor reads out.
func (tx *Tx) BookingByReference(tenant, reference string) (*agenda.Booking, error) {
	return tx.booking("tenant = $1 AND reference = $2", tenant, reference)
}

func (tx *Tx) booking(where string, args ...any) (*agenda.Booking, error) {
	list, err := tx.bookings(where, args...)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("booking: %w", err)
	}
	return list[0], nil
}

func (tx *Tx) bookings(where string, args ...any) (list []*agenda.Booking, err error) {
	err = tx.rows("SELECT "+bookingColumns+" FROM booking WHERE "+where, args, func(r row) error {
		b, err := scanBooking(r.Scan)
		list = append(list, b)
		return err
	})
	return list, err
}

// BookingsBetween lists a tenant's bookings that start in [from, to), of one
// calendar or ("") of all, in order of start.
func (tx *Tx) BookingsBetween(tenant, calendar string, from, to time.Time) ([]*agenda.Booking, error) {
	if calendar == "" {
		return tx.bookings("tenant = $1 AND starts >= $2 AND starts < $3 ORDER BY starts, number", tenant, stamp(from), stamp(to))
	}
	return tx.bookings("tenant = $1 AND calendar = $4 AND starts >= $2 AND starts < $3 ORDER BY starts, number", tenant, stamp(from), stamp(to), calendar)
}

// Overdue lists held and pending bookings of all tenants whose time has run out,
// at most limit.
func (tx *Tx) Overdue(now time.Time, limit int) ([]*agenda.Booking, error) {
	return tx.bookings("expires <> '' AND expires <= $1 AND status IN ('held', 'pending') ORDER BY expires LIMIT $2", stamp(now), limit)
}

// Past lists a tenant's bookings that started before a time and still have their
// visitor's data, or never became certain, at most limit.
func (tx *Tx) Past(tenant string, t time.Time, limit int) ([]*agenda.Booking, error) {
	return tx.bookings("tenant = $1 AND starts < $2 AND (sealed IS NOT NULL OR since = '') ORDER BY starts LIMIT $3", tenant, stamp(t), limit)
}

// Bare lists a tenant's bookings that started before a time and of which only the
// row is left, at most limit.
func (tx *Tx) Bare(tenant string, t time.Time, limit int) ([]*agenda.Booking, error) {
	return tx.bookings("tenant = $1 AND starts < $2 AND sealed IS NULL AND since <> '' ORDER BY starts LIMIT $3", tenant, stamp(t), limit)
}

// Unfinished lists a tenant's expired bookings and forgotten holds whose time ran
// out before t, at most limit.
func (tx *Tx) Unfinished(tenant string, t time.Time, limit int) ([]*agenda.Booking, error) {
	return tx.bookings("tenant = $1 AND expires <> '' AND expires < $2 AND status IN ('held', 'expired') ORDER BY expires LIMIT $3", tenant, stamp(t), limit)
}

// CountLetters counts the letters to the visitor posted since a time for the
// booking's e-mail address. Those of visits that were confirmed by the link in a
// letter of the kind ask do not count: somebody reads them there.
func (tx *Tx) CountLetters(b *agenda.Booking, ask string, since time.Time) (n int, err error) {
	return tx.counted(b.EmailHash, func(hash string, n *int) error {
		return tx.one(`SELECT count(*) FROM booking b CROSS JOIN outbox o
		WHERE o.tenant = b.tenant AND o.subject = b.id AND b.tenant || '' = $1 AND b.email_hash = $2 AND b.email_hash <> '' AND o.created > $3 AND o.kind NOT LIKE 'staff-%'
		AND NOT (b.since <> '' AND EXISTS (SELECT 1 FROM outbox a WHERE a.tenant = b.tenant AND a.subject = b.id AND a.kind = $4))`,
			[]any{b.Tenant, hash, stamp(since), ask}, n)
	})
}

// Asked reports whether a letter of a kind was ever posted for a booking.
func (tx *Tx) Asked(b *agenda.Booking, kind string) (bool, error) {
	n := 0
	err := tx.one("SELECT count(*) FROM outbox WHERE tenant = $1 AND subject = $2 AND kind = $3", []any{b.Tenant, b.ID, kind}, &n)
	return n > 0, err
}

// Ahead lists a tenant's confirmed bookings that start in [from, to) and whose
// visitor gets letters.
func (tx *Tx) Ahead(tenant string, from, to time.Time) ([]*agenda.Booking, error) {
	return tx.bookings("tenant = $1 AND status = 'confirmed' AND notify = 1 AND starts >= $2 AND starts < $3 ORDER BY starts, number", tenant, stamp(from), stamp(to))
}

// Bury removes what refers to a booking, letters, answers, new addresses, feeds and wishes, except its seats and
// the journal.
func (tx *Tx) Bury(b *agenda.Booking) error {
	if err := tx.dropFeedVisit(b.Tenant, b.ID); err != nil {
		return err
	}
	for _, q := range []string{
		"DELETE FROM outbox WHERE tenant = $1 AND subject = $2",
		"DELETE FROM delivery WHERE tenant = $1 AND subject = $2",
		"DELETE FROM task WHERE tenant = $1 AND booking = $2",
		"DELETE FROM idempotency WHERE tenant = $1 AND booking = $2",
		"DELETE FROM new_address WHERE tenant = $1 AND booking = $2",
		"DELETE FROM hook_post WHERE tenant = $1 AND subject = $2",
		"DELETE FROM erasure WHERE tenant = $1 AND booking = $2",
		// What an incident did stays until it goes itself; its link is the visitor's.
		`UPDATE proposal SET sealed = NULL, hash = tenant || '/' || id WHERE tenant = $1 AND booking = $2
			AND incident IN (SELECT incident FROM incident_item WHERE tenant = $1 AND booking = $2)`,
	} {
		if _, err := tx.exec(q, b.Tenant, b.ID); err != nil {
			return err
		}
	}
	return nil
}

// DeleteBooking removes a booking with everything that refers to it but the
// journal.
func (tx *Tx) DeleteBooking(b *agenda.Booking) error {
	if err := tx.Free(b); err != nil {
		return err
	}
	if err := tx.Bury(b); err != nil {
		return err
	}
	_, err := tx.exec("DELETE FROM booking WHERE tenant = $1 AND id = $2", b.Tenant, b.ID)
	return err
}

// Purpose says what a secret opens; it opens nothing else.
type Purpose string

// The purposes of secrets.
const (
	ForHold    Purpose = "hold"
	ForManage  Purpose = "manage"
	ForConfirm Purpose = "confirm"
)

// column is where the hashes are of secrets for a purpose.
func (p Purpose) column() string {
	switch p {
	case ForHold:
		return "hold_hash"
	case ForConfirm:
		return "confirm_hash"
	}
	return "manage_hash"
}

// FindSecret gives the booking that the secret with this hash opens for a purpose,
// within a tenant. A secret of another purpose or tenant is agenda.ErrNotFound.
func (tx *Tx) FindSecret(tenant, hash string, p Purpose) (*agenda.Booking, error) {
	c := p.column()
	return tx.booking(c+" = $1 AND "+c+" <> '' AND tenant = $2", hash, tenant)
}
