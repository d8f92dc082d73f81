package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Transport delivers one message. Send returns no error when the next server has
// taken it, else a *SendError; either way with what that server said. It can be
// used by many goroutines.
type Transport interface {
	Send(ctx context.Context, m *Outgoing) (Answer, error)
}

// What a failed delivery means. Every *SendError is exactly one of them.
var (
	// ErrPermanent: the server refused this recipient or this message for
	// good. Trying again is of no use.
	ErrPermanent = errors.New("refused for good")
	// ErrTemporary: the message was surely not taken; try again after
	// RetryAfter, or where the server or the set-up is at fault, see Ours,
	// when that has been mended. Faults of the set-up (log-in, certificate, sender refused)
	// belong here too, since the operator can mend them meanwhile.
	ErrTemporary = errors.New("not delivered this time")
	// ErrUnanswered: the whole message was sent and the answer never came. It
	// may have arrived. Try again with the same Message-ID.
	ErrUnanswered = errors.New("sent, but not answered")
)

// Stage is how far a delivery came.
type Stage string

// The stages of a delivery, in order.
const (
	StageSigning   Stage = "signing"   // the letter could not be signed
	StageConnect   Stage = "connect"   // dialling, greeting, TLS, log-in
	StageSender    Stage = "sender"    // MAIL FROM
	StageRecipient Stage = "recipient" // RCPT TO
	StageMessage   Stage = "message"   // DATA and its answer
	StageFile      Stage = "file"      // the folder of a Directory
)

// Ours reports whether the way out is at fault, not the recipient's side: the server
// could not be reached, broke off, or refuses the sender or the log-in. No letter is the
// worse for it, and all of them wait until it is mended.
func (e *SendError) Ours() bool {
	if !errors.Is(e.Result, ErrTemporary) {
		return false
	}
	early := e.Stage == StageConnect || e.Stage == StageSender || e.Stage == StageFile
	return early || e.Code == 0 || e.Code/100 == 5
}

// SendError says why a message was not delivered, in words that can be logged:
// neither addresses nor what the server wrote.
type SendError struct {
	Result error  // ErrPermanent, ErrTemporary or ErrUnanswered
	Stage  Stage  // how far it came
	Code   int    // the server's three digits; 0 where it said nothing
	Cause  string // such as "timeout", "certificate"; empty where Code says it
	ctx    error  // why the context ended, if it did
}

// Error implements error.
func (e *SendError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mail: %s (%s", e.Result, e.Stage)
	if e.Code != 0 {
		fmt.Fprintf(&b, ", code %d", e.Code)
	}
	if e.Cause != "" {
		fmt.Fprintf(&b, ", %s", e.Cause)
	}
	return b.String() + ")"
}

// Unwrap gives the result and, where the caller gave up, the context's error.
func (e *SendError) Unwrap() []error {
	if e.ctx == nil {
		return []error{e.Result}
	}
	return []error{e.Result, e.ctx}
}

// RetryFor is how long a letter is tried that the recipient's side puts off.
const RetryFor = 24 * time.Hour

// LongestWait is how long at most a letter waits for its next try.
const LongestWait = 4 * time.Hour

// RetryAfter is how long to wait before a letter is tried again that has been put off
// for so long; 0 means give up. The first hour is dense, because confirmations are
// awaited and expire; the last attempt is after RetryFor.
func RetryAfter(since time.Duration) time.Duration {
	if since >= RetryFor {
		return 0
	}
	return min(max(since, 0)+time.Minute, LongestWait, RetryFor-since)
}
