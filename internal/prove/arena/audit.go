package arena

import (
	"context"
	"fmt"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/store"
)

// Limits looks at one snapshot and says where more seats are given than there are:
// the overbooked and the stranded ones apart, those that have run out included, since
// whoever takes their seat frees them. Nor may a booking have two seats in one tick.
// With public false the public part is not looked at: staff may have moved visitors
// into it.
func (d *Desk) Limits(ctx context.Context, tenant string, public bool) error {
	return d.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		for i, seats := range seatsOf(s) {
			c := &s.Calendars[i]
			claims, err := tx.Claims(c.PoolNumber, agenda.TickAt(Begin(), c.TickMinutes), agenda.TickAt(Begin().Add(far), c.TickMinutes))
			if err != nil {
				return err
			}
			byTick := map[agenda.Tick][]agenda.Claim{}
			for _, claim := range claims {
				byTick[claim.Tick] = append(byTick[claim.Tick], claim)
			}
			for tick, list := range byTick {
				if err := limit(tx, seats, list, public); err != nil {
					return fmt.Errorf("%s at %v: %w", c.ID, tick.Time(c.TickMinutes), err)
				}
			}
		}
		return nil
	})
}

func limit(tx *store.Tx, seats ledger.Seats, list []agenda.Claim, countPublic bool) error {
	var all, public int8
	who, seat := map[int64]bool{}, map[int]bool{}
	for _, c := range list {
		if who[c.Booking] || seat[c.Seat] {
			return fmt.Errorf("a seat twice: %v", list)
		}
		who[c.Booking], seat[c.Seat] = true, true
		if c.Overbooked {
			continue
		}
		all++
		if c.Public {
			public++
		}
	}
	if all <= seats.Total && (public <= seats.Public || !countPublic) {
		return nil
	}
	for _, c := range list { // rarely: a cut of the seats has stranded some
		b, err := tx.BookingByNumber(c.Booking)
		if err != nil {
			return err
		}
		if !c.Overbooked && b.Stranded {
			all--
			if c.Public {
				public--
			}
		}
	}
	if all > seats.Total || countPublic && public > seats.Public {
		return fmt.Errorf("%d seats given, %d of them to the public; there are %d and %d", all, public, seats.Total, seats.Public)
	}
	return nil
}

// Told counts the letters in the outbox and says where one is missing, twice there or
// too much, by what the journal says has happened. Visits that moved between calendars
// with different ways to become certain are beyond it.
func (d *Desk) Told(ctx context.Context, tenant string) (letters int, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		letters = 0
		var ids []*agenda.Booking
		list, err := tx.BookingsBetween(tenant, "", Begin(), Begin().Add(far))
		if err != nil {
			return err
		}
		for _, b := range list {
			ids = append(ids, &agenda.Booking{ID: b.ID, Calendar: b.Calendar, Channel: b.Channel})
		}
		for _, b := range ids {
			n, err := told(tx, tenant, b)
			if err != nil {
				return fmt.Errorf("booking %s: %w", b.ID, err)
			}
			letters += n
		}
		return nil
	})
	return letters, err
}

func told(tx *store.Tx, tenant string, b *agenda.Booking) (int, error) {
	entries, err := tx.Journal(tenant, b.ID)
	if err != nil {
		return 0, err
	}
	acts := map[string]int{}
	for _, e := range entries {
		acts[e.Act]++
	}
	list, err := tx.Postings(tenant, b.ID)
	if err != nil {
		return 0, err
	}
	seen, ids, got := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, p := range list {
		key := fmt.Sprint(p.Kind, p.Version)
		if seen[key] || ids[p.MessageID] {
			return 0, fmt.Errorf("letter %s twice", key)
		}
		seen[key], ids[p.MessageID] = true, true
		got[p.Kind]++
	}
	for kind, want := range expected(b, acts) {
		if got[kind] != want && want != anyNumber {
			return 0, fmt.Errorf("%d letters %s after %v, want %d", got[kind], kind, acts, want)
		}
		delete(got, kind)
	}
	if len(got) > 0 {
		return 0, fmt.Errorf("letters %v after %v", got, acts)
	}
	return len(list), nil
}

const anyNumber = -1

// expected are the letters that acts have caused: those that make a visit certain, and
// what came before and after.
func expected(b *agenda.Booking, acts map[string]int) map[string]int {
	var rules ledger.Rules
	for _, c := range calendars() {
		if c.id == b.Calendar {
			rules = c.rules
		}
	}
	asked := booking.KindConfirmRequest
	certain := acts["confirm"] + acts["approve"]
	switch {
	case rules.Confirm == ledger.AtOnce || b.Channel == agenda.Staff:
		certain = acts["book"]
		asked = ""
	case rules.Confirm == ledger.ByStaff:
		asked = booking.KindReceived
	}
	want := map[string]int{booking.KindConfirmed: certain, booking.KindChanged: acts["move"], booking.KindRejected: acts["reject"], booking.KindCancelled: acts["cancel"]}
	office, offices := min(certain, 1)*acts["cancel"], acts["move"]
	if asked != "" {
		want[asked] = acts["book"]
		if rules.Confirm == ledger.ByStaff && certain == 0 && acts["book"] > 0 {
			want[booking.KindExpired] = acts["expire"]
		}
		if asked == booking.KindConfirmRequest && certain == 0 {
			want[booking.KindCancelled] = 0
		}
	}
	if rules.Office {
		want[booking.KindStaffBooked], want[booking.KindStaffMoved], want[booking.KindStaffCancelled] = certain, offices, office
	}
	if asked != "" && acts["move"] > 0 { // before it was certain, the question is repeated; nobody but the letters knows when
		want[booking.KindChanged], want[asked] = anyNumber, anyNumber
		if rules.Office {
			want[booking.KindStaffMoved] = anyNumber
		}
	}
	return want
}
