package booking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// addressTime is how long the link to a new address can be answered.
const addressTime = 24 * time.Hour

// addressKept is how long a request is kept that has run out: the letter to the address
// before may still be on its way.
const addressKept = 4 * 24 * time.Hour

// renamed is what a request for a new address seals.
type renamed struct {
	Email  string `json:"email"`
	Former string `json:"former"` // the address before, which is told; "": there was none
	Secret string `json:"secret"` // of the link
}

// newRequest seals a request under a new secret.
func (d *Desk) newRequest(b *agenda.Booking, r renamed) (store.NewAddress, error) {
	r.Secret = seal.NewDatedSecret()
	plain, err := json.Marshal(r)
	return store.NewAddress{Tenant: b.Tenant, Booking: b.ID, Hash: seal.SecretHash(r.Secret), Sealed: d.Keys.Seal(plain, bindAddress(b.Tenant, b.ID)...)}, err
}

func bindAddress(tenant, booking string) []string { return []string{"new address", tenant, booking} }

// AddressLetter is what letters about a new address are about: to whom the one that asks
// goes, and to whom the one that tells; and the secret of the link in the first.
func (d *Desk) AddressLetter(a store.NewAddress) (email, former, secret string, err error) {
	r, err := d.renamed(a)
	return r.Email, r.Former, r.Secret, err
}

func (d *Desk) renamed(a store.NewAddress) (r renamed, err error) {
	plain, err := d.Keys.Open(a.Sealed, bindAddress(a.Tenant, a.Booking)...)
	if err != nil {
		return r, fmt.Errorf("booking %s: new address: %w", a.Booking, err)
	}
	return r, json.Unmarshal(plain, &r)
}

// AskedAddress is a new address that waits for its link to be answered.
type AskedAddress struct {
	*Card
	Email   string
	Expires time.Time
	Open    bool // it can be answered now
	Used    bool // it was
}

// NewAddress opens a request for the bearer of its link's secret.
func (d *Desk) NewAddress(ctx context.Context, tenant, secret string) (*AskedAddress, error) {
	x, err := d.answering(ctx, tenant, secret)
	if err != nil {
		return nil, err
	}
	card, err := d.Card(ctx, x.booking)
	if err != nil {
		return nil, err
	}
	a := &AskedAddress{Card: card, Email: x.to.Email, Expires: x.request.Expires, Used: x.request.State == store.AddressUsed}
	a.Open = x.open(x.booking, x.now) == nil
	return a, nil
}

// WaitingAddress is the new address of a visit that waits for its answer, and until when;
// "" where there is none.
func (d *Desk) WaitingAddress(ctx context.Context, b *agenda.Booking) (email string, until time.Time, err error) {
	var a store.NewAddress
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		a, err = tx.OpenNewAddress(b.Tenant, b.ID, now)
		return err
	})
	if errors.Is(err, agenda.ErrNotFound) {
		return "", until, nil
	}
	if err != nil {
		return "", until, err
	}
	r, err := d.renamed(a)
	return r.Email, a.Expires, err
}

// answer of a link to a new address, in the making.
type addressAnswer struct {
	request store.NewAddress
	to      renamed
	booking *agenda.Booking
	now     time.Time
	was     string          // the address that counts
	sealed  *agenda.Booking // with the new one
}

// answering finds what a link's secret is about and seals the answer.
func (d *Desk) answering(ctx context.Context, tenant, secret string) (x addressAnswer, err error) {
	hash := seal.SecretHash(secret)
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if x.now, err = tx.Now(); err != nil {
			return err
		}
		if x.request, err = tx.NewAddressByHash(tenant, hash); err != nil {
			return err
		}
		x.booking, err = tx.Booking(tenant, x.request.Booking)
		return err
	})
	if err != nil {
		return x, err
	}
	if x.to, err = d.renamed(x.request); err != nil {
		return x, err
	}
	private, err := d.Private(x.booking)
	if err != nil {
		return x, err
	}
	x.was, private.Email = private.Email, x.to.Email
	x.sealed = &agenda.Booking{Tenant: tenant, ID: x.booking.ID}
	return x, d.seal(x.sealed, private)
}

// open refuses an answer that comes too late, or after something else has happened to the
// address.
func (x addressAnswer) open(b *agenda.Booking, now time.Time) error {
	if x.request.State != store.AddressOpen || !now.Before(x.request.Expires) || b.Sealed == nil || x.was != x.to.Former {
		return agenda.ErrExpired
	}
	return b.MayChange(agenda.Public, now)
}

// ConfirmAddress answers the link in the letter to a new address: from now on letters go
// there, and the address before is told. Done twice it says the same again. The manage
// secret stays: whoever had it before, on paper too, is not locked out by who changes the
// address. It fails with ErrNotFound, ErrExpired, ErrTooLate or ErrState.
func (d *Desk) ConfirmAddress(ctx context.Context, tenant, secret string) (done *agenda.Booking, err error) {
	err = insist(func() error {
		x, err := d.answering(ctx, tenant, secret)
		if err != nil {
			return err
		}
		done = x.booking
		if x.request.State == store.AddressUsed {
			return nil
		}
		if err := x.open(x.booking, x.now); err != nil {
			return err
		}
		return d.asSeen(ctx, x.booking, func(tx *store.Tx, l store.Locked) error {
			done = l.Booking
			return d.confirmAddress(tx, l, x)
		})
	})
	return done, err
}

func (d *Desk) confirmAddress(tx *store.Tx, l store.Locked, x addressAnswer) error {
	b := l.Booking
	if err := x.open(b, l.Now); err != nil {
		return err
	}
	letters, err := lately(tx, b, l.Now)
	if err != nil {
		return err
	}
	former, told := b.EmailHash, b.Notify && x.was != ""
	b.Sealed, b.EmailHash, b.PhoneHash = x.sealed.Sealed, x.sealed.EmailHash, x.sealed.PhoneHash
	b.Notify, b.Changed = b.Notify || x.was == "", l.Now
	if told {
		changeHands(b, l.Now)
	}
	if err := errors.Join(saveAsItStands(tx, b), tx.UseNewAddress(x.request), tx.Deliverable(b.Tenant, b.EmailHash)); err != nil {
		return err
	}
	if told {
		letters++
		if err := post(tx, b, KindAddressChanged, x.request.Version); err != nil {
			return err
		}
	}
	if kind := d.Resendable(&Card{Booking: b}, l.Now); kind != "" && b.Notify {
		if err := post(tx, b, kind, b.Version); err != nil {
			return err
		}
	}
	if err := tx.AddStrayLetters(b.Tenant, former, b.ID, letters); err != nil {
		return err
	}
	return log(tx, b, actAddress, ActorVisitor, nil)
}

// changeHands makes room for two versions of a visit's entry: the one that takes it out of
// the calendar of the address before, and the newer one that goes to the new address. Where
// both calendars are one, the newer one wins, whichever letter comes first. Reminders go by
// the same number: those of before now are not sent again.
func changeHands(b *agenda.Booking, now time.Time) {
	if !b.Since.IsZero() {
		b.Sequence, b.Since = b.Sequence+2, now
	}
}

// isStaffKind tells letters to the office from those to the visitor.
func isStaffKind(kind string) bool { return strings.HasPrefix(kind, "staff-") }
