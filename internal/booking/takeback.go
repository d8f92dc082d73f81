package booking

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/store"
)

// UndoFor is how long staff can take a move or a cancellation back. Until then its
// letters wait, so that what is taken back tells nobody.
const UndoFor = time.Minute

// TakenBack is why a letter is dropped whose act was undone. It is no news: letters
// from before the act go out as if there had been none.
const TakenBack = "taken back"

// actTakeBack is the act in the journal.
const actTakeBack = "take-back"

// MoveUndoable is MoveFor, and can be taken back for a while.
func (d *Desk) MoveUndoable(ctx context.Context, p *agenda.Person, id string, t Target, window time.Duration) (*agenda.Booking, error) {
	return d.moveTo(ctx, p.Tenant, id, nil, t, p, window)
}

// CancelUndoable is CancelFor, and can be taken back for a while.
func (d *Desk) CancelUndoable(ctx context.Context, p *agenda.Person, id string, window time.Duration) (*agenda.Booking, error) {
	return d.cancel(ctx, p.Tenant, id, nil, ending{act: "cancel", by: p, undo: window})
}

// RejectUndoable is Reject, and can be taken back for a while.
func (d *Desk) RejectUndoable(ctx context.Context, p *agenda.Person, id string, window time.Duration) (*agenda.Booking, error) {
	return d.cancel(ctx, p.Tenant, id, nil, ending{act: "reject", by: p, undo: window})
}

// undoable is what the journal keeps of an act that can be taken back: until when, and
// how the booking stood before.
type undoable struct {
	Version int // of the booking after the act
	Until   time.Time
	Was     *stood
}

// stood is all of a booking that a move or a cancellation changes. It holds no personal
// data.
type stood struct {
	Status     agenda.Status `json:"status"`
	Awaits     string        `json:"awaits,omitempty"`
	Calendar   string        `json:"calendar"`
	Pool       int64         `json:"pool"`
	Date       agenda.Date   `json:"date"`
	Mode       string        `json:"mode"`
	Start      time.Time     `json:"start"`
	End        time.Time     `json:"end"`
	From       agenda.Tick   `json:"from"`
	To         agenda.Tick   `json:"to"`
	Tick       int           `json:"tick"`
	Expires    time.Time     `json:"expires,omitzero"`
	CancelBy   time.Time     `json:"cancelBy"`
	Since      time.Time     `json:"since,omitzero"`
	Coming     time.Time     `json:"coming,omitzero"`
	Sequence   int           `json:"sequence"`
	Overbooked bool          `json:"overbooked,omitempty"`
	Stranded   bool          `json:"stranded,omitempty"`
}

func standingOf(b *agenda.Booking) *stood {
	return &stood{Status: b.Status, Awaits: b.Awaits, Calendar: b.Calendar, Pool: b.Pool, Date: b.Date, Mode: b.Mode, Start: b.Start, End: b.End,
		From: b.From, To: b.To, Tick: b.Tick, Expires: b.Expires, CancelBy: b.CancelBy, Since: b.Since, Coming: b.Coming, Sequence: b.Sequence, Overbooked: b.Overbooked, Stranded: b.Stranded}
}

// restore puts a booking back to where it stood. Its entry in calendars counts on, for
// a feed may have shown the act.
func (w *stood) restore(b *agenda.Booking) {
	b.Status, b.Awaits, b.Calendar, b.Pool, b.Date, b.Mode, b.Start, b.End = w.Status, w.Awaits, w.Calendar, w.Pool, w.Date, w.Mode, w.Start, w.End
	b.From, b.To, b.Tick, b.Expires, b.CancelBy, b.Since, b.Overbooked, b.Stranded, b.Coming = w.From, w.To, w.Tick, w.Expires, w.CancelBy, w.Since, w.Overbooked, w.Stranded, w.Coming
	if !b.Since.IsZero() {
		b.Sequence++
	}
}

// forUndo adds to an act's entry in the journal what taking it back needs, and says
// when its letters are due.
func forUndo(detail map[string]any, b *agenda.Booking, was *stood, now time.Time, window time.Duration) (due time.Time) {
	if window <= 0 {
		return now
	}
	until := now.Add(window)
	detail["version"], detail["until"], detail["was"] = b.Version, until.Format(time.RFC3339), was
	return until
}

// UndoUntil says until when the act that made this version of a booking can be taken
// back, and which act that was; the zero time where it cannot.
func UndoUntil(entries []store.Entry, version int) (act string, until time.Time) {
	e, u := lastUndoable(entries, version)
	return e.Act, u.Until
}

// lastUndoable finds the entry of the act that made a version of the booking, where it
// can be taken back at all.
func lastUndoable(entries []store.Entry, version int) (e store.Entry, u undoable) {
	for _, e := range entries {
		if e.Act != "move" && e.Act != "cancel" && e.Act != "reject" {
			continue
		}
		var u undoable
		if json.Unmarshal([]byte(e.Detail), &u) == nil && u.Was != nil && u.Version == version {
			return e, u
		}
	}
	return store.Entry{}, undoable{}
}

// TakeBack undoes the move, cancellation or rejection that made this version of a
// booking: it gets its old seats back, as it had them, and nobody is told of either.
// Errors besides those of rights: ErrState (something has happened to it since, or
// nothing can be taken back), ErrTooLate (the time for it is over), ErrTaken (the seats
// are given away or closed; all stays as it is), ErrExpired.
func (d *Desk) TakeBack(ctx context.Context, p *agenda.Person, id string, version int) (done *agenda.Booking, err error) {
	err = d.settled(ctx, p.Tenant, id, nil, func(b *agenda.Booking) error {
		if b.Version != version {
			return agenda.ErrState
		}
		x := takeBack{Desk: d, by: p}
		if err := x.prepare(ctx, b); err != nil {
			return err
		}
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			done, err = x.run(tx, b)
			return err
		})
	})
	return done, err
}

// takeBack is one undoing: what it undoes, and the secret's hash that a request gets
// back with its link.
type takeBack struct {
	*Desk
	by      *agenda.Person
	actor   string // for the journal, where rights have been checked before; "": by
	entry   store.Entry
	what    undoable
	confirm string
}

// prepare finds out what there is to undo. Entries of the journal do not change, so
// that this may happen before the locks.
func (x *takeBack) prepare(ctx context.Context, b *agenda.Booking) error {
	var entries []store.Entry
	err := x.Store.View(ctx, func(tx *store.Tx) (err error) {
		entries, err = tx.Journal(b.Tenant, b.ID)
		return err
	})
	if err != nil {
		return err
	}
	if x.entry, x.what = lastUndoable(entries, b.Version); x.what.Was == nil {
		return agenda.ErrState
	}
	if x.what.Was.Awaits == agenda.ConfirmEmail {
		private, err := x.Private(b)
		if err != nil {
			return err
		}
		x.confirm = seal.SecretHash(private.Confirm)
	}
	return nil
}

func (x *takeBack) run(tx *store.Tx, seen *agenda.Booking) (*agenda.Booking, error) {
	was := x.what.Was
	l, err := tx.Lock(store.Want{Tenant: seen.Tenant, Booking: seen.ID, Calendars: []string{seen.Calendar, was.Calendar},
		Days: []store.PoolDay{dayOf(seen), {Pool: was.Pool, Date: was.Date}}, Pool: was.Pool, From: was.From, To: was.To})
	if err != nil {
		return nil, err
	}
	b := l.Booking
	if b.Version != seen.Version {
		return nil, agenda.ErrState
	}
	if err := x.allowed(l.Setup, b, l.Now); err != nil {
		return nil, err
	}
	taken, err := x.takenBy(tx, fixed{aim: aim{setup: l.Setup}, now: l.Now}, l.Claims, b.Number)
	if err != nil {
		return nil, err
	}
	busy, err := x.busyAround(tx, l.Setup, was)
	if err != nil {
		return nil, err
	}
	if !was.hasRoom(l.Setup, taken, busy) {
		return nil, agenda.ErrTaken
	}
	letters, err := tx.Postings(b.Tenant, b.ID)
	if err != nil {
		return nil, err
	}
	return b, x.undo(tx, l, b, taken, letters)
}

// allowed checks rights in both calendars, and whether it is still time.
func (x *takeBack) allowed(s *agenda.Setup, b *agenda.Booking, now time.Time) error {
	old := *b
	old.Calendar = x.what.Was.Calendar
	if err := errors.Join(person(x.by, s, b), person(x.by, s, &old)); err != nil {
		return err
	}
	switch expires := x.what.Was.Expires; {
	case b.Sealed == nil: // its visitor wished to be forgotten
		return agenda.ErrState
	case !now.Before(x.what.Until):
		return agenda.ErrTooLate
	case !expires.IsZero() && !now.Before(expires):
		return agenda.ErrExpired
	}
	return nil
}

// busyAround is what is taken elsewhere on the day to go back to, which is locked.
func (x *takeBack) busyAround(tx *store.Tx, s *agenda.Setup, w *stood) ([]agenda.BusyTime, error) {
	c, ok := s.Calendar(w.Calendar)
	if !ok {
		return nil, nil
	}
	return tx.BusyTimes(s.Tenant.ID, c, w.Date, w.Date+1)
}

// hasRoom reports whether the old seats can be had again: there are as many as before,
// and nobody but visits that were overbooked anyway has taken them. A visit that was one
// of these, or stranded, was beyond the count before and may be so again.
func (w *stood) hasRoom(s *agenda.Setup, taken []agenda.Claim, busy []agenda.BusyTime) bool {
	c, ok := s.CalendarOf(w.Calendar)
	if !ok || c.PoolNumber != w.Pool || c.TickMinutes != w.Tick {
		return false // what it had is counted otherwise now
	}
	if w.Overbooked || w.Stranded {
		return true
	}
	if c, ok = s.Calendar(w.Calendar); !ok {
		return false
	}
	day := slots.Compile(s, c, w.Date).Without(busy)
	used := map[agenda.Tick]int{}
	for _, cl := range taken {
		if !cl.Overbooked && !cl.GivenBack() {
			used[cl.Tick]++
		}
	}
	for k := w.From; k < w.To; k++ {
		if used[k] >= day.Seats(k).Total {
			return false
		}
	}
	return true
}

// undo writes what taking back changes. The letters of the act were not due yet; where
// one is gone all the same it is too late.
func (x *takeBack) undo(tx *store.Tx, l store.Locked, b *agenda.Booking, taken []agenda.Claim, letters []store.Posting) error {
	wait, gone := waiting(letters, b.Version, l.Now)
	if gone {
		return agenda.ErrTooLate
	}
	now := *b
	x.what.Was.restore(b)
	b.Changed, b.ConfirmHash = l.Now, x.confirm
	if err := x.remindAgain(tx, l, b, letters); err != nil {
		return err
	}
	if now.Status.Live() {
		if err := tx.Free(&now); err != nil {
			return err
		}
	}
	if err := errors.Join(tx.Withdraw(b.Tenant, b.ID, now.Version, wait, TakenBack), tx.SaveBooking(b), tx.Claim(b, taken)); err != nil {
		return err
	}
	if err := askAgain(tx, b, letters); err != nil {
		return err
	}
	detail := map[string]any{"of": x.entry.Act, "version": b.Version}
	if x.entry.Act == "move" {
		detail["from"], detail["to"] = now.Start.Format(time.RFC3339), b.Start.Format(time.RFC3339)
	}
	return log(tx, b, actTakeBack, cmp.Or(x.actor, actor(x.by)), detail)
}

// waiting counts the letters of an act that can still be withdrawn; gone is whether one
// of them may have left.
func waiting(letters []store.Posting, version int, now time.Time) (wait int, gone bool) {
	for _, p := range letters {
		if p.Version != version || strings.HasPrefix(p.Kind, KindReminder) {
			continue
		}
		wait++
		gone = gone || p.State != "queued" || p.Attempts > 0 || p.Lease.After(now)
	}
	return wait, gone
}

// askAgain posts the letter that asks to confirm anew, where the one before it was
// dropped because the request was called off, or withdrawn with the act.
func askAgain(tx *store.Tx, b *agenda.Booking, letters []store.Posting) error {
	asked := func(p store.Posting) bool {
		return p.Kind == KindConfirmRequest && p.State != "dropped" && p.Version < b.Version-1
	}
	if b.Awaits != agenda.ConfirmEmail || !b.Notify || slices.ContainsFunc(letters, asked) {
		return nil
	}
	return post(tx, b, KindConfirmRequest, b.Version)
}

// remindAgain lets no reminder be lost that was due while the booking stood elsewhere,
// and none be sent twice: reminders go by the number of the calendar entry, which has
// grown.
func (x *takeBack) remindAgain(tx *store.Tx, l store.Locked, b *agenda.Booking, letters []store.Posting) error {
	if b.Status != agenda.Confirmed || !b.Notify {
		return nil
	}
	r, due := reminderDue(b, l.Setup, l.Now)
	if !due {
		return nil
	}
	kind := KindReminder + r.Name
	for _, p := range letters {
		if p.Kind == kind && p.Version == x.what.Was.Sequence && p.State == "sent" {
			b.Since = l.Now // whoever looks for reminders later finds none before this
			return nil
		}
	}
	return postAt(tx, b, kind, b.Sequence, r.at)
}
