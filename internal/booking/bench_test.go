package booking_test

import (
	"fmt"
	"syscall"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// county is a desk with so many calendars of four seats, each at a site of its own, and
// some visits in them.
func county(b *testing.B, calendars int) *booking.Desk {
	d, _ := desktest.SQLite(b)
	d.Compare = nil
	s := desktest.Musterstadt()
	one := s.Calendars[0]
	one.SlotTemplates[0].To, one.SlotTemplates[0].SlotMinutes = 17*60, 15
	one.SlotTemplates[0].Seats = agenda.Seats{Total: 4, Public: 4}
	for i := range s.Services {
		s.Services[i].HorizonDays = 120
	}
	for n := range calendars {
		site := s.Sites[0]
		site.ID = fmt.Sprint("ort", n)
		c := one
		c.ID, c.Site = fmt.Sprint("amt", n), site.ID
		s.Sites, s.Calendars = append(s.Sites, site), append(s.Calendars, c)
	}
	s.Calendars = s.Calendars[4:]
	if _, err := d.Apply(b.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		b.Fatal(err)
	}
	for n := range calendars {
		for visit := range 30 {
			r := ask(fmt.Sprint("amt", n), desktest.At(1+visit%25, fmt.Sprintf("%02d:15", 8+(visit*7+n)%8)), "ausweis")
			if _, err := d.BookNow(b.Context(), r, form(), booking.Once{}); err != nil && visit%7 < 5 && n < 3 {
				b.Log(err) // a holiday, a Saturday
			}
		}
	}
	return d
}

// used reports the processor's time, which a busy machine does not stretch.
func used(b *testing.B) func() {
	read := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	b.ReportAllocs()
	begun := read()
	return func() { b.ReportMetric(float64(read()-begun)/float64(b.N), "cpu-ns/op") }
}

func wide(service string) booking.Search {
	today := agenda.DateOf(desktest.Start)
	return booking.Search{Tenant: town, Wish: desktest.Wish(service), From: today, To: today + 89, By: agenda.Public}
}

// BenchmarkTimes searches fifty calendars over ninety days, with everything in memory.
func BenchmarkTimes(b *testing.B) {
	d := county(b, 50)
	q := wide("ausweis")
	b.Run("searched", func(b *testing.B) {
		defer used(b)()
		for b.Loop() {
			if _, err := d.Times(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("counted", func(b *testing.B) {
		defer used(b)()
		for b.Loop() {
			t, err := d.Times(b.Context(), q)
			if err != nil {
				b.Fatal(err)
			}
			starts := 0
			for date := t.From; date <= t.To; date++ {
				n, _ := t.Count(date)
				starts += n
			}
			if starts < 1000 {
				b.Fatal(starts)
			}
		}
	})
	b.Run("gone through", func(b *testing.B) {
		defer used(b)()
		for b.Loop() {
			t, err := d.Times(b.Context(), q)
			if err != nil {
				b.Fatal(err)
			}
			for _, times := range t.Days() {
				for i := range times {
					_ = times[i].Free
				}
			}
		}
	})
	b.Run("one calendar", func(b *testing.B) {
		q := q
		q.Calendars = []string{"amt7"}
		q.To = q.From + 6
		defer used(b)()
		for b.Loop() {
			if _, err := d.Availability(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("forgotten", func(b *testing.B) {
		for b.Loop() {
			if _, err := (&booking.Desk{Store: d.Store}).Times(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkNextFree asks for the first times of 109 sites: with nothing changed, and
// with a visit booked and cancelled in between.
func BenchmarkNextFree(b *testing.B) {
	d := county(b, 109)
	q := wide("ausweis")
	look := func(b *testing.B, d *booking.Desk) {
		if list, err := d.NextFree(b.Context(), q); err != nil || len(list) != 109 {
			b.Fatal(len(list), err)
		}
	}
	b.Run("standing", func(b *testing.B) {
		defer used(b)()
		for b.Loop() {
			look(b, d)
		}
	})
	b.Run("after a change", func(b *testing.B) {
		defer used(b)()
		for b.Loop() {
			b.StopTimer()
			got, err := d.BookNow(b.Context(), ask("amt3", desktest.At(0, "10:00"), "ausweis"), form(), booking.Once{})
			if err == nil {
				_, err = d.Cancel(b.Context(), town, got.Manage)
			}
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			look(b, d)
		}
	})
	b.Run("worked out anew", func(b *testing.B) {
		q.Person = desktest.Clerk()
		q.By = agenda.Staff
		defer used(b)()
		for b.Loop() {
			look(b, d)
		}
	})
}
