// Package booking holds every act that changes the appointment book, one file per
// act: hold, book, confirm, move, cancel, expire, approve, visit, remind, apply.
// An act is one durable transaction: it locks the days it touches, asks slots and
// the rules of agenda, claims or frees seats, writes the journal, and posts the
// letters. What only looks is here too (search.go, look.go), so that looking and
// acting see the same book.
//
// It refuses to know who is at the other end: pages, programs and jobs call the
// same acts. Start reading at Desk, then hold.go.
package booking

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/occupancy"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// Desk is where acts are asked for. Its fields are set once.
type Desk struct {
	Store  *store.Store
	Keys   *seal.Keys
	Limits Limits
	// Compare is called where a search from memory differs from what the database says.
	// nil: nobody compares, for it costs what the memory saves.
	Compare func(error)

	remembering sync.Once
	remembered  *occupancy.Memory
	standings   standings
	inVain      inVain
	spans       spans
	rushes      rushes
	viewings    viewings
	erasing     erasing
}

// memory is what searches remember, begun by the first one.
func (d *Desk) memory() *occupancy.Memory {
	d.remembering.Do(func() {
		d.remembered = occupancy.New(d.Store, occupancy.Bytes)
		d.remembered.Compare = d.Compare
	})
	return d.remembered
}

// Limits bound what the public may do with one address; 0 is no limit.
type Limits struct {
	BookingsPerPerson int // visits still to come at one tenant, by e-mail address or phone number
	MailsPerDay       int // letters in 24 hours to an address that nobody has confirmed
}

// Request says what somebody wants to book, and who asks.
type Request struct {
	Tenant   string
	Wish     agenda.Wish
	Calendar string
	Start    time.Time
	By       agenda.Channel
	Actor    string         // for the journal: visitor, or who of the staff
	Person   *agenda.Person // whose rights bind; nil for the public
	Overbook bool           // staff only: a full slot is no obstacle
	Proof    Proof          // that this is no program, where the tenant demands it
	Link     string         // secret of an invitation link, where the wish needs one
	Secret   string         // of the hold, from NewHoldSecret; "": a new one is made
	WalkIn   bool           // staff only: for somebody who stands there now; Start is not read

	own     *agenda.Booking     // that is to be moved
	instead bool                // its wish becomes another one
	link    *agenda.ServiceLink // of Link
	undo    time.Duration       // how long staff can take the move back
	many    bool                // the office moves many at once: its letter says so
}

// Actors of the journal that are no people.
const (
	ActorVisitor = "visitor"
	ActorJob     = "job"
	ActorCLI     = "cli"
)

// code alphabet without characters that are mistaken for one another.
const code = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// ordered spells five bits a character, in the order of ASCII.
const ordered = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// newID makes the id of a booking: nine characters of milliseconds, so that what is
// indexed by it grows at its end, and 85 bits that nobody guesses.
func newID() string {
	var b [26]byte
	rand.Read(b[9:])
	for i, ms := 8, time.Now().UnixMilli(); i >= 0; i, ms = i-1, ms>>5 {
		b[i] = byte(ms)
	}
	for i := range b {
		b[i] = ordered[b[i]&31]
	}
	return string(b[:])
}

// newReference makes what visitors read out: when it was made, roughly, so that it is
// indexed beside others of that moment, and 25 random bits to tell those apart.
func newReference() string {
	var b [5]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = code[b[i]&31]
	}
	return seal.When(time.Now()) + string(b[:1]) + "-" + string(b[1:])
}

// uidEnd is what the UIDs of visits end with, after their ids.
const uidEnd = "@terminvergabe"

// newNumber makes what claims call a booking: milliseconds, so that the table grows at
// its end, and 22 bits to tell those of one millisecond apart.
func newNumber() int64 {
	var b [4]byte
	rand.Read(b[:])
	return time.Since(numbersBegin()).Milliseconds()<<22 | int64(binary.BigEndian.Uint32(b[:])>>10)
}

// numbersBegin leaves room until 2089, and is long after any number that was random.
func numbersBegin() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// aim is what an act wants at a wished start, found out before it locks anything, from
// the set-up as it is known.
type aim struct {
	setup *agenda.Setup
	known time.Time // when that was known
	plan  agenda.Plan
	start time.Time
	day   *slots.Day
	want  store.Want
}

// aim says what to lock and read for a request. It fails where the set-up alone
// refuses it.
func (d *Desk) aim(ctx context.Context, r Request) (a aim, err error) {
	p, err := d.Store.Present(ctx, r.Tenant)
	if err != nil {
		return a, err
	}
	a.setup, a.known = p.Setup, p.Now
	if r.Link != "" {
		if r.link, err = d.Invitation(ctx, r.Tenant, r.Link); err != nil {
			return a, err
		}
	}
	if r.own != nil {
		if err := person(r.Person, a.setup, r.own); err != nil {
			return a, err
		}
		r.By = wideEnough(a.setup, r.Wish, r.By, r.own)
	}
	c, err := d.calendarFor(a.setup, r)
	if err != nil {
		return a, err
	}
	if r.WalkIn {
		r.Start = thisTick(c, a.known)
	}
	if !within(r.Start) {
		return a, agenda.ErrWindowClosed
	}
	var ok bool
	if a.plan, ok = a.setup.Plan(c, r.Wish, r.By); !ok {
		return a, agenda.ErrTaken // the calendar does not offer it, so neither the start
	}
	compile := slots.Compile
	if r.WalkIn {
		compile, a.plan.Before = slots.CompileWalkIn, 0
	}
	a.start, a.day = r.Start, compile(a.setup, c, agenda.DateOf(r.Start.In(a.setup.Zone())))
	a.want = store.Want{Tenant: r.Tenant, Calendars: []string{c.ID}, Days: []store.PoolDay{{Pool: c.PoolNumber, Date: a.day.Date}}, Pool: c.PoolNumber}
	a.want.From, a.want.To = slots.ClaimFor(r.Start, a.plan)
	if len(c.Busy) > 0 {
		a.want.Busy, a.want.BusyDate = c.ID, a.day.Date
	}
	if r.own != nil {
		a.want.Booking = r.own.ID
		if was := r.own.Calendar; was != c.ID {
			a.want.Calendars = append(a.want.Calendars, was)
		}
		if was := dayOf(r.own); was != a.want.Days[0] {
			a.want.Days = append(a.want.Days, was)
		}
	}
	return a, nil
}

// fixed is what an act found out before it may claim: all of it holds until the
// transaction ends.
type fixed struct {
	aim
	booking *agenda.Booking // that is to be moved, as it is now
	taken   []agenda.Claim  // of the wished ticks, by others, after what had expired was freed
	now     time.Time
}

// look takes the locks of an aim and reads the book there. Where the set-up has changed
// since it was taken, the answer is agenda.ErrConflict: aim again. own is the number of
// the booking whose seats count as free.
func (d *Desk) look(tx *store.Tx, a aim, own int64) (f fixed, err error) {
	l, err := tx.Lock(a.want)
	if err != nil {
		return f, err
	}
	if l.Setup.Revision != a.setup.Revision {
		d.Store.Doubt(a.want.Tenant)
		return f, agenda.ErrConflict
	}
	f = fixed{aim: a, booking: l.Booking, now: l.Now}
	f.day = a.day.Without(l.Busy)
	f.taken, err = d.takenBy(tx, f, l.Claims, own)
	return f, err
}

// insist attempts something again, a few times, where somebody was faster: with what is
// known then, and with other numbers.
func insist(attempt func() error) error {
	for range 4 {
		if err := attempt(); !errors.Is(err, agenda.ErrConflict) {
			return err
		}
	}
	return attempt()
}

// within reports whether a start lies in years that any office can mean. Far beyond
// every horizon ticks would outgrow their column.
func within(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 3000 }

func (d *Desk) calendarFor(s *agenda.Setup, r Request) (*agenda.Calendar, error) {
	c, err := wished(s, r)
	if err != nil || r.Person == nil {
		return c, err
	}
	return c, rights(r.Person, r.Tenant, c)
}

// wished is the calendar that a request names, for a wish that can be asked for.
func wished(s *agenda.Setup, r Request) (*agenda.Calendar, error) {
	link := r.link
	if r.own != nil {
		link = itself(s, r.own)
	}
	if err := s.CheckInvited(r.Wish, r.By, link); err != nil {
		return nil, err
	}
	c, ok := s.Calendar(r.Calendar)
	if !ok || r.By == agenda.Public && !link.Admits(c.ID) || r.By == agenda.Public && r.own == nil && !s.OpenToPublic(c) {
		return nil, agenda.Invalid{{Field: "calendar", Code: "unknown"}}
	}
	return c, nil
}

// takenBy gives the claims of others that hold. Seats whose hold or request has run out
// are freed here, in the same transaction, and their bookings marked.
func (d *Desk) takenBy(tx *store.Tx, f fixed, claims []agenda.Claim, own int64) ([]agenda.Claim, error) {
	var live []agenda.Claim
	over := map[int64]bool{}
	for _, cl := range claims {
		switch {
		case !cl.Expires.IsZero() && !f.now.Before(cl.Expires):
			over[cl.Booking] = true
		case cl.Booking != own || own == 0:
			live = append(live, cl)
		}
	}
	for number := range over {
		if number == own {
			continue
		}
		b, err := tx.BookingByNumber(number)
		if err != nil {
			return nil, err
		}
		if err := d.expire(tx, f.setup, b, f.now); err != nil {
			return nil, err
		}
	}
	return live, nil
}

// place puts the booking at the wished start, or says why it cannot be there.
func (d *Desk) place(f fixed, r Request, b *agenda.Booking) error {
	use := f.day.Use(f.taken, f.now, b.Number)
	q := slots.Query{Now: f.now, By: r.By, WalkIn: r.WalkIn}
	modes, over, err := slots.Check(f.day, use, f.plan, q, f.start, r.Overbook && r.By == agenda.Staff)
	if err != nil {
		return err
	}
	c := f.plan.Calendar
	b.Calendar, b.Pool, b.Date = c.ID, c.PoolNumber, f.day.Date
	b.Mode = modes[0]
	b.Start = f.start.UTC()
	b.End = b.Start.Add(time.Duration(f.plan.Minutes) * time.Minute)
	b.From, b.To = slots.ClaimFor(f.start, f.plan)
	b.Tick = c.TickMinutes
	b.CancelBy = b.Start.Add(-time.Duration(f.plan.CancelByMinutes) * time.Minute)
	b.Overbooked, b.Stranded, b.Coming = over, false, time.Time{}
	return nil
}

// bind names the place that a booking's private data is sealed to.
func bind(b *agenda.Booking) []string { return []string{"booking", b.Tenant, b.ID} }

func (d *Desk) seal(b *agenda.Booking, p agenda.Private) error {
	plain, err := json.Marshal(p)
	if err != nil {
		return err
	}
	b.Sealed = d.Keys.Seal(plain, bind(b)...)
	b.EmailHash, b.PhoneHash = "", ""
	if p.Email != "" {
		b.EmailHash = d.mailboxHash(p.Email)
	}
	if p.Phone != "" {
		b.PhoneHash = d.Keys.Hash("phone", seal.NormalisePhone(p.Phone))
	}
	return nil
}

// mailboxHash is under what an e-mail address is counted and found.
func (d *Desk) mailboxHash(address string) string { return d.Keys.Hash("email", seal.Mailbox(address)) }

// Private opens what is sealed with a booking; after retention, and for a hold,
// there is nothing in it.
func (d *Desk) Private(b *agenda.Booking) (p agenda.Private, err error) {
	if b.Sealed == nil {
		return p, nil
	}
	plain, err := d.Keys.Open(b.Sealed, bind(b)...)
	if err != nil {
		return p, fmt.Errorf("booking %s: %w", b.ID, err)
	}
	return p, json.Unmarshal(plain, &p)
}

// log writes the one journal entry of an act on a booking, and what webhooks are to be
// told of it.
func log(tx *store.Tx, b *agenda.Booking, act, actor string, detail map[string]any) error {
	if err := tx.Log(store.Entry{Tenant: b.Tenant, Act: act, Subject: b.ID, Actor: actor}, detail); err != nil {
		return err
	}
	return tellHooks(tx, b, act)
}

// onBooking runs an act on an existing booking: with the booking's day locked, so
// that nothing else happens to it, and with what was read after the lock. seen is the
// booking where it has just been read; else nil.
func (d *Desk) onBooking(ctx context.Context, tenant, id string, seen *agenda.Booking, act func(*store.Tx, *agenda.Setup, *agenda.Booking) error) error {
	return d.onWanted(ctx, store.Want{Tenant: tenant, Booking: id}, seen, act)
}

// onWanted is onBooking for an act that wants to know more than the booking.
func (d *Desk) onWanted(ctx context.Context, w store.Want, seen *agenda.Booking, act func(*store.Tx, *agenda.Setup, *agenda.Booking) error) error {
	return d.settled(ctx, w.Tenant, w.Booking, seen, func(b *agenda.Booking) error {
		w.Calendars, w.Days = []string{b.Calendar}, []store.PoolDay{dayOf(b)}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			l, err := tx.Lock(w)
			if err != nil {
				return err
			}
			if dayOf(l.Booking) != dayOf(b) || l.Booking.Calendar != b.Calendar {
				return agenda.ErrConflict // moved meanwhile: its lock is another one
			}
			return act(tx, l.Setup, l.Booking)
		})
	})
}

// settled runs an attempt on a booking as it was seen, or else as it is found; once
// more, a few times, where somebody changed it before the attempt had its locks.
func (d *Desk) settled(ctx context.Context, tenant, id string, seen *agenda.Booking, attempt func(*agenda.Booking) error) error {
	return insist(func() (err error) {
		b := seen
		seen = nil
		if b == nil {
			if b, err = d.find(ctx, tenant, id); err != nil {
				return err
			}
		}
		return attempt(b)
	})
}

func (d *Desk) find(ctx context.Context, tenant, id string) (b *agenda.Booking, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		b, err = tx.Booking(tenant, id)
		return err
	})
	return b, err
}

func dayOf(b *agenda.Booking) store.PoolDay { return store.PoolDay{Pool: b.Pool, Date: b.Date} }

// bySecret finds the booking that a link's secret opens for a purpose. Past its
// retention there is none, whether or not a job has seen to it yet.
func (d *Desk) bySecret(ctx context.Context, tenant, secret string, p store.Purpose) (b *agenda.Booking, err error) {
	hash := seal.SecretHash(secret)
	known, err := d.Store.Present(ctx, tenant)
	if err != nil {
		return nil, err
	}
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		b, err = tx.FindSecret(tenant, hash, p)
		return err
	})
	if err == nil && !known.Now.Before(known.Setup.KeptUntil(b.Start)) {
		err = agenda.ErrNotFound
	}
	return b, err
}

// person checks the rights of staff in the calendar of a booking; a visitor (nil)
// has shown a secret instead. What is not theirs does not exist for them.
func person(p *agenda.Person, s *agenda.Setup, b *agenda.Booking) error {
	if p == nil {
		return nil
	}
	c, ok := s.CalendarOf(b.Calendar)
	if !ok {
		return agenda.ErrNotFound
	}
	return rights(p, b.Tenant, c)
}

func rights(p *agenda.Person, tenant string, c *agenda.Calendar) error {
	if p.Tenant != tenant || !p.Knows(c) {
		return agenda.ErrNotFound
	}
	if !p.MayIn(agenda.ActOnBookings, c) || !p.MayOpen(c) {
		return agenda.ErrForbidden
	}
	return nil
}

func actor(p *agenda.Person) string {
	if p == nil {
		return ActorVisitor
	}
	return p.ID
}

func channel(p *agenda.Person) agenda.Channel {
	if p == nil {
		return agenda.Public
	}
	return agenda.Staff
}
