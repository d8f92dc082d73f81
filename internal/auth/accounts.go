package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

var (
	// ErrSignIn: no such account, a wrong password, or an account that may not
	// sign in. Which of them is nobody's business.
	ErrSignIn = errors.New("e-mail address or password is wrong")

	// ErrTooMany: too many wrong passwords lately, for the account or from the
	// source.
	ErrTooMany = errors.New("too many attempts to sign in")
)

// How long a link to set a password is good for: the first one travels by mail and
// waits for its reader, one that replaces a password is used at once.
const (
	FirstLink = 7 * 24 * time.Hour
	ResetLink = 30 * time.Minute
)

// actorCLI is whom the journal names for what is done on the command line: so far
// accounts and tokens are managed nowhere else.
const actorCLI = "cli"

// Accounts manages the staff's accounts, sessions and tokens. Its exported fields
// are set once; it can be used by many goroutines.
type Accounts struct {
	Store     *store.Store
	Passwords *Passwords
	Attempts  int // wrong passwords in 15 minutes, per account and per source; 0: no limit

	limit limiter
	idle  idleness
}

// Account is a member of staff as others may see it.
type Account struct {
	agenda.Person
	Email       string
	HasPassword bool
	Disabled    bool
	Created     time.Time
}

// NewPerson is who gets an account. Name may be left empty, and so may Password:
// then Invite makes the link by which they set it.
type NewPerson struct {
	Tenant     string
	Email      string
	Name       string
	Role       agenda.Role
	Department string // empty: the whole tenant
	Password   string
}

// AddPerson makes an account and returns its id. It fails with agenda.Invalid
// (email: format or duplicate; role, department: unknown), agenda.ErrNotFound for
// a tenant that does not exist, and ErrPasswordLength.
func (a *Accounts) AddPerson(ctx context.Context, n NewPerson) (id string, err error) {
	s := store.Account{Person: agenda.Person{Tenant: n.Tenant, ID: rand.Text(), Name: strings.TrimSpace(n.Name), Role: n.Role, Department: n.Department}}
	if s.Email, err = foldEmail(n.Email); err != nil {
		return "", err
	}
	if s.Name == "" {
		s.Name = s.Email
	}
	if n.Password != "" {
		if s.Password, err = a.Passwords.Hash(ctx, n.Password); err != nil {
			return "", err
		}
	}
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		if err := checkRights(tx, s.Person); err != nil {
			return err
		}
		var err error
		if s.Created, err = tx.Now(); err != nil {
			return err
		}
		added, err := tx.AddAccount(s)
		if err != nil {
			return err
		}
		if !added {
			return agenda.Invalid{{Field: "email", Code: "duplicate"}}
		}
		return journal(tx, s.Person, "account.add", actorCLI, map[string]any{"role": s.Role, "department": s.Department})
	})
	return s.ID, err
}

// checkRights refuses a name too long to show, and a role or department that does
// not exist.
func checkRights(tx *store.Tx, p agenda.Person) error {
	setup, err := tx.Setup(p.Tenant)
	if err != nil {
		return err
	}
	var bad agenda.Invalid
	if utf8.RuneCountInString(p.Name) > agenda.MaxName || !utf8.ValidString(p.Name) {
		bad = append(bad, agenda.FieldError{Field: "name", Code: "too_long"})
	}
	if _, ok := agenda.ParseRole(string(p.Role)); !ok {
		bad = append(bad, agenda.FieldError{Field: "role", Code: "unknown"})
	}
	if _, ok := setup.Department(p.Department); !ok && p.Department != "" {
		bad = append(bad, agenda.FieldError{Field: "department", Code: "unknown"})
	}
	return bad.Or()
}

// foldEmail brings an address into the one form accounts are found by.
func foldEmail(s string) (string, error) {
	address, err := agenda.CheckAddress(strings.TrimSpace(s))
	if err != nil {
		return "", agenda.Invalid{{Field: "email", Code: "format"}}
	}
	return strings.ToLower(address), nil
}

// People lists a tenant's accounts by address.
func (a *Accounts) People(ctx context.Context, tenant string) (list []Account, err error) {
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		stored, err := tx.Accounts(tenant)
		list = nil
		for _, s := range stored {
			list = append(list, show(s))
		}
		return err
	})
	return list, err
}

func show(s store.Account) Account {
	return Account{Person: s.Person, Email: s.Email, HasPassword: s.Password != "", Disabled: s.Disabled, Created: s.Created}
}

// SetPassword gives an account a new password and ends its sessions and
// invitations. It fails with agenda.ErrNotFound and ErrPasswordLength.
func (a *Accounts) SetPassword(ctx context.Context, tenant, email, password string) error {
	hash, err := a.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return a.onAccount(ctx, tenant, email, func(tx *store.Tx, s store.Account) error {
		return setPassword(tx, s, hash, actorCLI)
	})
}

func setPassword(tx *store.Tx, s store.Account, hash, actor string) error {
	s.Password = hash
	if err := tx.SaveAccount(s); err != nil {
		return err
	}
	if err := tx.DropSessions(s.Person); err != nil {
		return err
	}
	if err := tx.DropInvitations(s.Person); err != nil {
		return err
	}
	return journal(tx, s.Person, "account.password", actor, nil)
}

// SetDisabled closes an account, at once and with all its sessions, or opens it
// again.
func (a *Accounts) SetDisabled(ctx context.Context, tenant, email string, disabled bool) error {
	return a.onAccount(ctx, tenant, email, func(tx *store.Tx, s store.Account) error {
		s.Disabled = disabled
		if err := tx.SaveAccount(s); err != nil {
			return err
		}
		if err := tx.DropSessions(s.Person); err != nil {
			return err
		}
		return journal(tx, s.Person, "account.disable", actorCLI, map[string]any{"disabled": disabled})
	})
}

// SetRights changes what somebody may, from their next request on.
func (a *Accounts) SetRights(ctx context.Context, tenant, email string, role agenda.Role, department string) error {
	return a.onAccount(ctx, tenant, email, func(tx *store.Tx, s store.Account) error {
		s.Role, s.Department = role, department
		if err := checkRights(tx, s.Person); err != nil {
			return err
		}
		if err := tx.SaveAccount(s); err != nil {
			return err
		}
		return journal(tx, s.Person, "account.rights", actorCLI, map[string]any{"role": role, "department": department})
	})
}

// Invite makes a link secret by which a person sets their password, once: good for
// FirstLink, or for ResetLink where there is a password already. Earlier links end.
func (a *Accounts) Invite(ctx context.Context, tenant, email string) (secret string, expires time.Time, err error) {
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	err = a.onAccount(ctx, tenant, email, func(tx *store.Tx, s store.Account) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		expires = now.Add(FirstLink)
		if s.Password != "" {
			expires = now.Add(ResetLink)
		}
		if err := tx.AddInvitation(hash, s.Person, expires); err != nil {
			return err
		}
		return journal(tx, s.Person, "account.invite", actorCLI, nil)
	})
	return secret, expires, err
}

// Invited says whom a link is for; used, expired and unknown ones are
// agenda.ErrNotFound. It changes nothing.
func (a *Accounts) Invited(ctx context.Context, secret string) (who Account, err error) {
	hash := seal.SecretHash(secret)
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		s, err := tx.Invitation(hash)
		if err == nil && s.Disabled {
			err = agenda.ErrNotFound
		}
		who = show(s)
		return err
	})
	return who, err
}

// AcceptInvitation sets the password of whom the link is for and uses the link up.
// It signs nobody in. It fails with agenda.ErrNotFound and ErrPasswordLength; then
// the link is still good.
func (a *Accounts) AcceptInvitation(ctx context.Context, secret, password string) (who Account, err error) {
	if who, err = a.Invited(ctx, secret); err != nil {
		return who, err // before the costly hash
	}
	stored, err := a.Passwords.Hash(ctx, password)
	if err != nil {
		return who, err
	}
	hash := seal.SecretHash(secret)
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Invitation(hash)
		if err != nil {
			return err
		}
		if s.Disabled {
			return agenda.ErrNotFound
		}
		if err := tx.TakeInvitation(hash); err != nil {
			return err
		}
		return setPassword(tx, s, stored, s.ID)
	})
	return who, err
}

// onAccount runs a change on the account with an address.
func (a *Accounts) onAccount(ctx context.Context, tenant, email string, change func(*store.Tx, store.Account) error) error {
	address, err := foldEmail(email)
	if err != nil {
		return err
	}
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Account(tenant, address)
		if err != nil {
			return err
		}
		return change(tx, s)
	})
}

// journal writes the one entry of a change to an account or token.
func journal(tx *store.Tx, p agenda.Person, act, actor string, detail map[string]any) error {
	return tx.Log(store.Entry{Tenant: p.Tenant, Act: act, Subject: p.ID, Actor: actor}, detail)
}
