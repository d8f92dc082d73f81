package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// How long a session lasts: from its sign-in, and without a request.
const (
	SessionLength = 12 * time.Hour
	SessionIdle   = 2 * time.Hour
)

// SignIn opens a session; its secret goes into the cookie, its hash is stored.
// source is where the attempt comes from, such as a client's address; "" is not
// counted. It fails with ErrSignIn, after the same time whatever is wrong, and
// with ErrTooMany.
func (a *Accounts) SignIn(ctx context.Context, tenant, email, password, source string) (secret string, p *agenda.Person, err error) {
	s, now, err := a.candidate(ctx, tenant, email)
	if err != nil {
		return "", nil, err
	}
	try := attempt{account: tenant + "/" + s.Email, source: source, most: a.Attempts}
	if !a.limit.take(try, now) {
		return "", nil, ErrTooMany
	}
	ok, renew, err := a.Passwords.Check(ctx, s.Password, password)
	if err != nil {
		return "", nil, err
	}
	if !ok || s.Disabled {
		return "", nil, ErrSignIn
	}
	a.limit.succeeded(try)
	fresh := ""
	if renew {
		if fresh, err = a.Passwords.Hash(ctx, password); err != nil && !errors.Is(err, ErrPasswordLength) {
			return "", nil, err
		}
	}
	return a.open(ctx, s, fresh)
}

// candidate is the account somebody wants to sign in to. One that does not exist
// comes back with the address alone, so that it is counted and takes its time like
// any other.
func (a *Accounts) candidate(ctx context.Context, tenant, email string) (s store.Account, now time.Time, err error) {
	address, bad := foldEmail(email)
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		s = store.Account{Email: address}
		if now, err = tx.Now(); err != nil || bad != nil {
			return err
		}
		found, err := tx.Account(tenant, address)
		if errors.Is(err, agenda.ErrNotFound) {
			return nil
		}
		s = found
		return err
	})
	return s, now, err
}

// open writes the session, unless the account has changed since its password was
// checked.
func (a *Accounts) open(ctx context.Context, s store.Account, fresh string) (secret string, p *agenda.Person, err error) {
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		current, err := tx.Account(s.Tenant, s.Email)
		if err != nil {
			return err
		}
		if current.Disabled || current.Password != s.Password {
			return ErrSignIn
		}
		if fresh != "" {
			current.Password = fresh
			if err := tx.SaveAccount(current); err != nil {
				return err
			}
		}
		if err := tx.AddSession(hash, current.Person, now.Add(SessionLength)); err != nil {
			return err
		}
		p = &current.Person
		return journal(tx, current.Person, "sign-in", current.ID, nil)
	})
	if err != nil {
		return "", nil, err
	}
	return secret, p, nil
}

// Session is who is signed in, with the rights of this moment. A session that ran
// out, was idle for too long, or whose account is disabled is agenda.ErrNotFound.
func (a *Accounts) Session(ctx context.Context, secret string) (p *agenda.Person, err error) {
	hash := seal.SecretHash(secret)
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(hash)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if s.Disabled || !a.idle.touch(hash, now) {
			return agenda.ErrNotFound
		}
		p = &s.Person
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// SignOut ends a session. One that does not exist is agenda.ErrNotFound.
func (a *Accounts) SignOut(ctx context.Context, secret string) error {
	hash := seal.SecretHash(secret)
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(hash)
		if err != nil {
			return err
		}
		if err := tx.DropSession(hash); err != nil {
			return err
		}
		return journal(tx, s.Person, "sign-out", s.ID, nil)
	})
}

// idleness remembers when each session was last used. It is kept in memory: to
// look at a page writes nothing. After a restart a session counts as used at its
// next request, and SessionLength bounds it all the same.
type idleness struct {
	mu    sync.Mutex
	used  map[string]time.Time
	swept time.Time
}

// touch notes a use; it reports false where the last one is too long ago.
func (i *idleness) touch(hash string, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.used == nil {
		i.used = map[string]time.Time{}
	}
	if now.Sub(i.swept) > SessionIdle {
		for h, last := range i.used {
			if now.Sub(last) > SessionLength { // its session has run out
				delete(i.used, h)
			}
		}
		i.swept = now
	}
	if last, known := i.used[hash]; known && now.Sub(last) > SessionIdle {
		return false
	}
	i.used[hash] = now
	return true
}
