package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// LetterLink is how long a link that replaces a password is good for when it travels by
// mail.
const LetterLink = 24 * time.Hour

// file is one person's account under the locks of an act that changes it.
type file struct {
	tx      *store.Tx
	by      *agenda.Person // who changes it, with the rights of this moment; nil: the command line
	account store.Account
	roles   []store.PersonRole // not yet ended
	setup   *agenda.Setup
	now     time.Time
	today   agenda.Date // in the tenant's zone
	admin   bool        // they could do everything, before the change
}

// onKnown runs a change that concerns a person, by somebody who has to do with them; to
// others they are agenda.ErrNotFound.
func (a *Accounts) onKnown(ctx context.Context, by *agenda.Person, id string, change func(*file) error) error {
	return a.onFile(ctx, by, by.Tenant, func(tx *store.Tx) (store.Account, error) { return tx.AccountByID(by.Tenant, id) }, func(f *file) error {
		known := func(g agenda.Grant) bool { return f.by.MayManage([]agenda.Grant{g}) }
		if !f.by.MayEverywhere(agenda.ManagePeople) && !slices.ContainsFunc(f.theirs(), known) {
			return agenda.ErrNotFound
		}
		return change(f)
	})
}

// onPerson runs a change of a person's account, by somebody who has no less than they
// have. Who has more is agenda.ErrForbidden.
func (a *Accounts) onPerson(ctx context.Context, by *agenda.Person, id string, change func(*file) error) error {
	return a.onKnown(ctx, by, id, func(f *file) error {
		if !f.by.MayManage(f.theirs()) {
			return agenda.ErrForbidden
		}
		return change(f)
	})
}

// byAddress runs a change from the command line, where nobody is asked.
func (a *Accounts) byAddress(ctx context.Context, tenant, email string, change func(*file) error) error {
	address, err := foldEmail(email)
	if err != nil {
		return err
	}
	return a.onFile(ctx, nil, tenant, func(tx *store.Tx) (store.Account, error) { return tx.Account(tenant, address) }, change)
}

func (a *Accounts) onFile(ctx context.Context, by *agenda.Person, tenant string, find func(*store.Tx) (store.Account, error), change func(*file) error) error {
	return a.Store.Update(ctx, func(tx *store.Tx) (err error) {
		if err := tx.LockPeople(tenant); err != nil {
			return err
		}
		f := &file{tx: tx}
		if f.setup, err = tx.Setup(tenant); err != nil {
			return err
		}
		if f.now, err = tx.Now(); err != nil {
			return err
		}
		f.today = agenda.DateOf(f.now.In(f.setup.Zone()))
		if f.by, err = asNow(tx, by, f.today); err != nil {
			return err
		}
		if f.account, err = find(tx); err != nil {
			return err
		}
		if err := tx.ForgetRoles(tenant, f.account.ID, f.today); err != nil {
			return err
		}
		if f.roles, err = tx.Roles(tenant, f.account.ID); err != nil {
			return err
		}
		f.admin = isAdmin(f.account)
		return change(f)
	})
}

// asNow is who acts with what they may at this moment: it may be less than when their
// request began. The county in another tenant has no account there.
func asNow(tx *store.Tx, by *agenda.Person, today agenda.Date) (*agenda.Person, error) {
	if by == nil {
		return nil, nil
	}
	s, err := tx.AccountByID(by.Tenant, by.ID)
	switch {
	case errors.Is(err, agenda.ErrNotFound):
		return by, nil
	case err != nil:
		return nil, err
	case s.Disabled:
		return nil, agenda.ErrForbidden
	}
	roles, err := tx.Roles(by.Tenant, by.ID)
	p := s.Person
	p.Grants = inForce(roles, today)
	return &p, err
}

func inForce(roles []store.PersonRole, today agenda.Date) (list []agenda.Grant) {
	for _, r := range roles {
		if r.In(today) {
			list = append(list, r.Grant)
		}
	}
	return list
}

// theirs are the person's grants, also those still to come, as MayManage asks for them.
func (f *file) theirs() []agenda.Grant { return theirs(f.setup, f.account.Person, f.roles) }

func theirs(s *agenda.Setup, p agenda.Person, roles []store.PersonRole) []agenda.Grant {
	list := []agenda.Grant{{Role: p.Role, Department: p.Department}}
	for _, r := range roles {
		list = append(list, placed(s, r.Grant))
	}
	return list
}

// placed names the department of a grant's calendar.
func placed(s *agenda.Setup, g agenda.Grant) agenda.Grant {
	if c, ok := s.CalendarOf(g.Calendar); ok {
		g.Department = c.Department
	}
	return g
}

// mayGrant checks that whoever adds somebody grants no more than they have.
func mayGrant(tx *store.Tx, by *agenda.Person, tenant string, g agenda.Grant) error {
	if by == nil {
		return nil
	}
	if by.Tenant != tenant {
		return agenda.ErrNotFound
	}
	if err := tx.LockPeople(tenant); err != nil {
		return err
	}
	setup, err := tx.Setup(tenant)
	if err != nil {
		return err
	}
	now, err := tx.Now()
	if err != nil {
		return err
	}
	p, err := asNow(tx, by, agenda.DateOf(now.In(setup.Zone())))
	if err != nil {
		return err
	}
	if !p.MayGrant(g) {
		return agenda.ErrForbidden
	}
	return nil
}

// isAdmin reports whether an account may do everything in its tenant, for good.
func isAdmin(s store.Account) bool {
	return s.Role == agenda.Admin && s.Department == "" && !s.Disabled
}

// keepAdmin refuses a change that leaves the tenant without an admin who has signed in
// or can. Two who take each other's role away wait for each other at LockPeople.
func (f *file) keepAdmin() error {
	if !f.admin {
		return nil
	}
	people, err := f.tx.Accounts(f.account.Tenant)
	if err != nil {
		return err
	}
	used, err := f.tx.SignIns(f.account.Tenant)
	if err != nil {
		return err
	}
	for _, s := range people {
		if isAdmin(s) && (s.Password != "" || !used[s.ID].SignedIn.IsZero()) {
			return nil
		}
	}
	return ErrLastAdmin
}

// Change is what can change of an account.
type Change struct {
	Name       string
	Role       agenda.Role
	Department string
}

// Change gives a person another name, role or limit, from their next request on. It
// fails with agenda.Invalid (name: required, too_long; role, department: unknown),
// agenda.ErrForbidden for more than by may grant and for by's own rights, and
// ErrLastAdmin.
func (a *Accounts) Change(ctx context.Context, by *agenda.Person, id string, c Change) error {
	c.Name = strings.TrimSpace(c.Name)
	if c.Name == "" {
		return agenda.Invalid{{Field: "name", Code: "required"}}
	}
	return a.onPerson(ctx, by, id, func(f *file) error {
		if c.Role != f.account.Role || c.Department != f.account.Department {
			if by.ID == id || !f.by.MayGrant(agenda.Grant{Role: c.Role, Department: c.Department}) {
				return agenda.ErrForbidden
			}
		}
		f.account.Name = c.Name
		return f.setRights(c.Role, c.Department, actor(by), false)
	})
}

// SetRights changes what somebody may, from the command line. force lets the last
// admin go.
func (a *Accounts) SetRights(ctx context.Context, tenant, email string, role agenda.Role, department string, force bool) error {
	return a.byAddress(ctx, tenant, email, func(f *file) error { return f.setRights(role, department, actorCLI, force) })
}

func (f *file) setRights(role agenda.Role, department, actor string, force bool) error {
	f.account.Role, f.account.Department = role, department
	if err := checkRights(f.tx, f.account.Person); err != nil {
		return err
	}
	return f.save("account.rights", actor, force, map[string]any{"role": role, "department": department})
}

// save writes the account and what was done to it.
func (f *file) save(act, actor string, force bool, detail map[string]any) error {
	if err := f.tx.SaveAccount(f.account); err != nil {
		return err
	}
	if !force {
		if err := f.keepAdmin(); err != nil {
			return err
		}
	}
	return journal(f.tx, f.account.Person, act, actor, detail)
}

// Disable closes a person's account, at once and with all their sessions, or opens it
// again. Nobody closes their own. It fails with ErrLastAdmin.
func (a *Accounts) Disable(ctx context.Context, by *agenda.Person, id string, disabled bool) error {
	if by.ID == id {
		return agenda.ErrForbidden
	}
	return a.onPerson(ctx, by, id, func(f *file) error { return f.disable(disabled, actor(by), false) })
}

// SetDisabled is Disable from the command line. force lets the last admin go.
func (a *Accounts) SetDisabled(ctx context.Context, tenant, email string, disabled, force bool) error {
	return a.byAddress(ctx, tenant, email, func(f *file) error { return f.disable(disabled, actorCLI, force) })
}

func (f *file) disable(disabled bool, actor string, force bool) error {
	f.account.Disabled = disabled
	if err := f.tx.DropSessions(f.account.Person, ""); err != nil {
		return err
	}
	return f.save("account.disable", actor, force, map[string]any{"disabled": disabled})
}

// InviteByLetter sends a person a new link to set their password. Earlier links end.
func (a *Accounts) InviteByLetter(ctx context.Context, by *agenda.Person, id string) error {
	letter := a.newLetter(agenda.Person{Tenant: by.Tenant, ID: id})
	return a.onPerson(ctx, by, id, func(f *file) error {
		good := FirstLink
		if f.account.Password != "" {
			good = LetterLink
		}
		if f.account.Disabled {
			return agenda.ErrState
		}
		if err := letter.post(f.tx, good); err != nil {
			return err
		}
		return journal(f.tx, f.account.Person, "account.invite", actor(by), map[string]any{"letter": true})
	})
}

// SignOutPerson ends all sessions of a person.
func (a *Accounts) SignOutPerson(ctx context.Context, by *agenda.Person, id string) error {
	return a.onPerson(ctx, by, id, func(f *file) error {
		if err := f.tx.DropSessions(f.account.Person, ""); err != nil {
			return err
		}
		return journal(f.tx, f.account.Person, "account.sign-out", actor(by), nil)
	})
}

// letter is an invitation that goes out by mail. Its link travels sealed to where it is
// written.
type letter struct {
	to     agenda.Person
	hash   string
	sealed []byte
}

func (a *Accounts) newLetter(to agenda.Person) letter {
	secret := seal.NewSecret()
	l := letter{to: to, hash: seal.SecretHash(secret)}
	if a.Keys != nil {
		l.sealed = a.Keys.Seal([]byte(secret), "invitation", to.Tenant, l.hash)
	}
	return l
}

// errNoKeys is a mistake in how the program was put together.
var errNoKeys = errors.New("there are no keys to seal with")

func (l letter) post(tx *store.Tx, good time.Duration) error {
	if l.sealed == nil {
		return errNoKeys
	}
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if err := tx.AddInvitation(l.to, store.Invitation{Hash: l.hash, Expires: now.Add(good), Sealed: l.sealed}); err != nil {
		return err
	}
	return tx.Post(store.Posting{Tenant: l.to.Tenant, Subject: invitationSubject + l.hash, Kind: KindInvitation, MessageID: rand.Text(), Due: now})
}

// KindInvitation is the outbox's word for a letter that invites a member of staff.
const KindInvitation = "invitation"

const invitationSubject = "invitation/"

// InvitationOf gives the hash of the secret that a letter's subject names.
func InvitationOf(subject string) (hash string) {
	return strings.TrimPrefix(subject, invitationSubject)
}

// OpenInvitation gives the secret that a letter carries.
func OpenInvitation(k *seal.Keys, tenant string, i store.Invitation) (secret string, err error) {
	plain, err := k.Open(i.Sealed, "invitation", tenant, i.Hash)
	return string(plain), err
}
