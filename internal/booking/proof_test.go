package booking_test

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// demand switches proofs on.
func (k kit) demand(when string, perMinute int) {
	k.Helper()
	k.protect(func(s *agenda.Setup) { s.Protection.Proof, s.Protection.PerMinute = when, perMinute })
}

// solve is what a browser does, and what its widget sends.
func (k kit) solve(change func(*booking.Challenge)) booking.Proof {
	k.Helper()
	c, err := k.Challenge(k.Context(), town)
	if err != nil {
		k.Fatal(err)
	}
	nonce, _ := hex.DecodeString(c.Parameters.Nonce)
	salt, _ := hex.DecodeString(c.Parameters.Salt)
	prefix, _ := hex.DecodeString(c.Parameters.KeyPrefix)
	counter := uint32(0)
	for ; ; counter++ {
		key, err := pbkdf2.Key(sha256.New, string(nonce)+string(binary.BigEndian.AppendUint32(nil, counter)), salt, c.Parameters.Cost, c.Parameters.KeyLength)
		if err != nil {
			k.Fatal(err)
		}
		if bytes.HasPrefix(key, prefix) {
			break
		}
	}
	change(&c)
	plain, err := json.Marshal(map[string]any{"challenge": c, "solution": map[string]any{"counter": counter, "derivedKey": "ignored", "time": 1.5}})
	if err != nil {
		k.Fatal(err)
	}
	return booking.Proof{Work: base64.StdEncoding.EncodeToString(plain)}
}

func asItIs(*booking.Challenge) {}

// with is a request that shows a proof.
func with(r booking.Request, p booking.Proof) booking.Request {
	r.Proof = p
	return r
}

// Case D10, hoarding: whoever takes a seat pays for each, holds too.
func TestD10EachSeatCostsAProof(t *testing.T) {
	onEach(t, func(k kit) {
		k.is("while it is off", k.try(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis")), nil)
		k.demand(agenda.ProofAlways, 0)
		slot := func(i int) booking.Request {
			return ask("buergerbuero", desktest.At(2, "08:00").Add(time.Duration(10*i)*time.Minute), "ausweis")
		}
		_, err := k.Hold(k.Context(), slot(0))
		k.is("a hold without", err, agenda.ErrUnproven)
		k.is("a booking without", k.try(slot(0)), agenda.ErrUnproven)
		k.is("with nonsense", k.try(with(slot(0), booking.Proof{Work: "bm9uc2Vuc2U="})), agenda.ErrUnproven)

		p := k.solve(asItIs)
		h := k.held(with(slot(0), p))
		k.is("the same proof again", k.try(with(slot(1), p)), agenda.ErrUnproven)
		_, err = k.Hold(k.Context(), with(slot(1), p))
		k.is("the same proof for a hold", err, agenda.ErrUnproven)
		_, err = k.Book(k.Context(), town, h.Secret, form(), booking.Once{})
		k.is("what was held is paid for", err, nil)
		k.is("staff", k.try(clerk("buergerbuero", desktest.At(3, "08:00"), "ausweis")), nil)
	})
}

// A proof that took no seat is not lost; of many who show one, one gets a seat.
func TestD10ProofIsSpentWithTheSeat(t *testing.T) {
	onEach(t, func(k kit) {
		k.demand(agenda.ProofAlways, 0)
		p := k.solve(asItIs)
		k.now(with(ask("ausweise", desktest.At(1, "08:00"), "ausweis"), k.solve(asItIs)))
		k.is("taken meanwhile", k.try(with(ask("ausweise", desktest.At(1, "08:00"), "ausweis"), p)), agenda.ErrTaken)
		errs := together(6, func(i int) error {
			return k.try(with(ask("buergerbuero", desktest.At(1+i%3, "08:00").Add(time.Duration(i/3*10)*time.Minute), "ausweis"), p))
		})
		if n := k.won(errs, agenda.ErrUnproven); n != 1 {
			k.Errorf("one proof took %d seats", n)
		}
	})
}

// What is not ours, changed, for another tenant or over counts for nothing.
func TestProofsThatAreNone(t *testing.T) {
	onEach(t, func(k kit) {
		k.demand(agenda.ProofAlways, 0)
		for what, change := range map[string]func(*booking.Challenge){
			"longer":          func(c *booking.Challenge) { c.Parameters.Data.Until += 3600 },
			"easier":          func(c *booking.Challenge) { c.Parameters.KeyPrefix = "" },
			"another nonce":   func(c *booking.Challenge) { c.Parameters.Nonce = strings.Repeat("0", 32) },
			"another cost":    func(c *booking.Challenge) { c.Parameters.Cost = 1 },
			"own signature":   func(c *booking.Challenge) { c.Signature = strings.Repeat("A", 43) },
			"without":         func(c *booking.Challenge) { c.Signature = "" },
			"no hexadecimals": func(c *booking.Challenge) { c.Parameters.Salt = "xyz" },
		} {
			p := k.solve(change)
			k.unchanged(what, func() {
				k.is(what, k.try(with(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"), p)), agenda.ErrUnproven)
			})
		}
		late := k.solve(asItIs)
		k.clock.Advance(20 * time.Minute)
		k.is("too late", k.try(with(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"), late)), agenda.ErrUnproven)
	})
}

// The challenge changes nothing, and what was spent is forgotten when it is over.
func TestSpentProofsAreForgotten(t *testing.T) {
	onEach(t, func(k kit) {
		k.demand(agenda.ProofAlways, 0)
		k.unchanged("a challenge", func() { k.solve(asItIs) })
		p := k.solve(asItIs)
		k.now(with(ask("buergerbuero", desktest.At(1, "08:00"), "ausweis"), p))
		id, err := k.AskForCode(k.Context(), town, "ada@beispiel.example", "de")
		if err != nil {
			k.Fatal(err)
		}
		k.clock.Advance(25 * time.Hour)
		if _, err := k.Forget(k.Context(), 10); err != nil {
			k.Fatal(err)
		}
		k.is("it is over all the same", k.try(with(ask("buergerbuero", desktest.At(3, "08:00"), "ausweis"), p)), agenda.ErrUnproven)
		again := k.Store.Update(k.Context(), func(tx *store.Tx) error { return tx.SpendProof(town, nonceOf(p), k.clock.Now()) })
		k.is("the note of it", again, nil) // it is gone: a second one would be refused
		k.view(func(tx *store.Tx) error {
			_, err := tx.ProofCode(town, id)
			k.is("the code", err, agenda.ErrNotFound)
			return nil
		})
	})
}

// nonceOf is under what a proof is noted.
func nonceOf(p booking.Proof) string {
	plain, _ := base64.StdEncoding.DecodeString(p.Work)
	var s struct {
		Challenge booking.Challenge `json:"challenge"`
	}
	_ = json.Unmarshal(plain, &s) // of our own making
	return s.Challenge.Parameters.Nonce
}

// With load the proof is asked for while far more is taken than usual, and for ten
// minutes after.
func TestProofInARush(t *testing.T) {
	onEach(t, func(k kit) {
		k.demand(agenda.ProofLoad, 6)
		n := 0
		next := func() booking.Request {
			n++
			return ask("impfung", desktest.At(1+n/40, "08:00").Add(time.Duration(n%40*5)*time.Minute), "impfen")
		}
		for range 6 {
			k.is("before", k.try(next()), nil)
		}
		k.is("the seventh within a minute", k.try(next()), agenda.ErrUnproven)
		k.is("with a proof", k.try(with(next(), k.solve(asItIs))), nil)
		k.clock.Advance(9 * time.Minute)
		k.is("soon after", k.try(next()), agenda.ErrUnproven)
		k.clock.Advance(11 * time.Minute)
		k.is("when it is over", k.try(next()), nil)
	})
}

// Without a script a code comes by e-mail. Who types it takes a few seats.
func TestCodeByMail(t *testing.T) {
	onEach(t, func(k kit) {
		k.demand(agenda.ProofAlways, 0)
		ctx := k.Context()
		_, err := k.AskForCode(ctx, town, "no address", "de")
		k.invalid("no address", err, "code_email")
		id, err := k.AskForCode(ctx, town, "Ada@Beispiel.example", "en")
		if err != nil {
			k.Fatal(err)
		}
		l := k.codeLetter(id)
		if l.To != "Ada@beispiel.example" || l.Language != "en" || len(l.Code) != 6 || !l.Until.Equal(desktest.Start.Add(15*time.Minute)) {
			k.Errorf("got %+v", l)
		}
		wrong := "000000"
		if l.Code == wrong {
			wrong = "000001"
		}
		_, _, err = k.EnterCode(ctx, town, id, wrong)
		k.is("a wrong one", err, agenda.ErrUnproven)
		_, _, err = k.EnterCode(ctx, town, "nobody's", l.Code)
		k.is("an id of nobody", err, agenda.ErrExpired)
		pass, until, err := k.EnterCode(ctx, town, id, " "+l.Code[:3]+" "+l.Code[3:])
		if err != nil || !until.Equal(desktest.Start.Add(time.Hour)) {
			k.Fatal(until, err)
		}
		_, _, err = k.EnterCode(ctx, town, id, l.Code)
		k.is("twice", err, agenda.ErrExpired)
		for i := range 6 {
			want := error(nil)
			if i == 5 {
				want = agenda.ErrUnproven
			}
			start := desktest.At(1, "08:00").Add(time.Duration(10*i) * time.Minute)
			k.is("seat", k.try(with(ask("buergerbuero", start, "ausweis"), booking.Proof{Pass: pass})), want)
		}
		k.is("a pass of nobody", k.try(with(ask("buergerbuero", desktest.At(2, "08:00"), "ausweis"), booking.Proof{Pass: "x"})), agenda.ErrUnproven)
	})
}

// codeLetter is what the letter with a code says.
func (k kit) codeLetter(id string) (l booking.CodeLetter) {
	k.Helper()
	k.view(func(tx *store.Tx) error {
		list, err := tx.Postings(town, "code/"+id)
		if err != nil || len(list) != 1 {
			return errors.Join(err, errors.New("not one letter"))
		}
		var reason string
		l, reason, err = k.CodeTo(tx, list[0])
		if reason != "" {
			k.Errorf("dropped: %s", reason)
		}
		return err
	})
	return l
}

// Case F5 once more: codes are letters to strangers too. And nobody guesses one.
func TestF5CodesAreFew(t *testing.T) {
	onEach(t, func(k kit) {
		_, err := k.AskForCode(k.Context(), town, "victim@beispiel.example", "de")
		k.is("where no proof is asked for", err, agenda.ErrState)
		k.demand(agenda.ProofAlways, 0)
		for i := range 4 {
			want := error(nil)
			if i == 3 {
				want = agenda.ErrLimited
			}
			_, err := k.AskForCode(k.Context(), town, "victim+"+string(rune('a'+i))+"@beispiel.example", "de")
			k.is("code", err, want)
		}
		id, err := k.AskForCode(k.Context(), town, "ada@beispiel.example", "de")
		if err != nil {
			k.Fatal(err)
		}
		right := k.codeLetter(id).Code
		for i := range 5 {
			guess := string(rune('0'+(int(right[0]-'0')+1+i)%10)) + right[1:]
			_, _, err := k.EnterCode(k.Context(), town, id, guess)
			k.is("guess", err, agenda.ErrUnproven)
		}
		_, _, err = k.EnterCode(k.Context(), town, id, right)
		k.is("the sixth try, though right", err, agenda.ErrExpired)
		for n := range 300 - 4 {
			if _, err := k.AskForCode(k.Context(), town, fmt.Sprintf("stranger%d@beispiel.example", n), "de"); err != nil {
				k.Fatal(n, err)
			}
		}
		_, err = k.AskForCode(k.Context(), town, "stranger@beispiel.example", "de")
		k.is("one stranger too many", err, agenda.ErrLimited)
		k.clock.Advance(61 * time.Minute)
		_, err = k.AskForCode(k.Context(), town, "stranger@beispiel.example", "de")
		k.is("an hour later", err, nil)
	})
}

// An invitation link is the office's own proof.
func TestInvitedProveNothing(t *testing.T) {
	onEach(t, func(k kit) {
		k.protect(func(s *agenda.Setup) {
			s.Protection.Proof = agenda.ProofAlways
			s.Services[0].Public = agenda.VisibleLink
		})
		_, secret, err := k.InviteByLink(k.Context(), desktest.Clerk(), booking.LinkWish{Services: []string{"ausweis"}, Uses: 1, Until: agenda.DateOf(desktest.At(9, "08:00"))})
		if err != nil {
			k.Fatal(err)
		}
		r := ask("buergerbuero", desktest.At(1, "08:00"), "ausweis")
		r.Link = secret
		k.is("by link", k.try(r), nil)
		r = ask("buergerbuero", desktest.At(1, "09:00"), "pass")
		r.Link = secret
		k.is("by link, but for what everybody can book", k.try(r), agenda.ErrUnproven)
	})
}
