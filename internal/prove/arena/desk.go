package arena

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Clock is the time that a store's transactions tell: one that is set, or the
// engine's own shifted. It is safe for use by many goroutines.
type Clock struct {
	set   atomic.Int64 // Unix seconds; 0: the engine's
	shift atomic.Int64 // added to either, in seconds
}

// Set stops the clock at a moment.
func (c *Clock) Set(t time.Time) { c.set.Store(t.Unix()) }

// Advance moves a stopped clock on.
func (c *Clock) Advance(d time.Duration) { c.set.Add(int64(d / time.Second)) }

// Shift sets by how much the clock is wrong.
func (c *Clock) Shift(d time.Duration) { c.shift.Store(int64(d / time.Second)) }

func (c *Clock) tell(now time.Time) time.Time {
	if s := c.set.Load(); s != 0 {
		now = time.Unix(s, 0)
	}
	return now.Add(time.Duration(c.shift.Load()) * time.Second)
}

// Desk is where one process acts on the book of a database.
type Desk struct {
	*booking.Desk
	Clock *Clock
	url   string
}

// Again opens another desk as this one, which remembers nothing.
func (d *Desk) Again(ctx context.Context) (*Desk, error) {
	desks, err := Open(ctx, d.url, d.Clock)
	if err != nil {
		return nil, err
	}
	desks[0].Keys = d.Keys
	return desks[0], nil
}

// Open opens one desk for each clock on a database, as so many processes would.
func Open(ctx context.Context, url string, clocks ...*Clock) (desks []*Desk, err error) {
	keys, err := seal.NewKeys(make([]byte, seal.KeySize))
	if err != nil {
		return nil, err
	}
	for _, c := range clocks {
		s, err := store.Open(ctx, url, store.Options{Clock: c.tell})
		if err != nil {
			return nil, errors.Join(err, Close(desks))
		}
		desks = append(desks, &Desk{&booking.Desk{Store: s, Keys: keys}, c, url})
	}
	return desks, nil
}

// Close closes the stores of desks.
func Close(desks []*Desk) (err error) {
	for _, d := range desks {
		err = errors.Join(err, d.Store.Close())
	}
	return err
}

// Found founds a town.
func (d *Desk) Found(ctx context.Context, tenant string, seats []ledger.Seats) error {
	_, err := d.Apply(ctx, Town(tenant, seats), booking.ApplyOptions{Actor: "prove"})
	return err
}

// Links are the secrets of one visit, and the calendar that it was made in.
type Links struct {
	ID, Hold, Manage, Confirm string

	Calendar int8
}

// Known is what those who act know of the visits in a part of a town. It is safe for
// use by many goroutines.
type Known struct {
	Tenant string
	Scope  string // keeps idempotency keys of different parts apart
	mu     sync.Mutex
	links  []Links
	number map[string]int16
}

// NewKnown begins with no visits.
func NewKnown(tenant, scope string) *Known {
	return &Known{Tenant: tenant, Scope: scope, number: map[string]int16{}}
}

// Note adds what has come to be known of a visit and gives its number.
func (k *Known) Note(l Links) int16 {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, ok := k.number[l.ID]
	if !ok {
		n = int16(len(k.links))
		k.number[l.ID] = n
		k.links = append(k.links, Links{Calendar: l.Calendar})
	}
	old := &k.links[n]
	for _, x := range []struct{ to, from *string }{{&old.ID, &l.ID}, {&old.Hold, &l.Hold}, {&old.Manage, &l.Manage}, {&old.Confirm, &l.Confirm}} {
		if *x.from != "" {
			*x.to = *x.from
		}
	}
	return n
}

// Rename gives a visit the id that it is known by from now on, unless it has it.
func (k *Known) Rename(n int16, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.number[id]; !ok {
		k.number[id] = n
	}
}

// Of gives the links of a visit.
func (k *Known) Of(n int16) Links {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.links[n]
}

// Has says which links there are of each visit.
func (k *Known) Has() []ledger.Has {
	_, has := k.Newest(math.MaxInt)
	return has
}

// Newest says which links there are of the newest visits, and the number of the first
// of them.
func (k *Known) Newest(most int) (first int16, has []ledger.Has) {
	k.mu.Lock()
	defer k.mu.Unlock()
	from := max(0, len(k.links)-most)
	for _, l := range k.links[from:] {
		has = append(has, ledger.Has{Hold: l.Hold != "", Manage: l.Manage != "", Confirm: l.Confirm != ""})
	}
	return int16(from), has
}

// Visitor is who books.
func Visitor() agenda.Visitor {
	return agenda.Visitor{Name: "Ada Beispiel", Email: "ada@beispiel.example"}
}

func (k *Known) request(a ledger.Act) booking.Request {
	r := booking.Request{Tenant: k.Tenant, Wish: agenda.Wish{Items: []agenda.Item{{Service: ServiceID(a.Cells), Quantity: 1}}},
		Calendar: CalendarID(a.At.Calendar), Start: Start(a.At), By: agenda.Public, Actor: booking.ActorVisitor}
	if a.Staff {
		r.By, r.Person, r.Actor, r.Overbook = agenda.Staff, Clerk(k.Tenant), "clerk", a.Over
	}
	return r
}

// once makes a request repeatable. All requests under one key count as the same.
func (k *Known) once(a ledger.Act) booking.Once {
	if a.Key == 0 {
		return booking.Once{}
	}
	return booking.Once{Path: k.Scope, Key: fmt.Sprint(a.Key), Request: "same"}
}

// Do does an act and puts the answer into the ledger's words. The error is one that
// the contract does not know.
func (d *Desk) Do(ctx context.Context, k *Known, a ledger.Act) (said ledger.Said, err error) {
	said.Visit = a.Visit
	switch a.Kind {
	case ledger.Hold, ledger.BookNow, ledger.BookHeld:
		said.Visit, err = d.make(ctx, k, a)
	case ledger.Look:
		said.Free, err = d.look(ctx, k, a)
	case ledger.See:
		var c *booking.Card
		if c, err = d.Manage(ctx, k.Tenant, k.Of(a.Visit).Manage); err == nil {
			said.Status = StatusOf(c.Booking)
		}
	case ledger.Pass:
		d.Clock.Advance(time.Duration(a.Minutes) * time.Minute)
	case ledger.Sweep:
		_, err = d.ExpireOverdue(ctx, 1000)
	case ledger.Apply:
		err = d.apply(ctx, k, a)
	default:
		err = d.change(ctx, k, a)
	}
	said.Word = Word(err)
	if said.Word == ledger.Other {
		return said, fmt.Errorf("%v: %w", a, err)
	}
	return said, nil
}

// make does the acts that end in a visit that was not there, or not booked.
func (d *Desk) make(ctx context.Context, k *Known, a ledger.Act) (int16, error) {
	if a.Kind == ledger.Hold {
		h, err := d.Hold(ctx, k.request(a))
		if err != nil {
			return -1, err
		}
		return k.Note(Links{ID: h.Booking.ID, Hold: h.Secret, Calendar: a.At.Calendar}), nil
	}
	f := booking.Form{Visitor: Visitor(), Language: "de"}
	var r booking.Receipt
	var err error
	if a.Kind == ledger.BookHeld {
		r, err = d.Book(ctx, k.Tenant, k.Of(a.Visit).Hold, f, k.once(a))
	} else {
		r, err = d.BookNow(ctx, k.request(a), f, k.once(a))
	}
	if err != nil {
		return -1, err
	}
	l := Links{ID: r.Booking.ID, Manage: r.Manage, Calendar: a.At.Calendar}
	if r.Booking.Awaits == agenda.ConfirmEmail {
		p, err := d.Private(r.Booking)
		if err != nil {
			return -1, err
		}
		l.Confirm = p.Confirm
	}
	return k.Note(l), nil
}

// change does the acts on a visit that is there.
func (d *Desk) change(ctx context.Context, k *Known, a ledger.Act) (err error) {
	l, clerk := k.Of(a.Visit), Clerk(k.Tenant)
	to := booking.Target{Start: Start(a.At), Calendar: CalendarID(a.At.Calendar), Overbook: a.Over}
	switch {
	case a.Kind == ledger.Release:
		err = d.Release(ctx, k.Tenant, l.Hold)
	case a.Kind == ledger.Confirming:
		_, err = d.Confirm(ctx, k.Tenant, l.Confirm)
	case a.Kind == ledger.Approve:
		_, err = d.Approve(ctx, clerk, l.ID)
	case a.Kind == ledger.Reject:
		_, err = d.Reject(ctx, clerk, l.ID)
	case a.Kind == ledger.Cancel && a.Staff:
		_, err = d.CancelFor(ctx, clerk, l.ID)
	case a.Kind == ledger.Cancel:
		_, err = d.Cancel(ctx, k.Tenant, l.Manage)
	case a.Kind == ledger.Move && a.Staff:
		_, err = d.MoveFor(ctx, clerk, l.ID, to)
	case a.Kind == ledger.Move:
		_, err = d.Move(ctx, k.Tenant, l.Manage, to)
	default:
		err = fmt.Errorf("%v: not an act on a visit", a)
	}
	return err
}

func (d *Desk) look(ctx context.Context, k *Known, a ledger.Act) (string, error) {
	r := k.request(a)
	date := agenda.DateOf(Begin()) + agenda.Date(a.At.Day)
	f, err := d.Availability(ctx, booking.Search{Tenant: k.Tenant, Wish: r.Wish, Calendars: []string{r.Calendar}, From: date, To: date, By: r.By, Brief: true})
	if err != nil {
		return "", err
	}
	row := make([]byte, Cells)
	for c := range row {
		row[c] = '0'
	}
	for _, s := range f.Days[0].Slots {
		c := int(s.Start.Sub(Start(ledger.Place{Day: a.At.Day})) / (ledger.CellSize * time.Minute))
		if c < 0 || c >= Cells {
			return "", fmt.Errorf("a start is offered at %v, where none is", s.Start)
		}
		row[c] += byte(s.Free)
	}
	return string(row), nil
}

// apply gives one calendar other seats, on top of the set-up as it is.
func (d *Desk) apply(ctx context.Context, k *Known, a ledger.Act) error {
	now, err := d.Setup(ctx, k.Tenant)
	if err != nil {
		return err
	}
	seats := seatsOf(now)
	seats[a.At.Calendar] = a.Seats
	next := Town(k.Tenant, seats)
	next.Revision = now.Revision
	_, err = d.Apply(ctx, next, booking.ApplyOptions{Actor: "prove", Strand: a.Strand})
	return err
}

// Word is an error of the product in the words of the ledger.
func Word(err error) ledger.Word {
	if err == nil {
		return ledger.Done
	}
	if _, ok := errors.AsType[booking.StrandedError](err); ok {
		return ledger.WouldStrand
	}
	for _, x := range []struct {
		err  error
		word ledger.Word
	}{
		{agenda.ErrTaken, ledger.Taken}, {agenda.ErrWindowClosed, ledger.Window}, {agenda.ErrTooLate, ledger.TooLate}, {agenda.ErrExpired, ledger.Ran},
		{agenda.ErrState, ledger.Wrong}, {agenda.ErrNotFound, ledger.Absent}, {agenda.ErrNoHolds, ledger.NoHolds},
		{agenda.ErrConflict, ledger.Busy}, {agenda.ErrUnavailable, ledger.Busy}, {booking.ErrRevision, ledger.Busy},
	} {
		if errors.Is(err, x.err) {
			return x.word
		}
	}
	return ledger.Other
}

// StatusOf is a booking's state in the words of the ledger.
func StatusOf(b *agenda.Booking) ledger.Status {
	switch b.Status {
	case agenda.Held:
		return ledger.Held
	case agenda.Pending:
		if b.Awaits == agenda.ConfirmStaff {
			return ledger.AsksOffice
		}
		return ledger.AsksVisitor
	case agenda.Cancelled:
		return ledger.Cancelled
	case agenda.Expired:
		return ledger.Expired
	}
	return ledger.Confirmed
}

// String is the moment that a stopped clock tells.
func (c *Clock) String() string { return c.tell(time.Now()).UTC().Format(time.RFC3339) }
