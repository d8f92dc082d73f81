package store

import "time"

// SessionEnds says when a session ends at the latest; one that is not there is
// agenda.ErrNotFound.
func (tx *Tx) SessionEnds(hash string) (t time.Time, err error) {
	err = tx.one("SELECT expires FROM session WHERE hash = $1", []any{hash}, at{&t})
	return t, err
}
