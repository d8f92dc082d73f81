package booking_test

import (
	"errors"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestLimitsPerAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		d.Limits = booking.Limits{BookingsPerPerson: 2, MailsPerDay: 1}
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
		bert := agenda.Visitor{Name: "Bert Beispiel", Email: "bert@beispiel.example"}
		if err := book("ausweise", "09:00", bert); err != nil {
			t.Fatal(err)
		}
		if err := book("ausweise", "10:00", bert); !errors.Is(err, agenda.ErrLimited) {
			t.Errorf("a second letter to an unconfirmed address: got %v, want limited", err)
		}
		if err := book("buergerbuero", "10:00", bert); err != nil {
			t.Errorf("a booking that asks for no confirmation: %v", err)
		}
	})
}
