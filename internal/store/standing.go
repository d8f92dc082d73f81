package store

import (
	"time"

	"terminvergabe/internal/agenda"
)

// standing is what an address has in a tenant's book.
type standing struct {
	number       int64 // of the booking that does not count
	email, phone string
	live, some   int
}

// What counts as a visit to come of an address. What nobody has confirmed by mail is no
// such visit: others could use an address up.
//
// The tenant is compared in a way that no index can: PostgreSQL, as long as it has no
// statistics of a young book, takes a tenant for a handful of rows, would look for the
// address among all visits to come, and keep to that plan.
const (
	elsewhere = "tenant || '' = $1 AND number <> $2"
	toCome    = elsewhere + ` AND starts > $3 AND status IN ('pending', 'confirmed') AND awaits <> 'email' AND (expires = '' OR expires > $3)`
	toMail    = "FROM booking WHERE email_hash = $4 AND email_hash <> '' AND "
	toPhone   = "FROM booking WHERE phone_hash = $5 AND phone_hash <> '' AND "
	ever      = "(SELECT count(*) FROM (SELECT 1 " + toMail + elsewhere + " LIMIT 1) AS met)"

	byMail = "SELECT (SELECT count(*) " + toMail + toCome + "), " + ever
	byBoth = "SELECT (SELECT count(*) FROM (SELECT number " + toMail + toCome + " UNION SELECT number " + toPhone + toCome + ") AS live), " + ever
)

// ask is the statement that finds out a standing.
func (s *standing) ask(b *agenda.Booking, now time.Time) ask {
	s.number, s.email, s.phone = b.Number, b.EmailHash, b.PhoneHash
	a := ask{query: byMail, args: []any{b.Tenant, b.Number, stamp(now), b.EmailHash}, each: func(r row) error { return r.Scan(&s.live, &s.some) }}
	if b.PhoneHash != "" {
		a.query, a.args = byBoth, append(a.args, b.PhoneHash)
	}
	return a
}

// Standing says what an address has in the book of the booking's tenant, the booking
// itself left out: how many live visits are still to come of whoever has its e-mail
// address or phone number, and whether the e-mail address was ever seen. It asks the
// database only where Lock has not.
func (tx *Tx) Standing(b *agenda.Booking, now time.Time) (live int, seen bool, err error) {
	b, err = tx.asKept(b)
	if err != nil {
		return 0, false, err
	}
	s := tx.met
	if s == nil || s.number != b.Number || s.email != b.EmailHash || s.phone != b.PhoneHash {
		s = &standing{}
		a := s.ask(b, now)
		err = tx.one(a.query, a.args, &s.live, &s.some)
	}
	return s.live, s.some > 0, err
}

// ToCome lists the visits still to come of whoever has the e-mail address or phone number
// of a booking, in its tenant and without itself: those that Standing counts.
func (tx *Tx) ToCome(b *agenda.Booking, now time.Time) ([]*agenda.Booking, error) {
	b, err := tx.asKept(b)
	if err != nil {
		return nil, err
	}
	const live = "tenant || '' = $1 AND number <> $2 AND starts > $3 AND status IN ('pending', 'confirmed') AND awaits <> 'email' AND (expires = '' OR expires > $3)"
	list, err := tx.bookings("email_hash = $4 AND email_hash <> '' AND "+live, b.Tenant, b.Number, stamp(now), b.EmailHash)
	if err != nil || b.PhoneHash == "" {
		return list, err
	}
	more, err := tx.bookings("phone_hash = $4 AND phone_hash <> '' AND email_hash <> $5 AND "+live, b.Tenant, b.Number, stamp(now), b.PhoneHash, b.EmailHash)
	return append(list, more...), err
}
