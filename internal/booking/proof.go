package booking

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// A program that takes times by the thousand is not told from a person by pictures,
// which keep people out, but by what each time costs it. Where the tenant wants it, always
// or in a rush, whoever takes a seat shows a proof of work, in the form of ALTCHA's
// widget: its browser has derived keys until one began as demanded. One proof is for one
// seat: spent in the transaction that takes it, so that a hold costs as much as a booking
// without one, and none is good twice, on whatever replica. What a hold turns into has
// been paid for. That a letter asks to confirm later does not count: the seat is taken
// until then.
//
// Staff prove nothing, and neither does whoever comes by an invitation link of theirs for
// what only the link opens: that uses it up.

// Challenge is what a browser has to solve, as ALTCHA's widget wants it.
type Challenge struct {
	Parameters Parameters `json:"parameters"`
	Signature  string     `json:"signature"` // ours, over all of the parameters
}

// Parameters of a challenge: find a counter so that the key derived from nonce and
// counter begins with the prefix. Nonce, salt and prefix are hexadecimal. The time when
// it is over is not where the widget looks for one: clocks of old phones are wrong.
type Parameters struct {
	Algorithm string       `json:"algorithm"`
	Nonce     string       `json:"nonce"`
	Salt      string       `json:"salt"`
	Cost      int          `json:"cost"`
	KeyLength int          `json:"keyLength"`
	KeyPrefix string       `json:"keyPrefix"`
	Data      ProofExpires `json:"data"`
}

// ProofExpires is until when a challenge counts, in seconds since the epoch.
type ProofExpires struct {
	Until int64 `json:"until"`
}

// How hard a challenge is: a thousand steps per key, and five hundred to a thousand keys.
// A laptop takes half a second, an old phone a few; the counter is drawn, not found by
// chance, so that nobody has bad luck.
const (
	proofAlgorithm = "PBKDF2/SHA-256"
	proofCost      = 1000
	proofKeys      = 500
	proofFor       = 20 * time.Minute
	proofKey       = 32 // bytes
)

// Challenge makes a challenge. It changes nothing: what is not solved was never there.
func (d *Desk) Challenge(ctx context.Context, tenant string) (c Challenge, err error) {
	known, err := d.Store.Present(ctx, tenant)
	if err != nil {
		return c, err
	}
	var random [32]byte
	rand.Read(random[:])
	nonce, salt := random[:16], random[16:]
	key, err := proofKeyOf(nonce, salt, proofKeys+mathrand.Uint32N(proofKeys))
	if err != nil {
		return c, err
	}
	c.Parameters = Parameters{Algorithm: proofAlgorithm, Nonce: hex.EncodeToString(nonce), Salt: hex.EncodeToString(salt), Cost: proofCost, KeyLength: proofKey,
		KeyPrefix: hex.EncodeToString(key[:proofKey/2]), Data: ProofExpires{known.Now.Add(proofFor).Unix()}}
	c.Signature = d.signProof(tenant, c.Parameters)
	return c, nil
}

// proofKeyOf derives the key of a counter.
func proofKeyOf(nonce, salt []byte, counter uint32) ([]byte, error) {
	return pbkdf2.Key(sha256.New, string(binary.BigEndian.AppendUint32(nonce[:len(nonce):len(nonce)], counter)), salt, proofCost, proofKey)
}

func (d *Desk) signProof(tenant string, p Parameters) string {
	return d.Keys.Hash("proof", proofText(tenant, p))
}

func proofText(tenant string, p Parameters) string {
	return fmt.Sprintf("%q %q %q %q %d %d %q %d", tenant, p.Algorithm, p.Nonce, p.Salt, p.Cost, p.KeyLength, p.KeyPrefix, p.Data.Until)
}

// solved is what a browser sends back, as base64 of JSON.
type solved struct {
	Challenge Challenge `json:"challenge"`
	Solution  struct {
		Counter uint32 `json:"counter"`
	} `json:"solution"`
}

// checkWork verifies a solution but for whether it was used before: the challenge is ours
// and not over, and the counter gives the key. It fails with agenda.ErrUnproven.
func (d *Desk) checkWork(tenant, payload string, now time.Time) (nonce string, until time.Time, err error) {
	var s solved
	plain, err := base64.StdEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(plain, &s) != nil {
		return "", until, agenda.ErrUnproven
	}
	p := s.Challenge.Parameters
	until = time.Unix(p.Data.Until, 0).UTC()
	if !d.Keys.Fits(s.Challenge.Signature, "proof", proofText(tenant, p)) || !now.Before(until) {
		return "", until, agenda.ErrUnproven
	}
	rawNonce, err1 := hex.DecodeString(p.Nonce)
	salt, err2 := hex.DecodeString(p.Salt)
	key, err := proofKeyOf(rawNonce, salt, s.Solution.Counter)
	if err1 != nil || err2 != nil || err != nil || !strings.HasPrefix(hex.EncodeToString(key), p.KeyPrefix) {
		return "", until, agenda.ErrUnproven
	}
	return p.Nonce, until, nil
}

// Proof is what somebody shows before a seat is theirs: one of these.
type Proof struct {
	Work string // of the browser, as the widget sends it
	Pass string // secret of whoever typed a code (see EnterCode)
}

// proven checks the proof of a request where one is asked for. spend uses it up, in the
// transaction that takes the seat. It fails with agenda.ErrUnproven.
func (d *Desk) proven(ctx context.Context, r Request) (spend spending, err error) {
	if r.By != agenda.Public || r.Person != nil {
		return nil, nil
	}
	known, err := d.Store.Present(ctx, r.Tenant)
	if err != nil || !d.demandsProof(known.Setup, known.Now) {
		return nil, err
	}
	if r.Link != "" && len(known.Setup.ByLink(r.Wish.Items)) > 0 {
		return nil, nil
	}
	if r.Proof.Pass != "" {
		hash := seal.SecretHash(r.Proof.Pass)
		return func(tx *store.Tx) error {
			now, err := tx.Now()
			if err != nil {
				return err
			}
			return tx.SpendPass(r.Tenant, hash, passUses, now)
		}, nil
	}
	nonce, until, err := d.checkWork(r.Tenant, r.Proof.Work, known.Now)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error { return tx.SpendProof(r.Tenant, nonce, until) }, nil
}

func (d *Desk) demandsProof(s *agenda.Setup, now time.Time) bool {
	switch s.Protection.Proof {
	case agenda.ProofAlways:
		return true
	case agenda.ProofLoad:
		return d.rushes.on(s, now)
	}
	return false
}

// seatTaken is told of every seat that the public takes.
func (d *Desk) seatTaken(ctx context.Context, r Request) {
	if r.By != agenda.Public || r.Person != nil {
		return
	}
	known, err := d.Store.Present(ctx, r.Tenant)
	if err == nil && known.Setup.Protection.Proof == agenda.ProofLoad {
		d.rushes.note(r.Tenant, known.Now)
	}
}

// spending uses a proof up; nil: there is none to spend.
type spending func(*store.Tx) error

// after spends what was shown for an act that has succeeded.
func (s spending) after(tx *store.Tx, err error) error {
	if err != nil || s == nil {
		return err
	}
	return s(tx)
}
