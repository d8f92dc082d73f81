package store

import (
	"encoding/json"
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
)

const linkColumns = "tenant, id, services, calendars, person, note, uses, used, created, expires, revoked"

func (tx *Tx) serviceLinks(where string, args ...any) (list []*agenda.ServiceLink, err error) {
	err = tx.rows("SELECT "+linkColumns+" FROM service_link WHERE "+where, args, func(r row) error {
		l := &agenda.ServiceLink{}
		var services, calendars string
		err := r.Scan(&l.Tenant, &l.ID, &services, &calendars, &l.Person, &l.Note, &l.Uses, &l.Used, at{&l.Created}, at{&l.Expires}, at{&l.Revoked})
		if err == nil {
			err = json.Unmarshal([]byte(services), &l.Services)
		}
		if err == nil {
			err = json.Unmarshal([]byte(calendars), &l.Calendars)
		}
		list = append(list, l)
		return err
	})
	return list, err
}

// AddServiceLink writes a new invitation link under the hash of its secret.
func (tx *Tx) AddServiceLink(l *agenda.ServiceLink, hash string) error {
	services, err := json.Marshal(l.Services)
	if err != nil {
		return err
	}
	calendars, err := json.Marshal(append([]string{}, l.Calendars...))
	if err != nil {
		return err
	}
	_, err = tx.exec("INSERT INTO service_link (tenant, id, hash, services, calendars, person, note, uses, used, created, expires, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, '')",
		l.Tenant, l.ID, hash, string(services), string(calendars), l.Person, l.Note, l.Uses, stamp(l.Created), stamp(l.Expires))
	return err
}

// ServiceLinkByHash finds the invitation link that a secret belongs to, whether or not it
// still holds.
func (tx *Tx) ServiceLinkByHash(tenant, hash string) (*agenda.ServiceLink, error) {
	list, err := tx.serviceLinks("hash = $1 AND tenant = $2", hash, tenant)
	if err == nil && len(list) == 0 {
		err = agenda.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("invitation link: %w", err)
	}
	return list[0], nil
}

// ServiceLinksOf lists a person's invitation links that are not over, newest first.
func (tx *Tx) ServiceLinksOf(tenant, person string, now time.Time) ([]*agenda.ServiceLink, error) {
	return tx.serviceLinks("tenant = $1 AND person = $2 AND expires > $3 AND revoked = '' ORDER BY created DESC, id", tenant, person, stamp(now))
}

// UseServiceLink counts one use of an invitation link. The row decides who is first: one
// that is used up, over, revoked or not there is agenda.ErrNotFound.
func (tx *Tx) UseServiceLink(tenant, hash string, now time.Time) error {
	return changed(tx.exec("UPDATE service_link SET used = used + 1 WHERE hash = $2 AND tenant = $1 AND used < uses AND revoked = '' AND expires > $3", tenant, hash, stamp(now)))
}

// RevokeServiceLink ends a person's invitation link for good; one that is not theirs or
// has ended is agenda.ErrNotFound.
func (tx *Tx) RevokeServiceLink(tenant, person, id string, now time.Time) error {
	return changed(tx.exec("UPDATE service_link SET revoked = $4 WHERE tenant = $1 AND id = $3 AND person = $2 AND revoked = ''", tenant, person, id, stamp(now)))
}

// ForgetServiceLinks deletes invitation links that ended before a moment.
func (tx *Tx) ForgetServiceLinks(before time.Time) error {
	_, err := tx.exec("DELETE FROM service_link WHERE expires < $1", stamp(before))
	return err
}
