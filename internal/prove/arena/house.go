package arena

import (
	"context"
	"errors"

	"terminvergabe/internal/prove/ledger"
	"terminvergabe/internal/seal"
)

// Beside opens a desk beside running services, on their database and with their key:
// what a program of the command line is to them.
func Beside(ctx context.Context, url, keyFile string, clock *Clock) (*Desk, error) {
	keys, err := seal.LoadKeys(keyFile)
	if err != nil {
		return nil, err
	}
	desks, err := Open(ctx, url, clock)
	if err != nil {
		return nil, err
	}
	desks[0].Keys = keys
	return desks[0], nil
}

// Learn reads from the database what only a letter tells: the secret that confirms a
// visit, found by its id or by its manage secret. A visit that nobody has to confirm
// has none.
func (d *Desk) Learn(ctx context.Context, tenant string, l Links) (Links, error) {
	if l.Manage == "" {
		return l, errors.New("a visit without a manage secret")
	}
	c, err := d.Manage(ctx, tenant, l.Manage)
	if err != nil {
		return l, err
	}
	l.ID = c.ID
	if calendars()[l.Calendar].rules.Confirm == ledger.ByMail {
		l.Confirm = c.Private.Confirm
	}
	return l, nil
}
