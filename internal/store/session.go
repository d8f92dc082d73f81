package store

import (
	"errors"
	"time"

	"terminvergabe/internal/agenda"
)

// Invitation is a link by which somebody sets their password, once. It lets the bearer
// of the secret with this hash do so until a time. Sealed is the secret for a letter;
// nil: it was shown at once.
type Invitation struct {
	Hash    string
	Expires time.Time
	Sealed  []byte
}

// AddInvitation writes an invitation to an account. Earlier ones end.
func (tx *Tx) AddInvitation(p agenda.Person, i Invitation) error {
	if err := tx.DropInvitations(p); err != nil {
		return err
	}
	_, err := tx.exec("INSERT INTO invitation (hash, tenant, person, expires, sealed) VALUES ($1, $2, $3, $4, $5)", i.Hash, p.Tenant, p.ID, stamp(i.Expires), i.Sealed)
	return err
}

// Invitation finds whom an invitation was made for; one that ran out is
// agenda.ErrNotFound.
func (tx *Tx) Invitation(hash string) (Account, error) {
	now, err := tx.Now()
	if err != nil {
		return Account{}, err
	}
	return tx.account("person JOIN invitation ON invitation.tenant = person.tenant AND invitation.person = person.id WHERE invitation.hash = $1 AND invitation.expires > $2",
		hash, stamp(now))
}

// Invited gives an invitation as its letter needs it.
func (tx *Tx) Invited(hash string) (i Invitation, err error) {
	i.Hash = hash
	err = tx.one("SELECT expires, sealed FROM invitation WHERE hash = $1", []any{hash}, at{&i.Expires}, &i.Sealed)
	return i, err
}

// TakeInvitation uses an invitation up. Of two that try, one gets
// agenda.ErrNotFound.
func (tx *Tx) TakeInvitation(hash string) error {
	return changed(tx.exec("DELETE FROM invitation WHERE hash = $1", hash))
}

// DropInvitations ends all invitations of an account.
func (tx *Tx) DropInvitations(p agenda.Person) error {
	_, err := tx.exec("DELETE FROM invitation WHERE tenant = $1 AND person = $2", p.Tenant, p.ID)
	return err
}

// Session lets the bearer of a secret act as an account.
type Session struct {
	ID      string // names it on pages
	Waits   bool   // for the second factor: nothing else is open yet
	Device  string // browser and system at sign-in, in a word each
	Created time.Time
	Expires time.Time
	Used    time.Time // give or take a few minutes
	Looks   string    // the tenant that somebody from the county looks at; empty: their own
	Opened  time.Time // until when at its bookings too; zero: not
}

// AddSession writes a session by the hash of its secret. What has run out of the
// account's earlier sessions is deleted.
func (tx *Tx) AddSession(hash string, p agenda.Person, s Session) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if _, err := tx.exec("DELETE FROM session WHERE tenant = $1 AND person = $2 AND expires <= $3", p.Tenant, p.ID, stamp(now)); err != nil {
		return err
	}
	_, err = tx.exec("INSERT INTO session (hash, tenant, person, created, expires, id, waits, device, used, looks, opened) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $4, $9, $10)",
		hash, p.Tenant, p.ID, stamp(now), stamp(s.Expires), s.ID, flag(s.Waits), s.Device, s.Looks, stamp(s.Opened))
	return err
}

const sessionColumns = "session.id, session.waits, session.device, session.created, session.expires, session.used, session.looks, session.opened"

func (s *Session) into() []any {
	return []any{&s.ID, flagged{&s.Waits}, &s.Device, at{&s.Created}, at{&s.Expires}, at{&s.Used}, &s.Looks, at{&s.Opened}}
}

// Signed is somebody with their session.
type Signed struct {
	Account
	Session Session
	Factor  bool // they have a second factor
}

// Session finds whose session it is, with their first role as it is now; one that ran
// out is agenda.ErrNotFound.
func (tx *Tx) Session(hash string) (s Signed, err error) {
	now, err := tx.Now()
	if err != nil {
		return s, err
	}
	found := false
	err = tx.rows("SELECT "+accountColumns+", "+sessionColumns+`, CASE WHEN credential.totp IS NULL THEN 0 ELSE 1 END
		FROM session JOIN person ON person.tenant = session.tenant AND person.id = session.person
		LEFT JOIN credential ON credential.tenant = session.tenant AND credential.person = session.person
		WHERE session.hash = $1 AND session.expires > $2`, []any{hash, stamp(now)}, func(r row) error {
		found = true
		return s.scan(func(into ...any) error {
			return r.Scan(append(append(into, s.Session.into()...), flagged{&s.Factor})...)
		})
	})
	if err == nil && !found {
		err = agenda.ErrNotFound
	}
	return s, err
}

// Sessions lists the sessions of an account that have not run out, newest first. Which
// of them has the hash is told.
func (tx *Tx) Sessions(p agenda.Person, hash string) (list []Session, own string, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, "", err
	}
	err = tx.rows("SELECT "+sessionColumns+", session.hash FROM session WHERE tenant = $1 AND person = $2 AND waits = 0 AND expires > $3 ORDER BY created DESC, id",
		[]any{p.Tenant, p.ID, stamp(now)}, func(r row) error {
			var s Session
			var its string
			err := r.Scan(append(s.into(), &its)...)
			if its == hash {
				own = s.ID
			}
			list = append(list, s)
			return err
		})
	return list, own, err
}

// UseSession records that a session is in use.
func (tx *Tx) UseSession(hash string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return changed(tx.exec("UPDATE session SET used = $2 WHERE hash = $1", hash, stamp(now)))
}

// LookElsewhere turns a session to another tenant, empty: back to its own, and opens
// its bookings until a time.
func (tx *Tx) LookElsewhere(hash, tenant string, opened time.Time) error {
	return changed(tx.exec("UPDATE session SET looks = $2, opened = $3 WHERE hash = $1", hash, tenant, stamp(opened)))
}

// DropSession ends a session.
func (tx *Tx) DropSession(hash string) error {
	return changed(tx.exec("DELETE FROM session WHERE hash = $1", hash))
}

// DropSessionOf ends one session of an account.
func (tx *Tx) DropSessionOf(p agenda.Person, id string) error {
	return changed(tx.exec("DELETE FROM session WHERE tenant = $1 AND person = $2 AND id = $3", p.Tenant, p.ID, id))
}

// RenewSession gives a session another secret: the hash of the new one for that of the old.
func (tx *Tx) RenewSession(old, fresh string) error {
	return changed(tx.exec("UPDATE session SET hash = $2 WHERE hash = $1", old, fresh))
}

// DropSessions ends all sessions of an account but the one with this hash.
func (tx *Tx) DropSessions(p agenda.Person, but string) error {
	_, err := tx.exec("DELETE FROM session WHERE tenant = $1 AND person = $2 AND hash <> $3", p.Tenant, p.ID, but)
	return err
}

// EndSignIns ends all sessions and invitations, of everybody.
func (tx *Tx) EndSignIns() error {
	_, err := tx.exec("DELETE FROM session")
	if err == nil {
		_, err = tx.exec("DELETE FROM invitation")
	}
	return err
}

// ForgetSessions deletes what has run out of a tenant's sessions and invitations: also of
// those who never come back.
func (tx *Tx) ForgetSessions(tenant string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	for _, table := range []string{"session", "invitation"} {
		if _, err := tx.exec("DELETE FROM "+table+" WHERE tenant = $1 AND expires <= $2", tenant, stamp(now)); err != nil {
			return err
		}
	}
	return nil
}

// flagged scans 0 and 1.
type flagged struct{ b *bool }

func (f flagged) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n != 0 && n != 1 {
		return errors.New("flag: neither 0 nor 1")
	}
	*f.b = n == 1
	return nil
}
