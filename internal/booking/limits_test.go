package booking_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestLimitsPerAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		d.Limits = booking.Limits{BookingsPerPerson: 2}
		book := func(calendar, clock string, v agenda.Visitor) error {
			_, err := d.BookNow(t.Context(), ask(calendar, desktest.At(1, clock), "ausweis"), booking.Form{Visitor: v, Language: "de"}, booking.Once{})
			return err
		}
		for _, clock := range []string{"08:00", "08:30"} {
			if err := book("buergerbuero", clock, desktest.Ada); err != nil {
				t.Fatal(err)
			}
		}
		if err := book("buergerbuero", "09:00", desktest.Ada); !errors.Is(err, agenda.ErrLimited) {
			t.Errorf("a third visit: got %v, want limited", err)
		}
		same := agenda.Visitor{Name: "A. Beispiel", Email: "ADA@beispiel.example"}
		if err := book("buergerbuero", "09:00", same); !errors.Is(err, agenda.ErrLimited) {
			t.Errorf("the same address in capitals: got %v, want limited", err)
		}
	})
}

// Who books on many days at the same moment gets no more visits than one after the other.
func TestLimitsHoldForAllAtOnce(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{BookingsPerPerson: 3}
		errs := together(12, func(i int) error {
			return k.try(ask("buergerbuero", desktest.At(1+i%3, "08:00").Add(time.Duration(i/3*30)*time.Minute), "ausweis"))
		})
		if n := k.won(errs, agenda.ErrLimited); n != 3 {
			k.Errorf("got %d visits, want 3", n)
		}
	})
}

// A stranger's address must not be flooded, by whatever act.
func TestLettersPerUnconfirmedAddress(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{MailsPerDay: 3}
		book := func(calendar string, minute int, email string) (booking.Receipt, error) {
			f := booking.Form{Visitor: agenda.Visitor{Name: "Bert Beispiel", Email: email}, Language: "de"}
			r := ask(calendar, desktest.At(1, "08:00").Add(time.Duration(minute)*time.Minute), "ausweis")
			return k.BookNow(k.Context(), r, f, booking.Once{})
		}
		// until asks for one act after the other until the desk has had enough.
		until := func(what string, want int, act func(i int) error) {
			k.Helper()
			for i := range want {
				if err := act(i); err != nil {
					k.Fatalf("%s %d: %v", what, i, err)
				}
			}
			if err := act(want); !errors.Is(err, agenda.ErrLimited) {
				k.Errorf("%s %d: got %v, want limited", what, want, err)
			}
		}
		until("request", 3, func(i int) error {
			_, err := book("ausweise", 20*i, "requests@beispiel.example")
			return err
		})
		until("visit that asks for no confirmation", 3, func(i int) error {
			_, err := book("buergerbuero", 20*i, "visits@beispiel.example")
			return err
		})
		until("visit booked and cancelled", 2, func(int) error { // with two letters each
			r, err := book("buergerbuero", 120, "to-and-fro@beispiel.example")
			if err != nil {
				return err
			}
			_, err = k.Cancel(k.Context(), town, r.Manage)
			return err
		})
		for _, calendar := range []string{"ausweise", "buergerbuero"} {
			r, err := book(calendar, 140, "moves-"+calendar+"@beispiel.example")
			if err != nil {
				k.Fatal(err)
			}
			until("move in "+calendar, 2, func(i int) error {
				_, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(2, "08:00").Add(time.Duration(20*i) * time.Minute)})
				return err
			})
		}
	})
}

// Who has answered from an address is not held up.
func TestLettersToConfirmedAddress(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{MailsPerDay: 1}
		r := k.now(ask("ausweise", desktest.At(1, "08:00"), "ausweis"))
		p, err := k.Private(r.Booking)
		if err != nil {
			k.Fatal(err)
		}
		if _, err := k.Confirm(k.Context(), town, p.Confirm); err != nil {
			k.Fatal(err)
		}
		for _, clock := range []string{"09:00", "10:00", "11:00"} {
			if _, err := k.Move(k.Context(), town, r.Manage, booking.Target{Start: desktest.At(1, clock)}); err != nil {
				k.Errorf("to %s: %v", clock, err)
			}
		}
	})
}

// Whoever knew an address could book in its name, confirm nothing, and so lock its
// owner out.
func TestRequestsOfStrangersLockNobodyOut(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		d.Limits = booking.Limits{BookingsPerPerson: 1}
		for _, clock := range []string{"08:00", "08:30", "09:00"} {
			if _, err := d.BookNow(t.Context(), ask("ausweise", desktest.At(1, clock), "ausweis"), form(), booking.Once{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.BookNow(t.Context(), ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"), form(), booking.Once{}); err != nil {
			t.Errorf("the owner's own visit: %v", err)
		}
	})
}

// protect puts protection and a service's limit into the set-up.
func (k kit) protect(change func(s *agenda.Setup)) {
	k.Helper()
	s := desktest.Musterstadt()
	change(s)
	if _, err := k.Apply(k.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		k.Fatal(err)
	}
}

// as books with these details, each time at another time.
func (k kit) as(n int, service string, v agenda.Visitor) error {
	k.Helper()
	r := ask("buergerbuero", desktest.At(1+n/20, "08:00").Add(time.Duration(n%20*10)*time.Minute), service)
	_, err := k.BookNow(k.Context(), r, booking.Form{Visitor: v, Language: "de"}, booking.Once{})
	return err
}

// Cases C5 and F5: variants of one mailbox count as one, and whichever limit it is, the
// answer is the same.
func TestC5VariantsOfOneMailboxCountAsOne(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{BookingsPerPerson: 2}
		for i, email := range []string{"ada@beispiel.example", "Ada+amt@Beispiel.example"} {
			k.is(email, k.as(i, "ausweis", agenda.Visitor{Name: "Ada Beispiel", Email: email}), nil)
		}
		for i, email := range []string{"ada+neu@beispiel.example", "ADA@BEISPIEL.EXAMPLE"} {
			k.is(email, k.as(4+i, "ausweis", agenda.Visitor{Name: "Eve", Email: email}), agenda.ErrLimited)
		}
		k.is("somebody else", k.as(8, "ausweis", agenda.Visitor{Name: "Eve", Email: "adam@beispiel.example"}), nil)
	})
}

// Case F5: book often with a stranger's address.
func TestF5AtMostThreeLettersAnHourAndTenADay(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{MailsPerDay: 10}
		n, day := 0, 0
		for hour := range 5 {
			sent := 0
			for i := range 6 {
				err := k.as(n, "ausweis", agenda.Visitor{Name: "Eve", Email: fmt.Sprintf("victim+%d@beispiel.example", i)})
				if n++; err == nil {
					sent++
				} else {
					k.is("one too many", err, agenda.ErrLimited)
				}
			}
			if want := []int{3, 3, 3, 1, 0}[hour]; sent != want {
				k.Errorf("hour %d: got %d letters, want %d", hour, sent, want)
			}
			day += sent
			k.clock.Advance(time.Hour + time.Second)
		}
		if day != 10 {
			k.Errorf("got %d letters in a day, want 10", day)
		}
	})
}

// A service can be for few visits of one person. A household shares address and number.
func TestMaxOpenCountsPersons(t *testing.T) {
	onEach(t, func(k kit) {
		k.protect(func(s *agenda.Setup) { s.Services[0].MaxOpen = 1 })
		ada := agenda.Visitor{Name: "Ada Beispiel", Email: "familie@beispiel.example", Phone: "05551 1"}
		k.is("her first", k.as(0, "ausweis", ada), nil)
		again := map[string]agenda.Visitor{
			"the same":           ada,
			"spelt otherwise":    {Name: "BEISPIEL, ada", Email: "Familie+2@beispiel.example"},
			"by the same number": {Name: "Ada Beispiel", Email: "ada@anderswo.example", Phone: "+49 5551 1"},
		}
		for what, v := range again {
			k.is(what, k.as(2, "ausweis", v), agenda.ErrLimited)
		}
		bert := ada
		bert.Name = "Bert Beispiel"
		k.is("her husband", k.as(4, "ausweis", bert), nil)
		k.is("another service", k.as(6, "pass", ada), nil)
		r := clerk("buergerbuero", desktest.At(1, "11:30"), "ausweis")
		_, err := k.BookNow(k.Context(), r, booking.Form{Visitor: ada, Language: "de"}, booking.Once{})
		k.is("by staff", err, nil)
	})
}

// All at once, on different days: the limit holds.
func TestMaxOpenHoldsForAllAtOnce(t *testing.T) {
	onEach(t, func(k kit) {
		k.protect(func(s *agenda.Setup) { s.Services[0].MaxOpen = 2 })
		errs := together(9, func(i int) error { return k.as(20*(i%3)+i/3, "ausweis", desktest.Ada) })
		if n := k.won(errs, agenda.ErrLimited); n != 2 {
			k.Errorf("got %d visits, want 2", n)
		}
	})
}

// Who books for many is named by the tenant, by address or by domain.
func TestWhoBooksForMany(t *testing.T) {
	onEach(t, func(k kit) {
		k.protect(func(s *agenda.Setup) {
			s.Services[0].MaxOpen = 1
			s.Protection.Trusted = []string{"Anna@beratung.example", "sozialdienst.example"}
		})
		k.Limits = booking.Limits{BookingsPerPerson: 1, MailsPerDay: 1}
		for i, test := range []struct {
			email string
			want  error
		}{
			{"anna@beratung.example", nil}, {"anna+mappe@beratung.example", nil}, {"bea@beratung.example", nil}, {"bea@beratung.example", agenda.ErrLimited},
			{"anna@beratung.example", nil}, {"cem@Sozialdienst.example", nil}, {"cem@sozialdienst.example", nil}, {"dora@nicht.sozialdienst.example", nil},
			{"dora@nicht.sozialdienst.example", agenda.ErrLimited},
		} {
			k.is(fmt.Sprint(i, " ", test.email), k.as(i, "ausweis", agenda.Visitor{Name: "Die Familie", Email: test.email}), test.want)
		}
	})
}
