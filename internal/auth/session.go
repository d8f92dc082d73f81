package auth

import (
	"context"
	"crypto/rand"
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

	// codeLength is how long a right password waits for its code.
	codeLength = 10 * time.Minute
	// noted is how often it is written down that a session is in use.
	noted = 5 * time.Minute
)

// Attempt is somebody at the door.
type Attempt struct {
	Tenant, Email, Password string
	Source                  string   // where it comes from, such as a client's address; empty: not counted
	Agent                   string   // how their browser names itself
	Devices                 []string // what it shows of KnownDevice
}

// SignIn is SignInWith for who has no browser.
func (a *Accounts) SignIn(ctx context.Context, tenant, email, password, source string) (secret string, p *agenda.Person, err error) {
	return a.SignInWith(ctx, Attempt{Tenant: tenant, Email: email, Password: password, Source: source})
}

// SignInWith opens a session; its secret goes into the cookie, its hash is stored. It
// fails with ErrSignIn, after the same time whatever is wrong, with ErrTooMany, and with
// ErrCodeNeeded and a secret for EnterCode.
func (a *Accounts) SignInWith(ctx context.Context, t Attempt) (secret string, p *agenda.Person, err error) {
	s, now, err := a.candidate(ctx, t.Tenant, t.Email)
	if err != nil {
		return "", nil, err
	}
	try := attempt{account: t.Tenant + "/" + s.Email, source: t.Source, known: a.isKnown(s, t.Devices, now), most: a.Attempts}
	if err := a.take(ctx, try); err != nil {
		return "", nil, err
	}
	ok, renew, err := a.Passwords.Check(ctx, s.Password, t.Password)
	if err != nil {
		return "", nil, err
	}
	if !ok || s.Disabled {
		return "", nil, ErrSignIn
	}
	if err := a.succeeded(ctx, try); err != nil {
		return "", nil, err
	}
	o := opening{agent: t.Agent, factor: true}
	if renew {
		if o.rehash, err = a.Passwords.Hash(ctx, t.Password); err != nil && !errors.Is(err, ErrPasswordLength) {
			return "", nil, err
		}
	}
	return a.open(ctx, s, o)
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

// opening is how a session begins.
type opening struct {
	agent  string // how the browser names itself
	rehash string // the password's hash with the costs of today; empty: it has them
	factor bool   // ask for the second factor, where there is one
}

// open writes the session, unless the account has changed since its password was
// checked. One that waits for its code comes with ErrCodeNeeded.
func (a *Accounts) open(ctx context.Context, s store.Account, o opening) (secret string, p *agenda.Person, err error) {
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	waits := false
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
		if o.rehash != "" {
			current.Password = o.rehash
			if err := tx.SaveAccount(current); err != nil {
				return err
			}
		}
		c, err := tx.LockCredential(current.Person)
		if err != nil {
			return err
		}
		waits = o.factor && c.TOTP != nil
		session := store.Session{ID: rand.Text(), Device: device(o.agent), Expires: now.Add(SessionLength), Waits: waits}
		if waits {
			session.Expires = now.Add(codeLength)
			return tx.AddSession(hash, current.Person, session) // nobody has signed in yet
		}
		p = &current.Person
		return begin(tx, hash, current.Person, session, c, nil)
	})
	switch {
	case err != nil:
		return "", nil, err
	case waits:
		return secret, nil, ErrCodeNeeded
	}
	return secret, p, nil
}

// begin writes a session that is open, and that somebody has signed in.
func begin(tx *store.Tx, hash string, p agenda.Person, s store.Session, c store.Credential, detail map[string]any) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if err := tx.AddSession(hash, p, s); err != nil {
		return err
	}
	c.SignedIn = now
	if err := tx.SaveCredential(p, c); err != nil {
		return err
	}
	return journal(tx, p, "sign-in", p.ID, detail)
}

// Signed is who is signed in.
type Signed struct {
	*agenda.Person           // with the rights of this moment, in the tenant they look at
	Home           string    // the tenant of their account
	Opened         time.Time // until when the county sees another tenant's bookings; zero: not
	MustEnrol      bool      // the tenant demands a second factor, and they have none
}

// Session is who is signed in. A session that ran out, was idle for too long, or whose
// account is disabled is agenda.ErrNotFound.
func (a *Accounts) Session(ctx context.Context, secret string) (who Signed, err error) {
	hash := seal.SecretHash(secret)
	var s store.Signed
	var roles []store.PersonRole
	err = a.Store.View(ctx, func(tx *store.Tx) (err error) {
		if s, err = tx.Session(hash); err != nil {
			return err
		}
		roles, err = tx.Roles(s.Tenant, s.ID)
		return err
	})
	if err != nil {
		return who, err
	}
	home, err := a.Store.Present(ctx, s.Tenant)
	if err != nil {
		return who, err
	}
	if s.Disabled || s.Session.Waits || !a.idle.touch(hash, s.Session.Used, home.Now) {
		return who, agenda.ErrNotFound
	}
	a.note(ctx, hash, s.Session.Used, home.Now)
	who = Signed{Person: &s.Person, Home: s.Tenant}
	who.Grants = inForce(roles, agenda.DateOf(home.Now.In(home.Setup.Zone())))
	who.MustEnrol = home.Setup.Staff.TOTP == "required" && !s.Factor && s.Password != ""
	return a.elsewhere(ctx, who, s.Session)
}

// note writes down now and then that a session is in use, for the list of sessions and
// for other processes. Where it cannot be written the request goes on: whoever looks
// at a page changes nothing that matters.
func (a *Accounts) note(ctx context.Context, hash string, last, now time.Time) {
	if now.Sub(last) < noted {
		return
	}
	_ = a.Store.Update(ctx, func(tx *store.Tx) error { return tx.UseSession(hash) })
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
		if s.Session.Waits {
			return nil // they never were signed in
		}
		return journal(tx, s.Person, "sign-out", s.ID, nil)
	})
}

// idleness remembers when each session was last used, between the moments at which
// that is written down.
type idleness struct {
	mu    sync.Mutex
	used  map[string]time.Time
	swept time.Time
}

// touch notes a use; it reports false where the last one, known or written, is too long
// ago.
func (i *idleness) touch(hash string, written, now time.Time) bool {
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
	last := i.used[hash]
	if written.After(last) {
		last = written
	}
	if now.Sub(last) > SessionIdle {
		return false
	}
	i.used[hash] = now
	return true
}
