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

	// ErrTooMany: too many wrong passwords or codes lately, for the account or from
	// the source.
	ErrTooMany = errors.New("too many attempts to sign in")

	// ErrCodeNeeded: the password is right, and the account has a second factor. The
	// secret that comes with it opens a session once EnterCode has seen a code.
	ErrCodeNeeded = errors.New("a code of the second factor is needed")

	// ErrCode: the code of the second factor is wrong, was used already, or belongs
	// to another moment.
	ErrCode = errors.New("the code is wrong")

	// ErrLastAdmin: without this account nobody would be left who may do everything
	// in the tenant and can sign in.
	ErrLastAdmin = errors.New("the tenant's last admin must stay")
)

// How long a link to set a password is good for: the first one travels by mail and
// waits for its reader, one that replaces a password is used at once.
const (
	FirstLink = 7 * 24 * time.Hour
	ResetLink = 30 * time.Minute
)

// actorCLI is whom the journal names for what is done on the command line, by nobody
// who has signed in.
const actorCLI = "cli"

func actor(by *agenda.Person) string {
	if by == nil {
		return actorCLI
	}
	return by.ID
}

// Accounts manages the staff's accounts, sessions and tokens. Its exported fields
// are set once; it can be used by many goroutines.
type Accounts struct {
	Store     *store.Store
	Passwords *Passwords
	Attempts  int        // wrong passwords in 15 minutes, per account and per source; 0: no limit
	Keys      *seal.Keys // seal second factors, and what letters carry

	usual habits
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

	By     *agenda.Person // who adds them, within what they may grant; nil: the command line
	Letter bool           // a letter invites them to set their password
}

// AddPerson makes an account and returns its id. It fails with agenda.Invalid
// (email: format or duplicate; role, department: unknown), agenda.ErrForbidden for
// more rights than By may grant, agenda.ErrNotFound for a tenant that does not exist,
// ErrPasswordLength and ErrPasswordCommon.
func (a *Accounts) AddPerson(ctx context.Context, n NewPerson) (id string, err error) {
	s := store.Account{Person: agenda.Person{Tenant: n.Tenant, ID: rand.Text(), Name: strings.TrimSpace(n.Name), Role: n.Role, Department: n.Department}}
	if s.Email, err = foldEmail(n.Email); err != nil {
		return "", err
	}
	if s.Name == "" {
		s.Name = s.Email
	}
	if n.Password != "" {
		if s.Password, err = a.newPassword(ctx, s.Person, s.Email, n.Password); err != nil {
			return "", err
		}
	}
	letter := a.newLetter(s.Person)
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		if err := checkRights(tx, s.Person); err != nil {
			return err
		}
		if err := mayGrant(tx, n.By, s.Tenant, agenda.Grant{Role: s.Role, Department: s.Department}); err != nil {
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
		if n.Letter {
			if err := letter.post(tx, FirstLink); err != nil {
				return err
			}
		}
		return journal(tx, s.Person, "account.add", actor(n.By), map[string]any{"role": s.Role, "department": s.Department, "letter": n.Letter})
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

func show(s store.Account) Account {
	return Account{Person: s.Person, Email: s.Email, HasPassword: s.Password != "", Disabled: s.Disabled, Created: s.Created}
}

// SetPassword gives an account a new password and ends its sessions and
// invitations. It fails with agenda.ErrNotFound, ErrPasswordLength and ErrPasswordCommon.
func (a *Accounts) SetPassword(ctx context.Context, tenant, email, password string) error {
	hash, err := a.newPassword(ctx, agenda.Person{Tenant: tenant}, email, password)
	if err != nil {
		return err
	}
	return a.byAddress(ctx, tenant, email, func(f *file) error { return setPassword(f.tx, f.account, hash, actorCLI) })
}

func setPassword(tx *store.Tx, s store.Account, hash, actor string) error {
	s.Password = hash
	if err := tx.SaveAccount(s); err != nil {
		return err
	}
	if err := tx.DropSessions(s.Person, ""); err != nil {
		return err
	}
	if err := tx.DropInvitations(s.Person); err != nil {
		return err
	}
	return journal(tx, s.Person, "account.password", actor, nil)
}

// Invite makes a link secret by which a person sets their password, once: good for
// FirstLink, or for ResetLink where there is a password already. Earlier links end.
func (a *Accounts) Invite(ctx context.Context, tenant, email string) (secret string, expires time.Time, err error) {
	secret = seal.NewSecret()
	hash := seal.SecretHash(secret)
	err = a.byAddress(ctx, tenant, email, func(f *file) error {
		tx, s := f.tx, f.account
		expires = f.now.Add(FirstLink)
		if s.Password != "" {
			expires = f.now.Add(ResetLink)
		}
		if err := tx.AddInvitation(s.Person, store.Invitation{Hash: hash, Expires: expires}); err != nil {
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
// It signs nobody in. It fails with agenda.ErrNotFound, ErrPasswordLength and
// ErrPasswordCommon; then the link is still good.
func (a *Accounts) AcceptInvitation(ctx context.Context, secret, password string) (who Account, err error) {
	if who, err = a.Invited(ctx, secret); err != nil {
		return who, err // before the costly hash
	}
	stored, err := a.newPassword(ctx, who.Person, who.Email, password)
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

// newPassword judges and hashes a new password of somebody.
func (a *Accounts) newPassword(ctx context.Context, p agenda.Person, email, password string) (string, error) {
	about := []string{email, p.Name, p.Tenant}
	if known, err := a.Store.Present(ctx, p.Tenant); err == nil {
		name, _ := known.Setup.Tenant.Name.In("de")
		about = append(about, name)
	}
	stored, err := a.Passwords.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	return stored, NotCommon(password, about...)
}

// journal writes the one entry of a change to an account or token.
func journal(tx *store.Tx, p agenda.Person, act, actor string, detail map[string]any) error {
	return tx.Log(store.Entry{Tenant: p.Tenant, Act: act, Subject: p.ID, Actor: actor}, detail)
}
