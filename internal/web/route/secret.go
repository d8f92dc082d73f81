package route

// Secret is a kind of secret: what somebody shows to be let through. One kind opens
// nothing that another one does.
type Secret string

// The kinds of secrets that addresses know people by.
const (
	Nothing    Secret = "nothing"
	Session    Secret = "session"
	Waiting    Secret = "session before its code"
	Ticket     Secret = "sign-on ticket"
	Token      Secret = "API token"
	Invitation Secret = "invitation"
	Manage     Secret = "manage link"
	Confirm    Secret = "confirmation link"
	NewAddress Secret = "link of a new address"
	Proposal   Secret = "proposal"
	Service    Secret = "service link"
	Feed       Secret = "feed"
)

// The other kinds: they go with a request that anybody may make, or never leave the house.
const (
	Hold      Secret = "held slot"
	Draft     Secret = "what was typed"
	Pass      Secret = "pass"
	Challenge Secret = "challenge"
	Code      Secret = "code by letter"
	Device    Secret = "known device"
	Password  Secret = "password"
	Factor    Secret = "second factor"
	Recovery  Secret = "recovery code"
	Webhook   Secret = "webhook key"
	DataKey   Secret = "data key"
)

// Stored is how a secret is known again.
type Stored string

// How secrets are known again.
const (
	Hashed Stored = "hash"         // SHA-256: what is looked up by
	Keyed  Stored = "keyed hash"   // of what is too short to be hashed alone
	Slow   Stored = "argon2id"     // of what people choose
	Sealed Stored = "sealed"       // what has to be read again
	Proven Stored = "not stored"   // sealed or signed with the data key by whoever shows it
	File   Stored = "file of 0600" // outside of the database
)

// Kind is what whoever judges the safety of secrets asks of one.
type Kind struct {
	Secret Secret
	Bits   int // random ones; those with fewer than 128 are counted, see Guard
	Stored Stored
	Link   bool   // stands in an address
	Lasts  string // until when it is good; durations as Go writes them
	Ends   string // how it is ended before
	Guard  string // what stands in for bits that are missing
}

// Kinds are all kinds of secrets there are.
func Kinds() []Kind {
	return []Kind{
		{Secret: Session, Bits: 130, Stored: Hashed, Lasts: "12h, 2h unused", Ends: "sign-out; sign-out everywhere; new password; account disabled"},
		{Secret: Waiting, Bits: 130, Stored: Hashed, Lasts: "10m", Ends: "the code"},
		{Secret: Ticket, Bits: 256, Stored: Proven, Lasts: "10m", Ends: "coming back"},
		{Secret: Token, Bits: 130, Stored: Hashed, Lasts: "until revoked", Ends: "revoke"},
		{Secret: Invitation, Bits: 130, Stored: Hashed, Link: true, Lasts: "7d the first, 30m those after", Ends: "use; a newer one; a new password"},
		{Secret: Manage, Bits: 130, Stored: Hashed, Link: true, Lasts: "retention", Ends: "retention"},
		{Secret: Confirm, Bits: 130, Stored: Hashed, Link: true, Lasts: "confirmMinutes", Ends: "a newer one"},
		{Secret: NewAddress, Bits: 130, Stored: Hashed, Link: true, Lasts: "confirmMinutes", Ends: "use; a newer one"},
		{Secret: Proposal, Bits: 130, Stored: Hashed, Link: true, Lasts: "its deadline", Ends: "answer; incident taken back"},
		{Secret: Service, Bits: 130, Stored: Hashed, Link: true, Lasts: "its day", Ends: "uses; revoke"},
		{Secret: Feed, Bits: 130, Stored: Hashed, Link: true, Lasts: "until revoked", Ends: "revoke"},
		{Secret: Hold, Bits: 130, Stored: Hashed, Lasts: "holdMinutes", Ends: "booking"},
		{Secret: Draft, Bits: 256, Stored: Proven, Lasts: "1h", Ends: "booking"},
		{Secret: Pass, Bits: 130, Stored: Hashed, Lasts: "1h", Ends: "five seats"},
		{Secret: Challenge, Bits: 128, Stored: Proven, Lasts: "20m", Ends: "use"},
		{Secret: Code, Bits: 19, Stored: Sealed, Lasts: "15m", Ends: "use", Guard: "five tries"},
		{Secret: Device, Bits: 256, Stored: Proven, Lasts: "90d", Ends: "a new password"},
		{Secret: Password, Stored: Slow, Lasts: "until changed", Ends: "change; account disabled", Guard: "sign_in_attempts"},
		{Secret: Factor, Bits: 160, Stored: Sealed, Lasts: "until changed", Ends: "change; reset by an admin"},
		{Secret: Recovery, Bits: 50, Stored: Keyed, Lasts: "until used", Ends: "use; new ones", Guard: "sign_in_attempts, after the password"},
		{Secret: Webhook, Bits: 256, Stored: Proven, Lasts: "until changed", Ends: "a new one"},
		{Secret: DataKey, Bits: 256, Stored: File, Lasts: "until changed", Ends: "key rotate"},
	}
}

// KindOf is what there is to know of a secret that addresses know people by; false: they
// know nobody by it. Nothing is one too.
func KindOf(s Secret) (Kind, bool) {
	switch s {
	case Nothing, Session, Waiting, Ticket, Token, Invitation, Manage, Confirm, NewAddress, Proposal, Service, Feed:
		for _, k := range Kinds() {
			if k.Secret == s {
				return k, true
			}
		}
		return Kind{Secret: Nothing, Lasts: "always"}, true
	}
	return Kind{}, false
}
