package booking

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// KindCode is the letter with a code for somebody whose browser cannot calculate.
const KindCode = "proof-code"

// codeOf begins the subject of that letter; the code's id follows.
const codeOf = "code/"

// Bounds of codes.
const (
	codeFor   = 15 * time.Minute
	codeTries = 5 // of a million
	codesHour = 3 // to one address
	codesDay  = 10
	codesAll  = 300 // of a tenant in an hour, to whomever: most browsers need none
	passFor   = time.Hour
	passUses  = 5 // seats taken with one pass: people choose another time
)

// sentCode is what is sealed of a code.
type sentCode struct {
	Email string `json:"email"`
	Code  string `json:"code"`
}

// AskForCode sends a code of six digits to an address, and gives the id to type it in
// with. It fails with agenda.Invalid, with ErrState where no proof is asked for, so that
// nobody has letters sent to strangers for nothing, and with ErrLimited where the address,
// or all together, have had enough letters of the kind.
func (d *Desk) AskForCode(ctx context.Context, tenant, email, language string) (id string, err error) {
	address, err := agenda.CheckAddress(email)
	if err != nil {
		return "", agenda.Invalid{{Field: "code_email", Code: "format"}}
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	c := store.ProofCode{Tenant: tenant, ID: rand.Text(), EmailHash: d.mailboxHash(address)}
	plain, err := json.Marshal(sentCode{address, fmt.Sprintf("%06d", n)})
	if err != nil {
		return "", err
	}
	c.Sealed = d.Keys.Seal(plain, bindCode(tenant, c.ID)...)
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if !d.demandsProof(s, now) {
			return agenda.ErrState
		}
		if err := mayAskForCode(tx, c, now); err != nil {
			return err
		}
		c.Language, c.Created, c.Expires = s.Language(language), now, now.Add(codeFor)
		return errors.Join(tx.AddProofCode(c), tx.Post(store.Posting{Tenant: tenant, Subject: codeOf + c.ID, Kind: KindCode, MessageID: rand.Text(), Due: now}))
	})
	return c.ID, err
}

// mayAskForCode refuses a letter too many: agenda.ErrLimited.
func mayAskForCode(tx *store.Tx, c store.ProofCode, now time.Time) error {
	for since, most := range map[time.Duration]int{time.Hour: codesHour, 24 * time.Hour: codesDay} {
		sent, err := tx.CountProofCodes(c.Tenant, c.EmailHash, now.Add(-since))
		if err != nil {
			return err
		}
		if sent >= most {
			return agenda.ErrLimited
		}
	}
	all, err := tx.CountAllProofCodes(c.Tenant, now.Add(-time.Hour))
	if err == nil && all >= codesAll {
		err = agenda.ErrLimited
	}
	return err
}

func bindCode(tenant, id string) []string { return []string{"proof code", tenant, id} }

// EnterCode gives whoever types the code of an id a pass, which is a Proof for a few seats.
// It fails with agenda.ErrUnproven where it is the wrong one, and with ErrExpired where it
// is over, was used, or was tried too often: ask for another one.
func (d *Desk) EnterCode(ctx context.Context, tenant, id, code string) (pass string, until time.Time, err error) {
	pass = seal.NewDatedSecret()
	hash, typed := seal.SecretHash(pass), digits(code)
	right := false
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		right = false
		c, err := tx.ProofCode(tenant, id)
		if errors.Is(err, agenda.ErrNotFound) {
			return agenda.ErrExpired
		}
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		left, err := tx.TryProofCode(tenant, id, codeTries)
		if err != nil {
			return err
		}
		if !left || c.PassHash != "" || !now.Before(c.Expires) {
			return agenda.ErrExpired
		}
		sent, err := d.openCode(c)
		if err != nil || subtle.ConstantTimeCompare([]byte(sent.Code), []byte(typed)) != 1 {
			return err // the attempt counts
		}
		right, until = true, now.Add(passFor)
		return tx.GivePass(tenant, id, hash, until)
	})
	if err == nil && !right {
		err = agenda.ErrUnproven
	}
	return pass, until, err
}

func (d *Desk) openCode(c store.ProofCode) (sent sentCode, err error) {
	plain, err := d.Keys.Open(c.Sealed, bindCode(c.Tenant, c.ID)...)
	if err != nil {
		return sent, err
	}
	return sent, json.Unmarshal(plain, &sent)
}

// digits leaves what counts of a code as it was typed: "123 456".
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// CodeLetter is what a letter of KindCode says: to whom, in which language, which code,
// and until when it counts. Where reason is not empty there is nothing to send.
type CodeLetter struct {
	To, Language, Code string
	Until              time.Time
}

// CodeTo reads what a letter of KindCode is about.
func (d *Desk) CodeTo(tx *store.Tx, p store.Posting) (l CodeLetter, reason string, err error) {
	c, err := tx.ProofCode(p.Tenant, strings.TrimPrefix(p.Subject, codeOf))
	if errors.Is(err, agenda.ErrNotFound) {
		return l, "the code has ended", nil
	}
	if err != nil {
		return l, "", err
	}
	now, err := tx.Now()
	if err != nil {
		return l, "", err
	}
	if c.PassHash != "" || !now.Before(c.Expires) {
		return l, "the code has ended", nil
	}
	sent, err := d.openCode(c)
	return CodeLetter{sent.Email, c.Language, sent.Code, c.Expires}, "", err
}
