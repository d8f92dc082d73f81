package booking_test

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(child); file != "" {
		bookForever(file)
	}
	if file := os.Getenv(carrier); file != "" {
		carryOutSlowly(file)
	}
	os.Exit(pgtest.Main(m))
}

func ask(calendar string, start time.Time, services ...string) booking.Request {
	return booking.Request{Tenant: "musterstadt", Wish: desktest.Wish(services...), Calendar: calendar, Start: start, By: agenda.Public, Actor: booking.ActorVisitor}
}

func form() booking.Form { return booking.Form{Visitor: desktest.Ada, Language: "de"} }

func TestHoldBookMoveCancel(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		ctx := t.Context()
		held, err := d.Hold(ctx, ask("buergerbuero", desktest.At(1, "08:00"), "ausweis", "pass"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.Book(ctx, "musterstadt", held.Secret, form(), booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Booking.Status != agenda.Confirmed || r.Booking.End.Sub(r.Booking.Start) != 30*time.Minute {
			t.Errorf("got %s for %s, want confirmed for 30 minutes", r.Booking.Status, r.Booking.End.Sub(r.Booking.Start))
		}
		moved, err := d.Move(ctx, "musterstadt", r.Manage, booking.Target{Start: desktest.At(2, "09:00")})
		if err != nil {
			t.Fatal(err)
		}
		if !moved.Start.Equal(desktest.At(2, "09:00")) || moved.Sequence != 1 {
			t.Errorf("got %s, sequence %d", moved.Start, moved.Sequence)
		}
		gone, err := d.Cancel(ctx, "musterstadt", r.Manage)
		if err != nil || gone.Status != agenda.Cancelled || gone.Sequence != 2 {
			t.Errorf("got %v %+v", err, gone)
		}
		if _, err := d.Cancel(ctx, "musterstadt", r.Manage); err != nil {
			t.Errorf("cancelling twice: %v", err)
		}
		if _, err := d.Book(ctx, "musterstadt", held.Secret, form(), booking.Once{}); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("a used hold: got %v, want not found", err)
		}
	})
}

// 64 visitors want the two public seats at once.
func TestRaceForLastSeats(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		var wg sync.WaitGroup
		results := make([]error, 64)
		for i := range results {
			wg.Go(func() {
				_, results[i] = d.BookNow(t.Context(), ask("buergerbuero", desktest.At(1, "08:00"), "pass"), form(), booking.Once{})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, agenda.ErrTaken):
				t.Errorf("got %v, want taken", err)
			}
		}
		if won != 2 {
			t.Errorf("got %d bookings, want the 2 public seats", won)
		}
	})
}
