package staff

import (
	"context"
	"errors"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/staff/office"
)

// leftAlone is how long somebody is remembered who does nothing while the database is
// gone.
const leftAlone = 15 * time.Minute

// Sessions finds out who a session belongs to. While the database answers, it alone is
// asked. While it does not, whoever was recognised shortly before stays recognised, so
// that the list of the day can still be printed: with the rights of then, to the end of
// the session at the latest, and not after a quarter of an hour without a request.
// Nothing can be changed meanwhile, for that takes the database.
type Sessions struct {
	Desk     *booking.Desk
	Accounts *auth.Accounts

	mu    sync.Mutex
	known map[string]*recognised // by the secret's hash
}

// recognised is somebody as they were last recognised by the database.
type recognised struct {
	who  office.Known
	ends time.Time // of the session, by the database's clock
	read time.Time // by the process's clock, when the database told the time
	used time.Time // by the process's clock
}

// Recognise is for office.Office: agenda.ErrNotFound where a session does not hold.
func (s *Sessions) Recognise(ctx context.Context, secret string) (k office.Known, err error) {
	hash := seal.SecretHash(secret)
	k, err = s.ask(ctx, secret)
	switch {
	case err == nil:
		s.remember(ctx, hash, k)
	case errors.Is(err, agenda.ErrNotFound):
		s.forget(hash)
	case ctx.Err() == nil:
		if old, ok := s.recall(hash); ok {
			return old, nil
		}
	}
	return k, err
}

func (s *Sessions) ask(ctx context.Context, secret string) (k office.Known, err error) {
	who, err := s.Accounts.Session(ctx, secret)
	if err != nil {
		return k, err
	}
	k.Person, k.Home, k.Opened = who.Person, who.Home, who.Opened
	if who.MustEnrol {
		k.First = "/staff/account/second-factor"
	}
	p, err := s.Desk.Present(ctx, k.Person.Tenant)
	if err != nil {
		return k, err
	}
	k.Setup, k.Now = p.Setup, p.Now.In(p.Setup.Zone())
	return k, nil
}

func (s *Sessions) remember(ctx context.Context, hash string, k office.Known) {
	now := time.Now()
	s.mu.Lock()
	old := s.known[hash]
	s.mu.Unlock()
	r := &recognised{who: k, read: now, used: now}
	if old != nil {
		r.ends = old.ends
	} else if s.Desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		r.ends, err = tx.SessionEnds(hash)
		return err
	}) != nil {
		return // only what is known to end is remembered
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]*recognised{}
	}
	s.known[hash] = r
	for other, x := range s.known {
		if now.Sub(x.used) > leftAlone {
			delete(s.known, other)
		}
	}
}

// recall is who it was, with the time that it would be now.
func (s *Sessions) recall(hash string) (k office.Known, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.known[hash]
	if r == nil {
		return k, false
	}
	now := time.Now()
	k = r.who
	k.Now = k.Now.Add(now.Sub(r.read))
	if now.Sub(r.used) > leftAlone || !k.Now.Before(r.ends) {
		delete(s.known, hash)
		return k, false
	}
	r.used = now
	return k, true
}

func (s *Sessions) forget(hash string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, hash)
}

// Recognise makes the sessions' memory and asks it: for office.Office.
func Recognise(d *booking.Desk, a *auth.Accounts) func(context.Context, string) (office.Known, error) {
	return (&Sessions{Desk: d, Accounts: a}).Recognise
}
