package store

import (
	"cmp"
	"time"
)

// SignInTries locks the wrong tries of somebody, by keyed hash, and gives when they will
// have worn off; a time that is past: there are none.
func (tx *Tx) SignInTries(who string) (over time.Time, err error) {
	now, err := tx.Now()
	if err != nil {
		return over, err
	}
	var s string
	// What changes nothing locks the row.
	err = tx.one(`INSERT INTO sign_in_try (who, over) VALUES ($1, $2) ON CONFLICT (who) DO UPDATE SET over = sign_in_try.over RETURNING over`,
		[]any{who, stamp(now)}, &s)
	return parseStamp(cmp.Or(s, stamp(now))), err
}

// SaveSignInTries notes when the wrong tries of somebody will have worn off.
func (tx *Tx) SaveSignInTries(who string, over time.Time) error {
	return changed(tx.exec("UPDATE sign_in_try SET over = $2 WHERE who = $1", who, stamp(over)))
}

// ForgetSignInTries deletes what has worn off.
func (tx *Tx) ForgetSignInTries(now time.Time) error {
	_, err := tx.exec("DELETE FROM sign_in_try WHERE over < $1", stamp(now))
	return err
}
