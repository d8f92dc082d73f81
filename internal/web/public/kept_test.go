package public_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// A page that is kept from an earlier answer is the page that a site without any
// memory renders, whatever was booked, cancelled or let pass in between.
func TestKeptPagesAreAsNew(t *testing.T) {
	d, clock := desktest.SQLite(t)
	old := serve(t, d)
	views := []string{"", "&view=month", "&view=month&month=2026-08", "&day=2026-07-07", "&weekday=tu", "&part=am", "&site=rathaus", "&lang=en", "&from=2026-07-20"}
	same := func(when string) {
		t.Helper()
		fresh := serve(t, d)
		for _, v := range views {
			path := "/musterstadt/times?service=ausweis*1" + v
			for range 2 { // the second is kept
				if got, want := old.browser(t).get(path), fresh.browser(t).get(path); got.status != want.status || got.body != want.body {
					t.Fatalf("%s, %s: got %d\n%s\nwant %d\n%s", when, path, got.status, got.body, want.status, want.body)
				}
			}
		}
	}
	same("at first")
	var receipts []booking.Receipt
	var free []agenda.Slot
	for range 12 {
		found, err := d.Availability(t.Context(), booking.Search{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), From: agenda.MakeDate(2026, time.July, 6), To: agenda.MakeDate(2026, time.July, 7), By: agenda.Public})
		if err != nil {
			t.Fatal(err)
		}
		free = nil
		for _, day := range found.Days {
			free = append(free, day.Slots...)
		}
		r, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: free[0].Calendar, Start: free[0].Start, By: agenda.Public, Actor: booking.ActorVisitor},
			booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: "ada@beispiel.example"}, Language: "de"}, booking.Once{})
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, r)
	}
	same("after twelve bookings")
	if _, err := d.CancelFor(t.Context(), desktest.Clerk(), receipts[0].Booking.ID); err != nil {
		t.Fatal(err)
	}
	same("after a cancellation")
	clock.Advance(100 * time.Minute)
	same("later that day")
	clock.Advance(24 * time.Hour)
	same("the next day")
}
