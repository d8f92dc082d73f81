package booking_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

const newAda = "neu@beispiel.example"

// addressSecret is what the link to the newest new address of a booking carries.
func (k kit) addressSecret(b *agenda.Booking) (secret string) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		a, err := tx.OpenNewAddress(b.Tenant, b.ID, now)
		if err != nil {
			return err
		}
		_, _, secret, err = k.AddressLetter(a)
		return err
	})
	return secret
}

func (k kit) contact(r booking.Receipt, email, phone string) (booking.Contacted, error) {
	return k.ChangeContact(k.Context(), town, r.Manage, booking.Contact{Email: email, Phone: phone})
}

// reached is how a visitor is reached now.
func (k kit) reached(b *agenda.Booking) string {
	k.Helper()
	p, err := k.Private(k.stored(b))
	if err != nil {
		k.Fatal(err)
	}
	return p.Name + " " + p.Email + " " + p.Phone
}

// A number counts at once, a new address when its link is answered. The address before is
// told, the new one gets the letter as the visit stands, and the link on paper still opens
// the visit. Each is one act, and the journal holds no address.
func TestChangeContact(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(2, "08:00"), "pass"))
		before := k.stored(r.Booking)
		done, err := k.contact(r, "Neu@Beispiel.example", "05550 999")
		if err != nil || !done.Changed || !done.Asked {
			k.Fatalf("got %+v, %v", done, err)
		}
		if got := k.reached(r.Booking); got != "Ada Beispiel ada@beispiel.example 05550 999" {
			k.Errorf("before the answer: got %s", got)
		}
		secret := k.addressSecret(r.Booking)
		for range 2 { // a lost answer
			b, err := k.ConfirmAddress(k.Context(), town, secret)
			if err != nil || b.ID != r.Booking.ID {
				k.Fatalf("got %v", err)
			}
		}
		if got := k.reached(r.Booking); !strings.EqualFold(got, "Ada Beispiel neu@beispiel.example 05550 999") {
			k.Errorf("after the answer: got %s", got)
		}
		after := k.stored(r.Booking)
		if after.Sequence != before.Sequence+2 || after.ManageHash != before.ManageHash || !after.Start.Equal(before.Start) || after.EmailHash == before.EmailHash {
			k.Errorf("got %s\nwas %s", describe(after), describe(before))
		}
		k.left(r.Booking, "book by visitor, contact by visitor, new address by visitor; confirmed/1 staff-booked/1 address-changed/2 address-request/2 confirmed/3")
		var entries []store.Entry
		k.view(func(tx *store.Tx) (err error) {
			entries, err = tx.Journal(town, r.Booking.ID)
			return err
		})
		for _, e := range entries {
			if strings.Contains(e.Detail, "@") || strings.Contains(e.Detail, "999") || !json.Valid([]byte(e.Detail)) {
				k.Errorf("the journal says %s", e.Detail)
			}
		}
		k.unchanged("the same once more", func() {
			if done, err := k.contact(r, "Neu@Beispiel.example", "05550 999"); err != nil || done != (booking.Contacted{}) {
				k.Errorf("got %+v, %v", done, err)
			}
		})
	})
}

// The newest request counts, for a day; what is wrong, late or not the visitor's to change
// is refused and changes nothing.
func TestNewAddressRunsOut(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(3, "08:00"), "pass"))
		request := func(email string) string {
			k.Helper()
			if _, err := k.contact(r, email, desktest.Ada.Phone); err != nil {
				k.Fatal(err)
			}
			return k.addressSecret(r.Booking)
		}
		answer := func(secret string) error {
			_, err := k.ConfirmAddress(k.Context(), town, secret)
			return err
		}
		first := request("erste@beispiel.example")
		second := request("zweite@beispiel.example")
		k.unchanged("an older link, a wrong one, one for something else", func() {
			k.is("older", answer(first), agenda.ErrExpired)
			k.is("wrong", answer("X"+second), agenda.ErrNotFound)
			k.is("manage", answer(r.Manage), agenda.ErrNotFound)
			_, err := k.Cancel(k.Context(), town, second)
			k.is("cancel by it", err, agenda.ErrNotFound)
		})
		k.clock.Advance(24 * time.Hour)
		k.unchanged("a day later", func() { k.is("late", answer(second), agenda.ErrExpired) })
		k.unchanged("faults", func() {
			_, err := k.contact(r, "", desktest.Ada.Phone)
			k.invalid("no address any more", err, "email")
			_, err = k.contact(r, "keine", desktest.Ada.Phone)
			k.invalid("no address", err, "email")
			_, err = k.contact(r, desktest.Ada.Email, "x")
			k.invalid("no number", err, "phone")
		})
		third := request("dritte@beispiel.example")
		if _, err := k.Cancel(k.Context(), town, r.Manage); err != nil {
			k.Fatal(err)
		}
		k.unchanged("once it is called off", func() {
			k.is("answer", answer(third), agenda.ErrState)
			_, err := k.contact(r, newAda, "")
			k.is("change", err, agenda.ErrState)
		})
		late := k.now(ask("buergerbuero", desktest.At(1, "11:00"), "pass"))
		k.clock.Set(desktest.At(1, "09:01"))
		k.unchanged("too late to change", func() {
			_, err := k.contact(late, newAda, "")
			k.is("change", err, agenda.ErrTooLate)
		})
	})
}

// Who mistyped the address gets the first letter at the right one; the link in the wrong
// one is worth nothing. To the same address it goes once more, with the same link.
func TestContactBeforeTheFirstAnswer(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("ausweise", desktest.At(2, "08:00"), "ausweis"))
		wrong := k.confirmSecret(r.Booking)
		if done, err := k.contact(r, desktest.Ada.Email, desktest.Ada.Phone); err != nil || !done.Asked || done.Changed || k.confirmSecret(r.Booking) != wrong {
			k.Errorf("once more: got %+v, %v", done, err)
		}
		if done, err := k.contact(r, newAda, desktest.Ada.Phone); err != nil || !done.Asked || !done.Changed {
			k.Errorf("elsewhere: got %+v, %v", done, err)
		}
		_, err := k.Confirm(k.Context(), town, wrong)
		k.is("the link in the wrong letter", err, agenda.ErrNotFound)
		b, err := k.Confirm(k.Context(), town, k.confirmSecret(r.Booking))
		if err != nil || b.Status != agenda.Confirmed {
			k.Fatalf("got %v", err)
		}
		k.left(r.Booking, "book by visitor, contact by visitor, contact by visitor, confirm by visitor; confirm-request/1 confirm-request/2 confirm-request/3 confirmed/4")
	})
}

// Whoever changes addresses to and fro floods nobody: each address gets what it may get,
// and one visit causes a few letters.
func TestContactFloodsNobody(t *testing.T) {
	onEach(t, func(k kit) {
		k.Limits = booking.Limits{MailsPerDay: 3}
		sent := 0
		for i := range 12 {
			f := booking.Form{Visitor: agenda.Visitor{Name: "Eve", Email: "eve" + string(rune('a'+i)) + "@beispiel.example"}, Language: "de"}
			calendar := []string{"ausweise", "buergerbuero"}[i%2] // waits for its visitor, is certain at once
			r, err := k.BookNow(k.Context(), ask(calendar, desktest.At(1, "08:00").Add(time.Duration(i)*10*time.Minute), "ausweis"), f, booking.Once{})
			if err != nil {
				k.Fatal(err)
			}
			for range 3 { // to the victim and away again
				if _, err := k.contact(r, "opfer@beispiel.example", "05550 1"); err == nil {
					sent++
				} else {
					k.is("to the victim", err, agenda.ErrLimited)
				}
				_, _ = k.contact(r, f.Email, "05550 1")
			}
		}
		if sent < 1 || sent > 3 {
			k.Errorf("the victim got %d letters, want one to three", sent)
		}
	})
}

// A booking without an address can get one; then letters go there.
func TestFirstAddress(t *testing.T) {
	onEach(t, func(k kit) {
		r, err := k.BookNow(k.Context(), ask("soziales", desktest.At(3, "08:00"), "beratung"),
			booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Phone: "05550 4711"}, Language: "de"}, booking.Once{})
		if err != nil {
			k.Fatal(err)
		}
		k.unchanged("without anything", func() {
			_, err := k.contact(r, "", "")
			k.invalid("nothing left", err, "phone")
		})
		if _, err := k.contact(r, newAda, ""); err != nil {
			k.Fatal(err)
		}
		if _, err := k.ConfirmAddress(k.Context(), town, k.addressSecret(r.Booking)); err != nil {
			k.Fatal(err)
		}
		if b := k.stored(r.Booking); !b.Notify || b.EmailHash == "" {
			k.Errorf("got %s", describe(b))
		}
		k.left(r.Booking, "book by visitor, contact by visitor, new address by visitor; address-request/2 received/3")
	})
}

// What was asked for is forgotten: with the visit, and else days after it ran out.
func TestNewAddressIsForgotten(t *testing.T) {
	onEach(t, func(k kit) {
		r := k.now(ask("buergerbuero", desktest.At(21, "08:00"), "pass"))
		if _, err := k.contact(r, newAda, desktest.Ada.Phone); err != nil {
			k.Fatal(err)
		}
		secret, version := k.addressSecret(r.Booking), k.stored(r.Booking).Version
		there := func() error {
			return k.Store.View(k.Context(), func(tx *store.Tx) error {
				_, err := tx.NewAddress(town, r.Booking.ID, version)
				return err
			})
		}
		k.clock.Advance(48 * time.Hour)
		if _, err := k.Forget(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
		k.is("two days later", there(), nil)
		k.clock.Advance(4 * 24 * time.Hour)
		if _, err := k.Forget(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
		k.is("a week later", there(), agenda.ErrNotFound)
		_, err := k.ConfirmAddress(k.Context(), town, secret)
		k.is("its link", err, agenda.ErrNotFound)
	})
}
