package jobs_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Case E7: a clock that jumps a day ahead and is put right after a while reminds nobody and
// forgets nobody a day early. After a jump that stays, what is due happens a little later.
func TestE7AJumpOfTheClockRemindsAndForgetsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(55 * time.Hour) // Monday morning
		var shift atomic.Int64
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "book.db"), store.Options{Clock: func(now time.Time) time.Time { return now.Add(time.Duration(shift.Load())) }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		keys, err := seal.NewKeys(make([]byte, seal.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		y := &year{T: t, desk: &booking.Desk{Store: s, Keys: keys}}
		setup := desktest.Musterstadt()
		setup.Tenant.State, setup.Retention.BookingDays = "", 1
		setup.Calendars[0].StaffMail = agenda.StaffMail{}
		if _, err := y.desk.Apply(t.Context(), setup, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		clerk := desktest.Clerk()
		at := func(day agenda.Date, minute agenda.Minute) string {
			start, _ := agenda.At(agenda.DateOf(time.Now().In(zone))+day, minute, zone)
			r, err := y.desk.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("pass"), Calendar: "buergerbuero", Start: start,
				By: agenda.Staff, Actor: clerk.ID, Person: clerk}, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
			if err != nil {
				t.Fatal(err)
			}
			return r.Booking.ID
		}
		past := at(0, 10*60)
		y.begin()
		y.runner.Wary = true
		time.Sleep(27 * time.Hour) // it is over, and kept for a day and some
		soon := at(2, 9*60)
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); y.runner.Run(ctx) }()
		defer func() { end(); <-ended }()
		reminded := func() bool {
			for kind := range postings(t, y.desk, soon) {
				if strings.HasPrefix(kind, booking.KindReminder) {
					return true
				}
			}
			return false
		}
		kept := func() bool { return stored(t, y.desk, &agenda.Booking{Tenant: "musterstadt", ID: past}).Sealed != nil }
		time.Sleep(time.Minute)
		shift.Store(int64(26 * time.Hour))
		time.Sleep(8 * time.Minute)
		shift.Store(0)
		time.Sleep(12 * time.Minute)
		if reminded() || !kept() {
			t.Errorf("after a jump and back: reminded %t, kept %t", reminded(), kept())
		}
		shift.Store(int64(26 * time.Hour))
		time.Sleep(12 * time.Minute)
		if !reminded() || kept() {
			t.Errorf("after a jump that stays: reminded %t, kept %t", reminded(), kept())
		}
	})
}
