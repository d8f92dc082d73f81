package booking_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

const town = "musterstadt"

// kit is a desk with what tests do to it again and again.
type kit struct {
	*testing.T
	*booking.Desk
	clock *desktest.Clock
}

// onEach runs a test on a desk of each engine and verifies the book afterwards.
func onEach(t *testing.T, f func(k kit)) {
	t.Helper()
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		k := kit{t, d, c}
		f(k)
		k.verify()
	})
}

// sub is a subtest on the same desk.
func (k kit) sub(name string, f func(k kit)) {
	k.T.Helper()
	k.T.Run(name, func(t *testing.T) { f(kit{t, k.Desk, k.clock}) })
}

// verify demands that every invariant of the book holds.
func (k kit) verify() {
	k.Helper()
	broken, err := k.Verify(k.Context(), nil)
	if err != nil {
		k.Fatal(err)
	}
	for _, b := range broken {
		k.Errorf("broken: %v", b)
	}
}

// now books without a hold and demands success.
func (k kit) now(r booking.Request) booking.Receipt {
	k.Helper()
	got, err := k.BookNow(k.Context(), r, form(), booking.Once{})
	if err != nil {
		k.Fatal(err)
	}
	return got
}

// try books without a hold.
func (k kit) try(r booking.Request) error {
	_, err := k.BookNow(k.Context(), r, form(), booking.Once{})
	return err
}

func (k kit) held(r booking.Request) booking.Held {
	k.Helper()
	got, err := k.Hold(k.Context(), r)
	if err != nil {
		k.Fatal(err)
	}
	return got
}

// confirmSecret is what the mailed link of a booking carries.
func (k kit) confirmSecret(b *agenda.Booking) string {
	k.Helper()
	p, err := k.Private(k.stored(b))
	if err != nil {
		k.Fatal(err)
	}
	return p.Confirm
}

// stored is a booking as the book has it.
func (k kit) stored(b *agenda.Booking) (now *agenda.Booking) {
	k.Helper()
	k.view(func(tx *store.Tx) (err error) {
		now, err = tx.Booking(b.Tenant, b.ID)
		return err
	})
	return now
}

func (k kit) view(f func(*store.Tx) error) {
	k.Helper()
	if err := k.Store.View(k.Context(), f); err != nil {
		k.Fatal(err)
	}
}

// is demands an error, nil included.
func (k kit) is(what string, got, want error) {
	k.Helper()
	if !errors.Is(got, want) {
		k.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// invalid demands agenda.Invalid with a field.
func (k kit) invalid(what string, got error, field string) {
	k.Helper()
	var bad agenda.Invalid
	if !errors.As(got, &bad) || bad[0].Field != field {
		k.Errorf("%s: got %v, want invalid %s", what, got, field)
	}
}

// trace is what acts have left behind of a booking: the journal's acts, and kind
// and version of the letters. One entry per act, one letter per kind and act.
func (k kit) trace(b *agenda.Booking) string {
	k.Helper()
	var acts, letters []string
	k.view(func(tx *store.Tx) error {
		entries, err := tx.Journal(b.Tenant, b.ID)
		if err != nil {
			return err
		}
		postings, err := tx.Postings(b.Tenant, b.ID)
		for _, e := range entries {
			acts = append(acts, e.Act+" by "+e.Actor)
		}
		for _, p := range postings {
			letters = append(letters, fmt.Sprint(p.Kind, "/", p.Version))
		}
		return err
	})
	return strings.Join(acts, ", ") + "; " + strings.Join(letters, " ")
}

func (k kit) left(b *agenda.Booking, want string) {
	k.Helper()
	if got := k.trace(b); got != want {
		k.Errorf("left behind\n got %s\nwant %s", got, want)
	}
}

// state is the whole book as text, to see that nothing has changed.
func (k kit) state() string {
	k.Helper()
	var s strings.Builder
	k.view(func(tx *store.Tx) error {
		setup, err := tx.Setup(town)
		if err != nil {
			return err
		}
		fmt.Fprintln(&s, "revision", setup.Revision)
		list, err := tx.BookingsBetween(town, "", time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			return err
		}
		for _, b := range list {
			fmt.Fprintf(&s, "%+v\n", *b)
			entries, err := tx.Journal(town, b.ID)
			if err != nil {
				return err
			}
			postings, err := tx.Postings(town, b.ID)
			if err != nil {
				return err
			}
			fmt.Fprintln(&s, entries, postings)
		}
		for pool := range int64(8) {
			claims, err := tx.Claims(pool, 0, 1<<30)
			if err != nil {
				return err
			}
			fmt.Fprintln(&s, pool, claims)
			for date := agenda.DateOf(desktest.Start); date < agenda.DateOf(desktest.Start)+30; date++ {
				v, err := tx.DayVersion(store.PoolDay{Pool: pool, Date: date})
				if err != nil {
					return err
				}
				fmt.Fprint(&s, v)
			}
		}
		n, err := tx.Queued()
		fmt.Fprintln(&s, "queued", n)
		return err
	})
	return s.String()
}

// unchanged runs f and demands that the book is as before.
func (k kit) unchanged(what string, f func()) {
	k.Helper()
	before := k.state()
	f()
	after := k.state()
	was := strings.Split(before, "\n")
	for i, line := range strings.Split(after, "\n") {
		if i >= len(was) || was[i] != line {
			k.Errorf("%s: the book has changed: now there is %s", what, line)
		}
	}
	if len(after) < len(before) {
		k.Errorf("%s: the book has less in it", what)
	}
}

// clerk asks with the rights of staff.
func clerk(calendar string, start time.Time, services ...string) booking.Request {
	r := ask(calendar, start, services...)
	r.By, r.Person, r.Actor = agenda.Staff, desktest.Clerk(), "clerk"
	return r
}

func overbooked(r booking.Request) booking.Request {
	r.Overbook = true
	return r
}

// times asks for a service several times.
func times(r booking.Request, n int) booking.Request {
	r.Wish.Items[0].Quantity = n
	return r
}

// together runs f n times at once and gives the errors.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	gate := make(chan bool)
	for i := range errs {
		wg.Go(func() {
			<-gate
			errs[i] = f(i)
		})
	}
	close(gate)
	wg.Wait()
	return errs
}

// won counts successes and demands that all others failed as they should.
func (k kit) won(errs []error, others ...error) (n int) {
	k.Helper()
	for _, err := range errs {
		if err == nil {
			n++
		} else if !slices.ContainsFunc(others, func(o error) bool { return errors.Is(err, o) }) {
			k.Errorf("got %v, want one of %v", err, others)
		}
	}
	return n
}

// apply puts a changed Musterstadt in force.
func (k kit) apply(o booking.ApplyOptions, change func(*agenda.Setup)) (booking.Applied, error) {
	k.Helper()
	s, err := k.Desk.Setup(k.Context(), town)
	if err != nil {
		k.Fatal(err)
	}
	next := desktest.Musterstadt()
	next.Revision = s.Revision
	change(next)
	o.Actor = "test"
	return k.Apply(k.Context(), next, o)
}

func (k kit) mustApply(change func(*agenda.Setup)) {
	k.Helper()
	if _, err := k.apply(booking.ApplyOptions{}, change); err != nil {
		k.Fatal(err)
	}
}

// offered are the starts of a search in one calendar on one day.
func (k kit) offered(calendar string, day int, by agenda.Channel, services ...string) (starts []string) {
	k.Helper()
	date := agenda.DateOf(desktest.Start) + agenda.Date(day)
	f, err := k.Availability(k.Context(), booking.Search{Tenant: town, Wish: desktest.Wish(services...), Calendars: []string{calendar}, From: date, To: date, By: by})
	if err != nil {
		k.Fatal(err)
	}
	for _, s := range f.Days[0].Slots {
		starts = append(starts, s.Start.Format("15:04"))
	}
	return starts
}

func describe(b *agenda.Booking) string { return fmt.Sprintf("%+v", *b) }

func describeLetters(list []store.Posting) string {
	var s []string
	for _, p := range list {
		s = append(s, fmt.Sprintf("%s/%d %s", p.Kind, p.Version, p.State))
	}
	return strings.Join(s, ", ")
}
