package agenda

import (
	"errors"
	"fmt"
	"strings"
)

// Situations that an act on the book can meet. They are compared with errors.Is
// and never shown; each face has its own words for them.
var (
	ErrNotFound      = errors.New("not found")
	ErrTaken         = errors.New("slot is taken")             // the start is not, or no longer, offered
	ErrWindowClosed  = errors.New("outside lead or horizon")   // too soon or too far ahead
	ErrTooLate       = errors.New("after cancel-by")           // the visitor can no longer change it
	ErrExpired       = errors.New("hold or request expired")   // its seats may be gone
	ErrState         = errors.New("not possible in its state") // such as approving a cancelled booking
	ErrNotCombinable = errors.New("services cannot be combined")
	ErrTooMany       = errors.New("more than allowed at once")
	ErrNoHolds       = errors.New("calendar takes no holds")
	ErrLimited       = errors.New("more than one address may have at once")
	ErrUnproven      = errors.New("no proof that this is no program")
	ErrKeyReused     = errors.New("idempotency key used for another request")
	ErrConflict      = errors.New("changed meanwhile")
	ErrForbidden     = errors.New("not within the person's rights")
	ErrOverloaded    = errors.New("too many wait for the database") // nothing was begun; a moment later it may be
	ErrUninvited     = fmt.Errorf("invitation link is used up, over or revoked: %w", ErrExpired)
	ErrUnavailable   = errors.New("the database cannot be reached") // only what was being committed may have happened
)

// FieldError says what is wrong with one field of a request. Code is stable:
// required, unknown, format, too_long, off, range.
type FieldError struct {
	Field string `json:"field"`
	Code  string `json:"code"`
}

// Invalid is a request that can be read but not accepted; nothing was changed.
type Invalid []FieldError

func (e Invalid) Error() string {
	var b strings.Builder
	b.WriteString("invalid:")
	for _, f := range e {
		fmt.Fprintf(&b, " %s (%s)", f.Field, f.Code)
	}
	return b.String()
}

// Or is nil where nothing is wrong, else the Invalid itself.
func (e Invalid) Or() error {
	if len(e) == 0 {
		return nil
	}
	return e
}
