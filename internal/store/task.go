package store

import (
	"time"

	"terminvergabe/internal/agenda"
)

// Task is to call somebody whom a letter did not reach.
type Task struct {
	Tenant    string
	Booking   string
	MessageID string // of the letter
	EmailHash string // of the address that it went to
	Status    string // of the answer
	Created   time.Time
	Done      time.Time // zero: open
	Person    string    // who called
}

// AddTask writes a task, once per letter; one that was done opens again.
func (tx *Tx) AddTask(t Task) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if t.EmailHash, err = tx.Hash(t.EmailHash); err != nil {
		return err
	}
	return tx.later(-1, nil, `INSERT INTO task (tenant, booking, message_id, email_hash, status, created, done, person) VALUES ($1, $2, $3, $4, $5, $6, '', '')
		ON CONFLICT (tenant, booking, message_id) DO UPDATE SET status = excluded.status, created = excluded.created, email_hash = excluded.email_hash, done = '', person = ''`,
		t.Tenant, t.Booking, t.MessageID, t.EmailHash, t.Status, stamp(now))
}

const taskColumns = "t.tenant, t.booking, t.message_id, t.email_hash, t.status, t.created, t.done, t.person"

func (tx *Tx) tasks(rest string, args ...any) (list []Task, err error) {
	err = tx.rows("SELECT "+taskColumns+" FROM task t "+rest, args, func(r row) error {
		var t Task
		err := r.Scan(&t.Tenant, &t.Booking, &t.MessageID, &t.EmailHash, &t.Status, at{&t.Created}, at{&t.Done}, &t.Person)
		list = append(list, t)
		return err
	})
	return list, err
}

// OpenTasks lists a tenant's tasks about visits that are still to come and still have the
// address that no letter reached, oldest first.
func (tx *Tx) OpenTasks(tenant string) ([]Task, error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	return tx.tasks(`JOIN booking b ON b.tenant = t.tenant AND b.id = t.booking
		WHERE t.tenant = $1 AND t.done = '' AND b.email_hash = t.email_hash AND b.ends > $2 AND b.status IN ('pending', 'confirmed') ORDER BY t.created, t.booking`, tenant, stamp(now))
}

// TasksOf lists all tasks about a booking, oldest first.
func (tx *Tx) TasksOf(tenant, booking string) ([]Task, error) {
	return tx.tasks("WHERE t.tenant = $1 AND t.booking = $2 ORDER BY t.created, t.message_id", tenant, booking)
}

// FinishTasks notes that somebody was called. Where nothing is open the act fails with
// agenda.ErrConflict.
func (tx *Tx) FinishTasks(tenant, booking, person string, open int) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	return tx.later(int64(open), agenda.ErrConflict, "UPDATE task SET done = $3, person = $4 WHERE tenant = $1 AND booking = $2 AND done = ''", tenant, booking, stamp(now), person)
}
