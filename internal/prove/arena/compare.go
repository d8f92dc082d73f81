package arena

import (
	"context"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/store"
)

// Part is what of a town is compared: all starts of some days.
type Part struct {
	Calendars []int8
	Days      []int8
}

// SameFree says what a desk offers otherwise than the ledger does, for every start,
// length and asker; nil: nothing.
func (d *Desk) SameFree(ctx context.Context, k *Known, b *ledger.Book, p Part) error {
	for _, c := range p.Calendars {
		for _, day := range p.Days {
			for asker := range 4 {
				a := ledger.Act{Kind: ledger.Look, Visit: -1, At: ledger.Place{Calendar: c, Day: day}, Cells: int8(1 + asker/2), Staff: asker%2 == 1}
				got, err := d.look(ctx, k, a)
				if err != nil {
					return err
				}
				if want := b.Free(c, day, a.Cells, a.Staff); got != want {
					return fmt.Errorf("%v: free %s, want %s", a, got, want)
				}
			}
		}
	}
	return nil
}

// SameOffers says what a desk offers otherwise than another one; nil: nothing.
func (d *Desk) SameOffers(ctx context.Context, other *Desk, k *Known, p Part) error {
	for _, c := range p.Calendars {
		for _, day := range p.Days {
			for asker := range 4 {
				a := ledger.Act{Kind: ledger.Look, Visit: -1, At: ledger.Place{Calendar: c, Day: day}, Cells: int8(1 + asker/2), Staff: asker%2 == 1}
				got, err := d.look(ctx, k, a)
				if err != nil {
					return err
				}
				want, err := other.look(ctx, k, a)
				if err != nil {
					return err
				}
				if got != want {
					return fmt.Errorf("%v at %v: free %s, and %s at another desk", a, d.Clock, got, want)
				}
			}
		}
	}
	return nil
}

// rows is what the database has of a tenant, on one snapshot.
type rows struct {
	setup    *agenda.Setup
	now      time.Time
	bookings map[string]*agenda.Booking
	claims   [][]agenda.Claim // by calendar
	queued   int
}

// far is the end of the days that a part can have.
const far = 40 * 24 * time.Hour

func (d *Desk) read(ctx context.Context, tenant string) (r rows, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		r = rows{bookings: map[string]*agenda.Booking{}}
		if r.setup, err = tx.Setup(tenant); err != nil {
			return err
		}
		if r.now, err = tx.Now(); err != nil {
			return err
		}
		list, err := tx.BookingsBetween(tenant, "", Begin(), Begin().Add(far))
		if err != nil {
			return err
		}
		for _, b := range list {
			r.bookings[b.ID] = b
		}
		for i := range r.setup.Calendars {
			c := &r.setup.Calendars[i]
			claims, err := tx.Claims(c.PoolNumber, agenda.TickAt(Begin(), c.TickMinutes), agenda.TickAt(Begin().Add(far), c.TickMinutes))
			if err != nil {
				return err
			}
			r.claims = append(r.claims, claims)
		}
		r.queued, err = tx.Queued()
		return err
	})
	return r, err
}

// SameBook says what the database has otherwise than the ledger; nil: nothing. The
// letters of the visits named are counted too, which costs a query each.
func (d *Desk) SameBook(ctx context.Context, k *Known, b *ledger.Book, p Part, letters []int16) error {
	r, err := d.read(ctx, k.Tenant)
	if err != nil {
		return err
	}
	if len(r.bookings) != len(b.Visits) {
		return fmt.Errorf("%d bookings, want %d", len(r.bookings), len(b.Visits))
	}
	for n := range b.Visits {
		if err := sameVisit(&r, k.Of(int16(n)).ID, b, int16(n)); err != nil {
			return fmt.Errorf("visit #%d: %w", n, err)
		}
	}
	for _, c := range p.Calendars {
		for _, day := range p.Days {
			if err := sameClaims(&r, b, c, day); err != nil {
				return fmt.Errorf("claims of %s on day %d: %w", CalendarID(c), day, err)
			}
		}
	}
	for _, n := range letters {
		if err := d.sameLetters(ctx, k, b, n); err != nil {
			return fmt.Errorf("letters of visit #%d: %w", n, err)
		}
	}
	return nil
}

func sameVisit(r *rows, id string, b *ledger.Book, n int16) error {
	got, v, seen := r.bookings[id], &b.Visits[n], b.Seen(n)
	if got == nil {
		return fmt.Errorf("is not there")
	}
	status := StatusOf(got)
	if got.ExpiredAt(r.now) {
		status = ledger.Expired
	}
	if status != seen {
		return fmt.Errorf("status %d, want %d", status, seen)
	}
	if seen == ledger.Expired || seen == ledger.Cancelled {
		return nil // where it was is of no interest
	}
	if !got.Start.Equal(Start(v.At)) || got.Calendar != CalendarID(v.At.Calendar) {
		return fmt.Errorf("is at %v in %s, want %v", got.Start, got.Calendar, v.At)
	}
	if got.Overbooked != v.Over || got.Stranded != v.Stranded {
		return fmt.Errorf("overbooked %v, stranded %v; want %v, %v", got.Overbooked, got.Stranded, v.Over, v.Stranded)
	}
	want := time.Time{}
	if v.Expires != 0 {
		want = Begin().Add(time.Duration(v.Expires) * time.Minute)
	}
	if !got.Expires.Equal(want) {
		return fmt.Errorf("expires %v, want %v", got.Expires, want)
	}
	return nil
}

func sameClaims(r *rows, b *ledger.Book, calendar, day int8) error {
	const ticks = ledger.CellSize / 5
	all, public := [Cells * ticks]int8{}, [Cells * ticks]int8{}
	first := agenda.TickAt(Start(ledger.Place{Day: day}), 5)
	for _, c := range r.claims[calendar] {
		if i := int(c.Tick - first); i >= 0 && i < len(all) && (c.Expires.IsZero() || r.now.Before(c.Expires)) {
			all[i]++
			if c.Public {
				public[i]++
			}
		}
	}
	for i := range all {
		a, p := b.Used(calendar, day, int8(i/ticks), -1)
		if all[i] != a || public[i] != p {
			return fmt.Errorf("tick %d has %d claims, %d of them public; want %d and %d", i, all[i], public[i], a, p)
		}
	}
	return nil
}

// kinds of letters in the ledger's order.
func kinds() []string {
	return []string{booking.KindConfirmRequest, booking.KindReceived, booking.KindConfirmed, booking.KindChanged, booking.KindCancelled, booking.KindRejected,
		booking.KindExpired, booking.KindStaffBooked, booking.KindStaffMoved, booking.KindStaffCancelled}
}

// sameLetters counts what is in the outbox about a visit. Who waited for the office
// and ran out is told when somebody marks it, which can be a moment later.
func (d *Desk) sameLetters(ctx context.Context, k *Known, b *ledger.Book, n int16) error {
	var list []store.Posting
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Postings(k.Tenant, k.Of(n).ID)
		return err
	})
	if err != nil {
		return err
	}
	count := map[string]uint8{}
	for _, p := range list {
		count[p.Kind]++
	}
	v := b.Visits[n]
	for i, kind := range kinds() {
		want := v.Letters[i]
		marked := kind == booking.KindExpired && v.Status == ledger.AsksOffice && b.Seen(n) == ledger.Expired && count[kind] == 1
		if count[kind] != want && !marked {
			return fmt.Errorf("%d of kind %s, want %d", count[kind], kind, want)
		}
		delete(count, kind)
	}
	if len(count) > 0 {
		return fmt.Errorf("of unexpected kinds: %v", count)
	}
	return nil
}

// Where says where a visit is in the book, and how it stands.
func (d *Desk) Where(ctx context.Context, k *Known, n int16) (p ledger.Place, s ledger.Status, err error) {
	c, err := d.Manage(ctx, k.Tenant, k.Of(n).Manage)
	if err != nil {
		return p, s, err
	}
	minute := int(c.Start.Sub(Begin())/time.Minute) + ledger.Begin
	p = ledger.Place{Day: int8(minute / 1440), Cell: int8((minute%1440 - ledger.Opens) / ledger.CellSize)}
	for i, cal := range calendars() {
		if cal.id == c.Booking.Calendar {
			p.Calendar = int8(i)
		}
	}
	return p, StatusOf(c.Booking), nil
}
