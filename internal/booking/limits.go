package booking

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// perHour is how many letters of the MailsPerDay an address may get within an hour: three
// in ten, and three at least.
func (l Limits) perHour() int { return max(3, l.MailsPerDay*3/10) }

// moreTrusted is by how much more letters go to those who book for many.
const moreTrusted = 10

// limited reports whether a visitor's booking has to be counted.
func (d *Desk) limited(s *agenda.Setup, b *agenda.Booking) bool {
	return b.Channel != agenda.Staff && (d.Limits != (Limits{}) || slices.ContainsFunc(b.Items, func(it agenda.Item) bool { return maxOpen(s, it) > 0 }))
}

// maxOpen is how many visits to come one person may have for a service; 0: no limit.
func maxOpen(s *agenda.Setup, it agenda.Item) int {
	if svc, ok := s.ServiceOf(it.Service); ok {
		return svc.MaxOpen
	}
	return 0
}

// withinLimits refuses a visitor's booking beyond what one person may have:
// agenda.ErrLimited, whichever limit it is, so that nobody learns what is known of an
// address. Staff are not bound, and those who book for many only by the letters.
func (d *Desk) withinLimits(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, v agenda.Visitor, now time.Time) error {
	if !d.limited(s, b) {
		return nil
	}
	live, seen, err := tx.Standing(b, now)
	if err != nil {
		return err
	}
	if live > 0 && !trusts(s, v.Email) {
		if most := d.Limits.BookingsPerPerson; most > 0 && live >= most {
			return agenda.ErrLimited
		}
		if err := d.withinServices(tx, s, b, v, now); err != nil {
			return err
		}
	}
	if !seen {
		return nil // nobody has ever written to this address
	}
	return d.withinLetters(tx, s, b, now)
}

// withinServices counts the visits of one person for services that have a limit of their
// own: a person is a name with an address or number, since a household shares those.
func (d *Desk) withinServices(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, v agenda.Visitor, now time.Time) error {
	if !slices.ContainsFunc(b.Items, func(it agenda.Item) bool { return maxOpen(s, it) > 0 }) {
		return nil
	}
	others, err := tx.ToCome(b, now)
	if err != nil {
		return err
	}
	open, name := map[string]int{}, sameName(v.Name)
	for _, o := range others {
		p, err := d.Private(o)
		if err != nil {
			return err
		}
		if sameName(p.Name) != name {
			continue
		}
		counted := map[string]bool{}
		for _, it := range o.Items {
			if !counted[it.Service] {
				counted[it.Service] = true
				open[it.Service]++
			}
		}
	}
	for _, it := range b.Items {
		if most := maxOpen(s, it); most > 0 && open[it.Service] >= most {
			return agenda.ErrLimited
		}
	}
	return nil
}

// sameName is the same for spellings of one name: capitals, signs and the order of its
// parts do not count.
func sameName(name string) string {
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// trusts reports whether the tenant names an address, or its domain, as one of those who
// book for many.
func trusts(s *agenda.Setup, address string) bool {
	address = seal.Mailbox(address)
	_, domain, ok := strings.Cut(address, "@")
	return ok && slices.ContainsFunc(s.Protection.Trusted, func(t string) bool {
		return seal.Mailbox(t) == address || strings.EqualFold(t, domain)
	})
}

// withinLetters refuses one more letter to an address that may be anybody's, because
// nobody has answered from there: agenda.ErrLimited. Else whoever books or moves to
// and fro floods a stranger with letters.
func (d *Desk) withinLetters(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time) error {
	if d.Limits.MailsPerDay <= 0 || !b.Notify || b.EmailHash == "" {
		return nil
	}
	if !b.Since.IsZero() {
		if asked, err := tx.Asked(b, KindConfirmRequest); asked || err != nil {
			return err // and answered, or it would not be certain
		}
	}
	return d.withinCount(tx, s, b, now)
}

// withinCount refuses a letter beyond what the address of a booking may get in a day and
// in an hour: agenda.ErrLimited.
func (d *Desk) withinCount(tx *store.Tx, s *agenda.Setup, b *agenda.Booking, now time.Time) error {
	if d.Limits.MailsPerDay <= 0 {
		return nil
	}
	perDay, perHour := d.Limits.MailsPerDay, min(d.Limits.MailsPerDay, d.Limits.perHour())
	n, err := lettersTo(tx, b, now.Add(-24*time.Hour))
	if err != nil || n < perHour {
		return err
	}
	if p, err := d.Private(b); err == nil && trusts(s, p.Email) {
		perDay, perHour = moreTrusted*perDay, moreTrusted*perHour
	}
	if n >= perDay {
		return agenda.ErrLimited
	}
	n, err = lettersTo(tx, b, now.Add(-time.Hour))
	if err == nil && n >= perHour {
		err = agenda.ErrLimited
	}
	return err
}

// lettersTo counts the letters to a booking's address since a time, whatever they were
// about.
func lettersTo(tx *store.Tx, b *agenda.Booking, t time.Time) (int, error) {
	n, err := tx.CountLetters(b, KindConfirmRequest, t)
	if err != nil {
		return 0, err
	}
	stray, err := tx.StrayLetters(b.Tenant, b.EmailHash, t)
	if err != nil {
		return 0, err
	}
	links, err := tx.LinkLetters(b.Tenant, b.EmailHash)
	sent := slices.DeleteFunc(links, func(p store.Posting) bool { return p.State != "sent" })
	return n + stray + since(sent, t), err
}
