package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// The second factor is RFC 6238 as every app for it has it: SHA-1, six digits, thirty
// seconds, and a clock that may be one step off.
const (
	codeStep      = 30
	recoveryCodes = 10
)

// Enrolment is a second factor that waits for its first code.
type Enrolment struct {
	Secret string // base32, to be typed
	URL    string // otpauth://, to be scanned
}

func (a *Accounts) sealFactor(p agenda.Person, secret string) ([]byte, error) {
	if a.Keys == nil {
		return nil, errNoKeys
	}
	return a.Keys.Seal([]byte(secret), "totp", p.Tenant, p.ID), nil
}

func (a *Accounts) openFactor(p agenda.Person, sealed []byte) (string, error) {
	if a.Keys == nil {
		return "", errNoKeys
	}
	secret, err := a.Keys.Open(sealed, "totp", p.Tenant, p.ID)
	if err != nil {
		return "", fmt.Errorf("second factor: %w", err)
	}
	return string(secret), nil
}

// enrolment is how an app takes the secret: by the town's name and the address.
func enrolment(secret, issuer, email string) *Enrolment {
	issuer = strings.ReplaceAll(issuer, ":", " ")
	v := url.Values{"secret": {secret}, "issuer": {issuer}}
	label := url.PathEscape(issuer) + ":" + url.PathEscape(email)
	// Apps show a plus as it stands.
	return &Enrolment{Secret: secret, URL: "otpauth://totp/" + label + "?" + strings.ReplaceAll(v.Encode(), "+", "%20")}
}

// matches gives the step that a code is of, later than the last one used; ErrCode: none.
func matches(secret, code string, last int64, now time.Time) (step int64, err error) {
	code = strings.Join(strings.Fields(code), "")
	current := now.Unix() / codeStep
	for _, step := range []int64{current, current - 1, current + 1} {
		if step <= last {
			continue
		}
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil && !errors.Is(err, otp.ErrValidateInputInvalidLength) {
			return 0, fmt.Errorf("second factor: %w", err)
		}
		if ok {
			return step, nil
		}
	}
	return 0, ErrCode
}

func recoveryText(p agenda.Person, code string) string {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	return p.Tenant + "/" + p.ID + "/" + code
}

// recoveryHash is what is stored of a recovery code: it is too short to stand without
// a key.
func (a *Accounts) recoveryHash(p agenda.Person, code string) string {
	return a.Keys.Hash("recovery code", recoveryText(p, code))
}

func (a *Accounts) newRecoveryCodes(p agenda.Person) (codes, hashes []string) {
	for range recoveryCodes {
		c := rand.Text()[:10]
		codes = append(codes, c[:5]+"-"+c[5:])
		hashes = append(hashes, a.recoveryHash(p, c))
	}
	return codes, hashes
}

// EnterCode opens the session of somebody whose password was right, by a code of their
// second factor or one of their recovery codes, under a new secret. It fails with
// ErrCode, ErrTooMany, and agenda.ErrNotFound where no session waits.
func (a *Accounts) EnterCode(ctx context.Context, waiting, code, source string) (secret string, p *agenda.Person, err error) {
	hash := seal.SecretHash(waiting)
	s, c, now, err := a.waiting(ctx, hash)
	if err != nil {
		return "", nil, err
	}
	try := attempt{account: "code " + s.Tenant + "/" + s.Email, source: source, most: a.Attempts}
	if err := a.take(ctx, try); err != nil {
		return "", nil, err
	}
	sealed, err := a.openFactor(s.Person, c.TOTP)
	if err != nil {
		return "", nil, err
	}
	step, err := matches(sealed, code, c.Step, now)
	if err != nil && !errors.Is(err, ErrCode) {
		return "", nil, err
	}
	recovery := a.Keys.Forms("recovery code", recoveryText(s.Person, code))
	secret = seal.NewSecret()
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		current, err := tx.Session(hash)
		if err != nil {
			return err
		}
		if current.Disabled {
			return agenda.ErrNotFound
		}
		fresh, err := tx.LockCredential(s.Person)
		if err != nil {
			return err
		}
		if err := spend(tx, s.Person, &fresh, c.TOTP, step, recovery); err != nil {
			return err
		}
		if err := tx.DropSession(hash); err != nil {
			return err
		}
		session := s.Session
		session.ID, session.Waits, session.Expires = rand.Text(), false, now.Add(SessionLength)
		p = &current.Person
		return begin(tx, seal.SecretHash(secret), current.Person, session, fresh, map[string]any{"code": true})
	})
	if err != nil {
		return "", nil, err
	}
	return secret, p, a.succeeded(ctx, try)
}

// spend uses up the step of a code that was right, or else a recovery code: of two who
// send the same one, one is refused.
func spend(tx *store.Tx, p agenda.Person, c *store.Credential, checked []byte, step int64, recovery []string) error {
	if step > 0 {
		if !bytes.Equal(c.TOTP, checked) || step <= c.Step {
			return ErrCode
		}
		c.Step = step
		return nil
	}
	err := tx.TakeRecoveryCode(p, recovery)
	if errors.Is(err, agenda.ErrNotFound) {
		return ErrCode
	}
	return err
}

// waiting finds the session that waits for a code.
func (a *Accounts) waiting(ctx context.Context, hash string) (s store.Signed, c store.Credential, now time.Time, err error) {
	err = a.Store.View(ctx, func(tx *store.Tx) (err error) {
		if s, err = tx.Session(hash); err != nil {
			return err
		}
		if !s.Session.Waits || s.Disabled || !s.Factor {
			return agenda.ErrNotFound
		}
		if c, err = tx.Credential(s.Person); err != nil {
			return err
		}
		now, err = tx.Now()
		return err
	})
	return s, c, now, err
}

// Waiting reports whether a secret is of a session that waits for a code; if not it
// fails with agenda.ErrNotFound.
func (a *Accounts) Waiting(ctx context.Context, secret string) error {
	_, _, _, err := a.waiting(ctx, seal.SecretHash(secret))
	return err
}

// BeginFactor makes a second factor for who is signed in and has none: else it fails
// with agenda.ErrState. It counts once ConfirmFactor has seen a code of it.
func (a *Accounts) BeginFactor(ctx context.Context, secret string) error {
	own, err := a.Own(ctx, secret)
	if err != nil {
		return err
	}
	return a.beginFactor(ctx, secret, own, false)
}

// ReplaceFactor is BeginFactor for who has one, which stays until then; the password is
// asked for, as to take it away: whoever finds an open session does not put their own
// factor in its place.
func (a *Accounts) ReplaceFactor(ctx context.Context, secret, password string) error {
	if err := a.checkOwnPassword(ctx, secret, password); err != nil {
		return err
	}
	own, err := a.Own(ctx, secret)
	if err != nil {
		return err
	}
	return a.beginFactor(ctx, secret, own, true)
}

func (a *Accounts) beginFactor(ctx context.Context, secret string, own Own, replace bool) error {
	random := make([]byte, 20)
	rand.Read(random) // never fails
	sealed, err := a.sealFactor(own.Person, base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random))
	if err != nil {
		return err
	}
	return a.onOwn(ctx, secret, func(o *ownFile) error {
		if !replace && o.credential.TOTP != nil {
			return agenda.ErrState
		}
		o.credential.Next = sealed
		return o.save("account.factor-begin", nil)
	})
}

// ConfirmFactor puts the second factor in force that BeginFactor made, and gives the
// recovery codes, which nobody can see again. It fails with ErrCode, ErrTooMany, and
// agenda.ErrState where none waits.
func (a *Accounts) ConfirmFactor(ctx context.Context, secret, code string) (recovery []string, err error) {
	own, err := a.Own(ctx, secret)
	if err != nil {
		return nil, err
	}
	if own.Enrolment == nil {
		return nil, agenda.ErrState
	}
	try := attempt{account: "enrol " + own.Tenant + "/" + own.Email, most: a.Attempts}
	if err := a.take(ctx, try); err != nil {
		return nil, err
	}
	step, err := matches(own.Enrolment.Secret, code, 0, own.now)
	if err != nil {
		return nil, err
	}
	if err := a.succeeded(ctx, try); err != nil {
		return nil, err
	}
	codes, hashes := a.newRecoveryCodes(own.Person)
	err = a.onOwn(ctx, secret, func(o *ownFile) error {
		if !bytes.Equal(o.credential.Next, own.next) {
			return agenda.ErrState // another page has begun anew, or was first
		}
		o.credential.TOTP, o.credential.Next, o.credential.Step = o.credential.Next, nil, step
		if err := o.tx.SetRecoveryCodes(o.account.Person, hashes); err != nil {
			return err
		}
		return o.save("account.factor", nil)
	})
	return codes, err
}

// DropFactor takes the own second factor away; the password is asked for.
func (a *Accounts) DropFactor(ctx context.Context, secret, password string) error {
	if err := a.checkOwnPassword(ctx, secret, password); err != nil {
		return err
	}
	return a.onOwn(ctx, secret, func(o *ownFile) error {
		if o.credential.TOTP == nil {
			return agenda.ErrState
		}
		return dropFactor(o.tx, o.account.Person, o.credential, o.account.ID)
	})
}

// RenewRecoveryCodes replaces the own recovery codes; the password is asked for.
func (a *Accounts) RenewRecoveryCodes(ctx context.Context, secret, password string) (codes []string, err error) {
	if err := a.checkOwnPassword(ctx, secret, password); err != nil {
		return nil, err
	}
	own, err := a.Own(ctx, secret)
	if err != nil {
		return nil, err
	}
	codes, hashes := a.newRecoveryCodes(own.Person)
	err = a.onOwn(ctx, secret, func(o *ownFile) error {
		if o.credential.TOTP == nil {
			return agenda.ErrState
		}
		if err := o.tx.SetRecoveryCodes(o.account.Person, hashes); err != nil {
			return err
		}
		return journal(o.tx, o.account.Person, "account.recovery-codes", o.account.ID, nil)
	})
	return codes, err
}

// ResetFactor takes the second factor of somebody away who has lost it, and ends their
// sessions. Nobody resets their own: DropFactor asks for the password.
func (a *Accounts) ResetFactor(ctx context.Context, by *agenda.Person, id string) error {
	if by.ID == id {
		return agenda.ErrForbidden
	}
	return a.onPerson(ctx, by, id, func(f *file) error {
		c, err := f.tx.LockCredential(f.account.Person)
		if err != nil {
			return err
		}
		if err := f.tx.DropSessions(f.account.Person, ""); err != nil {
			return err
		}
		return dropFactor(f.tx, f.account.Person, c, actor(by))
	})
}

func dropFactor(tx *store.Tx, p agenda.Person, c store.Credential, actor string) error {
	c.TOTP, c.Next, c.Step = nil, nil, 0
	if err := tx.SaveCredential(p, c); err != nil {
		return err
	}
	if err := tx.SetRecoveryCodes(p, nil); err != nil {
		return err
	}
	return journal(tx, p, "account.factor-off", actor, nil)
}
