package store

import (
	"errors"

	"terminvergabe/internal/agenda"
)

// KeyPrint is the fingerprint of the data key that the database was first written
// with; "" where nothing has been written yet.
func (tx *Tx) KeyPrint() (print string, err error) {
	err = tx.one("SELECT value FROM meta WHERE name = 'key'", nil, &print)
	if errors.Is(err, agenda.ErrNotFound) {
		return "", nil
	}
	return print, err
}

// RememberKey records the fingerprint of the data key; the first one stays.
func (tx *Tx) RememberKey(print string) error {
	_, err := tx.exec("INSERT INTO meta (name, value) VALUES ('key', $1) ON CONFLICT (name) DO NOTHING", print)
	return err
}
