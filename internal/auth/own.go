package auth

import (
	"context"
	"errors"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// Own is the account of who is signed in, as they see it.
type Own struct {
	Account
	Language  string // empty: as the browser asks
	Factor    bool
	Required  bool       // the tenant demands a second factor of them
	Recovery  int        // recovery codes left
	Enrolment *Enrolment // a second factor that waits for its first code; nil: none
	Sessions  []OwnSession

	now  time.Time
	next []byte
}

// OwnSession is one of the places where they are signed in.
type OwnSession struct {
	ID      string
	Device  string // browser and system; empty: unknown
	Created time.Time
	Used    time.Time // give or take a few minutes
	This    bool      // the one that asks
}

// Own is the account behind a session.
func (a *Accounts) Own(ctx context.Context, secret string) (own Own, err error) {
	hash := seal.SecretHash(secret)
	var setup *agenda.Setup
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		s, c, err := ownAccount(tx, hash)
		if err != nil {
			return err
		}
		own = Own{Account: show(s.Account), Language: c.Language, Factor: c.TOTP != nil, next: c.Next}
		if own.now, err = tx.Now(); err != nil {
			return err
		}
		if own.Recovery, err = tx.RecoveryCodes(s.Person); err != nil {
			return err
		}
		list, this, err := tx.Sessions(s.Person, hash)
		if err != nil {
			return err
		}
		for _, x := range list {
			own.Sessions = append(own.Sessions, OwnSession{ID: x.ID, Device: x.Device, Created: x.Created, Used: x.Used, This: x.ID == this})
		}
		setup, err = tx.Setup(s.Tenant)
		return err
	})
	if err != nil {
		return Own{}, err
	}
	own.Required = setup.Staff.TOTP == "required" && own.HasPassword
	if own.next != nil {
		factor, err := a.openFactor(own.Person, own.next)
		if err != nil {
			return Own{}, err
		}
		name, _ := setup.Tenant.Name.In("de")
		own.Enrolment = enrolment(factor, name, own.Email)
	}
	return own, nil
}

func ownAccount(tx *store.Tx, hash string) (s store.Signed, c store.Credential, err error) {
	if s, err = tx.Session(hash); err != nil {
		return s, c, err
	}
	if s.Session.Waits || s.Disabled {
		return s, c, agenda.ErrNotFound
	}
	c, err = tx.Credential(s.Person)
	return s, c, err
}

// ownFile is the own account in an act that changes it.
type ownFile struct {
	tx         *store.Tx
	hash       string // of the session's secret
	account    store.Account
	credential store.Credential
}

func (a *Accounts) onOwn(ctx context.Context, secret string, change func(*ownFile) error) error {
	hash := seal.SecretHash(secret)
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		s, _, err := ownAccount(tx, hash)
		if err != nil {
			return err
		}
		c, err := tx.LockCredential(s.Person)
		if err != nil {
			return err
		}
		return change(&ownFile{tx: tx, hash: hash, account: s.Account, credential: c})
	})
}

// save writes the credential and what was done.
func (o *ownFile) save(act string, detail map[string]any) error {
	if err := o.tx.SaveCredential(o.account.Person, o.credential); err != nil {
		return err
	}
	return journal(o.tx, o.account.Person, act, o.account.ID, detail)
}

// SetLanguage sets the language that the pages have from the next sign-in on; empty: the
// browser's.
func (a *Accounts) SetLanguage(ctx context.Context, secret, language string) error {
	return a.onOwn(ctx, secret, func(o *ownFile) error {
		o.credential.Language = language
		return o.save("account.language", nil)
	})
}

// Language is the language that who signs in has chosen; empty: none.
func (a *Accounts) Language(ctx context.Context, secret string) (language string, err error) {
	hash := seal.SecretHash(secret)
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		_, c, err := ownAccount(tx, hash)
		language = c.Language
		return err
	})
	return language, err
}

// checkOwnPassword makes sure that whoever sits before an open session is its owner:
// ErrSignIn if not, ErrTooMany after too many attempts.
func (a *Accounts) checkOwnPassword(ctx context.Context, secret, password string) error {
	hash := seal.SecretHash(secret)
	var s store.Signed
	err := a.Store.View(ctx, func(tx *store.Tx) (err error) {
		s, _, err = ownAccount(tx, hash)
		return err
	})
	if err != nil {
		return err
	}
	try := attempt{account: "own " + s.Tenant + "/" + s.Email, most: a.Attempts}
	if err := a.take(ctx, try); err != nil {
		return err
	}
	ok, _, err := a.Passwords.Check(ctx, s.Password, password)
	if err != nil {
		return err
	}
	if !ok {
		return ErrSignIn
	}
	return a.succeeded(ctx, try)
}

// ChangePassword gives who is signed in a new password, ends their other sessions, and gives
// this one another secret: whoever knows the old one is signed out. It fails with ErrSignIn
// for a wrong old password, ErrTooMany, ErrPasswordLength and ErrPasswordCommon.
func (a *Accounts) ChangePassword(ctx context.Context, secret, old, password string) (fresh string, err error) {
	if err := a.checkOwnPassword(ctx, secret, old); err != nil {
		return "", err
	}
	own, err := a.Own(ctx, secret)
	if err != nil {
		return "", err
	}
	stored, err := a.newPassword(ctx, own.Person, own.Email, password)
	if err != nil {
		return "", err
	}
	fresh = seal.NewSecret()
	return fresh, a.onOwn(ctx, secret, func(o *ownFile) error {
		o.account.Password = stored
		if err := o.tx.SaveAccount(o.account); err != nil {
			return err
		}
		if err := o.tx.DropSessions(o.account.Person, o.hash); err != nil {
			return err
		}
		if err := o.tx.RenewSession(o.hash, seal.SecretHash(fresh)); err != nil {
			return err
		}
		if err := o.tx.DropInvitations(o.account.Person); err != nil {
			return err
		}
		return journal(o.tx, o.account.Person, "account.password", o.account.ID, nil)
	})
}

// EndSession ends one of the own sessions; one that is not there is agenda.ErrNotFound.
func (a *Accounts) EndSession(ctx context.Context, secret, id string) error {
	return a.onOwn(ctx, secret, func(o *ownFile) error {
		if err := o.tx.DropSessionOf(o.account.Person, id); err != nil {
			return err
		}
		return journal(o.tx, o.account.Person, "sign-out", o.account.ID, nil)
	})
}

// SignOutEverywhere ends all own sessions, this one too.
func (a *Accounts) SignOutEverywhere(ctx context.Context, secret string) error {
	err := a.onOwn(ctx, secret, func(o *ownFile) error {
		if err := o.tx.DropSessions(o.account.Person, ""); err != nil {
			return err
		}
		return journal(o.tx, o.account.Person, "account.sign-out", o.account.ID, nil)
	})
	if errors.Is(err, agenda.ErrNotFound) {
		return nil // they were signed out already
	}
	return err
}
