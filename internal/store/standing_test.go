package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/pgtest"
)

// PostgreSQL finds the bookings of an address by its hash, also in a book so young that
// nothing is known of it: connections keep to the plans they make then.
func TestAddressesOfAYoungBook(t *testing.T) {
	s := open(t, pgtest.URL(t))
	save(t, s, hamlet("a"))
	update(t, s, func(tx *Tx) (err error) {
		for n := range int64(600) {
			b := visit("a", n+1)
			b.EmailHash, b.PhoneHash = fmt.Sprintf("%043d", n), fmt.Sprintf("%043d", n)
			err = errors.Join(err, tx.AddBooking(b))
		}
		return err
	})
	b := visit("a", 1000)
	b.EmailHash, b.PhoneHash = strings.Repeat("e", 43), strings.Repeat("p", 43)
	a := new(standing).ask(b, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	var plan strings.Builder
	view(t, s, func(tx *Tx) error {
		return tx.rows("EXPLAIN "+a.query, a.args, func(r row) error {
			var line string
			err := r.Scan(&line)
			plan.WriteString(line + "\n")
			return err
		})
	})
	got := plan.String()
	if mail, phone, all := strings.Count(got, "using booking_email"), strings.Count(got, "using booking_phone"), strings.Count(got, "Scan"); mail != 2 || phone != 1 || all != 3 {
		t.Errorf("%d scans, %d of them by e-mail, %d by phone; want 3, 2 and 1:\n%s", all, mail, phone, got)
	}
}

// A set-up that was changed without a word is found out by the next act, however often
// acts read the clock.
func TestUnheardSetupIsFoundByActs(t *testing.T) {
	s := open(t, pgtest.URL(t))
	save(t, s, hamlet("a"))
	present := func() Present {
		p, err := s.Present(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for !present().Known { // listening begins
		time.Sleep(time.Millisecond)
	}
	outside(t, s, "UPDATE tenant SET revision = revision + 1")
	update(t, s, func(tx *Tx) error {
		l, err := tx.Lock(Want{Tenant: "a", Calendars: []string{"stube"}, Days: []PoolDay{{1, 20001}}})
		if err == nil && l.Setup.Revision != 2 {
			t.Errorf("the act found revision %d, want 2", l.Setup.Revision)
		}
		return err
	})
	if got := present().Setup.Revision; got != 2 {
		t.Errorf("after the act got revision %d, want 2", got)
	}
}
