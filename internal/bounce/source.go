package bounce

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Source is where what comes back is kept.
type Source interface {
	// Name tells the source from others, without an address or a password.
	Name() string
	// Each hands over the messages that came since the mark, the oldest first and a few
	// hundred at most, and gives the mark after them. A message that take is done with is
	// deleted or marked as read, the others stay as they are. An error of take ends it.
	Each(ctx context.Context, since Mark, take func(raw []byte) (done bool, err error)) (Mark, error)
}

// Mark is how far a mailbox was read: up to a number, which counts as long as the mailbox
// keeps its validity.
type Mark struct{ Validity, UID uint32 }

// most is how many messages are read in one go.
const most = 300

// Why a source could not be read.
const (
	FaultConnection  = "the connection failed"
	FaultRefused     = "the server refused"
	FaultCertificate = "the certificate does not hold"
	FaultTimeout     = "timeout"
	FaultFolder      = "the folder cannot be read"
)

// Fault is why a source could not be read, in a word of ours; "" where it is not to blame.
func Fault(err error) string {
	if t, ok := errors.AsType[*trouble](err); ok {
		return t.kind
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return FaultFolder
	}
	return ""
}

// trouble is an error without the server's words, which may hold addresses.
type trouble struct{ place, step, kind string }

func (t *trouble) Error() string { return fmt.Sprintf("%s: %s: %s", t.place, t.step, t.kind) }
