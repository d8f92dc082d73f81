package auth

import (
	"context"
	"crypto/subtle"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

const (
	// window is the time over which wrong attempts are counted.
	window = 15 * time.Minute

	// deviceKnown is how long a browser in which somebody has signed in counts as theirs.
	deviceKnown = 90 * 24 * time.Hour

	// manyDevices are all that a request may show.
	manyDevices = 20
)

// attempt is one try to sign in.
type attempt struct {
	account string
	source  string
	known   bool // it comes from a browser in which they have signed in before
	most    int  // wrong ones in a window; 0: no limit
}

// take counts an attempt before its outcome is known, so that attempts made at the same
// moment count too, by whatever replica. ErrTooMany: there were too many.
//
// Wrong attempts are counted per account and per source, by the moment at which all of
// them will have worn off. Somebody who has signed in from a browser, or from a source,
// before is counted apart, for that pair alone: whoever tries out passwords from elsewhere,
// or a careless colleague behind the same address, cannot lock them out.
func (a *Accounts) take(ctx context.Context, t attempt) error {
	if t.most <= 0 {
		return nil
	}
	each := window / time.Duration(t.most)
	return a.Store.Update(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for _, k := range a.countersOf(t) {
			over, err := tx.SignInTries(k)
			if err != nil {
				return err
			}
			if over.Before(now) {
				over = now
			}
			if over = over.Add(each); over.Sub(now) > window {
				return ErrTooMany
			}
			if err := tx.SaveSignInTries(k, over); err != nil {
				return err
			}
		}
		return nil
	})
}

// succeeded takes back what take counted.
func (a *Accounts) succeeded(ctx context.Context, t attempt) error {
	if t.most <= 0 {
		return nil
	}
	each := window / time.Duration(t.most)
	err := a.Store.Update(ctx, func(tx *store.Tx) error {
		for _, k := range a.countersOf(t) {
			over, err := tx.SignInTries(k)
			if err != nil {
				return err
			}
			if err := tx.SaveSignInTries(k, over.Add(-each)); err != nil {
				return err
			}
		}
		return nil
	})
	a.usual.add(t)
	return err
}

// countersOf are the counters of an attempt, in the order in which they are locked. Nobody
// can tell from them whose they are: of a source there are so few bits in them that tens
// of thousands of addresses share each, which the key could not undo either.
func (a *Accounts) countersOf(t attempt) (list []string) {
	hash := func(what string) string {
		if a.Keys == nil {
			return seal.SecretHash(what)
		}
		return a.Keys.Hash("sign-in", what)
	}
	usual := a.usual.has(t)
	if t.source != "" {
		whole := hash(t.source)
		t.source = whole[len(whole)-3:]
	}
	switch {
	case t.source == "":
		list = []string{"account " + t.account}
	case t.known:
		list = []string{"known " + t.account}
	case usual:
		list = []string{"pair " + t.account + " " + t.source}
	default:
		list = []string{"account " + t.account, "source " + t.source}
	}
	for i, x := range list {
		list[i] = hash(x)
	}
	slices.Sort(list)
	return list
}

// habits are the sources from which each account has been signed in to, as this process
// has seen it.
type habits struct {
	mu    sync.Mutex
	known map[[2]string]bool // account and source
}

// most of the habits kept.
const manyHabits = 10_000

func (h *habits) add(t attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known == nil {
		h.known = map[[2]string]bool{}
	}
	if t.source != "" && len(h.known) < manyHabits {
		h.known[[2]string{t.account, t.source}] = true
	}
}

func (h *habits) has(t attempt) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known[[2]string{t.account, t.source}]
}

// KnownDevice is what a browser is given in which somebody has just signed in with a
// password, to show it at the next sign-in; name tells apart those of several accounts in
// one browser. It opens nothing, and ends with the password. Both are "" where there is no
// password.
func (a *Accounts) KnownDevice(ctx context.Context, secret string) (name, proof string, lasts time.Duration, err error) {
	hash := seal.SecretHash(secret)
	err = a.Store.View(ctx, func(tx *store.Tx) error {
		s, _, err := ownAccount(tx, hash)
		if err != nil || s.Password == "" || a.Keys == nil {
			return err
		}
		now, err := tx.Now()
		until := strconv.FormatInt(now.Add(deviceKnown).Unix(), 10)
		name, proof = a.Keys.Hash("device of", s.Tenant+"/"+s.ID)[:8], until+"."+a.Keys.Hash("device", deviceText(s.Account, until))
		return err
	})
	return name, proof, deviceKnown, err
}

// deviceText is what the proof of a known device is about.
func deviceText(s store.Account, until string) string {
	return strings.Join([]string{s.Tenant, s.ID, s.Password, until}, "\x00")
}

// isKnown reports that one of the proofs which a browser shows is of this account.
func (a *Accounts) isKnown(s store.Account, proofs []string, now time.Time) (known bool) {
	if a.Keys == nil || s.Password == "" {
		return false
	}
	for _, proof := range proofs[:min(len(proofs), manyDevices)] {
		until, mark, _ := strings.Cut(proof, ".")
		ends, err := strconv.ParseInt(until, 10, 64)
		if err != nil || now.Unix() >= ends {
			continue
		}
		for _, want := range a.Keys.Forms("device", deviceText(s, until)) {
			known = subtle.ConstantTimeCompare([]byte(want), []byte(mark)) == 1 || known
		}
	}
	return known
}
